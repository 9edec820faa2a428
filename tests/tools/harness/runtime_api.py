"""AWS Lambda's Runtime API for one process, and a function made of several such processes.

Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
"""

import collections
import dataclasses
import http.server
import json
import os
import queue
import signal
import subprocess
import threading
import time
import uuid

VERSION = "/2018-06-01/runtime"


@dataclasses.dataclass
class Result:
    """How one invocation ended: ok, error (the function said so), crashed or timeout."""

    status: str
    payload: bytes = b""
    request_id: str = ""
    seconds: float = 0.0

    @property
    def ok(self):
        return self.status == "ok"

    @property
    def document(self):
        return json.loads(self.payload) if self.payload else None


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_GET(self):
        worker = self.server.worker
        if self.path != VERSION + "/invocation/next":
            return self.answer(404)
        if worker.first_next is None:
            worker.first_next = time.monotonic()
            worker.ready.set()
        call = worker.calls.get()
        if call is None:
            self.close_connection = True
            return None
        return self.answer(200, call["payload"], [
            ("Lambda-Runtime-Aws-Request-Id", call["request_id"]),
            ("Lambda-Runtime-Deadline-Ms", str(int(call["deadline"] * 1000))),
            ("Lambda-Runtime-Invoked-Function-Arn", call["arn"]),
            ("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0"),
        ])

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        worker = self.server.worker
        if self.path == VERSION + "/init/error":
            # Before the answer: with that the process ends, and is not to be taken for crashed.
            worker.init_error = json.loads(body)
            worker.results.put(("error", "", body))
            return self.answer(202)
        parts = self.path[len(VERSION):].split("/")
        if len(parts) != 4 or parts[1] != "invocation" or parts[3] not in ("response", "error"):
            return self.answer(404)
        if parts[2] != worker.current:
            return self.answer(400, b'{"errorMessage":"Invalid request ID",'
                                    b'"errorType":"InvalidRequestID"}')
        self.answer(202)
        if parts[3] == "error":
            worker.error_type = self.headers.get("Lambda-Runtime-Function-Error-Type")
        return worker.results.put(("ok" if parts[3] == "response" else "error", parts[2], body))


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 16

    def handle_error(self, *_):
        pass  # a process that was killed in the middle of an exchange


class Worker:
    """One execution environment: a process and the Runtime API that it talks to."""

    def __init__(self, function):
        self.function = function
        self.process = None
        self.server = None
        self.peak_kib = 0

    def start(self):
        self.calls = queue.Queue()
        self.results = queue.Queue()
        self.ready = threading.Event()
        self.current = None
        self.first_next = None
        self.init_error = None
        self.error_type = None
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.worker = self
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        environment = dict(self.function.environment)
        environment["AWS_LAMBDA_RUNTIME_API"] = "127.0.0.1:%d" % self.server.server_port
        environment["AWS_LAMBDA_FUNCTION_NAME"] = self.function.name
        with open(self.function.log_path, "ab") as log:
            self.started = time.monotonic()
            self.process = subprocess.Popen([self.function.program], env=environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self, number=signal.SIGKILL):
        """Whether there was a process to kill."""
        alive = self.alive
        if alive:
            self.process.send_signal(number)
        return alive

    def measure(self):
        """Remembers the peak of resident memory, in KiB."""
        try:
            with open("/proc/%d/status" % self.process.pid, encoding="ascii") as status:
                for line in status:
                    if line.startswith("VmHWM:"):
                        self.peak_kib = max(self.peak_kib, int(line.split()[1]))
        except (FileNotFoundError, ProcessLookupError):
            pass

    def invoke(self, payload):
        if not self.alive:
            self.stop()
            self.start()
        timeout = self.function.timeout
        request_id = self.current = str(uuid.uuid4())
        begun = time.monotonic()
        self.calls.put({"payload": payload, "request_id": request_id,
                        "deadline": time.time() + timeout, "arn": self.function.arn})
        while True:
            try:
                status, answered, body = self.results.get(timeout=0.02)
            except queue.Empty:
                if not self.alive and self.results.empty():
                    return Result("crashed", b"", request_id, time.monotonic() - begun)
                if time.monotonic() - begun > timeout:
                    self.kill()
                    self.process.wait()
                    return Result("timeout", b"", request_id, time.monotonic() - begun)
                continue
            if answered in ("", request_id):
                self.measure()
                return Result(status, body, request_id, time.monotonic() - begun)

    def stop(self):
        """SIGTERM, as Lambda does; SIGKILL for one that does not go. Answers the exit status."""
        if self.process is not None:
            self.kill(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
                self.process.wait()
        if self.server is not None:
            self.calls.put(None)
            self.server.shutdown()
            self.server.server_close()
            self.server = None
        return None if self.process is None else self.process.returncode


class Function:
    """A deployed function: warm processes are used again, concurrent calls start more."""

    def __init__(self, name, program, environment, log_path, timeout=20, region="us-east-1"):
        self.name = name
        self.program = os.fspath(program)
        self.environment = environment
        self.log_path = os.fspath(log_path)
        self.timeout = timeout
        self.arn = "arn:aws:lambda:%s:000000000000:function:%s" % (region, name)
        self.lock = threading.Lock()
        self.idle = []
        self.workers = []
        self.ended = collections.Counter()  # invocations, by how they ended

    def invoke(self, event):
        payload = event if isinstance(event, bytes) else json.dumps(event).encode()
        with self.lock:
            worker = self.idle.pop() if self.idle else None
            if worker is None:
                worker = Worker(self)
                self.workers.append(worker)
        status = "broken"
        try:
            result = worker.invoke(payload)
            status = result.status
            return result
        finally:
            with self.lock:
                self.idle.append(worker)
                self.ended[status] += 1

    def kill(self):
        """SIGKILL to every process, whatever it is doing. Answers how many there were."""
        with self.lock:
            return sum(worker.kill() for worker in self.workers)

    @property
    def peak_kib(self):
        return max((worker.peak_kib for worker in self.workers), default=0)

    def log_lines(self):
        """Every JSON line that the processes wrote; what is no JSON comes as a text."""
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as log:
                lines = log.read().splitlines()
        except FileNotFoundError:
            return []
        found = []
        for line in lines:
            try:
                found.append(json.loads(line))
            except ValueError:
                found.append(line)
        return found

    def stop(self):
        for worker in self.workers:
            worker.stop()
        self.workers = []
        self.idle = []
