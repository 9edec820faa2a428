"""How AWS calls the functions: stream and queue mappings, asynchronous invocation.

Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB", "Using Lambda with Amazon
SQS", "Invoking a Lambda function asynchronously". Nothing here waits between retries.
"""

import concurrent.futures
import datetime
import json
import time
import urllib.parse
import uuid

REGION = "us-east-1"

TICK = {"version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "000000000000", "time": "2026-01-02T12:00:00Z", "region": REGION,
        "resources": ["arn:aws:events:us-east-1:000000000000:rule/sweep"], "detail": {}}


def _now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def s3_event(bucket, key, version_id=None, name="ObjectCreated:Put"):
    thing = {"key": urllib.parse.quote_plus(key, safe="/"), "size": 1, "eTag": "0",
             "sequencer": "0055AED6DCD90281E5"}
    if version_id:
        thing["versionId"] = version_id
    return {"Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": REGION, "eventTime": _now(),
        "eventName": name, "userIdentity": {"principalId": "AWS:VENDOR"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"}, "responseElements": {},
        "s3": {"s3SchemaVersion": "1.0", "configurationId": "csv-upload",
               "bucket": {"name": bucket, "arn": "arn:aws:s3:::" + bucket}, "object": thing},
    }]}


class AsyncInvoke:
    """Two more attempts after a failed one, then the on-failure destination."""

    def __init__(self, function, destination=None, retries=2):
        self.function = function
        self.destination = destination
        self.retries = retries

    def send(self, event):
        for attempt in range(1, self.retries + 2):
            result = self.function.invoke(event)
            if result.ok:
                return result
        if self.destination:
            self.destination({
                "version": "1.0", "timestamp": _now(),
                "requestContext": {"requestId": result.request_id,
                                   "functionArn": self.function.arn + ":$LATEST",
                                   "condition": "RetriesExhausted",
                                   "approximateInvokeCount": attempt},
                "requestPayload": event,
                "responseContext": {"statusCode": 200, "executedVersion": "$LATEST",
                                    "functionError": "Unhandled"},
                "responsePayload": result.document,
            })
        return result

    def send_at_once(self, events):
        """Deliveries that overlap: the same event several times, say."""
        with concurrent.futures.ThreadPoolExecutor(max(1, len(events))) as pool:
            return list(pool.map(self.send, events))


EVENT_MAX = 6 * 1024 * 1024  # what an invocation that is waited for carries


def in_batches(records, size, room=EVENT_MAX):
    """At most so many records each, and within what an invocation carries; a larger one goes alone."""
    batch, used = [], 0
    for record in records:
        length = len(json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass")) + 512
        if batch and (len(batch) == size or used + length > room):
            yield batch
            batch, used = [], 0
        batch.append(record)
        used += length
    if batch:
        yield batch


class StreamMapping:
    """Batches of a stream, with bisection, partial failures, bounded retries and a destination.

    A record of `deliver` is what GetRecords returns. Order is promised per item only, and every item
    is inserted once, so the caller may give records in any order, and twice.
    """

    def __init__(self, function, table_stream_arn, batch_size=100, bisect=True, retries=10,
                 destination=None, pause=0):
        self.function = function
        self.pause = pause  # seconds between retries
        self.arn = table_stream_arn
        self.batch_size = batch_size
        self.bisect = bisect
        self.retries = retries
        self.destination = destination
        self.invocations = 0

    def event(self, batch):
        return {"Records": [dict(record, eventSource="aws:dynamodb", eventVersion="1.1",
                                 awsRegion=REGION, eventSourceARN=self.arn) for record in batch]}

    def deliver(self, records, copies=1, shards=1):
        """Sends records through; `copies` of every batch, each shard in parallel."""
        inserts = [record for record in records if record["eventName"] == "INSERT"]
        batches = list(in_batches(inserts, self.batch_size))
        lanes = [batches[i::shards] for i in range(shards)]
        with concurrent.futures.ThreadPoolExecutor(shards) as pool:
            for done in [pool.submit(self._lane, lane, copies) for lane in lanes]:
                done.result()

    def _lane(self, batches, copies):
        for batch in batches:
            for _ in range(copies):
                self.process(batch)

    def process(self, batch):
        """One batch until it is done, or given up; halves of it in their order."""
        work = [(batch, 0)]
        while work:
            batch, attempts = work.pop()
            self.invocations += 1
            result = self.function.invoke(self.event(batch))
            first = self._first_failure(batch, result)
            if first is None:
                continue
            if first > 0:
                work.append((batch[first:], attempts))
            elif not result.ok and self.bisect and len(batch) > 1:
                middle = len(batch) // 2
                work += [(batch[middle:], attempts), (batch[:middle], attempts)]
            elif attempts >= self.retries:
                self._give_up(batch, attempts + 1, result)
            else:
                work.append((batch, attempts + 1))
                time.sleep(self.pause)

    @staticmethod
    def _first_failure(batch, result):
        """Index of the lowest failed record; None where all is done; 0 where all failed."""
        if not result.ok:
            return 0
        document = result.document
        failures = document.get("batchItemFailures") if isinstance(document, dict) else None
        if not failures:
            return None
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        named = [failure.get("itemIdentifier") for failure in failures]
        if any(name not in numbers for name in named):
            return 0
        return min(numbers.index(name) for name in named)

    def _give_up(self, batch, attempts, result):
        if not self.destination:
            return
        ends = batch[0]["dynamodb"], batch[-1]["dynamodb"]
        self.destination({
            "requestContext": {"requestId": result.request_id, "functionArn": self.function.arn,
                               "condition": "RetryAttemptsExhausted",
                               "approximateInvokeCount": attempts},
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST",
                                "functionError": None if result.ok else "Unhandled"},
            "version": "1.0", "timestamp": _now(),
            "DDBStreamBatchInfo": {"shardId": "shardId-00000001573689847184-864758bb",
                                   "startSequenceNumber": ends[0]["SequenceNumber"],
                                   "endSequenceNumber": ends[1]["SequenceNumber"],
                                   "approximateArrivalOfFirstRecord": _now(),
                                   "approximateArrivalOfLastRecord": _now(),
                                   "batchSize": len(batch), "streamArn": self.arn},
        })


class QueueMapping:
    """Receives from a real queue, invokes, deletes what was done; the rest becomes visible again."""

    def __init__(self, function, sqs, url, arn, batch_size=10, visibility=30):
        self.function = function
        self.sqs = sqs
        self.url = url
        self.arn = arn
        self.batch_size = batch_size
        self.visibility = visibility

    def event(self, messages):
        return {"Records": [{
            "messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"], "attributes": message.get("Attributes", {}),
            "messageAttributes": {
                name: {"stringValue": value.get("StringValue"), "dataType": value["DataType"]}
                for name, value in message.get("MessageAttributes", {}).items()},
            "md5OfBody": message["MD5OfBody"], "eventSource": "aws:sqs",
            "eventSourceARN": self.arn, "awsRegion": REGION} for message in messages]}

    def receive(self):
        answer = self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=self.batch_size, WaitTimeSeconds=0,
            VisibilityTimeout=self.visibility, AttributeNames=["All"],
            MessageAttributeNames=["All"])
        return answer.get("Messages", [])

    def poll(self, copies=1, at_once=False):
        """One batch. Answers how many messages came and how many of them were done."""
        messages = self.receive()
        if not messages:
            return 0, 0
        event = self.event(messages)
        if at_once:
            with concurrent.futures.ThreadPoolExecutor(copies) as pool:
                results = list(pool.map(self.function.invoke, [event] * copies))
        else:
            results = [self.function.invoke(event) for _ in range(copies)]
        failed = self._failed(messages, results[-1])
        for message in messages:
            if message["MessageId"] in failed:
                self.sqs.change_message_visibility(QueueUrl=self.url, VisibilityTimeout=0,
                                                   ReceiptHandle=message["ReceiptHandle"])
            else:
                self.sqs.delete_message(QueueUrl=self.url,
                                        ReceiptHandle=message["ReceiptHandle"])
        return len(messages), len(messages) - len(failed)

    @staticmethod
    def _failed(messages, result):
        everything = {message["MessageId"] for message in messages}
        if not result.ok:
            return everything
        document = result.document
        failures = document.get("batchItemFailures") if isinstance(document, dict) else None
        named = {failure.get("itemIdentifier") for failure in failures or []}
        return everything if named - everything else named

    def drain(self, copies=1, at_once=False):
        """Polls until the queue has nothing more to give, or nothing of it can be done."""
        fruitless = 0
        done = 0
        while fruitless < 12:
            came, finished = self.poll(copies, at_once)
            if came == 0:
                return done
            done += finished
            fruitless = 0 if finished else fruitless + 1
        return done


def unique(prefix):
    return "%s-%s" % (prefix, uuid.uuid4().hex[:10])


def dead_letter(sqs, url):
    """A destination: documents go to this queue, as Lambda sends them."""
    return lambda document: sqs.send_message(QueueUrl=url, MessageBody=json.dumps(document))
