"""Random keys, mouse events, broken sequences, pastes without an end, signals and resizes: no crash, no hang, no
garbled screen, nothing written. `make monkey` presses many more of them in a program with sanitizers."""

import os

import pytest

from monkey import Monkey

COUNT = int(os.environ.get("MONKEY_KEYS") or "400")
SEEDS = [int(seed) for seed in (os.environ.get("MONKEY_SEED") or "1 2").split()]
WRITTEN = ("SELECT (SELECT count(*) FROM audit_log), (SELECT count(*) FROM notifications), "
           "(SELECT md5(string_agg(v::text, ',' ORDER BY vendor_id)) FROM vendors v), "
           "(SELECT count(*) FROM upload_history)")


def sanitizer_logs(folder):
    return "\n".join(path.read_text(errors="replace") for path in sorted(folder.glob("sanitizer.*")))


@pytest.mark.slow
@pytest.mark.timeout(300 + COUNT // 10)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_monkey_finds_nothing(console, history, tmp_path, seed):
    """Of even seeds one who may write, read-only; of odd ones a viewer."""
    written = history.execute(WRITTEN).fetchone()
    options = f"log_path={tmp_path / 'sanitizer'}"
    env = {"PAGER": "true", "EDITOR": "true", "VISUAL": "true", "BROWSER": "true", "ASAN_OPTIONS": options,
           "UBSAN_OPTIONS": options + ":print_stacktrace=1"}
    arguments, user = (["--read-only"], "operator") if seed % 2 == 0 else ([], "viewer")

    def start():
        terminal = console(24, 100, *arguments, env=env, user=user)
        return terminal.wait("Uploads")  # which columns it shows is what the presses before made of it

    monkey = Monkey(start, seed)
    try:
        monkey.run(COUNT)
        monkey.leave()
    finally:
        assert sanitizer_logs(tmp_path) == ""
        print(monkey.summary())
    assert history.execute(WRITTEN).fetchone() == written
