"""Events that a bucket, a stream or a queue may send beside the ordinary ones."""

import json

from functions_rig import rig, upload  # noqa: F401
from harness import judge, samples, triggers


def test_keys_outside_of_uploads_are_ignored(rig):
    for key in ("errors/VEND001/x.csv", "VEND001_20260102_120000.csv", "uploads.csv"):
        result = rig.parser.invoke(rig.put(key, b"vendor_product_id\n1\n"))
        assert result.ok, result.payload
    assert rig.uploads() == []


def test_folders_and_leftovers_of_tools_are_ignored(rig):
    for name in ("", ".DS_Store", "~$products.xlsx", "Thumbs.db", "desktop.ini", "a.csv.filepart", "a.part", "a.tmp"):
        result = rig.parser.invoke(rig.put("uploads/VEND001/" + name, b"vendor_product_id\n1\n"))
        assert result.ok, result.payload
    assert rig.uploads() == []


def test_an_object_that_is_gone_is_no_upload(rig):
    sample = samples.make(rig.random, records=2)
    event = rig.put(sample.key, sample.body)
    version = event["Records"][0]["s3"]["object"]["versionId"]
    rig.s3.delete_object(Bucket=rig.bucket, Key=sample.key, VersionId=version)
    result = rig.parser.invoke(event)
    assert result.ok, result.payload
    rig.settle()
    assert rig.aws.counts().get("dynamodb.BatchWriteItem", 0) == 0
    assert all(upload["status"] != "processing" for upload in rig.uploads())


def test_an_older_version_is_read_as_it_was(rig):
    """Two uploads under one key, the events late: each is judged by its own bytes."""
    first = samples.make(rig.random, records=4, errors=0)
    second = samples.make(rig.random, records=6, errors=0)
    events = [rig.put(sample.key, sample.body) for sample in (first, second)]
    assert all(rig.parser.invoke(event).ok for event in events)
    rig.settle()
    judge.one(rig, first)
    judge.one(rig, second, first.upload_id + "_R2")


def test_removals_and_test_events_are_nothing(rig):
    sample = samples.make(rig.random, records=2)
    rig.put(sample.key, sample.body)
    assert rig.parser.invoke(triggers.s3_event(rig.bucket, sample.key, name="ObjectRemoved:Delete")).ok
    assert rig.parser.invoke({"Service": "Amazon S3", "Event": "s3:TestEvent"}).ok
    assert rig.uploads() == []


def test_one_event_with_several_objects(rig):
    made = [samples.make(rig.random, records=3, clock="12000%d" % i) for i in range(3)]
    event = {"Records": [rig.put(sample.key, sample.body)["Records"][0] for sample in made]}
    assert rig.parser.invoke(event).ok
    rig.settle()
    judge.at_rest(rig, made)


def test_a_refused_file_is_history_and_its_vendor_is_told(rig):
    cases = {"VEND001_20260102_120001.csv": (b"", "EMPTY_FILE"),
             "VEND001_20260102_120002.csv": (b"sku,sku\n1,2\n", "INVALID_HEADER"),
             "VEND001_20260102_120003.csv": (b"sku\n\xff\n", "INVALID_ENCODING"),
             "VEND002_20260102_120004.csv": (b"x", "VENDOR_MISMATCH")}
    for name, (body, _) in cases.items():
        assert rig.parser.invoke(rig.put("uploads/VEND001/" + name, body)).ok
    rig.settle()
    found = {upload["file_name"]: upload for upload in rig.uploads()}
    assert {name: upload["failure_code"] for name, upload in found.items()} == {
        name: code for name, (_, code) in cases.items()}
    assert all(upload["status"] == "failed" and upload["total_records"] == 0
               for upload in found.values())
    told = [notice["MessageAttributes"]["vendor_id"]["Value"] for notice in rig.notices()]
    assert told == ["VEND001"] * len(cases)


def test_where_no_vendor_can_be_told_operators_are(rig):
    assert rig.parser.invoke(rig.put("uploads/NOBODY/NOBODY_20260102_120000.csv", b"x")).ok
    rig.settle()
    assert [upload["failure_code"] for upload in rig.uploads()] == ["UNKNOWN_VENDOR"]
    told = [json.loads(message["Body"]) for message in rig.messages(rig.alarm_inbox)]
    assert len(told) == 1 and "NOBODY" in told[0]["Message"]
    assert rig.notices() == []


def test_a_vendor_suspended_half_way(rig):
    """What was admitted is finished; the next file is refused."""
    sample = samples.make(rig.random, records=120, errors=0.1)
    upload(rig, sample)
    records = rig.stream_records()
    rig.stream.deliver(records[:60])
    rig.execute("UPDATE vendors SET status = 'suspended' WHERE vendor_id = 'VEND001'")
    rig.stream.deliver(records[60:])
    rig.settle()
    judge.at_rest(rig, [sample])
    later = samples.make(rig.random, records=2, clock="120100")
    assert upload(rig, later)[0].ok
    assert [row["failure_code"] for row in rig.uploads()] == [None, "VENDOR_NOT_ACTIVE"]


def test_an_item_of_an_unknown_upload_fails_alone(rig):
    sample = samples.make(rig.random, records=3, errors=0)
    upload(rig, sample)
    records = rig.stream_records()
    stranger = json.loads(json.dumps(records[0]).replace(sample.upload_id, "UPLOAD_X"))
    stranger["dynamodb"]["SequenceNumber"] = "1"
    result = rig.validator.invoke(rig.stream.event([stranger] + records))
    assert result.document == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    rig.settle()
    judge.at_rest(rig, [sample])


def test_a_message_that_fails_leaves_its_companions_done(rig):
    sample = samples.make(rig.random, records=10, errors=0.5)
    upload(rig, sample)
    rig.run_stream()
    messages = rig.queue.receive()
    poison = dict(messages[0], MessageId="poison", Body="{}")
    result = rig.processor.invoke(rig.queue.event(messages + [poison]))
    assert result.document == {"batchItemFailures": [{"itemIdentifier": "poison"}]}
