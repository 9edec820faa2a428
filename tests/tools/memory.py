"""A folder in memory for what is dropped when the tests end: thousands of small files, which cost a disk more than their data."""

import os
import pathlib
import re

FOLDER = pathlib.Path("/dev/shm")
ROOM = 4 << 30  # bytes: more than the clusters of all workers have taken


def has_room():
    """Whether there is such a folder, and memory behind it; a container often has some 64 MiB of it."""
    try:
        free = os.statvfs(FOLDER)
        known = re.search(r"^MemAvailable: +(\d+) kB$", pathlib.Path("/proc/meminfo").read_text(), re.MULTILINE)
    except OSError:
        return False
    return (os.access(FOLDER, os.W_OK) and free.f_bavail * free.f_frsize >= ROOM
            and known is not None and int(known[1]) * 1024 >= 2 * ROOM)


def folder(otherwise):
    return FOLDER if has_room() else pathlib.Path(otherwise)
