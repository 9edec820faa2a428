"""A function dies right before and right after each of its effects, at every point that the code names."""

import itertools
import time

import pytest
from support import BUILD
from harness import judge, points, samples, trouble
from harness.points import (OF_A_DISCARD, OF_A_LEASE_DROPPED, OF_A_LEASE_TAKEN, OF_A_LONG_REPLAY, OF_A_MOVE_TASK,
                            OF_A_REPLAY, OF_A_RESUMED_REPLAY, OF_AN_AUDIT, both)
from harness.rig import Rig

OF_A_FILE = {
    "parser": [*OF_A_LEASE_TAKEN, *both("an upload is claimed", "an upload is admitted", "a wave of items is written",
                                        "items are noted as written"), *OF_A_LEASE_DROPPED],
    "validator": [*both("verdicts are committed", "messages are sent", "items are marked"),
                  "after sent messages are deleted", "after marks are noted"],
    "processor": [*both("a report file is put", "a report is committed"), "after a report file is noted"],
}
OF_A_NOTICE = ["before a notice is claimed", "after a notice is claimed", "after a notice is published",
               "after a notice is marked"]
AUDITED = ("after an action is audited", *OF_A_LEASE_DROPPED)
OF_A_RESEND = both("a resend is claimed")
OF_A_REFUSAL = both("an upload is ended")
OF_A_MEND = both("a report file is deleted")
OF_A_SWEEP = both("an upload is settled late", "marks are removed", "a sweep is noted")


def test_every_point_of_the_sources_is_killed_at():
    here = sum(OF_A_FILE.values(), []) + OF_A_NOTICE + OF_A_RESEND + OF_A_REFUSAL + OF_A_MEND + OF_A_SWEEP
    here += OF_AN_AUDIT
    here += OF_A_REPLAY + OF_A_LONG_REPLAY + OF_A_RESUMED_REPLAY + OF_A_DISCARD  # test_dlq_points
    here += OF_A_MOVE_TASK  # test_dlq_move_task
    assert sorted(here) == sorted(set(points.names()))


@pytest.fixture
def rig(stack, tmp_path):
    values = stack.variables("admin")
    made = Rig(values["AWS_ENDPOINT_URL"], values["INTAKE_ADMIN_DATABASE_URL"], BUILD, tmp_path,
               seed=20260102, with_points=True)
    yield made
    made.stop()


def sample(rig, number, **how):
    made = samples.make(rig.random, records=25, errors=0.3, duplicates=0.2, clock="12%02d%02d" % divmod(number, 60),
                        **how)
    assert made.errors and made.valid_rows
    return made


def killed_at(rig, name, work):
    """Arms a point, works, and asserts that a process died there."""
    rig.points.arm(name)
    work()
    assert not rig.points.is_armed(name), "nobody came to the point: " + name


@pytest.mark.slow
@pytest.mark.parametrize("function", OF_A_FILE)
def test_a_death_at_any_point_of_a_file_changes_nothing(rig, function):
    made = []
    for number, name in enumerate(OF_A_FILE[function]):
        made.append(sample(rig, number))

        def work(one=made[-1]):
            assert rig.upload_trigger.send(rig.put(one.key, one.body)).ok
            rig.settle_all()
        killed_at(rig, name, work)
    judge.at_rest(rig, made)


@pytest.mark.parametrize("name, outcome, told", [
    ("before a notice is claimed", "accepted", 1), ("after a notice is claimed", "unknown", 0),
    ("after a notice is published", "unknown", 1), ("after a notice is marked", "accepted", 1)])
def test_a_death_beside_a_notice_never_tells_twice(rig, name, outcome, told):
    one = sample(rig, 0)
    assert rig.upload_trigger.send(rig.put(one.key, one.body)).ok
    killed_at(rig, name, lambda: rig.settle_all())
    judge.at_rest(rig, [one], unknown_notices=outcome == "unknown")
    assert [row["outcome"] for row in rig.query("SELECT outcome FROM notifications")] == [outcome]
    assert len(rig.notices()) == told


def audited(rig, action):
    return [row["outcome"] for row in rig.query("SELECT outcome FROM audit_log WHERE action = %s ORDER BY id", action)]


@pytest.mark.parametrize("name, outcomes, told", [
    *((name, ["accepted"], 1) for name in OF_A_LEASE_TAKEN),
    *((name, ["accepted", "accepted"], 2) for name in OF_AN_AUDIT + OF_A_LEASE_DROPPED),
    ("before a resend is claimed", ["accepted"], 1), ("after a resend is claimed", ["accepted", "unknown"], 1),
    ("after a notice is published", ["accepted", "unknown"], 2),
    ("after a notice is marked", ["accepted", "accepted"], 2)])
def test_an_operator_whose_resend_dies_is_told_what_is_known(rig, name, outcomes, told):
    one = sample(rig, 0)
    assert rig.upload_trigger.send(rig.put(one.key, one.body)).ok
    rig.settle_all()
    words = ["notify", one.upload_id, "--yes", "--reason", "a second time"]
    killed_at(rig, name, lambda: trouble.operate(rig, *words))
    assert [row["outcome"] for row in rig.query("SELECT outcome FROM notifications ORDER BY id")] == outcomes
    assert len(rig.notices()) == told
    assert audited(rig, "notify") == ["done"] * (name in AUDITED)


@pytest.mark.parametrize("name", [*OF_A_LEASE_TAKEN, *both("verdicts are committed", "messages are sent", "items are marked"),
                                  *OF_AN_AUDIT, *OF_A_LEASE_DROPPED])
def test_an_operator_who_dies_over_pending_records_is_followed_by_another(rig, name):
    one = sample(rig, 0)
    assert rig.upload_trigger.send(rig.put(one.key, one.body)).ok
    rig.stream_records()  # and nobody delivers them
    words = ["revalidate", one.upload_id, "--pending", "--yes", "--reason", "the stream is lost"]
    killed_at(rig, name, lambda: trouble.operate(rig, *words))
    assert audited(rig, "revalidate") == ["done"] * (name in AUDITED)

    def again():
        code, _, said = trouble.operate(rig, *words)
        return said if code not in (0, 3) else None
    ends = time.monotonic() + 60
    while (said := again()) and time.monotonic() < ends:
        assert "lock" in said, said  # the dead one's, for some seconds
    rig.settle_all()
    judge.at_rest(rig, [one])


def test_a_death_beside_the_end_of_a_refused_file_leaves_one_end(rig):
    for number, name in enumerate(OF_A_REFUSAL):
        event = rig.put("uploads/VEND001/VEND001_20260102_1300%02d.csv" % number, b"no header\n")

        def work(event=event):
            assert rig.upload_trigger.send(event).ok
            rig.settle_all()
        killed_at(rig, name, work)
    rows = rig.query("SELECT status, failure_code, total_records FROM upload_history")
    assert {tuple(row.values()) for row in rows} == {("failed", "INVALID_HEADER", 0)} and len(rows) == 2
    assert len(rig.notices()) == 2


@pytest.mark.parametrize("name", OF_A_MEND)
def test_a_death_beside_the_deletion_of_a_report_leaves_none(rig, name):
    """The last error of the upload was mended: its files go."""
    one = sample(rig, 0)
    assert rig.upload_trigger.send(rig.put(one.key, one.body)).ok
    rig.settle_all()
    rig.execute("DELETE FROM violation_rows; DELETE FROM violation_packs;"
                " UPDATE upload_history SET valid_records = total_records, error_records = 0, status = 'completed'")
    message = '{"type":"upload_finished","upload_id":"%s","vendor_id":"VEND001","status":"completed",' \
              '"timestamp":"2026-01-02T12:00:00Z"}' % one.upload_id

    def work():
        rig.sqs.send_message(QueueUrl=rig.error_queue, MessageBody=message)
        rig.settle_all()
    killed_at(rig, name, work)
    assert rig.query("SELECT * FROM upload_reports") == []
    assert [row["error_file_s3_key"] for row in rig.uploads()] == [None]
    listed = rig.s3.list_objects_v2(Bucket=rig.bucket, Prefix="errors/")
    assert listed["KeyCount"] == 0


def leave_work(rig, one):
    """What a sweep finds: an upload whose last step was lost, and one whose items are doubted."""
    rig.execute("UPDATE upload_history SET status = 'processing', processing_completed_at = NULL, swept_at = NULL,"
                " valid_records = 0, error_records = 0, upload_timestamp = now() - interval '1 hour',"
                " processing_started_at = now() - interval '1 hour' WHERE upload_id = %s", one.upload_id)
    rig.execute("UPDATE upload_history SET items_doubted_at = now() - interval '1 day'")


@pytest.mark.slow
def test_a_death_at_any_point_of_a_sweep_is_made_good_by_the_next(rig):
    one = sample(rig, 0)
    assert rig.upload_trigger.send(rig.put(one.key, one.body)).ok
    rig.settle_all()
    for name in OF_A_SWEEP:
        leave_work(rig, one)
        killed_at(rig, name, rig.tick)
        rig.execute("UPDATE upload_history SET swept_at = NULL")
        rig.execute("ALTER TABLE leases DISABLE TRIGGER leases_signed;"
                    "UPDATE leases SET until = clock_timestamp() - interval '1 second';"
                    "ALTER TABLE leases ENABLE TRIGGER leases_signed")
        assert rig.tick().ok
        rig.settle_all()
        row = rig.uploads()[0]
        assert (row["status"], row["valid_records"] + row["error_records"]) == ("partial", one.total)
        assert row["items_doubted_at"] is None and rig.query("SELECT * FROM outbox") == []
    assert len(rig.notices()) == 1


@pytest.mark.parametrize("shifts", [*itertools.permutations([-3600000, 0, 7200000])])
def test_clocks_that_differ_change_nothing(rig, shifts):
    one = sample(rig, 0)
    for function, shift in zip(rig.functions, shifts):
        rig.points.shift_clock(function, shift)
    assert rig.upload_trigger.send(rig.put(one.key, one.body)).ok
    rig.settle_all()
    judge.at_rest(rig, [one])
