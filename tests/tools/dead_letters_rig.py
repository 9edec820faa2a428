"""What the tests of dead letters share: queues of the test's own, and a proxy before AWS."""

import collections
import json
import subprocess
import uuid

import pytest

from support import BUILD, ROOT
from harness.aws_proxy import AwsProxy


def letter(number, vendor="VEND001", error_type="INVALID_PRICE"):
    return json.dumps({
        "upload_id": f"UPLOAD_20260101_000000_{vendor}", "vendor_id": vendor, "row_number": number,
        "record_id": f"REC_{number:05}", "error_type": error_type, "error_message": "price \"x\" is no number",
        "errors": [], "product_data": {}, "timestamp": "2026-01-01T00:00:00Z"})


class Queues:
    """A queue and its dead-letter queue, of the test's own; administrator's keys, operator's database."""

    def __init__(self, stack, home, **source):
        self.stack, self.home = stack, home
        self.sqs = stack.client("sqs")
        self.name = f"t-{uuid.uuid4().hex[:12]}"
        self.dead_name = f"{self.name}-dlq"
        self.dead = self.sqs.create_queue(QueueName=self.dead_name)["QueueUrl"]
        self.dead_arn = self.attributes(self.dead)["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": self.dead_arn, "maxReceiveCount": 3})
        self.source = self.sqs.create_queue(
            QueueName=self.name, Attributes={"RedrivePolicy": policy, **source})["QueueUrl"]

    def attributes(self, url):
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    def depth(self, url):
        found = self.attributes(url)
        return (int(found["ApproximateNumberOfMessages"]),
                int(found["ApproximateNumberOfMessagesNotVisible"]))

    def seed(self, bodies, url=None, **more):
        bodies, ids = list(bodies), []
        for at in range(0, len(bodies), 10):
            sent = self.sqs.send_message_batch(QueueUrl=url or self.dead, Entries=[
                {"Id": str(n), "MessageBody": body, **more}
                for n, body in enumerate(bodies[at:at + 10])])
            ids += [row["MessageId"] for row in sorted(sent["Successful"], key=lambda row: int(row["Id"]))]
        return ids

    def drain(self, url):
        taken = []
        while True:
            found = self.sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], VisibilityTimeout=600,
                MessageAttributeNames=["All"]).get("Messages", [])
            if not found:
                return taken
            taken += found

    @property
    def env(self):
        keys = self.stack.variables("admin")
        return {"AWS_ACCESS_KEY_ID": keys["AWS_ACCESS_KEY_ID"], "XDG_STATE_HOME": str(self.home),
                "AWS_SECRET_ACCESS_KEY": keys["AWS_SECRET_ACCESS_KEY"]}

    def start(self, *arguments, **env):
        return subprocess.Popen(
            [BUILD / "intake", *map(str, arguments)], text=True, cwd=ROOT, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=self.stack.environment("operator", **self.env, **env))


def sent_twice(queues):
    """The row numbers whose letters are in the source queue more than once, and how often each body is."""
    bodies = collections.Counter(message["Body"] for message in queues.drain(queues.source))
    return {json.loads(body)["row_number"] for body, count in bodies.items() if count > 1}, bodies


@pytest.fixture
def queues(stack, tmp_path):
    made = Queues(stack, tmp_path / "state")
    yield made
    made.sqs.delete_queue(QueueUrl=made.source)
    made.sqs.delete_queue(QueueUrl=made.dead)


@pytest.fixture
def proxy(stack):
    one = AwsProxy(stack.variables()["AWS_ENDPOINT_URL"])
    yield one
    one.stop()


__all__ = ["letter", "proxy", "queues", "Queues", "sent_twice"]
