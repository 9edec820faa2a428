"""One operator at a time on a queue: the lock is the queue's own, is given back, and is missed when lost."""

import json
import urllib.parse

from dead_letters_rig import Queues, letter, proxy, queues  # noqa: F401
from harness.pg_proxy import PgProxy
from support import wait_until


def elsewhere(queues):
    """The same operator on another machine."""
    return {**queues.env, "XDG_STATE_HOME": str(queues.home) + "-other"}


def sending(proxy):
    """a message is on its way"""
    return any(call.operation == "SendMessageBatch" for call in list(proxy.calls))


def test_the_lock_is_given_back_at_the_end(queues, run_intake):
    for _ in range(2):
        for env in (queues.env, elsewhere(queues)):
            queues.seed([letter(1), letter(2)])
            for command in ("replay", "discard"):
                done = run_intake("dlq", command, queues.dead_name, "--limit", 1, "--yes", "--json",
                                  env=env, code=0)
                assert done.json.get("moved", 0) + done.json.get("discarded", 0) == 1
    assert len(queues.drain(queues.source)) == 4


def test_another_queue_is_another_lock(queues, proxy, run_intake, stack, tmp_path):
    second = Queues(stack, tmp_path / "second")
    queues.seed(letter(n) for n in range(1, 31))
    second.seed([letter(1)])
    proxy.inject("delay", "sqs", "SendMessageBatch", times=None, value=1)
    first = queues.start("dlq", "replay", queues.dead_name, "--all", "--yes", "--json",
                         AWS_ENDPOINT_URL=proxy.url)
    wait_until(lambda: sending(proxy))
    done = run_intake("dlq", "replay", second.dead_name, "--all", "--yes", "--json",
                      env=second.env, code=0)
    assert done.json["moved"] == 1 and first.poll() is None
    out, error = first.communicate(timeout=60)
    assert first.returncode == 0 and json.loads(out)["moved"] == 30, error


def test_a_replay_that_cannot_know_its_lock_any_more_begins_nothing_new(queues, proxy, stack):
    """Who has no database cannot tell that another operator has begun."""
    url = stack.variables()["INTAKE_DATABASE_URL"]
    address = urllib.parse.urlsplit(url)
    database = PgProxy(address.hostname, address.port)
    queues.seed(letter(n) for n in range(1, 1001))
    proxy.inject("delay", "sqs", "SendMessageBatch", times=None, value=3)
    replay = queues.start(
        "dlq", "replay", queues.dead_name, "--all", "--yes", "--json", AWS_ENDPOINT_URL=proxy.url,
        INTAKE_DATABASE_URL=url.replace(f":{address.port}/", f":{database.port}/"))
    wait_until(lambda: sending(proxy))
    database.down()
    out, error = replay.communicate(timeout=120)
    database.stop()
    assert replay.returncode not in (0, None)
    sent = queues.depth(queues.source)[0]
    assert 0 < sent < 1000 and sent + sum(queues.depth(queues.dead)) == 1000, error
