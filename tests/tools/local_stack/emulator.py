"""The AWS emulator: MiniStack, with signatures and policies enforced."""

import http.client
import os
import secrets
import signal
import sys

from . import places, processes
from .places import HOME, Failure

LOG = HOME / "emulator.log"
MARK = "INTAKE_STACK_MARK"
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")


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
    })
    return values


def is_running(state):
    return processes.alive(state["emulator"]) and answers(state["emulator_port"])


def start(state):
    """Starts an empty one; wait_ready() says when it answers."""
    stop(state)
    folder = HOME / "emulator"
    places.remove(folder)
    folder.mkdir(parents=True)
    state["mark"] = secrets.token_hex(16)
    state["emulator_port"] = processes.free_port(state["emulator_port"])
    state["deployed"] = None
    state["emulator"] = processes.start([sys.executable, "-m", "ministack"], LOG, cwd=folder,
                                        env=environment(state, folder))


def wait_ready(state):
    up = processes.wait_until(
        lambda: not processes.alive(state["emulator"]) or answers(state["emulator_port"]), 60)
    if not up or not processes.alive(state["emulator"]):
        raise Failure(f"the AWS emulator did not start; its words are in {LOG}")


def stop(state):
    processes.stop(state["emulator"], signal.SIGTERM, 5)
    if state["mark"]:
        processes.stop_marked(f"{MARK}={state['mark']}")
    state["emulator"] = None
    state["deployed"] = None
