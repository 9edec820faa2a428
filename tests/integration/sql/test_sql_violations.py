"""Violations that lie together are seen, changed and taken away like rows of a table."""

import json

import psycopg
import pytest

from sql_cluster import cluster, shop  # noqa: F401

UPLOAD = "UPLOAD_20260401_090000_VEND001"
ORDER = "SELECT rule_order, error_type, error_field, error_message FROM validation_errors WHERE upload_id = %s" \
        " AND row_number = %s ORDER BY rule_order"
FOUND = [(1, "A", "price", "first"), (2, "B", None, "the 'second' \"one\""), (3, "C", "sku", "third"), (4, "C", "unit", "")]


@pytest.fixture
def packed(shop):
    """Two records of an upload: the violations behind the first one of each lie together."""
    with shop.connect() as owner:
        owner.execute("DELETE FROM upload_history WHERE upload_id = %s", [UPLOAD])
        owner.execute("INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, total_records)"
                      " VALUES (%s, 'VEND001', 'f', 'k', 2)", [UPLOAD])
        for row in (1, 2):
            owner.execute("INSERT INTO validation_errors (upload_id, vendor_id, row_number, line_number, record_id,"
                          " vendor_product_id, error_type, error_field, error_message, original_data)"
                          " VALUES (%s, 'VEND001', %s, 7, 'REC', 'P', 'A', 'price', 'first', '{\"price\": \"x\"}')",
                          [UPLOAD, row])
            owner.execute("INSERT INTO violation_packs VALUES (%s, %s, %s)",
                          [UPLOAD, row, json.dumps([one[1:] for one in FOUND[1:]])])
        yield owner


def of_row(owner, row):
    return owner.execute(ORDER, [UPLOAD, row]).fetchall()


def test_each_is_seen_with_what_its_record_has(packed):
    assert of_row(packed, 1) == of_row(packed, 2) == FOUND
    same = packed.execute("SELECT DISTINCT vendor_id, line_number, record_id, vendor_product_id, created_at IS NULL"
                          " FROM validation_errors WHERE upload_id = %s", [UPLOAD]).fetchall()
    assert same == [("VEND001", 7, "REC", "P", False)]
    details = packed.execute("SELECT original_data FROM violation_details WHERE upload_id = %s", [UPLOAD]).fetchall()
    assert details == [({"price": "x"},)] * 8


def test_one_that_is_changed_changes_alone(packed):
    packed.execute("UPDATE validation_errors SET error_message = 'other' WHERE upload_id = %s AND row_number = 1"
                   " AND rule_order = 3", [UPLOAD])
    assert of_row(packed, 1) == [*FOUND[:2], (3, "C", "sku", "other"), FOUND[3]]
    assert of_row(packed, 2) == FOUND
    packed.execute("UPDATE validation_errors SET error_type = 'Z' WHERE upload_id = %s", [UPLOAD])
    assert [one[1] for one in of_row(packed, 2)] == ["Z"] * 4


def test_one_that_is_taken_away_leaves_the_others(packed):
    gone = packed.execute("DELETE FROM validation_errors WHERE upload_id = %s AND row_number = 2 AND rule_order = 2",
                          [UPLOAD])
    assert gone.rowcount == 1
    assert of_row(packed, 2) == [FOUND[0], *FOUND[2:]]
    packed.execute("DELETE FROM validation_errors WHERE upload_id = %s", [UPLOAD])
    assert of_row(packed, 1) == of_row(packed, 2) == []
    assert packed.execute("SELECT count(*) FROM violation_packs").fetchone() == (0,)


def test_one_that_is_added_comes_behind_them(packed):
    packed.execute("INSERT INTO validation_errors (upload_id, row_number, error_type, error_message)"
                   " VALUES (%s, 1, 'N', 'new')", [UPLOAD])
    assert of_row(packed, 1) == [*FOUND, (5, "N", None, "new")]


def test_two_in_one_place_are_refused(packed):
    """What is there stays, and whoever would put another one there hears of it."""
    for place in (1, 3):
        with pytest.raises(psycopg.errors.UniqueViolation):
            packed.execute("INSERT INTO validation_errors (upload_id, row_number, rule_order, error_type,"
                           " error_message) VALUES (%s, 1, %s, 'N', 'new')", [UPLOAD, place])
    assert of_row(packed, 1) == FOUND
