"""The ledger's row is written once, and says of a valid record only what stands nowhere else. Rows of before say it all:
both are read alike."""

import random

from functions_rig import rig, upload  # noqa: F401
from harness import judge, samples

# A row as the release before wrote it.
AS_BEFORE = """
UPDATE upload_records r
   SET record_id = 'REC_' || lpad(r.row_number::text, 5, '0'), extra_fields = coalesce(r.extra_fields, 0),
       field_count = coalesce(r.field_count, 14), revision = coalesce(r.revision, 0), vendor_product_id = coalesce(r.vendor_product_id, p.vendor_product_id),
       sku = coalesce(r.sku, p.sku)
  FROM upload_records l LEFT JOIN products p USING (upload_id, row_number)
 WHERE l.upload_id = r.upload_id AND l.row_number = r.row_number"""
ROWS = "SELECT * FROM upload_records ORDER BY upload_id, row_number"
UNMARKED = "SELECT row_number FROM unmarked_records ORDER BY row_number"


def take_in(rig, clock="120000", seed=7):
    sample = samples.make(random.Random(seed), records=40, errors=0.3, clock=clock)
    upload(rig, sample)
    return sample


def marks_fail(rig):
    """No item is marked; the verdicts are committed."""
    rig.aws.inject("refuse", "dynamodb", "BatchExecuteStatement", times=None)


def test_a_row_says_only_what_stands_nowhere_else(rig):
    sample = take_in(rig)
    rig.settle()
    for row in rig.query(ROWS):
        said = {name for name in ("record_id", "revision", "vendor_product_id", "sku", "extra_fields",
                                     "field_count") if row[name] is not None}
        if row["row_number"] in sample.errors:
            assert not said & {"record_id", "revision"} and {"extra_fields", "field_count"} <= said
        else:
            assert said == set()
    judge.at_rest(rig, [sample])


def test_a_row_is_written_once(rig):
    """Neither the mark nor its note writes it again."""
    take_in(rig)
    rig.settle()
    assert rig.query("SELECT count(*) AS n FROM marks_due") == [{"n": 0}]
    assert rig.query("SELECT count(DISTINCT xmin::text) AS n FROM upload_records")[0]["n"] == 1
    assert rig.query("SELECT max(ctid)::text AS last FROM upload_records") == rig.query(
        "SELECT format('(%s,%s)', 0, 40) AS last")


def test_rows_of_before_and_of_now_are_judged_alike(rig):
    made = [take_in(rig, "120000", 1)]
    rig.settle()
    rig.execute(AS_BEFORE)
    made.append(take_in(rig, "120100", 2))
    rig.settle()
    judge.at_rest(rig, made)
    assert {row["record_id"] is None for row in rig.query(ROWS)} == {True, False}
    for name in ("upload_reports", "notifications"):
        rig.execute("DELETE FROM %s" % name)
    rig.age()
    assert rig.tick().ok
    rig.settle()
    assert len(rig.query("SELECT FROM upload_reports WHERE kind = 'errors'")) == 2


def test_a_mark_that_was_not_written_is_found(rig):
    """It stands in marks_due for two minutes, then in the ledger, by the sweep of whatever release."""
    sample = take_in(rig)
    marks_fail(rig)
    rig.stream.deliver(rig.stream_records())
    waiting = [row["row_number"] for row in rig.query(UNMARKED)]
    assert len(waiting) == 40
    assert rig.query("SELECT FROM upload_records WHERE item_marked_at IS NULL") == []
    assert rig.query("SELECT intake_fold_marks() AS n") == [{"n": 0}]
    rig.execute("UPDATE marks_due SET judged_at = judged_at - interval '3 minutes'")
    rig.execute("SELECT intake_fold_counters()")
    assert [row["row_number"] for row in rig.query(UNMARKED)] == waiting
    left = rig.query("SELECT row_number, record_id, revision FROM upload_records WHERE item_marked_at IS NULL ORDER BY 1")
    assert left == [{"row_number": n, "record_id": "REC_%05d" % n, "revision": 0} for n in waiting]
    assert rig.query("SELECT FROM marks_due") == []
    rig.heal()
    rig.age()
    assert rig.tick().ok
    assert rig.query(UNMARKED) == []
    rig.settle_all()
    judge.at_rest(rig, [sample])


def test_a_batch_that_comes_again_finds_what_waits(rig):
    sample = take_in(rig)
    marks_fail(rig)
    rig.stream.deliver(rig.stream_records())
    assert len(rig.query(UNMARKED)) == 40
    rig.heal()
    assert rig.redrive()
    assert rig.query(UNMARKED) == []
    rig.settle()
    judge.at_rest(rig, [sample])


def test_what_waits_of_rows_that_are_gone_goes(rig):
    take_in(rig)
    rig.settle()
    rig.execute("INSERT INTO marks_due VALUES ('UPLOAD_20200101_000000_VEND001', 1, now() - interval '1 hour')")
    assert rig.query("SELECT intake_fold_marks() AS n") == [{"n": 1}]
    assert rig.query(UNMARKED) == []
