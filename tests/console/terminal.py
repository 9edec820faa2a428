"""A real program in a real pty, seen through a terminal emulator. Waits on what the screen shows."""

import errno
import fcntl
import functools
import os
import pty
import re
import select
import signal
import struct
import termios
import time

import pyte
from wcwidth import wcwidth

KEYS = {
    "enter": "\r",
    "esc": "\x1b",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pgup": "\x1b[5~",
    "pgdn": "\x1b[6~",
    "f1": "\x1bOP",
    "f5": "\x1b[15~",
    "tab": "\t",
    "backtab": "\x1b[Z",
    "space": " ",
    "backspace": "\x7f",
}


def key_bytes(name):
    if name in KEYS:
        return KEYS[name].encode()
    if name.startswith("ctrl-"):
        return bytes([ord(name[5]) - 96])
    return name.encode()


class Cells(dict):
    """The cells of one look, by their character."""

    def __init__(self, look):
        super().__init__()
        self.look = look

    def __missing__(self, char):
        made = self[char] = self.look._replace(data=char)
        return made


@functools.lru_cache(maxsize=4096)
def narrow(text):
    """Whether each character has a cell of its own, and one cell."""
    return text.isascii() or all(wcwidth(char) == 1 for char in text)


@functools.lru_cache(maxsize=4096)
def parameters(text):
    """The numbers of a sequence, as pyte reads them."""
    return [min(int(number or 0), 9999) for number in text.split(";")]


class Screen(pyte.Screen):
    """pyte and what xterm-256color promises beyond it: scrolling in place, repetition, tabs backward.

    Plain text is drawn as pyte draws it, a run at a time, and only lines that changed are rendered again:
    looking at the screen after every few bytes is most of what a test does.
    """

    shown = []
    looks = {}  # Cells
    turned = {}  # the look after a change of it

    def scroll_up(self, count=1, **_):
        self._scroll(count or 1, self.delete_lines)

    def scroll_down(self, count=1, **_):
        self._scroll(count or 1, self.insert_lines)

    def _scroll(self, count, move):
        kept = self.cursor.y, self.cursor.x
        self.cursor.y = self.margins.top if self.margins else 0
        move(count)
        self.cursor.y, self.cursor.x = kept

    def repeat(self, count=1, **_):
        self.draw(self.last * (count or 1))

    def draw(self, data):
        self.last = data[-1:]
        after = self.cursor.x + len(data)
        if after > self.columns or not (data.isprintable() and narrow(data)) or pyte.modes.IRM in self.mode \
                or data.translate(self.g1_charset if self.charset else self.g0_charset) != data:
            self.dirty.add(max(self.cursor.y - 1, 0))  # a combining character may belong to it
            return super().draw(data)
        line, attrs = self.buffer[self.cursor.y], self.cursor.attrs
        cells = self.looks.get(attrs)
        if cells is None:
            cells = self.looks[attrs] = Cells(attrs)
        line.update(zip(range(self.cursor.x, after), map(cells.__getitem__, data)))
        self.cursor.x = after
        self.dirty.add(self.cursor.y)

    def select_graphic_rendition(self, *attrs):
        change = self.cursor.attrs, attrs, pyte.modes.DECSCNM in self.mode
        if change not in self.turned:
            super().select_graphic_rendition(*attrs)
            self.turned[change] = self.cursor.attrs
        self.cursor.attrs = self.turned[change]

    @property
    def display(self):
        if len(self.shown) != self.lines:
            self.shown = [""] * self.lines
            self.dirty.update(range(self.lines))
        for y in self.dirty:
            if y < self.lines:
                self.shown[y] = self.render(y)
        self.dirty.clear()
        return self.shown[:]

    def render(self, y):
        line, blank = self.buffer[y], self.default_char
        row = [line.get(x, blank).data for x in range(self.columns)]
        text = "".join(row)
        if text.isascii():
            return text
        return "".join(char for x, char in enumerate(row) if not x or wcwidth(row[x - 1][:1]) != 2)

    def tab_back(self, count=1, **_):
        for _ in range(count or 1):
            self.cursor.x = max([stop for stop in self.tabstops if stop < self.cursor.x], default=0)


class Stream(pyte.ByteStream):
    """What a program mostly writes, text, line ends and whole sequences of numbers, is read a piece at a time;
    the rest by pyte, which takes each character for itself."""

    csi = dict(pyte.ByteStream.csi, S="scroll_up", T="scroll_down", b="repeat", Z="tab_back")
    events = pyte.ByteStream.events | {"scroll_up", "scroll_down", "repeat", "tab_back"}
    piece = re.compile(r"\x1b\[([0-9;]*)([%s])|([\r\n\b])|\x1b\(B" % re.escape("".join(csi)))  # the last: no such sets in UTF-8

    def feed(self, data):
        if not self.use_utf8:
            return super().feed(data)
        data = self.utf8_decoder.decode(data)
        at, rest = 0, super(pyte.ByteStream, self).feed
        while at < len(data):
            found = self._taking_plain_text and self.piece.match(data, at)
            if found:
                self.obey(*found.groups())
                at = found.end()
            elif self._taking_plain_text and (text := self._text_pattern.match(data, at)):
                self.listener.draw(text[0])
                at = text.end()
            else:
                rest(data[at])
                at += 1

    def obey(self, numbers, kind, control):
        if kind:
            getattr(self.listener, self.csi[kind])(*parameters(numbers))
        elif control:
            getattr(self.listener, self.basic[control])()


class Terminal:
    """`with Terminal([...]) as t:`; leaving kills what still runs."""

    def __init__(self, command, rows=24, columns=80, env=None, cwd=None, patience=30.0):
        self.rows, self.columns, self.patience = rows, columns, patience
        self.screen = Screen(columns, rows)
        self.stream = Stream(self.screen)
        self.received = b""
        self.total = 0
        self.status = None
        environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
        environment.update({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
        environment.update(env or {})
        environment = {k: v for k, v in environment.items() if v is not None}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            if cwd:
                os.chdir(cwd)
            os.execvpe(command[0], command, environment)
        self.resize(rows, columns)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
            self.status = 0
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def pump(self, timeout=0.05):
        """Reads what there is; False at the end of the program's output."""
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError as error:
            if error.errno == errno.EIO:
                return False
            raise
        if not data:
            return False
        self.received += data
        self.total += len(data)
        self.stream.feed(data)
        return True

    def press(self, *names):
        for name in names:
            os.write(self.fd, key_bytes(name))

    def type(self, text):
        os.write(self.fd, text.encode())

    def paste(self, text):
        os.write(self.fd, b"\x1b[200~" + text.encode() + b"\x1b[201~")

    @property
    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self):
        return "\n".join(self.lines)

    def drain(self):
        """What is on its way already: a screen of more than a few KiB comes in pieces."""
        while select.select([self.fd], [], [], 0.01)[0]:
            if not self.pump(0):
                return

    def wait(self, condition, what=None):
        """Until the screen holds the text, or the function of the terminal says so; then the rest of that screen."""
        holds = condition if callable(condition) else (lambda t: condition in t.text)
        end = time.monotonic() + self.patience
        while not holds(self):
            if time.monotonic() > end:
                raise AssertionError(f"never saw {what or condition!r}; the screen is\n{self.text}")
            if not self.pump():
                if holds(self):
                    break
                raise AssertionError(f"ended before {what or condition!r}; the screen is\n{self.text}")
        self.drain()
        return self

    def settle(self, quiet=0.15):
        """Until nothing more comes for a moment: for golden screens and for counting bytes."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            before = self.total
            if not self.pump(quiet) or self.total == before:
                return self
        raise AssertionError("the screen never came to rest")

    def send_signal(self, number):
        os.kill(self.pid, number)

    def exit_code(self):
        """Waits for the end; 128 + n where a signal ended it."""
        end = time.monotonic() + self.patience
        while self.status is None:
            self.pump(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
            elif time.monotonic() > end:
                raise AssertionError(f"does not end; the screen is\n{self.text}")
        while self.pump(0.02):
            if not select.select([self.fd], [], [], 0.02)[0]:
                break
        if os.WIFSIGNALED(self.status):
            return 128 + os.WTERMSIG(self.status)
        return os.WEXITSTATUS(self.status)

    def selected(self):
        """The line that the cursor of the table is on."""
        for line in self.lines:
            if line.startswith(">") or line.startswith("*>"):
                return line
        return None
