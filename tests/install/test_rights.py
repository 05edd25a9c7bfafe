"""The shipped rights are what the operator needs and nothing else, shown by the API server's audit log.

The operator runs as its ServiceAccount, first with the cluster-scoped installer's rights, then with the namespaced
one's, through the lives of all eight kinds. A request that was refused is a right that is missing; a right that no
request made use of is one too many.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pytest

from smkube import kinds
from tests.cluster.progress import Progress
from tests.conformance import specs
from tests.conformance.hosting_scene import deployment, until_gone
from tests.conformance.operator_scene import SPAWN, Object, Scene
from tests.install.conftest import installer, read, without_definitions
from tests.stack.clusters import Local
from tests.stack.stack import ACCOUNT, OPERATOR, ROOT, Stack
from tests.stack.waiting import until

SYSTEM, TEAM = "sagemaker-k8s-operator-system", "team"
CLUSTER_SCOPED, NAMESPACED = "installer.yaml", "namespaced/operator.yaml"
RIGHTS = {"Namespace", "ServiceAccount", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"}
TTL = f"{kinds.GROUP}/ttl-seconds-after-finished"
CREATE = "CreateTrainingJob"

Right = tuple[str, str, str]
"""Group, resource (with its subresource), verb."""

OF_OTHERS: dict[Right, str] = {
    ("authentication.k8s.io", "tokenreviews", "create"): "kube-rbac-proxy, of who asks for metrics",
    ("authorization.k8s.io", "subjectaccessreviews", "create"): "kube-rbac-proxy, of what they may",
    (
        kinds.GROUP,
        "hostingdeployments/finalizers",
        "update",
    ): "the admission plugin OwnerReferencesPermissionEnforcement",
}
"""Rights that are asked for by somebody else than the operator, and by whom."""


def documents(name: str, namespace: str) -> list[Object]:
    """What of an installer has to do with rights."""
    every = read(without_definitions(installer(name, namespace)))
    return [document for (kind, _), document in every.items() if kind in RIGHTS]


def granted(documents: Iterable[Object]) -> set[Right]:
    """The rights that bindings give to the operator's account."""
    every = list(documents)
    bound = {
        (one["roleRef"]["kind"], one["roleRef"]["name"])
        for one in every
        if any(subject["name"] == ACCOUNT for subject in one.get("subjects", ()))
    }
    return {
        (group, resource, verb)
        for role in every
        if (role["kind"], role["metadata"]["name"]) in bound
        for rule in role["rules"]
        for group in rule.get("apiGroups", ())
        for resource in rule.get("resources", ())
        for verb in rule["verbs"]
    }


@dataclass
class Watched:
    """The operator under the eyes of the API server.

    Attributes:
        stack: the cluster, the AWS stand-in and the operator's process.
        ends: exit code and seconds of each run.
        leases: who held the Lease after each run.
        children: what was seen of the objects that the operator made for others.
    """

    stack: Stack
    cluster: Local
    scenes: list[Scene] = field(default_factory=list)
    ends: list[tuple[int, float]] = field(default_factory=list)
    leases: list[str] = field(default_factory=list)
    children: list[Object] = field(default_factory=list)

    def start(self, file: str, namespace: str, *flags: str) -> None:
        """Apply an installer's rights and start the operator as its account."""
        self.stack.kubectl("apply", "-f", "-", stdin=json.dumps(_list(documents(file, namespace))))
        config = self.stack.folder / f"{namespace}.kubeconfig"
        self.cluster.service_account_kubeconfig(config, namespace, ACCOUNT)
        election = ("--enable-leader-election", f"--lease-namespace={namespace}")
        self.stack.operator_flags = [*election, "--consistency-window=2", "--shutdown-timeout=1", *flags]
        self.stack.run_operator(config)

    def end(self, namespace: str) -> None:
        """End the operator as the kubelet does."""
        who = self.stack.processes.identity(OPERATOR)
        assert who is not None
        began = time.monotonic()
        os.kill(who.pid, signal.SIGTERM)
        code = until(lambda: _code(self.stack), "the operator to end", seconds=20, pause=0.02)
        self.ends.append((code - _OVER, time.monotonic() - began))
        self.leases.append(self._holder(namespace))

    def _holder(self, namespace: str) -> str:
        path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        (lease,) = self.cluster.plane.admin.request("GET", path)["items"]
        return str(lease["spec"].get("holderIdentity") or "")

    def requests(self, namespace: str) -> Iterator[Object]:
        """What the API server has noted of an account's requests."""
        user = f"system:serviceaccount:{namespace}:{ACCOUNT}"
        return (one for one in self.cluster.audit_records() if one["user"]["username"] == user)

    def used(self, namespace: str) -> set[Right]:
        """The rights that an account has made use of."""
        return {_right(one) for one in self.requests(namespace)}

    def refused(self, namespace: str) -> set[Right]:
        """The rights that it would have needed."""
        return {_right(one) for one in self.requests(namespace) if one.get("responseStatus", {}).get("code") == 403}


_OVER = 1000
"""Added to an exit code, so that 0 is something that can be waited for."""


def _code(stack: Stack) -> int | None:
    code = stack.processes.exit_code(OPERATOR)
    return None if code is None else code + _OVER


def _list(items: list[Object]) -> Object:
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _right(record: Object) -> Right:
    what = record["objectRef"]
    resource = "/".join(part for part in (what["resource"], what.get("subresource")) if part)
    return what.get("apiGroup", ""), resource, record["verb"]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Both runs, done: the short one with the whole cluster's rights, and all lives with those of a namespace."""
    folder = tmp_path_factory.mktemp("rights")
    cluster = Local(folder, Progress(sys.__stderr__ or sys.stderr), detach=False)
    stack = Stack(
        folder,
        cluster,
        standin_flags=["--phase", "starting=0.1", "pending=0.1", "downloading=0.1", "training=0.3", "uploading=0.1",
                       "transforming=0.3", "processing=0.3", "stopping=0.1", "creating=0.2", "updating=0.3",
                       "deleting=0.2"],
    )  # fmt: skip
    made = Watched(stack, cluster)
    try:
        cluster.start()
        stack.start_standin()
        stack.kubectl("apply", "-f", str(ROOT / "packaging" / "crds"))
        until(stack._established, "the custom resource definitions to be established")
        for name in (SYSTEM, TEAM):
            cluster.plane.admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        scene = Scene(stack, cluster.plane, TEAM, "us-rights-1")
        _whole_cluster(made, scene)
        _one_namespace(made, scene)
        yield made
    finally:
        stack.control.release()
        stack.stop()


def _whole_cluster(made: Watched, scene: Scene) -> None:
    made.start(CLUSTER_SCOPED, SYSTEM)
    scene.create(kinds.MODEL, "paused", annotations={f"{kinds.GROUP}/pause": "true"})
    scene.until_noted("paused", "Paused")
    scene.create(kinds.TRAINING_JOB, "first")
    scene.until_word(kinds.TRAINING_JOB, "first", "Completed")
    made.end(SYSTEM)


def _one_namespace(made: Watched, scene: Scene) -> None:
    made.start(NAMESPACED, TEAM, f"--namespace={TEAM}")
    for kind in kinds.JOBS:
        # Each goes by itself when its job is over.
        scene.create(kind, "job", annotations={TTL: "2", SPAWN: "true"})
    until(lambda: _children_of(made, scene, kinds.TRAINING_JOB), "a training job of the tuning job to be shown")
    for kind in (kinds.MODEL, kinds.ENDPOINT_CONFIG):
        scene.create(kind, "part")
    scene.create(kinds.HOSTING_DEPLOYMENT, "served", endpointName="served", **deployment("served"))
    scene.create(kinds.AUTOSCALING_POLICY, "scaled", **_at("served"))
    # The same once more as in another process before: the Event is there already, and is counted up.
    scene.annotate(kinds.MODEL, "paused", pause=None)
    scene.until_ready(kinds.MODEL, "paused")
    scene.annotate(kinds.MODEL, "paused", pause="true")
    until(lambda: _repeated(scene, "paused"), "the Event to be counted up")
    for kind in kinds.JOBS:
        scene.until_gone(kind, "job")
    scene.until_ready(kinds.AUTOSCALING_POLICY, "scaled")
    _children_of(made, scene, kinds.ENDPOINT_CONFIG)
    scene.edit(kinds.HOSTING_DEPLOYMENT, "served", models=[{**deployment("other")["models"][0], "name": "served"}])
    scene.edit(kinds.HOSTING_DEPLOYMENT, "served", productionVariants=[specs.variant("served", initialInstanceCount=2)])
    scene.until_ready(kinds.HOSTING_DEPLOYMENT, "served")
    ending = {
        kinds.AUTOSCALING_POLICY: "scaled",
        kinds.HOSTING_DEPLOYMENT: "served",
        kinds.MODEL: "part",
        kinds.ENDPOINT_CONFIG: "part",
    }
    for kind, name in ending.items():
        scene.delete(kind, name)
    until_gone(scene, "served", "served")
    for kind, name in ending.items():
        scene.until_gone(kind, name)
    # A call to AWS that does not come back while the process has to end.
    scene.control.fault("hold_before", CREATE)
    scene.create(kinds.TRAINING_JOB, "held")
    assert scene.control.held(1, 10)
    made.end(TEAM)


def _at(endpoint: str) -> Object:
    return {"resourceId": [{"endpointName": endpoint, "variantName": "all"}]}


def _repeated(scene: Scene, name: str) -> bool:
    return any(one.get("series", {}).get("count", 0) > 1 for one in scene.events(name))


def _children_of(made: Watched, scene: Scene, kind: kinds.Kind) -> bool:
    found = [obj for obj in scene.all(kind) if obj["metadata"].get("ownerReferences")]
    made.children.extend(found)
    return bool(found)


def test_nothing_was_refused(watched: Watched) -> None:
    """In neither variant is a right missing that the operator would have needed."""
    assert watched.refused(SYSTEM) == set()
    assert watched.refused(TEAM) == set()


def test_no_right_is_too_many(watched: Watched) -> None:
    """Each right that the namespaced installer gives was used, or is somebody else's to use."""
    assert granted(documents(NAMESPACED, TEAM)) - watched.used(TEAM) - OF_OTHERS.keys() == set()


def test_both_variants_give_the_same_rights() -> None:
    """They differ in where the rights hold, so what was shown for one holds for the other."""
    of_cluster = granted(documents(CLUSTER_SCOPED, SYSTEM)) - OF_OTHERS.keys()

    assert of_cluster == granted(documents(NAMESPACED, TEAM)) - OF_OTHERS.keys()
    assert not any(resource == "secrets" or verb in ("*", "deletecollection") for _, resource, verb in of_cluster)


def test_owners_are_blocked_by_what_was_made_for_them(watched: Watched) -> None:
    """The admission plugin asks for that right where an object holds up its owner's deletion, and nowhere else."""
    owners = [owner for child in watched.children for owner in child["metadata"]["ownerReferences"]]

    assert {owner["kind"] for owner in owners} == {kinds.TUNING_JOB.name, kinds.HOSTING_DEPLOYMENT.name}
    assert {owner["kind"] for owner in owners if owner.get("blockOwnerDeletion")} == {kinds.HOSTING_DEPLOYMENT.name}


def test_a_clean_end_gives_the_lease_back(watched: Watched) -> None:
    """Another replica need not wait until it runs out."""
    assert watched.ends[0][0] == 0
    assert watched.leases[0] == ""


def test_an_end_while_aws_hangs_comes_in_time(watched: Watched) -> None:
    """The process leaves within its time, with exit code 0; the lease runs out by itself: the call may yet arrive."""
    code, seconds = watched.ends[1]

    assert code == 0
    assert seconds < 1 + 4
    assert watched.leases[1] != ""
    assert "1 workers still wait" in watched.stack.processes.tail(OPERATOR, 30)
