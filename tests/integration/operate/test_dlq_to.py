"""Dead letters sent to another queue than the one they failed in, and at a rate."""

import time

import pytest

from dead_letters_rig import queues  # noqa: F401


@pytest.fixture
def other(queues):
    url = queues.sqs.create_queue(QueueName=queues.dead_name + "-else")["QueueUrl"]
    yield url
    queues.sqs.delete_queue(QueueUrl=url)


def test_to_another_queue(run_intake, queues, other, database):
    for number in range(12):
        queues.sqs.send_message(QueueUrl=queues.dead, MessageBody=f"{number}")
    name = other.rsplit("/", 1)[1]
    plan = run_intake("dlq", "replay", queues.dead_name, "--all", "--to", name, "--dry-run", "--json", env=queues.env,
                      code=0).json
    assert (plan["engine"], plan["destination"], plan["planned"]) == ("send_delete", name, 12)
    done = run_intake("dlq", "replay", queues.dead_name, "--all", "--to", name, "--yes", "--json", env=queues.env,
                      code=0).json
    assert (done["moved"], done["failed"], done["destination"]) == (12, 0, name)
    assert sorted(int(message["Body"]) for message in queues.drain(other)) == list(range(12))
    assert queues.drain(queues.source) == [] and queues.drain(queues.dead) == []
    row = database.execute("SELECT plan FROM audit_log WHERE target = %s ORDER BY id DESC LIMIT 1",
                           [queues.dead_name]).fetchone()
    assert row["plan"]["destination"] == name


def test_a_rate_is_kept_to(run_intake, queues, database):
    for number in range(9):
        queues.sqs.send_message(QueueUrl=queues.dead, MessageBody=f"{number}")
    begun = time.monotonic()
    done = run_intake("dlq", "replay", queues.dead_name, "--all", "--rate", "3/s", "--yes", "--json", env=queues.env,
                      code=0).json
    assert (done["engine"], done["moved"]) == ("send_delete", 9)
    assert time.monotonic() - begun >= 2
    assert len(queues.drain(queues.source)) == 9
    row = database.execute("SELECT plan FROM audit_log WHERE target = %s ORDER BY id DESC LIMIT 1",
                           [queues.dead_name]).fetchone()
    assert row["plan"]["rate"] == 3


@pytest.mark.parametrize("words, code, said", [
    (["--rate", "0/s"], 2, "messages per second"), (["--rate", "5/m"], 2, "messages per second"),
    (["--rate", "fast"], 2, "messages per second"), (["--to", "no-such-queue-anywhere"], 1, "no-such-queue"),
    (["--to", "anything.fifo"], 2, "FIFO"), (["--to", "{dead}"], 2, "the queue that is replayed"),
])
def test_what_cannot_be_done_is_refused_before_anything_is_received(run_intake, queues, words, code, said):
    queues.sqs.send_message(QueueUrl=queues.dead, MessageBody="stays")
    done = run_intake("dlq", "replay", queues.dead_name, "--all", "--yes",
                      *[word.replace("{dead}", queues.dead_name) for word in words], env=queues.env, code=code)
    assert said in done.stderr and done.stderr.count("\n") == 1
    assert [message["Body"] for message in queues.drain(queues.dead)] == ["stays"]
