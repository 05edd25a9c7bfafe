"""botocore's HTTP session with its settings for certificates and proxies, made cheaper.

botocore makes a TLS context whether it is needed or not, and lets every new connection read the file of
certificate authorities again, which takes 20 to 40 ms of CPU each time. And it reads answers in pieces of 64 KB: a
thread that reads a megabyte then has to wait for the interpreter lock sixteen times instead of a few.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

from botocore.awsrequest import AWSHTTPConnectionPool, AWSHTTPSConnectionPool
from botocore.exceptions import InvalidConfigError
from botocore.httpsession import URLLib3Session, create_urllib3_context, get_cert_path
from botocore.utils import get_environ_proxies

_contexts: dict[str, ssl.SSLContext] = {}
_lock = threading.Lock()


def session(config: Any, url: str, pool_size: int, timeout: tuple[int, int]) -> URLLib3Session:
    """An HTTP session for requests to one URL.

    Args:
        config: the botocore session that knows the settings.
        url: the endpoint.
        pool_size: connections kept open.
        timeout: seconds for a connection and for an answer.

    Raises:
        BotoCoreError: the certificate authorities cannot be read.
    """
    return _Session(
        url=url,
        verify=verification(config),
        proxies=get_environ_proxies(url),
        timeout=timeout,
        max_pool_connections=pool_size,
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)],
    )


def verification(config: Any) -> str | bool:
    """The file of certificate authorities, or True for botocore's own (as in botocore.endpoint).

    Raises:
        InvalidConfigError: an empty name was configured.
    """
    bundle = config.get_config_variable("ca_bundle")
    path = os.environ.get("REQUESTS_CA_BUNDLE") if bundle is None else str(bundle)
    if path is None:
        return True
    if not path.strip():
        raise InvalidConfigError(
            error_msg="Invalid CA bundle: AWS_CA_BUNDLE, ca_bundle or REQUESTS_CA_BUNDLE is empty."
        )
    return path


def trust(verify: str | bool) -> ssl.SSLContext:
    """The TLS context that trusts a file of certificate authorities, one for the whole process.

    Raises:
        InvalidConfigError: the file cannot be read.
    """
    path = str(get_cert_path(verify))
    with _lock:
        if path not in _contexts:
            context = create_urllib3_context()
            try:
                context.load_verify_locations(**{"capath" if os.path.isdir(path) else "cafile": path})  # noqa: PTH112
            except OSError as error:
                raise InvalidConfigError(error_msg=f"Could not read the CA bundle {path}: {error}") from error
            _contexts[path] = context
        return _contexts[path]


class _Whole:
    """A pool of connections whose answers are read in one piece, where they have a length."""

    def urlopen(self, *arguments: Any, **options: Any) -> Any:
        """As urllib3's; botocore takes the body by `stream()`."""
        response = super().urlopen(*arguments, **options)  # type: ignore[misc]  # the pool that this is mixed into
        if response.length_remaining:
            response.stream = partial(response.stream, response.length_remaining)
        return response


class _Pool(_Whole, AWSHTTPConnectionPool):  # type: ignore[misc]  # botocore has no types
    """Without TLS."""


class _TlsPool(_Whole, AWSHTTPSConnectionPool):  # type: ignore[misc]  # botocore has no types
    """With TLS."""


class _Session(URLLib3Session):  # type: ignore[misc]  # botocore has no types
    """botocore's session with one TLS context for all its connections, if any of them speaks TLS at all."""

    def __init__(self, *, url: str, proxies: Mapping[str, str], **options: Any) -> None:
        self._tls = url.lower().startswith("https") or bool(proxies)
        super().__init__(proxies=proxies, **options)
        # The pool manager and those of proxies share it.
        self._pool_classes_by_scheme.update(http=_Pool, https=_TlsPool)

    def _get_ssl_context(self) -> Any:
        return trust(self._verify) if self._tls else None

    def _setup_ssl_cert(self, conn: Any, url: str, verify: Any) -> None:
        if not self._tls or self._proxy_config.proxy_url_for(url):
            # A proxy's own certificate is checked by what botocore sets here.
            super()._setup_ssl_cert(conn, url, verify)
        else:
            conn.cert_reqs = "CERT_REQUIRED"
