"""Actions over what is marked: one frozen plan, each thing for itself, items that were not done stay marked."""

import base64
import re

import pytest

from live_steps import apply
from operators_rig import desk, product  # noqa: F401


@pytest.fixture
def finished(desk):
    """finished(n): so many finished uploads of the vendor, newest last; copies of one that went through."""
    def make(count):
        first = desk.submit([product(desk.vendor_id, 1), product(desk.vendor_id, 2, price="x")])
        columns = [row["column_name"] for row in desk.database.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'upload_history'").fetchall()]
        replaced = {"upload_id": "'UPLOAD_20260302_0900' || lpad(n::text, 2, '0') || '_' || vendor_id",
                    "object_version": "object_version || n",
                    "upload_timestamp": "upload_timestamp + n * interval '1 millisecond'"}
        desk.database.execute(
            f"INSERT INTO upload_history ({', '.join(columns)})"
            f" SELECT {', '.join(replaced.get(column, column) for column in columns)}"
            "   FROM upload_history, generate_series(1, %s) n WHERE upload_id = %s", [count - 1, first])
        return [first] + [f"UPLOAD_20260302_0900{n:02}_{desk.vendor_id}" for n in range(1, count)]
    return make


def mark_all(t, desk, uploads):
    """The uploads of the vendor alone, all of them marked."""
    t.wait("role operator")
    t.press("/")
    t.type(f"vendor:{desk.vendor_id}")
    t.press("enter")
    t.wait(lambda t: len(set(re.findall(r"UPLOAD_\S+", t.text))) == len(uploads))
    t.press("home", *["space"] * len(uploads))
    t.wait(lambda t: len(marked(t)) == len(uploads))


def marked(t):
    return {re.search(r"UPLOAD_\S+|T\d{10}", line)[0] for line in t.lines[3:] if line.startswith("*")}


def see(t, pattern):
    t.wait(lambda t: re.search(pattern, t.text), pattern)


def back_to(t, title):
    t.press("esc")
    t.wait(lambda t: t.lines[2].startswith(f" {title}"))


def test_notices_of_marked_uploads_with_what_is_left_out(desk, finished, live):
    uploads = finished(4)
    sent, processing, *rest = uploads
    desk.run("notify", sent, role="support")
    desk.database.execute("UPDATE upload_history SET status = 'processing' WHERE upload_id = %s", [processing])
    with live() as t:
        mark_all(t, desk, uploads)
        t.press("E")
        t.wait("2 of 4 marked uploads, 2 changes")
        t.wait("Excluded: 2, they stay marked")
        see(t, sent + r"  resent at 20\S+Z by support, cool-down until 20\S+Z")
        t.wait(f"{processing} is still processing")
        see(t, r"vendors +" + desk.vendor_id + r" \(2\)")
        see(t, r"destination +arn:aws:sns:\S+ \(2\)")
        desk.database.execute("UPDATE upload_history SET status = 'completed', valid_records = total_records,"
                              " error_records = 0 WHERE upload_id = %s", [processing])
        apply(t)
        t.wait("2 done, 0 failed, 0 not tried, 2 excluded")
        for upload in rest:
            see(t, rf"done +{upload}  accepted by SNS as message")
        back_to(t, "Uploads")
        t.wait(lambda t: marked(t) == {sent, processing})
    assert [len(desk.notices(upload)) for upload in uploads] == [1, 0, 1, 1]
    for upload in rest:
        [audit] = desk.audits(upload, "notify")
        assert (audit["outcome"], audit["reason"]) == ("done", "because")
    assert desk.audits(processing, "notify") == []


def test_one_that_fails_does_not_stop_the_others_and_stays_marked(desk, finished, live):
    uploads = finished(3)
    with desk.proxies() as (aws, _, environment):
        with live(**environment()) as t:
            mark_all(t, desk, uploads)
            t.press("E")
            t.wait("3 of 3 marked uploads")
            aws.inject("throttle", "sns", "Publish", skip=1)
            apply(t, "results so far; ctrl-r makes a plan for the rest")
            t.wait("2 done, 1 failed, 0 not tried, 0 excluded")
            t.settle()
            [failed] = re.findall(r"failed +(UPLOAD_\S+)  nothing was sent", t.text)
            back_to(t, "Uploads")
            t.wait(lambda t: marked(t) == {failed})
            t.press("E")
            t.wait("Subject:")
            apply(t)
            back_to(t, "Uploads")
            t.wait(lambda t: marked(t) == set())
    outcomes = {upload: [n["outcome"] for n in desk.notices(upload)] for upload in uploads}
    assert outcomes.pop(failed) == ["failed", "accepted"]
    assert list(outcomes.values()) == [["accepted"], ["accepted"]]


def test_too_many_failures_stop_it_and_ctrl_r_goes_on(desk, finished, live):
    uploads = finished(14)
    with desk.proxies() as (aws, _, environment):
        with live(**environment()) as t:
            mark_all(t, desk, uploads)
            t.press("E")
            t.wait("14 of 14 marked uploads")
            aws.inject("throttle", "sns", "Publish", skip=2, times=None)
            apply(t, "results so far; ctrl-r makes a plan for the rest")
            t.wait("2 done, 10 failed, 2 not tried, 0 excluded")
            aws.heal()
            t.press("ctrl-r")
            t.wait("12 of 14 marked uploads")
            see(t, r"done before +2")
            apply(t)
            back_to(t, "Uploads")
            t.wait(lambda t: marked(t) == set())
    assert sum(n["outcome"] == "accepted" for upload in uploads for n in desk.notices(upload)) == 14


def test_credentials_that_expired_stop_it_at_once(desk, finished, live):
    uploads = finished(3)
    with desk.proxies() as (aws, _, environment):
        with live(**environment()) as t:
            mark_all(t, desk, uploads)
            t.press("E")
            t.wait("3 of 3 marked uploads")
            aws.inject("expired", "sns", "Publish", times=None)
            apply(t, "results so far; ctrl-r makes a plan for the rest")
            t.wait("0 done, 1 failed, 2 not tried, 0 excluded")
            see(t, r"refresh the\s+credentials: log in again")
            aws.heal()
            t.press("ctrl-r")
            t.wait("3 of 3 marked uploads")
            apply(t)
            back_to(t, "Uploads")
            t.wait(lambda t: marked(t) == set())
    assert all(desk.notices(upload)[-1]["outcome"] == "accepted" for upload in uploads)


def test_a_long_plan_is_walked_from_end_to_end(desk, finished, live):
    uploads = finished(6)
    def at():
        """The line under the cursor, once the screen is drawn."""
        t.wait(lambda t: any(line.startswith(">") for line in t.lines[5:])).settle()
        return next(line for line in t.lines[5:] if line.startswith(">"))
    with live(24, 100) as t:
        mark_all(t, desk, uploads)
        t.press("E")
        t.wait("6 of 6 marked uploads")
        first = at()
        for to_last, to_first in (("end", "home"), ("G", "g")):
            t.press(to_last)
            t.wait(lambda t: "6 of 6 marked" not in t.text)
            last = at()
            t.press(to_first)
            t.wait(lambda t: "6 of 6 marked" in t.text and at() == first)
        t.press("ctrl-d")
        t.wait(lambda t: at() != first)
        half = at()
        t.press("ctrl-d", "ctrl-u")
        t.wait(lambda t: at() == half)
        t.press("ctrl-u")
        t.wait(lambda t: at() == first)
        t.press("pgdn", "pgdn", "end")
        t.wait(lambda t: at() == last)
        t.press("c")
        t.wait("sent to the terminal: intake notify UPLOAD_")
        command = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)", t.received)[-1]
        assert base64.b64decode(command).decode().split("; ") == [f"intake notify {id}" for id in sorted(uploads)]


def test_cancel_ends_between_things_and_what_was_not_tried_stays_marked(desk, finished, live):
    uploads = finished(5)
    with desk.proxies() as (aws, _, environment):
        with live(**environment()) as t:
            mark_all(t, desk, uploads)
            t.press("E")
            t.wait("5 of 5 marked uploads")
            aws.inject("delay", "sns", "Publish", times=None, value=1.0)
            t.press("A")
            t.wait("reason, for the audit log")
            t.press("enter")
            t.wait(lambda t: re.search(r"[12] of 5, ", t.text))
            t.press("C")
            t.wait("cancelled: ")
            t.settle()
            done = set(re.findall(r"done +(UPLOAD_\S+)", t.text))
            assert 1 <= len(done) < 5
            see(t, r"not tried +UPLOAD_")
            back_to(t, "Uploads")
            t.wait(lambda t: marked(t) == set(uploads) - done)
    for upload in uploads:
        outcomes = [n["outcome"] for n in desk.notices(upload)]
        assert outcomes == ["accepted"] if upload in done else outcomes in ([], ["unknown"], ["failed"])


def test_marked_uploads_are_judged_again_together(desk, live):
    lacking = f"Hats of {desk.vendor_id}"
    def rows(at):
        return [product(desk.vendor_id, at), product(desk.vendor_id, at + 1, category=lacking)]
    first, second = desk.submit(rows(1)), desk.submit(rows(3), "20260301_100000")
    whole = desk.submit([product(desk.vendor_id, 9)], "20260301_110000")
    desk.category(lacking)
    with live() as t:
        mark_all(t, desk, [first, second, whole])
        t.press("R")
        t.wait("2 of 3 marked uploads, 2 changes")
        see(t, whole + "  nothing to do")
        apply(t)
        t.wait("2 done, 0 failed, 0 not tried, 1 excluded")
        t.wait(lambda t: len(re.findall(r"done +UPLOAD_\S+  1 revalidated: 1 now valid", t.text)) == 2)
        back_to(t, "Uploads")
        t.wait(lambda t: marked(t) == {whole} and t.text.count("completed") >= 3)
        t.press("*", "home", "space", "space", "W")
        t.wait("2 of 2 marked uploads, 2 changes")
        apply(t)
        t.wait("2 done, 0 failed")
    assert [desk.history(upload)["status"] for upload in (first, second, whole)] == ["completed"] * 3
    assert [len(desk.audits(upload, "revalidate")) for upload in (first, second, whole)] == [1, 1, 0]
    assert sum(len(desk.audits(upload, "report")) for upload in (first, second, whole)) == 2


def test_marked_vendors_are_suspended_subscribed_and_activated(desk, new_vendor, live):
    ids = sorted([desk.vendor_id, new_vendor(), new_vendor("suspended")])
    def statuses():
        return {row["vendor_id"]: row["status"] for row in desk.database.execute(
            "SELECT vendor_id, status FROM vendors WHERE vendor_id = ANY(%s)", [ids]).fetchall()}
    was_suspended = next(vendor for vendor, status in statuses().items() if status == "suspended")
    with live() as t:
        t.wait("role operator")
        t.press("2")
        for vendor in ids:
            t.press("/")
            t.type("\x15" + vendor)
            t.press("enter")
            t.wait(lambda t: vendor in (t.selected() or ""))
            t.press("space")
            t.wait(lambda t: vendor in marked(t))
        t.press("S")
        t.wait("2 of 3 marked rows are not shown here. Include all 3?")
        t.press("y")
        t.wait("2 of 3 marked vendors, 2 changes")
        see(t, was_suspended + "  nothing to do")
        apply(t)
        t.wait("2 done, 0 failed, 0 not tried, 1 excluded")
        assert set(statuses().values()) == {"suspended"}
        back_to(t, "Vendors")
    for vendor in set(ids) - {was_suspended}:
        [audit] = desk.audits(vendor, "vendors suspend")
        assert audit["outcome"] == "done"
    assert desk.audits(was_suspended, "vendors suspend") == []
