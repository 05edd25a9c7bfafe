"""The HTTP endpoints for kubelet and Prometheus: /healthz, /readyz and /metrics.

Requests are answered from what the process knows already; none causes work outside it. No body is ever read.
"""

from __future__ import annotations

import logging
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from smkube.errors import ConfigError

log = logging.getLogger(__name__)

BEAT_WITHIN = 60.0
"""Seconds within which a loop thread is to tick, unless it promised another time."""
MOST_REQUESTS = 16
"""Requests answered at the same time; further connections are closed."""
CLIENT_PATIENCE = 5.0
"""Seconds a client may be silent."""

Problems = Callable[[], Sequence[str]]
"""Says what is wrong, one line each; nothing when all is well."""
Render = Callable[[str], tuple[str, bytes]]
"""Content type and body of the metrics for an Accept header."""
Address = tuple[str, int]


class Heartbeats:
    """Signs of life of the loop threads.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._promised: dict[str, tuple[float, float]] = {}
        """When each thread beat last, and within how many seconds it is to do so again."""

    def beat(self, name: str, within: float = BEAT_WITHIN) -> None:
        """A thread lives, and beats again within so many seconds."""
        with self._lock:
            self._promised[name] = (self._clock(), within)

    def renew(self, name: str) -> None:
        """A thread got an answer from somebody: its time begins anew. A name that never beat is nobody's concern."""
        with self._lock:
            if name in self._promised:
                self._promised[name] = (self._clock(), self._promised[name][1])

    def remove(self, name: str) -> None:
        """A thread ended on purpose."""
        with self._lock:
            self._promised.pop(name, None)

    def late(self) -> list[str]:
        """A line for each thread that has not kept its promise."""
        with self._lock:
            now = self._clock()
            return [
                f"{name}: no sign of life for {now - beaten:.0f} s"
                for name, (beaten, within) in sorted(self._promised.items())
                if now > beaten + within
            ]


class HealthServer:
    """Serves the endpoints on one address.

    Args:
        address: where to listen; see parse_address.
        live: what is wrong with the process for good, so that it should be restarted.
        ready: what it still waits for.
        metrics: content type and body for an Accept header; None where there are none to be had.

    Raises:
        ConfigError: the address cannot be listened on.
    """

    def __init__(self, address: Address, *, live: Problems, ready: Problems, metrics: Render | None) -> None:
        def answer(path: str, accept: str) -> tuple[int, str, bytes]:
            if path == "/metrics" and metrics is not None:
                return 200, *metrics(accept)
            problems = {"/healthz": live, "/readyz": ready}.get(path)
            if problems is None:
                return 404, "text/plain; charset=utf-8", b"not found\n"
            found = problems()
            text = "".join(f"{line}\n" for line in found) or "ok"
            return 503 if found else 200, "text/plain; charset=utf-8", text.encode()

        handler = type("Handler", (_Handler,), {"answer": staticmethod(answer)})
        try:
            self._server = _server(address, handler)
        except (OSError, OverflowError) as error:
            where = f"{address[0]}:{address[1]}"
            raise ConfigError(f"Cannot listen on {where} for metrics and health checks: {error}") from error
        self._serves = "/metrics, /healthz and /readyz" if metrics is not None else "/healthz and /readyz"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.1], name="health", daemon=True)

    @property
    def port(self) -> int:
        """The port listened on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Start to answer; once only."""
        self._thread.start()
        log.info("Serving %s on port %d.", self._serves, self.port)

    def stop(self) -> None:
        """Stop listening; answers under way are given up."""
        if self._thread.ident is not None:
            self._server.shutdown()
            self._thread.join(5)
        self._server.server_close()


def servers(
    metrics_addr: str, health_addr: str, *, live: Problems, ready: Problems, metrics: Render
) -> tuple[HealthServer, ...]:
    """The servers for the two addresses; one for both where they are the same, none for `0`.

    Metrics are for those who are let through to them (a proxy that asks who it is), health checks for the kubelet,
    which cannot say who it is: the second address has no metrics.

    Raises:
        ConfigError: an address is none, or cannot be listened on.
    """
    made = []
    for text, render in ((metrics_addr, metrics), (health_addr, None)):
        address = parse_address(text)
        twice = render is None and text == metrics_addr and not text.endswith(":0")
        if address is not None and not twice:
            made.append(HealthServer(address, live=live, ready=ready, metrics=render))
    return tuple(made)


def parse_address(text: str) -> Address | None:
    """An address in Go's form: `:8080` (all interfaces), `127.0.0.1:8080`, `[::1]:8080`; `0` is None, no server.

    Raises:
        ConfigError: the text is none of these.
    """
    if text == "0":
        return None
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not port.isascii() or not port.isdecimal() or int(port) > 65535 or (":" in host and not bracketed):
        raise ConfigError(f'"{text}" is not an address to listen on; write ":8080", "127.0.0.1:8080", or "0" for none.')
    return host[1:-1] if bracketed else host, int(port)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: Address, handler: type[BaseHTTPRequestHandler]) -> None:
        self._slots = threading.BoundedSemaphore(MOST_REQUESTS)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, if not too many do already."""
        if self._slots.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, then leave room for the next."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class decides
        """Log an answer that failed; a client that went away is nobody's error."""
        log.debug("the request of %s failed: %s", client_address, sys.exception())

    def server_bind(self) -> None:
        """Bind without asking the name service who we are."""
        if self.address_family == socket.AF_INET6 and not self.server_address[0]:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "", int(self.server_address[1])


class _Server6(_Server):
    address_family = socket.AF_INET6


def _server(address: Address, handler: type[BaseHTTPRequestHandler]) -> _Server:
    host, _ = address
    if ":" in host or (not host and socket.has_dualstack_ipv6()):
        return _Server6(address, handler)
    return _Server(address, handler)


class _Handler(BaseHTTPRequestHandler):
    server_version = "sagemaker-operator"
    sys_version = ""
    timeout = CLIENT_PATIENCE

    @staticmethod
    def answer(path: str, accept: str) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        raise NotImplementedError

    def do_GET(self) -> None:
        """Answer a request."""
        self._respond(body=True)

    def do_HEAD(self) -> None:
        """Answer a request without its body."""
        self._respond(body=False)

    def _respond(self, *, body: bool) -> None:
        try:
            status, content_type, data = self.answer(self.path.partition("?")[0], self.headers.get("Accept", ""))
        except Exception:
            log.exception("%s could not be answered", self.path)
            status, content_type, data = 500, "text/plain; charset=utf-8", b"internal error\n"
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Probes and scrapes are no news."""
        log.debug(format, *args)
