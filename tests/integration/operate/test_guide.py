"""What vendors are given: the guide with and without a database, and the template in every shape."""

import csv
import html.parser
import io

import pytest
from operators_rig import COLUMNS, desk  # noqa: F401

NOWHERE = {"INTAKE_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}


class Page(html.parser.HTMLParser):
    """Fails where a page closes what it did not open."""
    VOID = {"meta", "br"}

    def __init__(self, text):
        super().__init__()
        self.open, self.words = [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.mark.parametrize("delimiter, character", [(None, ","), (",", ","), (";", ";"), ("tab", "\t"), ("|", "|")])
@pytest.mark.parametrize("bom", [True, False])
def test_the_template(run_intake, delimiter, character, bom):
    words = (["--delimiter", delimiter] if delimiter else []) + (["--bom"] if bom else [])
    text = run_intake("template", *words, "--json", code=0).json["text"]
    assert text.startswith("\ufeff") == bom
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=character, strict=True))
    assert rows[0] == COLUMNS and [len(row) for row in rows] == [14] * 3
    if character == ",":
        done = run_intake("check", "-", "--vendor", "V", "--json", input=text, code=0)
        assert (done.json[0]["status"], done.json[0]["valid_records"]) == ("completed", 2)


def test_the_guide_asks_nobody_by_itself(run_intake):
    done = run_intake("guide", code=0, env={**NOWHERE, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    assert done.stderr == "" and "default categories" in done.stdout and "`Men's Clothing`" in done.stdout


def test_the_guide_of_a_vendor(desk, new_vendor):
    name = "<Lamps & Söhne>"
    desk.database.execute("UPDATE vendors SET vendor_name = %s WHERE vendor_id = %s", [name, desk.vendor_id])
    desk.category("Only Now")
    try:
        text = desk.run("guide", "--vendor", desk.vendor_id, role="viewer", code=0).stdout
        page = desk.run("guide", "--vendor", desk.vendor_id, "--html", code=0).stdout
        assert "`Only Now`" in desk.run("guide", "--database", code=0).stdout
    finally:
        desk.category("Only Now", active=False)
    assert "Only Now" in text and "As they are on 20" in text and f"`{desk.vendor_id}_20260301_090000.csv`" in text
    words = "".join(Page(page).words)
    assert name in words and "Only Now" in words and page.startswith("<!DOCTYPE html>")
    assert "Only Now" not in desk.run("guide", "--vendor", desk.vendor_id, code=0).stdout


def test_the_built_in_categories_are_those_of_a_fresh_database(desk):
    """Names, parents and order: the same list but for what tests added."""
    lines = desk.run("guide", code=0).stdout.splitlines()
    listed = [line.strip(" -`") for line in lines if line.lstrip().startswith("- `") and "csv" not in line]
    database = [one["category_name"] for one in desk.run("categories", "--json", code=0).json
                if one["category_name"] in listed]
    assert len(listed) == 20 and listed == database


def test_no_database_is_told_and_no_vendor_is_an_error(run_intake):
    done = run_intake("guide", "--vendor", "VEND001", code=0, env=NOWHERE)
    assert "default categories" in done.stdout and "default categories" in done.stderr and len(done.stderr.splitlines()) == 1
    assert "VEND001" in run_intake("guide", "--vendor", "VEND01", code=1).stderr
    assert run_intake("guide", "--vendor", "no vendor").returncode == 2
    assert run_intake("template", "--delimiter", "x").returncode == 2
