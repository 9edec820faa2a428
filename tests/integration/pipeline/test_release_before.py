"""The functions of the release before on the schema of this one: a deployment migrates first, and a rollback
brings the old functions back. They are built from the repository's own history."""

import fcntl
import os
import pathlib
import random
import subprocess

import pytest

from harness import judge, samples
from harness.rig import Rig
from support import BUILD, ROOT

FUNCTIONS = ("csv-parser", "product-validator", "error-processor")
PLACE = ROOT / "var" / "release-before"


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def commit_before():
    """The commit before the one that brought the newest migration; "" where the history does not say."""
    newest = max((ROOT / "sql" / "migrations").glob("*.sql"))
    came = git("log", "--diff-filter=A", "--format=%H", "-1", "--", str(newest.relative_to(ROOT)))
    return git("rev-parse", "--verify", "--quiet", f"{came}^{{commit}}~1") if came else ""


def build(commit):
    """The folder with the functions of a commit, built once."""
    place = PLACE / commit
    PLACE.mkdir(parents=True, exist_ok=True)
    with open(PLACE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        targets = [f"build/lambda/{name}/bootstrap" for name in FUNCTIONS]
        if all((place / target).exists() for target in targets):
            return place / "build"
        (place / "var").mkdir(parents=True, exist_ok=True)
        source = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
        subprocess.run(["tar", "-x", "-C", place], input=source, check=True)
        (place / "var" / "deps.stamp").touch()  # what this checkout has will do
        made = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "BUILD",
                                                                                 "SANITIZE")}
        done = subprocess.run(["make", "-s", "-j2", "OPTIMIZE=-O1", "VERSION=before", *targets], cwd=place, env=made,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return place / "build"


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A build folder whose functions are those of the release before, and whose migrations are ours."""
    commit = commit_before()
    if not commit:
        pytest.skip("this checkout's history does not reach back to the release before")
    old, folder = build(commit), tmp_path_factory.mktemp("before")
    (folder / "intake").symlink_to(BUILD / "intake")
    (folder / "lambda").symlink_to(old / "lambda")
    return pathlib.Path(folder)


@pytest.fixture
def rig(stack, before, tmp_path):
    values = stack.variables("admin")
    made = Rig(values["AWS_ENDPOINT_URL"], values["INTAKE_ADMIN_DATABASE_URL"], before, tmp_path, seed=20260103)
    yield made
    made.stop()


def test_the_whole_way(rig):
    sample = samples.make(random.Random(5), records=60, errors=0.3)
    rig.upload_trigger.send_at_once([rig.put(sample.key, sample.body)])
    rig.run_stream()
    rig.settle()
    judge.at_rest(rig, [sample])
    tick = {"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {},
            "resources": [], "id": "1", "account": "0", "time": "2026-01-02T12:00:00Z", "region": "us-east-1"}
    swept = rig.processor.invoke(tick)
    assert swept.ok, swept.document
    judge.at_rest(rig, [sample])


def test_a_file_that_is_refused(rig):
    key = "uploads/VEND001/VEND001_20260102_030405.csv"
    rig.upload_trigger.send_at_once([rig.put(key, b"")])
    rig.settle()
    assert rig.query("SELECT status FROM upload_history") == [{"status": "failed"}]
    assert len(rig.notices()) == 1


def run_as(rig, release):
    """The functions of that build folder from here on."""
    for function in rig.functions.values():
        function.stop()
        function.program = str(release / "lambda" / function.name / "bootstrap")


def tick_later(rig):
    rig.age()
    swept = rig.tick()
    assert swept.ok, swept.document
    rig.settle()


def test_what_ours_left_in_the_middle(rig, before):
    """Verdicts whose items nobody marked, and items that lost their status: a rollback finds both and mends them."""
    run_as(rig, BUILD)
    made = [samples.make(random.Random(seed), records=30, errors=0.3, clock=f"12{seed:02}00") for seed in range(2)]
    rig.upload_trigger.send_at_once([rig.put(made[0].key, made[0].body)])
    rig.settle()
    rig.upload_trigger.send_at_once([rig.put(made[1].key, made[1].body)])
    rig.aws.inject("refuse", "dynamodb", "BatchExecuteStatement", times=None)
    rig.run_stream()
    rig.heal()
    assert len(rig.query("SELECT FROM unmarked_records")) == 30

    run_as(rig, before)
    assert rig.redrive()
    rig.settle()
    tick_later(rig)
    assert rig.query("SELECT FROM unmarked_records") == []
    judge.at_rest(rig, made)

    for item in rig.items(made[0].upload_id)[:5]:
        rig.dynamodb.update_item(TableName=rig.table, Key={name: item[name] for name in ("upload_id", "record_id")},
                                 UpdateExpression="SET #s = :p REMOVE processed_at, error_reason, error_details",
                                 ExpressionAttributeNames={"#s": "status"},
                                 ExpressionAttributeValues={":p": {"S": "pending_validation"}})
    rig.execute("UPDATE upload_history SET items_doubted_at = now() WHERE upload_id = %s", made[0].upload_id)
    tick_later(rig)
    judge.at_rest(rig, made)
