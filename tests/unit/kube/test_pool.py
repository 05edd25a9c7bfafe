"""Connections to an API server: its proxy and its certificates."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smkube.errors import ConfigError, KubeError
from smkube.kube.client import Client
from smkube.kube.connection import from_document
from smkube.kube.kubeconfig import Overrides
from tests.cluster.certs import Pki, ensure_pki
from tests.unit.aws.server import Answer, Server, serving


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the user's proxies and authorities."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """An authority, and a certificate for `localhost` and 127.0.0.1."""
    return ensure_pki(tmp_path_factory.mktemp("pki"), dt.datetime.now(dt.UTC))


@pytest.fixture
def secure(pki: Pki) -> Iterator[Server]:
    """A server that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.server_cert, pki.server_key)
    with serving(lambda _: Answer(body=b'{"tls":1}'), tls=context) as server:
        yield server


def _client(**cluster: Any) -> Client:
    document = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": {"token": "abc"}}],
    }
    return Client(from_document(document, Overrides(), "kubeconfig"), user_agent="test", pool_size=2)


def _get(**cluster: Any) -> dict[str, Any]:
    client = _client(**cluster)
    try:
        return client.get("/path")
    finally:
        client.close()


def test_certificate_authority_of_the_kubeconfig(secure: Server, pki: Pki) -> None:
    """The kubeconfig's authority is trusted."""
    assert _get(server=secure.url, **{"certificate-authority": str(pki.ca)}) == {"tls": 1}


def test_certificate_authorities_of_the_system(secure: Server, pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one, the system's are asked, and the host's name has to be right as well."""
    with pytest.raises(KubeError, match="CERTIFICATE_VERIFY_FAILED"):
        _get(server=secure.url)
    assert not secure.requests

    monkeypatch.setenv("SSL_CERT_FILE", str(pki.ca))
    assert _get(server=secure.url) == {"tls": 1}
    with pytest.raises(KubeError, match=r"(?i)hostname mismatch|doesn't match"):
        _get(server=secure.url, **{"tls-server-name": "other.example"})
    assert _get(server=secure.url, **{"tls-server-name": "localhost"}) == {"tls": 1}


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_insecure_connections(secure: Server) -> None:
    """With insecure-skip-tls-verify any certificate does."""
    assert _get(server=secure.url, **{"insecure-skip-tls-verify": True}) == {"tls": 1}


def test_the_systems_authorities_are_read_once(
    secure: Server, pki: Pki, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Further connections of a pool do without the file: reading it takes longer than a request."""
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(pki.ca.read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    client = _client(server=secure.url)
    client.prepare()
    bundle.unlink()

    assert client.get("/") == {"tls": 1}
    client.close()


def test_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is used, but not for hosts of NO_PROXY."""
    with serving(lambda _: Answer(body=b'{"proxy":1}')) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert _get(server="http://api.example") == {"proxy": 1}
        monkeypatch.setenv("NO_PROXY", "invalid")
        with pytest.raises(KubeError, match="cannot be reached"):
            _get(server="http://api.invalid")

    assert [request.target for request in proxy.requests] == ["http://api.example/path"]


def test_proxy_of_the_kubeconfig(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is used whatever the environment says."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with serving(lambda _: Answer(body=b'{"proxy":1}')) as proxy:
        assert _get(server="http://api.example", **{"proxy-url": proxy.url}) == {"proxy": 1}


@pytest.mark.parametrize("proxy", ["socks5://proxy.example:1080", "ftp://proxy.example"])
def test_proxies_that_cannot_be_used(proxy: str) -> None:
    """A proxy that speaks something else than HTTP is named."""
    with pytest.raises(ConfigError, match=f'The proxy "{proxy}" cannot be used'):
        _get(server="http://api.example", **{"proxy-url": proxy})
