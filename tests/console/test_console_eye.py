"""Colours for the terminal's background: asked for, and no key whatever comes of the question."""

import os
import time

import pytest

from history import NEWEST_ID

QUESTION = b"\x1b]11;?"
LIGHT, DARK = "fdfd/f6f6/e3e3", "1e1e/1e1e/2e2e"


def answer(t, *pieces, pause=0.0):
    t.wait(lambda t: QUESTION in t.received, "the question for the background")
    for piece in pieces:
        os.write(t.fd, piece)
        if pause:
            end = time.monotonic() + pause  # nothing on the screen tells when a piece was read
            while time.monotonic() < end:
                t.pump(0.01)


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    one, other = sorted((luminance(one), luminance(other)))
    return (other + 0.05) / (one + 0.05)


def worst(t, background):
    """The least contrast of any character on the screen, and the character, over that background."""
    ansi = {"black": "000000", "red": "cd0000", "green": "00cd00", "brown": "cdcd00", "blue": "0000ee",
            "magenta": "cd00cd", "cyan": "00cdcd", "white": "e5e5e5"}
    own = "000000" if luminance(background) > 0.18 else "ffffff"
    found = []
    for y, line in t.screen.buffer.items():
        for x in range(t.columns):
            cell = line[x]
            if not cell.data.strip() or cell.data in "─│┌┐└┘":
                continue
            fg = own if cell.fg == "default" else ansi.get(cell.fg, cell.fg)
            bg = background if cell.bg == "default" else ansi.get(cell.bg, cell.bg)
            found.append((contrast(fg, bg), cell.data, y, x))
    return min(found)


def selection(t):
    y = next((i for i, text in enumerate(t.lines) if text.startswith("> ")), None)
    return t.screen.buffer[y][4].bg if y is not None else None


@pytest.mark.parametrize("end", [b"\x1b\\", b"\x07"], ids=["ST", "BEL"])
@pytest.mark.parametrize("colour, background", [(LIGHT, "afd7ff"), (DARK, "005faf"), ("ff/ff/ff", "afd7ff")])
def test_the_terminal_says_what_its_background_is(console, colour, background, end):
    with console(24, 100) as t:
        answer(t, b"\x1b]11;rgb:" + colour.encode() + end)
        t.wait(NEWEST_ID).wait(lambda t: selection(t) == background, background)


def test_the_answer_wins_over_colorfgbg_and_a_chosen_theme_over_both(console, tmp_path):
    with console(24, 100, env={"COLORFGBG": "15;0"}) as t:
        t.wait(NEWEST_ID)
        assert selection(t) == "005faf"
        answer(t, b"\x1b]11;rgba:ffff/ffff/ffff/ffff\x07")
        t.wait(lambda t: selection(t) == "afd7ff", "the light theme")
    config = tmp_path / "config.ini"
    config.write_text("theme = dark\n")
    with console(24, 100, env={"INTAKE_CONFIG": str(config), "COLORFGBG": "0;15"}) as t:
        t.wait(NEWEST_ID)
        assert selection(t) == "005faf" and QUESTION not in t.received


@pytest.mark.parametrize("theme", ["auto", "light"])
def test_colorfgbg_counts_where_nobody_answers(console, tmp_path, theme):
    config = tmp_path / "config.ini"
    config.write_text(f"theme = {theme}\n")
    light = {"COLORFGBG": "0;default;15", "INTAKE_CONFIG": str(config)}
    with console(24, 100, env=light) as t:
        t.wait(NEWEST_ID)
        assert selection(t) == "afd7ff"


@pytest.mark.parametrize("term", ["xterm-256color", "xterm", "xterm-direct"])
@pytest.mark.parametrize("background", ["ffffff", "000000"])
def test_where_nobody_answers_all_can_be_read_on_both(console, background, term):
    with console(30, 120, env={"COLORFGBG": None, "TERM": term}) as t:
        t.wait(NEWEST_ID).wait("aws down")
        assert worst(t, background)[0] >= 2.9
        t.press("down", "enter")
        t.wait("Records").settle()
        assert worst(t, background)[0] >= 2.9
        t.press("?")
        t.wait("On this screen")
        assert worst(t, background)[0] >= 2.9


@pytest.mark.parametrize("term", ["xterm-256color", "xterm", "xterm-88color", "xterm-direct"])
@pytest.mark.parametrize("theme, background", [("light", "ffffff"), ("dark", "000000")])
def test_a_chosen_theme_can_be_read_with_the_colours_the_terminal_has(console, tmp_path, theme, background, term):
    config = tmp_path / "config.ini"
    config.write_text(f"theme = {theme}\n")
    with console(30, 120, "--read-only", env={"INTAKE_CONFIG": str(config), "TERM": term}) as t:
        t.wait(NEWEST_ID).wait("aws down")
        assert worst(t, background)[0] >= 2.9
        t.press("down", "enter")
        t.wait("Records").settle()
        assert worst(t, background)[0] >= 2.9


@pytest.mark.parametrize("env", [{"TERM": "linux"}, {"NO_COLOR": "1"}, {"TERM": "vt100"}],
                         ids=lambda env: "=".join(*env.items()))
def test_is_not_asked_what_would_show_the_question(console, env):
    with console(24, 100, env=env) as t:
        t.wait(NEWEST_ID).settle()
        assert b"\x1b]11" not in t.received


BROKEN = {
    "bytes": [bytes([byte]) for byte in b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\"],
    "torn": [b"\x1b]11;rgb:ff", b"ff/ffff/ffff\x07"],
    "esc alone": [b"\x1b", b"]11;rgb:ffff/ffff/ffff\x07"],
    "before the end": [b"\x1b]11;rgb:ffff/ffff/ffff", b"\x1b", b"\\"],
    "no colour": [b"\x1b]11;rgb:zz/q\x07"],
    "no end": [b"\x1b]11;rgb:ffff/ff"],
    "other": [b"\x1b]10;rgb:0000/0000/0000\x07\x1b]11;rgb:ffff/ffff/ffff\x07"],
    "twice": [b"\x1b]11;rgb:ffff/ffff/ffff\x07", b"\x1b]11;rgb:ffff/ffff/ffff\x07"],
    "long": [b"\x1b]11;rgb:" + b"f" * 300 + b"\x07"],
}


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.16], ids=["at once", "in pieces", "slowly"])
@pytest.mark.parametrize("pieces", BROKEN.values(), ids=BROKEN)
def test_an_answer_in_pieces_or_broken_is_no_key(console, pieces, pause):
    if len(pieces) > 5 and pause > 0.1:
        pytest.skip("a byte every 160 ms is no answer any more")
    with console(24, 100) as t:
        t.wait(NEWEST_ID)
        answer(t, *pieces, pause=pause)
        t.settle(0.3)
        assert t.lines[2].startswith(" Uploads") and "/" not in t.lines[2]
        assert t.lines[-1].rstrip().endswith("? help"), t.text
        t.press("down")
        t.wait(lambda t: t.selected() and "115900" in t.selected())
        t.press("q")
        assert t.exit_code() == 0


def test_the_first_rows_do_not_wait_for_an_answer(console):
    with console(24, 100) as t:
        t.wait(NEWEST_ID)
        answer(t)
        t.settle(0.3)
        os.write(t.fd, b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\")
        t.press("down")
        t.wait(lambda t: t.selected() and "115900" in t.selected())
        assert "unbound" not in t.text and "does nothing" not in t.text


def test_times_in_the_zone_of_the_user_always_named(console, tmp_path):
    config = tmp_path / "config.ini"
    config.write_text("time = local\n")
    berlin = {"INTAKE_CONFIG": str(config), "TZ": "CET-1CEST,M3.5.0,M10.5.0/3"}
    with console(40, 120, env=berlin) as t:
        t.wait(NEWEST_ID)
        assert "UPLOADED (CET/CEST)" in t.text and "2026-01-02 13:00:00" in t.text and "UTC" not in t.text
        t.press("z")
        t.wait("times are shown in UTC").wait("UPLOADED (UTC)").wait("2026-01-02 12:00:00")
        t.press("enter")
        t.wait("Timeline (UTC)").wait("2026-01-02 12:00:00 UTC")
        t.press("z")
        t.wait("Timeline (CET/CEST)").wait("2026-01-02 13:00:00 CET").wait("2026-01-02 13:00:01  parser")


def test_times_are_utc_unless_told_otherwise(console):
    with console(40, 120, env={"TZ": "Asia/Tokyo"}) as t:
        t.wait(NEWEST_ID)
        assert "UPLOADED (UTC)" in t.text
        t.press("z")
        t.wait("UPLOADED (JST)").wait("2026-01-02 21:00:00")


@pytest.mark.parametrize("line, said", [("time = gmt", "time = gmt: must be utc|local"),
                                        ("mouse = maybe", "mouse = maybe: must be on|off"),
                                        ("mouse = o", "must be on|off"),
                                        ("theme = pink", "theme = pink: unknown theme")])
def test_a_wrong_choice_names_what_it_may_be(console, tmp_path, line, said):
    config = tmp_path / "config.ini"
    config.write_text(line + "\n")
    with console(24, 200, env={"INTAKE_CONFIG": str(config)}) as t:
        assert t.exit_code() != 0
        assert said in " ".join(t.text.split())


@pytest.mark.parametrize("line, asked", [("mouse = off", False), ("mouse = on", True), ("", True)])
def test_the_mouse_is_left_to_the_terminal_when_told_so(console, tmp_path, line, asked):
    config = tmp_path / "config.ini"
    config.write_text(line + "\n")
    with console(24, 100, env={"INTAKE_CONFIG": str(config)}) as t:
        t.wait(NEWEST_ID)
        assert (b"\x1b[?1000h" in t.received) == asked


@pytest.mark.parametrize("program, said", [
    (None, "sent to the terminal: " + NEWEST_ID),
    ("cat > {}/clip", "copied: " + NEWEST_ID),
    ("false", "false failed; sent to the terminal: " + NEWEST_ID),
    ("sleep 60", "sleep 60 failed; sent to the terminal: " + NEWEST_ID),
])
def test_copied_is_said_where_it_is_known(console, tmp_path, program, said):
    config = tmp_path / "config.ini"
    config.write_text(f"clipboard = {program.format(tmp_path)}\n" if program else "")
    with console(24, 120, env={"INTAKE_CONFIG": str(config)}) as t:
        t.wait(NEWEST_ID)
        t.press("y")
        t.wait(said)
        assert (b"\x1b]52;c;" in t.received) == (not said.startswith("copied"))
        if said.startswith("copied"):
            assert (tmp_path / "clip").read_text() == NEWEST_ID


@pytest.mark.parametrize("locale, bar", [("C.UTF-8", "█"), ("C", "#")])
def test_bars_are_blocks_where_the_terminal_has_them(console, history, locale, bar):
    history.execute("INSERT INTO upload_records (upload_id, row_number, record_id, outcome, error_type) SELECT"
                    " 'UPLOAD_20260102_115600_VEND002', 900 + n, 'REC_009' || n, 'error', 'INVALID_PRICE'"
                    " FROM generate_series(0, 7) n ON CONFLICT DO NOTHING")
    with console(40, 120, env={"LC_ALL": locale}) as t:
        t.wait(NEWEST_ID)
        t.press("down", "down", "down", "down", "enter")
        t.wait("Errors by type")
        line = next(line for line in t.lines if "INVALID_PRICE" in line)
        assert bar * 30 in line and "=" not in line
