"""A program that stands in for another is answered; one that is killed on the way keeps nobody busy."""

import socket
import subprocess
import threading

import pytest

from stand_in import Server
from support import wait_until


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "s", ["tool"], lambda name, words, request: (3, f"{name} {words}", ""))
    yield server
    server.close()


def run(server):
    done = subprocess.run([server.folder / "bin" / "tool", "a"], stdout=subprocess.PIPE, timeout=60, text=True)
    return done.returncode, done.stdout


def test_a_program_is_answered(server):
    assert run(server) == (3, "tool ['a']")


@pytest.mark.parametrize("sent", [b"", b"\x00\x00\x10\x00", b"\x00\x00\x10\x00{\"name\""], ids=["nothing", "length", "half"])
def test_a_program_that_is_killed_on_the_way_is_dropped(server, sent):
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(str(server.folder / "socket"))
        if sent:
            socket.send_fds(peer, [sent[:4]], [0])
            peer.sendall(sent[4:])
    answered = []
    asker = threading.Thread(target=lambda: answered.append(run(server)), daemon=True)
    asker.start()
    wait_until(lambda: answered == [(3, "tool ['a']")], 20)
