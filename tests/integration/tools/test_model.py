"""The model of the protocol: it holds, it sees planted faults, and its steps are those of the code."""

import re
import shutil
import subprocess
import sys

import pytest

from support import ROOT

MODEL = ROOT / "tests" / "model"


def test_the_short_form_holds_and_sees_its_faults():
    if not shutil.which("spin"):
        pytest.skip("spin is not installed")
    done = subprocess.run([sys.executable, MODEL / "check.py", "--short"], capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 scenarios, 3 planted faults: 0 failed" in done.stdout


def test_each_step_is_in_the_model_and_in_the_code():
    named = set()
    for path in (ROOT / "core").rglob("*.c"):
        named |= set(re.findall(r"/\* tests/model: (\w+) \*/", path.read_text()))
    model = (MODEL / "ledger.pml").read_text()
    labels = set(re.findall(r"^(\w+_\w+):", model, re.M))
    comments = set(re.findall(r"/\* ((?:marks|outbox|report|notice|sweep)\w*)[: ]", model))
    assert named == labels | comments
