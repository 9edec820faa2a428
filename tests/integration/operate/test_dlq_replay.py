"""Dead letters sent back to their queue: nothing lost, nothing silently twice."""

import json
import threading

import pytest

from support import wait_until
from dead_letters_rig import letter, proxy, queues, sent_twice  # noqa: F401
from harness.aws_proxy import Fault

REPLAY_KEYS = {"queue", "engine", "reason", "dry_run", "planned", "moved", "failed", "excluded",
               "possible_duplicates", "task_handle", "messages"}


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


def test_replayed_before_is_told(run_intake, queues, database):
    queues.seed([letter(1)])
    run_intake("dlq", "replay", queues.dead_name, "--all", "--yes", env=queues.env, code=0)
    for _ in range(4):  # it fails again, and comes back under the id that the replay gave it
        queues.sqs.receive_message(QueueUrl=queues.source, VisibilityTimeout=0)
    assert queues.depth(queues.dead) == (1, 0)
    done = run_intake("dlq", "replay", queues.dead_name, "--all", "--yes", "--json", env=queues.env, code=0)
    assert any("replayed before" in text for text in done.json["warnings"])


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
