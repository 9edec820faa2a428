"""The template, judged by a linter that is not ours and by what the console expects of it."""

import json
import pathlib
import re
import subprocess
import sys

import pytest

from support import ROOT
from template import Template

TEMPLATE = ROOT / "lambda" / "template.yaml"


@pytest.mark.slow
def test_cfn_lint_has_nothing_to_say():
    linter = pathlib.Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([linter, TEMPLATE], text=True, capture_output=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_it_fits_into_a_bucket_object():
    assert TEMPLATE.stat().st_size <= 1_000_000


def test_outputs_are_those_that_the_settings_know():
    outputs = set(re.findall(r"^  (\w+):$", TEMPLATE.read_text().partition("\nOutputs:")[2],
                             re.MULTILINE))
    rows = re.findall(r'\{("\w+"|NULL),\s*"\w+",\s*"(\w+)"', (ROOT / "core/pipeline/settings.c").read_text())
    assert rows and {output for _, output in rows} <= outputs


def test_policies_name_no_action_that_only_the_emulator_knows():
    assert not re.search(r"sqs:\w+Batch", TEMPLATE.read_text())


def test_every_file_below_uploads_is_an_event():
    filters = re.search(r"S3Key:\n +Rules:\n((?: +(?:- Name|Value): \S+\n)+)", TEMPLATE.read_text())
    assert filters[1].split() == ["-", "Name:", "prefix", "Value:", "uploads/"]


# As an account gets it, and as small as it goes.
SHAPES = [{}, {"Egress": "nat"}, {"OperatorAccess": "ssm"}, {"OperatorAccess": "ssm", "Egress": "nat"},
          {"NetworkMode": "existing", "SubnetIds": "subnet-1", "OperatorAccess": "ssm"},
          {"DatabaseMode": "existing", "NetworkMode": "none", "Alarms": "false", "RequireTls": "false"}]
NAMES = ("BucketName", "TableName", "QueueName", "TopicName", "Name", "DBInstanceIdentifier", "RepositoryName",
         "LogGroupName", "RoleName", "PolicyName", "FunctionName", "ManagedPolicyName", "DashboardName", "Namespace")


def names_of(template):
    """Every name that an account or a region knows only once."""
    found = set()
    for name, row in template.resources.items():
        for key, value in row.get("Properties", {}).items():
            if key in NAMES and isinstance(value, str) and not value.startswith(("<", "AWS/")):
                found.add((row["Type"], key, value))
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_staging_and_production_share_no_name(shape):
    here, there = names_of(Template(**shape)), names_of(Template(NamePrefix="staging-", **shape))
    assert len(here) == len(there) > 20 and not here & there
    assert all("staging-" in value for _, _, value in there)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_policy_is_longer_than_aws_takes(shape):
    """IAM User Guide, "IAM and STS quotas": 6,144 characters of a managed policy, 10,240 of a role's own."""
    template = Template(NamePrefix="production-", **shape)
    for name, row in template.of_type("AWS::IAM::ManagedPolicy").items():
        text = json.dumps(row["PolicyDocument"], separators=(",", ":"))
        assert len(re.sub(r"<\w+(\.\w+)?>", "arn:aws:dynamodb:eu-central-1:123456789012:table/production-x", text)) <= 6144, name
    for name, row in template.of_type("AWS::IAM::Role").items():
        assert len(json.dumps(row["Policies"], separators=(",", ":"))) <= 10240, name


def test_the_functions_leave_room_for_people():
    for name, row in Template().source["Mappings"]["Bears"].items():
        assert 2 * row["Calls"] + 10 + 1 + 20 <= row["Limit"], name
        assert 2 * row["Calls"] + 10 < row["Sessions"] < row["Limit"], name


def test_the_dashboard_is_a_document_and_shows_what_there_is():
    template = Template(NamePrefix="staging-")
    body = json.loads(template.resources["Dashboard"]["Properties"]["DashboardBody"])
    assert [widget["properties"]["title"].partition(",")[0] for widget in body["widgets"]] == [
        "Uploads", "Records", "Error rate", "Lag", "Dead letters", "Duration", "Notices", "Connections"]
    told = set(re.findall(r'\{"(\w+)", "', (ROOT / "core/record/metrics.c").read_text()))
    shown = {metric[1] for widget in body["widgets"] for metric in widget["properties"]["metrics"]
             if metric[0] == "staging-EcommerceProductOnboarding"}
    assert shown and shown <= told
    alarmed = {row["MetricName"] for row in template.of_type("AWS::CloudWatch::Alarm").values()
               if row.get("Namespace") == "staging-EcommerceProductOnboarding"}
    assert {"UploadsStuck", "NotificationsFailing", "OldestWaitingSeconds"} <= alarmed <= told


def test_every_alarm_tells_the_operators():
    alarms = Template(QuietHours=12).of_type("AWS::CloudWatch::Alarm")
    assert all(row["AlarmActions"] == ["<AlarmTopic>"] for row in alarms.values())
    assert alarms["QuietAlarm"]["EvaluationPeriods"] == "12"
    assert "QuietAlarm" not in Template().resources and len(alarms) > 14
    assert not Template(Alarms="false", QuietHours=12).of_type("AWS::CloudWatch::Alarm")


def test_a_network_has_one_way_out_and_none_in():
    kinds = {"endpoints": 3, "nat": 0}
    for egress, interfaces in kinds.items():
        template = Template(Egress=egress)
        endpoints = template.of_type("AWS::EC2::VPCEndpoint").values()
        assert sum(row["VpcEndpointType"] == "Interface" for row in endpoints) == interfaces
        assert len(template.of_type("AWS::EC2::NatGateway")) == (egress == "nat")
        assert len(template.of_type("AWS::EC2::InternetGateway")) == (egress == "nat")
    for row in Template(OperatorAccess="ssm").of_type("AWS::EC2::SecurityGroup").values():
        assert all("SourceSecurityGroupId" in rule for rule in row.get("SecurityGroupIngress", []))


def test_operators_get_in_by_an_instance_that_nobody_reaches():
    template = Template(OperatorAccess="ssm")
    [instance] = template.of_type("AWS::EC2::Instance").values()
    [interface] = instance["NetworkInterfaces"]
    assert interface["GroupSet"] == ["<OperatorSecurityGroup>"] and not interface["AssociatePublicIpAddress"]
    assert "SecurityGroupIngress" not in template.resources["OperatorSecurityGroup"]["Properties"]
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert not Template().of_type("AWS::EC2::Instance")
    assert not Template(OperatorAccess="ssm", NetworkMode="none").of_type("AWS::EC2::Instance")


def test_who_may_log_in_by_a_token_is_who_is_named():
    statements = Template().resources["ViewerPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    [statement] = [one for one in statements if one["Sid"] == "OwnLoginByToken"]
    assert [arn.partition(">/")[2] for arn in statement["Resource"]] == [
        "${aws:username}", "${aws:PrincipalTag/IntakeLogin}"]
    assert Template().resources["Database"]["Properties"]["EnableIAMDatabaseAuthentication"] is True


def test_what_may_call_or_publish_is_of_this_account():
    template = Template()
    for name, row in template.of_type("AWS::Lambda::Permission").items():
        assert row["SourceAccount"] == "123456789012" and row["SourceArn"], name
    [statement] = template.resources["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert set(statement["Condition"]) == {"StringEquals", "ArnLike"}


def test_the_migration_has_no_trigger_and_its_own_rights_alone():
    template = Template()
    assert template.resources["MigrateFunction"]["Properties"]["ReservedConcurrentExecutions"] == 1
    for kind in ("AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig"):
        assert all(row["FunctionName"] != "<MigrateFunction>" for row in template.of_type(kind).values())
    [policy] = template.resources["MigrateRole"]["Properties"]["Policies"]
    assert [one["Sid"] for one in policy["PolicyDocument"]["Statement"]] == [
        "ReadSecret", "ReadOwnersSecret", "WriteLogs", "JoinNetwork"]
    assert "MigrateFunction" not in Template(DatabaseMode="existing").resources


# Where the action has another name than the operation that the program calls.
OPERATIONS = {
    "s3:ListBucket": "ListObjectsV2", "s3:GetObjectVersion": "GetObject",
    "s3:GetEncryptionConfiguration": "GetBucketEncryption", "s3:GetBucketNotification": "GetBucketNotificationConfiguration",
    "s3:GetLifecycleConfiguration": "GetBucketLifecycleConfiguration",
    "s3:GetBucketPublicAccessBlock": "GetPublicAccessBlock", "dynamodb:PartiQLUpdate": "BatchExecuteStatement",
    "sqs:DeleteMessage": "DeleteMessageBatch", "lambda:InvokeFunction": "Invoke"}


def test_people_may_nothing_that_the_program_does_not_call():
    calls = set(re.findall(r'"([A-Z]\w+)"', "".join(
        path.read_text() for floor in ("aws", "core") for path in (ROOT / floor).rglob("*.c"))))
    for name, row in Template(OperatorAccess="ssm").of_type("AWS::IAM::ManagedPolicy").items():
        for statement in row["PolicyDocument"]["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            for action in actions:
                if not action.startswith(("ssm:", "rds-db:")):  # the tunnel's own program; the database
                    assert OPERATIONS.get(action, action.partition(":")[2]) in calls, (name, action)


def test_the_doctor_knows_what_the_database_grows_to():
    made = Template()
    assert made.resources["Database"]["Properties"]["MaxAllocatedStorage"] == 200
    assert str(made.source["Outputs"]["DatabaseStorageMost"]["Value"]) == "200"


@pytest.mark.parametrize("days", ["400", "90", "3650"])
def test_one_policy_for_the_database_and_the_bucket(days):
    made = Template(RetentionDays=days)
    rules = {row["Id"]: row for row in made.resources["UploadBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]}
    assert rules["drop-old-reports"]["Prefix"] == "errors/"
    assert str(rules["drop-old-reports"]["ExpirationInDays"]) == days
    [target] = made.resources["PruneRule"]["Properties"]["Targets"]
    assert json.loads(target["Input"]) == {"intake": "prune", "older_than_days": int(days)}
    assert made.resources["PrunePermission"]["Properties"]["SourceArn"] == "<PruneRule.Arn>"


def test_without_a_retention_nothing_is_deleted():
    made = Template(RetentionDays="0")
    assert "PruneRule" not in made.resources and "PrunePermission" not in made.resources
    rules = made.resources["UploadBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert "drop-old-reports" not in str(rules)


@pytest.mark.parametrize("days, allowed", [("0", True), ("90", True), ("99", True), ("400", True), ("9999", True),
                                           ("1", False), ("89", False), ("-1", False), ("", False), ("090", False)])
def test_a_retention_below_the_floor_is_refused(days, allowed):
    pattern = Template().source["Parameters"]["RetentionDays"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, days)) == allowed
