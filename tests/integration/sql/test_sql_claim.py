"""The claim of an upload: one row for each object version, and ids that never collide."""

import datetime
import threading

import pytest

from sql_cluster import cluster, database, shop  # noqa: F401

BASE = "UPLOAD_20260301_090000_VEND001"
KEY = "uploads/VEND001/VEND001_20260301_090000.csv"
AT = datetime.datetime(2026, 3, 1, 9, tzinfo=datetime.timezone.utc)


def claim(connection, version, base=BASE, key=KEY, owner="o"):
    return connection.execute(
        "SELECT upload_id, created FROM intake_claim_upload('bucket', %s, %s, %s, 'VEND001', %s, %s, 'etag', 10, %s)",
        [key, version, base, key.rsplit("/", 1)[-1], AT, owner]).fetchone()


def at_once(database, count, work):
    """Runs work(connection, number) on so many connections, all let go together."""
    ready = threading.Barrier(count)
    answers = [None] * count

    def one(number):
        with database.connect("pipeline") as connection:
            ready.wait(30)
            answers[number] = work(connection, number)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.fixture
def fresh(database):
    database.migrate()
    database.add_logins()
    return database


def test_twenty_versions_at_once(fresh):
    answers = at_once(fresh, 20, lambda connection, number: claim(connection, f"v{number}"))
    expected = {BASE} | {f"{BASE}_R{number}" for number in range(2, 21)}
    assert {upload for upload, _ in answers} == expected
    assert all(created for _, created in answers)
    with fresh.connect() as owner:
        assert owner.execute("SELECT count(*), count(DISTINCT object_version) FROM upload_history").fetchone() == (20, 20)


def test_one_version_twenty_times_at_once(fresh):
    answers = at_once(fresh, 20, lambda connection, number: claim(connection, "v1", owner=str(number)))
    assert {upload for upload, _ in answers} == {BASE}
    assert sum(created for _, created in answers) == 1
    with fresh.connect() as owner:
        assert owner.execute("SELECT count(*) FROM upload_history").fetchone() == (1,)


def test_an_id_is_taken_whichever_key_took_it(fresh):
    with fresh.connect("pipeline") as connection:
        assert claim(connection, "v1") == (BASE, True)
        assert claim(connection, "v1", key=KEY.replace(".csv", "_again.csv")) == (BASE + "_R2", True)
        assert claim(connection, "v2") == (BASE + "_R3", True)
        assert claim(connection, "v1") == (BASE, False)
        assert claim(connection, "v2") == (BASE + "_R3", False)
        assert claim(connection, "v1", base=BASE[:-1], key="k") == (BASE[:-1], True)
        assert claim(connection, "v2", base=BASE[:-1], key="k") == (BASE[:-1] + "_R2", True)


def test_the_tenth_comes_after_the_ninth(fresh):
    with fresh.connect("pipeline") as connection:
        assert [claim(connection, f"v{number}")[0] for number in range(12)][-1] == BASE + "_R12"


def test_a_claim_that_was_taken_back_leaves_its_id(fresh):
    with fresh.connect("pipeline", autocommit=False) as first:
        assert claim(first, "v1") == (BASE, True)
        first.rollback()
        assert claim(first, "v2") == (BASE, True)
        first.commit()


def test_what_a_claim_tells(fresh):
    with fresh.connect("pipeline") as connection:
        claim(connection, "v1")
        connection.execute("UPDATE upload_history SET total_records = 7, items_written_at = now()")
        row = connection.execute(
            "SELECT created, status, total_records, valid_records, items_written_at IS NOT NULL, pipeline_owner"
            "  FROM intake_claim_upload('bucket', %s, 'v1', %s, 'VEND001', 'f', now(), 'e', 1, 'another')",
            [KEY, BASE]).fetchone()
        assert row == (False, "processing", 7, 0, True, "o")
        assert connection.execute("SELECT upload_timestamp = %s AND object_size = 10 AND processing_started_at IS NOT NULL"
                                  "  FROM upload_history", [AT]).fetchone() == (True,)
