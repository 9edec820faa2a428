"""How long records are kept and when the database is full, as the doctor tells it."""

import datetime
import re

import pytest


def check(run_intake, name, **env):
    done = run_intake("doctor", "--json", env=env)
    [found] = [one for one in done.json["checks"] if one["name"] == name]
    return found


@pytest.fixture
def grown(database):
    """20,000 records of the last 10 days, and what the server knows of the tables' sizes."""
    database.execute(
        "INSERT INTO upload_history (upload_id, file_name, s3_key, status, total_records, valid_records, upload_timestamp)"
        " SELECT 'SPACE_' || i, 'f', 'SPACE_' || i, 'completed', 2000, 2000, now() - i * interval '1 day'"
        " FROM generate_series(1, 10) i")
    database.execute(
        "INSERT INTO upload_records (upload_id, row_number, record_id, outcome, item_marked_at)"
        " SELECT 'SPACE_' || i, n, 'REC_' || n, 'valid', now() FROM generate_series(1, 10) i, generate_series(1, 2000) n")
    database.execute("ANALYZE")
    yield
    database.execute("DELETE FROM upload_history WHERE upload_id LIKE 'SPACE_%'")
    database.execute("ANALYZE")


def test_what_is_not_known_is_said(run_intake, grown):
    for storage in (None, "much", "0", "-3"):
        found = check(run_intake, "space", INTAKE_DATABASE_STORAGE=storage)
        assert found["status"] == "ok" and "cannot be seen" in found["detail"] and "GiB used" in found["detail"], storage


def test_the_day_on_which_it_is_full_and_one_per_cent_free(run_intake, database, grown):
    found = check(run_intake, "space", INTAKE_DATABASE_STORAGE="200")
    assert found["status"] == "ok" and "of 200 GiB used" in found["detail"], found
    size = database.execute("SELECT pg_database_size(current_database()) AS n").fetchone()["n"] / 2**30
    # What 10 days brought is most of the database, so that a tenth more is full within weeks.
    soon = check(run_intake, "space", INTAKE_DATABASE_STORAGE=f"{size * 1.2:.6f}")
    assert soon["status"] == "warn" and "prune" in soon["remedy"], soon
    day = re.search(r"full on (\d{4}-\d\d-\d\d)", soon["detail"])
    assert day and datetime.date.fromisoformat(day[1]) < datetime.date.today() + datetime.timedelta(days=60), soon
    for share in (1.01, 0.9):
        full = check(run_intake, "space", INTAKE_DATABASE_STORAGE=f"{size * share:.6f}")
        assert full["status"] == "fail" and "MaxAllocatedStorage" in full["remedy"], full


def test_the_policy_and_its_last_run(run_intake, database):
    database.execute("DELETE FROM prunes")
    found = check(run_intake, "record retention")
    assert found["status"] == "ok" and "no schedule" in found["detail"]
    run = ("INSERT INTO prunes (ended_at, older_than_days, uploads, records, more, failure)"
           " VALUES (now() - %s::interval, 400, 12, 3400, %s, %s)")
    cases = [("2 hours", False, None, "ok", "400 days"), ("4 days", False, None, "warn", "96 h ago"),
             ("2 hours", True, None, "warn", "more is left"), ("2 hours", False, "no space", "warn", "failed: no space")]
    try:
        for age, more, failure, status, part in cases:
            database.execute("DELETE FROM prunes")
            database.execute(run, [age, more, failure])
            found = check(run_intake, "record retention")
            assert found["status"] == status and part in found["detail"], found
    finally:
        database.execute("DELETE FROM prunes")


@pytest.fixture
def life_cycle(stack):
    """Sets what the bucket deletes of errors/: days, None for nothing."""
    s3 = stack.client("s3")
    bucket = stack.variables()["S3_BUCKET_NAME"]
    def put(days):
        if days is None:
            s3.delete_bucket_lifecycle(Bucket=bucket)
            return
        rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "errors/"}, "Expiration": {"Days": days}}
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    yield put
    s3.delete_bucket_lifecycle(Bucket=bucket)  # the emulator makes none of the template's


def test_reports_and_records_are_kept_for_the_same_time(run_intake, database, life_cycle):
    cases = [(400, 400, "ok", ["400 days"]), (400, 90, "warn", ["after 400 days", "after 90"]),
             (30, 400, "warn", ["after 30 days", "after 400"]), (None, 400, "warn", ["keeps all reports", "400 days"]),
             (None, None, "ok", ["no schedule prunes"]), (400, None, "ok", ["kept for 400 days"])]
    try:
        for kept, pruned, status, parts in cases:
            database.execute("DELETE FROM prunes")
            if pruned:
                database.execute("INSERT INTO prunes (ended_at, older_than_days, uploads, records, more)"
                                 " VALUES (now(), %s, 0, 0, false)", [pruned])
            life_cycle(kept)
            found = check(run_intake, "report retention")
            assert found["area"] == "storage" and found["status"] == status, (kept, pruned, found)
            assert all(part in found["detail"] for part in parts), found
            assert status == "ok" or "RetentionDays" in found["remedy"], found
    finally:
        database.execute("DELETE FROM prunes")
