"""The server itself fails, not an answer that stands in for it: it dies and recovers, its disk is full.

A cluster of its own is started, killed and filled here; the functions reach it as they reach any.
"""

import contextlib
import os
import shutil
import subprocess

import psycopg
import pytest
from functions_rig import upload
from harness import judge, samples
from harness.rig import Rig
from sql_cluster import OWNER, Cluster, server_program
from support import BUILD

ROOM_MB = 40
STATEMENTS = [("csv-parser", "intake_claim_upload"), ("csv-parser", "items_written_at"),
              ("product-validator", "INSERT INTO products"), ("product-validator", "COMMIT"),
              ("error-processor", "notifications"), ("error-processor", "COMMIT")]


class SmallDisk(Cluster):
    """Its tablespace `small` is a file system of its own, mounted for the server alone: it goes with it."""

    def start(self):
        small = self.folder / "small"
        small.mkdir(exist_ok=True)
        shutil.chown(small, "postgres", "postgres")
        pg_ctl = [server_program("pg_ctl", self.version), "-D", self.data, "-w", "-l", self.folder / "log", "start"]
        mount = f'mount -t tmpfs -o size={ROOM_MB}m,mode=700,uid=postgres tmpfs "$0" && exec runuser -u postgres -- "$@"'
        subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", mount, small, *pg_ctl], check=True,
                       capture_output=True, cwd="/")


def rig_on(cluster, stack, folder):
    with cluster.connect("postgres", "postgres") as admin:
        admin.execute(f"ALTER ROLE {OWNER} CREATEDB")
        admin.execute("ALTER SYSTEM SET synchronous_commit = on")  # a commit that was answered outlives the server
        admin.execute("SELECT pg_reload_conf()")
    dsn = f"postgresql://{OWNER}@127.0.0.1:{cluster.port}/postgres"
    rig = Rig(stack.variables("admin")["AWS_ENDPOINT_URL"], dsn, BUILD, folder, seed=20260102)
    rig.stream.retries = 2
    return rig


def finish(rig, made):
    rig.settle_all()
    judge.at_rest(rig, made, unknown_notices=True)


@pytest.fixture(scope="module")
def cluster():
    made = Cluster()
    yield made
    made.remove()


@pytest.mark.slow
@pytest.mark.parametrize("function, text", STATEMENTS, ids=lambda word: word.replace(" ", "-"))
def test_a_server_that_dies_and_recovers(cluster, stack, tmp_path, function, text):
    """Killed before this statement, with all that is under way in it; it begins again with its recovery."""
    rig = rig_on(cluster, stack, tmp_path)
    deaths = []

    def die():
        deaths.append(function)
        cluster.stop("immediate")
        cluster.start()

    try:
        sample = samples.make(rig.random, records=160, errors=0.2, duplicates=0.1)
        for name, go_on in (("csv-parser", lambda: upload(rig, sample)), ("product-validator", rig.run_stream),
                            ("error-processor", rig.settle)):
            if name == function:
                rig.pg.on_statement(text, die)
            go_on()
        finish(rig, [sample])
        assert deaths == [function]
    finally:
        rig.stop()


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system takes root")
def test_a_disk_that_is_full_until_somebody_makes_room(stack, tmp_path):
    try:
        cluster = SmallDisk()
    except subprocess.CalledProcessError as refused:
        pytest.skip(f"no file system can be mounted here: {refused.stderr}")
    try:
        rig = rig_on(cluster, stack, tmp_path)
        try:
            with cluster.connect("postgres", "postgres") as admin:
                admin.execute(f"CREATE TABLESPACE small LOCATION '{cluster.folder}/small'")
                admin.execute(f'ALTER DATABASE "{rig.name}" SET TABLESPACE small')
            made = [samples.make(rig.random, records=200, errors=0.5, clock="1200%02d" % n) for n in range(3)]
            with cluster.connect(rig.name, "postgres") as admin:
                fill(admin)
                for sample in made:
                    upload(rig, sample)
                rig.settle()
                assert rig.pg.refusals["53100"] > 0, rig.pg.refusals
                admin.execute("DROP TABLE filler")
            finish(rig, made)
        finally:
            rig.stop()
    finally:
        cluster.remove()


def fill(admin):
    """Until not a page is left: many lines at once first, then one."""
    admin.execute("CREATE TABLE filler (line text)")
    admin.execute("ALTER TABLE filler ALTER line SET STORAGE PLAIN")
    for lines in (1000, 100, 10, 1):
        with contextlib.suppress(psycopg.errors.DiskFull):
            while True:
                admin.execute("INSERT INTO filler SELECT repeat('x', 7000) FROM generate_series(1, %s)", [lines])
