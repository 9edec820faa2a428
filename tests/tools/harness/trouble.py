"""What befalls the database, the rights, the clocks and the memory of a pipeline, and operators beside it.

Each trouble is begun, lasts a moment, and is over; `counts` says what ran into it, by what the server
answered and the functions wrote. Sources: PostgreSQL manual, appendix A "PostgreSQL Error Codes";
prlimit(2).
"""

import contextlib
import json
import os
import resource
import subprocess

import psycopg
import psycopg.sql

# What a server may answer to any statement: raised by a trigger, so that its transaction fails as a real one does.
CODES = {
    "deadlock": "40P01", "serialization failure": "40001", "disk full": "53100", "server out of memory": "53200",
    "i/o error": "58030", "query cancelled": "57014", "shut down": "57P01", "lock not available": "55P03"}
# Those that other troubles bring about.
OTHER_CODES = {"read-only": "25006", "connections exhausted": "53300", "permission taken away": "42501",
               "password refused": "28P01", "login gone": "28000"}
WRITTEN = ["upload_history", "upload_records", "products", "violation_rows", "outbox", "notifications",
           "upload_reports", "leases", "marks_due"]

FAULTS_SQL = """
CREATE SCHEMA chaos;
CREATE TABLE chaos.plan (relation text, deferred boolean, code text, counter text, skip int, times int);
CREATE FUNCTION chaos.strike() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE f record; n bigint;
BEGIN
    FOR f IN SELECT * FROM chaos.plan WHERE relation = TG_TABLE_NAME AND deferred = (TG_ARGV[0] = 'at the end') LOOP
        n := nextval(f.counter); -- BETWEEN would ask twice
        IF n BETWEEN f.skip + 1 AND f.skip + f.times THEN
            RAISE EXCEPTION 'injected' USING ERRCODE = f.code;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
"""


def _triggers():
    for table in WRITTEN:
        yield ("CREATE TRIGGER chaos_now BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH STATEMENT"
               " EXECUTE FUNCTION chaos.strike('at once')" % table)
        yield ("CREATE CONSTRAINT TRIGGER chaos_commit AFTER INSERT OR UPDATE ON %s DEFERRABLE INITIALLY DEFERRED"
               " FOR EACH ROW EXECUTE FUNCTION chaos.strike('at the end')" % table)


class Database:
    """Faults of the server itself; only for the rig's own database."""

    def __init__(self, rig):
        self.rig = rig
        self.planned = 0
        self.prepared = False

    def plan(self, table, code, skip, times, at_commit):
        """From the skip-th statement on that writes to the table, so many fail; or at their COMMIT."""
        if not self.prepared:
            for text in (FAULTS_SQL, *_triggers()):
                self.rig.execute(text)
            self.prepared = True
        self.planned += 1
        counter = "chaos.counter_%d" % self.planned
        self.rig.execute("CREATE SEQUENCE " + counter)
        self.rig.execute("INSERT INTO chaos.plan VALUES (%s, %s, %s, %s, %s, %s)",
                         table, at_commit, code, counter, skip, times)

    def forget(self):
        """The plan is empty, and the triggers are gone."""
        if self.prepared:
            for table in WRITTEN:
                self.rig.execute("DROP TRIGGER chaos_now ON %s; DROP TRIGGER chaos_commit ON %s" % (table, table))
            self.rig.execute("DROP SCHEMA chaos CASCADE")
            self.prepared = False

    def end_sessions(self):
        """As a server that is restarted: every session is told, and ends."""
        self.rig.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                         " AND pid <> pg_backend_pid() AND usename LIKE 'harness%%'")

    def set_option(self, text):
        self.rig.execute('ALTER DATABASE "%s" %s' % (self.rig.name, text))

    @contextlib.contextmanager
    def read_only(self):
        """A replica that was not promoted yet, say."""
        self.set_option("SET default_transaction_read_only = on")
        self.end_sessions()
        try:
            yield
        finally:
            self.set_option("RESET default_transaction_read_only")
            self.end_sessions()

    @contextlib.contextmanager
    def exhausted(self):
        """No session more, and none that lasts."""
        self.set_option("CONNECTION LIMIT 0")
        self.end_sessions()
        try:
            yield
        finally:
            self.set_option("CONNECTION LIMIT -1")

    @contextlib.contextmanager
    def without(self, privilege, table):
        """The functions' role loses one of its rights."""
        self.rig.execute("REVOKE %s ON %s FROM intake_pipeline" % (privilege, table))
        try:
            yield
        finally:
            self.rig.execute("GRANT %s ON %s TO intake_pipeline" % (privilege, table))

    @contextlib.contextmanager
    def locked(self, table):
        """Somebody's long work on a table."""
        with psycopg.connect(self.rig.dsn) as other:
            other.execute("LOCK TABLE %s IN EXCLUSIVE MODE" % table)
            yield
            other.rollback()


GRANTS = [("INSERT", "upload_records"), ("INSERT", "marks_due"), ("DELETE", "marks_due"), ("INSERT", "products"), ("INSERT", "outbox"), ("DELETE", "outbox"),
          ("UPDATE", "upload_history"), ("INSERT", "notifications"), ("INSERT", "upload_reports"),
          ("INSERT", "leases"), ("SELECT", "product_categories")]


class Login:
    """The functions' login, rotated: a new password in the secret, and the sessions of the old one end."""

    def __init__(self, rig):
        self.rig = rig
        self.name = "harness_" + rig.name.replace("-", "_")
        self.made = False

    def rotate(self, password):
        verb = "ALTER" if self.made else "CREATE"
        self.rig.execute("%s ROLE %s LOGIN PASSWORD '%s'" % (verb, self.name, password))
        if not self.made:
            self.rig.execute("GRANT intake_pipeline TO " + self.name)
        self.made = True
        self.rig.secretsmanager.put_secret_value(SecretId=self.rig.secret, SecretString=json.dumps(
            self.rig.secret_document(username=self.name, password=password)))
        self.rig.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                         " AND usename LIKE 'harness%%' AND pid <> pg_backend_pid()")

    def drop(self):
        if self.made:
            self.rig.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", self.name)
            self.rig.execute("DROP ROLE " + self.name)


@contextlib.contextmanager
def short_of_memory(function, room):
    """Its processes get so many bytes more than they have, and no allocation beyond."""
    limited = []
    for worker in list(function.workers):
        with contextlib.suppress(OSError, AttributeError, ValueError):
            pid = worker.process.pid
            pages = int(open("/proc/%d/statm" % pid, encoding="ascii").read().split()[0])
            _, hard = resource.prlimit(pid, resource.RLIMIT_AS)
            resource.prlimit(pid, resource.RLIMIT_AS, (pages * resource.getpagesize() + room, hard))
            limited.append((pid, hard))
    try:
        yield
    finally:
        for pid, hard in limited:
            with contextlib.suppress(OSError):
                resource.prlimit(pid, resource.RLIMIT_AS, (hard, hard))


def met(rig):
    """What the functions ran into, by name: answers of the server, and allocations that failed."""
    found = {name: rig.pg.refusals[code] for name, code in {**CODES, **OTHER_CODES}.items()}
    found["out of memory"] = sum(
        "out of memory" in (line if isinstance(line, str) else json.dumps(line))
        for function in rig.functions.values() for line in function.log_lines())
    return {name: count for name, count in found.items() if count}


def operate(rig, *words):
    """One command of an operator, through the same proxies. Answers how it ended."""
    home = rig.folder / "operator"
    home.mkdir(exist_ok=True)
    environment = {
        **rig.plain_environment(), "HOME": str(home), "USER": "operator", "TERM": "dumb",
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "INTAKE_DATABASE_URL":
            "postgresql://harness_operator:harness@127.0.0.1:%d/%s?sslmode=disable" % (rig.pg.port, rig.name)}
    if rig.points:
        environment.update(rig.points.environment("an operator"))
    done = subprocess.run([rig.build / "intake", *words], env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=120, text=True)
    return done.returncode, done.stdout, done.stderr
