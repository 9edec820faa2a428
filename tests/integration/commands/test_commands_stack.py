"""The commands against a stack: documents, exit codes, roles, paging, hostile text."""

import re
import signal
import subprocess
import urllib.request

import pytest

from support import BUILD, ROOT, wait_until

HEADER = "vendor_product_id,product_name,category,sku,price,stock_quantity,brand\n"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
UPLOAD_KEYS = {"upload_id", "vendor_id", "file_name", "s3_key", "status", "total_records", "valid_records",
               "error_records", "upload_timestamp", "processing_completed_at",
               "processing_duration_seconds", "error_file_s3_key"}
DETAIL_KEYS = UPLOAD_KEYS | {"failure_reason", "errors_by_type", "notifications", "dead_letters", "timeline"}
HOSTILE = "=cmd|' /C calc'!A1 \x1b[31mred \u202etxt.exe"


def rows(vendor, good=2, bad=1, brand="B"):
    lines = [f"{vendor}-{n},Lamp {n},Electronics,{vendor}-S{n},12.90,4,{brand}\n" for n in range(good)]
    lines += [f"{vendor}-x{n},Lamp,Electronics,{vendor}-X{n},oops,4,{brand}\n" for n in range(bad)]
    return HEADER + "".join(lines)


@pytest.fixture
def submit(run_intake, new_vendor, tmp_path):
    """submit(body=, vendor=, code=) uploads a file and waits for its end; gives the document."""
    def go(body=None, vendor=None, code=None, name="20260401_101010"):
        vendor = vendor or new_vendor()
        path = tmp_path / f"{vendor}_{name}.csv"
        path.write_text(rows(vendor) if body is None else body)
        done = run_intake("submit", path, "--wait", "--json", code=code)
        return done.json[0]
    return go


@pytest.fixture
def partial(submit, database):
    """An upload with two valid records and an invalid one, its notice sent."""
    document = submit(code=3)
    def noticed():
        """the notice is recorded as accepted"""
        return database.execute("SELECT 1 FROM notifications WHERE upload_id = %s AND outcome = 'accepted'",
                                [document["upload_id"]]).fetchone()
    wait_until(noticed, 60)
    return document


def test_submit_follows_to_the_end(submit, new_vendor):
    vendor = new_vendor()
    clean = submit(rows(vendor, bad=0), vendor, code=0)
    assert clean["status"] == "completed" and clean["valid_records"] == 2
    assert {"file", "version_id"} | DETAIL_KEYS <= set(clean)
    assert clean["s3_key"] == f"uploads/{vendor}/{clean['file_name']}"
    failed = submit(rows("other", good=0, bad=2), new_vendor(), code=1)
    assert failed["status"] == "failed" and failed["error_records"] == 2
    refused = submit("nonsense\n1\n", new_vendor(), code=1)
    assert refused["status"] == "failed" and refused["failure_reason"].startswith("INVALID_HEADER")


def test_submit_of_several_ends_with_the_worst(run_intake, new_vendor, tmp_path):
    paths = []
    for good, bad in ((2, 0), (1, 1)):
        vendor = new_vendor()
        paths.append(tmp_path / f"{vendor}_20260401_000000.csv")
        paths[-1].write_text(rows(vendor, good, bad))
    done = run_intake("submit", *paths, "--wait", "--json", code=3)
    assert [row["status"] for row in done.json] == ["completed", "partial"]
    wrong = tmp_path / "nothing.csv"
    wrong.write_text(HEADER)
    done = run_intake("submit", *paths, wrong, "--wait", "--json", code=1)
    assert done.json[2]["status"] == "failed" and done.json[2]["s3_key"] is None
    assert "INVALID_FILE_NAME" in done.json[2]["failure_reason"]
    assert [row["upload_id"].endswith("_R2") for row in done.json[:2]] == [True, True]


def test_submit_without_wait_and_from_standard_input(run_intake, new_vendor):
    vendor = new_vendor()
    name = f"{vendor}_20260402_030405.csv"
    done = run_intake("submit", "-", "--name", name, "--json", input=rows(vendor), code=0)
    [row] = done.json
    assert {"file", "s3_key", "version_id", "upload_id"} <= set(row)
    assert row["s3_key"] == f"uploads/{vendor}/{name}"
    assert row["upload_id"] == f"UPLOAD_20260402_030405_{vendor}"
    plan = run_intake("submit", "-", "--name", name, "--dry-run", "--json", role="viewer", code=0).json
    assert plan[0]["version_id"] is None and plan[0]["dry_run"] is True
    [row] = run_intake("submit", "-", "--vendor", vendor, "--json", input=rows(vendor), code=0).json
    assert re.fullmatch(rf"uploads/{vendor}/{vendor}_\d{{8}}_\d{{6}}\.csv", row["s3_key"])
    run_intake("submit", "-", input=rows(vendor), code=2)


def test_upload_tells_everything(run_intake, partial):
    document = run_intake("upload", partial["upload_id"], "--json", code=0).json
    assert DETAIL_KEYS <= set(document)
    assert document["errors_by_type"] == {"INVALID_PRICE": 1}
    [notice] = document["notifications"]
    assert set(notice) == {"sent_at", "kind", "subject", "message_id", "outcome", "operator"}
    assert (notice["kind"], notice["outcome"], notice["operator"]) == ("completed", "accepted", None)
    assert TIME.match(notice["sent_at"]) and TIME.match(document["upload_timestamp"])
    events = document["timeline"]
    assert all(set(event) == {"at", "source", "event", "detail"} for event in events)
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    assert {"s3", "parser", "validator", "report", "notice", "operator"} <= {event["source"] for event in events}
    text = run_intake("upload", partial["upload_id"], code=0).stdout
    assert "3: 2 valid, 1 invalid" in text and "INVALID_PRICE" in text


def test_an_unknown_upload_offers_the_near_ones(run_intake, partial):
    for command in ("upload", "errors", "report"):
        done = run_intake(command, partial["upload_id"][:-1], code=1)
        assert done.stdout == "" and partial["upload_id"] in done.stderr


def test_errors_and_their_filters(run_intake, submit, new_vendor):
    vendor = new_vendor()
    body = HEADER + (f"{vendor}-1,,Electronics,{vendor}-S1,oops,-1,B\n"
                     f"{vendor}-2,Lamp,Nowhere,{vendor}-S2,1.00,4,\n")
    upload = submit(body, vendor, code=1)["upload_id"]
    listed = run_intake("errors", upload, "--json", code=0).json
    assert [(row["row_number"], row["line_number"], row["error_type"], row["error_field"]) for row in listed] == [
        (1, 2, "MISSING_REQUIRED_FIELDS", "product_name"), (1, 2, "INVALID_PRICE", "price"),
        (1, 2, "INVALID_STOCK", "stock_quantity"), (2, 3, "INVALID_CATEGORY", "category")]
    first = listed[0]
    assert {"row_number", "line_number", "record_id", "vendor_product_id", "error_type", "error_field",
            "error_message", "original_data"} <= set(first)
    assert first["record_id"] == "REC_00001"
    assert list(first["original_data"]) == ["vendor_product_id", "category", "sku", "brand", "price",
                                            "stock_quantity"] and first["original_data"]["price"] == "oops"
    assert len(run_intake("errors", upload, "--type", "INVALID_PRICE", "--json", code=0).json) == 1
    assert len(run_intake("errors", upload, "--field", "category", "--json", code=0).json) == 1
    assert len(run_intake("errors", upload, "--row", "1", "--json", code=0).json) == 3
    assert len(run_intake("errors", upload, "--limit", "2", "--json", code=0).json) == 2


def test_an_error_type_that_is_none_is_wrong_usage(run_intake, partial):
    assert run_intake("errors", partial["upload_id"], "--type", "INVALID", code=2).stdout == ""


def test_errors_page_by_page(run_intake, database, partial):
    upload = partial["upload_id"]
    database.execute(
        "INSERT INTO validation_errors (upload_id, vendor_id, row_number, rule_order, error_type, error_message)"
        " SELECT %s, 'V', 1000 + n / 2, 1 + n %% 2, 'INVALID_VALUE', 'm' || n FROM generate_series(0, 998) n",
        [upload])
    listed = run_intake("errors", upload, "--json", "--type", "INVALID_VALUE", code=0).json
    assert [row["error_message"] for row in listed] == [f"m{n}" for n in range(999)]


def test_errors_csv_is_the_report(run_intake, partial):
    upload = partial["upload_id"]
    assert run_intake("errors", upload, "--csv", code=0).stdout == run_intake("report", upload, code=0).stdout


def test_report_and_its_link(run_intake, partial, tmp_path, stack):
    upload = partial["upload_id"]
    for more, kind in (([], "errors"), (["--rejected"], "rejected")):
        path = tmp_path / kind
        document = run_intake("report", upload, *more, "-o", path, "--json", code=0).json
        assert set(document) == {"upload_id", "s3_key", "version_id", "url", "expires_at", "rebuilt"}
        assert document["s3_key"].endswith(f"{upload}_{kind}.csv") and document["url"] is None
        body = stack.client("s3").get_object(Bucket=stack.variables()["S3_BUCKET_NAME"],
                                             Key=document["s3_key"])["Body"].read()
        assert path.read_bytes() == body and body
        link = run_intake("report", upload, *more, "--url", "--json", code=0).json
        assert TIME.match(link["expires_at"])
        assert urllib.request.urlopen(link["url"]).read() == body
    assert run_intake("report", upload, "--url", code=0).stdout.startswith("http")


def test_a_lost_report_is_made_again(run_intake, partial, stack):
    upload, key = partial["upload_id"], f"errors/{partial['vendor_id']}/{partial['upload_id']}_errors.csv"
    before = run_intake("report", upload, code=0).stdout
    stack.client("s3").delete_object(Bucket=stack.variables()["S3_BUCKET_NAME"], Key=key)
    assert "operator" in run_intake("report", upload, role="viewer", code=1).stderr
    assert run_intake("report", upload, "--json", code=0).json["rebuilt"] is True
    assert run_intake("report", upload, code=0).stdout == before


def test_a_clean_upload_has_no_report(run_intake, submit, new_vendor):
    vendor = new_vendor()
    upload = submit(rows(vendor, bad=0), vendor, code=0)["upload_id"]
    assert "no errors" in run_intake("report", upload, code=1).stderr
    assert run_intake("errors", upload, "--json", code=0).json == []


@pytest.fixture
def many(database, new_vendor):
    """1,203 uploads of one vendor, several in the same microsecond."""
    vendor = new_vendor()
    database.execute(
        "INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, status, total_records,"
        " valid_records, upload_timestamp)"
        " SELECT 'MANY_' || %(v)s || '_' || lpad(n::text, 5, '0'), %(v)s, 'file_' || n || '%%.csv', 'k', 'completed',"
        " 1, 1, timestamptz '2025-01-01' + (n / 3) * interval '1.000001 s' FROM generate_series(1, 1203) n",
        {"v": vendor})
    return vendor


def test_uploads_are_listed_newest_first_and_whole(run_intake, database, many):
    listed = run_intake("uploads", "--vendor", many, "--json", code=0).json
    expected = database.execute("SELECT upload_id FROM upload_history WHERE vendor_id = %s"
                                " ORDER BY upload_timestamp DESC, upload_id DESC", [many]).fetchall()
    assert [row["upload_id"] for row in listed] == [row["upload_id"] for row in expected]
    assert all(UPLOAD_KEYS <= set(row) for row in listed)
    assert listed[0]["processing_completed_at"] is None and listed[0]["processing_duration_seconds"] is None
    assert len(run_intake("uploads", "--vendor", many, code=0).stdout.splitlines()) == 1204


def test_uploads_filters(run_intake, many):
    def count(*arguments):
        return len(run_intake("uploads", "--vendor", many, "--json", *arguments, code=0).json)
    assert count("--limit", "501") == 501
    assert count("--status", "failed") == 0
    assert count("--search", "FILE_7%") == 1
    assert count("--search", "e_7_") == 0
    assert count("--since", "2025-01-01T00:01:40Z", "--until", "2025-01-01T00:03:20Z") == 300
    assert count("--since", "1d") == 0


def test_stuck_uploads_are_told(run_intake, database, new_vendor):
    vendor = new_vendor()
    database.execute("INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, total_records,"
                     " upload_timestamp) VALUES (%s, %s, 'f', 'k', 3, now() - interval '1 hour')",
                     [f"STUCK_{vendor}", vendor])
    [row] = run_intake("uploads", "--status", "stuck", "--vendor", vendor, "--json", code=0).json
    assert row["status"] == "processing" and row["stuck"] is True
    assert "stuck" in run_intake("uploads", "--vendor", vendor, code=0).stdout


def test_vendors_and_their_subscriptions(run_intake, submit, stack, database, new_vendor):
    vendors = [new_vendor() for _ in range(3)]
    sns, topic = stack.client("sns"), stack.variables()["SNS_TOPIC_ARN"]
    for vendor, subscribed in zip(vendors, (vendors[0], "SOMEBODY-ELSE")):
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=f"{vendor.lower()}@example.com",
                      Attributes={"FilterPolicy": f'{{"vendor_id": ["{subscribed}"]}}'})
    submit(rows(vendors[0]), vendors[0], code=3)
    found = {row["vendor_id"]: row for row in run_intake("vendors", "--json", code=0).json}
    assert set(found[vendors[0]]) == {"vendor_id", "vendor_name", "email", "status", "uploads", "records", "errors",
                                      "products", "last_upload_at", "subscription"}
    assert [found[vendors[0]][name] for name in ("uploads", "records", "errors", "products")] == [1, 3, 1, 2]
    assert found[vendors[0]]["subscription"] == "confirmed"
    assert [found[vendor]["subscription"] for vendor in vendors[1:]] == ["none", "none"]
    assert found[vendors[2]]["last_upload_at"] is None
    assert run_intake("vendors", vendors[0], "--json", code=0).json == [found[vendors[0]]]
    assert "VEND001" in run_intake("vendors", "VEND00", code=1).stderr


def test_logs_of_an_upload_and_of_a_function(run_intake, partial):
    def told():
        """the logs tell of the upload"""
        return run_intake("logs", partial["upload_id"], "--json", code=0).json
    wait_until(told)
    lines = told()
    assert all({"at", "function", "level", "message", "upload_id", "request_id"} <= set(line) for line in lines)
    assert "csv-parser" in {line["function"] for line in lines}
    assert any(line["upload_id"] == partial["upload_id"] for line in lines)
    assert run_intake("logs", "csv-parser", "--since", "1h", "--json", code=0).json
    assert "not a function" in run_intake("logs", "nonsense", code=1).stderr


def test_followed_logs_end_with_130(stack, partial):
    with subprocess.Popen([BUILD / "intake", "logs", "csv-parser", "--follow"], stdout=subprocess.PIPE,
                          env=stack.environment(), cwd=ROOT) as process:
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130


def test_roles(run_intake, partial, tmp_path):
    path = tmp_path / "VEND001_20260101_000000.csv"
    path.write_text(rows("r"))
    for role in ("viewer", "support"):
        for arguments in (["uploads"], ["upload", partial["upload_id"]], ["errors", partial["upload_id"]],
                          ["report", partial["upload_id"]], ["vendors"], ["audit"], ["logs", "csv-parser"],
                          ["migrate", "--status"]):
            run_intake(*arguments, role=role, code=0)
        done = run_intake("submit", path, role=role, code=4)
        assert done.stdout == "" and "operator" in done.stderr and role in done.stderr
        run_intake("migrate", "--yes", role=role, code=4)
    run_intake("migrate", "--yes", code=4)
    assert run_intake("--read-only", "submit", path, code=4).stderr.count("\n") == 1


def test_audit_has_what_was_refused_and_done(run_intake, partial, tmp_path):
    path = tmp_path / "VEND001_20260101_000000.csv"
    path.write_text(rows("r"))
    run_intake("submit", path, role="support", code=4)
    done = run_intake("audit", "--json", "--action", "submit", code=0).json
    assert set(done[0]) == {"at", "actor", "role", "action", "target", "reason", "plan", "outcome", "detail"}
    assert done[0]["outcome"] == "refused" and done[0]["role"] == "intake_support"
    assert any(row["target"] == partial["upload_id"] and row["outcome"] == "done" for row in done)
    assert len(run_intake("audit", "--json", "--limit", "1", code=0).json) == 1
    assert run_intake("audit", "--json", "--target", partial["upload_id"], code=0).json


def test_migrate(run_intake):
    status = run_intake("migrate", "--status", "--json", code=0).json
    assert set(status) == {"version", "applied", "pending"} and status["pending"] == 0
    again = run_intake("migrate", "--yes", "--json", role="admin", code=0).json
    assert again == {"version": status["version"], "applied": 0, "pending": 0}


def test_hostile_text_is_made_visible(run_intake, submit, new_vendor):
    vendor = new_vendor()
    body = HEADER + f'"{HOSTILE}",Lamp,"{HOSTILE}",S-{vendor},1.00,4,"{HOSTILE}"\n'
    upload = submit(body, vendor, code=1)["upload_id"]
    for arguments in (["errors", upload], ["upload", upload], ["uploads"]):
        text = run_intake(*arguments, "--color", "never", code=0).stdout
        assert "\x1b" not in text and "\u202e" not in text
    assert "␛[31mred" in run_intake("errors", upload, code=0).stdout
    assert "\x1b" not in run_intake("errors", upload, "--json", code=0).stdout
    listed = run_intake("errors", upload, "--json", code=0).json
    assert listed[0]["original_data"]["brand"] == HOSTILE
    assert ",'=cmd|" in run_intake("errors", upload, "--csv", code=0).stdout


def test_check_with_the_database(run_intake, submit, new_vendor, tmp_path):
    vendor, suspended = new_vendor(), new_vendor("suspended")
    submit(rows(vendor, bad=0), vendor, code=0)
    path = tmp_path / f"{vendor}_20260403_000000.csv"
    path.write_text(rows(vendor, good=3, bad=0))
    [result] = run_intake("check", "--database", path, "--json", code=3).json
    assert [(row["row_number"], row["error_type"]) for row in result["errors"]] == [
        (1, "DUPLICATE_SKU"), (1, "DUPLICATE_VENDOR_PRODUCT_ID"),
        (2, "DUPLICATE_SKU"), (2, "DUPLICATE_VENDOR_PRODUCT_ID")]
    for name, code in ((suspended, "VENDOR_NOT_ACTIVE"), ("NOBODY-1", "UNKNOWN_VENDOR")):
        [result] = run_intake("check", "--database", "--vendor", name, "-", "--json", input=rows("z"), code=1).json
        assert result["refused"]["code"] == code and result["errors"] == [] and result["total_records"] == 0


def test_names_from_the_stack_and_the_secret(run_intake, stack):
    nothing = {name: None for name in ("S3_BUCKET_NAME", "DYNAMODB_TABLE", "SQS_ERROR_QUEUE_URL",
                                       "SNS_TOPIC_ARN", "RDS_SECRET_NAME")}
    assert run_intake("--stack", "intake", "vendors", "VEND001", "--json", env=nothing,
                      code=0).json[0]["subscription"] == "confirmed"
    assert run_intake("vendors", "VEND001", "--json", env=nothing, code=0).json[0]["subscription"] == "confirmed"
    assert "no-such" in run_intake("--stack", "no-such", "vendors", env=nothing, code=0).stderr
    done = run_intake("uploads", role="admin", env={"INTAKE_DATABASE_URL": None}, code=0)
    assert done.stdout.startswith("UPLOAD")
