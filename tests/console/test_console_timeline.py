"""The timeline of an upload: every line leads to where more of it is said, and back."""

import json

import pytest

from history import History, NEWEST_ID

UPLOAD = "UPLOAD_20260102_115900_VEND002"
QUEUE = "product-validation-errors-dlq"


@pytest.fixture(scope="module")
def history(cluster):
    one = History(cluster, uploads=40)
    one.execute("UPDATE notifications SET subject = 'Product Upload Complete', body = %s WHERE upload_id = %s",
                "Dear vendor,\n2 records were rejected.\n\x1b[31mBye", UPLOAD)
    one.execute("INSERT INTO upload_reports (upload_id, kind, s3_key, sha256, size) VALUES (%s, 'errors', %s, 'abc', 99)",
                UPLOAD, f"errors/VEND002/{UPLOAD}_errors.csv")
    one.execute("INSERT INTO dead_letter_replays (operator, queue, message_id, engine, upload_id)"
                " SELECT 'ann', 'arn:aws:sqs:us-east-1:1:' || %s, 'm-' || n, 'send_delete', %s FROM generate_series(1, 3) n",
                QUEUE, UPLOAD)
    for n in range(5):
        one.execute("INSERT INTO audit_log (action, target, reason, outcome) VALUES ('notify', %s, %s, 'done')",
                    UPLOAD, f"reason {n}")
    one.execute("INSERT INTO audit_log (action, target, reason, outcome, plan) VALUES ('dlq discard', %s, 'junk', 'done', %s)",
                QUEUE, json.dumps({"planned": 2, "uploads": [{"name": UPLOAD, "messages": 2}]}))
    one.execute("INSERT INTO audit_log (action, target, reason, outcome, plan) VALUES ('dlq discard', %s, 'other', 'done', %s)",
                QUEUE, json.dumps({"planned": 7, "uploads": [{"name": NEWEST_ID, "messages": 7}]}))
    one.execute("UPDATE validation_errors SET error_message = 'an odd one', original_data = original_data || %s"
                " WHERE upload_id = %s AND row_number = 3", json.dumps({"price": '1 "x" y: 2 value=3'}), UPLOAD)
    one.execute("UPDATE validation_errors SET error_message = 'not there', original_data = original_data - error_field"
                " WHERE upload_id = %s AND row_number = 4", UPLOAD)
    one.execute("INSERT INTO outbox (upload_id, body) VALUES (%s, '{}')", UPLOAD)
    return one


def open_upload(t):
    t.wait(NEWEST_ID)
    t.paste(UPLOAD)
    t.wait("Timeline (UTC)")
    return t


def stand_on(t, text):
    """Walks over the lines that lead somewhere until the one with the text is under the cursor."""
    for _ in range(60):
        if text in (t.selected() or ""):
            return t
        before = t.selected()
        t.press("tab")
        t.wait(lambda t: t.selected() != before)
    raise AssertionError(f"no line with {text!r} leads anywhere\n{t.text}")


@pytest.mark.parametrize("line,title,seen", [
    ("s3         uploaded", ' Uploads  /"VEND002_20260102_115900.csv"', UPLOAD),
    ("parser     processing started", f" Logs {UPLOAD}", ""),
    ("validator  partial", f" Errors of {UPLOAD}", "By type"),
    ("report     errors file written", f" Reports of {UPLOAD}", ""),
    ("notice     notice: accepted", f" Notices of {UPLOAD}", "2 records were rejected."),
    ("queue      dead letters replayed: 3 of " + QUEUE, f" Audit log {QUEUE}", "junk"),
    ("queue      dead letters discarded: done: plan of 2", f" Audit log {QUEUE}", "junk"),
    ("queue      messages wait in the outbox: 1", " Doctor  /outgoing", ""),
    ("operator   notify: done", f" Audit log {UPLOAD}", "reason 0"),
])
def test_every_line_leads_somewhere_and_back(console, line, title, seen):
    with console(60, 160) as t:
        open_upload(t)
        stand_on(t, line)
        t.press("enter")
        t.wait(lambda t: t.lines[2].startswith(title))
        t.wait(seen)
        t.press("esc")
        t.wait(lambda t: line in (t.selected() or ""))


def test_what_was_discarded_of_another_upload_is_not_told(console):
    with console(60, 160) as t:
        open_upload(t)
        assert "plan of 7" not in t.text


def test_an_operators_action_leads_to_its_own_row_of_the_trail(console):
    with console(60, 160) as t:
        open_upload(t)
        stand_on(t, "reason 2")
        t.press("enter")
        t.wait(lambda t: t.lines[2].startswith(" Audit log") and "reason 2" in (t.selected() or ""))
        assert "reason 4" in t.text and "reason 0" in t.text


def test_a_notice_is_shown_word_for_word_and_harmless(console):
    with console(60, 160) as t:
        open_upload(t)
        t.press("J", "n")
        t.wait("Dear vendor,")
        assert any(line.strip() == "2 records were rejected." for line in t.lines)
        assert "\x1b[31mBye".encode() not in t.received


def test_the_letters_of_an_upload_have_a_page(console):
    with console(60, 160) as t:
        open_upload(t)
        t.press("J", "b")
        t.wait(f" Dead letters of {UPLOAD}")
        t.wait("dead letters discarded: done: plan of 2").wait("dead letters replayed: 3 of")
        t.press("esc")
        t.wait("Timeline (UTC)")
        t.press("esc")
        t.wait(NEWEST_ID)
        t.press("J", "b")
        t.wait("plan of 7")


def test_a_report_that_cannot_be_read_keeps_its_facts(console):
    with console(60, 160) as t:
        open_upload(t)
        t.press("J", "i")
        t.wait("Cannot be read").wait(f"errors/VEND002/{UPLOAD}_errors.csv").wait("SHA-256")


@pytest.mark.parametrize("value,message,other", [
    ('1 "x" y: 2 value=3', "an odd one", "not there"), ("(absent)", "not there", "an odd one")])
def test_a_value_leads_to_the_rows_that_have_that_very_value(console, value, message, other):
    with console(60, 160) as t:
        open_upload(t)
        t.press("e")
        t.wait("By value")
        stand_on(t, value)
        t.press("enter")
        t.wait(message)
        assert other not in t.text
