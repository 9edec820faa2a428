"""A private PostgreSQL cluster on a socket of its own, for the tests of sql/. Nothing of the local stack is needed."""

import glob
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

import psycopg
import pytest

import leash
import memory
import servers
from support import BUILD, ROOT

PROBE = BUILD / "tests" / "db_probe"
OWNER = "shop_owner"
LOGINS = {
    "viewer": "intake_viewer",
    "support": "intake_support",
    "operator": "intake_operator",
    "pipeline": "intake_pipeline",
}


def server_program(name, version=None):
    if version:
        return servers.program(version, name)
    versions = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    if versions:
        return os.path.join(versions[-1], name)
    found = shutil.which(name)
    if not found:
        pytest.skip("no PostgreSQL server on this machine")
    return found


def as_server_user(*command):
    """initdb and postgres refuse to run as root."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    return subprocess.run([*prefix, *command], check=True, capture_output=True, text=True, cwd="/")


def make_data(version, place):
    """An empty cluster: by initdb, which takes seconds of processor, once for its program; then copies of that."""
    initdb = server_program("initdb", version)
    kept = ROOT / "var" / "clusters" / f"{version or 'own'}-{os.stat(initdb).st_mtime_ns:x}"
    if kept.is_dir():
        subprocess.run(["cp", "-a", kept, place], check=True)
        return
    as_server_user(initdb, "-D", str(place), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    part = kept.with_name(f"{kept.name}.part-{os.getpid()}")
    part.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", place, part], check=True)
    try:
        part.rename(kept)
    except OSError:
        shutil.rmtree(part)  # another worker was faster


# Its folder is $0.
REMOVE = ('server=$(head -n 1 "$0/data/postmaster.pid") && kill -QUIT "$server" && tail --pid="$server" -f /dev/null; '
          'rm -rf --one-file-system "$0"')


class Cluster:
    def __init__(self, version=None):
        self.version = version
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="intake-sql-", dir=memory.folder("/tmp")))
        self.leash = leash.undone_by("sh", "-c", REMOVE, self.folder)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.data = self.folder / "data"
        self.made = 0
        make_data(self.version, self.data)
        hba = self.data / "pg_hba.conf"
        hba.write_text("local all locked scram-sha-256\n" + hba.read_text())
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(f"\nport = {self.port}\nunix_socket_directories = '{self.folder}'\n"
                       "listen_addresses = '127.0.0.1'\nfsync = off\nfull_page_writes = off\n"
                       "synchronous_commit = off\nmax_connections = 60\n")
        self.start()
        with self.connect("postgres", "postgres", autocommit=True) as admin:
            admin.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE")

    def start(self):
        as_server_user(server_program("pg_ctl", self.version), "-D", str(self.data), "-w", "-l", str(self.folder / "log"), "start")

    def stop(self, mode="fast"):
        as_server_user(server_program("pg_ctl", self.version), "-D", str(self.data), "-w", "-m", mode, "stop")

    def url(self, database, user=OWNER):
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def connect(self, database, user=OWNER, autocommit=True):
        return psycopg.connect(self.url(database, user), autocommit=autocommit)

    def new_database(self):
        self.made += 1
        name = f"shop_{self.made}"
        with self.connect("postgres", "postgres") as admin:
            admin.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
        return Database(self, name)

    def remove(self):
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)
        leash.done(self.leash)


class Database:
    def __init__(self, cluster, name):
        self.cluster = cluster
        self.name = name
        self.url = cluster.url(name)

    def connect(self, user=OWNER, autocommit=True):
        return self.cluster.connect(self.name, user, autocommit)

    def probe(self, *arguments, url=None, **environment):
        return probe(url or self.url, *arguments, **environment)

    def migrate(self):
        answer = self.probe("migrate")
        assert answer.status == 0, answer
        return answer

    def add_logins(self):
        with self.connect("postgres") as admin:
            for login, group in LOGINS.items():
                admin.execute(f"DO $$ BEGIN CREATE ROLE {login} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; "
                              f"END $$; GRANT {group} TO {login}")


class Answer(dict):
    """The key=value lines of db_probe, each key with the list of its values."""

    def __init__(self, done):
        super().__init__()
        self.status = done.returncode
        self.text = done.stdout + done.stderr
        for line in done.stdout.splitlines():
            key, equals, value = line.partition("=")
            if equals:
                self.setdefault(key, []).append(value)

    def one(self, key):
        assert len(self.get(key, [])) == 1, (key, self.text)
        return self[key][0]


def probe(url, *arguments, timeout=60, **environment):
    done = subprocess.run([PROBE, *arguments], capture_output=True, text=True, timeout=timeout, check=False,
                          env={**os.environ, "INTAKE_DATABASE_URL": url, **environment})
    return Answer(done)


@pytest.fixture(scope="module")
def cluster(request):
    """The distribution's server, or that of the version which a file's `indirect` parameter names."""
    made = Cluster(getattr(request, "param", None))
    yield made
    made.remove()


@pytest.fixture
def database(cluster):
    """An empty database of an owner who is no superuser."""
    return cluster.new_database()


@pytest.fixture(scope="module")
def shop(cluster):
    """A migrated database, shared by the tests of one file."""
    made = cluster.new_database()
    made.migrate()
    made.add_logins()
    with made.connect() as owner:
        owner.execute((ROOT / "sql" / "samples.sql").read_text())
    return made
