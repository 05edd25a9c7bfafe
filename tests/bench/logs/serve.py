"""`python -m tests.bench.logs.serve`: the fast stand-in, a process of its own on loopback.

One port serves CloudWatch Logs (POST /), the API server (GET /apis/...) and the benchmark's own controls (/bench/...).
A thread per connection; pages leave as slices of one buffer, outside of the interpreter lock. It prints a line of JSON
once it listens, and ends by SIGTERM.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterable, Sequence

from tests.bench.logs import script
from tests.bench.logs.cluster import Cluster
from tests.bench.logs.service import Service, Settings
from tests.standin.dispatch import Request
from tests.standin.server import BadRequestError, read_request

GRACE = 1000
"""Milliseconds from the last line of a live job to its end."""


class Server:
    """Both services behind one listener.

    Args:
        service: CloudWatch Logs.
        cluster: the API server.
    """

    def __init__(self, service: Service, cluster: Cluster) -> None:
        self._service = service
        self._cluster = cluster
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]

    def run(self) -> None:
        """Serve for ever."""
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, connection.makefile("rb") as stream:
            try:
                while (request := read_request(stream)) is not None:
                    self._exchange(connection, request)
            except (OSError, BadRequestError):
                # The other side went away, or speaks something else: the end of this connection.
                return

    def _exchange(self, connection: socket.socket, request: Request) -> None:
        if request.method == "POST" and request.path == "/":
            operation = request.headers.get("x-amz-target", "").partition(".")[2]
            status, pieces = self._service.answer(operation, request.body)
            _send(connection, status, pieces, "application/x-amz-json-1.1")
        elif request.path.startswith("/bench/"):
            _send(connection, 200, [self._control(request)], "application/json")
        elif (lines := self._cluster.watch(request.path)) is not None:
            _stream(connection, lines)
        else:
            status, body = self._cluster.get(request.path)
            _send(connection, status, [body], "application/json")

    def _control(self, request: Request) -> bytes:
        if request.method == "PUT":
            wanted = json.loads(request.body)
            self._service.configure(Settings(wanted["delay"], wanted["quotas"]))
        return json.dumps(self._service.counts).encode()


def _send(connection: socket.socket, status: int, pieces: Sequence[memoryview | bytes], kind: str) -> None:
    length = sum(len(piece) for piece in pieces)
    head = (
        f"HTTP/1.1 {status} {'OK' if status == 200 else 'Refused'}\r\nContent-Type: {kind}\r\n"
        f"x-amzn-RequestId: 00000000-0000-4000-8000-000000000000\r\nContent-Length: {length}\r\n\r\n"
    )
    if length < 65536:
        connection.sendall(b"".join([head.encode(), *pieces]))
        return
    connection.sendall(head.encode() + bytes(pieces[0]))
    for piece in pieces[1:]:
        connection.sendall(piece)


def _stream(connection: socket.socket, lines: Iterable[bytes]) -> None:
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection.sendall(head.encode())
    for line in lines:
        connection.sendall(f"{len(line):x}\r\n".encode() + line + b"\r\n")
    connection.sendall(b"0\r\n\r\n")


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM; returns the exit code."""
    options = _parser().parse_args(arguments)
    now = time.time_ns() // 1_000_000
    if options.live:
        began = now + round(options.after * 1000)
        plan = script.live(began, script.Writing(**json.loads(options.live)))
        cluster = Cluster(began, None, options.region)
        over = (max(plan.readable) + GRACE - now) / 1000
        timer = threading.Timer(over, lambda: cluster.finish(time.time_ns() // 1_000_000))
        timer.daemon = True
        timer.start()
    else:
        plan = script.history(options.events, options.streams, end=now - 3_600_000)
        cluster = Cluster(plan.stamps[0], plan.stamps[-1], options.region)
    server = Server(Service(plan), cluster)
    print(json.dumps({"port": server.port, "now": now}), flush=True)
    server.run()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.logs.serve", description=__doc__)
    add = parser.add_argument
    add("--events", type=int, default=100_000, metavar="N", help="events of a log that is over (default 100,000)")
    add("--streams", type=int, default=4, metavar="N", help="its log streams (default 4)")
    add("--region", default="us-east-1", metavar="NAME", help="where the job runs (default us-east-1)")
    add("--live", metavar="JSON", help="a log that is being written instead: members of script.Writing")
    add("--after", type=float, default=3.0, metavar="SECONDS", help="when the live log begins (default 3)")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.exit(main(sys.argv[1:]))
