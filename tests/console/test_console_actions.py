"""Actions from the keyboard on the local stack: plan first, another key to apply, then what came of it."""

import json
import re

from live_steps import apply, go_to

QUEUE = "product-validation-errors-dlq"


def test_a_newcomers_walk_mend_validate_again_and_tell_the_vendor(live, upload, database, run_intake):
    upload_id = upload("Hats of the walk")
    with live() as t:
        go_to(t, upload_id)
        t.press("e")
        t.wait("By type")
        t.press("e")
        t.wait(lambda t: "MESSAGE" in t.text and "Hats of the walk" in (t.selected() or ""))
        t.press("enter")
        t.wait("As the vendor wrote it")
        assert any(line.strip().startswith("! category") for line in t.lines)
        database.execute("INSERT INTO product_categories (category_name) VALUES ('Hats of the walk')")
        t.press("esc", "esc", "esc")
        t.wait(lambda t: "Records" in t.text)
        t.press("R")
        apply(t)
        t.wait("1 now valid")
        t.press("esc")
        t.wait("completed")
        t.press("E")
        apply(t)
        t.wait("accepted by SNS")
        t.press("esc")
        t.wait(lambda t: "completed" in t.text)
    done = run_intake("upload", upload_id, "--json", code=0)
    assert done.json["status"] == "completed" and done.json["error_records"] == 0
    assert {n["kind"] for n in done.json["notifications"]} == {"completed", "resend"}


def test_a_plan_that_is_left_changes_nothing(live, upload, run_intake):
    upload_id = upload()
    with live() as t:
        go_to(t, upload_id)
        t.press("E")
        t.wait("press A to apply")
        t.press("y", "enter", "n")
        t.press("A")
        t.wait("reason, for the audit log")
        t.press("esc")
        t.wait("not applied")
        t.press("esc")
        t.wait("Records")
    notices = run_intake("upload", upload_id, "--json").json["notifications"]
    assert [notice for notice in notices if notice["kind"] == "resend"] == []


def test_roles_and_read_only_say_no_before_anything_is_asked(live, upload):
    upload_id = upload()
    with live(role="viewer") as t:
        t.wait("role viewer")
        go_to(t, upload_id)
        t.press("E")
        t.wait("your role is viewer")
        t.press("?")
        t.wait("requires the role operator")
    with live(role="support") as t:
        t.wait("role support")
        go_to(t, upload_id)
        t.press("R")
        t.wait("requires the role operator; your role is support")
        t.press("E")
        t.wait("press A to apply")


def test_dead_letters_are_peeked_marked_and_replayed(live, upload, stack):
    upload_id = upload()
    queue = stack.client("sqs")
    url = queue.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    queue.purge_queue(QueueUrl=url)
    for n in range(4):
        body = {"upload_id": upload_id, "vendor_id": upload_id.rsplit("_", 1)[1], "record_id": f"REC_{n:05}",
                "row_number": n, "error_type": "INVALID_PRICE", "error_message": f"price {n}.999 \x1b[31m",
                "errors": [], "product_data": {}, "timestamp": "2026-04-01T08:00:00Z"}
        queue.send_message(QueueUrl=url, MessageBody=json.dumps(body))

    def depth():
        answer = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return int(answer["ApproximateNumberOfMessages"]), int(answer["ApproximateNumberOfMessagesNotVisible"])

    with live() as t:
        t.wait("role operator")
        t.press("4")
        t.wait(lambda t: re.search(QUEUE + r" +4 ", t.text), "four messages")
        t.press("P")
        t.wait("each receive count + 1")
        t.press("y")
        t.wait("all returned to the queue")
        t.wait("REC_00003")
        assert depth() == (4, 0)
        t.press("space", "space")
        t.wait(lambda t: sum(line.startswith("*") for line in t.lines) == 2)
        t.press("R")
        t.wait("Receive the queue (each receive count + 1)")
        t.press("y")
        t.wait("Replay 2 messages")
        apply(t)
        t.wait("2 replayed, 0 failed")
        t.press("esc")
        t.wait(lambda t: t.text.count(" moved ") == 2 and not any(line.startswith("*") for line in t.lines))
        t.press("R")
        t.wait("Receive the queue (each receive count + 1)")
        t.press("y")
        t.wait("press A to apply")
        assert depth()[1] >= 1
        t.press("q", "q", "q", "q")
        assert t.exit_code() == 0
    assert depth() == (2, 0)
