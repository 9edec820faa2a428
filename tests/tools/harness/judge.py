"""Whether uploads ended as they must: a snapshot of everything against the model, whole.

`complaints` works on a `Snapshot` alone, so that it can be shown damaged ones. What it does not look at
is what the model cannot know: times (that they are there is looked at), ids the database gives, and
which delivery did the work.
"""

import datetime
import json
import re
from urllib.parse import unquote, urlsplit

from . import model, snapshot

KINDS = ("errors", "rejected")
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
ITEM_LIFE = 30 * 24 * 3600


def one(rig, sample, upload_id=None, versions=1):
    """Asserts that the upload of a sample is at rest and right, whatever happened on the way.

    versions: how many a report file may have, a number or a function of the key. S3 cannot tell whether
    a put whose answer was lost was done, so that the attempt after it may make one more. Whether the
    vendor was told is allowed to be unknown.
    """
    upload = model.expect(sample, upload_id)
    _assert_none(_of_upload(snapshot.take(rig), upload, versions, unknown_notices=True))


def at_rest(rig, samples, unknown_notices=False, versions=1):
    """All uploads, and that nothing is left over: queues, outbox, dead letters, strangers."""
    uploads = [model.expect(sample) for sample in samples]
    _assert_none(complaints(snapshot.take(rig), uploads, unknown_notices, versions))


def _assert_none(found):
    found = list(found)
    assert not found, "%d wrong:\n  %s" % (len(found), "\n  ".join(found[:20]))


def complaints(snap, uploads, unknown_notices=False, versions=1):
    for upload in uploads:
        yield from _of_upload(snap, upload, versions, unknown_notices)
    known = {upload.upload_id for upload in uploads}
    for name in ("uploads", "products", "violations", "ledger", "notifications", "reports", "items"):
        for row in getattr(snap, name):
            if row["upload_id"] not in known:
                yield "%s: a row of another upload, %s" % (name, row["upload_id"])
    if snap.outbox:
        yield "the outbox holds %d messages" % len(snap.outbox)
    for name, bodies in snap.queues.items():
        if bodies:
            yield "%s: %d messages are left, one is %.200s" % (name, len(bodies), bodies[0])
    keys = {upload.report_key(kind) for upload in uploads if upload.invalid for kind in KINDS}
    for key in sorted(set(snap.objects) - keys):
        yield "an object that nobody asked for: " + key
    told = sum(len(_published(snap, upload)) for upload in uploads)
    if told != len(snap.published):
        yield "%d notices of no upload" % (len(snap.published) - told)
    if sorted(map(_plain, snap.published)) != sorted(map(_plain, snap.delivered)):
        yield "the topics delivered other notices than they were given"


def _of_upload(snap, upload, versions, unknown_notices):
    for check in (_history, _products, _violations, _ledger, _items, _messages):
        yield from _named(upload, check(snap, upload))
    yield from _named(upload, _files(snap, upload, versions))
    yield from _named(upload, _notice(snap, upload, unknown_notices))


def _named(upload, found):
    return ("%s: %s" % (upload.upload_id, text) for text in found)


# --- helpers --------------------------------------------------------------------------------------


def _rows(snap, name, upload):
    return [row for row in getattr(snap, name) if row["upload_id"] == upload.upload_id]


def _differences(what, found, wanted):
    """Of two dictionaries; keys that only `found` has are not looked at."""
    for name, value in wanted.items():
        if name not in found:
            yield "%s: no %s" % (what, name)
        elif found[name] != value or type(found[name]) is bool and type(value) is not bool:
            yield "%s: %s is %.120r, not %.120r" % (what, name, found[name], value)


def _present(what, found, names):
    for name in names:
        if found.get(name) in (None, ""):
            yield "%s: no %s" % (what, name)


def _by(what, rows, key, wanted):
    """Rows by a key that each has alone; the wanted keys are all there is."""
    found = {}
    for row in rows:
        if row[key] in found:
            yield "%s: %s %s twice" % (what, key, row[key])
        found[row[key]] = row
    if set(found) != set(wanted):
        yield "%s: without %s; besides %s" % (what, sorted(set(wanted) - set(found))[:10],
                                              sorted(set(found) - set(wanted))[:10])


# --- the database ---------------------------------------------------------------------------------


def _history(snap, upload):
    rows = _rows(snap, "uploads", upload)
    if len(rows) != 1:
        yield "%d times in upload_history" % len(rows)
        return
    yield from _differences("upload_history", rows[0], {
        "vendor_id": upload.vendor, "file_name": upload.file_name, "s3_key": upload.key,
        "object_size": upload.size, "total_records": len(upload.records),
        "valid_records": len(upload.valid), "error_records": len(upload.invalid),
        "status": upload.status, "failure_code": None, "failure_reason": None, "failure_line": None,
        "error_file_s3_key": upload.report_key("errors") if upload.invalid else None})
    yield from _present("upload_history", rows[0], (
        "upload_timestamp", "processing_started_at", "processing_completed_at",
        "processing_duration_seconds"))


def _products(snap, upload):
    rows = _rows(snap, "products", upload)
    wanted = {record.row: record for record in upload.valid}
    yield from _by("products", rows, "row_number", wanted)
    for row in rows:
        if row["row_number"] in wanted:
            yield from _differences("product of row %d" % row["row_number"], row,
                                    model.product(upload, wanted[row["row_number"]]))


def _violations(snap, upload):
    rows = _rows(snap, "violations", upload)
    found = {(row["row_number"], row["rule_order"]): row for row in rows}
    if len(found) != len(rows):
        yield "%d violations share a place" % (len(rows) - len(found))
    wanted = {(record.row, order): (record, *error) for record in upload.invalid
              for order, error in enumerate(record.errors, 1)}
    for place in sorted(set(found) ^ set(wanted)):
        yield "violation %d of row %d is %s" % (place[1], place[0],
                                                "missing" if place in wanted else "one too many")
    for place in sorted(set(found) & set(wanted)):
        record, kind, field, message = wanted[place]
        yield from _differences("violation %d of row %d" % (place[1], place[0]), found[place], {
            "vendor_id": upload.vendor, "line_number": record.line, "record_id": record.record_id,
            "vendor_product_id": record.fields.get("vendor_product_id"), "error_type": kind,
            "error_field": field, "error_message": message,
            "raw": record.read.raw.encode() if place[1] == 1 else None})
        yield from _original("violation of row %d" % record.row, found[place],
                             record.fields if place[1] == 1 else None)


def _original(what, row, fields):
    """What the vendor wrote stands with the first violation of its record, once."""
    data = row["original_data"]
    if isinstance(data, dict):
        data = {name: value for name, value in data.items() if value is not None}
    if data != fields:
        yield "%s: original_data is %.200r" % (what, data)


def _in_full(row, record):
    """A row with what it leaves out: its number's record_id, a revision of 0, and of a valid record what its product says."""
    said = {"record_id": record.record_id, "revision": 0}
    if row["outcome"] == "valid":
        said.update(vendor_product_id=record.fields.get("vendor_product_id"), sku=record.fields.get("sku"),
                    extra_fields=record.extra, field_count=record.field_count)
    return {name: said.get(name) if value is None else value for name, value in row.items()}


def _ledger(snap, upload):
    rows = _rows(snap, "ledger", upload)
    records = {record.row: record for record in upload.records}
    yield from _by("upload_records", rows, "row_number", records)
    for row in rows:
        record = records.get(row["row_number"])
        if not record:
            continue
        what = "upload_records, row %d" % record.row
        yield from _differences(what, _in_full(row, record), {
            "record_id": record.record_id, "line_number": record.line,
            "outcome": "error" if record.errors else "valid",
            "error_type": record.errors[0][0] if record.errors else None,
            "vendor_product_id": record.fields.get("vendor_product_id"),
            "sku": record.fields.get("sku"), "extra_fields": record.extra, "revision": 0,
            "field_count": record.field_count, "facts": None, "raw": None, "original_data": None})
        yield from _present(what, row, ("item_marked_at", "judged_at"))


def _items(snap, upload):
    rows = _rows(snap, "items", upload)
    records = {record.record_id: record for record in upload.records}
    yield from _by("items", rows, "record_id", records)
    for item in rows:
        record = records.get(item["record_id"])
        if not record:
            continue
        what = "item %s" % record.record_id
        wanted = {"vendor_id": upload.vendor, "row_number": record.row, "line_number": record.line,
                  "product_data": record.fields, "status": "error" if record.errors else "validated",
                  "field_count": record.field_count}
        for name, value in (("extra_fields", record.extra), ("short_of", record.short_of),
                            ("last_line", record.last_line), ("open_quote_line", record.opened)):
            if value:
                wanted[name] = value
            elif name in item:
                yield "%s: has %s, and nothing to say" % (what, name)
        if record.errors:
            wanted.update(error_reason=record.errors[0][0], error_details=record.details[:2000])
        elif "error_reason" in item or "error_details" in item:
            yield what + ": valid, and has a reason of an error"
        yield from _differences(what, item, wanted)
        yield from _times(what, item)


def _times(what, item):
    for name in ("created_at", "processed_at"):
        if not re.fullmatch(TIME, item.get(name) or ""):
            yield "%s: %s is %r" % (what, name, item.get(name))
            return
    created = datetime.datetime.fromisoformat(item["created_at"]).timestamp()
    if item["ttl"] != int(created) + ITEM_LIFE:
        yield "%s: kept until %s" % (what, item["ttl"])


# --- messages and files ---------------------------------------------------------------------------


def _messages(snap, upload):
    """At least one for each invalid record, at least one for the end, none of anything else."""
    wanted = {record.row: model.error_message(upload, record) for record in upload.invalid}
    seen = set()
    for message in snap.messages:
        body = {name: value for name, value in message["body"].items() if name != "timestamp"}
        if body.get("upload_id") != upload.upload_id:
            continue
        row = body.get("row_number")
        expected = wanted.get(row) if row else model.finished_message(upload)
        if body != expected or not message["body"].get("timestamp"):
            yield "a message that is not right: %.300s" % json.dumps(message["body"])
        elif message["attributes"] != {name: body[name] for name in (
                "upload_id", "vendor_id", "error_type" if row else "status")}:
            yield "a message with other attributes: %s" % message["attributes"]
        seen.add(row)
    for row in sorted(set(wanted) - seen):
        yield "no message of row %d" % row
    if None not in seen:
        yield "no message of its end"


def _files(snap, upload, versions):
    rows = _rows(snap, "reports", upload)
    noted = {row["kind"]: row for row in rows}
    if sorted(row["kind"] for row in rows) != (list(KINDS) if upload.invalid else []):
        yield "upload_reports has %s" % [row["kind"] for row in rows]
    for kind in KINDS if upload.invalid else ():
        key = upload.report_key(kind)
        found = snap.objects.get(key, [])
        allowed = versions(key) if callable(versions) else versions
        if not found or not found[0]["latest"]:
            yield "no object %s" % key
            continue
        if len(found) > allowed:
            yield "%s has %d versions, not %d" % (key, len(found), allowed)
        for version in found:
            yield from _file(upload, kind, version)
        if kind in noted:
            yield from _differences("upload_reports, " + kind, noted[kind], {
                "s3_key": key, "version_id": found[0]["version_id"],
                "size": len(found[0]["body"]), "sha256": found[0]["metadata"].get("sha256")})


def _file(upload, kind, version):
    what = "the %s file" % kind
    body = version["body"]
    if body != (model.report if kind == "errors" else model.rejected)(upload):
        yield what + " has other bytes than its records make"
    if version["content_type"] != "text/csv; charset=utf-8":
        yield "%s is %s" % (what, version["content_type"])
    yield from _differences("metadata of " + what, version["metadata"],
                            {"upload_id": upload.upload_id, "vendor_id": upload.vendor})


# --- the notice -----------------------------------------------------------------------------------


def _plain(notice):
    return json.dumps([notice[name] for name in ("topic", "subject", "body", "attributes")],
                      sort_keys=True)


def _published(snap, upload):
    return [notice for notice in snap.published
            if notice["attributes"].get("upload_id") == upload.upload_id]


def _notice(snap, upload, unknown_allowed):
    """One claim, and one publication; where its answer was lost, none or one, and it says so."""
    rows = _rows(snap, "notifications", upload)
    published = _published(snap, upload)
    if [row["kind"] for row in rows] != ["completed"]:
        yield "notifications: %s" % [row["kind"] for row in rows]
        return
    row = rows[0]
    outcomes = ("accepted", "unknown") if unknown_allowed else ("accepted",)
    if row["outcome"] not in outcomes:
        yield "the notice is %s: %s" % (row["outcome"], row["detail"])
    if len(published) > 1:
        yield "the vendor was told %d times" % len(published)
    if row["outcome"] == "accepted":
        yield from _present("the notice", row, ("message_id", "sent_at"))
        if not published:
            yield "the notice is accepted, and none reached the topic"
    for notice in published:
        if notice["topic"] != snap.vendor_topic:
            yield "the notice went to %s" % notice["topic"]
        yield from _differences("the notice", notice, {
            "subject": model.subject(upload), "attributes": model.attributes(upload)})
        yield from _differences("the recorded notice", row, {
            "subject": notice["subject"], "body": notice["body"]})
        yield from _body(snap, upload, notice["body"])
    for letter in snap.delivered:
        if letter["attributes"].get("upload_id") == upload.upload_id and \
                row["outcome"] == "accepted" and letter["message_id"] != row["message_id"]:
            yield "the recorded message id is another one than was delivered"


def _body(snap, upload, body):
    lines = body.splitlines()
    for line in model.notice_lines(upload):
        if lines.count(line) != 1:
            yield "the notice says %r %d times" % (line, lines.count(line))
    types = dict(re.findall(r"^\s*([A-Z_]+): (\d+)\b", body, re.MULTILINE))
    wanted = {kind: str(count) for kind, count in model.counts_of_types(upload).items()}
    if types != wanted:
        yield "the notice counts %s, not %s" % (types, wanted)
    links = [unquote(urlsplit(line.strip()).path) for line in lines
             if re.match(r"\s*https?://", line)]
    keys = [upload.report_key(kind) for kind in KINDS] if upload.invalid else []
    if len(links) != len(keys) or any(not path.endswith("/" + key)
                                      for path, key in zip(links, keys)):
        yield "the notice links to %s" % links
