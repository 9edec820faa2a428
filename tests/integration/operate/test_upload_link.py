"""`vendors upload-link`: one file, one key, one type, until it ends; and what it leaves in the audit log."""

import concurrent.futures
import datetime
import json
import re
import subprocess
import urllib.parse

import pytest
from operators_rig import desk, file_of, product  # noqa: F401
from support import wait_until


def link(desk, *words, **how):
    return desk.run("vendors", "upload-link", desk.vendor_id, "--json", "--reason", "ticket", *words, code=0,
                    **how).json


def put(url, tmp_path, body=b"x", content_type="text/csv"):
    """The status that S3 answers to curl, and what it says."""
    file = tmp_path / "body"
    file.write_bytes(body)
    done = subprocess.run(["curl", "-sS", "-X", "PUT", "-H", f"Content-Type: {content_type}", "--upload-file", file,
                           "-w", "\n%{http_code}", url], capture_output=True, text=True, check=True)
    said, _, status = done.stdout.rpartition("\n")
    return int(status), said


def test_curl_uploads_and_the_pipeline_takes_it(desk, tmp_path):
    v = desk.vendor_id
    plan = desk.prove_dry("vendors", "upload-link", v)
    assert plan["url"] is None and plan["curl"] is None
    made = link(desk)
    assert {"vendor_id", "s3_key", "url", "expires_at", "curl"} <= set(made)
    name = re.fullmatch(rf"uploads/{v}/({v}_\d{{8}}_\d{{6}}\.csv)", made["s3_key"])[1]
    left = datetime.datetime.fromisoformat(made["expires_at"]) - datetime.datetime.now(datetime.timezone.utc)
    assert 3500 < left.total_seconds() < 3610
    (tmp_path / name).write_bytes(file_of([product(v, n) for n in range(1, 4)]))
    done = subprocess.run(made["curl"], shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    def completed():
        """the upload is completed"""
        return desk.database.execute("SELECT upload_id FROM upload_history WHERE s3_key = %s AND status = 'completed'"
                                     " AND valid_records = 3", [made["s3_key"]]).fetchone()
    wait_until(completed, 60)


def test_the_audit_has_the_key_and_never_the_link(desk):
    made = link(desk, "--expires", "2h")
    [audit] = desk.audits(desk.vendor_id)
    assert (audit["action"], audit["outcome"], audit["reason"]) == ("vendors upload-link", "done", "ticket")
    assert audit["plan"]["s3_key"] == made["s3_key"] and audit["plan"]["expires_at"] == made["expires_at"]
    signature = urllib.parse.parse_qs(urllib.parse.urlsplit(made["url"]).query)["X-Amz-Signature"][0]
    assert signature not in json.dumps(audit, default=str) and "X-Amz" not in json.dumps(audit, default=str)


def test_what_the_link_is_not_for(desk, tmp_path):
    v = desk.vendor_id
    url = link(desk)["url"]
    assert put(url, tmp_path, content_type="application/json")[0] == 403
    assert put(url.replace(f"{v}_", f"{v}_a"), tmp_path)[0] == 403
    assert put(url.replace(f"/{v}/", "/VEND001/"), tmp_path)[0] == 403
    assert put(url.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200"), tmp_path)[0] == 403
    assert subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", url], capture_output=True,
                          text=True, check=True).stdout == "403"


def test_after_its_end_it_is_dead(desk, tmp_path):
    url = link(desk, "--expires", "1s")["url"]
    def dead():
        """the link is dead"""
        return put(url, tmp_path)[0] == 403
    wait_until(dead)


def test_a_length_that_is_signed(desk, tmp_path):
    url = link(desk, "--length", "11")["url"]
    signed = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["X-Amz-SignedHeaders"][0]
    assert signed == "content-length;content-type;host"
    assert put(url, tmp_path, b"hello world!")[0] == 403
    assert put(url, tmp_path, b"hello world")[0] == 200


def test_a_link_used_twice_is_two_uploads(desk, tmp_path):
    v = desk.vendor_id
    made = link(desk)
    assert any("separate upload" in note for note in made["notes"])
    for number in (1, 2):
        assert put(made["url"], tmp_path, file_of([product(v, number)]))[0] == 200
    def both():
        """both are in the history"""
        return desk.database.execute("SELECT count(*) AS n FROM upload_history WHERE s3_key = %s"
                                     " AND status = 'completed'", [made["s3_key"]]).fetchone()["n"] == 2
    wait_until(both, 60)


def test_fresh_names_are_fresh(desk):
    assert len({link(desk)["s3_key"] for _ in range(3)}) == 3


def test_no_two_get_the_same_fresh_name(desk):
    def ask(_):
        return desk.run("vendors", "upload-link", desk.vendor_id, "--json")
    with concurrent.futures.ThreadPoolExecutor(6) as several:
        done = list(several.map(ask, range(6)))
    keys = [one.json["s3_key"] for one in done if one.returncode == 0]
    assert keys and len(set(keys)) == len(keys)
    assert all("in the meantime" in one.stderr or "is locked" in one.stderr for one in done if one.returncode)


def test_a_name_that_is_given(desk):
    v = desk.vendor_id
    made = link(desk, "--file", f"{v}_it's spring.csv")
    assert made["s3_key"] == f"uploads/{v}/{v}_it's spring.csv"
    assert f"'{v}_it''s spring.csv'" in made["powershell"]
    assert any("used before" in note for note in link(desk, "--file", f"{v}_it's spring.csv")["notes"])
    text = desk.run("vendors", "upload-link", v, code=0).stdout
    assert "curl --fail-with-body" in text and "Invoke-WebRequest" in text and "expires at" in text


@pytest.mark.parametrize("words, says", [
    (["--file", "VEND001_20260101_000000.csv"], "VENDOR_MISMATCH"), (["--file", "{v}.csv"], "INVALID_FILE_NAME"),
    (["--file", "{v}_x.xlsx"], "INVALID_FILE_NAME"), (["--file", "../{v}_x.csv"], "folder"),
    (["--file", "{v}_\n.csv"], "U+000A"), (["--file", "{v}_" + "x" * 1100 + ".csv"], "S3"),
    (["--file", ""], "INVALID_FILE_NAME"),
    (["--expires", "8d"], "7d"), (["--expires", "0s"], "7d"), (["--expires", "1"], "7d"),
    (["--expires", "2026-01-01"], "7d"),
    (["--expires", "-1h"], "7d"), (["--expires", "99999999999999999999d"], "7d"), (["--length", "10485761"], "10 MB"),
    (["--length", "0"], "above 0"),
])
def test_wrong_usage(desk, words, says):
    done = desk.run("vendors", "upload-link", desk.vendor_id, *(word.format(v=desk.vendor_id) for word in words))
    assert done.returncode == 2 and says in done.stderr and done.stdout == "", done.stderr


def test_who_may_and_for_whom(desk, new_vendor):
    for role in ("viewer", "support"):
        refused = desk.run("vendors", "upload-link", desk.vendor_id, "--yes", role=role)
        assert refused.returncode == 4 and refused.stdout == ""
    near = desk.run("vendors", "upload-link", "VEND01")
    assert near.returncode == 1 and "VEND001" in near.stderr
    waits = desk.run("vendors", "upload-link", new_vendor("suspended"), "--json", code=0)
    assert any("VENDOR_NOT_ACTIVE" in note for note in waits.json["notes"])


def test_no_longer_than_the_credentials_live(desk, stack, tmp_path):
    """A role session of 15 minutes signs for a week: the link ends with it, and that is said."""
    arn = f"arn:aws:iam::000000000000:role/link-{desk.vendor_id}"
    iam, sts = stack.client("iam"), stack.client("sts")
    trust = {"Version": "2012-10-17",
             "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    iam.create_role(RoleName=arn.rpartition("/")[2], AssumeRolePolicyDocument=json.dumps(trust))
    got = sts.assume_role(RoleArn=arn, RoleSessionName="link", DurationSeconds=900)["Credentials"]
    helper = tmp_path / "credentials.sh"
    helper.write_text("#!/bin/sh\necho '%s'\n" % json.dumps({
        "Version": 1, "AccessKeyId": got["AccessKeyId"], "SecretAccessKey": got["SecretAccessKey"],
        "SessionToken": got["SessionToken"], "Expiration": got["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ")}))
    helper.chmod(0o700)
    config = tmp_path / "aws"
    config.write_text(f"[default]\ncredential_process = {helper}\n")
    done = desk.run("vendors", "upload-link", desk.vendor_id, "--expires", "7d", "--json", code=0,
                    env={"AWS_CONFIG_FILE": str(config), "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None})
    assert done.json["expires_at"] == got["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert "credentials" in done.stderr
