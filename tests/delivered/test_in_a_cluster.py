"""The one file as its users run it: through kubectl, against a real API server and the stand-in for AWS."""

from __future__ import annotations

import hashlib
import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from smkube.kinds import TRAINING_JOB
from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.conformance.smlogs_scene import Scene, control_plane_with_kinds
from tests.conformance.smlogs_scene import scene as make_scene
from tests.delivered import container, scripts
from tests.delivered.building import ROOT, Delivery
from tests.delivered.container import Container
from tests.delivered.running import PATIENCE, PLUGIN, needs_mounts, needs_root
from tests.delivered.test_program import write_kubeconfig
from tests.standin.app import StandIn
from tests.unit.smlogs.test_dispatch import ORIGINAL


@pytest.fixture(scope="module")
def scenes(
    cluster_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ControlPlane, StandIn]]:
    """A control plane without an operator, and AWS."""
    with StandIn() as aws, control_plane_with_kinds(cluster_binaries, tmp_path_factory.mktemp("cluster")) as plane:
        yield plane, aws


@pytest.fixture
def scene(
    scenes: tuple[ControlPlane, StandIn], cluster_binaries: Binaries, delivery: Delivery, folder: Path, tmp_path: Path
) -> Iterator[Scene]:
    """A namespace with the one file on PATH as kubectl's plugin."""
    with make_scene(*scenes, cluster_binaries, tmp_path) as made:
        tools = made.folder / "bin"
        for name in ("kubectl-smlogs", "kubectl_complete-smlogs"):
            (tools / name).unlink(missing_ok=True)
            (tools / name).symlink_to(delivery.folder / name)
        made.environment["XDG_CACHE_HOME"] = str(folder.parents[1])
        yield made


def told_by_plugin(scene: Scene, *arguments: str) -> tuple[str, str, int]:
    """What the plugin itself prints in a scene, and its exit code."""
    done = subprocess.run(
        [*map(str, PLUGIN), *arguments],
        env=scene.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.stdout, done.stderr, done.returncode


def test_log_of_a_job(scene: Scene) -> None:
    """The log of a job of two hosts comes as the plugin prints it, in every format."""
    scene.create("train", job="x")
    scene.set_status("train", word="InProgress", secondaryStatus="Training")
    for host in ("algo-1", "algo-2"):
        events = [{"message": f"{host} é \x1b[31m{n}\n", "timestamp": 1_791_000_000_000 + n} for n in range(3)]
        scene.standin.put_logs(TRAINING_JOB.log_group, f"x/{host}-1791000000", events, region=scene.region)
    for more in ((), ("-o", "json"), ("--template", "{host} {time} {message}", "--timezone", "Europe/Berlin"),
                 ("-o", "default", "--color", "always", "--tail", "2")):  # fmt: skip
        ours = scene.run("TrainingJob", "train", *more)
        assert ours.returncode == 0, ours.stderr
        assert len(ours.stdout.splitlines()) in (2, 6)
        assert (ours.stdout, ours.stderr, ours.returncode) == told_by_plugin(scene, "TrainingJob", "train", *more)


def test_following_a_job_to_its_end(scene: Scene) -> None:
    """`-f` shows lines as they come, and ends with the job."""
    scene.create("train", job="x")
    scene.set_status("train", word="InProgress", secondaryStatus="Training")
    scene.write_logs("x/algo-1-1", ["first"], offset=0)
    following = scene.follow("TrainingJob", "train")
    following.wait_for_output("first")
    scene.write_logs("x/algo-1-1", ["second"], offset=0)
    following.wait_for_output("second")
    scene.set_status("train", word="Completed", secondaryStatus="Completed")
    assert following.end() == 0, following.stderr()


def test_tables_of_objects(scene: Scene) -> None:
    """`list` and `status` draw their tables."""
    scene.create("train", job="x")
    scene.set_status("train", word="InProgress", secondaryStatus="Training")
    for command in (("list",), ("list", "-o", "wide", "--color", "always"), ("status", "trainingjob", "train")):
        done = scene.run(*command)
        assert (done.returncode, done.stderr) == (0, "")
        assert "train" in done.stdout
        assert "InProgress" in done.stdout


def test_completion_through_kubectl(scene: Scene) -> None:
    """Through kubectl, shells complete kinds, and names from the cluster, with the helper beside the program."""
    scene.create("first-job", job="x")

    def candidates(*words: str) -> list[str]:
        done = subprocess.run(
            ["kubectl", "__complete", "smlogs", *words],
            executable=str(scene.folder / "bin" / "kubectl"),
            env=scene.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        return [line.partition("\t")[0] for line in done.stdout.splitlines()]

    assert "TrainingJob" in candidates("Tr")
    assert "first-job" in candidates("TrainingJob", "fi")


def test_helper_finds_the_program_on_path(scene: Scene, tmp_path: Path) -> None:
    """The helper for completion works in another folder than the program, as long as that is on PATH."""
    helper = tmp_path / "elsewhere" / "kubectl_complete-smlogs"
    helper.parent.mkdir()
    shutil.copy2(scene.folder / "bin" / helper.name, helper)
    done = subprocess.run(
        [str(helper), "Tr"], env=scene.environment, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert "TrainingJob" in done.stdout


_PROFILES = """
[profile role]
role_arn = arn:aws:iam::123456789012:role/any
credential_source = Environment
region = us-east-1

[profile web]
role_arn = arn:aws:iam::123456789012:role/any
web_identity_token_file = {folder}/token
region = us-east-1

[profile sso]
sso_session = company
sso_account_id = 123456789012
sso_role_name = any
region = us-east-1

[sso-session company]
sso_region = us-east-1
sso_start_url = https://company.awsapps.com/start
"""


class Refusal(http.server.BaseHTTPRequestHandler):
    """Answers every request as STS and IAM Identity Center answer who has no rights, and counts them."""

    heard = 0

    def do_POST(self) -> None:
        """As STS."""
        body = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not you.</Message></Error></ErrorResponse>"
        self._refuse(body, "text/xml")

    def do_GET(self) -> None:
        """As IAM Identity Center."""
        self._refuse(b'{"message": "Not you."}', "application/json")

    def _refuse(self, body: bytes, kind: str) -> None:
        Refusal.heard += 1
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(403)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-ErrorType", "ForbiddenException")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def refusing() -> Iterator[str]:
    """URL of an AWS that refuses everything."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("profile", ["role", "web", "sso"])
def test_profiles_that_ask_aws(scene: Scene, refusing: str, profile: str) -> None:
    """Profiles that need STS or IAM Identity Center ask them, as the plugin does: their descriptions are there."""
    scene.create("train", job="x")
    (scene.folder / "config").write_text(_PROFILES.format(folder=scene.folder), encoding="utf-8")
    (scene.folder / "token").write_text("token", encoding="utf-8")
    cache = scene.home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    token = {"accessToken": "x", "expiresAt": "2999-01-01T00:00:00Z", "startUrl": "https://company.awsapps.com/start"}
    name = hashlib.sha1(b"company", usedforsecurity=False).hexdigest()
    (cache / f"{name}.json").write_text(json.dumps(token), encoding="utf-8")
    scene.environment |= {"AWS_CONFIG_FILE": str(scene.folder / "config"), "AWS_ENDPOINT_URL": refusing}
    before = Refusal.heard
    ours = scene.run("TrainingJob", "train", "--aws-profile", profile)
    asked = Refusal.heard - before
    plugins = told_by_plugin(scene, "TrainingJob", "train", "--aws-profile", profile)
    assert (ours.stdout, ours.stderr, ours.returncode) == plugins
    assert "Not you." in ours.stderr
    # How often depends on whether the first answer came before it was needed.
    assert asked > 0


# --- in a container without Python ---------------------------------------------------------------------------------

# As in the original's guide, but for the machine.
INSTALLATION = """
export os="linux"

wget https://amazon-sagemaker-operator-for-k8s-us-east-1.s3.amazonaws.com/kubectl-smlogs-plugin/latest/${os}.amd64.tar.gz
tar xvzf ${os}.amd64.tar.gz

# Move binaries to a directory in your homedir.
mkdir ~/sagemaker-k8s-bin
cp ./kubectl-smlogs.${os}.amd64/kubectl-smlogs ~/sagemaker-k8s-bin/.

# This line will add the binaries to your PATH in your .bashrc.

echo 'export PATH=$PATH:~/sagemaker-k8s-bin' >> ~/.bashrc

# Source your .bashrc to update environment variables:
source ~/.bashrc

kubectl smlogs
"""
WGET = """#!/bin/sh
# The buckets are a folder here.
exec cp "/buckets/${1#https://}" .
"""


@pytest.fixture
def bare(tmp_path: Path, cluster_binaries: Binaries, delivery: Delivery) -> Container:
    """A container with kubectl and without Python, from which the buckets can be reached as they are published."""
    made = container.make(tmp_path / "root", Path(cluster_binaries.kubectl))
    upload = scripts.load("release/upload")
    files = upload.plan.files(delivery.tarball.parent)
    latest = upload.tags.of_release(None, latest=True)
    for one in upload.plan.uploads(upload.regions.read().regions, latest, files):
        place = made.root / "buckets" / one.url.removeprefix("https://")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(Path("/") / "files" / one.file.path.name)
    shutil.copytree(delivery.tarball.parent, made.root / "files")
    (made.root / "bin" / "wget").write_text(WGET, encoding="utf-8")
    (made.root / "bin" / "wget").chmod(0o755)
    return made


@needs_root
@needs_mounts
def test_the_guides_commands_without_python(bare: Container, scene: Scene, delivery: Delivery) -> None:
    """In an empty container, the original guide's commands install the plugin, and it shows a job's log."""
    machine = delivery.tarball.name.split(".")[1]
    assert bare.run("command -v python3 || command -v python").returncode == 1
    assert [path for name in ("*python*", "libz.*", "libssl.*") for path in bare.root.rglob(name)] == []
    done = bare.run(INSTALLATION.replace("amd64", machine))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    lines = iter(done.stdout.splitlines())
    assert all(line in lines for line in (f"kubectl-smlogs.linux.{machine}/kubectl-smlogs", *ORIGINAL.splitlines()))
    scene.create("train", job="x")
    scene.set_status("train", word="InProgress", secondaryStatus="Training")
    scene.write_logs("x/algo-1-1", ["first", "second"])
    view = ("config", "view", "--flatten", "--raw", "--minify", "--kubeconfig", str(scene.kubeconfig))
    (bare.home / ".kube").mkdir()
    (bare.home / ".kube" / "config").write_text(scene.plane.kubectl(*view).stdout, encoding="utf-8")
    aws = {name: value for name, value in scene.environment.items() if name.startswith("AWS_")}
    shown = bare.run("source ~/.bashrc; kubectl smlogs TrainingJob train", aws)
    assert (shown.stdout, shown.stderr, shown.returncode) == told_by_plugin(scene, "TrainingJob", "train")
    assert [line.split()[-1] for line in shown.stdout.splitlines()] == ["first", "second"]


@needs_root
@needs_mounts
@pytest.mark.parametrize("libraries", [None, "/somewhere"])
def test_environment_of_helpers_in_a_container(bare: Container, delivery: Delivery, libraries: str | None) -> None:
    """Where the program cannot start without its own libraries, a credential helper sees the user's environment."""
    shutil.copy2(delivery.program, bare.root / "bin")
    (bare.root / "bin" / "helper").write_text("#!/bin/sh\nenv >~/heard\nexit 3\n", encoding="utf-8")
    (bare.root / "bin" / "helper").chmod(0o755)
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "/bin/helper", "interactiveMode": "Never"}
    write_kubeconfig(bare.home / "config", {"exec": plugin})
    environment = {"LD_LIBRARY_PATH": libraries} if libraries else {}
    for _ in range(2):
        done = bare.run("kubectl-smlogs trainingjob x --kubeconfig ~/config", environment)
        assert done.returncode == 1
        names = dict(line.partition("=")[::2] for line in (bare.home / "heard").read_text("utf-8").splitlines())
        assert names.get("LD_LIBRARY_PATH") == libraries
        assert not [name for name in names if name.startswith(("_PYI", "_MEI", "LD_LIBRARY_PATH_", "KUBECTL_SMLOGS"))]
