"""A file that was refused as a whole: its errors are one reason. And a message longer than a line, read to its end."""

import re

import pytest

from history import History

UPLOAD = "UPLOAD_REFUSED_TODAY"
REASON = "MISSING_COLUMN: the header lacks the required column price"


@pytest.fixture(scope="module")
def history(cluster):
    one = History(cluster, uploads=40)
    one.execute("INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, bucket, object_version, status,"
                " failure_code, failure_reason, upload_timestamp, processing_started_at)"
                " VALUES (%s, 'VEND001', 'VEND001_refused.csv', 'uploads/VEND001/VEND001_refused.csv', 'bucket', 'v-r',"
                " 'failed', 'MISSING_COLUMN', %s, now(), now())", UPLOAD, REASON)
    return one


def test_its_errors_are_the_reason(console):
    with console(30, 100) as t:
        t.wait(UPLOAD).press("e")
        t.wait(REASON)
        assert "By type" not in t.text
        t.press("e")
        t.wait("if the file was refused, see its upload")


def test_its_upload_names_the_vendor_and_the_reason(console):
    with console(30, 100) as t:
        t.wait(UPLOAD).press("enter")
        t.wait(REASON)
        assert re.search(r"Vendor +VEND001  TechGear", t.text)
        assert re.search(r"Uploaded +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", t.text)


def test_a_failure_is_read_to_its_end_where_nothing_else_is_to_be_seen(console):
    with console(24, 60) as t:
        t.wait(UPLOAD[:16]).press("M")
        t.wait("not loaded")
        body = " ".join(" ".join(t.lines[3:-2]).split())
        assert re.search(r"127\.0\.0\.1:9: .+ and AWS_ENDPOINT_URL names it$", body), body
