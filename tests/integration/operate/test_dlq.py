"""Dead letters listed and looked at, and who may do what with them."""

import json
import signal

import pytest

from support import wait_until
from dead_letters_rig import letter, proxy, queues  # noqa: F401
from harness.aws_proxy import Fault

QUEUE_KEYS = {"queue", "url", "source", "engine", "messages", "in_flight", "oldest_age_seconds", "error"}
LETTER_KEYS = {"message_id", "receive_count", "sent_at", "upload_id", "vendor_id", "record_id", "error_type",
               "summary", "body"}


def test_list_shows_the_three_queues(run_intake):
    for role in ("viewer", "operator"):
        done = run_intake("dlq", "list", "--json", role=role, code=0)
        assert [row["queue"] for row in done.json] == [
            "product-validation-errors-dlq", "csv-parser-dlq", "product-validator-dlq"]
        assert [row["engine"] for row in done.json] == ["move_task", "invoke", "revalidate"]
        assert [row["source"] for row in done.json] == [
            "product-validation-errors", "csv-parser", "product-validator"]
        assert all(QUEUE_KEYS <= set(row) and row["error"] is None for row in done.json)
        assert all(isinstance(row["messages"], int) for row in done.json)


def test_a_queue_that_may_not_be_read_has_its_error(run_intake, queues):
    done = run_intake("dlq", "list", "--json", env={"INTAKE_PARSER_DLQ": queues.dead}, code=3)
    errors = {row["queue"]: row["error"] for row in done.json}
    assert "not authorized" in errors[queues.dead_name]
    assert errors["product-validation-errors-dlq"] is None
    assert next(row for row in done.json if row["error"])["messages"] is None


@pytest.mark.parametrize("named, answer", [("intake", (403, "AccessDenied")), ("intake", (403, "ExpiredToken")),
                                           ("no-such", None)])
def test_a_stack_that_cannot_be_read_is_said_and_no_other_queue_is_listed(run_intake, proxy, named, answer):
    if answer:
        proxy.inject("answer", "cloudformation", None, times=None, value=answer)
    done = run_intake("dlq", "list", "--stack", named, "--json", env={"AWS_ENDPOINT_URL": proxy.url}, code=1)
    assert done.stdout == "" and f"stack {named}" in done.stderr and done.stderr.count("\n") == 1


def test_list_works_without_a_database(run_intake):
    env = {"INTAKE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    assert len(run_intake("dlq", "list", "--json", env=env, code=0).json) == 3


@pytest.mark.parametrize("name", ["product-validation-errors", "arn"])
def test_a_queue_that_is_no_dead_letter_queue_is_refused(run_intake, stack, name):
    url = stack.variables()["SQS_ERROR_QUEUE_URL"]
    if name == "arn":
        name = stack.client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    done = run_intake("dlq", "peek", name)
    assert done.returncode == 2 and "is not a dead-letter queue" in done.stderr
    assert run_intake("dlq", "replay", url, "--all", "--yes").returncode == 2


def test_peek_gives_everything_back_at_once(run_intake, queues):
    queues.seed(letter(n) for n in range(1, 1001))
    done = run_intake("dlq", "peek", queues.dead_name, "--limit", 300, "--json", env=queues.env, code=0)
    assert queues.depth(queues.dead) == (1000, 0)
    assert len(done.json) == 300 and all(LETTER_KEYS == set(row) for row in done.json)
    assert "receive" in done.stderr and "hidden" in done.stderr
    first = done.json[0]
    assert first["upload_id"] == "UPLOAD_20260101_000000_VEND001" and first["vendor_id"] == "VEND001"
    assert first["error_type"] == "INVALID_PRICE" and first["receive_count"] == 1
    assert "is no number" in first["summary"] and json.loads(first["body"])["row_number"]


def test_peek_by_name_url_and_arn_and_with_a_selection(run_intake, queues):
    ids = queues.seed([letter(1), letter(2, "VEND002"), letter(3, "VEND002", "DUPLICATE_SKU"), "\u202e\u009b2J {"])
    for name in (queues.dead_name, queues.dead, queues.dead_arn):
        assert len(run_intake("dlq", "peek", name, "--json", env=queues.env, code=0).json) == 4

    def peek(*selection):
        found = run_intake("dlq", "peek", queues.dead_name, "--json", *selection, env=queues.env, code=0).json
        return [ids.index(row["message_id"]) for row in found]
    assert sorted(peek("--vendor", "VEND002")) == [1, 2]
    assert peek("--type", "DUPLICATE_SKU") == [2]
    assert sorted(peek("--id", ids[0], "--id", ids[3])) == [0, 3]
    assert peek("--upload", "UPLOAD_20260101_000000_VEND001") == [0]
    assert len(peek("--vendor", "VEND002", "--limit", "1")) == 1
    text = run_intake("dlq", "peek", queues.dead_name, env=queues.env, code=0).stdout
    assert "not JSON" in text and "\u009b" not in text and "\u202e" not in text
    assert queues.depth(queues.dead) == (4, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_peek_gives_back_on_a_signal(queues, proxy, number):
    queues.seed(letter(n) for n in range(1, 301))
    proxy.faults.append(Fault("delay", "sqs", "ReceiveMessage", times=None, value=0.3))
    peek = queues.start("dlq", "peek", queues.dead_name, "--limit", 300, AWS_ENDPOINT_URL=proxy.url)
    wait_until(lambda: queues.depth(queues.dead)[1] > 0)
    peek.send_signal(number)
    peek.communicate(timeout=60)
    assert peek.returncode == 128 + number
    assert queues.depth(queues.dead) == (300, 0)


def test_a_queue_that_would_bury_messages_is_not_received_from(run_intake, queues):
    grave = queues.sqs.create_queue(QueueName=f"{queues.name}-grave")["QueueUrl"]
    arn = queues.attributes(grave)["QueueArn"]
    queues.seed([letter(1)])
    queues.sqs.receive_message(QueueUrl=queues.dead, VisibilityTimeout=0)
    queues.sqs.set_queue_attributes(QueueUrl=queues.dead, Attributes={
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})})
    for command in (["peek"], ["replay", "--limit", "1", "--yes"], ["discard", "--all", "--yes"]):
        done = run_intake("dlq", command[0], queues.dead_name, *command[1:], env=queues.env, code=1)
        assert "redrive policy of its own" in done.stderr
    assert queues.depth(queues.dead) == (1, 0) and queues.depth(grave) == (0, 0)
    queues.sqs.delete_queue(QueueUrl=grave)


def test_more_than_one_wants_a_yes(run_intake, queues, database):
    queues.seed([letter(1), letter(2)])
    for command in ("replay", "discard"):
        done = run_intake("dlq", command, queues.dead_name, "--all", env=queues.env, code=4)
        assert "2 messages" in done.stderr and "--yes" in done.stderr
        assert queues.depth(queues.dead) == (2, 0)
        row = database.execute("SELECT outcome FROM audit_log WHERE target = %s AND action = %s",
                               [queues.dead_name, f"dlq {command}"]).fetchone()
        assert row["outcome"] == "refused"
    assert run_intake("dlq", "replay", queues.dead_name, env=queues.env).returncode == 2


def test_a_dry_run_receives_and_writes_nothing(queues, proxy, run_intake, database):
    queues.seed(letter(n) for n in range(1, 6))
    before = database.execute("SELECT count(*) AS n FROM audit_log").fetchone()["n"]
    for arguments in (["replay", "--all"], ["replay", "--vendor", "VEND001"], ["discard", "--limit", "2"],
                      ["peek"]):
        done = run_intake("dlq", arguments[0], queues.dead_name, *arguments[1:], "--dry-run", "--json", code=0,
                          env={**queues.env, "AWS_ENDPOINT_URL": proxy.url})
        if arguments[0] != "peek":
            assert done.json["dry_run"] is True and isinstance(done.json["planned"], int)
    operations = {call.operation for call in proxy.calls}
    assert operations and all(name.startswith(("Get", "List")) for name in operations), operations
    assert not queues.home.exists()
    assert database.execute("SELECT count(*) AS n FROM audit_log").fetchone()["n"] == before
    assert queues.depth(queues.dead) == (5, 0)
    run_intake("dlq", "replay", "csv-parser-dlq", "--all", "--dry-run", role="viewer", code=0)


@pytest.mark.parametrize("role", ["viewer", "support"])
def test_only_operators_touch_messages(run_intake, database, role):
    for arguments in (["peek"], ["replay", "--all", "--yes"], ["discard", "--all", "--yes"]):
        done = run_intake("dlq", arguments[0], "csv-parser-dlq", *arguments[1:], role=role)
        assert done.returncode == 4 and role in done.stderr and "operator" in done.stderr
    row = database.execute("SELECT outcome, role FROM audit_log WHERE action = 'dlq discard' ORDER BY id DESC"
                           " LIMIT 1").fetchone()
    assert (row["outcome"], row["role"]) == ("refused", f"intake_{role}")


def test_the_operators_own_keys_suffice(stack, run_intake):
    """Everything under the operator's policy, on the error queue's own dead letters."""
    sqs = stack.client("sqs")
    url = sqs.get_queue_url(QueueName="product-validation-errors-dlq")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    assert run_intake("dlq", "peek", url, "--json", code=0).json[0]["summary"] == "the message is not JSON"
    assert run_intake("dlq", "replay", url, "--all", "--dry-run", "--json", code=0).json["planned"] == 1
    assert run_intake("dlq", "discard", url, "--all", "--yes", "--json", code=0).json["discarded"] == 1
