"""The keys of the screens that need AWS: dead letters and their messages, plans, logs, doctor."""

import pytest

from dead_letters_rig import letter, proxy, queues  # noqa: F401
from key_walk import press_every_key


@pytest.fixture
def letters(live, queues):
    """The console over a queue of the test's own whose three messages were peeked."""
    queues.seed(letter(n) for n in range(1, 4))
    t = live(60, 160, **{**queues.env, "INTAKE_ERROR_DLQ": queues.dead_name, "PAGER": "cat", "EDITOR": "true",
                         "SQS_ERROR_QUEUE_URL": queues.source})
    t.wait("role operator")
    t.press("4")
    t.wait(f"{queues.dead_name} ")
    t.press("P")
    t.wait("each receive count + 1")
    t.press("y")
    t.wait("REC_00003")
    t.press("esc", "esc")
    t.wait(lambda t: t.lines[2].startswith(" Uploads"))
    return t


def goes(t, queues, *keys):
    """Opens the screen behind these keys, each when what it acts on is in sight."""
    waits = {"4": f"{queues.dead_name} ", "enter": "REC_0000", "R": "Receive the queue", "y": "press A to apply"}

    def open():
        for key in keys:
            t.press(key)
            t.wait(waits.get(key, "Intake"))
            t.settle(0.02)
    return open


@pytest.mark.slow
@pytest.mark.parametrize("keys", [["4"], ["4", "enter"], ["4", "enter", "enter"], ["4", "enter", "R", "y"]],
                         ids=["dead-letters", "letters", "letter", "plan"])
def test_every_key_of_dead_letters_is_pressed(letters, queues, keys):
    t = letters
    pressed = press_every_key(t, goes(t, queues, *keys))
    if keys[-1] == "y":
        assert {"A", "C", "G", "ctrl-d", "ctrl-u", "ctrl-r", "c"} <= pressed
    t.press("q")
    assert t.exit_code() == 0
    assert queues.depth(queues.dead) == (3, 0) and queues.depth(queues.source) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("key", ["6", "7"], ids=["logs", "doctor"])
def test_every_key_is_pressed_with_aws_up(live, queues, key):
    t = live(60, 160, PAGER="cat", EDITOR="true")
    t.wait("role operator").wait("aws ok")
    press_every_key(t, goes(t, queues, key))
    t.press("q")
    assert t.exit_code() == 0
