"""Random campaigns: faults, kills, cut connections and repeated deliveries, then the whole truth.

Every round draws from its own seed, which is printed: `SEED=n make chaos` plays it again. What is drawn is the same
each time; at which moment of the functions' work it falls is the machine's.

    make chaos SECONDS=60
    make chaos UPLOADS=1000 FAULTS=10000    until so many went through, and so many faults met something
    make chaos CHECK=1                      whether the judge sees every planted damage, and no more

Each campaign begins with that check: a judge that is blind proves nothing.
"""

import collections

import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time
import traceback

from . import damages, judge, samples
from .rig import ROOT, Rig

FAULTS = [
    ("throttle", "dynamodb", "BatchWriteItem"), ("refuse", "dynamodb", "BatchWriteItem"),
    ("drop_answer", "dynamodb", "BatchWriteItem"), ("drop_request", "dynamodb", "BatchWriteItem"),
    ("unprocessed", "dynamodb", "BatchWriteItem"), ("throttle", "dynamodb", "BatchExecuteStatement"),
    ("drop_answer", "dynamodb", "BatchExecuteStatement"), ("refuse", "dynamodb", "BatchGetItem"),
    ("throttle", "sqs", "SendMessageBatch"), ("refuse", "sqs", "SendMessageBatch"),
    ("drop_answer", "sqs", "SendMessageBatch"), ("drop_request", "sqs", "SendMessageBatch"),
    ("refuse", "s3", "GetObject"), ("drop_answer", "s3", "PutObject"), ("throttle", "s3", "PutObject"),
    ("drop_request", "sns", "Publish"), ("throttle", "sns", "Publish"), ("drop_answer", "sns", "Publish"),
    ("refuse", "secretsmanager", "GetSecretValue"),
]


class Round:
    def __init__(self, rig, seed):
        self.rig = rig
        rig.aws.plan.at_random = rig.pg.plan.at_random = True
        self.random = random.Random(seed)
        self.over = threading.Event()
        self.story = []
        self.moments = []  # of disturbances, by time.monotonic()
        self.met = collections.Counter()  # faults and disturbances that met something, by kind
        self.uploads = 0

    def tell(self, text):
        self.story.append(text)

    def make_samples(self):
        draw = self.random
        return [samples.make(draw, vendor=draw.choice(["VEND001", "VEND002", "VEND003"]),
                             records=draw.choice([1, 5, 60, 150, 400]),
                             errors=draw.choice([0, 0.1, 0.5]),
                             duplicates=draw.choice([0, 0.1, 0.4]), clock="1300%02d" % number,
                             shape=draw.choice(sorted(samples.SHAPES)))
                for number in range(draw.randint(1, 5))]

    def inject(self):
        draw = self.random
        for kind, service, operation in draw.sample(FAULTS, draw.randint(0, 6)):
            how = {"skip": draw.randint(0, 12), "times": draw.randint(1, 12)}
            if kind == "unprocessed":
                how["value"] = draw.random()
            self.rig.aws.inject(kind, service, operation, **how)
            self.tell("%s %s.%s %s" % (kind, service, operation, how))
        for _ in range(draw.randint(0, 3)):
            function = draw.choice(list(self.rig.functions.values()))
            call = draw.choice(FAULTS)[1:]
            moment = draw.choice(["before", "after"])
            how = {"skip": draw.randint(0, 15)}
            self.rig.aws.inject(moment, *call, value=lambda _, f=function: f.kill(), **how)
            self.tell("kill %s %s %s.%s %s" % (function.name, moment, *call, how))

    def disturb(self, draw):
        """Kills, cut connections and short outages of the database, at no chosen moment."""
        while not self.over.wait(draw.uniform(0.05, 1.0)):
            what = draw.choice(["kill", "cut", "down", "nothing"])
            self.moments.append(time.monotonic())
            if what == "kill":
                draw.choice(list(self.rig.functions.values())).kill()
            elif what == "cut":
                self.rig.pg.cut()
            elif what == "down":
                self.rig.pg.down()
                self.over.wait(draw.uniform(0.1, 1.0))
                self.rig.pg.up()
            self.tell(what)
            self.met[what] += what != "nothing"

    def pump(self, draw):
        """The stream and the queue, delivered while uploads still come in; some of it late and again."""
        old = []
        while not self.over.is_set():
            records = self.rig.stream_records()
            draw.shuffle(records)
            old += records
            again = draw.sample(old, min(len(old), draw.choice([0, 0, 20])))
            self.met["delivered again"] += len(again)
            records += again
            self.rig.stream.batch_size = draw.choice([1, 10, 100])
            self.rig.stream.deliver(records, copies=draw.choice([1, 1, 2]),
                                    shards=draw.choice([1, 2]))
            self.rig.queue.poll(copies=draw.choice([1, 2]), at_once=draw.random() < 0.5)
            self.over.wait(0.02)

    def run(self):
        made = self.make_samples()
        self.tell("uploads: %s" % [(s.upload_id, s.total, len(s.errors)) for s in made])
        self.inject()
        copies = [self.random.choice([1, 1, 2, 5]) for _ in made]
        last_wait = self.random.uniform(0, 3)
        # all is drawn before anything runs beside it
        threads = [threading.Thread(target=self.guard, args=(work, random.Random(self.random.random())))
                   for work in (self.disturb, self.pump)]
        self.uploads = len(made)
        self.met["upload event again"] += sum(copies) - len(copies)
        for thread in threads:
            thread.start()
        try:
            for sample, times in zip(made, copies):
                event = self.rig.put(sample.key, sample.body)
                self.rig.upload_trigger.send_at_once([event] * times)
            self.over.wait(last_wait)
        finally:
            self.over.set()
            for thread in threads:
                thread.join()
        self.fired = self.rig.aws.plan.counts()
        for fault in self.rig.aws.plan.faults:
            self.met[fault.name.split()[0]] += fault.fired
        self.rig.heal()
        self.rig.stream.batch_size = 100
        self.rig.settle(180)
        while self.rig.redrive():
            self.rig.settle(180)
        if self.failure:
            raise self.failure
        judge.at_rest(self.rig, made, unknown_notices=True, versions=self.excused)
        return sum(sample.total for sample in made)

    failure = None

    def excused(self, key):
        """How many versions a report may have: one more for each put whose maker could not know of it."""
        puts = [call for call in self.rig.aws.calls if call.operation == "PutObject" and call.reached
                and call.path.endswith("/" + key)]
        return 1 + sum(1 for put in puts if put.fault or any(
            put.begun - 0.2 <= moment <= put.ended + 0.2 for moment in self.moments))

    def guard(self, work, draw):
        try:
            work(draw)
        except Exception as failure:  # told in the main thread; the first is the cause
            self.failure = self.failure or failure


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
        rig = Rig(endpoint, dsn, build, folder, seed)
        one = Round(rig, seed)
        began = time.monotonic()
        try:
            records = one.run()
            if total is not None:
                total.update(one.met)
                total["uploads"] += one.uploads
                total["records"] += records
            print("seed %d: %d records, %d calls, %d disturbances, %d of %d faults met, right in the "
                  "end (%.1f s)" % (seed, records, rig.aws.total(), len(one.story) - 1, *one.fired,
                                    time.monotonic() - began), flush=True)
            return True
        except Exception:
            traceback.print_exc()
            print("seed %d FAILED after:\n  %s" % (seed, "\n  ".join(one.story)), flush=True)
            for function in rig.functions.values():
                print("%s:" % function.name, *function.log_lines()[-15:], sep="\n  ")
            return False
        finally:
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
    ends = time.monotonic() + seconds
    total, rounds, failed = collections.Counter(), 0, []

    def enough():
        if uploads or faults:
            return total["uploads"] >= uploads and met(total) >= faults
        return time.monotonic() >= ends

    while rounds == 0 or (not fixed and not enough()):
        if not play(endpoint, dsn, pathlib.Path(build), seed, total):
            failed.append(seed)
        rounds += 1
        seed += 1
        if rounds % 10 == 0:
            print("%d rounds, %d uploads, %d faults met, %d failed"
                  % (rounds, total["uploads"], met(total), len(failed)), flush=True)
    print(summary(total, rounds, failed))
    return 1 if failed else 0


def met(total):
    """Faults and disturbances of all kinds."""
    return sum(count for kind, count in total.items() if kind not in ("uploads", "records"))


def summary(total, rounds, failed):
    kinds = ", ".join("%s %d" % (kind, count) for kind, count in total.most_common()
                      if kind not in ("uploads", "records") and count)
    return ("%d uploads of %d records in %d rounds, %d faults met (%s)\n%d rounds, %d failed%s"
            % (total["uploads"], total["records"], rounds, met(total), kinds, rounds, len(failed),
               "".join(": SEED=%d" % seed for seed in failed)))


if __name__ == "__main__":
    sys.exit(main())
