"""Everything that a pipeline left behind, read once: plain lists and dictionaries, for the judge.

A snapshot can be taken from a running rig, copied, and damaged on purpose.
"""

import dataclasses
import json

from boto3.dynamodb.types import TypeDeserializer

TABLES = {
    "uploads": "upload_history", "products": "products", "violations": "validation_errors",
    "ledger": "upload_records", "notifications": "notifications", "outbox": "outbox",
    "reports": "upload_reports"}


@dataclasses.dataclass
class Snapshot:
    """Rows of the tables; items of DynamoDB; what waits in queues; what was said to whom.

    items: plain values. queues: name to bodies. published: notices that reached a topic (topic, subject,
    body, attributes). delivered: those that came out of it. messages: what reached the error queue
    (body, attributes). objects: key to its versions, the newest first.
    """

    uploads: list
    products: list
    violations: list
    ledger: list
    notifications: list
    outbox: list
    reports: list
    items: list
    queues: dict
    published: list
    delivered: list
    messages: list
    objects: dict
    vendor_topic: str


def take(rig):
    tables = {name: rig.query("SELECT * FROM " + table) for name, table in TABLES.items()}
    unmarked = {tuple(row.values()) for row in rig.query("SELECT upload_id, row_number FROM unmarked_records")}
    for row in tables["ledger"]:
        if (row["upload_id"], row["row_number"]) in unmarked:
            row["item_marked_at"] = None
    queues = {"error queue": rig.error_queue, "error dead letters": rig.error_dlq,
              "parser's dead letters": rig.parser_dlq,
              "validator's dead letters": rig.validator_dlq}
    alarms = [json.loads(message["Body"]) for message in rig.messages(rig.alarm_inbox)]
    return Snapshot(
        **tables, items=_items(rig),
        queues={name: [message["Body"] for message in rig.messages(url)] for name, url in queues.items()},
        published=rig.aws.sent("sns", "Publish"),
        delivered=[_delivery(notice) for notice in rig.notices() + alarms],
        messages=[{"body": json.loads(entry["body"]), "attributes": entry["attributes"]}
                  for batch in rig.aws.sent("sqs", "SendMessageBatch") for entry in batch],
        objects=_objects(rig), vendor_topic=rig.topic)


def _items(rig):
    read = TypeDeserializer().deserialize
    pages = rig.dynamodb.get_paginator("scan").paginate(TableName=rig.table, ConsistentRead=True)
    return [{name: read(value) for name, value in item.items()}
            for page in pages for item in page["Items"]]


def _delivery(notice):
    return {"message_id": notice["MessageId"], "topic": notice["TopicArn"],
            "subject": notice.get("Subject"), "body": notice["Message"],
            "attributes": {name: value["Value"]
                           for name, value in notice.get("MessageAttributes", {}).items()}}


def _objects(rig):
    found = {}
    pages = rig.s3.get_paginator("list_object_versions").paginate(Bucket=rig.bucket,
                                                                  Prefix="errors/")
    for page in pages:
        for version in page.get("Versions", []):
            got = rig.s3.get_object(Bucket=rig.bucket, Key=version["Key"],
                                    VersionId=version["VersionId"])
            found.setdefault(version["Key"], []).append({
                "version_id": version["VersionId"], "latest": version["IsLatest"],
                "body": got["Body"].read(), "content_type": got["ContentType"],
                "metadata": got["Metadata"]})
    for versions in found.values():
        versions.sort(key=lambda version: not version["latest"])
    return found
