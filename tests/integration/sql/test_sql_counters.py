"""What is kept of a vendor is what its rows say: at every moment, whoever writes, and again after a recount."""

import random
import threading

import psycopg
import pytest

from sql_cluster import ROOT, cluster, database  # noqa: F401

VENDORS = [f"VEND{number:03d}" for number in range(1, 6)]
COUNTED = ("SELECT v.vendor_id, (SELECT count(*) FROM upload_history h WHERE h.vendor_id = v.vendor_id),"
           " coalesce((SELECT sum(total_records) FROM upload_history h WHERE h.vendor_id = v.vendor_id), 0)::bigint,"
           " coalesce((SELECT sum(error_records) FROM upload_history h WHERE h.vendor_id = v.vendor_id), 0)::bigint,"
           " (SELECT count(*) FROM products p WHERE p.vendor_id = v.vendor_id),"
           " (SELECT max(upload_timestamp) FROM upload_history h WHERE h.vendor_id = v.vendor_id)"
           " FROM vendors v ORDER BY 1")
KEPT = ("SELECT vendor_id, uploads, total_records, error_records, products, last_upload_at FROM vendor_summary ORDER BY 1")
OBJECTS = ("DROP VIEW counter_differences, counted_days; DROP VIEW vendor_summary; DROP VIEW vendor_day_counts, vendor_counts;"
           "DROP TABLE vendor_days, vendor_totals, vendor_deltas, counters_folded;"
           "DROP FUNCTION intake_fold_counters, fold_all_counters, intake_recount, look_up_last_upload,"
           " count_uploads_added, count_uploads_removed, count_upload_changed, count_products_added,"
           " count_products_removed, count_product_changed, count_none CASCADE;")


@pytest.fixture
def fresh(database):
    database.migrate()
    database.add_logins()
    with database.connect() as owner:
        for vendor in VENDORS:
            owner.execute("INSERT INTO vendors (vendor_id, vendor_name) VALUES (%s, %s) ON CONFLICT DO NOTHING", [vendor, vendor])
    return database


def upload(connection, name, vendor, total, days_ago=0):
    connection.execute("INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, total_records, upload_timestamp)"
                       " VALUES (%s, %s, 'f', 'k', %s, now() - %s * interval '1 day')", [name, vendor, total, days_ago])


def settle(connection, name, vendor, first, valid, invalid, total):
    """A batch as the validator writes it: products, then the counts of the upload."""
    with connection.transaction():
        connection.execute("SELECT FROM upload_history WHERE upload_id = %s FOR UPDATE", [name])
        connection.execute(
            "INSERT INTO products (upload_id, vendor_id, vendor_product_id, product_name, category, sku, price, stock_quantity)"
            " SELECT %s, %s, %s::text || n, 'p', 'Books', %s::text || n, 1, 1 FROM generate_series(%s::int, %s::int) n"
            " ON CONFLICT DO NOTHING",
            [name, vendor, name + "-", name + "-", first, first + valid - 1])
        connection.execute(
            "UPDATE upload_history SET valid_records = valid_records + %s, error_records = error_records + %s,"
            " status = CASE WHEN valid_records + error_records + %s < %s THEN 'processing'"
            "               WHEN valid_records + %s = 0 THEN 'failed' ELSE 'partial' END WHERE upload_id = %s",
            [valid, invalid, valid + invalid, total, valid, name])


def differences(connection):
    return connection.execute("SELECT * FROM counter_differences").fetchall()


def assert_exact(connection):
    assert differences(connection) == []
    assert connection.execute(KEPT).fetchall() == connection.execute(COUNTED).fetchall()


def test_every_change_of_the_rows_is_counted(fresh):
    with fresh.connect("pipeline") as pipeline, fresh.connect() as owner:
        for number, vendor in enumerate(VENDORS[:3]):
            upload(pipeline, f"U{number}", vendor, 10, days_ago=number)
            settle(pipeline, f"U{number}", vendor, 1, 4, 2, 10)
            settle(pipeline, f"U{number}", vendor, 5, 3, 1, 10)
        pipeline.execute("INSERT INTO upload_history (upload_id, file_name, s3_key, status, failure_code)"
                         " VALUES ('NONE', 'f', 'k', 'failed', 'INVALID_FILE_NAME')")
        assert_exact(owner)
        assert pipeline.execute("SELECT intake_fold_counters()").fetchone()[0] > 0
        assert_exact(owner)
        assert owner.execute("SELECT uploads, failed_uploads FROM vendor_day_counts WHERE vendor_id = ''").fetchall() == [(1, 1)]
        for change in ("UPDATE upload_history SET vendor_id = 'VEND004' WHERE upload_id = 'U1'",
                       "UPDATE upload_history SET upload_timestamp = now() - interval '9 days' WHERE upload_id = 'U0'",
                       "UPDATE upload_history SET vendor_id = NULL WHERE upload_id = 'U2'",
                       "UPDATE products SET vendor_id = 'VEND005' WHERE vendor_product_id LIKE 'U0-%'",
                       "UPDATE products SET price = 2",
                       "DELETE FROM products WHERE vendor_product_id = 'U1-1'",
                       "INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key) VALUES ('U9', 'VEND001', 'f', 'k')",
                       "DELETE FROM upload_history WHERE upload_id = 'U9'",
                       "TRUNCATE products", "TRUNCATE upload_history CASCADE"):
            owner.execute(change)
            assert_exact(owner)
        assert owner.execute("SELECT coalesce(sum(uploads + records + products), 0) FROM vendor_counts").fetchone() == (0,)


def test_an_update_that_changes_no_counter_appends_nothing(fresh):
    with fresh.connect("pipeline") as pipeline:
        upload(pipeline, "U", "VEND001", 3)
        pipeline.execute("SELECT intake_fold_counters()")
        pipeline.execute("UPDATE upload_history SET pipeline_owner_at = now(), swept_at = now(), status = status,"
                         " total_records = total_records")
        assert pipeline.execute("SELECT count(*) FROM vendor_deltas").fetchone() == (0,)


def test_a_transaction_that_is_taken_back_counts_nothing(fresh):
    with fresh.connect("pipeline", autocommit=False) as pipeline, fresh.connect() as owner:
        upload(pipeline, "U", "VEND001", 3)
        assert_exact(owner)
        pipeline.rollback()
        assert_exact(owner)


def test_writers_folders_and_recounts_at_once(fresh):
    """Exact in every snapshot that a reader takes, nobody waits in a circle, and nothing is left to mend."""
    failures, stop = [], threading.Event()
    uploads = 12

    def work(task):
        try:
            task()
        except Exception as error:  # noqa: BLE001 - of another thread: told below
            failures.append(error)

    def writer(number):
        chance = random.Random(number)
        with fresh.connect("pipeline") as connection:
            for one in range(uploads):
                vendor, name = chance.choice(VENDORS), f"U{number}-{one}"
                upload(connection, name, vendor, 30, days_ago=chance.randrange(3))
                for batch in range(3):
                    settle(connection, name, vendor, batch * 10 + 1, 7, 3, 30)

    def repeat(login, statement, expected=None):
        with fresh.connect(login) as connection:
            while not stop.is_set():
                answer = connection.execute(statement).fetchall()
                if expected is not None:
                    assert answer == expected, answer

    others = [threading.Thread(target=work, args=[lambda args=args: repeat(*args)]) for args in (
        ("viewer", "SELECT * FROM counter_differences", []), ("pipeline", "SELECT intake_fold_counters(7)"),
        ("pipeline", "SELECT intake_fold_counters()"), ("operator", "SELECT intake_recount()", [(0,)]))]
    writers = [threading.Thread(target=work, args=[lambda number=number: writer(number)]) for number in range(6)]
    for thread in others + writers:
        thread.start()
    for thread in writers:
        thread.join(120)
    stop.set()
    for thread in others:
        thread.join(60)
    assert failures == []
    with fresh.connect() as owner:
        assert_exact(owner)
        assert owner.execute("SELECT sum(uploads), sum(records), sum(products) FROM vendor_counts").fetchone() == (
            6 * uploads, 6 * uploads * 30, 6 * uploads * 21)


def test_what_was_there_before_is_counted_by_the_migration(fresh):
    with fresh.connect() as owner:
        summary = (ROOT / "sql/migrations/0002_views.sql").read_text().split("CREATE VIEW recent_uploads")[0]
        owner.execute(OBJECTS + summary + "DELETE FROM schema_migrations WHERE version = 14")
        upload(owner, "U", "VEND001", 10, days_ago=2)
        settle(owner, "U", "VEND001", 1, 4, 6, 10)
        assert fresh.migrate().one("applied") == "1"
        assert_exact(owner)
        assert owner.execute("SELECT uploads, products FROM vendor_totals WHERE vendor_id = 'VEND001'").fetchone() == (1, 4)
        settle_again = owner.execute("UPDATE upload_history SET total_records = 12, status = 'processing' WHERE upload_id = 'U'")
        assert settle_again.rowcount == 1
        assert_exact(owner)


@pytest.mark.parametrize("change", [
    "UPDATE vendor_days SET uploads = uploads + 7, last_upload_at = now() + interval '1 year'",
    "UPDATE vendor_totals SET products = -3, last_upload_at = NULL",
    "DELETE FROM vendor_days", "DELETE FROM vendor_totals", "TRUNCATE vendor_deltas",
    "INSERT INTO vendor_deltas (vendor_id, day, errors) VALUES ('VEND009', '2026-01-01', 4)",
    "INSERT INTO vendor_totals (vendor_id, records, last_upload_at) VALUES ('GONE', 4, now())",
])
def test_counters_that_were_tampered_with_are_mended(fresh, change):
    with fresh.connect("operator") as operator, fresh.connect() as owner:
        upload(owner, "U", "VEND001", 10)
        owner.execute("SELECT intake_fold_counters()")
        settle(owner, "U", "VEND001", 1, 4, 6, 10)
        owner.execute(change)
        wrong = differences(owner)
        assert wrong
        assert operator.execute("SELECT intake_recount()").fetchone()[0] >= 1
        assert_exact(owner)
        assert operator.execute("SELECT intake_recount()").fetchone() == (0,)
        settle(owner, "U", "VEND001", 11, 0, 0, 10)
        assert_exact(owner)


@pytest.mark.parametrize("login", ["viewer", "support"])
def test_who_only_reads_changes_no_counter(fresh, login):
    with fresh.connect(login) as connection:
        for statement in ("SELECT intake_recount()", "SELECT intake_fold_counters()", "DELETE FROM vendor_days",
                          "INSERT INTO vendor_deltas (vendor_id, day) VALUES ('VEND001', now())"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_whoever_reads_stops_no_fold(fresh):
    """The lock is a row's, which a reader cannot take."""
    with fresh.connect("viewer", autocommit=False) as viewer, fresh.connect("pipeline") as pipeline:
        upload(pipeline, "U", "VEND001", 1)
        viewer.execute("SELECT * FROM counters_folded, vendor_days, vendor_deltas")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            viewer.execute("SELECT * FROM counters_folded FOR UPDATE")
        assert pipeline.execute("SELECT intake_fold_counters()").fetchone() == (1,)
