"""A role that wants an MFA code: asked for in the console by a prompt, on a command's terminal by a line; and a
tunnel's state among the connections."""

import http.server
import os
import pathlib
import signal
import subprocess
import sys
import threading
import urllib.parse

import pytest

from history import NEWEST_ID, PROGRAM
from support import wait_until
from terminal import Terminal

DEVICE = "arn:aws:iam::123456789012:mfa/ann"
KEYS = """<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>
<SecretAccessKey>kept-to-itself</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
IDENTITY = """<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/ops/ann</Arn>
<UserId>AROA</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""


class Sts(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        status, text = 400, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
        if body.get("Action") == "AssumeRole":
            self.server.asked.append((body.get("SerialNumber"), body.get("TokenCode")))
            status, text = 200, KEYS
        elif body.get("Action") == "GetCallerIdentity" and "ASIAROLE" in self.headers["Authorization"]:
            status, text = 200, IDENTITY
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def device(tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sts)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws/config").write_text(
        f"[profile ops]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = base\nmfa_serial = {DEVICE}\n"
        "region = eu-central-1\n[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n")
    server.home = home
    server.environment = {"AWS_ENDPOINT_URL_STS": f"http://127.0.0.1:{server.server_port}", "AWS_PROFILE": "ops",
                          "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_REGION": "eu-central-1", "HOME": str(home),
                          "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    yield server
    server.shutdown()
    server.server_close()


def test_the_console_asks_and_asks_once(console, device):
    with console(40, 140, env=device.environment) as t:
        t.wait("MFA code for " + DEVICE[:30])
        t.type("12")
        t.press("enter")
        t.wait("the six digits shown on the device")
        t.wait("MFA code for " + DEVICE[:30])
        assert not device.asked
        t.type("123456")
        t.press("enter")
        t.wait("account 123456789012")
        t.wait(NEWEST_ID)
        assert "MFA code for" not in t.text
    assert device.asked == [(DEVICE, "123456")]
    with console(40, 140, env=device.environment) as t:
        t.wait("account 123456789012")
    assert len(device.asked) == 1
    kept = list((device.home / ".aws/cli/cache").iterdir())
    assert len(kept) == 1 and kept[0].stat().st_mode & 0o777 == 0o600
    assert "123456" not in kept[0].read_text().replace("123456789012", "")


@pytest.mark.parametrize("how", ["esc", "ctrl-c"])
def test_who_gives_no_code_works_on_without_aws(console, device, how):
    with console(40, 140, env=device.environment) as t:
        t.wait("MFA code for")
        t.press("esc") if how == "esc" else t.send_signal(signal.SIGINT)
        t.wait("aws down")
        t.wait(NEWEST_ID)
        assert "MFA code for" not in t.text
        t.press("q")
        assert t.exit_code() == 0
    assert not device.asked


def test_the_program_ends_while_it_asks(console, device):
    with console(40, 140, env=device.environment) as t:
        t.wait("MFA code for")
        t.send_signal(signal.SIGTERM)
        assert t.exit_code() == 128 + signal.SIGTERM


def command(history, device, tmp_path, *arguments):
    environment = history.environment(tmp_path) | device.environment
    return Terminal([PROGRAM, *arguments], 24, 120, environment, cwd=tmp_path)


def test_a_command_asks_on_its_terminal(history, device, tmp_path):
    with command(history, device, tmp_path, "dlq", "list") as t:
        t.wait(f"MFA code for {DEVICE}:")
        t.type("nonsense\n")
        t.wait(lambda t: t.text.count("MFA code for") == 2)
        t.type("654321\n")
        t.exit_code()
    assert device.asked == [(DEVICE, "654321")]


def test_ctrl_c_at_the_question_ends_the_command(history, device, tmp_path):
    with command(history, device, tmp_path, "dlq", "list") as t:
        t.wait("MFA code for")
        t.send_signal(signal.SIGINT)
        assert t.exit_code() == 130
    assert not device.asked


def test_without_a_terminal_it_says_where_to_give_the_code(history, device, tmp_path):
    environment = history.environment(tmp_path) | device.environment | {"PATH": os.environ["PATH"]}
    run = subprocess.run([PROGRAM, "dlq", "list"], text=True, capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
                         start_new_session=True, env={k: v for k, v in environment.items() if v is not None})
    assert run.returncode == 1
    assert DEVICE in run.stderr and "in a terminal first" in run.stderr
    assert not device.asked


def test_a_tunnels_state_is_among_the_connections(console, history, tmp_path):
    relay = tmp_path / "relay.py"
    relay.write_text('''
import os, pathlib, socket, sys, threading
pathlib.Path(sys.argv[3]).write_text(str(os.getpid()))
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
def copy(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
while True:
    near, _ = server.accept()
    far = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    threading.Thread(target=copy, args=(near, far), daemon=True).start()
    threading.Thread(target=copy, args=(far, near), daemon=True).start()
''')
    pid = tmp_path / "pid"
    config = tmp_path / "config/intake/config.ini"
    config.parent.mkdir(parents=True)
    url = history.environment(tmp_path)["INTAKE_DATABASE_URL"]
    name, user = url.split("/")[3].split("?")[0], url.split("//")[1].split("@")[0]
    config.write_text(f"[prod]\ntunnel = {sys.executable} {relay} {{local_port}} {history.cluster.port} {pid}\n"
                      f"database_host = db.private.test\ndatabase_name = {name}\ndatabase_user = {user}\n"
                      "database_sslmode = disable\n")
    with console(40, 140, "--env", "prod", env={"INTAKE_DATABASE_URL": None}) as t:
        t.wait(NEWEST_ID)
        t.wait("tunnel ok")
        first = pid.read_text()
        os.kill(int(first), signal.SIGKILL)
        t.wait(lambda t: pid.read_text() not in ("", first), "another one is started on the next need")
        t.wait("tunnel ok")
        t.press("q")
        assert t.exit_code() == 0
    wait_until(lambda: not pathlib.Path(f"/proc/{pid.read_text()}").exists())
