"""Vendors and categories come and change by commands: plans, refusals, who may, what is written to the audit log."""

import concurrent.futures
import re

import pytest
from operators_rig import desk, product  # noqa: F401

from support import wait_until


@pytest.fixture
def vendor_id(request):
    return f"N{abs(hash(request.node.nodeid)) % 10**9:09}-x"


@pytest.fixture
def category(database, request):
    """A name that is not there yet; it and what is in it are inactive afterwards."""
    name = f"Garage {abs(hash(request.node.nodeid)) % 10**8}"
    yield name
    database.execute("UPDATE product_categories SET is_active = false WHERE category_name ILIKE %s", [f"%{name}%"])


def vendor_row(database, vendor_id):
    return database.execute("SELECT vendor_name, email, status FROM vendors WHERE vendor_id = %s",
                            [vendor_id]).fetchone()


def categories(desk):
    return {one["category_name"]: one for one in desk.run("categories", "--json", code=0).json}


# ---- vendors

def test_a_vendor_is_added(desk, vendor_id):
    words = ("vendors", "add", vendor_id, "--name", "Gärten & Söhne", "--email", "shop@garten.example")
    plan = desk.prove_dry(*words)
    assert plan["changed"] and plan["dry_run"] and vendor_row(desk.database, vendor_id) is None
    done = desk.run(*words, "--json", "--reason", "contract 7", code=0).json
    assert (done["vendor_id"], done["changed"], done["status"]) == (vendor_id, True, "active")
    assert any(f"vendors subscribe {vendor_id}" in note for note in done["notes"])
    assert vendor_row(desk.database, vendor_id) == {
        "vendor_name": "Gärten & Söhne", "email": "shop@garten.example", "status": "active"}
    assert desk.run("vendors", vendor_id, "--json", code=0).json[0]["vendor_name"] == "Gärten & Söhne"
    again = desk.run(*words)
    assert again.returncode == 1 and "already" in again.stderr and "vendors edit" in again.stderr
    assert [(a["action"], a["outcome"], a["reason"]) for a in desk.audits(vendor_id)] == [
        ("vendors add", "done", "contract 7"), ("vendors add", "failed", None)]


def test_what_was_added_may_upload(desk, vendor_id):
    desk.run("vendors", "add", vendor_id, "--name", "N", "--email", "n@example.com", code=0)
    file = "vendor_product_id,product_name,category,sku,price,stock_quantity\n1,Lamp,Kitchen,%s-1,2,1\n" % vendor_id
    done = desk.run("submit", "--wait", "--vendor", vendor_id, "-", "--json", input=file, code=0)
    assert done.json[0]["status"] == "completed"


@pytest.mark.parametrize("vendor, name, email, says", [
    ("", "n", "a@b.example", "1 to 50"),
    ("V_1", "n", "a@b.example", "1 to 50"),
    ("V/1", "n", "a@b.example", "1 to 50"),
    ("Ä", "n", "a@b.example", "1 to 50"),
    ("V" * 51, "n", "a@b.example", "1 to 50"),
    ("NEWV1", "", "a@b.example", "empty"),
    ("NEWV1", "n\tn", "a@b.example", "U+0009"),
    ("NEWV1", "n\u202en", "a@b.example", "U+202E"),
    ("NEWV1", "n" * 201, "a@b.example", "200"),
    ("NEWV1", "n", "", "empty"),
    ("NEWV1", "n", "a.b.example", "NAME@HOST"),
    ("NEWV1", "n", "@b.example", "NAME@HOST"),
    ("NEWV1", "n", "a@", "NAME@HOST"),
    ("NEWV1", "n", "a@b@c.example", "NAME@HOST"),
    ("NEWV1", "n", "a@b.example, c@d.example", "plain address"),
    ("NEWV1", "n", "a@b.example\r\nBcc: x@y.example", "U+000D"),
    ("NEWV1", "n", "a\x1b[0m@b.example", "U+001B"),
    ("NEWV1", "n", "a" * 65 + "@b.example", "64"),
    ("NEWV1", "n", "a@" + "b" * 260, "254"),
])
def test_values_that_cannot_be(desk, vendor, name, email, says):
    done = desk.run("vendors", "add", vendor, "--name", name, "--email", email, "--yes")
    assert done.returncode == 2 and says in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 1 and "\x1b" not in done.stderr
    assert vendor_row(desk.database, "NEWV1") is None
    if vendor == "NEWV1":
        edit = desk.run("vendors", "edit", desk.vendor_id, "--name", name, "--email", email, "--yes")
        assert edit.returncode == 2 and says in edit.stderr, edit.stderr


def test_usage(desk):
    for words in (["add", "NEWV2"], ["add", "NEWV2", "--name", "n"], ["add", "NEWV2", "--email", "a@b"],
                  ["edit", "VEND001"], ["add"], ["edit"]):
        assert desk.run("vendors", *words).returncode == 2


def test_an_id_in_another_case(desk):
    done = desk.run("vendors", "add", desk.vendor_id.lower(), "--name", "n", "--email", "a@b.example", "--yes")
    assert done.returncode == 1 and desk.vendor_id in done.stderr and "case" in done.stderr
    assert vendor_row(desk.database, desk.vendor_id.lower()) is None


def test_an_edit_says_what_becomes_of_the_subscription(desk):
    v, old = desk.vendor_id, f"{desk.vendor_id.lower()}@example.com"
    plan = desk.prove_dry("vendors", "edit", v, "--email", "new@example.com")
    assert plan["email_before"] == old and any("not subscribed" in note for note in plan["notes"])
    desk.run("vendors", "subscribe", v, code=0)
    state = desk.run("vendors", v, "--json", code=0).json[0]["subscription"]
    done = desk.run("vendors", "edit", v, "--email", "new@example.com", "--json", "--reason", "moved", code=0).json
    assert any(old in note and state in note and "stays" in note for note in done["notes"])
    assert any(f"vendors subscribe {v}" in note for note in done["notes"])
    assert vendor_row(desk.database, v)["email"] == "new@example.com"
    assert vendor_row(desk.database, v)["vendor_name"] == f"Test {v}"
    same = desk.run("vendors", "edit", v, "--email", "new@example.com", "--json", code=0).json
    assert not same["changed"] and "already" in same["notes"][0]
    named = desk.run("vendors", "edit", v, "--name", "Other", "--json", code=0).json
    assert named["changed"] and named["notes"] == []
    missing = desk.run("vendors", "edit", "VEND01", "--name", "x")
    assert missing.returncode == 1 and "VEND001" in missing.stderr


# ---- categories

def test_the_list(desk):
    found = categories(desk)
    assert set(found["Kitchen"]) == {"category_name", "parent", "is_active", "products"}
    assert found["Kitchen"]["parent"] == "Home & Garden" and found["Books"]["parent"] is None
    assert found["Books"]["is_active"] is True and isinstance(found["Books"]["products"], int)
    assert desk.run("categories", role="viewer", code=0).stdout.startswith("CATEGORY")


def test_an_addition_offers_what_was_rejected_for_its_want(desk, category):
    v = desk.vendor_id
    upload_id = desk.submit([product(v, 1, category=category), product(v, 2, category=category),
                             product(v, 3, category=category, price="x"), product(v, 4, category=category + "s"),
                             product(v, 5)])
    words = ("categories", "add", category, "--parent", "Home & Garden")
    plan = desk.prove_dry(*words)
    assert (plan["rejected_records"], plan["rejected_uploads"]) == (3, 1)
    assert [(r["upload_id"], r["vendor_id"], r["records"]) for r in plan["rejected"]] == [(upload_id, v, 3)]
    assert any("3 records of 1 uploads" in note and "2 of them for no other reason" in note for note in plan["notes"])
    assert category not in categories(desk)
    shown = desk.run(*words, "--reason", "asked for", code=0)
    assert f"intake revalidate {upload_id}" in shown.stdout
    assert categories(desk)[category] == {"category_name": category, "parent": "Home & Garden", "is_active": True,
                                          "products": 0}
    command = plan["rejected"][0]["command"].split()
    assert desk.run(*command[1:], "--yes", "--json", code=3).json["now_valid"] == 2
    assert categories(desk)[category]["products"] == 2
    off = desk.prove_dry("categories", "deactivate", category)
    assert off["products"] == 2 and any("2 products" in note for note in off["notes"])
    assert [(a["action"], a["outcome"], a["reason"]) for a in desk.audits(category)] == [
        ("categories add", "done", "asked for")]


def test_what_was_rejected_is_found_without_reading_every_violation(desk, database):
    """And a category of any length is stored: an index of the whole value would take 2,704 bytes at most."""
    upload_id = desk.submit([product(desk.vendor_id, 1, category="".join(chr(0x4e00 + n) for n in range(9000)))])
    assert {row[1] for row in desk.violations(upload_id)} == {"INVALID_CATEGORY"}
    with database.transaction():
        database.execute("SET LOCAL enable_seqscan = off")
        plan = database.execute("EXPLAIN SELECT 1 FROM violation_rows e WHERE e.rule_order = 1"
                                " AND left(e.original_data ->> 'category', 101) = 'x'").fetchall()
    assert "validation_errors_category" in str(plan)


def test_an_address_of_any_length_is_edited_away(desk, database):
    database.execute("UPDATE vendors SET email = %s WHERE vendor_id = %s", ["a" * 5000, desk.vendor_id])
    assert desk.run("vendors", "edit", desk.vendor_id, "--email", "a@b.example", "--json", code=0).json["changed"]


def test_off_and_on(desk, category):
    desk.run("categories", "add", category, code=0)
    desk.run("categories", "add", category + " a", "--parent", category, code=0)
    off = desk.run("categories", "deactivate", category, "--json", code=0).json
    assert off["changed"] and not off["is_active"] and off["active_children"] == 1
    assert any("1 categories below" in note for note in off["notes"])
    assert categories(desk)[category + " a"]["is_active"] and not categories(desk)[category]["is_active"]
    again = desk.run("categories", "deactivate", category, "--json", code=0).json
    assert not again["changed"] and "already" in again["notes"][0]
    upload_id = desk.submit([product(desk.vendor_id, 1, category=category)])
    on = desk.run("categories", "activate", category, "--json", code=0).json
    assert on["changed"] and on["is_active"] and [r["upload_id"] for r in on["rejected"]] == [upload_id]


@pytest.mark.parametrize("name, code, says", [
    ("", 2, "empty"), (" Shed", 2, "space"), ("Shed ", 2, "space"), ("Sh\u00a0ed", 2, "U+00A0"),
    ("Sh\ned", 2, "U+000A"), ("Sh\u200bed", 2, "U+200B"), ("x" * 101, 2, "100"), ("Books", 1, "already"),
    ("books", 1, "Books"), ("LIVING room", 1, "Living Room"),
])
def test_names_that_cannot_be(desk, name, code, says):
    before = categories(desk)
    done = desk.run("categories", "add", name, "--yes")
    assert done.returncode == code and says in done.stderr, done.stderr
    assert categories(desk) == before


def test_a_name_of_exactly_100_characters(desk, category):
    name = category + "ä" * (100 - len(category))
    desk.run("categories", "add", name, code=0)
    assert name in categories(desk)


def test_parents(desk, category):
    for parent, says in (("Kichen", "Kitchen"), ("kitchen", "Kitchen"), ("Kitchen", "top-level category"),
                         ("Nowhere at all", "intake categories")):
        done = desk.run("categories", "add", category, "--parent", parent, "--yes")
        assert done.returncode == 1 and says in done.stderr, done.stderr
    assert category not in categories(desk)
    missing = desk.run("categories", "deactivate", "Boks")
    assert missing.returncode == 1 and "did you mean Books?" in missing.stderr


def test_who_may(desk, category, vendor_id):
    calls = [("categories", "add", category), ("categories", "deactivate", "Books"), ("categories", "activate", "Books"),
             ("vendors", "add", vendor_id, "--name", "n", "--email", "a@b.example"),
             ("vendors", "edit", desk.vendor_id, "--name", "n")]
    for words in calls:
        for role in ("viewer", "support"):
            refused = desk.run(*words, "--yes", role=role)
            assert refused.returncode == 4 and "operator" in refused.stderr
            assert desk.run(*words, "--dry-run", role=role).returncode == 0
        assert desk.run(*words, "--read-only").returncode == 4
    assert [a["outcome"] for a in desk.audits(category)] == ["refused"] * 3
    assert categories(desk)["Books"]["is_active"]


def test_the_same_by_several_at_once(desk, category, vendor_id):
    vendors = [vendor_id, vendor_id.lower(), vendor_id, vendor_id.upper()]
    names = [category, category.upper(), category, category.lower()]
    def add(number):
        return (desk.run("vendors", "add", vendors[number], "--name", "n", "--email", "a@b.example", "--yes"),
                desk.run("categories", "add", names[number], "--yes"))
    with concurrent.futures.ThreadPoolExecutor(4) as several:
        done = list(several.map(add, range(4)))
    for one in (0, 1):
        assert sorted(d[one].returncode for d in done) == [0, 1, 1, 1]
        for failed in (d[one] for d in done if d[one].returncode):
            assert re.search("already|in the meantime|is locked", failed.stderr), failed.stderr
    assert desk.database.execute("SELECT count(*) AS n FROM product_categories WHERE lower(category_name) = lower(%s)",
                                 [category]).fetchone()["n"] == 1
    assert desk.database.execute("SELECT count(*) AS n FROM vendors WHERE lower(vendor_id) = lower(%s)",
                                 [vendor_id]).fetchone()["n"] == 1


def as_another_acts(desk, words, statement, values):
    """The command, planned before the other user's statement and applied behind it."""
    def waits():
        """the command waits for the table"""
        return desk.database.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'vendors'::regclass").fetchone()
    with concurrent.futures.ThreadPoolExecutor(1) as one:
        with desk.database.transaction():
            desk.database.execute("LOCK TABLE vendors IN SHARE ROW EXCLUSIVE MODE")
            command = one.submit(desk.run, *words, "--yes")
            wait_until(waits)
            desk.database.execute(statement, values)
        return command.result()


@pytest.mark.parametrize("column, value", [("vendor_name", "theirs"), ("email", "theirs@b.example"), ("email", None)])
def test_what_another_user_changed_is_not_overwritten(desk, vendor_id, column, value):
    desk.run("vendors", "add", vendor_id, "--name", "first", "--email", "a@b.example", "--yes", code=0)
    done = as_another_acts(desk, ("vendors", "edit", vendor_id, "--name", "ours", "--email", "ours@b.example"),
                           f"UPDATE vendors SET {column} = %s WHERE vendor_id = %s", [value, vendor_id])
    assert done.returncode == 1 and f"another user changed {vendor_id}" in done.stderr, done.stderr
    row = vendor_row(desk.database, vendor_id)
    assert row == {"vendor_name": "first", "email": "a@b.example", "status": "active", column: value}


@pytest.mark.parametrize("changed", [str, str.lower])
def test_what_another_user_adds_is_not_added_in_another_case(desk, vendor_id, changed):
    done = as_another_acts(desk, ("vendors", "add", vendor_id, "--name", "ours", "--email", "a@b.example"),
                           "INSERT INTO vendors (vendor_id, vendor_name) VALUES (%s, 'theirs')", [changed(vendor_id)])
    assert done.returncode == 1 and f"another user added {vendor_id}" in done.stderr, done.stderr
    rows = desk.database.execute("SELECT vendor_name FROM vendors WHERE lower(vendor_id) = lower(%s)", [vendor_id]).fetchall()
    assert [row["vendor_name"] for row in rows] == ["theirs"]
