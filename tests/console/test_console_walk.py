"""The README's walks, key by key: what they promise to show is what the program shows."""

import re

from support import ROOT

SAMPLE = ROOT / "tests" / "fixtures" / "samples" / "VEND002_20260301_101500.csv"
UPLOAD = "UPLOAD_20260301_101500_VEND002"
MENDING = "s/Mens Clothing/Men\\x27s Clothing/; s/ftp:/https:/; s/\\$59.90/59.90/; s/99[.]999/99.99/"


def steps(title):
    section = (ROOT / "README.md").read_text().partition(f"### {title}")[2].partition("\n##")[0]
    rows = re.findall(r"^\| (`.*`) \| (.*) \| `(.*)` \|$", section, re.M)
    assert len(rows) > 10
    return [(re.findall(r"`([^`]+)`", keys), what, seen) for keys, what, seen in rows]


def enter(t, word):
    if len(word) == 1 or word.lower() in ("enter", "esc"):
        t.press(word.lower() if len(word) > 1 else word)
        return
    t.type(word)
    t.wait(word)


def walk(t, title, upload):
    t.wait("Uploads")
    for keys, what, seen in steps(title):
        before = t.received
        for last, word in zip(["", *keys], keys):
            if last == "A":
                t.wait("reason, for the audit log")
            enter(t, word)
        t.wait(lambda t: len(t.received) > len(before))
        t.wait(seen.replace(UPLOAD, upload), f"{seen} after {keys}: {what}")
        t.settle()


def test_the_walk_of_the_readme(live, run_intake, tmp_path):
    sent = run_intake("submit", SAMPLE, "--wait", "--json").json[0]
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\nexec sed -i '{MENDING}' \"$@\"\n")
    editor.chmod(0o755)
    with live(30, 110, VISUAL=str(editor)) as t:
        walk(t, "A walk", sent["upload_id"])
    after = run_intake("uploads", "--vendor", "VEND002", "--json", code=0).json
    assert after[0]["upload_id"] != sent["upload_id"] and after[0]["valid_records"] > 0
    shown = run_intake("upload", sent["upload_id"], "--json").json
    assert [n["kind"] for n in shown["notifications"]] == ["completed", "resend"]
    assert shown["made_into"] == after[0]["upload_id"]


def test_the_second_walk_of_the_readme(live, run_intake):
    sent = run_intake("submit", SAMPLE, "--wait", "--json").json[0]
    with live(40, 130) as t:
        walk(t, "A second walk", sent["upload_id"])
    shown = run_intake("upload", sent["upload_id"], "--json").json
    assert shown["acknowledged"]["text"] == "sends it again tonight" and shown["assignee"] == "ann"
    assert [note["text"] for note in shown["notes"]] == ["called them, ticket 4711"]
