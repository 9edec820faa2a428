"""The local stack's floor: the items of an upload written, streamed and marked by a bare loop.

The same items with the same attributes go into a table with the same key, index and stream, 25 a call;
the stream's mapping hands them to a function that does nothing, 100 at a time; and the same statements
mark them. What is left out is all that the three functions do besides: the file, the database, the
verdicts, the messages, the report.
"""

import contextlib
import io
import json
import os
import pathlib
import subprocess
import sys
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
NAME = "bench-floor"
SECONDS = 300
MARK = 'UPDATE "{table}" SET "status"=? SET processed_at=?{error} WHERE upload_id=? AND record_id=?' \
       " AND \"status\"='pending_validation'"
IDLE = """#!{python}
import http.client, os
runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
seen = open(os.environ["SEEN"], "a", buffering=1)
while True:
    runtime.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = runtime.getresponse()
    event = answer.read()
    path = "/2018-06-01/runtime/invocation/%s/response" % answer.getheader("Lambda-Runtime-Aws-Request-Id")
    runtime.request("POST", path, b'{{"batchItemFailures":[]}}')
    runtime.getresponse().read()
    print(event.count(b'"NewImage"'), file=seen)
"""


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def items_of(dynamodb, table, upload_id):
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table, KeyConditionExpression="upload_id = :u", ExpressionAttributeValues={":u": {"S": upload_id}})
    return [item for page in pages for item in page["Items"]]


def unmarked(item):
    """As the parser wrote it: the key first, since an insertion's condition names the first attribute."""
    rest = {name: value for name, value in item.items()
            if name not in ("upload_id", "processed_at", "error_reason", "error_details")}
    return {"upload_id": item["upload_id"], **rest, "status": {"S": "pending_validation"}}


def mark_of(item):
    failed = "error_reason" in item
    names = ["status", "processed_at", *(["error_reason", "error_details"] if failed else []), "upload_id", "record_id"]
    statement = MARK.format(table=NAME, error=" SET error_reason=? SET error_details=?" if failed else "")
    return f"{statement}\t{compact([item[name] for name in names])}"


def idle_zip():
    body = io.BytesIO()
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o755 << 16
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(entry, IDLE.format(python=sys.executable))
    return body.getvalue()


@contextlib.contextmanager
def resources(dynamodb, functions, table, seen):
    """A table like `table`, and a function on its stream as the validator is on that one's."""
    like = dynamodb.describe_table(TableName=table)["Table"]
    index = [{name: one[name] for name in ("IndexName", "KeySchema", "Projection")} for one in like["GlobalSecondaryIndexes"]]
    stream = dynamodb.create_table(
        TableName=NAME, BillingMode="PAY_PER_REQUEST", KeySchema=like["KeySchema"], GlobalSecondaryIndexes=index,
        AttributeDefinitions=like["AttributeDefinitions"], StreamSpecification=like["StreamSpecification"],
    )["TableDescription"]["LatestStreamArn"]
    role = functions.get_function_configuration(FunctionName="product-validator")["Role"]
    functions.create_function(FunctionName=NAME, Runtime="provided.al2023", Handler="bootstrap", Role=role, MemorySize=512,
                              Timeout=20, Code={"ZipFile": idle_zip()}, Environment={"Variables": {"SEEN": str(seen)}})
    mapping = functions.create_event_source_mapping(
        EventSourceArn=stream, FunctionName=NAME, BatchSize=100, StartingPosition="TRIM_HORIZON",
        FilterCriteria={"Filters": [{"Pattern": '{"eventName":["INSERT"]}'}]},
        FunctionResponseTypes=["ReportBatchItemFailures"])["UUID"]
    try:
        yield
    finally:
        functions.delete_event_source_mapping(UUID=mapping)
        functions.delete_function(FunctionName=NAME)
        dynamodb.delete_table(TableName=NAME)


def streamed(seen):
    return sum(int(line) for line in seen.read_text().split()) if seen.exists() else 0


def measure(client, variables, table, upload_id, folder, used):
    """Seconds from the first call until the last item was streamed and marked, and those of used()."""
    dynamodb = client("dynamodb")
    items = items_of(dynamodb, table, upload_id)
    files = [pathlib.Path(folder) / name for name in ("items", "marks", "seen")]
    files[0].write_text("".join(f"{compact(unmarked(item))}\n" for item in items))
    files[1].write_text("".join(f"{mark_of(item)}\n" for item in items))
    with resources(dynamodb, client("lambda"), table, files[2]):
        before, began = used(), time.monotonic()
        subprocess.run([BUILD / "bench" / "floor_bench", NAME, files[0], files[1]], env=variables, check=True)
        while streamed(files[2]) < len(items):
            if time.monotonic() - began > SECONDS:
                sys.exit(f"the bare loop's function saw {streamed(files[2])} of {len(items)} items")
            time.sleep(0.02)
        return time.monotonic() - began, used() - before
