"""Late and repeated writes: a final status stays, and ledger and items agree at rest."""


import pytest
from functions_rig import rig, upload  # noqa: F401
from harness import judge, samples


@pytest.fixture
def sample(rig):
    return samples.make(rig.random, records=20, errors=0.2)


def statuses(rig, sample):
    return {item["status"]["S"] for item in rig.items(sample.upload_id)}


def validate_during(rig, call, fired):
    """Judges and marks what the call has just written, before its writer hears of it."""
    fired.append(call)
    rig.stream.deliver(rig.stream_records())


@pytest.mark.parametrize("kind", ["drop_answer", "refuse"])
def test_a_put_that_is_repeated_does_not_overwrite_a_mark(rig, sample, kind):
    fired = []
    rig.aws.inject("after", "dynamodb", "BatchWriteItem",
                   value=lambda call: validate_during(rig, call, fired))
    rig.aws.inject("drop_answer", "dynamodb", "BatchWriteItem")
    if kind == "refuse":
        rig.aws.inject("refuse", "dynamodb", "BatchExecuteStatement", times=1)
    assert upload(rig, sample)[0].ok
    assert fired
    rig.settle()
    judge.at_rest(rig, [sample])


def test_a_second_parser_inserts_and_overwrites_nothing(rig, sample):
    """It looked into the table before the first one's last request arrived there."""
    fired = []

    def killed(call):
        fired.append(call)
        rig.parser.kill()

    rig.aws.inject("before", "dynamodb", "BatchWriteItem", value=killed)
    assert upload(rig, sample)[0].ok
    assert fired
    rig.settle()
    judge.at_rest(rig, [sample])
