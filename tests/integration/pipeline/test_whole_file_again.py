"""A vendor who mends a few rows sends the whole file again: what is in the catalogue already is not shamed."""

import pytest

from support import wait_until
from test_pipeline import COLUMNS, file_of, product, vendor  # noqa: F401


def notice_of(vendor, upload_id):
    return vendor.database.execute("SELECT subject, body FROM notifications WHERE upload_id = %s",
                                   [upload_id]).fetchone()


def messages(vendor, upload_id):
    return {(e["row_number"], e["error_field"]): e["error_message"] for e in vendor.errors(upload_id)}


@pytest.fixture
def twice(vendor):  # noqa: F811
    """A file of six, and the same again: four as they were, one with another price and unit, one mended."""
    rows = [product(vendor.vendor_id, n, price="12.90") for n in range(1, 7)]
    rows[5][COLUMNS.index("price")] = "dear"
    first = vendor.finished(*vendor.put(f"{vendor.vendor_id}_20260501_090000.csv", file_of(rows)))
    assert (first["valid_records"], first["error_records"]) == (5, 1)
    rows[5][COLUMNS.index("price")] = "9.50"
    rows[4][COLUMNS.index("price")], rows[4][COLUMNS.index("unit")] = "13.00", "box"
    rows[0][COLUMNS.index("price")] = "12.9000"
    return first, rows


def test_the_same_file_again(vendor, twice):  # noqa: F811
    _, rows = twice
    name = f"{vendor.vendor_id}_20260501_100000.csv"
    row = vendor.finished(*vendor.put(name, file_of(rows)))
    assert (row["valid_records"], row["error_records"]) == (1, 5)
    said = messages(vendor, row["upload_id"])
    kept = vendor.run_intake("errors", row["upload_id"], "--unchanged", "no", "--json").json
    assert [e["row_number"] for e in kept] == [5, 5]
    kept = vendor.run_intake("errors", row["upload_id"], "--unchanged", "yes", "--json").json
    assert [e["row_number"] for e in kept] == [1, 1, 2, 2, 3, 3, 4, 4]
    for number in range(1, 5):
        for field in ("sku", "vendor_product_id"):
            assert said[number, field].endswith("is already in your catalogue, unchanged: nothing to do")
    assert said[5, "sku"].endswith("is already in your catalogue, but price and unit differ")
    unchanged = vendor.database.execute(
        "SELECT row_number, rule_order, kind FROM validation_errors WHERE upload_id = %s AND unchanged"
        " ORDER BY row_number, rule_order", [row["upload_id"]]).fetchall()
    assert [(r["row_number"], r["rule_order"]) for r in unchanged] == [(n, o) for n in range(1, 5) for o in (1, 2)]
    assert {r["kind"] for r in unchanged} == {"unchanged"}

    notice = notice_of(vendor, row["upload_id"])
    assert notice["subject"].endswith("(16.7% Success) (1 new, 4 unchanged)")
    assert len(notice["subject"]) <= 100 and notice["subject"].isascii()
    assert "Of these Unchanged: 4 (66.7%)" in notice["body"]
    assert "line 6: sku" in notice["body"] and "price and unit differ; 4 unchanged" in notice["body"]

    path = vendor.folder / name
    path.write_bytes(file_of(rows[:5]))
    [judged] = vendor.run_intake("check", "--database", "--json", path).json
    assert {(e["row_number"], e["error_field"]): e["error_message"] for e in judged["errors"]} == said


def test_another_vendors_product_is_never_told(vendor, twice):  # noqa: F811
    first, rows = twice
    other = "SECOND-" + vendor.vendor_id
    vendor.database.execute("INSERT INTO vendors (vendor_id, vendor_name, email) VALUES (%s, 'x', 'x@example.com')"
                            " ON CONFLICT DO NOTHING", [other])
    key = f"uploads/{other}/{other}_20260501_110000.csv"
    row = vendor.finished(*vendor.put(None, file_of(rows[:4]), key=key))
    said = vendor.errors(row["upload_id"])
    assert [e["error_field"] for e in said] == ["sku"] * 4
    assert all(e["error_message"].endswith("is already in the catalogue") for e in said)
    assert "unchanged" not in notice_of(vendor, row["upload_id"])["subject"]


def test_what_all_records_have_in_common_is_said_once(vendor):  # noqa: F811
    rows = [product(vendor.vendor_id, f"all-{n}", price=f'"{n},50"') for n in range(1, 41)]
    text = "\n".join([",".join(COLUMNS), *(",".join(cells) for cells in rows), ""])
    row = vendor.finished(*vendor.put(f"{vendor.vendor_id}_20260501_120000.csv", text.encode()))
    assert row["error_records"] == 40
    body = notice_of(vendor, row["upload_id"])["body"]
    assert body.count("all 40 records: price has a decimal comma") == 1
    assert body.index("all 40 records") < body.index("Invalid products by error type")
    text = vendor.run_intake("errors", row["upload_id"], code=0).stdout
    assert text.count("all 40 records: price has a decimal comma") == 1 and text.count("INVALID_PRICE") == 4
    assert "37 more: price has a decimal comma (lines 5, 6, 7, 8, 9, ...)" in text
    every = vendor.run_intake("errors", "--all", row["upload_id"], code=0).stdout
    assert every.count("INVALID_PRICE") == 41 and "more:" not in every


def test_a_resend_right_after_the_end_waits_for_the_report(vendor):  # noqa: F811
    rows = [product(vendor.vendor_id, 1, price="dear"), product(vendor.vendor_id, 2)]
    key, version = vendor.put(f"{vendor.vendor_id}_20260501_130000.csv", file_of(rows))
    wait_until(lambda: (vendor.upload(key, version) or {}).get("status") == "partial", 60)
    plan = vendor.run_intake("notify", vendor.upload(key, version)["upload_id"], "--dry-run", "--json", code=0).json
    assert "Error report:" in plan["message"] and plan["link_expires_at"]
    assert not any("still being built" in warning for warning in plan["warnings"])
