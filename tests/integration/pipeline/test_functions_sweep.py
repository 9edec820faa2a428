"""What was left behind comes to its end by the clock, without another upload and without an operator."""

import json
import threading

import psycopg
import pytest
from functions_rig import rig, upload  # noqa: F401
from harness import judge, samples, triggers


@pytest.fixture
def sample(rig):
    return samples.make(rig.random, records=30, errors=0.2)


def age(rig, minutes=10):
    rig.age(minutes)


def sweep(rig):
    result = rig.tick()
    assert result.ok, result.document
    return result.document


def metrics(rig):
    """OldestWaitingSeconds, as CloudWatch draws it from the log."""
    lines = [line if isinstance(line, dict) else json.loads(line) for line in rig.processor.log_lines()
             if isinstance(line, dict) or str(line).startswith("{")]
    return [line["OldestWaitingSeconds"] for line in lines if "OldestWaitingSeconds" in line]


def test_nothing_to_sweep(rig, sample):
    upload(rig, sample)
    rig.settle()
    before = rig.aws.total()
    assert sweep(rig) == {"oldest_waiting_seconds": 0}
    assert rig.aws.total() - before == 0, "a sweep of nothing calls nobody"
    assert metrics(rig) == [0]
    judge.at_rest(rig, [sample])


def test_what_was_appended_to_the_counters_is_folded(rig, sample):
    upload(rig, sample)
    rig.settle()
    assert rig.query("SELECT 1 FROM vendor_deltas")
    assert rig.query("SELECT 1 FROM counter_differences") == []
    sweep(rig)
    assert rig.query("SELECT 1 FROM vendor_deltas") == []
    assert rig.query("SELECT 1 FROM counter_differences") == []


def test_messages_that_a_dead_sender_left(rig, sample):
    rig.aws.inject("before", "sqs", "SendMessageBatch", value=lambda call: rig.validator.kill())
    upload(rig, sample)
    rig.validator.invoke(rig.stream.event(rig.stream_records()))
    assert rig.query("SELECT 1 FROM outbox")
    assert sweep(rig)["oldest_waiting_seconds"] < 60
    assert rig.query("SELECT 1 FROM outbox"), "young ones are left to whoever wrote them"
    age(rig)
    sweep(rig)
    rig.settle()
    judge.at_rest(rig, [sample])


def test_items_that_bear_no_mark(rig, sample):
    rig.aws.inject("answer", "dynamodb", "BatchExecuteStatement", times=None, value=(400, "AccessDeniedException"))
    upload(rig, sample)
    rig.stream.retries = 0
    rig.run_stream()
    rig.messages(rig.validator_dlq)
    rig.settle()
    age(rig)
    rig.aws.heal()
    assert sweep(rig) == {"oldest_waiting_seconds": 0}
    judge.at_rest(rig, [sample])


def test_a_finished_upload_whose_message_was_lost(rig, sample):
    upload(rig, sample)
    rig.run_stream()
    rig.messages(rig.error_queue)
    age(rig, minutes=1)
    sweep(rig)
    assert not rig.notices(), "the queue's own way goes first"
    age(rig)
    assert sweep(rig) == {"oldest_waiting_seconds": 0}
    age(rig)
    sweep(rig)
    judge.at_rest(rig, [sample])


def test_a_notice_that_failed(rig, sample):
    upload(rig, sample)
    rig.run_stream()
    rig.aws.inject("answer", "sns", "Publish", times=None, value=(403, "AuthorizationError"))
    rig.settle()
    assert rig.messages(rig.error_dlq)
    age(rig)
    result = rig.tick()
    assert not result.ok and "AuthorizationError" in result.document["errorMessage"]
    assert metrics(rig)[-1] > 500
    told = rig.query("SELECT failure, oldest_waiting_seconds FROM sweeps")
    assert len(told) == 1 and "AuthorizationError" in told[0]["failure"]
    rig.aws.heal()
    age(rig)
    assert sweep(rig) == {"oldest_waiting_seconds": 0}
    assert rig.query("SELECT failure FROM sweeps") == [{"failure": None}]
    judge.at_rest(rig, [sample])


def test_an_unknown_notice_is_not_repeated(rig, sample):
    upload(rig, sample)
    rig.run_stream()
    rig.aws.inject("drop_answer", "sns", "Publish", times=None)
    rig.settle()
    rig.aws.heal()
    age(rig)
    sweep(rig)
    assert len(rig.notices()) == 1
    assert [row["outcome"] for row in rig.query("SELECT outcome FROM notifications")] == ["unknown"]


def test_a_report_that_was_never_built(rig, sample):
    upload(rig, sample)
    rig.settle()
    for name in ("_errors.csv", "_rejected.csv"):
        rig.s3.delete_object(Bucket=rig.bucket, Key="errors/%s/%s%s" % (sample.vendor, sample.upload_id, name))
    rig.execute("DELETE FROM upload_reports")
    rig.execute("UPDATE upload_history SET error_file_s3_key = NULL")
    age(rig)
    assert sweep(rig) == {"oldest_waiting_seconds": 0}
    judge.at_rest(rig, [sample], versions=2)


def test_an_upload_that_is_processing_though_all_is_judged(rig, sample):
    upload(rig, sample)
    rig.run_stream()
    rig.messages(rig.error_queue)
    rig.execute("UPDATE upload_history SET status = 'processing', valid_records = 3, error_records = 1,"
                " processing_completed_at = NULL")
    sweep(rig)
    assert rig.uploads()[0]["status"] == "processing"
    age(rig)
    sweep(rig)
    rig.settle()
    judge.at_rest(rig, [sample])


def test_an_upload_that_still_works_is_left_alone(rig, sample):
    upload(rig, sample)
    records = rig.stream_records()
    rig.stream.deliver(records[:10])
    age(rig)
    assert sweep(rig)["oldest_waiting_seconds"] > 500
    assert rig.uploads()[0]["status"] == "processing"
    rig.stream.deliver(records)
    rig.settle()
    judge.at_rest(rig, [sample])


def test_an_upload_that_fails_again_and_again_stands_in_nobodys_way(rig):
    """Twenty poison uploads, the oldest, fail each sweep; the one behind them has its turn."""
    made = [samples.make(rig.random, records=3, errors=1, clock="1200%02d" % n) for n in range(25)]
    for one in made:
        upload(rig, one)
    rig.run_stream()
    rig.messages(rig.error_queue)
    age(rig)
    rig.aws.inject("answer", "s3", "PutObject", times=20, value=(403, "AccessDenied"))
    assert not rig.tick().ok
    assert len(rig.notices()) == 5
    age(rig)
    assert sweep(rig) == {"oldest_waiting_seconds": 0}
    assert len(rig.notices()) == 25


def test_two_sweeps_at_once_do_nothing_twice(rig):
    made = [samples.make(rig.random, records=5, errors=0.5, clock="1200%02d" % n) for n in range(12)]
    for one in made:
        upload(rig, one)
    rig.run_stream()
    rig.messages(rig.error_queue)
    age(rig)
    rig.aws.inject("delay", "sns", "Publish", times=None, value=0.1)
    results = []
    threads = [threading.Thread(target=lambda: results.append(rig.tick())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(result.ok for result in results)
    judge.at_rest(rig, made)


@pytest.mark.slow
def test_a_sweep_ends_in_time_and_the_next_goes_on(rig):
    made = [samples.make(rig.random, records=3, errors=0.4, clock="1200%02d" % n) for n in range(15)]
    for one in made:
        upload(rig, one)
    rig.run_stream()
    rig.messages(rig.error_queue)
    age(rig)
    rig.processor.timeout = 12
    rig.aws.inject("delay", "sns", "Publish", times=15, value=0.7)
    sweep(rig)
    assert 0 < len(rig.query("SELECT 1 FROM notifications")) < 15
    for _ in range(5):
        age(rig)
        sweep(rig)
    judge.at_rest(rig, made)


def set_status(rig, sample, row, status):
    rig.dynamodb.update_item(TableName=rig.table, Key={"upload_id": {"S": sample.upload_id},
                                                       "record_id": {"S": "REC_%05d" % row}},
                             UpdateExpression="SET #s = :s", ExpressionAttributeNames={"#s": "status"},
                             ExpressionAttributeValues={":s": {"S": status}})


def doubts(rig):
    return [row["upload_id"] for row in rig.query("SELECT upload_id FROM upload_history"
                                                  " WHERE items_doubted_at IS NOT NULL ORDER BY upload_id")]


def test_items_that_a_late_request_wrote_over(rig, sample):
    """Those of a doubted upload are compared once the latest request has come, and marked again."""
    upload(rig, sample)
    rig.settle()
    rig.execute("UPDATE upload_history SET items_doubted_at = now()")
    for row in range(1, 5):
        set_status(rig, sample, row, "pending_validation")
    sweep(rig)
    assert doubts(rig) == [sample.upload_id], "something may come yet"
    with pytest.raises(AssertionError):
        judge.at_rest(rig, [sample])
    age(rig)
    assert sweep(rig) == {"oldest_waiting_seconds": 0}
    assert doubts(rig) == []
    judge.at_rest(rig, [sample])
    before = rig.aws.total()
    sweep(rig)
    assert rig.aws.total() == before, "what is trusted again is not looked at"


def test_items_that_bear_the_other_final_status(rig, sample):
    upload(rig, sample)
    rig.settle()
    rig.execute("UPDATE upload_history SET items_doubted_at = now()")
    marked = {item["record_id"]["S"]: item["status"]["S"] for item in rig.items(sample.upload_id)}
    for row in range(1, 9):
        set_status(rig, sample, row, "error" if marked["REC_%05d" % row] == "validated" else "validated")
    age(rig)
    assert sweep(rig) == {"oldest_waiting_seconds": 0}
    assert {item["record_id"]["S"]: item["status"]["S"] for item in rig.items(sample.upload_id)} == marked


def test_doubted_items_that_cannot_be_read_are_doubted_still(rig, sample):
    upload(rig, sample)
    rig.settle()
    rig.execute("UPDATE upload_history SET items_doubted_at = now()")
    set_status(rig, sample, 2, "pending_validation")
    age(rig)
    rig.aws.inject("answer", "dynamodb", "Query", times=None, value=(400, "AccessDeniedException"))
    result = rig.tick()
    assert not result.ok and "AccessDenied" in result.document["errorMessage"]
    assert doubts(rig) == [sample.upload_id] and metrics(rig)[-1] > 400
    rig.aws.heal()
    assert sweep(rig) == {"oldest_waiting_seconds": 0}
    assert doubts(rig) == []
    judge.at_rest(rig, [sample])


def test_doubted_items_that_an_operator_is_at(rig, sample):
    upload(rig, sample)
    rig.settle()
    rig.execute("UPDATE upload_history SET items_doubted_at = now()")
    age(rig)
    rig.execute("INSERT INTO leases (name, token, holder, session_pid, renewed_at, until)"
                " VALUES ('operator %s', 't', '', 0, now(), now())" % sample.upload_id)
    with psycopg.connect(rig.dsn, autocommit=True) as operator:
        operator.execute("UPDATE leases SET token = 'mine'")
        sweep(rig)
        assert doubts(rig) == [sample.upload_id]
        operator.execute("DELETE FROM leases")
    sweep(rig)
    assert doubts(rig) == []
    judge.at_rest(rig, [sample])


def remove(rig, sample):
    for one in rig.s3.list_object_versions(Bucket=rig.bucket, Prefix=sample.key).get("Versions", []):
        rig.s3.delete_object(Bucket=rig.bucket, Key=sample.key, VersionId=one["VersionId"])


def ended(rig):
    return [(row["status"], row["failure_code"]) for row in rig.query(
        "SELECT status, failure_code FROM upload_history ORDER BY upload_timestamp, upload_id")]


def strand(rig, sample):
    """Its parser died after the claim, all tries are used up."""
    fired = []
    rig.aws.inject("before", "s3", "GetObject", times=None,
                   value=lambda call: (fired.append(call), rig.parser.kill()))
    upload(rig, sample)
    assert fired
    rig.aws.heal()
    rig.execute("DELETE FROM leases")  # the dead one's has run out


def test_an_upload_whose_object_went_when_all_tries_were_used_up(rig, sample):
    strand(rig, sample)
    remove(rig, sample)
    sweep(rig)
    assert ended(rig) == [("processing", None)], "young ones are the functions' own"
    age(rig)
    assert sweep(rig) == {"oldest_waiting_seconds": 0}
    assert ended(rig) == [("failed", "OBJECT_GONE")]
    rig.settle()
    assert len(rig.notices()) == 1


def test_an_upload_whose_object_is_there_goes_on_waiting(rig, sample):
    strand(rig, sample)
    age(rig)
    assert sweep(rig)["oldest_waiting_seconds"] > 500
    assert ended(rig) == [("processing", None)]


def test_an_object_that_its_parser_is_at_is_left_to_it(rig, sample):
    strand(rig, sample)
    remove(rig, sample)
    age(rig)
    with psycopg.connect(rig.dsn, autocommit=True) as parser:
        parser.execute("INSERT INTO leases (name, token, holder, session_pid, renewed_at, until)"
                       " SELECT 'upload ' || bucket || '/' || s3_key || '@' || object_version, 't', '', 0, now(), now()"
                       "   FROM upload_history ON CONFLICT (name) DO UPDATE SET token = 't'")
        sweep(rig)
        assert ended(rig) == [("processing", None)]
        parser.execute("DELETE FROM leases")
    age(rig)
    sweep(rig)
    assert ended(rig) == [("failed", "OBJECT_GONE")]


def test_a_bucket_that_cannot_be_asked_ends_nothing(rig, sample):
    strand(rig, sample)
    age(rig)
    rig.aws.inject("answer", "s3", "HeadObject", times=None, value=(403, "AccessDenied"))
    assert not rig.tick().ok
    assert ended(rig) == [("processing", None)]


def test_an_object_that_was_replaced_where_no_versions_are_kept(rig, sample):
    rig.s3.put_bucket_versioning(Bucket=rig.bucket, VersioningConfiguration={"Status": "Suspended"})
    strand(rig, sample)
    rig.execute("UPDATE upload_history SET object_version = 'etag:' || etag")
    age(rig)
    sweep(rig)
    assert ended(rig) == [("processing", None)], "it is there"
    rig.execute("UPDATE upload_history SET object_version = 'etag:00', etag = '00'")
    remove(rig, sample)
    rig.s3.put_object(Bucket=rig.bucket, Key=sample.key, Body=sample.body)
    age(rig)
    sweep(rig)
    assert ended(rig) == [("failed", "OBJECT_GONE")]


def test_what_was_judged_before_an_upload_was_given_up(rig):
    """The vendor gets a report of what was rejected, and hears that the valid ones are in the catalogue."""
    sample = samples.make(rig.random, records=30, errors=0.5)
    upload(rig, sample)
    rig.stream.deliver(rig.stream_records()[:12])
    rig.execute("UPDATE upload_history SET items_written_at = NULL; DELETE FROM leases")
    remove(rig, sample)
    age(rig)
    sweep(rig)
    rig.settle()
    [found] = rig.uploads()
    assert (found["status"], found["failure_code"], found["total_records"]) == ("failed", "OBJECT_GONE", 12)
    assert found["valid_records"] and found["error_records"]
    for name in ("errors", "rejected"):
        told = rig.s3.get_object(Bucket=rig.bucket, Key="errors/%s/%s_%s.csv" % (
            sample.vendor, sample.upload_id, name))["Body"].read().decode()
        assert len({line.split(",")[0] for line in told.splitlines()[1:]}) >= min(found["error_records"], 2)
    [notice] = rig.notices()
    assert "could not be processed to its end: OBJECT_GONE" in notice["Message"] and found["error_file_s3_key"] in notice["Message"]
    age(rig)
    assert sweep(rig) == {"oldest_waiting_seconds": 0}


def test_an_upload_whose_vendor_was_deleted(rig):
    rig.execute("INSERT INTO vendors (vendor_id, vendor_name) VALUES ('GONE1', 'g')")
    sample = samples.make(rig.random, vendor="GONE1", records=30)
    upload(rig, sample)
    rig.execute("DELETE FROM vendors WHERE vendor_id = 'GONE1'")
    sweep(rig)
    assert ended(rig) == [("processing", None)]
    age(rig)
    assert sweep(rig) == {"oldest_waiting_seconds": 0}
    assert ended(rig) == [("failed", "UNKNOWN_VENDOR")]
    rig.settle()
    assert {item["status"]["S"] for item in rig.items(sample.upload_id)} == {"error"}


def test_what_a_dead_session_holds_is_passed_over(rig, sample):
    other = samples.make(rig.random, vendor="VEND002", records=10, errors=0.3)
    for one in (sample, other):
        upload(rig, one)
    rig.run_stream()
    rig.messages(rig.error_queue)
    age(rig)
    with psycopg.connect(rig.dsn) as dead:
        dead.execute("SELECT FROM upload_history WHERE upload_id = %s FOR UPDATE", [sample.upload_id])
        assert sweep(rig)["oldest_waiting_seconds"] > 500
        assert rig.query("SELECT upload_id FROM notifications") == [{"upload_id": other.upload_id}]
    sweep(rig)
    judge.at_rest(rig, [sample, other])


@pytest.mark.parametrize("event", [dict(triggers.TICK, source="aws.scheduler"), dict(triggers.TICK, detail=None)])
def test_the_clocks_call_in_other_words(rig, event):
    assert rig.processor.invoke(event).ok


@pytest.mark.parametrize("event", [{}, {"source": "aws.s3"}, {"Records": None}, []])
def test_what_is_neither_clock_nor_queue_fails(rig, event):
    assert not rig.processor.invoke(event).ok


@pytest.mark.parametrize("missing", [["bucket"], ["object_version"], ["bucket", "object_version"], ["vendor_id"],
                                     ["bucket", "object_version", "vendor_id"]], ids="+".join)
@pytest.mark.parametrize("status", ["processing", "failed"])
def test_an_upload_of_which_little_is_known_holds_up_nobody(rig, sample, missing, status):
    """A row that was written by hand, or before the history knew the object: the sweep goes on behind it."""
    row = {"upload_id": "UPLOAD_20260101_000000_VEND001", "file_name": "f.csv", "s3_key": "uploads/VEND001/f.csv",
           "vendor_id": "VEND001", "bucket": rig.bucket, "object_version": "v1", "status": status, "total_records": 3,
           "error_records": 0 if status == "processing" else 3,
           "processing_completed_at": None if status == "processing" else "2026-01-01T00:00:00Z",
           **dict.fromkeys(missing)}
    rig.execute("INSERT INTO upload_history (%s) VALUES (%s)" % (", ".join(row), ", ".join(["%s"] * len(row))),
                *row.values())
    rig.aws.inject("before", "sqs", "SendMessageBatch", value=lambda call: rig.validator.kill())
    upload(rig, sample)
    rig.validator.invoke(rig.stream.event(rig.stream_records()))
    age(rig)
    sweep(rig)
    assert not rig.query("SELECT 1 FROM outbox")
