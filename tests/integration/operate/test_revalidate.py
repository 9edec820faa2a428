"""Records judged again: what was rejected, and what never got an outcome."""

import signal
import threading

import pytest
from support import wait_until
from operators_rig import desk, paused, product, reasons  # noqa: F401


def mixed(desk, category):
    """Rows: good, unknown category, duplicate of row 1, a wrong price, category and price, free again later."""
    v = desk.vendor_id
    return [product(v, 1), product(v, 2, category=category), product(v, 3, sku=f"{v}-1"),
            product(v, 4, price="1.999"), product(v, 5, category=category, price="x"), product(v, 6)]


@pytest.fixture
def category(desk):
    name = f"Gadgets of {desk.vendor_id}"
    yield name
    desk.category(name, False)


def test_a_dry_run_shows_what_would_change_and_writes_nothing(desk, category):
    upload_id = desk.submit(mixed(desk, category))
    before = desk.state(upload_id)
    assert desk.prove_dry("revalidate", upload_id)["changed"] == 0
    desk.category(category)
    plan = desk.prove_dry("revalidate", upload_id)
    assert (plan["records"], plan["changed"], plan["now_valid"], plan["now_error"], plan["unchanged"]) == (4, 2, 1, 1, 2)
    assert plan["dry_run"] is True and plan["upload_id"] == upload_id
    assert reasons(plan["changes"]) == {2: ("error", "valid"), 5: ("error", "error")}
    assert plan["changes"][0]["errors"] == []
    assert [e["error_type"] for e in plan["changes"][1]["errors"]] == ["INVALID_PRICE"]
    assert "category" in plan["changes"][0]["reason"]
    assert desk.state(upload_id) == before
    assert desk.audits(upload_id, "revalidate") == []


def test_the_run_does_what_the_plan_showed_and_a_second_one_nothing(desk, category):
    upload_id = desk.submit(mixed(desk, category))
    desk.category(category)
    plan = desk.revalidate(upload_id, "--dry-run", code=0)
    done = desk.revalidate(upload_id, "--yes", "--reason", "category added", code=3)
    assert done["changes"] == plan["changes"] and done["dry_run"] is False
    history = desk.history(upload_id)
    assert (history["valid_records"], history["error_records"], history["status"]) == (3, 3, "partial")
    assert desk.products(upload_id) == {1, 2, 6}
    assert [v[:2] for v in desk.violations(upload_id)] == [(3, "DUPLICATE_SKU"), (4, "INVALID_PRICE"),
                                                           (5, "INVALID_PRICE")]
    ledger, items = desk.ledger(upload_id), desk.items(upload_id)
    assert [ledger[n]["revision"] for n in range(1, 7)] == [0, 1, 0, 0, 1, 0]
    assert items[2]["status"]["S"] == "validated" and "error_reason" not in items[2]
    assert items[5]["status"]["S"] == "error" and items[5]["error_reason"]["S"] == "INVALID_PRICE"
    assert all(row["item_marked_at"] for row in ledger.values())
    assert b"INVALID_CATEGORY" not in desk.report(upload_id)["errors"][1]
    [audit] = desk.audits(upload_id, "revalidate")
    assert (audit["outcome"], audit["reason"], audit["role"]) == ("done", "category added", "intake_operator")
    assert audit["plan"]["rows"] == "2, 5" and audit["detail"]["changed"] == 2

    before = desk.state(upload_id)
    again = desk.revalidate(upload_id, "--yes", code=0)
    assert (again["changed"], again["changes"], again["report_rebuilt"]) == (0, [], False)
    assert desk.state(upload_id) == before


def test_the_last_error_takes_the_report_along(desk, category):
    upload_id = desk.submit([product(desk.vendor_id, 1), product(desk.vendor_id, 2, category=category)])
    desk.category(category)
    done = desk.revalidate(upload_id, "--yes", "--notify", code=0)
    assert (done["now_valid"], done["status"], done["notified"]) == (1, "completed", True)
    history = desk.history(upload_id)
    assert (history["status"], history["error_file_s3_key"]) == ("completed", None)
    assert desk.report(upload_id) == {"errors": None, "rejected": None}
    [notice] = desk.notices(upload_id)
    assert notice["outcome"] == "accepted" and "100.0% Success" in notice["subject"]


def test_a_category_that_went_and_a_sku_that_came_free(desk, category):
    v = desk.vendor_id
    desk.category(category)
    first = desk.submit([product(v, 1, category=category)], "20260301_090000")
    second = desk.submit([product(v, 2, sku=f"{v}-1"), product(v, 3, category=category, price="0")], "20260301_100000")
    desk.category(category, False)
    desk.database.execute("DELETE FROM products WHERE upload_id = %s", [first])
    done = desk.revalidate(second, "--yes", code=3)
    assert reasons(done["changes"]) == {1: ("error", "valid"), 2: ("error", "error")}
    assert "free now" in done["changes"][0]["reason"] and "INVALID_CATEGORY is broken now" in done["changes"][1]["reason"]
    accepted = desk.revalidate(first, "--dry-run", code=0)
    assert (accepted["records"], accepted["changed"]) == (0, 0), "an accepted record is never judged again"


def test_a_later_row_stands_in_the_way_of_an_earlier_one(desk, category):
    v = desk.vendor_id
    upload_id = desk.submit([product(v, 1, category=category, price="0"), product(v, 2, sku=f"{v}-1")])
    assert desk.products(upload_id) == {2}
    desk.category(category)
    done = desk.revalidate(upload_id, "--yes", code=3)
    assert [e["error_type"] for e in done["changes"][0]["errors"]] == ["INVALID_PRICE", "DUPLICATE_SKU"]
    assert "of this file" in done["changes"][0]["errors"][1]["error_message"]


def test_rows_alone(desk, category):
    v = desk.vendor_id
    upload_id = desk.submit([product(v, n, category=category) for n in range(1, 9)])
    desk.category(category)
    done = desk.revalidate(upload_id, "--rows", "2,4-5", "--yes", code=0)
    assert sorted(reasons(done["changes"])) == [2, 4, 5]
    assert desk.products(upload_id) == {2, 4, 5} and desk.history(upload_id)["status"] == "partial"
    named = desk.revalidate(upload_id, "--rows", "4,6", "--dry-run", code=0)
    assert sorted(reasons(named["changes"])) == [6] and "accepted before" in named["warnings"][0]
    for wrong in ("", "0", "3-1", "a", "1,,2", "2-", "1;2"):
        assert desk.run("revalidate", upload_id, "--rows", wrong).returncode == 2, wrong
    beyond = desk.run("revalidate", upload_id, "--rows", "9")
    assert beyond.returncode == 2 and "there is no row 9" in beyond.stderr


def test_many_rows_in_batches_of_a_hundred(desk, category):
    v = desk.vendor_id
    upload_id = desk.submit([product(v, n, category=category, sku=f"{v}-{(n + 1) // 2}") for n in range(1, 501)])
    desk.category(category)
    plan = desk.revalidate(upload_id, "--dry-run", code=0)
    assert (plan["records"], plan["now_valid"], plan["now_error"]) == (500, 250, 250)
    done = desk.revalidate(upload_id, "--yes", code=3)
    assert done["changes"] == plan["changes"]
    assert desk.products(upload_id) == set(range(1, 501, 2))
    history = desk.history(upload_id)
    assert (history["valid_records"], history["error_records"]) == (250, 250)


def test_from_the_stored_originals_when_the_items_are_gone(desk, category):
    v = desk.vendor_id
    rows = [product(v, 1, category=category, description='two\nlines, "quoted"'), product(v, 2, category=category, price="x"),
            product(v, 3, price="1.999", brand="日本 \x01"), product(v, 4, category=category) + ["surplus"]]
    upload_id = desk.submit(rows)
    before = desk.violations(upload_id)
    desk.drop_items(upload_id, range(1, 5))
    assert desk.revalidate(upload_id, "--dry-run", code=0)["changed"] == 0
    desk.category(category)
    done = desk.revalidate(upload_id, "--yes", code=3)
    assert reasons(done["changes"]) == {1: ("error", "valid"), 2: ("error", "error")}
    kept = [v for v in before if v[1] != "INVALID_CATEGORY"]
    assert desk.violations(upload_id) == kept
    found = desk.database.execute("SELECT description FROM products WHERE upload_id = %s", [upload_id]).fetchone()
    assert found["description"] == 'two\nlines, "quoted"'
    assert all(row["item_marked_at"] for row in desk.ledger(upload_id).values())
    assert desk.revalidate(upload_id, "--yes", code=0)["changed"] == 0


def test_records_without_an_outcome_are_settled(desk, paused):
    v = desk.vendor_id
    upload_id = desk.put([product(v, n, sku=f"{v}-{min(n, 200)}") for n in range(1, 251)])
    desk.written(upload_id)
    refusal = desk.run("revalidate", upload_id, "--dry-run", "--json", code=0).json
    assert refusal["records"] == 0 and "--pending" in refusal["warnings"][0]
    plan = desk.prove_dry("revalidate", upload_id, "--pending")
    assert (plan["records"], plan["now_valid"], plan["now_error"], plan["status_after"]) == (250, 200, 50, "partial")
    assert {change["before"] for change in plan["changes"]} == {"pending"}
    done = desk.revalidate(upload_id, "--pending", "--yes", code=3)
    assert done["changes"] == plan["changes"] and done["status"] == "partial"
    assert {item["status"]["S"] for item in desk.items(upload_id).values()} == {"validated", "error"}
    def noticed():
        """the pipeline sends the automatic notice"""
        return desk.notices(upload_id, "completed")
    wait_until(noticed, 60)
    before = desk.state(upload_id)
    assert desk.revalidate(upload_id, "--pending", "--yes", code=0)["changed"] == 0
    paused(True)
    assert desk.state(upload_id)[:5] == before[:5]


def test_rows_that_wait_for_earlier_ones(desk, paused):
    v = desk.vendor_id
    upload_id = desk.put([product(v, 1), product(v, 2, sku=f"{v}-1"), product(v, 3, vendor_product_id="P2"), product(v, 4)])
    desk.written(upload_id)
    plan = desk.revalidate(upload_id, "--pending", "--rows", "3", "--dry-run", code=0)
    assert reasons(plan["changes"]) == {1: ("pending", "valid"), 2: ("pending", "error"), 3: ("pending", "valid")}
    done = desk.revalidate(upload_id, "--pending", "--rows", "3", "--yes")
    assert done["changes"][0]["row_number"] == 3
    assert set(desk.ledger(upload_id)) == {1, 2, 3} and desk.products(upload_id) == {1, 3}
    desk.revalidate(upload_id, "--pending", "--yes", code=0)
    assert desk.history(upload_id)["status"] == "partial"


@pytest.mark.parametrize("admitted", [True, False])
def test_a_parser_that_died_for_good(desk, paused, admitted):
    v = desk.vendor_id
    upload_id = desk.put([product(v, n, price="x" if n == 7 else "1") for n in range(1, 41)])
    desk.written(upload_id)
    desk.drop_items(upload_id, range(1 if not admitted else 11, 41))
    desk.database.execute(
        "UPDATE upload_history SET items_written_at = NULL, total_records = CASE WHEN %s THEN total_records ELSE 0 END"
        " WHERE upload_id = %s", [admitted, upload_id])
    plan = desk.prove_dry("revalidate", upload_id, "--pending")
    assert plan["take_in_again"] and (plan["now_valid"], plan["now_error"]) == (39, 1)
    done = desk.revalidate(upload_id, "--pending", "--yes", code=3)
    assert (done["items_written"], done["status"]) == (30 if admitted else 40, "partial")
    assert reasons(done["changes"]) == reasons(plan["changes"])
    assert len(desk.items(upload_id)) == 40 and len(desk.products(upload_id)) == 39


def test_an_item_that_was_taken_out_comes_back_from_the_file(desk, paused):
    v = desk.vendor_id
    upload_id = desk.put([product(v, n) for n in range(1, 6)])
    desk.written(upload_id)
    desk.drop_items(upload_id, [2, 4])
    plan = desk.revalidate(upload_id, "--pending", "--dry-run", code=0)
    assert (plan["not_written"], plan["now_valid"]) == (2, 5)
    done = desk.revalidate(upload_id, "--pending", "--yes", code=0)
    assert (done["items_written"], done["status"]) == (2, "completed")


def test_the_object_is_gone(desk, paused):
    upload_id = desk.put([product(desk.vendor_id, n) for n in range(1, 6)])
    desk.written(upload_id)
    desk.drop_items(upload_id, [3])
    history = desk.history(upload_id)
    desk.s3.delete_object(Bucket=history["bucket"], Key=history["s3_key"], VersionId=history["object_version"])
    plan = desk.revalidate(upload_id, "--pending", "--dry-run", code=0)
    assert (plan["now_valid"], plan["not_judged"]) == (4, 1)
    assert any("send the file again" in warning for warning in plan["warnings"])
    done = desk.revalidate(upload_id, "--pending", "--yes", code=3)
    assert (done["now_valid"], done["not_judged"], done["status"]) == (4, 1, "processing")


def test_a_stuck_upload_is_found_explained_and_mended(desk, paused):
    v = desk.vendor_id
    upload_id = desk.put([product(v, n) for n in range(1, 31)])
    desk.written(upload_id)
    desk.drop_items(upload_id, [5, 6, 7])
    desk.database.execute(
        "UPDATE upload_history SET upload_timestamp = now() - interval '1 hour', processing_started_at = now() - interval"
        " '1 hour', pipeline_owner_at = NULL, items_written_at = now() - interval '50 minutes' WHERE upload_id = %s",
        [upload_id])
    listed = desk.run("uploads", "--vendor", v, role="viewer", code=0)
    assert "stuck" in listed.stdout and f"intake revalidate {upload_id} --pending" in listed.stderr
    assert "30 of 30 records have no outcome: rows 1-30" in listed.stderr
    shown = desk.run("upload", upload_id, role="viewer", code=0).stdout
    assert "3 of these are not in the table" in shown and "27 of these wait in the table" in shown
    document = desk.run("upload", upload_id, "--json", role="viewer", code=0).json
    assert document["stuck"] and document["remedy"] == f"intake revalidate {upload_id} --pending"
    desk.revalidate(upload_id, "--pending", "--yes", code=0)
    assert desk.history(upload_id)["status"] == "completed"
    mended = desk.run("upload", upload_id, "--json", code=0).json
    assert (mended["explanation"], mended["remedy"]) == ([], None)


def test_what_a_dead_validator_left(desk):
    upload_id = desk.submit([product(desk.vendor_id, n, price="x" if n == 2 else "1") for n in range(1, 5)])
    for row in (1, 2):
        desk.table.update_item(
            TableName=desk.names["DYNAMODB_TABLE"], Key={"upload_id": {"S": upload_id}, "record_id": {"S": f"REC_{row:05}"}},
            UpdateExpression="SET #s = :p", ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":p": {"S": "pending_validation"}})
    desk.database.execute("UPDATE upload_records SET item_marked_at = NULL WHERE upload_id = %s AND row_number <= 2", [upload_id])
    desk.database.execute(
        "INSERT INTO outbox (upload_id, body) VALUES (%s, json_build_object('type', 'upload_finished', 'upload_id', %s::text,"
        " 'vendor_id', %s::text, 'status', 'partial', 'timestamp', '2026-03-01T00:00:00Z')::text)",
        [upload_id, upload_id, desk.vendor_id])
    plan = desk.prove_dry("revalidate", upload_id, "--pending")
    assert (plan["items_unmarked"], plan["outbox_waiting"], plan["records"]) == (2, 1, 0)
    done = desk.revalidate(upload_id, "--pending", "--yes", code=0)
    assert done["messages_sent"] >= 1
    assert {n: item["status"]["S"] for n, item in desk.items(upload_id).items()} == {
        1: "validated", 2: "error", 3: "validated", 4: "validated"}
    assert len(desk.notices(upload_id, "completed")) == 1


@pytest.mark.parametrize("content", ["valid", "refused"])
def test_what_the_error_queue_refused_has_a_way_back(desk, content):
    if content == "valid":
        upload_id = desk.submit([product(desk.vendor_id, n) for n in range(1, 4)])
    else:
        upload_id = desk.submit("no,known,column\n1,2,3\n")
    desk.database.execute("DELETE FROM notifications WHERE upload_id = %s", [upload_id])
    desk.database.execute(
        "INSERT INTO outbox (upload_id, body, refused_at, refusal) VALUES (%s, json_build_object('type',"
        " 'upload_finished', 'upload_id', %s::text, 'vendor_id', %s::text, 'status', 'completed', 'timestamp',"
        " '2026-03-01T00:00:00Z')::text, now(), 'Throttled')", [upload_id, upload_id, desk.vendor_id])
    shown = desk.run("upload", upload_id, "--json", code=0).json
    assert shown["remedy"] == f"intake revalidate {upload_id} --pending"
    plan = desk.prove_dry("revalidate", upload_id, "--pending")
    assert (plan["outbox_waiting"], plan["outbox_refused"]) == (0, 1)
    done = desk.revalidate(upload_id, "--pending", "--yes", code=0)
    assert done["messages_sent"] >= 1
    assert not desk.database.execute("SELECT 1 FROM outbox WHERE upload_id = %s", [upload_id]).fetchall()
    def noticed():
        """the notice goes out by the queue"""
        return desk.notices(upload_id, "completed")
    assert len(wait_until(noticed, 30)) == 1


def test_two_operators_at_once(desk, category):
    v = desk.vendor_id
    upload_id = desk.submit([product(v, n, category=category) for n in range(1, 201)])
    desk.category(category)
    with desk.proxies() as (_, postgres, environment):
        reached, released = threading.Event(), threading.Event()
        def hold(*_):
            reached.set()
            released.wait(20)
        postgres.on_statement("DELETE FROM violation_rows", hold)
        first = desk.start("revalidate", upload_id, "--yes", "--json", env=environment())
        assert reached.wait(20), "the first one is in its transaction"
        second = desk.run("revalidate", upload_id, "--yes", "--json")
        released.set()
        assert first.wait(30) == 0, first.stderr.read()
        first.communicate()
    assert second.returncode == 1 and "is being worked on by operator" in second.stderr
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
            released.wait(20)
        postgres.on_statement("DELETE FROM violation_rows", hold, skip=1)
        first = desk.start("revalidate", upload_id, "--yes", "--reason", "r", env=environment())
        assert reached.wait(20)
        first.send_signal(signal.SIGINT)
        released.set()
        _, complaint = first.communicate(timeout=30)
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
            released.wait(20)
        postgres.on_statement("DELETE FROM violation_rows", hold)
        first = desk.start("revalidate", upload_id, "--yes", env=environment())
        assert reached.wait(20)
        first.kill()
        first.communicate()
        released.set()
    def taken_up():
        """another operator goes on"""
        return desk.run("revalidate", upload_id, "--yes", "--json").returncode == 0
    wait_until(taken_up, 20)
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
    from harness.pg_proxy import Cut

    def cut(*_):
        raise Cut
    with desk.proxies() as (_, postgres, environment):
        postgres.on_statement("DELETE FROM violation_rows", cut, skip=1)
        broken = desk.run("revalidate", upload_id, "--yes", "--json", env=environment())
    assert broken.returncode == 1 and "settled before this" in broken.stderr
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
    assert "items do not bear their final status" in done.stderr and f"intake revalidate {upload_id}" in done.stderr
    assert done.json["now_valid"] == 3 and desk.products(upload_id) == {1, 2, 3}
    desk.revalidate(upload_id, "--yes", code=0)
    assert {item["status"]["S"] for item in desk.items(upload_id).values()} == {"validated"}
    assert [audit["outcome"] for audit in desk.audits(upload_id, "revalidate")] == ["partly", "done"]


def test_who_may(desk):
    upload_id = desk.submit([product(desk.vendor_id, 1, price="x")])
    for role in ("viewer", "support"):
        refused = desk.run("revalidate", upload_id, "--yes", role=role)
        assert refused.returncode == 4 and "operator" in refused.stderr
        desk.revalidate(upload_id, "--dry-run", role=role, code=0)
    assert desk.run("revalidate", upload_id, "--yes", "--read-only").returncode == 4
    assert [a["outcome"] for a in desk.audits(upload_id, "revalidate")] == ["refused"] * 3


def test_what_cannot_be(desk):
    unknown = desk.run("revalidate", "UPLOAD_20260301_090000_NOBODY")
    assert unknown.returncode == 1 and "looked in" in unknown.stderr
    upload_id = desk.submit([product(desk.vendor_id, 1, price="x")])
    near = desk.run("revalidate", upload_id[:-1])
    assert near.returncode == 1 and upload_id in near.stderr
    assert desk.audits(upload_id[:-1], "revalidate")[0]["outcome"] == "failed"
    elsewhere = desk.run("revalidate", upload_id, "--dry-run", env={"S3_BUCKET_NAME": "another-bucket"})
    assert elsewhere.returncode == 1 and "another environment" in elsewhere.stderr
    key = f"uploads/{desk.vendor_id}/{desk.vendor_id}_20260302_090000.csv"
    desk.s3.put_object(Bucket=desk.names["S3_BUCKET_NAME"], Key=key, Body=b"nonsense\n1\n")
    def refused():
        """the file is refused"""
        return desk.database.execute("SELECT upload_id FROM upload_history WHERE s3_key = %s AND status = 'failed'",
                                     [key]).fetchone()
    told = desk.run("revalidate", wait_until(refused, 60)["upload_id"])
    assert told.returncode == 1 and "was refused (INVALID_HEADER" in told.stderr


def test_no_confirmation_no_change(desk, category):
    upload_id = desk.submit([product(desk.vendor_id, n, category=category) for n in (1, 2)])
    desk.category(category)
    before = desk.state(upload_id)
    refused = desk.run("revalidate", upload_id, "--reason", "r")
    assert refused.returncode == 4 and "--yes" in refused.stderr and "row 2" in refused.stderr
    assert desk.state(upload_id) == before
    [audit] = desk.audits(upload_id, "revalidate")
    assert (audit["outcome"], audit["reason"]) == ("refused", "r")


def test_an_upload_whose_records_are_lost_is_ended(desk, paused):
    upload_id = desk.put([product(desk.vendor_id, n) for n in range(1, 6)])
    desk.written(upload_id)
    desk.drop_items(upload_id, [3])
    history = desk.history(upload_id)
    desk.s3.delete_object(Bucket=history["bucket"], Key=history["s3_key"], VersionId=history["object_version"])
    desk.database.execute("UPDATE upload_history SET upload_timestamp = now() - interval '1 hour',"
                          " processing_started_at = now() - interval '1 hour', items_written_at = now() -"
                          " interval '1 hour', pipeline_owner_at = now() - interval '1 hour'"
                          " WHERE upload_id = %s", [upload_id])
    way_on = desk.run("upload", upload_id, "--json", code=0).json["remedy"]
    assert way_on == f"intake revalidate {upload_id} --pending --end"
    desk.run("revalidate", upload_id, "--end", "--yes", code=2)
    done = desk.revalidate(upload_id, "--pending", "--end", "--yes")
    assert (done["now_valid"], done["status"]) == (4, "failed")
    ended = desk.history(upload_id)
    assert ended["failure_code"] == "OBJECT_GONE"
    assert (ended["total_records"], ended["valid_records"], ended["error_records"]) == (4, 4, 0)


def test_an_upload_of_a_deleted_vendor_is_ended(desk, paused):
    upload_id = desk.put([product(desk.vendor_id, n) for n in range(1, 4)])
    desk.written(upload_id)
    desk.database.execute("DELETE FROM vendors WHERE vendor_id = %s", [desk.vendor_id])
    assert desk.run("upload", upload_id, "--json", code=0).json["remedy"].endswith("--pending --end")
    refused = desk.run("revalidate", upload_id, "--pending", "--yes")
    assert refused.returncode != 0 and "--pending --end ends it" in refused.stderr
    desk.revalidate(upload_id, "--pending", "--end", "--yes")
    ended = desk.history(upload_id)
    assert (ended["status"], ended["failure_code"], ended["total_records"]) == ("failed", "UNKNOWN_VENDOR", 0)


def test_items_that_differ_from_the_ledger_are_counted_and_mended(desk):
    """A put that came late after all: nobody but this comparison can know."""
    v = desk.vendor_id
    upload_id = desk.submit([product(v, 1), product(v, 2, price="x"), product(v, 3)])
    for row in (1, 2):
        desk.table.update_item(
            TableName=desk.names["DYNAMODB_TABLE"], Key={"upload_id": {"S": upload_id},
                                                         "record_id": {"S": f"REC_{row:05}"}},
            UpdateExpression="SET #s = :s REMOVE processed_at", ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":s": {"S": "pending_validation"}})
    checks = desk.run("doctor", "--json").json["checks"]
    seen = next(check for check in checks if check["name"] == "items and ledger")
    assert seen["status"] == "warn" and upload_id in seen["remedy"], seen
    desk.revalidate(upload_id, "--pending", "--yes", code=0)
    assert {row: item["status"]["S"] for row, item in desk.items(upload_id).items()} == \
        {1: "validated", 2: "error", 3: "validated"}


def test_judged_records_are_not_written_again(desk, paused):
    """What was judged and whose item is gone stays gone, though its upload is taken in again."""
    v = desk.vendor_id
    upload_id = desk.put([product(v, n) for n in range(1, 5)])
    desk.written(upload_id)
    desk.revalidate(upload_id, "--pending", "--rows", "1-2", "--yes", code=0)
    desk.drop_items(upload_id, [1, 2, 3])
    done = desk.revalidate(upload_id, "--pending", "--yes", code=0)
    assert (done["items_written"], done["status"]) == (1, "completed")
    assert sorted(desk.items(upload_id)) == [3, 4]
