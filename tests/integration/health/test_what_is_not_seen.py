"""What cannot be seen is never called well: refused credentials are failures, missing rights are skips."""

import http.server
import json
import threading

import pytest

AUTHENTICATION = ["SignatureDoesNotMatch", "InvalidClientTokenId", "UnrecognizedClientException",
                  "UnrecognizedClient", "ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId",
                  "AuthFailure", "InvalidSignatureException", "IncompleteSignature",
                  "IncompleteSignatureException", "MissingAuthenticationToken", "InvalidToken"]


class Refusal(http.server.BaseHTTPRequestHandler):
    """Answers every call of every service with one error code, each in its own protocol."""

    def answer(self):
        code = self.server.code
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        if "x-amz-json" in self.headers.get("Content-Type", "") or "/20" in self.path[:4]:
            body = json.dumps({"__type": f"com.amazonaws#{code}", "message": "no"}).encode()
            kind = "application/x-amz-json-1.0"
        else:
            body = (f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error>"
                    "<RequestId>r</RequestId></ErrorResponse>").encode()
            kind = "text/xml"
        self.send_response(self.server.status)
        self.send_header("Content-Type", kind)
        self.send_header("x-amzn-ErrorType", code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_HEAD = answer

    def log_message(self, *_):
        pass


@pytest.fixture
def refusing():
    servers = []

    def start(code, status=403):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusal)
        server.code, server.status = code, status
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_address[1]}"}

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def by_area(done, *areas):
    return [c for c in done.json["checks"] if c["area"] in areas]


@pytest.mark.parametrize("code", AUTHENTICATION)
def test_refused_credentials_are_a_failure(run_intake, refusing, code):
    world = refusing(code)
    done = run_intake("doctor", "--json", code=1, env=world)
    assert done.json["ok"] is False
    seen = by_area(done, "queues", "functions", "triggers", "logs", "alarms", "storage", "table")
    assert seen and not [c for c in seen if c["status"] not in ("fail",)], seen
    listed = run_intake("dlq", "list", "--json", code=1, env=world)
    assert len(listed.json) == 3 and all(code in q["error"] for q in listed.json)


def test_a_right_that_is_missing_is_skipped_and_not_well(run_intake, refusing):
    world = refusing("AccessDenied")
    done = run_intake("doctor", "--json", code=3, env=world)
    assert done.json["ok"] is False
    assert {c["status"] for c in by_area(done, "queues", "alarms", "table")} == {"skip"}
    assert run_intake("dlq", "list", "--json", code=1, env=world).json[0]["error"]


@pytest.mark.parametrize("url", ["postgresql://intake_operator:wrong@{where}",
                                 "postgresql://nobody_known:wrong@{where}"])
def test_a_wrong_database_password_is_a_failure(stack, run_intake, url):
    where = stack.variables()["INTAKE_DATABASE_URL"].split("@", 1)[1]
    world = {"INTAKE_DATABASE_URL": url.format(where=where), "PGPASSWORD": None}
    done = run_intake("doctor", "--json", code=1, env=world)
    assert done.json["ok"] is False
    assert {c["status"] for c in by_area(done, "database", "uploads")} == {"fail"}
    run_intake("uploads", code=1, env=world)
    run_intake("notify", "UPLOAD_20260101_000000_VEND001", "--yes", code=1, env=world)


def test_one_queue_that_may_not_be_read_is_part(run_intake):
    done = run_intake("dlq", "list", "--json", code=3, env={"INTAKE_PARSER_DLQ": "no-such-queue"})
    assert [bool(q["error"]) for q in done.json].count(True) == 1
