"""What the tests share: a stack of their own, and few helpers. Nothing here touches what `make up` made."""

import collections
import contextlib
import functools
import json
import os
import pathlib
import subprocess
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent / "tools")]

import leash  # noqa: E402
from harness import clients  # noqa: E402
from support import BUILD, ROOT  # noqa: E402


class Stack:
    """A local stack of the tests' own. Roles: viewer, support, operator; admin is the owner."""

    def __init__(self, folder):
        self.folder = ROOT / folder
        self.settings = {"INTAKE_STACK_DIR": str(folder), "INTAKE_STACK_LASTS": "0"}
        self.process_environment = {**os.environ, **self.settings}

    def command(self, word):
        done = subprocess.run([ROOT / "tests" / "tools" / "stack", word], text=True, cwd=ROOT,
                              env=self.process_environment, capture_output=True)
        assert done.returncode == 0, done.stderr

    def up(self):
        self.command("up")

    def down(self):
        self.command("down")

    def variables(self, role="operator"):
        """What the role's file in var/ exports; the admin has the operator's names with root's keys."""
        names = {"operator": ["env"], "viewer": ["env.viewer"], "support": ["env.support"],
                 "admin": ["env", "env.admin"]}[role]
        values = {}
        for name in names:
            for line in (self.folder / name).read_text().splitlines():
                key, _, value = line.removeprefix("export ").partition("=")
                values[key] = value
        if role == "admin":
            values["AWS_ACCESS_KEY_ID"] = values["INTAKE_ADMIN_ACCESS_KEY_ID"]
            values["AWS_SECRET_ACCESS_KEY"] = values["INTAKE_ADMIN_SECRET_ACCESS_KEY"]
            values["INTAKE_DATABASE_URL"] = values["INTAKE_ADMIN_DATABASE_URL"]
        return values

    def environment(self, role="operator", **more):
        """A whole environment for a program: the role's variables and nothing of the tester's own."""
        values = {"PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), "LANG": "C.UTF-8",
                  "TZ": "UTC", "TERM": "xterm-256color", "AWS_EC2_METADATA_DISABLED": "true"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                values[name] = os.environ[name]
        (self.folder / "home").mkdir(parents=True, exist_ok=True)
        values.update(self.variables(role))
        values.update(more)
        return {name: value for name, value in values.items() if value is not None}

    def client(self, service, role="admin"):
        values = self.variables(role)
        return clients.client(service, values["AWS_ENDPOINT_URL"], values["AWS_REGION"],
                              values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"])

    def connect(self, role="admin"):
        """A psycopg connection in autocommit mode; rows are dictionaries."""
        import psycopg
        import psycopg.rows
        return psycopg.connect(self.variables(role)["INTAKE_DATABASE_URL"], autocommit=True,
                               row_factory=psycopg.rows.dict_row)


@pytest.fixture(scope="session")
def stack():
    """A fresh stack for the session (for each worker of pytest-xdist): no product, no upload. One that
    INTAKE_TEST_STACK names is up already, and is left as it is."""
    if "INTAKE_TEST_STACK" in os.environ:
        yield Stack(pathlib.Path(os.environ["INTAKE_TEST_STACK"]))
        return
    folder = pathlib.Path("var", "test-stack", os.environ.get("PYTEST_XDIST_WORKER", "alone"))
    one = Stack(folder)
    last = "down" if os.environ.get("INTAKE_KEEP_TEST_STACK") else "drop"
    settings = [f"{name}={value}" for name, value in one.settings.items()]
    held = leash.undone_by("env", *settings, ROOT / "tests" / "tools" / "stack", last)
    one.command("drop")
    one.up()
    yield one
    one.command(last)
    leash.done(held)


@pytest.fixture
def database(stack):
    """The owner's connection to the stack's database."""
    with stack.connect() as connection:
        yield connection


@pytest.fixture(scope="session")
def run_intake(stack):
    """Runs the program against the stack: run_intake("uploads", "--json", role=, code=, input=, env=)."""

    def run(*arguments, role="operator", code=None, input=None, env=None, timeout=120):
        done = subprocess.run(
            [BUILD / "intake", *map(str, arguments)], text=True, cwd=ROOT, input=input or "",
            capture_output=True, timeout=timeout, env=stack.environment(role, **(env or {})))
        if code is not None:
            assert done.returncode == code, (
                f"exit {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}")
        if "--json" in arguments and done.stdout:
            done.json = json.loads(done.stdout)
        return done

    return run


@pytest.fixture
def new_vendor(database, request):
    """Makes a vendor of the test's own: new_vendor() or new_vendor("suspended") gives its id."""
    count = 0

    def make(status="active"):
        nonlocal count
        count += 1
        number = abs(hash((request.node.nodeid, count))) % 10**10
        vendor = f"T{number:010}"
        database.execute(
            "INSERT INTO vendors (vendor_id, vendor_name, email, status) VALUES (%s, %s, %s, %s)",
            [vendor, f"Test {vendor}", f"{vendor.lower()}@example.com", status])
        return vendor

    return make


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: measures time or loads the machine; runs beside no other test")
    config.addinivalue_line("markers", "slow: takes many seconds, mostly of waiting; begun first, `-m 'not slow'` leaves it out")


SLOW, QUICK = 30.0, 1.0  # seconds: a guess at a test that no run has measured, marked slow or not


def pytest_collection_modifyitems(config, items):
    """What takes longest begins first, so that no worker is left with it at the end: what stays together by its sum,
    by what the last whole run measured; in a fresh clone by slow_tests.json, what one run measured once. Every worker
    finds the same order."""
    if not hasattr(config, "workerinput"):
        return
    known = json.loads((ROOT / "tests" / "tools" / "slow_tests.json").read_text())
    with contextlib.suppress(OSError, ValueError):
        known.update(json.loads((ROOT / "var" / "test-times.json").read_text()))
    costs = collections.Counter()
    for item in items:
        slow = item.get_closest_marker("slow")
        costs[scope_of(item.nodeid)] += known.get(item.nodeid, SLOW if slow else QUICK)
    items.sort(key=lambda item: -costs[scope_of(item.nodeid)])


def scope_of(nodeid):
    """A single test, or its whole file where its tests share something."""
    path = nodeid.partition("::")[0]
    return path if stays_together(path) else nodeid


@functools.cache
def stays_together(path):
    """Whether the tests of a file share what the file made: the rig of sql/ is made once a file, too."""
    text = (ROOT / path).read_text()
    return 'scope="module"' in text or "from sql_cluster import" in text


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """`--dist loadscope` hands out single tests, and whole files where their tests share something."""
    if config.getvalue("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return scope_of(nodeid)

    return Scheduling(config, log)
