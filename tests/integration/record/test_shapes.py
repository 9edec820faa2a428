"""Small files of one property each, as spreadsheets and shop systems write them, through `check`.

tests/fixtures/shapes/index.tsv says of each what comes out: status, reason of refusal, records, valid
ones, the violations as row:TYPE:field, and words that a message must hold (all of them, in any case).
"""

import csv
import json
import os
import subprocess

import pytest

from support import BUILD, ROOT

FOLDER = ROOT / "tests" / "fixtures" / "shapes"


def shapes():
    with open(FOLDER / "index.tsv", encoding="utf-8", newline="") as index:
        return list(csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    home = str(tmp_path_factory.mktemp("home"))
    environment = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8"}
    names = [shape["file"] for shape in shapes()]
    done = subprocess.run([BUILD / "intake", "check", "--json", *names], cwd=FOLDER, env=environment,
                          capture_output=True, timeout=60)
    assert done.returncode == 1, done.stderr
    return {result["file"]: result for result in json.loads(done.stdout)}


@pytest.mark.parametrize("shape", shapes(), ids=lambda shape: shape["file"].removesuffix(".csv"))
def test_shape(verdicts, shape):
    result = verdicts[shape["file"]]
    violations = [f"{e['row_number']}:{e['error_type']}:{e['error_field'] or ''}" for e in result["errors"]]
    refused = result["refused"] or {"code": "", "message": ""}
    messages = " ".join([refused["message"], *(e["error_message"] for e in result["errors"])])
    assert result["status"] == shape["status"], messages
    assert refused["code"] == shape["refused"], messages
    assert (result["total_records"], result["valid_records"]) == (int(shape["records"]), int(shape["valid"]))
    assert ",".join(violations) == shape["violations"], messages
    for words in filter(None, shape["words of the message"].split(" & ")):
        assert words.lower() in messages.lower(), messages


def test_every_file_is_listed():
    listed = [shape["file"] for shape in shapes()]
    assert sorted(listed) == sorted(path.name for path in FOLDER.glob("*.csv"))
    assert len(listed) >= 80


def test_ignored_columns_are_told_with_what_they_look_like(verdicts):
    assert verdicts["VEND001_unknown-columns.csv"]["ignored_columns"] == [
        {"name": "Desc", "looks_like": "description"},
        {"name": "Weight (kg)", "looks_like": "weight_kg"},
        {"name": "(no name)", "looks_like": None},
    ]


def test_a_record_that_looks_like_two_is_warned_of(verdicts):
    told = {name: result["warnings"] for name, result in verdicts.items() if result["warnings"]}
    assert list(told) == ["VEND001_two-in-one-value.csv"]
    assert "lines 3 to 4 holds what looks like another one" in told["VEND001_two-in-one-value.csv"][0]
