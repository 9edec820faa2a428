"""What an upload costs in calls and round trips, counted by proxies outside of the program."""

import pytest
from functions_rig import rig, upload  # noqa: F401
from harness import judge, samples


@pytest.fixture
def sample(rig):
    return samples.make(rig.random, records=1000, errors=0.1)


@pytest.mark.slow
def test_1000_records_cost_at_most_110_aws_calls(rig, sample):
    upload(rig, sample)
    rig.settle()
    counts = rig.aws.counts()
    assert rig.aws.total() <= 110, counts
    judge.at_rest(rig, [sample])


def test_a_validator_batch_costs_at_most_8_round_trips(rig, sample):
    upload(rig, sample)
    records = rig.stream_records()
    rig.stream.deliver(records[:100])
    for batch in range(1, 10):
        rig.pg.reset()
        rig.stream.deliver(records[batch * 100:batch * 100 + 100])
        texts = [statement.text for statement in rig.pg.statements]
        assert rig.pg.round_trips <= 7, texts
        assert len(texts) <= 30, "a statement per record? %s" % texts


def test_duplicates_in_the_file_cost_no_more(rig):
    """Waves put a row behind its earlier ones, so that a batch in the stream's order lacks none."""
    sample = samples.make(rig.random, records=300, errors=0.1, duplicates=0.3)
    upload(rig, sample)
    records = rig.stream_records()
    for batch in range(3):
        rig.pg.reset()
        rig.stream.deliver(records[batch * 100:batch * 100 + 100])
        assert rig.pg.round_trips <= 8, [statement.text for statement in rig.pg.statements]


def test_a_batch_that_lacks_earlier_rows_reads_them_together(rig):
    sample = samples.make(rig.random, records=300, errors=0.1, duplicates=0.3)
    upload(rig, sample)
    records = rig.stream_records()
    rig.random.shuffle(records)
    rig.stream.deliver(records[:100])
    rig.pg.reset()
    rig.aws.reset()
    rig.stream.deliver(records[100:200])
    assert rig.pg.round_trips <= 8, [statement.text for statement in rig.pg.statements]
    assert rig.aws.counts()["dynamodb.BatchGetItem"] <= 4


def test_the_parser_keeps_eight_writes_in_flight(rig, sample):
    rig.aws.inject("delay", "dynamodb", "BatchWriteItem", times=None, value=0.05)
    upload(rig, sample)
    assert rig.aws.widest("dynamodb", "BatchWriteItem") >= 8
