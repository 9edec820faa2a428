"""Each call of the AWS clients, at least once, against the emulator with signatures checked.

The emulator is the test's own (a free port, loopback, no state), so this runs beside any stack.
"""

import io
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile

import boto3
import pytest

from support import BUILD

TOOLS = BUILD / "tests"
REGION = "eu-central-1"
ACCOUNT = "000000000000"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_ready(url, process):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the emulator ended"
        try:
            with urllib.request.urlopen(url + "/_ministack/health", timeout=2):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    raise AssertionError("the emulator did not come up")


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    command = pathlib.Path(sys.executable).parent / "ministack"
    if not command.exists():
        pytest.skip("ministack is not in this Python environment")
    folder = tmp_path_factory.mktemp("emulator")
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    url = f"http://127.0.0.1:{port}"
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            [str(command)], env=environment, cwd=folder, stdout=log, stderr=log
        )
    try:
        wait_ready(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(20)


class World:
    """The emulator's resources, made with its root key, and a user's keys to call with."""

    def __init__(self, url):
        self.url = url
        self.session = boto3.Session("test", "test", region_name=REGION)
        self.make_user()
        self.make_storage()
        self.make_messaging()
        self.make_rest()

    def client(self, name):
        return self.session.client(name, endpoint_url=self.url)

    def make_user(self):
        iam = self.client("iam")
        iam.create_user(UserName="probe")
        allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        iam.put_user_policy(UserName="probe", PolicyName="all", PolicyDocument=policy)
        key = iam.create_access_key(UserName="probe")["AccessKey"]
        self.key_id, self.secret = key["AccessKeyId"], key["SecretAccessKey"]
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        }
        self.role = iam.create_role(
            RoleName="probe-role",
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )["Role"]["Arn"]
        iam.put_role_policy(RoleName="probe-role", PolicyName="all", PolicyDocument=policy)

    @staticmethod
    def life_cycle():
        """400 days for errors/, 31 for uploads/: the other rules are off, or hold for some objects alone."""
        tag = {"Key": "a", "Value": "b"}
        rules = [
            (500, True, {"Filter": {"Prefix": "errors/"}}),
            (400, True, {"Filter": {"And": {"Prefix": "errors/", "ObjectSizeGreaterThan": 0}}}),
            (7, False, {"Filter": {"Prefix": "errors/"}}),
            (8, True, {"Filter": {"Prefix": "errors/V/"}}),
            (9, True, {"Filter": {"Tag": tag}}),
            (10, True, {"Filter": {"And": {"Prefix": "errors/", "Tags": [tag]}}}),
            (11, True, {"Filter": {"And": {"Prefix": "errors/", "ObjectSizeLessThan": 9}}}),
            (12, True, {"Filter": {"ObjectSizeGreaterThan": 9}}),
            (31, True, {"Filter": {"Prefix": "up"}}),
        ]
        return [
            {"ID": str(days), "Status": "Enabled" if on else "Disabled", "Expiration": {"Days": days}, **where}
            for days, on, where in rules
        ] + [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}]

    def make_storage(self):
        s3 = self.client("s3")
        s3.create_bucket(
            Bucket="probe-bucket", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        s3.put_bucket_versioning(
            Bucket="probe-bucket", VersioningConfiguration={"Status": "Enabled"}
        )
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        s3.put_bucket_encryption(
            Bucket="probe-bucket", ServerSideEncryptionConfiguration={"Rules": [rule]}
        )
        names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        s3.put_public_access_block(
            Bucket="probe-bucket", PublicAccessBlockConfiguration=dict.fromkeys(names, True)
        )
        s3.put_bucket_lifecycle_configuration(
            Bucket="probe-bucket", LifecycleConfiguration={"Rules": self.life_cycle()}
        )
        keys = [("upload_id", "HASH"), ("record_id", "RANGE")]
        table = self.client("dynamodb").create_table(
            TableName="ProbeRecords",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": n, "KeyType": t} for n, t in keys],
            AttributeDefinitions=[
                {"AttributeName": n, "AttributeType": "S"}
                for n in ("upload_id", "record_id", "vendor_id")
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "VendorIndex",
                    "KeySchema": [{"AttributeName": "vendor_id", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
        self.stream = table["TableDescription"]["LatestStreamArn"]
        streams = self.client("dynamodbstreams").describe_stream(StreamArn=self.stream)
        self.shard = streams["StreamDescription"]["Shards"][0]["ShardId"]
        self.client("dynamodb").update_time_to_live(
            TableName="ProbeRecords",
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"},
        )

    def make_messaging(self):
        sqs = self.client("sqs")
        sqs.create_queue(QueueName="probe-queue-dlq")
        dead = f"arn:aws:sqs:{REGION}:{ACCOUNT}:probe-queue-dlq"
        policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 3})
        sqs.create_queue(QueueName="probe-queue", Attributes={"RedrivePolicy": policy})
        self.topic = self.client("sns").create_topic(Name="probe-topic")["TopicArn"]
        self.client("secretsmanager").create_secret(
            Name="probe/secret", SecretString=json.dumps({"username": "u", "password": "hidden!"})
        )

    def make_rest(self):
        logs = self.client("logs")
        logs.create_log_group(logGroupName="/probe/group")
        logs.create_log_stream(logGroupName="/probe/group", logStreamName="stream")
        now = int(time.time() * 1000)
        logs.put_log_events(
            logGroupName="/probe/group",
            logStreamName="stream",
            logEvents=[
                {"timestamp": now + i, "message": text}
                for i, text in enumerate(("first", "a needle", "last"))
            ],
        )
        cloudwatch = self.client("cloudwatch")
        cloudwatch.put_metric_data(Namespace="Probe", MetricData=[{"MetricName": "Count", "Value": 3}])
        cloudwatch.put_metric_alarm(
            AlarmName="probe-alarm", Namespace="Probe", MetricName="Count", Statistic="Sum",
            Period=60, EvaluationPeriods=1, Threshold=1,
            ComparisonOperator="GreaterThanThreshold", AlarmActions=[self.topic],
        )
        bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "probe-stack-bucket"}}
        template = {"Resources": {"B": bucket}, "Outputs": {"Bucket": {"Value": {"Ref": "B"}}}}
        self.client("cloudformation").create_stack(
            StackName="probe-stack", TemplateBody=json.dumps(template)
        )
        self.make_function()

    def make_function(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("main.py", "def handler(event, context):\n    return event\n")
        client = self.client("lambda")
        client.create_function(
            FunctionName="probe-function", Runtime="python3.12", Handler="main.handler",
            Role=self.role, Timeout=7, Code={"ZipFile": packed.getvalue()},
            Environment={"Variables": {"A": "b"}},
        )
        client.create_event_source_mapping(
            FunctionName="probe-function", BatchSize=10, Enabled=False,
            EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:probe-queue-dlq",
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
        client.get_waiter("function_active_v2").wait(
            FunctionName="probe-function", WaiterConfig={"Delay": 1}
        )
        client.put_function_event_invoke_config(
            FunctionName="probe-function", Qualifier="$LATEST", MaximumRetryAttempts=1
        )

    def environment(self, home, **more):
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            **more,
        }

    def keys(self):
        return {"AWS_ACCESS_KEY_ID": self.key_id, "AWS_SECRET_ACCESS_KEY": self.secret}


@pytest.fixture(scope="module")
def world(endpoint):
    return World(endpoint)


def probe(environment, tool, *arguments):
    done = subprocess.run(
        [str(TOOLS / tool), *arguments], env=environment, capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def must_pass(world, home, *arguments):
    code, out = probe(world.environment(home, **world.keys()), *arguments)
    assert code == 0, out
    return out


def test_s3(world, tmp_path):
    out = must_pass(world, tmp_path, "aws_probe_data", "s3", "probe-bucket")
    url = next(line.split(" ", 1)[1] for line in out.splitlines() if line.startswith("PRESIGNED"))
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"a,b\r\n1,2\r\n"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url.replace("X-Amz-Expires=600", "X-Amz-Expires=601"))
    assert refused.value.code == 403


def test_dynamodb(world, tmp_path):
    must_pass(
        world, tmp_path, "aws_probe_data", "dynamodb", "ProbeRecords", world.stream, world.shard
    )


def test_sqs(world, tmp_path):
    must_pass(world, tmp_path, "aws_probe_message", "sqs", "probe-queue", "probe-queue-dlq")


def test_sns(world, tmp_path):
    must_pass(world, tmp_path, "aws_probe_message", "sns", world.topic)


def test_secrets_and_sts(world, tmp_path):
    out = must_pass(world, tmp_path, "aws_probe_message", "secrets", "probe/secret", world.role)
    assert "hidden!" not in out


def test_logs(world, tmp_path):
    must_pass(world, tmp_path, "aws_probe_operate", "logs", "/probe/group")


def test_lambda(world, tmp_path):
    must_pass(world, tmp_path, "aws_probe_operate", "lambda", "probe-function")


def test_cloudformation(world, tmp_path):
    must_pass(world, tmp_path, "aws_probe_operate", "cloudformation", "probe-stack")


def test_cloudwatch(world, tmp_path):
    must_pass(world, tmp_path, "aws_probe_operate", "cloudwatch")


def outcome_of(world, home, *arguments, **more):
    _, out = probe(world.environment(home, **more), "aws_probe_transport", *arguments)
    line = next(line for line in out.splitlines() if line.startswith("OUTCOME "))
    return json.loads(line.removeprefix("OUTCOME "))


def test_wrong_secret(world, tmp_path):
    keys = dict(world.keys(), AWS_SECRET_ACCESS_KEY="wrong")
    outcome = outcome_of(world, tmp_path, "get", "probe-bucket", "k", **keys)
    assert outcome["code"] == "UNAUTHENTICATED" and outcome["service_code"] == "SignatureDoesNotMatch"
    assert "check AWS_SECRET_ACCESS_KEY" in outcome["message"]


def test_unknown_key(world, tmp_path):
    keys = dict(world.keys(), AWS_ACCESS_KEY_ID="AKIAUNKNOWNUNKNOWN00")
    outcome = outcome_of(world, tmp_path, "get", "probe-bucket", "k", **keys)
    assert outcome["code"] == "UNAUTHENTICATED" and outcome["http_status"] == 403


def test_role_from_a_profile(world, tmp_path):
    config = tmp_path / "config"
    config.write_text(
        f"[profile app]\nrole_arn = {world.role}\nsource_profile = base\n"
        f"[profile base]\naws_access_key_id = {world.key_id}\n"
        f"aws_secret_access_key = {world.secret}\n"
    )
    profile = {"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "app"}
    outcome = outcome_of(world, tmp_path, "get", "probe-bucket", "no-such-key", **profile)
    assert outcome["service_code"] == "NoSuchKey"


def test_no_credentials(world, tmp_path):
    outcome = outcome_of(world, tmp_path, "get", "probe-bucket", "k")
    assert outcome["code"] == "NO_CREDENTIALS" and outcome["calls"] == 0
