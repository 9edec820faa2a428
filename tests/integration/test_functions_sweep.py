"""What was left behind comes to its end by the clock, without another upload and without an operator."""

import json
import threading

import psycopg
import pytest
from functions_rig import rig, upload  # noqa: F401
from harness import judge, samples

TICK = {"version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "000000000000", "time": "2026-01-02T12:00:00Z", "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:000000000000:rule/sweep"], "detail": {}}


@pytest.fixture
def sample(rig):
    return samples.make(rig.random, records=30, errors=0.2)


def age(rig, minutes=10):
    """As if so much time had gone by."""
    for table, columns in (("outbox", ["created_at"]), ("upload_records", ["judged_at"]),
                           ("notifications", ["claimed_at"]),
                           ("upload_history", ["upload_timestamp", "processing_started_at",
                                               "processing_completed_at", "items_written_at", "swept_at"])):
        rig.execute("UPDATE %s SET %s" % (table, ", ".join(
            "%s = %s - interval '%d minutes'" % (column, column, minutes) for column in columns)))


def sweep(rig):
    result = rig.processor.invoke(TICK)
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
    result = rig.processor.invoke(TICK)
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
    made = [samples.make(rig.random, records=3, errors=0.5, clock="1200%02d" % n) for n in range(25)]
    for one in made:
        upload(rig, one)
    rig.run_stream()
    rig.messages(rig.error_queue)
    age(rig)
    rig.aws.inject("answer", "s3", "PutObject", times=20, value=(403, "AccessDenied"))
    assert not rig.processor.invoke(TICK).ok
    assert len(rig.notices()) == 5
    age(rig)
    assert sweep(rig) == {"oldest_waiting_seconds": 0}
    assert len(rig.notices()) == 20


def test_two_sweeps_at_once_do_nothing_twice(rig):
    made = [samples.make(rig.random, records=5, errors=0.5, clock="1200%02d" % n) for n in range(12)]
    for one in made:
        upload(rig, one)
    rig.run_stream()
    rig.messages(rig.error_queue)
    age(rig)
    rig.aws.inject("delay", "sns", "Publish", times=None, value=0.1)
    results = []
    threads = [threading.Thread(target=lambda: results.append(rig.processor.invoke(TICK))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(result.ok for result in results)
    judge.at_rest(rig, made)


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


@pytest.mark.parametrize("event", [dict(TICK, source="aws.scheduler"), dict(TICK, detail=None)])
def test_the_clocks_call_in_other_words(rig, event):
    assert rig.processor.invoke(event).ok


@pytest.mark.parametrize("event", [{}, {"source": "aws.s3"}, {"Records": None}, []])
def test_what_is_neither_clock_nor_queue_fails(rig, event):
    assert not rig.processor.invoke(event).ok
