"""Shapes of files through the whole pipeline at once: it says of each what `check` says, word for word."""

import pytest

from test_pipeline import Vendor, violations
from support import ROOT

FOLDER = ROOT / "tests" / "fixtures" / "shapes"
# What a file is made of. What is wrong with one value is judged by the same rules in any of them.
SHAPES = """
    semicolon-crlf tab pipe cr-alone line-ends-mixed sep-quoted sep-blanks-around sep-other-than-header bom-twice
    utf16be utf16-lines utf16-odd utf16-lone-surrogate windows-1252 gzip excel-new html json
    names-over-lines unknown-columns empty-rows-above commas-alone header-again ctrl-z header-alone empty
    surplus-empty short other-delimiter-in-records open-quotes-twice open-quote-utf16 several-lines two-in-one-value
    title-line title-that-is-a-name missing-best-name column-twice export-swiss-utf16-tabs
""".split()


def own(body, mark):
    """The same file with SKUs that no other has, in whatever encoding."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        body = body.replace("KS-".encode(encoding), f"{mark}-".encode(encoding))
    return body


@pytest.fixture(scope="module")
def files():
    return {name: (FOLDER / f"VEND001_{name}.csv").read_bytes() for name in SHAPES}


def test_what_check_says(stack, database, run_intake, new_vendor, tmp_path, files):
    placed = {}
    for name, body in files.items():
        vendor = Vendor(stack, database, run_intake, new_vendor(), tmp_path)
        path = tmp_path / f"{vendor.vendor_id}_20260402_080000.csv"
        path.write_bytes(own(body, vendor.vendor_id))
        placed[name] = vendor, path, vendor.put(path.name, path.read_bytes())
    checked = {one["file"]: one for one in run_intake(
        "check", "--json", *(path for _, path, _ in placed.values())).json}
    for name, (vendor, path, (key, version)) in placed.items():
        expected = checked[str(path)]
        row = vendor.finished(key, version, 120)
        assert row["status"] == expected["status"], name
        assert (row["total_records"], row["valid_records"]) == (
            expected["total_records"], expected["valid_records"]), name
        refused = expected["refused"] or {"code": None, "message": None}
        assert row["failure_code"] == refused["code"], name
        assert refused["message"] is None or refused["message"] in row["failure_reason"], name
        assert violations(vendor.errors(row["upload_id"])) == violations(expected["errors"]), name
        assert len(vendor.products(row["upload_id"])) == expected["valid_records"], name
