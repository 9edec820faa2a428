"""Operators get in: a command that keeps a tunnel to a private database, RDS's token instead of a password.
The database's name resolves nowhere; only the tunnel leads to it, and TLS is verified against that name."""

import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import urllib.parse

import psycopg
import pytest

from sql_cluster import as_server_user, cluster, shop  # noqa: F401
from support import BUILD, ROOT, wait_until

PROGRAM = BUILD / "intake"
NAME = "db.private.test"

RELAY = '''
import os, pathlib, socket, sys, threading
how, local, host, port, target, folder = sys.argv[1:]
folder = pathlib.Path(folder)
(folder / f"{os.getpid()}.pid").write_text(f"{host} {port}")
if how == "dies":
    print("starting\\nTargetNotConnected: i-1 is not connected.", file=sys.stderr)
    sys.exit(254)
if how == "sleeps":
    print("waiting for the bastion", flush=True)
    threading.Event().wait()
server = socket.create_server(("127.0.0.1", int(local)))
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
def serve(near):
    if how == "hangs":
        (folder / "taken").touch()
        return threading.Event().wait()
    far = socket.create_connection(("127.0.0.1", int(target)))
    threading.Thread(target=copy, args=(near, far), daemon=True).start()
    copy(far, near)
    if how == "once":
        os._exit(3)
count = 0
while True:
    near, _ = server.accept()
    if how == "hangs":
        first = near.recv(1, socket.MSG_PEEK)
        if not first:
            continue
    threading.Thread(target=serve, args=(near,), daemon=True).start()
'''


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A key and a certificate for the database's name."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
                    "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", folder / "key", "-out", folder / "crt"],
                   check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def private(shop, certificate):  # noqa: F811
    """The shop's server with that certificate."""
    for name, file in (("server.key", "key"), ("server.crt", "crt")):
        shutil.copy(certificate / file, shop.cluster.data / name)
        if os.geteuid() == 0:
            shutil.chown(shop.cluster.data / name, "postgres", "postgres")
        (shop.cluster.data / name).chmod(0o600)
    with shop.cluster.connect("postgres", "postgres") as admin:
        admin.execute("ALTER SYSTEM SET ssl = on")
        admin.execute("SELECT pg_reload_conf()")

    def by_tls():
        try:
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{shop.cluster.port}/postgres?sslmode=require").close()
            return True
        except psycopg.OperationalError:
            return False

    wait_until(by_tls)
    return shop


class Person:
    """One operator's own configuration, and the program run with it alone."""

    def __init__(self, folder, certificate):
        self.folder, self.certificate = folder, certificate
        (folder / "relay.py").write_text(RELAY)
        (folder / "pids").mkdir()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "TZ": "UTC",
                            "XDG_CONFIG_HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true",
                            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a-well-kept-secret",
                            "AWS_REGION": "eu-central-1", "INTAKE_ENV": "prod"}
        self.environment |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")
                             if name in os.environ}

    def relay(self, how, target):
        return f"{sys.executable} {self.folder}/relay.py {how} {{local_port}} {{host}} {{port}} {target} {self.folder}/pids"

    def configure(self, **keys):
        (self.folder / "intake").mkdir(exist_ok=True)
        lines = {"database_host": NAME, "database_port": "6543", "database_name": "shop_1",
                 "database_user": "viewer", "database_sslrootcert": str(self.certificate / "crt")} | keys
        text = "".join(f"{key} = {value}\n" for key, value in lines.items() if value is not None)
        (self.folder / "intake/config.ini").write_text("[prod]\n" + text)

    def run(self, *arguments, **environment):
        return subprocess.run([PROGRAM, *arguments], text=True, capture_output=True, timeout=60, cwd=ROOT,
                              env=self.environment | environment, stdin=subprocess.DEVNULL)

    def start(self, *arguments):
        return subprocess.Popen([PROGRAM, *arguments], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL)

    def relays(self):
        """The pids of those that ever ran, and what they were told."""
        return {int(path.stem): path.read_text() for path in (self.folder / "pids").glob("*.pid")}

    def gone(self):
        def alive(pid):
            try:
                return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
            except FileNotFoundError:
                return False
        return not any(alive(pid) for pid in self.relays())


@pytest.fixture
def person(tmp_path, certificate):
    made = Person(tmp_path, certificate)
    yield made
    wait_until(made.gone, 10)


def test_a_private_database_by_a_command(person, private):
    person.configure(tunnel=person.relay("relays", private.cluster.port), database_name=private.name)
    run = person.run("uploads", "--json")
    assert run.returncode == 0, run.stderr
    assert isinstance(json.loads(run.stdout), list)
    assert list(person.relays().values()) == [f"{NAME} 6543"]
    assert person.gone()


@pytest.mark.parametrize("how, status", [("relays", "ok"), ("dies", "fail")])
def test_the_doctor_says_how_the_tunnel_is(person, private, how, status):
    person.configure(tunnel=person.relay(how, private.cluster.port), database_name=private.name)
    done = person.run("doctor", "--json", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert done.returncode == 1  # AWS is not there
    [tunnel] = [check for check in json.loads(done.stdout)["checks"] if (check["area"], check["name"]) == ("session", "tunnel")]
    assert tunnel["status"] == status and (tunnel["remedy"] is None) == (status == "ok"), tunnel


def test_the_server_must_still_be_the_one_that_was_meant(person, private):
    person.configure(tunnel=person.relay("relays", private.cluster.port), database_name=private.name,
                     database_host="other.private.test")
    run = person.run("uploads", "--json")
    assert run.returncode == 1
    assert "does not match host name" in run.stderr and "other.private.test" in run.stderr


def test_a_tunnel_that_ends_at_once_says_why(person):
    person.configure(tunnel=person.relay("dies", 1))
    run = person.run("uploads")
    assert run.returncode == 1
    assert "status 254" in run.stderr and "TargetNotConnected: i-1 is not connected." in run.stderr
    assert run.stderr.count("\n") == 1


def test_a_tunnel_that_never_listens_is_given_up(person):
    person.configure(tunnel=person.relay("sleeps", 1), tunnel_seconds="1")
    run = person.run("uploads")
    assert run.returncode == 1
    assert "does not listen" in run.stderr and "waiting for the bastion" in run.stderr


def test_ctrl_c_ends_the_wait(person):
    person.configure(tunnel=person.relay("sleeps", 1))
    with person.start("uploads") as run:
        wait_until(person.relays)
        run.send_signal(signal.SIGINT)
        assert run.wait(20) == 130
        run.communicate()


def test_a_port_that_is_taken(person):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        person.configure(tunnel=person.relay("relays", 1), tunnel_port=str(port))
        run = person.run("uploads")
    assert run.returncode in (1, 2)
    assert f"tunnel_port = {port}" in run.stderr and "another program" in run.stderr
    assert not person.relays()


def test_a_program_that_is_not_there(person):
    person.configure(tunnel="no-such-program {local_port}")
    run = person.run("uploads")
    assert run.returncode == 1
    assert "PATH" in run.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("wrapped", [False, True])
def test_no_orphan_is_left_however_the_program_ends(person, number, wrapped):
    relay = person.relay("hangs", 1)
    person.configure(tunnel=f"sh -c '{relay} & wait'" if wrapped else relay)
    with person.start("uploads") as run:
        wait_until((person.folder / "pids/taken").exists)
        run.send_signal(number)
        run.wait(20)
        run.communicate()
    wait_until(person.gone, 10)


@pytest.mark.parametrize("host", ["-oProxyCommand=x", "a b", "a;touch x", "$(touch x)", "a,b,portNumber=1", "a'b"])
def test_a_value_is_never_more_than_a_word(person, host):
    person.configure(tunnel=person.relay("dies", 1), database_host=host)
    run = person.run("uploads")
    assert run.returncode in (1, 2)
    assert not person.relays()
    assert not (ROOT / "x").exists()


def fake_aws(person, text):
    folder = person.folder / "bin"
    folder.mkdir()
    (folder / "aws").write_text(f"#!{sys.executable}\n{text}")
    (folder / "aws").chmod(0o755)
    person.environment["PATH"] = f"{folder}:{os.environ['PATH']}"


def test_session_manager(person, private):
    fake_aws(person, f'''
import json, os, pathlib, subprocess, sys
pathlib.Path("{person.folder}/seen").write_text(json.dumps([sys.argv[1:], dict(os.environ)]))
values = dict(part.split("=") for part in sys.argv[sys.argv.index("--parameters") + 1].split(","))
sys.exit(subprocess.call(["{sys.executable}", "{person.folder}/relay.py", "relays", values["localPortNumber"],
                          values["host"], values["portNumber"], "{private.cluster.port}", "{person.folder}/pids"]))
''')
    (person.folder / ".aws").mkdir()
    (person.folder / ".aws/config").write_text("[profile people]\naws_access_key_id = PEOPLE\naws_secret_access_key = hidden\n")
    person.configure(tunnel="ssm", tunnel_instance="i-0123456789abcdef0", database_name=private.name, profile="people")
    run = person.run("uploads", "--json")
    assert run.returncode == 0, run.stderr
    arguments, environment = json.loads((person.folder / "seen").read_text())
    port = arguments[7].rsplit("=", 1)[1]
    assert arguments == ["ssm", "start-session", "--target", "i-0123456789abcdef0", "--document-name",
                         "AWS-StartPortForwardingSessionToRemoteHost", "--parameters",
                         f"host={NAME},portNumber=6543,localPortNumber={port}", "--region", "eu-central-1"]
    assert (environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]) == ("PEOPLE", "hidden")
    assert "AWS_PROFILE" not in environment
    wait_until(person.gone, 10)


def test_session_manager_wants_an_instance_and_the_command(person):
    person.configure(tunnel="ssm")
    assert "tunnel_instance" in person.run("uploads").stderr
    person.configure(tunnel="ssm", tunnel_instance="i-1 --profile x")
    assert "begins with i- or mi-" in person.run("uploads").stderr
    person.configure(tunnel="ssm", tunnel_instance="i-1")
    assert "session-manager-plugin" in person.run("uploads", PATH="/nonexistent").stderr


class PostgresStub:
    """Speaks TLS, asks for the password, notes it and says no."""

    def __init__(self, certificate):
        self.logins = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate / "crt", certificate / "key")
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            try:
                self.talk(near)
            except (OSError, struct.error):
                pass
            near.close()

    def talk(self, near):
        near.settimeout(20)
        request = near.recv(8)
        if struct.unpack("!II", request)[1] == 80877104:  # GSSENCRequest
            near.sendall(b"N")
            request = near.recv(8)
        assert struct.unpack("!II", request)[1] == 80877103  # SSLRequest
        near.sendall(b"S")
        with self.context.wrap_socket(near, server_side=True) as secure:
            start = secure.recv(struct.unpack("!I", secure.recv(4))[0] - 4)
            words = start[4:].split(b"\0")
            secure.sendall(b"R" + struct.pack("!II", 8, 3))
            assert secure.recv(1) == b"p"
            size = struct.unpack("!I", secure.recv(4))[0] - 4
            password = secure.makefile("rb").read(size)
            self.logins.append((dict(zip(words[::2], words[1::2])), password[:-1].decode()))
            fields = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed\0\0"
            secure.sendall(b"E" + struct.pack("!I", len(fields) + 4) + fields)


@pytest.fixture
def stub(certificate):
    made = PostgresStub(certificate)
    yield made
    made.server.close()


def test_a_token_is_the_password_and_made_anew(person, stub):
    person.configure(tunnel=person.relay("relays", stub.port), database_auth="iam", database_user="alice",
                     database_name=None)
    run = person.run("uploads")
    assert run.returncode == 1
    assert "rds_iam" in run.stderr and "alice" in run.stderr
    wait_until(lambda: time.time() % 1 < 0.9)
    first = len(stub.logins)
    wait_until(lambda: time.strftime("%S") != stub.logins[0][1].split("X-Amz-Date=")[1][13:15])
    person.run("uploads")
    assert first >= 1 and len(stub.logins) > first
    for settings, password in stub.logins:
        place, _, query = password.partition("/?")
        values = urllib.parse.parse_qs(query, strict_parsing=True)
        assert settings[b"user"] == b"alice" and settings[b"database"] == b"ecommerce_platform"
        assert place == f"{NAME}:6543"
        assert (values["Action"], values["DBUser"], values["X-Amz-Expires"]) == (["connect"], ["alice"], ["900"])
        assert values["X-Amz-Credential"][0].split("/")[2:] == ["eu-central-1", "rds-db", "aws4_request"]
        assert password not in run.stderr and values["X-Amz-Signature"][0] not in run.stderr
    assert stub.logins[0][1] != stub.logins[-1][1]


def test_a_token_goes_to_nobody_else(person, stub):
    person.configure(tunnel=person.relay("relays", stub.port), database_auth="iam", database_user="alice",
                     database_host="other.private.test")
    assert "does not match host name" in person.run("uploads").stderr
    person.configure(tunnel=person.relay("relays", stub.port), database_auth="iam", database_user="alice",
                     database_sslmode="require")
    assert "verify-full" in person.run("uploads").stderr
    assert not stub.logins


def test_a_token_wants_a_login_and_a_host(person):
    person.configure(database_auth="iam", database_user=None)
    assert "database_user" in person.run("uploads").stderr
    person.configure(database_auth="iam", database_host=None)
    assert "DATABASE_HOST" in person.run("uploads").stderr
    person.configure(database_auth="kerberos")
    run = person.run("uploads")
    assert run.returncode == 2 and "database_auth = kerberos" in run.stderr


def token_line(person):
    checks = json.loads(person.run("doctor", "--json").stdout)["checks"]
    [line] = [check for check in checks if check["name"] == "database token"]
    return line


def test_the_doctor_says_of_a_refused_token_what_it_needs(person, stub):
    person.configure(tunnel=person.relay("relays", stub.port), database_auth="iam", database_user="alice",
                     database_name=None)
    line = token_line(person)
    assert line["status"] == "fail" and "rds-db:connect" in line["remedy"] and "rds_iam" in line["remedy"]


def test_the_doctor_blames_no_token_for_a_database_that_is_not_reached(person):
    person.configure(tunnel="/bin/false", database_auth="iam", database_user="alice", database_name=None)
    line = token_line(person)
    assert line["status"] == "skip" and "rds-db:connect" not in (line["remedy"] or "")


def test_a_token_wants_keys_and_says_how_to_get_them(person):
    (person.folder / ".aws").mkdir()
    (person.folder / ".aws/config").write_text(
        "[profile people]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = Ops\n"
        "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\n")
    person.configure(database_auth="iam", database_user="alice", profile="people")
    run = person.run("uploads")
    assert run.returncode == 1
    assert "aws sso login --profile people" in run.stderr
