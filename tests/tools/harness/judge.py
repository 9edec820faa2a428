"""Whether an upload ended as it must: every promise that can be read from outside."""

import csv
import io

PRIMARY = "SELECT row_number, error_type FROM validation_errors WHERE upload_id = %s AND rule_order = 1"


def one(rig, sample, upload_id=None, versions=1):
    """Asserts that the upload of a sample is at rest and right, whatever happened on the way.

    versions: how many a report file may have. S3 cannot tell whether a put whose answer was lost was
    done, so that the attempt after it may make one more.
    """
    upload_id = upload_id or sample.upload_id
    found = rig.query("SELECT * FROM upload_history WHERE upload_id = %s", upload_id)
    assert found, "%s is not in upload_history" % upload_id
    upload = found[0]
    counts = upload["total_records"], upload["valid_records"], upload["error_records"]
    expected = sample.total, len(sample.valid_rows), len(sample.errors)
    assert counts == expected, "%s: counts %s, not %s" % (upload_id, counts, expected)
    assert upload["status"] == sample.status, (upload_id, upload["status"])
    _outcomes(rig, sample, upload_id)
    _items(rig, sample, upload_id)
    _report(rig, sample, upload, versions)
    _notice(rig, upload_id)


def _outcomes(rig, sample, upload_id):
    errors = {row["row_number"]: row["error_type"] for row in rig.query(PRIMARY, upload_id)}
    assert errors == sample.errors, "%s: %s" % (upload_id, _difference(errors, sample.errors))
    ledger = {row["row_number"]: row["outcome"] for row in rig.query(
        "SELECT row_number, outcome FROM upload_records WHERE upload_id = %s", upload_id)}
    assert ledger == {row: "error" if row in sample.errors else "valid" for row in sample.skus}
    products = {row["row_number"]: row["sku"] for row in rig.query(
        "SELECT row_number, sku FROM products WHERE upload_id = %s", upload_id)}
    assert products == {row: sample.skus[row] for row in sample.valid_rows}


def _difference(found, expected):
    rows = sorted(row for row in {*found, *expected} if found.get(row) != expected.get(row))
    return ["row %d: %s, not %s" % (row, found.get(row), expected.get(row)) for row in rows[:10]]


def _items(rig, sample, upload_id):
    items = {int(item["row_number"]["N"]): item["status"]["S"] for item in rig.items(upload_id)}
    wanted = {row: "error" if row in sample.errors else "validated" for row in sample.skus}
    wrong = {row: items.get(row) for row in wanted if items.get(row) != wanted[row]}
    assert not wrong, "%s: items without their final status: %s" % (upload_id, wrong)


def _report(rig, sample, upload, allowed):
    folder = "errors/%s/%s" % (sample.vendor, upload["upload_id"])
    report, report_versions = rig.object(folder + "_errors.csv")
    rejected, rejected_versions = rig.object(folder + "_rejected.csv")
    if not sample.errors:
        assert (report, rejected, upload["error_file_s3_key"]) == (None, None, None)
        return
    assert upload["error_file_s3_key"] == folder + "_errors.csv"
    assert max(report_versions, rejected_versions) <= allowed, "a report was put more than once"
    lines = list(csv.reader(io.StringIO(report.decode("utf-8-sig"))))
    assert sorted({int(line[0]) for line in lines[1:]}) == sorted(sample.errors)
    assert len(list(csv.reader(io.StringIO(rejected.decode("utf-8-sig"))))) == \
        len(sample.errors) + 1


def _notice(rig, upload_id):
    notices = rig.query("SELECT kind, outcome FROM notifications WHERE upload_id = %s", upload_id)
    assert [notice["kind"] for notice in notices] == ["completed"], notices


def at_rest(rig, samples, unknown_notices=False, versions=1):
    """All uploads, and that nothing is left over: queues, outbox, dead letters."""
    for sample in samples:
        one(rig, sample, versions=versions)
    assert rig.query("SELECT count(*) AS n FROM outbox")[0]["n"] == 0
    for url in (rig.error_queue, rig.error_dlq, rig.parser_dlq, rig.validator_dlq):
        assert rig.messages(url) == []
    sent = [notice["MessageAttributes"]["upload_id"]["Value"] for notice in rig.notices()]
    assert len(sent) == len(set(sent)), "a vendor was told twice: %s" % sent
    if not unknown_notices:
        assert sorted(sent) == sorted(sample.upload_id for sample in samples)
        assert not rig.query("SELECT 1 FROM notifications WHERE outcome <> 'accepted'")
