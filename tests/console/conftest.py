"""A console over a history of its own (a PostgreSQL cluster with generated uploads and no AWS at all), and
one over the local stack."""

import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

from history import History, PROGRAM  # noqa: E402
from sql_cluster import Cluster  # noqa: E402
from terminal import Terminal  # noqa: E402

HEADER = ("vendor_product_id,product_name,category,subcategory,description,sku,brand,price,compare_at_price,"
          "stock_quantity,unit,weight_kg,dimensions_cm,image_url\n")


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


@pytest.fixture
def live(stack, tmp_path):
    """live(rows, columns, role="operator", arguments=[]): the console over the local stack."""
    opened = []

    def start(rows=40, columns=150, role="operator", arguments=(), **env):
        environment = stack.environment(role, **{"XDG_STATE_HOME": str(tmp_path / "state"), **env})
        terminal = Terminal([PROGRAM, *arguments], rows, columns, environment, cwd=tmp_path)
        opened.append(terminal)
        return terminal

    yield start
    for terminal in opened:
        terminal.__exit__()


@pytest.fixture
def upload(run_intake, tmp_path, new_vendor):
    """Sends a file with one good record and one of an unknown category; gives the upload's id."""
    def send(category="Hats"):
        vendor = new_vendor()
        path = tmp_path / f"{vendor}_20260401_080000.csv"
        path.write_text(HEADER + f"P-1,Good,Books,,,{vendor}-1,,9.99,,3,,,,\nP-2,Bad,{category},,,{vendor}-2,,9.99,,3,,,,\n")
        done = run_intake("submit", path, "--wait", "--json", code=3)
        return done.json[0]["upload_id"]

    return send
