"""An HTTP proxy before the AWS emulator: counts calls by service and operation, injects faults.

The Host header passes as the client sent it, since signatures cover it.
"""

import collections
import dataclasses
import http.client
import http.server
import json
import re
import threading
import time
import urllib.parse

from .faults import Plan

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/aws4_request")
_TARGETS = {"DynamoDB": "dynamodb", "DynamoDBStreams": "dynamodb", "AmazonSQS": "sqs",
            "secretsmanager": "secretsmanager", "Logs": "logs"}
_S3_METHODS = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject",
               "DELETE": "DeleteObject"}


@dataclasses.dataclass
class Call:
    number: int
    service: str
    operation: str
    entries: int  # of a batch: how many items or messages it carries
    path: str = ""
    status: int = 0
    fault: str = ""
    begun: float = 0.0
    ended: float = 0.0
    sent: object = None     # what a message carried: see `_contents`
    reached: bool = False   # the service did the work, whether or not its answer came back


@dataclasses.dataclass
class Fault:
    """What happens to calls of one service (and operation, unless None).

    kind: throttle, refuse (500), drop_request, drop_answer (the work is done, nobody hears of it),
    delay (value: seconds), expired (the token, says the service), receipts (of a batch: each is invalid),
    entries (of a batch: each fails with the code value, by the sender's fault, says SQS),
    some_entries (of SQS; value: code and text: those fail whose body holds it, the others go through),
    some_statements (of BatchExecuteStatement; value: code, and a function of a statement: those fail for which it is
    true, the others go through),
    busy_entries (of a batch of SQS; value: the share that fails, by the service's fault),
    cut_answer (the work is done, and half of the answer comes),
    answer (value: HTTP status and error code of the whole call),
    unprocessed (value: share of a BatchWriteItem, or of a BatchGetItem, that is not taken up),
    before and after (value: called with the Call; where it answers 0 it found nothing to break).
    """

    kind: str
    service: str
    operation: str | None = None
    skip: int = 0          # let so many pass first
    times: int | None = 1  # then hit so many; None: all
    value: object = None
    fired: int = 0         # how many calls it met

    @property
    def name(self):
        return "%s %s.%s, %d skipped" % (self.kind, self.service, self.operation or "*", self.skip)

    def matches(self, call):
        if call.service != self.service or self.operation not in (None, call.operation):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        met = self.times is None or self.times >= 0
        self.fired += met
        return met

    def call(self, call):
        broken = self.value(call)
        self.fired -= broken is not None and not broken


def name_call(method, path, headers, body):
    """Service, operation and number of entries of a request."""
    found = _SCOPE.search(headers.get("Authorization", ""))
    query = urllib.parse.urlsplit(path).query
    target = headers.get("X-Amz-Target", "")
    if target:
        prefix, _, operation = target.rpartition(".")
        service = _TARGETS.get(prefix.split("_")[0], found.group(1) if found else prefix)
        return service, operation, _count_entries(body)
    service = found.group(1) if found else "s3"
    if service == "s3":
        operation = _S3_METHODS.get(method, method)
        if "list-type" in query or urllib.parse.urlsplit(path).path.count("/") < 2:
            operation = {"GET": "ListObjectsV2", "HEAD": "HeadBucket"}.get(method, method)
        return service, operation, 1
    form = urllib.parse.parse_qs(body.decode("utf-8", "replace"))
    return service, form.get("Action", [method])[0], 1


def _count_entries(body):
    try:
        document = json.loads(body)
    except ValueError:
        return 1
    for key in ("Entries", "Statements", "TransactItems"):
        if key in document:
            return len(document[key])
    if isinstance(document.get("RequestItems"), dict):
        return sum(len(v if isinstance(v, list) else v.get("Keys", []))
                   for v in document["RequestItems"].values())
    return 1


def _contents(call, body):
    """What a message to people or to the next function says; None of every other call."""
    if (call.service, call.operation) == ("sns", "Publish"):
        form = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
        stem = "MessageAttributes.entry.%d."
        names = [n for n in range(1, 11) if stem % n + "Name" in form]
        return {"topic": form["TopicArn"], "subject": form.get("Subject"), "body": form["Message"],
                "attributes": {form[stem % n + "Name"]: form[stem % n + "Value.StringValue"]
                               for n in names}}
    if (call.service, call.operation) == ("sqs", "SendMessageBatch"):
        return [{"body": entry["MessageBody"],
                 "attributes": {name: value["StringValue"] for name, value in
                                entry.get("MessageAttributes", {}).items()}}
                for entry in json.loads(body)["Entries"]]
    return None


# What a message may hold: Amazon SQS API Reference, SendMessage; SNS takes no more.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _is_forbidden(call):
    """Whether it sends a character that AWS refuses, and the emulator takes."""
    if not call.sent:
        return False
    said = call.sent if isinstance(call.sent, list) else [call.sent]
    return any(_FORBIDDEN.search(text) for one in said
               for text in [one["body"], one.get("subject") or "", *one["attributes"].values()])


def _refusal(service, throttled):
    """Status, content type and body, in the service's own form."""
    status = (503 if service == "s3" else 400) if throttled else 500
    if service == "dynamodb":
        name = "ProvisionedThroughputExceededException" if throttled else "InternalServerError"
        body = {"__type": "com.amazonaws.dynamodb.v20120810#" + name, "message": "injected"}
    elif service in ("sqs", "secretsmanager", "logs"):
        name = "ThrottlingException" if throttled else "InternalFailure"
        body = {"__type": name, "message": "injected"}
    else:
        code = "SlowDown" if service == "s3" else "Throttling"
        code = code if throttled else "InternalError"
        inner = ("<Error><Type>Receiver</Type><Code>%s</Code><Message>injected</Message></Error>"
                 % code)
        text = inner if service == "s3" else "<ErrorResponse>%s</ErrorResponse>" % inner
        return status, "application/xml", text.encode()
    return status, "application/x-amz-json-1.0", json.dumps(body).encode()


def _expired(service):
    text = "The security token included in the request is expired"
    if service in ("dynamodb", "sqs", "secretsmanager", "logs"):
        body = {"__type": "com.amazonaws#ExpiredTokenException", "message": text}
        return 400, "application/x-amz-json-1.0", json.dumps(body).encode()
    inner = "<Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>%s</Message></Error>" % text
    return (400 if service == "s3" else 403), "application/xml", (
        inner if service == "s3" else "<ErrorResponse>%s</ErrorResponse>" % inner).encode()


def _invalid_receipts(body):
    failed = [{"Id": entry["Id"], "SenderFault": True, "Code": "ReceiptHandleIsInvalid",
               "Message": "The input receipt handle is invalid."} for entry in json.loads(body)["Entries"]]
    return 200, "application/x-amz-json-1.0", json.dumps({"Successful": [], "Failed": failed}).encode()


def _failed_entries(body, code):
    """What SQS and DynamoDB's BatchExecuteStatement say of each entry of a batch."""
    document = json.loads(body)
    if "Statements" in document:
        answer = {"Responses": [{"Error": {"Code": code, "Message": "injected"}}] * len(document["Statements"])}
    else:
        answer = {"Successful": [], "Failed": [
            {"Id": entry["Id"], "SenderFault": True, "Code": code, "Message": "injected"}
            for entry in document["Entries"]]}
    return 200, "application/x-amz-json-1.0", json.dumps(answer).encode()


def _without(body, text):
    """A batch of SQS without the entries whose body holds the text; the ids of these."""
    document = json.loads(body)
    held = [entry["Id"] for entry in document["Entries"] if text in entry["MessageBody"]]
    document["Entries"] = [entry for entry in document["Entries"] if entry["Id"] not in held]
    return document, held


def _without_share(body, share):
    """A batch of SQS without the last of its entries, and the ids of these."""
    document = json.loads(body)
    keep = len(document["Entries"]) - max(1, int(len(document["Entries"]) * share))
    busy = [entry["Id"] for entry in document["Entries"][keep:]]
    document["Entries"] = document["Entries"][:keep]
    return document, busy


def _split_statements(body, refused):
    """A BatchExecuteStatement without those that are refused; the places of these."""
    document = json.loads(body)
    places = [place for place, one in enumerate(document["Statements"]) if refused(one)]
    document["Statements"] = [one for place, one in enumerate(document["Statements"]) if place not in places]
    return document, places


def _with_refused(answer, places, code):
    """The answer to the others, with those that were refused in their places."""
    document = json.loads(answer)
    responses = document.setdefault("Responses", [])
    for place in places:
        responses.insert(place, {"Error": {"Code": code, "Message": "injected"}})
    return json.dumps(document).encode()


def _answer(service, status, code):
    if service in ("dynamodb", "sqs", "secretsmanager", "logs"):
        body = json.dumps({"__type": "com.amazonaws#" + code, "message": "injected"})
        return status, "application/x-amz-json-1.0", body.encode()
    inner = "<Error><Type>Sender</Type><Code>%s</Code><Message>injected</Message></Error>" % code
    return status, "application/xml", (
        inner if service == "s3" else "<ErrorResponse>%s</ErrorResponse>" % inner).encode()


def _split_batch(body, share):
    """A BatchWriteItem in two: what goes through, and what comes back as unprocessed."""
    document = json.loads(body)
    left = {}
    for table, writes in document["RequestItems"].items():
        if isinstance(writes, dict):
            keep = max(1, len(writes["Keys"]) - max(1, int(len(writes["Keys"]) * share)))
            if writes["Keys"][keep:]:
                left[table] = dict(writes, Keys=writes["Keys"][keep:])
            document["RequestItems"][table] = dict(writes, Keys=writes["Keys"][:keep])
            continue
        keep = len(writes) - max(1, int(len(writes) * share))
        left[table] = writes[keep:]
        document["RequestItems"][table] = writes[:keep]
    document["RequestItems"] = {t: w for t, w in document["RequestItems"].items() if w}
    return document, left


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    upstream = None
    upstream_used = 0.0

    def log_message(self, *_):
        pass

    def forward(self, body):
        proxy = self.server.proxy
        if self.upstream is None or time.monotonic() - self.upstream_used > 1:
            self.upstream = http.client.HTTPConnection(proxy.host, proxy.port, timeout=120)
        connection = self.upstream
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "content-length", "transfer-encoding", "expect"):
                connection.putheader(name, value)
        if body or self.command in ("PUT", "POST"):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        response = connection.getresponse()
        answer = response.status, response.getheaders(), response.read()
        self.upstream_used = time.monotonic()
        if response.will_close:
            self.upstream = None
        return answer

    def reply(self, status, headers, body):
        self.send_response_only(status)
        length = str(len(body))
        for name, value in headers:
            if name.lower() == "content-length" and self.command == "HEAD":
                length = value
            elif name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def reply_half(self, status, headers, body):
        """As long as it says it is, it is not."""
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + 1))
        self.end_headers()
        self.wfile.write(body[:len(body) // 2])
        self.close_connection = True

    def drop(self):
        self.close_connection = True

    def handle_call(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        proxy = self.server.proxy
        call, faults = proxy.begin(*name_call(self.command, self.path, self.headers, body))
        call.path = urllib.parse.urlsplit(self.path).path
        call.sent = _contents(call, body)
        if call.sent is not None:
            proxy.said.append(call)
        by_kind = {fault.kind: fault for fault in faults}
        if _is_forbidden(call):
            call.status, kind, text = _answer(call.service, 400, "InvalidMessageContents" if call.service == "sqs"
                                              else "InvalidParameter")
            return self.reply(call.status, [("Content-Type", kind)], text)
        call.fault = ",".join(by_kind)
        if "delay" in by_kind:
            time.sleep(by_kind["delay"].value)
        if "before" in by_kind:
            by_kind["before"].call(call)
        if "drop_request" in by_kind:
            return self.drop()
        if "throttle" in by_kind or "refuse" in by_kind:
            status, kind, text = _refusal(call.service, "throttle" in by_kind)
            call.status = status
            return self.reply(status, [("Content-Type", kind)], text)
        if "entries" in by_kind or "answer" in by_kind:
            answer = (_failed_entries(body, by_kind["entries"].value) if "entries" in by_kind
                      else _answer(call.service, *by_kind["answer"].value))
            call.status = answer[0]
            return self.reply(answer[0], [("Content-Type", answer[1])], answer[2])
        if "expired" in by_kind or "receipts" in by_kind:
            answer = _expired(call.service) if "expired" in by_kind else _invalid_receipts(body)
            call.status = answer[0]
            if by_kind.get("receipts") and by_kind["receipts"].value:
                by_kind["receipts"].value(json.loads(body))
            return self.reply(answer[0], [("Content-Type", answer[1])], answer[2])
        left = held = places = busy = None
        if "some_statements" in by_kind:
            document, places = _split_statements(body, by_kind["some_statements"].value[1])
            body = json.dumps(document).encode()
        if "some_entries" in by_kind:
            document, held = _without(body, by_kind["some_entries"].value[1])
            body = json.dumps(document).encode()
        if "busy_entries" in by_kind:
            document, busy = _without_share(body, by_kind["busy_entries"].value)
            body = json.dumps(document).encode()
        if "unprocessed" in by_kind and call.operation in ("BatchWriteItem", "BatchGetItem"):
            document, left = _split_batch(body, by_kind["unprocessed"].value)
            body = json.dumps(document).encode()
        if ((held or busy) and not document["Entries"] or left is not None and not document["RequestItems"]
                or places and not document["Statements"]):
            status, headers, answer = 200, [("Content-Type", "application/x-amz-json-1.0")], b"{}"
        else:
            status, headers, answer = self.forward(body)
            call.reached = status == 200
        if places and status == 200:
            answer = _with_refused(answer, places, by_kind["some_statements"].value[0])
            headers = [h for h in headers if h[0].lower() != "x-amz-crc32"]
        if held and status == 200:
            answer = json.loads(answer)
            answer["Failed"] = answer.get("Failed", []) + [
                {"Id": name, "SenderFault": True, "Code": by_kind["some_entries"].value[0]} for name in held]
            answer = json.dumps(answer).encode()
        if busy and status == 200:
            answer = json.loads(answer)
            answer["Failed"] = answer.get("Failed", []) + [
                {"Id": name, "SenderFault": False, "Code": "InternalError"} for name in busy]
            answer = json.dumps(answer).encode()
        if left and status == 200:
            answer = json.loads(answer)
            answer["UnprocessedItems" if call.operation == "BatchWriteItem" else "UnprocessedKeys"] = left
            answer = json.dumps(answer).encode()
            headers = [h for h in headers if h[0].lower() != "x-amz-crc32"]
        call.status = status
        call.ended = time.monotonic()
        if "after" in by_kind:
            by_kind["after"].call(call)
        if "drop_answer" in by_kind:
            return self.drop()
        if "cut_answer" in by_kind:
            return self.reply_half(status, headers, answer)
        return self.reply(status, headers, answer)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = handle_call


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass  # a client that was killed, or hung up


class AwsProxy:
    def __init__(self, upstream):
        address = urllib.parse.urlsplit(upstream)
        self.host, self.port = address.hostname, address.port
        self.lock = threading.Lock()
        self.calls = []
        self.said = []  # calls whose contents are kept, past `reset`
        self.plan = Plan()
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.proxy = self
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.server.server_port

    def begin(self, service, operation, entries):
        with self.lock:
            call = Call(len(self.calls), service, operation, entries, begun=time.monotonic())
            self.calls.append(call)
            return call, [fault for fault in self.faults if fault.matches(call)]

    def inject(self, kind, service, operation=None, **how):
        fault = Fault(kind, service, operation, **how)
        with self.lock:
            return self.plan.add(fault)

    @property
    def faults(self):
        return self.plan.faults

    def heal(self):
        """No faults from now on; raises where one of them never fired."""
        with self.lock:
            self.plan.end()

    def reset(self):
        with self.lock:
            self.calls.clear()

    def counts(self):
        """{"dynamodb.BatchWriteItem": 40, ...}"""
        with self.lock:
            return dict(collections.Counter("%s.%s" % (call.service, call.operation)
                                            for call in self.calls))

    def total(self):
        with self.lock:
            return len(self.calls)

    def sent(self, service, operation):
        """What reached the service by an operation, in the order of the calls."""
        return [call.sent for call in list(self.said) if call.reached
                and (call.service, call.operation) == (service, operation)]

    def widest(self, service, operation):
        """How many calls of an operation were under way at one moment."""
        with self.lock:
            edges = [(call.begun, 1) for call in self.calls
                     if (call.service, call.operation) == (service, operation)]
            edges += [(call.ended, -1) for call in self.calls
                      if (call.service, call.operation) == (service, operation) and call.ended]
        now = most = 0
        for _, step in sorted(edges):
            now += step
            most = max(most, now)
        return most

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.heal()
