"""Named points of the functions (core/base/point.h): deaths at them, and clocks that are wrong.

A library that only the harness preloads (tests/tools/preload/points.c) does both.
"""

import collections
import pathlib
import re
import struct
import threading

ROOT = pathlib.Path(__file__).resolve().parents[3]


def both(*effects):
    return [moment + effect for effect in effects for moment in ("before ", "after ")]


# Of whoever holds a lease, and of every command that is audited.
OF_A_LEASE_TAKEN, OF_A_LEASE_DROPPED = both("a lease is taken"), both("a lease is dropped")
OF_AN_AUDIT = both("an action is audited")

# The points of dead letters: of a replay that sends and deletes, of one that takes up a dead one's work,
# of a discard, and of a queue that moves as a whole.
OF_A_REPLAY = [*both("intents of a replay are noted", "dead letters are sent"), "after sent letters are noted",
               *both("dead letters are deleted", "replays are recorded", "acknowledgements of what left are ended",
                     "a journal is settled")]
OF_A_LONG_REPLAY = both("dead letters are hidden for longer")
OF_A_RESUMED_REPLAY = both("letters of a dead replay are deleted", "letters of a dead replay are returned")
OF_A_DISCARD = both("discarded letters are filed")
OF_A_MOVE_TASK = both("a move task is started")


def names():
    """Every point there is, as the sources name it."""
    return sorted(name for floor in ("core", "lambda") for path in (ROOT / floor).rglob("*.c")
                  for name in re.findall(r'\bpoint_reached\("([^"]+)"\)', path.read_text()))


def of_uploads():
    """Those that uploads come to, whatever becomes of them; a replay's are met by replays alone."""
    return sorted({*names()} - {*OF_A_REPLAY, *OF_A_LONG_REPLAY, *OF_A_RESUMED_REPLAY, *OF_A_DISCARD, *OF_A_MOVE_TASK})


class Points:
    """folder: of one rig; build: where the library is."""

    def __init__(self, folder, build):
        self.folder = folder / "points"
        self.folder.mkdir()
        self.library = build / "tests" / "points.so"
        if not self.library.exists():
            raise FileNotFoundError("%s: `make %s` makes it" % (self.library, self.library))

    def environment(self, function):
        clock = self._clock(function)
        if not clock.exists():  # others may have it mapped
            new = clock.with_name("%s.%d" % (clock.name, threading.get_ident()))
            new.write_bytes(struct.pack("=q", 0))
            new.rename(clock)
        return {"LD_PRELOAD": str(self.library), "INTAKE_POINTS": str(self.folder),
                "INTAKE_CLOCK": str(self._clock(function))}

    def _clock(self, function):
        return self.folder / ("clock of " + function)

    def shift_clock(self, function, milliseconds):
        """Its processes, those that run and those to come, take it for later than it is."""
        with open(self._clock(function), "r+b") as clock:
            clock.write(struct.pack("=q", milliseconds))

    def arm(self, name):
        """The next process that comes to the point dies there."""
        (self.folder / name).touch()

    def let_pass(self, name, milliseconds):
        """For the next process that comes to the point as much time passes there."""
        (self.folder / (name + ".new")).write_text(str(milliseconds))
        (self.folder / (name + ".new")).rename(self.folder / name)

    def is_armed(self, name):
        return (self.folder / name).exists()

    def disarm(self):
        """No point kills any more. Answers the names of those that had not killed."""
        left = [name for name in names() if self.is_armed(name)]
        for name in left:
            (self.folder / name).unlink(missing_ok=True)
        return left

    def reached(self):
        """How often each point was reached."""
        path = self.folder / "reached"
        return collections.Counter(path.read_text().splitlines() if path.exists() else ())
