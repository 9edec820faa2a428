"""var/env and its siblings: what points a terminal at the stack."""

import shlex

from . import emulator, places, postgres
from .places import REGION, ROOT_KEY, VAR

NAMES = {
    "S3_BUCKET_NAME": "BucketName", "DYNAMODB_TABLE": "TableName",
    "SQS_ERROR_QUEUE_URL": "ErrorQueueUrl", "SNS_TOPIC_ARN": "TopicArn",
    "SNS_ALARM_TOPIC_ARN": "AlarmTopicArn", "RDS_SECRET_NAME": "SecretName",
}
FILES = {"operator": "env", "viewer": "env.viewer", "support": "env.support"}


def for_role(state, role):
    outputs = state["deployed"]["outputs"]
    key, secret = state["deployed"]["keys"][role]
    values = {"AWS_ENDPOINT_URL": emulator.endpoint(state), "AWS_REGION": REGION,
              "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret,
              "INTAKE_DATABASE_URL": postgres.url(state, role)}
    values.update({name: outputs[output] for name, output in NAMES.items()})
    values["XDG_STATE_HOME"] = str(VAR / "state")  # drafts and journals of this checkout
    return values


def for_admin(state):
    key, secret = ROOT_KEY
    return {"INTAKE_ADMIN_DATABASE_URL": postgres.owner_url(state),
            "INTAKE_ADMIN_ACCESS_KEY_ID": key, "INTAKE_ADMIN_SECRET_ACCESS_KEY": secret}


def write(state):
    files = {name: for_role(state, role) for role, name in FILES.items()}
    files["env.admin"] = for_admin(state)
    for name, values in files.items():
        places.write_private(VAR / name, "".join(
            f"export {variable}={shlex.quote(value)}\n" for variable, value in values.items()))
