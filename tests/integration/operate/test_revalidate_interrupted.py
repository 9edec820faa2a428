"""Records judged again while something breaks off, goes away or is done by two at once."""

import signal
import threading

from support import wait_until
from harness.pg_proxy import Cut
from operators_rig import category, desk, product  # noqa: F401


def test_two_operators_at_once(desk, category):
    v = desk.vendor_id
    upload_id = desk.submit([product(v, n, category=category) for n in range(1, 201)])
    desk.category(category)
    with desk.proxies() as (_, postgres, environment):
        reached, released = threading.Event(), threading.Event()
        def hold(*_):
            reached.set()
            released.wait(120)
        postgres.on_statement("DELETE FROM violation_rows", hold)
        first = desk.start("revalidate", upload_id, "--yes", "--json", env=environment())
        assert reached.wait(60), "the first one is in its transaction"
        second = desk.start("revalidate", upload_id, "--yes", "--json")
        _, complaint = second.communicate(timeout=60)  # while the first one is in its transaction
        released.set()
        assert first.wait(60) == 0, first.stderr.read()
        first.communicate()
    assert second.returncode == 1 and "is locked by operator" in complaint
    assert desk.products(upload_id) == set(range(1, 201))
    assert sorted(audit["outcome"] for audit in desk.audits(upload_id, "revalidate")) == ["done", "refused"]


def test_an_interrupted_run_says_what_was_done_and_leaves_no_lock(desk, category):
    v = desk.vendor_id
    upload_id = desk.submit([product(v, n, category=category) for n in range(1, 301)])
    desk.category(category)
    with desk.proxies() as (_, postgres, environment):
        reached, released = threading.Event(), threading.Event()
        def hold(*_):
            reached.set()
            released.wait(120)
        postgres.on_statement("DELETE FROM violation_rows", hold, skip=1)
        first = desk.start("revalidate", upload_id, "--yes", "--reason", "r", env=environment())
        assert reached.wait(60)
        first.send_signal(signal.SIGINT)
        released.set()
        _, complaint = first.communicate(timeout=60)
    assert first.returncode == 130, complaint
    done = desk.history(upload_id)["valid_records"]
    assert done in (100, 200, 300) and len(desk.products(upload_id)) == done
    [audit] = desk.audits(upload_id, "revalidate")
    assert (audit["outcome"], audit["reason"], audit["detail"]["changed"]) == ("partly", "r", done)
    desk.revalidate(upload_id, "--yes", code=0)
    assert desk.history(upload_id)["status"] == "completed"


def test_a_killed_operator_leaves_no_lock(desk, category):
    v = desk.vendor_id
    upload_id = desk.submit([product(v, n, category=category) for n in range(1, 201)])
    desk.category(category)
    with desk.proxies() as (_, postgres, environment):
        reached, released = threading.Event(), threading.Event()
        def hold(*_):
            reached.set()
            released.wait(120)
        postgres.on_statement("DELETE FROM violation_rows", hold)
        first = desk.start("revalidate", upload_id, "--yes", env=environment())
        assert reached.wait(60)
        first.kill()
        first.communicate()
        released.set()
    def taken_up():
        """another operator goes on"""
        return desk.run("revalidate", upload_id, "--yes", "--json").returncode == 0
    wait_until(taken_up)
    assert desk.products(upload_id) == set(range(1, 201)) and desk.history(upload_id)["status"] == "completed"


def test_a_table_that_goes_away_between_plan_and_run(desk, category):
    upload_id = desk.submit([product(desk.vendor_id, n, category=category) for n in (1, 2)])
    desk.category(category)
    with desk.proxies() as (aws, _, environment):
        aws.inject("refuse", "dynamodb", "BatchGetItem", skip=1, times=None)
        stopped = desk.run("revalidate", upload_id, "--yes", "--json", env=environment())
    assert stopped.returncode == 1 and "0 records" in stopped.stderr and "reading the items of" in stopped.stderr
    assert desk.history(upload_id)["valid_records"] == 0
    assert [audit["outcome"] for audit in desk.audits(upload_id, "revalidate")] == ["failed"]


def test_a_connection_that_is_lost_half_way_is_taken_up(desk, category):
    v = desk.vendor_id
    upload_id = desk.submit([product(v, n, category=category) for n in range(1, 301)])
    desk.category(category)
    def cut(*_):
        raise Cut
    with desk.proxies() as (_, postgres, environment):
        postgres.on_statement("DELETE FROM violation_rows", cut, skip=1)
        broken = desk.run("revalidate", upload_id, "--yes", "--json", env=environment())
    assert broken.returncode == 1 and "already settled" in broken.stderr
    history = desk.history(upload_id)
    assert history["valid_records"] + history["error_records"] == 300
    assert len(desk.products(upload_id)) == history["valid_records"] in (100, 200)
    desk.revalidate(upload_id, "--yes", code=0)
    assert desk.products(upload_id) == set(range(1, 301))
    assert {item["status"]["S"] for item in desk.items(upload_id).values()} == {"validated"}
    assert desk.history(upload_id)["status"] == "completed"


def test_a_service_that_is_away_is_named_and_what_was_done_stays(desk, category):
    upload_id = desk.submit([product(desk.vendor_id, n, category=category) for n in range(1, 4)])
    desk.category(category)
    with desk.proxies() as (aws, _, environment):
        aws.inject("refuse", "dynamodb", "BatchExecuteStatement", times=None)
        done = desk.run("revalidate", upload_id, "--yes", "--json", code=3, env=environment())
    assert "items do not have their final status" in done.stderr and f"intake revalidate {upload_id}" in done.stderr
    assert done.json["now_valid"] == 3 and desk.products(upload_id) == {1, 2, 3}
    desk.revalidate(upload_id, "--yes", code=0)
    assert {item["status"]["S"] for item in desk.items(upload_id).values()} == {"validated"}
    assert [audit["outcome"] for audit in desk.audits(upload_id, "revalidate")] == ["partly", "done"]
