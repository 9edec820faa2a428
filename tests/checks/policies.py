"""Every policy of the template, judged by parliament: an action that does not exist, a resource that an
action does not know, a condition key that no service has. What is refused stands here with its reason.

policies.py TEMPLATE    runs in var/venv-lint
"""

import json
import sys

import parliament
import yaml

# (finding, Sid): why it stands. An entry that no finding needs any more is a finding itself.
REFUSED = {
    ("RESOURCE_STAR", "JoinNetwork"): "Lambda makes network interfaces whose names nobody knows before",
    ("RESOURCE_STAR", "ListsThatKnowNoResource"): "these actions take no resource",
    ("UNKNOWN_CONDITION_FOR_ACTION", "TunnelToTheDatabase"):
        "AWS documents ssm:SessionDocumentAccessCheck for StartSession; without it the document is not looked at",
}

STANDING = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012",
            "AWS::StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/intake/0a1b2c3d"}
ARNS = {
    "AWS::S3::Bucket": "arn:aws:s3:::bucket", "AWS::SQS::Queue": "arn:aws:sqs:us-east-1:123456789012:queue",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:us-east-1:123456789012:table/records",
    "AWS::SNS::Topic": "arn:aws:sns:us-east-1:123456789012:topic",
    "AWS::Logs::LogGroup": "arn:aws:logs:us-east-1:123456789012:log-group:group:*",
    "AWS::IAM::Role": "arn:aws:iam::123456789012:role/role",
    "AWS::RDS::DBInstance": "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds-db-1-abcdef",
    "AWS::EC2::Instance": "i-0123456789abcdef0",
}


class Loader(yaml.SafeLoader):
    pass


def tagged(loader, tag, node):
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {tag: loader.construct_sequence(node, deep=True)}
    return {tag: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", tagged)


def main(path):
    with open(path, encoding="utf-8") as file:
        template = yaml.load(file, Loader)
    resources = template["Resources"]

    def named(name):
        """A resource or a parameter as a text that an ARN may hold."""
        name, _, attribute = name.partition(".")
        if name in STANDING:
            return STANDING[name]
        if name in resources:
            arn = ARNS.get(resources[name]["Type"], "name")
            return arn + "/stream/2026" if attribute == "StreamArn" else (
                "db-ABCDEFGHIJKL" if attribute == "DbiResourceId" else arn)
        return str(template["Parameters"][name].get("Default") or "") if name != "DatabaseOwnerSecretArn" else (
            ARNS["AWS::RDS::DBInstance"])

    def text(pattern):
        out = ""
        while "${" in pattern:
            before, _, rest = pattern.partition("${")
            name, _, pattern = rest.partition("}")
            out += before + ("${" + name[1:] + "}" if name.startswith("!") else named(name))
        return out + pattern

    def plain(value):
        """The value with everything in place; of a choice both ways."""
        if isinstance(value, list):
            flat = []
            for item in map(plain, value):
                flat += item if isinstance(item, list) else [item]
            return [item for item in flat if item is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(tag, inner)] = value.items()
            if tag == "Ref":
                return None if inner == "AWS::NoValue" else named(inner)
            if tag == "GetAtt":
                return named(inner)
            if tag == "Sub":
                return text(inner)
            if tag == "If":
                return [item for item in map(plain, inner[1:]) if item is not None]
        return {key: plain(item) for key, item in value.items()}

    found, used = [], set()
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            documents.append(properties["PolicyDocument"])
        for document in documents:
            for statement in plain(document)["Statement"]:
                judged = parliament.analyze_policy_string(json.dumps(
                    {"Version": "2012-10-17", "Statement": [statement]}))
                for finding in judged.findings:
                    key = (finding.issue, statement["Sid"])
                    if key in REFUSED:
                        used.add(key)
                    else:
                        found.append(f"{name}, {statement['Sid']}: {finding.issue} {finding.detail}")
    found += [f"{issue} of {sid} is refused, and nothing finds it" for issue, sid in REFUSED.keys() - used]
    print("\n".join(found) or f"{path}: every policy is well")
    return 1 if found else 0


sys.exit(main(sys.argv[1]))
