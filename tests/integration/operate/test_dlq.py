"""Dead letters: listed, looked at, replayed and discarded; nothing lost, nothing silently twice."""

import collections
import json
import os
import random
import signal
import subprocess
import threading
import time
import uuid

import pytest

from support import wait_until
from dead_letters_rig import letter, proxy, queues  # noqa: F401
from harness.aws_proxy import Fault

QUEUE_KEYS = {"queue", "url", "source", "engine", "messages", "in_flight", "oldest_age_seconds", "error"}
LETTER_KEYS = {"message_id", "receive_count", "sent_at", "upload_id", "vendor_id", "record_id", "error_type",
               "summary", "body"}
REPLAY_KEYS = {"queue", "engine", "reason", "dry_run", "planned", "moved", "failed", "excluded",
               "possible_duplicates", "task_handle", "messages"}


# ---- list

def test_list_shows_the_three_queues(run_intake):
    for role in ("viewer", "operator"):
        done = run_intake("dlq", "list", "--json", role=role, code=0)
        assert [row["queue"] for row in done.json] == [
            "product-validation-errors-dlq", "csv-parser-dlq", "product-validator-dlq"]
        assert [row["engine"] for row in done.json] == ["move_task", "invoke", "revalidate"]
        assert [row["source"] for row in done.json] == [
            "product-validation-errors", "csv-parser", "product-validator"]
        assert all(QUEUE_KEYS <= set(row) and row["error"] is None for row in done.json)
        assert all(isinstance(row["messages"], int) for row in done.json)


def test_a_queue_that_may_not_be_read_has_its_error(run_intake, queues):
    done = run_intake("dlq", "list", "--json", env={"INTAKE_PARSER_DLQ": queues.dead}, code=3)
    errors = {row["queue"]: row["error"] for row in done.json}
    assert "not authorized" in errors[queues.dead_name]
    assert errors["product-validation-errors-dlq"] is None
    assert next(row for row in done.json if row["error"])["messages"] is None


def test_list_works_without_a_database(run_intake):
    env = {"INTAKE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    assert len(run_intake("dlq", "list", "--json", env=env, code=0).json) == 3


@pytest.mark.parametrize("name", ["product-validation-errors", "arn"])
def test_a_queue_that_is_no_dead_letter_queue_is_refused(run_intake, stack, name):
    url = stack.variables()["SQS_ERROR_QUEUE_URL"]
    if name == "arn":
        name = stack.client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    done = run_intake("dlq", "peek", name)
    assert done.returncode == 2 and "is not a dead-letter queue" in done.stderr
    assert run_intake("dlq", "replay", url, "--all", "--yes").returncode == 2


# ---- peek

def test_peek_gives_everything_back_at_once(run_intake, queues):
    queues.seed(letter(n) for n in range(1, 1001))
    done = run_intake("dlq", "peek", queues.dead_name, "--limit", 300, "--json", env=queues.env, code=0)
    assert queues.depth(queues.dead) == (1000, 0)
    assert len(done.json) == 300 and all(LETTER_KEYS == set(row) for row in done.json)
    assert "receive" in done.stderr and "hidden" in done.stderr
    first = done.json[0]
    assert first["upload_id"] == "UPLOAD_20260101_000000_VEND001" and first["vendor_id"] == "VEND001"
    assert first["error_type"] == "INVALID_PRICE" and first["receive_count"] == 1
    assert "is no number" in first["summary"] and json.loads(first["body"])["row_number"]


def test_peek_by_name_url_and_arn_and_with_a_selection(run_intake, queues):
    ids = queues.seed([letter(1), letter(2, "VEND002"), letter(3, "VEND002", "DUPLICATE_SKU"), "\u202e\u009b2J {"])
    for name in (queues.dead_name, queues.dead, queues.dead_arn):
        assert len(run_intake("dlq", "peek", name, "--json", env=queues.env, code=0).json) == 4

    def peek(*selection):
        found = run_intake("dlq", "peek", queues.dead_name, "--json", *selection, env=queues.env, code=0).json
        return [ids.index(row["message_id"]) for row in found]
    assert sorted(peek("--vendor", "VEND002")) == [1, 2]
    assert peek("--type", "DUPLICATE_SKU") == [2]
    assert sorted(peek("--id", ids[0], "--id", ids[3])) == [0, 3]
    assert peek("--upload", "UPLOAD_20260101_000000_VEND001") == [0]
    assert len(peek("--vendor", "VEND002", "--limit", "1")) == 1
    text = run_intake("dlq", "peek", queues.dead_name, env=queues.env, code=0).stdout
    assert "not JSON" in text and "\u009b" not in text and "\u202e" not in text
    assert queues.depth(queues.dead) == (4, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_peek_gives_back_on_a_signal(queues, proxy, number):
    queues.seed(letter(n) for n in range(1, 301))
    proxy.faults.append(Fault("delay", "sqs", "ReceiveMessage", times=None, value=0.3))
    peek = queues.start("dlq", "peek", queues.dead_name, "--limit", 300, AWS_ENDPOINT_URL=proxy.url)
    wait_until(lambda: queues.depth(queues.dead)[1] > 0)
    peek.send_signal(number)
    peek.communicate(timeout=30)
    assert peek.returncode == 128 + number
    assert queues.depth(queues.dead) == (300, 0)


def test_a_queue_that_would_bury_messages_is_not_received_from(run_intake, queues):
    grave = queues.sqs.create_queue(QueueName=f"{queues.name}-grave")["QueueUrl"]
    arn = queues.attributes(grave)["QueueArn"]
    queues.seed([letter(1)])
    queues.sqs.receive_message(QueueUrl=queues.dead, VisibilityTimeout=0)
    queues.sqs.set_queue_attributes(QueueUrl=queues.dead, Attributes={
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})})
    for command in (["peek"], ["replay", "--limit", "1", "--yes"], ["discard", "--all", "--yes"]):
        done = run_intake("dlq", command[0], queues.dead_name, *command[1:], env=queues.env, code=1)
        assert "redrive policy of its own" in done.stderr
    assert queues.depth(queues.dead) == (1, 0) and queues.depth(grave) == (0, 0)
    queues.sqs.delete_queue(QueueUrl=grave)


# ---- replay by sending

def test_replay_keeps_body_attributes_and_trace(run_intake, queues, database):
    body = "é\u2028 \"quoted\" \\ \t " + "x" * 1000
    attributes = {
        "vendor_id": {"DataType": "String", "StringValue": "VEND001"},
        "count": {"DataType": "Number", "StringValue": "12"},
        "custom": {"DataType": "String.Label", "StringValue": "é"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01\xff"}}
    trace = {"AWSTraceHeader": {"DataType": "String",
                                "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}
    for more in ({"MessageSystemAttributes": trace}, {}, {}):
        queues.sqs.send_message(QueueUrl=queues.dead, MessageBody=body, MessageAttributes=attributes, **more)
    done = run_intake("dlq", "replay", queues.dead_name, "--all", "--yes", "--reason", "the database was down",
                      "--json", env=queues.env, code=0)
    assert REPLAY_KEYS <= set(done.json) and done.json["engine"] == "send_delete"
    assert (done.json["planned"], done.json["moved"], done.json["failed"]) == (3, 3, 0)
    messages = queues.drain(queues.source)
    assert [message["Body"] for message in messages] == [body] * 3
    assert all(message["MessageAttributes"] == messages[0]["MessageAttributes"] for message in messages)
    [message] = [message for message in messages if "AWSTraceHeader" in message["Attributes"]]
    found = {k: v.get("StringValue") or v["BinaryValue"] for k, v in message["MessageAttributes"].items()}
    assert found == {"vendor_id": "VEND001", "count": "12", "custom": "é", "bytes": b"\x00\x01\xff"}
    assert message["MessageAttributes"]["custom"]["DataType"] == "String.Label"
    assert message["Attributes"]["AWSTraceHeader"].startswith("Root=1-5759e988")
    row = database.execute("SELECT * FROM audit_log WHERE target = %s ORDER BY id DESC LIMIT 1",
                           [queues.dead_name]).fetchone()
    assert row["action"] == "dlq replay" and row["outcome"] == "done" and row["role"] == "intake_operator"
    assert row["reason"] == "the database was down" and row["plan"]["planned"] == 3
    assert row["detail"]["moved"] == 3


def test_a_selection_is_frozen_while_messages_arrive(run_intake, queues):
    mine = queues.seed(letter(n, "VEND002") for n in range(1, 41))
    queues.seed(letter(n) for n in range(1, 201))
    stop = threading.Event()
    late = []

    def arrive():
        client = queues.stack.client("sqs")
        while not stop.is_set():
            late.append(client.send_message(QueueUrl=queues.dead, MessageBody=letter(9, "VEND002"))["MessageId"])
    arriving = threading.Thread(target=arrive)
    arriving.start()
    done = run_intake("dlq", "replay", queues.dead_name, "--vendor", "VEND002", "--limit", 40, "--yes", "--json",
                      env=queues.env, code=0)
    stop.set()
    arriving.join()
    assert {row["message_id"] for row in done.json["messages"]} == set(mine)
    assert done.json["planned"] == done.json["moved"] == 40
    assert queues.depth(queues.source) == (40, 0)
    assert queues.depth(queues.dead) == (200 + len(late), 0)


def test_more_than_one_wants_a_yes(run_intake, queues, database):
    queues.seed([letter(1), letter(2)])
    for command in ("replay", "discard"):
        done = run_intake("dlq", command, queues.dead_name, "--all", env=queues.env, code=4)
        assert "2 messages" in done.stderr and "--yes" in done.stderr
        assert queues.depth(queues.dead) == (2, 0)
        row = database.execute("SELECT outcome FROM audit_log WHERE target = %s AND action = %s",
                               [queues.dead_name, f"dlq {command}"]).fetchone()
        assert row["outcome"] == "refused"
    assert run_intake("dlq", "replay", queues.dead_name, env=queues.env).returncode == 2


def test_a_dry_run_receives_and_writes_nothing(queues, proxy, run_intake, database):
    queues.seed(letter(n) for n in range(1, 6))
    before = database.execute("SELECT count(*) AS n FROM audit_log").fetchone()["n"]
    for arguments in (["replay", "--all"], ["replay", "--vendor", "VEND001"], ["discard", "--limit", "2"],
                      ["peek"]):
        done = run_intake("dlq", arguments[0], queues.dead_name, *arguments[1:], "--dry-run", "--json", code=0,
                          env={**queues.env, "AWS_ENDPOINT_URL": proxy.url})
        if arguments[0] != "peek":
            assert done.json["dry_run"] is True and isinstance(done.json["planned"], int)
    operations = {call.operation for call in proxy.calls}
    assert operations and all(name.startswith(("Get", "List")) for name in operations), operations
    assert not queues.home.exists()
    assert database.execute("SELECT count(*) AS n FROM audit_log").fetchone()["n"] == before
    assert queues.depth(queues.dead) == (5, 0)
    run_intake("dlq", "replay", "csv-parser-dlq", "--all", "--dry-run", role="viewer", code=0)


@pytest.mark.parametrize("role", ["viewer", "support"])
def test_only_operators_touch_messages(run_intake, database, role):
    for arguments in (["peek"], ["replay", "--all", "--yes"], ["discard", "--all", "--yes"]):
        done = run_intake("dlq", arguments[0], "csv-parser-dlq", *arguments[1:], role=role)
        assert done.returncode == 4 and role in done.stderr and "operator" in done.stderr
    row = database.execute("SELECT outcome, role FROM audit_log WHERE action = 'dlq discard' ORDER BY id DESC"
                           " LIMIT 1").fetchone()
    assert (row["outcome"], row["role"]) == ("refused", f"intake_{role}")


def test_what_fails_stays_and_is_visible_at_once(run_intake, queues):
    queues.sqs.set_queue_attributes(QueueUrl=queues.source, Attributes={"MaximumMessageSize": "1024"})
    queues.seed([letter(1), "y" * 2000, letter(2)])
    done = run_intake("dlq", "replay", queues.dead_name, "--all", "--yes", "--json", env=queues.env, code=3)
    assert (done.json["moved"], done.json["failed"]) == (2, 1)
    failed = [row for row in done.json["messages"] if row["outcome"] == "failed"]
    assert len(failed) == 1 and "1024" in failed[0]["detail"]
    assert queues.depth(queues.dead) == (1, 0) and queues.depth(queues.source) == (2, 0)


def test_it_stops_when_too_many_fail(run_intake, queues):
    queues.sqs.set_queue_attributes(QueueUrl=queues.source, Attributes={"MaximumMessageSize": "1024"})
    queues.seed("y" * 2000 for _ in range(400))
    done = run_intake("dlq", "replay", queues.dead_name, "--all", "--yes", "--json", "--stop-after", 5,
                      env=queues.env, code=3)
    assert done.json["stopped"] and done.json["failed"] >= 5 and done.json["kept"] > 100
    assert queues.depth(queues.dead) == (400, 0) and queues.depth(queues.source) == (0, 0)


def sent_twice(queues):
    bodies = collections.Counter(message["Body"] for message in queues.drain(queues.source))
    return {json.loads(body)["row_number"] for body, count in bodies.items() if count > 1}, bodies


def test_an_answer_that_is_lost_is_a_possible_duplicate(queues, proxy, run_intake):
    ids = queues.seed(letter(n) for n in range(1, 101))
    proxy.faults.append(Fault("drop_answer", "sqs", "SendMessageBatch", skip=2, times=3))
    done = run_intake("dlq", "replay", queues.dead_name, "--all", "--yes", "--json",
                      env={**queues.env, "AWS_ENDPOINT_URL": proxy.url}, code=0)
    assert done.json["moved"] == 100
    twice, bodies = sent_twice(queues)
    named = {ids.index(row["message_id"]) + 1 for row in done.json["messages"] if row["possible_duplicate"]}
    assert len(bodies) == 100 and len(twice) == 30
    assert twice <= named and done.json["possible_duplicates"] == len(named)
    assert queues.depth(queues.dead) == (0, 0)


@pytest.mark.parametrize("kind", ["throttle", "refuse", "drop_request"])
def test_passing_troubles_lose_nothing(queues, proxy, run_intake, kind):
    queues.seed(letter(n) for n in range(1, 101))
    for operation in ("ReceiveMessage", "SendMessageBatch", "DeleteMessageBatch"):
        proxy.faults.append(Fault(kind, "sqs", operation, skip=1, times=2))
    done = run_intake("dlq", "replay", queues.dead_name, "--all", "--yes", "--json",
                      env={**queues.env, "AWS_ENDPOINT_URL": proxy.url})
    assert done.returncode == 0, done.stderr
    twice, bodies = sent_twice(queues)
    assert len(bodies) == 100 and not twice


def test_a_refusal_half_way_says_what_was_done(queues, proxy, run_intake):
    queues.seed(letter(n) for n in range(1, 301))
    sends = []

    def expire(call):
        sends.append(call)
        if len(sends) == 10:
            proxy.faults.append(Fault("refuse", "sqs", "SendMessageBatch", times=None))
    proxy.faults.append(Fault("after", "sqs", "SendMessageBatch", times=None, value=expire))
    done = run_intake("dlq", "replay", queues.dead_name, "--all", "--yes", "--json", "--stop-after", 3,
                      env={**queues.env, "AWS_ENDPOINT_URL": proxy.url})
    assert done.returncode == 3
    assert done.json["moved"] >= 100 and done.json["failed"] >= 3
    moved = done.json["moved"]
    assert queues.depth(queues.dead) == (300 - moved, 0)
    assert queues.depth(queues.source)[0] >= moved


# ---- interrupted

def replay_all(queues):
    out, error = queues.start("dlq", "replay", queues.dead_name, "--all", "--yes", "--json").communicate(timeout=120)
    assert out, error
    return json.loads(out)


def kill_and_resume(queues, kills, patience):
    """Kills replays at random moments, then lets them finish; gives the documents of all that ended."""
    documents = []
    for _ in range(kills):
        replay = queues.start("dlq", "replay", queues.dead_name, "--all", "--yes", "--json")
        try:
            out, _ = replay.communicate(timeout=random.uniform(0.02, patience))
            documents += [json.loads(out)] if out else []
        except subprocess.TimeoutExpired:
            replay.kill()
            out, _ = replay.communicate()
            documents += [json.loads(out)] if out else []
    deadline = time.monotonic() + 120
    while sum(queues.depth(queues.dead)) > 0:
        documents.append(replay_all(queues))
        assert time.monotonic() < deadline
    return documents + [replay_all(queues)]


def check_kills(queues, kills, count, patience):
    ids = queues.seed(letter(n) for n in range(1, count + 1))
    documents = kill_and_resume(queues, kills, patience)
    twice, bodies = sent_twice(queues)
    named = {ids.index(row["message_id"]) + 1 for document in documents for row in document["messages"]
             if row["possible_duplicate"]}
    assert len(bodies) == count, "lost"
    assert twice <= named, f"sent twice and not named: {sorted(twice - named)}"
    assert sum(document["possible_duplicates"] for document in documents) >= len(twice)
    assert not list((queues.home / "intake").glob("*.journal"))


def test_a_killed_replay_is_taken_up(queues):
    check_kills(queues, kills=5, count=600, patience=1)


def test_what_was_sent_and_not_deleted_is_only_deleted(queues, proxy, run_intake):
    queues.seed(letter(n) for n in range(1, 51))
    proxy.faults.append(Fault("delay", "sqs", "DeleteMessageBatch", times=None, value=5))
    replay = queues.start("dlq", "replay", queues.dead_name, "--all", "--yes", AWS_ENDPOINT_URL=proxy.url)
    wait_until(lambda: queues.depth(queues.source)[0] == 50)
    time.sleep(0.3)  # the answers are on their way; the proxy holds the deletions
    replay.kill()
    replay.communicate()
    time.sleep(5)  # what the proxy still held has happened
    done = run_intake("dlq", "replay", queues.dead_name, "--all", "--yes", "--json", env=queues.env, code=0)
    twice, bodies = sent_twice(queues)
    assert len(bodies) == 50 and not twice
    assert done.json["moved"] == 0
    assert queues.depth(queues.dead) == (0, 0)


def test_ctrl_c_finishes_what_it_began(queues, proxy):
    queues.seed(letter(n) for n in range(1, 301))
    proxy.faults.append(Fault("delay", "sqs", "SendMessageBatch", times=None, value=0.3))
    replay = queues.start("dlq", "replay", queues.dead_name, "--all", "--yes", "--json",
                          AWS_ENDPOINT_URL=proxy.url)
    wait_until(lambda: queues.depth(queues.source)[0] > 0)
    replay.send_signal(signal.SIGINT)
    out, _ = replay.communicate(timeout=30)
    document = json.loads(out)
    assert replay.returncode == 130
    assert document["moved"] + document["kept"] == 300 and document["possible_duplicates"] == 0
    assert queues.depth(queues.dead) == (document["kept"], 0)
    assert queues.depth(queues.source) == (document["moved"], 0)


# ---- two at once

def test_of_two_operators_one_does(queues, proxy, run_intake, database):
    queues.seed(letter(n) for n in range(1, 101))
    proxy.faults.append(Fault("delay", "sqs", "ReceiveMessage", times=None, value=1))
    first = queues.start("dlq", "replay", queues.dead_name, "--all", "--yes", "--json",
                         AWS_ENDPOINT_URL=proxy.url)
    wait_until(lambda: any(call.operation == "ReceiveMessage" for call in proxy.calls))
    other = {**queues.env, "XDG_STATE_HOME": str(queues.home) + "-other"}
    for command in ("replay", "discard"):
        done = run_intake("dlq", command, queues.dead_name, "--all", "--yes", env=other, code=1)
        assert "is being replayed or discarded by operator" in done.stderr
        row = database.execute("SELECT * FROM audit_log WHERE target = %s ORDER BY id DESC LIMIT 1",
                               [queues.dead_name]).fetchone()
        assert (row["action"], row["outcome"]) == (f"dlq {command}", "failed")
    out, error = first.communicate(timeout=60)
    assert first.returncode == 0 and json.loads(out)["moved"] == 100, error


# ---- discard

def test_discarded_messages_are_taken_back_once(run_intake, queues, tmp_path):
    queues.seed([letter(1), letter(2), "no JSON"], MessageAttributes={
        "a": {"DataType": "Binary", "BinaryValue": b"\x00"}})
    file = tmp_path / "discarded.jsonl"
    done = run_intake("dlq", "discard", queues.dead_name, "--all", "--yes", "--json", "-o", file,
                      env=queues.env, code=0)
    assert done.json["discarded"] == done.json["planned"] == 3 and done.json["file"] == str(file)
    assert file.stat().st_mode & 0o777 == 0o600 and len(file.read_text().splitlines()) == 3
    assert queues.depth(queues.dead) == (0, 0)
    assert run_intake("dlq", "discard", queues.dead_name, "--all", "--yes", "-o", file, "--limit", "1",
                      env=queues.env).returncode == 0  # nothing there, nothing written
    back = ("dlq", "replay", queues.dead_name, "--from", file, "--yes", "--json")
    assert run_intake(*back, env=queues.env, code=0).json["moved"] == 3
    again = run_intake(*back, env=queues.env, code=3).json
    assert (again["moved"], again["excluded"]) == (0, 3)
    taken = queues.drain(queues.source)
    assert len(taken) == 3
    assert all(row["MessageAttributes"]["a"]["BinaryValue"] == b"\x00" for row in taken)


def test_discard_deletes_nothing_that_is_not_on_the_disk(run_intake, queues, tmp_path):
    queues.seed([letter(1), letter(2)])
    for target in (tmp_path / "missing" / "file", tmp_path / "there"):
        (tmp_path / "there").write_text("mine")
        done = run_intake("dlq", "discard", queues.dead_name, "--all", "--yes", "-o", target, env=queues.env,
                          code=1)
        assert "nothing was deleted" in done.stderr
        assert queues.depth(queues.dead) == (2, 0)
    assert (tmp_path / "there").read_text() == "mine"
    if os.path.exists("/dev/full"):
        assert run_intake("dlq", "discard", queues.dead_name, "--all", "--yes", "-o", "/dev/full",
                          env=queues.env).returncode == 1
        assert queues.depth(queues.dead) == (2, 0)
    kept = run_intake("dlq", "discard", queues.dead_name, "--all", "--yes", "--json", env=queues.env, code=0)
    assert kept.json["file"].startswith(str(queues.home / "intake"))


@pytest.mark.parametrize("text", ["{\n", "[]\n", '{"message_id":"x"}\n', '{"body":"x"}\n', "\x00\x01\n"])
def test_a_file_that_is_none_is_refused(run_intake, queues, tmp_path, text):
    file = tmp_path / "file"
    file.write_text(text)
    done = run_intake("dlq", "replay", queues.dead_name, "--from", file, "--yes", env=queues.env, code=1)
    assert "line 1" in done.stderr and "nothing was done" in done.stderr


def test_replayed_before_is_told(run_intake, queues, database):
    queues.seed([letter(1)])
    run_intake("dlq", "replay", queues.dead_name, "--all", "--yes", env=queues.env, code=0)
    for _ in range(4):  # it fails again, and comes back under the id that the replay gave it
        queues.sqs.receive_message(QueueUrl=queues.source, VisibilityTimeout=0)
    assert queues.depth(queues.dead) == (1, 0)
    done = run_intake("dlq", "replay", queues.dead_name, "--all", "--yes", "--json", env=queues.env, code=0)
    assert any("replayed before" in text for text in done.json["warnings"])


# ---- what the functions left

FILE = ("vendor_product_id,product_name,category,sku,price,stock_quantity\n"
        "{v}-1,Lamp,Electronics,{v}-S1,12.90,4\n{v}-2,Lamp,Electronics,{v}-S2,oops,4\n")


@pytest.fixture
def upload(run_intake, new_vendor, tmp_path):
    def go():
        vendor = new_vendor()
        path = tmp_path / f"{vendor}_20260401_101010.csv"
        path.write_text(FILE.format(v=vendor))
        return run_intake("submit", path, "--wait", "--json", code=3).json[0]
    return go


def parser_letter(stack, document):
    return json.dumps({
        "version": "1.0", "timestamp": "2026-04-01T10:20:00.000Z",
        "requestContext": {"requestId": str(uuid.uuid4()), "functionArn": "arn:aws:lambda:us-east-1:0:function:x",
                           "condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": {"Records": [{
            "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
            "eventTime": "2026-04-01T10:10:11.000Z", "awsRegion": "us-east-1",
            "s3": {"bucket": {"name": stack.variables()["S3_BUCKET_NAME"]},
                   "object": {"key": document["s3_key"], "versionId": document["version_id"], "size": 100}}}]},
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {"errorType": "UNAVAILABLE", "errorMessage": "the database is down"}})


def forget(database, upload_id, whole):
    """As if nobody had judged the upload's records yet, or nobody had taken it in."""
    database.execute("DELETE FROM products WHERE upload_id = %s", [upload_id])
    database.execute("DELETE FROM validation_errors WHERE upload_id = %s", [upload_id])
    database.execute("DELETE FROM upload_records WHERE upload_id = %s", [upload_id])
    if whole:
        database.execute("DELETE FROM notifications WHERE upload_id = %s", [upload_id])
        database.execute("DELETE FROM upload_history WHERE upload_id = %s", [upload_id])
    else:
        database.execute("UPDATE upload_history SET status = 'processing', valid_records = 0, error_records = 0,"
                         " processing_completed_at = NULL WHERE upload_id = %s", [upload_id])


def test_the_parser_is_invoked_again(stack, run_intake, database, upload):
    document = upload()
    url = stack.client("sqs").get_queue_url(QueueName="csv-parser-dlq")["QueueUrl"]
    sqs = stack.client("sqs")
    wait_until(lambda: database.execute("SELECT 1 FROM notifications WHERE upload_id = %s AND outcome = 'accepted'",
                                        [document["upload_id"]]).fetchone())
    sqs.send_message(QueueUrl=url, MessageBody=parser_letter(stack, document))
    sqs.send_message(QueueUrl=url, MessageBody="nonsense")
    [seen, poison] = sorted(run_intake("dlq", "peek", "csv-parser-dlq", "--json", code=0).json,
                            key=lambda row: row["upload_id"] is None)
    assert seen["upload_id"] == document["upload_id"] and seen["vendor_id"] == document["vendor_id"]
    assert "the database is down" in seen["summary"] and document["s3_key"] in seen["summary"]
    assert poison["upload_id"] is None and "JSON" in poison["summary"]
    plan = run_intake("dlq", "replay", "csv-parser-dlq", "--all", "--yes", "--json", code=3)
    assert plan.json["engine"] == "invoke" and plan.json["moved"] == 1 and plan.json["excluded"] == 1
    assert any("finished meanwhile" in text for text in plan.json["warnings"])
    run_intake("dlq", "discard", "csv-parser-dlq", "--all", "--yes", code=0)
    forget(database, document["upload_id"], whole=True)
    stack.client("dynamodb").delete_item(TableName="UploadRecords", Key={
        "upload_id": {"S": document["upload_id"]}, "record_id": {"S": "REC_00001"}})
    sqs.send_message(QueueUrl=url, MessageBody=parser_letter(stack, document))
    done = run_intake("dlq", "replay", "csv-parser-dlq", "--vendor", document["vendor_id"], "--yes", "--json",
                      code=0)
    assert done.json["moved"] == 1
    assert database.execute("SELECT 1 FROM upload_history WHERE upload_id = %s",
                            [document["upload_id"]]).fetchone()


def stream_letter(stack, upload_id):
    streams = stack.client("dynamodbstreams")
    arn = stack.client("dynamodb").describe_table(TableName="UploadRecords")["Table"]["LatestStreamArn"]
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        at = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"],
                                        ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        numbers = []
        while at:
            found = streams.get_records(ShardIterator=at)
            numbers += [row["dynamodb"]["SequenceNumber"] for row in found["Records"]
                        if row["eventName"] == "INSERT" and
                        row["dynamodb"]["Keys"]["upload_id"]["S"] == upload_id]
            at = found.get("NextShardIterator") if found["Records"] else None
        if numbers:
            return {"shardId": shard["ShardId"], "startSequenceNumber": numbers[0],
                    "endSequenceNumber": numbers[-1], "batchSize": len(numbers), "streamArn": arn,
                    "approximateArrivalOfFirstRecord": "2026-04-01T10:10:10Z"}
    raise AssertionError("the stream has no record of the upload")


@pytest.mark.parametrize("trimmed", [False, True])
def test_records_of_a_stream_letter_get_their_outcome(stack, run_intake, database, upload, trimmed):
    document = upload()
    upload_id = document["upload_id"]
    batch = stream_letter(stack, upload_id)
    if trimmed:
        batch.update(shardId="shardId-00000000000000000000-gone", startSequenceNumber="1",
                     endSequenceNumber="2")
    sqs = stack.client("sqs")
    url = sqs.get_queue_url(QueueName="product-validator-dlq")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({
        "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 3},
        "version": "1.0", "timestamp": "2026-04-01T10:20:00Z", "DDBStreamBatchInfo": batch}))
    forget(database, upload_id, whole=False)
    for record in ("REC_00001", "REC_00002"):
        stack.client("dynamodb").update_item(
            TableName="UploadRecords", Key={"upload_id": {"S": upload_id}, "record_id": {"S": record}},
            UpdateExpression="SET #s = :p", ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":p": {"S": "pending_validation"}})
    [seen] = run_intake("dlq", "peek", "product-validator-dlq", "--json", code=0).json
    assert seen["record_id"] is None and "records of shardId" in seen["summary"]
    assert seen["error_type"] == "RetryAttemptsExhausted"
    if not trimmed:
        assert seen["upload_id"] == upload_id and upload_id in seen["summary"]
    done = run_intake("dlq", "replay", "product-validator-dlq", "--all", "--yes", "--json", code=0)
    assert done.json["engine"] == "revalidate" and done.json["moved"] == 1
    row = database.execute("SELECT * FROM upload_history WHERE upload_id = %s", [upload_id]).fetchone()
    assert (row["status"], row["valid_records"], row["error_records"]) == ("partial", 1, 1)
    assert run_intake("dlq", "list", "--json", code=0).json[2]["messages"] == 0


def test_the_operators_own_keys_suffice(stack, run_intake):
    """Everything under the operator's policy, on the error queue's own dead letters."""
    sqs = stack.client("sqs")
    url = sqs.get_queue_url(QueueName="product-validation-errors-dlq")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    assert run_intake("dlq", "peek", url, "--json", code=0).json[0]["summary"] == "the message is not JSON"
    assert run_intake("dlq", "replay", url, "--all", "--dry-run", "--json", code=0).json["planned"] == 1
    assert run_intake("dlq", "discard", url, "--all", "--yes", "--json", code=0).json["discarded"] == 1


def test_a_message_of_a_mebibyte(run_intake, queues):
    body = "é" * (2 ** 19)
    queues.seed([body])
    queues.seed([letter(1)])
    [big, _] = sorted(run_intake("dlq", "peek", queues.dead_name, "--json", env=queues.env, code=0).json,
                      key=lambda row: -len(row["body"]))
    assert big["body"] == body and big["upload_id"] is None
    assert run_intake("dlq", "replay", queues.dead_name, "--all", "--yes", "--json", env=queues.env,
                      code=0).json["moved"] == 2
    assert body in {row["Body"] for row in queues.drain(queues.source)}


@pytest.mark.alone
def test_many_kills_lose_nothing(queues):
    """DLQ_KILLS=50 for the whole mark."""
    kills = int(os.environ.get("DLQ_KILLS", "12"))
    check_kills(queues, kills=kills, count=200 * kills, patience=1.5)
