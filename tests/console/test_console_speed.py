"""What a key costs: bytes on the line, and time until the screen is right."""

import time

import pytest

from history import NEWEST_ID


def test_a_moved_cursor_costs_less_than_a_kibibyte(console):
    with console(50, 200) as t:
        t.wait(NEWEST_ID).settle(0.4)
        worst = 0
        for key in ["down"] * 60 + ["up"] * 10:
            before = t.total
            t.press(key)
            t.pump(0.2)
            t.settle(0.02)
            worst = max(worst, t.total - before)
        assert worst < 1024


@pytest.mark.alone
def test_keys_are_quick(console):
    with console(50, 200) as t:
        t.wait(NEWEST_ID).settle(0.4)
        times = []
        for i in range(300):
            t.settle(0.002)
            began = time.perf_counter()
            t.press("down" if i % 100 < 50 else "up")
            t.pump(1)
            times.append(time.perf_counter() - began)
        times.sort()
        assert times[len(times) // 2] < 0.005
