"""`intake watch`: each event once, as it comes; what it runs is bounded and never waited for."""

import json
import os
import pty
import re
import signal
import subprocess

import psycopg
import pytest

from sql_cluster import BUILD, cluster  # noqa: F401
from support import wait_until

NOWHERE = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "nobody",
           "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"}


class Watch:
    """The command in a session of its own; its output in files, so that nobody has to read it."""

    def __init__(self, folder, environment, *arguments, stderr=None):
        self.out, self.err = folder / "out", folder / "err"
        self.process = subprocess.Popen(
            [BUILD / "intake", "watch", "--json", "--interval", "1", *arguments], stdin=subprocess.DEVNULL,
            stdout=self.out.open("w"), stderr=stderr or self.err.open("w"), env=environment, start_new_session=True)

    def events(self):
        return [json.loads(line) for line in self.out.read_text().split("\n")[:-1]]

    def wait(self, count):
        def there():
            """so many events"""
            assert self.process.poll() is None, self.err.read_text()
            return len(self.events()) >= count
        wait_until(there)
        return self.events()

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.wait(60)


class Uploads:
    def __init__(self, database):
        self.database, self.count = database, 0

    def execute(self, statement, *values):
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            return connection.execute(statement, values)

    def add(self, status, ended="now()", begun="now()", reason=None):
        self.count += 1
        name = f"UPLOAD_{self.count:05}"
        self.execute("INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, bucket, object_version,"
                     " status, failure_code, failure_reason, upload_timestamp, processing_started_at,"
                     f" processing_completed_at) VALUES (%s, 'VEND001', 'f', 'k', 'b', %s, %s, %s, %s, {begun}, {begun},"
                     f" {ended})", name, name, status, reason and "MALFORMED_CSV", reason)
        return name


@pytest.fixture
def uploads(cluster):  # noqa: F811
    database = cluster.new_database()
    database.migrate()
    database.add_logins()
    return Uploads(database)


@pytest.fixture
def watch(uploads, cluster, tmp_path):  # noqa: F811
    """watch(*arguments): it has had its first look when it is given."""
    opened = []

    def start(*arguments, **more):
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", **NOWHERE,
                       "INTAKE_DATABASE_URL": cluster.url(uploads.database.name, "viewer"), "FOLDER": str(tmp_path)}
        one = Watch(tmp_path, environment, *arguments, **more)
        opened.append(one.process)
        if "stderr" not in more:
            wait_until(lambda: "validator-dlq" in one.err.read_text())
        return one

    yield start
    for process in opened:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_failures_from_now_on_and_each_once(uploads, watch):
    uploads.add("failed", "now() - interval '10 seconds'")
    uploads.add("completed")
    one = watch()
    first = uploads.add("failed", reason="the quote of \x1b[31m\u202e line 17 never ends")
    events = one.wait(1)
    second = uploads.add("failed", "now() - interval '1 minute'")
    events = one.wait(2)
    assert [event["upload_id"] for event in events] == [first, second]
    assert set(events[0]) == {"at", "kind", "upload_id", "vendor_id", "text"}
    assert (events[0]["kind"], events[0]["vendor_id"]) == ("failed", "VEND001")
    assert events[0]["text"].startswith("MALFORMED_CSV: the quote") and "\x1b" not in events[0]["text"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", events[0]["at"])
    third = uploads.add("failed")
    assert [event["upload_id"] for event in one.wait(3)] == [first, second, third]
    assert one.end() == 130


def test_since_reaches_back_and_stuck_ones_are_told_again_once_they_had_moved(uploads, watch):
    uploads.add("failed", "now() - interval '3 hours'", "now() - interval '3 hours'")
    failed = uploads.add("failed", "now() - interval '1 hour'", "now() - interval '4 hours'")
    stuck = uploads.add("processing", "NULL", "now() - interval '1 hour'")
    one = watch("--since", "2h")
    told = [(event["kind"], event["upload_id"]) for event in one.wait(2)]
    assert told == [("failed", failed), ("stuck", stuck)]
    uploads.execute("UPDATE upload_history SET items_written_at = now() WHERE upload_id = %s", stuck)
    other = uploads.add("failed")
    assert one.wait(3)[2]["upload_id"] == other
    uploads.execute("UPDATE upload_history SET items_written_at = now() - interval '1 hour' WHERE upload_id = %s", stuck)
    assert one.wait(4)[3]["kind"] == "stuck"


def test_exec_is_given_the_event(uploads, watch, tmp_path):
    one = watch("--exec", 'cat >> "$FOLDER/given"; echo printed')
    uploads.add("failed")
    given = tmp_path / "given"
    wait_until(lambda: given.exists() and given.read_text().endswith("\n"))
    assert json.loads(given.read_text()) == one.wait(1)[0]
    wait_until(lambda: "printed" in one.err.read_text())


def alive(pid):
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"


def test_an_exec_that_never_ends_is_killed_with_its_group_and_blocks_nothing(uploads, watch, tmp_path):
    one = watch("--exec", 'trap "" TERM; sleep 1000 & echo $! $$ >> "$FOLDER/pids"; wait; sleep 1000',
                "--exec-timeout", "3")
    for count in range(1, 8):
        uploads.add("failed")
        one.wait(count)
    pids = tmp_path / "pids"
    wait_until(lambda: "was killed" in one.err.read_text())
    wait_until(lambda: len(pids.read_text().split()) >= 10)
    assert one.end() == 130
    assert not any(alive(pid) for pid in pids.read_text().split())


def test_an_exec_that_fails_is_told_and_the_watch_goes_on(uploads, watch):
    one = watch("--exec", "exit 3")
    uploads.add("failed")
    wait_until(lambda: "--exec failed" in one.err.read_text())
    uploads.add("failed")
    assert len(one.wait(2)) == 2
    assert one.end(signal.SIGTERM) == 143


def test_a_database_that_goes_away_and_comes_back(uploads, watch):
    one = watch()
    name = uploads.database.name
    admin = uploads.database.cluster.connect("postgres", "postgres")
    with admin as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        wait_until(lambda: "cannot read the uploads" in one.err.read_text())
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    missed = uploads.add("failed")
    assert one.wait(1)[0]["upload_id"] == missed
    wait_until(lambda: "reading the uploads again" in one.err.read_text())
    assert one.err.read_text().count("cannot read the uploads") <= 2


def test_the_bell_rings_on_a_terminal(uploads, watch):
    master, slave = pty.openpty()
    one = watch("--bell", "--since", "1h", stderr=slave)
    uploads.add("failed")
    one.wait(1)
    heard = b""
    while b"\a" not in heard:
        heard += os.read(master, 4096)
    assert heard.count(b"\a") == 1
    os.close(slave)
    os.close(master)


def test_what_cannot_be_reached_at_the_start_is_a_failure(tmp_path):
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **NOWHERE,
                   "INTAKE_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}
    done = subprocess.run([BUILD / "intake", "watch"], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    done = subprocess.run([BUILD / "intake", "watch", "--exec", " "], env=environment, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 2 and "--exec requires a command" in done.stderr


def test_dead_letters_are_told_as_they_arrive_and_one_that_is_held_is_no_news(stack, tmp_path):
    sqs = stack.client("sqs")
    url = sqs.get_queue_url(QueueName="csv-parser-dlq")["QueueUrl"]

    def waiting():
        """the queue is empty"""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        return not any(map(int, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()))

    sqs.purge_queue(QueueUrl=url)
    wait_until(waiting)
    one = Watch(tmp_path, stack.environment("viewer"))
    try:
        sqs.send_message(QueueUrl=url, MessageBody="{}")
        event = one.wait(1)[0]
        assert (event["kind"], event["queue"], event["upload_id"]) == ("dead_letter", "csv-parser-dlq", None)
        assert event["text"] == "csv-parser-dlq: 1 dead letter, 1 new"
        sqs.receive_message(QueueUrl=url, VisibilityTimeout=60)
        sqs.send_message(QueueUrl=url, MessageBody="{}")
        assert one.wait(2)[1]["text"] == "csv-parser-dlq: 2 dead letters, 1 new"
        assert one.end() == 130 and len(one.events()) == 2
    finally:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
        sqs.purge_queue(QueueUrl=url)
