"""What the screens look like, to the letter. UPDATE_GOLDEN=1 writes the files anew; look at them before."""

import os
import pathlib
import re

import pytest

from history import NEWEST_ID

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"
SIZES = [(24, 80), (40, 120), (10, 40)]
SCREENS = {
    "uploads": ([], NEWEST_ID),
    "marked": (["down", "space", "space"], "_115700_"),
    "upload": (["down", "enter"], "18  (90.0%)"),
    "groups": (["down", "e"], "By type"),
    "errors": (["down", "e", "e"], "INVALID_STOCK"),
    "record": (["down", "e", "e", "enter"], "INVALID_PRICE"),
    "vendors": (["2"], "StyleWear"),
    "products": (["3"], "KB-0001"),
    "help": (["?"], "On this screen"),
    "palette": ([":"], "go to or do"),
    "filter": (["/", "v", "e", "n"], "/ven"),
}


def still(text):
    """Without what differs from run to run: ages, and how long a name may take to be known."""
    text = re.sub(r"\d+[smhd] ago", "0s ago", text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[1]}x{size[0]}")
@pytest.mark.parametrize("name", SCREENS)
def test_screen(console, name, size):
    keys, seen = SCREENS[name]
    path = GOLDEN / f"{name}-{size[1]}x{size[0]}.txt"
    with console(*size) as t:
        t.wait("UPLOAD_2026")
        if size[0] >= 16:
            t.wait("database ok").wait("aws down").wait("role operator")
        else:
            t.wait("operator").settle(0.3)
        for key in keys:
            t.press(key)
            t.settle(0.1)
        if name != "filter" and size != (10, 40):
            t.wait(seen)
        t.settle(0.3)
        shown = still(t.text)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8"), f"UPDATE_GOLDEN=1 rewrites {path.name}"
