"""What an operator does to a vendor: subscribe it, suspend it, activate it."""

import json

import pytest
from support import wait_until
from operators_rig import desk, paused, product  # noqa: F401


@pytest.fixture
def cleared(desk):
    yield
    for page in desk.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=desk.names["SNS_TOPIC_ARN"]):
        for row in page["Subscriptions"]:
            if desk.vendor_id.lower() in row["Endpoint"]:
                desk.sns.unsubscribe(SubscriptionArn=row["SubscriptionArn"])


def subscriptions(desk):
    found = {}
    for page in desk.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=desk.names["SNS_TOPIC_ARN"]):
        for row in page["Subscriptions"]:
            if desk.vendor_id.lower() in row["Endpoint"]:
                got = desk.sns.get_subscription_attributes(SubscriptionArn=row["SubscriptionArn"])["Attributes"]
                found[row["Endpoint"]] = json.loads(got.get("FilterPolicy") or "null")
    return found


def test_subscribe(desk, cleared):
    email = f"{desk.vendor_id.lower()}@example.com"
    plan = desk.prove_dry("vendors", "subscribe", desk.vendor_id)
    assert plan["changed"] and json.loads(plan["filter_policy"]) == {"vendor_id": [desk.vendor_id]}
    assert subscriptions(desk) == {}
    done = desk.run("vendors", "subscribe", desk.vendor_id, "--json", "--reason", "new", code=0).json
    assert done["changed"] and done["endpoint"] == email
    assert subscriptions(desk) == {email: {"vendor_id": [desk.vendor_id]}}
    listed = desk.run("vendors", desk.vendor_id, "--json", code=0).json[0]
    assert listed["subscription"] == done["subscription"]
    again = desk.run("vendors", "subscribe", desk.vendor_id, "--json", code=0).json
    assert not again["changed"] and "already" in again["notes"][0]
    assert [a["outcome"] for a in desk.audits(desk.vendor_id, "vendors subscribe")] == ["done", "done"]


@pytest.mark.parametrize("before, after", [
    ({}, lambda v: {"vendor_id": [v]}),
    ({"vendor_id": ["OTHER"]}, lambda v: {"vendor_id": ["OTHER", v]}),
])
def test_an_address_whose_filter_is_wrong_is_mended(desk, cleared, before, after):
    email = f"{desk.vendor_id.lower()}@example.com"
    desk.sns.subscribe(TopicArn=desk.names["SNS_TOPIC_ARN"], Protocol="email", Endpoint=email,
                       Attributes={"FilterPolicy": json.dumps(before)} if before else {})
    done = desk.run("vendors", "subscribe", desk.vendor_id, "--json", code=0).json
    assert done["changed"] and subscriptions(desk) == {email: after(desk.vendor_id)}


def test_no_address_nothing_to_subscribe(desk):
    desk.database.execute("UPDATE vendors SET email = NULL WHERE vendor_id = %s", [desk.vendor_id])
    done = desk.run("vendors", "subscribe", desk.vendor_id)
    assert done.returncode == 1 and "no e-mail address" in done.stderr
    [audit] = desk.audits(desk.vendor_id)
    assert audit["outcome"] == "failed" and "no e-mail address" in audit["detail"]["why"]


def test_suspend_and_activate(desk, paused):
    v = desk.vendor_id
    upload_id = desk.put([product(v, n) for n in range(1, 4)])
    desk.written(upload_id)
    plan = desk.prove_dry("vendors", "suspend", v)
    assert (plan["status_before"], plan["status"]) == ("active", "suspended")
    assert [(u["upload_id"], u["admitted"], u["total_records"]) for u in plan["uploads_in_flight"]] == [(upload_id, True, 3)]
    done = desk.run("vendors", "suspend", v, "--reason", "contract ended", code=0)
    assert "processed to the end" in done.stderr and "suspended" in done.stdout
    desk.revalidate(upload_id, "--pending", "--yes", code=0)
    assert desk.history(upload_id)["status"] == "completed", "what was admitted goes on"
    late = desk.put([product(v, 9)], "20260301_110000")
    def refused():
        """the later file is refused"""
        return desk.history(late)["failure_code"]
    assert wait_until(refused, 60) == "VENDOR_NOT_ACTIVE"
    same = desk.run("vendors", "suspend", v, "--json", code=0).json
    assert not same["changed"] and "already" in same["notes"][0]
    back = desk.run("vendors", "activate", v, "--json", "--yes", "--reason", "paid", code=0).json
    assert (back["status"], back["changed"]) == ("active", True)
    assert [(a["action"], a["outcome"], a["reason"]) for a in desk.audits(v)] == [
        ("vendors suspend", "done", "contract ended"), ("vendors suspend", "done", None), ("vendors activate", "done", "paid")]


@pytest.mark.parametrize("status", ["inactive", "pending_approval", "suspended"])
def test_activate_from_anything(desk, new_vendor, status):
    v = new_vendor(status)
    assert desk.run("vendors", "activate", v, "--json", code=0).json["status_before"] == status
    assert desk.run("vendors", v, "--json", code=0).json[0]["status"] == "active"


def test_who_may_and_near_ids(desk):
    for word in ("suspend", "activate", "subscribe"):
        refused = desk.run("vendors", word, desk.vendor_id, role="support")
        assert refused.returncode == 4 and "operator" in refused.stderr
        assert desk.run("vendors", word).returncode == 2
    assert desk.run("vendors", "suspend", desk.vendor_id, "--read-only").returncode == 4
    near = desk.run("vendors", "suspend", "VEND01")
    assert near.returncode == 1 and "VEND001" in near.stderr
    assert desk.database.execute("SELECT status FROM vendors WHERE vendor_id = %s", [desk.vendor_id]).fetchone()["status"] == "active"
    assert [a["outcome"] for a in desk.audits(desk.vendor_id)] == ["refused"] * 4
