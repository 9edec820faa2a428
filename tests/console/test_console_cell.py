"""One value typed on a record's page into the draft, and what support sees before it begins."""

import re

from live_steps import go_to


def open_value(t, upload_id, column):
    go_to(t, upload_id)
    t.press("e")
    t.wait("By type")
    t.press("e")
    t.wait(lambda t: t.selected() and "INVALID_CATEGORY" in t.text)
    t.press("enter")
    t.wait("As the vendor wrote it")
    for _ in range(40):
        if column in (t.selected() or ""):
            break
        t.press("down")
        t.settle(0.02)
    t.press("e")


def test_a_value_is_judged_as_it_is_typed_and_kept_in_the_draft(live, upload, tmp_path):
    upload_id = upload("Hats nobody knows")
    with live(40, 150, role="support") as t:
        open_value(t, upload_id, "! category")
        t.wait("required, one of the active categories").wait("INVALID_CATEGORY")
        t.press("ctrl-u")
        t.type("Book")
        t.wait("did you mean")
        t.type("s")
        t.wait("the record is valid now")
        t.press("enter")
        t.wait("in the draft: category Books")
        (draft,) = (tmp_path / "state" / "intake" / "mend").glob("*")
        assert re.search(r"-[0-9a-f]{8}\.csv$", draft.name)  # of where this console leads
        assert ",Books," in draft.read_text() and "Hats nobody knows," not in draft.read_text()
        t.press("m")
        t.wait("1 of 1 records valid").wait("only an operator can upload it")
        t.press("H")
        t.wait("an operator sends it: intake submit")
        (copy,) = [path for path in tmp_path.glob("*.csv") if "20260401_080000" not in path.name]
        assert copy.name.startswith(upload_id.split("_")[3] + "_")
        assert copy.read_bytes() == draft.read_bytes()


def test_esc_changes_nothing_and_a_line_without_a_column_is_told(live, upload, tmp_path):
    upload_id = upload("Hats nobody knows")
    with live(40, 150) as t:
        open_value(t, upload_id, "! category")
        t.wait("required, one of the active categories")
        t.type("x")
        t.press("esc")
        t.wait("nothing was changed")
        (draft,) = (tmp_path / "state" / "intake" / "mend").glob("*")
        assert "Hats nobody knows," in draft.read_text()
        t.press("home", "e")
        t.wait("move to a line of a column first")
