"""What a session is prepared with, and when it is given up."""

import pytest

from sql_cluster import OWNER, cluster, database  # noqa: F401


@pytest.mark.parametrize("setting, value", [
    ("search_path", "public, pg_temp"), ("idle_in_transaction_session_timeout", "2min"),
    ("idle_session_timeout", "30min"), ("tcp_keepalives_idle", "30"), ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"), ("tcp_user_timeout", "1min"), ("statement_timeout", "30s"),
    ("TimeZone", "UTC"), ("bytea_output", "hex")])
def test_settings_of_a_session(database, setting, value):
    url = f"postgresql://{OWNER}@127.0.0.1:{database.cluster.port}/{database.name}"
    shown = database.probe("query", f"SHOW {setting}", url=url).one("row")
    assert shown in (value, value + "s", {"1min": "60000"}.get(value))


def test_nothing_of_a_users_runs_while_the_session_is_prepared(database):
    """Whatever path the role has: no function is looked up before ours is set."""
    with database.connect("postgres") as admin:
        admin.execute("CREATE FUNCTION public.set_config(text, text, boolean) RETURNS text LANGUAGE plpgsql AS"
                      " $$ BEGIN RAISE EXCEPTION 'planted'; END $$")
        admin.execute(f"ALTER ROLE {OWNER} IN DATABASE {database.name} SET search_path = public, pg_catalog")
    answer = database.probe("query", "SHOW search_path")
    assert answer.one("row") == "public, pg_temp", answer.text


def test_a_table_of_the_sessions_own_stands_before_no_table_of_ours(database):
    with database.connect() as owner:
        owner.execute("CREATE TABLE public.vendors AS SELECT 'real' AS name")
    answer = database.probe("each", "CREATE TEMP TABLE vendors AS SELECT 'temporary' AS name",
                            "SELECT name FROM vendors")
    assert answer.one("row") == "real"


def test_a_session_of_a_server_that_only_reads_is_given_up(database):
    """As after a failover: the host's name leads to the new server, the old session to one that only reads."""
    with database.connect() as owner:
        owner.execute("CREATE TABLE public.t (x int)")
    answer = database.probe("each", "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
                            "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)",
                            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "BEGIN",
                            "INSERT INTO t VALUES (3)", "--rollback", "INSERT INTO t VALUES (4)")
    assert answer["sqlstate"] == ["25006", "25006"]
    assert answer.one("connects") == "3"
    with database.connect() as owner:
        assert owner.execute("SELECT array_agg(x ORDER BY x) FROM t").fetchone() == ([2, 4],)


def test_of_several_hosts_the_one_that_writes(database):
    """A list of hosts asks for a server that takes writes; one host alone is taken as it is."""
    folder, port = database.cluster.folder, database.cluster.port
    url = f"postgresql://{OWNER}@/{database.name}?host={folder},{folder}&port={port},{port}"
    with database.connect("postgres") as admin:
        admin.execute(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    assert "read-only" in database.probe("query", "SELECT 1", url=url).one("message")
    assert database.probe("query", "SELECT 1").one("row") == "1"
