"""What the deployed functions do with the rights of their own roles. `make prove-policies` takes each
statement away and wants one of these, or of the tests named there, to fail."""

import json
import time
import uuid

import pytest

from harness.triggers import s3_event
from support import wait_until

TICK = {"version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "000000000000", "time": "2026-01-02T12:00:00Z", "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:000000000000:rule/sweep"], "detail": {}}
SECONDS = 25
HEADER = "vendor_product_id,product_name,category,sku,price,stock_quantity\n"


class Deployed:
    """The functions as Lambda has them, and what they leave behind."""

    def __init__(self, stack, database):
        self.database = database
        self.bucket = stack.variables()["S3_BUCKET_NAME"]
        self.table = stack.variables()["DYNAMODB_TABLE"]
        self.functions, self.s3, self.dynamodb = map(stack.client, ("lambda", "s3", "dynamodb"))

    def call(self, function, event):
        answer = self.functions.invoke(FunctionName=function, Payload=json.dumps(event))
        payload = answer["Payload"].read().decode()
        assert not answer.get("FunctionError"), payload
        return json.loads(payload)

    def one(self, sql, *values):
        return self.database.execute(sql, values).fetchone()

    def put(self, vendor, text):
        name = f"{vendor}_{uuid.uuid4().hex[:8]}.csv"
        self.s3.put_object(Bucket=self.bucket, Key=f"uploads/{vendor}/{name}", Body=text.encode())
        return f"uploads/{vendor}/{name}"

    def told(self, key):
        """The upload, once its vendor has been told."""
        def accepted():
            """the upload's notice was accepted"""
            return self.one("SELECT h.* FROM upload_history h JOIN notifications n USING (upload_id)"
                            " WHERE h.s3_key = %s AND n.outcome = 'accepted'", key)
        return wait_until(accepted, SECONDS)

    def partial(self, vendor):
        """A finished upload of a good and a bad record."""
        mark = uuid.uuid4().hex[:8]
        return self.told(self.put(vendor, f"{HEADER}A{mark},Lamp,Kitchen,SA{mark},1.00,1\nB{mark},Lamp,Kitchen,SB{mark},x,1\n"))

    def age(self, upload_id):
        """As if ten minutes had gone by for this upload."""
        for table, columns in (("outbox", ["created_at"]), ("upload_records", ["judged_at"]),
                               ("upload_history", ["upload_timestamp", "processing_started_at",
                                                   "processing_completed_at", "swept_at", "items_doubted_at"])):
            changes = ", ".join(f"{column} = {column} - interval '10 minutes'" for column in columns)
            self.database.execute(f"UPDATE {table} SET {changes} WHERE upload_id = %s", [upload_id])

    def swept(self, upload_id, condition, *values):
        """Sweeps until the condition holds: a sweep of the clock's own may be at it just now."""
        self.age(upload_id)
        deadline = time.monotonic() + SECONDS
        while not self.one(condition, *(values or [upload_id])):
            assert time.monotonic() < deadline, self.one("SELECT failure FROM sweeps")
            self.functions.invoke(FunctionName="error-processor", Payload=json.dumps(TICK))
            self.database.execute("UPDATE upload_history SET swept_at = NULL WHERE upload_id = %s", [upload_id])


@pytest.fixture
def deployed(stack, database):
    return Deployed(stack, database)


def test_a_file_goes_the_whole_way(deployed, new_vendor):
    upload = deployed.partial(new_vendor())
    assert (upload["status"], upload["total_records"]) == ("partial", 2)
    deployed.s3.head_object(Bucket=deployed.bucket, Key=upload["error_file_s3_key"])

    def marked():
        """the table's items bear their outcomes"""
        items = deployed.dynamodb.query(
            TableName=deployed.table, KeyConditionExpression="upload_id = :u",
            ExpressionAttributeValues={":u": {"S": upload["upload_id"]}})["Items"]
        return sorted(item["status"]["S"] for item in items) == ["error", "validated"]
    wait_until(marked, SECONDS)


def test_a_file_that_is_refused_is_told(deployed, new_vendor):
    assert deployed.told(deployed.put(new_vendor(), " "))["status"] == "failed"


def test_operators_are_told_where_no_vendor_can_be(deployed):
    """To the operators' topic only the role's own policy lets it; to the vendors' the topic's does as well."""
    assert deployed.told(deployed.put("NOBODY-" + uuid.uuid4().hex[:8], " "))["status"] == "failed"


def test_a_key_that_is_gone_is_no_failure(deployed, new_vendor):
    vendor = new_vendor()
    deployed.call("csv-parser", s3_event(deployed.bucket, f"uploads/{vendor}/{vendor}_gone.csv", "gone"))


def test_the_sweep_sends_what_was_left(deployed, new_vendor):
    upload = deployed.partial(new_vendor())["upload_id"]
    body = json.dumps({"type": "upload_finished", "upload_id": upload, "vendor_id": "", "status": "partial"})
    deployed.database.execute("INSERT INTO outbox (upload_id, body) VALUES (%s, %s)", [upload, body])
    deployed.swept(upload, "SELECT 1 WHERE NOT EXISTS (SELECT FROM outbox WHERE upload_id = %s)")


def test_the_sweep_compares_and_marks(deployed, new_vendor):
    upload = deployed.partial(new_vendor())["upload_id"]
    deployed.database.execute("UPDATE upload_records SET item_marked_at = NULL WHERE upload_id = %s", [upload])
    deployed.database.execute("UPDATE upload_history SET items_doubted_at = now() - interval '1 hour'"
                              " WHERE upload_id = %s", [upload])
    deployed.swept(upload, "SELECT 1 FROM upload_history WHERE upload_id = %s AND items_doubted_at IS NULL AND NOT"
                           " EXISTS (SELECT FROM upload_records r WHERE r.upload_id = upload_history.upload_id"
                           " AND r.item_marked_at IS NULL)")


def test_the_sweep_ends_an_upload_whose_file_is_gone(deployed, new_vendor):
    vendor = new_vendor()
    upload = f"UPLOAD_20260101_000000_{vendor}"
    deployed.database.execute(
        "INSERT INTO upload_history (upload_id, vendor_id, file_name, bucket, s3_key, object_version, status,"
        " upload_timestamp, processing_started_at) VALUES (%s, %s, 'x.csv', %s, %s, 'gone', 'processing', now(), now())",
        [upload, vendor, deployed.bucket, f"uploads/{vendor}/x.csv"])
    deployed.swept(upload, "SELECT 1 FROM upload_history WHERE upload_id = %s AND status = 'failed'")


def test_the_migration_reads_both_secrets(deployed):
    assert deployed.call("intake-migrate", {"action": "status"})["pending"] == 0


def test_the_doctor_is_refused_nothing(run_intake):
    """The functions' own troubles may stand in what it shows; a refusal of an operator may not."""
    refused = [check for check in run_intake("doctor", "--json").json["checks"]
               if any(words in check["detail"] for words in ("AccessDenied", "not authorized", "HTTP 403"))
               and "arn:aws:sts::" not in check["detail"] and ", the last: " not in check["detail"]]
    assert not refused


def test_a_viewer_finds_the_names_by_the_stack(run_intake, tmp_path):
    file = tmp_path / "VEND001_20260101_000000.csv"
    file.write_text(HEADER)
    run_intake("submit", "--dry-run", "--stack", "intake", file, role="viewer", code=0)
