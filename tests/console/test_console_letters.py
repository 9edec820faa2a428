"""A dead letter that was peeked: its body in lines, and the way to its upload, vendor and queue and back."""

import json
import re

QUEUE = "product-validation-errors-dlq"


def test_a_message_an_upload_and_a_queue_lead_to_each_other(live, upload, stack):
    upload_id = upload()
    vendor = upload_id.rsplit("_", 1)[1]
    queue = stack.client("sqs")
    url = queue.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    queue.purge_queue(QueueUrl=url)
    body = {"upload_id": upload_id, "vendor_id": vendor, "record_id": "REC_00002", "row_number": 2,
            "error_type": "INVALID_PRICE", "error_message": "price", "errors": [{"type": "INVALID_PRICE"}],
            "product_data": {"price": "1.999"}, "timestamp": "2026-04-01T08:00:00Z"}
    queue.send_message(QueueUrl=url, MessageBody=json.dumps(body))
    queue.send_message(QueueUrl=url, MessageBody="{no JSON, " + upload_id)
    with live(60, 170) as t:
        t.wait("role operator")
        t.press("4")
        t.wait(lambda t: re.search(QUEUE + r" +2 ", t.text), "two messages")
        t.press("P")
        t.wait("each receive count + 1")
        t.press("y")
        t.wait("all returned to the queue").wait("REC_00002")
        t.press("J")
        t.wait("jump to")
        t.press("esc", "/")
        t.type("type:INVALID_PR")
        t.press("tab")
        t.wait("type:INVALID_PRICE")
        t.press("ctrl-u")
        t.type("REC_00002")
        t.press("enter")
        t.wait(lambda t: "REC_00002" in (t.selected() or ""))
        t.press("J", "m")
        t.wait(" Message " + QUEUE)
        t.wait('  "row_number": 2,').wait('    "price": "1.999"')
        t.press("J", "v")
        t.wait(" Vendor " + vendor)
        t.press("esc")
        t.wait(" Message " + QUEUE)
        t.press("J", "u")
        t.wait("Timeline (UTC)")
        t.wait("dead letter in " + QUEUE)
        t.press("/")
        t.type("dead letter in")
        t.press("enter", "tab")
        t.wait(lambda t: "dead letter in " + QUEUE in (t.selected() or ""))
        t.press("enter")
        t.wait(" Message " + QUEUE).wait('"record_id": "REC_00002"')
        t.press("J", "b")
        t.wait(" Dead letters of " + upload_id).wait("dead letter in " + QUEUE)
        t.press("!")
        t.wait(lambda t: re.search(r"Dead letters +2 in " + QUEUE + r", the oldest \d+[smh]|Dead letters +2 in " + QUEUE, t.text))
    queue.purge_queue(QueueUrl=url)


def test_the_report_of_an_upload_is_read_from_the_bucket(live, upload):
    upload_id = upload("Hats of the report")
    with live(60, 170) as t:
        t.wait("aws ok")
        t.paste(upload_id)
        t.wait("Timeline (UTC)")
        t.press("J", "i")
        t.wait("Error report").wait("Rejected records, to fix")
        assert "Hats of the report" in t.text and "Cannot be read" not in t.text
