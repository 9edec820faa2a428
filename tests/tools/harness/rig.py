"""One isolated pipeline: its own bucket, table, queues, topic, secret and database, and the three real
functions behind proxies that count and break.

Nothing of it is seen by the functions that `make up` deployed, so tests may stop, kill and repeat as
they like, side by side.
"""

import contextlib
import functools
import hashlib
import json
import os
import pathlib
import random
import subprocess
import time
import urllib.parse

import psycopg
import psycopg.rows

from . import clients, points, triggers
from .aws_proxy import AwsProxy
from .pg_proxy import PgProxy
from .runtime_api import Function

ROOT = pathlib.Path(__file__).resolve().parents[3]
REGION = triggers.REGION
LOGIN, PASSWORD = "harness_pipeline", "harness"
LOGINS = {LOGIN: "intake_pipeline", "harness_operator": "intake_operator"}
ADVISORY_LOCK = 7264001


def _owner(dsn, database):
    address = urllib.parse.urlsplit(dsn)
    return urllib.parse.urlunsplit(address._replace(path="/" + database))


def migrate(dsn, program):
    environment = dict(os.environ, INTAKE_ADMIN_DATABASE_URL=dsn, INTAKE_DATABASE_URL=dsn)
    subprocess.run([program, "migrate", "--yes"], env=environment, check=True,
                   stdout=subprocess.DEVNULL)


def make_database(dsn, name, program):
    """A migrated database with the sample vendors, copied from a template made once a cluster."""
    template = "harness_" + _schema_digest()
    with psycopg.connect(dsn, autocommit=True) as link:
        link.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        known = link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone()
        if not known:
            link.execute('CREATE DATABASE "%s_new"' % template)
            try:
                migrate(_owner(dsn, template + "_new"), program)
                with psycopg.connect(_owner(dsn, template + "_new"), autocommit=True) as inner:
                    inner.execute((ROOT / "sql/samples.sql").read_text())
                link.execute('ALTER DATABASE "%s_new" RENAME TO "%s"' % (template, template))
            except BaseException:
                link.execute('DROP DATABASE "%s_new"' % template)
                raise
        for login, role in LOGINS.items():
            link.execute("DO $$ BEGIN CREATE ROLE %s LOGIN PASSWORD '%s'; EXCEPTION WHEN "
                         "duplicate_object THEN NULL; END $$" % (login, PASSWORD))
            link.execute("GRANT %s TO %s" % (role, login))
        copy = " STRATEGY file_copy" if link.info.server_version >= 150000 else ""  # half the processor time
        link.execute('CREATE DATABASE "%s" TEMPLATE "%s"%s' % (name, template, copy))
        link.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def _schema_digest():
    digest = hashlib.sha256()
    for path in sorted((ROOT / "sql/migrations").glob("*.sql")) + [ROOT / "sql/roles.sql"]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


class Rig:
    """endpoint: the emulator; dsn: the cluster's owner, any database; build: where bootstraps are.

    with_points: named points kill and clocks can be wrong (see `points`).
    """

    def __init__(self, endpoint, dsn, build, folder, seed=0, timeout=20, with_points=False):
        self.name = triggers.unique("rig")
        self.random = random.Random(seed)
        self.folder = pathlib.Path(folder)
        self.build = pathlib.Path(build)
        self.dsn = _owner(dsn, self.name)
        self.admin_dsn = dsn
        self.position = None
        self.seen = {}  # records of the stream by sequence number
        self.delivered = []
        make_database(dsn, self.name, self.build / "intake")
        address = urllib.parse.urlsplit(dsn)
        self.aws = AwsProxy(endpoint)
        self.pg = PgProxy(address.hostname, address.port)
        self._make_resources(endpoint)
        self.points = points.Points(self.folder, self.build) if with_points else None
        self.functions = {}
        for name in ("csv-parser", "product-validator", "error-processor"):
            self.functions[name] = Function(
                name, self.build / "lambda" / name / "bootstrap", self._environment(name),
                self.folder / (name + ".log"), timeout)
        self.parser, self.validator, self.processor = self.functions.values()
        self.time = triggers.Time()
        self.upload_trigger = triggers.AsyncInvoke(
            self.parser, triggers.dead_letter(self.sqs, self.parser_dlq), moments=self.time)
        self.stream = triggers.StreamMapping(
            self.validator, self.stream_arn, max_age=21600, moments=self.time,
            destination=triggers.dead_letter(self.sqs, self.validator_dlq))
        self.queue = triggers.QueueMapping(self.processor, self.sqs, self.error_queue,
                                           self._arn(self.error_queue), moments=self.time)

    def _make_resources(self, endpoint):
        for service in ("s3", "dynamodb", "dynamodbstreams", "sqs", "sns", "secretsmanager"):
            setattr(self, service, clients.client(service, endpoint, REGION, "test", "test", retries=2))
        self.bucket = self.name + "-uploads"
        self.s3.create_bucket(Bucket=self.bucket)
        self.s3.put_bucket_versioning(Bucket=self.bucket,
                                      VersioningConfiguration={"Status": "Enabled"})
        self.table = self.name
        made = self.dynamodb.create_table(
            TableName=self.table, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"}
                                  for name in ("upload_id", "record_id", "vendor_id")],
            KeySchema=[{"AttributeName": "upload_id", "KeyType": "HASH"},
                       {"AttributeName": "record_id", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[{
                "IndexName": "VendorIndex", "Projection": {"ProjectionType": "ALL"},
                "KeySchema": [{"AttributeName": "vendor_id", "KeyType": "HASH"}]}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
        self.stream_arn = made["TableDescription"]["LatestStreamArn"]
        self.error_dlq = self._queue("error-dlq")
        self.parser_dlq = self._queue("parser-dlq")
        self.validator_dlq = self._queue("validator-dlq")
        self.error_queue = self._queue("errors", RedrivePolicy=json.dumps(
            {"deadLetterTargetArn": self._arn(self.error_dlq), "maxReceiveCount": 3}))
        self.topic = self.sns.create_topic(Name=self.name + "-notices")["TopicArn"]
        self.alarms = self.sns.create_topic(Name=self.name + "-alarms")["TopicArn"]
        self.inbox = self._queue("inbox")
        self.alarm_inbox = self._queue("alarm-inbox")
        for topic, queue in ((self.topic, self.inbox), (self.alarms, self.alarm_inbox)):
            self.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({
                "Version": "2012-10-17", "Statement": [{
                    "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
                    "Action": "sqs:SendMessage", "Resource": self._arn(queue)}]})})
            self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=self._arn(queue))
        self.secret = self.name + "/rds/credentials"
        self.secretsmanager.create_secret(Name=self.secret,
                                          SecretString=json.dumps(self.secret_document()))

    def secret_document(self, **changes):
        return dict({"username": LOGIN, "password": PASSWORD, "host": "127.0.0.1",
                     "port": self.pg.port, "dbname": self.name, "sslmode": "disable"}, **changes)

    def _queue(self, suffix, **attributes):
        return self.sqs.create_queue(QueueName="%s-%s" % (self.name, suffix),
                                     Attributes=attributes)["QueueUrl"]

    @staticmethod
    def _arn(url):
        """The account and the name are the last parts of a queue's address."""
        return "arn:aws:sqs:%s:%s:%s" % (REGION, *url.rsplit("/", 2)[1:])

    def plain_environment(self):
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": self.aws.url, "DYNAMODB_TABLE": self.table,
            "RDS_SECRET_NAME": self.secret, "SQS_ERROR_QUEUE_URL": self.error_queue,
            "S3_BUCKET_NAME": self.bucket, "SNS_TOPIC_ARN": self.topic,
            "SNS_ALARM_TOPIC_ARN": self.alarms, "LOG_LEVEL": "INFO"}

    def _environment(self, function):
        environment = self.plain_environment()
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        if self.points:
            environment.update(self.points.environment(function))
            environment["ASAN_OPTIONS"] = environment.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        return environment

    def put(self, key, body):
        """Puts an object and answers the event that S3 would send."""
        put = self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return triggers.s3_event(self.bucket, key, put.get("VersionId"), size=len(body), etag=put["ETag"].strip('"'))

    def stream_records(self):
        """What the table's stream has since the last call, in its own order."""
        if self.position is None:
            shards = self.dynamodbstreams.describe_stream(StreamArn=self.stream_arn)
            shard = shards["StreamDescription"]["Shards"][0]["ShardId"]
            self.position = self.dynamodbstreams.get_shard_iterator(
                StreamArn=self.stream_arn, ShardId=shard,
                ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        found = []
        while True:
            answer = self.dynamodbstreams.get_records(ShardIterator=self.position, Limit=1000)
            self.position = answer["NextShardIterator"]
            found += [_plain(record) for record in answer["Records"]]
            if not answer["Records"]:
                self.seen.update((r["dynamodb"]["SequenceNumber"], r) for r in found)
                return found

    def replay_stream(self):
        """A mapping that is made anew begins at TRIM_HORIZON: all that the stream still has comes again."""
        self.stream.deliver(self._in_order())

    def _in_order(self):
        return [self.seen[number] for number in sorted(self.seen, key=triggers.sequence)]

    def run_stream(self, shuffle=False, copies=1, shards=1):
        records = self.stream_records()
        if shuffle:
            self.random.shuffle(records)
        self.stream.deliver(records, copies=copies, shards=shards)
        return records

    def settle(self, seconds=180):
        """Ordinary deliveries until nothing moves any more."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            moved = self.stream_records()
            self.stream.deliver(moved)
            if not moved and not self.queue.drain():
                return
        raise TimeoutError("the pipeline did not come to rest")

    def settle_all(self):
        """And what an operator does with dead letters, until there are none."""
        self.settle()
        while self.redrive():
            self.settle()

    def age(self, minutes=10):
        """As if so much time had gone by for all that waits."""
        for table, columns in (("outbox", ["created_at"]), ("upload_records", ["judged_at"]),
                               ("marks_due", ["judged_at"]),
                               ("notifications", ["claimed_at"]),
                               ("upload_history", ["upload_timestamp", "processing_started_at",
                                                   "processing_completed_at", "items_written_at", "swept_at",
                                                   "items_doubted_at"])):
            self.execute("UPDATE %s SET %s" % (table, ", ".join(
                "%s = %s - interval '%d minutes'" % (column, column, minutes) for column in columns)))

    def tick(self):
        """The schedule's call: the processor sweeps."""
        return self.processor.invoke(triggers.TICK)

    def heal(self):
        """No faults from now on; raises where one of them never fired."""
        self.pg.heal()
        self.aws.heal()

    def redrive(self):
        """What an operator does after an outage: every dead letter goes its way again."""
        dead = [self.messages(url) for url in (self.parser_dlq, self.validator_dlq,
                                               self.error_dlq)]
        for message in dead[0]:
            self.upload_trigger.send(json.loads(message["Body"])["requestPayload"])
        for message in dead[1]:
            batch = json.loads(message["Body"])["DDBStreamBatchInfo"]
            first, last = (triggers.sequence(batch[end]) for end in ("startSequenceNumber", "endSequenceNumber"))
            again = [record for record in self._in_order() if
                     first <= triggers.sequence(record["dynamodb"]["SequenceNumber"]) <= last]
            for record in again:  # an operator's replay is no delivery of the mapping: it has no age
                self.stream.arrivals.pop(record["dynamodb"]["SequenceNumber"], None)
            self.stream.deliver(again)
        for message in dead[2]:
            self.sqs.send_message(QueueUrl=self.error_queue, MessageBody=message["Body"],
                                  MessageAttributes=message.get("MessageAttributes", {}))
        return sum(map(len, dead))

    @functools.cached_property
    def database(self):
        """The owner's own connection, past the proxy."""
        return psycopg.connect(self.dsn, autocommit=True, row_factory=psycopg.rows.dict_row)

    def query(self, text, *parameters):
        return self.database.execute(text, parameters or None).fetchall()

    def execute(self, text, *parameters):
        self.database.execute(text, parameters or None)

    def uploads(self):
        return self.query("SELECT * FROM upload_history ORDER BY upload_id")

    def messages(self, url, limit=1000):
        """Takes every message out of a queue."""
        found = []
        while len(found) < limit:
            answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10,
                                              MessageAttributeNames=["All"])
            if not answer.get("Messages"):
                return found
            triggers.delete(self.sqs, url, answer["Messages"])
            found += answer["Messages"]
        return found

    def notices(self):
        """What the vendors' topic has delivered until now."""
        self.delivered += [json.loads(message["Body"]) for message in self.messages(self.inbox)]
        return list(self.delivered)

    def object(self, key):
        """An object's bytes and its number of versions; None, 0 where there is none."""
        versions = self.s3.list_object_versions(Bucket=self.bucket, Prefix=key).get("Versions", [])
        if not versions:
            return None, 0
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read(), len(versions)

    def items(self, upload_id):
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table, KeyConditionExpression="upload_id = :u", ConsistentRead=True,
            ExpressionAttributeValues={":u": {"S": upload_id}})
        return [item for page in pages for item in page["Items"]]

    def stop(self):
        with contextlib.ExitStack() as last:
            last.callback(self._drop_database)
            last.callback(self.pg.stop)
            last.callback(self.aws.stop)
            for function in self.functions.values():
                last.callback(function.stop)

    def _drop_database(self):
        self.database.close()
        with contextlib.suppress(psycopg.Error):
            with psycopg.connect(self.admin_dsn, autocommit=True) as link:
                link.execute('DROP DATABASE IF EXISTS "%s" WITH (FORCE)' % self.name)


def _plain(record):
    """A record of GetRecords as it stands in an event: times as numbers."""
    change = dict(record["dynamodb"])
    moment = change.get("ApproximateCreationDateTime")
    if hasattr(moment, "timestamp"):
        change["ApproximateCreationDateTime"] = int(moment.timestamp())
    return {"eventID": record["eventID"], "eventName": record["eventName"], "dynamodb": change}
