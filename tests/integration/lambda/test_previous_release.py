"""The functions of before on the schema of now: what a rollback, a failed migration and the minutes of an
upgrade leave. Before is the commit before the newest migration; its functions are built once and kept."""

import fcntl
import os
import pathlib
import shutil
import subprocess

import pytest
from harness import judge, samples
from harness.rig import Rig
from support import BUILD, ROOT

FUNCTIONS = ("csv-parser", "product-validator", "error-processor")
MIXED = {"all of before": FUNCTIONS, "the parser of before": ("csv-parser",),
         "the validator of before": ("product-validator",), "the processor of before": ("error-processor",)}


def git(*words):
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def commit_of_before():
    newest = sorted((ROOT / "sql" / "migrations").glob("*.sql"))[-1].relative_to(ROOT)
    added = git("log", "--diff-filter=A", "--format=%H", "-1", "--", str(newest))
    return git("rev-parse", "--verify", "-q", added + "^") if added else ""


def build(commit, folder):
    folder.mkdir(parents=True)
    with subprocess.Popen(["git", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE) as archive:
        subprocess.run(["tar", "-x", "-C", folder], stdin=archive.stdout, check=True)
    (folder / "var").mkdir()
    (folder / "var" / "deps.stamp").touch()
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("BUILD", "SANITIZE", "MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        ["make", "-j2", "OPTIMIZE=-O1 -g0", "VERSION=before", "BUILD=build",
         *(f"build/lambda/{name}/bootstrap" for name in FUNCTIONS)], cwd=folder, env=environment,
        capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def before():
    """Where the functions of before are."""
    commit = commit_of_before()
    if not commit:
        pytest.skip("no history of the migrations here, so no functions of before")
    folder = ROOT / "var" / "previous"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for other in folder.iterdir():
            if other.is_dir() and (other.name != commit[:12] or not (other / "built").exists()):
                shutil.rmtree(other)
        if not (folder / commit[:12]).exists():
            build(commit, folder / commit[:12])
            (folder / commit[:12] / "built").touch()
    return folder / commit[:12] / "build" / "lambda"


@pytest.fixture
def rig(stack, before, tmp_path, request):
    """A pipeline on the schema of now, some of whose functions are those of before."""
    made = tmp_path / "build"
    (made / "lambda").mkdir(parents=True)
    (made / "intake").symlink_to(pathlib.Path(BUILD / "intake").resolve())
    for name in FUNCTIONS:
        source = before if name in request.param else BUILD / "lambda"
        (made / "lambda" / name).symlink_to((source / name).resolve())
    values = stack.variables("admin")
    rig = Rig(values["AWS_ENDPOINT_URL"], values["INTAKE_ADMIN_DATABASE_URL"], made, tmp_path, seed=20260104)
    yield rig
    rig.stop()


@pytest.mark.parametrize("rig", MIXED.values(), ids=MIXED.keys(), indirect=True)
def test_an_upload_comes_to_its_end(rig):
    sample = samples.make(rig.random, records=300, errors=0.1, duplicates=0.1)
    rig.upload_trigger.send(rig.put(sample.key, sample.body))
    rig.settle(60)
    judge.at_rest(rig, [sample])
