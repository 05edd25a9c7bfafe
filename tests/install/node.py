"""Plays what a cluster has beside its API server: Deployments' pods, a kubelet, EKS's role webhook, namespaces' ends.

A pod's container `manager` is the operator as a process of this machine, with the arguments and the environment of the
pod template and the token of its service account; every other container only counts as started. The kubelet's log
endpoint is there, so that `kubectl logs` works.
"""

from __future__ import annotations

import functools
import hashlib
import json
import random
import socket
import ssl
import string
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.cluster.certs import Pki
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError
from tests.cluster.process import end, identify, spawn

NAME = "node"
ROLE = "eks.amazonaws.com/role-arn"
_PAUSE = 0.2
_MERGE = "application/merge-patch+json"
_LETTERS = string.digits + string.ascii_lowercase

Object = dict[str, Any]


@dataclass
class _Pod:
    """A pod and the process of its container `manager`."""

    namespace: str
    name: str
    template: str
    process: subprocess.Popen[bytes]
    log: Path
    ready: str
    """URL of the operator's readiness, as the pod template's probe has it."""
    containers: tuple[str, ...]
    was_ready: bool | None = None


class Node:
    """One node with its controllers; a context manager.

    Args:
        plane: the control plane.
        folder: where kubeconfigs and logs are kept.
        environ: environment of the containers beyond that of their template.
    """

    def __init__(self, plane: ControlPlane, folder: Path, environ: Mapping[str, str]) -> None:
        self._plane = plane
        self._folder = folder
        self._environ = environ
        self._pods: dict[tuple[str, str], _Pod] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="node")
        self.failure: ApiError | None = None
        """What the API server refused; nothing happens on the node from then on."""
        self._kubelet = _kubelet(self, Pki(plane.data / "pki"))

    def __enter__(self) -> Self:
        self._register()
        threading.Thread(target=self._kubelet.serve_forever, args=[0.1], name="kubelet", daemon=True).start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._kubelet.shutdown()
        self._kubelet.server_close()
        for pod in self._pods.values():
            _end(pod)

    def log(self, namespace: str, pod: str) -> bytes | None:
        """What a pod has printed; None if it is not here."""
        for one in list(self._pods.values()):
            if (one.namespace, one.name) == (namespace, pod):
                return one.log.read_bytes()
        return None

    # --- controllers ------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.wait(_PAUSE):
            try:
                self._deployments()
                self._namespaces()
            except ApiError as error:
                # A conflict, or an object that went meanwhile: the next round looks again.
                if error.status not in (404, 409):
                    self.failure = error
                    raise

    def _deployments(self) -> None:
        found = self._get("/apis/apps/v1/deployments")["items"]
        wanted = {(one["metadata"]["namespace"], one["metadata"]["name"]): one for one in found}
        for key in [key for key in self._pods if key not in wanted or not wanted[key]["spec"]["replicas"]]:
            self._remove(key)
        for key, deployment in wanted.items():
            if not deployment["spec"]["replicas"] or deployment["metadata"].get("deletionTimestamp"):
                continue
            if key in self._pods and self._pods[key].template != _digest(deployment):
                self._remove(key)
            if key not in self._pods:
                self._pods[key] = self._add(deployment)
            self._report(deployment, self._pods[key])

    def _namespaces(self) -> None:
        for namespace in self._get("/api/v1/namespaces")["items"]:
            name = namespace["metadata"]["name"]
            if not namespace["metadata"].get("deletionTimestamp"):
                continue
            for path in _namespaced(name):
                self._request("DELETE", path)
            self._request("PUT", f"/api/v1/namespaces/{name}/finalize", {**namespace, "spec": {"finalizers": []}})

    # --- pods -------------------------------------------------------------------------------------------------

    def _add(self, deployment: Object) -> _Pod:
        namespace = deployment["metadata"]["namespace"]
        template = deployment["spec"]["template"]
        digest = _digest(deployment)
        tail = "".join(random.choices(_LETTERS, k=5))
        name = f"{deployment['metadata']['name']}-{digest[:10]}-{tail}"
        role = self._role(namespace, template["spec"]["serviceAccountName"])
        # As EKS's webhook does it.
        added = [{"name": "AWS_ROLE_ARN", "value": role}] if role else []
        containers = [{**one, "env": [*one.get("env", []), *added]} for one in template["spec"]["containers"]]
        pod: Object = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**template["metadata"], "name": name, "namespace": namespace},
            "spec": {**template["spec"], "containers": containers, "nodeName": NAME},
        }
        return self._start(self._plane.admin.request("POST", f"/api/v1/namespaces/{namespace}/pods", pod), digest)

    def _start(self, pod: Object, digest: str) -> _Pod:
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        manager = next(one for one in pod["spec"]["containers"] if one["name"] == "manager")
        token = self._plane.token_for(namespace, pod["spec"]["serviceAccountName"], 3600)
        config = self._plane.write_kubeconfig(self._folder / f"{name}.kubeconfig", token=token, namespace=namespace)
        ports = {port: free_port() for port in ("8080", "8081")}
        arguments = [_moved(argument, ports) for argument in manager.get("args", [])]
        environ = {one["name"]: _value(one, pod) for one in manager.get("env", [])}
        log = self._folder / f"{name}.log"
        with log.open("ab") as output:
            process = spawn(
                [str(Path(sys.executable).with_name("sagemaker-operator")), *arguments, "--kubeconfig", str(config)],
                cwd=self._folder,
                output=output.fileno(),
                environ={**self._environ, **environ},
            )
        probe = manager["readinessProbe"]["httpGet"]
        ready = f"http://127.0.0.1:{ports[_port(manager, probe['port'])]}{probe['path']}"
        names = tuple(one["name"] for one in pod["spec"]["containers"])
        return _Pod(namespace, name, digest, process, log, ready, names)

    def _remove(self, key: tuple[str, str]) -> None:
        pod = self._pods.pop(key)
        _end(pod)
        self._request("DELETE", f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}?gracePeriodSeconds=0")

    def _report(self, deployment: Object, pod: _Pod) -> None:
        ready = pod.process.poll() is None and answers(pod.ready)
        if ready == pod.was_ready:
            return
        condition = "True" if ready else "False"
        status: Object = {
            "phase": "Running",
            "conditions": [{"type": name, "status": condition} for name in ("Ready", "ContainersReady")],
            "containerStatuses": [_running(name, ready or name != "manager") for name in pod.containers],
        }
        self._request("PATCH", f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/status", {"status": status})
        count = 1 if ready else 0
        status = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": 1,
            "updatedReplicas": 1,
            "readyReplicas": count,
            "availableReplicas": count,
            "unavailableReplicas": 1 - count,
        }
        name = deployment["metadata"]["name"]
        path = f"/apis/apps/v1/namespaces/{pod.namespace}/deployments/{name}/status"
        self._request("PATCH", path, {"status": status})
        pod.was_ready = ready

    def _role(self, namespace: str, account: str) -> str:
        found = self._get(f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}")
        return str(found["metadata"].get("annotations", {}).get(ROLE, ""))

    # --- requests ---------------------------------------------------------------------------------------------

    def _register(self) -> None:
        self._request("POST", "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NAME}})
        status = {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._kubelet.server_address[1]}},
        }
        self._request("PATCH", f"/api/v1/nodes/{NAME}/status", {"status": status})

    def _get(self, path: str) -> Any:
        return self._plane.admin.request("GET", path)

    def _request(self, method: str, path: str, body: Any = None) -> None:
        kind = _MERGE if method == "PATCH" else "application/json"
        try:
            self._plane.admin.request(method, path, body, content_type=kind)
        except ApiError as error:
            if error.status not in (404, 409):
                raise


def _value(variable: Object, pod: Object) -> str:
    """What a variable of a container's environment is: as it stands there, or a field of the pod."""
    if "valueFrom" not in variable:
        return str(variable.get("value", ""))
    parts = variable["valueFrom"]["fieldRef"]["fieldPath"].split(".")
    return str(functools.reduce(lambda value, part: value[part], parts, pod))


def _running(name: str, ready: bool) -> Object:
    """Status of a container."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    state = {"running": {"startedAt": now}}
    started = {"name": name, "ready": ready, "started": True, "restartCount": 0, "state": state}
    return {**started, "image": "", "imageID": ""}


def _namespaced(namespace: str) -> list[str]:
    """Collections that go with a namespace."""
    core = ("pods", "serviceaccounts", "configmaps", "secrets")
    grouped = (
        "apps/v1/{}/deployments",
        "rbac.authorization.k8s.io/v1/{}/roles",
        "rbac.authorization.k8s.io/v1/{}/rolebindings",
        "coordination.k8s.io/v1/{}/leases",
        "events.k8s.io/v1/{}/events",
        "policy/v1/{}/poddisruptionbudgets",
        "networking.k8s.io/v1/{}/networkpolicies",
    )
    return [
        *(f"/api/v1/namespaces/{namespace}/{plural}?gracePeriodSeconds=0" for plural in core),
        *(f"/apis/{path.format(f'namespaces/{namespace}')}" for path in grouped),
    ]


def _digest(deployment: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(deployment["spec"]["template"], sort_keys=True).encode()).hexdigest()


def _moved(argument: str, ports: Mapping[str, int]) -> str:
    """An argument with an address that is free on this machine: many pods share it."""
    flag, colon, port = argument.rpartition(":")
    if not colon or port not in ports:
        return argument
    return f"{flag if flag.endswith('127.0.0.1') else flag + '127.0.0.1'}:{ports[port]}"


def _port(container: Mapping[str, Any], port: int | str) -> str:
    """The number of a container's port, which may be given by name."""
    named = {one.get("name"): one["containerPort"] for one in container.get("ports", [])}
    return str(named.get(port, port))


def free_port() -> int:
    """A port of this machine that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def answers(url: str) -> bool:
    """Whether a probe of the kubelet's succeeds."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2):
            return True
    except OSError:
        return False


def _end(pod: _Pod) -> None:
    who = identify(pod.process.pid)
    if who is not None:
        end(who, 12.0)
    pod.process.wait()


def _kubelet(node: Node, pki: Pki) -> ThreadingHTTPServer:
    """Serves `/containerLogs/<namespace>/<pod>/<container>` as kubelets do."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer with the pod's log."""
            url = urllib.parse.urlsplit(self.path)
            words = url.path.strip("/").split("/")
            query = urllib.parse.parse_qs(url.query)
            log = node.log(words[1], words[2]) if words[0] == "containerLogs" and len(words) == 4 else None
            if log is None or query.get("previous") == ["true"]:
                text = f"previous terminated container in pod {'/'.join(words[1:])} not found"
                self._answer(404 if log is None else 400, text.encode())
                return
            lines = log.splitlines(keepends=True)
            if "tailLines" in query:
                lines = lines[-int(query["tailLines"][0]) :]
            self._answer(200, b"".join(lines) if words[3] == "manager" else b"")

        def _answer(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.server_cert, pki.server_key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return server
