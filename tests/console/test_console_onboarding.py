"""Vendors and categories from the keyboard: what is asked, the plan, and what came of it."""

import re

import pytest
from live_steps import apply


@pytest.fixture
def fresh(request):
    return f"K{abs(hash(request.node.nodeid)) % 10**8:08}"


def answer(t, label, text):
    t.wait(label)
    t.type(text)
    t.press("enter")


def rows_of(t, title):
    """The screen of that title, with its rows."""
    t.wait(lambda t: title in t.text and t.selected())


def test_a_vendor_is_added_edited_and_given_a_link(live, database, fresh):
    with live(40, 150) as t:
        t.wait("role operator")
        t.press("2")
        rows_of(t, "Vendors")
        t.press("N")
        answer(t, "id: ", fresh)
        answer(t, "name: ", "Kiosk & Söhne")
        answer(t, "e-mail: ", "kiosk@example.com")
        t.wait("a new vendor")
        apply(t)
        t.press("esc")
        t.wait(lambda t: re.search(rf"{fresh} .*Kiosk & Söhne", t.text))
        t.press("/")
        t.type(fresh)
        t.press("enter")
        t.wait(lambda t: fresh in (t.selected() or ""))
        t.press("D")
        answer(t, "new name: ", "")
        answer(t, "new e-mail address: ", "shop@example.com")
        t.wait("kiosk@example.com -> shop@example.com").wait(f"intake vendors subscribe {fresh}")
        apply(t)
        t.press("esc")
        t.wait("shop@example.com")
        t.press("enter")
        t.wait("Newest uploads")
        t.press("L")
        t.wait(f"uploads/{fresh}/{fresh}_")
        apply(t)
        t.wait("PowerShell").wait("X-Amz-Signature")
    row = database.execute("SELECT vendor_name, email, status FROM vendors WHERE vendor_id = %s", [fresh]).fetchone()
    assert row == {"vendor_name": "Kiosk & Söhne", "email": "shop@example.com", "status": "active"}
    done = [(a["action"], a["outcome"], a["reason"]) for a in database.execute(
        "SELECT * FROM audit_log WHERE target = %s ORDER BY id", [fresh]).fetchall()]
    assert done == [("vendors add", "done", "because"), ("vendors edit", "done", "because"),
                    ("vendors upload-link", "done", "because")]


def test_what_cannot_be_is_said_where_it_was_asked(live, database):
    with live(40, 150) as t:
        t.wait("role operator")
        t.press("2")
        rows_of(t, "Vendors")
        t.press("N")
        answer(t, "id: ", "vend001")
        answer(t, "name: ", "n")
        answer(t, "e-mail: ", "a@b.example")
        t.wait("VEND001 (TechGear) already exists").wait("nothing was changed")
        t.press("esc", "N")
        t.wait("id: ")
        t.press("enter")
        t.wait("cancelled")
        t.press("D")
        answer(t, "new name: ", "")
        answer(t, "new e-mail address: ", "")
        t.wait("nothing to change")
    assert database.execute("SELECT 1 FROM vendors WHERE vendor_id = 'vend001'").fetchone() is None


def test_a_category_is_added_and_switched(live, upload, database, fresh):
    upload_id = upload(fresh)
    with live(40, 150) as t:
        t.wait("role operator")
        t.press("8")
        t.wait(lambda t: re.search(r"Kitchen +Home & Garden +active", t.text))
        t.press("N")
        answer(t, "category: ", fresh)
        answer(t, "parent category: ", "Clothing")
        t.wait(f"intake revalidate {upload_id}").wait("1 records of 1 uploads")
        apply(t)
        t.press("esc", "/")
        t.type(fresh)
        t.press("enter")
        t.wait(lambda t: re.search(rf"{fresh} +Clothing +active", t.text) and fresh in (t.selected() or ""))
        t.press("S")
        t.wait("active -> inactive").wait("no products are in it")
        apply(t)
        t.press("esc")
        t.wait(lambda t: re.search(rf"{fresh} +Clothing +inactive", t.text))
        t.press("Z")
        t.wait("inactive -> active")
        t.press("esc")
        t.press("/", "ctrl-u")
        t.type("status:inactive in:Clothing")
        t.press("enter")
        t.wait(lambda t: fresh in t.text and "Books" not in t.text)
    row = database.execute("SELECT is_active FROM product_categories WHERE category_name = %s", [fresh]).fetchone()
    assert row == {"is_active": False}


def test_who_may(live):
    with live(40, 150, role="viewer") as t:
        t.wait("role viewer")
        t.press("8")
        rows_of(t, "Categories")
        t.press("N")
        t.wait("add-category requires the role operator; your role is viewer")
        t.press("2")
        rows_of(t, "Vendors")
        t.press("L")
        t.wait("upload-link requires the role operator")
