"""What the functions themselves left: the parser is invoked again, the records of a stream are judged."""

import json
import uuid

import pytest

from support import wait_until

FILE = ("vendor_product_id,product_name,category,sku,price,stock_quantity\n"
        "{v}-1,Lamp,Electronics,{v}-S1,12.90,4\n{v}-2,Lamp,Electronics,{v}-S2,oops,4\n")


@pytest.fixture
def upload(run_intake, new_vendor, tmp_path):
    def go():
        vendor = new_vendor()
        path = tmp_path / f"{vendor}_20260401_101010.csv"
        path.write_text(FILE.format(v=vendor))
        return run_intake("submit", path, "--wait", "--json", code=3).json[0]
    return go


def parser_letter(stack, document):
    return json.dumps({
        "version": "1.0", "timestamp": "2026-04-01T10:20:00.000Z",
        "requestContext": {"requestId": str(uuid.uuid4()), "functionArn": "arn:aws:lambda:us-east-1:0:function:x",
                           "condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": {"Records": [{
            "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
            "eventTime": "2026-04-01T10:10:11.000Z", "awsRegion": "us-east-1",
            "s3": {"bucket": {"name": stack.variables()["S3_BUCKET_NAME"]},
                   "object": {"key": document["s3_key"], "versionId": document["version_id"], "size": 100}}}]},
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {"errorType": "UNAVAILABLE", "errorMessage": "the database is down"}})


def forget(database, upload_id, whole):
    """As if nobody had judged the upload's records yet, or nobody had taken it in."""
    database.execute("DELETE FROM products WHERE upload_id = %s", [upload_id])
    database.execute("DELETE FROM validation_errors WHERE upload_id = %s", [upload_id])
    database.execute("DELETE FROM upload_records WHERE upload_id = %s", [upload_id])
    if whole:
        database.execute("DELETE FROM notifications WHERE upload_id = %s", [upload_id])
        database.execute("DELETE FROM upload_history WHERE upload_id = %s", [upload_id])
    else:
        database.execute("UPDATE upload_history SET status = 'processing', valid_records = 0, error_records = 0,"
                         " processing_completed_at = NULL WHERE upload_id = %s", [upload_id])


def test_the_parser_is_invoked_again(stack, run_intake, database, upload):
    document = upload()
    url = stack.client("sqs").get_queue_url(QueueName="csv-parser-dlq")["QueueUrl"]
    sqs = stack.client("sqs")
    wait_until(lambda: database.execute("SELECT 1 FROM notifications WHERE upload_id = %s AND outcome = 'accepted'",
                                        [document["upload_id"]]).fetchone())
    sqs.send_message(QueueUrl=url, MessageBody=parser_letter(stack, document))
    sqs.send_message(QueueUrl=url, MessageBody="nonsense")
    [seen, poison] = sorted(run_intake("dlq", "peek", "csv-parser-dlq", "--json", code=0).json,
                            key=lambda row: row["upload_id"] is None)
    assert seen["upload_id"] == document["upload_id"] and seen["vendor_id"] == document["vendor_id"]
    assert "the database is down" in seen["summary"] and document["s3_key"] in seen["summary"]
    assert poison["upload_id"] is None and "JSON" in poison["summary"]
    plan = run_intake("dlq", "replay", "csv-parser-dlq", "--all", "--yes", "--json", code=3)
    assert plan.json["engine"] == "invoke" and plan.json["moved"] == 1 and plan.json["excluded"] == 1
    assert any("already finished" in text for text in plan.json["warnings"])
    run_intake("dlq", "discard", "csv-parser-dlq", "--all", "--yes", code=0)
    forget(database, document["upload_id"], whole=True)
    stack.client("dynamodb").delete_item(TableName="UploadRecords", Key={
        "upload_id": {"S": document["upload_id"]}, "record_id": {"S": "REC_00001"}})
    sqs.send_message(QueueUrl=url, MessageBody=parser_letter(stack, document))
    done = run_intake("dlq", "replay", "csv-parser-dlq", "--vendor", document["vendor_id"], "--yes", "--json",
                      code=0)
    assert done.json["moved"] == 1
    assert database.execute("SELECT 1 FROM upload_history WHERE upload_id = %s",
                            [document["upload_id"]]).fetchone()


def stream_letter(stack, upload_id):
    streams = stack.client("dynamodbstreams")
    arn = stack.client("dynamodb").describe_table(TableName="UploadRecords")["Table"]["LatestStreamArn"]
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        at = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"],
                                        ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        numbers = []
        while at:
            found = streams.get_records(ShardIterator=at)
            numbers += [row["dynamodb"]["SequenceNumber"] for row in found["Records"]
                        if row["eventName"] == "INSERT" and
                        row["dynamodb"]["Keys"]["upload_id"]["S"] == upload_id]
            at = found.get("NextShardIterator") if found["Records"] else None
        if numbers:
            return {"shardId": shard["ShardId"], "startSequenceNumber": numbers[0],
                    "endSequenceNumber": numbers[-1], "batchSize": len(numbers), "streamArn": arn,
                    "approximateArrivalOfFirstRecord": "2026-04-01T10:10:10Z"}
    raise AssertionError("the stream has no record of the upload")


@pytest.mark.parametrize("trimmed", [False, True])
def test_records_of_a_stream_letter_get_their_outcome(stack, run_intake, database, upload, trimmed):
    document = upload()
    upload_id = document["upload_id"]
    batch = stream_letter(stack, upload_id)
    if trimmed:
        batch.update(shardId="shardId-00000000000000000000-gone", startSequenceNumber="1",
                     endSequenceNumber="2")
    sqs = stack.client("sqs")
    url = sqs.get_queue_url(QueueName="product-validator-dlq")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({
        "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 3},
        "version": "1.0", "timestamp": "2026-04-01T10:20:00Z", "DDBStreamBatchInfo": batch}))
    forget(database, upload_id, whole=False)
    for record in ("REC_00001", "REC_00002"):
        stack.client("dynamodb").update_item(
            TableName="UploadRecords", Key={"upload_id": {"S": upload_id}, "record_id": {"S": record}},
            UpdateExpression="SET #s = :p", ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":p": {"S": "pending_validation"}})
    [seen] = run_intake("dlq", "peek", "product-validator-dlq", "--json", code=0).json
    assert seen["record_id"] is None and "records of shardId" in seen["summary"]
    assert seen["error_type"] == "RetryAttemptsExhausted"
    if not trimmed:
        assert seen["upload_id"] == upload_id and upload_id in seen["summary"]
    done = run_intake("dlq", "replay", "product-validator-dlq", "--all", "--yes", "--json", code=0)
    assert done.json["engine"] == "revalidate" and done.json["moved"] == 1
    row = database.execute("SELECT * FROM upload_history WHERE upload_id = %s", [upload_id]).fetchone()
    assert (row["status"], row["valid_records"], row["error_records"]) == ("partial", 1, 1)
    assert run_intake("dlq", "list", "--json", code=0).json[2]["messages"] == 0
