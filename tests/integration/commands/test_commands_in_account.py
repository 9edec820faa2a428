"""`intake migrate --in-account`: who may, what it shows, what it does; the function is called by Lambda."""

import json
import uuid

import pytest


def test_status_and_migration(run_intake, stack):
    status = run_intake("migrate", "--in-account", "--status", "--json", role="admin", code=0).json
    assert status["pending"] == 0 and status["version"] > 0
    assert {"pipeline", "operator"} <= {login["role"] for login in status["logins"]}
    done = run_intake("migrate", "--in-account", "--json", role="admin", code=0).json
    assert (done["applied"], done["pending"], done["version"]) == (0, 0, status["version"])
    assert done["logins"] == [{"name": "pipeline", "role": "pipeline", "change": "kept", "iam": False}]
    assert "version" in run_intake("migrate", "--in-account", role="admin", code=0).stdout


def test_an_operator_may_not(run_intake):
    told = run_intake("migrate", "--in-account", "--status", code=1).stderr
    assert "lambda:InvokeFunction" in told and "MigratePolicyArn" in told


def test_the_policy_for_it_is_enough_and_reaches_no_other_function(run_intake, stack):
    iam, stacks = stack.client("iam"), stack.client("cloudformation")
    outputs = {output["OutputKey"]: output["OutputValue"]
               for output in stacks.describe_stacks(StackName="intake")["Stacks"][0]["Outputs"]}
    name = "deployer-" + uuid.uuid4().hex[:8]
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=outputs["MigratePolicyArn"])
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    nowhere = {"INTAKE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    run_intake("migrate", "--in-account", env={**keys, **nowhere}, code=0)
    told = run_intake("migrate", "--in-account", env={**keys, "INTAKE_MIGRATE_FUNCTION": "csv-parser"}, code=1).stderr
    assert "lambda:InvokeFunction" in told


@pytest.fixture
def person(database):
    name = "p-" + uuid.uuid4().hex[:8]
    yield name
    database.execute(f'DROP ROLE IF EXISTS "{name}"')


def test_a_persons_login(run_intake, database, person):
    plan = run_intake("migrate", "--in-account", "--login", f"{person}=viewer", "--login", f"{person}x=viewer",
                      role="admin", code=4)
    assert f"login {person}: viewer" in plan.stderr and "--yes" in plan.stderr
    made = run_intake("migrate", "--in-account", "--login", f"{person}=viewer", "--reason", "joins",
                      role="admin", code=0)
    assert f"login {person}: viewer, made" in made.stdout and "password" in made.stderr
    [row] = database.execute("SELECT action, reason, plan FROM audit_log WHERE outcome = 'done' AND"
                             " plan->'logins'->0->>'name' = %s", [person]).fetchall()
    assert (row["action"], row["reason"], row["plan"]["in_account"]) == ("logins", "joins", True)
    gone = run_intake("migrate", "--in-account", "--login", f"{person}=none", "--json", role="admin", code=0).json
    assert gone["logins"][1] == {"name": person, "role": "none", "change": "changed", "iam": False}


@pytest.mark.parametrize("arguments, words", [
    (["--login", "anna=viewer"], "--in-account"), (["--in-account", "--login", "anna"], "NAME=ROLE"),
    (["--in-account", "--login", "anna=owner"], "requires a role"),
    (["--in-account", "--login", "intake_viewer=viewer"], "reserved name"),
    (["--in-account", "--login", "=viewer"], "is not a valid name"),
])
def test_a_login_that_is_none_is_wrong_usage(run_intake, arguments, words):
    assert words in run_intake("migrate", *arguments, role="admin", code=2).stderr


def test_what_fails_inside_is_told_outside(run_intake, stack):
    """A function error is no success: its own words come, and the exit is 1."""
    told = run_intake("migrate", "--in-account", "--login", "pipeline=viewer", role="admin", code=1)
    assert "intake-migrate: " in told.stderr and "the functions' own" in told.stderr and not told.stdout


def test_a_function_that_is_not_there(run_intake):
    told = run_intake("migrate", "--in-account", "--status", role="admin", code=1,
                      env={"INTAKE_MIGRATE_FUNCTION": "no-such-function"}).stderr
    assert "function no-such-function does not exist" in told and "lambda/deploy" in told


def test_the_function_reads_two_secrets_and_nothing_else(stack):
    document = stack.client("iam").get_role_policy(
        RoleName="lambda-intake-migrate-role", PolicyName="intake-migrate-policy")["PolicyDocument"]
    document = json.loads(document) if isinstance(document, str) else document
    actions = {action for statement in document["Statement"] for action in (
        [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])}
    assert actions == {"secretsmanager:GetSecretValue", "logs:CreateLogStream", "logs:PutLogEvents"}
