"""Taking over what the Go operator left of hosting: models, endpoint configurations, deployments, scaling policies.

All objects are written before the operator starts; each test then looks at what became of its own. The whole is
started once more at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from smkube.kinds import ALL, AUTOSCALING_POLICY, ENDPOINT_CONFIG, HOSTING_DEPLOYMENT, MODEL, Kind
from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.conformance import specs
from tests.conformance.adoption.estate import Estate
from tests.conformance.adoption.hosting import DEPLOYMENTS, leave_deployment
from tests.conformance.adoption.left import DENIED, FIRST_WORD
from tests.conformance.adoption.scaling import POLICIES, leave_policy, resources
from tests.conformance.operator_scene import Scene, condition, status
from tests.stack.clusters import Shared
from tests.stack.stack import ACCOUNT, NAMESPACE, Stack
from tests.stack.waiting import until

REGION, WATCHED = "eu-test-1", "default"
HOSTING = tuple(kind for kind in ALL if kind in (MODEL, ENDPOINT_CONFIG, HOSTING_DEPLOYMENT, AUTOSCALING_POLICY))
RESOURCES = (MODEL, ENDPOINT_CONFIG)
pytestmark = pytest.mark.skipif(len(HOSTING) < 3, reason="there is no hosting")


@dataclass(frozen=True)
class Resource:
    """A Model or an EndpointConfig as the Go operator leaves it, and what is to become of it."""

    word: str
    aws: bool = True
    additional: str = ""
    deleted: bool = False
    calls: tuple[str, ...] = ()


RESOURCE: dict[str, Resource] = {
    "created": Resource("Created"),
    "begun": Resource(FIRST_WORD, aws=False, calls=("create",)),
    "begun-created": Resource(FIRST_WORD),
    "troubled": Resource("Error", additional=f"Unable to get SageMaker description: {DENIED}"),
    "refused": Resource(
        "Error", aws=False, additional=f"Unable to create SageMaker model: {DENIED}", calls=("create",)
    ),
    "deleted-outside": Resource("Created", aws=False, calls=("create",)),
    "deleted-created": Resource("Created", deleted=True, calls=("delete",)),
    "deleted-begun": Resource(FIRST_WORD, aws=False, deleted=True),
    "deleted-begun-created": Resource(FIRST_WORD, deleted=True, calls=("delete",)),
    "deleted-troubled": Resource("Error", additional=DENIED, deleted=True, calls=("delete",)),
    "deleted-gone": Resource("Deleted", aws=False, deleted=True),
}
EVERY_RESOURCE = [(kind, name) for kind in RESOURCES for name in RESOURCE]


@pytest.fixture(scope="module")
def aws_names() -> dict[str, set[str]]:
    """All names at AWS of each deployment and its children."""
    return {}


@pytest.fixture(scope="module")
def estate(
    cluster_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory, aws_names: dict[str, set[str]]
) -> Iterator[Estate]:
    """The objects, with the operator taking over."""
    with ControlPlane(tmp_path_factory.mktemp("estate"), cluster_binaries) as plane:
        stack = Stack(
            tmp_path_factory.mktemp("stack"),
            Shared(plane, cluster_binaries.kubectl),
            standin_flags=["--phase", "creating=0.3", "updating=0.5", "deleting=0.3"],
            operator_flags=["--consistency-window=1"],
        )
        try:
            stack.start_standin()
            stack.install()
            made = Estate(Scene(stack, plane, WATCHED, REGION), stack)
            made.leave(partial(_leave_deployment, made, aws_names, name) for name in DEPLOYMENTS)
            made.leave(partial(_leave, made, kind, name, RESOURCE[name]) for kind, name in EVERY_RESOURCE)
            if AUTOSCALING_POLICY in ALL:
                made.leave(partial(leave_policy, made, name, left) for name, left in POLICIES.items())
            stack.cluster.service_account_kubeconfig(stack.folder / "operator.kubeconfig", NAMESPACE, ACCOUNT)
            made.start()
            yield made
        finally:
            stack.stop()


def _leave_deployment(made: Estate, aws_names: dict[str, set[str]], name: str) -> None:
    aws_names[name] = leave_deployment(made, name, DEPLOYMENTS[name])


def _leave(made: Estate, kind: Kind, name: str, left: Resource) -> None:
    spec = specs.SPECS[kind.name](REGION)
    if kind is ENDPOINT_CONFIG:
        # The Go operator deleted and created it anew for ever, as SageMaker reports a weight that the spec has not.
        del spec["productionVariants"][0]["initialVariantWeight"]
    made.leave_resource(kind, name, spec, left.word, aws=left.aws, additional=left.additional, deleted=left.deleted)


# --- models and endpoint configurations --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind, name in EVERY_RESOURCE if not RESOURCE[name].deleted],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_resource_is_taken_over(estate: Estate, kind: Kind, name: str) -> None:
    """What SageMaker has stays as it is, also with what SageMaker filled in; what it has not is made, once."""
    shown = estate.until_settled(kind, name, "Created", "Ready", "Ready")

    aws = estate.aws[kind.name, name]
    assert shown[kind.status_name] == aws
    assert shown["modelArn" if kind is MODEL else "endpointConfigArn"].endswith(f"/{aws}")
    assert "additional" not in shown
    assert estate.calls(kind, name) == Counter({kind.api.create: 1} if RESOURCE[name].calls else {})


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind, name in EVERY_RESOURCE if RESOURCE[name].deleted],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_deleted_resource_goes(estate: Estate, kind: Kind, name: str) -> None:
    """With what it stands for, where that is there."""
    estate.scene.until_gone(kind, name)

    part = "models" if kind is MODEL else "endpoint_configs"
    assert estate.scene.hosted(part, estate.aws[kind.name, name]) is None
    assert changes(estate, {estate.aws[kind.name, name]}) == Counter(
        {kind.api.delete: 1} if RESOURCE[name].calls else {}
    )


# --- deployments -------------------------------------------------------------------------------------------------


def changes(estate: Estate, names: set[str]) -> Counter[str]:
    """What the operator has changed at AWS under any of these names; a deletion of what is gone changes nothing."""
    return Counter(
        entry["operation"]
        for entry in estate.scene.control.record()
        if entry["name"] in names
        and not entry["operation"].startswith(("Describe", "List"))
        and (entry["outcome"] == "OK" or not entry["operation"].startswith(("Delete", "Deregister")))
    )


def names_now(estate: Estate, name: str) -> set[str]:
    """Names at AWS of the children that a deployment has by now."""
    children = [child for kind in RESOURCES for child in estate.scene.all(kind)]
    owned = [child for child in children if _owner(child) == name]
    fields = (MODEL.status_name, ENDPOINT_CONFIG.status_name)
    return {str(status(child)[field]) for child in owned for field in fields if status(child).get(field)}


def _owner(child: dict[str, dict[str, object]]) -> str:
    labels = child["metadata"].get("labels") or {}
    return str(labels.get("owner_HostingDeployment_name", "")) if isinstance(labels, dict) else ""


@pytest.mark.parametrize("name", [name for name, left in DEPLOYMENTS.items() if not left.deleted])
def test_a_deployment_is_taken_over(estate: Estate, aws_names: dict[str, set[str]], name: str) -> None:
    """No endpoint is rolled that has what the spec asks for; what was under way or still to do is done, once."""
    left = DEPLOYMENTS[name]

    def settled(obj: dict[str, dict[str, object]]) -> bool:
        shown = status(obj)
        calls = changes(estate, aws_names[name] | names_now(estate, name))
        return (
            shown.get("endpointStatus") == left.ends
            and condition(obj, "Ready").get("status") == left.ready
            and condition(obj, "Reconciling").get("status") == "False"
            and shown.get("observedGeneration") == obj["metadata"]["generation"]
            and calls == Counter(left.calls)
        )

    shown = status(estate.scene.until(HOSTING_DEPLOYMENT, name, settled, f"{name}, {left.calls}", seconds=30))

    assert shown["endpointName"] == estate.aws[HOSTING_DEPLOYMENT.name, name]
    endpoint = estate.scene.hosted("endpoints", shown["endpointName"]) or {}
    assert (endpoint["status"], endpoint["config"]) == (left.ends, shown["endpointConfigName"])


@pytest.mark.parametrize("name", ["serves", "serves-as-made", "serves-persisted", "serves-two-containers"])
def test_children_stay_as_they_are_and_get_an_owner(estate: Estate, name: str) -> None:
    """The children keep names, labels and specs; the owner reference is new."""
    estate.until_settled(HOSTING_DEPLOYMENT, name, "InService", "Ready", "InService")
    uid = (estate.scene.get(HOSTING_DEPLOYMENT, name) or {})["metadata"]["uid"]

    for kind in RESOURCES:
        (child,) = [child for child in estate.scene.all(kind) if _owner(child) == name]
        obj = estate.scene.until(
            kind, child["metadata"]["name"], lambda obj: "ownerReferences" in obj["metadata"], "an owner"
        )
        (reference,) = obj["metadata"]["ownerReferences"]
        assert (reference["kind"], reference["uid"], reference["controller"]) == ("HostingDeployment", uid, True)
        generations = {"serves-as-made": 1, "serves-persisted": 2}.get(name, 3)
        assert obj["metadata"]["generation"] == (generations if kind is MODEL else 1)


@pytest.mark.parametrize("name", [name for name, left in DEPLOYMENTS.items() if left.deleted])
def test_a_deleted_deployment_goes(estate: Estate, aws_names: dict[str, set[str]], name: str) -> None:
    """At whatever point the Go operator left it, nothing of it stays: endpoint, children, what they stand for."""
    left = DEPLOYMENTS[name]

    estate.scene.until_gone(HOSTING_DEPLOYMENT, name, seconds=30)

    until(lambda: not names_now(estate, name), f"the children of {name} to go")
    for part in ("endpoints", "endpoint_configs", "models"):
        assert [each for each in aws_names[name] if estate.scene.hosted(part, each)] == []
    calls = changes(estate, aws_names[name])
    assert calls == Counter(left.calls)


# --- scaling policies --------------------------------------------------------------------------------------------

scaling = pytest.mark.skipif(AUTOSCALING_POLICY not in ALL, reason="there are no policies")


@scaling
@pytest.mark.parametrize("name", [name for name, left in POLICIES.items() if not left.deleted])
def test_a_policy_is_taken_over(estate: Estate, name: str) -> None:
    """What is in force as the spec asks is not sent again; what is missing is, and what is no longer asked for goes."""
    left = POLICIES[name]

    shown = estate.until_settled(AUTOSCALING_POLICY, name, left.ends, "Ready", "Ready")

    assert shown["resourceIDList"] == resources(name)[: left.asked]
    assert "additional" not in shown
    assert changes(estate, set(resources(name))) == Counter(left.calls)
    assert _in_force(estate, name) == (left.asked, left.asked)


@scaling
@pytest.mark.parametrize("name", [name for name, left in POLICIES.items() if left.deleted])
def test_a_deleted_policy_goes(estate: Estate, name: str) -> None:
    """With all that was registered for it, also what the Go operator forgot."""
    estate.scene.until_gone(AUTOSCALING_POLICY, name)

    assert changes(estate, set(resources(name))) == Counter(POLICIES[name].calls)
    assert _in_force(estate, name) == (0, 0)


def _in_force(estate: Estate, name: str) -> tuple[int, int]:
    """How many targets and policies there are of the policy's own resources."""
    own = set(resources(name))
    targets, policies = estate.scene.hosting("targets"), estate.scene.hosting("policies")
    return sum(one["resource"] in own for one in targets), sum(one["resource"] in own for one in policies)


# --- there and back ----------------------------------------------------------------------------------------------


def test_there_and_back_again_costs_nothing(estate: Estate) -> None:
    """When the Go operator has had objects for a while once more, they are taken over as at first."""
    estate.until_quiet(HOSTING, seconds=40)
    every = [(HOSTING_DEPLOYMENT, "serves"), (HOSTING_DEPLOYMENT, "serves-named"), (MODEL, "created")]
    every += [(AUTOSCALING_POLICY, "applied")] if AUTOSCALING_POLICY in ALL else []
    calls = estate.all_calls()
    estate.stop()
    for kind, name in every:
        estate.as_the_other_wrote(kind, name)

    estate.run()

    for kind, name in every:
        estate.scene.until_ready(kind, name)
    assert estate.all_calls() == calls


# --- at the end --------------------------------------------------------------------------------------------------


def test_a_second_start_changes_nothing(estate: Estate) -> None:
    """A new process finds all as it was: no object is written, and nothing is called that changes anything."""
    before = estate.until_quiet(HOSTING, seconds=40)
    calls = estate.all_calls()

    estate.restart()

    until(lambda: estate.scene.requests("ListEndpoints"), "ListEndpoints")
    assert estate.until_quiet(HOSTING) == before
    assert estate.all_calls() == calls
