"""Every key of a screen, as its own help lists them, pressed on that screen."""

import re

LEAVE = {"q", "esc", "ctrl-c", "ctrl-z"}
CLEAR = b"\x1b[H\x1b[2J"


def keys_of_help(t):
    """The key names of the help screen that is shown, read over its whole length."""
    keys, last = set(), None
    while t.text != last:
        last = t.text
        for line in t.lines[3:-2]:
            if line.strip(" >") in ("Filter", "Screens (type : and the name)"):
                return keys
            found = re.match(r"[> ] ((?:\S+ ){0,4}\S+) {2,}\S", line)
            if found:  # a line of the screen before may still stand there
                keys.update(key for key in found.group(1).split() if re.fullmatch(r"\S|[a-z]+(-\S)?|f\d+", key))
        t.press("pgdn")
        t.settle()
    return keys


def title(t):
    """The screen's title, without what it shows and how old that is."""
    return t.lines[2].split()[0]


def home(t):
    for _ in range(12):
        t.press("esc")
    t.wait(lambda t: title(t) == "Uploads")
    t.press("home")
    t.settle(0.03)


def press_every_key(t, open):
    """`open()` leads from the uploads to the screen; ends on the uploads."""
    open()
    t.wait(lambda t: title(t) != "")
    name = title(t)
    if name != "Help":
        t.press("?")
    t.wait("Everywhere").settle()
    keys = keys_of_help(t)
    assert {"q", "esc", "?", "c"} <= keys
    home(t)
    open()
    for key in sorted(keys - LEAVE):
        if title(t) != name:
            home(t)
            open()
        t.wait(lambda t: title(t) == name)
        t.press(key)
        t.settle(0.02)
        start = len(t.received)
        t.press("esc", "ctrl-l")
        t.wait(lambda t: CLEAR in t.received[start:], f"the whole screen again after {key}")
        t.wait(lambda t: "Intake" in t.lines[0])
    home(t)
    return keys
