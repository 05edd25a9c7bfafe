"""A stand-in for S3 on the loopback device, for real clients: what a release's upload needs, as S3 answers it.

Semantics from the S3 API reference: HeadObject (checksum mode, expected bucket owner) and PutObject (checksums,
conditional writes). It knows no signatures.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass
class Object:
    """What was put somewhere."""

    body: bytes
    headers: dict[str, str]


@dataclass
class Storage:
    """All buckets.

    Attributes:
        url: for AWS_ENDPOINT_URL_S3.
        objects: by bucket and key, as in a path.
        owners: accounts by bucket; a bucket that is not there does not exist.
        requests: method and path of every request.
        trouble: asked before each request; a status and code that it gives is answered.
    """

    url: str = ""
    objects: dict[str, Object] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    trouble: Callable[[str, str], tuple[int, str] | None] = lambda _method, _path: None

    def puts(self) -> list[str]:
        """Paths that somebody put something to, in order."""
        return [line.partition(" ")[2] for line in self.requests if line.startswith("PUT ")]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    storage: ClassVar[Storage]

    def do_HEAD(self) -> None:
        """As HeadObject."""
        path = self._begin()
        if path is None:
            return
        found = self.storage.objects.get(path)
        if found is None:
            self._answer(404)
            return
        checksum = found.headers.get("x-amz-checksum-sha256")
        told = {"x-amz-checksum-sha256": checksum} if checksum and "x-amz-checksum-mode" in self.headers else {}
        self._answer(200, {"Content-Length": str(len(found.body)), **told})

    def do_PUT(self) -> None:
        """As PutObject."""
        path = self._begin()
        if path is None:
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        if self.headers.get("x-amz-checksum-sha256", digest) != digest:
            self._refuse(400, "BadDigest")
        elif self.headers.get("If-None-Match") == "*" and path in self.storage.objects:
            self._refuse(412, "PreconditionFailed")
        else:
            self.storage.objects[path] = Object(body, {name.lower(): value for name, value in self.headers.items()})
            self._answer(200, {"Content-Length": "0"})

    def _begin(self) -> str | None:
        """The request's bucket and key, unless it has been refused."""
        path = self.path.lstrip("/")
        self.storage.requests.append(f"{self.command} {path}")
        owner = self.storage.owners.get(path.partition("/")[0])
        trouble = self.storage.trouble(self.command, path)
        if trouble is None and owner is None:
            trouble = (404, "NoSuchBucket")
        if trouble is None and self.headers.get("x-amz-expected-bucket-owner", owner) != owner:
            trouble = (403, "AccessDenied")
        if trouble is None:
            return path
        self._refuse(*trouble)
        return None

    def _refuse(self, status: int, code: str) -> None:
        body = b"" if self.command == "HEAD" else f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode()
        self.close_connection = True  # The body of the request may be unread.
        self._answer(status, {"Content-Length": str(len(body)), "Connection": "close"}, body)

    def _answer(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serve() -> Iterator[Storage]:
    """A storage without buckets, until the end of the block."""
    storage = Storage()
    handler = type("Handler", (_Handler,), {"storage": storage})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        storage.url = f"http://127.0.0.1:{server.server_port}"
        yield storage
        server.shutdown()
