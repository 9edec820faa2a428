"""The queue's own move task: started, followed, cancelled."""

import contextlib
import json
import signal
import subprocess
import uuid

import pytest

import elasticmq
from harness.points import OF_A_MOVE_TASK, Points
from support import BUILD, ROOT, wait_until

pytestmark = pytest.mark.slow  # the server is a Java program


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    jars, why = elasticmq.fetch(ROOT / "var" / "elasticmq")
    if jars is None:
        pytest.skip(f"no ElasticMQ: {why}")
    one = elasticmq.ElasticMq(jars, tmp_path_factory.mktemp("elasticmq"))
    yield one
    one.stop()


@pytest.fixture
def sqs(server):
    import boto3
    client = boto3.client("sqs", region_name="us-east-1", endpoint_url=server.url, aws_access_key_id="x",
                          aws_secret_access_key="x")
    dead = client.create_queue(QueueName="product-validation-errors-dlq")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client.create_queue(QueueName="product-validation-errors", Attributes={
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "1"})})
    yield client
    for name in ("product-validation-errors", "product-validation-errors-dlq"):
        client.delete_queue(QueueUrl=f"{server.url}/000000000000/{name}")


@pytest.fixture
def env(server, tmp_path):
    return {"AWS_ENDPOINT_URL_SQS": server.url, "XDG_STATE_HOME": str(tmp_path / "state"),
            "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}


def depth(sqs, server, name):
    found = sqs.get_queue_attributes(QueueUrl=f"{server.url}/000000000000/{name}", AttributeNames=["All"])
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def fill(sqs, server, count):
    """Messages that die a queue's own death: received once too often."""
    source = f"{server.url}/000000000000/product-validation-errors"
    for at in range(0, count, 10):
        sqs.send_message_batch(QueueUrl=source, Entries=[
            {"Id": str(n), "MessageBody": f"m{at + n}"} for n in range(min(10, count - at))])
    while depth(sqs, server, "product-validation-errors-dlq") < count:
        sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10, VisibilityTimeout=0)


def test_a_whole_queue_is_moved(run_intake, server, sqs, env, database):
    fill(sqs, server, 300)
    listed = run_intake("dlq", "list", "--json", env=env).json[0]
    assert (listed["messages"], listed["engine"], listed["error"]) == (300, "move_task", None)
    dry = run_intake("dlq", "replay", "product-validation-errors-dlq", "--all", "--dry-run", "--json", env=env,
                     code=0).json
    assert (dry["engine"], dry["planned"]) == ("move_task", 300)
    done = run_intake("dlq", "replay", "product-validation-errors-dlq", "--all", "--yes", "--json", env=env, code=0)
    assert done.json["engine"] == "move_task" and done.json["task_handle"] and "messages" not in done.json
    assert done.json["moved"] == 300 and done.json["task_status"] == "COMPLETED"
    assert any("arrive while it runs" in text for text in done.json["warnings"])
    assert depth(sqs, server, "product-validation-errors") == 300
    assert depth(sqs, server, "product-validation-errors-dlq") == 0
    row = database.execute("SELECT * FROM audit_log WHERE action = 'dlq replay' ORDER BY id DESC LIMIT 1").fetchone()
    assert row["outcome"] == "done" and row["detail"]["engine"] == "move_task"


def test_a_selection_is_sent_and_deleted(run_intake, server, sqs, env):
    fill(sqs, server, 20)
    done = run_intake("dlq", "replay", "product-validation-errors-dlq", "--limit", "15", "--yes", "--json", env=env,
                      code=0)
    assert done.json["engine"] == "send_delete" and done.json["moved"] == 15
    assert depth(sqs, server, "product-validation-errors") == 15
    assert depth(sqs, server, "product-validation-errors-dlq") == 5


def test_peek_is_honest_there_too(run_intake, server, sqs, env):
    fill(sqs, server, 120)
    done = run_intake("dlq", "peek", "product-validation-errors-dlq", "--limit", "100", "--json", env=env, code=0)
    assert len(done.json) == 100
    assert depth(sqs, server, "product-validation-errors-dlq") == 120


def test_it_is_started_and_left_alone(run_intake, server, sqs, env):
    fill(sqs, server, 50)
    done = run_intake("dlq", "replay", "product-validation-errors-dlq", "--all", "--yes", "--no-wait", "--json",
                      env=env, code=0)
    assert done.json["task_handle"]
    wait_until(lambda: depth(sqs, server, "product-validation-errors") == 50)


@pytest.mark.parametrize("name", OF_A_MOVE_TASK)
def test_a_death_beside_the_start_of_a_move_task_loses_nothing(run_intake, server, sqs, env, tmp_path, name):
    fill(sqs, server, 50)
    points = Points(tmp_path, BUILD)
    points.arm(name)
    words = ("dlq", "replay", "product-validation-errors-dlq", "--all", "--yes", "--json")
    assert run_intake(*words, env={**env, **points.environment("an operator")}).returncode == -signal.SIGKILL
    assert not points.is_armed(name)
    if name.startswith("before"):
        assert depth(sqs, server, "product-validation-errors-dlq") == 50
        run_intake(*words, env=env, code=0)
    wait_until(lambda: depth(sqs, server, "product-validation-errors") == 50)
    assert depth(sqs, server, "product-validation-errors-dlq") == 0


def test_what_was_acknowledged_in_other_queues_stays_so(run_intake, server, sqs, env, database):
    fill(sqs, server, 1)
    queues = {uuid.uuid4().hex: "product-validation-errors-dlq", uuid.uuid4().hex: "csv-parser-dlq"}
    for message, queue in queues.items():
        database.execute("INSERT INTO acknowledgements (message_id, queue) VALUES (%s, %s)", [message, queue])
    run_intake("dlq", "replay", "product-validation-errors-dlq", "--all", "--yes", "--no-wait", env=env, code=0)
    left = database.execute("SELECT queue FROM acknowledgements WHERE message_id = ANY (%s)", [list(queues)]).fetchall()
    assert [row["queue"] for row in left] == ["csv-parser-dlq"]


def interrupted_replay(server, sqs, env, stack):
    """A replay of the whole queue, to which Ctrl-C came when its task had moved something."""
    replay = subprocess.Popen(
        [BUILD / "intake", "dlq", "replay", "product-validation-errors-dlq", "--all", "--yes", "--json"], text=True,
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=stack.environment("operator", **env))
    wait_until(lambda: depth(sqs, server, "product-validation-errors") > 0)
    replay.send_signal(signal.SIGINT)
    return replay


def test_ctrl_c_cancels_the_task(server, sqs, env, stack):
    fill(sqs, server, 1000)
    replay = interrupted_replay(server, sqs, env, stack)
    out, error = replay.communicate(timeout=60)
    document = json.loads(out)
    ends = {"CANCELLED": 130, "COMPLETED": 0}  # the signal may find the task at its end
    assert replay.returncode in (130, ends.get(document["task_status"])), error
    moved = depth(sqs, server, "product-validation-errors")
    assert moved + depth(sqs, server, "product-validation-errors-dlq") == 1000


def test_ctrl_c_as_the_task_begins_cancels_it_too(server, sqs, env, stack, database):
    fill(sqs, server, 1000)
    with database.transaction():
        database.execute("LOCK TABLE acknowledgements")
        replay = interrupted_replay(server, sqs, env, stack)
        with contextlib.suppress(subprocess.TimeoutExpired):
            replay.wait(timeout=2)  # nothing may end it while the task runs on
    out, error = replay.communicate(timeout=60)
    assert json.loads(out)["task_status"] in ("CANCELLED", "COMPLETED"), (replay.returncode, error)
