"""What each role may and may not, proved by trying, and the log that nobody can mend."""

import psycopg
import pytest

from sql_cluster import LOGINS, OWNER, cluster, shop  # noqa: F401

UPLOAD = "UPLOAD_20260301_090000_VEND001"
TABLES = ("vendors", "product_categories", "upload_history", "upload_records", "validation_errors", "products",
          "outbox", "notifications", "upload_reports", "audit_log", "leases", "schema_migrations", "sweeps",
          "acknowledgements", "acknowledged", "upload_notes", "upload_assignments", "fixed_uploads", "prunes",
          "prune_candidates", "late_errors", "vendor_days", "vendor_totals", "vendor_deltas", "counters_folded", "vendor_counts", "vendor_day_counts",
          "counter_differences")

# A statement, and who may run it. Each runs in a transaction that is taken back.
ACTIONS = {
    "SELECT * FROM vendor_summary, recent_uploads, product_catalog": LOGINS,
    "INSERT INTO audit_log (action, outcome) VALUES ('notify', 'refused')": LOGINS,
    f"INSERT INTO notifications (upload_id, kind) VALUES ('{UPLOAD}', 'resend')": ["support", "operator", "pipeline"],
    f"INSERT INTO notifications (upload_id, kind) VALUES ('{UPLOAD}', 'completed') ON CONFLICT DO NOTHING":
        ["operator", "pipeline"],
    "UPDATE notifications SET outcome = 'accepted' WHERE kind = 'resend'": ["support", "operator", "pipeline"],
    "DELETE FROM notifications": [],
    "UPDATE vendors SET status = 'suspended' WHERE vendor_id = 'VEND001'": ["operator"],
    "UPDATE vendors SET vendor_name = 'x', email = 'x@example.com' WHERE vendor_id = 'VEND001'": ["operator"],
    "UPDATE vendors SET vendor_id = 'X' WHERE vendor_id = 'VEND003'": [],
    "INSERT INTO vendors (vendor_id, vendor_name, email) VALUES ('X', 'x', 'x@example.com')": ["operator"],
    "INSERT INTO vendors (vendor_id, vendor_name, created_at) VALUES ('X', 'x', now())": [],
    "DELETE FROM vendors": [],
    "UPDATE product_categories SET is_active = false": ["operator"],
    "UPDATE product_categories SET category_name = 'x' WHERE category_name = 'Books'": [],
    "INSERT INTO product_categories (category_name, parent_category_id) VALUES ('X', NULL)": ["operator"],
    "DELETE FROM product_categories": [],
    f"UPDATE upload_history SET status = status WHERE upload_id = '{UPLOAD}'": ["operator", "pipeline"],
    "INSERT INTO upload_history (upload_id, file_name, s3_key) VALUES ('Y', 'f', 'k')": ["pipeline"],
    "DELETE FROM upload_history": [],
    f"INSERT INTO upload_records (upload_id, row_number, record_id, outcome) VALUES ('{UPLOAD}', 9, 'REC_00009', 'valid')"
    " ON CONFLICT (upload_id, row_number) DO UPDATE SET revision = upload_records.revision + 1": ["operator", "pipeline"],
    "DELETE FROM upload_records": [],
    f"INSERT INTO marks_due (upload_id, row_number) VALUES ('{UPLOAD}', 9)": ["operator", "pipeline"],
    "DELETE FROM marks_due": ["operator", "pipeline"],
    "SELECT * FROM unmarked_records": ["viewer", "support", "operator", "pipeline"],
    f"INSERT INTO validation_errors (upload_id, row_number, error_type, error_message) VALUES ('{UPLOAD}', 1, 'T', 'm')":
        ["operator", "pipeline"],
    "DELETE FROM validation_errors": ["operator"],
    "UPDATE validation_errors SET error_message = ''": [],
    "INSERT INTO products (vendor_id, vendor_product_id, product_name, category, sku, price, stock_quantity)"
    " VALUES ('VEND001', 'P', 'p', 'Books', 'P', 1, 0) ON CONFLICT DO NOTHING": ["operator", "pipeline"],
    "UPDATE products SET price = 1": [],
    "DELETE FROM products": [],
    f"INSERT INTO outbox (upload_id, body) VALUES ('{UPLOAD}', '{{}}')": ["operator", "pipeline"],
    "SELECT id FROM outbox FOR UPDATE SKIP LOCKED": ["operator", "pipeline"],
    "DELETE FROM outbox": ["operator", "pipeline"],
    "INSERT INTO sweeps (ended_at, oldest_waiting_seconds) VALUES (now(), 0) ON CONFLICT (only_one)"
    " DO UPDATE SET ended_at = now()": ["pipeline"],
    "UPDATE upload_history SET swept_at = now()": ["operator", "pipeline"],
    f"INSERT INTO upload_reports (upload_id, kind, s3_key, sha256, size) VALUES ('{UPLOAD}', 'errors', 'k', 's', 1)":
        ["operator", "pipeline"],
    "DELETE FROM upload_reports": ["operator", "pipeline"],
    "SELECT intake_claim_upload('b', 'k', 'v9', 'U', 'VEND001', 'f', now(), 'e', 1, 'o')": ["pipeline"],
    f"SELECT intake_prune('{UPLOAD}', now() - interval '400 days', 400, 't', 10)": ["operator", "pipeline"],
    f"SELECT intake_prune_step('{UPLOAD}', now() - interval '400 days', 400, 't', 10, 16)": ["operator", "pipeline"],
    f"SELECT intake_prune_batch(ARRAY['{UPLOAD}'], ARRAY[1], now() - interval '400 days', 400, 't', 10, 16)": ["operator", "pipeline"],
    "INSERT INTO prunes (ended_at, older_than_days, uploads, records, more) VALUES (now(), 400, 0, 0, false)"
    " ON CONFLICT (only_one) DO UPDATE SET ended_at = now()": ["pipeline"],
    "DELETE FROM prunes": [],
    "DELETE FROM violation_packs": ["operator"],
    "DELETE FROM violation_rows": ["operator"],
    "INSERT INTO leases (name, token, holder, session_pid, renewed_at, until)"
    " VALUES ('upload b/k@v', 't', '', 0, now(), now())": ["operator", "pipeline"],
    f"INSERT INTO leases (name, token, holder, session_pid, renewed_at, until)"
    f" VALUES ('operator {UPLOAD}', 't', '', 0, now(), now())": ["support", "operator", "pipeline"],
    "UPDATE leases SET token = 'u'": ["support", "operator", "pipeline"],
    "DELETE FROM leases": ["support", "operator", "pipeline"],
    f"INSERT INTO acknowledgements (upload_id, text, standing) VALUES ('{UPLOAD}', 'seen', upload_standing('{UPLOAD}'))"
    " ON CONFLICT (upload_id) DO UPDATE SET text = excluded.text": ["support", "operator"],
    "INSERT INTO acknowledgements (message_id, queue) VALUES ('m', 'q')": ["support", "operator"],
    "DELETE FROM acknowledgements": ["support", "operator"],
    f"INSERT INTO upload_notes (upload_id, text) VALUES ('{UPLOAD}', 'asked')": ["support", "operator"],
    "UPDATE upload_notes SET text = 'x'": [],
    "DELETE FROM upload_notes": [],
    f"INSERT INTO upload_assignments (upload_id, assignee) VALUES ('{UPLOAD}', 'ann')"
    " ON CONFLICT (upload_id) DO UPDATE SET assignee = excluded.assignee": ["support", "operator"],
    "DELETE FROM upload_assignments": ["support", "operator"],
    f"INSERT INTO fixed_uploads (bucket, s3_key, object_version, made_of) VALUES ('b', 'k', 'v', '{UPLOAD}')": ["operator"],
    "DELETE FROM fixed_uploads": [],
    "INSERT INTO vendor_deltas (vendor_id, day, uploads) VALUES ('VEND001', now(), 1)": ["operator", "pipeline"],
    "UPDATE vendor_deltas SET uploads = 1": [],
    "SELECT intake_fold_counters()": ["operator", "pipeline"],
    "SELECT intake_recount()": ["operator", "pipeline"],
    "DELETE FROM vendor_days": [],
    "DELETE FROM vendor_totals": [],
    "LOCK TABLE schema_migrations IN SHARE ROW EXCLUSIVE MODE": [],
    "UPDATE audit_log SET actor = 'someone'": [],
    "DELETE FROM audit_log": [],
    "TRUNCATE audit_log": [],
    "TRUNCATE upload_history CASCADE": [],
    "INSERT INTO schema_migrations (version, name, checksum) VALUES (50, 'x', 'x')": [],
    "DROP TABLE products": [],
    "ALTER TABLE audit_log DISABLE TRIGGER ALL": [],
    "CREATE TABLE public.mine (x int)": [],
    "CREATE ROLE mine": [],
    f"SET ROLE {OWNER}": [],
    "SET ROLE postgres": [],
    f"GRANT {OWNER} TO CURRENT_USER": [],
    "ALTER ROLE CURRENT_USER CREATEROLE": [],
    "COPY (SELECT 1) TO PROGRAM 'true'": [],
}


@pytest.fixture(scope="module")
def seeded(shop):
    with shop.connect() as owner:
        owner.execute("INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key) VALUES (%s, 'VEND001', 'f', 'k')",
                      [UPLOAD])
        owner.execute("INSERT INTO notifications (upload_id, kind) VALUES (%s, 'completed'), (%s, 'resend')",
                      [UPLOAD, UPLOAD])
        owner.execute("INSERT INTO audit_log (action, outcome) VALUES ('seed', 'done')")
    return shop


@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize("action", ACTIONS, ids=lambda text: text[:48])
def test_grants(seeded, login, action):
    with seeded.connect(login, autocommit=False) as connection:
        if login in ACTIONS[action]:
            connection.execute(action)
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(action)
        connection.rollback()


@pytest.mark.parametrize("login", LOGINS)
def test_every_role_reads_everything(seeded, login):
    with seeded.connect(login) as connection:
        for table in TABLES:
            connection.execute(f"SELECT * FROM {table} LIMIT 1")
        assert connection.execute("SELECT count(*) FROM notifications").fetchone() == (2,)


def test_support_cannot_touch_the_automatic_notice(seeded):
    with seeded.connect("support") as support:
        changed = support.execute("UPDATE notifications SET outcome = 'failed' WHERE kind = 'completed'")
        assert changed.rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            support.execute("UPDATE notifications SET kind = 'completed' WHERE kind = 'resend'")


def test_a_stranger_reads_nothing(seeded):
    with seeded.connect("postgres") as admin:
        admin.execute("DROP ROLE IF EXISTS stranger")
        admin.execute("CREATE ROLE stranger LOGIN")
    with seeded.connect("stranger") as stranger:
        for table in TABLES:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                stranger.execute(f"SELECT 1 FROM {table}")


def test_group_roles_have_no_powers(seeded):
    with seeded.connect() as owner:
        rows = owner.execute(
            "SELECT r.rolname, r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolcanlogin OR r.rolbypassrls"
            "       OR r.rolreplication, (SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid),"
            "       (SELECT count(*) FROM pg_auth_members m WHERE m.member = r.oid)"
            "  FROM pg_roles r WHERE r.rolname LIKE 'intake%' ORDER BY 1").fetchall()
    assert rows == [(name, False, 0, 0) for name in sorted(LOGINS.values())]


def test_a_role_that_was_given_more_is_not_accepted(seeded):
    with seeded.connect("postgres") as admin:
        admin.execute("ALTER ROLE intake_viewer CREATEDB")
        answer = seeded.probe("migrate")
        admin.execute("ALTER ROLE intake_viewer NOCREATEDB")
    assert answer.status == 1
    assert "intake_viewer has more rights" in answer.one("message")
    seeded.migrate()


def test_a_grant_that_crept_in_is_taken_back(seeded):
    with seeded.connect() as owner:
        owner.execute("GRANT DELETE ON products TO intake_viewer")
        seeded.migrate()
        assert owner.execute("SELECT has_table_privilege('intake_viewer', 'products', 'DELETE')").fetchone() == (False,)


def test_no_function_runs_with_rights_of_another(seeded):
    with seeded.connect() as owner:
        assert owner.execute("SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
                             ).fetchall() == []


@pytest.mark.parametrize("login, role", [*LOGINS.items(), (OWNER, "owner")])
def test_the_server_signs_the_audit(seeded, login, role):
    with seeded.connect(login) as connection:
        plain = connection.execute("INSERT INTO audit_log (action, outcome) VALUES ('a', 'done')"
                                   " RETURNING actor, role, detail").fetchone()
        forged = connection.execute(
            "INSERT INTO audit_log (at, actor, role, action, outcome, detail) VALUES ('2020-01-01', 'arn:aws:iam::1:user/ann',"
            " 'owner', 'a', 'refused', '{\"x\": 1}') RETURNING actor, role, detail, at > now() - interval '1 minute'"
        ).fetchone()
    assert plain == (login, role, None)
    assert forged == (login, role, {"x": 1, "claimed_by": "arn:aws:iam::1:user/ann"}, True)


@pytest.mark.parametrize("user", [OWNER, "postgres"])
@pytest.mark.parametrize("change", ["UPDATE audit_log SET reason = ''", "DELETE FROM audit_log", "TRUNCATE audit_log"])
def test_the_audit_is_append_only_for_everyone(seeded, user, change):
    with seeded.connect(user) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append only"):
            connection.execute(change)


def test_who_holds_a_lease_is_what_the_server_knows(seeded):
    with seeded.connect("operator") as operator:
        row = operator.execute(
            "INSERT INTO leases (name, token, holder, session_pid, renewed_at, until)"
            " VALUES ('operator X', 't', 'somebody', 1, now() + interval '1 year', now() + interval '1 year')"
            " RETURNING holder = session_user, session_pid = pg_backend_pid(), until < now() + interval '2 minutes'"
        ).fetchone()
        assert row == (True, True, True)
        operator.execute("DELETE FROM leases WHERE name = 'operator X'")
