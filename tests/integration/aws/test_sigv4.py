"""botocore judges our signatures: several hundred random requests, signed by build/tests/sigv4 (the
code that the product itself signs with) and by botocore, compared stage by stage."""

import concurrent.futures
import datetime
import json
import os
import random
import string
import subprocess
import urllib.parse
from unittest import mock

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from support import BUILD

SIGV4 = BUILD / "tests" / "sigv4"
REQUESTS = int(os.environ.get("SIGV4_REQUESTS", "400"))
SEED = int(os.environ.get("SIGV4_SEED", "20260102"))

SERVICES = ["s3", "s3", "dynamodb", "sqs", "sns", "lambda", "sts", "logs", "secretsmanager"]
REGIONS = ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"]
LETTERS = string.ascii_letters + string.digits + "-_.~" + " +%&=?#'\"()*!@:;,$[]{}|\\^`<>/" + "éß€漢🙂"


def text(rng, most, letters=LETTERS):
    return "".join(rng.choice(letters) for _ in range(rng.randint(0, most)))


def quote(value, safe=""):
    return urllib.parse.quote(value, safe=safe + "-_.~")


def random_path(rng, service):
    parts = [text(rng, 12) for _ in range(rng.randint(0, 5))]
    if rng.random() < 0.3:
        parts.insert(rng.randint(0, len(parts)), rng.choice([".", "..", ""]))
    return "/" + quote("/".join(parts), "/")


def random_query(rng):
    pairs = [(text(rng, 8) or "k", text(rng, 12)) for _ in range(rng.randint(0, 5))]
    if pairs and rng.random() < 0.3:
        pairs.append((pairs[0][0], text(rng, 5)))
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs)


def random_headers(rng):
    names = ["Content-Type", "X-Amz-Target", "X-Amz-Meta-Upload_Id", "x-amz-acl", "Range",
             "User-Agent", "Connection", "X-Custom", "x-AMZ-Zebra", "Accept"]
    values = string.ascii_letters + string.digits + "-_.,;:=/ \t*\"'"
    chosen = rng.sample(names, rng.randint(0, 5))
    return [(name, "v" + text(rng, 20, values)) for name in chosen]


def random_case(rng):
    service = rng.choice(SERVICES)
    moment = datetime.datetime(2020, 1, 1) + datetime.timedelta(seconds=rng.randint(0, 10**9))
    body = b"" if rng.random() < 0.4 else rng.randbytes(rng.randint(1, 3000))
    token = text(rng, 200, string.ascii_letters + string.digits + "+/=") or None
    return {
        "service": service,
        "region": rng.choice(REGIONS),
        "moment": moment,
        "method": rng.choice(["GET", "PUT", "POST", "DELETE", "HEAD"]),
        "host": rng.choice(["example.amazonaws.com", "127.0.0.1:4566", "my.bucket.s3.amazonaws.com"]),
        "path": random_path(rng, service),
        "query": random_query(rng),
        "headers": random_headers(rng),
        "body": body,
        "key": "AKIA" + text(rng, 12, string.ascii_uppercase).ljust(12, "X"),
        "secret": text(rng, 60, string.ascii_letters + string.digits + "/+") + "s",
        "token": token if rng.random() < 0.5 else None,
        "expires": rng.randint(1, 604800),
    }


def sign_by_us(case, folder):
    folder.mkdir()
    target = case["path"] + ("?" + case["query"] if case["query"] else "")
    lines = [f"{case['method']} {target} HTTP/1.1", f"Host: {case['host']}"]
    lines += [f"{name}: {value}" for name, value in case["headers"]]
    (folder / "request.txt").write_bytes("\r\n".join(lines).encode() + b"\r\n\r\n" + case["body"])
    credentials = {"access_key_id": case["key"], "secret_access_key": case["secret"]}
    if case["token"]:
        credentials["token"] = case["token"]
    context = {
        "credentials": credentials,
        "region": case["region"],
        "service": case["service"],
        "timestamp": case["moment"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "expiration_in_seconds": case["expires"],
        "normalize": True,
        "sign_body": case["service"] == "s3",
        "omit_session_token": False,
    }
    (folder / "context.json").write_text(json.dumps(context))
    return json.loads(subprocess.check_output([str(SIGV4), str(folder)]))


def recorded(base):
    class Recorder(base):
        stages = None

        def canonical_request(self, request):
            self.stages = {"canonical_request": super().canonical_request(request)}
            return self.stages["canonical_request"]

        def string_to_sign(self, request, canonical_request):
            self.stages["string_to_sign"] = super().string_to_sign(request, canonical_request)
            return self.stages["string_to_sign"]

        def signature(self, string_to_sign, request):
            self.stages["signature"] = super().signature(string_to_sign, request)
            return self.stages["signature"]

    return Recorder


def sign_by_botocore(case, form):
    s3 = case["service"] == "s3"
    credentials = botocore.credentials.Credentials(case["key"], case["secret"], case["token"])
    arguments = [credentials, case["service"], case["region"]]
    if form == "header":
        base = botocore.auth.S3SigV4Auth if s3 else botocore.auth.SigV4Auth
        signer = recorded(base)(*arguments)
    else:
        base = botocore.auth.S3SigV4QueryAuth if s3 else botocore.auth.SigV4QueryAuth
        signer = recorded(base)(*arguments, expires=case["expires"])
    url = f"http://{case['host']}{case['path']}" + ("?" + case["query"] if case["query"] else "")
    headers = botocore.awsrequest.HeadersDict({"Host": case["host"]})
    for name, value in case["headers"]:
        headers[name] = value
    request = botocore.awsrequest.AWSRequest(case["method"], url, headers, case["body"])
    request.context["timestamp"] = None
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda: case["moment"]):
        signer.add_auth(request)
    return signer.stages


@pytest.fixture(scope="module")
def cases():
    rng = random.Random(SEED)
    return [random_case(rng) for _ in range(REQUESTS)]


@pytest.fixture(scope="module")
def ours(cases, tmp_path_factory):
    folder = tmp_path_factory.mktemp("requests")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda n: sign_by_us(cases[n], folder / str(n)), range(len(cases))))


def test_header_form(cases, ours):
    for case, result in zip(cases, ours):
        theirs = sign_by_botocore(case, "header")
        for stage in ("canonical_request", "string_to_sign", "signature"):
            assert result["header"][stage] == theirs[stage], (stage, case)


def test_presigned_form(cases, ours):
    compared = 0
    for case, result in zip(cases, ours):
        if case["body"] and case["service"] != "s3":
            continue  # botocore moves a body into the query
        names = [pair.partition("=")[0] for pair in case["query"].split("&")]
        if len(set(names)) < len(names):
            continue  # of a parameter given twice botocore keeps one
        theirs = sign_by_botocore(dict(case, body=b""), "query")
        for stage in ("canonical_request", "string_to_sign", "signature"):
            assert result["query"][stage] == theirs[stage], (stage, case)
        compared += 1
    assert compared >= REQUESTS // 8


def test_published_example(tmp_path):
    """The example of the S3 API Reference, "Signature Calculations for the Authorization Header"."""
    (tmp_path / "request.txt").write_text(
        "GET /test.txt HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\nRange: bytes=0-9\r\n\r\n"
    )
    context = {
        "credentials": {
            "access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        },
        "region": "us-east-1",
        "service": "s3",
        "timestamp": "2013-05-24T00:00:00Z",
        "expiration_in_seconds": 86400,
        "normalize": False,
        "sign_body": True,
    }
    (tmp_path / "context.json").write_text(json.dumps(context))
    result = json.loads(subprocess.check_output([str(SIGV4), str(tmp_path)]))
    assert result["header"]["signature"] == (
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


def test_unreadable_input(tmp_path):
    done = subprocess.run([str(SIGV4), str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 1
    assert "request.txt" in done.stderr
