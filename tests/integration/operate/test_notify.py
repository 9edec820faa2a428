"""The notice sent again: exact text, whom it reaches, cool-down, claims, and who may."""

import json
import threading
import urllib.request

import pytest
from operators_rig import desk, mapping_switch, product  # noqa: F401
from support import wait_until


@pytest.fixture
def partial(desk):
    return desk.submit([product(desk.vendor_id, 1), product(desk.vendor_id, 2, price="x")])


@pytest.fixture
def subscribed(desk):
    """The vendor's address is subscribed with its filter."""
    arns = []
    def subscribe(policy=None, endpoint=None, **attributes):
        policy = {"vendor_id": [desk.vendor_id]} if policy is None else policy
        arns.append(desk.sns.subscribe(
            TopicArn=desk.names["SNS_TOPIC_ARN"], Protocol="email", ReturnSubscriptionArn=True,
            Endpoint=endpoint or f"{desk.vendor_id.lower()}@example.com",
            Attributes={"FilterPolicy": json.dumps(policy), **attributes} if policy else {})["SubscriptionArn"])
        return arns[-1]
    yield subscribe
    for arn in arns:
        desk.sns.unsubscribe(SubscriptionArn=arn)


def mine(document, desk):
    return [r for r in document["recipients"] if desk.vendor_id.lower() in r["endpoint"]]


def test_a_dry_run_shows_text_and_recipients_and_writes_nothing(desk, partial, subscribed):
    subscribed()
    plan = desk.prove_dry("notify", partial)
    assert plan["subject"] == f"Product Upload Complete - {desk.vendor_id}_20260301_090000.csv (50.0% Success)"
    assert partial in plan["message"] and "INVALID_PRICE" in plan["message"]
    assert plan["link_expires_at"] and plan["message_id"] is None and plan["dry_run"] is True
    [recipient] = mine(plan, desk)
    assert recipient["protocol"] == "email" and recipient["matches_filter"] is True
    assert [r for r in plan["recipients"] if r["matches_filter"] and r is not recipient] == []
    assert desk.notices(partial) == [] and desk.audits(partial, "notify") == []


def test_the_message_of_a_type_is_of_a_product_that_is_counted_under_it(desk):
    """The first product has the type too, behind another."""
    upload = desk.submit([product(desk.vendor_id, 1, price="x", weight_kg="0"),
                          product(desk.vendor_id, 2, weight_kg="-1"),
                          product(desk.vendor_id, 3, weight_kg="-2")])
    body = desk.run("notify", upload, "--dry-run", "--json", code=0).json["message"]
    assert "  INVALID_PRICE: 1\n    line 2: price x is not a number" in body
    assert "  INVALID_VALUE: 2\n    line 3: weight_kg -1 is not above 0; 1 more\n" in body


def test_support_sends_it_again_with_a_new_link(desk, partial, subscribed):
    subscribed()
    sent = desk.run("notify", partial, "--json", "--reason", "link died", role="support", code=0).json
    [notice] = desk.notices(partial)
    assert (notice["outcome"], notice["operator"], notice["reason"]) == ("accepted", "support", "link died")
    assert (notice["message_id"], notice["subject"], notice["body"]) == (sent["message_id"], sent["subject"], sent["message"])
    link = next(word for word in sent["message"].split() if "_errors.csv" in word and word.startswith("http"))
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == desk.report(partial)["errors"][1]
    [audit] = desk.audits(partial, "notify")
    assert (audit["outcome"], audit["actor"], audit["reason"]) == ("done", "support", "link died")
    shown = desk.run("upload", partial, "--json", code=0).json["notifications"]
    assert [n["kind"] for n in shown] == ["completed", "resend"]


def test_the_cool_down(desk, partial, subscribed):
    subscribed()
    desk.run("notify", partial, role="support", code=0)
    soon = desk.run("notify", partial, role="support")
    assert soon.returncode == 4 and "--force" in soon.stderr
    assert any("--force" in w for w in desk.run("notify", partial, "--dry-run", "--json", code=0).json["warnings"])
    desk.run("notify", partial, "--force", role="support", code=0)
    desk.run("notify", partial, role="support", code=0, env={"INTAKE_COOL_DOWN_MINUTES": "0"})
    desk.database.execute("UPDATE notifications SET claimed_at = now() - interval '11 minutes' WHERE upload_id = %s", [partial])
    assert desk.run("notify", partial, env={"INTAKE_COOL_DOWN_MINUTES": "12"}).returncode == 4
    desk.run("notify", partial, code=0)
    assert [a["outcome"] for a in desk.audits(partial, "notify")] == ["done", "refused", "done", "done", "refused", "done"]
    assert len(desk.notices(partial)) == 4


def test_a_vendor_without_subscription_is_said(desk, partial):
    done = desk.run("notify", partial, code=3)
    assert "accepted by SNS" in done.stdout and "deliver" not in done.stdout
    assert f"intake vendors subscribe {desk.vendor_id}" in done.stderr


@pytest.mark.parametrize("policy, attributes, matches", [
    ({"vendor_id": [{"prefix": "T"}]}, {}, True),
    ({"vendor_id": [{"anything-but": ["VEND001"]}], "status": ["partial", "failed"]}, {}, True),
    ({"vendor_id": [{"anything-but": {"prefix": "T"}}]}, {}, False),
    ({"status": ["completed"]}, {}, False),
    ({"error_type": [{"exists": False}]}, {}, True),
    ({"vendor_id": [{"exists": True}], "upload_id": [{"suffix": "nobody"}]}, {}, False),
    ({"vendor_id": ["x"] * 1 + [f"V{n:04}" for n in range(150)]}, {}, False),
    ({"vendor_id": [{"prefix": "T"}]}, {"FilterPolicyScope": "MessageBody"}, False),
])
def test_filters_of_every_kind(desk, partial, subscribed, policy, attributes, matches):
    subscribed(policy, f"other-{desk.vendor_id.lower()}@example.com", **attributes)
    [recipient] = mine(desk.run("notify", partial, "--dry-run", "--json", code=0).json, desk)
    assert recipient["matches_filter"] is matches


def test_no_vendor_can_be_told_so_operators_are(desk):
    key = "uploads/T404/T404_20260301_090000.csv"
    desk.s3.put_object(Bucket=desk.names["S3_BUCKET_NAME"], Key=key, Body=b"x\n")
    from support import wait_until
    def refused():
        """the file is refused"""
        return desk.database.execute("SELECT upload_id FROM upload_history WHERE s3_key = %s AND status = 'failed'", [key]).fetchone()
    upload_id = wait_until(refused, 60)["upload_id"]
    plan = desk.run("notify", upload_id, "--dry-run", "--json", code=0).json
    assert plan["topic_arn"].endswith("product-upload-alarms") and "operators" in plan["warnings"][0]
    desk.run("notify", upload_id, role="support", code=3)
    assert desk.notices(upload_id)[0]["outcome"] == "accepted"


def test_two_at_the_same_moment(desk, partial, subscribed):
    subscribed()
    with desk.proxies() as (aws, _, environment):
        reached, released = threading.Event(), threading.Event()
        def hold(_):
            reached.set()
            released.wait(120)
        aws.inject("before", "sns", "Publish", value=hold)
        first = desk.start("notify", partial, env=environment())
        assert reached.wait(60)
        second = desk.run("notify", partial, "--force", role="support")
        released.set()
        assert first.wait(60) == 0
        first.communicate()
    assert second.returncode == 1 and "is locked by operator" in second.stderr
    assert len(desk.notices(partial)) == 1


@pytest.mark.parametrize("fault, outcome, audited", [("throttle", "failed", "failed"), ("drop_answer", "unknown", "partly")])
def test_what_sns_did_not_say(desk, partial, subscribed, fault, outcome, audited):
    subscribed()
    with desk.proxies() as (aws, _, environment):
        aws.inject(fault, "sns", "Publish", times=None)
        done = desk.run("notify", partial, env=environment())
    assert done.returncode == 1, done.stderr
    assert ("nothing was sent" if outcome == "failed" else "not known whether") in done.stderr
    assert [n["outcome"] for n in desk.notices(partial)] == [outcome]
    assert desk.audits(partial, "notify")[0]["outcome"] == audited
    again = desk.run("notify", partial)
    assert again.returncode == (0 if outcome == "failed" else 4)


def test_who_may_and_what_cannot_be(desk, partial):
    refused = desk.run("notify", partial, role="viewer")
    assert refused.returncode == 4 and "support" in refused.stderr
    assert desk.run("notify", partial, "--read-only", role="support").returncode == 4
    near = desk.run("notify", partial[:-1], role="support")
    assert near.returncode == 1 and partial in near.stderr
    admin = desk.stack.variables("admin")
    keys = {name: admin[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    elsewhere = {"SNS_TOPIC_ARN": desk.names["SNS_TOPIC_ARN"] + "-gone"}
    gone = desk.run("notify", partial, env=elsewhere | keys)
    assert gone.returncode == 1 and "reading the subscriptions of " + elsewhere["SNS_TOPIC_ARN"] in gone.stderr
    assert desk.notices(partial) == []
    denied = desk.run("notify", partial, env=elsewhere)
    assert denied.returncode == 1 and "nothing was sent, and the notice is recorded as failed" in denied.stderr
    assert [n["outcome"] for n in desk.notices(partial)] == ["failed"]
    desk.database.execute("UPDATE upload_history SET status = 'processing' WHERE upload_id = %s", [partial])
    early = desk.run("notify", partial, role="support")
    assert early.returncode == 1 and "still processing" in early.stderr


def test_while_the_report_is_made_that_is_said(desk, stack):
    """The error queue's function rests: the upload is final, its report is not there yet."""
    switch = mapping_switch(stack, "error-processor")
    switch(False)
    try:
        upload = desk.put([product(desk.vendor_id, 1), product(desk.vendor_id, 2, price="x")])
        wait_until(lambda: (desk.history(upload) or {}).get("status") == "partial", 60)
        plan = desk.prove_dry("notify", upload)
        assert plan["link_expires_at"] is None and "Error report:" not in plan["message"]
        assert any("still being built" in warning for warning in plan["warnings"])
    finally:
        switch(True)
    def noticed():
        """the automatic notice is accepted"""
        return desk.notices(upload) == [] and desk.database.execute(
            "SELECT 1 FROM notifications WHERE upload_id = %s AND outcome = 'accepted'", [upload]).fetchone()
    wait_until(noticed, 60)
    plan = desk.run("notify", upload, "--dry-run", "--json", code=0).json
    assert plan["link_expires_at"] and "Error report:" in plan["message"]
    assert not any("still being built" in warning for warning in plan["warnings"])
