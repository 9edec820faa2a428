"""Starting processes that outlive us, knowing them again, and ending no others."""

import os
import pathlib
import signal
import socket
import subprocess
import time


def wait_until(condition, seconds, pause=0.02):
    """Polls a condition until it holds or the time is over; returns whether it held."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def free_port(preferred=None):
    """The preferred port of the loopback address where nobody listens on it, else any free one."""
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise OSError("no free port")


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start_time(pid):
    """Clock ticks since boot, as text, or None: with the pid it names a process for good."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in ("Z", "X") else fields[19]


def boot_id():
    return pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def start(arguments, log, **options):
    """Starts a process in a session of its own; returns its identity for alive() and stop()."""
    with open(log, "ab") as output:
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=output, start_new_session=True, **options)
    return {"pid": process.pid, "started": start_time(process.pid), "boot": boot_id()}


def alive(identity):
    if not identity or identity["boot"] != boot_id():
        return False
    with_pid = identity["pid"]
    try:
        os.waitpid(with_pid, os.WNOHANG)
    except ChildProcessError:
        pass
    return identity["started"] is not None and start_time(with_pid) == identity["started"]


def stop(identity, gently, seconds):
    """Ends one process that start() made: with the gentle signal, and in the end by force."""
    for number, patience in ((gently, seconds), (signal.SIGKILL, 5)):
        if not alive(identity):
            return
        try:
            os.kill(identity["pid"], number)
        except ProcessLookupError:
            return
        wait_until(lambda: not alive(identity), patience)


def find_marked(mark):
    """Pids of processes that have NAME=VALUE in the environment they were started with."""
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue


def stop_marked(mark):
    """Ends what inherited our mark: functions that lost their emulator."""
    for number, patience in ((signal.SIGTERM, 1), (signal.SIGKILL, 5)):
        for pid in find_marked(mark):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        wait_until(lambda: not any(find_marked(mark)), patience)
