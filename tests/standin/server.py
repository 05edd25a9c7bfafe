"""A lean HTTP/1.1 server on loopback: one thread per connection, keep-alive, one write per answer.

Knows nothing of AWS. The standard library's server parses headers with the e-mail package and writes in pieces,
which costs several times what an operation of the stand-in does.
"""

from __future__ import annotations

import socket
import struct
import threading
from http import HTTPStatus
from typing import IO, TYPE_CHECKING

from tests.standin.dispatch import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_HEADERS = 100
MOST_BODY = 64 << 20
_REASONS = {status.value: status.phrase for status in HTTPStatus}
_RESET = struct.pack("ii", 1, 0)


class BadRequestError(Exception):
    """What came is not a request this server understands."""


def read_request(stream: IO[bytes]) -> Request | None:
    """The next request of a connection, or None at its end. BadRequestError if it cannot be read."""
    line = stream.readline(65536)
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3:
        raise BadRequestError("no request line")
    headers: dict[str, str] = {}
    for _ in range(MOST_HEADERS):
        raw = stream.readline(65536)
        if raw in (b"\r\n", b"\n", b""):
            break
        name, _, value = raw.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    if "chunked" in headers.get("transfer-encoding", ""):
        raise BadRequestError("a body of unknown length")
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MOST_BODY:
        raise BadRequestError("no usable Content-Length")
    return Request(parts[0], parts[1], headers, stream.read(int(length)) if length != "0" else b"")


def encode_response(response: Response) -> bytes:
    """Head and body in one piece."""
    lines = [f"HTTP/1.1 {response.status} {_REASONS.get(response.status, '')}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    lines.append(f"Content-Length: {len(response.body)}\r\n\r\n")
    return "\r\n".join(lines).encode("latin-1") + response.body


class Server:
    """Serves `answer` on an address until `stop`.

    Args:
        answer: the function from request to response; called in the connection's thread.
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
    """

    def __init__(self, answer: Callable[[Request], Response], host: str = "127.0.0.1", port: int = 0) -> None:
        self._answer = answer
        self._listener = socket.create_server((host, port), backlog=512)
        self.host, self.port = self._listener.getsockname()[:2]
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._accept, name="standin-accept", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and close all connections."""
        with self._lock:
            self._ended.set()
            connections = list(self._open)
        for each in (self._listener, *connections):
            _shut(each)
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                # Closed by `stop`, or for a moment out of file descriptors.
                if self._ended.wait(0.05):
                    return
                continue
            with self._lock:
                if self._ended.is_set():
                    connection.close()
                    return
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection.makefile("rb") as stream:
                while self._exchange(connection, stream):
                    pass
        except OSError:
            # The other side went away: for a server that is an end like any other.
            return
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _exchange(self, connection: socket.socket, stream: IO[bytes]) -> bool:
        """One request and its answer; whether the connection goes on."""
        try:
            request = read_request(stream)
        except BadRequestError as error:
            connection.sendall(encode_response(Response(400, str(error).encode(), {"Connection": "close"})))
            return False
        if request is None:
            return False
        response = self._answer(request)
        if response.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            return False
        connection.sendall(encode_response(response))
        return request.headers.get("connection", "").lower() != "close"


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        # Already closed by the other side.
        return
