"""Migrations: from nothing, again, side by side, and every reason to refuse."""

import socket
import struct
import subprocess
import threading

import psycopg
import pytest

from sql_cluster import PROBE, ROOT, cluster, database, probe, shop  # noqa: F401

FILES = sorted((ROOT / "sql" / "migrations").glob("*.sql"))
CATEGORIES = {
    None: {"Electronics", "Clothing", "Home & Garden", "Sports & Outdoors", "Books", "Toys & Games",
           "Health & Beauty", "Food & Beverage"},
    "Electronics": {"Computer Accessories", "Audio Equipment", "Mobile Accessories", "Computer Storage"},
    "Clothing": {"Men's Clothing", "Women's Clothing", "Accessories"},
    "Home & Garden": {"Kitchen", "Bedroom", "Bathroom", "Living Room", "Garden"},
}


def snapshot(owner):
    """Everything that a migration could have changed."""
    return owner.execute(
        "SELECT (SELECT array_agg(c.relname || c.relkind::text || coalesce(c.relacl::text, '') ORDER BY c.oid)"
        "          FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace),"
        "       (SELECT array_agg(p.proname ORDER BY p.oid) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace)"
    ).fetchone()


def test_from_empty_then_again(database):
    before = database.probe("migrate", "--status")
    assert (before.one("version"), before.one("pending")) == ("0", str(len(FILES)))
    first = database.migrate()
    assert (first.one("applied"), first.one("pending")) == (str(len(FILES)), "0")
    with database.connect() as owner:
        rows = owner.execute("SELECT version, name, checksum FROM schema_migrations ORDER BY version").fetchall()
        assert [f"{version:04d}_{name}.sql" for version, name, _ in rows] == [file.name for file in FILES]
        owner.execute((ROOT / "sql" / "samples.sql").read_text())
        kept = snapshot(owner)
        again = database.migrate()
        assert (again.one("applied"), again.one("version")) == ("0", first.one("version"))
        assert snapshot(owner) == kept
        assert owner.execute("SELECT count(*) FROM vendors").fetchone() == (3,)


def test_an_operators_choice_of_categories_survives(database):
    database.migrate()
    with database.connect() as owner:
        owner.execute("UPDATE product_categories SET is_active = false WHERE category_name = 'Books'")
        database.migrate()
        assert owner.execute("SELECT is_active FROM product_categories WHERE category_name = 'Books'").fetchone() == (
            False,)


def test_status_writes_nothing(database):
    with database.connect() as owner:
        database.probe("migrate", "--status")
        assert snapshot(owner) == (None, None)


def test_two_at_once(database):
    running = [subprocess.Popen([PROBE, "migrate"], env={"INTAKE_DATABASE_URL": database.url}, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(3)]
    texts = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], texts
    applied = sorted(int(line.split("=")[1]) for text in texts for line in text.splitlines()
                     if line.startswith("applied="))
    assert applied == [0, 0, len(FILES)]


@pytest.mark.parametrize("change, words", [
    ("INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'later', 'x')", "newer version"),
    ("UPDATE schema_migrations SET checksum = repeat('0', 64) WHERE version = 2", "different checksum"),
])
@pytest.mark.parametrize("command", [["migrate"], ["migrate", "--status"]])
def test_another_schema_is_refused_untouched(database, change, words, command):
    database.migrate()
    with database.connect() as owner:
        owner.execute(change)
        kept = snapshot(owner)
        answer = database.probe(*command)
        assert answer.status == 1
        assert answer.one("error") == "CONFLICT"
        assert words in answer.one("message")
        assert snapshot(owner) == kept


def test_a_missing_one_is_applied(database):
    """A branch may have brought a later number first: what lacks is applied, in order."""
    database.migrate()
    with database.connect() as owner:
        owner.execute("DELETE FROM schema_migrations WHERE version = 3")
        answer = database.migrate()
        assert answer.one("applied") == "1"
        assert owner.execute("SELECT count(*) FROM product_categories").fetchone() == (20,)


def test_marks_of_messages_refused_for_ever_are_lifted_once(database):
    """They were set for throttling, too, and do not say so."""
    database.migrate()
    with database.connect() as owner:
        owner.execute((ROOT / "sql" / "samples.sql").read_text())
        owner.execute("ALTER TABLE upload_history DROP COLUMN swept_at; DROP TABLE sweeps;"
                      "DELETE FROM schema_migrations WHERE version = 9")
        owner.execute("INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, bucket, object_version)"
                      " VALUES ('U', 'VEND001', 'f', 'k', 'b', 'v')")
        owner.execute("INSERT INTO outbox (upload_id, body, refused_at, refusal) VALUES ('U', '{}', now(), 'slow down')")
        assert database.migrate().one("applied") == "1"
        assert owner.execute("SELECT refused_at, refusal FROM outbox").fetchall() == [(None, None)]


def test_a_failed_migration_leaves_nothing(database):
    with database.connect() as owner:
        owner.execute("CREATE TABLE products (mine int)")
        answer = database.probe("migrate")
        assert answer.status == 1
        assert "migration 0001_schema" in answer.one("message")
        assert owner.execute("SELECT array_agg(relname::text) FROM pg_class WHERE relkind = 'r' AND"
                             " relnamespace = 'public'::regnamespace").fetchone() != (["products"],)
        assert owner.execute("SELECT count(*) FROM schema_migrations").fetchone() == (0,)
        assert owner.execute("SELECT to_regclass('vendors')").fetchone() == (None,)
        owner.execute("DROP TABLE products")
    database.migrate()


def test_not_the_owner(database):
    database.migrate()
    database.add_logins()
    answer = database.probe("migrate", url=database.cluster.url(database.name, "operator"))
    assert (answer.status, answer.one("error")) == (1, "DENIED"), answer.text


def old_server(listener):
    """As much of a PostgreSQL 13 as says so (manual, 55.2.1)."""
    client, _ = listener.accept()
    with client:
        client.recv(4096)

        def message(kind, body):
            return kind + struct.pack("!I", len(body) + 4) + body

        client.sendall(message(b"R", struct.pack("!I", 0)) + message(b"S", b"server_version\x0013.4\x00") +
                       message(b"Z", b"I"))
        client.recv(4096)


def test_a_server_that_is_too_old():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=old_server, args=(listener,))
        thread.start()
        port = listener.getsockname()[1]
        answer = probe(f"postgresql://ann@127.0.0.1:{port}/shop?sslmode=disable&gssencmode=disable", "migrate")
        thread.join()
    assert (answer.status, answer.one("error")) == (1, "CONFIG")
    assert "PostgreSQL 13.4 is too old, version 14 or newer is required" in answer.one("message")


def test_categories(shop):
    with shop.connect() as owner:
        rows = owner.execute("SELECT c.category_name, p.category_name FROM product_categories c"
                             " LEFT JOIN product_categories p ON p.category_id = c.parent_category_id"
                             " WHERE c.is_active").fetchall()
    assert len(rows) == 20
    assert {parent: {name for name, above in rows if above == parent} for parent in CATEGORIES} == CATEGORIES


def add_product(owner, sku, **values):
    row = {"vendor_id": "VEND001", "vendor_product_id": sku, "product_name": "Mouse", "sku": sku, "price": "9.99",
           "category": "Computer Accessories", "stock_quantity": 5, **values}
    names = ", ".join(row)
    marks = ", ".join(["%s"] * len(row))
    return owner.execute(f"INSERT INTO products ({names}) VALUES ({marks}) RETURNING product_id, status, unit",
                         list(row.values())).fetchone()


def test_stock_decides_the_status(shop):
    with shop.connect() as owner:
        def status(product, change):
            return owner.execute(f"UPDATE products SET {change} WHERE product_id = %s RETURNING status",
                                 [product]).fetchone()[0]

        assert add_product(owner, "S-0", stock_quantity=0)[1:] == ("out_of_stock", "piece")
        product = add_product(owner, "S-1")[0]
        assert status(product, "stock_quantity = 0") == "out_of_stock"
        assert status(product, "stock_quantity = 3") == "active"
        assert status(product, "status = 'out_of_stock'") == "active"
        for settled in ("inactive", "discontinued"):
            assert status(product, f"status = '{settled}', stock_quantity = 0") == settled
            assert status(product, "stock_quantity = 4") == settled
        assert status(product, "status = 'active', stock_quantity = 0") == "out_of_stock"
        before = owner.execute("SELECT updated_at FROM products WHERE product_id = %s", [product]).fetchone()
        assert status(product, "stock_quantity = 9") == "active"
        assert owner.execute("SELECT updated_at FROM products WHERE product_id = %s", [product]).fetchone() > before


@pytest.mark.parametrize("values, refused", [
    ({"sku": "C-1", "product_name": "é" * 200, "description": "😀" * 2000}, False),
    ({"sku": "C-2", "product_name": "é" * 201}, True),
    ({"sku": "C-3", "price": "0"}, True),
    ({"sku": "C-4", "price": "999999.99", "compare_at_price": "999999.99", "weight_kg": "999999.99"}, False),
    ({"sku": "C-5", "price": "10", "compare_at_price": "9.99"}, True),
    ({"sku": "C-6", "stock_quantity": 1000001}, True),
    ({"sku": "C-7", "vendor_id": "NOBODY"}, True),
    ({"sku": "c-1"}, False),
])
def test_products_hold_what_the_contract_allows(shop, values, refused):
    with shop.connect() as owner:
        values = dict(values)
        if refused:
            with pytest.raises(psycopg.Error):
                add_product(owner, **values)
        else:
            add_product(owner, **values)


def test_skus_and_product_ids_are_unique_by_bytes(shop):
    with shop.connect() as owner:
        add_product(owner, "U-É")
        add_product(owner, "U-E\u0301")
        add_product(owner, "u-É")
        with pytest.raises(psycopg.errors.UniqueViolation):
            add_product(owner, "U-É", vendor_id="VEND002")
        with pytest.raises(psycopg.errors.UniqueViolation):
            add_product(owner, "U-other", vendor_product_id="U-É")
        add_product(owner, "U-second", vendor_id="VEND002", vendor_product_id="U-É")


def add_upload(owner, upload_id, **values):
    row = {"upload_id": upload_id, "vendor_id": "VEND003", "file_name": "f.csv", "s3_key": "uploads/VEND003/f.csv",
           **values}
    owner.execute(f"INSERT INTO upload_history ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})",
                  list(row.values()))


def test_counts_must_add_up(shop):
    with shop.connect() as owner:
        add_upload(owner, "COUNT_1", total_records=10, valid_records=4, error_records=5)
        for change in ("error_records = 7", "status = 'partial'", "total_records = -1", "status = 'done'"):
            with pytest.raises(psycopg.errors.CheckViolation):
                owner.execute(f"UPDATE upload_history SET {change} WHERE upload_id = 'COUNT_1'")
        duration = owner.execute(
            "UPDATE upload_history SET status = 'partial', error_records = 6,"
            " processing_started_at = '2026-03-01 09:00:00Z', processing_completed_at = '2026-03-01 09:00:02.5Z'"
            " WHERE upload_id = 'COUNT_1' RETURNING processing_duration_seconds").fetchone()[0]
        assert float(duration) == 2.5


def test_history_outlives_its_vendor(shop):
    with shop.connect() as owner:
        owner.execute("INSERT INTO vendors (vendor_id, vendor_name) VALUES ('GONE', 'Gone')")
        add_upload(owner, "GONE_1", vendor_id="GONE")
        owner.execute("INSERT INTO validation_errors (upload_id, vendor_id, row_number, error_type, error_message)"
                      " VALUES ('GONE_1', 'GONE', 1, 'INVALID_PRICE', 'a'), ('GONE_1', 'GONE', 1, 'INVALID_STOCK', 'b')")
        owner.execute("DELETE FROM vendors WHERE vendor_id = 'GONE'")
        assert owner.execute("SELECT array_agg(rule_order ORDER BY id) FROM validation_errors"
                             " WHERE upload_id = 'GONE_1'").fetchone() == ([1, 2],)
        assert owner.execute("SELECT vendor_name FROM recent_uploads WHERE upload_id = 'GONE_1'").fetchone() == (None,)
        add_product(owner, "KEEP-1", vendor_id="VEND002")
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            owner.execute("DELETE FROM vendors WHERE vendor_id = 'VEND002'")


def test_views(shop):
    with shop.connect() as owner:
        add_upload(owner, "VIEW_1", total_records=8, valid_records=7, error_records=1, status="partial")
        add_product(owner, "V-1", vendor_id="VEND003", category="Kitchen", upload_id="VIEW_1")
        summary = owner.execute("SELECT vendor_name, uploads >= 1, products, valid_records >= 7, last_upload_at IS NOT"
                                " NULL FROM vendor_summary WHERE vendor_id = 'VEND003'").fetchone()
        assert summary == ("HomeEssentials", True, 1, True, True)
        recent = owner.execute("SELECT vendor_name, status, success_rate FROM recent_uploads"
                               " WHERE upload_id = 'VIEW_1'").fetchone()
        assert (recent[0], recent[1], float(recent[2])) == ("HomeEssentials", "partial", 87.5)
        assert owner.execute("SELECT vendor_name, parent_category, status FROM product_catalog"
                             " WHERE sku = 'V-1'").fetchone() == ("HomeEssentials", "Home & Garden", "active")


def test_times_know_their_zone(shop):
    with shop.connect() as owner:
        rows = owner.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
                             " AND data_type IN ('timestamp without time zone', 'date', 'time without time zone')")
        days = set(rows.fetchall())
        assert {column for _, column in days} <= {"day"}  # a day is UTC's, wherever one is counted
        assert all(table.startswith(("vendor_", "counte")) for table, _ in days)
