"""A private PostgreSQL cluster: TCP on the loopback address alone, passwords by SCRAM."""

import os
import pathlib
import pwd
import secrets
import signal
import subprocess
import tempfile

import memory

from . import places, processes
from .places import DATABASE, HOME, LOGINS, OWNER, Failure

LOG = HOME / "postgres.log"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "80",
    "shared_buffers": "64MB",
    "synchronous_commit": "off",
    "timezone": "UTC",
    "log_line_prefix": "%m [%p] %u ",
}
LASTS = os.environ.get("INTAKE_STACK_LASTS", "1") != "0"
PASSING = {  # for what is dropped when the tests end
    "fsync": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0",
}


def find_program(name):
    for folder in sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / name).exists():
            return str(folder / name)
    raise Failure(f"PostgreSQL's {name} is missing; `make deps` installs it")


def run_as():
    """PostgreSQL refuses to run as root: then it runs as the system's own user for it."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise Failure("neither postgres nor nobody is a user of this machine")


def choose_folder(user):
    """The cluster's folder: ours, or a temporary one where the other user cannot reach ours."""
    folder = HOME / "pg"
    if not LASTS and memory.has_room():
        folder = pathlib.Path(tempfile.mkdtemp(prefix="intake-pg-", dir=memory.FOLDER))
    elif user and not all(parent.stat().st_mode & 0o001 for parent in folder.parents):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="intake-pg-", dir="/var/tmp"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    if user:
        os.chown(folder, user["user"], user["group"])
    return folder


def create(state):
    user = run_as()
    if state["cluster"]:
        places.remove(state["cluster"])
    places.remove(HOME / "pg")
    folder = choose_folder(user)
    state["cluster"] = str(folder)
    reader, writer = os.pipe()
    if user:
        os.fchown(reader, user["user"], user["group"])
    os.write(writer, state["passwords"]["postgres"].encode())
    os.close(writer)
    with open(LOG, "ab") as log:
        done = subprocess.run(
            [find_program("initdb"), "-D", folder, "-U", "postgres", f"--pwfile=/dev/fd/{reader}",
             "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[reader], cwd="/", **user)
    os.close(reader)
    if done.returncode != 0:
        raise Failure(f"initdb failed; its words are in {LOG}")


def owner_url(state):
    return url(state, OWNER)


def url(state, login):
    password = state["passwords"][login]
    return f"postgresql://{login}:{password}@127.0.0.1:{state['database_port']}/{DATABASE}"


def connect(state, login, database=DATABASE):
    import psycopg
    return psycopg.connect(host="127.0.0.1", port=state["database_port"], user=login,
                           password=state["passwords"][login], dbname=database, autocommit=True,
                           connect_timeout=2)


def try_connect(state):
    import psycopg
    try:
        connect(state, "postgres", "postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def prepare(state):
    """Chooses what others must know before the server runs: passwords and the port."""
    if not state["passwords"]:
        names = ("postgres", OWNER, *LOGINS)
        state["passwords"] = {name: secrets.token_hex(16) for name in names}
    if not processes.alive(state["postgres"]):
        state["database_port"] = processes.free_port(state["database_port"])


def start(state):
    """Starts the server and waits until it answers; returns whether it does."""
    wanted = SETTINGS if LASTS else SETTINGS | PASSING
    settings = [word for name, value in wanted.items() for word in ("-c", f"{name}={value}")]
    state["postgres"] = processes.start(
        [find_program("postgres"), "-D", state["cluster"], "-p", str(state["database_port"]),
         *settings], LOG, cwd="/", **run_as())
    processes.wait_until(lambda: not processes.alive(state["postgres"]) or try_connect(state), 30)
    return processes.alive(state["postgres"])


def ensure_running(state):
    """Starts the server where it does not run; returns whether it had to."""
    if processes.alive(state["postgres"]) and processes.listens(state["database_port"]):
        return False
    processes.stop(state["postgres"], signal.SIGINT, 10)
    if not state["cluster"] or not (pathlib.Path(state["cluster"]) / "PG_VERSION").exists():
        create(state)
        state["migrated"] = None
    # Where it was killed, its children may hold its memory for a moment, and it will not start.
    if not processes.wait_until(lambda: start(state), 20, pause=0.3):
        raise Failure(f"PostgreSQL did not start; its words are in {LOG}")
    return True


def ensure_owner(state):
    """The owner is what a managed database's is: it may make roles and is no superuser."""
    from psycopg import sql
    with connect(state, "postgres", "postgres") as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone():
            connection.execute(sql.SQL(
                "CREATE ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD {} "
                "IN ROLE pg_signal_backend, pg_monitor").format(
                    sql.Identifier(OWNER), sql.Literal(state["passwords"][OWNER])))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s",
                                  [DATABASE]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(DATABASE), sql.Identifier(OWNER)))


def migrate(state):
    """The schema by the program itself, then the sample vendors and a login for each role."""
    from psycopg import sql
    environment = {"PATH": os.environ["PATH"], "INTAKE_DATABASE_URL": owner_url(state)}
    program = places.BUILD / "intake"
    if not program.exists():
        raise Failure(f"{program} is missing; `make` builds it")
    done = subprocess.run([program, "migrate", "--yes"], env=environment, capture_output=True,
                          text=True, cwd=places.ROOT, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Failure(f"`{program.name} migrate` failed: {(done.stderr or done.stdout).strip()}")
    with connect(state, OWNER) as connection:
        connection.execute((places.ROOT / "sql" / "samples.sql").read_text())
        for login in LOGINS:
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login])
            statement = "ALTER ROLE {} PASSWORD {}" if known.fetchone() else (
                "CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}")
            connection.execute(sql.SQL(statement).format(
                sql.Identifier(login), sql.Literal(state["passwords"][login]),
                sql.Identifier(f"intake_{login}")))


def schema_fingerprint():
    folder = places.ROOT / "sql"
    return places.fingerprint([*sorted(folder.glob("migrations/*.sql")), folder / "roles.sql",
                               folder / "samples.sql"])


def ensure_ready(state):
    started = ensure_running(state)
    wanted = schema_fingerprint()
    if state["migrated"] != wanted:
        ensure_owner(state)
        migrate(state)
        state["migrated"] = wanted
    return started


def stop(state):
    processes.stop(state["postgres"], signal.SIGINT, 15)
    state["postgres"] = None


def drop(state):
    if state["cluster"]:
        places.remove(state["cluster"])
