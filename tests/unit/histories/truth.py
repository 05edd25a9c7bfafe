"""Whether an object's status tells the truth about what there is at AWS, for each family of kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sagemaker_operator import marks, reasons
from sagemaker_operator.mapping import request
from smkube import kinds
from tests.standin.endpoint_life import Deployment
from tests.standin.state import Job, Region
from tests.unit.histories.aws import Account
from tests.unit.histories.world import Stored

STUCK = frozenset({reasons.INVALID_SPEC, reasons.DEPENDENCY_NOT_READY, reasons.ACCESS_DENIED, reasons.QUOTA_EXCEEDED})
"""Reasons for which the operator goes on trying."""
_UNHELPED = STUCK | {
    *(reasons.NAME_CONFLICT, reasons.SPEC_CHANGED, reasons.DELETED_EXTERNALLY),
    *(reasons.FAILED, reasons.UPDATE_FAILED),
}
"""Reasons for which something may not be ready at rest."""
VARIANT_DIMENSION = "sagemaker:variant:DesiredInstanceCount"
DEFAULT_POLICY = "SageMakerEndpointInvocationScalingPolicy"

Truth = Callable[[Account, kinds.Kind, Stored], Iterator[str]]


def _of_job(account: Account, kind: kinds.Kind, stored: Stored) -> Iterator[str]:
    status = stored["status"]
    state, word = status.get("operatorState") or {}, status.get(kind.status_word)
    have = {one["type"]: one for one in status["conditions"]}
    if not state.get("createConfirmed"):
        if have["Succeeded"]["reason"] not in STUCK | {reasons.NAME_CONFLICT}:
            yield f"has no job, for no good reason ({have['Succeeded']['reason']})"
        return
    if status.get(kind.status_name) != state["jobName"]:
        yield "names another job than it stands for"
    job = _job(account, kind, state)
    if job is None:
        if have["Succeeded"]["status"] == "Unknown":
            yield "says that a job runs which is not there"
        return
    real = job.at(account.clock.now()).status
    drifted = have["Stalled"]["reason"] == reasons.SPEC_CHANGED
    if word != real and not (drifted and word == "Failed"):
        yield f"says {word} of a job that is {real}"
    expected = {"Completed": "True", "Failed": "False", "Stopped": "False"}.get(real)
    if have["Succeeded"]["status"] != expected:
        yield f"says Succeeded={have['Succeeded']['status']} of a job that is {real}"
    yield from _tags(account.region(state["jobRegion"]), job.arn, stored, have)
    yield from _drift(account, kind, stored, drifted=drifted)


def _drift(account: Account, kind: kinds.Kind, stored: Stored, *, drifted: bool) -> Iterator[str]:
    """`SpecChanged` is said of an object whose spec asks for another job than was made, and of no other."""
    spec, state = stored["spec"], stored["status"]["operatorState"]
    made = [
        effect
        for effect in account.effects
        if effect.operation == kind.api.create
        and (effect.parameters.get(kind.api.name), effect.region) == (state["jobName"], state["jobRegion"])
    ]
    if not made or _is_trial(stored) or "modelObject" in state:
        return
    chosen = spec.get(kind.spec_name) if kind.spec_name else None
    wanted = request.to_request(kind.name, spec, chosen or state["jobName"], ())
    asked = {**made[-1].parameters, "region": made[-1].region}
    same = _substance({**wanted, "region": spec["region"]}) == _substance(asked)
    if same == drifted:
        yield f"is said to {'differ from' if drifted else 'agree with'} its job"


def _substance(value: Any) -> Any:
    """A request without tags and without what is empty."""
    if not isinstance(value, Mapping):
        return value
    kept = {key: _substance(entry) for key, entry in value.items() if key != "Tags"}
    return {key: entry for key, entry in kept.items() if entry not in ({}, [], "", None)}


def _job(account: Account, kind: kinds.Kind, state: Mapping[str, Any]) -> Job | None:
    region = account.region(state.get("jobRegion") or "us-east-1")
    tables = {
        kinds.TRAINING_JOB.name: region.training,
        kinds.PROCESSING_JOB.name: region.processing,
        kinds.TUNING_JOB.name: region.tuning,
        kinds.BATCH_TRANSFORM_JOB.name: region.transform,
    }
    return tables[kind.name].get(str(state.get("jobName")), account.clock.now())


def _of_resource(account: Account, kind: kinds.Kind, stored: Stored) -> Iterator[str]:
    status, spec, now = stored["status"], stored["spec"], account.clock.now()
    have = {one["type"]: one for one in status["conditions"]}
    region = account.region(spec["region"])
    table = region.models if kind is kinds.MODEL else region.endpoint_configs
    uid = stored["metadata"]["uid"]
    own = [item for item in table.ordered if item.exists(now) and region.tags[item.arn].get(marks.UID) == uid]
    if have["Ready"]["status"] != "True":
        if have["Ready"]["reason"] not in _UNHELPED:
            yield f"is not ready, for no good reason ({have['Ready']['reason']})"
        return
    item = table.get(str(status.get(kind.status_name)), now)
    if item is None or status.get(kind.status_word) != "Created":
        yield f"says {status.get(kind.status_word)} of a {kind.noun} that is {'there' if item else 'not there'}"
        return
    if [one for one in own if one is not item]:
        yield f"has {[one.name for one in own]} at SageMaker and shows {item.name}"
    if _content_of_request(kind, item.request, spec) != _content_of_spec(kind, spec):
        yield f"is said to be ready and is {item.request}"
    yield from _tags(region, item.arn, stored, have)


def _content_of_request(kind: kinds.Kind, made: Mapping[str, Any], spec: Mapping[str, Any]) -> Any:
    if kind is kinds.MODEL:
        containers = [made["PrimaryContainer"]] if "PrimaryContainer" in made else made["Containers"]
        return made.get("ExecutionRoleArn"), [container.get("Image") for container in containers]
    # A weight that the spec leaves open is SageMaker's to choose.
    weighed = {one["variantName"] for one in spec["productionVariants"] if "initialVariantWeight" in one}
    return [
        (
            one["VariantName"],
            one["ModelName"],
            one["InitialInstanceCount"],
            float(one["InitialVariantWeight"]) if one["VariantName"] in weighed else None,
        )
        for one in made["ProductionVariants"]
    ]


def _content_of_spec(kind: kinds.Kind, spec: Mapping[str, Any]) -> Any:
    if kind is kinds.MODEL:
        containers = [spec["primaryContainer"]] if "primaryContainer" in spec else spec["containers"]
        return spec.get("executionRoleArn"), [container.get("image") for container in containers]
    return [
        (
            one["variantName"],
            one["modelName"],
            one["initialInstanceCount"],
            float(one["initialVariantWeight"]) if "initialVariantWeight" in one else None,
        )
        for one in spec["productionVariants"]
    ]


def _of_endpoint(account: Account, kind: kinds.Kind, stored: Stored) -> Iterator[str]:
    status, spec, now = stored["status"], stored["spec"], account.clock.now()
    have = {one["type"]: one for one in status["conditions"]}
    region = account.region(spec["region"])
    if have["Ready"]["status"] != "True":
        if have["Ready"]["reason"] not in _UNHELPED:
            yield f"is not ready, for no good reason ({have['Ready']['reason']})"
        return
    endpoint = region.endpoints.get(str(status.get(kind.status_name)), now)
    if endpoint is None:
        yield "says that an endpoint is ready which is not there"
        return
    stage = endpoint.at(now)
    if status.get(kind.status_word) != stage.status:
        yield f"says {status.get(kind.status_word)} of an endpoint that is {stage.status}"
    if status.get("endpointConfigName") != stage.present.config_name:
        yield f"shows another configuration than {stage.present.config_name}"
    if have["Stalled"]["status"] == "True":
        return
    if _served(region, stage.present, now) != _asked(spec):
        yield f"is said to be ready, and serves {_served(region, stage.present, now)} instead of {_asked(spec)}"
    yield from _tags(region, endpoint.arn, stored, have)


def _served(region: Region, deployed: Deployment, now: float) -> list[tuple[str, str, str]]:
    """Name, instance type and image of each variant."""
    shown = []
    for variant in deployed.variants:
        model = region.models.get(str(variant.config.get("ModelName")), now)
        image = "" if model is None else str(model.request.get("PrimaryContainer", {}).get("Image"))
        shown.append((variant.name, variant.instance_type, image))
    return sorted(shown)


def _asked(spec: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    images = {one["name"]: one["containers"][0]["image"] for one in spec["models"]}
    return sorted(
        (one["variantName"], one["instanceType"], images[one["modelName"]]) for one in spec["productionVariants"]
    )


def _of_scaling(account: Account, _kind: kinds.Kind, stored: Stored) -> Iterator[str]:
    status, spec = stored["status"], stored["spec"]
    ready = next(one for one in status["conditions"] if one["type"] == "Ready")
    if ready["status"] != "True":
        if ready["reason"] not in _UNHELPED:
            yield f"is not ready, for no good reason ({ready['reason']})"
        return
    scaling, now = account.region(spec["region"]).scaling, account.clock.now()
    for resource in scaled(spec):
        target = scaling.targets.get((resource, VARIANT_DIMENSION), now)
        if target is None or (target.low, target.high) != (spec["minCapacity"], spec["maxCapacity"]):
            yield f"is said to be ready, and the target {resource} is {target}"
        policies = {one.name: one.values for one in scaling.policies.all(now) if one.resource == resource}
        if list(policies) != [policy_name(spec)]:
            yield f"{resource} has the policies {sorted(policies)} instead of {policy_name(spec)}"
        actions = {one.name: one.values for one in scaling.actions.all(now) if one.resource == resource}
        wanted = {one["scheduledActionName"]: one["schedule"] for one in spec.get("scheduledActions") or ()}
        if {name: values.get("Schedule") for name, values in actions.items()} != wanted:
            yield f"{resource} has the scheduled actions {actions} instead of {wanted}"


def scaled(spec: Mapping[str, Any]) -> list[str]:
    """What a policy scales, as Application Auto Scaling calls it."""
    return [f"endpoint/{one['endpointName']}/variant/{one['variantName']}" for one in spec.get("resourceId") or ()]


def policy_name(spec: Mapping[str, Any]) -> str:
    """The name of a policy."""
    return str(spec.get("policyName") or DEFAULT_POLICY)


def _tags(region: Region, arn: str, stored: Stored, have: Mapping[str, Any]) -> Iterator[str]:
    """The user's tags are those of the spec, once an object is in order; a tuning job's jobs have that one's."""
    if have["Stalled"]["status"] == "True" or _is_trial(stored):
        return
    if marks.UID not in region.tags[arn] and not stored["status"]["operatorState"].get("tagKeys"):
        # Made by somebody else and taken over without tags in the spec: whose its tags are nobody knows.
        return
    wanted = {tag["key"]: tag["value"] for tag in stored["spec"].get("tags") or ()}
    found = {key: value for key, value in region.tags[arn].items() if key in {"team", "cost"}}
    if found != wanted:
        yield f"has the tags {found} instead of {wanted}"


def _is_trial(stored: Stored) -> bool:
    return any(owner["kind"] == kinds.TUNING_JOB.name for owner in stored["metadata"].get("ownerReferences") or ())


TRUTH: dict[kinds.Family, Truth] = {
    kinds.Family.JOB: _of_job,
    kinds.Family.RESOURCE: _of_resource,
    kinds.Family.ENDPOINT: _of_endpoint,
    kinds.Family.SCALING: _of_scaling,
}
