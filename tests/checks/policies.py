"""Every policy of the template, judged by parliament: an action that does not exist, a resource that an
action does not know, a condition key that no service has. What is refused stands here with its reason.

policies.py    runs in var/venv-lint
"""

import json
import pathlib
import re
import sys

import parliament

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))

from template import Template  # noqa: E402

# (finding, Sid): why it stands. An entry that no finding needs any more is a finding itself.
REFUSED = {
    ("RESOURCE_STAR", "JoinNetwork"): "Lambda makes network interfaces whose names nobody knows before",
    ("RESOURCE_STAR", "ListsThatKnowNoResource"): "these actions take no resource",
    ("UNKNOWN_CONDITION_FOR_ACTION", "TunnelToTheDatabase"):
        "AWS documents ssm:SessionDocumentAccessCheck for StartSession; without it the document is not looked at",
}

SHAPES = [{"OperatorAccess": "ssm"}, {"DatabaseMode": "existing", "DatabaseOwnerSecretArn":
                                      "arn:aws:secretsmanager:eu-central-1:123456789012:secret:owner-abcdef"}]
HERE = "eu-central-1:123456789012:"
ARNS = {
    "AWS::S3::Bucket": "arn:aws:s3:::bucket", "AWS::SQS::Queue": f"arn:aws:sqs:{HERE}queue",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{HERE}table/records", "AWS::SNS::Topic": f"arn:aws:sns:{HERE}topic",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{HERE}log-group:group:*", "AWS::EC2::Instance": "i-0123456789abcdef0",
    "AWS::IAM::Role": "arn:aws:iam::123456789012:role/role",
    "AWS::RDS::DBInstance": f"arn:aws:secretsmanager:{HERE}secret:rds-db-1-abcdef",
}


def named(template, match):
    """What an ARN holds in the place of `<Resource.Attribute>`."""
    name, _, attribute = match[1].partition(".")
    arn = ARNS.get(template.source["Resources"][name]["Type"], "name")
    return {"StreamArn": arn + "/stream/2026", "DbiResourceId": "db-ABCDEFGHIJKL"}.get(attribute, arn)


def statements(template):
    for kind in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy"):
        for name, row in template.of_type(kind).items():
            documents = [policy["PolicyDocument"] for policy in row.get("Policies", [])]
            for document in documents + [row[key] for key in ("PolicyDocument",) if key in row]:
                for statement in document["Statement"]:
                    yield name, statement


def main():
    found, used = {}, set()
    for template in (Template(**shape) for shape in SHAPES):
        for name, statement in statements(template):
            text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            text = re.sub(r"<(\w+(?:\.\w+)*)>", lambda match: named(template, match), text)
            for finding in parliament.analyze_policy_string(text).findings:
                key = (finding.issue, statement["Sid"])
                if key in REFUSED:
                    used.add(key)
                else:
                    found[f"{name}, {statement['Sid']}: {finding.issue} {finding.detail}"] = True
    lines = [*found, *(f"{issue} of {sid} is refused, and nothing finds it" for issue, sid in REFUSED.keys() - used)]
    print("\n".join(lines) or "every policy is well")
    return 1 if lines else 0


sys.exit(main())
