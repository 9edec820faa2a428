"""The functions' database sessions: given back, given up, and waited for."""

import json
import threading

import psycopg
import pytest
from functions_rig import rig, upload  # noqa: F401
from harness import judge, samples
from harness.pg_proxy import PgProxy
from support import wait_until

EMPTY = {"csv-parser": {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"},
         "product-validator": {"Records": []}, "error-processor": {"Records": []}}


def change(rig, **fields):
    rig.secretsmanager.put_secret_value(SecretId=rig.secret,
                                        SecretString=json.dumps(rig.secret_document(**fields)))


@pytest.fixture
def login(rig):
    """A login of the test's own, which the secret names."""
    name = rig.name.replace("-", "_")
    rig.execute("CREATE ROLE %s LOGIN PASSWORD 'first' IN ROLE intake_pipeline" % name)
    change(rig, username=name, password="first")
    yield name
    for function in rig.functions.values():
        function.stop()
    rig.execute("DROP ROLE %s" % name)


def test_a_parser_that_is_done_holds_no_session(rig):
    sample = samples.make(rig.random, records=5)
    upload(rig, sample)
    wait_until(lambda: not rig.pg.connections, 30)
    assert rig.parser.invoke(EMPTY["csv-parser"]).ok
    wait_until(lambda: not rig.pg.connections, 30)
    assert rig.aws.counts()["secretsmanager.GetSecretValue"] == 1
    rig.settle()
    judge.at_rest(rig, [sample])


@pytest.mark.parametrize("name", EMPTY)
def test_a_session_from_a_failover_is_given_up(rig, login, name):
    """Opened while the server only reads: the next call, in the same process, has one that writes."""
    function = rig.functions[name]
    rig.execute("ALTER ROLE %s SET default_transaction_read_only = on" % login)
    assert not function.invoke(EMPTY[name]).ok
    rig.execute("ALTER ROLE %s RESET default_transaction_read_only" % login)
    assert function.invoke(EMPTY[name]).ok, function.log_lines()
    assert len(function.workers) == 1


def test_a_server_that_begins_only_to_read_under_a_session(rig, login):
    """The session was good when it was opened; the call that finds it read-only fails, the retry does not."""
    assert rig.validator.invoke(EMPTY["product-validator"]).ok
    sample = samples.make(rig.random, records=3)
    upload(rig, sample)
    begun = threading.Event()

    def only_read():
        rig.execute("ALTER ROLE %s SET default_transaction_read_only = on" % login)
        begun.set()  # before the cut: the function may have answered when that returns
        rig.pg.cut()

    records = []

    def written():
        """the stream has the file's records"""
        records.extend(rig.stream_records())
        return len(records) == 3

    wait_until(written)
    rig.pg.on_statement("upload_records", only_read)
    result = rig.validator.invoke({"Records": records})
    assert begun.is_set() and not result.ok, (result.payload, rig.validator.log_lines())
    rig.execute("ALTER ROLE %s RESET default_transaction_read_only" % login)
    rig.position = None
    rig.settle()
    judge.at_rest(rig, [sample])


@pytest.mark.parametrize("how", ["refuses", "is another database", "has no such name"])
def test_a_secret_that_names_a_new_host_is_read_by_warm_functions(rig, how):
    function = rig.processor
    assert function.invoke(EMPTY[function.name]).ok
    upstream = PgProxy(*rig.pg.upstream)
    try:
        if how == "refuses":
            rig.pg.down()
            change(rig, port=upstream.port)
        elif how == "is another database":
            change(rig, dbname="nowhere_" + rig.name)
            function.stop()
            assert not function.invoke(EMPTY[function.name]).ok
            change(rig, port=upstream.port)
        else:
            change(rig, host="no-such-host.invalid")
            function.stop()
            assert not function.invoke(EMPTY[function.name]).ok
            change(rig, port=upstream.port)
        workers = len(function.workers)
        assert function.invoke(EMPTY[function.name]).ok, function.log_lines()
        assert len(function.workers) == workers
        assert len(upstream.connections) == 1
    finally:
        function.stop()
        upstream.stop()


@pytest.mark.parametrize("name", EMPTY)
def test_a_database_with_no_session_free_is_waited_for(rig, login, name):
    function = rig.functions[name]
    rig.execute("ALTER ROLE %s CONNECTION LIMIT 1" % login)
    held = psycopg.connect(rig.dsn, user=login, password="first")
    answer = []
    caller = threading.Thread(target=lambda: answer.append(function.invoke(EMPTY[name])))
    caller.start()
    try:
        wait_until(lambda: any("53300" in json.dumps(line) for line in function.log_lines()))
        assert not answer
    finally:
        held.close()
        caller.join(60)
    assert answer[0].ok, answer[0].document
