"""What the tests of the operators' actions share: a vendor with uploads, a paused validator, counting proxies."""

import contextlib
import csv
import io
import re
import subprocess
import urllib.parse

import pytest
from support import BUILD, ROOT, wait_until
from harness.aws_proxy import AwsProxy
from harness.pg_proxy import PgProxy

COLUMNS = ("vendor_product_id,product_name,category,subcategory,description,sku,brand,price,"
           "compare_at_price,stock_quantity,unit,weight_kg,dimensions_cm,image_url").split(",")
READ_CALLS = re.compile(r"\.(Get|BatchGet|Head|List|Describe|Query|Scan)")
WRITES = re.compile(r"^\s*(WITH\b.*\b(INSERT|UPDATE|DELETE)\b|INSERT|UPDATE|DELETE|TRUNCATE|CREATE|COPY)|FOR UPDATE",
                    re.IGNORECASE | re.DOTALL)


@contextlib.contextmanager
def proxies(stack):
    """Proxies before AWS and the database, and the environment that leads through them."""
    values = stack.variables()
    database = urllib.parse.urlsplit(values["INTAKE_DATABASE_URL"])
    aws, postgres = AwsProxy(values["AWS_ENDPOINT_URL"]), PgProxy(database.hostname, database.port)
    def environment(role="operator"):
        own = stack.variables(role)
        return {"AWS_ENDPOINT_URL": aws.url, "AWS_MAX_ATTEMPTS": "1", "INTAKE_DATABASE_URL":
                own["INTAKE_DATABASE_URL"].replace(f":{database.port}/", f":{postgres.port}/")}
    with contextlib.ExitStack() as last:
        last.callback(aws.stop)
        last.callback(postgres.stop)
        yield aws, postgres, environment


def product(vendor_id, number, **changes):
    values = {"vendor_product_id": f"P{number}", "product_name": f"Lamp {number}", "category": "Kitchen",
              "sku": f"{vendor_id}-{number}", "price": "12.90", "stock_quantity": "5"}
    values.update(changes)
    return [values.get(column, "") for column in COLUMNS]


def file_of(rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return out.getvalue().encode()


class Desk:
    """One vendor's uploads, and an operator who acts on them."""

    def __init__(self, stack, database, run_intake, vendor_id):
        self.stack, self.database, self.run, self.vendor_id = stack, database, run_intake, vendor_id
        self.names = stack.variables()
        self.s3, self.table, self.sns = stack.client("s3"), stack.client("dynamodb"), stack.client("sns")

    # ---- uploads
    def put(self, rows, name="20260301_090000"):
        key = f"uploads/{self.vendor_id}/{self.vendor_id}_{name}.csv"
        version = self.s3.put_object(Bucket=self.names["S3_BUCKET_NAME"], Key=key,
                                     Body=rows.encode() if isinstance(rows, str) else file_of(rows))["VersionId"]
        def claimed():
            """the upload is in the history"""
            return self.database.execute(
                "SELECT upload_id FROM upload_history WHERE s3_key = %s AND object_version = %s",
                [key, version]).fetchone()
        return wait_until(claimed, 60)["upload_id"]

    def submit(self, rows, name="20260301_090000"):
        """Puts the file and waits until its automatic notice was accepted."""
        upload_id = self.put(rows, name)
        def noticed():
            """the automatic notice is accepted"""
            return self.database.execute("SELECT 1 FROM notifications WHERE upload_id = %s AND kind = 'completed'"
                                         " AND outcome = 'accepted'", [upload_id]).fetchone()
        wait_until(noticed, 60)
        return upload_id

    def written(self, upload_id):
        def all_items():
            """every item is in the table"""
            return self.history(upload_id)["items_written_at"]
        wait_until(all_items, 60)

    def history(self, upload_id):
        return self.database.execute("SELECT * FROM upload_history WHERE upload_id = %s", [upload_id]).fetchone()

    def ledger(self, upload_id):
        rows = self.database.execute("SELECT * FROM upload_records WHERE upload_id = %s ORDER BY row_number",
                                     [upload_id]).fetchall()
        return {row["row_number"]: dict(row, revision=row["revision"] or 0) for row in rows}

    def violations(self, upload_id):
        return [tuple(row.values()) for row in self.database.execute(
            "SELECT row_number, error_type, error_field, error_message FROM validation_errors"
            " WHERE upload_id = %s ORDER BY row_number, rule_order", [upload_id]).fetchall()]

    def products(self, upload_id):
        return {row["row_number"] for row in self.database.execute(
            "SELECT row_number FROM products WHERE upload_id = %s", [upload_id]).fetchall()}

    def notices(self, upload_id, kind="resend"):
        return self.database.execute("SELECT * FROM notifications WHERE upload_id = %s AND kind = %s ORDER BY id",
                                     [upload_id, kind]).fetchall()

    def audits(self, target, action=None):
        return self.database.execute("SELECT * FROM audit_log WHERE target = %s AND action = coalesce(%s, action)"
                                     " ORDER BY id", [target, action]).fetchall()

    def items(self, upload_id):
        found = self.table.query(TableName=self.names["DYNAMODB_TABLE"], KeyConditionExpression="upload_id = :u",
                                 ExpressionAttributeValues={":u": {"S": upload_id}}, ConsistentRead=True)["Items"]
        return {int(item["row_number"]["N"]): item for item in found}

    def drop_items(self, upload_id, rows):
        for row in rows:
            self.table.delete_item(TableName=self.names["DYNAMODB_TABLE"],
                                   Key={"upload_id": {"S": upload_id}, "record_id": {"S": f"REC_{row:05}"}})

    def report(self, upload_id):
        """The bytes and versions of the two report files; None where there is none."""
        found = {}
        for kind in ("errors", "rejected"):
            try:
                got = self.s3.get_object(Bucket=self.names["S3_BUCKET_NAME"],
                                         Key=f"errors/{self.vendor_id}/{upload_id}_{kind}.csv")
                found[kind] = (got["VersionId"], got["Body"].read())
            except self.s3.exceptions.NoSuchKey:
                found[kind] = None
        return found

    def state(self, upload_id):
        """Everything that an action on the upload could change."""
        return (self.history(upload_id), self.ledger(upload_id), self.violations(upload_id),
                self.products(upload_id), self.items(upload_id), self.report(upload_id),
                self.database.execute("SELECT * FROM upload_reports WHERE upload_id = %s ORDER BY kind",
                                      [upload_id]).fetchall())

    # ---- the operator
    def revalidate(self, upload_id, *arguments, code=None, **how):
        return self.run("revalidate", upload_id, "--json", *arguments, code=code, **how).json

    def category(self, name, active=True):
        self.database.execute(
            "INSERT INTO product_categories (category_name, is_active) VALUES (%s, %s)"
            " ON CONFLICT (category_name) DO UPDATE SET is_active = excluded.is_active", [name, active])

    def start(self, *arguments, role="operator", env=None):
        return subprocess.Popen([BUILD / "intake", *arguments], text=True, cwd=ROOT, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=self.stack.environment(role, **(env or {})))

    def proxies(self):
        return proxies(self.stack)

    def prove_dry(self, *arguments, role="viewer"):
        """Runs a command as a dry run, and proves that it sent nothing that writes."""
        with self.proxies() as (aws, postgres, environment):
            done = self.run(*arguments, "--dry-run", "--json", role=role, env=environment(role))
            assert done.returncode == 0, done.stderr
            assert aws.calls or postgres.statements
            assert [call for call in aws.counts() if not READ_CALLS.search(call)] == []
            assert [s.text for s in postgres.statements if WRITES.search(s.text)] == []
        return done.json


@pytest.fixture
def desk(stack, database, run_intake, new_vendor):
    return Desk(stack, database, run_intake, new_vendor())


@pytest.fixture
def category(desk):
    """A category's name that is none yet; whatever the test makes of it, none again afterwards."""
    name = f"Gadgets of {desk.vendor_id}"
    yield name
    desk.category(name, False)


def mapping_switch(stack, function):
    """switch(False) has the function's queue or stream rest, switch(True) go on; each waits until it is so."""
    functions = stack.client("lambda")
    [mapping] = functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    def switch(on):
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=on)
        def switched():
            """the mapping is as it was asked to be"""
            state = functions.get_event_source_mapping(UUID=mapping["UUID"])["State"]
            return state == ("Enabled" if on else "Disabled")
        wait_until(switched)
    return switch


@pytest.fixture
def paused(stack):
    """The validator's mapping is off: items stay without an outcome."""
    switch = mapping_switch(stack, "product-validator")
    switch(False)
    yield switch
    switch(True)


def reasons(changes):
    return {change["row_number"]: (change["before"], change["after"]) for change in changes}


__all__ = ["COLUMNS", "Desk", "category", "desk", "file_of", "json", "paused", "product", "reasons"]
