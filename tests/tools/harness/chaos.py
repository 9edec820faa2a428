"""Random campaigns: faults, kills, cut connections and repeated deliveries, then the whole truth.

Every round draws from its own seed, which is printed: `SEED=n make chaos` plays it again. What is drawn is the same
each time; at which moment of the functions' work it falls is the machine's.

    make chaos SECONDS=60
    make chaos UPLOADS=1000 FAULTS=10000    until so many went through, and so many faults met something
    make chaos UPLOADS=100 JOBS=2           two rounds beside each other
    make chaos CHECK=1                      whether the judge sees every planted damage, and no more

Each campaign begins with that check: a judge that is blind proves nothing.
"""

import collections
import concurrent.futures
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

from . import damages
from .rig import ROOT, Rig
from .rounds import Round


def locate():
    """The endpoint and the owner's database URL of the local stack, started where it is down."""
    folder = ROOT / os.environ.get("INTAKE_STACK_DIR", "var")
    subprocess.run([ROOT / "tests/tools/stack", "up"], check=True)
    values = {}
    for name in ("env", "env.admin"):
        for line in (folder / name).read_text().splitlines():
            key, _, value = line.removeprefix("export ").partition("=")
            values[key] = value
    return values["AWS_ENDPOINT_URL"], values["INTAKE_ADMIN_DATABASE_URL"]


def play(endpoint, dsn, build, seed, total=None):
    with tempfile.TemporaryDirectory(prefix="intake-chaos-") as folder:
        rig = Rig(endpoint, dsn, build, folder, seed, with_points=True)
        one = Round(rig, seed)
        began = time.monotonic()
        try:
            records = one.run()
            if total is not None:
                total.update({**one.met, "uploads": one.uploads, "records": records})
            print("seed %d: %d records, %d calls, %d disturbances, %d faults met, right in the end (%.1f s)%s"
                  % (seed, records, rig.aws.total(), len(one.story) - 1, met(one.met),
                     time.monotonic() - began, one.swept), flush=True)
            return True
        except Exception:
            lines = [traceback.format_exc(), "seed %d FAILED after:" % seed, *("  " + line for line in one.story)]
            for function in rig.functions.values():
                lines += [function.name + ":", *("  %s" % line for line in function.log_lines()[-15:])]
            print("\n".join(lines), flush=True)
            return False
        finally:
            one.login.drop()
            rig.stop()


def check_judge(endpoint, dsn, build):
    """How many planted damages the judge sees; raises where it misses one, or complains of none."""
    with tempfile.TemporaryDirectory(prefix="intake-chaos-") as folder:
        rig = Rig(endpoint, dsn, build, folder)
        try:
            truth = damages.leave_behind(rig, damages.two_uploads())
            missed = damages.unnoticed(truth) + damages.unnoticed_in_stores(rig, truth[1])
            planted = len(damages.stores(rig))
        finally:
            rig.stop()
    if missed:
        raise AssertionError("the judge does not see: " + "; ".join(missed))
    return len(damages.DAMAGES) + planted


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30
    build = ROOT / os.environ.get("BUILD", "build")
    fixed = os.environ.get("SEED")
    seed = int(fixed) if fixed else int.from_bytes(os.urandom(4), "big")
    endpoint, dsn = locate()
    print("the judge sees all of %d planted damages" % check_judge(endpoint, dsn, pathlib.Path(build)), flush=True)
    if os.environ.get("CHECK"):
        return 0
    uploads, faults = (int(os.environ.get(name) or 0) for name in ("UPLOADS", "FAULTS"))
    jobs = int(os.environ.get("JOBS") or 1)
    ends = time.monotonic() + seconds
    stopped = threading.Event()
    total, rounds, done, failed = collections.Counter(), 0, 0, []

    for number in (signal.SIGINT, signal.SIGTERM):  # the rounds that run end, and are summed up
        signal.signal(number, lambda *_: stopped.set())

    def enough():
        if stopped.is_set():
            return True
        if uploads or faults:
            return total["uploads"] >= uploads and met(total) >= faults
        return time.monotonic() >= ends

    def work():
        """Rounds, one after another, until it is enough."""
        nonlocal rounds, done, seed
        while True:
            with turn:
                if rounds and (fixed or enough()):
                    return
                own, seed, rounds = seed, seed + 1, rounds + 1
            well = play(endpoint, dsn, pathlib.Path(build), own, total)
            with turn:
                failed.extend([] if well else [own])
                done += 1
                if done % 10 == 0:
                    print("%d rounds, %d uploads, %d faults met, %d failed"
                          % (done, total["uploads"], met(total), len(failed)), flush=True)

    turn = threading.Lock()
    with concurrent.futures.ThreadPoolExecutor(1 if fixed else jobs) as pool:
        for one in [pool.submit(work) for _ in range(1 if fixed else jobs)]:
            one.result()
    print(summary(total, rounds, failed))
    return 1 if failed else 0


UNCOUNTED = ("uploads", "records", "left to a sweep", "sweep meanwhile", "operator's action")


def met(total):
    """Faults and disturbances of all kinds."""
    return sum(count for kind, count in total.items() if kind not in UNCOUNTED)


def summary(total, rounds, failed):
    kinds = ", ".join("%s %d" % (kind, count) for kind, count in total.most_common()
                      if kind not in UNCOUNTED and count)
    return ("%d uploads of %d records in %d rounds, %d faults met (%s)\n%d rounds, %d failed%s"
            % (total["uploads"], total["records"], rounds, met(total), kinds, rounds, len(failed),
               "".join(": SEED=%d" % seed for seed in failed)))


if __name__ == "__main__":
    sys.exit(main())
