"""`intake doctor`: every part seen, what is broken named with what mends it, and an answer when all is down."""

import socket
import time

import pytest


AREAS = ["storage", "table", "database", "uploads", "secret", "queues", "notices", "functions",
         "triggers", "logs", "alarms"]


def checks(done):
    return {(c["area"], c["name"]): c for c in done.json["checks"]}


def test_a_fresh_stack_has_no_failure(run_intake):
    done = run_intake("doctor", "--json")
    failed = [c for c in done.json["checks"] if c["status"] == "fail"]
    assert not failed
    assert done.returncode in (0, 3)
    assert sorted({c["area"] for c in done.json["checks"]}, key=AREAS.index) == AREAS
    for check in done.json["checks"]:
        assert set(check) == {"name", "area", "status", "detail", "remedy"}
        assert check["status"] in ("ok", "warn", "fail", "skip")
        assert check["detail"]
        if check["status"] in ("warn", "fail"):
            assert check["remedy"], check
    assert done.json["ok"] == all(c["status"] == "ok" for c in done.json["checks"])


def test_the_databases_authorities_are_looked_at(run_intake):
    found = checks(run_intake("doctor", "--json"))["secret", "database authorities"]
    assert (found["status"], found["detail"]) == ("ok", "92, none expires before 2037-12-31")


def test_metrics_of_errors_are_no_errors(run_intake, new_vendor):
    vendor = new_vendor()
    file = "vendor_product_id,product_name,category,sku,price,stock_quantity\n1,Lamp,Kitchen,1,no,1\n"
    run_intake("submit", "--wait", "--vendor", vendor, "-", input=file, code=1)
    seen = [c["detail"] for c in run_intake("doctor", "--json").json["checks"]
            if c["name"] == "recent errors"]
    assert len(seen) == 3 and not [detail for detail in seen if "_aws" in detail]


def test_what_is_broken_is_named(stack, run_intake, database):
    s3 = stack.client("s3")
    bucket = stack.variables()["S3_BUCKET_NAME"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    database.execute("UPDATE product_categories SET is_active = false")
    try:
        done = run_intake("doctor", "--json", code=1)
    finally:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        database.execute("UPDATE product_categories SET is_active = true")
    assert done.json["ok"] is False
    assert checks(done)["storage", "bucket versioning"]["status"] == "fail"
    assert checks(done)["database", "categories"]["status"] == "fail"
    assert checks(run_intake("doctor", "--json"))["storage", "bucket versioning"]["status"] == "ok"


def test_a_trigger_for_some_names_alone_is_a_failure(stack, run_intake):
    s3 = stack.client("s3")
    bucket = stack.variables()["S3_BUCKET_NAME"]
    whole = s3.get_bucket_notification_configuration(Bucket=bucket)["LambdaFunctionConfigurations"]
    narrow = [{**one, "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "uploads/"},
                                                         {"Name": "suffix", "Value": ".csv"}]}}} for one in whole]
    try:
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": narrow})
        found = checks(run_intake("doctor", "--json", code=1))["storage", "upload events"]
    finally:
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": whole})
    assert found["status"] == "fail" and found["remedy"]
    assert checks(run_intake("doctor", "--json"))["storage", "upload events"]["status"] == "ok"


def test_a_paused_mapping_is_a_failure_with_its_remedy(stack, run_intake):
    lambdas = stack.client("lambda")
    mapping = lambdas.list_event_source_mappings(FunctionName="product-validator")["EventSourceMappings"][0]
    lambdas.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        found = checks(run_intake("doctor", "--json", code=1))["triggers", "stream to validator"]
    finally:
        lambdas.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    assert found["status"] == "fail"
    assert mapping["UUID"] in found["remedy"]


def test_a_viewer_may_look(run_intake):
    done = run_intake("doctor", "--json", role="viewer")
    assert not [c for c in done.json["checks"] if c["status"] == "fail"]


def silent_server():
    """A server that takes connections and never answers."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(64)
    return server


@pytest.mark.alone
@pytest.mark.parametrize("world", ["nobody listens", "nobody answers"])
def test_everything_down_is_a_complete_answer(run_intake, world):
    server = silent_server()
    port = server.getsockname()[1]
    if world == "nobody listens":
        server.close()
    began = time.monotonic()
    done = run_intake("doctor", "--json", code=1, env={
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "INTAKE_DATABASE_URL": f"postgresql://nobody@127.0.0.1:{port}/none"}, timeout=60)
    took = time.monotonic() - began
    server.close()
    assert {c["area"] for c in done.json["checks"]} == set(AREAS)
    assert not [c for c in done.json["checks"] if c["status"] == "ok"]
    assert took < 30, "it hangs"


def test_what_the_queue_refused_and_a_sweep_that_does_not_come_are_named(stack, run_intake, database, new_vendor):
    vendor = new_vendor()
    file = "vendor_product_id,product_name,category,sku,price,stock_quantity\n1,Lamp,Kitchen,%s,1,1\n" % vendor
    upload_id = run_intake("submit", "--wait", "--vendor", vendor, "-", "--json", input=file).json[0]["upload_id"]
    database.execute("INSERT INTO outbox (upload_id, body, created_at, refused_at, refusal) VALUES (%s, '{}',"
                     " now() - interval '1 hour', now(), 'InvalidMessageContents: no')", [upload_id])
    database.execute("INSERT INTO sweeps VALUES (true, now() - interval '1 hour', 4000, 'x') ON CONFLICT (only_one) DO"
                     " UPDATE SET ended_at = excluded.ended_at, oldest_waiting_seconds = 4000, failure = 'x'")
    found = checks(run_intake("doctor", "--json", role="viewer"))
    database.execute("DELETE FROM outbox WHERE upload_id = %s", [upload_id])
    database.execute("DELETE FROM sweeps")
    refused = found["uploads", "refused messages"]
    assert refused["status"] == "warn" and refused["detail"].startswith("1 ")
    assert "revalidate ID --pending" in refused["remedy"]
    assert found["uploads", "outgoing messages"]["status"] == "ok"
    assert found["uploads", "sweep"]["status"] == "warn" and "error-processor" in found["uploads", "sweep"]["remedy"]
    assert found["uploads", "oldest waiting"]["status"] == "warn"
    assert checks(run_intake("doctor", "--json"))["uploads", "sweep"]["status"] in ("ok", "warn")
