"""The administrator's HTTP requests to the API server, with a client certificate and the standard library.

For set-up and checks of the tests; it must not use the project's own Kubernetes code, which is what is tested.
"""

import contextlib
import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from tests.cluster.certs import Pki
from tests.cluster.errors import ApiError


class Admin:
    """Sends requests with all rights (group system:masters)."""

    def __init__(self, url: str, pki: Pki) -> None:
        self._url = url
        context = ssl.create_default_context(cafile=str(pki.ca))
        context.load_cert_chain(pki.admin_cert, pki.admin_key)
        # No proxy: the server is on loopback, whatever the environment says.
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        timeout: float = 30.0,
    ) -> Any:
        """Send one request and return the decoded answer (text where it is not JSON).

        Args:
            method: the HTTP method.
            path: the path with its query, for example ``/api/v1/namespaces?limit=1``.
            body: what to send as JSON; None for nothing.
            content_type: of the body; a patch needs ``application/merge-patch+json`` or the like.
            timeout: seconds for each step of the exchange.

        Raises:
            ApiError: the server answered with an error; the text is its message.
            OSError: no answer came.
        """
        request = urllib.request.Request(
            self._url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Accept": "application/json", "Content-Type": content_type},
        )
        with self._open(request, timeout) as answer:
            return _decode(answer.read(), answer.headers.get_content_type())

    def lines(self, path: str, *, timeout: float = 30.0) -> Iterator[bytes]:
        """Yield the lines of an answer as they come, for a watch or a log.

        Args:
            path: the path with its query.
            timeout: seconds that may pass without a line.

        Raises:
            ApiError: the server answered with an error.
            OSError: the connection broke off.
        """
        with self._open(urllib.request.Request(self._url + path), timeout) as answer:
            yield from answer

    @contextlib.contextmanager
    def _open(self, request: urllib.request.Request, timeout: float) -> Iterator[http.client.HTTPResponse]:
        """Send a request; again as long as the server asks for patience, `timeout` seconds at most.

        It does so (429 with Retry-After) for a moment after a custom resource definition was established.
        """
        deadline = time.monotonic() + timeout
        try:
            answer: http.client.HTTPResponse | None = None
            while answer is None:
                answer = self._try(request, timeout, deadline)
            with answer:
                yield answer
        except http.client.HTTPException as error:
            raise OSError(f"{request.method} {request.full_url}: {error!r}") from error

    def _try(self, request: urllib.request.Request, timeout: float, deadline: float) -> http.client.HTTPResponse | None:
        """Return the answer; None, after a pause, if the request is to be sent again."""
        try:
            answer: http.client.HTTPResponse = self._opener.open(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            with error:
                pause = float(error.headers.get("Retry-After", "inf")) if error.code == 429 else float("inf")
                if time.monotonic() + pause > deadline:
                    raise ApiError(error.code, _message(error)) from error
            time.sleep(pause)
            return None
        return answer


def _decode(content: bytes, content_type: str) -> Any:
    return json.loads(content) if content_type == "application/json" else content.decode()


def _message(error: urllib.error.HTTPError) -> str:
    text = error.read().decode(errors="replace")
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {error.code}: {text.strip()}"
