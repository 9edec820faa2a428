"""People's ways in, judged by botocore: RDS's token, the profile files, the cache of roles with MFA; and
`aws sso login`'s token against a stub of the portal."""

import datetime
import hashlib
import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock

import botocore.configloader
import botocore.credentials
import botocore.session
import pytest
from support import BUILD

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLE"}


def probe(tmp_path, *arguments, **environment):
    base = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    return subprocess.run([BUILD / "tests/aws_probe_sign_in", *arguments], text=True, capture_output=True,
                          env=base | environment, timeout=60)


@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzEBY/a+b=c//"])
@pytest.mark.parametrize("host,port,user,region", [
    ("db.example.eu-central-1.rds.amazonaws.com", 5432, "alice", "eu-central-1"),
    ("db.x.us-gov-west-1.rds.amazonaws.com", 6432, "o'hara.b+c@corp/1 x", "us-gov-west-1"),
    ("db.x.rds.cn-north-1.amazonaws.com.cn", 5432, "jörg", "cn-north-1")])
def test_the_token_is_the_one_that_botocore_makes(tmp_path, monkeypatch, host, port, user, region, token):
    now = datetime.datetime(2026, 3, 4, 5, 6, 7, tzinfo=datetime.timezone.utc)
    keys = KEYS | ({"AWS_SESSION_TOKEN": token} if token else {})
    session = botocore.session.Session()
    session.set_credentials(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], token)
    client = session.create_client("rds", region_name=region)
    with mock.patch("botocore.auth.get_current_datetime", lambda *a, **k: now.replace(tzinfo=None)):
        expected = client.generate_db_auth_token(host, port, user, region)
    run = probe(tmp_path, "token", host, str(port), user, region, str(int(now.timestamp() * 1000)), **keys)
    ours = next(line[6:] for line in run.stdout.splitlines() if line.startswith("TOKEN "))
    place, _, query = ours.partition("?")
    their_place, _, their_query = expected.partition("?")
    assert place == their_place
    assert sorted(query.split("&")) == sorted(their_query.split("&"))


PROFILES = """[default]
region = eu-central-1
[profile plain]
region=eu-west-1
output = json
# a remark
; another
[profile "two words"]
region = eu-west-2
[profile  tabbed]
  region = eu-west-3
  output = text
[profile keys]
aws_access_key_id = A=B
s3 =
  addressing_style = path
  endpoint_url = http://localhost:1
region = us-east-1
[profile CaseD]
REGION = us-east-2
"""


def test_profiles_are_read_as_botocore_reads_them(tmp_path):
    (tmp_path / ".aws").mkdir()
    path = tmp_path / ".aws/config"
    path.write_text(PROFILES)
    theirs = botocore.configloader.load_config(str(path))["profiles"]
    flat = [(name, key, value) for name, values in theirs.items() for key, value in values.items()
            if not isinstance(value, dict)]
    nested = [(name, f"{key}.{inner}", value) for name, values in theirs.items()
              for key, values2 in values.items() if isinstance(values2, dict)
              for inner, value in values2.items()]
    asked = flat + nested
    assert len(asked) >= 11
    run = probe(tmp_path, "get", *[word for name, key, _ in asked for word in (name, key)])
    assert [line[6:] for line in run.stdout.splitlines() if line.startswith("VALUE ")] == \
        [value for _, _, value in asked]


@pytest.mark.parametrize("extra", [{}, {"external_id": 'x "y"'}, {"duration_seconds": 900},
                                   {"role_session_name": "me"}])
def test_keys_of_a_role_with_mfa_are_kept_where_the_aws_cli_keeps_them(tmp_path, extra):
    arguments = {"ExternalId": extra.get("external_id"), "DurationSeconds": extra.get("duration_seconds"),
                 "RoleSessionName": extra.get("role_session_name"), "SerialNumber": "arn:aws:iam::1:mfa/me"}
    fetcher = botocore.credentials.AssumeRoleCredentialFetcher(
        None, None, "arn:aws:iam::1:role/ops", extra_args={k: v for k, v in arguments.items() if v})
    cache = tmp_path / ".aws/cli/cache"
    cache.mkdir(parents=True)
    (cache / f"{fetcher._cache_key}.json").write_text(json.dumps({"Credentials": {
        "AccessKeyId": "KEPT", "SecretAccessKey": "s", "SessionToken": "t",
        "Expiration": "2099-01-01T00:00:00+00:00"}}))
    lines = "".join(f"{key} = {value}\n" for key, value in extra.items())
    (tmp_path / ".aws/config").write_text(
        "[default]\nrole_arn = arn:aws:iam::1:role/ops\nsource_profile = base\nregion = eu-central-1\n"
        f"mfa_serial = arn:aws:iam::1:mfa/me\n{lines}"
        "[profile base]\naws_access_key_id = b\naws_secret_access_key = s\n")
    run = probe(tmp_path, "keys")
    assert "KEYS role KEPT 4070908800000" in run.stdout, run.stdout


class Portal(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        token = self.headers.get("x-amz-sso_bearer_token")
        self.server.seen.append((self.path, token))
        if token not in self.server.good:
            return self.answer(401, {"message": "Session token not found or invalid"})
        return self.answer(200, {"roleCredentials": {"accessKeyId": "SSO" + token, "secretAccessKey": "s",
                                                     "sessionToken": "t", "expiration": 4070908800000}})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.path, asked["refreshToken"]))
        self.answer(200, {"accessToken": "second", "expiresIn": 3600, "refreshToken": "r2"})

    def log_message(self, *_):
        pass


@pytest.fixture()
def portal():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    server.seen, server.good = [], set()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def signed_in(tmp_path, portal, **token):
    cache = tmp_path / ".aws/sso/cache"
    cache.mkdir(parents=True)
    path = cache / (hashlib.sha1(b"corp").hexdigest() + ".json")
    path.write_text(json.dumps({"startUrl": "https://corp.awsapps.com/start", "region": "us-east-1",
                                "accessToken": "first"} | token))
    (tmp_path / ".aws/config").write_text(
        "[default]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = Ops\n"
        "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\n")
    return path, {"AWS_ENDPOINT_URL_SSO": portal.url, "AWS_ENDPOINT_URL_SSO_OIDC": portal.url}


def test_the_token_of_a_sign_in_gives_keys(tmp_path, portal):
    portal.good = {"first"}
    _, environment = signed_in(tmp_path, portal, expiresAt="2099-01-01T00:00:00Z")
    run = probe(tmp_path, "keys", **environment)
    assert "KEYS sso SSOfirst 4070908800000" in run.stdout, run.stdout
    assert portal.seen == [("/federation/credentials?role_name=Ops&account_id=1", "first")]


def test_a_token_at_its_end_is_renewed_for_botocore_too(tmp_path, portal):
    portal.good = {"second"}
    path, environment = signed_in(tmp_path, portal, expiresAt="2020-01-01T00:00:00Z", clientId="c",
                                  clientSecret="hidden", refreshToken="r1",
                                  registrationExpiresAt="2099-01-01T00:00:00Z")
    run = probe(tmp_path, "keys", **environment)
    assert "KEYS sso SSOsecond" in run.stdout, run.stdout
    kept = json.loads(path.read_text())
    assert (kept["accessToken"], kept["refreshToken"], kept["clientSecret"]) == ("second", "r2", "hidden")
    assert path.stat().st_mode & 0o777 == 0o600
    botocore.utils.parse_timestamp(kept["expiresAt"])


def test_an_ended_sign_in_says_what_mends_it(tmp_path, portal):
    _, environment = signed_in(tmp_path, portal, expiresAt="2020-01-01T00:00:00Z")
    run = probe(tmp_path, "keys", **environment)
    assert "ERROR EXPIRED_CREDENTIALS" in run.stdout
    assert "aws sso login --profile default" in run.stdout and "2020-01-01T00:00:00Z" in run.stdout
    assert "first" not in run.stdout + run.stderr
