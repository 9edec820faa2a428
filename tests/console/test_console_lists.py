"""Lists longer than what is loaded: sorted by their source, with both ends, and where one is in them."""

import re

import pytest

from history import NEWEST_ID, UPLOADS


def place(t):
    found = re.search(r"row [\d,]*\d( of [\d,]*\d\+?| from the end)", t.lines[2])
    return found and found[0]


def rows(t):
    return [line for line in t.lines[4:-2] if line.strip()]


def click_head(t, title, until=None):
    """Presses on the head of a column, waits for what comes of it, and lets go."""
    before = t.lines[3]
    place = f"{before.index(title) + 2};4"
    t.type(f"\x1b[<0;{place}M")
    t.wait(until or (lambda t: t.lines[3] != before))
    t.type(f"\x1b[<0;{place}m")
    t.settle()


def test_a_sort_is_of_the_whole_result(console, history):
    worst, least = history.execute(
        "SELECT max(error_records), (SELECT upload_id FROM upload_history ORDER BY error_records,"
        " upload_timestamp DESC, upload_id DESC LIMIT 1) FROM upload_history").fetchone()
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        click_head(t, "ERRORS")
        t.wait("by errors, lowest first")
        t.wait(lambda t: "ERROR^" in t.lines[3] and least in t.selected())
        click_head(t, "ERROR")
        t.wait(lambda t: "ERRORv" in t.lines[3] and f" {worst} " in t.selected())
        t.press("end")
        t.wait(lambda t: re.search(r"failed +0 +0 +0|completed +\d+ +0 ", t.selected() or ""), "the least, last")
        t.press("home")
        t.wait(lambda t: place(t).startswith("row 1 of") and f" {worst} " in t.selected())
        click_head(t, "ERROR")
        t.wait("default order")
        t.wait(lambda t: NEWEST_ID in t.selected())


def test_a_sort_that_takes_long_says_so_and_is_cancelled(console, history):
    with console(30, 120) as t, history.connect() as other:
        t.wait(NEWEST_ID).settle()
        heads = t.lines[3]
        other.execute("BEGIN; LOCK TABLE upload_history IN ACCESS EXCLUSIVE MODE")
        click_head(t, "ERRORS", until=lambda t: re.search(r"sorting, [1-9]\d* s: Ctrl-C cancels", t.lines[2]))
        t.wait(lambda t: re.search(r"sorting, [2-9] s", t.lines[2]), "the seconds go on")
        t.press("ctrl-c")
        t.wait("cancelling; press Ctrl-C again to quit")
        t.wait(lambda t: "sorting" not in t.lines[2])
        other.execute("ROLLBACK")
        t.wait(lambda t: t.lines[3] == heads and NEWEST_ID in t.selected())
        click_head(t, "ERRORS")
        t.wait(lambda t: "ERROR^" in t.lines[3])


def test_a_key_behind_a_click_is_no_click(console):
    with console(30, 120) as t:
        t.wait(NEWEST_ID).settle()
        click_head(t, "TOTAL")
        t.press("down", "down")
        t.wait(lambda t: place(t).startswith("row 3 of")).settle()
        assert "TOTAL^" in t.lines[3]


def test_a_sorted_list_is_paged_without_a_gap(console, history):
    expected = [row[0] for row in history.execute(
        "SELECT upload_id FROM upload_history ORDER BY file_name COLLATE \"C\", upload_timestamp DESC, upload_id DESC")]
    with console(50, 100) as t:
        t.wait(NEWEST_ID)
        t.press(":")
        t.type("columns")
        t.press("enter")
        t.wait("columns:")
        t.press("ctrl-u")
        t.type("id file")
        t.press("enter")
        t.wait("FILE")
        click_head(t, "FILE")
        t.wait(lambda t: expected[0] in (t.selected() or ""))
        seen = []
        for _ in range(UPLOADS // 40 + 8):
            t.settle(0.05)
            seen += [i for i in re.findall(r"UPLOAD_\d{8}_\d{6}_VEND00\d", t.text) if i not in seen[-100:]]
            before = t.selected()
            t.press("pgdn")
            t.wait(lambda t: t.selected() != before or expected[-1] in before)
        assert seen == expected


def test_the_selection_stays_on_its_row_when_the_order_changes(console):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press(*["down"] * 7)
        t.wait(lambda t: "_115300_" in t.selected())
        click_head(t, "STATUS")
        t.wait("by status")
        t.wait(lambda t: "STATUS ^" in t.lines[3]).settle()
        assert "_115300_" in t.selected()
        t.press("f5")
        t.settle(0.4)
        assert "_115300_" in t.selected()


def test_a_refresh_brings_rows_to_their_place_in_the_order(console, history):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        click_head(t, "TOTAL")
        click_head(t, "TOTA")
        t.wait(lambda t: "TOTALv" in t.lines[3] or "TOTAL v" in t.lines[3]).settle()
        first = t.selected()
        history.execute("INSERT INTO upload_history (upload_id, file_name, s3_key, total_records, status)"
                        " VALUES ('UPLOAD_MANY', 'many.csv', 'k', 999999, 'processing')")
        try:
            t.wait("999999")
            assert t.selected() == first
            assert "UPLOAD_MANY" in rows(t)[0]
            history.execute("UPDATE upload_history SET total_records = 0 WHERE upload_id = 'UPLOAD_MANY'")
            t.wait(lambda t: "UPLOAD_MANY" not in t.text)
            assert t.selected() == first
            t.press("end")
            t.wait(lambda t: re.search(r" 0 +0 +0 ", t.selected() or ""))
        finally:
            history.execute("DELETE FROM upload_history WHERE upload_id = 'UPLOAD_MANY'")


def test_a_column_without_an_order_is_said_to_have_none(console):
    with console(30, 200) as t:
        t.wait(NEWEST_ID)
        t.press("5")
        t.wait("PLAN")
        click_head(t, "PLAN", "cannot sort by plan")


def test_the_title_says_where_one_is(console):
    with console(30, 100) as t:
        t.wait(NEWEST_ID)
        t.wait(lambda t: re.match(r"row 1 of \d+\+", place(t) or ""))
        t.press("down", "space")
        t.wait(lambda t: (place(t) or "").startswith("row 3 of ") and "1 marked" in t.lines[2])
        t.press("end")
        t.wait(lambda t: place(t) == "row 1 from the end")
        t.press("up")
        t.wait(lambda t: place(t) == "row 2 from the end")
        t.press("/")
        t.type("since:2026-01-02T11:30")
        t.press("enter")
        t.wait(lambda t: place(t) == "row 1 of 31")
    with console(10, 40) as t:
        t.wait("UPLOAD_2026")
        assert "Uploads" in t.lines[1]


def test_products_have_both_ends(console):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("3")
        t.wait("KB-0001")
        t.press("end")
        t.wait(lambda t: "KB-0300" in (t.selected() or ""))
        t.wait(lambda t: "KB-0280" in t.text)
        t.press("pgup", "pgup", "pgup", "pgup", "pgup")
        t.wait("KB-0170")
        t.press("home")
        t.wait(lambda t: "KB-0001" in (t.selected() or ""))
        click_head(t, "PRICE")
        click_head(t, "PRICE")
        t.wait(lambda t: "KB-0300" in (t.selected() or ""))


@pytest.fixture
def trail(history):
    history.execute("ALTER TABLE audit_log DISABLE TRIGGER USER")
    history.execute("INSERT INTO audit_log (at, actor, role, action, target, outcome) SELECT"
                    " timestamptz '2026-01-01 00:00Z' + n * interval '1 minute', 'ann', 'operator', 'notify',"
                    " 'T-' || lpad(n::text, 4, '0'), 'done' FROM generate_series(0, 1499) AS n")
    yield
    history.execute("DELETE FROM audit_log WHERE starts_with(target, 'T-')")
    history.execute("ALTER TABLE audit_log ENABLE TRIGGER USER")


def test_the_audit_log_has_both_ends_and_dates(console, trail):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("5")
        t.wait("T-1499")
        t.press("end")
        t.wait(lambda t: "T-0000" in (t.selected() or ""))
        t.press("pgup", "pgup")
        t.wait("T-0050")
        t.press("@")
        t.wait("go to time")
        t.type("2026-01-01T10:00")
        t.press("enter")
        t.wait(lambda t: "T-0600" in (t.selected() or "")).settle()
        t.press("up", "up")
        t.wait(lambda t: "T-0602" in (t.selected() or ""))
        t.press("home")
        t.wait(lambda t: "T-1499" in (t.selected() or ""))


def test_half_pages(console):
    with console(26, 100) as t:
        t.wait(NEWEST_ID).settle()
        t.press("ctrl-d")
        t.wait(lambda t: place(t).startswith("row 11 of"))
        t.press("ctrl-d", "ctrl-u")
        t.wait(lambda t: place(t).startswith("row 11 of"))
        t.press("?")
        t.wait("On this screen")
        t.wait(lambda t: t.lines[3].startswith(">"))
        t.press("ctrl-d")
        t.wait(lambda t: any(line.startswith(">") for line in t.lines[10:18]))
        t.press("ctrl-u")
        t.wait(lambda t: t.lines[3].startswith(">"))


def test_plus_marks_what_matches_and_is_loaded(console):
    with console(30, 100) as t:
        t.wait(NEWEST_ID)
        t.press("/")
        t.type("since:2026-01-02T11:30")
        t.press("enter")
        t.wait(lambda t: place(t) == "row 1 of 31")
        t.press("+")
        t.wait("31 marked: all matching rows")
        t.press("*")
        t.wait("31 rows unmarked")
        t.press("esc")
        t.wait(lambda t: "+" in place(t))
        t.press("+")
        t.wait("all loaded rows; more match")
