"""The same program in tmux, which is a terminal of another make."""

import os
import shutil
import subprocess
import time

import pytest

from history import NEWEST_ID, PROGRAM


class Tmux:
    def __init__(self, folder, environment, rows, columns):
        self.socket = str(folder / "tmux")
        whole = {k: v for k, v in {**os.environ, **environment, "LC_ALL": "C.UTF-8"}.items() if v is not None}
        whole.pop("TMUX", None)
        self.whole = whole
        self.run("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), PROGRAM)

    def run(self, *arguments):
        return subprocess.run(["tmux", "-u", "-S", self.socket, *arguments], env=self.whole, text=True,
                              capture_output=True, check=True).stdout

    def text(self):
        return self.run("capture-pane", "-p")

    def wait(self, what, seconds=15):
        end = time.monotonic() + seconds
        while what not in (text := self.text()):
            assert time.monotonic() < end, f"never saw {what}; the screen is\n{text}"
        return text

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], env=self.whole, capture_output=True, check=False)


@pytest.mark.skipif(not shutil.which("tmux"), reason="no tmux on this machine")
@pytest.mark.parametrize("rows,columns", [(24, 80), (50, 200), (10, 40)])
def test_in_tmux(history, tmp_path, rows, columns):
    tmux = Tmux(tmp_path, history.environment(tmp_path), rows, columns)
    try:
        tmux.wait(NEWEST_ID[:22])
        tmux.run("send-keys", "Down")
        tmux.wait("> UPLOAD_20260102_1159")
        tmux.run("send-keys", "NPage", "Home", "j", "j")
        tmux.wait("> UPLOAD_20260102_1158")
        tmux.run("send-keys", "Enter")
        tmux.wait("partial")
        tmux.run("send-keys", "Escape")
        tmux.wait("> UPLOAD_20260102_1158")
        tmux.run("resize-window", "-x", "100", "-y", "30")
        tmux.wait("? help")
        tmux.wait("role operator")
        tmux.run("send-keys", "q")
    finally:
        tmux.close()
