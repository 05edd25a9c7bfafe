"""What the stand-in itself can deliver, read by a client that throws everything away: never a tool's figure."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import dataclass

from tests.bench.logs.script import JOB
from tests.bench.logs.service import GROUP

_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Capacity:
    """Pages and megabytes a second over some connections at once."""

    connections: int
    pages: float
    megabytes: float


def measure(port: int, *, connections: int, seconds: float = 2.0) -> Capacity:
    """Ask for the first page of FilterLogEvents over and over."""
    until = time.monotonic() + seconds
    found: list[tuple[int, int]] = []

    def work() -> None:
        found.append(_ask(port, until))

    threads = [threading.Thread(target=work) for _ in range(connections)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    return Capacity(connections, sum(one for one, _ in found) / took, sum(size for _, size in found) / took / 1e6)


def _ask(port: int, until: float) -> tuple[int, int]:
    """Pages and bytes of one connection."""
    body = json.dumps({"logGroupName": GROUP, "logStreamNamePrefix": f"{JOB}/"})
    request = (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Target: Logs_20140328.FilterLogEvents\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
    buffer = bytearray(_BUFFER)
    pages = size = 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        while time.monotonic() < until:
            connection.sendall(request)
            size += _read_answer(connection, buffer)
            pages += 1
    return pages, size


def _read_answer(connection: socket.socket, buffer: bytearray) -> int:
    """Read one answer to its end; its size."""
    got = connection.recv_into(buffer)
    head, _, rest = bytes(buffer[:got]).partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    left = length - len(rest)
    while left > 0:
        left -= connection.recv_into(buffer, min(left, _BUFFER))
    return length
