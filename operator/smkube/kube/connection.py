"""How to reach an API server: kubeconfig or in-cluster files, turned into a connection pool and headers.

Credentials are asked for at each request, so that a rotated service account token or an exec plugin's new token
is used without a restart.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smkube.errors import ConfigError
from smkube.kube import kubeconfig, light

if TYPE_CHECKING:
    import urllib3

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where the kubelet puts a pod's token, CA certificate and namespace (Kubernetes: accessing the API from a pod)."""


@dataclass
class Connection:
    """A way to one API server.

    Args:
        namespace: the namespace to use when none is asked for.
        context: name of the kubeconfig context, empty in a pod.
        load: reads the settings (again) into a fresh `kubernetes` configuration object.
        headers: sent with every request (impersonation).
        timeout: seconds for a whole request where the user set one, else 0.
        own_proxy: the kubeconfig names a proxy for this cluster; otherwise it is the environment's, if there is one.
    """

    namespace: str
    context: str
    load: Callable[[], Any]
    headers: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    timeout: float = 0.0
    own_proxy: bool = False
    _settings: Any = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def settings(self) -> Any:
        """The `kubernetes` package's Configuration for this connection, read at the first use."""
        with self._lock:
            if self._settings is None:
                self._settings = self.load()
            return self._settings

    @property
    def host(self) -> str:
        """Base URL of the API server, without a trailing slash."""
        return str(self.settings.host).rstrip("/")

    def reload(self) -> None:
        """Read the settings again, running an exec plugin afresh; for when the server no longer takes the token."""
        fresh = self.load()
        with self._lock:
            self._settings = fresh

    def authorization(self) -> str | None:
        """Value of the Authorization header at this moment, or None when a client certificate speaks for us."""
        settings = self.settings
        with self._lock, _spoken_errors():
            token = settings.get_api_key_with_prefix("BearerToken")
        return str(token) if token else None

    def pool(self, size: int) -> urllib3.PoolManager:
        """A connection pool with the TLS and proxy settings of this connection.

        Args:
            size: connections kept open to the API server.

        Raises:
            ConfigError: the proxy is none that can be used.
        """
        import urllib3

        # It warns of every kept connection that the server has closed, which is no news to anybody.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        settings = self.settings
        options: dict[str, Any] = {
            "num_pools": 2,
            "maxsize": size,
            "cert_reqs": "CERT_REQUIRED" if settings.verify_ssl else "CERT_NONE",
            "ca_certs": settings.ssl_ca_cert,
            "cert_file": settings.cert_file,
            "key_file": settings.key_file,
            "socket_options": _keepalive(),
        }
        if settings.tls_server_name:
            options |= {
                "server_hostname": settings.tls_server_name,
                "assert_hostname": settings.tls_server_name,
            }
        if not settings.verify_ssl:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        if settings.ssl_ca_cert is None and self.host.startswith("https"):
            options["ssl_context"] = _system_trust(verify=settings.verify_ssl)
        proxy = self._proxy(settings)
        if not proxy:
            return urllib3.PoolManager(**options)
        try:
            return urllib3.ProxyManager(proxy, proxy_headers=settings.proxy_headers, **options)
        except (urllib3.exceptions.URLSchemeUnknown, urllib3.exceptions.LocationValueError) as error:
            raise ConfigError(
                f'The proxy "{proxy}" cannot be used: http:// or https:// and a host are needed.'
            ) from error

    def _proxy(self, settings: Any) -> str:
        if not settings.proxy or self.own_proxy:
            return settings.proxy or ""
        from smkube.kube import proxies

        return "" if proxies.bypassed(self.host, settings.no_proxy or "") else str(settings.proxy)


def connect(overrides: kubeconfig.Overrides, environ: Mapping[str, str] | None = None) -> Connection:
    """The connection kubectl would use: the kubeconfig files, or in a pod without any, the pod's own account.

    Raises:
        ConfigError: there is no usable configuration; the text says which file or entry is at fault.
    """
    environ = os.environ if environ is None else environ
    files = kubeconfig.paths(overrides.kubeconfig, environ)
    document = kubeconfig.load(files, explicit=bool(overrides.kubeconfig))
    source = ", ".join(str(path) for path in files)
    if document is None and not overrides.server:
        if "KUBERNETES_SERVICE_HOST" in environ:
            return in_cluster(overrides, environ)
        raise ConfigError(f"No kubeconfig was found at {source}; name one with --kubeconfig or KUBECONFIG.")
    return from_document(document or {}, overrides, source)


def from_document(document: Mapping[str, Any], overrides: kubeconfig.Overrides, source: str) -> Connection:
    """A connection from a kubeconfig document that is already merged.

    Raises:
        ConfigError: the document does not name a usable cluster and user.
    """
    resolved = kubeconfig.resolve(document, overrides, source)
    return Connection(
        namespace=resolved.namespace,
        context=resolved.context,
        load=lambda: _load_document(resolved, source),
        headers=resolved.impersonation,
        timeout=overrides.request_timeout,
        own_proxy="proxy-url" in resolved.config["clusters"][0]["cluster"],
    )


def in_cluster(
    overrides: kubeconfig.Overrides, environ: Mapping[str, str], folder: Path = SERVICE_ACCOUNT
) -> Connection:
    """A connection with the service account of the pod this program runs in.

    Raises:
        ConfigError: the files the kubelet should have put into `folder` are missing or empty.
    """

    def load() -> Any:
        kubernetes = light.parts()
        settings = kubernetes.configuration()
        try:
            kubernetes.in_cluster(
                token_filename=str(folder / "token"),
                cert_filename=str(folder / "ca.crt"),
                environ=dict(environ),
            ).load_and_set(settings)
        except (kubernetes.problem, OSError) as error:
            raise ConfigError(f"The pod's service account in {folder} cannot be used: {error}") from error
        return settings

    return Connection(
        namespace=overrides.namespace or pod_namespace(folder) or "default",
        context="",
        load=load,
        headers=kubeconfig.impersonation({}, overrides),
        timeout=overrides.request_timeout,
    )


def pod_namespace(folder: Path = SERVICE_ACCOUNT) -> str:
    """Namespace of the pod this program runs in; empty outside a pod."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return (folder / "namespace").read_text(encoding="utf-8").strip()
    return ""


def _load_document(resolved: kubeconfig.Resolved, source: str) -> Any:
    kubernetes = light.parts(auth_provider="auth-provider" in resolved.config["users"][0]["user"])
    settings = kubernetes.configuration()
    try:
        with _spoken_errors():
            kubernetes.load_dict(resolved.config, client_configuration=settings, persist_config=False)
    except (ConfigError, kubernetes.problem, OSError, ValueError) as error:
        where = f'context "{resolved.context}"' if resolved.context else "the configuration"
        raise ConfigError(f"Unable to use {where} of {source}: {error}") from error
    return settings


def _system_trust(*, verify: bool) -> ssl.SSLContext:
    """One TLS context for all connections of a pool; urllib3 would read the system's authorities again for each.

    It takes 20 ms each time. Where the kubeconfig has a certificate authority, its file is read for each connection:
    that is quick, and the file may change.
    """
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context()
    if verify:
        context.load_default_certs()
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _keepalive() -> list[tuple[int, int, int]]:
    """Notice within about a minute that the other side of an idle watch is gone."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, seconds in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        # Not every system has all of them.
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), seconds))
    return options


@contextlib.contextmanager
def _spoken_errors() -> Iterator[None]:
    """Turn what the `kubernetes` package only logs into a ConfigError.

    A failing exec plugin (an expired sign-in, a missing command) is logged there on the root logger and then
    ignored, so that the user would see "Unauthorized" instead of the cause.
    """
    heard = _Listener()
    root = logging.getLogger()
    root.addHandler(heard)
    try:
        yield
    finally:
        root.removeHandler(heard)
    if heard.messages:
        raise ConfigError("; ".join(heard.messages))


class _Listener(logging.Handler):
    """Collects the errors one thread logs on the root logger while it loads credentials."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.thread = threading.get_ident()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep an error of our own thread that comes straight from the root logger."""
        if record.thread == self.thread and record.name == "root":
            self.messages.append(" ".join(record.getMessage().split()))
