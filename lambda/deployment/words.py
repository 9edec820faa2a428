"""What is said to a person, and how a failure is told: what failed, what stands, the way on."""

import sys

OK, FAILED, USAGE, PARTLY, REFUSED, INTERRUPTED = 0, 1, 2, 3, 4, 130


class Failure(Exception):
    """One line that says what failed, and one that says the way on."""

    def __init__(self, what, way="", code=FAILED):
        super().__init__(what)
        self.what, self.way, self.code = what, way, code


def refused(what, way=""):
    return Failure(what, way, REFUSED)


def say(text=""):
    """Progress and advice."""
    print(text, file=sys.stderr, flush=True)


def show(text=""):
    """A result."""
    print(text, flush=True)


def shown(text, most=400):
    """Text of others on one line, without what a terminal would act upon."""
    line = " ".join(str(text).split())
    clean = "".join(c if c.isprintable() else "?" for c in line)
    return clean if len(clean) <= most else clean[:most - 3] + "..."


def table(rows):
    """Rows as lines, columns below each other; the last is not padded."""
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]) - 1)] if rows else []
    return ["  ".join([str(cell).ljust(width) for cell, width in zip(row, widths)] + [str(row[-1])]).rstrip()
            for row in rows]


def is_terminal():
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question):
    """What is typed on the terminal; nothing at its end."""
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()
