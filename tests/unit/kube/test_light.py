"""The light import of the `kubernetes` package: the same connections as with the ordinary one, and no models."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

PROGRAM = """
import json, sys
if sys.argv[1] == "ordinary":
    import kubernetes
from smkube.errors import ConfigError
from smkube.kube import connection
from smkube.kube.kubeconfig import Overrides

def settings(path):
    link = connection.connect(Overrides(kubeconfig=path))
    try:
        settings = link.settings
        text = {name: getattr(settings, name) for name in ("host", "verify_ssl", "tls_server_name", "proxy", "api_key",
            "api_key_prefix", "username", "password", "connection_pool_maxsize", "retries", "assert_hostname")}
        text["authorization"] = link.authorization()
        text["again"] = link.authorization()
        for name in ("ssl_ca_cert", "cert_file", "key_file"):
            path = getattr(settings, name)
            text[name] = open(path).read() if path else path
        return text
    except ConfigError as error:
        return {"error": str(error)}

found = [settings(path) for path in sys.argv[2:]]
heavy = [name for name in sys.modules if name.startswith(("kubernetes.client.models", "kubernetes.client.api",
    "oauthlib", "requests", "google", "dateutil", "websocket"))]
print(json.dumps({"found": found, "heavy": heavy}))
"""


def _data(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _jwt() -> str:
    """A token that does not expire in this century."""
    parts: tuple[dict[str, Any], ...] = ({"alg": "none"}, {"exp": 4_000_000_000}, {})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


USERS: dict[str, dict[str, Any]] = {
    "nobody": {},
    "token": {"token": "abc"},
    "token file": {"tokenFile": "token"},
    "password": {"username": "me", "password": "word"},
    "certificate": {"client-certificate-data": _data("certificate"), "client-key-data": _data("key")},
    "certificate files": {"client-certificate": "token", "client-key": "token"},
    "missing file": {"client-certificate": "nowhere", "client-key": "nowhere"},
    "program": {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": ["give.py"],
            "interactiveMode": "Never",
        }
    },
    "failing program": {
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "false", "interactiveMode": "Never"}
    },
    "missing program": {
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such", "interactiveMode": "Never"}
    },
}
CLUSTERS: dict[str, dict[str, Any]] = {
    "http": {"server": "http://127.0.0.1:1"},
    "authority": {"server": "https://api.example:6443/path/", "certificate-authority-data": _data("authority")},
    "insecure": {"server": "https://api.example", "insecure-skip-tls-verify": True},
    "name and proxy": {
        "server": "https://api.example",
        "tls-server-name": "other.example",
        "proxy-url": "http://proxy.example:3128",
    },
}


def _write(folder: Path, user: dict[str, Any], cluster: dict[str, Any]) -> Path:
    (folder / "token").write_text("from-file", encoding="ascii")
    status = {"token": "from-program", "expirationTimestamp": "2099-01-01T00:00:00Z"}
    said = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    (folder / "give.py").write_text(f"print({json.dumps(said)!r})", encoding="utf-8")
    path = folder / "kubeconfig"
    document = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Loaded:
    """Settings as a process has read them, for each kubeconfig, and heavy modules it has imported for that."""

    found: list[dict[str, Any]]
    heavy: list[str]


def _load(how: str, *paths: Path, environment: dict[str, str] | None = None) -> Loaded:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how, *map(str, paths)],
        cwd=paths[0].parent,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Loaded(**json.loads(done.stdout))


CASES = [
    *((user, "authority") for user in USERS),
    *(("token", cluster) for cluster in CLUSTERS if cluster != "authority"),
]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Loaded, Loaded]:
    """All cases by the light and by the ordinary way."""
    folder = tmp_path_factory.mktemp("kubeconfigs")
    paths = []
    for number, (user, cluster) in enumerate(CASES):
        path = _write(folder, USERS[user], CLUSTERS[cluster])
        paths.append(path.rename(folder / f"kubeconfig-{number}"))
    return _load("light", *paths), _load("ordinary", *paths)


@pytest.mark.parametrize("number", range(len(CASES)), ids=["-".join(case) for case in CASES])
def test_same_settings(number: int, both: tuple[Loaded, Loaded]) -> None:
    """Every kind of user and cluster is read as with the whole package."""
    light, ordinary = (loaded.found[number] for loaded in both)
    user = CASES[number][0]

    assert light == ordinary
    assert ("error" in light) == (user in {"missing file", "failing program", "missing program"})


def test_nothing_heavy(both: tuple[Loaded, Loaded]) -> None:
    """None of that loads models, or what only other kinds of users need."""
    light, ordinary = both

    assert light.heavy == []
    assert ordinary.heavy


def test_an_auth_provider_gets_the_whole_package(tmp_path: Path) -> None:
    """OIDC may have to refresh its token, which needs a client and oauthlib."""
    provider = {"name": "oidc", "config": {"id-token": _jwt(), "idp-issuer-url": "https://issuer.example"}}

    loaded = _load("light", _write(tmp_path, {"auth-provider": provider}, CLUSTERS["authority"]))

    assert loaded.found[0]["authorization"] == f"Bearer {_jwt()}"
    assert "oauthlib" in loaded.heavy


def test_the_environments_proxy(tmp_path: Path) -> None:
    """A proxy of the environment is taken as the whole package takes it."""
    path = _write(tmp_path, USERS["token"], {"server": "https://api.example"})
    environment = {"HTTPS_PROXY": "http://proxy.example:3128"}

    light, ordinary = (_load(how, path, environment=environment).found[0] for how in ("light", "ordinary"))

    assert light == ordinary
    assert light["proxy"] == "http://proxy.example:3128"


def _run(code: str, path: Path | None = None) -> str:
    environment = {**os.environ, **({"PYTHONPATH": str(path)} if path else {})}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_an_ordinary_import_later_on() -> None:
    """The package can still be imported, and is then whole."""
    code = """
import sys
from smkube.kube import light
first = light.parts()
assert first.light and "kubernetes" not in sys.modules, sorted(sys.modules)
import kubernetes
assert kubernetes.client.CoreV1Api and kubernetes.client.ApiClient
second = light.parts()
print(second.light, second.configuration is kubernetes.client.Configuration)
"""
    assert _run(code) == "False True"


def test_another_version_of_the_package(tmp_path: Path) -> None:
    """Where its modules are not as expected, the package is imported in the ordinary way."""
    package = tmp_path / "kubernetes"
    for folder in ("client", "config"):
        (package / folder).mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "client" / "__init__.py").write_text("class Configuration: version = 99\n", encoding="utf-8")
    (package / "client" / "configuration.py").write_text("class Settings: pass\n", encoding="utf-8")
    (package / "config" / "__init__.py").write_text(
        "class ConfigException(Exception): pass\ndef load_kube_config_from_dict(): pass\n", encoding="utf-8"
    )
    (package / "config" / "incluster_config.py").write_text("class InClusterConfigLoader: pass\n", encoding="utf-8")
    code = """
from smkube.kube import light
found = light.parts()
print(found.light, found.configuration.version)
"""
    assert _run(code, tmp_path) == "False 99"
