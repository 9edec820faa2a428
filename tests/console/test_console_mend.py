"""A vendor's rejected records put right in an editor and sent again, without leaving the console."""

import os
import stat

import pytest

from history import NEWEST_ID
from key_walk import press_every_key
from live_steps import apply, go_to


@pytest.fixture
def editor(tmp_path):
    """editor(expression): a program that edits as `sed -i` does with it."""
    def make(expression):
        path = tmp_path / "an editor"
        path.write_text(f"#!/bin/sh\nexec sed -i '{expression}' \"$@\"\n")
        path.chmod(0o755)
        return f"'{path}'"

    return make


def drafts(tmp_path):
    return sorted((tmp_path / "state" / "intake" / "mend").glob("*"))


def test_rejected_records_are_mended_sent_and_followed(live, upload, editor, tmp_path, run_intake):
    upload_id = upload("Hats nobody knows")
    with live(EDITOR=editor("s/Hats nobody knows/Books/"), VISUAL=None) as t:
        go_to(t, upload_id)
        t.press("M")
        t.wait("0 of 1 records valid")
        t.wait("0 of 1 records valid")
        (draft,) = drafts(tmp_path)
        assert draft.name.startswith(upload_id + "-") and stat.S_IMODE(os.stat(draft).st_mode) == 0o600
        t.press("e")
        t.wait("1 of 1 records valid")
        assert "INVALID_CATEGORY" not in t.text
        t.press("S")
        apply(t)
        t.wait("is completed: 1 of 1 records valid")
        assert drafts(tmp_path) == []
        t.press("esc", "esc")
        t.wait("Records")
        t.press("a")
        t.wait("mend")
    uploads = run_intake("uploads", "--vendor", upload_id.rsplit("_", 1)[1], "--json", code=0).json
    assert [u["status"] for u in uploads] == ["completed", "partial"]
    trail = run_intake("audit", "--json", code=0).json
    assert {(row["action"], row["target"]) for row in trail} >= {
        ("mend", upload_id), ("submit", uploads[0]["upload_id"])}


def test_a_refused_file_is_mended_whole(live, editor, new_vendor, tmp_path, run_intake):
    vendor = new_vendor()
    path = tmp_path / f"{vendor}_20260402_080000.csv"
    path.write_text("vendor_product_id,name\nP-1,Good\n")
    upload_id = run_intake("submit", path, "--wait", "--json", code=1).json[0]["upload_id"]
    header = "vendor_product_id,product_name,category,sku,price,stock_quantity"
    with live(VISUAL=editor(f"1s/.*/{header}/; 2s/.*/P-1,Good,Books,{vendor}-1,9.99,3/")) as t:
        go_to(t, upload_id)
        t.press("M")
        t.wait("would be refused")
        t.press("S")
        t.wait("No valid records")
        t.press("A")
        t.wait("nothing to do")
        t.press("esc")
        t.wait("would be refused")
        t.press("e")
        t.wait("1 of 1 records valid")
        t.press("S")
        apply(t)
        t.wait("is completed: 1 of 1 records valid")


def test_what_was_typed_outlives_the_program_until_it_is_given_up(live, upload, editor, tmp_path):
    upload_id = upload("Hats to come")
    with live(EDITOR=editor("s/Hats to come/Hats typed here/"), VISUAL=None) as t:
        go_to(t, upload_id)
        t.press("M")
        t.wait("0 of 1 records valid")
        t.press("e")
        t.wait("Hats typed here")
        t.send_signal(9)
        t.exit_code()
    with live() as t:
        go_to(t, upload_id)
        t.press("M")
        t.wait("previous draft")
        t.wait("Hats typed here")
        t.press("X")
        t.wait("Discard this draft")
        t.press("n")
        t.wait(lambda t: "Discard this draft" not in t.text)
        assert drafts(tmp_path) != []
        t.press("X", "y")
        t.wait("Timeline")
        assert drafts(tmp_path) == []


def test_a_draft_that_changed_after_the_plan_is_not_sent(live, upload, editor, tmp_path):
    upload_id = upload("Hats of two minds")
    with live(EDITOR=editor("s/Hats of two minds/Books/"), VISUAL=None) as t:
        go_to(t, upload_id)
        t.press("M")
        t.wait("0 of 1 records valid")
        t.press("e")
        t.wait("1 of 1 records valid")
        t.press("S")
        t.wait("press A to apply")
        (draft,) = drafts(tmp_path)
        draft.write_text(draft.read_text() + "P-3,More,Books,,,X-3,,1.00,,1,,,,\n")
        t.press("A")
        t.wait("reason, for the audit log")
        t.press("enter")
        t.wait("nothing was uploaded: make the plan again")


def test_a_viewer_may_look_but_not_send(live, upload):
    upload_id = upload("Hats to look at")
    with live(role="viewer") as t:
        t.wait("role viewer")
        go_to(t, upload_id)
        t.press("M")
        t.wait("0 of 1 records valid")
        t.press("S")
        t.wait("submit requires the role operator")


def test_an_upload_without_errors_has_nothing_to_mend(live, new_vendor, tmp_path, run_intake):
    vendor = new_vendor()
    path = tmp_path / f"{vendor}_20260403_080000.csv"
    path.write_text("vendor_product_id,product_name,category,sku,price,stock_quantity\n"
                    f"P-1,Good,Books,{vendor}-1,9.99,3\n")
    upload_id = run_intake("submit", path, "--wait", "--json", code=0).json[0]["upload_id"]
    with live() as t:
        go_to(t, upload_id)
        t.press("M")
        t.wait("it has no errors")
        t.press("e")
        t.wait("no draft yet")


@pytest.mark.parametrize("pager", ["less", "more"])
def test_interrupts_in_a_child_are_its_own(console, pager):
    with console(env={"PAGER": pager, "LESS": ""}) as t:
        t.wait(NEWEST_ID)
        t.press("|")
        t.wait(lambda t: "Intake" not in t.text and NEWEST_ID in t.text).settle()
        for _ in range(4):
            t.press("ctrl-c")
            t.settle()  # a terminal drops what is typed behind an interrupt
        t.press("q")
        t.wait(lambda t: "Intake" in t.lines[0] and NEWEST_ID in t.text)
        t.press("down")
        t.wait(lambda t: "_115900_" in (t.selected() or ""))


def test_the_editor_opens_at_the_line_of_the_finding(live, upload, tmp_path):
    upload_id = upload("Hats by the line")
    vim = tmp_path / "vim"
    vim.write_text(f"#!/bin/sh\necho \"$*\" > '{tmp_path}/opened'\n")
    vim.chmod(0o755)
    with live(VISUAL=str(vim)) as t:
        go_to(t, upload_id)
        t.press("M")
        t.wait("0 of 1 records valid").settle()
        for _ in range(20):
            if "line 2  INVALID_CATEGORY" in (t.selected() or ""):
                break
            t.press("down")
            t.settle(0.05)
        t.press("e")
        t.wait(lambda t: (tmp_path / "opened").exists())
    assert (tmp_path / "opened").read_text().startswith("+2 /")


def test_an_editor_that_is_not_there_is_named(live, upload):
    upload_id = upload("Hats unedited")
    with live(EDITOR="no-such-editor-at-all", VISUAL=None) as t:
        go_to(t, upload_id)
        t.press("M")
        t.wait("0 of 1 records valid")
        t.press("e")
        t.wait("set EDITOR")


def test_a_plan_is_filtered_like_every_page(live, upload):
    upload_id = upload("Hats in a plan")
    with live() as t:
        go_to(t, upload_id)
        t.press("E")
        t.wait("press A to apply")
        t.press("/")
        t.type("invalid products")
        t.wait(lambda t: "Invalid Products: 1" in t.text and "Valid Products: 1 " not in t.text)
        t.press("esc")
        t.wait("Subject:")
        t.press("?")
        t.wait("Everywhere")


@pytest.mark.slow
def test_every_key_of_the_draft_is_pressed(live, upload):
    upload_id = upload("Hats on every key")

    def open():
        go_to(t, upload_id)
        t.press("M")
        t.wait("0 of 1 records valid").settle()

    with live(60, 160, PAGER="cat", VISUAL="true") as t:
        t.wait("aws ok")
        assert {"e", "S", "X", "c"} <= press_every_key(t, open)
        t.press("q")
        assert t.exit_code() == 0
