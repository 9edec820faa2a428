"""Programs that stand in for others: each is a few lines that hand their arguments, environment and open
files to a server, which answers in their place. So a stub keeps its state in one process, and the AWS CLI,
which takes its time to start, starts once."""

import contextlib
import json
import os
import pathlib
import socket
import sys
import threading

PROGRAM = """#!{python} -SI
import json, os, re, socket, sys
words = sys.argv[1:]
numbers = sorted({{0, 1, 2}} | {{int(n) for word in words for n in re.findall(r"/dev/fd/(\\d+)$", word)}})
message = json.dumps({{"name": os.path.basename(sys.argv[0]), "words": words, "numbers": numbers,
                      "folder": os.getcwd(), "environment": dict(os.environ)}}).encode()
peer = socket.socket(socket.AF_UNIX)
peer.connect({path!r})
socket.send_fds(peer, [len(message).to_bytes(4, "big")], numbers)
peer.sendall(message)
answer = peer.recv(1)
sys.exit(answer[0] if answer else 99)
"""


def write_programs(folder, path, names):
    """Programs of these names, each of which is answered at the socket."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        program = folder / name
        program.write_text(PROGRAM.format(python=sys.executable, path=str(path)))
        program.chmod(0o755)


def read_request(peer):
    """What a program handed over, with its open files as {number: file}; None of one that was killed over it."""
    length, files, _, _ = socket.recv_fds(peer, 4, 16)
    size, text = int.from_bytes(length, "big"), b""
    while len(text) < size:
        more = peer.recv(size - len(text))
        if not more:
            break
        text += more
    if not size or len(text) < size:
        for number in files:
            os.close(number)
        return None
    request = json.loads(text)
    request["files"] = dict(zip(request["numbers"], files))
    return request


class Server:
    """Answers in the test's own process: answer(name, words, request) returns (code, output, errors)."""

    def __init__(self, folder, names, answer):
        self.folder = pathlib.Path(folder)
        self.answer = answer
        path = self.folder / "socket"
        write_programs(self.folder / "bin", path, names)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(8)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer:
                request = read_request(peer)
                if request is None:
                    continue
                try:
                    code, output, errors = self.answer(request["name"], request["words"], request)
                except Exception as error:  # a fault of the stub's own must be seen
                    code, output, errors = 98, "", f"stub: {type(error).__name__}: {error}\n"
                with contextlib.suppress(BrokenPipeError):  # who asked was killed
                    os.write(request["files"][1], output.encode())
                    os.write(request["files"][2], errors.encode())
                    peer.sendall(bytes([code]))
                for number in request["files"].values():
                    os.close(number)

    def close(self):
        self.listener.close()
