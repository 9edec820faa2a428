"""Whatever bytes a legal file holds, it reaches an outcome, one notice and reports within their limits,
in functions of the size that the template gives them."""

import csv
import io
import json

import psycopg
import pytest
from functions_rig import rig  # noqa: F401
from harness.triggers import EVENT_MAX

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


def with_one(first, text):
    """Four good records and one whose nine long columns hold this text."""
    return [line(number, **{name: text for name in LONG if number == first + 2})
            for number in range(first, first + 5)]


def whole(text, records):
    """Records that are as big as a record can be."""
    return [line(number, **{name: text for name in LONG}) for number in range(1, records + 1)]


def several(records, width):
    """Records with many violations each, and long originals."""
    return [line(number, product_name="", price="abc", stock_quantity="-1", category="none",
                 compare_at_price="x", weight_kg="y", image_url="z", unit="u" * 30,
                 description="%05d" % number * (width // 5))
            for number in range(1, records + 1)]


def every_rule(records, product_id):
    """Records of a ten-thousandth of a file, each of which breaks as many rules as that has room for."""
    limits = {"product_name": 200, "subcategory": 100, "brand": 100, "unit": 20, "dimensions_cm": 50,
              "sku": 100}
    rows = []
    for number in range(1, records + 1):
        values = {name: "\x01\x02%05d" % number + "\x01" * (limit - 6) for name, limit in limits.items()}
        values.update(vendor_product_id=product_id % number, category="\x03" * 8 + "c", price="\x01" * 9,
                      stock_quantity="\x01" * 9, weight_kg="\x02" * 9, compare_at_price="\x03" * 9,
                      image_url="\x04" * 9)
        room = FILE_MAX // 10000 - len(line(number, ["e"], **values).encode())
        rows.append(line(number, ["e"], description=("\x05%d" % number).ljust(room, "\x06"), **values))
        assert len(rows[-1].encode()) <= FILE_MAX // 10000
    return rows


SMALL = {
    "controls": "\x01" * 5000,
    "quotes": '"' * 5000,
    "backslashes": "\\" * 5000,
    "plain": "plain text " * 3000,
    "four bytes": "\U0001f600" * 9000,
    "invisible": "a\u00ad" * 9000,
    "NUL": "a" + "\x00" * 5000 + "b",
    "no characters": "\ufffe\uffff" * 5000,
}
LARGE = {
    "records of controls": lambda: whole("\x01" * 32000, 10),
    "records of quotes": lambda: whole("'\"" * 8000, 10),
    "many records": lambda: several(500, 700),
    "every rule at once": lambda: every_rule(500, "\x07%05d" + "p" * 96),
    "every rule and a long id": lambda: every_rule(500, "%05d" + "\U0001f600" * 95),
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
    for table in ("outbox", "violation_rows", "violation_packs", "upload_records"):
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
    for number, text in enumerate(SMALL.values()):
        judge(rig, pass_through(rig, number, with_one(10 * number, text)), 5, 1)


@pytest.mark.alone
def test_an_event_of_all_that_an_invocation_carries(rig):
    """Six megabytes, and their escapes beside them: a batch goes through at once, within the memory."""
    event = rig.put("uploads/VEND001/VEND001_20260102_120000.csv",
                    (",".join(COLUMNS) + "\n" + "".join(whole("\x01" * 32000, 15))).encode())
    assert rig.upload_trigger.send(event).ok
    batch = rig.stream.event(rig.stream_records())
    assert len(batch["Records"]) == 15 and len(json.dumps(batch)) > 5 * EVENT_MAX
    assert not failures(rig.validator.invoke(batch))
    rig.settle()
    message = {"messageId": "1", "body": json.dumps({"upload_id": "U", "vendor_id": "V", "record_id": "R",
                                                     "error_type": "INVALID_PRICE", "x": '"' * 200000})}
    assert not failures(rig.processor.invoke({"Records": [message] * 10}))
    assert len(json.dumps({"Records": [message] * 10})) > EVENT_MAX
    for function in rig.functions.values():
        assert function.peak_kib < TEMPLATE_KIB[function.name], (function.name, function.peak_kib)


def test_a_header_of_a_million_columns(rig):
    """Each record would be filled up to it in the file of the rejected ones."""
    rows = [line(number, price="x") for number in range(1, 101)]
    upload = pass_through(rig, 1, rows, ",".join(COLUMNS) + "," * 1000000 + "\n")
    judge(rig, upload, 100, 100)
    rejected, _ = rig.object("errors/VEND001/%s_rejected.csv" % upload["upload_id"])
    kept = rejected.count(b"INVALID_PRICE")
    assert 0 < kept < 100
    assert b"; [cut: %d more records]\"" % (100 - kept) in rejected[-100:]
    report, _ = rig.object(upload["error_file_s3_key"])
    assert report.count(b"INVALID_PRICE") == 100


def two_vendors(rig):
    """A batch of the stream with records of two vendors; the records of each."""
    records = []
    for vendor in ("VEND001", "VEND002"):
        rows = [line(number, vendor_product_id=vendor, sku=vendor) for number in (1, 2)]
        rows.append(line(3, vendor_product_id=vendor + "-3", sku=vendor + "-3"))
        event = rig.put("uploads/%s/%s_20260102_120000.csv" % (vendor, vendor),
                        (",".join(COLUMNS) + "\n" + "".join(rows)).encode())
        assert rig.upload_trigger.send(event).ok
        records.append(rig.stream_records())
        assert len(records[-1]) == 3
    return records


def failures(result):
    assert result.ok, result.document
    return {failure["itemIdentifier"] for failure in result.document["batchItemFailures"]}


def number_of(record):
    return record["dynamodb"]["SequenceNumber"]


def row_of(record):
    return int(record["dynamodb"]["NewImage"]["row_number"]["N"])


def outcomes(rig, vendor):
    return {row["row_number"]: row["outcome"] for row in rig.query(
        "SELECT row_number, outcome FROM upload_records JOIN upload_history USING (upload_id)"
        " WHERE vendor_id = %s", vendor)}


def test_a_row_that_waits_holds_up_nobody_else(rig):
    mine, others = two_vendors(rig)
    first = next(record for record in mine if row_of(record) == 1)
    image = first["dynamodb"]["NewImage"]
    rig.dynamodb.delete_item(TableName=rig.table, Key={name: image[name]
                                                       for name in ("upload_id", "record_id")})
    later = [record for record in mine if row_of(record) != 1]
    failed = failures(rig.validator.invoke(rig.stream.event(later + others)))
    assert failed == {number_of(record) for record in mine if row_of(record) == 2}
    assert outcomes(rig, "VEND002") == {1: "valid", 2: "error", 3: "valid"}
    assert outcomes(rig, "VEND001") == {3: "valid"}
    rig.dynamodb.put_item(TableName=rig.table, Item=image)
    assert not failures(rig.validator.invoke(rig.stream.event(later + others)))
    assert outcomes(rig, "VEND001") == {1: "valid", 2: "error", 3: "valid"}
    rig.settle()
    assert len(rig.notices()) == 2


def test_an_upload_that_is_locked_holds_up_nobody_else(rig):
    mine, others = two_vendors(rig)
    with psycopg.connect(rig.dsn) as operator:
        operator.execute("SELECT FROM upload_history WHERE vendor_id = 'VEND001' FOR UPDATE")
        failed = failures(rig.validator.invoke(rig.stream.event(mine + others)))
        assert failed == {number_of(record) for record in mine}
        assert outcomes(rig, "VEND002") == {1: "valid", 2: "error", 3: "valid"}
        assert outcomes(rig, "VEND001") == {}
    assert not failures(rig.validator.invoke(rig.stream.event(mine + others)))
    assert outcomes(rig, "VEND001") == {1: "valid", 2: "error", 3: "valid"}
    rig.settle()
    assert len(rig.notices()) == 2


def test_a_record_that_the_database_refuses_fails_alone(rig):
    """Whatever is wrong with one record, its item alone comes again; here a constraint refuses it."""
    mine, others = two_vendors(rig)
    rig.execute("ALTER TABLE products ADD CONSTRAINT odd CHECK (sku <> 'VEND001-3')")
    failed = failures(rig.validator.invoke(rig.stream.event(mine + others)))
    assert failed == {number_of(record) for record in mine if row_of(record) == 3}
    assert outcomes(rig, "VEND001") == {1: "valid", 2: "error"}
    assert outcomes(rig, "VEND002") == {1: "valid", 2: "error", 3: "valid"}
    rig.execute("ALTER TABLE products DROP CONSTRAINT odd")
    assert not failures(rig.validator.invoke(rig.stream.event(mine + others)))
    rig.settle()
    assert len(rig.notices()) == 2


@pytest.mark.slow
@pytest.mark.parametrize("shape", LARGE, ids=lambda shape: shape.replace(" ", "-"))
def test_a_file_full_of_it_costs_no_more_than_it_may(rig, shape):
    rows = LARGE[shape]()
    before = database_bytes(rig)
    share = max(len(rows) / 10000, sum(map(len, rows)) / FILE_MAX)  # of a file as large as it may be
    judge(rig, pass_through(rig, 1, rows), len(rows), len(rows))
    cost = database_bytes(rig) - before
    assert cost <= DATABASE_MAX * share
