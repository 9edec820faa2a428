"""lambda/deploy by the AWS CLI against the local stack: a second deployment beside the stack's own, with zips,
there and back and away again. What remains is asked by boto3."""

import functools
import os
import re
import shutil
import subprocess
import sys

import pytest
import stand_in
from local_stack import deploy as local
from support import BUILD, ROOT, wait_until

STACK = "intake-aside"
VENDOR = "INTAKE-CHECK"
VALUES = {
    "FunctionTimeout": "20", "ErrorQueueVisibility": "30", "ErrorBatchingWindow": "0", "StreamBatchingWindow": "0",
    "DatabaseMode": "existing", "DatabaseHost": "127.0.0.1", "DatabaseUser": "pipeline",
    "DatabaseSslMode": "disable", "NetworkMode": "none", "DatabaseClass": "db.t4g.micro", "ParserConcurrency": "2",
    "ErrorProcessorConcurrency": "0", "RequireTls": "false", "Alarms": "false",
}


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    """A folder for the PATH, in which the AWS CLI is started already."""
    folder = tmp_path_factory.mktemp("aws")
    server = subprocess.Popen([sys.executable, ROOT / "tests" / "tools" / "warm_aws.py", folder / "socket"])
    wait_until((folder / "socket").exists, 60)
    stand_in.write_programs(folder / "bin", folder / "socket", ["aws"])
    yield folder / "bin"
    server.terminate()
    server.wait(10)
    shutil.rmtree(folder)


class Deploy:
    def __init__(self, stack, aws, database_url, port, password):
        self.stack, self.said = stack, ""
        self.environment = stack.environment(
            "admin", PATH=f"{aws}:{os.environ['PATH']}", BUILD=str(BUILD), INTAKE_DATABASE_URL=database_url,
            INTAKE_PARAMETER_DatabasePassword=password)
        self.values = dict(VALUES, DatabasePort=str(port))

    def __call__(self, verb, *words, code=0):
        values = [f"{name}={value}" for name, value in self.values.items()] if verb in ("plan", "apply") else []
        done = subprocess.run(
            [sys.executable, ROOT / "lambda" / "deploy", verb, "--name", "aside", "--zip", "--no-build", "--yes",
             "--account", local.ACCOUNT, *words, *values], text=True, capture_output=True, env=self.environment,
            stdin=subprocess.DEVNULL, timeout=300, cwd=ROOT)
        self.said = done.stdout + done.stderr
        assert done.returncode == code, self.said
        return self.said


@pytest.fixture(scope="module")
def aside(stack):
    """A database of its own in the stack's cluster, with its owner's secret: (url, port, password, secret)."""
    owner = re.match(r"postgresql://(.*):(.*)@(.*):(\d+)/(\w+)", stack.variables("admin")["INTAKE_DATABASE_URL"])
    secrets = stack.client("secretsmanager")
    functions = secrets.get_secret_value(SecretId="ecommerce/rds/credentials")["SecretString"]
    password = re.search(r'"password": ?"(.*?)"', functions)[1]
    with stack.connect() as connection:
        connection.execute("CREATE DATABASE aside")
    url = "postgresql://{}:{}@{}:{}/aside".format(*owner.groups())
    yield url, int(owner[4]), password, "aside"
    with stack.connect() as connection:
        connection.execute("DROP DATABASE aside WITH (FORCE)")


@pytest.fixture(scope="module")
def deploy(stack, aws, aside):
    url, port, password, name = aside
    one = Deploy(stack, aws, url, port, password)
    secrets = stack.client("secretsmanager")
    one.values["DatabaseName"] = name
    one.values["DatabaseOwnerSecretArn"] = secrets.describe_secret(SecretId=local.OWNER_SECRET)["ARN"]
    return one


def allow_what_the_emulator_asks_for(stack):
    iam = stack.client("iam")
    for function in ("csv-parser", "product-validator", "error-processor"):
        iam.put_role_policy(
            RoleName=f"lambda-aside-{function}-role", PolicyName="emulator-actions",
            PolicyDocument=local.emulator_actions(["aside-product-validation-errors"], function != "csv-parser"))


def drop_what_the_emulator_asked_for(stack):
    """A role with a policy that is not the stack's is not the stack's to delete."""
    iam = stack.client("iam")
    for function in ("csv-parser", "product-validator", "error-processor"):
        iam.delete_role_policy(RoleName=f"lambda-aside-{function}-role", PolicyName="emulator-actions")


@functools.lru_cache
def clients(stack):
    return [stack.client(name) for name in ("s3", "sqs", "sns", "iam", "lambda", "dynamodb", "secretsmanager",
                                            "logs", "events", "ecr", "cloudwatch", "cloudformation")]


def everything(stack):
    """The names of all that the account holds, by kind."""
    s3, sqs, sns, iam, functions, tables, secrets, logs, events, ecr, cloudwatch, stacks = clients(stack)
    return {
        "buckets": {one["Name"] for one in s3.list_buckets()["Buckets"]},
        "tables": set(tables.list_tables()["TableNames"]),
        "queues": {url.rpartition("/")[2] for url in sqs.list_queues().get("QueueUrls", [])},
        "topics": {one["TopicArn"] for one in sns.list_topics()["Topics"]},
        "functions": {one["FunctionName"] for one in functions.list_functions()["Functions"]},
        "mappings": {one["FunctionArn"] for one in functions.list_event_source_mappings()["EventSourceMappings"]},
        "roles": {one["RoleName"] for one in iam.list_roles()["Roles"]},
        "policies": {one["PolicyName"] for one in iam.list_policies(Scope="Local")["Policies"]},
        "secrets": {one["Name"] for one in secrets.list_secrets()["SecretList"]},
        "log groups": {one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]},
        "rules": {one["Name"] for one in events.list_rules()["Rules"]},
        "registries": {one["repositoryName"] for one in ecr.describe_repositories()["repositories"]},
        "dashboards": {one["DashboardName"] for one in cloudwatch.list_dashboards()[
            "DashboardEntries"]},
        "stacks": {one["StackName"] for one in stacks.describe_stacks()["Stacks"]},
    }


def functions_of(stack):
    """{function: what it was made of and its timeout}"""
    functions = stack.client("lambda")
    return {one["FunctionName"]: (one["CodeSha256"], one["Timeout"], one["LastModified"])
            for one in functions.list_functions()["Functions"] if one["FunctionName"].startswith("aside-")}


@pytest.mark.slow
def test_there_and_back_and_away(stack, deploy, aside):
    before = everything(stack)

    deploy("plan", code=0)
    assert re.search(r"Add +UploadBucket +AWS::S3::Bucket", deploy.said)
    assert everything(stack) == before

    deploy("apply", "--no-check-file", "--no-doctor")
    assert "6/10 the stack with intake-migrate" in deploy.said
    made = everything(stack)
    assert "aside-UploadRecords" in made["tables"] and STACK in made["stacks"]
    allow_what_the_emulator_asks_for(stack)
    first = functions_of(stack)
    assert len(first) == 4

    # Twice in a row; this time with the check file, whose vendor nobody has added.
    deploy("apply", "--no-doctor")
    assert deploy.said.count("nothing changes") == 2
    assert "the stream and the validator were not tried" in deploy.said
    assert functions_of(stack) == first
    unmade = {kind: names - made[kind] for kind, names in everything(stack).items()}
    assert not any(unmade.values()), unmade

    # A change, back, and the change again. With its vendor the check file goes as far as to its report.
    with_vendor(aside[0])
    deploy.values["FunctionTimeout"] = "19"
    deploy("apply", "--no-doctor", "--no-check-file")
    changed = functions_of(stack)
    assert {timeout for _, timeout, _ in changed.values()} == {19, 900}
    deploy("rollback", "--no-doctor")
    assert "went through every function, to its report" in deploy.said
    assert {timeout for _, timeout, _ in functions_of(stack).values()} == {20, 900}
    deploy("apply", "--no-doctor", "--no-check-file")
    assert {timeout for _, timeout, _ in functions_of(stack).values()} == {19, 900}

    # The doctor looks at this deployment, not at the one beside it.
    deploy("verify", "--no-check-file", code=3)  # the emulator's own differences, which the doctor tells
    assert "0 pending" in deploy.said and "ok, " in deploy.said

    drop_what_the_emulator_asked_for(stack)
    deploy("teardown", "--confirm", STACK)
    wait_until(lambda: everything(stack) == before)
    deploy("teardown", "--confirm", STACK)
    assert "There is nothing of" in deploy.said


def with_vendor(url):
    import psycopg
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO vendors (vendor_id, vendor_name, email, status) "
                           "VALUES (%s, 'Check', 'check@example.com', 'active')", [VENDOR])
