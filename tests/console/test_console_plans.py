"""Plans: what they say, what must be typed before they are applied, and what becomes of them."""

import base64
import json
import re

import pytest

from live_steps import apply, go_to
from dead_letters_rig import letter, proxy, queues  # noqa: F401
from operators_rig import desk, paused, product  # noqa: F401


def see(t, pattern):
    t.wait(lambda t: re.search(pattern, t.text), pattern)


def copied(t):
    """What was last put on the clipboard."""
    t.wait("sent to the terminal: ")
    found = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)", t.received)
    return base64.b64decode(found[-1]).decode()


@pytest.fixture
def partial(desk):
    return desk.submit([product(desk.vendor_id, 1), product(desk.vendor_id, 2, price="x")])


@pytest.fixture
def dead_letters(live, queues, proxy):
    """dead_letters(n): n messages in a queue of the test's own, and the console on the queues' screen."""
    def open(count, **env):
        queues.ids = queues.seed(letter(n) for n in range(1, count + 1))
        t = live(**{**queues.env, "INTAKE_ERROR_DLQ": queues.dead_name, "SQS_ERROR_QUEUE_URL": queues.source,
                    "AWS_ENDPOINT_URL": proxy.url, "AWS_MAX_ATTEMPTS": "1", **env})
        t.wait("role operator")
        t.press("4")
        t.wait(lambda t: re.search(f"{queues.dead_name} +{count} ", t.text))
        return t
    return open


def peek(t, queues, count):
    t.press("P")
    t.wait("each receive count + 1")
    t.press("y")
    t.wait("all returned to the queue")
    t.wait(lambda t: t.lines[2].startswith(" Messages in"))
    t.wait(f"REC_{count:05}")


def marked(t):
    return sum(line.startswith("*") for line in t.lines[3:])


def answer(t, label, text):
    t.wait(label)
    t.type(text)
    t.press("enter")


def accept_cost(t):
    t.wait("Receive the queue (each receive count + 1)")
    t.press("y")


# ---- the notification desk

def test_the_desk_shows_what_goes_to_whom(desk, partial, live):
    arn = desk.sns.subscribe(
        TopicArn=desk.names["SNS_TOPIC_ARN"], Protocol="email", ReturnSubscriptionArn=True,
        Endpoint=f"{desk.vendor_id.lower()}@example.com",
        Attributes={"FilterPolicy": json.dumps({"vendor_id": [desk.vendor_id]})})["SubscriptionArn"]
    with live(role="support") as t:
        t.wait("role support")
        go_to(t, partial)
        t.press("E")
        t.wait(f"Subject: Product Upload Complete - {desk.vendor_id}_20260301_090000.csv (50.0% Success)")
        see(t, rf"email {desk.vendor_id.lower()}@example.com: (confirmed|pending), [^\n]*filter")
        t.wait("INVALID_PRICE")
        assert "Not yet" not in t.text
    desk.sns.unsubscribe(SubscriptionArn=arn)


def test_past_the_cool_down_leads_the_word_force(desk, partial, live):
    desk.run("notify", partial, role="support", code=3)
    with live() as t:
        t.wait("role operator")
        go_to(t, partial)
        t.press("E")
        see(t, r"Too soon: resent at 20\S+Z by support, cool-down until 20\S+Z")
        t.press("c")
        t.wait(lambda t: copied(t) == f"intake notify {partial} --force")
        t.press("A")
        answer(t, "type the word force", "yes")
        t.wait("not applied: type the word force to confirm")
        t.press("A")
        t.wait("type the word force")
        t.press("esc")
        t.wait("not applied")
        assert len(desk.notices(partial)) == 1
        t.press("A")
        answer(t, "type the word force", "force")
        answer(t, "reason, for the audit log", "the vendor rang")
        t.wait("accepted by SNS")
    assert [notice["operator"] for notice in desk.notices(partial)] == ["support", "operator"]
    audit = desk.audits(partial, "notify")[-1]
    assert audit["plan"]["force"] is True and audit["reason"] == "the vendor rang"


# ---- the screen

def test_c_copies_the_command_of_the_plan(desk, partial, live):
    commands = {"E": f"intake notify {partial}", "R": f"intake revalidate {partial}",
                "P": f"intake revalidate {partial} --pending", "W": f"intake report {partial} --rebuild --url"}
    with live() as t:
        t.wait("role operator")
        go_to(t, partial)
        for key, command in commands.items():
            t.press(key)
            see(t, "press A to apply|nothing to do")
            t.press("c")
            t.wait(lambda t: copied(t) == command, command)
            t.press("esc")
            t.wait(lambda t: t.lines[2].startswith(" Upload"))
        t.press("1", "2")
        t.press("/")
        t.type(desk.vendor_id)
        t.press("enter")
        t.wait(lambda t: t.lines[2].startswith(" Vendors") and desk.vendor_id in (t.selected() or ""))
        t.press("S")
        t.wait("press A to apply")
        t.press("c")
        t.wait(lambda t: copied(t) == f"intake vendors suspend {desk.vendor_id}")


def test_an_upload_that_is_lost_is_given_up(desk, live, paused):
    """Its vendor is gone: the plan that finishes a stuck upload is the one that ends it, and says so."""
    upload_id = desk.put([product(desk.vendor_id, n) for n in (1, 2)])
    desk.written(upload_id)
    desk.database.execute("DELETE FROM vendors WHERE vendor_id = %s", [desk.vendor_id])
    with live() as t:
        t.wait("role operator")
        go_to(t, upload_id)
        t.press("P")
        see(t, "press A to apply")
        assert "are dropped" in t.text
        t.press("c")
        t.wait(lambda t: copied(t) == f"intake revalidate {upload_id} --pending --end")
        apply(t)
    ended = desk.history(upload_id)
    assert (ended["status"], ended["failure_code"]) == ("failed", "UNKNOWN_VENDOR")


def test_the_command_of_marked_messages_does_the_same(queues, dead_letters, run_intake):
    t = dead_letters(3)
    peek(t, queues, 3)
    t.press("space", "space")
    t.wait(lambda t: marked(t) == 2)
    t.press("X")
    accept_cost(t)
    t.wait("press A to apply")
    t.press("c")
    command = copied(t)
    t.press("esc")
    t.wait(lambda t: t.lines[2].startswith(" Messages in"))
    words = command.split()
    assert words[:4] == ["intake", "dlq", "discard", queues.dead_name]
    assert len(words) == 8 and set(words[5::2]) < set(queues.ids) and words[4] == words[6] == "--id"
    t.wait(lambda t: queues.depth(queues.dead) == (3, 0))
    done = run_intake(*words[1:], "--yes", "--json", env=queues.env, code=0)
    assert done.json["discarded"] == 2


# ---- the number

def test_more_than_100_things_want_their_number_typed(queues, dead_letters):
    t = dead_letters(105)
    t.press("R")
    t.wait("receive count + 1")
    t.press("y")
    t.wait("press A to apply 105 changes")
    t.press("A")
    answer(t, "type the number of changes to confirm", "106")
    t.wait("not applied: type 105 to confirm")
    t.press("A")
    t.wait("type the number of changes to confirm")
    t.press("enter")
    t.wait("not applied: type 105 to confirm")
    assert queues.depth(queues.source) == (0, 0)
    t.press("A")
    answer(t, "type the number of changes to confirm", "105")
    answer(t, "reason, for the audit log", "")
    t.wait("105 replayed, 0 failed")
    assert queues.depth(queues.source)[0] == 105 and queues.depth(queues.dead) == (0, 0)


def test_a_hundred_do_not(queues, dead_letters):
    t = dead_letters(100)
    t.press("R")
    t.wait("receive count + 1")
    t.press("y")
    t.wait("100 changes")
    t.press("A")
    t.wait("reason, for the audit log")


def test_production_wants_the_number_of_a_single_thing(desk, partial, live, tmp_path):
    folder = tmp_path / "config" / "intake"
    folder.mkdir(parents=True)
    (folder / "config.ini").write_text("[live]\nproduction = true\n")
    where = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "arguments": ["--env", "live", "--write"]}
    with live(**where) as t:
        t.wait("PRODUCTION").wait("role operator")
        go_to(t, partial)
        t.press("E")
        t.wait("press A to apply 1 change")
        t.press("A")
        answer(t, "type the number of changes to confirm", "2")
        t.wait("not applied: type 1 to confirm")
        t.press("A")
        answer(t, "type the number of changes to confirm", "1")
        answer(t, "reason, for the audit log", "")
        t.wait("accepted by SNS")
    where["arguments"] = ["--env", "live"]
    with live(**where) as t:
        t.wait("READ-ONLY")
        go_to(t, partial)
        t.press("E")
        t.wait("this session is READ-ONLY; start with --write to allow changes")


# ---- replays and discards

def test_a_replay_to_another_queue_and_slowly_is_typed_on_its_plan(queues, dead_letters):
    t = dead_letters(5)
    t.press("R")
    t.wait("receive count + 1")
    t.press("y")
    t.wait("5 changes")
    t.press("o")
    t.wait("rate:5/s  to:QUEUE")
    for wrong, why in (("rate:fast", "messages per second"), ("to:a,b", "one queue"), ("slowly", "give rate:N/s or to:QUEUE"),
                       ("-rate:5", "means nothing"), ("rat:5", "rate")):
        t.press("ctrl-u")
        t.type(wrong)
        t.wait(why)
        t.press("enter")
        t.wait("not changed")
        t.press("o")
        t.wait("rate:5/s  to:QUEUE")
    t.type(f"rate:50/s to:{queues.source}")
    t.press("enter")
    t.wait("at most 50 messages a second").wait("press A to apply 5 changes")
    t.press("A")
    answer(t, "reason, for the audit log", "")
    t.wait("5 replayed, 0 failed")
    assert queues.depth(queues.source)[0] == 5


def test_what_failed_stays_marked_after_a_replay(queues, proxy, dead_letters):
    t = dead_letters(12)
    peek(t, queues, 12)
    t.press(*["space"] * 12)
    t.wait(lambda t: marked(t) == 12)
    t.press("R")
    accept_cost(t)
    t.wait("Replay 12 messages")
    proxy.inject("refuse", "sqs", "SendMessageBatch", skip=1, times=None)
    t.press("A")
    answer(t, "reason, for the audit log", "")
    see(t, r"\d+ replayed, [1-9]\d* failed")
    moved, failed = map(int, re.search(r"(\d+) replayed, (\d+) failed", t.text).groups())
    assert moved + failed == 12 and moved > 0
    proxy.heal()
    t.press("esc")
    t.wait(lambda t: marked(t) == failed and len(re.findall(" moved ", t.text)) == moved)
    assert queues.depth(queues.dead) == (failed, 0) and queues.depth(queues.source)[0] == moved
    t.press("R")
    accept_cost(t)
    t.wait(f"Replay {failed} message")
    apply(t)
    t.wait(f"{failed} replayed, 0 failed")
    t.press("esc")
    t.wait(lambda t: marked(t) == 0)
    assert queues.depth(queues.dead) == (0, 0) and queues.depth(queues.source)[0] == 12


def test_a_discard_writes_its_file_before_it_deletes(queues, proxy, dead_letters, tmp_path):
    t = dead_letters(4)
    peek(t, queues, 4)
    t.press("space", "space", "space")
    t.wait(lambda t: marked(t) == 3)
    t.press("X")
    accept_cost(t)
    t.wait("press A to apply 3 changes")
    seen = []

    def look(_):
        seen.append([path.read_text() for path in tmp_path.rglob("*.jsonl")])
    proxy.inject("before", "sqs", "DeleteMessageBatch", times=None, value=look)
    apply(t)
    see(t, r"3 discarded, 0 failed")
    see(t, r"saved to \S+")
    assert seen and all(sum(text.count("REC_000") for text in texts) == 3 for texts in seen)
    t.press("esc")
    t.wait(lambda t: marked(t) == 0)
    assert queues.depth(queues.dead) == (1, 0)


# ---- leaving while something runs

@pytest.fixture
def sending(desk, partial, live):
    """The console on the uploads, while a notice of the user's is on its way; and the proxy that delays it."""
    with desk.proxies() as (aws, _, environment):
        t = live(**environment())
        t.wait("role operator")
        go_to(t, partial)
        t.press("E")
        t.wait("press A to apply")
        aws.inject("delay", "sns", "Publish", times=None, value=4)
        t.press("A")
        answer(t, "reason, for the audit log", "")
        t.wait(lambda t: any(call.operation == "Publish" for call in aws.calls))
        yield t
        aws.heal()


def test_q_asks_while_an_action_runs(desk, partial, sending):
    t = sending
    t.press("esc", "esc")
    t.wait(lambda t: t.lines[2].startswith(" Uploads"))
    t.press("q")
    t.wait("1 of your actions are still running. Cancel them and quit?")
    t.press("n")
    t.wait(lambda t: "Cancel them and quit" not in t.text)
    t.press("q")
    t.wait("Cancel them and quit")
    t.press("y")
    assert t.exit_code() == 0
    [notice] = desk.notices(partial)
    assert notice["outcome"] == "unknown"
    assert desk.audits(partial, "notify")[-1]["outcome"] == "partly"


def test_q_leaves_at_once_when_the_action_is_done(desk, partial, sending):
    t = sending
    t.wait("accepted by SNS")
    t.press("q", "q", "q")
    assert t.exit_code() == 0


def test_control_c_cancels_the_action_and_a_second_leaves(desk, partial, sending):
    t = sending
    t.press("ctrl-c")
    t.wait("cancelling; press Ctrl-C again to quit")
    t.wait("not known whether the notice was sent")
    t.press("ctrl-c")
    assert t.exit_code() == 130
    [notice] = desk.notices(partial)
    assert notice["outcome"] == "unknown"


# ---- what expires between plan and apply

def test_receipts_that_expired_name_duplicates_and_lose_nothing(queues, proxy, dead_letters):
    t = dead_letters(5)
    peek(t, queues, 5)
    t.press(*["space"] * 5)
    t.wait(lambda t: marked(t) == 5)
    t.press("R")
    accept_cost(t)
    t.wait("Replay 5 messages")
    receipts = []
    proxy.inject("receipts", "sqs", "DeleteMessageBatch", times=None,
                 value=lambda body: receipts.extend(entry["ReceiptHandle"] for entry in body["Entries"]))
    t.press("A")
    answer(t, "reason, for the audit log", "")
    t.wait("0 replayed, 5 failed")
    t.wait("5 possible duplicates")
    t.settle()
    for message in queues.ids:
        assert re.search(rf"failed, possible duplicate +{message} +sent, but not deleted: The input receipt", t.text)
    assert queues.depth(queues.source) == (5, 0) and sum(queues.depth(queues.dead)) == 5
    proxy.heal()
    for receipt in receipts:  # their time is over
        queues.sqs.change_message_visibility(QueueUrl=queues.dead, ReceiptHandle=receipt, VisibilityTimeout=0)
    t.press("ctrl-r")
    t.wait("press A to apply")
    t.wait("deleted")
    apply(t)
    t.press("esc")
    t.wait(lambda t: marked(t) == 0)
    assert queues.depth(queues.dead) == (0, 0) and queues.depth(queues.source) == (5, 0)


@pytest.mark.parametrize("operation", [None, "SendMessageBatch"])
def test_credentials_that_expired_say_what_to_do_and_the_plan_is_made_again(queues, proxy, dead_letters, operation):
    t = dead_letters(5)
    peek(t, queues, 5)
    t.press(*["space"] * 5)
    t.wait(lambda t: marked(t) == 5)
    t.press("R")
    accept_cost(t)
    t.wait("Replay 5 messages")
    proxy.inject("expired", "sqs", operation, times=None)
    t.press("A")
    answer(t, "reason, for the audit log", "")
    t.wait("refresh the credentials: log in again")
    t.wait("the messages are held until the credentials are renewed: then press ctrl-r")
    assert queues.depth(queues.source) == (0, 0) and sum(queues.depth(queues.dead)) == 5
    proxy.heal()
    t.press("ctrl-r")
    t.wait("Replay 5 messages")
    apply(t)
    t.wait("5 replayed, 0 failed")
    t.press("esc")
    t.wait(lambda t: marked(t) == 0)
    assert queues.depth(queues.dead) == (0, 0) and queues.depth(queues.source) == (5, 0)


def test_what_credentials_kept_is_given_back_on_leaving(queues, proxy, dead_letters):
    t = dead_letters(3)
    peek(t, queues, 3)
    t.press("space", "space", "R")
    accept_cost(t)
    t.wait("Replay 2 messages")
    proxy.inject("expired", "sqs", None, times=None)
    t.press("A")
    answer(t, "reason, for the audit log", "")
    t.wait("the messages are held")
    proxy.heal()
    t.press("q", "q", "q", "q")
    assert t.exit_code() == 0
    assert queues.depth(queues.dead) == (3, 0)
