"""Records that never got an outcome, judged at an operator's word."""

import pytest
from support import wait_until
from operators_rig import desk, paused, product, reasons  # noqa: F401


def test_records_without_an_outcome_are_settled(desk, paused):
    v = desk.vendor_id
    upload_id = desk.put([product(v, n, sku=f"{v}-{min(n, 200)}") for n in range(1, 251)])
    desk.written(upload_id)
    refusal = desk.run("revalidate", upload_id, "--dry-run", "--json", code=0).json
    assert refusal["records"] == 0 and "--pending" in refusal["warnings"][0]
    plan = desk.prove_dry("revalidate", upload_id, "--pending")
    assert (plan["records"], plan["now_valid"], plan["now_error"], plan["status_after"]) == (250, 200, 50, "partial")
    assert {change["before"] for change in plan["changes"]} == {"pending"}
    done = desk.revalidate(upload_id, "--pending", "--yes", code=3)
    assert done["changes"] == plan["changes"] and done["status"] == "partial"
    assert {item["status"]["S"] for item in desk.items(upload_id).values()} == {"validated", "error"}
    def noticed():
        """the pipeline sends the automatic notice"""
        return desk.notices(upload_id, "completed")
    wait_until(noticed, 60)
    before = desk.state(upload_id)
    assert desk.revalidate(upload_id, "--pending", "--yes", code=0)["changed"] == 0
    paused(True)
    assert desk.state(upload_id)[:5] == before[:5]


def test_rows_that_wait_for_earlier_ones(desk, paused):
    v = desk.vendor_id
    upload_id = desk.put([product(v, 1), product(v, 2, sku=f"{v}-1"), product(v, 3, vendor_product_id="P2"), product(v, 4)])
    desk.written(upload_id)
    plan = desk.revalidate(upload_id, "--pending", "--rows", "3", "--dry-run", code=0)
    assert reasons(plan["changes"]) == {1: ("pending", "valid"), 2: ("pending", "error"), 3: ("pending", "valid")}
    done = desk.revalidate(upload_id, "--pending", "--rows", "3", "--yes")
    assert done["changes"][0]["row_number"] == 3
    assert set(desk.ledger(upload_id)) == {1, 2, 3} and desk.products(upload_id) == {1, 3}
    desk.revalidate(upload_id, "--pending", "--yes", code=0)
    assert desk.history(upload_id)["status"] == "partial"


@pytest.mark.parametrize("admitted", [True, False])
def test_a_parser_that_died_for_good(desk, paused, admitted):
    v = desk.vendor_id
    upload_id = desk.put([product(v, n, price="x" if n == 7 else "1") for n in range(1, 41)])
    desk.written(upload_id)
    desk.drop_items(upload_id, range(1 if not admitted else 11, 41))
    desk.database.execute(
        "UPDATE upload_history SET items_written_at = NULL, total_records = CASE WHEN %s THEN total_records ELSE 0 END"
        " WHERE upload_id = %s", [admitted, upload_id])
    plan = desk.prove_dry("revalidate", upload_id, "--pending")
    assert plan["take_in_again"] and (plan["now_valid"], plan["now_error"]) == (39, 1)
    done = desk.revalidate(upload_id, "--pending", "--yes", code=3)
    assert (done["items_written"], done["status"]) == (30 if admitted else 40, "partial")
    assert reasons(done["changes"]) == reasons(plan["changes"])
    assert len(desk.items(upload_id)) == 40 and len(desk.products(upload_id)) == 39


def test_an_item_that_was_taken_out_comes_back_from_the_file(desk, paused):
    v = desk.vendor_id
    upload_id = desk.put([product(v, n) for n in range(1, 6)])
    desk.written(upload_id)
    desk.drop_items(upload_id, [2, 4])
    plan = desk.revalidate(upload_id, "--pending", "--dry-run", code=0)
    assert (plan["not_written"], plan["now_valid"]) == (2, 5)
    done = desk.revalidate(upload_id, "--pending", "--yes", code=0)
    assert (done["items_written"], done["status"]) == (2, "completed")


def test_the_object_is_gone(desk, paused):
    upload_id = desk.put([product(desk.vendor_id, n) for n in range(1, 6)])
    desk.written(upload_id)
    desk.drop_items(upload_id, [3])
    history = desk.history(upload_id)
    desk.s3.delete_object(Bucket=history["bucket"], Key=history["s3_key"], VersionId=history["object_version"])
    plan = desk.revalidate(upload_id, "--pending", "--dry-run", code=0)
    assert (plan["now_valid"], plan["not_judged"]) == (4, 1)
    assert any("upload the file again" in warning for warning in plan["warnings"])
    done = desk.revalidate(upload_id, "--pending", "--yes", code=3)
    assert (done["now_valid"], done["not_judged"], done["status"]) == (4, 1, "processing")


def test_a_stuck_upload_is_found_explained_and_mended(desk, paused):
    v = desk.vendor_id
    upload_id = desk.put([product(v, n) for n in range(1, 31)])
    desk.written(upload_id)
    desk.drop_items(upload_id, [5, 6, 7])
    desk.database.execute(
        "UPDATE upload_history SET upload_timestamp = now() - interval '1 hour', processing_started_at = now() - interval"
        " '1 hour', pipeline_owner_at = NULL, items_written_at = now() - interval '50 minutes' WHERE upload_id = %s",
        [upload_id])
    listed = desk.run("uploads", "--vendor", v, role="viewer", code=0)
    assert "stuck" in listed.stdout and f"intake revalidate {upload_id} --pending" in listed.stderr
    assert "30 of 30 records have no outcome: rows 1-30" in listed.stderr
    shown = desk.run("upload", upload_id, role="viewer", code=0).stdout
    assert "3 of these are not in the table" in shown and "27 of these are in the table" in shown
    document = desk.run("upload", upload_id, "--json", role="viewer", code=0).json
    assert document["stuck"] and document["remedy"] == f"intake revalidate {upload_id} --pending"
    desk.revalidate(upload_id, "--pending", "--yes", code=0)
    assert desk.history(upload_id)["status"] == "completed"
    mended = desk.run("upload", upload_id, "--json", code=0).json
    assert (mended["explanation"], mended["remedy"]) == ([], None)


@pytest.fixture
def dead(desk):
    """dead("csv-parser-dlq") is a message there; all that are there go with the test."""
    sqs, urls = desk.stack.client("sqs"), []

    def send(queue):
        urls.append(sqs.get_queue_url(QueueName=queue)["QueueUrl"])
        sqs.send_message(QueueUrl=urls[-1], MessageBody="{}")

    yield send
    for url in urls:
        sqs.purge_queue(QueueUrl=url)


def test_a_stuck_upload_names_the_dead_letters_that_may_be_its_own(desk, paused, dead):
    upload_id = desk.put([product(desk.vendor_id, n) for n in range(1, 4)])
    desk.written(upload_id)
    desk.database.execute(
        "UPDATE upload_history SET upload_timestamp = now() - interval '1 hour', processing_started_at = now() - interval"
        " '1 hour', pipeline_owner_at = NULL, items_written_at = NULL WHERE upload_id = %s", [upload_id])
    def explained():
        return " ".join(desk.run("upload", upload_id, code=0).stdout.split())
    dead("product-validator-dlq")
    assert "batches of the validator failed permanently, possibly including these: intake dlq peek" in explained()
    assert "intake dlq peek product-validator-dlq" in explained() and "invocations of the parser" not in explained()
    dead("csv-parser-dlq")
    assert "possibly this one: intake dlq peek csv-parser-dlq" in explained()
    assert "intake dlq peek product-validator-dlq" in explained()


def test_what_a_dead_validator_left(desk):
    upload_id = desk.submit([product(desk.vendor_id, n, price="x" if n == 2 else "1") for n in range(1, 5)])
    for row in (1, 2):
        desk.table.update_item(
            TableName=desk.names["DYNAMODB_TABLE"], Key={"upload_id": {"S": upload_id}, "record_id": {"S": f"REC_{row:05}"}},
            UpdateExpression="SET #s = :p", ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":p": {"S": "pending_validation"}})
    desk.database.execute("UPDATE upload_records SET item_marked_at = NULL WHERE upload_id = %s AND row_number <= 2", [upload_id])
    desk.database.execute(
        "INSERT INTO outbox (upload_id, body) VALUES (%s, json_build_object('type', 'upload_finished', 'upload_id', %s::text,"
        " 'vendor_id', %s::text, 'status', 'partial', 'timestamp', '2026-03-01T00:00:00Z')::text)",
        [upload_id, upload_id, desk.vendor_id])
    plan = desk.prove_dry("revalidate", upload_id, "--pending")
    assert (plan["items_unmarked"], plan["outbox_waiting"], plan["records"]) == (2, 1, 0)
    done = desk.revalidate(upload_id, "--pending", "--yes", code=0)
    assert done["messages_sent"] >= 1
    assert {n: item["status"]["S"] for n, item in desk.items(upload_id).items()} == {
        1: "validated", 2: "error", 3: "validated", 4: "validated"}
    assert len(desk.notices(upload_id, "completed")) == 1


@pytest.mark.parametrize("content", ["valid", "refused"])
def test_what_the_error_queue_refused_has_a_way_back(desk, content):
    if content == "valid":
        upload_id = desk.submit([product(desk.vendor_id, n) for n in range(1, 4)])
    else:
        upload_id = desk.submit("no,known,column\n1,2,3\n")
    desk.database.execute("DELETE FROM notifications WHERE upload_id = %s", [upload_id])
    desk.database.execute(
        "INSERT INTO outbox (upload_id, body, refused_at, refusal) VALUES (%s, json_build_object('type',"
        " 'upload_finished', 'upload_id', %s::text, 'vendor_id', %s::text, 'status', 'completed', 'timestamp',"
        " '2026-03-01T00:00:00Z')::text, now(), 'Throttled')", [upload_id, upload_id, desk.vendor_id])
    shown = desk.run("upload", upload_id, "--json", code=0).json
    assert shown["remedy"] == f"intake revalidate {upload_id} --pending"
    plan = desk.prove_dry("revalidate", upload_id, "--pending")
    assert (plan["outbox_waiting"], plan["outbox_refused"]) == (0, 1)
    done = desk.revalidate(upload_id, "--pending", "--yes", code=0)
    assert done["messages_sent"] >= 1
    assert not desk.database.execute("SELECT 1 FROM outbox WHERE upload_id = %s", [upload_id]).fetchall()
    def noticed():
        """the notice goes out by the queue"""
        return desk.notices(upload_id, "completed")
    assert len(wait_until(noticed, 30)) == 1


def test_an_upload_whose_records_are_lost_is_ended(desk, paused):
    upload_id = desk.put([product(desk.vendor_id, n) for n in range(1, 6)])
    desk.written(upload_id)
    desk.drop_items(upload_id, [3])
    history = desk.history(upload_id)
    desk.s3.delete_object(Bucket=history["bucket"], Key=history["s3_key"], VersionId=history["object_version"])
    desk.database.execute("UPDATE upload_history SET upload_timestamp = now() - interval '1 hour',"
                          " processing_started_at = now() - interval '1 hour', items_written_at = now() -"
                          " interval '1 hour', pipeline_owner_at = now() - interval '1 hour'"
                          " WHERE upload_id = %s", [upload_id])
    way_on = desk.run("upload", upload_id, "--json", code=0).json["remedy"]
    assert way_on == f"intake revalidate {upload_id} --pending --end"
    desk.run("revalidate", upload_id, "--end", "--yes", code=2)
    done = desk.revalidate(upload_id, "--pending", "--end", "--yes")
    assert (done["now_valid"], done["status"]) == (4, "failed")
    ended = desk.history(upload_id)
    assert ended["failure_code"] == "OBJECT_GONE"
    assert (ended["total_records"], ended["valid_records"], ended["error_records"]) == (4, 4, 0)


def test_an_upload_of_a_deleted_vendor_is_ended(desk, paused):
    upload_id = desk.put([product(desk.vendor_id, n) for n in range(1, 4)])
    desk.written(upload_id)
    desk.database.execute("DELETE FROM vendors WHERE vendor_id = %s", [desk.vendor_id])
    assert desk.run("upload", upload_id, "--json", code=0).json["remedy"].endswith("--pending --end")
    refused = desk.run("revalidate", upload_id, "--pending", "--yes")
    assert refused.returncode != 0 and "--pending --end" in refused.stderr
    desk.revalidate(upload_id, "--pending", "--end", "--yes")
    ended = desk.history(upload_id)
    assert (ended["status"], ended["failure_code"], ended["total_records"]) == ("failed", "UNKNOWN_VENDOR", 0)


def test_items_that_differ_from_the_ledger_are_counted_and_mended(desk):
    """A put that came late after all: nobody but this comparison can know."""
    v = desk.vendor_id
    upload_id = desk.submit([product(v, 1), product(v, 2, price="x"), product(v, 3)])
    for row in (1, 2):
        desk.table.update_item(
            TableName=desk.names["DYNAMODB_TABLE"], Key={"upload_id": {"S": upload_id},
                                                         "record_id": {"S": f"REC_{row:05}"}},
            UpdateExpression="SET #s = :s REMOVE processed_at", ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":s": {"S": "pending_validation"}})
    checks = desk.run("doctor", "--json").json["checks"]
    seen = next(check for check in checks if check["name"] == "items and ledger")
    assert seen["status"] == "warn" and upload_id in seen["remedy"], seen
    desk.revalidate(upload_id, "--pending", "--yes", code=0)
    assert {row: item["status"]["S"] for row, item in desk.items(upload_id).items()} == \
        {1: "validated", 2: "error", 3: "validated"}


def test_judged_records_are_not_written_again(desk, paused):
    """What was judged and whose item is gone stays gone, though its upload is taken in again."""
    v = desk.vendor_id
    upload_id = desk.put([product(v, n) for n in range(1, 5)])
    desk.written(upload_id)
    desk.revalidate(upload_id, "--pending", "--rows", "1-2", "--yes", code=0)
    desk.drop_items(upload_id, [1, 2, 3])
    done = desk.revalidate(upload_id, "--pending", "--yes", code=0)
    assert (done["items_written"], done["status"]) == (1, "completed")
    assert sorted(desk.items(upload_id)) == [3, 4]
