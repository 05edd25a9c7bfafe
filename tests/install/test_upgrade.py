"""Upgrades in place: from the Go operator's installation, and from each of our own releases.

What was there is there for real: definitions, rights and objects in etcd, and at AWS all that they stand for. Then our
installer is applied as a user applies it, and the operator runs as its ServiceAccount.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

import smkube
from smkube import kinds
from smkube.kinds import AUTOSCALING_POLICY, ENDPOINT_CONFIG, HOSTING_DEPLOYMENT, JOBS, MODEL, TUNING_JOB, Kind
from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.conformance import specs
from tests.conformance.adoption import left
from tests.conformance.adoption.estate import Estate
from tests.conformance.adoption.hosting import Deployed, leave_deployment
from tests.conformance.adoption.scaling import POLICIES, leave_policy
from tests.conformance.adoption.served import until_served
from tests.conformance.operator_scene import Object, Scene, status
from tests.install.conftest import Helm
from tests.install.upgrade import freeze, frozen, states
from tests.install.upgrade.history import replay
from tests.install.upgrade.installing import ROLE, install, installed, put_old_definition, store
from tests.stack.clusters import Shared
from tests.stack.stack import NAMESPACE, Stack

ORIGINAL = str(frozen.FOLDER / "original" / "installer.yaml")
MANAGER = "sagemaker-k8s-operator-controller-manager"
RESOURCES = (MODEL, ENDPOINT_CONFIG)
_CHANGES = ("Create", "Update", "Delete", "Stop", "Register", "Put", "Deregister")


def changes(scene: Scene) -> Counter[tuple[str, str]]:
    """What the operator has changed at AWS: operations and names. Tags do not count."""
    return Counter(change for change in scene.changes() if change[0].startswith(_CHANGES))


# --- from the Go operator ----------------------------------------------------------------------------------------

OLD_JOBS = ("begun", "running", "completed", "failed", "deleted-running")
"""Of each kind; `tests/conformance/test_adoption_jobs.py` has them in all states."""
SERVES, CREATED, APPLIED = "serves", "created", "applied"


@dataclass(frozen=True)
class Old:
    """The Go operator's installation, with ours applied over it.

    Attributes:
        estate: its objects, and the operator that takes over.
        before: the objects of its installer as they were, by kind and name.
    """

    estate: Estate
    before: Mapping[str, Object]


@pytest.fixture(scope="module")
def old(cluster_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Old]:
    """The way that docs/upgrade.md tells, from the first step to the last."""
    with ControlPlane(tmp_path_factory.mktemp("original"), cluster_binaries) as plane:
        stack = Stack(
            tmp_path_factory.mktemp("stack"),
            Shared(plane, cluster_binaries.kubectl),
            standin_flags=["--phase", "starting=0.1", "pending=0.1", "downloading=0.1", "training=0.3", "uploading=0.1",
                           "transforming=0.3", "processing=0.3", "stopping=0.3", "creating=0.1"],
            operator_flags=["--consistency-window=1"],
        )  # fmt: skip
        try:
            stack.start_standin()
            for kind in kinds.ALL:
                put_old_definition(plane, kind)
            stack.kubectl("apply", "-f", ORIGINAL)
            until_served(plane)
            estate = Estate(Scene(stack, plane, "default", "eu-old-1"), stack)
            _leave_old(estate)
            before = installed(stack, ORIGINAL)
            stack.kubectl("scale", f"deployment/{MANAGER}", "--namespace", NAMESPACE, "--replicas=0")
            install(stack)
            estate.start()
            yield Old(estate, before)
        finally:
            stack.stop()


def _leave_old(estate: Estate) -> None:
    region = estate.scene.region
    jobs = [partial(estate.leave_job, kind, name, left.jobs(kind)[name]) for kind in JOBS for name in OLD_JOBS]
    resources = [partial(estate.leave_resource, kind, CREATED, specs.SPECS[kind.name](region)) for kind in RESOURCES]
    deployment = partial(leave_deployment, estate, SERVES, Deployed("InService"))
    estate.leave([*jobs, *resources, deployment, partial(leave_policy, estate, APPLIED, POLICIES[APPLIED])])


def test_the_old_installation_becomes_ours(old: Old) -> None:
    """The same objects under the same names; the selector, which cannot be changed, stays, and so does the role."""
    after = installed(old.estate.stack, ORIGINAL)

    assert {name: obj["metadata"]["uid"] for name, obj in after.items()} == {
        name: obj["metadata"]["uid"] for name, obj in old.before.items()
    }
    deployment, service = after[f"Deployment/{MANAGER}"], after[f"Service/{MANAGER}-metrics-service"]
    assert deployment["spec"]["selector"] == {"matchLabels": {"control-plane": "controller-manager"}}
    assert deployment["spec"]["replicas"] == 1
    assert service["spec"]["selector"].items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
    assert service["spec"]["clusterIP"] == old.before[f"Service/{MANAGER}-metrics-service"]["spec"]["clusterIP"]
    account = after["ServiceAccount/sagemaker-k8s-operator-default"]
    assert account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] == ROLE


def test_the_old_definitions_become_ours(old: Old) -> None:
    """Nothing stays of the old ones: no second schema, no columns of theirs, no fields that are kept unseen."""
    for kind in kinds.ALL:
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{kind.resource}"
        found = old.estate.scene.plane.admin.request("GET", path)
        assert not found["spec"].get("preserveUnknownFields")
        (version,) = found["spec"]["versions"]
        assert version["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]["conditions"]
        conditions = {one["type"]: one["status"] for one in found["status"]["conditions"]}
        assert (conditions["Established"], conditions.get("NonStructuralSchema")) == ("True", None)


@pytest.mark.parametrize("kind", JOBS, ids=lambda kind: kind.name)
def test_old_jobs_go_on(old: Old, kind: Kind) -> None:
    """Only what never ran is created, once; statuses tell the truth; a deletion ends."""
    for name in OLD_JOBS:
        one = left.jobs(kind)[name]
        if one.deleted:
            old.estate.scene.until_gone(kind, name)
        else:
            old.estate.until_settled(kind, name, one.ends, "Succeeded", one.reason)
        wanted = Counter({"create": kind.api.create, "stop": kind.api.stop}[call] for call in one.calls)
        assert old.estate.calls(kind, name) == wanted


def test_old_hosting_goes_on(old: Old) -> None:
    """Models, configurations, endpoints and scaling policies are as they were, and nothing is sent."""
    for kind in RESOURCES:
        old.estate.until_settled(kind, CREATED, "Created", "Ready", "Ready")
    old.estate.until_settled(HOSTING_DEPLOYMENT, SERVES, "InService", "Ready", "InService")
    old.estate.until_settled(AUTOSCALING_POLICY, APPLIED, "Created", "Ready", "Ready")

    jobs = {name for (kind, _), name in old.estate.aws.items() if kind in {job.name for job in JOBS}}
    assert [change for change in changes(old.estate.scene) if change[1] not in jobs] == []


def test_an_installation_becomes_a_helm_release(old: Old, helm_program: Path, tmp_path: Path) -> None:
    """The chart takes over what the installer made, the definitions with it: no object is another one."""
    plane = old.estate.scene.plane
    helm = Helm(helm_program, tmp_path, plane.kubeconfig)
    flags = ("--take-ownership", "--force-conflicts", "--set", f"roleArn={ROLE}")

    helm("install", "sagemaker-operator", "installer/rolebased", "--namespace", NAMESPACE, *flags)

    after = installed(old.estate.stack, ORIGINAL)
    assert {name: obj["metadata"]["uid"] for name, obj in after.items()} == {
        name: obj["metadata"]["uid"] for name, obj in old.before.items()
    }
    releases = "meta.helm.sh/release-name"
    assert after[f"Deployment/{MANAGER}"]["metadata"]["annotations"][releases] == "sagemaker-operator"
    assert len(old.estate.scene.all(MODEL)) == 2
    place = ("--namespace", NAMESPACE, "--reset-then-reuse-values", "--dry-run=server")
    assert f"role-arn: {ROLE}" in helm("upgrade", "sagemaker-operator", "installer/rolebased", *place)


# --- from our own releases ---------------------------------------------------------------------------------------

AT_REST = (*states.ENDS, states.CREATED, states.SERVING, states.APPLIED, states.WAITING)
NEW = (states.UNSEEN, states.REFUSED)
_ITS_OWN = {"operatorState", "lastCheckTime", "conditions"}
"""Members of a status that are compared in another way, or are nobody's but the operator's."""


@dataclass(frozen=True)
class Released:
    """What a release left, with the present operator over it.

    Attributes:
        scene: its objects, and AWS.
        left: the same as they were left.
    """

    scene: Scene
    left: frozen.Left

    def objects(self, *wanted: str) -> list[tuple[Kind, Object]]:
        """The objects that were left in these states, as they were left."""
        every = [(kinds.BY_NAME[obj["kind"]], obj) for obj in self.left.objects]
        return [(kind, obj) for kind, obj in every if obj["metadata"]["name"] in wanted]

    def children(self, of: Kind) -> list[tuple[Kind, Object]]:
        """The objects that objects of a kind had made, as they were left."""
        every = [(kinds.BY_NAME[obj["kind"]], obj) for obj in self.left.objects]
        return [(kind, obj) for kind, obj in every if _owner(obj).get("kind") == of.name]

    def running(self) -> list[tuple[Kind, Object]]:
        """The jobs that run, those of a tuning job among them."""
        return [*self.objects(states.RUNNING), *self.children(TUNING_JOB)]

    def at_aws(self) -> set[str]:
        """What was at AWS already, by name."""
        calls = [entry["parameters"] for entry in self.left.history if "parameters" in entry]
        return {value for parameters in calls for value in parameters.values() if isinstance(value, str)}


def _owner(obj: Object) -> Object:
    return dict(next(iter(obj["metadata"].get("ownerReferences") or ()), {}))


@pytest.fixture(scope="module", params=frozen.versions())
def released(
    request: pytest.FixtureRequest, cluster_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Released]:
    """A release's definitions and objects, AWS as it was then, and our installer applied over it."""
    with ControlPlane(tmp_path_factory.mktemp("release"), cluster_binaries) as plane:
        what = frozen.read(request.param)
        stack = Stack(
            tmp_path_factory.mktemp("stack"),
            Shared(plane, cluster_binaries.kubectl),
            standin_flags=["--virtual-time", repr(what.history[0]["time"])],
            operator_flags=["--consistency-window=1"],
        )
        try:
            stack.start_standin()
            replay(stack.url, frozen.REGION, what.history, what.until)
            stack.kubectl("apply", "-f", "-", stdin=frozen.manifests(request.param))
            for obj in what.objects:
                store(plane, obj)
            install(stack)
            until_served(plane)
            made = Released(Scene(stack, plane, frozen.NAMESPACE, frozen.REGION), what)
            stack.run_operator(stack.folder / "operator.kubeconfig")
            yield made
        finally:
            stack.stop()


@pytest.fixture(scope="module")
def ended(released: Released) -> Released:
    """What was under way at AWS has come to its end there, once the operator had everything in hand."""
    for kind, obj in released.objects(*NEW):
        word = "InService" if kind is HOSTING_DEPLOYMENT else "InProgress" if kind in JOBS else "Created"
        released.scene.until_word(kind, obj["metadata"]["name"], word)
    released.scene.control.advance(states.LEAVING)
    for kind, obj in released.running():
        released.scene.control.end_job(status(obj)[kind.status_name], region=frozen.REGION)
    released.scene.control.end_endpoint(f"{states.UPDATING}-endpoint", region=frozen.REGION)
    # No list shows an endpoint that is gone, so the operator would look after it only in a while.
    released.scene.annotate(HOSTING_DEPLOYMENT, states.DELETING, reconcile_now="now")
    return released


def test_all_kinds_were_left(released: Released) -> None:
    """The starting point is what it is to be: all kinds, at rest, on the way, new and going."""
    for kind in kinds.ALL:
        found = {obj["metadata"]["name"] for obj in released.left.objects if obj["kind"] == kind.name}
        assert found & {*AT_REST}
        assert states.DELETING in found
        assert found >= set(NEW) or kind is AUTOSCALING_POLICY
        assert states.RUNNING in found or kind not in JOBS
    assert len(released.children(TUNING_JOB)) == 2


def test_what_was_not_made_yet_is_made(ended: Released) -> None:
    """What nobody had looked at, and what AWS had refused, is carried out, once."""
    made = changes(ended.scene)
    for kind, obj in ended.objects(*NEW):
        created = "CreateEndpoint" if kind is HOSTING_DEPLOYMENT else kind.api.create
        name = status(ended.scene.get(kind, obj["metadata"]["name"]))[kind.status_name]
        assert made[created, name] == 1


def test_what_runs_is_followed_to_its_end(ended: Released) -> None:
    """Jobs that the release began, and the training jobs of a tuning job, each still by one object."""
    for kind, obj in ended.running():
        shown = ended.scene.until_word(kind, obj["metadata"]["name"], "Completed")
        assert shown[kind.status_name] == status(obj)[kind.status_name]
        assert shown["startTime"] == status(obj).get("startTime", shown["startTime"])


def test_an_update_under_way_goes_on(ended: Released) -> None:
    """It is waited for, not sent again, and then what the endpoint had before goes."""
    ((kind, obj),) = ended.objects(states.UPDATING)
    ended.scene.until_ready(kind, states.UPDATING)

    old, new = (f"{states.UPDATING}-{generation}-{obj['metadata']['uid'].replace('-', '')}" for generation in (1, 2))
    ended.scene.until_gone(ENDPOINT_CONFIG, old)
    assert ended.scene.get(ENDPOINT_CONFIG, new) is not None


def test_deletions_come_to_their_end(ended: Released) -> None:
    """A job that stops, an endpoint that goes, and what the release was not allowed to delete."""
    for kind, obj in ended.objects(states.DELETING):
        ended.scene.until_gone(kind, obj["metadata"]["name"])

    every = [obj for kind in kinds.ALL for obj in ended.scene.all(kind)]
    assert [obj for obj in every if "deletionTimestamp" in obj["metadata"]] == []


def test_what_was_at_rest_is_as_it_was(ended: Released) -> None:
    """No member of a status is lost or says something else, and no object is another one."""
    for kind, old in ended.objects(*AT_REST):
        new = ended.scene.get(kind, old["metadata"]["name"]) or {}
        assert new["metadata"]["uid"] == old["metadata"]["uid"]
        assert new["metadata"]["generation"] == old["metadata"]["generation"]
        assert new["metadata"].get("finalizers") == old["metadata"].get("finalizers")
        assert _told(new) == {**_told(new), **_told(old)}


def _told(obj: Object) -> Object:
    """What a status says, the conditions by their types."""
    shown = {name: value for name, value in status(obj).items() if name not in _ITS_OWN}
    conditions = status(obj).get("conditions") or ()
    return {**shown, **{one["type"]: (one["status"], one["reason"], one["lastTransitionTime"]) for one in conditions}}


def test_nothing_is_made_twice_or_sent_again(ended: Released) -> None:
    """AWS is called for what is new and for what is to go, and for nothing else."""
    # A policy that waits for its endpoint asks again whether there is one by now.
    made = [change for change in changes(ended.scene).elements() if "/absent-endpoint/" not in change[1]]
    deleting = [*ended.objects(states.DELETING, states.UPDATING)]
    owners = {obj["metadata"]["uid"] for _, obj in deleting}
    children = [(kind, obj) for kind, obj in ended.children(HOSTING_DEPLOYMENT) if _owner(obj)["uid"] in owners]
    going = {status(obj).get(kind.status_name) for kind, obj in [*deleting, *children]}

    assert {operation for operation, _ in made if not operation.startswith(("Create", "Delete", "Deregister"))} == set()
    creates = [name for operation, name in made if operation.startswith("Create")]
    assert len(creates) == len(set(creates))
    assert set(creates) & ended.at_aws() == set()
    assert set(creates) <= _names_of_new(ended)
    scaled = f"endpoint/{states.UPDATING}-endpoint/"
    deletes = {name for operation, name in made if operation.startswith(("Delete", "Deregister"))}
    assert {name for name in deletes if not name.startswith(scaled)} <= going


def _names_of_new(ended: Released) -> set[str]:
    """Names at AWS of what there was not before, as the objects tell them by now."""
    every = [(kind, obj) for kind in kinds.ALL for obj in ended.scene.all(kind)]
    new = {obj["metadata"]["uid"] for _, obj in ended.objects(*NEW)}
    mine = [(kind, obj) for kind, obj in every if {obj["metadata"]["uid"], _owner(obj).get("uid")} & new]
    return {status(obj)[kind.status_name] for kind, obj in mine if kind is not AUTOSCALING_POLICY}


def test_the_way_back(ended: Released) -> None:
    """The release's own manifests go over ours: definitions are as they were, and every object stays what it is."""
    before = _stored(ended.scene)

    ended.scene.stack.kubectl("apply", "-f", "-", stdin=frozen.manifests(ended.left.version))

    assert _stored(ended.scene) == before


def _stored(scene: Scene) -> dict[tuple[str, str], tuple[str, int, Object]]:
    """Identity, generation and spec of all objects."""
    found = [(kind.name, obj["metadata"], obj["spec"]) for kind in kinds.ALL for obj in scene.all(kind)]
    return {(kind, of["name"]): (of["uid"], of["generation"], spec) for kind, of, spec in found}


def test_only_this_release_can_be_frozen(capsys: pytest.CaptureFixture[str]) -> None:
    """What another version leaves behind is for a checkout of that version to say."""
    assert freeze.main(["9.9.9"]) == 2
    assert f"this checkout is {smkube.__version__}, not 9.9.9" in capsys.readouterr().err
