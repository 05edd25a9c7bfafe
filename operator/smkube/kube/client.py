"""Raw requests to the Kubernetes API: JSON in, JSON out, errors as KubeError.

Objects stay dictionaries (or bytes, for callers that decode them faster): the typed models of the `kubernetes`
package know nothing of custom resources and cost more than the network. Nothing here retries, except once with
fresh credentials after a 401 and on a connection the server closed while it was idle.
"""

from __future__ import annotations

import json
import random
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

from smkube.errors import KubeError

if TYPE_CHECKING:
    import urllib3

    from smkube.kube.connection import Connection

MERGE_PATCH = "application/merge-patch+json"
CONNECT_TIMEOUT = 5.0
"""Seconds to wait for a TCP and TLS connection."""
READ_TIMEOUT = 30.0
"""Seconds to wait for an answer where the user sets no --request-timeout."""

Query = Mapping[str, str | int | bool]


class Client:
    """Requests to one API server, safe to share between threads.

    Args:
        connection: where the server is and who we are.
        user_agent: as the server's audit log is to show us.
        pool_size: connections kept open.
        on_answer: told of each request that was sent: HTTP status or `<error>`, method, host (metrics).
    """

    def __init__(
        self,
        connection: Connection,
        *,
        user_agent: str,
        pool_size: int = 10,
        on_answer: Callable[[str, str, str], None] | None = None,
    ) -> None:
        self.connection = connection
        self._on_answer = on_answer
        self._user_agent = user_agent
        self._pool_size = pool_size
        self._pool: urllib3.PoolManager | None = None

    def prepare(self) -> None:
        """Load what a request needs, without sending one; otherwise the first request does.

        Raises:
            ConfigError: the settings of the connection cannot be used.
        """
        self._pool_manager()

    def get(self, path: str, query: Query | None = None) -> dict[str, Any]:
        """GET one object or list.

        Raises:
            KubeError: the server refused, or was not reached.
        """
        return self._json(self.request("GET", path, query=query))

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create an object.

        Raises:
            KubeError: the server refused, or was not reached.
        """
        return self._json(self.request("POST", path, body=body))

    def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Replace an object; the body's resourceVersion makes it conditional.

        Raises:
            KubeError: the server refused, or was not reached.
        """
        return self._json(self.request("PUT", path, body=body))

    def merge_patch(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change an object by JSON merge patch (RFC 7396); `metadata.resourceVersion` in it makes it conditional.

        Raises:
            KubeError: the server refused, or was not reached.
        """
        return self._json(self.request("PATCH", path, body=body, content_type=MERGE_PATCH))

    def delete(self, path: str) -> dict[str, Any]:
        """Delete an object.

        Raises:
            KubeError: the server refused, or was not reached.
        """
        return self._json(self.request("DELETE", path))

    def pages(self, path: str, query: Query | None = None, *, limit: int = 500) -> Iterator[bytes]:
        """A list, page by page, each as the bytes the server sent.

        Args:
            path: URL path of the collection.
            query: further parameters, such as a label selector.
            limit: objects on a page.

        Raises:
            KubeError: the server refused, was not reached, or the list expired between two pages (410).
        """
        token = ""
        while True:
            page = self.request(
                "GET", path, query={**(query or {}), "limit": limit, **({"continue": token} if token else {})}
            )
            yield page
            token = _continue_token(page)
            if not token:
                return

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
    ) -> bytes:
        """One request, answered by the raw bytes of a 2xx answer.

        Raises:
            KubeError: any other answer, or none.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": content_type} if data is not None else {}
        answer = self._send(method, path, query, data, headers, self._timeout(), stream=False)
        if answer.status == 401:
            self.connection.reload()
            answer = self._send(method, path, query, data, headers, self._timeout(), stream=False)
        if not 200 <= answer.status < 300:
            raise error_from_answer(answer.status, answer.data, answer.headers.get("Retry-After"))
        return answer.data

    def stream(self, path: str, query: Query | None = None, *, seconds: int) -> Stream:
        """Open a watch.

        Args:
            path: URL path of the collection.
            query: watch parameters without `watch` and `timeoutSeconds`.
            seconds: how long the server is to keep it open; the read timeout is set a little above, so that a
                dead connection is noticed.

        Raises:
            KubeError: the server refused, or was not reached.
        """
        full = {**(query or {}), "watch": "true", "timeoutSeconds": seconds}
        answer = self._send("GET", path, full, None, {}, self._timeout(), stream=True)
        if answer.status != 200:
            problem = error_from_answer(answer.status, answer.read(), answer.headers.get("Retry-After"))
            answer.close()
            if answer.status == 401:
                self.connection.reload()
            raise problem
        return Stream(answer, seconds + 15)

    def close(self) -> None:
        """Close the pooled connections."""
        if self._pool is not None:
            self._pool.clear()

    def _send(
        self,
        method: str,
        path: str,
        query: Query | None,
        data: bytes | None,
        headers: Mapping[str, str],
        timeout: urllib3.Timeout,
        *,
        stream: bool,
    ) -> urllib3.BaseHTTPResponse:
        import urllib3

        url = f"{self.connection.host}{path}"
        if query:
            url = f"{url}?{urlencode({key: _text(value) for key, value in query.items()})}"
        pool, said = self._pool_manager(), "<error>"
        try:
            answer = pool.request(
                method,
                url,
                body=data,
                headers=self._headers(headers),
                timeout=timeout,
                preload_content=not stream,
                redirect=False,
                retries=_retries(method),
            )
            said = str(answer.status)
        except urllib3.exceptions.HTTPError as error:
            raise unreachable(self.connection.host, error) from error
        finally:
            if self._on_answer is not None:
                self._on_answer(said, method, self.connection.host)
        return answer

    def _pool_manager(self) -> urllib3.PoolManager:
        if self._pool is None:
            self._pool = self.connection.pool(self._pool_size)
        return self._pool

    def _headers(self, extra: Mapping[str, str]) -> urllib3.HTTPHeaderDict:
        import urllib3

        headers = urllib3.HTTPHeaderDict({"Accept": "application/json", "User-Agent": self._user_agent, **extra})
        for key, value in self.connection.headers.items():
            for one in (value,) if isinstance(value, str) else value:
                headers.add(key, one)
        authorization = self.connection.authorization()
        if authorization:
            headers["Authorization"] = authorization
        return headers

    def _timeout(self) -> urllib3.Timeout:
        import urllib3

        return urllib3.Timeout(connect=CONNECT_TIMEOUT, read=self.connection.timeout or READ_TIMEOUT)

    @staticmethod
    def _json(data: bytes) -> dict[str, Any]:
        loaded = json.loads(data)
        if not isinstance(loaded, dict):
            raise KubeError(0, "BadAnswer", "The API server's answer is not a JSON object.")
        return loaded


def _retries(method: str) -> urllib3.Retry:
    """A kept connection that the server closed in the meantime is no failure; a lost answer is the caller's affair."""
    import urllib3

    read = 1 if method == "GET" else 0
    return urllib3.Retry(
        total=1,
        connect=0,
        read=read,
        status=0,
        other=0,
        backoff_factor=0.1,
        backoff_jitter=0.2,
        # The caller is told to wait; otherwise the answer would turn into "too many error responses".
        respect_retry_after_header=False,
    )


class Stream:
    """An open watch: iterate for its lines (one JSON event each), close it from any thread to end it."""

    def __init__(self, answer: urllib3.BaseHTTPResponse, silence: float) -> None:
        self._answer = answer
        self._closed = False
        sock = self._socket()
        if sock is not None:
            # From here on the server may be silent for as long as the watch is to last.
            sock.settimeout(silence)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[bytes]:
        """Lines until the server ends the watch or it is closed here.

        Raises:
            KubeError: the connection broke.
        """
        import urllib3

        rest = b""
        try:
            # read1 gives what has arrived instead of waiting for a full buffer.
            while chunk := self._answer.read1(65536):
                lines = (rest + chunk).split(b"\n")
                rest = lines.pop()
                yield from (line for line in lines if line)
        except (urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError) as error:
            if not self._closed:
                raise KubeError(0, "ConnectionLost", f"The watch connection broke: {error}") from error

    def close(self) -> None:
        """End the watch; a thread that waits for a line comes back at once."""
        self._closed = True
        sock = self._socket()
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                sock = None  # Already closed by the other side: nothing waits on it any more.
        self._answer.close()

    def _socket(self) -> socket.socket | None:
        connection = getattr(self._answer, "connection", None) or getattr(self._answer, "_connection", None)
        sock = getattr(connection, "sock", None)
        return sock if isinstance(sock, socket.socket) else None


def watch_seconds() -> int:
    """How long to keep a watch open: 240 to 300 s, spread so that many watches do not end together."""
    return random.randint(240, 300)


def error_from_answer(status: int, data: bytes, retry_after: str | None) -> KubeError:
    """The API server's Status object (Kubernetes API conventions: error conditions) as an error."""
    try:
        body = json.loads(data)
    except ValueError:
        body = {}
    if not isinstance(body, dict) or body.get("kind") != "Status":
        text = data.decode("utf-8", "replace").strip()[:256]
        return KubeError(status, "", text or f"HTTP status {status}", retry_after=_seconds(retry_after))
    details = body.get("details") or {}
    wait = _seconds(retry_after) or details.get("retryAfterSeconds")
    return KubeError(status, str(body.get("reason") or ""), str(body.get("message") or ""), retry_after=wait)


def unreachable(host: str, error: Exception) -> KubeError:
    """An error for a request that got no answer, with the innermost cause in its text."""
    cause: BaseException = error
    while (inner := getattr(cause, "reason", None)) is not None and isinstance(inner, BaseException):
        cause = inner
    # urllib3 puts a description of its own objects before the cause.
    text = re.sub(
        r"^.*?(?:HTTPS?Connection(?:Pool)?\([^)]*\)|<[^>]*>): (?:Failed to establish a new connection: )?",
        "",
        str(cause),
    )
    return KubeError(0, "Unreachable", f"The Kubernetes API server at {host} cannot be reached: {text}")


def _continue_token(page: bytes) -> str:
    from smkube.kube import envelope

    return envelope.continue_token(page)


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdecimal() else None


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
