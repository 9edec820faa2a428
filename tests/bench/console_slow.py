"""Key to finished repaint while every service answers after two seconds, and while none answers at all."""

import json
import os
import pathlib
import socket
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("bench", "tools", "console")]

from console import DOWN, UP, Screen  # noqa: E402
from history import History  # noqa: E402
from sql_cluster import Cluster  # noqa: E402

DELAY = 2.0  # seconds
KEYS = 600
HELP = b"?"


class Late:
    """A relay that holds back what the server says; without a server nothing is ever said."""

    def __init__(self, upstream=None):
        self.upstream = upstream
        self.kept = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.kept.append(client)
            if self.upstream:
                server = socket.create_connection(self.upstream)
                self.kept.append(server)
                for source, target, delay in ((client, server, 0), (server, client, DELAY)):
                    threading.Thread(target=self.relay, args=(source, target, delay), daemon=True).start()

    @staticmethod
    def relay(source, target, delay):
        try:
            while data := source.recv(65536):
                time.sleep(delay)
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()
        for one in self.kept:
            one.close()


def percentile(screen, down, up):
    presses = sorted(screen.press(down if i % 60 < 30 else up)[0] for i in range(KEYS))
    return presses[KEYS * 99 // 100] * 1000


def measure(variables, history):
    silent, late = Late(), Late(("127.0.0.1", history.cluster.port))
    address = f"postgresql://operator@127.0.0.1:{{}}/{history.database.name}"
    try:
        variables["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{silent.port}"
        variables["INTAKE_DATABASE_URL"] = address.format(late.port)
        screen = Screen(variables)
        screen.first_rows(60)
        yield {"name": "console: key to repaint, p99, services answer after 2 s",
               "value": round(percentile(screen, DOWN, UP), 2), "unit": "ms", "limit": 5}
        screen.close()
        variables["INTAKE_DATABASE_URL"] = address.format(silent.port)
        screen = Screen(variables)
        screen.read(0.3)
        screen.press(HELP)
        yield {"name": "console: key to repaint, p99, no service answers",
               "value": round(percentile(screen, DOWN, UP), 2), "unit": "ms", "limit": 5}
        screen.close()
    finally:
        silent.close()
        late.close()


def main():
    cluster = Cluster()
    try:
        history = History(cluster, 20_000)
        with tempfile.TemporaryDirectory() as home:
            variables = dict(history.environment(pathlib.Path(home)), PATH=os.environ["PATH"], LANG="C.UTF-8",
                             TERM="xterm-256color")
            variables = {name: value for name, value in variables.items() if value is not None}
            rows = list(measure(variables, history))
    finally:
        cluster.remove()
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main()
