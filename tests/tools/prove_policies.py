"""make prove-policies: takes each statement of each policy of a deployed local stack away, one at a time,
and wants the test that stands beside it to fail. Slow. What only AWS itself asks for is listed as such,
with where AWS says so, and is run as well: should the emulator begin to ask, it is told.
"""

import json
import os
import pathlib
import subprocess
import sys

TOOLS = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(TOOLS), str(TOOLS.parent)]

from conftest import Stack  # noqa: E402
from local_stack.places import FUNCTIONS  # noqa: E402
from support import BUILD, ROOT  # noqa: E402

FOLDER = "var/prove-stack"
POLICIES = "tests/integration/lambda/test_policies.py::"
COMMANDS = "tests/integration/commands/test_commands_stack.py::"
OPERATE = "tests/integration/operate/"
WHOLE_WAY = POLICIES + "test_a_file_goes_the_whole_way"
GONE = POLICIES + "test_the_sweep_ends_an_upload_whose_file_is_gone"
MIGRATION = POLICIES + "test_the_migration_reads_both_secrets"
DOCTOR = POLICIES + "test_the_doctor_is_refused_nothing"

TESTS = {
    "csv-parser": {
        "ReadUploads": WHOLE_WAY, "WriteRecords": WHOLE_WAY, "ReadSecret": WHOLE_WAY,
        "TellMissingFromForbidden": POLICIES + "test_a_key_that_is_gone_is_no_failure",
        "SendMessages": POLICIES + "test_a_file_that_is_refused_is_told", "WriteLogs": WHOLE_WAY},
    "product-validator": {
        "ReadStream": WHOLE_WAY, "ListStreams": WHOLE_WAY, "SettleRecords": WHOLE_WAY, "ReadSecret": WHOLE_WAY,
        "SendMessages": WHOLE_WAY, "WriteLogs": WHOLE_WAY},
    "error-processor": {
        "TakeMessages": WHOLE_WAY, "KeepReports": WHOLE_WAY, "ReadSecret": WHOLE_WAY,
        "Notify": POLICIES + "test_operators_are_told_where_no_vendor_can_be",
        "SendWhatWasLeft": POLICIES + "test_the_sweep_sends_what_was_left",
        "CompareAndMark": POLICIES + "test_the_sweep_compares_and_marks", "SeeUploads": GONE,
        "TellMissingFromForbidden": GONE, "WriteLogs": WHOLE_WAY},
    "intake-migrate": {"ReadSecret": MIGRATION, "ReadOwnersSecret": MIGRATION, "WriteLogs": MIGRATION},
    "ViewerPolicy": {
        "Bucket": DOCTOR, "Records": DOCTOR, "Queues": DOCTOR, "Topics": DOCTOR, "Functions": DOCTOR,
        "Stack": POLICIES + "test_a_viewer_finds_the_names_by_the_stack", "SecretWithoutItsValue": DOCTOR,
        "Logs": COMMANDS + "test_logs_of_an_upload_and_of_a_function",
        "ListsThatKnowNoResource": DOCTOR, "Files": COMMANDS + "test_report_and_its_link"},
    "SupportPolicy": {"SendNotices": OPERATE + "test_notify.py::test_support_sends_it_again_with_a_new_link"},
    "OperatorPolicy": {
        "SubmitFiles": COMMANDS + "test_submit_without_wait_and_from_standard_input",
        "KeepReports": COMMANDS + "test_a_lost_report_is_made_again",
        "SettleRecords": OPERATE + "test_revalidate.py::test_the_run_does_what_the_plan_showed_and_a_second_one_nothing",
        "ReadStream": OPERATE + "test_dlq_functions.py::test_records_of_a_stream_letter_get_their_outcome",
        "MoveMessages": OPERATE + "test_dlq.py::test_the_operators_own_keys_suffice",
        "InvokeAgain": OPERATE + "test_dlq_functions.py::test_the_parser_is_invoked_again",
        "SubscribeVendors": OPERATE + "test_vendors.py::test_subscribe",
        "MendSubscriptions": OPERATE + "test_vendors.py::test_an_address_whose_filter_is_wrong_is_mended"},
    "MigratePolicy": {
        "MigrateInTheAccount": "tests/integration/commands/test_commands_in_account.py::"
                               "test_the_policy_for_it_is_enough_and_reaches_no_other_function",
        "FindItsName": "tests/integration/commands/test_commands_in_account.py::test_status_and_migration"},
}

LOGS = "Lambda writes a function's lines with its role: Developer Guide, \"Sending function logs to CloudWatch Logs\""
STREAM = "Lambda's poller reads with the function's role: Developer Guide, \"Using Lambda with DynamoDB\""
ONLY_AWS_ASKS = {
    ("csv-parser", "WriteLogs"): LOGS, ("product-validator", "WriteLogs"): LOGS,
    ("error-processor", "WriteLogs"): LOGS, ("intake-migrate", "WriteLogs"): LOGS,
    ("product-validator", "ReadStream"): STREAM, ("product-validator", "ListStreams"): STREAM,
    ("error-processor", "TakeMessages"):
        "Lambda's poller receives with the function's role: Developer Guide, \"Using Lambda with Amazon SQS\"",
    ("MigratePolicy", "FindItsName"):
        "--stack asks for the outputs; the emulator asks with any stack's name, AWS with this stack's ARN:"
        " Service Authorization Reference, \"CloudFormation\"",
}

# What the emulator asks for in an action's place, and the local stack therefore adds: it goes with it.
TWINS = {
    "sqs:SendMessage": {"sqs:SendMessageBatch"}, "sqs:DeleteMessage": {"sqs:DeleteMessageBatch"},
    "sqs:ChangeMessageVisibility": {"sqs:ChangeMessageVisibilityBatch"},
    "dynamodb:PartiQLUpdate": {"dynamodb:BatchExecuteStatement"},
    "dynamodb:GetRecords": {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"},
    "logs:FilterLogEvents": {"logs:FilterLogEvents", "logs:GetLogEvents", "logs:DescribeLogStreams"},
    "cloudformation:DescribeStacks": {"cloudformation:DescribeStacks"},
}


NOTHING = {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}  # a policy has one statement or more


def actions_of(statement):
    return [statement["Action"]] if isinstance(statement["Action"], str) else list(statement["Action"])


def run_test(name):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--timeout=120", "-n", "0", name],
        cwd=ROOT, env=dict(os.environ, BUILD=str(BUILD.relative_to(ROOT)), INTAKE_TEST_STACK=FOLDER),
        capture_output=True, text=True)
    return done.returncode, done.stdout[-1500:]


class Policies:
    """The stack's policies, of which one statement may be missing."""

    def __init__(self, stack):
        self.iam, self.functions = stack.client("iam"), stack.client("lambda")
        outputs = stack.client("cloudformation").describe_stacks(StackName="intake")["Stacks"][0]["Outputs"]
        self.arns = {output["OutputKey"].removesuffix("Arn"): output["OutputValue"] for output in outputs
                     if output["OutputKey"].endswith("PolicyArn")}

    def read(self, owner):
        if owner in FUNCTIONS:
            document = self.iam.get_role_policy(RoleName=f"lambda-{owner}-role",
                                                PolicyName=f"{owner}-policy")["PolicyDocument"]
        else:
            version = self.iam.get_policy(PolicyArn=self.arns[owner])["Policy"]["DefaultVersionId"]
            document = self.iam.get_policy_version(PolicyArn=self.arns[owner],
                                                   VersionId=version)["PolicyVersion"]["Document"]
        return json.loads(document) if isinstance(document, str) else document

    def write(self, owner, document):
        text = json.dumps(document)
        if owner in FUNCTIONS:
            self.iam.put_role_policy(RoleName=f"lambda-{owner}-role", PolicyName=f"{owner}-policy",
                                     PolicyDocument=text)
            self.begin_anew(owner)
            return
        for version in self.iam.list_policy_versions(PolicyArn=self.arns[owner])["Versions"]:
            if not version["IsDefaultVersion"]:
                self.iam.delete_policy_version(PolicyArn=self.arns[owner], VersionId=version["VersionId"])
        self.iam.create_policy_version(PolicyArn=self.arns[owner], PolicyDocument=text, SetAsDefault=True)

    def without_twins(self, owner, statement):
        """Takes what the local stack added for the statement's actions; returns how to put it back."""
        gone = set().union(*(TWINS.get(action, set()) for action in actions_of(statement)))
        back = []
        if owner in FUNCTIONS:
            places = [("role", f"lambda-{owner}-role", "emulator-actions")]
        else:
            places = [("user", f"intake-{role}", name) for role in ("viewer", "support", "operator")
                      for name in ("emulator-reading", "emulator-actions")]
        for kind, who, name in places:
            arguments = {f"{kind.title()}Name": who, "PolicyName": name}
            try:
                document = getattr(self.iam, f"get_{kind}_policy")(**arguments)["PolicyDocument"]
            except self.iam.exceptions.NoSuchEntityException:
                continue
            document = json.loads(document) if isinstance(document, str) else document
            kept = [dict(one, Action=[action for action in actions_of(one) if action not in gone])
                    for one in document["Statement"]]
            kept = dict(document, Statement=[one for one in kept if one["Action"]])
            if kept == document:
                continue
            put = getattr(self.iam, f"put_{kind}_policy")
            back.append((put, dict(arguments, PolicyDocument=json.dumps(document))))
            if kept["Statement"]:
                put(**arguments, PolicyDocument=json.dumps(kept))
            else:
                getattr(self.iam, f"delete_{kind}_policy")(**arguments)
        return back

    def begin_anew(self, function):
        """A warm process would use the secret that it has read."""
        code = (BUILD / "lambda" / f"{function}.zip").read_bytes()
        self.functions.update_function_code(FunctionName=function, ZipFile=code)


def prove(policies, owner, document, statement, passed):
    """One line, and whether it is well."""
    sid = statement["Sid"]
    name = TESTS.get(owner, {}).get(sid)
    if not name:
        return False, "no test is named for it"
    if name not in passed:
        code, output = run_test(name)
        if code:
            return False, f"{name} fails with the whole policy:\n{output}"
        passed.add(name)
    back = policies.without_twins(owner, statement)
    rest = [one for one in document["Statement"] if one != statement]
    policies.write(owner, dict(document, Statement=rest or [NOTHING]))
    try:
        code, _ = run_test(name)
    finally:
        for put, arguments in back:
            put(**arguments)
        policies.write(owner, document)
    only = ONLY_AWS_ASKS.get((owner, sid))
    if code:
        return not only, f"needed by {name}" + (", and the emulator asks for it by now" if only else "")
    return bool(only), only or f"not needed by {name}: name another test, or take it away"


def main(wanted):
    stack = Stack(pathlib.Path(FOLDER))
    stack.command("drop")
    stack.up()
    failed, passed = 0, set()
    try:
        policies = Policies(stack)
        # People's first: what a function could not do for want of a statement becomes dead letters.
        for owner in sorted(TESTS, key=lambda one: one in FUNCTIONS):
            document = policies.read(owner)
            for statement in document["Statement"]:
                if wanted and owner not in wanted and f"{owner}/{statement['Sid']}" not in wanted:
                    continue
                well, words = prove(policies, owner, document, statement, passed)
                failed += not well
                print(f"  {'ok  ' if well else 'FAIL'} {owner}/{statement['Sid']}: {words}", flush=True)
    finally:
        stack.command("drop")
    print(f"prove-policies: {failed} failed")
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
