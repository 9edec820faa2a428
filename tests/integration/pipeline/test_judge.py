"""The judge of the campaigns is judged: a right pipeline has no complaint, and every damage to one has."""

import copy
import datetime
import decimal
import random
import re

import pytest
from support import BUILD
from harness import judge, model, samples, snapshot
from harness.rig import Rig


def leave_behind(stack, folder, made):
    """What uploads leave behind, and their model."""
    values = stack.variables("admin")
    rig = Rig(values["AWS_ENDPOINT_URL"], values["INTAKE_ADMIN_DATABASE_URL"], BUILD, folder)
    for sample in made:
        assert rig.upload_trigger.send(rig.put(sample.key, sample.body)).ok
    rig.settle()
    taken = snapshot.take(rig)
    rig.stop()
    return taken, [model.expect(sample) for sample in made]


@pytest.fixture(scope="module")
def truth(stack, tmp_path_factory):
    """Of two uploads, one with errors of every kind and one clean."""
    return leave_behind(stack, tmp_path_factory.mktemp("judge"), [
        samples.make(random.Random(69), records=36, errors=0.35, duplicates=0.25),
        samples.make(random.Random(2), vendor="VEND002", records=8, errors=0)])


def complaints(truth, damage=None, **how):
    snap, uploads = copy.deepcopy(truth[0]), truth[1]
    if damage:
        damage(snap)
    return list(judge.complaints(snap, uploads, **how))


def test_a_right_pipeline_has_no_complaint(truth):
    assert complaints(truth) == []
    kinds = {kind for record in truth[1][0].invalid for kind, _, _ in record.errors}
    assert kinds == {*samples.BREAKAGES, "DUPLICATE_SKU", "DUPLICATE_VENDOR_PRODUCT_ID"}
    assert any(len(record.errors) > 1 for record in truth[1][0].invalid)
    told = " ".join(record.details for record in truth[1][0].invalid)
    assert all(words in told for words in ("12.999", "1.500", "not closed", "more than the header", "ends after"))


def test_files_of_every_shape_have_no_complaint(stack, tmp_path):
    made = [samples.make(random.Random(at), records=12, errors=0.6, shape=shape, clock="1201%02d" % at)
            for at, shape in enumerate(samples.SHAPES)]
    snap, uploads = leave_behind(stack, tmp_path, made)
    assert list(judge.complaints(snap, uploads)) == []
    assert {upload.delimiter for upload in uploads} == set(",;\t|")
    assert {upload.line_end for upload in uploads} == {"\n", "\r\n", "\r"}
    said = [len(re.findall(words, "".join(notice["body"] for notice in snap.published)))
            for words in ("Ignored columns: internal note\n", "Warning: the product of lines")]
    assert said == [1, 1]


COLUMNS = {
    "products": "vendor_product_id product_name category subcategory description sku brand price"
                " compare_at_price stock_quantity unit weight_kg dimensions_cm image_url status"
                " vendor_id upload_id row_number",
    "violations": "upload_id vendor_id row_number line_number record_id rule_order vendor_product_id"
                  " error_type error_field error_message original_data raw",
    "ledger": "upload_id row_number record_id line_number outcome error_type vendor_product_id sku"
              " extra_fields field_count original_data raw facts item_marked_at revision",
    "uploads": "upload_id vendor_id file_name s3_key object_size total_records valid_records"
               " error_records status failure_code failure_reason failure_line error_file_s3_key"
               " processing_started_at processing_completed_at",
    "notifications": "upload_id kind subject body message_id outcome sent_at",
    "reports": "upload_id kind s3_key version_id sha256 size",
    "items": "upload_id record_id vendor_id row_number product_data status error_reason"
             " error_details created_at processed_at ttl",
    "published": "topic subject body attributes", "delivered": "topic subject body attributes",
    "messages": "body attributes",
}


def other(value):
    """Another value, as near as can be."""
    if value is None:
        return "x"
    if isinstance(value, decimal.Decimal):
        return value + decimal.Decimal("0.01")
    if isinstance(value, int):
        return value + 1
    if isinstance(value, datetime.datetime):
        return None
    if isinstance(value, dict):
        name = sorted(value)[0]
        return dict(value, **{name: other(value[name])})
    return value[:-1] if value else value + type(value)(b"x" if isinstance(value, bytes) else "x")


@pytest.mark.parametrize("table", COLUMNS)
def test_no_value_can_change_unnoticed(truth, table):
    """Every column, in the first, the last and a middle row of either kind."""
    rows = getattr(truth[0], table)
    for at in {0, len(rows) // 3, len(rows) // 2, len(rows) - 1}:
        for column in COLUMNS[table].split():
            if column not in rows[at] and table == "items":
                continue

            def damage(snap, at=at, column=column):
                row = getattr(snap, table)[at]
                row[column] = other(row[column])
            told = complaints(truth, damage)
            assert told, "%s, row %d: another %s, and no complaint" % (table, at, column)


@pytest.mark.parametrize("column", samples.COLUMNS)
def test_each_of_the_fourteen_values_is_compared_in_every_row(truth, column):
    for at in range(len(truth[0].products)):
        def damage(snap, at=at):
            snap.products[at][column] = other(snap.products[at][column])
        assert any(column in line for line in complaints(truth, damage))


@pytest.mark.parametrize("table", ["products", "violations", "ledger", "items", "notifications",
                                   "reports", "uploads", "delivered", "published"])
def test_no_row_can_be_lost_or_come_twice(truth, table):
    for at in range(0, len(getattr(truth[0], table)), 3):
        assert complaints(truth, lambda snap: getattr(snap, table).pop(at)), (table, at)
        assert complaints(truth, lambda snap: getattr(snap, table).append(
            copy.deepcopy(getattr(snap, table)[at]))), (table, at)


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
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damage_is_noticed(truth, damage):
    assert complaints(truth, DAMAGES[damage])


def test_what_a_lost_answer_excuses_is_excused_and_no_more(truth):
    snap = truth[0]
    unknown = first(snap.notifications, body=snap.published[0]["body"])

    def lose_answer(snap, told=True):
        first(snap.notifications, id=unknown["id"]).update(outcome="unknown", message_id=None,
                                                           sent_at=None)
        if not told:
            del snap.published[0], snap.delivered[0]
    assert complaints(truth, lose_answer)
    assert complaints(truth, lose_answer, unknown_notices=True) == []
    assert complaints(truth, lambda s: lose_answer(s, told=False), unknown_notices=True) == []
    assert complaints(truth, tell_twice, unknown_notices=True)
    assert complaints(truth, tell_nobody, unknown_notices=True)
    assert complaints(truth, repeat_report, versions=2) == []
    assert complaints(truth, older_report_differs, versions=2)
