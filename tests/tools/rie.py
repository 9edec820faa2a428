"""AWS's own emulator of the Runtime API, aws-lambda-rie, in front of one program: in the place of
harness.runtime_api.Function."""

import json
import socket
import subprocess
import urllib.request

from harness.runtime_api import Result
from support import wait_until


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def listens(port):
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


class RieFunction:
    """One process behind one emulator, which starts it with the first call."""

    def __init__(self, emulator, function):
        self.name, self.arn, self.log_path = function.name, function.arn, function.log_path
        self.timeout = function.timeout
        self.port = free_port()
        environment = dict(function.environment, AWS_LAMBDA_FUNCTION_NAME=self.name,
                           AWS_LAMBDA_FUNCTION_TIMEOUT=str(self.timeout))
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [emulator, "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}",
                 "--runtime-api-address", f"127.0.0.1:{free_port()}", function.program],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        wait_until(lambda: self.process.poll() is not None or listens(self.port))

    def invoke(self, event):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations",
            data=event if isinstance(event, bytes) else json.dumps(event).encode())
        with urllib.request.urlopen(request, timeout=self.timeout + 20) as answer:
            body = answer.read()
        document = json.loads(body) if body else None
        failed = isinstance(document, dict) and "errorMessage" in document
        return Result("error" if failed else "ok", body)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
