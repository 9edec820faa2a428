"""Staging beside production: a second stack in the same account, with a database of its own that
its own intake-migrate fills, takes a file the whole way and goes again; production stays as it was."""

import json
import uuid

import psycopg
import psycopg.rows
import pytest

from support import ROOT, wait_until

PREFIX = "staging-"


@pytest.fixture
def second_database(stack):
    url = stack.variables("admin")["INTAKE_ADMIN_DATABASE_URL"]
    name = "staging_" + uuid.uuid4().hex[:8]
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {name}")
    yield name, psycopg.conninfo.make_conninfo(url, dbname=name)
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def staging(stack, second_database):
    stacks, secrets = stack.client("cloudformation"), stack.client("secretsmanager")
    [production] = stacks.describe_stacks(StackName="intake")["Stacks"]
    values = {row["ParameterKey"]: row["ParameterValue"] for row in production["Parameters"]}
    secret = json.loads(secrets.get_secret_value(SecretId="ecommerce/rds/credentials")["SecretString"])
    values.update(NamePrefix=PREFIX, DatabaseName=second_database[0], DatabasePassword=secret["password"],
                  DatabasePort=str(secret["port"]))
    endpoint = stack.variables()["AWS_ENDPOINT_URL"]
    stacks.create_stack(StackName="staging", TemplateURL=f"{endpoint}/intake-code/template.yaml",
                        Capabilities=["CAPABILITY_NAMED_IAM"], Parameters=[
                            {"ParameterKey": name, "ParameterValue": value} for name, value in values.items()])
    stacks.get_waiter("stack_create_complete").wait(StackName="staging", WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    [made] = stacks.describe_stacks(StackName="staging")["Stacks"]
    iam = stack.client("iam")
    for name in ("csv-parser", "product-validator", "error-processor"):  # what the emulator asks for beyond AWS
        document = iam.get_role_policy(RoleName=f"lambda-{name}-role", PolicyName="emulator-actions")["PolicyDocument"]
        text = json.dumps(document).replace(":product-validation-errors", f":{PREFIX}product-validation-errors")
        iam.put_role_policy(RoleName=f"lambda-{PREFIX}{name}-role", PolicyName="emulator-actions", PolicyDocument=text)
    yield {row["OutputKey"]: row["OutputValue"] for row in made["Outputs"]}
    stacks.delete_stack(StackName="staging")
    stacks.get_waiter("stack_delete_complete").wait(StackName="staging", WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    for function in ("ParserFunctionName", "ValidatorFunctionName", "ErrorFunctionName", "MigrateFunctionName"):
        name = next(row["OutputValue"] for row in production["Outputs"] if row["OutputKey"] == function)
        assert stack.client("lambda").get_function(FunctionName=name)["Configuration"]["State"] == "Active"


def test_a_second_stack_stands_beside_the_first(stack, staging, second_database, run_intake):
    assert all(PREFIX in staging[name] for name in (
        "BucketName", "TableName", "SecretName", "ErrorQueueUrl", "TopicArn", "ParserFunctionName"))
    of_staging = {"INTAKE_MIGRATE_FUNCTION": staging["MigrateFunctionName"]}
    done = run_intake("migrate", "--in-account", "--yes", "--json", role="admin", env=of_staging, code=0).json
    assert done["applied"] == done["version"] and done["pending"] == 0
    with psycopg.connect(second_database[1], autocommit=True, row_factory=psycopg.rows.dict_row) as owner:
        owner.execute((ROOT / "sql" / "samples.sql").read_text())
        body = (b"vendor_product_id,product_name,category,sku,price,stock_quantity\n"
                b"A1,Lamp,Kitchen,SA1,1.00,1\nB1,Lamp,Kitchen,SB1,x,1\n")
        stack.client("s3").put_object(Bucket=staging["BucketName"], Key="uploads/VEND001/VEND001_staging.csv", Body=body)

        def told():
            """the upload is final and its notice was accepted"""
            return owner.execute("SELECT h.status, h.error_file_s3_key AS report FROM upload_history h"
                                 " JOIN notifications n USING (upload_id) WHERE n.outcome = 'accepted'").fetchone()
        upload = wait_until(told, 60)
    assert upload["status"] == "partial"
    stack.client("s3").head_object(Bucket=staging["BucketName"], Key=upload["report"])
    lines = [event["message"] for event in stack.client("logs").filter_log_events(
        logGroupName="/aws/lambda/" + staging["ParserFunctionName"])["events"]]
    told = [json.loads(line)["_aws"]["CloudWatchMetrics"][0]["Namespace"] for line in lines if '"_aws"' in line]
    assert set(told) == {PREFIX + "EcommerceProductOnboarding"}
