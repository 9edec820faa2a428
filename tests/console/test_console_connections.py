"""From each thing to every thing it is connected with, and back."""

import pytest

from history import NEWEST_ID

PARTIAL = "UPLOAD_20260102_115900_VEND002"


def jump(t, letter, seen):
    t.press("J")
    t.wait("jump to")
    t.press(letter)
    t.wait(lambda t: "jump to" not in t.text)
    t.wait(seen)


@pytest.mark.parametrize("letter,title", [
    ("u", " Upload " + PARTIAL), ("g", " Errors of " + PARTIAL), ("e", " Errors of " + PARTIAL),
    ("p", " Products " + PARTIAL), ("l", " Logs " + PARTIAL), ("a", " Audit log " + PARTIAL),
    ("v", " Vendor VEND002"), ("o", " Uploads VEND002"), ("c", " Products VEND002"),
    ("t", " Audit log VEND002")])
def test_an_upload_leads_to_all_it_is_connected_with_and_back(console, letter, title):
    with console(40, 120) as t:
        t.wait(NEWEST_ID)
        t.press("down")
        t.wait(lambda t: PARTIAL in (t.selected() or ""))
        jump(t, letter, lambda t: t.lines[2].startswith(title))
        t.press("esc")
        t.wait(lambda t: PARTIAL in (t.selected() or ""))


def test_enter_and_digits_go_too_and_escape_stays(console):
    with console(40, 120) as t:
        t.wait(NEWEST_ID)
        t.press("J")
        t.wait("the vendor")
        t.press("esc")
        t.wait(lambda t: "jump to" not in t.text)
        t.press("J")
        t.wait("jump to")
        t.press("down", "up", "enter")
        t.wait(lambda t: t.lines[2].startswith(" Upload " + NEWEST_ID))
        jump(t, "1", lambda t: t.lines[2].startswith(" Errors of " + NEWEST_ID))


def test_a_record_leads_to_its_upload_its_vendor_and_its_sku(console):
    with console(40, 120) as t:
        t.wait(NEWEST_ID)
        t.press("down", "e")
        t.wait("By type")
        t.press("e")
        t.wait(lambda t: "price 12.999" in (t.selected() or ""))
        jump(t, "r", lambda t: t.lines[2].startswith(f" Record {PARTIAL} row:3"))
        t.wait("As the vendor wrote it")
        jump(t, "s", lambda t: t.lines[2].startswith(' Products  /sku:"SKU-3"'))
        t.press("esc")
        t.wait("As the vendor wrote it")
        jump(t, "v", lambda t: t.lines[2].startswith(" Vendor VEND002"))


def test_a_product_leads_to_all_under_its_sku(console):
    with console(40, 120) as t:
        t.wait(NEWEST_ID)
        t.press("3")
        t.wait("KB-0002")
        t.press("down")
        t.wait(lambda t: "KB-0002" in (t.selected() or ""))
        jump(t, "s", lambda t: '/sku:"KB-0002"' in t.lines[2])
        t.wait(lambda t: "KB-0002" in t.text and "KB-0003" not in t.text)


@pytest.mark.parametrize("text,title", [
    (PARTIAL, f" Upload {PARTIAL}"),
    (f"errors/VEND002/{PARTIAL}_errors.csv", f" Upload {PARTIAL}"),
    ("VEND002", " Vendor VEND002"),
    ("uploads/VEND002/VEND002_20260102_115900.csv", ' Uploads  /"VEND002_20260102_115900.csv"'),
    ("product-validation-errors-dlq", " Dead letters  /product-validation-errors-dlq"),
    ("KB-0007", ' Products  /"KB-0007"')])
def test_what_is_pasted_or_typed_into_the_palette_opens_what_it_names(console, text, title):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.paste(text)
        t.wait(lambda t: t.lines[2].startswith(title))
        t.press("esc")
        t.wait(lambda t: t.lines[2].startswith(" Uploads") and "/" not in t.lines[2])
        t.press(":")
        t.wait("go to or do")
        t.type(text)
        t.wait("press enter to open")
        t.press("enter")
        t.wait(lambda t: t.lines[2].startswith(title))


def test_a_file_pasted_shows_its_upload_alone(console):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.paste("s3://bucket/uploads/VEND002/VEND002_20260102_115900.csv")
        t.wait(lambda t: PARTIAL in t.text and NEWEST_ID not in t.text)


def test_the_overlay_fits_a_small_terminal(console):
    with console(10, 40) as t:
        t.wait("UPLOAD_2026")
        t.press("J")
        t.wait("the upload")
        t.press(*["down"] * 30)
        t.wait("operators' actions on the vendor")
