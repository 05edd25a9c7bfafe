"""What goes wrong with a HostingDeployment and how it gets out of it, and its end.

The deployments belong to a crowd that is created at once, so that they come into service together; each test then
goes on with its own. Models are called as their deployment, so that the record of requests can be told by the name.
"""

from __future__ import annotations

import pytest

from smkube.kinds import ENDPOINT_CONFIG, MODEL
from tests.cluster.controlplane import ControlPlane
from tests.conformance import specs
from tests.conformance.hosting_scene import (
    BAD_ROLE,
    KIND,
    about,
    children,
    container,
    count_of,
    deployment,
    endpoint_of,
    entry,
    named,
    namespace,
    nudge,
    two_instances,
    until_gone,
)
from tests.conformance.operator_scene import Object, Scene, at_rest, condition, generated, status
from tests.stack.stack import Stack
from tests.stack.waiting import until

NAMESPACE = "hosting-ends"
BIG = "ml.p3.16xlarge"
REASON = "The primary container for production variant all did not pass the ping health check."
WORDS = {
    "Creating": "False",
    "Updating": "True",
    "SystemUpdating": "True",
    "RollingBack": "True",
    "OutOfService": "False",
    "Deleting": "False",
    "Failed": "False",
    "Hibernating": "False",
}
"""Statuses an endpoint can show, one of them unknown, and `Ready` of a deployment that served before."""
AT_REST = {"OutOfService", "Failed"}
"""Those in which SageMaker takes a deletion."""
CROWD: dict[str, Object] = {
    "rolledback": {},
    "again": {},
    "halfway": {},
    "failing": {},
    "quota": {"productionVariants": [specs.variant("quota", instanceType=BIG)]},
    "role": {"models": [entry("role", executionRoleArn=BAD_ROLE)]},
    "vanishing": {},
    "kept": {},
    "ordered": {},
    **{f"is-{word.lower()}": {} for word in WORDS},
}
"""Specs of the crowd, as far as they matter."""


@pytest.fixture(scope="module")
def crowd(operator_stack: Stack, control_plane: ControlPlane) -> Scene:
    """All deployments of the crowd, just created."""
    scene = namespace(operator_stack, control_plane, NAMESPACE)
    scene.control.settings(quotas={f"{BIG} for endpoint usage": 0})
    scene.control.rule("failing-*", kind="endpoint", fail={"reason": REASON, "count": 1})
    for name, spec in CROWD.items():
        scene.create(KIND, name, **deployment(name, **spec))
    return scene


# --- failures and ways out -----------------------------------------------------------------------------------------


def test_an_update_that_fails_waits_for_another_spec_or_for_the_user(crowd: Scene) -> None:
    """Rolled back, or not even that: Stalled with SageMaker's reason, until the spec changes or the user says so."""
    ends = {"rolledback": "rollback", "again": "rollback", "halfway": "rollback_failed"}
    for name, end in ends.items():
        before = crowd.until_ready(KIND, name)
        fail = {"reason": REASON, "phase": "updating", "after": 0.2, "ends": end, "count": 1}
        crowd.control.rule(f"{name}-*", kind="endpoint", fail=fail)
        crowd.edit(KIND, name, **two_instances(name))
        assert status(before)["endpointStatus"] == "InService"
    for name, end in ends.items():
        shown = crowd.until_reason(KIND, name, "Stalled", "UpdateFailed")
        assert REASON in shown["additional"]
        assert shown["failureReason"] == REASON
        served = end == "rollback"
        assert shown["endpointStatus"] == ("InService" if served else "UpdateRollbackFailed")
        assert condition(shown, "Ready")["status"] == ("True" if served else "False")
        assert endpoint_of(crowd, name)["variants"][0]["count"] == 1
        assert ("Warning", "UpdateFailed") in {
            (type_, why) for type_, why, _ in crowd.until_noted(name, "UpdateFailed")
        }

    crowd.annotate(KIND, "again", reconcile_now="1")
    for name in ("rolledback", "halfway"):
        crowd.edit(KIND, name, productionVariants=[specs.variant(name, initialInstanceCount=3)])

    for name in ends:
        assert "additional" not in status(crowd.until_ready(KIND, name))
        assert endpoint_of(crowd, name)["variants"][0]["count"] == (2 if name == "again" else 3)
        assert count_of(crowd, name, "UpdateEndpoint") == 2


def test_a_creation_that_failed_is_shown_and_recovered_by_an_edit(crowd: Scene) -> None:
    """An endpoint that never came into service says why and stays; the next spec makes it anew."""
    shown = crowd.until_word(KIND, "failing", "Failed")
    assert shown["failureReason"] == REASON
    assert (condition(shown, "Ready")["status"], condition(shown, "Stalled")["status"]) == ("False", "True")
    crowd.until_noted("failing", "Failed")
    assert any(type_ == "Warning" and REASON in note for type_, _, note in crowd.notes("failing"))
    assert count_of(crowd, "failing", "CreateEndpoint") == 1
    endpoint = shown["endpointName"]

    crowd.edit(KIND, "failing", **two_instances("failing"))

    until(lambda: crowd.hosted("endpoints", endpoint) is None, "the failed endpoint to go")
    nudge(crowd, "failing")
    shown = status(crowd.until_ready(KIND, "failing"))
    assert "failureReason" not in shown
    assert endpoint_of(crowd, "failing")["variants"][0]["count"] == 2
    assert [count_of(crowd, "failing", f"{verb}Endpoint") for verb in ("Create", "Delete")] == [2, 1]


def test_a_quota_and_a_role_are_shown_in_awss_words(crowd: Scene) -> None:
    """What hinders the endpoint, or a model it needs, is shown with AWS's text; a corrected spec goes through."""
    quota = crowd.until_reason(KIND, "quota", "Reconciling", "QuotaExceeded")
    assert f"The account-level service limit '{BIG} for endpoint usage' is 0 Instances" in quota["additional"]
    assert quota["additional"].startswith("Unable to create Endpoint: ResourceLimitExceeded: ")
    assert condition(quota, "Stalled")["status"] == "False"
    role = crowd.until_reason(KIND, "role", "Stalled", "InvalidSpec")
    assert role["endpointStatus"] == quota["endpointStatus"] == "ReconcilingEndpoint"
    assert role["additional"].startswith("Unable to create Endpoint: Unable to reconcile Endpoint resources: ")
    assert f"ValidationException: Could not assume role {BAD_ROLE}." in role["additional"]
    assert condition(role, "Ready")["status"] == "Unknown"

    crowd.edit(KIND, "quota", productionVariants=[specs.variant("quota")])
    crowd.edit(KIND, "role", models=[entry("role")])

    for name in ("quota", "role"):
        assert "additional" not in status(crowd.until_ready(KIND, name))
        assert count_of(crowd, name, "DeleteEndpoint") == 0


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"models": [entry("m"), entry("m")]}, "Model names must be unique. Found multiple models with name 'm'"),
        ({"models": [entry("m", container(), container())]}, "container hostnames must be unique"),
        ({"models": [entry("m", primaryContainer="x")]}, "Unknown primary container 'x'"),
        ({"productionVariants": [specs.variant("other")]}, "'other'"),
    ],
    ids=["models", "hostnames", "primary", "variant"],
)
def test_a_spec_that_makes_no_sense(scene: Scene, spec: Object, text: str) -> None:
    """What the original refused is refused, in its words where it had some, before anything is made at SageMaker."""
    name = scene.name("senseless")
    scene.create(KIND, name, **spec)

    shown = scene.until_reason(KIND, name, "Stalled", "InvalidSpec")

    assert text in shown["additional"]
    assert scene.changes() == []
    scene.delete(KIND, name)
    scene.until_gone(KIND, name)


def test_an_endpoint_deleted_by_somebody_else_is_made_anew(crowd: Scene) -> None:
    """An endpoint that vanished is created again from the same revision once it is looked for, with a Warning."""
    before = crowd.until_ready(KIND, "vanishing")
    crowd.sagemaker().delete_endpoint(EndpointName=generated(before))
    until(lambda: crowd.hosted("endpoints", generated(before)) is None, "the endpoint to be gone")

    crowd.annotate(KIND, "vanishing", reconcile_now="1")

    crowd.until_noted("vanishing", "DeletedExternally")
    after = crowd.until_ready(KIND, "vanishing")
    assert status(after)["endpointConfigName"] == status(before)["endpointConfigName"]
    assert count_of(crowd, "vanishing", "CreateEndpoint") == 2
    assert count_of(crowd, "vanishing", "CreateEndpointConfig") == 1


# --- the end -------------------------------------------------------------------------------------------------------


def test_every_status_is_shown_and_none_stops_a_deletion(crowd: Scene) -> None:
    """Each status of an endpoint, also an unknown one, is shown; a deployment in any of them can be deleted."""
    names = {word: f"is-{word.lower()}" for word in WORDS}
    endpoints = {word: generated(crowd.until_ready(KIND, name)) for word, name in names.items()}
    for word, endpoint in endpoints.items():
        reason = REASON if word in ("Failed", "RollingBack") else ""
        crowd.control.show_endpoint(endpoint, word, reason, region=crowd.region)
    for word, name in names.items():
        shown = crowd.until_word(KIND, name, word)
        assert condition(shown, "Ready")["status"] == WORDS[word], word
        assert condition(shown, "Reconciling")["status"] == ("False" if word in AT_REST else "True"), word
        assert condition(shown, "Stalled")["status"] == ("True" if word in AT_REST else "False"), word
        assert shown.get("failureReason", "") == (REASON if word in ("Failed", "RollingBack") else "")

    for name in names.values():
        crowd.delete(KIND, name)

    for word in AT_REST:
        until_gone(crowd, names[word], endpoints[word])
    for word in WORDS.keys() - AT_REST:
        assert crowd.hosted("endpoints", endpoints[word]) is not None
        assert crowd.until_word(KIND, names[word], "Deleting")
        crowd.control.end_endpoint(endpoints[word], region=crowd.region)
        nudge(crowd, names[word])
    for word, name in names.items():
        until_gone(crowd, name, endpoints[word])
        assert [one for kind in (MODEL, ENDPOINT_CONFIG) for one in crowd.all(kind) if named(one, name)] == []


def test_a_deletion_takes_the_endpoint_first(crowd: Scene) -> None:
    """Endpoint, then configuration, then model: nothing is taken away under an endpoint, and nothing is left."""
    crowd.until_ready(KIND, "ordered")
    before = len(about(crowd, "ordered"))

    crowd.stack.kubectl("delete", KIND.plural, "ordered", "-n", NAMESPACE, "--timeout=20s")

    assert about(crowd, "ordered")[before:] == ["DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel"]
    parts = ("endpoints", "endpoint_configs", "models")
    assert [one for part in parts for one in crowd.hosting(part) if one["name"].startswith("ordered-")] == []
    assert not [one for one in crowd.hosting("in_use_deleted") if one["name"].startswith("ordered-")]


def test_a_deployment_that_is_to_retain_what_it_made(crowd: Scene) -> None:
    """With the deletion policy `retain` the objects go, and endpoint, configuration and model go on serving."""
    crowd.until_ready(KIND, "kept")
    crowd.annotate(KIND, "kept", deletion_policy="retain")
    endpoint = endpoint_of(crowd, "kept")
    before = about(crowd, "kept")

    crowd.delete(KIND, "kept")

    crowd.until_gone(KIND, "kept")
    for kind in (MODEL, ENDPOINT_CONFIG):
        until(lambda: not [one for one in crowd.all(kind) if named(one, "kept")], "the children to go")  # noqa: B023
    assert about(crowd, "kept") == before
    left = crowd.hosted("endpoints", endpoint["name"])
    assert left is not None
    assert left["status"] == "InService"
    assert crowd.hosted("endpoint_configs", endpoint["config"]) is not None


@pytest.mark.parametrize("operation", ["CreateModel", "CreateEndpointConfig", "CreateEndpoint", "UpdateEndpoint"])
def test_a_deletion_in_the_midst_of_it_leaves_nothing(scene: Scene, operation: str) -> None:
    """A deployment deleted while one of its requests is under way goes, and leaves nothing at SageMaker."""
    name = scene.name("early")
    if operation != "UpdateEndpoint":
        scene.control.fault("hold_before", operation, name=f"{name}*", count=1)
    made = scene.create(KIND, name, **deployment(name))
    if operation == "UpdateEndpoint":
        scene.until_ready(KIND, name)
        scene.control.fault("hold_before", operation, name=f"{name}*", count=1)
        scene.edit(KIND, name, **two_instances(name))
    assert scene.control.held(at_least=1, timeout=10)

    scene.delete(KIND, name)
    scene.control.release()

    endpoint = generated(made)
    until(lambda: scene.hosted("endpoints", endpoint) is None or scene.calls("DeleteEndpoint"), "the end to begin")
    until_gone(scene, name, endpoint)
    parts = ("endpoints", "endpoint_configs", "models")
    left = [one for part in parts for one in scene.hosting(part) if one["name"].startswith(name)]
    assert left == []
    assert [one for kind in (MODEL, ENDPOINT_CONFIG) for one in scene.all(kind)] == []


def test_an_edit_before_the_endpoint_is_in_service(scene: Scene) -> None:
    """An edit while the endpoint is still being created waits, and is rolled out by one update afterwards."""
    name = scene.name("hasty")
    scene.create(KIND, name, **deployment(name))
    scene.until_word(KIND, name, "Creating")

    scene.edit(KIND, name, **two_instances(name))

    scene.until_ready(KIND, name)
    assert endpoint_of(scene, name)["variants"][0]["count"] == 2
    assert scene.calls("CreateEndpoint", "UpdateEndpoint") == ["CreateEndpoint", "UpdateEndpoint"]
    until(lambda: [len(children(scene, kind, name)) for kind in (MODEL, ENDPOINT_CONFIG)] == [1, 1], "one revision")


def test_children_that_users_take_away_come_back(scene: Scene) -> None:
    """A child object that somebody deletes is made anew under a living deployment, and the endpoint goes on serving."""
    name = scene.name("robbed")
    made = scene.create(KIND, name, **deployment(name))
    scene.until_ready(KIND, name)
    before = {kind: children(scene, kind, name)[0]["metadata"]["uid"] for kind in (MODEL, ENDPOINT_CONFIG)}

    for kind in (ENDPOINT_CONFIG, MODEL):
        scene.delete(kind, children(scene, kind, name)[0]["metadata"]["name"])

    def back(obj: Object) -> bool:
        endpoint = scene.hosted("endpoints", generated(made))
        assert endpoint is not None
        assert endpoint["status"] in ("InService", "Updating")
        now = {kind: [one["metadata"]["uid"] for one in children(scene, kind, name)] for kind in before}
        return at_rest(obj) and all(len(now[kind]) == 1 and now[kind] != [before[kind]] for kind in before)

    obj = scene.until(KIND, name, back, "new children", seconds=30)
    assert endpoint_of(scene, name)["config"] == status(obj)["endpointConfigName"]
    assert scene.calls("DeleteEndpoint") == []
