"""Filters with their keys, columns, saved views, what is remembered, and what is copied and written."""

import base64
import json
import re
import signal

import pytest

from history import NEWEST_ID
from test_console_lists import click_head, place

WITH_ERRORS = "UPLOAD_20260102_115900_VEND002"


def copied(t):
    found = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", t.received)
    return base64.b64decode(found[-1]).decode() if found else None


def palette(t, text):
    t.press(":")
    t.wait("go to or do")
    t.type(text)


def test_the_prompt_shows_and_completes_this_screens_keys(console):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("/")
        t.wait("vendor: status: notice: code: since: until: words")
        t.type("ven")
        t.press("tab")
        t.wait(lambda t: t.lines[-1].startswith("/vendor:"))
        t.type("VEND002 s")
        t.press("tab")
        t.wait(lambda t: re.match(r"/vendor:VEND002 s +status since$", t.lines[-1]))
        t.type("ta")
        t.press("tab")
        t.type("par")
        t.press("tab")
        t.wait(lambda t: t.lines[-1].startswith("/vendor:VEND002 status:partial"))
        t.press("enter")
        t.wait(lambda t: "/vendor:VEND002 status:partial" in t.lines[2])
        t.press("3")
        t.wait("KB-0001")
        t.press("/")
        t.wait("vendor: upload: sku: words")


def test_error_types_and_fields_complete(console):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("down", "e")
        t.wait("By type")
        t.press("e")
        t.wait("MESSAGE")
        t.press("/")
        t.wait("type: field: unchanged: row: sku: product: words")
        t.type("type:invalid_p")
        t.press("tab")
        t.wait(lambda t: "INVALID_PRICE" in t.lines[-1].upper())


@pytest.fixture
def notices(history):
    ids = ["UPLOAD_20260102_115700_VEND001", "UPLOAD_20260102_115600_VEND002", "UPLOAD_20260102_115500_VEND003",
           "UPLOAD_20260102_115400_VEND001"]
    history.execute("INSERT INTO notifications (upload_id, kind, outcome, claimed_at) VALUES"
                    " (%s, 'resend', 'unknown', now() - interval '1 hour'),"
                    " (%s, 'resend', 'failed', now() - interval '3 days'),"
                    " (%s, 'resend', 'failed', now() - interval '1 hour'),"
                    " (%s, 'resend', 'failed', now() - interval '2 hours')", *ids)
    history.execute("INSERT INTO notifications (upload_id, kind, outcome, claimed_at)"
                    " VALUES (%s, 'resend', 'accepted', now() - interval '1 hour')", ids[3])
    history.execute("INSERT INTO outbox (upload_id, body, attributes, created_at) VALUES"
                    " (%s, '{}', '{\"status\": \"failed\"}', now() - interval '1 hour'),"
                    " (%s, '{}', '{\"error_type\": \"INVALID_PRICE\"}', now() - interval '1 hour')", ids[0], ids[1])
    yield ids
    history.execute("DELETE FROM notifications WHERE kind = 'resend'")
    history.execute("DELETE FROM outbox")


@pytest.mark.parametrize("state,counted,expected", [
    ("unknown", "1 notices unknown", [0]), ("failed", "2 notices failed", [1, 2]),
    ("pending", "1 notices pending", [0]), ("outgoing", "2 messages waiting", [0, 1])])
def test_the_notices_the_strip_counts_are_those_the_filter_finds(console, notices, state, counted, expected):
    with console(30, 160) as t:
        t.wait(counted)
        t.press("/")
        t.type(f"notice:{state}")
        t.press("enter")
        wanted = [notices[i] for i in expected]
        t.wait(lambda t: place(t) == f"row 1 of {len(expected)}" and [i for i in notices if i in t.text] == wanted)


def test_stuck_uploads_are_found_as_they_are_counted(console, history):
    history.execute("INSERT INTO upload_history (upload_id, file_name, s3_key, status, upload_timestamp) VALUES"
                    " ('UPLOAD_STUCK', 's.csv', 'k', 'processing', '2026-01-01'),"
                    " ('UPLOAD_MOVES', 'm.csv', 'k', 'processing', now())")
    try:
        with console(30, 160) as t:
            t.wait("1 stuck")
            t.press("/")
            t.type("status:stuck")
            t.press("enter")
            t.wait(lambda t: place(t) == "row 1 of 1" and "UPLOAD_STUCK" in t.text)
    finally:
        history.execute("DELETE FROM upload_history WHERE upload_id IN ('UPLOAD_STUCK', 'UPLOAD_MOVES')")


def test_columns_are_chosen_ordered_and_remembered(console):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("3")
        t.wait("KB-0001")
        t.press("o")
        t.wait("columns: sku name price stock status category vendor product upload")
        t.press("ctrl-u")
        t.type("na")
        t.press("tab")
        t.type("sk")
        t.press("tab", "enter")
        t.wait(lambda t: re.match(r" +PRODUCT +SKU$", t.lines[3]))
        click_head(t, "SKU")
        click_head(t, "SKU")
        t.wait(lambda t: "KB-0300" in (t.selected() or ""))
        t.press("q")
        t.wait(NEWEST_ID)
        click_head(t, "TOTAL")
        t.press("q")
        assert t.exit_code() == 0
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        assert NEWEST_ID in t.selected() and "TOTAL^" not in t.lines[3]
        t.press("3")
        t.wait(lambda t: re.match(r" +PRODUCT +SKU v$", t.lines[3]))
        t.wait(lambda t: "KB-0300" in (t.selected() or ""))


def test_a_view_keeps_columns_and_sort_and_can_be_deleted(console, tmp_path):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("/")
        t.type("vendor:VEND002")
        t.press("enter")
        t.wait(lambda t: "/vendor:VEND002" in t.lines[2] and "VEND003" not in t.text)
        click_head(t, "STATUS")
        t.press("o", "ctrl-u")
        t.type("status id")
        t.press("enter")
        t.wait(lambda t: re.match(r" +STATUS \^ +UPLOAD$", t.lines[3]))
        t.press("v")
        t.wait("save this view as")
        t.type("mine")
        t.press("enter")
        t.wait("saved")
        t.press("2")
        t.wait("StyleWear")
        palette(t, "mine")
        t.wait("ctrl-x deletes it")
        t.press("enter")
        t.wait(lambda t: re.match(r" +STATUS \^ +UPLOAD$", t.lines[3]) and "/vendor:VEND002" in t.lines[2])
        palette(t, "mine")
        t.wait("ctrl-x deletes it")
        t.press("ctrl-x")
        t.wait("view mine deleted")
        t.wait(lambda t: "ctrl-x deletes it" not in t.text)
        t.press("esc", "q", "q", "q")
        assert t.exit_code() == 0
    state = json.loads((tmp_path / "state/intake/console.json").read_text())
    assert [view["name"] for view in state["views"]] == ["last"]


def test_what_was_left_is_offered_as_last(console):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("3")
        t.wait("KB-0001")
        t.press("/")
        t.type("KB-0007")
        t.press("enter")
        t.wait(lambda t: place(t) == "row 1 of 1")
        t.send_signal(signal.SIGTERM)
        assert t.exit_code() == 128 + signal.SIGTERM
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        assert "Uploads" in t.lines[2]
        palette(t, "last")
        t.wait("products /KB-0007")
        t.press("enter")
        t.wait(lambda t: "Products  /KB-0007" in t.lines[2] and place(t) == "row 1 of 1")


def test_the_command_says_the_filter_quoted(console):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("/")
        t.type("vendor:VEND002 status:partial since:2d it's $HOME")
        t.press("enter", "c")
        t.wait(lambda t: copied(t) == "intake uploads --vendor VEND002 --status partial --since 2d"
               " --search 'it'\\''s $HOME'")
        t.press("esc", "5")
        t.wait("ACTOR")
        t.press("/")
        t.type("actor:ann words")
        t.press("enter", "c")
        t.wait(lambda t: copied(t) == "intake audit --actor ann --search words")
        t.press("esc", "3")
        t.wait("KB-0001")
        t.press("c")
        t.wait("no equivalent command")


def test_what_is_written_is_no_formula(console, history, tmp_path):
    history.execute("INSERT INTO products (vendor_id, vendor_product_id, product_name, category, sku, price,"
                    " stock_quantity) VALUES ('VEND002', 'F', '=cmd|calc', 'Toys', '@SUM(1)', 5, 1)")
    try:
        with console(30, 120) as t:
            t.wait(NEWEST_ID)
            t.press("3")
            t.wait("KB-0001")
            t.press("o", "ctrl-u")
            t.type("price name sku")
            t.press("enter", "/")
            t.type("calc")
            t.press("enter")
            t.wait(lambda t: place(t) == "row 1 of 1")
            t.press("y")
            t.wait(lambda t: copied(t) == "'@SUM(1)")
            t.press("w")
            t.wait("written to")
        written = next(tmp_path.glob("intake-products-*.tsv")).read_text()
        assert written == "price\tname\tsku\n5.00\t'=cmd|calc\t'@SUM(1)\n"
    finally:
        history.execute("DELETE FROM products WHERE vendor_product_id = 'F'")
