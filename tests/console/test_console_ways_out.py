"""Every way out gives the terminal back as it was and ends with the right code."""

import os
import signal
import subprocess
import termios

import pytest

from history import NEWEST_ID, PROGRAM
from terminal import Terminal


def modes(t):
    return termios.tcgetattr(t.fd)[:4]


def restored(t):
    """The alternate screen was left and bracketed paste and mouse were turned off, after they were on."""
    data = t.received
    pairs = [(b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?2004h", b"\x1b[?2004l"), (b"\x1b[?1000h", b"\x1b[?1000l")]
    return all(data.rfind(off) > data.rfind(on) for on, off in pairs if on in data)


@pytest.mark.parametrize("number,code", [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGQUIT, 131)])
def test_signals_restore_and_end_with_128_and_n(console, number, code):
    t = console()
    before = modes(t)
    t.wait(NEWEST_ID)
    t.send_signal(number)
    assert t.exit_code() == code
    assert restored(t)
    assert modes(t) == before


def test_an_interrupt_stays_and_a_second_leaves_with_130(console):
    t = console()
    before = modes(t)
    t.wait(NEWEST_ID)
    t.send_signal(signal.SIGINT)
    t.wait("again to quit")
    t.press("down")
    t.wait(lambda t: "_115900_" in (t.selected() or "") and "again to quit" not in t.text)
    t.send_signal(signal.SIGINT)
    t.wait("again to quit")
    t.press("ctrl-c")
    assert t.exit_code() == 130
    assert restored(t) and modes(t) == before


def test_control_c_is_the_same_key(console):
    t = console()
    t.wait(NEWEST_ID)
    t.press("ctrl-c")
    t.wait("again to quit")
    t.press("ctrl-c")
    assert t.exit_code() == 130


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_crash_restores_the_terminal_first(console, number):
    t = console()
    before = modes(t)
    t.wait(NEWEST_ID)
    t.send_signal(number)
    assert t.exit_code() in (128 + number, 1)
    assert restored(t) and modes(t) == before


def test_suspend_gives_the_terminal_back_and_continue_takes_it_again(history, tmp_path):
    with Terminal(["bash", "--norc", "--noprofile", "-i"], 24, 80, history.environment(tmp_path)) as t:
        t.type(f"PS1='ready> '; {PROGRAM}\r")
        t.wait(NEWEST_ID)
        t.press("ctrl-z")
        t.wait("Stopped")
        assert t.received.rfind(b"\x1b[?1049l") > t.received.rfind(b"\x1b[?1049h")
        t.type("echo the shell is $((40 + 2))\r")
        t.wait("the shell is 42")
        t.type("fg\r")
        t.wait(lambda t: NEWEST_ID in t.text and "Stopped" not in t.text)
        t.press("down")
        t.wait(lambda t: "_115900_" in (t.selected() or ""))
        t.press("q")
        t.wait(lambda t: t.received.rstrip().endswith(b"ready>"))
        t.type("echo code $?\r")
        t.wait("code 0")


def test_a_hangup_of_the_terminal_ends_it(console):
    t = console()
    t.wait(NEWEST_ID)
    t.press("q")
    assert t.exit_code() == 0
    assert restored(t)


@pytest.mark.parametrize("name", ["dumb", "", "no-such-terminal"])
def test_a_terminal_that_cannot_draw_is_refused_kindly(console, name):
    t = console(env={"TERM": name})
    assert t.exit_code() == 2
    assert b"intake uploads" in t.received or b"intake --help" in t.received
    assert b"\x1b" not in t.received


def test_without_a_terminal_one_line_says_so(history, tmp_path):
    environment = {**os.environ, **history.environment(tmp_path)}
    environment = {k: v for k, v in environment.items() if v is not None}
    done = subprocess.run([PROGRAM], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env=environment, timeout=60)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "terminal" in done.stderr
