"""What one shift tells the next: acknowledged, notes, who has it, the handover; and who may."""

import uuid

import pytest


@pytest.fixture(scope="module")
def vendor(stack):
    with stack.connect() as database:
        database.execute("INSERT INTO vendors (vendor_id, vendor_name, email, status)"
                         " VALUES ('SHIFTY', 'Shifty', 'shifty@example.com', 'active')")
    return "SHIFTY"


@pytest.fixture
def failed(stack, vendor):
    """A refused upload of its own for each test, made without the pipeline."""
    name = f"UPLOAD_20260301_090000_{uuid.uuid4().hex[:8].upper()}"
    with stack.connect() as database:
        database.execute(
            "INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, bucket, object_version, status,"
            " failure_code, failure_reason, processing_completed_at, upload_timestamp)"
            " VALUES (%s, %s, 'f.csv', %s, 'b', 'v', 'failed', 'MALFORMED_CSV', 'broken', now(), now())",
            [name, vendor, name])
    yield name
    with stack.connect() as database:
        database.execute("DELETE FROM upload_history WHERE upload_id = %s", [name])


def shown(run_intake, upload):
    return run_intake("upload", upload, "--json", code=0).json


def audit(run_intake, upload):
    return run_intake("audit", "--json", "--target", upload, code=0).json


def test_an_acknowledged_upload_is_marked_and_comes_back_with_news(run_intake, stack, failed):
    assert shown(run_intake, failed)["acknowledged"] is None
    done = run_intake("ack", failed, "known to the vendor", "--json", "--yes", code=0).json
    assert done["changed"] and done["acknowledged"]["text"] == "known to the vendor"
    seen = shown(run_intake, failed)["acknowledged"]
    assert seen["text"] == "known to the vendor" and seen["by"] and seen["until"] is None
    [row] = [row for row in run_intake("uploads", "--json", "--vendor", "SHIFTY", code=0).json if row["upload_id"] == failed]
    assert row["acknowledged"] is True
    [entry] = audit(run_intake, failed)
    assert (entry["action"], entry["outcome"]) == ("ack", "done") and entry["plan"]["text"] == "known to the vendor"
    assert entry["detail"]["changed"] is True
    with stack.connect() as database:
        database.execute("INSERT INTO notifications (upload_id, kind, outcome) VALUES (%s, 'completed', 'failed')", [failed])
    assert shown(run_intake, failed)["acknowledged"] is None
    run_intake("ack", failed, "--reason", "that too", "--yes", code=0)
    assert shown(run_intake, failed)["acknowledged"]["text"] == "that too"
    run_intake("ack", failed, "--undo", "--yes", code=0)
    assert shown(run_intake, failed)["acknowledged"] is None


def test_an_acknowledgement_expires(run_intake, stack, failed):
    run_intake("ack", failed, "--until", "2h", "--yes", code=0)
    assert shown(run_intake, failed)["acknowledged"]["until"] is not None
    with stack.connect() as database:
        database.execute("UPDATE acknowledgements SET until = now() - interval '1 second' WHERE upload_id = %s", [failed])
    assert shown(run_intake, failed)["acknowledged"] is None


@pytest.mark.parametrize("until", ["yesterday", "2020-01-01", "soon", "0s"])
def test_until_is_a_time_to_come(run_intake, failed, until):
    assert "--until" in run_intake("ack", failed, "--until", until, "--yes", code=2).stderr


def test_a_vendor_and_a_dead_letter_are_acknowledged_too(run_intake, stack, vendor):
    letter = str(uuid.uuid4())
    assert run_intake("ack", vendor, "--json", "--yes", code=0).json["kind"] == "vendor"
    queue = run_intake("dlq", "list", "--json").json[0]["queue"]
    assert run_intake("ack", letter, "--queue", queue, "--json", "--yes", code=0).json["queue"] == queue
    told = {one["id"]: one for one in run_intake("handover", "--json", code=0).json["acknowledged"]}
    assert told[vendor]["kind"] == "vendor" and told[letter]["kind"] == "dead letter"
    with stack.connect() as database:
        database.execute("UPDATE vendors SET email = 'new@example.com' WHERE vendor_id = %s", [vendor])
    assert vendor not in [one["id"] for one in run_intake("handover", "--json", code=0).json["acknowledged"]]
    run_intake("ack", letter, "--undo", "--yes", code=0)


def test_what_is_not_there_is_not_acknowledged(run_intake, failed):
    assert failed in run_intake("ack", failed[:-1], "--yes", code=1).stderr
    for verb in (["note"], ["assign"]):
        run_intake(*verb, "UPLOAD_20200101_000000_NOBODY", "x", "--yes", code=1)


def test_notes_are_kept_in_order_and_are_data(run_intake, failed):
    for text in ("called them", "=cmd|'x'!A1 \x1b[31m", "löschen?"):
        run_intake("note", failed, text, "--json", "--yes", code=0)
    notes = shown(run_intake, failed)["notes"]
    assert [note["text"] for note in notes] == ["called them", "=cmd|'x'!A1 \x1b[31m", "löschen?"]
    assert all(note["by"] and note["at"].endswith("Z") for note in notes)
    text = run_intake("upload", failed, code=0).stdout
    assert "called them" in text and "\x1b" not in text
    events = [event for event in shown(run_intake, failed)["timeline"] if event["event"].startswith("note")]
    assert len(events) == 3 and "called them" in events[0]["detail"]


@pytest.mark.parametrize("text", ["", "  \n", "x" * 4001])
def test_a_note_has_a_text_of_some_length(run_intake, failed, text):
    assert "the note" in run_intake("note", failed, text, "--yes", code=2).stderr
    assert shown(run_intake, failed)["notes"] == []


def test_a_hundred_thousand_notes(run_intake, stack, failed):
    with stack.connect() as database:
        database.execute("INSERT INTO upload_notes (upload_id, text) SELECT %s, 'note ' || n FROM generate_series(1, 100000) n",
                         [failed])
        database.execute("INSERT INTO audit_log (action, target, outcome, plan)"
                         " SELECT 'note', %s, 'done', jsonb_build_object('text', 'note ' || n) FROM generate_series(1, 100000) n",
                         [failed])
    upload = shown(run_intake, failed)
    assert upload["notes_total"] == 100000 and len(upload["notes"]) == 1000 and upload["notes"][-1]["text"] == "note 100000"
    assert len(upload["timeline"]) < 2000
    assert len(run_intake("upload", failed, code=0).stdout.splitlines()) < 2000
    [row] = [row for row in run_intake("handover", "--json", code=0).json["open"] if row["upload_id"] == failed]
    assert row["notes_total"] == 100000 and row["last_note"]["text"] == "note 100000"


def test_the_second_who_takes_it_is_told_who_has_it(run_intake, stack, failed):
    assert run_intake("assign", failed, "ann", "--json", "--yes", code=0).json["assignee"] == "ann"
    done = run_intake("assign", failed, "bob", "--yes", code=1)
    assert "ann" in done.stderr and "--force" in done.stderr and shown(run_intake, failed)["assignee"] == "ann"
    assert run_intake("assign", failed, "ann", "--json", "--yes", code=0).json["changed"] is False
    taken = run_intake("assign", failed, "bob", "--force", "--json", "--yes", code=0).json
    assert (taken["assignee"], taken["previous"]) == ("bob", "ann")
    run_intake("assign", failed, "--undo", "--force", "--yes", code=0)
    assert shown(run_intake, failed)["assignee"] is None
    mine = run_intake("assign", failed, "--json", "--yes", code=0).json["assignee"]
    assert run_intake("assign", failed, "me", "--json", "--yes", code=0).json["assignee"] == mine
    run_intake("assign", failed, "--undo", "--yes", code=0)


def test_the_handover_says_what_is_open_and_what_was_done(run_intake, failed):
    run_intake("note", failed, "waits for the vendor", "--yes", code=0)
    run_intake("assign", failed, "ann", "--yes", code=0)
    told = run_intake("handover", "--since", "1h", "--json", code=0).json
    [row] = [row for row in told["open"] if row["upload_id"] == failed]
    assert (row["why"], row["assignee"], row["last_note"]["text"]) == ("failed", "ann", "waits for the vendor")
    assert {"note", "assign"} <= {entry["action"] for entry in told["done"] if entry["target"] == failed}
    run_intake("ack", failed, "--yes", code=0)
    run_intake("assign", failed, "--undo", "--force", "--yes", code=0)
    assert failed not in [row["upload_id"] for row in run_intake("handover", "--json", code=0).json["open"]]
    assert failed in run_intake("handover", code=0).stdout


def test_who_may(run_intake, stack, failed):
    for verb in (["ack"], ["note", "x"], ["assign", "x"]):
        command = [verb[0], failed, *verb[1:], "--yes"]
        assert "role" in run_intake(*command, role="viewer", code=4).stderr
        run_intake(*command, role="support", code=0)
    assert shown(run_intake, failed)["assignee"] == "x"
    run_intake("handover", role="viewer", code=0)


def test_a_dry_run_writes_nothing(run_intake, failed):
    for command in (["ack", failed, "x"], ["note", failed, "x"], ["assign", failed, "x"]):
        assert run_intake(*command, "--dry-run", "--json", code=0).json["dry_run"] is True
    upload = shown(run_intake, failed)
    assert (upload["acknowledged"], upload["notes"], upload["assignee"]) == (None, [], None)
    assert audit(run_intake, failed) == []


def test_a_fixed_upload_and_its_origin_lead_to_each_other(run_intake, stack, failed):
    with stack.connect() as database:
        database.execute("INSERT INTO fixed_uploads VALUES ('b', 'fixed', 'v', %s)", [failed])
        database.execute("INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, bucket, object_version)"
                         " VALUES (%s, 'SHIFTY', 'g.csv', 'fixed', 'b', 'v')", [failed + "_R2"])
    assert shown(run_intake, failed)["made_into"] == failed + "_R2" and shown(run_intake, failed)["made_of"] is None
    assert shown(run_intake, failed + "_R2")["made_of"] == failed
    with stack.connect() as database:
        database.execute("DELETE FROM upload_history WHERE upload_id = %s", [failed + "_R2"])


def test_a_submitted_file_is_linked_with_the_upload_it_fixes(run_intake, new_vendor, failed, tmp_path):
    vendor = new_vendor()
    fixed = tmp_path / f"{vendor}_20260401_080000.csv"
    fixed.write_text("vendor_product_id,product_name,category,sku,price,stock_quantity,brand\nP1,Lamp,Electronics,FIXED-1,1.00,4,B\n")
    unknown = run_intake("submit", fixed, "--made-of", failed + "X", code=1)
    assert failed + "X" in unknown.stderr
    assert not run_intake("uploads", "--json", "--vendor", vendor, code=0).json
    [sent] = run_intake("submit", fixed, "--made-of", failed, "--wait", "--json", code=0).json
    assert shown(run_intake, failed)["made_into"] == sent["upload_id"]
    assert shown(run_intake, sent["upload_id"])["made_of"] == failed


def test_what_the_database_alone_can_do_is_done_without_aws(run_intake, failed):
    away = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    run_intake("note", failed, "seen", "--yes", env=away, code=0)
    run_intake("assign", failed, "ann", "--yes", env=away, code=0)


def hidden(stack, vendor):
    """Whether an acknowledgement keeps the vendor's lost subscription out of Attention."""
    with stack.connect() as database:
        return database.execute("SELECT EXISTS (SELECT FROM acknowledged WHERE vendor_id = %s"
                                " AND subscription IS DISTINCT FROM 'confirmed') AS hidden", [vendor]).fetchone()["hidden"]


def test_a_subscription_that_is_lost_after_the_acknowledgement_is_news(run_intake, stack, new_vendor):
    vendor = new_vendor()
    sns, topic = stack.client("sns"), stack.variables()["SNS_TOPIC_ARN"]
    arn = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=f"{vendor.lower()}@example.com", ReturnSubscriptionArn=True,
                        Attributes={"FilterPolicy": f'{{"vendor_id": ["{vendor}"]}}'})["SubscriptionArn"]
    [row] = run_intake("vendors", vendor, "--json", code=0).json
    assert row["subscription"] == "confirmed"
    run_intake("ack", vendor, "moves to another office", "--yes", code=0)
    assert not hidden(stack, vendor)
    sns.unsubscribe(SubscriptionArn=arn)
    run_intake("ack", vendor, "known: subscribes tomorrow", "--yes", code=0)
    assert hidden(stack, vendor)
    run_intake("vendors", "subscribe", vendor, "--yes", code=0)
    assert not hidden(stack, vendor)


def test_a_vendor_is_acknowledged_though_nobody_knows_whether_mail_reaches_it(run_intake, stack, new_vendor):
    vendor = new_vendor()
    done = run_intake("ack", vendor, "seen", "--yes", "--json", env={"AWS_ENDPOINT_URL_SNS": "http://127.0.0.1:9",
                                                                     "AWS_MAX_ATTEMPTS": "1"}, code=0)
    assert any("not known" in note for note in done.json["notes"]) and hidden(stack, vendor)
