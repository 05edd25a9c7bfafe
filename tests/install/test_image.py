"""The operator's image, built from its Dockerfile and run as a pod runs it: no root, nothing to write to."""

from __future__ import annotations

import os
import re
import runpy
import signal
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import smkube
from sagemaker_operator import rights
from smkube import kinds
from smkube.kinds import TRAINING_JOB
from tests.cluster.controlplane import ControlPlane
from tests.cluster.progress import Progress
from tests.conformance import specs
from tests.install import imagebuild
from tests.install.conftest import installer, read
from tests.install.imagebuild import ROOT, Image
from tests.install.node import answers, free_port
from tests.stack.stack import ACCOUNT, NAMESPACE
from tests.stack.waiting import until
from tests.standin.app import StandIn

FOLDER = ROOT / "packaging" / "image"
_ACCOUNT_FILES = Path("var/run/secrets/kubernetes.io/serviceaccount")
_GRACE = 10.0
"""Seconds a pod of the original has to end."""
_POD = """
set -e
mount --bind "$1" "$1"
mkdir -p "$1/proc" "$1/dev"
mount -t proc proc "$1/proc"
mount --bind /dev "$1/dev"
mount -o remount,ro,bind "$1"
root=$1 user=$2
shift 2
exec chroot --userspec="$user" "$root" "$@"
"""
"""What a container runtime does with readOnlyRootFilesystem."""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The image of the sources as they are."""
    try:
        return imagebuild.build(
            os.environ, Progress(sys.__stderr__ or sys.stderr), tmp_path_factory.mktemp("image") / "root"
        )
    except imagebuild.Missing as missing:
        pytest.skip(str(missing))


def test_configuration(image: Image) -> None:
    """The image says by number that it is not root's, starts the operator, and tells its version."""
    config = image.config["config"]
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["/manager"]
    assert config["Labels"]["org.opencontainers.image.version"] == smkube.__version__


def test_contents(image: Image) -> None:
    """Nothing in the image helps an intruder, nothing may be changed by its user, and nothing is there for nothing."""
    files = [path for path in image.root.rglob("*") if not path.is_symlink()]
    programs = {path.name for path in files if path.is_file() and path.stat().st_mode & stat.S_IXUSR}
    assert not programs & {"sh", "dash", "bash", "busybox", "pip", "apt-get", "dpkg", "gcc", "cc", "curl", "wget"}
    assert not {path.name for path in files} & {"pip", "kubectl_smlogs"}
    assert not [path for path in files if path.is_file() and path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)]
    writable = {path.relative_to(image.root).as_posix() for path in files if path.stat().st_mode & stat.S_IWOTH}
    assert writable <= {"tmp", "var/tmp", "var/lock"}
    operator = image.root / "opt" / "operator"
    assert not [path for path in operator.rglob("*") if path.stat().st_uid != 0 or path.name in ("tests", "test")]
    services = {path.name for path in (operator / "botocore" / "data").iterdir() if path.is_dir()}
    assert services == _services()
    assert sum(path.stat().st_size for path in files if path.is_file()) < 90_000_000


def test_modules_are_compiled(image: Image) -> None:
    """No module is compiled at a start: the file system could not keep the result."""
    sources = list((image.root / "opt" / "operator").rglob("*.py"))
    missing = [one for one in sources if not (one.parent / "__pycache__" / f"{one.stem}.cpython-311.pyc").exists()]
    assert sources
    assert missing == []


def test_version(image: Image) -> None:
    """The entry point runs as the image's user."""
    command = ["unshare", "--mount", "sh", "-c", _POD, "sh", str(image.root), "65532:65532", "/manager", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == (smkube.__version__, 0), done.stderr


@pytest.fixture
def pod(image: Image, fresh_plane: ControlPlane, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    """The installer's pod as a process: its arguments, its service account's files, a read-only root."""
    text = installer("installer.yaml")
    fresh_plane.kubectl("apply", "-f", "-", stdin=text)
    template = read(text)["Deployment", "sagemaker-k8s-operator-controller-manager"]["spec"]["template"]
    manager = next(one for one in template["spec"]["containers"] if one["name"] == "manager")
    ports = {"8080": free_port(), "8081": free_port()}
    arguments = [re.sub(r"=(?:127\.0\.0\.1)?:(\d+)$", lambda found: f"=127.0.0.1:{ports[found[1]]}", one)
                 for one in manager["args"]]  # fmt: skip
    secrets = image.root / _ACCOUNT_FILES
    secrets.mkdir(parents=True, exist_ok=True)
    (secrets / "token").write_text(fresh_plane.token_for(NAMESPACE, ACCOUNT))
    (secrets / "ca.crt").write_bytes(fresh_plane.ca_path.read_bytes())
    (secrets / "namespace").write_text(NAMESPACE)
    host, _, port = fresh_plane.url.removeprefix("https://").partition(":")
    with StandIn() as aws:
        environ = {
            "KUBERNETES_SERVICE_HOST": host,
            "KUBERNETES_SERVICE_PORT": port,
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
            "AWS_SECRET_ACCESS_KEY": "example",
            "POD_NAME": "pod",
            "POD_NAMESPACE": NAMESPACE,
            "PATH": f"{os.defpath}:/usr/sbin:/sbin",
        }
        command = [*manager["command"], *arguments]
        log = tmp_path / "pod.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", _POD, "sh", str(image.root), "65532:65532", *command],
                env=environ,
                stdout=output,
                stderr=output,
            )
        try:
            yield process, f"http://127.0.0.1:{ports['8081']}/readyz", log
        finally:
            process.kill()
            process.wait()


def test_pod(pod: tuple[subprocess.Popen[bytes], str, Path], fresh_plane: ControlPlane) -> None:
    """The operator runs in the image with the installer's arguments, starts a job, and ends in time when it is told."""
    process, ready, log = pod
    until(lambda: answers(ready), "the operator in the image to be ready", seconds=60)
    body = {
        "apiVersion": "sagemaker.aws.amazon.com/v1",
        "kind": TRAINING_JOB.name,
        "metadata": {"name": "in-image"},
        "spec": specs.SPECS[TRAINING_JOB.name](region="us-east-1"),
    }
    path = "/apis/sagemaker.aws.amazon.com/v1/namespaces/default/trainingjobs"
    fresh_plane.admin.request("POST", path, body)

    def begun() -> bool:
        status = fresh_plane.admin.request("GET", f"{path}/in-image").get("status", {})
        return bool(status.get("trainingJobStatus") == "InProgress")

    until(begun, "the job to be in progress")
    with (Path("/proc") / str(process.pid) / "status").open() as status:
        lines = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
    assert lines["Uid"].split("\t") == ["65532"] * 4
    assert lines["CapEff"] == "0" * 16
    process.send_signal(signal.SIGTERM)
    assert process.wait(_GRACE) == 0, log.read_text()
    assert "Traceback" not in log.read_text()


def test_lock_is_that_of_the_tests() -> None:
    """Each package of the image has the version and the checksums that the tests run with."""
    ours, tested = _locked(FOLDER / "requirements.lock"), _locked(ROOT / "requirements.lock")
    asked = {line for line in (FOLDER / "requirements.in").read_text().splitlines() if line and line[0] != "#"}
    assert {name.partition("==")[0] for name in ours} == {name.lower() for name in asked}
    assert {name: tested.get(name) for name in ours} == ours


def test_services_are_those_of_the_rights() -> None:
    """The image has the description of each service that the operator calls."""
    every = [*rights.of_kinds(kinds.ALL), *rights.of_queue("events")]
    called = {right.action.partition(":")[0] for right in every}
    assert called - {"iam", "cloudwatch"} <= _services()


def test_version_of_python() -> None:
    """The image's Python is one that the project is made for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"
    assert "python:3.11-slim-bookworm" in imagebuild.DOCKERFILE.read_text()


def _locked(path: Path) -> dict[str, tuple[str, ...]]:
    """Requirements with their checksums."""
    blocks = re.split(r"\n(?=\w)", path.read_text(encoding="utf-8").strip())
    return {block.split()[0]: tuple(sorted(re.findall(r"sha256:\w+", block))) for block in blocks if block[0] != "#"}


def _services() -> set[str]:
    """Services whose description is put into the image."""
    return set(runpy.run_path(str(FOLDER / "packages.py"))["SERVICES"])
