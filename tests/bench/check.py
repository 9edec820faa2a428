"""`check` beside bare libcsv over 300,000 records in 30 files, the whole command, and its memory."""

import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import make_files

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
FILES, ROWS = 30, 10000
FILE_MAX = 10485760
HEADER = ",".join(make_files.COLUMNS) + "\n"


def on_one_core():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def run_intake(paths, preexec=None):
    """Seconds and peak MiB of `intake check --json` over the files."""
    began = time.monotonic()
    process = subprocess.Popen(
        [BUILD / "intake", "check", "--json", *paths], stdout=subprocess.DEVNULL,
        preexec_fn=preexec,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):
        raise SystemExit(f"intake check ended with {process.returncode}")
    return time.monotonic() - began, usage.ru_maxrss / 1024


def heavy_files(folder):
    """Files of 10 MB, each heavy in another way."""
    broken = ",".join(["a" * 72 + "\x01"] * 14) + ",1\n"
    room = (FILE_MAX - len(HEADER)) // 10000
    bodies = {
        "one field": ("x" * 1024 for _ in range((FILE_MAX - len(HEADER)) // 1024)),
        "one quoted field": itertools.chain(
            '"', ('x""\n' * 256 for _ in range((FILE_MAX - len(HEADER) - 2) // 1024)), '"'),
        "every field broken": itertools.repeat(
            broken, min(10000, (FILE_MAX - len(HEADER)) // len(broken))),
        "10,000 good records": (
            f"P{i},name,Books,,{'x' * (room - 60)},S{i},,1,,1,,,,\n" for i in range(10000)),
    }
    # Written piece by piece: what this process holds would count as its child's memory.
    for name, pieces in bodies.items():
        path = folder / "VEND001_heavy.csv"
        with path.open("w", encoding="utf-8") as file:
            file.write(HEADER)
            file.writelines(pieces)
        yield name, str(path)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_files.main(folder, FILES, ROWS)
        paths = sorted(str(path) for path in folder.glob("*.csv"))
        done = subprocess.run([BUILD / "bench" / "check_bench", *paths], check=True,
                              stdout=subprocess.PIPE, preexec_fn=on_one_core)
        rows = json.loads(done.stdout)
        for cores, preexec in (("one core", on_one_core), ("all cores", None)):
            seconds, peak = min(run_intake(paths, preexec) for _ in range(3))
            rows.append({"name": f"intake check, {cores}", "unit": "records/s",
                         "value": round(FILES * ROWS / seconds)})
        rows.append({"name": "intake check: peak memory, 300,000 records", "unit": "MiB",
                     "value": round(peak, 1)})
        for name, path in heavy_files(folder):
            _, peak = run_intake([path])
            rows.append({"name": f"intake check: peak memory, 10 MB of {name}", "unit": "MiB",
                         "value": round(peak, 1), "limit": 32})
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main()
