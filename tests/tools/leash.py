"""What a test run starts ends with it, also with one that is killed or interrupted: a process of its own waits at the
other end of a pipe, and undoes what is left when that closes."""

import functools
import itertools
import json
import os
import subprocess
import sys
import threading

_numbers = itertools.count()
_writing = threading.Lock()


@functools.cache
def _holder():
    """In a session of its own: Ctrl-C is not for it."""
    return subprocess.Popen([sys.executable, os.path.abspath(__file__)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True, text=True)


def _tell(number, command):
    with _writing:
        print(json.dumps([number, command]), file=_holder().stdin, flush=True)


def undone_by(*command):
    """From now on the command runs when this process is gone, unless it is told that it is `done` with the number."""
    number = next(_numbers)
    _tell(number, [str(word) for word in command])
    return number


def done(number):
    _tell(number, None)


def main():
    left = {}
    for line in sys.stdin:
        number, command = json.loads(line)
        left[number] = command
    for _, command in sorted(left.items(), reverse=True):
        if command:
            subprocess.run(command, stdin=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    main()
