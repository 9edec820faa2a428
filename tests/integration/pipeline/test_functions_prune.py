"""The schedule's prune, by the real function with the pipeline's own rights; and what comes late afterwards."""

import json

import pytest
from functions_rig import rig, upload  # noqa: F401
from harness import samples

TABLES = ("upload_records", "violation_rows", "violation_packs", "outbox")


@pytest.fixture
def sample(rig):
    return samples.make(rig.random, records=60, errors=0.3)


def age(rig, days=500):
    """As if so much time had gone by."""
    for table, columns in (("upload_records", ["judged_at"]), ("notifications", ["claimed_at", "sent_at"]),
                           ("upload_history", ["upload_timestamp", "processing_started_at",
                                               "processing_completed_at", "items_written_at"])):
        rig.execute("UPDATE %s SET %s" % (table, ", ".join(
            "%s = %s - interval '%d days'" % (column, column, days) for column in columns)))


def prune(rig, days=400):
    return rig.processor.invoke({"intake": "prune", "older_than_days": days})


def counts(rig):
    [row] = rig.query("SELECT status, total_records, valid_records, error_records, error_file_s3_key,"
                      " (SELECT count(*) FROM products) AS products FROM upload_history")
    return row


def left(rig):
    return [rig.query("SELECT count(*) AS n FROM " + table)[0]["n"] for table in TABLES]


def test_the_schedule_prunes_notes_and_audits(rig, sample):
    upload(rig, sample)
    rig.settle()
    done = prune(rig)
    assert done.ok and done.document == {"uploads": 0, "records": 0, "more": False}
    assert rig.query("SELECT 1 FROM audit_log WHERE action = 'prune'") == [], "nothing to do is no action"
    age(rig)
    before, calls = counts(rig), rig.aws.total()
    done = prune(rig)
    assert done.ok and done.document == {"uploads": 1, "records": sample.total, "more": False}
    assert rig.aws.total() == calls, "a prune calls no service"
    assert left(rig) == [0, 0, 0, 0] and counts(rig) == before
    [noted] = rig.query("SELECT older_than_days, uploads, records, more, failure FROM prunes")
    assert noted == {"older_than_days": 400, "uploads": 1, "records": sample.total, "more": False, "failure": None}
    [entry] = rig.query("SELECT role, outcome, reason FROM audit_log WHERE action = 'prune'")
    assert entry == {"role": "intake_pipeline", "outcome": "done", "reason": "by the schedule"}


@pytest.mark.parametrize("days", [0, 30, 89, -1])
def test_a_schedule_below_the_floor_deletes_nothing(rig, sample, days):
    upload(rig, sample)
    rig.settle()
    age(rig)
    done = prune(rig, days)
    assert not done.ok and "90 days" in str(done.document)
    assert left(rig)[0] == sample.total
    assert rig.query("SELECT 1 FROM upload_history WHERE pruned_at IS NOT NULL") == []


def test_what_comes_late_to_a_pruned_upload_changes_nothing(rig, sample):
    event = rig.put(sample.key, sample.body)
    rig.upload_trigger.send_at_once([event])
    records = rig.stream_records()
    stream = rig.stream.event(records)
    assert rig.validator.invoke(stream).ok
    rig.settle()
    age(rig)
    assert prune(rig).document["uploads"] == 1
    before, report = counts(rig), rig.object(counts(rig)["error_file_s3_key"])
    notices = len(rig.notices())
    rig.upload_trigger.send_at_once([event])
    again = rig.validator.invoke(stream)
    assert again.ok and not (again.document or {}).get("batchItemFailures"), again.document
    [row] = rig.query("SELECT upload_id, vendor_id, status FROM upload_history")
    body = json.dumps({"type": "upload_finished", "timestamp": "2026-01-02T12:00:00Z", **row})
    told = rig.processor.invoke({"Records": [{"messageId": "m", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}]})
    assert told.ok and told.document == {"batchItemFailures": []}
    rig.settle()
    assert counts(rig) == before and left(rig) == [0, 0, 0, 0]
    assert rig.object(before["error_file_s3_key"]) == report and len(rig.notices()) == notices


def test_uploads_meanwhile_are_unharmed(rig):
    old = samples.make(rig.random, records=400, errors=0.5, clock="110000")
    upload(rig, old)
    rig.settle()
    age(rig)
    fresh = samples.make(rig.random, records=200, errors=0.2, clock="130000")
    upload(rig, fresh)
    assert prune(rig).ok
    rig.settle()
    [row] = rig.query("SELECT total_records, valid_records + error_records AS settled FROM upload_history"
                      " WHERE pruned_at IS NULL")
    assert row == {"total_records": 200, "settled": 200}
    assert left(rig)[0] == 200


def test_a_count_that_fails_leaves_no_long_limit_behind(rig):
    """The next statements of a warm function are bounded as ever: the failure is noted with the usual limit."""
    rig.execute("CREATE TABLE limits (had text); GRANT INSERT ON limits TO PUBLIC;"
                "CREATE FUNCTION note_limit() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN INSERT INTO limits VALUES (current_setting('statement_timeout')); RETURN NULL; END $$;"
                "CREATE TRIGGER limits AFTER INSERT OR UPDATE ON prunes FOR EACH ROW EXECUTE FUNCTION note_limit()")
    assert prune(rig).ok
    rig.execute("ALTER VIEW prune_candidates RENAME TO prune_candidates_away")
    assert not prune(rig).ok
    [usual, failed] = [row["had"] for row in rig.query("SELECT had FROM limits")]
    assert failed == usual and usual != "10min"
