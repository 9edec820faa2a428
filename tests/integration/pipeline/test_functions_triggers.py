"""The harness keeps to AWS's documented semantics: judged here with functions made of Python."""

import json

from harness import triggers  # noqa: E402
from harness.runtime_api import Result  # noqa: E402


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
