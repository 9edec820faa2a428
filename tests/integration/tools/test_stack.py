"""The local stack itself: what it promises to those who build on it."""

import json
import os
import stat
import subprocess
import time

import botocore.exceptions
import pytest
import psycopg

from support import ROOT, wait_until

ROLES = ("viewer", "support", "operator")


def test_files_of_the_environment_are_private(stack):
    for name in ("env", "env.viewer", "env.support", "env.admin"):
        assert stat.S_IMODE((stack.folder / name).stat().st_mode) == 0o600


def test_the_environment_is_shell_and_exports(stack):
    script = f". {stack.folder / 'env'} && exec env"
    lines = subprocess.run(["sh", "-c", script], text=True, capture_output=True, check=True,
                           env={"PATH": os.environ["PATH"]}).stdout.splitlines()
    names = {line.partition("=")[0] for line in lines}
    assert names >= {"AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                     "INTAKE_DATABASE_URL", "S3_BUCKET_NAME", "DYNAMODB_TABLE",
                     "SQS_ERROR_QUEUE_URL", "SNS_TOPIC_ARN", "RDS_SECRET_NAME"}


def test_it_begins_with_vendors_and_categories(database):
    vendors = database.execute("SELECT vendor_id FROM vendors WHERE vendor_id LIKE 'VEND%'")
    assert {row["vendor_id"] for row in vendors} == {"VEND001", "VEND002", "VEND003"}
    categories = database.execute("SELECT count(*) FROM product_categories WHERE is_active")
    assert categories.fetchone()["count"] >= 20


@pytest.mark.parametrize("role", ROLES)
def test_each_role_logs_in_as_its_own_member(stack, role):
    with stack.connect(role) as connection:
        row = connection.execute(
            "SELECT pg_has_role(%s, 'MEMBER') AS member, rolsuper, rolcreaterole FROM pg_roles "
            "WHERE rolname = current_user", [f"intake_{role}"]).fetchone()
    assert row == {"member": True, "rolsuper": False, "rolcreaterole": False}


def test_a_wrong_password_is_refused(stack):
    url = stack.variables()["INTAKE_DATABASE_URL"]
    login, _, rest = url.partition("@")
    with pytest.raises(psycopg.OperationalError, match="authentication"):
        psycopg.connect(f"{login.rpartition(':')[0]}:wrong@{rest}")


def test_policies_are_enforced(stack):
    names = stack.variables()
    put = dict(Bucket=names["S3_BUCKET_NAME"], Key="elsewhere/policy.txt", Body=b"")
    for role in ROLES:
        with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
            stack.client("s3", role).put_object(**put)
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied|AuthorizationError"):
        stack.client("sns", "viewer").publish(TopicArn=names["SNS_TOPIC_ARN"], Message="x")
    for role in ROLES:
        stack.client("s3", role).list_objects_v2(Bucket=names["S3_BUCKET_NAME"])


def test_each_vendor_has_a_subscription_that_filters(stack):
    sns = stack.client("sns")
    listed = sns.list_subscriptions_by_topic(TopicArn=stack.variables()["SNS_TOPIC_ARN"])
    filters = {}
    for one in listed["Subscriptions"]:
        attributes = sns.get_subscription_attributes(SubscriptionArn=one["SubscriptionArn"])
        filters[one["Endpoint"]] = json.loads(attributes["Attributes"]["FilterPolicy"])
    assert filters["contact@techgear.com"] == {"vendor_id": ["VEND001"]}
    assert filters["sales@stylewear.com"] == {"vendor_id": ["VEND002"]}
    assert filters["info@homeessentials.com"] == {"vendor_id": ["VEND003"]}


def test_triggers_are_as_the_template_says(stack):
    functions = stack.client("lambda")
    mappings = {one["FunctionArn"].rpartition(":")[2]: one
                for one in functions.list_event_source_mappings()["EventSourceMappings"]}
    validator, processor = mappings["product-validator"], mappings["error-processor"]
    assert (validator["BatchSize"], processor["BatchSize"]) == (100, 10)
    assert validator["BisectBatchOnFunctionError"] and validator["MaximumRetryAttempts"] > 0
    assert all(one["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
               for one in (validator, processor))
    asynchronous = functions.get_function_event_invoke_config(
        FunctionName="csv-parser", Qualifier="$LATEST")
    assert asynchronous["DestinationConfig"]["OnFailure"]["Destination"].endswith(":csv-parser-dlq")


def test_status_names_what_runs_where_and_its_environment(stack):
    done = subprocess.run([ROOT / "tests" / "tools" / "stack", "status"], text=True, cwd=ROOT,
                          env=stack.process_environment, capture_output=True)
    assert done.returncode == 0 and done.stderr == ""
    assert len([line for line in done.stdout.splitlines() if " up " in line]) == 2
    assert f". {stack.folder.relative_to(ROOT) / 'env'}" in done.stdout


@pytest.mark.alone
def test_up_again_is_quick_and_down_keeps_the_data(stack):
    bucket = stack.variables()["S3_BUCKET_NAME"]
    with stack.connect() as connection:
        connection.execute("INSERT INTO vendors (vendor_id, vendor_name, email, status) "
                           "VALUES ('KEPT', 'Kept', 'kept@example.com', 'inactive')")
    version = stack.client("s3").put_object(Bucket=bucket, Key="kept.txt", Body=b"kept")["VersionId"]
    before = stack.variables()
    began = time.monotonic()
    stack.up()
    assert time.monotonic() - began < 2
    stack.down()
    began = time.monotonic()
    stack.up()
    assert time.monotonic() - began < 15
    assert stack.variables() == before
    with stack.connect() as connection:
        assert connection.execute("DELETE FROM vendors WHERE vendor_id = 'KEPT'").rowcount == 1
    kept = stack.client("s3", "operator").get_object(Bucket=bucket, Key="kept.txt", VersionId=version)
    assert kept["Body"].read() == b"kept"


def test_up_recovers_from_killed_processes(stack):
    state = json.loads((stack.folder / "stack" / "state.json").read_text())
    for name in ("postgres", "emulator"):
        os.kill(state[name]["pid"], 9)
    stack.up()
    with stack.connect() as connection:
        connection.execute("SELECT FROM vendors")
    stack.client("s3").head_bucket(Bucket=stack.variables()["S3_BUCKET_NAME"])


def test_up_migrates_again_over_a_kept_database(stack):
    path = stack.folder / "stack" / "state.json"
    state = json.loads(path.read_text())
    path.write_text(json.dumps(dict(state, migrated="another schema")))
    stack.up()
    assert json.loads(path.read_text())["migrated"] == state["migrated"]


@pytest.mark.slow
def test_the_clock_has_the_error_processor_sweep(stack, database):
    rules = [rule for rule in stack.client("events").list_rules()["Rules"] if rule.get("ScheduleExpression")]
    assert sorted((rule["State"], rule["ScheduleExpression"]) for rule in rules) == [
        ("ENABLED", "rate(1 day)"), ("ENABLED", "rate(1 minute)")]
    database.execute("DELETE FROM sweeps")
    def swept():
        """the emulator's clock called the function, which swept"""
        return database.execute("SELECT ended_at FROM sweeps").fetchone()
    wait_until(swept, 200, pause=0.5)


def test_the_deployed_role_may_sweep(stack, database, new_vendor, run_intake):
    """An old message and an item without its mark, as a dead validator leaves them; policies are enforced."""
    vendor = new_vendor()
    file = "vendor_product_id,product_name,category,sku,price,stock_quantity\n1,Lamp,Kitchen,%s,no,1\n" % vendor
    done = run_intake("submit", "--wait", "--vendor", vendor, "-", "--json", input=file).json[0]
    upload_id, table = done["upload_id"], stack.client("dynamodb")
    key = {"upload_id": {"S": upload_id}, "record_id": {"S": "REC_00001"}}
    name = stack.variables()["DYNAMODB_TABLE"]
    table.update_item(TableName=name, Key=key, UpdateExpression="SET #s = :p", ExpressionAttributeNames={"#s": "status"},
                      ExpressionAttributeValues={":p": {"S": "pending_validation"}})
    database.execute("UPDATE upload_records SET item_marked_at = NULL, revision = 0, judged_at = now() - interval '1 hour'"
                     " WHERE upload_id = %s", [upload_id])
    database.execute("UPDATE upload_history SET error_file_s3_key = NULL, upload_timestamp = now() - interval '1 hour',"
                     " processing_completed_at = now() - interval '1 hour' WHERE upload_id = %s", [upload_id])
    database.execute(
        "INSERT INTO outbox (upload_id, body, created_at) VALUES (%s, json_build_object('type', 'upload_finished',"
        " 'upload_id', %s::text, 'vendor_id', %s::text, 'status', 'failed', 'timestamp', '2026-03-01T00:00:00Z')::text,"
        " now() - interval '1 hour')", [upload_id, upload_id, vendor])
    answer = stack.client("lambda").invoke(FunctionName="error-processor",
                                           Payload=json.dumps({"source": "aws.events", "detail": {}}))
    assert "FunctionError" not in answer, answer["Payload"].read()
    assert table.get_item(TableName=name, Key=key, ConsistentRead=True)["Item"]["status"]["S"] == "error"
    assert not database.execute("SELECT 1 FROM outbox WHERE upload_id = %s", [upload_id]).fetchall()
    assert database.execute("SELECT error_file_s3_key FROM upload_history WHERE upload_id = %s",
                            [upload_id]).fetchone()["error_file_s3_key"]
