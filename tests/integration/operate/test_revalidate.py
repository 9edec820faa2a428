"""Records judged again: what was rejected."""

from support import wait_until
from operators_rig import category, desk, product, reasons  # noqa: F401


def mixed(desk, category):
    """Rows: good, unknown category, duplicate of row 1, a wrong price, category and price, free again later."""
    v = desk.vendor_id
    return [product(v, 1), product(v, 2, category=category), product(v, 3, sku=f"{v}-1"),
            product(v, 4, price="1.999"), product(v, 5, category=category, price="x"), product(v, 6)]


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
    assert "free now" in done["changes"][0]["reason"] and "INVALID_CATEGORY is violated now" in done["changes"][1]["reason"]
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
    assert sorted(reasons(named["changes"])) == [6] and "already accepted" in named["warnings"][0]
    for wrong in ("", "0", "3-1", "a", "1,,2", "2-", "1;2"):
        assert desk.run("revalidate", upload_id, "--rows", wrong).returncode == 2, wrong
    beyond = desk.run("revalidate", upload_id, "--rows", "9")
    assert beyond.returncode == 2 and "row 9 does not exist" in beyond.stderr


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
    assert elsewhere.returncode == 1 and "select its environment" in elsewhere.stderr
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
