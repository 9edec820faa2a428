"""Deploys lambda/template.yaml as an account gets it, and adds what only this machine needs."""

import concurrent.futures
import json

from . import emulator, places
from .places import ACCOUNT, FUNCTIONS, REGION, TEMPLATE, Failure

STACK = "intake"
CODE_BUCKET = "intake-code"
PARAMETERS = {
    "PackageType": "Zip", "CodeBucket": CODE_BUCKET, "FunctionTimeout": "20",
    "ErrorQueueVisibility": "30", "ErrorBatchingWindow": "1", "StreamBatchingWindow": "0",
    "DatabaseMode": "existing", "DatabaseHost": "127.0.0.1", "DatabaseName": places.DATABASE,
    "DatabaseUser": "pipeline", "DatabaseSslMode": "disable", "NetworkMode": "none",
    "DatabaseClass": "db.t4g.micro", "ParserConcurrency": "8", "ErrorProcessorConcurrency": "0",
    "SweepSchedule": "rate(1 minute)", "RequireTls": "false", "Alarms": "false",
}
CODE_KEYS = dict(zip(FUNCTIONS, ("ParserCodeKey", "ValidatorCodeKey", "ErrorProcessorCodeKey",
                                 "MigrateCodeKey")))
OWNER_SECRET = "intake/owner"
BODY_MAX = 51200  # of a template in the request itself; a longer one is read from a bucket
VENDORS = {"VEND001": "contact@techgear.com", "VEND002": "sales@stylewear.com",
           "VEND003": "info@homeessentials.com"}
POLICIES = {
    "viewer": ("ViewerPolicyArn",),
    "support": ("ViewerPolicyArn", "SupportPolicyArn"),
    "operator": ("ViewerPolicyArn", "SupportPolicyArn", "OperatorPolicyArn"),
}


def client(state, service):
    import boto3
    from botocore.config import Config
    key, secret = places.ROOT_KEY
    return boto3.session.Session().client(
        service, region_name=REGION, endpoint_url=emulator.endpoint(state), aws_access_key_id=key,
        aws_secret_access_key=secret, config=Config(parameter_validation=False))


def zip_path(function):
    return places.BUILD / "lambda" / f"{function}.zip"


def code_fingerprints():
    missing = [str(zip_path(name)) for name in FUNCTIONS if not zip_path(name).exists()]
    if missing:
        raise Failure(f"{missing[0]} is missing; `make` builds it")
    return {name: places.fingerprint([zip_path(name)]) for name in FUNCTIONS}


def upload_code(state, fingerprints):
    """Puts the zips into the code bucket; returns the key of each."""
    s3 = client(state, "s3")
    s3.create_bucket(Bucket=CODE_BUCKET)
    keys = {}
    for name, digest in fingerprints.items():
        keys[name] = f"{name}-{digest[:16]}.zip"
        s3.put_object(Bucket=CODE_BUCKET, Key=keys[name], Body=zip_path(name).read_bytes())
    return keys


def create_owner_secret(state):
    """What RDS keeps of a database's owner: the username and the password alone."""
    return client(state, "secretsmanager").create_secret(
        Name=OWNER_SECRET, SecretString=json.dumps(
            {"username": places.OWNER, "password": state["passwords"][places.OWNER]}))["ARN"]


def template(state):
    body = TEMPLATE.read_text()
    if len(body.encode()) <= BODY_MAX:
        return {"TemplateBody": body}
    client(state, "s3").put_object(Bucket=CODE_BUCKET, Key=TEMPLATE.name, Body=body.encode())
    return {"TemplateURL": f"{emulator.endpoint(state)}/{CODE_BUCKET}/{TEMPLATE.name}"}


def create_stack(state, keys):
    """Creates the stack and returns its outputs."""
    parameters = dict(PARAMETERS, DatabasePort=str(state["database_port"]),
                      DatabasePassword=state["passwords"]["pipeline"],
                      DatabaseOwnerSecretArn=create_owner_secret(state))
    parameters.update({CODE_KEYS[name]: key for name, key in keys.items()})
    cloudformation = client(state, "cloudformation")
    cloudformation.create_stack(
        StackName=STACK, **template(state), Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value}
                    for name, value in parameters.items()])
    waiter = cloudformation.get_waiter("stack_create_complete")
    try:
        waiter.wait(StackName=STACK, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300})
    except Exception as error:
        events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
        reasons = [f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
                   for event in events if event.get("ResourceStatusReason")]
        raise Failure(f"the stack could not be created: {'; '.join(reasons) or error}") from error
    outputs = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def emulator_actions(queues, statements_on_table):
    """The emulator checks batch calls as actions of their own, which AWS does not know, and asks for a
    stream's records on any resource. The template's own policy allows these as AWS asks."""
    names = ("ChangeMessageVisibilityBatch", "DeleteMessageBatch", "SendMessageBatch")
    statements = [{"Effect": "Allow", "Action": [f"sqs:{name}" for name in names],
                   "Resource": [f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}" for queue in queues]}]
    if statements_on_table:
        statements.append({"Effect": "Allow", "Resource": "*", "Action": [
            "dynamodb:BatchExecuteStatement", "dynamodb:DescribeStream", "dynamodb:GetRecords",
            "dynamodb:GetShardIterator"]})
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def reading_actions():
    """The emulator asks for these with other resources than AWS: a log group's ARN without its `:*`,
    any stack at all. The template's own policy allows both as AWS asks."""
    groups = [f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{name}" for name in FUNCTIONS]
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Resource": groups,
         "Action": ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:DescribeLogStreams"]},
        {"Effect": "Allow", "Resource": "*", "Action": "cloudformation:DescribeStacks"}]})


def add_local_policies(state, outputs):
    """Users with the console's policies, and what the emulator asks for beyond AWS."""
    iam = client(state, "iam")
    queues = [outputs[key].rpartition("/")[2] for key in
              ("ErrorQueueUrl", "ErrorDeadLetterQueueUrl", "ParserDeadLetterQueueUrl",
               "ValidatorDeadLetterQueueUrl")]
    for function in FUNCTIONS:
        actions = emulator_actions(queues[:1], function != "csv-parser")
        iam.put_role_policy(RoleName=f"lambda-{function}-role", PolicyName="emulator-actions",
                            PolicyDocument=actions)
    keys = {}
    for role, policies in POLICIES.items():
        user = f"intake-{role}"
        iam.create_user(UserName=user)
        for policy in policies:
            iam.attach_user_policy(UserName=user, PolicyArn=outputs[policy])
        iam.put_user_policy(UserName=user, PolicyName="emulator-reading",
                            PolicyDocument=reading_actions())
        if role == "operator":
            iam.put_user_policy(UserName=user, PolicyName="emulator-actions",
                                PolicyDocument=emulator_actions(queues, True))
        key = iam.create_access_key(UserName=user)["AccessKey"]
        keys[role] = [key["AccessKeyId"], key["SecretAccessKey"]]
    return keys


def subscribe_vendors(state, outputs):
    sns = client(state, "sns")
    for vendor, address in VENDORS.items():
        sns.subscribe(TopicArn=outputs["TopicArn"], Protocol="email", Endpoint=address,
                      Attributes={"FilterPolicy": json.dumps({"vendor_id": [vendor]})})


def mend_table(state, outputs):
    """The emulator's CloudFormation drops the table's time to live."""
    client(state, "dynamodb").update_time_to_live(
        TableName=outputs["TableName"],
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})


def template_fingerprint():
    pinned = places.ROOT / "tests" / "tools" / "requirements.txt"
    return places.fingerprint([TEMPLATE, places.pathlib.Path(__file__), pinned])


def deploy(state, code):
    """Deploys everything to an empty emulator."""
    outputs = create_stack(state, upload_code(state, code))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        keys = pool.submit(add_local_policies, state, outputs)
        for work in (subscribe_vendors, mend_table):
            pool.submit(work, state, outputs).result()
    state["deployed"] = {"template": template_fingerprint(), "code": code, "outputs": outputs,
                         "keys": keys.result(), "database": state["database_port"]}


def update_code(state, code):
    """Gives the functions whose zips changed their new code."""
    deployed = state["deployed"]
    changed = [name for name in FUNCTIONS if code[name] != deployed["code"][name]]
    for name in changed:
        client(state, "lambda").update_function_code(
            FunctionName=name, ZipFile=zip_path(name).read_bytes())
    if changed:
        state["deployed"] = dict(deployed, code=code)
    return changed


def fits(state):
    """Whether what is deployed still is what would be deployed, but for code and database."""
    deployed = state["deployed"]
    return bool(deployed) and deployed["template"] == template_fingerprint()


def update_secret(state):
    """Tells the functions where the database is now."""
    deployed = state["deployed"]
    if deployed["database"] == state["database_port"]:
        return
    secrets = client(state, "secretsmanager")
    name = deployed["outputs"]["SecretName"]
    value = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
    value["port"] = state["database_port"]
    secrets.put_secret_value(SecretId=name, SecretString=json.dumps(value))
    state["deployed"] = dict(deployed, database=state["database_port"])


def renew_stream_mapping(state):
    """The emulator keeps a mapping's place in a stream but not the stream: begin both anew."""
    functions = client(state, "lambda")
    [old] = functions.list_event_source_mappings(FunctionName="product-validator")[
        "EventSourceMappings"]
    functions.delete_event_source_mapping(UUID=old["UUID"])
    kept = ("EventSourceArn", "StartingPosition", "BatchSize", "MaximumBatchingWindowInSeconds",
            "FilterCriteria", "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError",
            "MaximumRetryAttempts", "FunctionResponseTypes", "DestinationConfig")
    functions.create_event_source_mapping(
        FunctionName="product-validator", **{name: old[name] for name in kept if name in old})
