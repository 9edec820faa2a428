"""SECURITY.md: every line of its list names tests that exist; and those of its tests that belong to no other place."""

import os
import re
import resource
import signal
import subprocess

import pytest

from support import BUILD, ROOT, wait_until

PROGRAMS = [BUILD / "intake", *sorted((BUILD / "lambda").glob("*/bootstrap"))]
FORMULAS = ["=cmd|' /C calc'!A1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1"]
CONTROL = "\x1b]0;title\x07\x1b[31m\x9b1m\u202e\u200b\x7f"


def threats():
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| (`[^|]+`) \|$", (ROOT / "SECURITY.md").read_text(), re.M)
    return [(threat, re.findall(r"`([^`]+)`", tests)) for threat, _, tests in rows]


def test_every_threat_names_tests_that_exist():
    listed = threats()
    assert len(listed) >= 20
    for threat, names in listed:
        for name in names:
            path, _, test = name.partition("::")
            assert (ROOT / path).is_file(), (threat, name)
            assert not test or re.search(rf"\b{test}\b", (ROOT / path).read_text()), (threat, name)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: str(path.relative_to(BUILD)))
def test_binaries_are_hardened(program):
    def told(*flags):
        return subprocess.run(["readelf", "-W", *flags, program], capture_output=True, text=True, check=True).stdout

    headers, dynamic, symbols = told("-l"), told("-d"), told("-s")
    assert "DYN (Position-Independent Executable file)" in headers and "GNU_RELRO" in headers
    [stack] = re.findall(r"GNU_STACK.* (\w+) +0x", headers)
    assert stack == "RW"
    assert "BIND_NOW" in dynamic and "RPATH" not in dynamic and "RUNPATH" not in dynamic
    assert "__stack_chk_fail" in symbols and re.search(r"__\w+_chk\b", symbols)


def test_a_crash_leaves_no_core(stack, tmp_path):
    """The limit is raised as far as it goes, and the program still leaves nothing."""
    def raise_limit():
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    process = subprocess.Popen([BUILD / "intake", "check", "--vendor", "VEND001", "-"], cwd=tmp_path, stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=stack.environment(),
                               preexec_fn=raise_limit)
    limits = f"/proc/{process.pid}/limits"
    wait_until(lambda: re.search(r"Max core file size +0 +0", open(limits).read()))
    process.send_signal(signal.SIGABRT)
    assert process.wait(30) == -signal.SIGABRT
    assert not os.listdir(tmp_path)


@pytest.fixture(scope="module")
def hostile(stack):
    """A vendor, an upload, its error and its audit row, all of whose texts are hostile."""
    upload, text = "UPLOAD_20260301_090000_HOSTILE", CONTROL + "x\nforged: line"
    with stack.connect() as database:
        database.execute("INSERT INTO vendors (vendor_id, vendor_name, email) VALUES ('HOSTILE', %s, 'h@example.com')", [text])
        database.execute(
            "INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, bucket, object_version, status, failure_code,"
            " failure_reason, total_records, error_records, processing_completed_at) VALUES (%s, 'HOSTILE', %s, %s, 'b', 'h',"
            " 'failed', 'MALFORMED_CSV', %s, 1, 1, now())", [upload, text, text, text])
        database.execute(
            "INSERT INTO violation_rows (upload_id, vendor_id, row_number, rule_order, vendor_product_id, error_type, error_field,"
            " error_message, original_data) VALUES (%s, 'HOSTILE', 1, 1, %s, 'INVALID_PRICE', 'price', %s,"
            " jsonb_build_object('price', %s::text, 'sku', %s::text))", [upload, text, text, text, text])
        database.execute("INSERT INTO upload_notes (upload_id, text) VALUES (%s, %s)", [upload, text])
        database.execute("INSERT INTO acknowledgements (upload_id, text, standing) VALUES (%s, %s, upload_standing(%s))",
                         [upload, text, upload])
        database.execute("INSERT INTO audit_log (action, target, reason, outcome) VALUES ('ack', %s, %s, 'done')", [upload, text])
    yield upload
    with stack.connect() as database:
        database.execute("DELETE FROM upload_history WHERE upload_id = %s", [upload])
        database.execute("DELETE FROM vendors WHERE vendor_id = 'HOSTILE'")


@pytest.mark.parametrize("command", [
    "uploads", "upload {}", "errors {}", "errors {} --all", "vendors", "audit", "search --vendor HOSTILE",
    "handover", "trends", "vendors scorecard HOSTILE", "ack {} --dry-run", "note {} x --dry-run", "assign {} --dry-run",
    "vendors subscribe HOSTILE --dry-run", "guide --vendor HOSTILE"])
def test_no_command_sends_control_characters_to_the_terminal(run_intake, hostile, command):
    words = [word.format(hostile) for word in command.split()]
    done = run_intake(*words, "--color", "never")
    assert done.returncode in (0, 3), done.stderr
    for text in (done.stdout, done.stderr):
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b]", text), repr(text)
    assert not re.search(r"^forged: line", done.stdout, re.M)
    if command not in ("vendors scorecard HOSTILE", "guide --vendor HOSTILE"):
        again = run_intake(*words, "--json")
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", again.stdout)


def test_what_is_written_as_csv_is_harmless_on_a_terminal(stack, hostile):
    """To a file it is what the vendor wrote, byte by byte."""
    shown = subprocess.run(["script", "-qec", f"{BUILD / 'intake'} errors {hostile} --csv", "/dev/null"], cwd=ROOT, text=True,
                           stdin=subprocess.DEVNULL, capture_output=True, env=stack.environment(), timeout=60).stdout
    assert "INVALID_PRICE" in shown and not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]", shown), repr(shown)


@pytest.mark.parametrize("text", FORMULAS, ids=repr)
def test_no_cell_of_an_export_is_a_formula(run_intake, stack, text):
    upload = "UPLOAD_20260301_090000_FORMULA"
    with stack.connect() as database:
        database.execute("INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, status, total_records, error_records,"
                         " processing_completed_at) VALUES (%s, 'VEND001', 'f.csv', 'f', 'failed', 1, 1, now())", [upload])
        database.execute(
            "INSERT INTO violation_rows (upload_id, vendor_id, row_number, rule_order, vendor_product_id, error_type, error_field,"
            " error_message, original_data) VALUES (%s, 'VEND001', 1, 1, %s, 'INVALID_PRICE', 'price', %s,"
            " jsonb_build_object('price', %s::text, 'sku', %s::text))", [upload, text, text, text, text])
    try:
        import csv
        import io
        done = run_intake("errors", upload, "--csv", code=0).stdout
        cells = [cell for row in csv.reader(io.StringIO(done, newline="")) for cell in row]
        assert any(text.strip() in cell for cell in cells)
        assert not [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell[:1]]
    finally:
        with stack.connect() as database:
            database.execute("DELETE FROM upload_history WHERE upload_id = %s", [upload])


def test_secrets_are_in_no_output_of_any_command(run_intake, stack):
    keys = stack.variables("operator")
    secrets = [keys["AWS_SECRET_ACCESS_KEY"], re.search(r":([^:@]+)@", keys["INTAKE_DATABASE_URL"])[1]]
    for words in (["doctor"], ["doctor", "--json"], ["uploads"], ["dlq", "list", "--json"], ["audit", "--json"],
                  ["uploads", "--vendor", "NOBODY-9"], ["upload", "NO_SUCH"], ["migrate", "--status"]):
        done = run_intake(*words)
        for secret in secrets:
            assert secret not in done.stdout and secret not in done.stderr, words
    wrong = keys["INTAKE_DATABASE_URL"].replace(secrets[1], "wrong-password-9")
    done = run_intake("uploads", env={"INTAKE_DATABASE_URL": wrong})
    assert done.returncode == 1 and "wrong-password-9" not in done.stderr


def test_state_files_are_the_users_own(run_intake, stack, tmp_path):
    env = {"XDG_STATE_HOME": str(tmp_path)}
    run_intake("dlq", "replay", "product-validation-errors-dlq", "--all", "--yes", env=env)
    run_intake("report", "NO_SUCH", env=env)
    for path in tmp_path.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
