"""lambda/deploy from every state: an account in memory, any call refused, and the same command again."""

import copy
import json
import re

import pytest
from deploy_rig import APPLY, BUCKET, OURS, TEARDOWN, account, after_apply, deploy, state_of  # noqa: F401
from fake_account import ACCOUNT, Account

def after_upgrade(deploy):
    account = after_apply(deploy)
    account.build = "2"
    assert deploy(account, *APPLY) == 0, deploy.said
    return account


def upgrade(deploy):
    account = after_apply(deploy)
    account.build = "2"
    return account


CASES = {"apply": (lambda deploy: Account(), APPLY), "upgrade": (upgrade, APPLY),
         "rollback": (after_upgrade, ("rollback", "--yes")), "teardown": (after_upgrade, TEARDOWN),
         "teardown without snapshot": (after_apply, (*TEARDOWN, "--no-snapshot"))}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("case", CASES)
def test_the_same_command_goes_on_from_every_refused_call(deploy, case, after):
    """The Nth call fails, before it did anything or with its answer lost; then nothing fails."""
    prepare, words = CASES[case]
    whole = prepare(deploy)
    prepared = copy.deepcopy(whole)
    before = len(whole.calls)
    assert deploy(whole, *words) == 0, deploy.said
    wanted, total = state_of(whole), len(whole.calls) - before
    assert total > 10
    for number in range(1, total + 1):
        account = copy.deepcopy(prepared)
        account.fail_at, account.fail_after = len(account.calls) + number, after
        code = deploy(account, *words)
        call, account.fail_at = account.calls[account.fail_at - 1], 0
        if code:
            assert "way on:" in deploy.said, (call, deploy.said)
            assert deploy(account, *words) == 0, (call, deploy.said)
        assert state_of(account) == wanted, call


def test_twice_in_a_row_changes_nothing_the_second_time(deploy, account):
    assert deploy(account, *APPLY) == 0
    before, calls = state_of(account), len(account.calls)
    assert deploy(account, *APPLY) == 0
    assert deploy.said.count("nothing changes") == 2
    assert state_of(account) == before
    assert not [call for call in account.calls[calls:] if "execute-change-set" in call or "copy" in call]


def test_functions_are_deployed_by_digest_and_the_schema_before_them(deploy):
    account = after_apply(deploy)
    account.build, account.calls = "2", []
    assert deploy(account, *APPLY) == 0
    order = [call[6] for call in account.calls if call[6:7] in (["execute-change-set"], ["invoke"])]
    assert order == ["execute-change-set", "invoke", "execute-change-set"]
    uris = [pair["ParameterValue"] for pair in account.stacks["intake"]["Parameters"]
            if pair["ParameterKey"].endswith("ImageUri")]
    assert len(uris) == 4 and all(re.fullmatch(r".*\.dkr\.ecr\..*@sha256:[0-9a-f]{64}", uri) for uri in uris)


def parameters(account, stack="intake"):
    return {pair["ParameterKey"]: pair["ParameterValue"] for pair in account.stacks[stack]["Parameters"]}


def test_a_failing_migration_leaves_the_functions_of_before(deploy):
    account = after_apply(deploy)
    before = parameters(account)
    account.build, account.migration_fails = "2", "migration 12 failed: column x exists; stands at version 11"
    assert deploy(account, *APPLY) == 1
    assert "stands at version 11" in deploy.said and "stands: the stack with the functions of before" in deploy.said
    now = parameters(account)
    assert {name: now[name] for name in before if not name.startswith("Migrate")} == {
        name: value for name, value in before.items() if not name.startswith("Migrate")}
    account.migration_fails = ""
    assert deploy(account, *APPLY) == 0
    assert parameters(account)["ParserImageUri"] != before["ParserImageUri"]


def test_rollback_takes_back_code_and_parameters_of_the_functions_alone(deploy):
    account = after_apply(deploy)
    before = parameters(account)
    account.build = "2"
    assert deploy(account, *APPLY, "FunctionTimeout=100", "DatabaseStorage=50") == 0
    assert deploy(account, "rollback", "--yes") == 0, deploy.said
    now = parameters(account)
    assert {name for name in before if now[name] != before[name]} == {"DatabaseStorage", "MigrateImageUri"}
    assert deploy(account, "rollback", "--yes") == 1
    assert "no deployment before this one" in deploy.said
    assert deploy(account, *APPLY) == 0
    assert deploy(account, "rollback", "--yes") == 0
    assert parameters(account)["ParserImageUri"] == before["ParserImageUri"]


def test_rollback_says_when_an_image_is_gone(deploy):
    account = after_upgrade(deploy)
    account.images["csv-parser-lambda"].pop(next(iter(account.images["csv-parser-lambda"])))
    before = state_of(account)
    assert deploy(account, "rollback", "--yes") == 1
    assert "is not there any more" in deploy.said and "an older checkout" in deploy.said
    assert state_of(account) == before


def test_verify(deploy):
    account = after_apply(deploy)
    assert deploy(account, "verify") == 0, deploy.said
    next(pair for pair in account.stacks["intake"]["Parameters"]
         if pair["ParameterKey"] == "LogLevel")["ParameterValue"] = "DEBUG"
    assert deploy(account, "verify") == 3
    assert "LogLevel is DEBUG, was deployed as INFO" in deploy.said


@pytest.mark.parametrize("words", [("plan",), ("plan", "--name", "staging")])
@pytest.mark.parametrize("deployed", [False, True])
def test_plan_leaves_nothing(deploy, words, deployed):
    account = after_apply(deploy) if deployed else Account()
    before = state_of(account)
    assert deploy(account, *words) == 3, deploy.said  # for nothing builds images here
    assert state_of(account) == before
    for word in ("Tools", "Account", "Changes", "A month", "Not touched", "not found: install docker"):
        assert word in deploy.said
    if not deployed or "--name" in words:
        assert re.search(r"Add +UploadBucket +AWS::S3::Bucket", deploy.said)


def test_a_stack_that_still_looks_as_before_is_not_taken_for_done(deploy, account):
    account.shown_late = 3
    assert deploy(account, *APPLY) == 0, deploy.said
    account.build = "2"
    assert deploy(account, *APPLY) == 0, deploy.said
    account.shown_late = 0
    assert deploy(account, *APPLY) == 0 and deploy.said.count("nothing changes") == 2


# ---- bad input


@pytest.mark.parametrize("operation", ["create-bucket", "execute-change-set", "get-login-password", "invoke",
                                       "describe-stack-resources", "filter-log-events"])
@pytest.mark.parametrize("code, way", [
    ("AccessDeniedException", "lambda/README.md lists what a deployment asks for"),
    ("ExpiredToken", "log in again"), ("ThrottlingException", "left alone for a minute")])
def test_a_right_that_is_missing_and_a_login_that_ends(deploy, account, operation, code, way):
    account.refuses[operation] = (code, "not now")
    assert deploy(account, *APPLY) == 1
    assert f"{operation}: {code}: not now" in deploy.said and way in deploy.said
    account.refuses.clear()
    assert deploy(account, *APPLY) == 0, deploy.said
    assert state_of(account)["stacks"] == state_of(after_apply(deploy))["stacks"]


def test_a_stack_is_taken_over(deploy):
    account = after_apply(deploy)
    whole = state_of(account)
    account.stacks["intake"]["Tags"] = []
    assert deploy(account, *APPLY) == 4
    assert deploy(account, *APPLY, "LogLevel=DEBUG", "--adopt") == 0, deploy.said
    assert deploy(account, *APPLY, "LogLevel=INFO") == 0
    assert dict(state_of(account), buckets={}) == dict(whole, buckets={})


def test_images_stay_images(deploy):
    account = after_apply(deploy)
    assert deploy(account, *APPLY, "--zip") == 1
    assert "leave --zip out" in deploy.said

def test_another_account_than_expected_is_refused(deploy, account):
    assert deploy(account, "apply", "--yes", "--account", "999999999999") == 4
    assert f"this login is for the account {ACCOUNT}" in deploy.said
    assert len(account.calls) == 1


def test_a_new_stack_without_a_named_account_is_refused(deploy, account):
    assert deploy(account, "apply", "--yes") == 4
    assert f"--account {ACCOUNT}" in deploy.said and not account.stacks and not account.buckets


def test_a_change_without_yes_and_terminal_is_refused(deploy, account):
    assert deploy(account, "apply", "--account", ACCOUNT) == 4
    assert "give --yes" in deploy.said
    assert not account.tables


def make_stack(account, status, ours=True, **more):
    account.stacks["intake"] = dict({"StackName": "intake", "StackStatus": status, "Parameters": [], "Outputs": [],
                                     "Tags": [{"Key": "intake-deployment", "Value": "intake"}] if ours else [],
                                     "Resources": {}}, **more)


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS"])
def test_a_stack_that_never_lived_is_made_anew(deploy, account, status):
    make_stack(account, status)
    assert deploy(account, *APPLY) == 0, deploy.said
    assert state_of(account) == state_of(after_apply(deploy))


def test_a_failed_creation_that_kept_data_is_not_deleted(deploy, account):
    make_stack(account, "ROLLBACK_COMPLETE", Resources={"UploadBucket": ("AWS::S3::Bucket", BUCKET)})
    assert deploy(account, *APPLY) == 1
    assert BUCKET in deploy.said and "teardown" in deploy.said and "intake" in account.stacks


def test_somebody_elses_stack_is_not_touched(deploy, account):
    for status in ("CREATE_COMPLETE", "ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED"):
        make_stack(account, status, ours=False)
        before = state_of(account)
        for words in (APPLY, TEARDOWN, ("rollback", "--yes")):
            assert deploy(account, *words) == 4, deploy.said
            assert "was not made by this tool" in deploy.said and "--adopt" in deploy.said
        assert state_of(account) == before


def test_somebody_elses_review_is_not_touched(deploy, account):
    make_stack(account, "REVIEW_IN_PROGRESS")
    account.change_sets[("intake", "theirs")] = ({}, {}, [], [])
    for words in (APPLY, TEARDOWN):
        assert deploy(account, *words) == 4
        assert "change set theirs" in deploy.said
    assert ("intake", "theirs") in account.change_sets


def test_a_rollback_that_failed_is_continued(deploy):
    account = after_apply(deploy)
    account.stacks["intake"]["StackStatus"] = "UPDATE_ROLLBACK_FAILED"
    account.creation_fails = "the table is in use"
    assert deploy(account, *APPLY) == 1
    assert "the table is in use" in deploy.said and "--resources-to-skip" in deploy.said
    account.creation_fails = ""
    assert deploy(account, *APPLY) == 0


def test_a_half_deleted_stack_is_for_teardown(deploy):
    account = after_apply(deploy)
    account.stacks["intake"]["StackStatus"] = "DELETE_FAILED"
    assert deploy(account, *APPLY) == 1
    assert "lambda/deploy teardown" in deploy.said
    assert deploy(account, *TEARDOWN) == 0


def test_a_failing_creation_says_why_and_is_made_anew(deploy, account):
    account.creation_fails = "ecommerce-db: you may make no more instances"
    assert deploy(account, *APPLY) == 1
    assert "you may make no more instances" in deploy.said and "ROLLBACK_COMPLETE" in deploy.said
    account.creation_fails = ""
    assert deploy(account, *APPLY) == 0


def test_a_bucket_name_that_is_taken(deploy, account):
    account.made_outside.add(BUCKET)
    assert deploy(account, *APPLY) == 4
    assert f"the bucket name {BUCKET} is taken, here" in deploy.said and "UploadBucketPrefix" in deploy.said
    assert not account.stacks and not account.buckets
    assert deploy(account, *APPLY, "UploadBucketPrefix=our-uploads") == 0


@pytest.mark.parametrize("theirs", ["out of reach", "with objects", "with tags"])
def test_a_deployment_bucket_that_is_not_ours(deploy, account, theirs):
    if theirs == "out of reach":
        account.made_outside.add(OURS)
    else:
        account.buckets[OURS] = {"precious": b""} if theirs == "with objects" else {}
        account.tags[OURS] = [{"Key": "owner", "Value": "somebody"}] if theirs == "with tags" else []
    before = state_of(account)
    for words in (APPLY, TEARDOWN):
        assert deploy(account, *words) == 4
        assert "--bucket NAME" in deploy.said
    assert state_of(account) == before
    assert deploy(account, *APPLY, "--bucket", "another-of-ours") == 0
    assert deploy(account, *TEARDOWN, "--bucket", "another-of-ours") == 0
    assert state_of(account) == dict(before, schema=1, snapshots=["ecommerce-db"])


def test_a_table_that_is_there(deploy, account):
    account.tables.add("UploadRecords")
    assert deploy(account, *APPLY) == 4
    assert "the table UploadRecords is there already" in deploy.said
    assert account.tables == {"UploadRecords"}


def test_an_image_of_another_architecture(deploy, account):
    account.architecture = "arm64"
    assert deploy(account, *APPLY) == 1
    assert "is for arm64" in deploy.said and "PLATFORM=linux/amd64" in deploy.said
    assert "Architecture=arm64" in deploy.said and not account.stacks
    assert deploy(account, *APPLY, "Architecture=arm64") == 0


def test_too_little_concurrency(deploy, account):
    account.limit = 100
    assert deploy(account, *APPLY) == 1
    assert "ReserveConcurrency=false" in deploy.said and not account.stacks
    assert deploy(account, *APPLY, "ReserveConcurrency=false") == 0


def test_what_holds_data_is_not_replaced(deploy):
    account = after_apply(deploy)
    before = state_of(account)
    assert deploy(account, *APPLY, "TableName=Another") == 4
    assert "RecordsTable would be removed or made anew" in deploy.said
    assert state_of(account)["stacks"] == before["stacks"] and account.tables == {"UploadRecords"}


def test_missing_tools_are_told(deploy, account):
    deploy.programs = ("make",)
    assert deploy(account, *APPLY) == 1
    assert "install skopeo" in deploy.said
    deploy.programs = ("make", "skopeo")
    assert deploy(account, *APPLY) == 0


@pytest.mark.parametrize("tool", ["docker", "podman", "buildah"])
def test_each_tool_pushes(deploy, account, tool):
    deploy.programs = ("make", tool)
    assert deploy(account, *APPLY) == 0, deploy.said
    assert {name: list(tags.values()) for name, tags in account.images.items()} == {
        f"{program}-lambda": [account.digest(program)] for program in account.template.functions.values()}


@pytest.mark.parametrize("words, said", [
    (("apply", "FunctionTimout=1"), "did you mean FunctionTimeout?"),
    (("apply", "ParserImageUri=x"), "leave it out"),
    (("apply", "NamePrefix=x-"), "--name NAME"),
    (("apply", "DatabasePassword=hush"), "INTAKE_PARAMETER_DatabasePassword"),
    (("apply", "--name", "Not A Name"), "cannot begin names"),
    (("apply", "--account", "12"), "twelve digits"),
])
def test_wrong_usage(deploy, account, words, said):
    assert deploy(account, *words) == 2
    assert said in deploy.said and "hush" not in deploy.said and not account.calls


def test_parameters_are_listed_without_an_account(deploy, account):
    assert deploy(account, "parameters") == 0 and not account.calls
    assert re.search(r"^DatabaseClass=db.t4g.small\n    one of Bears", deploy.said, re.MULTILINE)
    assert re.search(r"^QuietHours=0\n    an alarm when no file", deploy.said, re.MULTILINE)
    assert "DatabasePassword=a secret" in deploy.said and "ImageUri" not in deploy.said


def test_no_secret_is_an_argument_a_record_or_said(deploy, account, monkeypatch):
    monkeypatch.setenv("INTAKE_PARAMETER_DatabasePassword", "hush-hush")
    assert deploy(account, *APPLY, "DatabaseMode=existing", "DatabaseHost=db", "DatabaseOwnerSecretArn=arn") == 0
    assert parameters(account)["DatabasePassword"] == "hush-hush"
    shown = json.dumps(account.calls) + deploy.said + str(account.buckets[OURS])
    assert "hush-hush" not in shown and "password-of-the-registry" not in shown


def test_an_existing_database_without_its_owners_secret(deploy, account):
    words = (*APPLY, "DatabaseMode=existing", "DatabaseHost=db")
    assert deploy(account, *words) == 1
    assert "DatabaseOwnerSecretArn" in deploy.said and "--no-migrate" in deploy.said
    assert deploy(account, *words, "--no-migrate") == 0


# ---- side by side, and the end


def test_staging_beside_production_and_each_goes_alone(deploy):
    account = after_apply(deploy)
    alone = state_of(account)
    assert deploy(account, *APPLY, "--name", "staging") == 0, deploy.said
    assert set(account.tables) == {"UploadRecords", "staging-UploadRecords"}
    assert set(account.stacks) == {"intake", "intake-staging"}
    assert deploy(account, "teardown", "--name", "staging", "--confirm", "intake-staging", "--no-snapshot") == 0
    assert state_of(account) == alone


def test_teardown_wants_the_stacks_name(deploy):
    account = after_apply(deploy)
    before = state_of(account)
    assert deploy(account, "teardown") == 4
    assert "--confirm intake" in deploy.said
    assert deploy(account, "teardown", "--confirm", "intak") == 4
    assert "1,000" not in deploy.said and f"the bucket {BUCKET}: 2 object versions" in deploy.said
    assert "the table UploadRecords: about 7 items" in deploy.said and "the database ecommerce-db" in deploy.said
    assert state_of(account) == before


def test_teardown_leaves_nothing_of_ours_and_all_of_others(deploy, account):
    account.buckets["theirs"], account.images["theirs"] = {"a": b""}, {"1": "sha256:1"}
    account.tables.add("Theirs")
    account.databases["their-db"] = "available"
    before = state_of(account)
    assert deploy(account, *APPLY) == 0
    assert deploy(account, *TEARDOWN) == 0
    assert "snapshot ecommerce-db-last stays" in deploy.said
    assert state_of(account) == dict(before, schema=1, snapshots=["ecommerce-db"])
    assert deploy(account, *TEARDOWN) == 0
    assert "There is nothing of intake" in deploy.said
