"""What is shown is true, what is asked is answered once, and no key does what nobody meant."""

import json
import re
import time

import pytest

from dead_letters_rig import letter, queues  # noqa: F401
from history import NEWEST_ID, History


def rows(t):
    return [line for line in t.lines[4:-2] if "UPLOAD_" in line]


@pytest.fixture
def dead(live, queues):
    """The console over a dead-letter queue of the test's own with three messages."""
    queues.seed(letter(n) for n in range(1, 4))

    def start(**more):
        t = live(40, 150, INTAKE_ERROR_DLQ=queues.dead_name, **{**queues.env, **more})
        t.wait("role operator")
        return t
    return start


def on_dead_letters(t, queues, waiting=3):
    t.press("4")
    t.wait(lambda t: re.search(queues.dead_name + rf" +{waiting} ", t.text), "the queue")
    t.wait(lambda t: queues.dead_name in (t.selected() or ""))


def test_what_somebody_holds_is_counted(dead, queues, run_intake):
    queues.sqs.receive_message(QueueUrl=queues.dead, MaxNumberOfMessages=2, VisibilityTimeout=300)
    t = dead()
    t.wait(lambda t: "3 dead letters" in t.lines[1] or "3 dead" in t.lines[1], "the strip")
    t.press("!")
    t.wait(lambda t: re.search(r"Dead letters +3 in " + queues.dead_name + r", \d of them held", t.text))
    assert queues.dead_name not in t.text.split("Watched, OK")[1]


@pytest.mark.parametrize("no", ["n", "esc", "q", "no"])
def test_a_replay_states_its_cost_and_takes_no(dead, queues, no):
    t = dead()
    on_dead_letters(t, queues)
    t.press("R")
    t.wait("receive count + 1")
    t.type(no) if no == "no" else t.press(no)
    t.wait(lambda t: "receive count" not in t.text and t.lines[2].startswith(" Dead letters"))
    assert queues.depth(queues.dead) == (3, 0)


@pytest.mark.parametrize("yes", ["y", "Y", "yes", "YES"])
def test_every_yes_is_a_yes_and_nothing_more(dead, queues, yes):
    t = dead()
    on_dead_letters(t, queues)
    t.press("R")
    t.wait("receive count + 1")
    t.type(yes)
    t.wait("press A to apply 3 changes")
    t.press("esc")
    t.wait(lambda t: t.lines[2].startswith(" Dead letters"))


def test_a_peek_is_in_the_audit_and_a_cancelled_plan_did_not_fail(dead, queues, database):
    t = dead()
    on_dead_letters(t, queues)
    t.press("P")
    t.wait("each receive count + 1")
    t.press("y")
    t.wait("all returned to the queue")
    found = database.execute("SELECT * FROM audit_log WHERE action = 'dlq peek' AND target = %s",
                             [queues.dead_name]).fetchall()
    assert [row["outcome"] for row in found] == ["done"]
    t.press("esc", "R")
    t.wait("receive count + 1")
    t.press("y")
    t.wait("press A to apply")
    t.press("esc", "9")
    t.wait(lambda t: re.search(r"planned +\S+ +Replay dead letters .*: planned, not applied", t.text))
    outcomes = database.execute("SELECT outcome FROM audit_log WHERE target = %s", [queues.dead_name]).fetchall()
    assert "failed" not in {row["outcome"] for row in outcomes}


@pytest.mark.parametrize("key,verb", [("R", "replay"), ("X", "discard")])
def test_a_plan_of_peeked_messages_states_its_cost_and_takes_no(dead, queues, key, verb):
    t = dead()
    on_dead_letters(t, queues)
    t.press("P")
    t.wait("each receive count + 1")
    t.press("y")
    t.wait("all returned to the queue")
    t.press("space", key)
    t.wait(f"Receive the queue (each receive count + 1) to {verb} 1 message?")
    t.press("n")
    t.wait(lambda t: "Receive the queue" not in t.text and t.lines[2].startswith(" Messages in"))
    assert queues.depth(queues.dead) == (3, 0)
    t.press("/")
    t.type("nosuchword")
    t.press("enter")
    t.wait("nothing matches")
    t.press(key)
    t.wait(f"to {verb} 1 message (1 not shown)?")
    t.press("y")
    t.wait("press A to apply 1 change")


def test_a_vendor_without_a_subscription_is_named_where_it_matters(live, upload, database):
    upload_id = upload()
    vendor = upload_id.rsplit("_", 1)[1]
    with live(60, 150) as t:
        t.wait("role operator")
        t.press(":")
        t.type("upload " + upload_id)
        t.press("enter")
        t.wait(lambda t: t.text.count(f"Test {vendor} ({vendor}) receives no e-mail") == 2, "at the head and at the notices")
        t.press(":")
        t.type("notices " + upload_id)
        t.press("enter")
        t.wait(lambda t: " Notices of" in t.lines[2] and f"Test {vendor} ({vendor}) receives no e-mail" in t.text)


def test_the_header_says_which_database(console, history):
    with console(40, 200) as t:
        t.wait(NEWEST_ID)
        t.wait(lambda t: re.search(r"db \S+/" + history.database.name, t.lines[0]))
    with console(24, 80) as t:
        t.wait(NEWEST_ID[:20])
        t.wait(lambda t: "socket" in t.lines[0] + t.lines[1])


def test_the_header_says_which_database_host(live, stack):
    host = re.search(r"@([^:/]+)", stack.variables()["INTAKE_DATABASE_URL"])[1]
    for rows, columns in ((40, 150), (24, 120)):
        with live(rows, columns) as t:
            t.wait(lambda t: host in t.lines[0] + t.lines[1], host)


@pytest.mark.parametrize("sequence", ["\x1b[1;", "\x1b[", "\x1b[<0;3", "\x1b]52;c;abc", "\x1bP1$r0", "\x1b[?1;2", "\x1b[200~abc",
                                      "\x1b[200~", "\x1bO"])
def test_a_sequence_that_never_ends_is_over_by_itself(console, sequence):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.type(sequence)
        t.pump(0.1)
        time.sleep(0.25)
        t.press("2")
        t.wait(lambda t: t.lines[2].startswith(" Vendors"))


@pytest.mark.parametrize("sequence", ["\x1b[1;5~", "\x1b[99~", "\x1b[[A", "\x1b]0;title\x07", "\x1b]12;rgb:0/0/0\x1b\\", "\x1b[>1;2;3c",
                                      "\x1bP>|xterm\x1b\\", "\x1b[27;5;13~", "\x1b[1;3;5;7u"])
def test_a_sequence_that_means_nothing_does_nothing(console, sequence):
    with console(30, 120) as t:
        t.wait(NEWEST_ID).settle()
        for byte in sequence:
            t.type(byte)
        t.wait("no action here")
        assert t.lines[2].startswith(" Uploads") and rows(t)


def test_a_key_without_a_meaning_says_so_once(console):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("%")
        t.wait("%: no action here; press ? for all keys")
        t.press("down")
        t.wait(lambda t: "no action here" not in t.text)
        t.press("2")
        t.wait(lambda t: t.lines[2].startswith(" Vendors"))


@pytest.mark.parametrize("word,title", [("dlq", " Dead letters"), ("health", " Doctor"), ("env", " Attention"), ("redrive", " Dead letters"),
                                        ("retry", " Dead letters"), ("link", " Vendors")])
def test_the_palette_knows_the_words_of_other_tools(console, word, title):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("5")
        t.wait(lambda t: t.lines[2].startswith(" Audit"))
        t.press(":")
        t.type(word)
        t.press("enter")
        t.wait(lambda t: t.lines[2].startswith(title), title)


@pytest.mark.parametrize("word", ["q", "quit", "exit"])
def test_the_palette_leaves(console, word):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("2")
        t.wait(lambda t: t.lines[2].startswith(" Vendors"))
        t.press(":")
        t.type(word)
        t.press("enter")
        assert t.exit_code() == 0


@pytest.mark.parametrize("word,first", [("export", "write"), ("resend", "notify"), ("email", "notify"), ("upl", "uploads")])
def test_the_best_match_comes_first(console, word, first):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press(":")
        t.type(word)
        t.wait(lambda t: any(re.search(rf"│ {first} ", line) for line in t.lines[5:8]) and word in t.text, first)
        listed = [re.search(r"│ (\S+) ", line) for line in t.lines[5:20]]
        assert [found[1] for found in listed if found][0] == first


def test_a_moment_before_the_oldest_goes_to_the_oldest(console, history):
    oldest = history.execute("SELECT upload_id FROM upload_history ORDER BY upload_timestamp, upload_id LIMIT 1").fetchone()[0]
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("@")
        t.type("2001-01-01")
        t.press("enter")
        t.wait(lambda t: oldest in (t.selected() or ""), oldest).wait("no rows that far back")


def test_an_empty_list_says_why(console, cluster):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("/")
        t.type("nosuchword")
        t.wait("nothing matches the filter; press esc")
        t.press("ctrl-u")
        t.type("since:1s")
        t.wait("nothing matches the filter in that time")
    empty = History(cluster, uploads=0)
    with console(30, 120, env={"INTAKE_DATABASE_URL": empty.url()}) as t:
        t.wait("no uploads yet")


@pytest.mark.parametrize("text,says", [("{\"filters\": [\"a\"", "damaged"), ("", "damaged"), ("[]", "damaged"),
                                       ("{\"version\": 99, \"theme\": \"dark\"}", "later version")])
def test_a_state_file_that_cannot_be_used_is_said_and_kept(console, tmp_path, text, says):
    path = tmp_path / "state" / "intake" / "console.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with console(30, 160) as t:
        t.wait(NEWEST_ID).wait(says)
        t.press("/")
        t.type("status:failed")
        t.press("enter", "q")
        assert t.exit_code() == 0
    kept = path if says == "later version" else path.with_name("console.json.damaged")
    assert kept.read_text() == text


def test_what_a_later_version_adds_is_kept(console, tmp_path):
    path = tmp_path / "state" / "intake" / "console.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"filters": ["old"], "views": [], "screens": [], "pins": {"a": [1, "x"]}}))
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        t.press("/")
        t.type("status:failed")
        t.press("enter", "q")
        assert t.exit_code() == 0
    state = json.loads(path.read_text())
    assert state["pins"] == {"a": [1, "x"]} and "old" in state["filters"] and "status:failed" in state["filters"]


def test_a_state_that_cannot_be_read_is_said(console, tmp_path):
    (tmp_path / "state" / "intake" / "console.json").mkdir(parents=True)
    with console(30, 160) as t:
        t.wait(NEWEST_ID).wait("cannot read")
        t.press("q")
        assert t.exit_code() == 0
