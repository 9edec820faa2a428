"""A selection that no message meets says what was there, and what is near to it."""

import pytest

from dead_letters_rig import letter, queues  # noqa: F401


@pytest.fixture
def three(queues):
    queues.seed([letter(1, "VEND001"), letter(2, "VEND002", "INVALID_STOCK"), letter(3, "VEND002")])
    return queues


@pytest.mark.parametrize("command", [["replay"], ["discard"], ["peek"]])
@pytest.mark.parametrize("words, said", [
    (["--vendor", "VEND0022"], "--vendor VEND0022 matches none of 3 messages received; did you mean VEND002?"),
    (["--type", "INVALID_PRIZE"], "--type INVALID_PRIZE matches none of 3 messages received; did you mean INVALID_PRICE?"),
    (["--upload", "UPLOAD_20260101_000000_VEND003"], "--upload UPLOAD_20260101_000000_VEND003 matches none of 3"),
    (["--vendor", "VEND001", "--type", "INVALID_STOCK"], "no message of 3 received matches all of the selection"),
])
def test_what_matches_nothing_is_said(run_intake, three, command, words, said):
    yes = ["--yes"] if command != ["peek"] else []
    done = run_intake("dlq", *command, three.dead_name, *words, *yes, "--json", env=three.env)
    assert said in done.stderr
    assert done.returncode == 3
    assert three.depth(three.dead) == (3, 0)


@pytest.mark.parametrize("words", [["--vendor", "vend002"], ["--type", "invalid_stock"], ["--vendor", "VEND020,VEND002"]])
def test_what_matches_something_is_not(run_intake, three, words):
    done = run_intake("dlq", "peek", three.dead_name, *words, "--json", env=three.env, code=0)
    assert done.json and "matches none" not in done.stderr
