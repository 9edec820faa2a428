"""What is written goes where it is meant to go, or the exit says so: closed descriptors, a full disk, any command."""

import os
import subprocess

import pytest

from support import BUILD, ROOT, wait_until

PROGRAM = str(BUILD / "intake")


def commands():
    done = subprocess.run([PROGRAM, "help", "--list"], text=True, capture_output=True, check=True)
    return done.stdout.split("\n")[:-1]


def run(env, redirection, *arguments, stdin=""):
    return subprocess.run(["sh", "-c", f'exec "$@" {redirection}', "sh", PROGRAM, *map(str, arguments)], text=True,
                          cwd=ROOT, capture_output=True, input=stdin, timeout=60, env=env)


@pytest.mark.parametrize("redirection", [">&-", "> /dev/full"])
@pytest.mark.parametrize("command", commands() + ["", "--version"])
def test_a_help_that_cannot_be_written_is_a_failure(stack, redirection, command):
    words = command.split() if command == "--version" else [*command.split(), "--help"]
    done = run(stack.environment(), redirection, *words)
    assert done.returncode == 1, done.stderr
    assert "standard output" in done.stderr


@pytest.mark.parametrize("redirection", [">&-", "> /dev/full"])
@pytest.mark.parametrize("arguments", [
    ["uploads"], ["uploads", "--json"], ["vendors"], ["vendors", "--json"], ["categories"], ["audit", "--json"],
    ["dlq", "list"], ["dlq", "list", "--json"], ["doctor"], ["doctor", "--json"], ["guide"], ["template"],
    ["migrate", "--status"], ["check", "tests/fixtures/samples"], ["help"]], ids=" ".join)
def test_a_result_that_cannot_be_written_is_a_failure(stack, redirection, arguments):
    if arguments[0] == "check":
        arguments = ["check", sorted((ROOT / "tests/fixtures/samples").glob("*.csv"))[0]]
    role = "admin" if arguments[0] == "migrate" else "operator"
    done = run(stack.environment(role), redirection, *arguments)
    assert done.returncode == 1, (done.returncode, done.stderr)
    assert "standard output" in done.stderr


@pytest.mark.parametrize("closed", ["2>&-", "<&-", "2>&- <&-", ">&- 2>&- <&-"])
def test_a_submission_with_closed_descriptors_keeps_its_audit_row(stack, database, new_vendor, tmp_path, closed):
    vendor = new_vendor()
    path = tmp_path / f"{vendor}_20260101_000000.csv"
    path.write_text("vendor_product_id,product_name,category,sku,price,stock_quantity\n"
                    f"1,Lamp,Electronics,{vendor},1,1\n")
    done = run(stack.environment(), closed, "submit", "--wait", "--json", path)
    assert done.returncode == (1 if ">&- 2" in closed else 0), (done.returncode, done.stderr)
    rows = database.execute("SELECT outcome FROM audit_log WHERE action = 'submit' AND plan::text LIKE %s"
                            " OR target LIKE %s", [f"%{vendor}%"] * 2).fetchall()
    assert [row["outcome"] for row in rows] == ["done"]


def test_closed_input_is_no_empty_file(stack, new_vendor):
    done = run(stack.environment(), "<&-", "check", "--vendor", new_vendor(), "-")
    assert done.returncode == 1 and "no rows" not in done.stderr, (done.stdout, done.stderr)


def opened(pid):
    try:
        return [os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)] == ["/dev/null"] * 3
    except OSError:
        return False


def test_the_functions_open_them_too(stack):
    """A function without a runtime API to talk to ends by itself; its connections are never numbers 0 to 2."""
    for name in ("csv-parser", "product-validator", "error-processor"):
        program = BUILD / "lambda" / name / "bootstrap"
        process = subprocess.Popen(["sh", "-c", 'exec "$0" <&- >&- 2>&-', program],
                                   env={"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9", "PATH": os.environ["PATH"]})
        try:
            wait_until(lambda: process.poll() is not None or opened(process.pid))
        finally:
            process.kill()
            process.wait()
