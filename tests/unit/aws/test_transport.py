"""Certificates and proxies, as botocore's clients handle them."""

from __future__ import annotations

import datetime as dt
import shutil
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from smkube.aws.wire import Wire
from smkube.errors import AwsError
from tests.cluster.certs import Pki, ensure_pki
from tests.unit.aws.server import Answer, Request, Server, serving


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """An authority, and a certificate for `localhost` and 127.0.0.1."""
    return ensure_pki(tmp_path_factory.mktemp("pki"), dt.datetime.now(dt.UTC))


@pytest.fixture
def secure(pki: Pki) -> Iterator[Server]:
    """A server that speaks TLS."""
    with serving(lambda _: Answer(body=b'{"tls":1}'), tls=_server_side(pki)) as server:
        yield server


def _server_side(pki: Pki) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.server_cert, pki.server_key)
    return context


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the user's proxies and authorities."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def _post(url: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    wire = Wire(region="eu-west-1", user_agent="x")
    try:
        return wire.post("FilterLogEvents", b"{}")
    finally:
        wire.close()


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "file"])
def test_own_authorities(
    variable: str, secure: Server, pki: Pki, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A bundle named by a variable or the configuration file is trusted."""
    if variable == "file":
        (tmp_path / "config").write_text(f"[default]\nca_bundle = {pki.ca}\n", encoding="utf-8")
    else:
        monkeypatch.setenv(variable, str(pki.ca))

    assert _post(secure.url, monkeypatch) == b'{"tls":1}'


def test_unknown_authority(secure: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The public authorities do not vouch for it: nothing is sent."""
    with pytest.raises(AwsError, match="CERTIFICATE_VERIFY_FAILED") as caught:
        _post(secure.url, monkeypatch)

    assert caught.value.code == "ConnectionError"
    assert not secure.requests


def test_certificate_of_another_host(pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that does not name the host is refused, though its authority is known."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(pki.ca))
    with serving(lambda _: Answer(), tls=_server_side(pki), host="127.0.0.2") as server:
        with pytest.raises(AwsError, match="doesn't match"):
            _post(server.url, monkeypatch)
        assert not server.requests


@pytest.mark.parametrize("path", ["missing", "  "])
def test_unusable_bundle(path: str, secure: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle that cannot be read is named as the cause."""
    monkeypatch.setenv("AWS_CA_BUNDLE", path)
    with pytest.raises(AwsError, match="CA bundle") as caught:
        _post(secure.url, monkeypatch)

    assert caught.value.code == "InvalidConfigError"


def test_authorities_are_read_once(secure: Server, pki: Pki, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Further connections do without the file: reading it takes longer than a request."""
    bundle = tmp_path / "ca.pem"
    shutil.copy(pki.ca, bundle)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    monkeypatch.setenv("AWS_ENDPOINT_URL", secure.url)
    wire = Wire(region="eu-west-1", user_agent="x", pool_size=4)
    wire.prepare()
    bundle.unlink()
    threads = [threading.Thread(target=wire.post, args=("FilterLogEvents", b"{}")) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wire.close()

    assert len(secure.requests) == 4


def test_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests go through the environment's proxy, with its password, and past it to hosts of NO_PROXY."""
    with serving(lambda _: Answer(body=b"proxy")) as proxy, serving(lambda _: Answer(body=b"direct")) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//user:word@"))
        assert _post("http://logs.example/", monkeypatch) == b"proxy"
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert _post(server.url, monkeypatch) == b"direct"

    (request,) = proxy.requests
    assert request.target == "http://logs.example/"
    assert request.headers["proxy-authorization"] == "Basic dXNlcjp3b3Jk"


def test_tunnel_through_a_proxy(pki: Pki, secure: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS is spoken with the server, through a tunnel the proxy is asked for."""
    asked: list[Request] = []

    def refuse(request: Request) -> Answer:
        asked.append(request)
        return Answer(407)

    monkeypatch.setenv("AWS_CA_BUNDLE", str(pki.ca))
    with serving(refuse) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(AwsError, match="proxy") as caught:
            _post(secure.url, monkeypatch)

    assert caught.value.code == "ConnectionError"
    assert [request.target for request in asked] == [secure.url.removeprefix("https://")]
    assert not secure.requests
