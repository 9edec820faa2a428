"""Retention: what goes, what stays, what is never touched; killed at any moment, twice at once, while others work."""

import datetime
import json
import subprocess
import uuid

import psycopg
import psycopg.rows
import pytest

from support import BUILD, ROOT, wait_until

RECORD_TABLES = ("upload_records", "violation_rows", "violation_packs", "outbox")


def make_upload(database, days=500, records=4, invalid=2, status=None, violations=3):
    """A finished upload of so many days ago, as the pipeline leaves one, made without it; the id."""
    name = f"UPLOAD_20250301_090000_{uuid.uuid4().hex[:12].upper()}"
    age = f"{days} days"
    valid = records - invalid
    status = status or ("completed" if not invalid else "failed" if not valid else "partial")
    database.execute(
        "INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, bucket, object_version, status,"
        " total_records, valid_records, error_records, items_written_at, upload_timestamp, processing_started_at,"
        " processing_completed_at, error_file_s3_key)"
        " SELECT %(u)s, 'VEND001', 'old.csv', %(u)s, 'b', 'v', %(status)s, %(n)s, %(valid)s, %(invalid)s, t, t, t, t,"
        " CASE WHEN %(invalid)s > 0 THEN 'errors/' || %(u)s END FROM (SELECT now() - %(age)s::interval AS t) a",
        {"u": name, "status": status, "n": records, "valid": valid, "invalid": invalid, "age": age})
    database.execute(
        "INSERT INTO upload_records (upload_id, row_number, record_id, outcome, error_type, line_number, item_marked_at,"
        " judged_at) SELECT %s, i, 'REC_' || i, CASE WHEN i <= %s THEN 'error' ELSE 'valid' END,"
        " CASE WHEN i <= %s THEN 'INVALID_PRICE' END, i + 1, t, t"
        " FROM generate_series(1, %s) i, (SELECT now() - %s::interval AS t) a", [name, invalid, invalid, records, age])
    database.execute(
        "INSERT INTO violation_rows (upload_id, vendor_id, row_number, rule_order, error_type, error_field,"
        " error_message, original_data) SELECT %s, 'VEND001', i, 1, 'INVALID_PRICE', 'price', 'price x',"
        " '{\"price\": \"x\"}' FROM generate_series(1, %s) i", [name, invalid])
    if violations > 1:
        database.execute(
            "INSERT INTO violation_packs (upload_id, row_number, violations) SELECT %s, i, %s"
            " FROM generate_series(1, %s) i",
            [name, json.dumps([["INVALID_STOCK", "stock_quantity", "m", None]] * (violations - 1)), invalid])
    database.execute(
        "INSERT INTO notifications (upload_id, kind, subject, body, outcome, claimed_at, sent_at)"
        " SELECT %s, 'completed', 'subject', 'the text of the notice', 'accepted', t, t"
        " FROM (SELECT now() - %s::interval AS t) a", [name, age])
    return name


def left(database, upload):
    return {table: database.execute(f"SELECT count(*) AS n FROM {table} WHERE upload_id = %s", [upload]).fetchone()["n"]
            for table in RECORD_TABLES}


def row(database, upload):
    return database.execute("SELECT * FROM upload_history WHERE upload_id = %s", [upload]).fetchone()


def gone(database, upload):
    return not any(left(database, upload).values()) and row(database, upload)["prune_finished_at"] is not None


@pytest.fixture
def old(database):
    """Makes uploads of the test's own, old ones unless it says otherwise."""
    made = []

    def make(**how):
        made.append(make_upload(database, **how))
        return made[-1]

    yield make
    database.execute("DELETE FROM upload_history WHERE upload_id = ANY (%s)", [made])


def as_role(stack, role):
    """A connection with that role's rights; the pipeline's login is in the functions' secret."""
    if role != "pipeline":
        return stack.connect(role)
    values = stack.variables("admin")
    held = json.loads(stack.client("secretsmanager").get_secret_value(SecretId=values["RDS_SECRET_NAME"])["SecretString"])
    return psycopg.connect(host=held["host"], port=held["port"], dbname=held["dbname"], user=held["username"],
                           password=held["password"], autocommit=True, row_factory=psycopg.rows.dict_row)


def prune(run_intake, *more, days=400, code=0, **how):
    return run_intake("prune", "--older-than", f"{days}d", "--json", *more, code=code, **how)


def test_records_go_and_what_was_counted_stays(run_intake, database, old):
    upload = old()
    database.execute("INSERT INTO outbox (upload_id, body, refused_at, refusal) VALUES (%s, '{}', now(), 'no')", [upload])
    before = row(database, upload)
    done = prune(run_intake, "--yes", "--reason", "ticket 1").json
    assert done["dry_run"] is False and done["uploads"] >= 1 and done["records"] >= 4 and done["passed_over"] == 0
    assert gone(database, upload)
    after = row(database, upload)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"pruned_at", "prune_finished_at", "pruned_by", "prune_days", "pruned_errors"}
    assert after["prune_days"] == 400 and after["pruned_errors"] == {"INVALID_PRICE": 2} and after["pruned_by"]
    [notice] = database.execute("SELECT * FROM notifications WHERE upload_id = %s", [upload]).fetchall()
    assert notice["body"] is None and notice["subject"] == "subject" and notice["outcome"] == "accepted"
    [entry] = [one for one in run_intake("audit", "--json", code=0).json if one["action"] == "prune"][:1]
    assert entry["outcome"] == "done" and entry["reason"] == "ticket 1" and entry["plan"]["older_than_days"] == 400
    assert entry["detail"]["uploads"] == done["uploads"] and entry["plan"]["uploads"] == done["planned_uploads"]
    again = prune(run_intake, "--yes").json
    assert (again["planned_uploads"], again["uploads"], again["records"]) == (0, 0, 0)


def test_a_dry_run_and_a_refusal_change_nothing(run_intake, database, old):
    upload = old()
    told = prune(run_intake, "--dry-run", role="viewer").json
    assert told["dry_run"] is True and told["planned_uploads"] >= 1 and told["planned_records"] >= 4
    text = run_intake("prune", "--older-than", "400d", "--dry-run", code=0).stdout
    assert "400 days" in text and "Counts" in text
    prune(run_intake, "--yes", code=4, role="viewer")
    prune(run_intake, "--yes", code=4, role="support")
    prune(run_intake, code=4)
    assert left(database, upload)["upload_records"] == 4 and row(database, upload)["pruned_at"] is None


@pytest.mark.parametrize("age", ["89d", "12w", "0d", "30d", "1d", "-400d", "400", "400h", "tomorrow", "2025-01-01", "", "99999d"])
def test_an_age_that_is_none_or_below_the_floor_is_wrong_usage(run_intake, age):
    assert "--older-than" in run_intake("prune", f"--older-than={age}", "--yes", code=2).stderr


def test_no_age_is_wrong_usage(run_intake):
    assert "--older-than" in run_intake("prune", "--yes", code=2).stderr


def lease(database, upload, token="t"):
    database.execute("INSERT INTO leases (name, token, holder, session_pid, renewed_at, until)"
                     " VALUES (%s, %s, '', 0, now(), now()) ON CONFLICT DO NOTHING", [f"operator {upload}", token])


def unlease(database, upload):
    database.execute("DELETE FROM leases WHERE name = %s", [f"operator {upload}"])


@pytest.mark.parametrize("role", ["operator", "admin"])
def test_the_database_has_the_floor_too(stack, database, old, role):
    young = old(days=80)
    lease(database, young)
    with stack.connect(role) as connection:
        for days, before in ((89, "now() - interval '89 days'"), (90, "now()"), (400, "now() - interval '399 days'"),
                             (None, "now() - interval '400 days'"), (90, "NULL")):
            with pytest.raises(psycopg.errors.CheckViolation):
                connection.execute(f"SELECT * FROM intake_prune(%s, {before}, %s, 't', 20)", [young, days])
        told = connection.execute("SELECT * FROM intake_prune(%s, now() - interval '91 days', 90, 't', 20)",
                                  [young]).fetchone()
        assert told["state"] == "kept"
        # Nor where the mark was forged.
        connection.execute("UPDATE upload_history SET pruned_at = now(), prune_days = 400 WHERE upload_id = %s", [young])
        told = connection.execute("SELECT * FROM intake_prune(%s, now() - interval '91 days', 90, 't', 20)",
                                  [young]).fetchone()
        assert told["state"] == "kept" and left(database, young)["upload_records"] == 4
    unlease(database, young)


def test_without_the_lock_nothing_is_deleted(stack, database, old):
    upload = old()
    with stack.connect("operator") as connection:
        told = connection.execute("SELECT * FROM intake_prune(%s, now() - interval '400 days', 400, 't', 20)",
                                  [upload]).fetchone()
    assert told["state"] == "overtaken" and row(database, upload)["pruned_at"] is None


@pytest.mark.parametrize("role", ["operator", "pipeline", "support", "viewer"])
@pytest.mark.parametrize("days, marked, renewed", [(80, True, True), (500, False, True), (500, True, False)])
def test_nobody_deletes_records_past_the_rules(stack, database, old, role, days, marked, renewed):
    """What a prune needs to be allowed is no licence: too young, not marked, or not under this transaction's lock."""
    upload = old(days=days)
    if marked:
        database.execute("UPDATE upload_history SET pruned_at = now(), prune_days = 90 WHERE upload_id = %s", [upload])
    lease(database, upload)
    with as_role(stack, role) as connection:
        for table in ("upload_records", "violation_rows", "violation_packs"):
            if role == "operator" and table != "upload_records":
                continue  # re-validation replaces them
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                if renewed and role in ("operator", "pipeline"):
                    connection.execute("UPDATE leases SET renewed_at = now() WHERE name = %s", [f"operator {upload}"])
                connection.execute(f"DELETE FROM {table} WHERE upload_id = %s", [upload])
    unlease(database, upload)
    assert left(database, upload)["upload_records"] == 4 and left(database, upload)["violation_rows"] == 2


KEPT = {
    "processing": "UPDATE upload_history SET status = 'processing' WHERE upload_id = %s",
    "acknowledged": "INSERT INTO acknowledgements (upload_id, text) VALUES (%s, 'keep: a lawsuit')",
    "assigned": "INSERT INTO upload_assignments (upload_id, assignee) VALUES (%s, 'ann')",
    "a message waits": "INSERT INTO outbox (upload_id, body) VALUES (%s, '{}')",
    "a notice failed": "UPDATE notifications SET outcome = 'failed' WHERE upload_id = %s",
    "a notice is unknown": "UPDATE notifications SET outcome = 'unknown' WHERE upload_id = %s",
    "items are doubted": "UPDATE upload_history SET items_doubted_at = now() WHERE upload_id = %s",
    "settled lately": "UPDATE upload_history SET processing_completed_at = now() - interval '3 days' WHERE upload_id = %s",
    "judged again lately": "UPDATE upload_records SET judged_at = now() - interval '3 days'"
                           " WHERE upload_id = %s AND row_number = 2",
    "resent lately": "INSERT INTO notifications (upload_id, kind, outcome) VALUES (%s, 'resend', 'accepted')",
    "younger": "UPDATE upload_history SET upload_timestamp = now() - interval '399 days' WHERE upload_id = %s",
}


@pytest.mark.parametrize("why", KEPT)
def test_what_is_kept_whatever_its_age(run_intake, database, old, why):
    upload, other = old(), old()
    database.execute(KEPT[why], [upload])
    before = left(database, upload)
    prune(run_intake, "--yes")
    assert left(database, upload) == before and row(database, upload)["pruned_at"] is None
    assert gone(database, other)


def test_an_acknowledgement_that_expired_keeps_nothing(run_intake, database, old):
    upload = old()
    database.execute("INSERT INTO acknowledgements (upload_id, until) VALUES (%s, now() - interval '1 day')", [upload])
    prune(run_intake, "--yes")
    assert gone(database, upload)


def test_one_that_is_revalidated_is_passed_over(run_intake, database, old):
    held, other = old(), old()
    lease(database, held)
    database.execute("UPDATE leases SET session_pid = session_pid")  # its holder renews it
    done = prune(run_intake, "--yes").json
    assert done["passed_over"] == 1 and left(database, held)["upload_records"] == 4 and gone(database, other)
    unlease(database, held)
    prune(run_intake, "--yes")
    assert gone(database, held)


def test_one_that_the_pipeline_is_at_is_not_waited_for(run_intake, stack, database, old):
    held, other = old(), old()
    with stack.connect() as pipeline, pipeline.transaction():
        pipeline.execute("SELECT FROM upload_history WHERE upload_id = %s FOR UPDATE", [held])
        assert prune(run_intake, "--yes").json["passed_over"] == 1
        assert gone(database, other)
    assert left(database, held)["upload_records"] == 4


def start(stack, *more):
    return subprocess.Popen([BUILD / "intake", "prune", "--older-than", "400d", "--yes", "--json", *more], cwd=ROOT, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=stack.environment("operator"))


@pytest.mark.parametrize("moment", ["marked", "half", "many"])
def test_killed_at_any_moment_the_next_run_goes_on(run_intake, stack, database, old, moment):
    many = [old(records=12000, invalid=3000) for _ in range(2)]
    first = {"marked": lambda: row(database, many[0])["pruned_at"] is not None,
             "half": lambda: 0 < left(database, many[0])["upload_records"] < 11000,
             "many": lambda: row(database, many[0])["prune_finished_at"] is not None}[moment]
    run = start(stack)
    wait_until(lambda: first() or run.poll() is not None, pause=0.001)
    run.kill()
    run.communicate()
    for upload in many:  # whatever is gone is marked, and nothing is finished that is not gone
        now, rows = row(database, upload), left(database, upload)
        assert (now["pruned_at"] is not None) or rows["upload_records"] == 12000
        assert now["prune_finished_at"] is None or not any(rows.values())
    # The rule of the next run is another one, and it ends what was begun all the same.
    wait_until(lambda: not database.execute("SELECT FROM leases WHERE name LIKE 'operator UPLOAD_2025%' AND session_pid IN"
                                            " (SELECT pid FROM pg_stat_activity)").fetchall())
    half = [upload for upload in many if row(database, upload)["pruned_at"] and not row(database, upload)["prune_finished_at"]]
    told = prune(run_intake, "--yes", days=3000).json
    assert told["half_done"] == len(half)
    assert all(gone(database, upload) for upload in half)
    prune(run_intake, "--yes")
    assert all(gone(database, upload) for upload in many)
    assert row(database, many[0])["pruned_errors"] == {"INVALID_PRICE": 3000}


def test_two_at_once_share_the_work(stack, database, old):
    uploads = [old(records=3000, invalid=500) for _ in range(6)]
    runs = [start(stack) for _ in range(2)]
    done = []
    for run in runs:
        out, err = run.communicate(timeout=120)
        assert run.returncode == 0, err
        done.append(json.loads(out))
    assert all(gone(database, upload) for upload in uploads)
    assert sum(one["records"] for one in done) == 6 * 3000 and sum(one["uploads"] for one in done) == 6


@pytest.mark.parametrize("original", [20, 32000, 250000])
def test_no_transaction_is_long(stack, database, old, original):
    """Records with large originals are taken fewer at once: the size of a step follows the time it takes."""
    upload = old(records=5000, invalid=100 if original > 100000 else 1000)
    database.execute("UPDATE violation_rows SET original_data = jsonb_build_object('description',"
                     " (SELECT left(string_agg(md5(i::text || id), ''), %s) FROM generate_series(1, %s / 32 + 1) i))"
                     " WHERE upload_id = %s", [original, original, upload])
    lease(database, upload)
    steps, state, step = [], "begun", 16
    with stack.connect("operator") as connection:
        while state == "begun":
            told = connection.execute(
                "SELECT p.*, extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000 AS ms"
                " FROM intake_prune_step(%s, now() - interval '400 days', 400, 't', 15, %s) p", [upload, step]).fetchone()
            state, step = told["state"], told["step"]
            steps.append((float(told["ms"]), told["records"]))
    unlease(database, upload)
    assert state == "finished" and gone(database, upload)
    assert sum(records for _, records in steps) == 5000
    # One step may meet a machine that is busy with something else; the steps as such may not be long.
    assert sorted(ms for ms, _ in steps)[len(steps) // 2] < 50, steps


def test_after_a_step_that_was_slow_the_next_is_smaller(stack, run_intake, database, old):
    """Each row takes 30 ms, of whatever upload: only the first transaction of the run is longer than 50 ms."""
    with stack.connect("admin") as owner:
        owner.execute("CREATE FUNCTION slow_row() RETURNS trigger LANGUAGE plpgsql AS"
                      " $$ BEGIN PERFORM pg_sleep(0.03); INSERT INTO slow_rows VALUES (pg_current_xact_id()::text); RETURN OLD; END $$")
        owner.execute("CREATE TABLE slow_rows (xact text)")
        owner.execute("GRANT INSERT ON slow_rows TO PUBLIC")
        owner.execute("CREATE TRIGGER slow BEFORE DELETE ON upload_records FOR EACH ROW EXECUTE FUNCTION slow_row()")
        try:
            uploads = [old(records=30, invalid=0) for _ in range(3)]
            prune(run_intake, "--yes")
            assert all(gone(database, upload) for upload in uploads)
            steps = [row["n"] for row in owner.execute("SELECT count(*) AS n FROM slow_rows GROUP BY xact ORDER BY xact::bigint")]
        finally:
            owner.execute("DROP TRIGGER slow ON upload_records; DROP TABLE slow_rows; DROP FUNCTION slow_row()")
    assert steps[0] <= 16 and sum(steps) == 90, steps  # less where the machine was slow before
    assert max(steps[1:]) == 1, steps


def test_small_ones_go_together(run_intake, database, old):
    uploads = [old(records=5) for _ in range(60)]
    assert prune(run_intake, "--yes").json["uploads"] >= 60
    assert all(gone(database, upload) for upload in uploads)
    told = database.execute("SELECT count(DISTINCT xmin::text) AS n FROM upload_history WHERE upload_id = ANY (%s)", [uploads]).fetchone()
    # How many go together follows from how fast the machine is just now.
    assert told["n"] < 60, "as many transactions as uploads cost three commits each"
    assert not database.execute("SELECT FROM leases WHERE name LIKE 'operator UPLOAD_2025%'").fetchall()


@pytest.mark.parametrize("why", ["leased", "its holder died", "locked", *KEPT])
def test_among_many_small_ones_each_is_judged_by_itself(run_intake, stack, database, old, why):
    uploads = [old(records=3, invalid=1) for _ in range(12)]
    held = uploads[5]
    with stack.connect() as other, other.transaction():
        if why == "leased":
            lease(database, held)
        elif why == "its holder died":
            lease(database, held)
            with stack.connect("admin") as owner:
                owner.execute("ALTER TABLE leases DISABLE TRIGGER leases_signed")
                owner.execute("UPDATE leases SET until = now() - interval '1 minute' WHERE name = %s", [f"operator {held}"])
                owner.execute("ALTER TABLE leases ENABLE TRIGGER leases_signed")
        elif why == "locked":
            other.execute("SELECT FROM upload_history WHERE upload_id = %s FOR UPDATE", [held])
        else:
            database.execute(KEPT[why], [held])
        prune(run_intake, "--yes")
        assert gone(database, held) == (why == "its holder died")
        assert row(database, held)["pruned_at"] is None or why == "its holder died"
    assert all(gone(database, upload) for upload in uploads if upload != held)
    unlease(database, held)


def test_many_small_ones_killed_at_any_moment_and_by_two_at_once(stack, database, old):
    uploads = [old(records=4) for _ in range(400)]

    def finished():
        return database.execute("SELECT count(*) AS n FROM upload_history WHERE upload_id = ANY (%s) AND prune_finished_at"
                                " IS NOT NULL", [uploads]).fetchone()["n"]

    for least in (1, 100):
        run = start(stack)
        wait_until(lambda: finished() >= least or run.poll() is not None, pause=0.001)
        run.kill()
        run.communicate()
    half = database.execute(
        "SELECT count(*) AS n FROM upload_history h WHERE upload_id = ANY (%s) AND (prune_finished_at IS NULL) <>"
        " (SELECT count(*) = 4 FROM upload_records r WHERE r.upload_id = h.upload_id)", [uploads]).fetchone()
    assert half["n"] == 0, "each is whole or gone"
    runs = [start(stack) for _ in range(2)]
    done = []
    for run in runs:
        out, err = run.communicate(timeout=120)
        assert run.returncode == 0, err
        done.append(json.loads(out))
    assert all(gone(database, upload) for upload in uploads)
    again = database.execute("SELECT count(*) AS n FROM upload_history WHERE upload_id = ANY (%s) AND pruned_errors"
                             " = '{\"INVALID_PRICE\": 2}'", [uploads]).fetchone()
    assert again["n"] == 400, "counted once, before anything of it went"


@pytest.mark.parametrize("days, before", [(89, "now() - interval '89 days'"), (90, "now()"), (400, "now() - interval '399 days'"),
                                          (None, "now() - interval '400 days'"), (90, "NULL")])
def test_the_database_has_the_floor_for_many_too(stack, database, old, days, before):
    young = old(days=80)
    with stack.connect("operator") as connection:
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(f"SELECT * FROM intake_prune_batch(%s, %s, {before}, %s, 't', 20, 16)", [[young], [4], days])
        connection.execute("UPDATE upload_history SET pruned_at = now(), prune_days = 400 WHERE upload_id = %s", [young])
        told = connection.execute("SELECT * FROM intake_prune_batch(%s, %s, now() - interval '91 days', 90, 't', 20, 16)",
                                  [[young], [4]]).fetchone()
    assert told["uploads"] == 0 and left(database, young)["upload_records"] == 4


def test_what_each_command_says_afterwards(run_intake, stack, database, old):
    upload = old()
    assert run_intake("upload", upload, "--json", code=0).json["pruned"] is None
    prune(run_intake, "--yes")
    now = row(database, upload)
    says = f"its records were pruned on {now['pruned_at'].astimezone(datetime.timezone.utc):%Y-%m-%d} by" \
           f" {now['pruned_by']} (older than 400 days)"

    shown = run_intake("upload", upload, "--json", code=0).json
    assert shown["pruned"]["older_than_days"] == 400 and shown["pruned"]["by"] == now["pruned_by"]
    assert shown["pruned"]["at"] and shown["pruned"]["finished_at"]
    assert shown["errors_by_type"] == {"INVALID_PRICE": 2}
    assert (shown["total_records"], shown["valid_records"], shown["error_records"]) == (4, 2, 2)
    assert "records pruned" in [event["event"] for event in shown["timeline"]]
    assert says in run_intake("upload", upload, code=0).stdout

    for more in ([], ["--json"], ["--csv"], ["--type", "INVALID_PRICE"]):
        told = run_intake("errors", upload, *more, code=0)
        assert says in told.stderr, more
    assert run_intake("errors", upload, "--json", code=0).json == []

    for more in ([], ["--pending"], ["--rows", "1"], ["--dry-run"], ["--pending", "--end", "--yes"]):
        assert says in run_intake("revalidate", upload, *more, code=1).stderr, more
    assert says in run_intake("notify", upload, "--yes", "--force", code=1).stderr
    for role in ("operator", "viewer"):
        told = run_intake("report", upload, code=1, role=role).stderr
        assert says in told and "removed from the bucket" in told
    assert says in run_intake("report", upload, "--rebuild", code=1).stderr
    assert left(database, upload) == dict.fromkeys(RECORD_TABLES, 0)


def test_a_report_that_still_lies_in_the_bucket_is_served_and_stays(run_intake, stack, database, old):
    upload = old()
    s3, bucket = stack.client("s3"), stack.variables("admin")["S3_BUCKET_NAME"]
    prune(run_intake, "--yes")
    key = f"errors/VEND001/{upload}_errors.csv"
    s3.put_object(Bucket=bucket, Key=key, Body=b"the report")
    assert run_intake("report", upload, code=0).stdout == "the report"
    run_intake("report", upload, "--rebuild", code=1)
    assert run_intake("report", upload, code=0).stdout == "the report"
    s3.delete_object(Bucket=bucket, Key=key)


def test_one_left_half_shows_nothing_of_what_is_left(run_intake, database, old):
    upload = old()
    database.execute("UPDATE upload_history SET pruned_at = now(), pruned_by = 'ann', prune_days = 400,"
                     " pruned_errors = '{\"INVALID_PRICE\": 2}' WHERE upload_id = %s", [upload])
    database.execute("DELETE FROM upload_records WHERE upload_id = %s AND row_number = 1", [upload])
    assert run_intake("errors", upload, "--json", code=0).json == []
    shown = run_intake("upload", upload, "--json", code=0).json
    assert shown["errors_by_type"] == {"INVALID_PRICE": 2} and shown["pruned"]["finished_at"] is None
    assert "last record judged" not in [event["event"] for event in shown["timeline"]]
    assert "pruned" in run_intake("revalidate", upload, code=1).stderr


def test_trends_are_as_before(run_intake, database, old, new_vendor):
    vendor, upload, kept = new_vendor(), old(), old(days=450, records=6, invalid=3)
    database.execute("UPDATE upload_history SET vendor_id = %s WHERE upload_id = ANY (%s)", [vendor, [upload, kept]])
    database.execute("UPDATE upload_history SET upload_timestamp = (SELECT upload_timestamp FROM upload_history"
                     " WHERE upload_id = %s) WHERE upload_id = %s", [upload, kept])
    database.execute("INSERT INTO upload_assignments (upload_id, assignee) VALUES (%s, 'ann')", [kept])
    asked = [["trends", "--since", "600d", "--vendor", vendor, "--json", *more] for more in ([], ["--type", "INVALID_PRICE"])]
    before = [run_intake(*words, code=0).json for words in asked]
    assert before[0][0]["errors_by_type"] == {"INVALID_PRICE": 5}
    prune(run_intake, "--yes")
    assert gone(database, upload) and not gone(database, kept)
    assert [run_intake(*words, code=0).json for words in asked] == before
