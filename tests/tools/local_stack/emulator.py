"""The AWS emulator: MiniStack, with signatures and policies enforced."""

import http.client
import os
import secrets
import signal
import sys

from . import places, processes
from .places import HOME, Failure

LOG = HOME / "emulator.log"
KEPT = HOME / "aws"
MARK = "INTAKE_STACK_MARK"
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "PYTHONPYCACHEPREFIX")


def endpoint(state):
    return f"http://127.0.0.1:{state['emulator_port']}"


def answers(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def environment(state, folder):
    """The emulator's environment leaks into the functions: it holds nothing that they may not see."""
    values = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    values.update({
        "HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8", "TZ": "UTC",
        "AUTH": "true", "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(state["emulator_port"]),
        "MINISTACK_REGION": places.REGION, "MINISTACK_ACCOUNT_ID": places.ACCOUNT,
        "MINISTACK_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING", "AWS_ENDPOINT_URL": endpoint(state), MARK: state["mark"],
        "PERSIST_STATE": "1", "STATE_DIR": str(KEPT / "state"),
        "S3_PERSIST": "1", "S3_DATA_DIR": str(KEPT / "s3"),
    })
    return values


def is_running(state):
    return processes.alive(state["emulator"]) and answers(state["emulator_port"])


def may_resume(state):
    """Whether what it held when it was stopped is on disk, and its address is still free."""
    port = state["emulator_port"]
    return bool(state["kept"]) and processes.free_port(port) == port


def start(state, resume=False):
    """Starts it, empty or with what it held; wait_ready() says when it answers."""
    folder = HOME / "emulator"
    places.remove(folder)
    folder.mkdir(parents=True)
    if not resume:
        places.remove(KEPT)
        state["deployed"] = None
    state["kept"] = False
    state["mark"] = secrets.token_hex(16)
    state["emulator_port"] = processes.free_port(state["emulator_port"])
    state["emulator"] = processes.start([sys.executable, str(places.pathlib.Path(__file__).with_name("emulate.py"))], LOG, cwd=folder,
                                        env=environment(state, folder))


def wait_ready(state):
    up = processes.wait_until(
        lambda: not processes.alive(state["emulator"]) or answers(state["emulator_port"]), 60)
    if not up or not processes.alive(state["emulator"]):
        raise Failure(f"the AWS emulator did not start; its words are in {LOG}")


def stop(state, keep):
    """Ends it and the functions it started. What it holds is written only when it ends in peace."""
    if keep and is_running(state):
        processes.stop(state["emulator"], signal.SIGTERM, 30)
        state["kept"] = (KEPT / "state" / "cloudformation.json").exists()
    processes.stop(state["emulator"], signal.SIGKILL, 5)
    if state["mark"]:
        processes.stop_marked(f"{MARK}={state['mark']}")
    state["emulator"] = None
