"""The harness keeps to AWS's documented semantics: judged here with functions made of Python.

Pages named without a book are of the AWS Lambda Developer Guide.
"""

import collections
import json
import threading

import pytest
from functions_rig import rig, upload  # noqa: F401
from harness import judge, samples, triggers
from harness.runtime_api import Result


class Stub:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:stub"

    def __init__(self, answer):
        self.answer = answer
        self.batches = []

    def invoke(self, event):
        numbers = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
        self.batches.append("".join(numbers))
        return self.answer(numbers)


def ok(*failed):
    return Result("ok", json.dumps({"batchItemFailures": [
        {"itemIdentifier": number} for number in failed]}).encode())


def records(text):
    return [{"eventName": "INSERT", "eventID": c, "dynamodb": {"SequenceNumber": c}} for c in text]


def run(answer, text="abcd", **how):
    gone = []
    stub = Stub(answer)
    triggers.StreamMapping(stub, "arn", destination=gone.append, **how).deliver(records(text))
    return stub.batches, gone


def test_a_whole_batch_is_done_once():
    assert run(lambda numbers: ok(), batch_size=3) == (["abc", "d"], [])


def test_only_inserts_pass_the_filter():
    stub = Stub(lambda numbers: ok())
    mixed = records("ab")
    mixed[0]["eventName"] = "MODIFY"
    triggers.StreamMapping(stub, "arn").deliver(mixed)
    assert stub.batches == ["b"]


def test_a_partial_failure_is_retried_from_the_lowest():
    answers = iter([ok("d", "b"), ok()])
    assert run(lambda numbers: next(answers))[0] == ["abcd", "bcd"]


def test_an_error_bisects_until_the_poison_is_alone():
    def answer(numbers):
        return Result("error") if "c" in numbers else ok()

    batches, gone = run(answer, retries=2)
    assert batches == ["abcd", "ab", "cd", "c", "c", "c", "d"]
    assert [entry["DDBStreamBatchInfo"]["startSequenceNumber"] for entry in gone] == ["c"]
    assert gone[0]["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert gone[0]["DDBStreamBatchInfo"]["batchSize"] == 1


def test_a_poison_item_that_is_named_ends_in_the_destination():
    batches, gone = run(lambda numbers: ok(*set(numbers) & {"b"}), retries=2)
    assert batches == ["abcd", "bcd", "bcd", "bcd"]
    assert gone[0]["DDBStreamBatchInfo"]["batchSize"] == 3
    assert gone[0]["responseContext"]["functionError"] is None


def test_a_batch_whose_first_record_failed_is_tried_whole_or_halved():
    """ "Configuring partial batch response with DynamoDB and Lambda": bisected at the returned sequence number; of
    the first one nothing is said, so that a mapping may do either, and both must end."""
    def answer(numbers):
        return ok("a") if "a" in numbers else ok()

    batches, gone = run(answer, retries=1)
    assert batches == ["abcd", "abcd"] and gone[0]["DDBStreamBatchInfo"]["batchSize"] == 4
    batches, gone = run(answer, retries=1, halves_first=True)
    assert batches == ["abcd", "ab", "a", "a", "b", "cd"] and gone[0]["DDBStreamBatchInfo"]["batchSize"] == 1


def test_halving_costs_no_attempt():
    """ "How Lambda processes records from stream and queue-based event sources", "Bisect batch on function error":
    splitting a batch does not count towards the retry quota."""
    batches, gone = run(lambda numbers: Result("error"), retries=0)
    assert batches == ["abcd", "ab", "a", "b", "cd", "c", "d"]
    assert [one["requestContext"]["approximateInvokeCount"] for one in gone] == [1] * 4


def mapping(answer, **how):
    gone, moments = [], triggers.Time()
    stub = Stub(answer)
    return stub, gone, moments, triggers.StreamMapping(stub, "arn", destination=gone.append, moments=moments, **how)


def test_records_that_are_too_old_go_to_the_destination_unseen():
    """ "Lambda parameters for Amazon DynamoDB event source mappings", MaximumRecordAgeInSeconds; "Retain discarded
    records for a DynamoDB event source in Lambda"."""
    stub, gone, moments, stream = mapping(lambda numbers: ok(), max_age=60)
    early, late = records("ab"), records("cd")
    for record in early:
        stream.arrived(record)
    moments.pass_(61)
    stream.deliver(early + late)
    assert stub.batches == ["cd"]
    assert gone[0]["requestContext"]["condition"] == "RecordAgeExceeded"
    assert gone[0]["requestContext"]["approximateInvokeCount"] == 0 and "responseContext" not in gone[0]
    assert [gone[0]["DDBStreamBatchInfo"][name] for name in ("startSequenceNumber", "endSequenceNumber",
                                                            "batchSize")] == ["a", "b", 2]


def test_records_grow_old_while_they_are_tried_again():
    """The same page: an age limit ends the attempts before their number does."""
    stub, gone, _, stream = mapping(lambda numbers: Result("error"), max_age=2, bisect=False, retries=100)
    stream.deliver(records("ab"))
    assert stub.batches == ["ab"] * 3
    assert gone[0]["requestContext"]["condition"] == "RecordAgeExceeded"
    assert gone[0]["requestContext"]["approximateInvokeCount"] == 3


def test_a_stream_forgets_what_is_a_day_old():
    """Amazon DynamoDB Developer Guide, "Change data capture for DynamoDB Streams": records are there for 24 hours."""
    stub, gone, moments, stream = mapping(lambda numbers: ok())
    old = records("a")
    stream.arrived(old[0])
    moments.pass_(triggers.RETENTION)
    stream.deliver(old + records("b"))
    assert stub.batches == ["b"] and gone == []


def test_a_window_gathers_until_it_closes_or_the_batch_is_full():
    """ "How Lambda processes records from stream and queue-based event sources", "Batching behavior"."""
    stub, _, moments, stream = mapping(lambda numbers: ok(), window=10, batch_size=3)
    for number in "abcdefg":
        stream.arrived(records(number)[0])
        moments.pass_(4)
    stream.deliver(records("abcdefg"))  # came at 0, 4, 8, 12 ... seconds
    assert stub.batches == ["abc", "def", "g"]
    stream.batch_size = 100
    stub.batches.clear()
    stream.deliver(records("abcdefg"))
    assert stub.batches == ["abc", "def", "g"]
    stream.window = 100
    stub.batches.clear()
    stream.deliver(records("abcdefg"))
    assert stub.batches == ["abcdefg"]


def test_shards_do_not_wait_for_each_other():
    """ "Using AWS Lambda with Amazon DynamoDB": one invocation for each shard at the same time."""
    both = threading.Barrier(2, timeout=20)
    assert run_shards(lambda numbers: (both.wait(), ok())[1]) == {"ab", "cd"}


def run_shards(answer):
    stub = Stub(answer)
    triggers.StreamMapping(stub, "arn", batch_size=2).deliver(records("abcd"), shards=2)
    return set(stub.batches)


def test_an_unknown_identifier_fails_the_whole_batch():
    answers = iter([ok("zzz"), ok()])
    assert run(lambda numbers: next(answers))[0] == ["abcd", "abcd"]


def test_asynchronous_calls_get_three_attempts_then_the_destination():
    class Dead:
        arn = Stub.arn
        calls = 0

        def invoke(self, event):
            self.calls += 1
            return Result("error", b'{"errorMessage":"no"}', "id")

    function, gone = Dead(), []
    triggers.AsyncInvoke(function, gone.append).send({"a": 1})
    assert function.calls == 3
    assert gone[0]["requestPayload"] == {"a": 1}
    assert gone[0]["requestContext"]["approximateInvokeCount"] == 3
    assert gone[0]["responsePayload"] == {"errorMessage": "no"}


class Async:
    arn = Stub.arn

    def __init__(self, answer="error"):
        self.answer, self.times, self.moments, self.gone = answer, [], triggers.Time(), []
        self.trigger = triggers.AsyncInvoke(self, self.gone.append, moments=self.moments)

    def invoke(self, event):
        self.times.append(self.moments.now)
        return Result(self.answer, b'{"errorMessage":"no"}', "id")


def test_an_asynchronous_call_is_tried_again_after_one_minute_and_after_two():
    """ "How Lambda handles errors and retries with asynchronous invocation"."""
    function = Async()
    function.trigger.send({})
    assert function.times == [0, 60, 180]


def test_an_event_that_waited_too_long_goes_to_the_destination_untried():
    """The same page: maximum age of event, 60 seconds to 6 hours."""
    function = Async()
    function.trigger.send({"a": 1}, queued=6 * 3600 + 1)
    assert function.times == [] and function.gone[0]["requestPayload"] == {"a": 1}
    assert function.gone[0]["requestContext"]["condition"] == "EventAgeExceeded"
    assert "responsePayload" not in function.gone[0]


def test_age_ends_the_attempts_of_an_asynchronous_call():
    """The same page."""
    function = Async()
    function.trigger.max_age = 100
    function.trigger.send({})
    assert function.times == [0, 60]
    assert function.gone[0]["requestContext"]["condition"] == "EventAgeExceeded"
    assert function.gone[0]["requestContext"]["approximateInvokeCount"] == 2


def test_a_throttled_call_waits_longer_each_time_and_counts_as_no_attempt():
    """The same page: with throttling errors and system errors Lambda tries for up to 6 hours, after 1 second to 5
    minutes."""
    function = Async("ok")
    function.trigger.throttled = lambda: 12
    function.trigger.send({})
    assert function.times == [sum([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])]
    function.trigger.throttled = lambda: 100
    function.trigger.send({"late": 1})
    assert len(function.times) == 1 and function.gone[0]["requestPayload"] == {"late": 1}


def test_sequencers_tell_the_order_of_writes():
    """Amazon S3 User Guide, "Event message structure": of two hexadecimal values for a key the greater one came
    later, the shorter one padded with zeros on its right."""
    sequencers = [triggers.s3_event("b", "k")["Records"][0]["s3"]["object"]["sequencer"] for _ in range(100)]
    assert sequencers == sorted(sequencers) and len(set(sequencers)) == 100
    assert all(int(text, 16) and len(text) == len(sequencers[0]) for text in sequencers)


class Queue:
    """A queue of SQS, as far as a mapping uses one; time is the mapping's."""

    class exceptions:
        class ClientError(Exception):
            pass

    def __init__(self, names, moments):
        self.moments = moments
        self.messages = {name: 0.0 for name in names}  # when each can be seen
        self.received = collections.Counter()
        self.lock = threading.Lock()

    def receive_message(self, MaxNumberOfMessages, VisibilityTimeout, **_):
        with self.lock:
            seen = [name for name, at in self.messages.items() if at <= self.moments.now][:MaxNumberOfMessages]
            for name in seen:
                self.messages[name] = self.moments.now + VisibilityTimeout
            self.received.update(seen)
        return {"Messages": [{"MessageId": name, "ReceiptHandle": name, "Body": name, "MD5OfBody": ""}
                             for name in seen]}

    def delete_message_batch(self, Entries, **_):
        for entry in Entries:
            self.messages.pop(entry["ReceiptHandle"], None)
        return {}

    def change_message_visibility(self, ReceiptHandle, VisibilityTimeout, **_):
        if ReceiptHandle not in self.messages:
            raise self.exceptions.ClientError
        self.messages[ReceiptHandle] = self.moments.now + VisibilityTimeout


class Consumer:
    arn = Stub.arn

    def __init__(self, answer):
        self.answer, self.batches = answer, []

    def invoke(self, event):
        names = [record["messageId"] for record in event["Records"]]
        self.batches.append("".join(names))
        return self.answer(names)


def queue_of(names, answer, **how):
    moments = triggers.Time()
    queue, consumer = Queue(names, moments), Consumer(answer)
    return queue, consumer, triggers.QueueMapping(consumer, queue, "url", "arn", moments=moments, **how)


def test_what_failed_is_seen_again_after_its_visibility_timeout():
    """ "Handling errors for an SQS event source in Lambda": a message that failed is visible again when the
    visibility timeout is over; Amazon SQS Developer Guide, "Amazon SQS visibility timeout"."""
    answers = iter([ok("b"), ok(), ok()])
    queue, consumer, mapped = queue_of("abcd", lambda names: next(answers), batch_size=2, visibility=30)
    assert mapped.poll() == (2, 1) and mapped.poll() == (2, 2)
    assert consumer.batches == ["ab", "cd"] and list(queue.messages) == ["b"]
    assert mapped.receive() == []
    assert mapped.poll() == (1, 1)
    assert mapped.time.now == 30 and consumer.batches[-1] == "b" and not queue.messages


@pytest.mark.parametrize("answer", [Result("error"), Result("timeout"), Result("crashed"), ok("zzz")])
def test_a_failed_invocation_fails_its_whole_batch(answer):
    """The same page; and an identifier that is none of the batch's."""
    queue, _, mapped = queue_of("ab", lambda names: answer)
    assert mapped.poll() == (2, 0) and set(queue.messages) == {"a", "b"}


@pytest.mark.parametrize("answer", [ok(), Result("ok", b"null"), Result("ok", b"{}"),
                                    Result("ok", b'{"batchItemFailures":null}')])
def test_an_answer_without_failures_is_a_success(answer):
    """The same page, "Success and failure conditions"."""
    queue, _, mapped = queue_of("ab", lambda names: answer)
    assert mapped.poll() == (2, 2) and not queue.messages


def test_throttled_messages_were_received_in_vain():
    """ "Handling errors for an SQS event source in Lambda", "Backoff strategy for failed invocations"; a message
    that is received too often for that moves to the dead-letter queue."""
    queue, consumer, mapped = queue_of("a", lambda names: ok())
    assert mapped.poll(throttled=True) == (1, 0) and consumer.batches == []
    assert mapped.poll() == (1, 1) and queue.received["a"] == 2


def test_pollers_work_beside_each_other():
    """ "Configuring scaling behavior for SQS event source mappings"."""
    both = threading.Barrier(2, timeout=20)
    _, consumer, mapped = queue_of("abcd", lambda names: (both.wait(), ok())[1], batch_size=2)
    assert mapped.poll_at_once(2) == [(2, 2)] * 2 and sorted(consumer.batches) == ["ab", "cd"]


def test_a_message_that_was_received_three_times_is_a_dead_letter(rig):
    """Amazon SQS Developer Guide, "Using dead-letter queues in Amazon SQS": maxReceiveCount."""
    rig.sqs.send_message(QueueUrl=rig.error_queue, MessageBody="no message of ours")
    assert [rig.queue.poll() for _ in range(4)] == [(1, 0)] * 3 + [(0, 0)]
    assert [message["Body"] for message in rig.messages(rig.error_dlq)] == ["no message of ours"]


def test_a_mapping_that_is_made_anew_replays_a_day(rig):
    """ "Lambda parameters for Amazon DynamoDB event source mappings": StartingPosition TRIM_HORIZON."""
    sample = samples.make(rig.random, records=60, errors=0.2, duplicates=0.2)
    assert upload(rig, sample)[0].ok
    rig.settle()
    invoked = rig.stream.invocations
    rig.replay_stream()
    assert rig.stream.invocations > invoked
    rig.settle()
    judge.at_rest(rig, [sample])


def test_events_of_one_key_may_come_in_any_order(rig):
    """Amazon S3 User Guide, "Amazon S3 Event Notifications": at least once, and in no order."""
    first = samples.make(rig.random, records=4, errors=0)
    second = samples.make(rig.random, records=5, errors=0)
    events = [rig.put(sample.key, sample.body) for sample in (first, second)]
    for event in events[::-1]:
        assert rig.upload_trigger.send(event).ok
    rig.settle()
    judge.one(rig, second)
    judge.one(rig, first, second.upload_id + "_R2")


def test_event_keys_are_encoded_as_s3_does():
    event = triggers.s3_event("b", "uploads/V/V_a b+ü%.csv", "v1")
    assert event["Records"][0]["s3"]["object"]["key"] == "uploads/V/V_a+b%2B%C3%BC%25.csv"


def test_batches_keep_to_what_an_invocation_carries():
    sizes = [10, 4000000, 2000000, 300000, 7000000, 20, 30] + [1] * 250
    records = [{"eventName": "INSERT", "n": n, "text": "x" * size} for n, size in enumerate(sizes)]
    batches = list(triggers.in_batches(records, 100))
    assert [record for batch in batches for record in batch] == records
    assert [len(batch) for batch in batches] == [3, 1, 1, 100, 100, 52]
    assert all(len(batch) == 1 or len(json.dumps(batch)) <= triggers.EVENT_MAX for batch in batches)
    wide = [{"text": "\U0001f600" * 500000}] * 4  # two million bytes each
    assert [len(batch) for batch in triggers.in_batches(wide, 100)] == [3, 1]
