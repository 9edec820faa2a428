"""A console over a history of its own: a PostgreSQL cluster with generated uploads, and no AWS at all."""

import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

from history import History, PROGRAM  # noqa: E402
from sql_cluster import Cluster  # noqa: E402
from terminal import Terminal  # noqa: E402


@pytest.fixture(scope="session")
def cluster():
    one = Cluster()
    yield one
    one.remove()


@pytest.fixture(scope="session")
def history(cluster):
    return History(cluster)


@pytest.fixture
def console(history, tmp_path):
    """console(rows, columns, *arguments, env={}, user="operator"): a Terminal with the program in it."""
    opened = []

    def start(rows=24, columns=80, *arguments, env=None, user="operator"):
        whole = history.environment(tmp_path, user)
        whole.update(env or {})
        terminal = Terminal([PROGRAM, *arguments], rows, columns, whole, cwd=tmp_path)
        opened.append(terminal)
        return terminal

    yield start
    for terminal in opened:
        terminal.__exit__()
