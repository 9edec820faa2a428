"""How AWS calls the functions: stream and queue mappings, asynchronous invocation.

Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB", "Using Lambda with Amazon
SQS", "Invoking a Lambda function asynchronously"; each rule's page stands with its test in
test_functions_triggers.py. Nothing here waits between retries: time passes in `Time` alone.
"""

import concurrent.futures
import contextlib
import datetime
import itertools
import json
import threading
import time
import urllib.parse
import uuid

REGION = "us-east-1"

TICK = {"version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "000000000000", "time": "2026-01-02T12:00:00Z", "region": REGION,
        "resources": ["arn:aws:events:us-east-1:000000000000:rule/sweep"], "detail": {}}


def _now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class Time:
    """Seconds that pass for the deliveries, and for nobody else."""

    def __init__(self):
        self.now = 0.0
        self.lock = threading.Lock()

    def pass_(self, seconds):
        with self.lock:
            self.now += seconds


_sequencers = itertools.count(0x55AED6DCD90281E5)


def s3_event(bucket, key, version_id=None, name="ObjectCreated:Put", size=1, etag="0"):
    thing = {"key": urllib.parse.quote_plus(key, safe="/"), "size": size, "eTag": etag,
             "sequencer": "%018X" % next(_sequencers)}
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
    """Two more attempts after a failed one, then the on-failure destination.

    max_age: seconds an event may wait in Lambda's own queue. throttled: asked before each attempt, how often
    Lambda has no room for it; that is tried again and counts as no attempt.
    """

    def __init__(self, function, destination=None, retries=2, max_age=6 * 3600, moments=None):
        self.function = function
        self.destination = destination
        self.retries = retries
        self.max_age = max_age
        self.time = moments or Time()
        self.throttled = lambda: 0

    def send(self, event, queued=0):
        """queued: seconds that it waited before anything was tried."""
        sent = self.time.now - queued
        result = None
        attempt = 0
        while attempt <= self.retries and self._wait(sent):
            attempt += 1
            result = self.function.invoke(event)
            if result.ok:
                return result
            self.time.pass_(60 * attempt)
        if self.destination:
            self.destination(self._record(event, result, attempt))
        return result

    def _wait(self, sent):
        """While there is no room for it; whether it is young enough then."""
        for number in range(self.throttled()):
            self.time.pass_(min(2 ** number, 300))
        return self.time.now - sent <= self.max_age

    def _record(self, event, result, attempts):
        record = {
            "version": "1.0", "timestamp": _now(),
            "requestContext": {"requestId": result.request_id if result else str(uuid.uuid4()),
                               "functionArn": self.function.arn + ":$LATEST",
                               "condition": "RetriesExhausted" if attempts > self.retries else "EventAgeExceeded",
                               "approximateInvokeCount": attempts},
            "requestPayload": event}
        if result:
            record.update(responseContext={"statusCode": 200, "executedVersion": "$LATEST",
                                           "functionError": "Unhandled"}, responsePayload=result.document)
        return record

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


def in_windows(records, size, window, arrived):
    """Batches, closed when they are full, or so many seconds after the first of their records came."""
    group, closes = [], None
    for record in records:
        if group and arrived(record) > closes:
            yield from in_batches(group, size)
            group = []
        if not group:
            closes = arrived(record) + window
        group.append(record)
    yield from in_batches(group, size)


def sequence(number):
    """What sequence numbers are ordered by: they are numbers, of any length."""
    return len(number), number


RETENTION = 24 * 3600  # of a stream: what is older is in it no more


class StreamMapping:
    """Batches of a stream, with bisection, partial failures, bounded retries and a destination.

    A record of `deliver` is what GetRecords returns. Order is promised per item only, and every item
    is inserted once, so the caller may give records in any order, and twice. max_age: seconds; None: as long as
    the stream has them. halves_first: a batch whose first record failed is halved, too; where the manual has it
    bisected at the returned sequence number, it does not say what that is for the first.
    """

    def __init__(self, function, table_stream_arn, batch_size=100, bisect=True, retries=10,
                 destination=None, pause=0, max_age=None, window=0, halves_first=False, moments=None):
        self.function = function
        self.pause = pause  # seconds between retries
        self.arn = table_stream_arn
        self.batch_size = batch_size
        self.bisect = bisect
        self.retries = retries
        self.destination = destination
        self.max_age = max_age
        self.window = window
        self.halves_first = halves_first
        self.time = moments or Time()
        self.arrivals = {}  # of sequence numbers
        self.invocations = 0

    def event(self, batch):
        return {"Records": [dict(record, eventSource="aws:dynamodb", eventVersion="1.1",
                                 awsRegion=REGION, eventSourceARN=self.arn) for record in batch]}

    def arrived(self, record):
        return self.arrivals.setdefault(record["dynamodb"]["SequenceNumber"], self.time.now)

    def deliver(self, records, copies=1, shards=1):
        """Sends records through; `copies` of every batch, each shard in parallel."""
        inserts = [record for record in records if record["eventName"] == "INSERT"]
        batches = list(in_windows(inserts, self.batch_size, self.window, self.arrived))
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
        result = None
        while work:
            batch, attempts = work.pop()
            batch = self._young(batch, attempts, result)
            if not batch:
                continue
            self.invocations += 1
            result = self.function.invoke(self.event(batch))
            first = self._first_failure(batch, result)
            if first is None:
                continue
            if first > 0:
                work.append((batch[first:], attempts))
            elif (not result.ok or self.halves_first) and self.bisect and len(batch) > 1:
                middle = len(batch) // 2
                work += [(batch[middle:], attempts), (batch[:middle], attempts)]
            elif attempts >= self.retries:
                self._give_up(batch, attempts + 1, result, "RetryAttemptsExhausted")
            else:
                work.append((batch, attempts + 1))
                self.time.pass_(1)
                time.sleep(self.pause)

    def _young(self, batch, attempts, result):
        """Those that are in the stream still, and young enough; of those that are too old somebody is told."""
        age = {id(record): self.time.now - self.arrived(record) for record in batch}
        left = [record for record in batch if age[id(record)] < RETENTION]
        if self.max_age is None:
            return left
        old = [record for record in left if age[id(record)] > self.max_age]
        if old:
            self._give_up(old, attempts, result, "RecordAgeExceeded")
        return [record for record in left if age[id(record)] <= self.max_age]

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

    def _give_up(self, batch, attempts, result, condition):
        if not self.destination:
            return
        numbers = sorted((record["dynamodb"]["SequenceNumber"] for record in batch), key=sequence)
        record = {
            "requestContext": {"requestId": result.request_id if result else str(uuid.uuid4()),
                               "functionArn": self.function.arn, "condition": condition,
                               "approximateInvokeCount": attempts},
            "version": "1.0", "timestamp": _now(),
            "DDBStreamBatchInfo": {"shardId": "shardId-00000001573689847184-864758bb",
                                   "startSequenceNumber": numbers[0], "endSequenceNumber": numbers[-1],
                                   "approximateArrivalOfFirstRecord": _now(),
                                   "approximateArrivalOfLastRecord": _now(),
                                   "batchSize": len(batch), "streamArn": self.arn},
        }
        if attempts:
            record["responseContext"] = {"statusCode": 200, "executedVersion": "$LATEST",
                                         "functionError": None if result.ok else "Unhandled"}
        self.destination(record)


class QueueMapping:
    """Receives from a real queue, invokes, deletes what was done.

    The rest is invisible until its visibility timeout is over; that passes where nothing else is left to do.
    """

    def __init__(self, function, sqs, url, arn, batch_size=10, visibility=30, moments=None):
        self.function = function
        self.sqs = sqs
        self.url = url
        self.arn = arn
        self.batch_size = batch_size
        self.visibility = visibility
        self.time = moments or Time()
        self.invisible = []  # (when it is seen again, receipt handle) of what failed
        self.lock = threading.Lock()

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
        self._show()
        answer = self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=self.batch_size, WaitTimeSeconds=0,
            VisibilityTimeout=self.visibility, AttributeNames=["All"],
            MessageAttributeNames=["All"])
        return answer.get("Messages", [])

    def _show(self):
        """What has been invisible for long enough is seen again."""
        with self.lock:
            due = [one for one in self.invisible if one[0] <= self.time.now]
            self.invisible = [one for one in self.invisible if one[0] > self.time.now]
        for _, receipt in due:
            with contextlib.suppress(self.sqs.exceptions.ClientError):  # deleted by a copy of its delivery
                self.sqs.change_message_visibility(QueueUrl=self.url, VisibilityTimeout=0, ReceiptHandle=receipt)

    def _next(self):
        """Messages; where none is to be seen, those whose time is over next."""
        messages = self.receive()
        if not messages and self.invisible:
            self.time.pass_(max(0, min(moment for moment, _ in self.invisible) - self.time.now))
            messages = self.receive()
        return messages

    def poll(self, copies=1, at_once=False, throttled=False):
        """One batch. Answers how many messages came and how many of them were done.

        throttled: there is no room for the invocation, and the messages were received in vain.
        """
        messages = self._next()
        if not messages:
            return 0, 0
        event = self.event(messages)
        if throttled:
            results = [None]
        elif at_once:
            with concurrent.futures.ThreadPoolExecutor(copies) as pool:
                results = list(pool.map(self.function.invoke, [event] * copies))
        else:
            results = [self.function.invoke(event) for _ in range(copies)]
        failed = self._failed(messages, results[-1])
        delete(self.sqs, self.url, [message for message in messages if message["MessageId"] not in failed])
        with self.lock:
            self.invisible += [(self.time.now + self.visibility, message["ReceiptHandle"])
                               for message in messages if message["MessageId"] in failed]
        return len(messages), len(messages) - len(failed)

    def poll_at_once(self, batches):
        """So many pollers beside each other, each with its own batch."""
        with concurrent.futures.ThreadPoolExecutor(batches) as pool:
            return list(pool.map(lambda _: self.poll(), range(batches)))

    @staticmethod
    def _failed(messages, result):
        everything = {message["MessageId"] for message in messages}
        if result is None or not result.ok:
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


def delete(sqs, url, messages):
    """At most ten, in one call."""
    if messages:
        answer = sqs.delete_message_batch(QueueUrl=url, Entries=[
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]} for number, message in enumerate(messages)])
        assert not answer.get("Failed"), answer


def dead_letter(sqs, url):
    """A destination: documents go to this queue, as Lambda sends them."""
    return lambda document: sqs.send_message(QueueUrl=url, MessageBody=json.dumps(document))
