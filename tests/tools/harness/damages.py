"""What may go wrong behind everybody's back, done to a snapshot: the judge must complain of each.

One table for `make chaos`, which begins with it, and for the tests. Some are of one place, where others
contradict it; the consistent ones leave no contradiction, and only the vendor's file tells.
"""

import contextlib
import copy
import decimal
import hashlib
import random

from . import judge, model, samples, snapshot


def leave_behind(rig, made):
    """What uploads leave behind where nothing goes wrong, and their model."""
    for sample in made:
        assert rig.upload_trigger.send(rig.put(sample.key, sample.body)).ok
    rig.settle()
    return snapshot.take(rig), [model.expect(sample) for sample in made]


def two_uploads():
    """One with errors of every kind, and a clean one."""
    return [samples.make(random.Random(69), records=36, errors=0.35, duplicates=0.25),
            samples.make(random.Random(2), vendor="VEND002", records=8, errors=0)]


def complaints(truth, damage=None, **how):
    """truth: what `leave_behind` answers; it is left as it is."""
    snap, uploads = copy.deepcopy(truth[0]), truth[1]
    if damage:
        damage(snap)
    return list(judge.complaints(snap, uploads, **how))


def unnoticed(truth, damages=None, **how):
    """Names of the damages that the judge does not see; what it says of no damage is an error."""
    found = complaints(truth, **how)
    assert not found, "the judge complains of a right pipeline: %s" % found[:5]
    table = DAMAGES if damages is None else damages
    return [name for name, damage in table.items() if not complaints(truth, damage, **how)]


def first(rows, **wanted):
    return next(row for row in rows
                if all(row.get(name) == value for name, value in wanted.items()))


def newest(snap, kind="errors"):
    return next(versions for key, versions in snap.objects.items() if key.endswith(kind + ".csv"))


def lose_second_violation(snap):
    snap.violations.remove(first(snap.violations, rule_order=2))


def swap_violations(snap):
    second = first(snap.violations, rule_order=2)
    one = first(snap.violations, rule_order=1, row_number=second["row_number"])
    one["rule_order"], second["rule_order"] = 2, 1


def tell_twice(snap):
    snap.published.append(snap.published[0])
    snap.delivered.append(snap.delivered[0])


def tell_nobody(snap):
    snap.published.clear()
    snap.delivered.clear()


def change_attribute(snap):
    for notices in (snap.published, snap.delivered):
        notices[0]["attributes"]["vendor_id"] = "VEND003"


def drop_attribute(snap):
    for notices in (snap.published, snap.delivered):
        del notices[0]["attributes"]["status"]


def tell_operators(snap):
    for notices in (snap.published, snap.delivered):
        notices[0]["topic"] += "-alarms"


def say_in_body(before, after):
    def damage(snap):
        for rows in (snap.published, snap.delivered, snap.notifications):
            for row in rows:
                row["body"] = row["body"].replace(before, after)
    return damage


def count_in_body(snap):
    """One product of a kind too many, in the notice and wherever it is kept."""
    for rows in (snap.published, snap.delivered, snap.notifications):
        for row in rows:
            lines = row["body"].split("\n")
            for at, line in enumerate(lines):
                if "INVALID_PRICE: " in line:
                    name, _, count = line.partition(": ")
                    lines[at] = "%s: %d" % (name, int(count) + 1)
            row["body"] = "\n".join(lines)


def change_notice_everywhere(column, value):
    def damage(snap):
        for row in (snap.published[0], snap.delivered[0],
                    first(snap.notifications, body=snap.published[0]["body"])):
            row[column] = value
    return damage


def change_report(snap, kind="errors"):
    for version in newest(snap, kind):
        version["body"] = version["body"].replace(b"12.999", b"12.998")


def lose_report_line(snap):
    lines = newest(snap)[0]["body"].split(b"\r\n")
    newest(snap)[0]["body"] = b"\r\n".join(lines[:2] + lines[3:])


def repeat_report(snap):
    versions = newest(snap)
    versions.append(dict(versions[0], version_id="older", latest=False))


def older_report_differs(snap):
    repeat_report(snap)
    newest(snap)[1]["body"] += b"x"


def mark_the_other_way(snap):
    item = first(snap.items, status="validated")
    item.update(status="error", error_reason="INVALID_PRICE", error_details="price")


def message_of(snap, **wanted):
    return next(message for message in snap.messages
                if all(message["body"].get(name) == value for name, value in wanted.items()))


def lose_message(snap):
    row = message_of(snap, error_type="INVALID_PRICE")["body"]["row_number"]
    snap.messages = [m for m in snap.messages if m["body"].get("row_number") != row]


def lose_end(snap):
    snap.messages = [m for m in snap.messages if m["body"].get("type") != "upload_finished"]


def say_none(snap):
    data = message_of(snap, error_type="MISSING_REQUIRED_FIELDS")["body"]["product_data"]
    data["product_name"] = "None"


# --- consistent ones: every place tells the same untruth ------------------------------------------


def _forget(snap, upload_id, row):
    """Nothing but the counts knows of the record any more."""
    for name in ("ledger", "products", "violations", "items"):
        rows = getattr(snap, name)
        rows[:] = [r for r in rows if (r["upload_id"], r["row_number"]) != (upload_id, row)]
    snap.messages[:] = [m for m in snap.messages if (
        m["body"].get("upload_id"), m["body"].get("row_number")) != (upload_id, row)]


def _counts_of(snap, upload_id):
    return first(snap.uploads, upload_id=upload_id)


def skip_record(snap):
    """One that was valid, and of which no place says anything."""
    victim = first(snap.ledger, outcome="valid")
    _forget(snap, victim["upload_id"], victim["row_number"])
    counts = _counts_of(snap, victim["upload_id"])
    counts["total_records"] -= 1
    counts["valid_records"] -= 1


def lose_rejected(snap):
    """One that was rejected, and of which the report says nothing either."""
    victim = first(snap.ledger, outcome="error")
    _forget(snap, victim["upload_id"], victim["row_number"])
    counts = _counts_of(snap, victim["upload_id"])
    counts["total_records"] -= 1
    counts["error_records"] -= 1
    begins = b"%d," % victim["row_number"]
    for version in newest(snap):
        lines = version["body"].split(b"\r\n")
        version["body"] = b"\r\n".join(line for line in lines if not line.startswith(begins))


def double_product(snap):
    """Taken twice, under another row, as if the file held it twice."""
    one = snap.products[-1]
    row = max(r["row_number"] for r in snap.ledger if r["upload_id"] == one["upload_id"]) + 1
    for name in ("products", "ledger", "items"):
        twin = first(getattr(snap, name), upload_id=one["upload_id"], row_number=one["row_number"])
        getattr(snap, name).append(dict(copy.deepcopy(twin), row_number=row, record_id="REC_%05d" % row))
    counts = _counts_of(snap, one["upload_id"])
    counts["total_records"] += 1
    counts["valid_records"] += 1


def refuse_falsely(snap):
    """A valid record became the vendor's error, as an outage might make it."""
    one = snap.products.pop(0)
    ledger = first(snap.ledger, upload_id=one["upload_id"], row_number=one["row_number"])
    ledger.update(outcome="error", error_type="INVALID_CATEGORY")
    item = first(snap.items, upload_id=one["upload_id"], row_number=one["row_number"])
    item.update(status="error", error_reason="INVALID_CATEGORY", error_details="category")
    violation = copy.deepcopy(snap.violations[0])
    violation.update(upload_id=one["upload_id"], row_number=one["row_number"], rule_order=1,
                     record_id=ledger["record_id"], error_type="INVALID_CATEGORY", error_field="category")
    snap.violations.append(violation)
    counts = _counts_of(snap, one["upload_id"])
    counts["valid_records"] -= 1
    counts["error_records"] += 1


def accept_falsely(snap):
    """A rejected record became a product."""
    row = first(snap.ledger, outcome="error")
    snap.violations = [v for v in snap.violations if (v["upload_id"], v["row_number"]) != (
        row["upload_id"], row["row_number"])]
    item = first(snap.items, upload_id=row["upload_id"], row_number=row["row_number"])
    item["status"] = "validated"
    item.pop("error_reason"), item.pop("error_details")
    row.update(outcome="valid", error_type=None)
    snap.products.append(dict(snap.products[0], row_number=row["row_number"],
                              upload_id=row["upload_id"], sku=row["sku"]))
    counts = _counts_of(snap, row["upload_id"])
    counts["valid_records"] += 1
    counts["error_records"] -= 1


def report_of_older_state(snap):
    """Both files lack the last record, their hashes and sizes are right for what they hold."""
    for kind in ("errors", "rejected"):
        for version in newest(snap, kind):
            lines = version["body"].split(b"\r\n")
            version["body"] = b"\r\n".join(lines[:-2] + lines[-1:])
            noted = first(snap.reports, kind=kind, version_id=version["version_id"])
            noted["size"] = len(version["body"])
            version["metadata"]["sha256"] = noted["sha256"] = hashlib.sha256(version["body"]).hexdigest()


def lose_dead_letter(snap):
    """A batch was given up and its letter is gone: the record waits for ever, and nobody knows."""
    victim = first(snap.ledger, outcome="valid")
    place = {"upload_id": victim["upload_id"], "row_number": victim["row_number"]}
    snap.ledger.remove(victim)
    snap.products.remove(first(snap.products, **place))
    item = first(snap.items, **place)
    item["status"] = "pending_validation"
    del item["processed_at"]
    counts = _counts_of(snap, victim["upload_id"])
    counts["valid_records"] -= 1
    counts.update(status="processing", processing_completed_at=None)


def swap_skus(snap):
    """Two products of one file, each with what belongs to the other."""
    one, two = [p for p in snap.products if p["upload_id"] == snap.products[0]["upload_id"]][:2]
    one["sku"], two["sku"] = two["sku"], one["sku"]


def lose_upload(snap):
    """A whole one, of which no place says anything."""
    gone = snap.uploads[1]["upload_id"]
    for name in ("uploads", "products", "violations", "ledger", "notifications", "reports", "items"):
        setattr(snap, name, [row for row in getattr(snap, name) if row["upload_id"] != gone])
    for name in ("published", "delivered"):
        setattr(snap, name, [n for n in getattr(snap, name) if n["attributes"].get("upload_id") != gone])
    snap.messages = [m for m in snap.messages if m["body"].get("upload_id") != gone]


def take_file_twice(snap):
    """One version of one object became two uploads."""
    one = snap.uploads[1]["upload_id"]
    for name in ("uploads", "notifications"):
        for row in [r for r in getattr(snap, name) if r["upload_id"] == one]:
            getattr(snap, name).append(dict(row, upload_id=one + "_R2"))


DAMAGES = {
    "a price off by one cent": lambda snap: snap.products[3].update(
        price=snap.products[3]["price"] + decimal.Decimal("0.01")),
    "a default unit that is lost": lambda snap: first(snap.products, unit="piece").update(unit=None),
    "an empty text for an absent one": lambda snap: first(snap.products, brand=None).update(brand=""),
    "a status that does not follow the stock": lambda snap: first(
        snap.products, status="out_of_stock").update(status="active"),
    "a product of another upload": lambda snap: snap.products.append(
        dict(snap.products[0], upload_id="UPLOAD_20260102_120001_VEND001")),
    "a second violation that is missing": lose_second_violation,
    "violations in the other order": swap_violations,
    "a message of a violation with a word more": lambda snap: snap.violations[0].update(
        error_message=snap.violations[0]["error_message"] + " too"),
    "a count off by one": lambda snap: snap.uploads[0].update(
        valid_records=snap.uploads[0]["valid_records"] - 1,
        error_records=snap.uploads[0]["error_records"] + 1),
    "a message left in the outbox": lambda snap: snap.outbox.append({"id": 1}),
    "an outbox row that was dropped": lose_message,
    "an end that was never told": lose_end,
    "an absent value that says None": say_none,
    "a message in the queue": lambda snap: snap.queues["error queue"].append("{}"),
    "a dead letter": lambda snap: snap.queues["validator's dead letters"].append("{}"),
    "a notice twice": tell_twice, "no notice": tell_nobody, "a changed attribute": change_attribute,
    "an attribute less": drop_attribute, "operators told for the vendor": tell_operators,
    "another subject": change_notice_everywhere("subject", "Product Upload Complete"),
    "another body": change_notice_everywhere("body", ""),
    "a wrong count of a kind": count_in_body,
    "a rate that is rounded down": say_in_body("%)", "0%)"),
    "a link to the file of another": say_in_body("_errors.csv", "_R2_errors.csv"),
    "a notice that is only perhaps sent": lambda snap: snap.notifications[0].update(
        outcome="unknown"),
    "a notice that failed": lambda snap: snap.notifications[0].update(outcome="failed"),
    "a second notice on record": lambda snap: snap.notifications.append(
        dict(snap.notifications[0], kind="resend")),
    "a report with other bytes": change_report,
    "a rejected file with other bytes": lambda snap: change_report(snap, "rejected"),
    "a report with a line less": lose_report_line, "an extra report version": repeat_report,
    "a report that is gone": lambda snap: newest(snap).clear(),
    "a report without its kind": lambda snap: newest(snap)[0].update(content_type="text/plain"),
    "a report with another's metadata": lambda snap: newest(snap)[0]["metadata"].update(
        vendor_id="VEND002"),
    "a report of a clean upload": lambda snap: snap.objects.update(
        {"errors/VEND002/%s_errors.csv" % snap.uploads[1]["upload_id"]: newest(snap)}),
    "an item left pending": lambda snap: snap.items[0].update(status="pending_validation"),
    "an item marked the other way": mark_the_other_way,
    "an item with an old reason": lambda snap: first(snap.items, status="validated").update(
        error_reason="INVALID_PRICE"),
    "a record that was skipped": skip_record, "a rejected record that is lost": lose_rejected,
    "a product that was made twice": double_product, "a record that was refused falsely": refuse_falsely,
    "a record that was accepted falsely": accept_falsely,
    "a report of an older state": report_of_older_state,
    "a dead letter that was lost": lose_dead_letter, "SKUs that were swapped": swap_skus,
    "an upload that was lost": lose_upload, "a file that was taken twice": take_file_twice,
}


# --- done to the stores themselves, so that the snapshot is shown to look there --------------------

STATEMENTS = {
    "a row of the outbox that nobody sends":
        "INSERT INTO outbox (upload_id, body, attributes) SELECT upload_id, '{}', '{}' FROM upload_history LIMIT 1",
    "a product that is deleted": "DELETE FROM products WHERE ctid = (SELECT min(ctid) FROM products)",
    "a price that is changed": "UPDATE products SET price = price + 0.01 WHERE ctid = (SELECT min(ctid) FROM products)",
    "a violation that is deleted":
        "DELETE FROM violation_rows WHERE ctid = (SELECT max(ctid) FROM violation_rows)",
    "a count that is changed": "UPDATE upload_history SET total_records = total_records + 1, valid_records = valid_records + 1",
    "a row of the ledger that is deleted":
        "DELETE FROM upload_records WHERE ctid = (SELECT max(ctid) FROM upload_records)",
    "a mark that was not noted": "UPDATE upload_records SET item_marked_at = NULL"
                                 " WHERE ctid = (SELECT min(ctid) FROM upload_records)",
    "a mark that is due still": "INSERT INTO marks_due (upload_id, row_number)"
                                " SELECT upload_id, row_number FROM upload_records LIMIT 1",
    "a notice that is deleted": "DELETE FROM notifications WHERE ctid = (SELECT min(ctid) FROM notifications)",
    "a report that is forgotten": "DELETE FROM upload_reports WHERE kind = 'rejected'",
}


@contextlib.contextmanager
def _statement(rig, text):
    with rig.database.transaction(force_rollback=True):
        rig.execute(text)
        yield


@contextlib.contextmanager
def _left_message(rig, url):
    rig.sqs.send_message(QueueUrl=url, MessageBody="{}")
    yield  # the snapshot takes it


@contextlib.contextmanager
def _changed_item(rig, change):
    item = rig.dynamodb.scan(TableName=rig.table, Limit=1)["Items"][0]
    key = {name: item[name] for name in ("upload_id", "record_id")}
    rig.dynamodb.delete_item(TableName=rig.table, Key=key)
    if change:
        rig.dynamodb.put_item(TableName=rig.table, Item=dict(item, **change))
    yield
    rig.dynamodb.put_item(TableName=rig.table, Item=item)


@contextlib.contextmanager
def _object(rig, key, body):
    made = rig.s3.put_object(Bucket=rig.bucket, Key=key, Body=body)
    yield
    rig.s3.delete_object(Bucket=rig.bucket, Key=key, VersionId=made["VersionId"])


@contextlib.contextmanager
def _notice(rig, topic):
    rig.sns.publish(TopicArn=topic, Message="one more")
    yield
    rig.delivered = [one for one in rig.delivered if one["Message"] != "one more"]


def stores(rig):
    """Names, and a context in which the damage is done."""
    plants = {name: _statement(rig, text) for name, text in STATEMENTS.items()}
    plants.update({
        "a message left in the error queue": _left_message(rig, rig.error_queue),
        "a dead letter of the parser": _left_message(rig, rig.parser_dlq),
        "a dead letter of the validator": _left_message(rig, rig.validator_dlq),
        "a dead letter of the processor": _left_message(rig, rig.error_dlq),
        "an item that is deleted": _changed_item(rig, None),
        "an item that is pending again": _changed_item(rig, {"status": {"S": "pending_validation"}}),
        "an object that nobody asked for": _object(rig, "errors/VEND001/x_errors.csv", b"x"),
        "a notice to the vendor from a stranger": _notice(rig, rig.topic),
    })
    return plants


def unnoticed_in_stores(rig, uploads):
    """Names of the damages to a rig at rest that the judge does not see; the rig is as before then."""
    missed = []
    for name, plant in stores(rig).items():
        with plant:
            if not list(judge.complaints(snapshot.take(rig), uploads)):
                missed.append(name)
    left = list(judge.complaints(snapshot.take(rig), uploads))
    assert not left, "a damage was not taken back: %s" % left[:5]
    return missed
