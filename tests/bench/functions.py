"""The functions' own figures, as a JSON array of {name, value, unit, limit}.

From exec to the first /next (median of 21 starts), peak memory at 10,000 records, and what 1,000
records with 10 % errors cost in AWS calls and PostgreSQL round trips.
"""

import json
import os
import pathlib
import random
import signal
import socket
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

from harness import chaos, judge, samples  # noqa: E402
from harness.rig import Rig  # noqa: E402

STARTS = 21


def row(name, value, unit, limit):
    return {"name": name, "value": round(value, 2), "unit": unit, "limit": limit}


def start(function):
    """Milliseconds from before exec to the whole first request of the process."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = "127.0.0.1:%d" % listener.getsockname()[1]
        environment = dict(function.environment, AWS_LAMBDA_RUNTIME_API=address)
        began = time.monotonic()
        process = os.posix_spawn(function.program, [function.program], environment)
        peer, _ = listener.accept()
        request = peer.recv(4096)
        taken = (time.monotonic() - began) * 1000
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        peer.close()
        assert request.startswith(b"GET /2018-06-01/runtime/invocation/next "), request
        return taken


def starts(rig):
    return [row("%s: exec to first /next" % name,
                statistics.median(start(function) for _ in range(STARTS)), "ms", 15)
            for name, function in rig.functions.items()]


def run(rig, records, uploaded):
    """Seconds of one upload of so many records; `uploaded` gains it, since the judge wants all that the rig has seen."""
    sample = samples.make(random.Random(records), records=records, errors=0.1,
                          clock="%06d" % (records // 10))
    began = time.monotonic()
    rig.upload_trigger.send(rig.put(sample.key, sample.body))
    rig.settle(300)
    seconds = time.monotonic() - began
    uploaded.append(sample)
    judge.at_rest(rig, uploaded)
    return seconds


def costs(rig, uploaded):
    rig.aws.reset()
    rig.pg.reset()
    run(rig, 1000, uploaded)
    counts = rig.aws.counts()
    return [row("AWS calls for 1,000 records, 10 % errors", rig.aws.total(), "calls", 110),
            row("PostgreSQL round trips for 1,000 records", rig.pg.round_trips, "round trips", None),
            *(row("  " + name, count, "calls", None) for name, count in sorted(counts.items()))]


def memory(rig, uploaded):
    seconds = run(rig, 10000, uploaded)
    rows = [row("10,000 records through the harness", seconds, "s", None)]
    for name, function in rig.functions.items():
        rows.append(row("%s: peak memory" % name, function.peak_kib / 1024, "MiB", 32))
    return rows


def main():
    build = ROOT / os.environ.get("BUILD", "build")
    with tempfile.TemporaryDirectory(prefix="intake-bench-") as folder:
        rig = Rig(*chaos.locate(), build, folder, timeout=60)
        try:
            uploaded = []
            rows = starts(rig) + costs(rig, uploaded) + memory(rig, uploaded)
        finally:
            rig.stop()
    json.dump(rows, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
