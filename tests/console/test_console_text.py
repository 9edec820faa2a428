"""A vendor's bytes on the screen: made visible, aligned, and never obeyed."""

from history import NEWEST_ID

WITH_ERRORS = "UPLOAD_20260102_115900_VEND002"


def test_hostile_text_is_made_visible(console):
    with console(40, 120) as t:
        t.wait(NEWEST_ID)
        t.press("down", "e")
        t.wait("By type")
        t.press("e")
        t.wait("MESSAGE")
        t.wait("INVALID_")
        t.press("enter")
        t.wait("As the vendor wrote it")
        assert "<U+202E>evil" in t.text
        assert "\u202e".encode() not in t.received
        assert b"\x1b[31mred" not in t.received


def test_errors_show_line_value_and_what_is_wrong(console):
    with console(40, 140) as t:
        t.wait(NEWEST_ID)
        t.press("down", "e")
        t.wait("By value")
        t.press("e")
        t.wait("VALUE")
        t.wait("12.999 has more than two decimals")
        row = next(line for line in t.lines if "two decimals" in line)
        assert "INVALID_PRICE" in row and "12.999" in row and " 4 " in row


def test_wide_and_combining_characters_align(console):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("3")
        t.wait("KB-0001")
        rows = [line for line in t.screen.display if "KB-00" in line]
        wide = [line for line in rows if "キーボード" in line]
        assert wide
        plain = next(line for line in rows if "Keyboard" in line)
        at = plain.index("Electronics")
        for line in wide:
            cells = ""
            for character in line:
                cells += character
            assert cells.replace("\u3000", " ").find("Electronics") in (at, at - 5)


def test_outside_utf8_a_question_mark_stands_for_what_cannot_be_shown(console):
    with console(30, 120, env={"LC_ALL": "C"}) as t:
        t.wait(NEWEST_ID)
        t.press("3")
        t.wait("KB-0007")
        assert "?????" in t.text
        assert all(byte < 0x80 for byte in t.received)
