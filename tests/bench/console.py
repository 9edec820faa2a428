"""The console's own figures: exec to the first rows over a long history, key to finished repaint at
200x50, bytes for a moved cursor, memory; while AWS does not answer at all."""

import datetime
import fcntl
import json
import os
import pathlib
import pty
import select
import signal
import struct
import sys
import tempfile
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("tools", "console")]

from history import NEWEST as NEWEST_TEXT, NEWEST_ID, PROGRAM, History  # noqa: E402
from sql_cluster import Cluster  # noqa: E402

UPLOADS = 1_000_000
KEYS = 1000
QUIET = 0.004  # seconds without a byte: the repaint is finished
DOWN, UP, PAGE_DOWN, HOME, END = b"\x1b[B", b"\x1b[A", b"\x1b[6~", b"\x1b[H", b"\x1b[F"
NEWEST = datetime.datetime.fromisoformat(NEWEST_TEXT.replace("Z", "+00:00"))
LOADED = 10_000   # rows that the program keeps at most
REPAINT = b"\x0c"
REST = 0.05       # seconds without a byte: an answer came and was drawn
JUMPS = 200       # to dates from one end of the history to the other


class Screen:
    """The program in a terminal of 50 lines and 200 columns; bytes are counted, not drawn."""

    def __init__(self, environment):
        self.began = time.monotonic()
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
            os.execve(PROGRAM, [PROGRAM], environment)

    def read(self, quiet):
        """Bytes until none came for `quiet` seconds, and when the last one came."""
        received, last = b"", time.monotonic()
        while select.select([self.terminal], [], [], quiet)[0]:
            received += os.read(self.terminal, 65536)
            last = time.monotonic()
        return received, last

    def first_rows(self, patience=30):
        received = b""
        while NEWEST_ID.encode() not in received and time.monotonic() < self.began + patience:
            select.select([self.terminal], [], [], 1)
            received += os.read(self.terminal, 65536)
        return time.monotonic() - self.began

    def press(self, key):
        self.read(QUIET)
        began = time.monotonic()
        os.write(self.terminal, key)
        select.select([self.terminal], [], [], 2)
        received, last = self.read(QUIET)
        return last - began, len(received)

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def until(self, text, patience=60):
        """Reads until these bytes were drawn."""
        received, end = b"", time.monotonic() + patience
        while text not in received:
            if time.monotonic() > end:
                raise RuntimeError(f"never saw {text!r}")
            if select.select([self.terminal], [], [], 1)[0]:
                received = received[-4096:] + os.read(self.terminal, 65536)

    def go(self, keys):
        os.write(self.terminal, keys)
        self.read(REST)

    def travel(self):
        """Through more rows than are kept, to both ends, and by dates across all of them."""
        for _ in range(LOADED // 40 + 40):
            self.press(PAGE_DOWN)
        self.go(END)
        oldest = NEWEST - datetime.timedelta(minutes=UPLOADS - 1)
        for jump in range(JUMPS):
            moment = oldest + (NEWEST - oldest) * jump / JUMPS
            self.go(b"@")
            self.go(moment.strftime("%Y-%m-%dT%H:%M").encode() + b"\r")
            for _ in range(10):
                self.press(PAGE_DOWN)
        self.go(HOME)
        os.write(self.terminal, REPAINT)
        self.until(NEWEST_ID.encode())

    def sort(self):
        """By the column that costs most: nothing of it is in an index."""
        self.read(REST)
        began = time.monotonic()
        os.write(self.terminal, b"ss")
        self.until(b"^")
        return time.monotonic() - began

    def close(self):
        os.kill(self.process, signal.SIGTERM)
        os.waitpid(self.process, 0)
        os.close(self.terminal)


def measure(environment):
    firsts = []
    for _ in range(5):
        screen = Screen(environment)
        firsts.append(screen.first_rows())
        screen.read(0.3)
        screen.close()
    screen = Screen(environment)
    screen.first_rows()
    screen.read(0.5)
    presses = sorted(screen.press(DOWN if i % 80 < 40 else UP) for i in range(KEYS))
    sizes = sorted(size for _, size in presses)
    rows = [
        ("console: exec to the first rows", sorted(firsts)[2] * 1000, "ms", 100),
        ("console: key to repaint, median", presses[KEYS // 2][0] * 1000, "ms", None),
        ("console: key to repaint, p99", presses[KEYS * 99 // 100][0] * 1000, "ms", 5),
        ("console: bytes for a moved cursor, most", sizes[-1], "bytes", 1024),
        ("console: peak memory", screen.memory(), "MiB", 20),
    ]
    screen.travel()
    rows.append((f"console: peak memory, {LOADED:,} rows loaded, {UPLOADS:,} travelled", screen.memory(), "MiB", 20))
    rows.append((f"console: {UPLOADS:,} uploads sorted by status", screen.sort() * 1000, "ms", None))
    rows.append(("console: peak memory with a sort", screen.memory(), "MiB", 20))
    screen.close()
    return [{"name": name, "value": round(value, 2), "unit": unit, "limit": limit}
            for name, value, unit, limit in rows]


def main():
    cluster = Cluster()
    try:
        history = History(cluster, UPLOADS)
        with tempfile.TemporaryDirectory() as home:
            variables = dict(history.environment(pathlib.Path(home)), PATH=os.environ["PATH"], LANG="C.UTF-8",
                             TERM="xterm-256color")
            rows = measure({name: value for name, value in variables.items() if value is not None})
    finally:
        cluster.remove()
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main()
