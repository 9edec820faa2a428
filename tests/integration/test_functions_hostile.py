"""Whatever bytes a legal file holds, it reaches an outcome, one notice and reports within their limits,
in functions of the size that the template gives them."""

import csv
import io
import json

import pytest
from functions_rig import rig  # noqa: F401
from harness import triggers

COLUMNS = ["vendor_product_id", "product_name", "category", "subcategory", "description", "sku", "brand",
           "price", "compare_at_price", "stock_quantity", "unit", "weight_kg", "dimensions_cm",
           "image_url"]
TEMPLATE_KIB = {"csv-parser": 512 * 1024, "product-validator": 512 * 1024,
                "error-processor": 256 * 1024}
REPORT_MAX = 32 * 1024 * 1024
DATABASE_MAX = 64 * 1024 * 1024
MESSAGE_MAX = 262144
FILE_MAX = 10485760
LONG = ["product_name", "subcategory", "description", "brand", "unit", "dimensions_cm", "image_url",
        "weight_kg", "compare_at_price"]


def line(number, extra=(), **changes):
    values = {"vendor_product_id": "P%d" % number, "product_name": "Lamp", "category": "Books",
              "sku": "H-%d" % number, "price": "10.00", "stock_quantity": "1"}
    values.update(changes)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([values.get(name, "") for name in COLUMNS] + list(extra))
    return out.getvalue()


def with_one(text):
    """Four good records and one whose nine long columns hold this text."""
    rows = [line(number) for number in range(1, 6)]
    rows[2] = line(3, **{name: text for name in LONG})
    return rows


def whole(text, records):
    """Records that are as big as a record can be, until the file is full."""
    return [line(number, **{name: text for name in LONG}) for number in range(1, records + 1)]


def several(records, width):
    """Records with many violations each, and long originals."""
    return [line(number, product_name="", price="abc", stock_quantity="-1", category="none",
                 compare_at_price="x", weight_kg="y", image_url="z", unit="u" * 30,
                 description="%05d" % number * (width // 5))
            for number in range(1, records + 1)]


def padded(records, columns):
    """A header of thousands of columns that nobody knows, and records that hold a few fields."""
    return [line(number, price="x") for number in range(1, records + 1)]


SMALL = {
    "controls": with_one("\x01" * 5000),
    "quotes": with_one('"' * 5000),
    "backslashes": with_one("\\" * 5000),
    "plain": with_one("plain text " * 3000),
    "four bytes": with_one("\U0001f600" * 9000),
    "invisible": with_one("a\u00ad" * 9000),
    "nothing but NUL": with_one("a" + "\x00" * 5000 + "b"),
}
LARGE = {
    "records of controls": lambda: whole("\x01" * 32000, 10),
    "records of quotes": lambda: whole("'\"" * 8000, 10),
    "many records": lambda: several(500, 700),
}
def pass_through(rig, name, rows, header=None):
    """Uploads a file of these rows and delivers until nothing moves; answers its upload."""
    body = (header or ",".join(COLUMNS) + "\n") + "".join(rows)
    body = body.encode()
    assert len(body) <= FILE_MAX
    key = "uploads/VEND001/VEND001_20260102_%06d.csv" % name
    event = rig.put(key, body)
    assert rig.upload_trigger.send(event).ok, rig.parser.log_lines()[-3:]
    rig.settle(seconds=120)
    found = rig.query("SELECT * FROM upload_history WHERE s3_key = %s", key)
    assert len(found) == 1
    return found[0]


def database_bytes(rig):
    """What uploads cost when they are at rest: what was deleted since gives its room back."""
    for table in ("outbox", "validation_errors", "upload_records"):
        rig.execute("VACUUM " + table)
    return rig.query("SELECT pg_database_size(current_database()) AS n")[0]["n"]


def judge(rig, upload, records, errors):
    assert upload["status"] in ("completed", "partial", "failed"), rig.validator.log_lines()[-3:]
    assert (upload["total_records"], upload["error_records"]) == (records, errors)
    upload_id = upload["upload_id"]
    notices = [n for n in rig.notices() if n["MessageAttributes"]["upload_id"]["Value"] == upload_id]
    assert len(notices) == 1
    assert len(notices[0]["Message"].encode()) <= MESSAGE_MAX
    assert rig.query("SELECT count(*) AS n FROM outbox")[0]["n"] == 0
    for url in (rig.error_dlq, rig.parser_dlq, rig.validator_dlq):
        assert rig.messages(url) == []
    for kind in ("errors", "rejected"):
        body, versions = rig.object("errors/VEND001/%s_%s.csv" % (upload_id, kind))
        assert versions == (1 if errors else 0)
        assert body is None or len(body) <= REPORT_MAX
    statuses = [item["status"]["S"] for item in rig.items(upload_id)]
    assert sorted(statuses) == ["error"] * errors + ["validated"] * (records - errors)
    for function in rig.functions.values():
        assert function.peak_kib < TEMPLATE_KIB[function.name], (function.name, function.peak_kib)


def test_whatever_a_record_holds_it_is_judged(rig):
    for number, (shape, rows) in enumerate(SMALL.items()):
        judge(rig, pass_through(rig, number, rows), 5, 1)


@pytest.mark.parametrize("shape", LARGE, ids=lambda shape: shape.replace(" ", "-"))
def test_a_file_full_of_it_costs_no_more_than_it_may(rig, shape):
    rows = LARGE[shape]()
    before = database_bytes(rig)
    share = max(len(rows) / 10000, sum(map(len, rows)) / FILE_MAX)  # of a file as large as it may be
    judge(rig, pass_through(rig, 1, rows), len(rows), len(rows))
    cost = database_bytes(rig) - before
    print({f.name: f.peak_kib // 1024 for f in rig.functions.values()}, cost / 2**20)
    print(rig.query("SELECT relname, pg_total_relation_size(oid) n, pg_relation_size(oid) h, pg_indexes_size(oid) i FROM pg_class WHERE relkind='r' ORDER BY 2 DESC LIMIT 6"))
    assert cost <= DATABASE_MAX * share
