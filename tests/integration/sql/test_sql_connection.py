"""The connection: pipelines, cancelling, deadlines, loss and secrets, through tests/tools/db_probe.c."""

import json
import os
import random
import signal
import subprocess
import time

import psycopg
import pytest

from sql_cluster import PROBE, as_server_user, cluster, database, probe, shop  # noqa: F401


def test_parameters_stay_values(database):
    hostile = "'; DROP TABLE x; -- \\ \" $1 \U0001f600"
    answer = database.probe("query", "SELECT $1::text", hostile)
    assert answer.one("row") == hostile


def test_hostile_arrays_come_back_as_they_went(database):
    letters = ["{", "}", ",", '"', "\\", "'", " ", "\t", "\n", "N", "NULL", "é", "😀", "$1", "--", "\x01", "\u202e"]
    pick = random.Random(7)
    values = ["".join(pick.choices(letters, k=pick.randrange(12))) for _ in range(300)] + ["", "NULL", "{}"]
    answer = database.probe("array", *values, "NULL!")
    assert json.loads(answer.one("row")) == [*values, None]


def test_a_pipeline_is_one_round_trip(database):
    answer = database.probe("pipeline", "SELECT 1", "SELECT 2", "SELECT 3", "--", "SELECT 4")
    assert answer["row"] == ["1", "2", "3", "4", "usable"]
    assert (answer.one("statements"), answer.one("round_trips")) == ("5", "3")  # the first prepares the session


def test_a_failure_skips_the_rest_of_its_sync_alone(database):
    answer = database.probe("pipeline", "BEGIN", "SELECT 1", "SELECT 1/0", "SELECT 2", "COMMIT")
    assert answer["row"] == ["1", "usable"]
    assert answer["sqlstate"] == ["22012"] * 3
    assert [text.startswith("skipped: ") for text in answer["message"]] == [False, True, True]
    answer = database.probe("pipeline", "SELECT 1/0", "--", "SELECT 2")
    assert answer["row"] == ["2", "usable"]


def test_statements_of_a_sync_are_one_transaction(database):
    with database.connect() as owner:
        owner.execute("CREATE TABLE t (x int PRIMARY KEY)")
        answer = database.probe("pipeline", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)")
        assert answer["error"] == ["CONFLICT"]
        assert owner.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_more_than_the_socket_holds(database):
    answer = database.probe("flood", "300")
    assert (answer.one("bytes"), answer.one("round_trips")) == ("30000000", "2")


def test_commit_after_a_failure_is_no_commit(database):
    answer = database.probe("failed-commit")
    assert (answer.status, answer.one("error")) == (1, "DATABASE")
    assert "nothing was committed" in answer.one("message")


@pytest.mark.parametrize("how", [[], ["--flag"]])
def test_cancel(database, how):
    answer = database.probe("cancel", *how)
    assert (answer.one("error"), answer.one("sqlstate"), answer.one("row")) == ("CANCELLED", "57014", "usable")
    assert answer.one("connects") == "1"
    assert int(answer.one("ms")) < 5000


def test_the_servers_deadline(database):
    answer = database.probe("query", "SELECT pg_sleep(20)", DB_PROBE_TIMEOUT_MS="200")
    assert (answer.one("error"), answer.one("sqlstate"), answer.one("retryable")) == ("TIMEOUT", "57014", "1")


def test_our_deadline_where_the_server_is_silent(database):
    """A stopped server process neither answers nor closes: the connection is dropped after the grace."""
    running = subprocess.Popen([PROBE, "query", "SELECT pg_sleep(20)"], stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "INTAKE_DATABASE_URL": database.url, "DB_PROBE_TIMEOUT_MS": "300"})
    backend = wait_for_backend(database)
    os.kill(backend, signal.SIGSTOP)
    try:
        text = running.communicate(timeout=60)[0]
    finally:
        os.kill(backend, signal.SIGCONT)
    assert "error=TIMEOUT" in text and "possibly_done=1" in text and "retryable=1" in text


def wait_for_backend(database):
    deadline = time.monotonic() + 20
    with database.connect() as owner:
        while time.monotonic() < deadline:
            row = owner.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'db_probe'"
                                " AND state = 'active' AND query LIKE '%pg_sleep%' AND datname = current_database()"
                                ).fetchone()
            if row:
                return row[0]
    raise AssertionError("the statement never ran")


def test_a_connection_lost_in_a_statement(database):
    running = subprocess.Popen([PROBE, "query", "SELECT pg_sleep(20)"], stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "INTAKE_DATABASE_URL": database.url})
    backend = wait_for_backend(database)
    with database.connect() as owner:
        owner.execute("SELECT pg_terminate_backend(%s)", [backend])
    text = running.communicate(timeout=60)[0]
    assert "error=UNAVAILABLE" in text and "retryable=1" in text


def test_reconnects_between_statements_never_inside_a_transaction(database):
    answer = database.probe("reconnect", database.cluster.url("postgres", "postgres"))
    assert answer["row"] == ["again"]
    assert answer["error"] == ["UNAVAILABLE"]
    assert answer["message"] == ["database: the connection was lost in a transaction"]
    assert answer.one("connects") == "3"


@pytest.mark.parametrize("url, error, retryable", [
    ("postgresql://locked:hunter2@/postgres?host={folder}&port={port}", "UNAUTHENTICATED", "0"),
    ("postgresql://postgres:hunter2@/nowhere?host={folder}&port={port}", "CONFIG", "0"),
    ("postgresql://nobody:hunter2@127.0.0.1:{port}/postgres", "UNAUTHENTICATED", "0"),
    ("postgresql://postgres:hunter2@127.0.0.1:1/postgres", "UNAVAILABLE", "1"),
    ("postgresql://postgres:hunter2@127.0.0.1:notaport/postgres", "UNAVAILABLE", "1"),
    ("postgresql://postgres:hunter2@[::ffff:127.0.0.1]:{port}/postgres", "UNAVAILABLE", "1"),
    ("postgresql://postgres:hunter2@127.0.0.1:{port}/postgres?sslmode=verify-full", "UNAVAILABLE", "1"),
    ("postgresql://postgres:hunter2@x@127.0.0.1/postgres", "CONFIG", "0"),
])
def test_what_a_failed_connection_says(cluster, url, error, retryable):
    with cluster.connect("postgres", "postgres") as admin:
        admin.execute("DROP ROLE IF EXISTS locked")
        admin.execute("CREATE ROLE locked LOGIN PASSWORD 'other'")
    answer = probe(url.format(folder=cluster.folder, port=cluster.port), "query", "SELECT 1")
    assert (answer.status, answer.one("error"), answer.one("retryable")) == (1, error, retryable), answer.text
    assert "hunter2" not in answer.text
    assert "\n" not in answer.one("message")


def test_a_host_that_is_not_local_is_verified(cluster):
    """An address outside the loopback names (though it leads there) gets verify-full, and a server without TLS is refused."""
    url = f"postgresql://postgres@[::ffff:127.0.0.1]:{cluster.port}/postgres"
    answer = probe(url, "query", "SELECT 1")
    assert answer.status == 1 and "SSL" in answer.one("message"), answer.text
    assert probe(url + "?sslmode=disable", "query", "SELECT 1").one("row") == "1"


@pytest.fixture
def tls(cluster):
    """The server with a certificate for "localhost"; gives the file that verifies it."""
    certificate, key = cluster.data / "server.crt", cluster.data / "server.key"
    as_server_user("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                   "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate))
    key.chmod(0o600)
    with cluster.connect("postgres", "postgres") as admin:
        admin.execute("ALTER SYSTEM SET ssl = on")
        admin.execute("SELECT pg_reload_conf()")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            psycopg.connect(f"postgresql://postgres@localhost:{cluster.port}/postgres?sslmode=require").close()
            break
        except psycopg.OperationalError:
            continue
    readable = cluster.folder / "root.crt"
    readable.write_bytes(certificate.read_bytes())
    return readable


def test_tls_checks_certificate_and_name(cluster, tls):
    def try_host(host, roots):
        return probe(f"postgresql://postgres@{host}:{cluster.port}/postgres?sslmode=verify-full&sslrootcert={roots}",
                     "query", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")

    assert try_host("localhost", tls).one("row") == "t"
    assert "does not match host name" in try_host("127.0.0.1", tls).one("message")
    assert "certificate verify failed" in try_host("localhost", "/etc/ssl/certs/ca-certificates.crt").one("message")


def test_a_server_that_comes_back(database):
    """An outage is told as one, and the next attempt simply works."""
    database.cluster.stop()
    try:
        down = database.probe("query", "SELECT 1")
    finally:
        database.cluster.start()
    assert (down.one("error"), down.one("retryable")) == ("UNAVAILABLE", "1")
    assert database.probe("query", "SELECT 1").one("row") == "1"
