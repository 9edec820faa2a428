"""The counters of vendors are what their rows say: whoever writes, at any moment, folded or not."""

import random
import threading

import pytest

from sql_cluster import cluster  # noqa: F401

COUNTS = "uploads, failed_uploads, records, valid, errors, products"
TRUTH = """
    SELECT coalesce(vendor_id, '') AS v, (upload_timestamp AT TIME ZONE 'UTC')::date AS d, count(*) AS uploads,
           count(*) FILTER (WHERE status = 'failed') AS failed_uploads, sum(total_records) AS records,
           sum(valid_records) AS valid, sum(error_records) AS errors, 0 AS products
      FROM upload_history GROUP BY 1, 2
    UNION ALL SELECT vendor_id, (created_at AT TIME ZONE 'UTC')::date, 0, 0, 0, 0, 0, count(*) FROM products GROUP BY 1, 2"""
SUMS = ", ".join(f"sum({name})" for name in COUNTS.split(", "))
ANY = " OR ".join(f"sum({name}) <> 0" for name in COUNTS.split(", "))


@pytest.fixture
def database(cluster):  # noqa: F811
    one = cluster.new_database()
    one.migrate()
    one.add_logins()
    with one.connect() as owner:
        owner.execute("INSERT INTO vendors (vendor_id, vendor_name) SELECT 'V' || n, 'Vendor' FROM generate_series(1, 5) n")
    return one


def counted(connection):
    """(by day, in all), each as the rows say and as the counters do, in one moment."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        def rows(sql):
            return [tuple(map(str, row)) for row in connection.execute(sql).fetchall()]
        return (rows(f"SELECT v, d, {SUMS} FROM ({TRUTH}) t GROUP BY 1, 2 ORDER BY 1, 2"),
                rows(f"SELECT vendor_id, day, {SUMS} FROM vendor_daily GROUP BY 1, 2 HAVING {ANY} ORDER BY 1, 2"),
                rows(f"SELECT v, {SUMS} FROM ({TRUTH}) t GROUP BY 1 ORDER BY 1"),
                rows(f"SELECT vendor_id, {SUMS} FROM vendor_counts GROUP BY 1 HAVING {ANY} ORDER BY 1"))


def right(connection):
    days, counted_days, totals, counted_totals = counted(connection)
    assert days == counted_days and totals == counted_totals
    return totals


def write(connection, seed, steps=60):
    """What the functions of any release do, and more."""
    pick = random.Random(seed)
    for step in range(steps):
        upload, vendor = f"U{seed}-{step}", f"V{pick.randint(1, 5)}"
        connection.execute(
            "INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, upload_timestamp) VALUES (%s, %s, 'f', 'k',"
            " now() - %s * interval '1 hour')", [upload, pick.choice([vendor, None]), pick.randint(0, 60)])
        total = pick.randint(0, 9)
        bad = pick.randint(0, total)
        with connection.transaction():
            connection.execute("UPDATE upload_history SET total_records = %s WHERE upload_id = %s", [total, upload])
            for again in range(2):  # the second meets the first and adds nothing
                connection.execute(
                    "INSERT INTO products (vendor_id, vendor_product_id, product_name, category, sku, price, stock_quantity)"
                    " SELECT %s, %s || n, 'Lamp', 'Books', %s || n, 1, 1 FROM generate_series(1, %s) n ON CONFLICT DO NOTHING",
                    [vendor, upload, upload, total - bad])
            connection.execute(
                "UPDATE upload_history SET valid_records = %s, error_records = %s, status = %s WHERE upload_id = %s",
                [total - bad, bad, "failed" if bad == total else "partial" if bad else "completed", upload])
        if pick.random() < .1:
            connection.execute("UPDATE products SET vendor_id = 'V1' WHERE vendor_product_id = %s || '1'", [upload])
        if pick.random() < .1:
            connection.execute("DELETE FROM products WHERE vendor_product_id LIKE %s || '%%'", [upload])
            connection.execute("DELETE FROM upload_history WHERE upload_id = %s", [upload])
        if pick.random() < .2:
            with pytest.raises(ZeroDivisionError), connection.transaction():
                connection.execute("DELETE FROM upload_history")
                raise ZeroDivisionError


def test_counters_are_exact_while_many_write_and_others_fold(database):
    with database.connect() as watcher:
        ended, failures = threading.Event(), []

        def work(target, *arguments):
            try:
                with database.connect() as own:
                    target(own, *arguments)
            except Exception as failure:  # pylint: disable=broad-except
                failures.append(failure)

        def fold(own):
            while not ended.is_set():
                own.execute("SELECT vendor_counts_fold(7)")

        writers = [threading.Thread(target=work, args=(write, seed)) for seed in range(4)]
        folders = [threading.Thread(target=work, args=(fold,)) for _ in range(2)]
        for thread in writers + folders:
            thread.start()
        while any(thread.is_alive() for thread in writers):
            right(watcher)
        ended.set()
        for thread in writers + folders:
            thread.join()
        assert not failures
        assert len(right(watcher)) == 6
        while watcher.execute("SELECT vendor_counts_fold(50)").fetchone()[0]:
            right(watcher)
        assert watcher.execute("SELECT count(*) FROM vendor_deltas").fetchone() == (0,)
        assert watcher.execute("SELECT count(*) FROM vendor_count_differences").fetchone() == (0,)
        assert watcher.execute("SELECT count(*) FROM vendor_total_differences").fetchone() == (0,)


@pytest.mark.parametrize("damage", [
    "UPDATE vendor_days SET records = records + 3 WHERE vendor_id = 'V1'", "DELETE FROM vendor_days WHERE vendor_id = 'V2'",
    "UPDATE vendor_totals SET products = 0", "DELETE FROM vendor_totals",
    "INSERT INTO vendor_deltas (vendor_id, day, uploads) VALUES ('V9', '2020-01-01', 5)",
    "TRUNCATE vendor_days, vendor_totals, vendor_deltas"])
def test_recount_corrects_whatever_is_wrong_with_them(database, damage):
    with database.connect() as owner:
        write(owner, 1, 20)
        while owner.execute("SELECT vendor_counts_fold()").fetchone()[0]:
            pass
        before = right(owner)
        owner.execute(damage)
        with pytest.raises(AssertionError):
            right(owner)
        assert owner.execute("SELECT vendor_recount()").fetchone()[0] > 0
        assert right(owner) == before
        assert owner.execute("SELECT vendor_recount()").fetchone() == (0,)


@pytest.mark.parametrize("tables", ["products", "upload_history CASCADE", "upload_history, products CASCADE"])
def test_tables_that_are_emptied_are_counted_as_empty(database, tables):
    with database.connect() as owner:
        write(owner, 2, 10)
        owner.execute(f"TRUNCATE {tables}")
        right(owner)


def test_what_was_there_before_is_counted_by_the_migration(database):
    """The counters of a database that never had any: its rows were written under the schema before."""
    with database.connect() as owner:
        for table in ("upload_history", "products"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        write(owner, 3, 20)
        for table in ("upload_history", "products"):
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        owner.execute("SELECT vendor_recount()")
        assert len(right(owner)) > 2


def test_only_those_who_keep_them_may_fold_or_recount(database):
    for user, may in (("viewer", ()), ("support", ()), ("pipeline", ("fold",)), ("operator", ("fold", "recount"))):
        with database.connect(user) as one:
            for name, call in (("fold", "vendor_counts_fold()"), ("recount", "vendor_recount()")):
                if name in may:
                    one.execute(f"SELECT {call}")
                else:
                    with pytest.raises(Exception, match="permission denied"):
                        one.execute(f"SELECT {call}")
            with pytest.raises(Exception, match="permission denied"):
                one.execute("INSERT INTO vendor_deltas (vendor_id, day) VALUES ('V1', '2026-01-01')")
