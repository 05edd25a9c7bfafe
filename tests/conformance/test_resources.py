"""Model and EndpointConfig objects: what SageMaker cannot change is replaced, and nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest

from smkube.kinds import ENDPOINT_CONFIG, MODEL, Kind
from tests.conformance import specs
from tests.conformance.operator_scene import Object, Scene, condition, generated, status
from tests.conformance.specs import IMAGE, ROLE
from tests.stack.waiting import until

KINDS = (MODEL, ENDPOINT_CONFIG)
EACH = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
PART = {MODEL.name: "models", ENDPOINT_CONFIG.name: "endpoint_configs"}
"""What the stand-in calls the things of a kind."""
ARN = {MODEL.name: "modelArn", ENDPOINT_CONFIG.name: "endpointConfigArn"}
VIEW = {MODEL.name: "SAGE-MAKER-MODEL-NAME", ENDPOINT_CONFIG.name: "SAGE-MAKER-ENDPOINTCONFIG-NAME"}
"""Second printer column of the original operator."""
PREFIX = {
    MODEL.name: "Unable to create SageMaker model: Unable to create SageMaker Model: ",
    ENDPOINT_CONFIG.name: "Unable to create SageMaker endpointConfig: Unable to create SageMaker EndpointConfig: ",
}
FAULTS = ("lose_answer", "error_after", "drop", "error_before")
REFUSAL = "1 validation error detected: this is not to be"
CONTAINER: Object = {"containerHostname": "one", "image": IMAGE, "modelDataUrl": "s3://bucket/model.tar.gz"}


def edit_of(kind: Kind) -> Object:
    """An edit that SageMaker sees."""
    if kind is MODEL:
        return {"primaryContainer": {**CONTAINER, "modelDataUrl": "s3://bucket/other.tar.gz"}}
    return {"productionVariants": [specs.variant(specs.MODEL, initialInstanceCount=2)]}


def same_of(kind: Kind) -> Object:
    """An edit that writes out what AWS fills in."""
    if kind is MODEL:
        return {
            "primaryContainer": {**CONTAINER, "mode": "SingleModel", "environment": []},
            "enableNetworkIsolation": False,
        }
    return {"productionVariants": [specs.variant(specs.MODEL, initialVariantWeight=1)], "shadowProductionVariants": []}


def seen_of(kind: Kind, request: Object) -> Any:
    """The part of a request that the edit changes."""
    if kind is MODEL:
        return request["PrimaryContainer"]["ModelDataUrl"]
    return request["ProductionVariants"][0]["InitialInstanceCount"]


OLD = {MODEL.name: "s3://bucket/model.tar.gz", ENDPOINT_CONFIG.name: 1}
NEW = {MODEL.name: "s3://bucket/other.tar.gz", ENDPOINT_CONFIG.name: 2}


def changes_of(scene: Scene, name: str) -> list[str]:
    """The operations so far that changed something about an object."""
    return [operation for operation, named in scene.changes() if name in named]


@EACH
def test_from_creation_to_deletion(scene: Scene, kind: Kind) -> None:
    """One Create under the original's name, Ready, the original's columns; deleted once, and nothing is left."""
    name = scene.name("plain")
    made = scene.create(kind, name, tags=[{"key": "team", "value": "blue"}])

    obj = scene.until_ready(kind, name)

    there = scene.hosted(PART[kind.name], generated(made))
    assert there is not None
    assert status(obj)[kind.status_name] == generated(made)
    assert status(obj)["status"] == "Created"
    assert status(obj)[ARN[kind.name]] == there["arn"]
    assert there["tags"] == {
        "team": "blue",
        "sagemaker-operator/uid": made["metadata"]["uid"],
        "sagemaker-operator/object": f"{kind.name}/{scene.namespace}/{name}",
    }
    scene.until_noted(name, "Created")
    kubectl = scene.stack.kubectl
    kubectl("wait", "--for=condition=Ready", "--timeout=20s", f"{kind.resource}/{name}", "-n", scene.namespace)
    header, line = kubectl("get", kind.plural, name, "-n", scene.namespace).splitlines()
    assert header.split()[:3] == ["NAME", "STATUS", VIEW[kind.name]]
    shown = dict(zip(header.split(), line.split(), strict=True))
    assert (shown["STATUS"], shown[VIEW[kind.name]], shown["READY"]) == ("Created", generated(made), "True")
    scene.delete(kind, name)
    scene.until_gone(kind, name)
    assert scene.hosted(PART[kind.name], generated(made)) is None
    assert changes_of(scene, name) == [kind.api.create, kind.api.delete]


@EACH
def test_what_aws_fills_in_is_no_difference(scene: Scene, kind: Kind) -> None:
    """A spec that leaves out, or writes out, what AWS fills in costs no call; nor does a look."""
    name = scene.name("equal")
    scene.create(kind, name)
    scene.until_ready(kind, name)
    before = changes_of(scene, name)

    scene.until_seen(kind, scene.edit(kind, name, **same_of(kind)), "Created")
    scene.annotate(kind, name, reconcile_now="1")

    scene.until(kind, name, lambda obj: status(obj)["operatorState"].get("reconcileNow") == "1", "the look")
    assert changes_of(scene, name) == before == [kind.api.create]


@EACH
def test_an_edit_is_a_replacement_without_a_gap(scene: Scene, kind: Kind) -> None:
    """What SageMaker cannot change is made anew under the same name; at each moment something is there."""
    name = scene.name("edited")
    made = scene.create(kind, name)
    scene.until_ready(kind, name)
    scene.control.fault("latency", kind.api.delete, name=f"{name}*", seconds=0.5)
    least: list[int] = []

    def replaced(obj: Object) -> bool:
        least.append(len([one for one in scene.hosting(PART[kind.name]) if one["name"].startswith(name)]))
        return status(obj)["observedGeneration"] == edited["metadata"]["generation"] and settled(obj)

    edited = scene.edit(kind, name, **edit_of(kind))
    scene.until(kind, name, replaced, "the replacement")

    assert min(least) >= 1
    (left,) = (one for one in scene.hosting(PART[kind.name]) if one["name"].startswith(name))
    assert left["name"] == generated(made)
    assert seen_of(kind, left["request"]) == NEW[kind.name]
    scene.until_noted(name, "Replaced")
    scene.delete(kind, name)
    scene.until_gone(kind, name)
    assert not [one for one in scene.hosting(PART[kind.name]) if one["name"].startswith(name)]


def settled(obj: Object) -> bool:
    """Whether nothing is under way."""
    return (condition(obj, "Ready")["status"], condition(obj, "Reconciling")["status"]) == ("True", "False")


@EACH
def test_a_replacement_that_is_refused_loses_nothing(scene: Scene, kind: Kind) -> None:
    """When AWS refuses the new one the old one stays, and the object says why; a revert makes it whole again."""
    name = scene.name("refused")
    made = scene.create(kind, name)
    scene.until_ready(kind, name)
    scene.control.fault("error_before", kind.api.create, name=f"{name}*", code="ValidationException", message=REFUSAL)

    scene.edit(kind, name, **edit_of(kind))

    shown = scene.until_reason(kind, name, "Stalled", "InvalidSpec")
    assert f"ValidationException: {REFUSAL}" in shown["additional"]
    assert condition(shown, "Ready")["status"] == "False"
    assert shown[kind.status_name] == generated(made)
    there = scene.hosted(PART[kind.name], generated(made))
    assert there is not None
    assert seen_of(kind, there["request"]) == OLD[kind.name]
    scene.until_noted(name, "InvalidSpec")
    scene.edit(kind, name, **{field: specs.SPECS[kind.name](scene.region)[field] for field in edit_of(kind)})
    assert "additional" not in status(scene.until_ready(kind, name))
    assert kind.api.delete not in scene.calls(kind.api.delete)
    assert scene.hosted(PART[kind.name], generated(made)) == there


@EACH
def test_a_create_that_is_refused_is_shown_and_corrected(scene: Scene, kind: Kind) -> None:
    """AWS's words are in `additional` after the original's, in conditions and in an Event; an edit is tried at once."""
    name = scene.name("bad")
    scene.control.fault("error_before", kind.api.create, name=f"{name}*", code="ValidationException", message=REFUSAL)
    scene.create(kind, name)

    shown = scene.until_reason(kind, name, "Stalled", "InvalidSpec")

    assert shown["status"] == "Error"
    assert shown["additional"].startswith(f"{PREFIX[kind.name]}ValidationException: {REFUSAL}\n\tstatus code: 400")
    assert condition(shown, "Ready")["status"] == "Unknown"
    assert kind.status_name not in shown
    notes = scene.until_noted(name, "InvalidSpec")
    assert ("Warning", "InvalidSpec", f"{kind.api.create}: ValidationException: {REFUSAL}") in notes
    scene.control.clear_faults()
    scene.edit(kind, name, **edit_of(kind))
    assert "additional" not in status(scene.until_ready(kind, name))
    assert changes_of(scene, name) == [kind.api.create, kind.api.create]


@EACH
def test_an_object_that_could_never_be_goes_at_once(scene: Scene, kind: Kind) -> None:
    """Where AWS refused each Create, and where it cannot even be asked, a deletion does not wait."""
    refused, nowhere = scene.name("refused"), scene.name("nowhere")
    scene.control.fault("error_before", kind.api.create, name=f"{refused}*", code="AccessDeniedException", message="no")
    scene.create(kind, refused)
    scene.create(kind, nowhere, region="no region")
    scene.until_reason(kind, refused, "Stalled", "AccessDenied")
    scene.until_reason(kind, nowhere, "Stalled", "InvalidSpec")

    for name in (refused, nowhere):
        scene.delete(kind, name)

    for name in (refused, nowhere):
        scene.until_gone(kind, name, seconds=5)


@EACH
def test_a_deletion_in_the_midst_of_it_leaves_nothing(scene: Scene, kind: Kind) -> None:
    """Deleted while its Create, or its replacement, is under way, an object goes and leaves nothing at SageMaker."""
    new, replaced = scene.name("new"), scene.name("replaced")
    scene.create(kind, replaced)
    scene.until_ready(kind, replaced)
    for name in (new, replaced):
        scene.control.fault("hold_before", kind.api.create, name=f"{name}*", count=1)
    scene.create(kind, new)
    scene.edit(kind, replaced, **edit_of(kind))
    assert len(scene.control.held(at_least=2, timeout=10)) == 2

    for name in (new, replaced):
        scene.delete(kind, name)
    scene.control.release()

    for name in (new, replaced):
        scene.until_gone(kind, name)
        assert [one for one in scene.hosting(PART[kind.name]) if one["name"].startswith(name)] == []


@EACH
def test_one_deleted_by_somebody_else_is_made_anew(scene: Scene, kind: Kind) -> None:
    """What somebody else deleted is created again, under its name, once it is looked for, with a Warning."""
    name = scene.name("lost")
    made = scene.create(kind, name)
    scene.until_ready(kind, name)
    if kind is MODEL:
        scene.sagemaker().delete_model(ModelName=generated(made))
    else:
        scene.sagemaker().delete_endpoint_config(EndpointConfigName=generated(made))

    scene.annotate(kind, name, reconcile_now="1")

    until(lambda: scene.hosted(PART[kind.name], generated(made)) is not None, "it to be there again")
    notes = scene.until_noted(name, "DeletedExternally")
    assert "Warning" in {type_ for type_, why, _ in notes if why == "DeletedExternally"}
    scene.until_ready(kind, name)


@EACH
def test_tags_are_edited_in_place(scene: Scene, kind: Kind) -> None:
    """An edit of tags is AddTags and DeleteTags: nothing is replaced, and others' tags stay."""
    name = scene.name("tagged")
    made = scene.create(kind, name, tags=[{"key": "team", "value": "blue"}, {"key": "old", "value": "1"}])
    arn = status(scene.until_ready(kind, name))[ARN[kind.name]]
    scene.sagemaker().add_tags(ResourceArn=arn, Tags=[{"Key": "theirs", "Value": "x"}])
    before = len(changes_of(scene, name))

    scene.until_seen(kind, scene.edit(kind, name, tags=[{"key": "team", "value": "red"}]), "Created")

    there = scene.hosted(PART[kind.name], generated(made))
    assert there is not None
    tags = {key: value for key, value in there["tags"].items() if not key.startswith("sagemaker-operator/")}
    assert tags == {"team": "red", "theirs": "x"}
    assert sorted(changes_of(scene, name)[before:]) == ["AddTags", "DeleteTags"]


@EACH
def test_lost_answers_and_throttles_make_one(scene: Scene, kind: Kind) -> None:
    """Whether the work was done before the answer was lost or not, there is one; a throttle is no Warning."""
    names = {fault: scene.name(fault.replace("_", "-")) for fault in FAULTS}
    throttled = scene.name("throttled")
    for fault, name in names.items():
        scene.control.fault(fault, kind.api.create, name=f"{name}*", count=1)
    scene.control.fault("error_before", kind.api.create, name=f"{throttled}*", code="ThrottlingException", count=1)
    made = [scene.create(kind, name) for name in (*names.values(), throttled)]

    for obj in made:
        scene.until_ready(kind, obj["metadata"]["name"])

    there = [one["name"] for one in scene.hosting(PART[kind.name])]
    assert sorted(there) == sorted([*(generated(obj) for obj in made), *([specs.MODEL] if kind is MODEL else [])])
    assert not any(type_ == "Warning" for type_, _, _ in scene.notes(throttled))


def test_a_config_waits_for_its_model(scene: Scene) -> None:
    """A configuration whose model is not there yet says so, and is made once it is."""
    name = scene.name("waiting")
    scene.create(ENDPOINT_CONFIG, name, productionVariants=[specs.variant("not-yet")])

    shown = scene.until_reason(ENDPOINT_CONFIG, name, "Reconciling", "DependencyNotReady")

    assert "Could not find model" in shown["additional"]
    assert condition(shown, "Stalled")["status"] == "False"
    scene.control.create_model("not-yet", region=scene.region)
    scene.until_ready(ENDPOINT_CONFIG, name)


def test_a_pipeline_and_a_model_package(scene: Scene) -> None:
    """Several containers, a VPC and environments arrive as written, in their order."""
    name = scene.name("pipeline")
    containers = [
        {**CONTAINER, "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": ""}]},
        {"containerHostname": "two", "modelPackageName": "arn:aws:sagemaker:us-east-1:123456789012:model-package/p/1"},
    ]
    made = scene.create(
        MODEL,
        name,
        primaryContainer=None,
        containers=containers,
        enableNetworkIsolation=True,
        vpcConfig={"securityGroupIds": ["sg-1"], "subnets": ["subnet-1"]},
    )

    scene.until_ready(MODEL, name)

    there = scene.hosted("models", generated(made))
    assert there is not None
    request = there["request"]
    assert [one["ContainerHostname"] for one in request["Containers"]] == ["one", "two"]
    assert request["Containers"][0]["Environment"] == {"A": "1", "B": ""}
    assert request["Containers"][1]["ModelPackageName"].endswith("model-package/p/1")
    assert request["EnableNetworkIsolation"] is True
    assert request["VpcConfig"] == {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    assert request["ExecutionRoleArn"] == ROLE
