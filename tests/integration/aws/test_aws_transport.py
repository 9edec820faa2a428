"""The transport against a server that misbehaves: kept connections, requests in flight, answers that
never come, and TLS."""

import datetime
import http.server
import json
import os
import ssl
import subprocess
import threading
import time

import pytest

from support import BUILD

PROBE = BUILD / "tests" / "aws_probe_transport"
TOPIC = "arn:aws:sns:eu-central-1:1:t"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def setup(self):
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server = self.server
        with server.lock:
            number = len(server.requests)
            server.requests.append((self.command, self.path, dict(self.headers), body))
            server.running += 1
            server.most = max(server.most, server.running)
        try:
            server.answer(self, number)
        finally:
            with server.lock:
                server.running -= 1

    do_GET = do_POST = do_PUT = handle_any

    def reply(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self):
        self.close_connection = True
        self.connection.shutdown(2)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, answer):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.lock = threading.Lock()
        self.requests = []
        self.connections = self.running = self.most = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        pass


@pytest.fixture
def serve():
    servers = []

    def start(answer, tls=None):
        server = Server(answer)
        if tls is not None:
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def probe(url, *arguments, **more):
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "topsecretvalue",
        "AWS_SESSION_TOKEN": "secrettoken",
        **more,
    }
    done = subprocess.run(
        [str(PROBE), *arguments], env=environment, capture_output=True, text=True, timeout=60
    )
    assert "topsecretvalue" not in done.stdout + done.stderr
    assert "secrettoken" not in done.stdout + done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("OUTCOME "))
    return json.loads(line.removeprefix("OUTCOME "))


def test_eight_in_flight_over_kept_connections(serve):
    def answer(handler, number):
        deadline = time.monotonic() + 10  # the first eight wait for one another
        while number < 8 and handler.server.most < 8 and time.monotonic() < deadline:
            time.sleep(0.005)
        handler.reply(200, b"{}")

    server = serve(answer)
    outcome = probe(server.url, "write", "T", "1000")
    assert outcome["code"] == "NONE" and outcome["done"] == 1000 and outcome["calls"] == 40
    assert server.most == 8
    assert server.connections == 8


def test_an_answer_that_never_comes_is_possibly_done(serve):
    server = serve(lambda handler, number: handler.hang_up())
    outcome = probe(server.url, "publish", TOPIC)
    assert outcome["code"] == "NETWORK" and outcome["possibly_done"]
    assert len(server.requests) == 1
    assert f"SNS Publish at {server.url}: " in outcome["message"]


def test_a_kept_connection_that_dies_repeats_nothing(serve):
    def answer(handler, number):
        if number == 0:
            handler.reply(200, b"<PublishResponse/>")
        else:
            handler.hang_up()

    server = serve(answer)
    outcome = probe(server.url, "publish", TOPIC, "2")
    assert outcome["code"] == "NETWORK" and outcome["possibly_done"] and outcome["done"] == 1
    assert len(server.requests) == 2, [(r[0], len(r[3])) for r in server.requests]


def test_an_idempotent_request_is_tried_again(serve):
    def answer(handler, number):
        if number < 2:
            handler.hang_up()
        else:
            handler.reply(200, b"content")

    server = serve(answer)
    outcome = probe(server.url, "get", "bucket", "key")
    assert outcome["code"] == "NONE" and outcome["done"] == 7
    assert len(server.requests) == 3


def test_a_body_that_breaks_off_is_fetched_anew(serve):
    def answer(handler, number):
        if number > 0:
            handler.reply(200, b"content")
            return
        handler.send_response(200)
        handler.send_header("Content-Length", "7")
        handler.end_headers()
        handler.wfile.write(b"con")
        handler.hang_up()

    outcome = probe(serve(answer).url, "get", "bucket", "key")
    assert outcome["code"] == "NONE" and outcome["done"] == 7


def test_nobody_listens():
    outcome = probe("http://127.0.0.1:9", "publish", TOPIC)
    assert outcome["code"] == "NETWORK" and not outcome["possibly_done"]
    assert "AWS_ENDPOINT_URL" in outcome["message"] and outcome["calls"] == 3


def test_cancel_ends_what_hangs(serve):
    stop = threading.Event()
    server = serve(lambda handler, number: stop.wait(30))
    began = time.monotonic()
    outcome = probe(server.url, "cancel", "T")
    stop.set()
    assert outcome["code"] == "CANCELLED"
    assert time.monotonic() - began < 20


def test_a_clock_an_hour_off_is_corrected(serve):
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)

    def answer(handler, number):
        if number > 0:
            handler.reply(200, b"content")
            return
        body = b"<Error><Code>RequestTimeTooSkewed</Code><Message>no</Message></Error>"
        handler.send_response_only(403)
        handler.send_header("Date", later.strftime("%a, %d %b %Y %H:%M:%S GMT"))
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    server = serve(answer)
    assert probe(server.url, "get", "bucket", "key")["code"] == "NONE"
    first, second = (
        datetime.datetime.strptime(request[2]["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
        for request in server.requests
    )
    assert datetime.timedelta(minutes=59) < second - first < datetime.timedelta(minutes=61)


def test_a_key_goes_over_the_wire_as_it_is(serve):
    server = serve(lambda handler, number: handler.reply(200))
    probe(server.url, "get", "bucket", "uploads/a+b/../c d%20é//x?y")
    assert server.requests[0][1] == "/bucket/uploads/a%2Bb/../c%20d%2520%C3%A9//x%3Fy"


@pytest.fixture
def certificate(tmp_path):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, str(cert)


def test_tls_is_verified(serve, certificate):
    context, cert = certificate
    server = serve(lambda handler, number: handler.reply(200, b"content"), tls=context)
    url = f"https://localhost:{server.server_address[1]}"
    refused = probe(url, "get", "bucket", "key")
    assert refused["code"] == "CONFIG" and "AWS_CA_BUNDLE" in refused["message"]
    assert probe(url, "get", "bucket", "key", AWS_CA_BUNDLE=cert)["code"] == "NONE"
    by_address = url.replace("localhost", "127.0.0.1")
    assert probe(by_address, "get", "bucket", "key", AWS_CA_BUNDLE=cert)["code"] == "CONFIG"
    missing = probe(url, "get", "bucket", "key", AWS_CA_BUNDLE="/no/such.pem")
    assert missing["code"] == "CONFIG" and "AWS_CA_BUNDLE" in missing["message"]
