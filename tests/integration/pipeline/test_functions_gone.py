"""What an upload came from goes away while it is taken in: it ends, and its vendor is told."""

import json

import pytest
from functions_rig import rig, upload  # noqa: F401
from harness import samples, triggers


@pytest.fixture
def sample(rig):
    return samples.make(rig.random, records=60)


def failed(rig, code, upload_id=None):
    """The one upload has failed for that reason with all counts 0, and one notice was sent."""
    rig.settle()
    found = rig.uploads() if upload_id is None else \
        rig.query("SELECT * FROM upload_history WHERE upload_id = %s", upload_id)
    assert [(one["status"], one["failure_code"]) for one in found] == [("failed", code)]
    assert (found[0]["total_records"], found[0]["valid_records"], found[0]["error_records"]) == (0, 0, 0)
    assert found[0]["failure_reason"]
    assert rig.query("SELECT count(*) AS n FROM outbox")[0]["n"] == 0
    for queue in (rig.parser_dlq, rig.validator_dlq, rig.error_dlq):
        assert rig.messages(queue) == []
    return found[0]


def told(rig, upload_id):
    sent = [notice["MessageAttributes"]["upload_id"]["Value"] for notice in rig.notices()]
    assert sent == [upload_id]


def remove(rig, sample, fired, version=None):
    def act(call):
        fired.append(call)
        versions = rig.s3.list_object_versions(Bucket=rig.bucket, Prefix=sample.key).get("Versions", [])
        for one in versions:
            rig.s3.delete_object(Bucket=rig.bucket, Key=sample.key, VersionId=one["VersionId"])
    return act


def test_a_version_deleted_between_head_and_get(rig, sample):
    fired = []
    rig.aws.inject("before", "s3", "GetObject", value=remove(rig, sample, fired))
    assert upload(rig, sample)[0].ok
    assert fired
    told(rig, failed(rig, "OBJECT_GONE")["upload_id"])


def test_a_version_deleted_after_its_parser_died(rig, sample):
    fired = []
    act = remove(rig, sample, fired)
    rig.aws.inject("before", "s3", "GetObject", value=lambda call: (rig.parser.kill(), act(call)))
    assert upload(rig, sample)[0].ok
    assert fired
    told(rig, failed(rig, "OBJECT_GONE")["upload_id"])


def test_an_object_that_went_before_anybody_claimed_it_is_nothing(rig, sample):
    event = rig.put(sample.key, sample.body)
    remove(rig, sample, [])(None)
    assert rig.upload_trigger.send(event).ok
    assert rig.uploads() == []


def test_a_replaced_object_where_no_versions_are_kept(rig, sample):
    """What was claimed is what is parsed: the new content is another upload, the old one has failed."""
    rig.s3.put_bucket_versioning(Bucket=rig.bucket, VersioningConfiguration={"Status": "Suspended"})
    other = samples.make(rig.random, records=5, errors=0)
    fired = []

    def replace(call):
        fired.append(call)
        rig.s3.put_object(Bucket=rig.bucket, Key=sample.key, Body=other.body)

    rig.s3.put_object(Bucket=rig.bucket, Key=sample.key, Body=sample.body)
    rig.aws.inject("before", "s3", "GetObject", value=replace)
    assert rig.upload_trigger.send(triggers.s3_event(rig.bucket, sample.key, None)).ok
    assert fired
    rig.settle()
    found = [(one["status"], one["failure_code"], one["total_records"]) for one in rig.uploads()]
    assert found == [("failed", "OBJECT_GONE", 0), ("completed", None, 5)]


def test_a_parser_that_dies_half_way_and_whose_object_goes(rig, sample):
    """What is in the table is given up too: no event of it fails, no item stays pending."""
    fired = []
    act = remove(rig, sample, fired)
    rig.aws.inject("after", "dynamodb", "BatchWriteItem", value=lambda call: (rig.parser.kill(), act(call)))
    assert upload(rig, sample)[0].ok
    assert fired
    one = failed(rig, "OBJECT_GONE")
    told(rig, one["upload_id"])
    assert {item["status"]["S"] for item in rig.items(one["upload_id"])} <= {"error"}


def test_a_vendor_that_is_deleted_while_its_records_are_under_way(rig):
    rig.execute("INSERT INTO vendors (vendor_id, vendor_name) VALUES ('GONE1', 'g')")
    sample = samples.make(rig.random, vendor="GONE1", records=130)
    assert upload(rig, sample)[0].ok
    rig.execute("DELETE FROM vendors WHERE vendor_id = 'GONE1'")
    rig.run_stream()
    one = failed(rig, "UNKNOWN_VENDOR")
    assert {item["status"]["S"] for item in rig.items(one["upload_id"])} == {"error"}


NO_VENDOR = {"null": {"vendor_id": None}, "empty": {"vendor_id": ""}, "left out": {}}


def test_an_upload_of_no_vendor_is_finished_and_operators_hear_of_it(rig):
    """Whoever wrote the message: it says what the history says, which may name no vendor."""
    for number, vendor in enumerate(NO_VENDOR.values()):
        upload_id = "UPLOAD_20260102_00000%d_NOBODY" % number
        rig.execute("INSERT INTO upload_history (upload_id, file_name, s3_key, status, failure_code, failure_reason,"
                    " processing_completed_at) VALUES (%s, 'x.csv', 'uploads/x.csv', 'failed', 'UNKNOWN_VENDOR',"
                    " 'no vendor has the id X', now())", upload_id)
        rig.sqs.send_message(QueueUrl=rig.error_queue, MessageBody=json.dumps(
            dict(vendor, type="upload_finished", upload_id=upload_id, status="failed",
                 timestamp="2026-01-02T00:00:00Z")))
    rig.settle()
    assert rig.messages(rig.error_dlq) == []
    assert rig.notices() == []
    alarms = [json.loads(message["Body"]) for message in rig.messages(rig.alarm_inbox)]
    assert len(alarms) == len(NO_VENDOR)
    assert all("UNKNOWN_VENDOR" in alarm["Message"] for alarm in alarms)
    outcomes = rig.query("SELECT outcome FROM notifications")
    assert [one["outcome"] for one in outcomes] == ["accepted"] * len(NO_VENDOR)
    told = [line for line in rig.processor.log_lines() if isinstance(line, dict) and line.get("level") == "ERROR"]
    assert [line["message"] for line in told] == ["an upload has no known vendor: operators are notified"] * 3
