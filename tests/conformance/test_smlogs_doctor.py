"""`kubectl smlogs doctor` against a real API server and the stand-in for AWS, in installations spoiled one way.

There are no controllers: Deployment, Pod and Lease are put there as those would leave them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_smlogs import exits
from kubectl_smlogs.doctor import names
from smkube.kinds import TRAINING_JOB
from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.conformance.smlogs_scene import ROOT, Scene, install_kinds
from tests.conformance.smlogs_scene import scene as make_scene
from tests.standin.app import StandIn
from tests.standin.roles import put_role

ROLE = "arn:aws:iam::123456789012:role/operator"
QUICK = 15.0
"""Seconds within which it is back whatever is silent."""
Object = dict[str, Any]
Line = dict[str, str]


@pytest.fixture(scope="module")
def plane(cluster_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane that knows nothing of the operator's kinds to begin with."""
    with ControlPlane(tmp_path_factory.mktemp("cluster"), cluster_binaries) as made:
        yield made


@pytest.fixture(scope="module")
def aws() -> Iterator[StandIn]:
    """AWS, emptied before each test."""
    with StandIn() as made:
        yield made


@pytest.fixture
def bare(plane: ControlPlane, aws: StandIn, cluster_binaries: Binaries, tmp_path: Path) -> Iterator[Scene]:
    """A namespace with kubectl and the plugin, and an AWS where nothing is."""
    aws.reset()
    with make_scene(plane, aws, cluster_binaries, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def kinds(plane: ControlPlane) -> None:
    """The operator's kinds are installed, once for the module."""
    install_kinds(plane)


@pytest.fixture
def installed(bare: Scene, request: pytest.FixtureRequest) -> Iterator[Installed]:
    """This operator in the namespace, as its installer makes it and controllers leave it: all is well."""
    request.getfixturevalue("kinds")
    made = Installed(bare)
    yield made
    made.remove()


class Installed:
    """An installation in a scene's namespace."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._made: list[str] = []
        installer = (ROOT / names.INSTALLER).read_text(encoding="utf-8")
        wanted = {"ServiceAccount", "Deployment"}
        shipped = {one["kind"]: one for one in yaml.safe_load_all(installer) if one["kind"] in wanted}
        self.deployment: Object = shipped["Deployment"]
        self.account: Object = shipped["ServiceAccount"]
        self.account["metadata"]["annotations"][names.ROLE_ANNOTATION] = ROLE
        self.pod: Object = self.deployment["spec"]["template"] | {"apiVersion": "v1", "kind": "Pod"}
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": f"{names.DEPLOYMENT}-5c9", "uid": "1"}
        self.pod["metadata"] |= {"name": f"{names.DEPLOYMENT}-5c9-abcde", "ownerReferences": [owner]}
        variables = self.pod["spec"]["containers"][0]["env"] = list(self.pod["spec"]["containers"][0]["env"])
        variables.append({"name": "AWS_ROLE_ARN", "value": ROLE})
        put_role(scene.standin.world, "operator", self.trust())

    def trust(self, **changes: str) -> Object:
        """The trust policy of the guide, for this namespace and this cluster."""
        issuer = self.scene.plane.admin.request("GET", "/.well-known/openid-configuration")["issuer"]
        provider = issuer.removeprefix("https://")
        text = (ROOT / "packaging" / "iam" / "trust.json").read_text(encoding="utf-8")
        text = text.replace("oidc.eks.<EKS Cluster region>.amazonaws.com/id/<OIDC ID>", provider)
        text = text.replace(names.NAMESPACE, changes.get("namespace", self.scene.namespace))
        policy: Object = json.loads(text)
        return policy

    def put(self, *, ready: bool = True) -> None:
        """Put everything into the cluster."""
        place = f"/apis/apps/v1/namespaces/{self.scene.namespace}/deployments"
        core = f"/api/v1/namespaces/{self.scene.namespace}"
        self._create(f"{core}/serviceaccounts", self.account)
        self._create(place, self.deployment)
        self._create(f"{core}/pods", self.pod)
        replicas = {"replicas": 1, "readyReplicas": 1, "updatedReplicas": 1, "availableReplicas": 1} if ready else {}
        self._patch_status(f"{place}/{names.DEPLOYMENT}", replicas)
        running = {"name": "manager", "ready": ready, "restartCount": 0, "image": "x", "imageID": "x"}
        statuses = [{**running, "state": {"running": {"startedAt": _now()}}}]
        self._patch_status(f"{core}/pods/{self.pod['metadata']['name']}", {"containerStatuses": statuses})
        spec = {"holderIdentity": f"{self.pod['metadata']['name']}_1", "leaseDurationSeconds": 15}
        lease = {"metadata": {"name": names.LEASE}, "spec": {**spec, "renewTime": _now(micro=True)}}
        self._create(f"/apis/coordination.k8s.io/v1/namespaces/{self.scene.namespace}/leases", lease)

    def put_original(self) -> str:
        """Put the original operator's Deployment into another namespace, which is returned."""
        namespace = f"{self.scene.namespace}-old"
        self.scene.plane.admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
        image = "957583890962.dkr.ecr.us-east-1.amazonaws.com/amazon-sagemaker-operator-for-k8s:v1"
        manager = {
            "name": "manager",
            "image": image,
            "command": ["/manager"],
            "args": ["--metrics-addr=127.0.0.1:8080"],
        }
        labels = {"control-plane": "controller-manager"}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [manager]}}
        body = {
            "metadata": {"name": names.DEPLOYMENT, "namespace": namespace, "labels": labels},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        }
        self._create(f"/apis/apps/v1/namespaces/{namespace}/deployments", body)
        return namespace

    def remove(self) -> None:
        """Take the Deployments away: others in this cluster are to be found alone."""
        for path in self._made:
            if "/deployments/" in path:
                self.scene.plane.admin.request("DELETE", path)

    def _create(self, path: str, body: Object) -> None:
        metadata = {**body["metadata"], "namespace": path.split("/namespaces/")[1].partition("/")[0]}
        made = self.scene.plane.admin.request("POST", path, {**body, "metadata": metadata})
        self._made.append(f"{path}/{made['metadata']['name']}")

    def _patch_status(self, path: str, status: Object) -> None:
        merge = "application/merge-patch+json"
        self.scene.plane.admin.request("PATCH", f"{path}/status", {"status": status}, content_type=merge)


def _now(*, micro: bool = False) -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ" if micro else "%Y-%m-%dT%H:%M:%SZ")


def examined(
    scene: Scene, *arguments: str, code: int = exits.UNSOUND, environment: Mapping[str, str | None] | None = None
) -> Callable[[str], Line]:
    """What doctor finds, by the name of the check; an error if it is not there once."""
    begun = time.monotonic()
    done = scene.run("doctor", *arguments, "-o", "json", environment=environment)
    assert time.monotonic() - begun < QUICK
    assert (done.returncode, done.stderr) == (code, ""), done.stdout
    lines = json.loads(done.stdout)["checks"]
    assert all(set(line) == {"check", "outcome", "found", "fix"} for line in lines)

    def of(check: str) -> Line:
        [line] = [one for one in lines if one["check"] == check]
        assert isinstance(line, dict)
        return line

    return of


def test_nothing_is_installed(bare: Scene) -> None:
    """The kinds and the operator are missing, each with the command that brings them; the rest is skipped."""
    found = examined(bare)
    assert found("cluster")["outcome"] == "ok"
    for check in ("crds", "operator"):
        assert (found(check)["outcome"], found(check)["fix"]) == ("fail", names.APPLY_ALL)
    assert {found(check)["outcome"] for check in ("role", "pod-role", "leader", "trust", "region")} == {"skip"}
    assert found("aws-identity")["found"].startswith("account 123456789012, arn:aws:iam::123456789012:user/")


def test_all_is_well(installed: Installed) -> None:
    """A sound installation: every check is ok, nothing is left out, and the exit code is 0."""
    installed.put()
    scene = installed.scene
    scene.create("x", job="x-job")
    scene.set_status("x", word="InProgress")
    scene.write_logs("x-job/algo-1-1", ["line"])
    done = scene.run("doctor", "trainingjob/x")
    lines = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    assert [line[1] for line in lines[:-1]] == [
        *("cluster", "crds", "rights", "operator", "role", "pod-role", "leader", "other-operators"),
        *("aws-identity", "region", "account", "trust", "log-rights", "log-groups"),
        *("object", "status", "job", "log"),
    ]
    assert {line[0] for line in lines[:-1]} == {"ok"}, done.stdout
    assert done.stdout.endswith("18 checks: 18 ok.\n")
    assert (done.returncode, done.stderr) == (exits.OK, "")
    quiet = scene.run("doctor", "-q")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (exits.OK, "", "")


def test_placeholder(installed: Installed) -> None:
    """A role that nobody has put in keeps the operator from being ready; the Event says so, and the fix is exact."""
    installed.account["metadata"]["annotations"][names.ROLE_ANNOTATION] = "arn:aws:iam::123456789012:role/DELETE_ME"
    installed.put(ready=False)
    scene = installed.scene
    pod = scene.plane.admin.request(
        "GET", f"/api/v1/namespaces/{scene.namespace}/pods/{installed.pod['metadata']['name']}"
    )
    about = {
        "kind": "Pod",
        "name": pod["metadata"]["name"],
        "namespace": scene.namespace,
        "uid": pod["metadata"]["uid"],
    }
    event = {"metadata": {"name": "role"}, "involvedObject": about, "type": "Warning", "lastTimestamp": _now()}
    event |= {"reason": "RoleNotSet", "message": "The operator does nothing."}
    scene.plane.admin.request("POST", f"/api/v1/namespaces/{scene.namespace}/events", event)
    found = examined(scene)
    assert found("operator")["outcome"] == "fail"
    assert "0 of 1 replicas ready" in found("operator")["found"]
    assert "RoleNotSet: The operator does nothing." in found("operator")["found"]
    assert found("role")["outcome"] == "fail"
    command = (
        f"kubectl annotate --overwrite -n {scene.namespace} serviceaccount {names.ACCOUNT} {names.ROLE_ANNOTATION}="
    )
    assert found("role")["fix"].startswith(command)
    assert found("pod-role")["outcome"] == "fail"
    assert found("trust")["outcome"] == "skip"


def test_the_original_still_runs(installed: Installed) -> None:
    """The original operator beside this one is a failure, with the command that stops it."""
    installed.put()
    old = installed.put_original()
    done = installed.scene.run("doctor", "-q", "-o", "json")
    [rivals] = [line for line in json.loads(done.stdout)["checks"] if line["check"] == "other-operators"]
    assert rivals["outcome"] == "fail"
    assert "the original operator" in rivals["found"]
    assert rivals["fix"] == f"kubectl scale -n {old} deployment {names.DEPLOYMENT} --replicas=0"
    assert done.returncode == exits.UNSOUND


def test_rights_at_aws(installed: Installed) -> None:
    """A missing right for logs by its action and resource; a trust that names somebody else; IAM that says no."""
    installed.put()
    scene, aws = installed.scene, installed.scene.standin
    aws.set_faults(deny=["logs:GetLogEvents", "iam:GetRole"])
    found = examined(scene, "--region", scene.region, code=exits.OK)
    assert found("log-rights")["outcome"] == "warn"
    assert f"logs:GetLogEvents on arn:aws:logs:{scene.region}:123456789012:log-group:" in found("log-rights")["found"]
    assert "put-user-policy --user-name stand-in" in found("log-rights")["fix"]
    assert "first job of that kind, nothing is wrong" in found("log-groups")["found"]
    assert (found("trust")["outcome"], found("trust")["found"]) == (
        "skip",
        "cannot be checked, needs iam:GetRole on role operator",
    )
    aws.set_faults(deny=["logs:FilterLogEvents"])
    put_role(aws.world, "operator", installed.trust(namespace="elsewhere"))
    found = examined(scene, "--region", scene.region)
    assert found("log-rights")["outcome"] == "fail"
    assert found("trust")["outcome"] == "fail"
    assert "wants system:serviceaccount:elsewhere:" in found("trust")["found"]
    aws.world.roles.clear()
    assert "there is no role" in examined(scene, "--region", scene.region)("trust")["found"]


def test_restricted_user(installed: Installed) -> None:
    """Who may do nothing is told which rights are missing, and what does not need them is checked all the same."""
    installed.put()
    found = examined(installed.scene, "--as", "nobody")
    assert '"nobody"' in found("cluster")["found"]
    assert (found("crds")["outcome"], found("rights")["outcome"]) == ("ok", "fail")
    assert "--user=nobody" in found("rights")["fix"]
    assert found("operator")["outcome"] == "skip"
    assert "list deployments.apps in all namespaces" in found("operator")["found"]
    assert found("aws-identity")["outcome"] == "ok"


def test_nobody_there(bare: Scene) -> None:
    """Neither a cluster nor AWS: each is told, and it is back at once."""
    away = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    found = examined(bare, "--server", "https://127.0.0.1:9", environment=away)
    assert "cannot be reached" in found("cluster")["found"]
    assert found("operator")["outcome"] == "skip"
    assert (found("aws-identity")["outcome"], found("aws-identity")["fix"][:17]) == ("fail", "check the network")
    found = examined(bare, "--context", "none", environment={"AWS_ACCESS_KEY_ID": None})
    assert 'There is no context "none"' in found("cluster")["found"]
    assert "NoCredentials" in found("aws-identity")["found"]


@pytest.mark.usefixtures("kinds")
def test_an_object_that_is_held_up(bare: Scene) -> None:
    """The reason of a condition comes with the next step, and an object that is not there with where to look."""
    bare.create("x", job="x-job")
    stalled = {"type": "Stalled", "status": "True", "reason": "AccessDenied", "message": "AWS said no"}
    bare.set_status("x", word="Failed", conditions=[{**stalled, "lastTransitionTime": _now()}])
    found = examined(bare, "tj/x")
    assert (found("status")["outcome"], found("status")["found"]) == ("fail", "Failed, AccessDenied: AWS said no")
    assert names.OPERATOR_POLICY in found("status")["fix"]
    assert found("job")["found"] == f"training job x-job in {bare.region}"
    assert TRAINING_JOB.log_group in found("log")["found"]
    missing = examined(bare, "TrainingJob", "y")
    assert 'trainingjobs.sagemaker.aws.amazon.com "y" not found' in missing("object")["found"]
    assert missing("log")["outcome"] == "skip"
