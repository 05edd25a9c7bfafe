"""The control plane that the demo and the tests stand on behaves as a real one, and leaves nothing behind."""

import itertools
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError, ClusterError
from tests.cluster.process import gone_within
from tests.cluster.state import Running, read_state, stop_running

ROOT = Path(__file__).parents[2]


def _crd(plural: str) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": plural[:-1], "kind": plural[:-1].capitalize()},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}},
                        }
                    },
                }
            ],
        },
    }


def _cli(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tests.cluster", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _running(data: Path) -> Running:
    state = read_state(data)
    assert state is not None
    assert set(state.alive) == {"etcd", "kube-apiserver"}
    return state


def test_kubectl_speaks_to_it(control_plane: ControlPlane, namespace: str) -> None:
    """Kubectl works with the written kubeconfig, and a failure carries kubectl's own words."""
    assert namespace in control_plane.kubectl("get", "namespaces", "-o", "name").stdout
    with pytest.raises(ClusterError, match='namespaces "absent" not found'):
        control_plane.kubectl("get", "namespace", "absent")
    assert control_plane.kubectl("get", "namespace", "absent", check=False).returncode == 1


def test_kubeconfigs_are_made_for_others(control_plane: ControlPlane, namespace: str, tmp_path: Path) -> None:
    """A kubeconfig for a service account has its token, namespace and context, and works as that account."""
    control_plane.kubectl("create", "serviceaccount", "reader", "-n", namespace)
    path = control_plane.write_kubeconfig(
        tmp_path / "kubeconfig",
        token=control_plane.token_for(namespace, "reader"),
        namespace=namespace,
        context="as-reader",
    )
    config = yaml.safe_load(path.read_text())
    assert config["current-context"] == "as-reader"
    assert config["contexts"][0]["context"]["namespace"] == namespace
    who = control_plane.kubectl("--kubeconfig", str(path), "auth", "whoami", "-o", "json").stdout
    assert json.loads(who)["status"]["userInfo"]["username"] == f"system:serviceaccount:{namespace}:reader"


def test_rights_are_enforced(control_plane: ControlPlane, namespace: str, tmp_path: Path) -> None:
    """A service account may do nothing, is told what it lacks, and may do exactly what a role grants it."""
    control_plane.kubectl("create", "serviceaccount", "worker", "-n", namespace)
    token = control_plane.token_for(namespace, "worker")
    path = control_plane.write_kubeconfig(tmp_path / "kubeconfig", token=token, namespace=namespace)

    def as_worker(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return control_plane.kubectl("--kubeconfig", str(path), *arguments, check=False)

    refused = as_worker("get", "configmaps")
    assert refused.returncode == 1
    assert f'User "system:serviceaccount:{namespace}:worker" cannot list resource "configmaps"' in refused.stderr
    control_plane.kubectl("create", "role", "r", "--verb=list,get", "--resource=configmaps", "-n", namespace)
    control_plane.kubectl(
        "create", "rolebinding", "b", "--role=r", f"--serviceaccount={namespace}:worker", "-n", namespace
    )
    assert as_worker("get", "configmaps").returncode == 0
    assert "cannot list resource" in as_worker("get", "secrets").stderr


def test_strangers_may_only_ask_about_health(control_plane: ControlPlane) -> None:
    """Without credentials the health paths answer, everything else is 401."""
    context = ssl.create_default_context(cafile=str(control_plane.ca_path))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    with opener.open(f"{control_plane.url}/readyz", timeout=10) as answer:
        assert answer.read() == b"ok"
    with pytest.raises(urllib.error.HTTPError) as refused:
        opener.open(f"{control_plane.url}/api", timeout=10)
    with refused.value:
        assert refused.value.code == 401


def test_token_for_unknown_account_is_explained(control_plane: ControlPlane, namespace: str) -> None:
    """A token of a service account that is not there is an error that names it."""
    with pytest.raises(ApiError, match='serviceaccounts "absent" not found') as refused:
        control_plane.token_for(namespace, "absent")
    assert refused.value.status == 404


def test_custom_resources_can_be_watched(control_plane: ControlPlane, namespace: str) -> None:
    """A custom resource definition is served, validated, and its objects are seen by a watch."""
    control_plane.kubectl("apply", "-f", "-", stdin=json.dumps(_crd("widgets")))
    control_plane.kubectl("wait", "--for=condition=Established", "crd/widgets.example.com")
    collection = f"/apis/example.com/v1/namespaces/{namespace}/widgets"
    version = control_plane.admin.request("GET", collection)["metadata"]["resourceVersion"]
    seen: list[dict[str, Any]] = []

    def watch() -> None:
        path = f"{collection}?watch=1&resourceVersion={version}&timeoutSeconds=30"
        seen.extend(json.loads(line) for line in itertools.islice(control_plane.admin.lines(path), 3))

    watcher = threading.Thread(target=watch)
    watcher.start()
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1}}
    control_plane.admin.request("POST", collection, widget)
    control_plane.admin.request(
        "PATCH", f"{collection}/w", {"spec": {"size": 2}}, content_type="application/merge-patch+json"
    )
    with pytest.raises(ApiError, match="must be of type integer"):
        control_plane.admin.request("POST", collection, widget | {"spec": {"size": "big"}})
    control_plane.admin.request("DELETE", f"{collection}/w")
    watcher.join(40)
    assert [(event["type"], event["object"]["spec"]["size"]) for event in seen] == [
        ("ADDED", 1),
        ("MODIFIED", 2),
        ("DELETED", 2),
    ]


def test_audit_log_counts_each_request(control_plane: ControlPlane, namespace: str) -> None:
    """Each request is in the audit log when its answer arrives, with user, verb, object and outcome."""
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    control_plane.admin.request("POST", path, {"metadata": {"name": "c"}})
    control_plane.admin.request("DELETE", f"{path}/c")
    mine = [
        (record["verb"], record["objectRef"]["name"], record["responseStatus"]["code"], record["user"]["username"])
        for record in control_plane.audit_records()
        if record.get("objectRef", {}).get("namespace") == namespace and record["objectRef"]["resource"] == "configmaps"
    ]
    assert mine == [("create", "c", 201, "kubernetes-admin"), ("delete", "c", 200, "kubernetes-admin")]


def test_objects_outlive_crashes(cluster_binaries: Binaries, tmp_path: Path) -> None:
    """After SIGKILL of API server and etcd, and after an ordered restart, address, objects and tokens hold."""
    with ControlPlane(tmp_path, cluster_binaries) as plane:
        _disturb(plane)


def _disturb(plane: ControlPlane) -> None:
    plane.kubectl("create", "serviceaccount", "a")
    token = plane.token_for("default", "a")
    url = plane.url
    plane.kill_apiserver()
    plane.kill_etcd()
    with pytest.raises(OSError, match="refused"):
        plane.admin.request("GET", "/readyz")
    plane.start_etcd()
    plane.start_apiserver()
    plane.restart_apiserver()
    assert plane.url == url
    review = plane.admin.request(
        "POST",
        "/apis/authentication.k8s.io/v1/tokenreviews",
        {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}},
    )
    assert review["status"]["user"]["username"] == "system:serviceaccount:default:a"


def test_stop_leaves_no_process(cluster_binaries: Binaries, tmp_path: Path) -> None:
    """After stop both processes are gone and the data folder is free; the same folder then starts again."""
    plane = ControlPlane(tmp_path, cluster_binaries)
    with plane:
        state = _running(tmp_path)
        plane.admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": "kept"}})
    assert all(gone_within(who, 0) for who in state.alive.values())
    assert read_state(tmp_path) is None
    with plane:
        assert plane.admin.request("GET", "/api/v1/namespaces/kept")["status"]["phase"] == "Active"


def test_failed_start_shows_the_log(cluster_binaries: Binaries, tmp_path: Path) -> None:
    """A process that ends while starting is reported with the end of its log, and the other one is stopped."""
    (tmp_path / "etcd").write_text("not a folder")
    plane = ControlPlane(tmp_path, cluster_binaries)
    with pytest.raises(ClusterError, match=r"(?s)etcd ended with 1 .*not a directory"):
        plane.start()
    assert plane.died() is None
    assert read_state(tmp_path) is None


def test_killed_owner_leaves_no_process(cluster_binaries: Binaries, tmp_path: Path) -> None:
    """SIGKILL of the process that started a control plane ends API server and etcd too."""
    assert cluster_binaries
    with subprocess.Popen(
        [sys.executable, "-m", "tests.cluster", "up", "--data", str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        assert b"The control plane runs at" in owner.stdout.readline()
        state = _running(tmp_path)
        owner.kill()
    assert all(gone_within(who, 10) for who in state.alive.values())


def test_interrupted_owner_stops_in_order(cluster_binaries: Binaries, tmp_path: Path) -> None:
    """SIGTERM of the command stops both processes and ends with exit code 0."""
    assert cluster_binaries
    with subprocess.Popen(
        [sys.executable, "-m", "tests.cluster", "up", "--data", str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline()
        state = _running(tmp_path)
        owner.send_signal(signal.SIGTERM)
        assert owner.wait(30) == 0
    assert all(gone_within(who, 0) for who in state.alive.values())


def test_background_control_plane(cluster_binaries: Binaries, tmp_path: Path) -> None:
    """Running `up --detach` leaves one running that status shows, a second up is refused, and down ends it."""
    data, config = tmp_path / "data", tmp_path / "kubeconfig"
    try:
        up = _cli("up", "--data", str(data), "--detach", "--kubeconfig", str(config))
        assert up.returncode == 0, up.stderr
        state = _running(data)
        assert state.url in up.stdout
        status = _cli("status", "--data", str(data))
        assert status.returncode == 0
        assert str(state.alive["etcd"].pid) in status.stdout
        listed = subprocess.run(
            [str(cluster_binaries.kubectl), "get", "namespaces", "-o", "name"],
            env={**os.environ, "KUBECONFIG": str(config)},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert "namespace/default" in listed.stdout
        second = _cli("up", "--data", str(data), "--detach")
        assert second.returncode == 1
        assert f"a control plane runs in {data} already at {state.url}" in second.stderr
        assert "Traceback" not in second.stderr
        assert _cli("down", "--data", str(data)).stdout == "stopped kube-apiserver and etcd\n"
        assert all(gone_within(who, 0) for who in state.alive.values())
        assert _cli("status", "--data", str(data)).returncode == 3
    finally:
        stop_running(data, 5)


def test_help_teaches() -> None:
    """The help shows how to start, use and stop a control plane, and where the programs come from."""
    text = _cli("--help").stdout
    for word in ("build", "up --data", "--detach", "down --data", "KUBEBUILDER_ASSETS", "exit codes"):
        assert word in text
