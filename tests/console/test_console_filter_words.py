"""The filter's language in the console: understood, or said while it is typed, and then nothing is shown."""

import pytest

from history import NEWEST_ID


def rows(t):
    return [line for line in t.lines[4:-2] if "UPLOAD_" in line]


@pytest.mark.parametrize("text,words", [
    ("since:1hr", "is not a time"), ("status:faild", "did you mean failed?"), ("vendor:nobody9", "no vendor nobody9"),
    ("status:failed status:partial", "twice"), ("until:2d since:1d", "not before"), ("statsu:failed", "did you mean status?"),
    ("code:MALFORMED", "did you mean MALFORMED_CSV?"), ("-status:faild", "did you mean failed?"), ("-since:1d", "is not a time"),
    ("-vendor:nobody9", "no vendor nobody9")])
def test_what_cannot_be_read_shows_nothing_and_says_why(console, text, words):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("/")
        t.type(text)
        t.wait(lambda t: words in t.text and not rows(t), words)


@pytest.mark.parametrize("text,holds", [
    ("status:failed,partial", lambda line: " failed " in line or " partial " in line),
    ("STATUS:FAILED", lambda line: " failed " in line),
    ("-status:completed,processing,stuck", lambda line: " failed " in line or " partial " in line),
    ("status:partial -vend001", lambda line: " partial " in line and "VEND001" not in line),
    ("vend001,vend002", lambda line: "VEND001" in line or "VEND002" in line),
    ("vendor:vend002", lambda line: "VEND002" in line)])
def test_what_is_understood_narrows(console, text, holds):
    with console(30, 160) as t:
        t.wait(NEWEST_ID)
        t.press("/")
        t.type(text)
        t.press("enter")
        t.wait(lambda t: rows(t) and all(holds(line) for line in rows(t)))


def test_marks_that_are_not_shown_do_not_act_in_silence(console):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("space", "space")
        t.wait("2 marked")
        t.press("/")
        t.type("status:faild")
        t.press("enter")
        t.wait(lambda t: not rows(t))
        t.press("R")
        t.wait("2 of 2 marked rows are not shown here")
        t.press("n")
        t.wait(lambda t: "marked rows are" not in t.text and "plan" not in t.lines[2].lower())
