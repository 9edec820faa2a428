"""What every test may import, whichever conftest.py is nearest: places, and waiting with a deadline."""

import os
import pathlib
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")


def wait_until(condition, seconds=60, pause=0.05):
    """Polls until the condition's value is true and returns it; fails when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            pytest.fail(f"not so after {seconds} s: {getattr(condition, '__doc__', None) or condition}")
        time.sleep(pause)
