"""What a key costs in bytes on the line; what it costs in time is tests/bench/console.py."""

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
