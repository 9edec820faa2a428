"""The orders of the lists: page by page, both ways, each against one plain ORDER BY of the whole."""

import os
import random
import subprocess

import pytest

from sql_cluster import BUILD, cluster  # noqa: F401

PROBE = BUILD / "tests" / "history_probe"
UPLOAD = "UPLOAD_20260101_000000_VEND001"
TEXTS = ["", "a", "A", "b\tc", "line\nbreak", "'quoted'", 'say "x"', "$1 ? \\", "Zürich", "東京", "😀", "%_", "NULL"]

STUCK = """CASE WHEN h.status = 'processing' AND greatest(h.upload_timestamp, h.processing_started_at) <
           now() - interval '15 minutes' THEN 'stuck' ELSE h.status END"""
ORIGINAL = "coalesce(e.original_data, l.original_data)"
UPLOADS = [None, "h.upload_timestamp", "h.upload_id", STUCK, "h.valid_records", "h.error_records", "h.total_records",
           "h.processing_duration_seconds", "coalesce(v.vendor_name, h.vendor_id)", "h.file_name",
           "coalesce(h.failure_code || ': ' || h.failure_reason, h.failure_reason, h.failure_code)"]
VIOLATIONS = [None, "e.row_number", "coalesce(e.line_number, l.line_number)", "e.error_type", "e.error_field",
              f"{ORIGINAL} ->> e.error_field", "e.error_message", "e.vendor_product_id",
              "coalesce(l.sku, e.original_data ->> 'sku')"]
PRODUCTS = [None, "p.sku", "p.product_name", "p.price", "p.stock_quantity", "p.status", "p.category", "p.vendor_id",
            "p.vendor_product_id", "p.upload_id"]
VENDORS = [None, "v.vendor_id", "v.vendor_name", "v.status", "v.email", "v.uploads", "v.records", "v.errors", "v.products",
           "v.last_upload_at"]
COUNTED = """(SELECT v.*, h.*, (SELECT count(*) FROM products p WHERE p.vendor_id = v.vendor_id) AS products
    FROM vendors v CROSS JOIN LATERAL (SELECT count(*) AS uploads, coalesce(sum(total_records), 0) AS records,
         coalesce(sum(error_records), 0) AS errors, max(upload_timestamp) AS last_upload_at
    FROM upload_history h WHERE h.vendor_id = v.vendor_id) h) v"""
AUDIT = [None, "a.at", "a.actor", "a.role", "a.action", "a.target", "a.outcome", "a.reason"]
NUMBERS = {"h.upload_timestamp", "h.valid_records", "h.error_records", "h.total_records",
           "h.processing_duration_seconds", "e.row_number", "coalesce(e.line_number, l.line_number)", "p.price",
           "p.stock_quantity", "a.at", "v.uploads", "v.records", "v.errors", "v.products", "v.last_upload_at"}
# list: what names a row, where it comes from, its own key, the way that goes, the orders
LISTS = {
    "uploads": ("h.upload_id", "upload_history h LEFT JOIN vendors v USING (vendor_id)",
                ["h.upload_timestamp", "h.upload_id"], "DESC", UPLOADS),
    "violations": ("e.row_number * 100 + e.rule_order", "validation_errors e LEFT JOIN upload_records l"
                   f" USING (upload_id, row_number) WHERE e.upload_id = '{UPLOAD}'",
                   ["e.row_number", "e.rule_order"], "", VIOLATIONS),
    "products": ("p.product_id", "products p", ["p.product_id"], "", PRODUCTS),
    "vendors": ("v.vendor_id", COUNTED, ["v.vendor_id"], "", VENDORS),
    "audit": ("a.id", "audit_log a", ["a.at", "a.id"], "DESC", AUDIT),
}


def fill(connection):
    pick = random.Random(20260101)
    texts = lambda: pick.choice([None, *TEXTS])  # noqa: E731
    for vendor, name in (("VEND001", "TechGear"), ("VEND002", "Ärger"), ("VEND003", "TechGear")):
        connection.execute("INSERT INTO vendors (vendor_id, vendor_name) VALUES (%s, %s)", [vendor, name])
    for number in range(80):
        connection.execute("INSERT INTO vendors (vendor_id, vendor_name, email, status) VALUES (%s, %s, %s, %s)",
                           [f"W{pick.randrange(10**9)}", pick.choice(TEXTS), texts(), pick.choice(["active", "suspended"])])
    more = [row[0] for row in connection.execute("SELECT vendor_id FROM vendors WHERE vendor_id LIKE 'W%' LIMIT 20")]
    for number in range(137):
        total = pick.randrange(3)
        bad = pick.randrange(total + 1)
        status = pick.choice(["processing", "completed", "partial", "failed"])
        minute = 0 if number == 0 else pick.randrange(40)
        connection.execute(
            "INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, bucket, object_version, status,"
            " total_records, valid_records, error_records, failure_code, failure_reason, upload_timestamp,"
            " processing_started_at, processing_completed_at) VALUES (%s, %s, %s, 'k', 'b', %s, %s, %s, %s, %s, %s, %s,"
            " now() - %s * interval '1 minute', now() - interval '1 hour',"
            " now() - interval '1 hour' + %s * interval '1 millisecond')",
            [UPLOAD if number == 0 else f"UPLOAD_{number:05}", pick.choice([None, "VEND001", "VEND002", "VEND9", *more]),
             pick.choice(TEXTS), str(number), status, total, total - bad, bad, pick.choice([None, "CODE", "OTHER"]),
             texts(), minute, pick.choice([None, 5, 5, 1300])])
    for row in range(1, 90):
        for order in range(1, pick.randrange(1, 4)):
            connection.execute(
                "INSERT INTO validation_errors (upload_id, row_number, rule_order, line_number, vendor_product_id,"
                " error_type, error_field, error_message, original_data) VALUES (%s, %s, %s, %s, %s, %s, %s, %s,"
                " jsonb_build_object('sku', %s::text, 'price', %s::text))",
                [UPLOAD, row, order, pick.choice([None, 1, 2, 7]), texts(), pick.choice(["INVALID_PRICE", "INVALID_STOCK"]),
                 pick.choice([None, "price", "sku", "brand"]), pick.choice(TEXTS), texts(), texts()])
    for number in range(150):
        connection.execute(
            "INSERT INTO products (vendor_id, vendor_product_id, product_name, category, sku, price, stock_quantity,"
            " upload_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [pick.choice(["VEND001", "VEND002", "VEND003"]), f"P{number}", pick.choice(TEXTS[1:]),
             pick.choice(["Electronics", "Toys"]), f"{pick.choice(TEXTS)}{number}", pick.choice([1, 9.5, 10, 100.25]),
             pick.randrange(3), texts()])
    for number in range(120):
        connection.execute("INSERT INTO audit_log (action, target, reason, outcome) VALUES (%s, %s, %s, %s)",
                           [pick.choice(["notify", "replay"]), texts(), texts(), pick.choice(["done", "refused"])])


@pytest.fixture(scope="module")
def filled(cluster):  # noqa: F811
    made = cluster.new_database()
    made.migrate()
    with made.connect() as owner:
        fill(owner)
    return made


def plain_order(database, name, column, descending):
    what, source, key, way, orders = LISTS[name]
    by = []
    expression = orders[column]
    if column and expression == key[0]:
        way = "DESC" if descending else ""
    elif column:
        collation = "" if expression in NUMBERS else ' COLLATE "C"'
        by = [f"({expression}){collation} {'DESC' if descending else 'ASC'} NULLS LAST"]
    by += [f"{part} {way}" for part in key]
    with database.connect() as connection:
        return [str(row[0]) for row in connection.execute(f"SELECT {what} FROM {source} ORDER BY {', '.join(by)}")]


def walk(database, name, column, descending, limit):
    done = subprocess.run([PROBE, name, str(column), "desc" if descending else "asc", str(limit), UPLOAD],
                          capture_output=True, text=True, check=False,
                          env={**os.environ, "INTAKE_DATABASE_URL": database.url})
    found = {}
    for line in done.stdout.splitlines():
        key, _, value = line.partition("=")
        found.setdefault(key, []).append(value)
    assert done.returncode == 0 and "error" not in found, done.stdout[-500:]
    return found


ALL = [(name, column, descending) for name, (*_, orders) in LISTS.items() for column in range(len(orders))
       for descending in (False, True)]


@pytest.mark.parametrize("name,column,descending", ALL)
def test_every_page_is_a_part_of_one_order(filled, name, column, descending):
    expected = plain_order(filled, name, column, descending)
    assert len(expected) > 60
    for limit in (1, 7, 1000) if column in (0, 5) else (7,):
        found = walk(filled, name, column, descending, limit)
        assert "wrong" not in found
        assert found["forward"] == expected
        assert found["backward"] == expected
        assert found["exact"] == expected


def test_an_order_of_no_list_is_its_own(filled):
    assert walk(filled, "uploads", 99, True, 50)["forward"] == plain_order(filled, "uploads", 0, False)
