"""What the commands do without a stack: help, usage, configuration, `check`, and everything being down."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

from support import BUILD, ROOT, wait_until

PROGRAM = BUILD / "intake"
HEADER = "vendor_product_id,product_name,category,sku,price,stock_quantity\n"
GOOD = "P1,Lamp,Electronics,SKU-1,12.90,4\n"
NOTHING_LISTENS = "http://127.0.0.1:9"


@pytest.fixture
def program(tmp_path):
    """Runs the program with nothing of the tester's own environment."""
    def run(*arguments, input="", code=None, env=None, text=True):
        values = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "TZ": "UTC",
                  "XDG_CONFIG_HOME": str(tmp_path / "config"), "AWS_EC2_METADATA_DISABLED": "true"}
        values.update({name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")
                       if name in os.environ})
        values.update(env or {})
        done = subprocess.run([PROGRAM, *map(str, arguments)], input=input, text=text, cwd=ROOT,
                              capture_output=True, timeout=60, env=values)
        if code is not None:
            assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        if "--json" in arguments and done.stdout:
            done.json = json.loads(done.stdout)
        return done
    return run


def commands():
    done = subprocess.run([PROGRAM, "help", "--list"], text=True, capture_output=True, check=True)
    return done.stdout.split("\n")[:-1]


def one_line(text):
    return text.endswith("\n") and text.count("\n") == 1


def test_version_and_overview(program):
    assert program("--version", code=0).stdout.startswith("intake ")
    overview = program("--help", code=0).stdout
    assert all(f"  {name} " in overview for name in commands())
    assert program("help", code=0).stdout == overview


@pytest.mark.parametrize("command", commands())
def test_help_of_each(program, command):
    words = command.split()
    text = program(*words, "--help", code=0).stdout
    assert text.startswith(f"intake {command}: ")
    assert "--json" in text and "Examples:" in text
    assert text == program("help", *words, code=0).stdout
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("arguments, words", [
    (["uplaods"], "did you mean: upload"),
    (["zzz"], "see intake --help"),
    (["errors"], "requires ID"),
    (["upload", "A", "B"], "unexpected argument B"),
    (["uploads", "--limit", "x"], "whole number"),
    (["uploads", "--status", "odd"], "must be one of processing, completed"),
    (["uploads", "--since", "soon"], "must be a date"),
    (["--read-only", "--write", "uploads"], "cannot be used together"),
    (["errors", "X", "--csv", "--json"], "cannot be used together"),
    (["report", "X", "--url", "-o", "f"], "cannot be used together"),
    (["check", "--vendor", "not valid", "f"], "letters, digits and hyphens"),
])
def test_wrong_usage_is_one_line_and_exit_2(program, arguments, words):
    done = program(*arguments, code=2)
    assert done.stdout == "" and one_line(done.stderr) and words in done.stderr


def test_global_options_stand_anywhere(program, tmp_path):
    path = tmp_path / "V1_20260101_000000.csv"
    path.write_text(HEADER + GOOD)
    results = [program("--json", "check", path, code=0).stdout,
               program("check", "--json", path, code=0).stdout,
               program("check", path, "--region", "eu-west-1", "--json", code=0).stdout,
               program("--color", "never", "check", path, "--json", code=0).stdout]
    assert len(set(results)) == 1


def test_configuration_faults_name_file_line_and_key(program, tmp_path):
    folder = tmp_path / "config" / "intake"
    folder.mkdir(parents=True)
    (folder / "config.ini").write_text("[staging]\nregoin = x\n")
    done = program("uploads", code=2)
    assert f"{folder}/config.ini:2: regoin: unknown key; did you mean region?" in done.stderr
    (folder / "config.ini").write_text("[staging]\ndatabase_url = postgresql://me:geheim@h/d\n")
    done = program("uploads", code=2)
    assert "config.ini:2: database_url: holds a password" in done.stderr
    assert "geheim" not in done.stderr
    (folder / "config.ini").write_text("[staging]\nregion = x\n[live]\nproduction = true\n")
    done = program("--env", "prod", "uploads", code=2)
    assert "no environment prod" in done.stderr and "staging, live" in done.stderr


def test_production_is_read_only_unless_told(program, tmp_path):
    folder = tmp_path / "config" / "intake"
    folder.mkdir(parents=True)
    (folder / "config.ini").write_text("[live]\nproduction = true\n")
    down = {"INTAKE_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
            "AWS_ENDPOINT_URL": NOTHING_LISTENS, "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
    path = tmp_path / "V1_20260101_000000.csv"
    path.write_text(HEADER + GOOD)
    done = program("--env", "live", "submit", path, env=down, code=4)
    assert "read-only" in done.stderr and "--write" in done.stderr
    program("--env", "live", "--write", "submit", path, env=down, code=1)


@pytest.mark.parametrize("arguments", [["uploads"], ["upload", "X"], ["errors", "X"], ["report", "X"],
                                       ["vendors"], ["audit"], ["logs", "csv-parser"],
                                       ["migrate", "--status"]])
def test_everything_down_is_one_line_and_exit_1(program, arguments):
    down = {"INTAKE_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
            "AWS_ENDPOINT_URL": NOTHING_LISTENS, "AWS_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1",
            "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
    began = time.monotonic()
    done = program(*arguments, "--json", env=down, code=1)
    assert done.stdout == "" and one_line(done.stderr) and "127.0.0.1:9" in done.stderr
    assert time.monotonic() - began < 10


def test_check_says_what_is_wrong(program, tmp_path):
    path = tmp_path / "VEND001_20260101_000000.csv"
    path.write_text(HEADER + GOOD + "P2,,Electronics,SKU-2,12.999,-1\n")
    done = program("check", path, "--json", code=3)
    [result] = done.json
    assert result["file"] == str(path) and result["vendor_id"] == "VEND001"
    assert (result["status"], result["refused"]) == ("partial", None)
    assert [result[key] for key in ("total_records", "valid_records", "error_records")] == [2, 1, 1]
    assert result["errors_by_type"] == {"MISSING_REQUIRED_FIELDS": 1}
    assert [(row["error_type"], row["error_field"], row["row_number"], row["line_number"])
            for row in result["errors"]] == [
        ("MISSING_REQUIRED_FIELDS", "product_name", 2, 3), ("INVALID_PRICE", "price", 2, 3),
        ("INVALID_STOCK", "stock_quantity", 2, 3)]
    assert set(result["errors"][0]) == {"row_number", "line_number", "vendor_product_id", "sku",
                                        "error_type", "error_field", "error_message"}
    text = program("check", path, code=3).stdout
    assert "partial, 2 records: 1 valid, 1 invalid" in text and "line      3  INVALID_PRICE" in text



def test_check_says_once_what_all_records_have_in_common(program, tmp_path):
    path = tmp_path / "V1_20260131_080000.csv"
    rows = "".join(f'P{n},Lamp {n},Books,X{n},"{n},50",1\n' for n in range(1, 10001))
    path.write_text("vendor_product_id,product_name,category,sku,price,stock_quantity\n" + rows)
    lines = program("check", path, code=3).stdout.splitlines()
    assert len(lines) <= 12
    assert lines[2] == "  all 10,000 records: price has a decimal comma"
    assert "line      2" in lines[3] and "write 1.50" in lines[3]
    assert "  9,997 more: price has a decimal comma (lines 5, 6, 7, 8, 9, ...)" in lines
    every = program("check", "--all", path, code=3).stdout.splitlines()
    assert len(every) == 10003 and every[2].startswith("  all 10,000 records")
    assert len(json.loads(program("check", "--json", path, code=3).stdout)[0]["errors"]) == 10000


def test_check_of_one_field_over_a_whole_utf_16_file(program, tmp_path):
    """What was handed on of a very large row is not kept, and what is behind it is read as ever."""
    path = tmp_path / "V1_20260131_090000.csv"
    header = "vendor_product_id,product_name,category,sku,price,stock_quantity,description\n"
    field = ("日" * 99 + "\n") * (10_480_000 // 200)
    path.write_bytes(b"\xff\xfe" + f'{header}P1,a,Books,X1,1,1,"{field}"\nP2,a,Books,X2,1,1,x\n'.encode("utf-16-le"))
    [result] = program("check", path, "--json", code=3).json
    assert (result["total_records"], result["valid_records"]) == (2, 1)
    [error] = result["errors"]
    assert (error["error_type"], error["line_number"]) == ("FIELD_LENGTH_EXCEEDED", 2)
    assert f"has {len(field) - 1} characters" in error["error_message"]


def test_check_refuses_and_goes_on(program, tmp_path):
    good, bad = tmp_path / "V1_20260101_000000.csv", tmp_path / "V2_20260101_000000.csv"
    good.write_text(HEADER + GOOD)
    bad.write_text("nonsense\n1\n")
    done = program("check", bad, tmp_path / "absent.csv", good, "--json", code=1)
    assert [(row["file"], row["status"]) for row in done.json] == [
        (str(bad), "failed"), (str(good), "completed")]
    refused = done.json[0]["refused"]
    assert refused["code"] == "INVALID_HEADER" and refused["message"] and "line_number" in refused
    assert "absent.csv" in done.stderr and one_line(done.stderr)


def test_check_reads_standard_input(program):
    done = program("check", "-", "--vendor", "V1", "--json", input=HEADER + GOOD, code=0)
    assert done.json[0]["vendor_id"] == "V1" and done.json[0]["status"] == "completed"
    done = program("check", "-", "--json", input=HEADER + GOOD, code=0)
    assert done.json[0]["vendor_id"] is None and done.json[0]["status"] == "completed"


def test_many_files_come_out_in_order(program, tmp_path):
    files = []
    for number in range(40):
        path = tmp_path / f"V1_20260101_{number:06}.csv"
        rows = 2000 if number % 7 == 0 else 3
        path.write_text(HEADER + "".join(f"P{n},Lamp,Electronics,S{n},{n % 3}.5,1\n" for n in range(rows)))
        files.append(path)
    done = program("check", *files, "--json", code=0)
    assert [row["file"] for row in done.json] == list(map(str, files))
    assert done.json[0]["total_records"] == 2000
    text = program("check", *files, code=0).stdout
    heads = [line.split(":")[0] for line in text.splitlines() if line.startswith(str(tmp_path))]
    assert heads == list(map(str, files))


def test_hostile_text_is_made_visible(program, tmp_path):
    path = tmp_path / "V1_20260101_000000.csv"
    path.write_text(HEADER + "P1\x1b[2J,N,Elec\u202etronics\x9b31m,S1\u200b,12.90,4\n")
    text = program("check", path, "--color", "always", code=3).stdout
    for bad in ("\x1b[2J", "\u202e", "\x9b", "\u200b"):
        assert bad not in text
    assert "\x1b[33m" in text
    raw = program("check", path, "--json", text=False, input=b"", code=3).stdout
    assert b"\x1b" not in raw and b"\xc2\x9b" not in raw
    assert "\x1b" not in program("check", path, env={"NO_COLOR": "1"}, code=3).stdout


def test_a_broken_pipe_is_quiet(tmp_path):
    path = tmp_path / "V1_20260101_000000.csv"
    path.write_text(HEADER + "".join(f"P{n},Lamp,Wrong,S{n},x,1\n" for n in range(9000)))
    with open(tmp_path / "stderr", "w+") as stderr:
        process = subprocess.Popen([PROGRAM, "check", path, "--json"], stdout=subprocess.PIPE, stderr=stderr)
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(timeout=60) >= 0
        stderr.seek(0)
        assert stderr.read() == ""


def test_a_full_disk_is_told(tmp_path):
    path = tmp_path / "V1_20260101_000000.csv"
    path.write_text(HEADER + GOOD)
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "check", path], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "standard output" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_parse(program, shell, tmp_path):
    text = program("help", "--completion", shell, code=0).stdout
    assert all(name.split()[0] in text for name in commands())
    if shutil.which(shell):
        path = tmp_path / "completion"
        path.write_text(text)
        subprocess.run([shell, "-n", path], check=True)


def complete(program, line):
    """What bash offers at the end of the line."""
    script = program("help", "--completion", "bash", code=0).stdout
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    script += (f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _intake 2>/dev/null;"
               "printf '%s\\n' \"${COMPREPLY[@]}\"")
    done = subprocess.run(["bash", "-c", script], text=True, capture_output=True, check=True)
    return done.stdout.split()


def test_bash_completes_commands_options_and_choices(program):
    assert {"uploads", "upload"} <= set(complete(program, "intake up"))
    assert "--vendor" in complete(program, "intake uploads --v")
    assert "partial" in complete(program, "intake uploads --status p")
    assert "--dry-run" in complete(program, "intake submit --d")
    assert "--dry-run" not in complete(program, "intake uploads --d")


@pytest.mark.parametrize("page", ["", "config", "console", *commands()])
def test_man_pages_are_whole(program, page):
    text = program("help", "--man", *page.split(), code=0).stdout
    for part in (".TH ", ".SH NAME", ".SH DESCRIPTION", ".SH SEE ALSO"):
        assert part in text
    if shutil.which("groff"):
        done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", "-rLL=200n"], input=text, text=True,
                              capture_output=True)
        assert done.returncode == 0 and done.stderr == ""


def test_interrupted_while_it_reads(tmp_path):
    """Ctrl-C in a terminal, once, while the program waits for standard input."""
    master, slave = os.openpty()
    with subprocess.Popen([PROGRAM, "check", "-", "--vendor", "V1"], stdin=subprocess.PIPE, stdout=slave,
                          stderr=slave) as process:
        os.close(slave)
        wait_until(lambda: reads_standard_input(process.pid))
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    os.close(master)


def reads_standard_input(pid):
    """the program waits in read(0, ...)"""
    return pathlib.Path(f"/proc/{pid}/wchan").read_text() in ("pipe_read", "anon_pipe_read", "0") and \
        "S (sleeping)" in pathlib.Path(f"/proc/{pid}/status").read_text()


def test_install_puts_everything_in_its_place(tmp_path):
    subprocess.run([ROOT / "tui/package/install.sh"], check=True, cwd=ROOT,
                   env=dict(os.environ, BUILD=str(BUILD), DESTDIR=str(tmp_path), PREFIX="/usr"))
    files = {str(path.relative_to(tmp_path / "usr")) for path in tmp_path.rglob("*") if path.is_file()}
    expected = {"bin/intake", "share/man/man1/intake.1.gz", "share/man/man5/intake-config.5.gz",
                "share/man/man7/intake-console.7.gz",
                "share/bash-completion/completions/intake", "share/zsh/vendor-completions/_intake",
                "share/fish/vendor_completions.d/intake.fish"}
    expected |= {f"share/man/man1/intake-{name.replace(' ', '-')}.1.gz" for name in commands()}
    assert files == expected
    assert os.access(tmp_path / "usr/bin/intake", os.X_OK)


@pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="no dpkg-deb here")
def test_the_debian_package_is_whole(tmp_path):
    (tmp_path / "build").mkdir()
    shutil.copy(PROGRAM, tmp_path / "build" / "intake")
    done = subprocess.run([ROOT / "tui/package/deb.sh"], check=True, cwd=ROOT, text=True, capture_output=True,
                          env=dict(os.environ, BUILD=str(tmp_path / "build")))
    package = done.stdout.strip()
    control = subprocess.run(["dpkg-deb", "-f", package], check=True, text=True, capture_output=True).stdout
    assert "Package: intake\n" in control and "libpq5" in control and "libcsv3" in control
    if shutil.which("lintian"):
        checked = subprocess.run(["lintian", "--fail-on", "error,warning", package], text=True, capture_output=True)
        assert checked.returncode == 0, checked.stdout
