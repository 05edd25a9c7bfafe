"""What the tests of `kubectl smlogs` share: objects in the real API server, logs in the stand-in, and the real plugin.

The plugin runs as its users run it, `kubectl smlogs ...` with the plugin on PATH, in an environment that holds
nothing else.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_smlogs.resources import ACK, Resource
from smkube.kinds import BY_NAME, TRAINING_JOB, Kind, resource_path
from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.standin.app import StandIn

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
"""Seconds until something that is waited for counts as missing."""


@contextlib.contextmanager
def control_plane_with_kinds(binaries: Binaries, folder: Path) -> Iterator[ControlPlane]:
    """A control plane that knows the operator's kinds, and where no operator writes statuses: the tests do."""
    with ControlPlane(folder, binaries) as plane:
        install_kinds(plane)
        yield plane


def install_kinds(plane: ControlPlane) -> None:
    """Make a control plane know the operator's kinds."""
    plane.kubectl("apply", "--server-side", "-f", str(ROOT / "packaging" / "crds"))
    deadline = time.monotonic() + PATIENCE
    while not all(_is_served(plane, kind) for kind in BY_NAME.values()):
        assert time.monotonic() < deadline, "the custom resource definitions are not served"
        time.sleep(0.05)


def install_ack(plane: ControlPlane) -> None:
    """Make a control plane know the kinds of AWS Controllers for Kubernetes that the plugin reads."""
    for resource in ACK:
        plane.admin.request(
            "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", _ack_definition(resource)
        )
    deadline = time.monotonic() + PATIENCE
    while not all(_is_established(plane, resource.full) for resource in ACK):
        assert time.monotonic() < deadline, "ACK's custom resource definitions are not served"
        time.sleep(0.05)


def _ack_definition(resource: Resource) -> dict[str, Any]:
    """As much of ACK's definition as makes the API server take its objects."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": resource.full},
        "spec": {
            "group": resource.group,
            "scope": "Namespaced",
            "names": {"kind": resource.kind, "plural": resource.plural, "singular": resource.kind.lower()},
            "versions": [
                {
                    "name": resource.version,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                }
            ],
        },
    }


@pytest.fixture(scope="module")
def plane(cluster_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane without an operator, one for each module that takes this fixture over."""
    with control_plane_with_kinds(cluster_binaries, tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture
def scene_with_own_aws(plane: ControlPlane, cluster_binaries: Binaries, tmp_path: Path) -> Iterator[Scene]:
    """A namespace with kubectl and plugin, and an AWS of the test's own whose calls may fail."""
    with StandIn() as aws, scene(plane, aws, cluster_binaries, tmp_path) as made:
        yield made


def _is_served(plane: ControlPlane, kind: Kind) -> bool:
    return _is_established(plane, kind.resource)


def _is_established(plane: ControlPlane, name: str) -> bool:
    found = plane.admin.request("GET", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}")
    conditions = found.get("status", {}).get("conditions") or ()
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


@dataclass
class Following:
    """A plugin that runs; its output goes to files."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    def stdout(self) -> str:
        """What it has written to standard output."""
        return self.out.read_text(encoding="utf-8")

    def stderr(self) -> str:
        """What it has written to standard error."""
        return self.err.read_text(encoding="utf-8")

    def wait_for(self, what: Callable[[], bool], why: str) -> None:
        """Wait until something is so, while the plugin runs.

        Raises:
            AssertionError: it ended before, or it took too long.
        """
        deadline = time.monotonic() + PATIENCE
        while not what():
            told = f"{why}; standard error: {self.stderr()}"
            assert self.process.poll() is None, f"ended with {self.process.returncode} before {told}"
            assert time.monotonic() < deadline, f"never came: {told}"
            time.sleep(0.05)

    def wait_for_output(self, text: str) -> None:
        """Wait until standard output holds a text."""
        self.wait_for(lambda: text in self.stdout(), f"{text!r} on standard output")

    def wait_for_notice(self, text: str) -> None:
        """Wait until standard error holds a text."""
        self.wait_for(lambda: text in self.stderr(), f"{text!r} on standard error")

    def end(self) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait(PATIENCE)


@dataclass
class Scene:
    """One test's namespace and tools.

    Attributes:
        plane: the control plane.
        standin: AWS.
        binaries: for kubectl.
        folder: for files.
        namespace: the test's own.
        region: the test's own, so that its log groups are, too.
    """

    plane: ControlPlane
    standin: StandIn
    binaries: Binaries
    folder: Path
    namespace: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex[:10]}")
    region: str = field(default_factory=lambda: f"us-test-{uuid.uuid4().int % 10**8}")

    def __post_init__(self) -> None:
        self.plane.admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": self.namespace}})
        self.home = self.folder / "home"
        self.home.mkdir()
        tools = self.folder / "bin"
        tools.mkdir()
        (tools / "kubectl").symlink_to(Path(self.binaries.kubectl).absolute())
        (tools / "kubectl-smlogs").symlink_to(Path(sys.executable).parent / "kubectl-smlogs")
        self.kubeconfig = self.plane.write_kubeconfig(self.folder / "kubeconfig", namespace=self.namespace)
        self.environment = {
            "PATH": f"{tools}{os.pathsep}/usr/bin{os.pathsep}/bin",
            "HOME": str(self.home),
            "TZ": "UTC",
            "LANG": "C.UTF-8",
            "KUBECONFIG": str(self.kubeconfig),
            "AWS_ENDPOINT_URL": self.standin.url,
            "AWS_ACCESS_KEY_ID": f"AKID{uuid.uuid4().hex[:12].upper()}",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self._running: list[Following] = []

    def path(self, kind: Kind, name: str = "", subresource: str = "") -> str:
        """URL path of an object of this namespace."""
        return resource_path(kind, self.namespace, name or None, subresource or None)

    def create(
        self,
        name: str,
        *,
        kind: Kind = TRAINING_JOB,
        job: str = "",
        region: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Create an object whose spec names a SageMaker job, if `job` is given."""
        spec = _spec(kind)
        spec["region"] = region or self.region
        if job:
            spec[kind.spec_name] = job
        body = {
            "apiVersion": "sagemaker.aws.amazon.com/v1",
            "kind": kind.name,
            "metadata": {"name": name, "namespace": self.namespace, "labels": dict(labels or {})},
            "spec": spec,
        }
        made: dict[str, Any] = self.plane.admin.request("POST", self.path(kind), body)
        return made

    def create_ack(
        self, name: str, resource: Resource, *, job: str, status: Mapping[str, Any] | None = None, region: str = ""
    ) -> None:
        """Create an object of ACK, as its controller leaves it; the kinds have to be installed."""
        body = {
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {resource.fields.spec_name: job},
        }
        self.plane.admin.request("POST", resource.path(self.namespace), body)
        placed = {"ackResourceMetadata": {"region": region or self.region}, **(status or {})}
        self.plane.admin.request(
            "PATCH",
            f"{resource.path(self.namespace, name)}/status",
            {"status": placed},
            content_type="application/merge-patch+json",
        )

    def set_status(self, name: str, *, kind: Kind = TRAINING_JOB, **status: Any) -> None:
        """Write into the status as the operator would; `word` and `job` stand for the kind's own fields."""
        for ours, theirs in (("word", kind.status_word), ("job", kind.status_name)):
            if ours in status:
                status[theirs] = status.pop(ours)
        self.plane.admin.request(
            "PATCH",
            self.path(kind, name, "status"),
            {"status": status},
            content_type="application/merge-patch+json",
        )

    def delete(self, name: str, *, kind: Kind = TRAINING_JOB) -> None:
        """Delete an object."""
        self.plane.admin.request("DELETE", self.path(kind, name))

    def write_logs(
        self,
        stream: str,
        lines: Sequence[str],
        *,
        kind: Kind = TRAINING_JOB,
        group: str = "",
        offset: float = -60.0,
        step: float = 0.001,
    ) -> None:
        """Put lines into a stream; `offset` seconds from now on, `step` apart; an endpoint's `group` is its own."""
        events = [{"message": line, "offset": offset + number * step} for number, line in enumerate(lines)]
        self.standin.put_logs(group or kind.log_group, stream, events, region=self.region)

    def run(
        self, *arguments: str, environment: Mapping[str, str | None] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `kubectl smlogs` with arguments to its end; None takes a variable out of the environment."""
        return subprocess.run(
            ["kubectl", "smlogs", *arguments],
            env=self._environment(environment),
            executable=str(self.folder / "bin" / "kubectl"),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def follow(self, *arguments: str, environment: Mapping[str, str | None] | None = None) -> Following:
        """Start `kubectl smlogs -f` with arguments."""
        number = len(self._running)
        out, err = self.folder / f"out-{number}", self.folder / f"err-{number}"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                ["kubectl", "smlogs", "-f", *arguments],
                env=self._environment(environment),
                executable=str(self.folder / "bin" / "kubectl"),
                cwd=self.folder,
                stdout=stdout,
                stderr=stderr,
            )
        following = Following(process, out, err)
        self._running.append(following)
        return following

    def close(self) -> None:
        """End what still runs."""
        for following in self._running:
            if following.process.poll() is None:
                following.process.kill()
            following.process.wait()

    def _environment(self, changes: Mapping[str, str | None] | None) -> dict[str, str]:
        merged = {**self.environment, **(changes or {})}
        return {key: value for key, value in merged.items() if value is not None}


@contextlib.contextmanager
def scene(plane: ControlPlane, standin: StandIn, binaries: Binaries, folder: Path) -> Iterator[Scene]:
    """A scene whose processes end with it."""
    made = Scene(plane, standin, binaries, folder)
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(made.home, ignore_errors=True)


def _spec(kind: Kind) -> dict[str, Any]:
    """The spec of the kind's sample, without a name for the job."""
    text = (ROOT / "packaging" / "samples" / f"{kind.singular}.yaml").read_text(encoding="utf-8")
    spec: dict[str, Any] = yaml.safe_load(text)["spec"]
    spec.pop(kind.spec_name, None)
    return spec
