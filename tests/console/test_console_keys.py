"""The keys that INTERFACE.md fixes, and every other key of the action tables."""

import re

import pytest

from history import NEWEST_ID, UPLOADS
from key_walk import press_every_key


def test_opens_on_the_uploads_newest_first_with_ids_in_sight(console):
    with console(40, 120) as t:
        t.wait(NEWEST_ID).settle()
        ids = re.findall(r"UPLOAD_\d{8}_\d{6}_VEND00\d", t.text)
        assert len(ids) >= 30
        times = [i[7:22] for i in ids]
        assert times == sorted(times, reverse=True)
        assert "database ok" in t.wait("database ok").text


@pytest.mark.parametrize("down,up", [("down", "up"), ("j", "k")])
def test_moves_by_rows(console, down, up):
    with console() as t:
        t.wait(NEWEST_ID)
        t.press(down, down)
        t.wait(lambda t: "_115800_" in (t.selected() or ""))
        t.press(up)
        t.wait(lambda t: "_115900_" in (t.selected() or ""))


def test_pages_and_the_ends_of_the_whole_result(console):
    with console() as t:
        t.wait(NEWEST_ID)
        t.press("pgdn")
        t.wait(lambda t: NEWEST_ID not in t.text)
        t.press("pgup")
        t.wait(lambda t: NEWEST_ID in (t.selected() or ""))
        t.press("end")
        t.wait(lambda t: "UPLOAD_20260101_160100_VEND003" in (t.selected() or ""), "the oldest upload")
        t.press("home")
        t.wait(lambda t: NEWEST_ID in (t.selected() or ""))


def test_scrolls_through_more_than_a_page_without_a_gap(console):
    with console(50, 100) as t:
        t.wait(NEWEST_ID)
        seen = []
        for _ in range(UPLOADS // 40 + 8):
            t.settle(0.05)
            seen += [i for i in re.findall(r"UPLOAD_\d{8}_\d{6}_VEND00\d", t.text) if i not in seen[-100:]]
            before = t.selected()
            t.press("pgdn")
            t.wait(lambda t: t.selected() != before or "UPLOAD_20260101_160100" in before)
        assert len(seen) == UPLOADS
        assert seen == sorted(seen, key=lambda i: i[7:22], reverse=True)


def test_enter_opens_and_escape_goes_back_to_the_same_row(console):
    with console() as t:
        t.wait(NEWEST_ID)
        t.press("down", "down", "enter")
        t.wait("Timeline")
        t.press("esc")
        t.wait("Uploads")
        t.wait(lambda t: "_115800_" in (t.selected() or ""))


def test_slash_filters_as_you_type_and_escape_takes_it_back(console):
    with console() as t:
        t.wait(NEWEST_ID)
        t.press("/")
        t.type("vendor:VEND002 status:failed")
        t.wait(lambda t: "VEND001" not in t.text and "VEND002" in t.text and "partial" not in t.text)
        t.press("enter")
        t.wait(lambda t: "/vendor:VEND002 status:failed" in t.lines[2])
        t.press("esc")
        t.wait(NEWEST_ID)


@pytest.mark.parametrize("words", ["stylewear", "StyleWear _1159", "VEND002 20260102", "contact@techgear"])
def test_a_search_finds_an_upload_by_its_vendor_too(console, words):
    vendor = "VEND001" if "techgear" in words else "VEND002"
    with console() as t:
        t.wait(NEWEST_ID)
        t.press("/")
        t.type(words)
        t.press("enter")
        t.wait(lambda t: (rows := re.findall(r"UPLOAD_\S+_(VEND00\d)", t.text)) and set(rows) == {vendor})


def test_a_filter_nothing_matches_says_so(console):
    with console() as t:
        t.wait(NEWEST_ID)
        t.press("/")
        t.type("zebra")
        t.wait("nothing matches")
        t.press("esc")
        t.wait(NEWEST_ID)


def test_palette_finds_actions_screens_and_ids(console):
    with console() as t:
        t.wait(NEWEST_ID)
        t.press(":")
        t.wait("go to or do")
        t.type("vend")
        t.press("enter")
        t.wait("StyleWear")
        t.press("q")
        t.wait(NEWEST_ID)
        t.press(":")
        t.type("UPLOAD_20260102_115900_VEND002")
        t.press("enter")
        t.wait("Timeline")
        assert "UPLOAD_20260102_115900_VEND002" in t.lines[2]


@pytest.mark.parametrize("key", ["?", "f1"])
def test_help_lists_every_key(console, key):
    with console(60, 110) as t:
        t.wait(NEWEST_ID).settle()
        t.press(key)
        t.wait("On this screen")
        t.wait("filter as you type")
        t.press("esc")
        t.wait("Uploads")


def test_control_l_repaints(console):
    with console() as t:
        t.wait(NEWEST_ID).settle()
        before = t.text
        t.screen.erase_in_display(2)
        t.press("ctrl-l")
        t.wait(NEWEST_ID).settle()
        assert t.lines[3:20] == before.split("\n")[3:20]


def test_q_leaves_a_screen_and_on_the_first_one_the_program(console):
    with console() as t:
        t.wait(NEWEST_ID)
        t.press("enter")
        t.wait("Timeline")
        t.press("q")
        t.wait(NEWEST_ID)
        t.press("q")
        assert t.exit_code() == 0


OPENERS = {
    "uploads": [], "upload": ["enter"], "groups": ["down", "e"], "errors": ["down", "e", "e"],
    "record": ["down", "e", "e", "enter"], "vendors": ["2"], "vendor": ["2", "enter"], "trends": [":", *"trends", "enter"], "products": ["3"],
    "categories": ["8"], "dead-letters": ["4"], "audit": ["5"], "logs": ["6"], "doctor": ["7"], "jobs": ["9"], "help": ["?"],
    "attention": ["!"], "notices": ["J", "n"], "reports": ["J", "i"], "letters-of": ["J", "b"],
}


@pytest.mark.slow
@pytest.mark.parametrize("screen", OPENERS)
def test_every_key_of_the_table_is_pressed(console, screen):
    def open():
        for key in OPENERS[screen]:
            t.press(key)
            t.settle(0.02)

    with console(60, 160) as t:
        t.wait(NEWEST_ID)
        press_every_key(t, open)
        t.press("q")
        assert t.exit_code() == 0


def test_a_date_is_a_jump_with_rows_on_both_sides(console):
    with console() as t:
        t.wait(NEWEST_ID)
        t.press("@")
        t.type("2026-01-02T01:00")
        t.press("enter")
        t.wait(lambda t: "_010000_" in (t.selected() or "") or "_005900_" in (t.selected() or ""))
        t.settle()
        t.press("up", "up")
        t.wait(lambda t: re.search(r"_010[12]00_", t.selected() or ""))
        t.press("@")
        t.type("someday")
        t.press("enter")
        t.wait("not a time")
