"""Kills, dropped answers and outages: nothing lost, nothing twice, and not one false INVALID_.

Every fault here is one that something ran into: `heal`, and the end of the rig, raise where it was not.
"""

import threading
import time

import pytest
from functions_rig import rig, upload  # noqa: F401
from harness import judge, samples
from harness.pg_proxy import Cut


@pytest.fixture
def sample(rig):
    return samples.make(rig.random, records=260, errors=0.1, duplicates=0.1)


def finish(rig, sample, **how):
    """Deliveries go on with the faults in force; then what an operator does when the outage is over."""
    rig.settle()
    rig.heal()
    rig.settle_all()
    judge.at_rest(rig, [sample], **how)


PARSER = [("s3", "GetObject", 0), ("dynamodb", "BatchWriteItem", 0), ("dynamodb", "BatchWriteItem", 4),
          ("dynamodb", "BatchWriteItem", 9)]
VALIDATOR = [("sqs", "SendMessageBatch", 0), ("sqs", "SendMessageBatch", 1),
             ("dynamodb", "BatchExecuteStatement", 0), ("dynamodb", "BatchExecuteStatement", 3)]
PROCESSOR = [("s3", "PutObject", 0), ("s3", "PutObject", 1)]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("service, operation, skip", PARSER)
def test_the_parser_is_killed(rig, sample, service, operation, skip, moment):
    rig.aws.inject(moment, service, operation, skip=skip, value=lambda call: rig.parser.kill())
    assert upload(rig, sample)[0].ok
    finish(rig, sample)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("service, operation, skip", VALIDATOR)
def test_the_validator_is_killed(rig, sample, service, operation, skip, moment):
    upload(rig, sample)
    rig.aws.inject(moment, service, operation, skip=skip, value=lambda call: rig.validator.kill())
    rig.run_stream()
    finish(rig, sample)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("service, operation, skip", PROCESSOR)
def test_the_processor_is_killed(rig, sample, service, operation, skip, moment):
    upload(rig, sample)
    rig.run_stream()
    rig.aws.inject(moment, service, operation, skip=skip, value=lambda call: rig.processor.kill())
    finish(rig, sample)


@pytest.mark.parametrize("moment, sent", [("drop_request", 0), ("before", 1), ("after", 1)])
def test_a_notice_whose_sender_died_is_unknown_and_never_sent_twice(rig, sample, moment, sent):
    upload(rig, sample)
    rig.run_stream()
    rig.aws.inject("after" if moment == "after" else "before", "sns", "Publish",
                   value=lambda call: rig.processor.kill())
    if moment == "drop_request":
        rig.aws.inject("drop_request", "sns", "Publish")
    rig.settle()
    judge.one(rig, sample)
    assert [row["outcome"] for row in rig.query("SELECT outcome FROM notifications")] == ["unknown"]
    assert len(rig.notices()) == sent


@pytest.mark.parametrize("function, text", [
    ("csv-parser", "intake_claim_upload"), ("product-validator", "INSERT INTO products"),
    ("product-validator", "COMMIT"), ("error-processor", "notifications")])
def test_a_lost_database_answer(rig, sample, function, text):
    """The server does the work; the connection breaks before its answer."""
    cuts = []

    def cut():
        cuts.append(text)
        raise Cut

    def arm(name):
        if name == function:
            rig.pg.on_statement(text, cut)

    arm("csv-parser")
    assert upload(rig, sample)[0].ok
    arm("product-validator")
    rig.run_stream()
    arm("error-processor")
    rig.settle()
    assert cuts
    judge.at_rest(rig, [sample], unknown_notices=function == "error-processor")


@pytest.mark.parametrize("service, operation", [
    ("dynamodb", "BatchWriteItem"), ("sqs", "SendMessageBatch"),
    ("dynamodb", "BatchExecuteStatement"), ("s3", "PutObject"), ("s3", "GetObject")])
def test_a_lost_aws_answer(rig, sample, service, operation):
    rig.aws.inject("drop_answer", service, operation, skip=operation != "GetObject", times=2)
    upload(rig, sample)
    rig.run_stream()
    rig.settle()
    assert len(rig.notices()) == 1
    judge.one(rig, sample, versions=3 if operation == "PutObject" else 1)


def test_items_that_were_not_taken_up(rig, sample):
    rig.aws.inject("unprocessed", "dynamodb", "BatchWriteItem", times=12, value=0.4)
    assert upload(rig, sample)[0].ok
    finish(rig, sample)


@pytest.mark.parametrize("kind, service, operation", [
    ("throttle", "dynamodb", "BatchWriteItem"), ("throttle", "dynamodb", "BatchExecuteStatement"),
    ("refuse", "dynamodb", None), ("throttle", "sqs", "SendMessageBatch"),
    ("refuse", "sqs", "SendMessageBatch"), ("throttle", "s3", None), ("refuse", "s3", "PutObject"),
    ("refuse", "secretsmanager", None)])
def test_a_service_refuses_for_a_while(rig, sample, kind, service, operation):
    """Every attempt of the client is refused, so that the invocation or its items fail, too."""
    rig.aws.inject(kind, service, operation, times=25)
    event = rig.put(sample.key, sample.body)
    for _ in range(8):
        if rig.parser.invoke(event).ok:
            break
    rig.stream.deliver(rig.stream_records())
    rig.queue.drain()
    rig.heal()
    assert rig.parser.invoke(event).ok
    finish(rig, sample)


def test_a_database_that_stops_in_the_middle(rig, sample):
    upload(rig, sample)
    records = rig.stream_records()
    rig.stream.deliver(records[:100])
    rig.pg.down()
    result = rig.validator.invoke(rig.stream.event(records[100:200]))
    assert result.status == "error"
    assert "INVALID" not in result.document["errorType"]
    healer = threading.Timer(3, rig.pg.up)
    healer.start()
    rig.stream.retries = 1000
    rig.stream.pause = 0.05
    rig.stream.deliver(records[100:])
    healer.join()
    finish(rig, sample)


def test_a_database_that_is_down_when_the_file_comes(rig, sample):
    rig.pg.down()
    event = rig.put(sample.key, sample.body)
    result = rig.parser.invoke(event)
    assert result.status == "error"
    assert rig.aws.counts().get("dynamodb.BatchWriteItem", 0) == 0
    rig.pg.up()
    assert rig.parser.invoke(event).ok
    finish(rig, sample)


def test_a_database_that_stops_before_the_report(rig, sample):
    upload(rig, sample)
    rig.run_stream()
    rig.pg.down()
    assert rig.queue.poll()[1] == 0
    rig.heal()
    finish(rig, sample)


def test_the_topic_is_slow_and_then_refuses(rig, sample):
    upload(rig, sample)
    rig.run_stream()
    delay = rig.aws.inject("delay", "sns", "Publish", value=1)
    refusal = rig.aws.inject("throttle", "sns", "Publish", times=2)
    finish(rig, sample)
    assert (delay.fired, refusal.fired) == (1, 2)


OPEN = ("SELECT usename, state, query FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'")


@pytest.mark.parametrize("kind, service, operation", [
    ("refuse", "dynamodb", "BatchGetItem"), ("refuse", "sqs", "SendMessageBatch"),
    ("refuse", "dynamodb", "BatchExecuteStatement"), ("refuse", "s3", "PutObject"),
    ("refuse", "s3", "HeadObject"), ("throttle", "sns", "Publish")])
def test_what_is_given_up_holds_nothing(rig, kind, service, operation):
    """A transaction that stays open would keep its upload from everybody, and the next batch from
    seeing what others did: no session has one once a call has failed, and the upload can be locked."""
    sample = samples.make(rig.random, records=60, errors=0.2, duplicates=0.7)
    assert upload(rig, sample)[0].ok
    records = rig.stream_records()
    by_validator = service in ("dynamodb", "sqs")
    if by_validator:
        late = [record for record in records if "earlier_rows" in record["dynamodb"]["NewImage"]]
        batch = rig.stream.event(late[-1:])
    else:
        rig.stream.deliver(records)
        batch = rig.queue.event(rig.queue.receive())
        while not any("upload_finished" in record["body"] for record in batch["Records"]):
            batch = rig.queue.event(rig.queue.receive())
    fault = rig.aws.inject(kind, service, operation, times=None)
    result = (rig.validator if by_validator else rig.processor).invoke(batch)
    assert fault.fired and (not result.ok or result.document["batchItemFailures"])
    assert rig.query(OPEN) == []
    assert rig.query("SELECT FROM upload_history FOR UPDATE NOWAIT")
    rig.heal()
    if by_validator:
        rig.stream.deliver(records)
        finish(rig, sample)
    else:
        assert rig.processor.invoke(batch).document == {"batchItemFailures": []}
        judge.one(rig, sample)


def test_a_poison_item_stops_nobody(rig, sample):
    upload(rig, sample)
    rig.dynamodb.put_item(TableName=rig.table, Item={
        "upload_id": {"S": sample.upload_id}, "record_id": {"S": "REC_99999"},
        "status": {"S": "pending_validation"}, "row_number": {"S": "not a number"}})
    records = rig.stream_records()
    records.insert(50, records.pop())
    rig.stream.retries = 2
    rig.stream.deliver(records)
    dead = rig.messages(rig.validator_dlq)
    assert len(dead) == 1 and "DDBStreamBatchInfo" in dead[0]["Body"]
    rig.dynamodb.delete_item(TableName=rig.table, Key={
        "upload_id": {"S": sample.upload_id}, "record_id": {"S": "REC_99999"}})
    finish(rig, sample)


def test_poison_messages_end_in_the_dead_letter_queue(rig, sample):
    bodies = ["", "{", "[]", "{\"upload_id\":\"UPLOAD_NONE\"}",
              "{\"type\":\"upload_finished\",\"upload_id\":\"UPLOAD_20260101_000000_NOBODY\","
              "\"vendor_id\":\"NOBODY\",\"status\":\"completed\",\"timestamp\":\"x\"}"]
    bodies = [body or " " for body in bodies]
    for body in bodies:
        rig.sqs.send_message(QueueUrl=rig.error_queue, MessageBody=body)
    upload(rig, sample)
    rig.settle()
    dead = sorted(message["Body"] for message in rig.messages(rig.error_dlq))
    assert dead == sorted(bodies)
    judge.at_rest(rig, [sample])


def test_the_functions_wait_for_no_one_after_a_deadline(rig, sample):
    """A hanging database ends the call before Lambda would, and the work is done later."""
    for function in rig.functions.values():
        function.timeout = 6
    upload(rig, sample)
    rig.pg.hang()
    began = time.monotonic()
    result = rig.validator.invoke(rig.stream.event(rig.stream_records()[:100]))
    assert result.status != "ok"
    assert time.monotonic() - began < 10
    rig.pg.flow()
    rig.position = None
    finish(rig, sample)
