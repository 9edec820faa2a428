"""How a function's process starts, ends, and tells what is wrong with its surroundings."""

import json
import signal

import pytest
from functions_rig import rig, upload  # noqa: F401
from harness import judge, samples
from harness.runtime_api import Worker

FUNCTIONS = ["csv-parser", "product-validator", "error-processor"]
EMPTY = {"csv-parser": {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"},
         "product-validator": {"Records": []}, "error-processor": {"Records": []}}


def start(function):
    worker = Worker(function)
    function.workers.append(worker)
    worker.start()
    assert worker.ready.wait(60), function.log_lines()
    return worker


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_first_next_comes_before_secret_and_database(rig, name):
    worker = start(rig.functions[name])
    assert rig.aws.total() == 0
    assert not rig.pg.connections
    assert worker.first_next - worker.started < 2


@pytest.mark.parametrize("name", FUNCTIONS)
def test_sigterm_ends_it_cleanly(rig, name):
    worker = start(rig.functions[name])
    worker.kill(signal.SIGTERM)
    assert worker.process.wait(60) == 0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_empty_event_is_fine_and_the_connection_is_kept(rig, name):
    function = rig.functions[name]
    for _ in range(3):
        assert function.invoke(EMPTY[name]).ok, function.log_lines()
    assert rig.aws.counts() == {"secretsmanager.GetSecretValue": 1}
    kept = 0 if name == "csv-parser" else 1  # test_functions_sessions.py says why
    assert len(rig.pg.connections) == kept
    assert len(function.workers) == 1


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_event_that_is_none_of_ours_fails_and_the_process_lives(rig, name):
    function = rig.functions[name]
    for event in (b"", b"{", b"[1,2]", b'{"Records":7}', b'"x"'):
        result = function.invoke(event)
        assert result.status == "error", event
        assert set(result.document) == {"errorMessage", "errorType", "stackTrace"}
        assert result.document["stackTrace"] == []
        assert function.workers[0].error_type == result.document["errorType"]
        assert function.invoke(EMPTY[name]).ok
    assert len(function.workers) == 1


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_wrong_setting_is_an_init_error_that_names_it(rig, name):
    function = rig.functions[name]
    right = dict(function.environment)
    for variable, value in (("S3_BUCKET_NAME", ""), ("SQS_ERROR_QUEUE_URL", ""),
                            ("SNS_TOPIC_ARN", ""), ("SNS_TOPIC_ARN", "a-topic"),
                            ("SQS_ERROR_QUEUE_URL", "product-validation-errors")):
        function.environment = dict(right, **{variable: value})
        result = function.invoke(EMPTY[name])
        assert result.status == "error"
        assert variable in result.document["errorMessage"]
        worker = function.workers.pop()
        function.idle.clear()
        assert worker.process.wait(60) == 1
        assert worker.init_error == result.document
        worker.stop()


def test_an_unknown_log_level_is_told_and_stops_nobody(rig):
    for name in FUNCTIONS:
        function = rig.functions[name]
        function.environment["LOG_LEVEL"] = "LOUD"
        assert function.invoke(EMPTY[name]).ok
        assert any("LOG_LEVEL" in line["message"] for line in function.log_lines())


def test_a_secret_with_wrong_keys_is_one_clear_line(rig):
    for text, words in (
            ("not json", "is not a JSON object"),
            ('{"user":"u","pass":"hunter2"}', 'lacks "username" (it has: user, pass)'),
            ('{"username":"u","password":"hunter2","host":"h","port":"no","dbname":"d"}', '"port"')):
        rig.secretsmanager.put_secret_value(SecretId=rig.secret, SecretString=text)
        for name in FUNCTIONS:
            result = rig.functions[name].invoke(EMPTY[name])
            assert result.status == "error"
            message = result.document["errorMessage"]
            assert words in message and rig.secret in message and "\n" not in message
            assert "hunter2" not in json.dumps(rig.functions[name].log_lines())
    change(rig)
    assert all(rig.functions[name].invoke(EMPTY[name]).ok for name in FUNCTIONS)


def test_a_secret_that_is_not_there(rig):
    rig.parser.environment["RDS_SECRET_NAME"] = "no/such/secret"
    result = rig.parser.invoke(EMPTY["csv-parser"])
    assert result.status == "error"
    assert "no/such/secret" in result.document["errorMessage"]


def test_a_rotated_password_is_read_again(rig):
    function = rig.validator
    assert function.invoke(EMPTY[function.name]).ok
    login = rig.name.replace("-", "_")
    rig.execute("CREATE ROLE %s LOGIN PASSWORD 'first' IN ROLE intake_pipeline" % login)
    try:
        change(rig, username=login, password="first")
        function.stop()
        assert function.invoke(EMPTY[function.name]).ok
        rig.execute("ALTER ROLE %s PASSWORD 'second'" % login)
        change(rig, username=login, password="second")
        rig.pg.cut()
        before = rig.aws.counts()["secretsmanager.GetSecretValue"]
        assert function.invoke(EMPTY[function.name]).ok, function.log_lines()
        assert rig.aws.counts()["secretsmanager.GetSecretValue"] == before + 1
    finally:
        function.stop()
        rig.execute("DROP ROLE " + login)


def change(rig, **fields):
    rig.secretsmanager.put_secret_value(SecretId=rig.secret,
                                        SecretString=json.dumps(rig.secret_document(**fields)))


def test_a_connection_that_was_cut_between_calls_is_made_again(rig):
    for _ in range(3):
        assert rig.processor.invoke(EMPTY["error-processor"]).ok
        rig.pg.cut()
    assert rig.aws.counts() == {"secretsmanager.GetSecretValue": 1}


def test_log_lines_and_metrics(rig):
    sample = samples.make(rig.random, records=20, errors=0.3)
    upload(rig, sample)
    rig.settle()
    lines = [line for name in FUNCTIONS for line in rig.functions[name].log_lines()]
    assert all(isinstance(line, dict) for line in lines)
    metrics = {}
    for line in lines:
        if "_aws" not in line:
            assert {"timestamp", "level", "message", "function"} <= set(line)
            continue
        directive = line["_aws"]["CloudWatchMetrics"][0]
        assert directive["Namespace"] == "EcommerceProductOnboarding"
        for metric in directive["Metrics"]:
            metrics[metric["Name"]] = metrics.get(metric["Name"], 0) + line[metric["Name"]]
    assert any("request_id" in line for line in lines)
    assert metrics["CSVRecordsProcessed"] == metrics["CSVRecordsSuccessful"] == 20
    assert metrics["ProductsValidated"] == 20
    assert metrics["ProductsInvalid"] == metrics["ErrorsProcessed"] == len(sample.errors)
    assert metrics["ProductsValid"] == len(sample.valid_rows)
    assert metrics["NotificationsSent"] == 1
    assert {"CSVProcessingTime", "ValidationDuration", "ErrorProcessingTime"} <= set(metrics)
    judge.at_rest(rig, [sample])
