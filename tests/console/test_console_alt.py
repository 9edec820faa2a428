"""Alt keys, and what a terminal sends that is no key: nothing is changed or left by them, and they end by themselves."""

import os

import pytest


@pytest.mark.parametrize("letter", "RPWKUND")
def test_alt_with_a_key_that_changes_things_shows_a_plan_or_asks_at_most(history, console, letter):
    before = history.execute("SELECT count(*) FROM audit_log").fetchone()
    with console(24, 100) as t:
        t.wait("UPLOAD_20260102_120000_VEND001")
        t.press("enter")
        t.wait("Timeline")
        os.write(t.fd, b"\x1b" + letter.encode())
        t.settle(0.3)
        t.press("esc")
        t.wait("UPLOAD_20260102_115900_VEND002")
    assert history.execute("SELECT count(*) FROM audit_log").fetchone() == before


def test_alt_q_on_the_first_screen_does_not_quit(console):
    with console() as t:
        t.wait("UPLOAD_20260102_120000_VEND001")
        os.write(t.fd, b"\x1bq")
        t.wait("alt-q: no action here")
        t.press("?")
        t.wait("Help")


@pytest.mark.parametrize("begun", [b"\x1b[", b"\x1bO", b"\x1b]11;rgb:", b"\x1bP1$r", b"\x1b[<0;1", b"\x1b[1;5", b"\x1b[M"])
def test_a_sequence_that_never_ends_is_over_in_a_tenth_of_a_second(console, begun):
    with console() as t:
        t.wait("UPLOAD_20260102_120000_VEND001")
        os.write(t.fd, begun)
        t.settle(0.3)
        t.press("?")
        t.wait("Help")


def test_an_esc_typed_fast_before_a_movement_is_an_esc(console):
    with console() as t:
        t.wait("UPLOAD_20260102_120000_VEND001")
        t.press("enter")
        t.wait("Timeline")
        os.write(t.fd, b"\x1bj")
        t.wait(lambda t: "UPLOAD_20260102_115900" in (t.selected() or ""))


@pytest.mark.parametrize("begun", [b"\x1b_Gi=1;OK", b"\x1b_G", b"\x1b^private", b"\x1b]Ltitle", b"\x1b]P0102030", b"\x1b_R", b"\x1b]?x"])
def test_a_string_for_the_terminal_presses_no_keys(console, begun):
    """ECMA-48, 5.6: OSC, PM and APC; their first byte is whatever the sender chose."""
    with console() as t:
        t.wait("UPLOAD_20260102_120000_VEND001").settle()
        os.write(t.fd, begun)
        t.wait("no action here")
        assert t.lines[2].startswith(" Uploads")
        t.settle(0.3)
        t.press("?")
        t.wait("Help")


def test_what_is_pasted_over_a_question_answers_nothing(console):
    with console() as t:
        t.wait("UPLOAD_20260102_120000_VEND001")
        t.press("space", "space", "space", "/")
        t.type("VEND001")
        t.press("enter")
        t.wait(lambda t: "VEND002" not in t.text)
        t.press("E")
        t.wait("2 of 3 marked rows are not shown here")
        t.paste("y")
        t.settle(0.2)
        assert "y yes" in t.text
        t.press("n")
        t.wait(lambda t: "y yes" not in t.text)


@pytest.mark.parametrize("pasted,shown", [("ab\x1bcd", "abcd"), ("ab\x15cd\x7f", "abcd"), ("one\r\ntwo\n", "one two"), ("a\tb", "a b"),
                                          ("x\x1b[Ay", "xy")])
def test_what_is_pasted_into_a_prompt_is_its_text_alone(console, pasted, shown):
    with console() as t:
        t.wait("UPLOAD_20260102_120000_VEND001")
        t.press("/")
        t.wait("tab completes")
        t.paste(pasted)
        t.wait(lambda t: t.lines[-1].rstrip() == "/" + shown, f"{shown!r} alone in the prompt")
