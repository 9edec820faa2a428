"""`/` on the screens that are pages: lines that match stay, with the heads they stand under."""

import pytest

from history import NEWEST_ID


def test_lines_and_their_heads_stay_while_one_types(console):
    with console(40, 120) as t:
        t.wait(NEWEST_ID)
        t.press("down", "enter")
        t.wait("Timeline (UTC)")
        t.press("/")
        t.wait(lambda t: t.lines[-1].startswith("/"))
        t.type("parser")
        t.wait(lambda t: "processing started" in t.text and "Notices" not in t.text and "Valid" not in t.text)
        assert "Timeline (UTC)" in t.text and "uploaded:" not in t.text
        assert t.lines[2].rstrip().endswith("/parser") or "  /parser" in t.lines[2]
        t.press("esc")
        t.wait("Notices")
        assert "/parser" not in t.lines[2]


def test_what_is_kept_is_moved_through_and_followed_and_survives_a_refresh(console):
    with console(40, 120) as t:
        t.wait(NEWEST_ID)
        t.press("down", "enter")
        t.wait("Timeline (UTC)")
        t.press("/")
        t.type("PARSER STARTED")
        t.press("enter")
        t.wait(lambda t: "Notices" not in t.text)
        t.press("f5", "home", "tab")
        t.wait(lambda t: "processing started" in (t.selected() or ""))
        t.press("down", "down", "up")
        t.wait(lambda t: "Timeline" in (t.selected() or "") or "processing" in (t.selected() or ""))
        t.press("end", "enter")
        t.wait(lambda t: t.lines[2].startswith(" Logs UPLOAD_"))
        t.press("esc")
        t.wait(lambda t: "  /PARSER STARTED" in t.lines[2])


def test_no_match_says_so_and_follows_nothing(console):
    with console(40, 120) as t:
        t.wait(NEWEST_ID)
        t.press("enter")
        t.wait("Timeline (UTC)")
        t.press("/")
        t.type("zebra")
        t.press("enter")
        t.wait("nothing matches the filter")
        t.press("enter", "down", "tab")
        t.settle()
        assert t.lines[2].startswith(" Upload ")


@pytest.mark.parametrize("keys,word,stays,goes", [
    (["?"], "clipboard", "copy the selected id", "one line up"),
    (["down", "e"], "price", "INVALID_PRICE", "INVALID_STOCK"),
    (["down", "e", "e", "enter"], "price", "INVALID_PRICE", "vendor_product_id")])
def test_every_page_takes_a_filter(console, keys, word, stays, goes):
    with console(40, 120) as t:
        t.wait(NEWEST_ID)
        for key in keys:
            t.press(key)
            t.settle(0.2)
        t.wait(goes)
        t.press("/")
        t.type(word)
        t.wait(lambda t: stays in t.text and goes not in t.text)
