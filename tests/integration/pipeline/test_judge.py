"""The judge of the campaigns is judged: a right pipeline has no complaint, and every damage to one has."""

import copy
import datetime
import decimal
import random
import re

import pytest
from support import BUILD
from harness import chaos, damages, judge, samples
from harness.damages import DAMAGES, complaints, first, older_report_differs, repeat_report, tell_nobody, tell_twice
from harness.rig import Rig


def leave_behind(stack, folder, made):
    values = stack.variables("admin")
    rig = Rig(values["AWS_ENDPOINT_URL"], values["INTAKE_ADMIN_DATABASE_URL"], BUILD, folder)
    try:
        return damages.leave_behind(rig, made)
    finally:
        rig.stop()


@pytest.fixture(scope="module")
def truth(stack, tmp_path_factory):
    """Of two uploads, one with errors of every kind and one clean."""
    return leave_behind(stack, tmp_path_factory.mktemp("judge"), damages.two_uploads())


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


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damage_is_noticed(truth, damage):
    assert complaints(truth, DAMAGES[damage])


def test_a_damage_done_to_the_stores_is_noticed(stack, tmp_path):
    """What `make chaos` begins with: the pipeline runs, the stores are damaged, the judge is asked."""
    values = stack.variables("admin")
    assert chaos.check_judge(values["AWS_ENDPOINT_URL"], values["INTAKE_ADMIN_DATABASE_URL"], BUILD) >= 60


def test_a_judge_that_is_blind_is_found_out(truth, monkeypatch):
    monkeypatch.setattr(judge, "_products", lambda snap, upload: iter(()))
    assert "a price off by one cent" in damages.unnoticed(truth)


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
