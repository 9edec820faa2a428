"""Narrow, wide and very wide: nothing cut that there was room for, no key halved, no character torn."""

import pathlib
import re

import pytest
from wcwidth import wcswidth

from history import NEWEST_ID

SIZES = [(12, 40), (24, 60), (24, 80), (30, 100), (40, 120), (40, 160), (50, 200), (50, 300)]
WITH_ERRORS = "UPLOAD_20260102_115900_VEND002"
SCREENS = {
    "uploads": [],
    "marked": ["+"],
    "upload": ["down", "enter"],
    "groups": ["down", "e"],
    "errors": ["down", "e", "e"],
    "record": ["down", "e", "e", "enter"],
    "vendors": ["2"],
    "products": ["3"],
    "help": ["?"],
    "categories": ["8"],
}
TUI = pathlib.Path(__file__).resolve().parents[2] / "tui"
NAMES = {name for path in TUI.glob("*/*.c") for name in re.findall(r'{"([a-z-]+)",\s+"[^"]+",', path.read_text())}


def hints(t):
    return [re.split(r" +", hint, maxsplit=1) for hint in re.split(r"  +|(?<=\S) (?=\? help)", t.lines[-1].strip())]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[1]}x{size[0]}")
def test_at_every_width(console, size):
    with console(*size) as t:
        t.wait("UPLOAD_2026")
        for name, keys in SCREENS.items():
            for key in keys:
                t.press(key)
                t.settle(0.1)
            t.settle(0.2)
            assert max(wcswidth(line) for line in t.lines) <= size[1], name
            assert "\ufffd" not in t.text, name
            if not (name == "marked" and size[0] < 16):  # where what was just said has the last line
                assert hints(t)[-1] == ["?", "help"], (name, t.text)
                for hint in hints(t):
                    assert len(hint) == 2 and hint[1] in NAMES, (name, hint)
            if name == "marked":
                t.press("*")
            for _ in keys:
                t.press("esc")
                t.settle(0.1)
            t.press("1", "home")
            t.settle(0.1)


def test_a_hint_has_the_room_that_others_do_not_need(console, history):
    upload = "UPLOAD_20260102_115600_VEND002"
    hint = "category Electronix is not in the list; did you mean Electronics?"
    history.execute("UPDATE violation_rows SET error_message = %s WHERE upload_id = %s AND error_field = 'price'",
                    hint, upload)
    with console(20, 150) as t:
        t.wait(NEWEST_ID)
        t.press("down", "down", "down", "down", "e")
        t.wait(f"Errors of {upload}").wait("INVALID_PRICE")
        t.press("e")
        t.wait("MESSAGE").wait("INVALID_PRICE")
        assert hint in t.text


def test_sixty_columns_keep_the_dead_letters(console):
    with console(24, 60) as t:
        t.wait(NEWEST_ID).wait("aws down")
        assert "? dead" in t.lines[1]


def test_a_page_says_where_one_is_in_it(console):
    for size in ((24, 80), (12, 40)):
        with console(*size) as t:
            t.wait("UPLOAD_2026")
            t.press("?")
            t.wait(lambda t: re.search(r"1-\d+ of \d+", t.text), "the place in the page")
            t.press("end")
            t.wait(lambda t: re.search(r"-(\d+) of \1\b", t.text), "the end of the page")


def test_the_footer_offers_what_can_be_done_with_marked_rows(console):
    with console(24, 100) as t:
        t.wait(NEWEST_ID)
        assert "sort" in t.lines[-1] and "unmark-all" not in t.lines[-1]
        t.press("+")
        t.wait("100 marked: ").wait(lambda t: "* unmark-all" in t.lines[-1] and "sort" not in t.lines[-1])
        assert "R revalidate" in t.lines[-1] and "E notify" in t.lines[-1]
        t.press("*")
        t.wait(lambda t: "unmark-all" not in t.lines[-1])


def test_help_keeps_its_place_under_another_key(console, tmp_path):
    config = tmp_path / "config.ini"
    config.write_text("keys.help = ctrl-g\n")
    with console(24, 60, env={"INTAKE_CONFIG": str(config)}) as t:
        t.wait("UPLOAD_2026")
        assert t.lines[-1].endswith("ctrl-g help")


def pane(t):
    return [line[t.columns // 2:] for line in t.lines]


def test_from_160_columns_on_the_details_stand_beside_the_rows(console):
    with console(40, 159) as t:
        t.wait(NEWEST_ID).settle(0.6)
        assert "Records" not in t.text
        t.resize(40, 160)
        t.wait("Timeline (UTC)")
        assert any("Upload " + NEWEST_ID in line for line in pane(t))
        t.press("down")
        t.wait(lambda t: any("Upload " + WITH_ERRORS in line for line in pane(t)), "the details of the second row")
        assert t.selected().startswith("> " + WITH_ERRORS)
        t.press("i")
        t.wait(lambda t: "Timeline (UTC)" not in t.text)
        t.press("i")
        t.wait("Timeline (UTC)")


def test_details_ask_nothing_while_keys_come(console):
    """Rows that are only passed cost no query: what is asked for is what one stays on."""
    with console(40, 200) as t:
        t.wait(NEWEST_ID).wait("Timeline (UTC)")
        for _ in range(12):
            t.press("down")
        t.wait(lambda t: t.selected() and "114800" in t.selected())
        shown = set()

        def last(t):
            shown.update(re.findall(r"Upload (UPLOAD_\w+)", "\n".join(pane(t))))
            return any("Upload UPLOAD_20260102_114800" in line for line in pane(t))
        t.wait(last, "the details of the row one stays on")
        assert len(shown) <= 3, shown


def test_a_pane_that_is_too_short_says_how_much_is_missing(console):
    with console(20, 160) as t:
        t.wait(NEWEST_ID)
        t.wait(lambda t: re.search(r"\d+ more lines: enter", t.text))


def test_a_click_on_the_details_opens_them(console):
    with console(40, 200) as t:
        t.wait(NEWEST_ID).wait("Timeline (UTC)")
        t.type("\x1b[<0;180;12M\x1b[<0;180;12m")
        t.wait(f"Upload {NEWEST_ID}").wait("enter follow")


@pytest.mark.parametrize("columns", [160, 200, 300])
def test_held_keys_scroll_the_details_with_the_rows_and_then_show_the_right_ones(console, columns):
    with console(24, columns) as t:
        t.wait(NEWEST_ID).wait("Finished")
        for key in ["down"] * 40 + ["pgup", "pgdn", "pgdn", "up", "up"]:
            t.press(key)
        t.wait(lambda t: t.selected() and t.selected().split()[1] != NEWEST_ID)
        t.wait(lambda t: any("Upload " + t.selected().split()[1] in line for line in pane(t)), "the details of the row")
        t.settle(0.4)
        assert any("Uploaded" in line for line in pane(t)) and "Upload " + t.selected().split()[1] in t.text
        assert [line for line in pane(t) if "Status" in line]
