"""A vendor's file through the whole pipeline: what `check` says before is what the pipeline says after."""

import csv
import io
import random

import pytest

from harness import model
from support import wait_until

COLUMNS = ("vendor_product_id,product_name,category,subcategory,description,sku,brand,price,"
           "compare_at_price,stock_quantity,unit,weight_kg,dimensions_cm,image_url").split(",")


class Vendor:
    """A vendor with files of its own."""

    def __init__(self, stack, database, run_intake, vendor_id, folder):
        self.stack, self.database, self.run_intake = stack, database, run_intake
        self.vendor_id, self.folder = vendor_id, folder
        self.bucket = stack.variables()["S3_BUCKET_NAME"]
        self.s3 = stack.client("s3")

    def key(self, name):
        return f"uploads/{self.vendor_id}/{name}"

    def put(self, name, body, key=None):
        """Puts the bytes; gives (key, version id)."""
        key = key or self.key(name)
        put = self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return key, put["VersionId"]

    def upload(self, key, version):
        rows = self.database.execute(
            "SELECT * FROM upload_history WHERE s3_key = %s AND object_version = %s",
            [key, version]).fetchall()
        return rows[0] if rows else None

    def finished(self, key, version, seconds=60):
        def final():
            """the upload is final and its notice is recorded"""
            row = self.upload(key, version)
            if not row or row["status"] == "processing":
                return None
            sent = self.database.execute("SELECT outcome FROM notifications WHERE upload_id = %s",
                                         [row["upload_id"]]).fetchall()
            return row if sent and sent[0]["outcome"] == "accepted" else None
        final()
        wait_until(final, seconds)
        return self.upload(key, version)

    def errors(self, upload_id):
        return self.database.execute(
            "SELECT row_number, line_number, vendor_product_id, error_type, error_field,"
            " error_message FROM validation_errors WHERE upload_id = %s"
            " ORDER BY row_number, rule_order", [upload_id]).fetchall()

    def products(self, upload_id):
        """By row: the fourteen values, whose they are and their status."""
        rows = self.database.execute("SELECT * FROM products WHERE upload_id = %s",
                                     [upload_id]).fetchall()
        for row in rows:
            for name in ("product_id", "created_at", "updated_at"):
                del row[name]
        return {row["row_number"]: row for row in rows}

    def check(self, name, body):
        path = self.folder / name
        path.write_bytes(body)
        return self.run_intake("check", "--json", "--vendor", self.vendor_id, path).json[0]


@pytest.fixture
def vendor(stack, database, run_intake, new_vendor, tmp_path):
    return Vendor(stack, database, run_intake, new_vendor(), tmp_path)


def product(vendor_id, number, **changes):
    values = {"vendor_product_id": f"P{number}", "product_name": f"Lamp {number}", "category": "Kitchen",
              "sku": f"{vendor_id}-{number}", "price": "12.90", "stock_quantity": "5"}
    values.update(changes)
    return [values.get(column, "") for column in COLUMNS]


def file_of(rows, columns=COLUMNS):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode()


def violations(rows):
    return [(r["row_number"], r["line_number"], r["error_type"], r["error_field"], r["error_message"])
            for r in rows]


def test_a_clean_file_becomes_products_and_a_notice(vendor):
    body = file_of([product(vendor.vendor_id, n) for n in range(1, 31)])
    row = vendor.finished(*vendor.put(f"{vendor.vendor_id}_20260301_090000.csv", body))
    assert row["upload_id"] == f"UPLOAD_20260301_090000_{vendor.vendor_id}"
    assert (row["status"], row["total_records"], row["valid_records"], row["error_records"]) == (
        "completed", 30, 30, 0)
    assert row["error_file_s3_key"] is None
    assert vendor.products(row["upload_id"]) == model.products_of(
        vendor.vendor_id, row["upload_id"], body, without=())
    table = vendor.stack.client("dynamodb")

    def items():
        return table.query(TableName=vendor.stack.variables()["DYNAMODB_TABLE"],
                           KeyConditionExpression="upload_id = :u",
                           ExpressionAttributeValues={":u": {"S": row["upload_id"]}})["Items"]

    def marked():
        """every item is marked as validated"""
        return {item["status"]["S"] for item in items()} == {"validated"}

    wait_until(marked)
    assert [item["record_id"]["S"] for item in items()] == [f"REC_{n:05}" for n in range(1, 31)]


HOSTILE = [
    {"price": "12.999"}, {"price": "=1+1"}, {"price": "١٢"}, {"price": "1e3"}, {"price": "0"},
    {"stock_quantity": "-1"}, {"stock_quantity": "10.0"}, {"stock_quantity": "1.5"},
    {"stock_quantity": "0"}, {"category": "Men"}, {"category": "electronics"},
    {"product_name": "x" * 201}, {"product_name": "日" * 200}, {"product_name": "\x1b[31mred"},
    {"description": "a\u202eb\u200bc"}, {"description": "two\nlines, \"quoted\""},
    {"image_url": "ftp://x"}, {"image_url": "HTTPS://x"}, {"image_url": "http://"},
    {"weight_kg": "0"}, {"weight_kg": "1.234"}, {"compare_at_price": "1.00"},
    {"sku": ""}, {"vendor_product_id": "", "price": "", "category": ""},
    {"brand": "'; DROP TABLE products; --"}, {"brand": "\x00null"}, {"unit": "u" * 21},
    {"dimensions_cm": "9" * 51}, {"subcategory": "Pots", "description": "A pot", "brand": "Kay",
     "compare_at_price": "12.91", "unit": "set", "weight_kg": "0.01", "dimensions_cm": "1 x 2",
     "image_url": "https://example.com/a.jpg", "price": "0.01", "stock_quantity": "1000000"},
    {"price": "999999.99", "compare_at_price": "999999.990", "weight_kg": "999999.99"}, {"product_name": "　 padded 　"}, {"brand": "None"},
]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_check_and_the_pipeline_say_the_same(vendor, seed):
    choose = random.Random(seed)
    rows = []
    for number in range(1, 301):
        changes = dict(choose.choice(HOSTILE)) if choose.random() < 0.4 else {}
        if choose.random() < 0.15:
            changes["sku"] = f"{vendor.vendor_id}-{choose.randint(1, number)}"
        if choose.random() < 0.1:
            changes["vendor_product_id"] = f"P{choose.randint(1, number)}"
        row = product(vendor.vendor_id, number, **changes)
        rows.append(row + ["extra"] if choose.random() < 0.03 else row)
    name = f"{vendor.vendor_id}_20260302_10000{seed}.csv"
    body = file_of(rows)
    before = vendor.check(name, body)
    row = vendor.finished(*vendor.put(name, body))
    assert (row["status"], row["total_records"], row["valid_records"], row["error_records"]) == (
        before["status"], before["total_records"], before["valid_records"], before["error_records"])
    assert violations(vendor.errors(row["upload_id"])) == violations(before["errors"])
    rejected = {error["row_number"] for error in before["errors"]}
    assert vendor.products(row["upload_id"]) == model.products_of(
        vendor.vendor_id, row["upload_id"], body, rejected)
    assert before["error_records"] > 50


def test_the_report_and_the_file_to_mend(vendor):
    rows = [product(vendor.vendor_id, 1), product(vendor.vendor_id, 2, price="12.999"),
            product(vendor.vendor_id, 3, product_name="=cmd|'/c calc'!A1", category="Men",
                    description="d" * 150)]
    body = file_of(rows)
    row = vendor.finished(*vendor.put(f"{vendor.vendor_id}_20260303_090000.csv", body))
    key = f"errors/{vendor.vendor_id}/{row['upload_id']}_errors.csv"
    assert row["error_file_s3_key"] == key
    report = vendor.s3.get_object(Bucket=vendor.bucket, Key=key)
    assert report["ContentType"] == "text/csv; charset=utf-8"
    assert report["Metadata"]["upload_id"] == row["upload_id"]
    assert report["Metadata"]["vendor_id"] == vendor.vendor_id
    data = report["Body"].read()
    assert data.startswith(b"\xef\xbb\xbfRow Number,Vendor Product ID,SKU,")
    assert data.count(b"\r\n") == 3
    lines = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [line["Row Number"] for line in lines] == ["2", "3"]
    assert lines[0]["Error Message"] == "price 12.999 has more than two decimals"
    assert lines[1]["Product Name"] == "'=cmd|'/c calc'!A1"
    assert lines[1]["Description"] == "d" * 100 + "..."
    rejected = vendor.s3.get_object(
        Bucket=vendor.bucket, Key=key.replace("_errors.csv", "_rejected.csv"))["Body"].read()
    assert rejected.startswith(b"\xef\xbb\xbf")
    again = rejected.decode("utf-8-sig").splitlines()
    assert again[0] == ",".join(COLUMNS) + ",errors"
    assert again[1].startswith(body.decode().splitlines()[2] + ",")
    mended = rejected.replace(b"12.999", b"12.99").replace(b",Men,", b",Men's Clothing,")
    second = vendor.finished(*vendor.put(f"{vendor.vendor_id}_20260303_100000.csv", mended))
    assert (second["status"], second["total_records"]) == ("completed", 2)


REFUSED = [
    ("EMPTY_FILE", b""), ("EMPTY_FILE", b"\xef\xbb\xbf \r\n\t\n"),
    ("INVALID_ENCODING", b"sku,price\n\xff\xfe,1\n"),
    ("MALFORMED_CSV", (",".join(COLUMNS) + '\na,"b').encode()),
    ("INVALID_HEADER", b"one,two\n1,2\n"), ("INVALID_HEADER", b"sku,SKU ,price\n1,2,3\n"),
    ("MISSING_COLUMN", b"sku,price\n1,2\n"),
    ("EMPTY_FILE", (",".join(COLUMNS) + "\n").encode()),
    ("TOO_MANY_RECORDS", (",".join(COLUMNS) + "\n" + "a,b\n" * 10001).encode()),
    ("FILE_TOO_LARGE", b"x" * 10485761),
]


def test_a_file_that_cannot_be_taken_is_history_and_its_vendor_is_told(vendor):
    placed = []
    for number, (code, body) in enumerate(REFUSED):
        placed.append((code, vendor.put(f"{vendor.vendor_id}_20260304_0900{number:02}.csv", body)))
    for code, (key, version) in placed:
        row = vendor.finished(key, version)
        assert (row["status"], row["failure_code"]) == ("failed", code), key
        assert (row["total_records"], row["valid_records"], row["error_records"]) == (0, 0, 0)
        assert row["failure_reason"]
        assert row["error_file_s3_key"] is None


def test_who_may_upload_and_under_which_name(vendor, new_vendor):
    suspended = new_vendor("suspended")
    body = file_of([product(vendor.vendor_id, 1)])
    cases = [
        ("VENDOR_MISMATCH", f"uploads/{vendor.vendor_id}/VEND001_20260305_090000.csv"),
        ("UNKNOWN_VENDOR", "uploads/NOBODY-1/NOBODY-1_20260305_090000.csv"),
        ("VENDOR_NOT_ACTIVE", f"uploads/{suspended}/{suspended}_20260305_090000.csv"),
        ("INVALID_FILE_NAME", f"uploads/{vendor.vendor_id}/x/{vendor.vendor_id}_20260305_090000.csv"),
        ("INVALID_FILE_NAME", f"uploads/{vendor.vendor_id}/no-underscore.csv"),
    ]
    for code, key in cases:
        row = vendor.finished(*vendor.put(None, body, key=key))
        assert (row["status"], row["failure_code"]) == ("failed", code), key


@pytest.mark.parametrize("name", ["a+b %41 ü.csv", "plus+ and 100%.csv", "20260230_090000.csv"])
def test_keys_with_odd_characters_and_names_without_a_time(vendor, name):
    body = file_of([product(vendor.vendor_id, name.encode().hex())])
    row = vendor.finished(*vendor.put(f"{vendor.vendor_id}_{name}", body))
    assert row["status"] == "completed"
    assert row["file_name"] == f"{vendor.vendor_id}_{name}"
    assert row["upload_id"] == row["upload_timestamp"].astimezone(
        __import__("datetime").timezone.utc).strftime(f"UPLOAD_%Y%m%d_%H%M%S_{vendor.vendor_id}")


def test_the_same_key_with_other_content_is_a_new_upload(vendor):
    name = f"{vendor.vendor_id}_20260306_090000.csv"
    ids = []
    for number in range(3):
        body = file_of([product(vendor.vendor_id, number)])
        ids.append(vendor.finished(*vendor.put(name, body))["upload_id"])
    base = f"UPLOAD_20260306_090000_{vendor.vendor_id}"
    assert ids == [base, base + "_R2", base + "_R3"]


def test_a_field_of_ten_megabytes_is_an_error_of_its_record_alone(vendor):
    big = product(vendor.vendor_id, 2, description="x" * 10_000_000)
    body = file_of([product(vendor.vendor_id, 1), big, product(vendor.vendor_id, 3)])
    row = vendor.finished(*vendor.put(f"{vendor.vendor_id}_20260307_090000.csv", body))
    assert (row["status"], row["valid_records"], row["error_records"]) == ("partial", 2, 1)
    errors = vendor.errors(row["upload_id"])
    assert [e["error_type"] for e in errors] == ["FIELD_LENGTH_EXCEEDED"]
    assert "10000000" in errors[0]["error_message"]


def test_the_first_in_the_file_wins_in_every_run(vendor):
    for run in range(5):
        rows = [product(vendor.vendor_id, f"{run}-{n}", sku=f"{vendor.vendor_id}-{run}-{n % 40}")
                for n in range(160)]
        row = vendor.finished(*vendor.put(f"{vendor.vendor_id}_20260308_09000{run}.csv", file_of(rows)))
        assert (row["valid_records"], row["error_records"]) == (40, 120)
        rejected = {e["row_number"] for e in vendor.errors(row["upload_id"])}
        assert rejected == set(range(41, 161))


def test_no_vendor_sees_another(vendor, database):
    """A duplicate of another vendor's SKU does not name that vendor."""
    other = f"{vendor.vendor_id}-taken"
    first = vendor.finished(*vendor.put(f"{vendor.vendor_id}_20260309_090000.csv",
                                        file_of([product(vendor.vendor_id, 1, sku=other)])))
    assert first["status"] == "completed"
    database.execute("INSERT INTO vendors (vendor_id, vendor_name, email) VALUES (%s, 'x', 'x@example.com')"
                     " ON CONFLICT DO NOTHING", ["SECOND-" + vendor.vendor_id])
    key = f"uploads/SECOND-{vendor.vendor_id}/SECOND-{vendor.vendor_id}_20260309_090000.csv"
    second = vendor.finished(*vendor.put(None, file_of([product("x", 1, sku=other)]), key=key))
    errors = vendor.errors(second["upload_id"])
    assert [e["error_type"] for e in errors] == ["DUPLICATE_SKU"]
    assert not any(vendor.vendor_id + "_" in e["error_message"] for e in errors)
    assert "already in the catalogue" in errors[0]["error_message"]
