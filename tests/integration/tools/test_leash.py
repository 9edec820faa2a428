"""A test run that is killed leaves no server and no files behind."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest
from support import ROOT, wait_until

CLUSTER = """
import sys
from sql_cluster import Cluster
one = Cluster()
print(one.folder, flush=True)
if sys.argv[1] == "removes":
    one.remove()
sys.stdin.read()
"""


def is_there(process):
    return pathlib.Path(f"/proc/{process}").exists()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_of_a_run_that_dies_is_gone(how):
    one = subprocess.Popen([sys.executable, "-c", CLUSTER, "stays"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
                           env={**os.environ, "PYTHONPATH": "tests/tools"})
    folder = pathlib.Path(one.stdout.readline().strip())
    server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    assert is_there(server)
    one.send_signal(how)
    one.communicate()
    wait_until(lambda: not is_there(server) and not folder.exists())


def test_what_was_removed_is_not_removed_again():
    one = subprocess.Popen([sys.executable, "-c", CLUSTER, "removes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
                           env={**os.environ, "PYTHONPATH": "tests/tools"})
    folder = pathlib.Path(one.stdout.readline().strip())
    wait_until(lambda: not folder.exists())
    [holder] = pathlib.Path(f"/proc/{one.pid}/task/{one.pid}/children").read_text().split()
    folder.mkdir()  # another's, who was given the name since
    try:
        one.kill()
        one.communicate()
        wait_until(lambda: not is_there(holder))
        assert folder.exists()
    finally:
        folder.rmdir()
