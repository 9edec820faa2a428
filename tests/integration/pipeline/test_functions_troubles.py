"""What befalls the database, rights, sessions and memory, each alone: it is met, and in the end all is right."""

import concurrent.futures
import json

import pytest
from support import BUILD, wait_until
from harness import judge, samples, trouble
from harness.rig import Rig


@pytest.fixture
def rig(stack, tmp_path):
    values = stack.variables("admin")
    made = Rig(values["AWS_ENDPOINT_URL"], values["INTAKE_ADMIN_DATABASE_URL"], BUILD, tmp_path, seed=20260102)
    made.made = []
    made.stream.retries = 2
    yield made
    made.stop()


def sample(rig):
    number = len(rig.made)
    rig.made.append(samples.make(rig.random, records=20, errors=0.3, duplicates=0.2, clock="12%02d%02d"
                                 % divmod(number, 60)))
    return rig.made[-1]


def work(rig, one):
    """As far as it comes now."""
    rig.upload_trigger.send(rig.put(one.key, one.body))
    rig.stream.deliver(rig.stream_records())
    rig.queue.drain()


def finish(rig):
    rig.settle_all()
    judge.at_rest(rig, rig.made, unknown_notices=True, versions=2)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(trouble.CODES))
def test_what_a_server_answers_to_a_statement_or_to_a_commit(rig, name):
    code = trouble.CODES[name]
    database = trouble.Database(rig)
    turn = sorted(trouble.CODES).index(name) % 2
    for table in trouble.WRITTEN[turn::2]:
        before = rig.pg.refusals[code]
        database.plan(table, code, 0, 1, len(rig.made) % 2 == (code > "5"))
        work(rig, sample(rig))
        assert rig.pg.refusals[code] > before, table
    database.forget()
    finish(rig)
    assert "INVALID" not in " ".join(row["failure_code"] or "" for row in rig.uploads())


@pytest.mark.parametrize("name", ["read-only", "connections exhausted"])
def test_a_server_that_takes_no_writes_or_no_sessions(rig, name):
    database = trouble.Database(rig)
    for function in rig.functions.values():
        function.timeout = 3
    with database.read_only() if name == "read-only" else database.exhausted():
        work(rig, sample(rig))
    assert not rig.parser.ended["ok"] and not rig.uploads()
    for function in rig.functions.values():
        function.timeout = 20
    finish(rig)


@pytest.mark.slow
def test_a_right_that_is_taken_away(rig):
    database = trouble.Database(rig)
    for grant in trouble.GRANTS:
        before = rig.pg.refusals["42501"]
        with database.without(*grant):
            work(rig, sample(rig))
        assert rig.pg.refusals["42501"] > before, grant
    finish(rig)


def test_a_password_that_is_rotated_twice(rig):
    login = trouble.Login(rig)
    try:
        login.rotate("one")  # the login before lives on, as with two users that take turns
        work(rig, sample(rig))
        for password in ("two", "three"):
            login.rotate(password)
            work(rig, sample(rig))
        assert rig.pg.refusals["28P01"], "nobody used the old password"
        finish(rig)
    finally:
        for function in rig.functions.values():
            function.stop()
        login.drop()


def test_a_table_that_somebody_else_holds_for_a_while(rig):
    database = trouble.Database(rig)
    for function in rig.functions.values():
        function.timeout = 2
    with database.locked("upload_history"):
        work(rig, sample(rig))
    assert sum(function.ended["ok"] for function in rig.functions.values()) == 0
    for function in rig.functions.values():
        function.timeout = 20
    finish(rig)


def test_processes_that_get_no_more_memory(rig):
    work(rig, sample(rig))  # each has what it needs at rest
    for function in rig.functions.values():
        with trouble.short_of_memory(function, 0):
            work(rig, sample(rig))
    assert trouble.met(rig).get("out of memory"), "nobody asked for memory"
    finish(rig)


def test_a_process_that_ran_out_of_memory_answers_and_is_not_used_again(rig):
    """What failed to start for want of memory may stay so: OpenSSL's random numbers, without which nothing connects."""
    work(rig, sample(rig))
    function = rig.functions["error-processor"]
    [worker] = [worker for worker in function.workers if worker.alive]
    with trouble.short_of_memory(function, 0):
        answer = worker.invoke(json.dumps({"Records": [{"eventSource": "aws:sqs"}] * 20_000}).encode())
    assert answer.status == "error" and json.loads(answer.payload)["errorType"] == "Intake.MEMORY"
    wait_until(lambda: not worker.alive)
    assert worker.process.returncode == 0
    finish(rig)


def test_a_process_that_reaches_no_database_again_and_again_is_not_used_for_ever(rig):
    work(rig, sample(rig))
    function = rig.functions["error-processor"]
    [worker] = [worker for worker in function.workers if worker.alive]
    rig.pg.down()
    first = worker.process.pid
    for _ in range(3):
        assert worker.alive and worker.process.pid == first
        assert worker.invoke(b'{"Records": []}').status == "error"
    wait_until(lambda: not worker.alive)
    rig.pg.up()
    finish(rig)


@pytest.mark.parametrize("kind, service, operation, value", [
    ("cut_answer", "dynamodb", "BatchWriteItem", None), ("cut_answer", "sqs", "SendMessageBatch", None),
    ("cut_answer", "s3", "GetObject", None), ("cut_answer", "dynamodb", "BatchExecuteStatement", None),
    ("busy_entries", "sqs", "SendMessageBatch", 0.5), ("busy_entries", "sqs", "SendMessageBatch", 1.0),
    ("expired", "dynamodb", None, None), ("expired", "s3", None, None), ("expired", "sqs", None, None),
    ("expired", "sns", None, None), ("answer", "s3", "PutObject", (403, "AccessDenied")),
    ("answer", "sns", "Publish", (403, "AuthorizationError")),
    ("answer", "dynamodb", "BatchWriteItem", (400, "AccessDeniedException")),
    ("some_statements", "dynamodb", "BatchExecuteStatement", ("ThrottlingError", lambda one: "REC_00003" in str(one)))])
def test_an_answer_of_a_service_alone(rig, kind, service, operation, value):
    rig.aws.inject(kind, service, operation, times=3, value=value)
    work(rig, sample(rig))
    finish(rig)


def test_keys_that_were_not_read(rig):
    rig.made.append(samples.make(rig.random, records=200, errors=0.1, duplicates=0.6))
    fault = rig.aws.inject("unprocessed", "dynamodb", "BatchGetItem", times=3, value=0.5)
    assert rig.upload_trigger.send(rig.put(rig.made[0].key, rig.made[0].body)).ok
    rig.stream.batch_size = 10
    rig.run_stream(shuffle=True)
    assert fault.fired
    rig.settle()
    finish(rig)


@pytest.mark.slow
def test_two_operators_at_once_beside_the_pipeline(rig):
    one = samples.make(rig.random, records=120, errors=0.3)
    rig.made.append(one)
    assert rig.upload_trigger.send(rig.put(one.key, one.body)).ok
    records = rig.stream_records()
    rig.stream.deliver(records[:60])
    words = ["revalidate", one.upload_id, "--pending", "--yes", "--reason", "two at once"]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        ended = [pool.submit(trouble.operate, rig, *words) for _ in range(2)]
        rig.stream.deliver(records[60:])
        codes = [done.result()[0] for done in ended]
    assert set(codes) <= {0, 1, 3}, codes
    finish(rig)
    code, _, said = trouble.operate(rig, "revalidate", one.upload_id, "--yes", "--reason", "nothing changes")
    assert code in (0, 3), said
    finish(rig)
