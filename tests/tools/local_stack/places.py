"""Where the stack keeps things, and what it remembers from one run to the next."""

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = ROOT / os.environ.get("BUILD", "build")
VAR = ROOT / os.environ.get("INTAKE_STACK_DIR", "var")
HOME = VAR / "stack"
TEMPLATE = ROOT / "lambda" / "template.yaml"
FUNCTIONS = ("csv-parser", "product-validator", "error-processor", "intake-migrate")

REGION = "us-east-1"
ACCOUNT = "000000000000"
ROOT_KEY = ("test", "test")
DATABASE = "ecommerce_platform"
OWNER = "intake_owner"
LOGINS = ("viewer", "support", "operator", "pipeline")


class Failure(Exception):
    """One line for a person: what, where, and what to do."""


def say(text):
    print(f"stack: {text}", file=sys.stderr, flush=True)


def fingerprint(paths):
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def write_private(path, text):
    """Replaces a file as a whole; only its owner may read it."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    os.replace(fresh, path)


class State:
    """What was started and deployed: passwords, ports, process identities, fingerprints."""

    path = HOME / "state.json"

    def __init__(self):
        self.writing = threading.Lock()
        try:
            self.values = json.loads(self.path.read_text())
        except (FileNotFoundError, ValueError):
            self.values = {}

    def __getitem__(self, key):
        return self.values.get(key)

    def __setitem__(self, key, value):
        with self.writing:
            self.values[key] = value
            write_private(self.path, json.dumps(self.values, indent=1) + "\n")


@contextlib.contextmanager
def locked():
    """One command at a time for one stack."""
    HOME.mkdir(parents=True, exist_ok=True)
    with open(HOME / "lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def remove(path):
    shutil.rmtree(path, ignore_errors=True)
