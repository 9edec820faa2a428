"""Runs the house checks, the unit tests and the Python tests, and sums them up in one closing line."""

import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
PYTHON = ROOT / "var" / "venv" / "bin" / "python"
SECONDS_EACH = 300
FEW = 10
CORES = os.cpu_count() or 1
WORKERS = os.environ.get("WORKERS") or str(2 * CORES)  # more only wait for each other
TIMES = ROOT / "var" / "test-times.json"  # seconds each Python test took in the last whole run: conftest.py orders by it
SLOWEST = 10

Count = collections.namedtuple("Count", "passed failed skipped")
spent = {}  # seconds: of a program by its name, of a Python test by its file and name


def report(name, count, began, output=""):
    mark = "FAIL" if count.failed else "ok"
    spent[str(name), ""] = time.monotonic() - began
    print(f"  {mark:4} {name}: {count.passed} passed, {count.failed} failed "
          f"({spent[str(name), '']:.1f} s)", flush=True)
    if count.failed:
        print(output, flush=True)


def run_program(arguments, **environment):
    """Exit code and output of a program that may hang."""
    try:
        done = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SECONDS_EACH,
                              env=dict(os.environ, **environment))
        return done.returncode, done.stdout.decode(errors="replace")
    except OSError as error:
        return 1, str(error)
    except subprocess.TimeoutExpired as late:
        return 1, (late.stdout or b"").decode(errors="replace") + f"\nafter {SECONDS_EACH} s"


def run_check(program):
    began = time.monotonic()
    code, output = run_program([program], BUILD=str(BUILD))
    count = Count(int(code == 0), int(code != 0), 0)
    report(program.name, count, began, output)
    return count


def run_unit(program):
    """A cmocka program in TAP; one that dies before its last test counts as a failure more."""
    began = time.monotonic()
    code, output = run_program([program], CMOCKA_MESSAGE_OUTPUT="TAP")
    lines = re.findall(r"^(ok|not ok)\b([^\n]*)", output, re.MULTILINE)
    skipped = sum("# SKIP" in rest for word, rest in lines if word == "ok")
    failed = sum(word == "not ok" for word, _ in lines)
    count = Count(len(lines) - failed - skipped, failed or int(code != 0), skipped)
    report(program.relative_to(BUILD / "tests"), count, began, output)
    return count


def run_fuzz(program):
    """The kept inputs of a fuzz target, what once was a finding among them, and inputs near these."""
    began = time.monotonic()
    seeds = pathlib.Path("tests/fuzz/seeds", program.name.removeprefix("fuzz_"))
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()  # some write files and sync them
    code, output = run_program([program, "--near", "3000", seeds], TMPDIR=memory)
    count = Count(int(code == 0), int(code != 0), 0)
    report(program.relative_to(BUILD), count, began, output)
    return count


def asked(marked):
    """What PYTEST= says, and what is marked so; a `-m` of it narrows that."""
    words = shlex.split(os.environ.get("PYTEST", ""))
    if "-m" in words:
        at = words.index("-m")
        marked = f"({marked}) and ({words[at + 1]})"
        del words[at:at + 2]
    return ["-m", marked, *words]


def count_of(results, code):
    """What a junit file says; a run that ended otherwise than its tests counts as a failure more."""
    if not results.exists():
        return Count(0, 0, 0) if code == 5 else Count(0, 1, 0)
    suite = xml.etree.ElementTree.parse(results).getroot().find("testsuite")
    for case in suite.iter("testcase"):
        where = case.get("classname") or "nowhere"  # of a run that was cut off
        spent[where.replace(".", "/") + ".py", case.get("name")] = float(case.get("time"))
    number = {name: int(suite.get(name)) for name in ("tests", "errors", "failures", "skipped")}
    failed = number["errors"] + number["failures"]
    return Count(number["tests"] - failed - number["skipped"],
                 failed or int(code not in (0, 5)), number["skipped"])


def run_pytest(marked, *arguments):
    """Few that failed beside others run once more, alone: a machine at its limit is told from a defect, aloud."""
    with tempfile.TemporaryDirectory() as folder:
        results = pathlib.Path(folder, "results.xml")
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

        def run(*more):
            code = subprocess.call(
                [PYTHON, "-m", "pytest", "-q", "-o", f"cache_dir={folder}/cache", f"--timeout={SECONDS_EACH}",
                 "-rfE", "--tb=short", f"--junitxml={results}", f"--basetemp={folder}/t", *more,
                 *asked(marked), "tests/integration", "tests/console"],
                env=dict(environment, BUILD=str(BUILD), PYTHONPYCACHEPREFIX=str(ROOT / "var" / "pycache")))
            return count_of(results, code)

        first = run(*arguments)
        if not 0 < first.failed <= FEW or os.environ.get("PYTEST"):
            return first
        results.unlink(missing_ok=True)
        again = run("-n", "0", "--last-failed", "--last-failed-no-failures", "none")
        print(f"  of {first.failed} that failed beside others {again.passed} passed alone", flush=True)
        return Count(first.passed + again.passed, max(again.failed, first.failed - again.passed), first.skipped)


def run_programs(only_units):
    """The checks, the unit tests and the kept inputs of the fuzz targets, side by side."""
    checks = [] if only_units else [pathlib.Path("tests/checks", name) for name in ("headers", "floors")]
    units = sorted(BUILD / source.with_suffix("")
                   for source in pathlib.Path("tests/unit").rglob("test_*.c"))
    targets = sorted(BUILD / "fuzz" / source.stem for source in pathlib.Path("tests/fuzz").glob("fuzz_*.c"))
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        jobs = [pool.submit(run_check, program) for program in checks]
        jobs += [pool.submit(run_fuzz, program) for program in targets]
        jobs += [pool.submit(run_unit, program) for program in units]
        return [job.result() for job in jobs]


def report_times(began):
    """Where the time goes: the sum of a file's tests, which others ran beside."""
    files = collections.Counter()
    for (name, _), seconds in spent.items():
        files[name] += seconds
    print(f"{time.monotonic() - began:.0f} s with {WORKERS} workers, {sum(files.values()):.0f} s of tests side by side; "
          "the slowest:")
    for name, seconds in files.most_common(SLOWEST):
        print(f"  {seconds:6.1f} s {name}")


def keep_times():
    """For the order of the next run; a part of the tests says nothing about the others."""
    if os.environ.get("PYTEST"):
        return
    fresh = TIMES.with_suffix(".new")
    fresh.write_text(json.dumps({f"{path}::{name}": seconds for (path, name), seconds in spent.items() if name}, indent=0))
    fresh.replace(TIMES)


def main():
    began = time.monotonic()
    os.chdir(ROOT)
    only_units = sys.argv[1:] == ["unit"]
    counts = run_programs(only_units)
    if not only_units:
        counts.append(run_pytest("not alone", "-n", WORKERS, "--dist", "loadscope", "--no-loadscope-reorder"))
        counts.append(run_pytest("alone", "-n", "0"))
        keep_times()
    total = Count(*(sum(numbers) for numbers in zip(*counts))) if counts else Count(0, 0, 0)
    report_times(began)
    skipped = f", {total.skipped} skipped" if total.skipped else ""
    print(f"{total.passed} passed, {total.failed} failed{skipped}")
    return 1 if total.failed else 0


sys.exit(main())
