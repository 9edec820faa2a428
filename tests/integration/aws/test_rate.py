"""The adaptive retry mode's rate, judged by botocore's own limiter at the same times."""

import os
import random
import subprocess

import pytest
from botocore.retries import adaptive, bucket, throttling
from support import BUILD


class Clock:
    now = 0.0

    def current_time(self):
        return self.now


class Detector:
    def is_throttling_error(self, throttled):
        return throttled


def theirs(events):
    """As botocore.retries.adaptive.register_retry_handler puts it together."""
    clock = Clock()
    clock.now = events[0][0] / 1000
    tokens = bucket.TokenBucket(max_rate=1, clock=clock)
    limiter = adaptive.ClientRateLimiter(
        throttling.CubicCalculator(starting_max_rate=0, start_time=clock.now),
        adaptive.RateClocker(clock), tokens, Detector(), clock)
    answers = []
    for ms, what in events:
        clock.now = ms / 1000
        limiter.on_receiving_response(throttled=what == "t")
        answers.append(tokens.max_rate)
    return answers


def ours(lines, word):
    run = subprocess.run([BUILD / "tests/aws_probe_sign_in", "rate"], text=True, capture_output=True, timeout=30,
                         input=lines, env={"PATH": os.environ["PATH"]})
    return [float(line.split()[1]) for line in run.stdout.splitlines() if line.startswith(word)]


@pytest.mark.parametrize("seed", range(12))
def test_the_rate_is_botocores(seed):
    pick = random.Random(seed)
    ms, events = 1_700_000_000_000 + pick.randrange(1000), []
    for _ in range(200):
        ms += pick.choice([1, 20, 130, 700])
        events.append((ms, "t" if pick.random() < 0.1 else "f"))
    rates = ours("".join(f"{ms} {what}\n" for ms, what in events), "RATE")
    assert rates == pytest.approx(theirs(events), rel=1e-3, abs=1e-4)


def test_nothing_waits_before_a_service_throttles_and_then_it_does():
    steady = "".join(f"{ms} {what}\n" for ms in range(1000, 3000, 50) for what in ("s", "f"))
    waits = ours(steady + "3000 t\n" + "3000 s\n" * 30, "WAIT")
    assert waits[:40] == [0] * 40
    assert waits[-1] > 0
