"""10,000 dead letters replayed by sending and deleting, beside loops of an SDK on the same queue."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
FOLDER = pathlib.Path("var") / "bench-stack"
COUNT = 10_000
ALL = {"AttributeNames": ["All"], "MessageAttributeNames": ["All"]}


def stack(word):
    done = subprocess.run([ROOT / "tests" / "tools" / "stack", word], cwd=ROOT, text=True,
                          env=dict(os.environ, INTAKE_STACK_DIR=str(FOLDER)), capture_output=True)
    if done.returncode:
        sys.exit(done.stderr)


def environment(state):
    """The operator's database with the administrator's keys, for queues of our own."""
    values = {"PATH": os.environ["PATH"], "XDG_STATE_HOME": state}
    for name in ("env", "env.admin"):
        for line in (ROOT / FOLDER / name).read_text().splitlines():
            key, _, value = line.removeprefix("export ").partition("=")
            values[key] = value
    values["AWS_ACCESS_KEY_ID"] = values["INTAKE_ADMIN_ACCESS_KEY_ID"]
    values["AWS_SECRET_ACCESS_KEY"] = values["INTAKE_ADMIN_SECRET_ACCESS_KEY"]
    return values


def make_queues(sqs):
    dead = sqs.create_queue(QueueName="bench-dlq")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    source = sqs.create_queue(QueueName="bench", Attributes={"RedrivePolicy": json.dumps(
        {"deadLetterTargetArn": arn, "maxReceiveCount": 3})})["QueueUrl"]
    return source, dead


def fill(sqs, queue, count):
    for at in range(0, count, 10):
        sqs.send_message_batch(QueueUrl=queue, Entries=[
            {"Id": str(n), "MessageBody": json.dumps({
                "upload_id": "UPLOAD_20260101_000000_VEND001", "vendor_id": "VEND001",
                "record_id": f"REC_{at + n:05}", "row_number": at + n, "error_type": "INVALID_PRICE",
                "error_message": "price 12.999 has more than two decimals", "errors": [],
                "product_data": {"sku": f"SKU-{at + n}", "description": "x" * 200}}),
             "MessageAttributes": {"vendor_id": {"DataType": "String", "StringValue": "VEND001"}}}
            for n in range(10)])


def one_at_a_time(sqs, source, dead, count):
    for _ in range(count):
        [row] = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=1, **ALL)["Messages"]
        sqs.send_message(QueueUrl=source, MessageBody=row["Body"], MessageAttributes=row["MessageAttributes"])
        sqs.delete_message(QueueUrl=dead, ReceiptHandle=row["ReceiptHandle"])


def in_tens(sqs, source, dead, count):
    while count > 0:
        rows = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, **ALL)["Messages"]
        sqs.send_message_batch(QueueUrl=source, Entries=[
            {"Id": str(n), "MessageBody": row["Body"], "MessageAttributes": row["MessageAttributes"]}
            for n, row in enumerate(rows)])
        sqs.delete_message_batch(QueueUrl=dead, Entries=[
            {"Id": str(n), "ReceiptHandle": row["ReceiptHandle"]} for n, row in enumerate(rows)])
        count -= len(rows)


def rate(work, count):
    began = time.monotonic()
    work()
    return count / (time.monotonic() - began)


def replay(variables):
    done = subprocess.run([BUILD / "intake", "dlq", "replay", "bench-dlq", "--all", "--yes", "--json"], cwd=ROOT,
                          env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode or json.loads(done.stdout)["moved"] != COUNT:
        sys.exit(done.stderr)


def main():
    import boto3
    stack("up")
    try:
        with tempfile.TemporaryDirectory() as state:
            variables = environment(state)
            sqs = boto3.client("sqs", region_name=variables["AWS_REGION"],
                               endpoint_url=variables["AWS_ENDPOINT_URL"],
                               aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
                               aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"])
            source, dead = make_queues(sqs)
            fill(sqs, dead, COUNT + 1500)
            one = rate(lambda: one_at_a_time(sqs, source, dead, 300), 300)
            ten = rate(lambda: in_tens(sqs, source, dead, 1200), 1200)
            ours = rate(lambda: replay(variables), COUNT)
    finally:
        stack("drop")
    print(json.dumps([
        {"name": "dead letters replayed", "value": round(ours), "unit": "1/s"},
        {"name": "the same, one at a time by an SDK", "value": round(one), "unit": "1/s"},
        {"name": "the same, in tens by an SDK", "value": round(ten), "unit": "1/s"},
        {"name": "times the loop of ones", "value": round(ours / one, 1), "unit": "", "at_least": 12},
        {"name": "times the loop of tens", "value": round(ours / ten, 2), "unit": "", "at_least": 1.5}]))


main()
