"""The errors of an upload on the screen: what all of them have in common, and those that are no errors."""

import pytest

from conftest import HEADER
from live_steps import go_to
from support import wait_until
from test_console_lists import place


@pytest.fixture
def send(run_intake, tmp_path, new_vendor):
    """send(lines, time, code): the upload's id; {v} in a line is the vendor."""
    vendor = new_vendor()

    def one(lines, time, code):
        path = tmp_path / f"{vendor}_20260403_{time}.csv"
        path.write_text(HEADER + "".join(line.format(v=vendor) + "\n" for line in lines))
        return run_intake("submit", path, "--wait", "--json", code=code).json[0]["upload_id"]

    return one


def line(number, price="9.99"):
    return f"P-{number},Kettle {number},Kitchen,,,{{v}}-{number},,{price},,3,,,,"


def errors_of(t, upload_id):
    go_to(t, upload_id)
    t.press("e")
    t.wait("By type")
    groups = t.text
    t.press("e")
    t.wait("MESSAGE")
    return groups


def test_what_all_records_have_in_common_stands_above_them_once(live, send):
    commas = send([line(n, f'"{n},50"') for n in range(1, 6)], "080000", 1)
    mixed = send([line(n, f'"{n},50"') for n in range(1, 5)] + [line(5)], "081000", 3)
    with live() as t:
        assert "all 5 records: price has a decimal comma" in errors_of(t, commas)
        t.wait("all 5 records: price has a decimal comma")
        assert t.text.count("all 5 records") == 1
        above = next(i for i, text in enumerate(t.lines) if "all 5 records" in text)
        first = next(i for i, text in enumerate(t.lines) if "price 1,50" in text)
        assert above < first
    with live() as t:
        errors_of(t, mixed)
        t.wait("price 4,50")
        assert "records: price has" not in t.text


def test_what_is_unchanged_is_filtered_away(live, send):
    rows = [line(n) for n in range(1, 5)]
    send(rows, "090000", 0)
    again = send([*rows[:3], line(4, "10.99")], "091000", 1)
    with live() as t:
        errors_of(t, again)
        t.wait(lambda t: place(t) == "row 1 of 8")
        t.press("/")
        t.type("unchanged:no")
        t.press("enter")
        t.wait(lambda t: place(t) == "row 1 of 2" and "/unchanged:no" in t.lines[2])
        assert "P-4" in t.text and "P-1" not in t.text
        t.press("/")
        t.wait(lambda t: t.lines[-1].startswith("/unchanged:no"))
        t.press("ctrl-u")
        t.type("unchanged:yes")
        t.press("enter")
        t.wait(lambda t: place(t) == "row 1 of 6" and "/unchanged:yes" in t.lines[2])
        assert "P-1" in t.text and "P-4" not in t.text


def test_what_was_pruned_is_said_in_place_of_no_errors(live, send, database, run_intake):
    upload = send([line(n, "no") for n in range(1, 4)], "100000", 1)
    wait_until(lambda: database.execute("SELECT FROM notifications WHERE upload_id = %s AND outcome = 'accepted'",
                                        [upload]).fetchone() is not None)
    for table, column in (("upload_history", "upload_timestamp"), ("upload_history", "processing_completed_at"),
                          ("upload_records", "judged_at"), ("notifications", "claimed_at")):
        database.execute(f"UPDATE {table} SET {column} = {column} - interval '500 days' WHERE upload_id = %s", [upload])
    done = run_intake("prune", "--older-than", "400d", "--json", "--yes", code=0).json
    assert done["uploads"] >= 1 and done["passed_over"] == 0, done
    with live() as t:
        go_to(t, upload)
        t.wait("its records were pruned on")
        assert "INVALID_PRICE" in t.text, "what was counted stays"
        t.press("e")
        t.wait("All rows")
        t.wait("its records were pruned on")
        t.press("e")
        t.wait("MESSAGE")
        t.wait("its records were pruned on")
        assert "no errors" not in t.text
