"""The sample vendors' files: what the README and the demo show, and what they promise to contain."""

import pathlib
import subprocess

import pytest

from harness import model
from support import ROOT

SAMPLES = sorted((ROOT / "tests" / "fixtures" / "samples").glob("*.csv"))
TYPES = {"MISSING_REQUIRED_FIELDS", "INVALID_PRICE", "INVALID_STOCK", "FIELD_LENGTH_EXCEEDED",
         "INVALID_CATEGORY", "DUPLICATE_SKU", "DUPLICATE_VENDOR_PRODUCT_ID", "INVALID_VALUE"}


def test_between_them_they_break_every_rule_and_one_is_clean_and_one_refused(run_intake):
    files = run_intake("check", "--json", *SAMPLES, code=1).json
    outcome = {pathlib.Path(one["file"]).name: one for one in files}
    assert outcome["VEND001_20260301_090000.csv"]["status"] == "completed"
    assert outcome["VEND001_20260301_090000.csv"]["valid_records"] == 40
    assert outcome["VEND003_20260302_083000.csv"]["refused"]["code"] == "MISSING_COLUMN"
    assert {error["error_type"] for one in files for error in one["errors"]} == TYPES
    assert {one["vendor_id"] for one in files} == {"VEND001", "VEND002", "VEND003"}


@pytest.mark.alone
def test_the_demo_without_a_terminal_shows_the_uploads_and_sends_each_file_once(stack, database):
    for _ in range(2):
        done = subprocess.run([ROOT / "tests" / "tools" / "stack", "demo"], text=True, cwd=ROOT,
                              env=stack.process_environment, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert all(done.stdout.count(path.name) == 1 for path in SAMPLES), done.stdout
    for path in SAMPLES:
        compare_products(database, path)


def compare_products(database, path):
    """Each valid record of a sample is a product with the fourteen values of its line."""
    upload = database.execute("SELECT * FROM upload_history WHERE file_name = %s",
                              [path.name]).fetchone()
    if upload["failure_code"]:
        return
    rejected = {row["row_number"] for row in database.execute(
        "SELECT row_number FROM validation_errors WHERE upload_id = %s", [upload["upload_id"]])}
    wanted = model.products_of(upload["vendor_id"], upload["upload_id"], path.read_bytes(), rejected)
    assert len(wanted) == upload["valid_records"]
    found = {row["row_number"]: row for row in database.execute(
        "SELECT * FROM products WHERE upload_id = %s", [upload["upload_id"]])}
    for row, values in wanted.items():
        assert {name: found[row][name] for name in values} == values
