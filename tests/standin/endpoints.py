"""SageMaker endpoints: Create-, Describe-, Update-, Delete- and ListEndpoint(s), UpdateEndpointWeightsAndCapacities."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.standin import endpoint_life, endpoint_logs, errors, iam
from tests.standin.endpoint_configs import find_config
from tests.standin.endpoint_life import FAILED, Deployment, Endpoint, Stage, Variant
from tests.standin.endpoint_views import description
from tests.standin.jobs import tags_of
from tests.standin.models import images_of, model_arn
from tests.standin.models import not_found as model_not_found
from tests.standin.resources import list_page

if TYPE_CHECKING:
    from tests.standin.state import EndpointConfig
    from tests.standin.world import Call

VARIANT_DIMENSIONS = ("sagemaker:variant:DesiredInstanceCount", "sagemaker:variant:DesiredProvisionedConcurrency")


def endpoint_arn(call: Call, name: str) -> str:
    """The ARN of an endpoint of that name in the caller's account and region."""
    return errors.sagemaker_arn(call.region.name, call.region.account, "endpoint", name)


def find_endpoint(call: Call, name: str, at: float) -> Endpoint:
    """An endpoint by name. ValidationException if there is none."""
    endpoint = call.region.endpoints.get(name, at)
    if endpoint is None:
        raise errors.validation(f'Could not find endpoint "{endpoint_arn(call, name)}".')
    return endpoint


def create(call: Call) -> dict[str, Any]:
    """CreateEndpoint."""
    params, table = call.params, call.region.endpoints
    name = params["EndpointName"]
    arn = endpoint_arn(call, name)
    if table.get(name, call.now) is not None:
        raise errors.validation(f'Cannot create already existing endpoint "{arn}".')
    target = _deployment(call, find_config(call, call.now), 1, params.get("DeploymentConfig"))
    tags = tags_of(params)
    _check_quota(call, target, None)
    settings = call.world.settings
    endpoint = Endpoint(name, arn, table.next_number(), call.now, settings.log_plan("endpoint", name))
    plan = settings.endpoint_plan(name, "creating", 0)
    endpoint.turn(call.now, endpoint_life.creation(plan, target, call.now, _unhealthy(target)))
    table.add(endpoint)
    call.region.set_tags(arn, tags)
    endpoint_logs.add_endpoint(call.region, endpoint)
    return {"EndpointArn": arn}


def _deployment(call: Call, config: EndpointConfig, number: int, policy: dict[str, Any] | None) -> Deployment:
    """A configuration as it would be deployed now. ValidationException if a model of it is missing."""
    request = config.request
    return Deployment(
        number=number,
        config=request,
        variants=tuple(_variant(call, variant) for variant in request["ProductionVariants"]),
        shadows=tuple(_variant(call, variant) for variant in request.get("ShadowProductionVariants", ())),
        capture=request.get("DataCaptureConfig"),
        policy=policy,
        resolved=call.now,
    )


def _variant(call: Call, config: dict[str, Any]) -> Variant:
    images: tuple[str, ...] = ()
    if "ModelName" in config:
        model = call.region.models.get(config["ModelName"], call.now)
        if model is None:
            raise model_not_found(model_arn(call, config["ModelName"]))
        images = images_of(model)
    serverless = config.get("ServerlessConfig")
    count = None if serverless is not None else config.get("InitialInstanceCount", 1)
    return Variant(config["VariantName"], config, images, config["InitialVariantWeight"], count, serverless)


def _unhealthy(target: Deployment) -> str:
    """AWS's reason for an endpoint whose container does not answer."""
    return (
        f"The primary container for production variant {target.variants[0].name} did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )


def _check_quota(call: Call, target: Deployment, present: Deployment | None) -> None:
    """Refuse instances above the quota for `<instance type> for endpoint usage`; an update adds its growth."""
    quotas = call.world.settings.quotas
    if not quotas:
        return
    before = present.instances() if present is not None else {}
    for instance_type, count in target.instances().items():
        resource = f"{instance_type} for endpoint usage"
        limit = quotas.get(resource, quotas.get(instance_type))
        asked = count - before.get(instance_type, 0)
        used = 0 if limit is None else _instances_in_use(call, instance_type)
        if limit is not None and asked > 0 and used + asked > limit:
            raise errors.limit_exceeded(resource, limit, used, asked)


def _instances_in_use(call: Call, instance_type: str) -> int:
    """Instances of a type that endpoints have now, or grow to; those whose creation failed have none."""
    total = 0
    for endpoint in call.region.endpoints.ordered:
        stage = endpoint.at(call.now)
        if not endpoint.exists(call.now) or (stage.status == FAILED and stage.deployed is None):
            continue
        parts = (part for part in (stage.deployed, stage.target) if part is not None)
        total += max(part.instances().get(instance_type, 0) for part in parts)
    return total


def describe(call: Call) -> dict[str, Any]:
    """DescribeEndpoint."""
    endpoint = find_endpoint(call, call.params["EndpointName"], call.seen)
    return description(endpoint, endpoint.at(call.seen))


def _changeable(call: Call, endpoint: Endpoint) -> Stage:
    """The stage of an endpoint that is to be updated. ValidationException if it can't be now, or never again."""
    stage = endpoint.at(call.now)
    if not stage.at_rest:
        raise errors.validation(f'Cannot update in-progress endpoint "{endpoint.arn}".')
    if stage.status == FAILED:
        raise errors.validation(f'Cannot update failed endpoint "{endpoint.arn}".')
    return stage


def update(call: Call) -> dict[str, Any]:
    """UpdateEndpoint. The same configuration may be deployed again."""
    params = call.params
    endpoint = find_endpoint(call, params["EndpointName"], call.now)
    config = find_config(call, call.now)
    stage = _changeable(call, endpoint)
    old = stage.present
    policy = params.get("DeploymentConfig", old.policy if params.get("RetainDeploymentConfig") else None)
    number = max(part.number for s in endpoint.stages for part in (s.deployed, s.target) if part is not None)
    target = _deployment(call, config, number + 1, policy)
    if params.get("RetainAllVariantProperties"):
        excluded = {entry["VariantPropertyType"] for entry in params.get("ExcludeRetainedVariantProperties", ())}
        target = _retained(target, old, excluded)
    _check_scaling(call, endpoint, target, old)
    _check_quota(call, target, old)
    _update(call, endpoint, target)
    return {"EndpointArn": endpoint.arn}


def _retained(target: Deployment, old: Deployment, excluded: set[str]) -> Deployment:
    """The new deployment with the old one's counts, weights and data capture, except what is excluded."""
    changes: dict[str, Variant] = {}
    for variant in target.all_variants:
        before = old.variant(variant.name)
        if before is None:
            continue
        kept = variant
        if "DesiredWeight" not in excluded:
            kept = replace(kept, weight=before.weight)
        if "DesiredInstanceCount" not in excluded and None not in (variant.count, before.count):
            kept = replace(kept, count=before.count)
        changes[variant.name] = kept
    capture = target.capture if "DataCaptureConfig" in excluded else old.capture
    return replace(target.changed(changes), capture=capture)


def _check_scaling(call: Call, endpoint: Endpoint, target: Deployment, old: Deployment) -> None:
    """Refuse another instance type for a scalable target (our wording); deregister variants that are removed."""
    for variant in old.all_variants:
        keys = [key for key in _scalable(endpoint, variant.name) if call.region.scaling.targets.get(key, call.now)]
        new = target.variant(variant.name)
        if keys and new is not None and new.instance_type != variant.instance_type:
            raise errors.validation(
                f"The variant {variant.name} is registered as a scalable target with Application Auto Scaling. "
                "Deregister it before you change its instance type.",
            )
    removed = [variant.name for variant in old.all_variants if target.variant(variant.name) is None]
    _deregister(call, endpoint, removed)


def _scalable(endpoint: Endpoint, variant: str) -> list[tuple[str, str]]:
    resource = f"endpoint/{endpoint.name}/variant/{variant}"
    return [(resource, dimension) for dimension in VARIANT_DIMENSIONS]


def _deregister(call: Call, endpoint: Endpoint, variants: list[str]) -> None:
    """Take away the scalable targets of variants that go. ValidationException if the caller may not do that."""
    scaling = call.region.scaling
    keys = [key for name in variants for key in _scalable(endpoint, name) if scaling.targets.get(key, call.now)]
    faults, wanted = call.world.faults, iam.deregistration(iam.Caller(call.region.account, call.region.name))
    denied = faults.is_denied("application-autoscaling", "DeregisterScalableTarget")
    if keys and (denied or faults.refused(call.access_key, call.region.name, [wanted])):
        raise errors.scalable_target_left()
    for key in keys:
        scaling.deregister(key, call.now)


def _update(call: Call, endpoint: Endpoint, target: Deployment, phase: str = "updating") -> None:
    plan = call.world.settings.endpoint_plan(endpoint.name, phase, endpoint.changes)
    stage = endpoint.at(call.now)
    endpoint.turn(call.now, endpoint_life.update(plan, stage, target, call.now, _unhealthy(target)))


def update_weights(call: Call) -> dict[str, Any]:
    """UpdateEndpointWeightsAndCapacities."""
    endpoint = find_endpoint(call, call.params["EndpointName"], call.now)
    old = _changeable(call, endpoint).present
    changes: dict[str, Variant] = {}
    for wanted in call.params["DesiredWeightsAndCapacities"]:
        name = wanted["VariantName"]
        variant = old.variant(name)
        if name in changes:
            raise errors.validation(f'The variant name "{name}" was non-unique within the request.')
        if variant is None:
            raise errors.validation(
                f'The variant name(s) "{name}" is/are not present within endpoint configuration "{old.config_name}".',
            )
        changes[name] = _resized(variant, wanted)
    target = old.changed(changes)
    _check_quota(call, target, old)
    _update(call, endpoint, target)
    return {"EndpointArn": endpoint.arn}


def _resized(variant: Variant, wanted: dict[str, Any]) -> Variant:
    serverless, count = variant.serverless, variant.count
    if serverless is not None:
        serverless = {**serverless, **wanted.get("ServerlessUpdateConfig", {})}
    else:
        count = wanted.get("DesiredInstanceCount", count)
    return replace(variant, weight=wanted.get("DesiredWeight", variant.weight), count=count, serverless=serverless)


def scale(call: Call, endpoint: Endpoint, variant: Variant) -> None:
    """What Application Auto Scaling does when a variant is outside of its limits: it changes the variant.

    The endpoint must be in service. Rules that let updates fail are for those that a user asks for, not for these.
    """
    _update(call, endpoint, endpoint.at(call.now).present.changed({variant.name: variant}), "scaling")


def delete(call: Call) -> dict[str, Any]:
    """DeleteEndpoint: it is Deleting for a while, then its name is free; its scalable targets go with it."""
    endpoint = find_endpoint(call, call.params["EndpointName"], call.now)
    stage = endpoint.at(call.now)
    if not stage.at_rest:
        raise errors.validation(f'Cannot update in-progress endpoint "{endpoint.arn}".')
    _deregister(call, endpoint, [variant.name for variant in stage.present.all_variants])
    plan = call.world.settings.endpoint_plan(endpoint.name, "deleting", endpoint.changes)
    endpoint.turn(call.now, endpoint_life.deletion(stage, call.now))
    endpoint.gone_at = call.now + plan.deleting
    call.region.drop_tags(endpoint.arn, endpoint.gone_at)
    return {}


def list_endpoints(call: Call) -> dict[str, Any]:
    """ListEndpoints."""
    page, token = list_page(
        call,
        call.region.endpoints,
        modified=lambda endpoint: endpoint.at(call.seen).start,
        status=lambda endpoint: endpoint.at(call.seen).status,
    )
    return {"Endpoints": [_summary(call, endpoint) for endpoint in page], "NextToken": token}


def _summary(call: Call, endpoint: Endpoint) -> dict[str, Any]:
    stage = endpoint.at(call.seen)
    return {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "CreationTime": round(endpoint.created, 3),
        "LastModifiedTime": round(stage.start, 3),
        "EndpointStatus": stage.status,
    }


OPERATIONS = {
    "CreateEndpoint": create,
    "DescribeEndpoint": describe,
    "UpdateEndpoint": update,
    "UpdateEndpointWeightsAndCapacities": update_weights,
    "DeleteEndpoint": delete,
    "ListEndpoints": list_endpoints,
}
