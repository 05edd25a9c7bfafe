"""What the AWS stand-in can serve when it is asked as fast as it answers: so that it is known not to be the limit.

A stand-in of its own is asked, without latency and limits, by a client that throws the answers away.
"""

from __future__ import annotations

import itertools
import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from tests.bench.scale.figures import Figures
from tests.standin import clients
from tests.standin.process import StandInProcess

CONNECTIONS = 8
SECONDS = 2.0
"""How long Describe and List are asked."""
_BUFFER = 1 << 16
Body = Callable[[], dict[str, Any]]


def measure(jobs: int) -> Figures:
    """Requests a second of Create, Describe and List, the latter two while so many jobs run."""
    with StandInProcess("--phase", "training=36000", "--log-rate", "0") as standin:
        port = urlsplit(standin.url).port
        assert port is not None
        numbers = itertools.count()

        def create() -> dict[str, Any]:
            return clients.training_request(f"capacity-{next(numbers)}")

        creates = _ask(port, "CreateTrainingJob", create, requests=jobs // CONNECTIONS)
        describes = _ask(port, "DescribeTrainingJob", lambda: {"TrainingJobName": "capacity-0"})
        changed = {"MaxResults": 100, "LastModifiedTimeAfter": time.time()}
        lists = _ask(port, "ListTrainingJobs", lambda: changed)
        pages = _ask(port, "ListTrainingJobs", lambda: {"MaxResults": 100})
    return {
        "jobs": jobs,
        "creates_a_second": round(creates),
        "describes_a_second": round(describes),
        "quiet_lists_a_second": round(lists),
        "full_pages_a_second": round(pages),
    }


def _ask(port: int, operation: str, body: Body, requests: int | None = None) -> float:
    """Requests a second over all connections: so many each, or as many as `SECONDS` allow."""
    began = time.monotonic()
    until = began + SECONDS

    def work() -> int:
        done = 0
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while done < requests if requests is not None else time.monotonic() < until:
                connection.sendall(_request(operation, body()))
                _skip_answer(connection)
                done += 1
        return done

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        done = sum(share.result() for share in [pool.submit(work) for _ in range(CONNECTIONS)])
    return done / (time.monotonic() - began)


def _request(operation: str, body: dict[str, Any]) -> bytes:
    text = json.dumps(body).encode()
    head = (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Target: SageMaker.{operation}\r\n"
        f"Authorization: AWS4-HMAC-SHA256 Credential={clients.ACCESS_KEY}/20260101/us-east-1/sagemaker/aws4_request\r\n"
        f"Content-Length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text


def _skip_answer(connection: socket.socket) -> None:
    """Read one answer.

    Raises:
        RuntimeError: it is an error; the figure would tell nothing.
        OSError: the stand-in has ended.
    """
    got = b""
    while b"\r\n\r\n" not in got:
        more = connection.recv(_BUFFER)
        if not more:
            raise OSError("the stand-in closed the connection")
        got += more
    head, _, rest = got.partition(b"\r\n\r\n")
    left = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]) - len(rest)
    while left > 0:
        more = connection.recv(min(left, _BUFFER))
        if not more:
            raise OSError("the stand-in closed the connection")
        left -= len(more)
        rest += more
    if not head.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(rest.decode(errors="replace"))
