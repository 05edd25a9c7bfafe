"""The connection to Kubernetes against a real API server: tokens, exec plugins, impersonation, watches, errors."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from smkube.errors import ConfigError, KubeError
from smkube.kube import connection, kubeconfig
from smkube.kube.client import Client
from smkube.kube.kubeconfig import Overrides
from tests.cluster.controlplane import ControlPlane

WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}


def client(link: connection.Connection) -> Client:
    """A client on a connection."""
    return Client(link, user_agent="test", pool_size=2)


def who(link: connection.Connection) -> dict[str, Any]:
    """Who the API server takes us for."""
    return dict(client(link).post(WHO, REVIEW)["status"]["userInfo"])


@pytest.fixture
def account(control_plane: ControlPlane, namespace: str) -> str:
    """A service account of the namespace."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    control_plane.admin.request("POST", path, {"metadata": {"name": "robot"}})
    return "robot"


def as_pod(control_plane: ControlPlane, folder: Path, token: str, namespace: str) -> dict[str, str]:
    """What the kubelet gives a pod: files in the folder, and the environment returned."""
    folder.mkdir(exist_ok=True)
    (folder / "token").write_text(token, encoding="ascii")
    (folder / "namespace").write_text(namespace, encoding="ascii")
    shutil.copy(control_plane.ca_path, folder / "ca.crt")
    host, _, port = urlsplit(control_plane.url).netloc.partition(":")
    return {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}


def test_in_cluster_requests_carry_the_token(
    control_plane: ControlPlane, namespace: str, account: str, tmp_path: Path
) -> None:
    """In a pod the service account's token speaks for us, and its namespace is ours."""
    environ = as_pod(control_plane, tmp_path, control_plane.token_for(namespace, account), namespace)

    link = connection.in_cluster(Overrides(), environ, tmp_path)

    assert who(link)["username"] == f"system:serviceaccount:{namespace}:robot"
    assert link.namespace == namespace


def test_a_rotated_token_is_used(control_plane: ControlPlane, namespace: str, account: str, tmp_path: Path) -> None:
    """A token that no longer counts is read again from the file, without a restart."""
    environ = as_pod(control_plane, tmp_path, "no-longer-good", namespace)
    link = connection.in_cluster(Overrides(), environ, tmp_path)
    with pytest.raises(KubeError) as refused:
        who(link)
    assert refused.value.status == 401

    (tmp_path / "token").write_text(control_plane.token_for(namespace, account), encoding="ascii")

    assert who(link)["username"] == f"system:serviceaccount:{namespace}:robot"


def test_a_pod_without_its_files_is_told_so(tmp_path: Path) -> None:
    """Missing service account files are an error that names their folder."""
    environ = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "1"}

    with pytest.raises(ConfigError) as error:
        client(connection.in_cluster(Overrides(), environ, tmp_path)).get("/version")

    assert str(tmp_path) in str(error.value)


def test_without_any_configuration(tmp_path: Path) -> None:
    """No kubeconfig and no pod: the error says where it was looked for and what to set."""
    with pytest.raises(ConfigError) as error:
        connection.connect(Overrides(), {"HOME": str(tmp_path)})

    assert str(tmp_path / ".kube" / "config") in str(error.value)
    assert "--kubeconfig or KUBECONFIG" in str(error.value)


def exec_config(control_plane: ControlPlane, folder: Path, script: str) -> Path:
    """A kubeconfig whose user is an exec plugin: a Python script beside it."""
    plugin = folder / "plugin"
    plugin.write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
    plugin.chmod(0o755)
    content = yaml.safe_load(control_plane.kubeconfig.read_text(encoding="utf-8"))
    content["users"][0]["user"] = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "./plugin",
            "interactiveMode": "Never",
        }
    }
    path = folder / "config"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def credential(token: str) -> str:
    """A script that prints an ExecCredential."""
    answer = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": token},
    }
    return f"print({json.dumps(json.dumps(answer))})\n"


def test_an_exec_plugin_is_run(control_plane: ControlPlane, namespace: str, account: str, tmp_path: Path) -> None:
    """As for EKS: the plugin's token is what we send."""
    config = exec_config(control_plane, tmp_path, credential(control_plane.token_for(namespace, account)))

    link = connection.connect(Overrides(kubeconfig=str(config)), {})

    assert who(link)["username"] == f"system:serviceaccount:{namespace}:robot"


def test_a_failing_exec_plugin_is_told(control_plane: ControlPlane, tmp_path: Path) -> None:
    """An expired sign-in is the cause the user must see, not the 401 that follows from it."""
    script = "import sys\nsys.exit('the sign-in has expired')\n"
    config = exec_config(control_plane, tmp_path, script)

    with pytest.raises(ConfigError) as error:
        who(connection.connect(Overrides(kubeconfig=str(config)), {}))

    assert "the sign-in has expired" in str(error.value)
    assert str(config) in str(error.value)


def test_impersonation_reaches_the_server(control_plane: ControlPlane) -> None:
    """--as and --as-group decide who the API server takes us for."""
    overrides = Overrides(kubeconfig=str(control_plane.kubeconfig), as_user="jane", as_groups=("a", "b"))

    found = who(connection.connect(overrides, {}))

    assert found["username"] == "jane"
    assert {"a", "b"} <= set(found["groups"])


def test_wrong_certificate_authority(control_plane: ControlPlane, tmp_path: Path) -> None:
    """A server whose certificate does not verify is not talked to, and the error says why."""
    other = tmp_path / "other.crt"
    shutil.copy(control_plane.ca_path.parent / "admin.crt", other)
    overrides = Overrides(kubeconfig=str(control_plane.kubeconfig), certificate_authority=str(other))

    with pytest.raises(KubeError) as error:
        who(connection.connect(overrides, {}))

    assert error.value.unreachable
    assert "certificate verify failed" in str(error.value)


def test_a_refused_connection(tmp_path: Path) -> None:
    """Nobody listens: the error names the address and the cause."""
    overrides = Overrides(server="http://127.0.0.1:1")

    with pytest.raises(KubeError) as error:
        client(connection.from_document({}, overrides, str(tmp_path))).get("/version")

    assert error.value.unreachable
    assert str(error.value) == (
        "The Kubernetes API server at http://127.0.0.1:1 cannot be reached: [Errno 111] Connection refused"
    )


def test_lists_come_in_pages(control_plane: ControlPlane, namespace: str) -> None:
    """All objects are seen whatever the size of a page."""
    for number in range(7):
        body = {"metadata": {"name": f"m{number}"}}
        control_plane.admin.request("POST", f"/api/v1/namespaces/{namespace}/configmaps", body)
    link = connection.connect(Overrides(kubeconfig=str(control_plane.kubeconfig)), {})

    pages = list(client(link).pages(f"/api/v1/namespaces/{namespace}/configmaps", limit=3))

    names = [item["metadata"]["name"] for page in pages for item in json.loads(page)["items"]]
    assert len(pages) >= 3
    assert sorted(set(names) & {f"m{number}" for number in range(7)}) == [f"m{number}" for number in range(7)]


def test_a_watch_can_be_closed_from_another_thread(control_plane: ControlPlane, namespace: str) -> None:
    """An open watch gives lines as they come, and ends at once when it is closed elsewhere."""
    link = connection.connect(Overrides(kubeconfig=str(control_plane.kubeconfig)), {})
    stream = client(link).stream(f"/api/v1/namespaces/{namespace}/configmaps", seconds=60)
    seen: list[dict[str, Any]] = []
    first = threading.Event()

    def read() -> None:
        for line in stream:
            seen.append(json.loads(line))
            first.set()

    reader = threading.Thread(target=read)
    reader.start()
    control_plane.admin.request("POST", f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"name": "m"}})
    assert first.wait(10)
    stream.close()
    reader.join(5)

    assert not reader.is_alive()
    assert ("ADDED", "m") in [(event["type"], event["object"]["metadata"]["name"]) for event in seen]


def test_the_servers_own_words(control_plane: ControlPlane, namespace: str) -> None:
    """A refusal carries the API server's message and reason."""
    link = connection.connect(Overrides(kubeconfig=str(control_plane.kubeconfig)), {})

    with pytest.raises(KubeError) as error:
        client(link).get(f"/api/v1/namespaces/{namespace}/configmaps/none")

    assert error.value.not_found
    assert (error.value.reason, error.value.message) == ("NotFound", 'configmaps "none" not found')


def test_an_unused_module_stays_out(control_plane: ControlPlane) -> None:
    """Reading a kubeconfig alone costs no network library."""
    files = kubeconfig.paths(str(control_plane.kubeconfig), {})

    assert kubeconfig.load(files, explicit=True) is not None
