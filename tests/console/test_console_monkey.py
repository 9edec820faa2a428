"""Random keys, mouse events, pastes and resizes, read-only: no crash, no hang, no garbled terminal."""

import os
import random
import signal

import pytest

from history import NEWEST_ID

KEYS = (["up", "down", "left", "right", "pgup", "pgdn", "home", "end", "enter", "esc", "tab", "backtab", "f1", "f5",
         "backspace", "space", "ctrl-l", "ctrl-r", "ctrl-a", "ctrl-e", "ctrl-u", "ctrl-w", "ctrl-k"]
        + [chr(c) for c in range(33, 127)])
ANSWERS = [b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\", b"\x1b]11;rgba:0/0/0/0\x07", b"\x1b]11;rgb:12",
           b"\x1b]11;" + b"f" * 99 + b"\x07"]
COUNT = int(os.environ.get("MONKEY_KEYS", "3000"))


def noise(random_source):
    kind = random_source.random()
    if kind < 0.03:
        button = random_source.choice([0, 64, 65])
        return f"\x1b[<{button};{random_source.randint(1, 120)};{random_source.randint(1, 40)}M".encode()
    if kind < 0.04:
        text = "".join(chr(random_source.randint(32, 0x3000)) for _ in range(random_source.randint(1, 80)))
        return b"\x1b[200~" + text.encode("utf-8", "replace") + b"\x1b[201~"
    if kind < 0.05:
        return bytes(random_source.randrange(128, 256) for _ in range(3))
    if kind < 0.06:
        return b"\x1b[" + bytes(random_source.choices(b"0123456789;?<>ABCDHFmMnprstu~", k=4)) + b"~"
    if kind < 0.065:
        answer = random_source.choice(ANSWERS)
        return answer[random_source.randrange(len(answer)):] if random_source.random() < 0.5 else answer
    return None


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_monkey_finds_nothing(console, seed):
    source = random.Random(seed)
    with console(24, 100, "--read-only", env={"PAGER": "true"}) as t:
        t.wait(NEWEST_ID)
        for step in range(COUNT):
            bytes_now = noise(source)
            if bytes_now is not None:
                os.write(t.fd, bytes_now)
            else:
                key = source.choice(KEYS)
                if key == "q":
                    continue
                t.press(key)
            if source.random() < 0.01:
                t.resize(source.randint(4, 60), source.randint(10, 300))
            if step % 20 == 0:
                t.pump(0.01)
                pid, status = os.waitpid(t.pid, os.WNOHANG)
                assert pid == 0, f"ended at step {step} with {status}; the screen is\n{t.text}"
        t.resize(24, 100)
        os.kill(t.pid, signal.SIGWINCH)
        for _ in range(40):
            t.press("esc")
        t.settle(0.3)
        t.press("ctrl-l")
        t.wait(lambda t: "Intake" in t.lines[0] and "READ-ONLY" in t.lines[0])
        t.wait(lambda t: t.lines[2].startswith(" Uploads"))
        t.press("q")
        assert t.exit_code() == 0
