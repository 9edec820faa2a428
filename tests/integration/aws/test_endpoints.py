"""Where calls go, judged by botocore's own rules: every region of every partition, with and without FIPS
and dual stack."""

import os
import subprocess

import botocore.loaders
import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from support import BUILD

SERVICES = {"S3": "s3", "DYNAMODB": "dynamodb", "DYNAMODB_STREAMS": "dynamodbstreams", "SQS": "sqs",
            "SNS": "sns", "SECRETS_MANAGER": "secretsmanager", "CLOUDWATCH_LOGS": "logs",
            "LAMBDA": "lambda", "STS": "sts", "CLOUDFORMATION": "cloudformation",
            "CLOUDWATCH": "cloudwatch", "SSO": "sso", "SSO_OIDC": "sso-oidc"}
LOADER = botocore.loaders.create_loader()
PARTITIONS = LOADER.load_data("partitions")
CASES = [(region, fips, dual)
         for partition in PARTITIONS["partitions"] for region in partition["regions"]
         if not region.endswith("-global")
         for fips in (False, True) for dual in (False, True)]


def theirs(provider, region, fips, dual):
    try:
        return provider.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual).url
    except EndpointProviderError:
        return "!"


@pytest.fixture(scope="module")
def ours():
    lines = "".join(f"{region} {str(fips).lower()} {str(dual).lower()}\n" for region, fips, dual in CASES)
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    run = subprocess.run([BUILD / "tests/aws_probe_sign_in", "endpoints"], input=lines, text=True,
                         capture_output=True, env=environment, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr
    found = [line.split(" ") for line in run.stdout.splitlines()[:len(CASES)]]
    return [dict(zip(line[::2], line[1::2])) for line in found]


@pytest.mark.parametrize("name", SERVICES)
def test_every_region_of_every_partition(ours, name):
    provider = EndpointProvider(LOADER.load_service_model(SERVICES[name], "endpoint-rule-set-1"),
                                PARTITIONS)
    wrong = [(case, row[name], expected) for case, row in zip(CASES, ours)
             if row[name] != (expected := theirs(provider, *case))]
    assert not wrong, wrong[:10]
    assert len(CASES) > 150


def test_no_service_is_left_out(ours):
    assert set(ours[0]) == set(SERVICES)
