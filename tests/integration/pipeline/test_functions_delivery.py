"""At least once, in any batching and order: counts, products, errors, report and notice end right."""

import collections

import pytest
from functions_rig import rig, upload  # noqa: F401
from harness import judge, samples


def test_an_upload_ends_right(rig):
    sample = samples.make(rig.random, records=230, errors=0.1, duplicates=0.05)
    assert upload(rig, sample)[0].ok
    rig.settle()
    judge.at_rest(rig, [sample])


def test_a_clean_upload_is_notified_too(rig):
    sample = samples.make(rig.random, records=3, errors=0)
    upload(rig, sample)
    rig.settle()
    judge.at_rest(rig, [sample])


def test_an_upload_without_a_valid_record_has_failed(rig):
    sample = samples.make(rig.random, records=5, errors=1.0)
    upload(rig, sample)
    rig.settle()
    assert sample.status == "failed"
    judge.at_rest(rig, [sample])


@pytest.mark.slow
def test_reports_of_more_rows_than_one_page(rig):
    sample = samples.make(rig.random, records=1001, errors=1.0)
    upload(rig, sample)
    rig.settle()
    judge.at_rest(rig, [sample])


def test_the_same_object_version_five_times_at_once(rig):
    sample = samples.make(rig.random, records=300, errors=0.1, duplicates=0.05)
    assert all(result.ok for result in upload(rig, sample, copies=5))
    assert len(rig.uploads()) == 1
    rig.settle()
    judge.at_rest(rig, [sample])


def test_the_same_object_version_again_after_the_end(rig):
    sample = samples.make(rig.random, records=30)
    event = rig.put(sample.key, sample.body)
    assert rig.upload_trigger.send(event).ok
    rig.settle()
    assert rig.upload_trigger.send(event).ok
    assert rig.stream_records() == []
    rig.settle()
    judge.at_rest(rig, [sample])


def test_every_batch_and_every_message_twice(rig):
    sample = samples.make(rig.random, records=400, errors=0.15, duplicates=0.1)
    upload(rig, sample, copies=2)
    rig.run_stream(shuffle=True, copies=2, shards=2)
    rig.queue.drain(copies=2)
    rig.settle()
    judge.at_rest(rig, [sample])


def test_a_final_status_is_not_overwritten_by_a_repeated_batch(rig):
    """Somebody judged it otherwise since; the batch comes again before the first one was noted."""
    sample = samples.make(rig.random, records=5, errors=0)
    upload(rig, sample)
    records = rig.run_stream()
    rig.settle()
    rig.dynamodb.update_item(
        TableName=rig.table, Key={"upload_id": {"S": sample.upload_id}, "record_id": {"S": "REC_00003"}},
        UpdateExpression="SET #s = :s", ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": "error"}})
    rig.execute("UPDATE upload_records SET item_marked_at = NULL WHERE row_number >= 3")
    rig.stream.deliver(records)
    assert [item["status"]["S"] for item in rig.items(sample.upload_id)] == [
        "validated", "validated", "error", "validated", "validated"]
    assert rig.query("SELECT FROM unmarked_records") == []


def test_messages_at_the_same_time_twice(rig):
    sample = samples.make(rig.random, records=60, errors=0.3)
    upload(rig, sample)
    rig.run_stream()
    rig.queue.drain(copies=2, at_once=True)
    rig.settle()
    judge.at_rest(rig, [sample])


@pytest.mark.slow
def test_file_order_decides_whatever_the_batching(rig):
    """100 files with repeated SKUs and ids, their records mixed, in batches of any size, twice."""
    made = [samples.make(rig.random, records=rig.random.randint(4, 12), errors=0.15,
                         duplicates=0.5, clock="12%02d%02d" % divmod(i, 60))
            for i in range(100)]
    for sample in made:
        assert upload(rig, sample)[0].ok
    assert collections.Counter(kind for sample in made for kind in sample.errors.values())[
        "DUPLICATE_SKU"] > 50
    records = rig.stream_records()
    assert len(records) == sum(sample.total for sample in made)
    rig.random.shuffle(records)
    while records:
        rig.stream.batch_size = rig.random.choice([1, 2, 7, 30, 100])
        batch, records = records[:rig.stream.batch_size * 2], records[rig.stream.batch_size * 2:]
        rig.stream.deliver(batch, copies=rig.random.choice([1, 1, 2]), shards=2)
    rig.stream.batch_size = 100
    rig.settle(120)
    judge.at_rest(rig, made)


def test_the_same_key_with_other_content_is_a_new_upload(rig):
    first = samples.make(rig.random, records=4, errors=0)
    second = samples.make(rig.random, records=5, errors=0)
    upload(rig, first)
    upload(rig, second)
    rig.settle()
    judge.one(rig, first)
    judge.one(rig, second, first.upload_id + "_R2")
