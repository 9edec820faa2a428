"""The template, judged by a linter that is not ours and by what the console expects of it."""

import pathlib
import re
import subprocess
import sys

import pytest

from support import ROOT

TEMPLATE = ROOT / "lambda" / "template.yaml"


@pytest.mark.slow
def test_cfn_lint_has_nothing_to_say():
    linter = pathlib.Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([linter, TEMPLATE], text=True, capture_output=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_it_fits_into_a_bucket_object():
    assert TEMPLATE.stat().st_size <= 1_000_000


def test_outputs_are_those_that_the_settings_know():
    outputs = set(re.findall(r"^  (\w+):$", TEMPLATE.read_text().partition("\nOutputs:")[2],
                             re.MULTILINE))
    rows = re.findall(r'\{("\w+"|NULL),\s*"\w+",\s*"(\w+)"', (ROOT / "core/pipeline/settings.c").read_text())
    assert rows and {output for _, output in rows} <= outputs


def test_policies_name_no_action_that_only_the_emulator_knows():
    assert not re.search(r"sqs:\w+Batch", TEMPLATE.read_text())


def test_every_file_below_uploads_is_an_event():
    filters = re.search(r"S3Key:\n +Rules:\n((?: +(?:- Name|Value): \S+\n)+)", TEMPLATE.read_text())
    assert filters[1].split() == ["-", "Name:", "prefix", "Value:", "uploads/"]
