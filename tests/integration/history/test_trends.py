"""Trends and scorecards against one plain count of the same rows; days and weeks, vendors, types, roles."""

import datetime
import html.parser
import json
import os
import random
import subprocess

import psycopg
import pytest

from sql_cluster import BUILD, cluster  # noqa: F401

UTC = datetime.timezone.utc
TYPES = ["INVALID_PRICE", "INVALID_STOCK", "DUPLICATE_SKU"]
HOSTILE = "Ärger <b>\u202e| `x` *Ltd*"


def fill(connection):
    """Ten weeks of uploads; what each holds is given back: (at, vendor, status, total, types)."""
    pick = random.Random(20260301)
    made = []
    today = datetime.datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for vendor, name in (("VEND001", "TechGear"), ("VEND002", HOSTILE), ("VEND003", "Idle")):
        connection.execute("INSERT INTO vendors (vendor_id, vendor_name) VALUES (%s, %s)"
                           " ON CONFLICT (vendor_id) DO UPDATE SET vendor_name = excluded.vendor_name", [vendor, name])
    for number in range(240):
        at = today - datetime.timedelta(days=pick.randrange(70), seconds=pick.choice([0, 1, 86399]))
        vendor = pick.choice(["VEND001", "VEND002", None])
        total = pick.randrange(6) if vendor else 0
        types = [pick.choice(TYPES) for _ in range(pick.randrange(total + 1))]
        status = "failed" if len(types) == total else "partial" if types else "completed"
        upload = f"UPLOAD_{number:05}"
        connection.execute(
            "INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, bucket, object_version, status,"
            " total_records, valid_records, error_records, upload_timestamp) VALUES (%s, %s, 'f', 'k', 'b', %s, %s, %s,"
            " %s, %s, %s)", [upload, vendor, str(number), status, total, total - len(types), len(types), at])
        for row in range(total):
            kind = types[row] if row < len(types) else None
            connection.execute(
                "INSERT INTO upload_records (upload_id, row_number, record_id, outcome, error_type)"
                " VALUES (%s, %s, %s, %s, %s)", [upload, row + 1, f"R{row}", "error" if kind else "valid", kind])
        made.append((at, vendor, status, total, types))
    return made


@pytest.fixture(scope="module")
def world(cluster, tmp_path_factory):  # noqa: F811
    database = cluster.new_database()
    database.migrate()
    database.add_logins()
    home = tmp_path_factory.mktemp("home")
    with psycopg.connect(database.url, autocommit=True) as connection:
        made = fill(connection)

    def run(*arguments, code=0, user="viewer"):
        done = subprocess.run(
            [BUILD / "intake", *arguments], text=True, capture_output=True, timeout=60, env={
                "PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true",
                "INTAKE_DATABASE_URL": cluster.url(database.name, user)})
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done
    return made, run


def period_of(at, by):
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - datetime.timedelta(days=day.weekday() if by == "week" else 0)


def expected(made, by, since, vendor=None, only=None):
    rows = {}
    for at, of, _, total, types in made:
        if period_of(at, by) < period_of(since, by) or vendor not in (None, of):
            continue
        row = rows.setdefault((period_of(at, by).strftime("%Y-%m-%dT%H:%M:%SZ"), of), [0, 0, 0, 0, {}])
        counted = [kind for kind in types if only in (None, kind)]
        row[0] += 1
        row[1] += total
        row[2] += total - len(types)
        row[3] += len(counted)
        for kind in counted:
            row[4][kind] = row[4].get(kind, 0) + 1
    return rows


@pytest.mark.parametrize("by", ["day", "week"])
@pytest.mark.parametrize("vendor", [None, "VEND001"])
@pytest.mark.parametrize("only", [None, "DUPLICATE_SKU"])
def test_trends_are_what_a_plain_count_says(world, by, vendor, only):
    made, run = world
    since = datetime.datetime.now(UTC) - datetime.timedelta(days=40)
    words = ["--by", by, "--since", "40d"] + (["--vendor", vendor] if vendor else []) + (["--type", only] if only else [])
    shown = json.loads(run("trends", "--json", *words).stdout)
    keys = ["uploads", "records", "valid", "errors", "errors_by_type"]
    assert {(row["from"], row["vendor_id"]): [row[key] for key in keys] for row in shown} == \
        expected(made, by, since, vendor, only)
    assert [row["from"] for row in shown] == sorted(row["from"] for row in shown)
    for row in shown:
        assert set(row) == {"from", "vendor_id", *keys}
        assert list(row["errors_by_type"].values()) == sorted(row["errors_by_type"].values(), reverse=True)


def test_trends_reach_30_days_or_12_weeks_back(world):
    made, run = world
    for by, days in (("day", 29), ("week", 77)):
        since = datetime.datetime.now(UTC) - datetime.timedelta(days=days)
        shown = json.loads(run("trends", "--json", "--by", by).stdout)
        assert {(row["from"], row["vendor_id"]) for row in shown} == set(expected(made, by, since))


def test_trends_for_people(world):
    _, run = world
    lines = run("trends", "--vendor", "VEND001").stdout.splitlines()
    assert lines[0].split()[:3] == ["FROM", "VENDOR", "UPLOADS"]
    assert all(line.split()[1] == "VEND001" for line in lines[1:])


@pytest.mark.parametrize("words, code, said", [
    (["--vendor", "VEND009"], 1, "no vendor VEND009"),
    (["--type", "INVALID_PRISE"], 2, "did you mean INVALID_PRICE?"),
    (["--by", "month"], 2, "day, week"),
    (["--since", "1hr"], 2, "--since"),
    (["--since", "2999-01-01"], 2, "in the future"),
])
def test_trends_refuse_what_cannot_be_meant(world, words, code, said):
    _, run = world
    done = run("trends", *words, code=code)
    assert said in done.stderr and done.stdout == "" and done.stderr.count("\n") == 1


def test_a_vendor_without_uploads_has_no_rows(world):
    _, run = world
    done = run("trends", "--vendor", "VEND003", "--json")
    assert json.loads(done.stdout) == [] and "no uploads in that time" in done.stderr


class Page(html.parser.HTMLParser):
    """Fails where a page closes what it did not open."""

    def __init__(self, text):
        super().__init__()
        self.open, self.rows, self.words = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag != "meta":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1].append(data)


@pytest.mark.parametrize("since, by, periods", [(None, "week", 12), ("13d", "day", 14)])
def test_the_scorecard_counts_and_compares(world, since, by, periods):
    made, run = world
    page = Page(run("vendors", "scorecard", "VEND002", "--html", *(["--since", since] if since else [])).stdout)
    first = period_of(datetime.datetime.now(UTC), by) - datetime.timedelta(days=(periods - 1) * (7 if by == "week" else 1))

    mine = [row for row in made if row[1] == "VEND002"]
    now = [row for row in mine if row[0] >= first]
    table = {row[0]: row[1:] for row in page.rows if row}
    assert table["Files"][0] == str(len(now))
    assert table["Records"][0] == f"{sum(row[3] for row in now):,}"
    assert table["Rejected records"][0] == f"{sum(len(row[4]) for row in now):,}"
    assert table["Files without an accepted record"][0] == str(sum(row[2] == "failed" for row in now))
    assert len([row for row in page.rows if len(row) == 5]) == periods + 1
    if by == "day":
        before = first - datetime.timedelta(days=periods)
        assert table["Files"][1] == str(len([row for row in mine if before <= row[0] < first]))
    text = "".join(page.words)
    counts = {kind: sum(row[4].count(kind) for row in now) for kind in TYPES}
    assert all(f"{kind}: {counts[kind]} record" in text for kind in TYPES if counts[kind])


def test_the_scorecard_escapes_a_vendors_name(world):
    _, run = world
    markdown = run("vendors", "scorecard", "VEND002").stdout
    page = run("vendors", "scorecard", "VEND002", "--html").stdout
    assert "<b>" not in page.split("</h1>")[0] and "&lt;b&gt;" in page
    assert "\u202e" not in markdown + page and r"\|" in markdown.splitlines()[0]
    document = json.loads(run("vendors", "scorecard", "VEND002", "--json").stdout)
    assert document["text"] == markdown and document["vendor_id"] == "VEND002"


def test_a_scorecard_of_nobody(world):
    _, run = world
    assert "no vendor VEND009" in run("vendors", "scorecard", "VEND009", code=1).stderr
    empty = run("vendors", "scorecard", "VEND003").stdout
    assert "| Error rate | - | - |" in empty and "What was rejected" not in empty
