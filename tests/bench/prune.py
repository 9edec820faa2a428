"""A prune of years of small uploads while vendors send files and an operator looks at lists: uploads a second, the
transactions' times, and what the others notice. A JSON array of {name, value, unit}.

UPLOADS= (60,000) are filled in by tests/tools/years, five records each; nine of ten are older than 90 days. Files of 100
records go through the real functions, some with no prune and some beside one, in turn: each time the prune is killed
and another one goes on. In the end nothing may be half done, lost or miscounted. The server waits for its disk with each
commit, as a real one does, unless SYNCHRONOUS_COMMIT=off says what that takes of a transaction.
"""

import json
import os
import pathlib
import random
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

from harness import chaos, samples  # noqa: E402
from harness.rig import PASSWORD, Rig  # noqa: E402

BUILD = ROOT / os.environ.get("BUILD", "build")
UPLOADS = int(os.environ.get("UPLOADS") or 60_000)
TURNS, FILES = 4, 3
DONE = "SELECT count(*) AS n FROM upload_history WHERE prune_finished_at IS NOT NULL"
WRONG = """
SELECT count(*) FILTER (WHERE h.pruned_at IS NOT NULL AND h.prune_finished_at IS NULL) AS half,
       count(*) FILTER (WHERE h.prune_finished_at IS NOT NULL AND (r.n > 0 OR v.n > 0)) AS left_over,
       count(*) FILTER (WHERE h.prune_finished_at IS NULL AND r.n <> h.total_records) AS lost,
       count(*) FILTER (WHERE h.prune_finished_at IS NOT NULL
           AND (SELECT coalesce(sum(e.value::int), 0) FROM jsonb_each_text(h.pruned_errors) e) <> h.error_records) AS miscounted,
       (SELECT count(*) FROM counter_differences) AS counters
  FROM upload_history h
  LEFT JOIN (SELECT upload_id, count(*) AS n FROM upload_records GROUP BY 1) r0 USING (upload_id)
  LEFT JOIN (SELECT upload_id, count(*) AS n FROM violation_rows GROUP BY 1) v0 USING (upload_id)
 CROSS JOIN LATERAL (SELECT coalesce(r0.n, 0) AS n) r CROSS JOIN LATERAL (SELECT coalesce(v0.n, 0) AS n) v"""


class Watch:
    """Passes on what a client and the server say, and times each statement that prunes, with its commit."""

    def __init__(self, port):
        self.upstream, self.steps = port, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=[client], daemon=True).start()

    def _pass(self, client):
        with client, socket.create_connection(("127.0.0.1", self.upstream)) as server:
            began = None
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                for end in select.select([client, server], [], [])[0]:
                    try:
                        data = end.recv(1 << 16)
                        now = time.perf_counter()
                        if end is client and b"intake_prune" in data:
                            began = now
                        elif end is server and began and data.endswith(b"Z\0\0\0\5I"):
                            self.steps.append((now - began) * 1000)
                            began = None
                        (server if end is client else client).sendall(data)
                    except OSError:
                        return
                    if not data:
                        return


class Bench:
    def __init__(self, rig):
        self.rig, self.number = rig, 0
        self.watch = Watch(rig.pg.upstream[1])
        self.times = {what: {False: [], True: []} for what in ("upload", "list")}
        self.pruned, self.seconds = 0, 0.0
        self.prune = None

    def environment(self, port):
        return dict(self.rig.plain_environment(), HOME=str(self.rig.folder), LANG="C.UTF-8",
                    INTAKE_DATABASE_URL=f"postgresql://harness_operator:{PASSWORD}@127.0.0.1:{port}/{self.rig.name}?sslmode=disable")

    def time(self, what, run):
        beside = self.prune is not None and self.prune.poll() is None
        began = time.monotonic()
        run()
        if beside == (self.prune is not None and self.prune.poll() is None):
            self.times[what][beside].append(time.monotonic() - began)

    def upload(self):
        self.number += 1
        sample = samples.make(random.Random(self.number), records=100, errors=0.1, clock="%06d" % (100000 + self.number))
        self.rig.upload_trigger.send(self.rig.put(sample.key, sample.body))
        self.rig.settle(300)

    def look(self):
        subprocess.run([BUILD / "intake", "uploads", "--limit", "100", "--json"], check=True, stdout=subprocess.DEVNULL,
                       env=self.environment(self.rig.pg.upstream[1]))

    def others(self):
        for _ in range(FILES):
            self.time("upload", self.upload)
            self.time("list", self.look)

    def start(self):
        self.prune = subprocess.Popen([BUILD / "intake", "prune", "--older-than", "90d", "--yes", "--json"], text=True,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=self.environment(self.watch.port))
        steps = len(self.watch.steps)
        while len(self.watch.steps) == steps and self.prune.poll() is None:
            time.sleep(0.01)
        self.began, self.before = time.monotonic(), self.rig.query(DONE)[0]["n"]

    def stop(self, how=None):
        if how:
            self.prune.send_signal(how)
        self.prune.communicate()
        self.seconds += time.monotonic() - self.began
        self.pruned += self.rig.query(DONE)[0]["n"] - self.before

    def run(self):
        self.upload()  # the functions are warm from here on
        for turn in range(TURNS):
            self.others()
            self.start()
            self.others()
            self.stop(signal.SIGKILL)
        self.beside = self.pruned, self.seconds
        self.pruned, self.seconds = 0, 0.0
        self.start()
        self.stop()

    def rows(self):
        steps = sorted(self.watch.steps)
        yield {"name": f"prune of {self.beside[0] + self.pruned:,} uploads alone", "value": round(self.pruned / self.seconds),
               "unit": "uploads/s", "at_least": 1000}
        yield {"name": "  beside uploads and lists", "value": round(self.beside[0] / self.beside[1]), "unit": "uploads/s"}
        yield {"name": f"  transaction, median of {len(steps):,}", "value": round(statistics.median(steps), 1), "unit": "ms"}
        yield {"name": "  transaction, 99 %", "value": round(steps[len(steps) * 99 // 100], 1), "unit": "ms", "limit": 50}
        yield {"name": "  transaction, longest", "value": round(steps[-1], 1), "unit": "ms"}
        over = sum(ms > 50 for ms in steps)
        yield {"name": "  transactions above 50 ms", "value": round(100 * over / len(steps), 2), "unit": "%"}
        for what, limit in (("upload", 1.3), ("list", None)):
            alone, beside = (statistics.median(self.times[what][way]) for way in (False, True))
            yield {"name": f"  {what}: {alone * 1000:.0f} ms alone, beside a prune", "value": round(beside / alone, 2),
                   "unit": "times", "limit": limit}
        [wrong] = self.rig.query(WRONG)
        yield {"name": "  half done, left over, lost, miscounted", "value": sum(wrong.values()), "unit": "", "limit": 0}


def main():
    with tempfile.TemporaryDirectory(prefix="intake-bench-") as folder:
        rig = Rig(*chaos.locate(), BUILD, folder, timeout=60)
        bench = None
        try:
            rig.execute('ALTER DATABASE "%s" SET synchronous_commit = %s' % (rig.name, os.environ.get("SYNCHRONOUS_COMMIT") or "on"))
            subprocess.run([ROOT / "tests/tools/years"], check=True, stdout=subprocess.DEVNULL,
                           env=dict(os.environ, DATABASE=rig.dsn, UPLOADS=str(UPLOADS), VENDORS="2000"))
            bench = Bench(rig)
            bench.run()
            rows = list(bench.rows())
        finally:
            if bench and bench.prune and bench.prune.poll() is None:
                bench.prune.kill()
            rig.stop()
    json.dump(rows, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
