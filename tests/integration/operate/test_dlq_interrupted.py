"""Replays that are killed or broken off: what they began is finished, or taken up by the next one."""

import json
import os
import random
import signal
import subprocess
import threading
import time

import pytest

from support import wait_until
from dead_letters_rig import letter, proxy, queues, sent_twice  # noqa: F401
from harness.aws_proxy import Fault


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


def deletions(proxy):
    return [call for call in list(proxy.calls) if call.operation == "DeleteMessageBatch"]


def test_what_was_sent_and_not_deleted_is_only_deleted(queues, proxy, run_intake):
    queues.seed(letter(n) for n in range(1, 51))
    released = threading.Event()
    proxy.faults.append(Fault("before", "sqs", "DeleteMessageBatch", times=None, value=lambda call: released.wait(120)))
    replay = queues.start("dlq", "replay", queues.dead_name, "--all", "--yes", AWS_ENDPOINT_URL=proxy.url)
    wait_until(lambda: queues.depth(queues.source)[0] == 50)
    wait_until(lambda: sum(call.entries for call in deletions(proxy)) == 50)  # all answers came; the proxy holds these
    replay.kill()
    replay.communicate()
    released.set()
    wait_until(lambda: all(call.ended for call in deletions(proxy)))
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
    out, _ = replay.communicate(timeout=60)
    document = json.loads(out)
    assert replay.returncode == 130
    assert document["moved"] + document["kept"] == 300 and document["possible_duplicates"] == 0
    assert queues.depth(queues.dead) == (document["kept"], 0)
    assert queues.depth(queues.source) == (document["moved"], 0)


@pytest.mark.slow
@pytest.mark.alone
def test_many_kills_lose_nothing(queues):
    """DLQ_KILLS=50 for the whole mark."""
    kills = int(os.environ.get("DLQ_KILLS", "12"))
    check_kills(queues, kills=kills, count=200 * kills, patience=1.5)
