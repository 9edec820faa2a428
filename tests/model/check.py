"""Runs the model (ledger.pml) under spin: every scenario must hold, and every planted fault must have a counterexample.

    make model            all of it
    check.py --short      what takes seconds
    check.py --trace FAULT    the steps of a fault's counterexample
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

MODEL = pathlib.Path(__file__).resolve().with_name("ledger.pml")
MEGABYTES = 4000

# What is looked at together, what for, and whether it takes seconds.
SCENARIOS = {
    "taking in": ("PARSERS=2 VALIDATORS=1 PROCESSORS=0 CRASHES=1",
                  "two deliveries of the file, a lease that ends, a validator behind them", False),
    "validating": ("WRITTEN PARSERS=0 VALIDATORS=2 PROCESSORS=0 CRASHES=2",
                   "two validators, records in any order and once more", False),
    "the whole way": ("WRITTEN PARSERS=0 VALIDATORS=2 PROCESSORS=1 CRASHES=1 REPEATS=0 TRIES=2",
                      "two validators, and the processor behind them", False),
    "finishing": ("SETTLED PARSERS=0 VALIDATORS=0 PROCESSORS=2 CRASHES=2",
                  "two deliveries of the finished message", True),
    "revalidating": ("SETTLED PARSERS=0 VALIDATORS=1 PROCESSORS=1 OPERATORS=1 CRASHES=2",
                     "an operator beside a late validator and the processor", False),
    "two operators": ("SETTLED PARSERS=0 VALIDATORS=1 PROCESSORS=1 OPERATORS=2 CRASHES=1",
                      "two operators on one upload", False),
}

FAULTS = {
    "UNCONDITIONAL_PUT": ("taking in", "the parser writes items that are there"),
    "NO_ROW_LOCK": ("validating", "a batch's transaction does not lock the upload"),
    "NO_ORDER": ("validating", "a later row is validated before the earlier one of its SKU"),
    "MARK_BEFORE_COMMIT": ("validating", "the item is marked before the outcome is committed"),
    "FINISH_UNGUARDED": ("validating", "an upload that is finished is finished again"),
    "DELETE_BEFORE_SEND": ("validating", "a message leaves the outbox before it is sent"),
    "NO_SWEEP": ("validating", "nobody sends what a dead process left"),
    "NO_NOTICE_CLAIM": ("finishing", "the notice is not claimed"),
    "NOTICE_BEFORE_CLAIM": ("finishing", "the notice is sent, then claimed"),
    "REPEAT_UNKNOWN": ("finishing", "a notice of unknown outcome is sent again"),
    "MARK_WITHOUT_REVISION": ("revalidating", "a mark of an older revision counts"),
    "REPORT_UNLOCKED": ("revalidating", "a report is made while its records change"),
    "REVALIDATE_UNGUARDED": ("two operators", "a record is revised without looking again"),
}


def check(defines, optimize="-O2", trace=False):
    """Whether all holds, how many states were seen, the assertion that failed, the seconds; with trace the steps."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        def run(*command):
            return subprocess.run(command, cwd=folder, capture_output=True, text=True)

        made = run("spin", "-a", *(f"-D{word}" for word in defines.split()), str(MODEL))
        if made.returncode:
            raise SystemExit(made.stdout + made.stderr)
        made = run(os.environ.get("CC", "cc"), optimize, "-w", "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={MEGABYTES}", "-o", "pan",
                   "pan.c")
        if made.returncode:
            raise SystemExit(made.stderr)
        told = run("./pan", "-m1000000").stdout
        states = re.search(r"(\S+) states, stored", told)
        errors = re.search(r"errors: (\d+)", told)
        if not states or not errors or re.search(r"out of memory|max search depth too small|Search not completed", told) \
                and errors[1] == "0":
            raise SystemExit(f"the search of {defines} was not completed:\n{told}")
        failed = re.search(r"pan:1: (.*?) \(at depth", told)
        steps = run("./pan", "-r", "-v").stdout if trace and failed else ""
    return errors[1] == "0", int(float(states[1])), failed and failed[1], time.monotonic() - began, steps


def report(mark, name, states, seconds, what):
    print(f"  {mark:4} {name:28} {states:>12,} states {seconds:6.1f} s  {what}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="what takes seconds")
    parser.add_argument("--trace", metavar="FAULT", choices=FAULTS, help="show the steps of a fault's counterexample")
    options = parser.parse_args()
    if not shutil.which("spin"):
        sys.exit("spin is not installed: make deps")
    if options.trace:
        scenario, _ = FAULTS[options.trace]
        print(check(f"{SCENARIOS[scenario][0]} FAULT_{options.trace}", trace=True)[4])
        return 0
    short = {name for name, (_, _, quick) in SCENARIOS.items() if quick} if options.short else set(SCENARIOS)
    optimize = "-O0" if options.short else "-O2"  # the checker takes longer to compile than such a search
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        held = {name: pool.submit(check, SCENARIOS[name][0], optimize) for name in SCENARIOS if name in short}
        broken = {name: pool.submit(check, f"{SCENARIOS[scenario][0]} FAULT_{name}", optimize)
                  for name, (scenario, _) in FAULTS.items() if scenario in short}
        for name, job in held.items():
            good, states, failed, seconds, _ = job.result()
            report("ok" if good else "FAIL", name, states, seconds, failed or SCENARIOS[name][1])
            bad += not good
        for name, job in broken.items():
            good, states, failed, seconds, _ = job.result()
            report("FAIL" if good else "ok", name, states, seconds, "no counterexample" if good else f"found: {FAULTS[name][1]}")
            bad += good
    print(f"{len(held)} scenarios, {len(broken)} planted faults: {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
