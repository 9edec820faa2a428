"""What needs somebody now, and the way to where it is dealt with."""

import re

import pytest

from history import History

FAILED = "UPLOAD_FAILED_TODAY"


@pytest.fixture(scope="module")
def history(cluster):
    """One upload of today that failed, one that is stuck, an unknown notice and a message that waits."""
    one = History(cluster, uploads=40)
    insert = ("INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, bucket, object_version, status,"
              " upload_timestamp, processing_started_at) VALUES (%s, 'VEND001', 'a.csv', %s, 'bucket', %s, %s, {0}, {0})")
    one.execute(insert.format("now() - interval '1 hour'"), FAILED, "uploads/VEND001/a.csv", "v-a", "failed")
    one.execute(insert.format("now() - interval '2 days'"), "UPLOAD_STUCK", "uploads/VEND001/b.csv", "v-b", "processing")
    one.execute("INSERT INTO notifications (upload_id, kind, outcome, claimed_at)"
                " VALUES (%s, 'completed', 'unknown', now() - interval '5 minutes')", FAILED)
    one.execute("INSERT INTO outbox (upload_id, body, created_at) VALUES (%s, '{}', now() - interval '5 minutes')", FAILED)
    return one


def attention(t):
    t.wait("1 failed")
    t.press("!")
    t.wait("Needs attention").wait("aws down")
    t.wait(lambda t: re.search(r"AWS +down: ", t.text), "AWS with the reason")
    return t


def needing(t):
    """Labels and texts under the head of what needs somebody."""
    end = next(i for i, line in enumerate(t.lines) if "Watched, OK" in line)
    return "\n".join(t.lines[4:end])


def test_it_lists_what_needs_somebody_apart_from_what_is_well(console):
    with console(40, 120) as t:
        text = needing(attention(t))
        assert re.match(r"> (Failed|AWS) ", t.selected())  # Enter leads on at once
        assert re.search(r"Failed +1 in the last 24 hours", text)
        assert re.search(r"Stuck +1 no progress", text)
        assert re.search(r"Notices unknown +1 ", text)
        assert re.search(r"Outgoing +1 messages in the outbox", text)
        assert "Database" not in text and "Partial" not in text
        rest = t.text.split("Watched, OK")[1]
        assert re.search(r"Database +reachable, checked \d+s ago", rest) and re.search(r"Partial +0 ", rest)


@pytest.mark.parametrize("label,title,holds", [
    ("Failed", " Uploads  /status:failed since:1d", FAILED),
    ("Stuck", " Uploads  /status:stuck", "UPLOAD_STUCK"),
    ("Notices unknown", " Uploads  /notice:unknown", ""),
    ("Outgoing", " Uploads  /notice:outgoing", FAILED),
    ("AWS", " Doctor", "")])
def test_each_line_leads_to_where_it_is_dealt_with_and_back(console, label, title, holds):
    with console(40, 120) as t:
        attention(t)
        for _ in range(20):
            if label in (t.selected() or ""):
                break
            before = t.selected()
            t.press("tab")
            t.wait(lambda t: t.selected() != before)
        t.press("enter")
        t.wait(lambda t: t.lines[2].startswith(title))
        t.wait(holds)
        t.press("esc")
        t.wait(lambda t: label in (t.selected() or ""))


@pytest.mark.parametrize("row", [1, 2])
def test_a_click_on_the_strip_opens_it(console, row):
    with console(40, 120) as t:
        t.wait("1 failed")
        t.type(f"\x1b[<0;10;{row}M\x1b[<0;10;{row}m")
        t.wait("Needs attention")
        t.press("esc")
        t.wait(lambda t: t.lines[2].startswith(" Uploads"))


def test_the_selection_stays_on_its_line_while_others_come_and_go(console, history):
    with console(40, 120) as t:
        attention(t)
        t.press("end")
        t.wait(lambda t: "Partial" in (t.selected() or ""))
        history.execute("UPDATE upload_history SET status = 'partial' WHERE upload_id = %s", FAILED)
        try:
            t.wait(lambda t: re.search(r"Partial +1 ", t.text), "the upload among the partial ones")
            t.wait(lambda t: "Partial" in (t.selected() or ""))
        finally:
            history.execute("UPDATE upload_history SET status = 'failed' WHERE upload_id = %s", FAILED)


def test_it_opens_with_everything_down_and_says_why(console):
    with console(24, 100, env={"INTAKE_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}) as t:
        t.wait("database down")
        t.press("!")
        t.wait(lambda t: re.search(r"Database +down: .*127\.0\.0\.1", t.text))
        assert "Failed" not in t.text


def test_a_finding_of_the_doctor_leads_to_what_mends_it_and_its_command_is_copied(console):
    with console(40, 160) as t:
        t.wait("1 failed")
        t.press("7")
        t.patience = 40
        t.wait("stuck uploads")
        t.press("/")
        t.type("stuck uploads")
        t.press("enter")
        t.wait(lambda t: "stuck uploads" in (t.selected() or ""))
        t.press("y")
        t.wait("sent to the terminal: intake uploads --status stuck; intake revalidate ID --pending")
        t.press("enter")
        t.wait(lambda t: t.lines[2].startswith(" Uploads  /status:stuck"))
        t.wait("UPLOAD_STUCK")
