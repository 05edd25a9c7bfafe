"""A small HTTP server that answers one collection's requests as a test's script says."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from kubernetes.client import Configuration

from smkube.kube.client import Client
from smkube.kube.connection import Connection

HOLD = object()
"""In a watch's lines: keep the connection open, silent, until the server is closed or the client goes."""


class Answer:
    """One scripted answer: a status and a JSON body, or the lines of a watch."""

    def __init__(self, body: Any = None, *, status: int = 200, lines: list[Any] | None = None, **headers: str) -> None:
        self.body = body
        self.status = status
        self.lines = lines
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Script:
    """Answers for lists and watches, in order; the last of each kind is repeated."""

    def __init__(self) -> None:
        self.lists: list[Answer] = []
        self.watches: list[Answer] = []
        self.requests: queue.Queue[tuple[float, dict[str, str]]] = queue.Queue()
        self.closed = threading.Event()
        self._lock = threading.Lock()

    def next(self, *, watch: bool) -> Answer:
        """The answer to the next request."""
        with self._lock:
            answers = self.watches if watch else self.lists
            return answers.pop(0) if len(answers) > 1 else answers[0]


class _Handler(BaseHTTPRequestHandler):
    script: ClassVar[Script]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
        self.script.requests.put((time.monotonic(), query))
        answer = self.script.next(watch=query.get("watch") == "true")
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.lines is None:
            data = json.dumps(answer.body).encode()
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for line in answer.lines:
            if line is HOLD:
                self.script.closed.wait(30)
                self.close_connection = True
                return
            data = (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Stay silent."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are part of the tests."""


@contextmanager
def serving(script: Script) -> Iterator[Client]:
    """Run the script on loopback; yields a real client for it."""
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"script": script}))
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    client = client_for(f"http://127.0.0.1:{server.server_address[1]}")
    try:
        yield client
    finally:
        script.closed.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
        client.close()


def client_for(host: str) -> Client:
    """A client for an address without TLS and without credentials."""

    def load() -> Configuration:
        settings = Configuration()
        settings.host = host
        return settings

    return Client(Connection(namespace="default", context="", load=load), user_agent="test")


def thing(name: str, version: int, *, uid: str = "", **metadata: Any) -> dict[str, Any]:
    """An object of the scripted collection."""
    return {
        "metadata": {
            "name": name,
            "namespace": "ns",
            "uid": uid or f"uid-{name}",
            "resourceVersion": str(version),
            **metadata,
        },
        "spec": {"number": version},
    }


def listed(version: int, *items: dict[str, Any], more: str = "") -> Answer:
    """A page of a list."""
    return Answer({"metadata": {"resourceVersion": str(version), "continue": more}, "items": list(items)})


def event(type_: str, obj: dict[str, Any]) -> dict[str, Any]:
    """A watch event."""
    return {"type": type_, "object": obj}


def error_event(code: int, reason: str = "", **details: Any) -> dict[str, Any]:
    """An ERROR event with its Status."""
    status = {"kind": "Status", "code": code, "reason": reason, "message": f"scripted {code}", "details": details}
    return {"type": "ERROR", "object": status}


def refused(code: int, reason: str, message: str, **headers: str) -> Answer:
    """A refusal with its Status."""
    return Answer(
        {"kind": "Status", "code": code, "reason": reason, "message": message}, status=code, lines=None, **headers
    )


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait until something holds; False when it does not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
