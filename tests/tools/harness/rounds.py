"""One round of a campaign: what is drawn from its seed, what befalls the pipeline meanwhile, and the judgement."""

import collections
import contextlib
import json
import random
import signal
import threading
import time
import zlib

from . import judge, points, samples, trouble
from .pg_proxy import Cut

FAULTS = [
    ("throttle", "dynamodb", "BatchWriteItem"), ("refuse", "dynamodb", "BatchWriteItem"),
    ("drop_answer", "dynamodb", "BatchWriteItem"), ("drop_request", "dynamodb", "BatchWriteItem"),
    ("unprocessed", "dynamodb", "BatchWriteItem"), ("throttle", "dynamodb", "BatchExecuteStatement"),
    ("drop_answer", "dynamodb", "BatchExecuteStatement"), ("refuse", "dynamodb", "BatchGetItem"),
    ("throttle", "sqs", "SendMessageBatch"), ("refuse", "sqs", "SendMessageBatch"),
    ("drop_answer", "sqs", "SendMessageBatch"), ("drop_request", "sqs", "SendMessageBatch"),
    ("refuse", "s3", "GetObject"), ("drop_answer", "s3", "PutObject"), ("throttle", "s3", "PutObject"),
    ("drop_request", "sns", "Publish"), ("throttle", "sns", "Publish"), ("drop_answer", "sns", "Publish"),
    ("refuse", "secretsmanager", "GetSecretValue"), ("delay", "dynamodb", "BatchWriteItem"),
    ("delay", "sqs", "SendMessageBatch"), ("delay", "sns", "Publish"), ("delay", "s3", "PutObject"),
    ("cut_answer", "dynamodb", "BatchWriteItem"), ("cut_answer", "dynamodb", "BatchExecuteStatement"),
    ("cut_answer", "sqs", "SendMessageBatch"), ("cut_answer", "s3", "GetObject"),
    ("cut_answer", "s3", "PutObject"), ("cut_answer", "sns", "Publish"),
    ("unprocessed", "dynamodb", "BatchGetItem"), ("busy_entries", "sqs", "SendMessageBatch"),
    ("some_statements", "dynamodb", "BatchExecuteStatement"), ("expired", "dynamodb", None),
    ("expired", "s3", None), ("expired", "sqs", None), ("expired", "sns", None),
    ("answer", "dynamodb", "BatchWriteItem"), ("answer", "dynamodb", "BatchExecuteStatement"),
    ("answer", "sqs", "SendMessageBatch"), ("answer", "s3", "PutObject"), ("answer", "s3", "GetObject"),
    ("answer", "sns", "Publish"), ("answer", "secretsmanager", "GetSecretValue"),
]
DENIED = {"s3": (403, "AccessDenied"), "sns": (403, "AuthorizationError")}  # a right that was taken away
UNUSED = "Toys & Games"  # no sample names this category


def value_of(kind, service, draw):
    if kind in ("unprocessed", "busy_entries"):
        return draw.random()
    if kind == "delay":
        return draw.choice([0.1, 0.5, 2.5])
    if kind == "answer":
        return DENIED.get(service, (400, "AccessDeniedException"))
    if kind == "some_statements":
        salt = draw.getrandbits(32)
        return "ThrottlingError", lambda one: zlib.crc32(json.dumps(one).encode(), salt) % 3 == 0
    return None


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
        self.database = trouble.Database(rig)
        self.login = trouble.Login(rig)
        self.armed = set()
        self.without_duplicates = set()  # ids of uploads

    def tell(self, text):
        self.story.append(text)

    def make_samples(self):
        draw = self.random
        made = []
        for number in range(draw.randint(1, 8)):
            duplicates = draw.choice([0, 0.1, 0.4])
            made.append(samples.make(draw, vendor=draw.choice(["VEND001", "VEND002", "VEND003"]),
                                     records=draw.choice([1, 5, 60, 150, 400]), errors=draw.choice([0, 0.1, 0.5]),
                                     duplicates=duplicates, clock="1300%02d" % number,
                                     shape=draw.choice(sorted(samples.SHAPES))))
            if not duplicates:
                self.without_duplicates.add(made[-1].upload_id)
        return made

    def inject(self):
        """What is known before the round begins: faults of services and of statements, deaths, clocks."""
        draw = self.random
        for kind, service, operation in draw.sample(FAULTS, draw.randint(0, 12)):
            lasting = draw.random() < 0.1  # past every attempt of a client, and of an invocation
            how = {"skip": draw.randint(0, 12), "times": 200 if lasting else draw.randint(1, 12)}
            value = value_of(kind, service, draw)
            self.rig.aws.inject(kind, service, operation, value=value, **how)
            self.tell("%s %s.%s %s %s" % (kind, service, operation, how, value))
        for _ in range(draw.randint(0, 3)):
            function = draw.choice(list(self.rig.functions.values()))
            call = draw.choice(FAULTS)[1:]
            moment = draw.choice(["before", "after"])
            how = {"skip": draw.randint(0, 15)}
            self.rig.aws.inject(moment, *call, value=lambda _, f=function: f.kill(), **how)
            self.tell("kill %s %s %s.%s %s" % (function.name, moment, *call, how))
        for name in draw.sample(points.of_uploads(), draw.randint(0, 6)):
            self.arm(name)
        for function in self.rig.functions:
            self.shift(draw, function)
        for _ in range(draw.randint(0, 4)):
            self.strike(draw)
        if draw.random() < 0.1:
            for function in self.rig.functions.values():
                function.timeout = 2
            self.tell("two seconds for each call")

    def arm(self, name):
        self.armed.add(name)
        self.rig.points.arm(name)
        self.tell("dies at: " + name)

    def shift(self, draw, function):
        by = draw.choice([0, 0, -3000, 3000, -600000, 3600000])
        self.rig.points.shift_clock(function, by)
        self.met["clock jumps"] += by != 0
        self.tell("the clock of %s is wrong by %d ms" % (function, by))

    def strike(self, draw):
        how = (draw.choice(trouble.WRITTEN), trouble.CODES[draw.choice(sorted(trouble.CODES))],
               draw.randint(0, 10), draw.randint(1, 8), draw.random() < 0.3)
        self.database.plan(*how)
        self.tell("statements on %s fail by %s: skip %d, times %d, at commit: %s" % how)

    def disturb(self, draw):
        """What comes at no chosen moment; each lasts no longer than it must to be met."""
        kinds = [self.kill, self.kill, self.cut, self.down, self.restart, self.point, self.point, self.read_only,
                 self.exhaust, self.take_right, self.lock, self.rotate, self.starve, self.jump, self.hang,
                 self.strike, self.cut_in_commit]
        while not self.over.wait(draw.uniform(0.05, 0.6)):
            what = draw.choice(kinds)
            self.moments.append(time.monotonic())
            what(draw)
            self.moments.append(time.monotonic())
            self.tell(what.__name__)

    def pause(self, draw):
        self.over.wait(draw.uniform(0.1, 0.8))

    def kill(self, draw):
        self.met["kill"] += draw.choice(list(self.rig.functions.values())).kill() > 0

    def point(self, draw):
        self.arm(draw.choice(points.of_uploads()))

    def cut(self, draw):
        self.met["cut"] += self.rig.pg.cut() > 0

    def cut_in_commit(self, draw):
        def cut():
            self.met["cut in commit"] += 1
            raise Cut
        self.rig.pg.on_statement("COMMIT", cut, skip=draw.randint(0, 2))

    def down(self, draw):
        self.rig.pg.down()
        self.pause(draw)
        self.rig.pg.up()
        self.met["database down"] += self.rig.pg.plan.faults[-1].fired > 0

    def restart(self, draw):
        self.database.end_sessions()

    def read_only(self, draw):
        with self.database.read_only():
            self.pause(draw)

    def exhaust(self, draw):
        with self.database.exhausted():
            self.pause(draw)

    def take_right(self, draw):
        with self.database.without(*draw.choice(trouble.GRANTS)):
            self.pause(draw)

    def lock(self, draw):
        with contextlib.suppress(trouble.psycopg.Error), self.database.locked(draw.choice(trouble.WRITTEN)):
            self.met["table locked"] += 1
            self.pause(draw)

    def rotate(self, draw):
        self.login.rotate("%08x" % draw.getrandbits(32))
        self.met["secret rotated"] += 1

    def starve(self, draw):
        with trouble.short_of_memory(draw.choice(list(self.rig.functions.values())), draw.choice([0, 65536, 1 << 20])):
            self.pause(draw)

    def jump(self, draw):
        self.shift(draw, draw.choice(list(self.rig.functions)))

    def hang(self, draw):
        self.rig.pg.hang()
        self.over.wait(draw.uniform(0.1, 0.6))
        self.rig.pg.flow()
        self.met["network silent"] += self.rig.pg.silence.fired > 0

    def operate(self, draw):
        """An operator beside the pipeline, and there may be two: records judged again, a vendor and a category changed.

        Rejected records are judged by the catalogue of that moment, which may hold a later row of their file by
        then: only uploads without duplicates end the same.
        """
        while not self.over.wait(draw.uniform(0.1, 1)):
            known = [row["upload_id"] for row in self.rig.uploads()]
            plain = sorted(set(known) & self.without_duplicates)
            words = draw.choice([
                ["revalidate", "--pending"], ["revalidate"], ["revalidate"],
                ["vendors", "edit", "VEND003", "--name", "Name %d" % draw.randint(1, 99)],
                ["categories", draw.choice(["activate", "deactivate"]), UNUSED]])
            if words[0] == "revalidate":
                candidates = known if "--pending" in words else plain
                if not candidates:
                    continue
                words.append(draw.choice(candidates))
            code, _, said = trouble.operate(self.rig, *words, "--yes", "--reason", "a campaign")
            if code < 0 and code != -signal.SIGKILL or code == 2:  # killed at a point
                raise AssertionError("%s: %d, %s" % (words, code, said))
            self.met["operator's action"] += code in (0, 3)
            self.tell("operator: %s: %d" % (" ".join(words), code))

    def pump(self, draw):
        """The stream and the queue, delivered while uploads still come in; some of it late and again."""
        old = []
        while not self.over.is_set():
            records = self.rig.stream_records()
            draw.shuffle(records)
            old += records
            again = draw.sample(old, min(len(old), draw.choice([0, 0, 20])))
            self.met["delivered again"] += len(again)
            self.vary(draw)
            self.rig.stream.deliver(records + again, copies=draw.choice([1, 1, 2]), shards=draw.choice([1, 2]))
            self.poll(draw)
            if old and draw.random() < 0.03:
                self.met["stream replayed"] += 1
                self.rig.replay_stream()
            if draw.random() < 0.1:
                self.sweep(draw.choice([0, 0, 5]))
            self.over.wait(0.02)

    def vary(self, draw):
        """What a mapping may be set to, and time that goes by between its batches."""
        stream = self.rig.stream
        stream.batch_size = draw.choice([1, 10, 100])
        stream.halves_first = draw.random() < 0.5
        stream.max_age = draw.choice([21600, 21600, 21600, 3])
        stream.window = draw.choice([0, 0, 5])
        self.rig.time.pass_(draw.choice([0, 0, 1, 40]))

    def poll(self, draw):
        queue = self.rig.queue
        how = draw.random()
        if how < 0.1:
            self.met["queue throttled"] += queue.poll(throttled=True)[0] > 0
        elif how < 0.3:
            queue.poll_at_once(draw.randint(2, 4))
        else:
            queue.poll(copies=draw.choice([1, 2]), at_once=draw.random() < 0.5)

    def send(self, draw, events):
        """Events of S3: at least once, at the same time, in any order, and some wait for room."""
        waits = random.Random(draw.random())
        self.rig.upload_trigger.throttled = lambda: waits.choice([0, 0, 0, 3])
        if draw.random() < 0.5:
            draw.shuffle(events)
            self.met["event out of order"] += len(events) > 1
        for at in range(0, len(events), 5):
            self.rig.upload_trigger.send_at_once(events[at:at + 5])

    def sweep(self, minutes):
        """Beside what it comes to the help of."""
        with contextlib.suppress(trouble.psycopg.Error):  # it meets those who write just now
            self.rig.age(minutes)
        self.met["sweep meanwhile"] += self.rig.tick().ok

    def run(self):
        made = self.make_samples()
        self.tell("uploads: %s" % [(s.upload_id, s.total, len(s.errors)) for s in made])
        self.inject()
        copies = [self.random.choice([1, 1, 2, 5]) for _ in made]
        last_wait = self.random.uniform(0, 3)
        together = self.random.random() < 0.3
        works = [self.disturb, self.pump] + [self.operate] * self.random.choice([0, 0, 1, 2])
        # all is drawn before anything runs beside it
        threads = [threading.Thread(target=self.guard, args=(work, random.Random(self.random.random())))
                   for work in works]
        self.uploads = len(made)
        self.met["upload event again"] += sum(copies) - len(copies)
        for thread in threads:
            thread.start()
        try:
            if together:
                self.send(self.random, [event for sample, times in zip(made, copies)
                                        for event in [self.rig.put(sample.key, sample.body)] * times])
            else:
                for sample, times in zip(made, copies):
                    self.send(self.random, [self.rig.put(sample.key, sample.body)] * times)
            self.over.wait(last_wait)
        finally:
            self.over.set()
            for thread in threads:
                thread.join()
        for fault in self.rig.aws.plan.faults:
            self.met[fault.name.split()[0]] += fault.fired
        self.end_troubles()
        self.rig.settle(180)
        while self.rig.redrive():
            self.rig.settle(180)
        self.sweep_up()
        if self.failure:
            raise self.failure
        judge.at_rest(self.rig, made, unknown_notices=True, versions=self.excused)
        return sum(sample.total for sample in made)

    failure = None
    swept = ""

    def sweep_up(self):
        """What the ways of the messages left is the schedule's: it is told, and must come to rest by that."""
        left = self.rig.query(
            "SELECT (SELECT count(*) FROM notifications WHERE outcome = 'failed') AS notices,"
            " (SELECT count(*) FROM outbox) AS messages,"
            " (SELECT count(*) FROM unmarked_records) AS marks,"
            " (SELECT count(*) FROM upload_history WHERE status = 'processing') AS uploads,"
            " (SELECT count(*) FROM upload_history h WHERE status <> 'processing' AND NOT EXISTS"
            "   (SELECT FROM notifications n WHERE n.upload_id = h.upload_id)) AS ends")[0]
        if any(left.values()):
            self.swept = ", left to a sweep: %s" % {name: count for name, count in left.items() if count}
            self.met["left to a sweep"] += 1
            for _ in range(2):
                self.rig.age(10)
                self.rig.tick()
                self.rig.settle(180)

    def end_troubles(self):
        """The pipeline is left to itself; counted is what ran into something."""
        self.met["death at a point"] += len(self.armed) - len(self.rig.points.disarm())
        for function in self.rig.functions:
            self.rig.points.shift_clock(function, 0)
        self.rig.heal()
        stream = self.rig.stream
        stream.batch_size, stream.halves_first, stream.max_age, stream.window = 100, False, 21600, 0
        self.rig.upload_trigger.throttled = lambda: 0
        self.database.forget()
        self.met.update(trouble.met(self.rig))
        for function in self.rig.functions.values():
            function.timeout = 20
            self.met["out of time"] += function.ended["timeout"]

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
