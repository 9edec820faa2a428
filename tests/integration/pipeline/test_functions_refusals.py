"""What AWS calls the sender's fault, a client error or a 4xx, and what of it is one: an outage loses nothing."""

import psycopg
import pytest
from functions_rig import rig, upload  # noqa: F401
from harness import judge, samples


@pytest.fixture
def sample(rig):
    return samples.make(rig.random, records=30, errors=0.2)


@pytest.mark.parametrize("code", [
    "RequestThrottled", "ThrottlingException", "KMS.ThrottlingException", "KMS.DisabledException",
    "KmsInvalidState", "KmsAccessDenied", "AccessDenied", "SomethingNew"])
def test_a_queue_that_blames_the_sender_is_tried_again(rig, code):
    """A batch is halved down to single records, each of which fails: few do for that."""
    sample = samples.make(rig.random, records=8, errors=0.5)
    fault = rig.aws.inject("entries", "sqs", "SendMessageBatch", times=None, value=code)
    upload(rig, sample)
    rig.stream.retries = 0
    rig.run_stream()
    assert fault.times is None and rig.aws.counts()["sqs.SendMessageBatch"] > 0
    assert rig.query("SELECT count(*) AS n FROM outbox WHERE refused_at IS NOT NULL")[0]["n"] == 0
    assert len(rig.query("SELECT 1 FROM outbox")) == len(sample.errors) + 1
    rig.aws.heal()
    rig.settle_all()
    judge.at_rest(rig, [sample])


def run_stream_in_short(rig):
    """Once through, the batch as a whole and the validator with less time: what it tries again it tries until
    that is over, which it would with every half of the batch, too."""
    rig.stream.retries, rig.stream.bisect = 0, False
    rig.validator.timeout, whole = 6, rig.validator.timeout
    rig.run_stream()
    rig.validator.timeout, rig.stream.bisect = whole, True


@pytest.mark.slow
@pytest.mark.parametrize("status, code", [
    (400, "RequestThrottled"), (400, "KmsDisabled"), (403, "AccessDenied"), (400, "SomethingNew"),
    (400, "AWS.SimpleQueueService.NonExistentQueue"), (503, "ServiceUnavailable")])
def test_a_queue_that_refuses_whole_calls_is_tried_again(rig, sample, status, code):
    rig.aws.inject("answer", "sqs", "SendMessageBatch", times=None, value=(status, code))
    upload(rig, sample)
    run_stream_in_short(rig)
    assert rig.aws.counts()["sqs.SendMessageBatch"] > 0
    assert rig.query("SELECT count(*) AS n FROM outbox WHERE refused_at IS NOT NULL")[0]["n"] == 0
    rig.aws.heal()
    rig.settle_all()
    judge.at_rest(rig, [sample])


@pytest.mark.slow
@pytest.mark.parametrize("code", [
    "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded", "TransactionConflict",
    "AccessDenied", "InternalServerError", "SomethingNew"])
def test_a_table_that_fails_statements_is_tried_again(rig, sample, code):
    fault = rig.aws.inject("entries", "dynamodb", "BatchExecuteStatement", times=45, value=code)
    upload(rig, sample)
    run_stream_in_short(rig)
    assert fault.times < 45
    rig.aws.heal()
    rig.settle_all()
    judge.at_rest(rig, [sample])


@pytest.mark.parametrize("service, operation, status, code", [
    ("sns", "Publish", 400, "KMSThrottling"), ("sns", "Publish", 400, "KMSDisabled"),
    ("sns", "Publish", 403, "AuthorizationError"), ("sns", "Publish", 429, "Throttled"),
    ("s3", "PutObject", 409, "OperationAborted"), ("s3", "PutObject", 403, "AccessDenied"),
    ("s3", "PutObject", 400, "KMS.DisabledException"), ("s3", "PutObject", 412, "PreconditionFailed"),
    ("s3", "PutObject", 409, ""), ("secretsmanager", "GetSecretValue", 400, "DecryptionFailure"),
    ("secretsmanager", "GetSecretValue", 400, "AccessDeniedException")])
def test_a_report_or_notice_that_is_refused_comes_later(rig, sample, service, operation, status, code):
    upload(rig, sample)
    rig.run_stream()
    fault = rig.aws.inject("answer", service, operation, times=1, value=(status, code))
    rig.settle()
    assert fault.times <= 0, "the fault never fired"
    rig.settle_all()
    judge.at_rest(rig, [sample])


@pytest.mark.parametrize("service, operation, status, code", [
    ("s3", "GetObject", 403, "AccessDenied"), ("s3", "GetObject", 400, "KMS.DisabledException"),
    ("dynamodb", "BatchWriteItem", 400, "AccessDeniedException"),
    ("dynamodb", "BatchWriteItem", 400, "ResourceNotFoundException"),
    ("dynamodb", "BatchWriteItem", 400, "SomethingNew")])
def test_a_file_that_could_not_be_taken_in_is_no_fault_of_its_vendor(rig, sample, service, operation, status, code):
    fault = rig.aws.inject("answer", service, operation, times=1, value=(status, code))
    assert upload(rig, sample)[0].ok
    assert fault.times <= 0, "the fault never fired"
    rig.settle_all()
    judge.at_rest(rig, [sample])


@pytest.mark.parametrize("kind, value", [
    ("entries", "InvalidMessageContents"), ("entries", "InvalidParameterValue"),
    ("answer", (400, "InvalidMessageContents")), ("answer", (400, "AWS.SimpleQueueService.BatchRequestTooLong"))])
def test_what_the_queue_can_never_take_is_kept_and_holds_up_nobody(rig, sample, kind, value):
    rig.aws.inject(kind, "sqs", "SendMessageBatch", times=None, value=value)
    upload(rig, sample)
    rig.run_stream()
    rig.aws.heal()
    rows = rig.query("SELECT refusal FROM outbox WHERE refused_at IS NOT NULL")
    assert len(rows) == len(sample.errors) + 1
    assert all("Invalid" in row["refusal"] or "TooLong" in row["refusal"] for row in rows)
    assert not rig.query("SELECT 1 FROM outbox WHERE refused_at IS NULL")
    rig.execute("UPDATE outbox SET refused_at = NULL")
    rig.parser.invoke(rig.put(sample.key.replace(sample.vendor + "_", sample.vendor + "_X", 1), b""))
    rig.settle_all()
    judge.one(rig, sample)


def test_messages_that_are_not_taken_hold_up_nobody_behind_them(rig, sample):
    """130 of another upload, the oldest, fail each time: more than go out at once."""
    upload(rig, sample)
    rig.run_stream()
    rig.settle()
    rig.execute("INSERT INTO outbox (upload_id, body, attributes) SELECT %s, '{\"stays\": 1}', '{}'"
                " FROM generate_series(1, 130)", sample.upload_id)
    rig.aws.inject("some_entries", "sqs", "SendMessageBatch", times=None, value=("KmsDisabled", "stays"))
    other = samples.make(rig.random, vendor="VEND002", records=30, errors=0.9)
    upload(rig, other)
    rig.stream.retries = 0
    rig.run_stream()
    assert not rig.messages(rig.validator_dlq)
    assert not rig.query("SELECT 1 FROM outbox WHERE upload_id = %s", other.upload_id)
    assert len(rig.query("SELECT 1 FROM outbox WHERE refused_at IS NULL")) == 130


def test_success_means_that_nothing_of_ones_own_is_left_to_send(rig, sample):
    """The sender's host vanished with the messages in its hands: its session still holds the rows."""
    rig.aws.inject("before", "sqs", "SendMessageBatch", value=lambda call: rig.validator.kill())
    upload(rig, sample)
    records = rig.stream_records()
    event = rig.stream.event(records)
    assert rig.validator.invoke(event).status == "crashed"
    with psycopg.connect(rig.dsn) as dead:
        dead.execute("SELECT FROM outbox FOR UPDATE")
        held = rig.validator.invoke(event)
        assert not held.ok or held.document["batchItemFailures"], held.document
        assert len(rig.query("SELECT 1 FROM outbox")) == len(sample.errors) + 1
    rig.stream.deliver(records)
    assert not rig.query("SELECT 1 FROM outbox")
    rig.settle_all()
    judge.at_rest(rig, [sample])


def test_a_refused_file_is_not_done_while_its_notice_is_held(rig, sample):
    key = sample.key
    event = rig.put(key, b"no,known,column\n1,2,3\n")
    rig.aws.inject("before", "sqs", "SendMessageBatch", value=lambda call: rig.parser.kill())
    assert rig.parser.invoke(event).status == "crashed"
    with psycopg.connect(rig.dsn) as dead:
        dead.execute("SELECT FROM outbox FOR UPDATE")
        assert not rig.parser.invoke(event).ok
    assert rig.parser.invoke(event).ok
    rig.settle()
    assert len(rig.notices()) == 1
