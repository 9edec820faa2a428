"""The trends: charts over a history that reaches up to now, day and week, one vendor, without UTF-8."""

import psycopg
import pytest

from history import History


@pytest.fixture(scope="module")
def recent(cluster):
    """A history of the last days, with a record of each rejected type in the ledger."""
    one = History(cluster, uploads=300)
    with psycopg.connect(one.database.url, autocommit=True) as connection:
        connection.execute("UPDATE upload_history SET upload_timestamp = now() - interval '1 hour'"
                           " * (row_number * 2) FROM (SELECT upload_id AS id, row_number() OVER"
                           " (ORDER BY upload_timestamp DESC) FROM upload_history) n WHERE id = upload_id")
        connection.execute("INSERT INTO upload_records (upload_id, row_number, record_id, outcome, error_type)"
                           " SELECT upload_id, row_number, record_id, 'error', error_type FROM violation_rows"
                           " ON CONFLICT DO NOTHING")
    return one


@pytest.fixture
def trends(console, recent, tmp_path):
    def start(rows=50, columns=120, word="trends", **env):
        t = console(rows, columns, env={"INTAKE_DATABASE_URL": recent.url("viewer"), **env})
        t.wait("UPLOAD_2026").press(":")
        t.type(word)
        t.press("enter")
        return t
    return start


def test_trends_by_day_and_by_week(trends):
    with trends() as t:
        t.wait("Records by day").wait("Error rate by day").wait("Error rate by vendor").wait("VEND001")
        t.wait("Rejected records by type").wait("INVALID_PRICE")
        assert "█" in t.text and "no uploads" not in t.text
        t.press("b")
        t.wait("Records by week").wait("VEND003")
        t.press("b")
        t.wait("Records by day")


def test_trends_of_one_vendor_and_the_way_to_it(trends):
    with trends(word="trends VEND001") as t:
        t.wait("Records by day").wait("VEND001")
        assert "VEND002" not in t.text
        t.press("b")
        t.wait("Records by week")
        t.press("c")
        t.wait("sent to the terminal")


def test_trends_without_utf_8(trends):
    with trends(LANG="C", LC_ALL="C") as t:
        t.wait("Records by day").wait("#").wait("Rejected records by type")
        assert t.text.isascii()


def test_a_vendor_of_whom_nothing_came(trends):
    with trends(word="trends VEND004") as t:
        t.wait("no uploads of VEND004 in the last 30 days")


def test_vendors_show_the_last_14_days(trends):
    with trends(50, 160, word="vendors") as t:
        t.wait("ERRORS 14 DAYS").wait("StyleWear")
        assert any(c in t.text for c in "▁▂▃▄▅▆▇█")
