"""A TCP proxy before PostgreSQL: counts round trips and statements, cuts connections.

Source: PostgreSQL manual, chapter 55 "Frontend/Backend Protocol". TLS is declined, so that the
messages can be read.
"""

import collections
import dataclasses
import select
import socket
import struct
import threading

from .faults import Plan, Planned

_SSL, _GSS, _CANCEL = 80877103, 80877104, 80877102


@dataclasses.dataclass
class Statement:
    kind: str  # "simple" or "execute"
    text: str


class Cut(Exception):
    """Raised by a hook: the message goes on to the server, its answer to nobody."""


class _Connection:
    def __init__(self, proxy, client):
        self.proxy = proxy
        self.client = client
        self.server = None
        self.pending = b""
        self.named = {}
        self.started = False
        self.server_spoke = True
        self.swallow = False
        self.heard = b""

    def run(self):
        try:
            if self._negotiate():
                self._pump()
        except OSError:
            pass
        finally:
            self.close()
            self.proxy.forget(self)

    def close(self):
        for end in (self.client, self.server):
            if end is not None:
                try:
                    end.close()
                except OSError:
                    pass

    def abort(self):
        for end in (self.client, self.server):
            if end is not None:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.client.recv(count - len(data))
            if not more:
                raise OSError("closed")
            data += more
        return data

    def _negotiate(self):
        while True:
            head = self._exactly(8)
            length, code = struct.unpack("!II", head)
            rest = self._exactly(length - 8)
            if code in (_SSL, _GSS):
                self.client.sendall(b"N")
                continue
            self.server = socket.create_connection(self.proxy.upstream)
            self.server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.server.sendall(head + rest)
            return True

    def _pump(self):
        while True:
            readable, _, _ = select.select([self.client, self.server], [], [], 60)
            if self.client in readable:
                data = self.client.recv(65536)
                if not data:
                    self.proxy.wait_if_hung()  # the server does not hear that it went
                    return
                self._from_client(data)
            if self.server in readable:
                data = self.server.recv(65536)
                if not data:
                    return
                if self.swallow:
                    return
                self.server_spoke = True
                self._from_server(data)
                self.proxy.wait_if_hung()
                self.client.sendall(data)

    def _from_client(self, data):
        self.pending += data
        whole = b""
        while len(self.pending) >= 5:
            length = struct.unpack("!I", self.pending[1:5])[0] + 1
            if len(self.pending) < length:
                break
            message, self.pending = self.pending[:length], self.pending[length:]
            whole += message
            try:
                self._look(chr(message[0]), message[5:])
            except Cut:
                self.swallow = True
        if whole:
            self.proxy.wait_if_hung()
            self.server.sendall(whole)

    def _from_server(self, data):
        """Counts what the server refuses, by its SQLSTATE ("ErrorResponse": field C)."""
        self.heard += data
        while len(self.heard) >= 5:
            length = struct.unpack("!I", self.heard[1:5])[0] + 1
            if len(self.heard) < length:
                break
            message, self.heard = self.heard[:length], self.heard[length:]
            if message[:1] == b"E":
                fields = {field[:1]: field[1:] for field in message[5:].split(b"\0") if field}
                with self.proxy.lock:
                    self.proxy.refusals[fields.get(b"C", b"").decode()] += 1

    def _look(self, kind, body):
        proxy = self.proxy
        if kind == "P":
            name, text, _ = body.split(b"\0", 2)
            self.named[name] = text.decode("utf-8", "replace")
        elif kind == "B":
            _, name, _ = body.split(b"\0", 2)
            self.bound = self.named.get(name, "")
        if kind in "QS" and self.server_spoke:
            with proxy.lock:
                proxy.flights += 1
            self.server_spoke = False
        if kind == "S":
            with proxy.lock:
                proxy.syncs += 1
        elif kind == "Q":
            text = body[:-1].decode("utf-8", "replace")
            with proxy.lock:
                proxy.queries += 1
            proxy.saw(Statement("simple", text))
        elif kind == "E":
            proxy.saw(Statement("execute", getattr(self, "bound", "")))


class PgProxy:
    """flights: times that a client had to wait for the server; syncs + queries: what it asked."""

    def __init__(self, host, port):
        self.upstream = (host, port)
        self.lock = threading.Lock()
        self.connections = set()
        self.refusals = collections.Counter()  # errors of the server by SQLSTATE
        self.plan = Plan()
        self.outage = self.silence = None  # the fault of `down`, and of `hang`, while it lasts
        self.hung = threading.Event()
        self.hung.set()
        self.hook = None
        self.reset()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self):
        with self.lock:
            self.flights = self.syncs = self.queries = 0
            self.statements = []

    @property
    def round_trips(self):
        with self.lock:
            return self.syncs + self.queries

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.outage:
                self.outage.fired += 1
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = _Connection(self, client)
            with self.lock:
                self.connections.add(connection)
            threading.Thread(target=connection.run, daemon=True).start()

    def forget(self, connection):
        with self.lock:
            self.connections.discard(connection)

    def saw(self, statement):
        with self.lock:
            self.statements.append(statement)
            hook = self.hook
        if hook:
            hook(statement)

    def on_statement(self, text, action, skip=0):
        """Calls action (which may raise Cut) when a statement with this text in it passes; once."""
        left = [skip]
        fault = self.plan.add(Planned("on_statement %r, %d skipped" % (text, skip)))

        def hook(statement):
            if text not in statement.text:
                return
            if left[0] > 0:
                left[0] -= 1
                return
            self.hook = None
            fault.fired += 1
            action()
        self.hook = hook

    def _abort(self):
        with self.lock:
            connections = list(self.connections)
        for connection in connections:
            connection.abort()
        return len(connections)

    def cut(self):
        """Breaks every connection, as a server that stops."""
        return self.plan.add(Planned("cut", self._abort())).fired

    def down(self):
        self.outage = self.plan.add(Planned("down"))
        self.outage.fired += self._abort()

    def up(self):
        self.outage = None

    def hang(self):
        """Packets stop flowing; connections stay."""
        self.silence = self.plan.add(Planned("hang"))
        self.hung.clear()

    def flow(self):
        self.hung.set()

    def wait_if_hung(self):
        if not self.hung.is_set():
            self.silence.fired += 1
        self.hung.wait(120)

    def heal(self):
        """No faults from now on; raises where one of them never fired."""
        self.up()
        self.flow()
        self.hook = None
        self.plan.end()

    def stop(self):
        self.listener.close()
        self.hung.set()
        self._abort()
        self.heal()
