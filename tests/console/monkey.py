"""A monkey at the console: keys and what no keyboard sends, from a seed. It looks every few presses whether the
program answers, whether the screen is whole, and never says yes."""

import collections
import os
import random
import signal
import time
import unicodedata

from terminal import KEYS, Screen, Stream, key_bytes

HANG_S = 0.2
LOOK_EVERY = 20     # presses between two questions for an answer
COMPARE_EVERY = 500  # presses between two looks at the whole screen, drawn anew
PRESSES = ([name for name in KEYS] + ["ctrl-l", "ctrl-r", "ctrl-a", "ctrl-e", "ctrl-u", "ctrl-w", "ctrl-k"]
           + [chr(c) for c in range(33, 127) if chr(c) != "q"])
ANSWERS = [b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\", b"\x1b]11;rgba:0/0/0/0\x07", b"\x1b]11;rgb:12", b"\x1b]11;" + b"f" * 99 + b"\x07"]
INTRODUCERS = [b"\x1b]", b"\x1bP", b"\x1b_", b"\x1b^", b"\x1bX", b"\x1b[", b"\x1bO", b"\x1b[[", b"\x1b[M", b"\xc2\x9b", b"\xc2\x9d"]
ENDS = [b"\x07", b"\x1b\\", b"\x1b", b"", b"", b"\xc2\x9c"]
OF_THE_LINE = {3, 17, 19, 26, 28}  # what the terminal's own settings make signals of, or a stop


class Found(AssertionError):
    pass


class Monkey:
    """`start()` gives a Terminal with the console, on its first page; again where random keys led out of it."""

    def __init__(self, start, seed, home="Uploads"):
        self.start, self.seed, self.home = start, seed, home
        self.random = random.Random(seed)
        self.recent = collections.deque(maxlen=60)
        self.answers = []
        self.left = 0
        self.pressed = 0
        self.terminal = start()

    # ---- what is pressed

    def text(self, most):
        return "".join(chr(self.random.choice([self.random.randint(32, 126), self.random.randint(0xA0, 0x2FFF)]))
                       for _ in range(self.random.randint(0, most))).encode()

    def garbage(self):
        return bytes(c for c in self.random.randbytes(self.random.randint(1, 12)) if c not in OF_THE_LINE)

    def control_sequence(self):
        body = bytes(self.random.choices(b"0123456789;?<>=! ", k=self.random.randint(0, 8)))
        return b"\x1b[" + body + bytes(self.random.choices(b"ABCDHFMRcmnrtuy~\x1b", k=1))

    def string(self):
        """A string for the terminal, half of it, or one within another."""
        return self.random.choice(INTRODUCERS) + self.text(20) + self.random.choice(ENDS)

    def paste(self):
        end = self.random.choice([b"\x1b[201~", b"\x1b[201~", b"\x1b[20", b""])
        inside = self.random.choice([b"", b"\x1b", b"\r\n", b"\x1b[A", b"\t"])
        return b"\x1b[200~" + self.text(60) + inside + self.text(10) + end

    def mouse(self):
        button = self.random.choice([0, 0, 1, 2, 35, 64, 65, 99999])
        return f"\x1b[<{button};{self.random.randint(0, 400)};{self.random.randint(0, 80)}{self.random.choice('Mm')}".encode()

    def gesture(self):
        """What one press sends."""
        kind = self.random.random()
        if kind < 0.80:
            return key_bytes(self.random.choice(PRESSES))
        makers = [self.mouse, self.paste, self.string, self.string, self.control_sequence, self.garbage,
                  lambda: b"\x1b" + key_bytes(self.random.choice(PRESSES)), lambda: self.random.choice(ANSWERS)]
        return self.random.choice(makers)()

    def send(self, data):
        """Whole, or with pauses in it: the pieces of a slow line."""
        if len(data) > 1 and self.random.random() < 0.15:
            cut = self.random.randrange(1, len(data))
            self.write(data[:cut])
            self.terminal.pump(self.random.choice([0, 0.005, 0.03, 0.12]))
            data = data[cut:] if self.random.random() < 0.8 else b""
        self.write(data)

    def write(self, data):
        """As much as the line takes: nobody reads while a pager has the terminal."""
        if data:
            self.recent.append(data)
            try:
                os.write(self.terminal.fd, data)
            except OSError:
                self.look_whether_it_left()

    def disturb(self):
        kind = self.random.random()
        if kind < 0.010:
            self.terminal.resize(self.random.randint(1, 60), self.random.randint(1, 300))
        elif kind < 0.015:
            self.signal(signal.SIGWINCH)
        elif kind < 0.020:
            self.signal(signal.SIGTSTP)
            self.signal(signal.SIGCONT)

    def signal(self, number):
        self.recent.append(signal.Signals(number).name)
        try:
            self.terminal.send_signal(number)
        except ProcessLookupError:
            self.look_whether_it_left()

    # ---- what is looked at

    def fail(self, what):
        last = "\n  ".join(repr(data) for data in self.recent)
        raise Found(f"seed {self.seed}, press {self.pressed}: {what}\nthe screen is\n{self.terminal.text}\nlast sent:\n  {last}")

    def look_whether_it_left(self):
        pid, status = os.waitpid(self.terminal.pid, os.WNOHANG)
        if not pid:
            return
        self.terminal.status = status
        if status != 0:
            self.fail(f"ended with status {status:#x}")
        self.left += 1
        self.terminal.__exit__()
        self.terminal = self.start()

    def is_leaving(self):
        """Whether it has ended after all: its last moments take a sanitizer a while."""
        left, end = self.left, time.monotonic() + 10
        while self.left == left and time.monotonic() < end:
            self.look_whether_it_left()
            time.sleep(0.05)
        return self.left > left

    def answer(self):
        """Seconds until it draws on another size: it does so whatever is typed, asked or pasted."""
        t = self.terminal
        t.drain()
        rows = t.rows - 1 if t.rows > 20 else t.rows + 1
        began, before = time.monotonic(), t.total
        t.resize(rows, t.columns)
        while t.total == before:
            if not t.pump(0.05):
                self.look_whether_it_left()
                return
            if time.monotonic() - began > 30:
                self.fail("no answer within 30 s")
        spent = time.monotonic() - began
        self.answers.append(spent)
        load = max(1.0, 2 * os.getloadavg()[0] / os.cpu_count())
        if spent > HANG_S * load * 5:
            self.fail(f"answered after {spent * 1000:.0f} ms")
        self.look_at_characters()

    def look_at_characters(self):
        for line in self.terminal.lines:
            for char in line:
                if unicodedata.category(char) in ("Cc", "Cs", "Co"):
                    self.fail(f"{char!r} is on the screen")

    def compare(self):
        """Back to the first page, where what is drawn bit by bit must be what is drawn at once."""
        t = self.terminal
        t.resize(24, 100)
        self.write(b"\x1b[201~")
        for _ in range(40):
            self.write(b"\x1b")
            t.pump(0.06)
        t.settle(0.4)
        self.look_whether_it_left()
        t = self.terminal
        before = t.lines
        t.screen = Screen(t.columns, t.rows)
        t.stream = Stream(t.screen)
        self.write(b"\x0c")
        try:
            t.wait(lambda t: "Intake" in t.lines[0])
        except AssertionError:
            if not self.is_leaving():
                self.fail("the header is not there")
            return
        t.settle(0.4)
        different = [(a, b) for a, b in zip(before, t.lines) if still(a) != still(b)]
        if len(different) > 2:  # the header's facts and a passing message may change meanwhile
            self.fail(f"drawn anew it is another screen: {different}")

    def run(self, presses):
        for self.pressed in range(1, presses + 1):
            self.send(self.gesture())
            self.disturb()
            if self.pressed % LOOK_EVERY == 0:
                self.terminal.pump(0)
                self.look_whether_it_left()
                self.answer()
            if self.pressed % COMPARE_EVERY == 0:
                self.compare()
        self.compare()

    def leave(self):
        self.write(b"q")
        code = self.terminal.exit_code()
        if code != 0:
            self.fail(f"left with {code}")

    def summary(self):
        spent = sorted(self.answers)
        at = lambda share: spent[min(len(spent) - 1, int(len(spent) * share))] * 1000  # noqa: E731
        return (f"seed {self.seed}: {self.pressed} presses, left by itself {self.left} times; {len(spent)} answers: "
                f"median {at(0.5):.0f} ms, 99 % {at(0.99):.0f} ms, slowest {at(1):.0f} ms")


def still(line):
    """A line without what time changes in it."""
    return "".join("0" if char.isdigit() else char for char in line).replace("00", "0")
