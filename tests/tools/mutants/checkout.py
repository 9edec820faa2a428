"""A copy of the checkout under var/mutants: what git knows of it, built once. Faults are planted there alone."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time

BUILD = "build"
PLACE = pathlib.Path("var", "mutants")
NOT_COPIED = shutil.ignore_patterns("images", "lint", "coverage*")


class Late(Exception):
    """The time for a fault is over."""


def files_of(root):
    """What git keeps of the checkout, and what is new in it."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                            capture_output=True, check=True)
    return sorted(name for name in listed.stdout.decode().split("\0") if name and (root / name).is_file())


class Checkout:
    """The copy; use it as a context: its stack and its files go with it."""

    def __init__(self, root):
        self.root = root
        self.place = root / PLACE
        self.tree = self.place / "tree"
        self.stack_runs = False
        self.deadline = None
        self.jobs = str(os.cpu_count() or 1)

    def __enter__(self):
        self.remove()
        try:
            self.copy()
        except BaseException:
            self.remove()
            raise
        return self

    def copy(self):
        self.tree.mkdir(parents=True)
        for name in files_of(self.root):
            target = self.tree / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.root / name, target, follow_symlinks=False)
        if (self.root / BUILD).is_dir():
            shutil.copytree(self.root / BUILD, self.tree / BUILD, ignore=NOT_COPIED, symlinks=True)
        (self.tree / "var").mkdir()
        for name in ("venv", "servers", "elasticmq"):
            if (self.root / "var" / name).exists():
                (self.tree / "var" / name).symlink_to((self.root / "var" / name).resolve())
        (self.tree / "var" / "deps.stamp").touch()

    def __exit__(self, *_):
        self.deadline = None
        try:
            self.drop_stack()
        finally:  # a second signal may come meanwhile
            self.remove()

    def remove(self):
        if (self.tree / "var" / "stack").exists():
            self.stack("drop")
        if self.place.exists():
            shutil.rmtree(self.place)

    def seconds_left(self, most):
        if self.deadline is None:
            return most
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Late
        return min(most, left)

    def run(self, *command, seconds=600, **environment):
        """Exit code and output; None for a code when the seconds are over. Nothing of it is left running."""
        process = subprocess.Popen(
            list(map(str, command)), cwd=self.tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
            env=dict(os.environ, BUILD=BUILD, CCACHE_NOHASHDIR="1", PYTHONDONTWRITEBYTECODE="1", **environment))
        try:
            output, _ = process.communicate(timeout=self.seconds_left(seconds))
            return process.returncode, output.decode(errors="replace")
        except subprocess.TimeoutExpired:
            return None, f"after {seconds:.0f} s"
        finally:
            end_session(process.pid)
            process.wait()
            process.stdout.close()

    def make(self, *targets):
        return self.run("make", "-s", f"-j{self.jobs}", f"BUILD={BUILD}", *targets)

    def stack(self, word):
        return self.run("tests/tools/stack", word, seconds=120, INTAKE_STACK_LASTS="0")

    def stack_up(self):
        """Starts the stack, or gives the one that runs the functions as they are built now."""
        self.stack_runs = True
        return self.stack("up")

    def drop_stack(self):
        if self.stack_runs:
            self.stack("drop")
        self.stack_runs = False

    @contextlib.contextmanager
    def planted(self, fault):
        """The fault is in the copy's file within this context."""
        path = self.tree / fault.path
        text = path.read_text()
        path.write_text(text[:fault.start] + fault.text + text[fault.end:])
        try:
            yield
        finally:
            path.write_text(text)

    @contextlib.contextmanager
    def repaired(self, fault):
        """Within this context the fault that is planted is not there."""
        path = self.tree / fault.path
        text = path.read_text()
        path.write_bytes((self.root / fault.path).read_bytes())
        try:
            yield
        finally:
            path.write_text(text)


def end_session(session):
    """Ends what is left of a session: a program may have outlived the test that began it."""
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                os.kill(int(entry.name), signal.SIGKILL)
        except OSError:
            continue
