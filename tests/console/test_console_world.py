"""Whatever state the world is in: the console starts, says what is down, stays quick and recovers."""

import os
import signal
import socket
import threading

import pytest

from history import NEWEST_ID, History
from sql_cluster import Cluster


def test_starts_with_everything_down_and_leaves_at_once(console):
    with console(24, 100, env={"INTAKE_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}) as t:
        t.wait("database down")
        t.wait("aws down")
        assert "Uploads" in t.text
        t.press("?")
        t.wait("On this screen")
        t.press("q", "q")
        assert t.exit_code() == 0


class Silent:
    """A server that accepts and never answers."""

    def __enter__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.kept = []
        threading.Thread(target=self.serve, daemon=True).start()
        return self.server.getsockname()[1]

    def serve(self):
        try:
            while True:
                self.kept.append(self.server.accept()[0])
        except OSError:
            pass

    def __exit__(self, *_):
        self.server.close()
        for one in self.kept:
            one.close()


def test_keys_answer_while_every_service_hangs(console):
    with Silent() as port:
        t = console(24, 100, env={"INTAKE_DATABASE_URL": f"postgresql://nobody@127.0.0.1:{port}/none",
                                  "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"})
        t.wait("Uploads")
        for _ in range(20):
            t.press("?")
            t.wait("On this screen")
            t.press("esc")
            t.wait(lambda t: "On this screen" not in t.text)
            assert "database down" not in t.text and "aws down" not in t.text  # still being waited for
        t.press("q")
        assert t.exit_code() == 0
        assert b"database down" not in t.received


def test_recovers_without_a_restart_and_says_how_old_the_data_is(console, tmp_path):
    cluster = Cluster()
    try:
        history = History(cluster, uploads=50)
        with console(24, 100, env={"INTAKE_DATABASE_URL": history.url()}) as t:
            t.wait("database ok")
            cluster.stop()
            t.wait("stale")
            t.wait("database down")
            assert NEWEST_ID in t.text
            t.press("down", "down")
            t.wait(lambda t: "_115800_" in (t.selected() or ""))
            cluster.start()
            t.wait("database ok")
            t.wait(lambda t: "stale" not in t.text)
            assert "_115800_" in t.selected()
    finally:
        cluster.remove()


def test_new_uploads_come_in_and_the_selection_stays(console, cluster):
    history = History(cluster, uploads=30)
    with console(24, 100, env={"INTAKE_DATABASE_URL": history.url()}) as t:
        t.wait(NEWEST_ID)
        t.press("down", "down", "space")
        t.wait(lambda t: "_115700_" in (t.selected() or ""))
        history.execute(
            "INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, status, upload_timestamp) "
            "VALUES ('UPLOAD_20260102_130000_VEND001', 'VEND001', 'f', 'k', 'processing', '2026-01-02 13:00:00Z')")
        t.wait("UPLOAD_20260102_130000_VEND001")
        assert "_115700_" in t.selected()
        assert any(line.startswith("*") and "_115800_" in line for line in t.lines)
        history.execute("DELETE FROM upload_history WHERE upload_id LIKE 'UPLOAD_20260102_1157%%'")
        t.wait(lambda t: "_115700_" not in t.text)
        assert t.selected()


@pytest.mark.parametrize("size", [(24, 80), (10, 40), (50, 200), (6, 20), (3, 10), (30, 120), (16, 60)])
def test_every_size(console, size):
    with console(24, 80) as t:
        t.wait(NEWEST_ID)
        t.resize(*size)
        os.kill(t.pid, signal.SIGWINCH)
        t.settle()
        if size[0] >= 10:
            t.wait("UPLOAD_2026")
            assert "operator" in t.lines[0]
        for key in ("enter", "pgdn", "?", "end", "esc", "esc", ":", "esc", "/", "esc"):
            t.press(key)
            t.settle(0.05)
        t.resize(24, 80)
        os.kill(t.pid, signal.SIGWINCH)
        t.wait(NEWEST_ID)
        t.wait(lambda t: "? help" in t.lines[-1], "the prompt is closed: esc and q together are alt-q")
        t.press("q")
        assert t.exit_code() == 0


@pytest.mark.parametrize("env", [{"TERM": "xterm"}, {"TERM": "vt100"}, {"NO_COLOR": "1"}, {"LC_ALL": "C"},
                                 {"TERM": "screen-256color"},
                                 {"TERM": "linux", "NCURSES_GPM_TERMS": ""}])  # libgpm leaks its terminal's name
def test_every_kind_of_terminal(console, env):
    with console(24, 100, env=env) as t:
        t.wait(NEWEST_ID)
        t.press("down", "enter")
        t.wait("Timeline")
        if "NO_COLOR" in env:
            assert b"\x1b[38;5" not in t.received and b"\x1b[31m" not in t.received
        t.press("q", "q")
        assert t.exit_code() == 0


def test_read_only_and_production_are_words(console, tmp_path):
    folder = tmp_path / "config" / "intake"
    folder.mkdir(parents=True)
    (folder / "config.ini").write_text("[live]\nproduction = true\n")
    with console(24, 120, "--env", "live") as t:
        t.wait("PRODUCTION")
        t.wait("READ-ONLY")
        assert "live" in t.lines[0]


def test_keys_and_theme_come_from_the_configuration(console, tmp_path):
    folder = tmp_path / "config" / "intake"
    folder.mkdir(parents=True)
    (folder / "config.ini").write_text("theme = contrast\nkeys.leave = ctrl-x\nkeys.go-vendors = 2 W\n")
    with console(24, 100) as t:
        t.wait("is already used")
        t.wait(NEWEST_ID)
        t.press("q")
        t.press("2")
        t.wait("StyleWear")
        t.press("?")
        t.wait("ctrl-x")
        t.press("ctrl-x", "ctrl-x", "ctrl-x")
        assert t.exit_code() == 0


def cell(t, word):
    """The first cell of a word on the screen."""
    line = next(i for i, text in enumerate(t.lines) if word in text)
    return t.screen.buffer[line][t.lines[line].index(word)]


@pytest.mark.parametrize("env", [{"COLORFGBG": None}, {"COLORFGBG": "0;15"}])
def test_titles_and_typed_text_are_not_white_on_a_light_terminal(console, env):
    with console(24, 100, env=env) as t:
        t.wait(NEWEST_ID)
        t.press("enter")
        t.wait("Records")
        assert cell(t, "Records").fg not in ("ffffff", "white")
        t.press("esc", "/")
        t.type("zebra")
        t.wait("/zebra")
        assert cell(t, "zebra").fg not in ("ffffff", "white")


def test_tab_on_an_empty_filter_shows_its_words_alone(console):
    with console(24, 100) as t:
        t.wait(NEWEST_ID)
        t.press("/")
        t.wait("tab completes")
        t.press("tab")
        t.wait(lambda t: "tab completes" not in t.lines[-1] and "vendor status notice" in t.lines[-1])
