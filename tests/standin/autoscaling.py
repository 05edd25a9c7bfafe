"""Application Auto Scaling: scalable targets and their tags, and what registering one does to its endpoint."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.standin import endpoints, errors
from tests.standin.autoscaling_state import Target, TargetKey
from tests.standin.endpoint_life import IN_SERVICE
from tests.standin.errors import AwsError
from tests.standin.listing import decode_token, encode_token

if TYPE_CHECKING:
    from tests.standin.endpoint_life import Endpoint, Variant
    from tests.standin.world import Call

NAMESPACE = "sagemaker"
INSTANCES, CONCURRENCY = endpoints.VARIANT_DIMENSIONS
COPIES = "sagemaker:inference-component:DesiredCopyCount"
MOST_TAGS = 50
_SUSPENSIONS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


def key_of(call: Call) -> TargetKey:
    """The target that the request names."""
    return (call.params["ResourceId"], call.params["ScalableDimension"])


def words(call: Call) -> str:
    """How AWS names a target in its refusals."""
    params = call.params
    return (
        f"service namespace: {params['ServiceNamespace']}, resource ID: {params['ResourceId']}, "
        f"scalable dimension: {params['ScalableDimension']}"
    )


def identity(call: Call, kind: str, *names: str) -> str:
    """A UUID that depends on nothing but what was done so far."""
    text = "/".join((call.region.account, call.region.name, kind, *names, str(call.region.scaling.count)))
    return str(uuid.uuid5(uuid.NAMESPACE_URL, text))


def register(call: Call) -> dict[str, Any]:
    """RegisterScalableTarget: makes a target or changes one; members that are left out stay as they are."""
    params, scaling = call.params, call.region.scaling
    key = key_of(call)
    old = scaling.targets.get(key, call.now)
    check_kind(call)
    if old is None and not {"MinCapacity", "MaxCapacity"} <= set(params):
        raise errors.validation("MinCapacity and MaxCapacity are required when a scalable target is registered.")
    target = _target(call, old)
    if target.low > target.high:
        raise errors.validation(
            f"MinCapacity {target.low} must be less than or equal to MaxCapacity {target.high}.",
        )
    if target.low < 0:
        raise errors.validation("MinCapacity must be greater than or equal to 0.")
    found = None if key[1] == COPIES else _variant_in_service(call)
    scaling.targets.put(key, target, call.now)
    if old is None:
        scaling.tags[target.arn] = dict(params.get("Tags", {}))
    if found is not None:
        _bring_within(call, target, *found)
    return {"ScalableTargetARN": target.arn}


def check_kind(call: Call) -> None:
    """Refuse what is not SageMaker's, and a resource that does not fit its dimension."""
    resource, dimension = key_of(call)
    parts = resource.split("/")
    if dimension == COPIES:
        fits = len(parts) == 2 and parts[0] == "inference-component"
    else:
        fits = len(parts) == 4 and parts[0] == "endpoint" and parts[2] == "variant"
    if (
        call.params["ServiceNamespace"] != NAMESPACE
        or not dimension.startswith("sagemaker:")
        or not (fits and parts[-1])
    ):
        raise errors.validation("Unsupported service namespace, resource type or scalable dimension")


def _target(call: Call, old: Target | None) -> Target:
    params, region = call.params, call.region
    resource, dimension = key_of(call)
    partition = errors.partition(region.name)
    if old is None:
        number = region.scaling.next_number()
        arn = (
            f"arn:{partition}:application-autoscaling:{region.name}:{region.account}:scalable-target/"
            f"{identity(call, 'target', resource, dimension).replace('-', '')}"
        )
        role = (
            f"arn:{partition}:iam::{region.account}:role/aws-service-role/"
            "sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
        )
        old = Target(resource, dimension, arn, number, call.now, 0, 0, role, dict.fromkeys(_SUSPENSIONS, False))
    return replace(
        old,
        low=params.get("MinCapacity", old.low),
        high=params.get("MaxCapacity", old.high),
        suspended={**old.suspended, **params.get("SuspendedState", {})},
    )


def _variant_in_service(call: Call) -> tuple[Endpoint, Variant]:
    """The variant of the request's target.

    ValidationException if it is not there, or if its endpoint is not in service; the end of the latter's text is AWS's,
    and that of a missing endpoint is SageMaker's.
    """
    _, name, _, variant_name = call.params["ResourceId"].split("/")
    endpoint = endpoints.find_endpoint(call, name, call.now)
    stage = endpoint.at(call.now)
    if stage.status != IN_SERVICE:
        raise errors.validation(
            f"The endpoint '{name}' is in '{stage.status}' status. "
            "The status should be in 'InService' to register it as a scalable target",
        )
    variant = stage.present.variant(variant_name)
    if variant is None:
        raise errors.validation(f'Could not find variant "{variant_name}" of endpoint "{endpoint.arn}".')
    if (variant.serverless is None) != (call.params["ScalableDimension"] == INSTANCES):
        raise errors.validation(f"The variant {variant_name} can't be scaled by {call.params['ScalableDimension']}.")
    return endpoint, variant


def _bring_within(call: Call, target: Target, endpoint: Endpoint, variant: Variant) -> None:
    """Scale a variant that is outside of its target's limits, unless that direction is suspended."""
    serverless = variant.serverless
    present = (variant.count or 0) if serverless is None else serverless.get("ProvisionedConcurrency", 0)
    wanted = min(max(present, target.low), target.high)
    direction = "DynamicScalingOutSuspended" if wanted > present else "DynamicScalingInSuspended"
    if wanted == present or target.suspended[direction]:
        return
    if serverless is None:
        endpoints.scale(call, endpoint, replace(variant, count=wanted))
    else:
        endpoints.scale(call, endpoint, replace(variant, serverless={**serverless, "ProvisionedConcurrency": wanted}))


def deregister(call: Call) -> dict[str, Any]:
    """DeregisterScalableTarget; its policies and scheduled actions go with it."""
    key = key_of(call)
    if call.region.scaling.targets.get(key, call.now) is None:
        raise errors.object_not_found(f"No scalable target found for {words(call)}")
    call.region.scaling.deregister(key, call.now)
    return {}


def describe_targets(call: Call) -> dict[str, Any]:
    """DescribeScalableTargets, in the order of registration."""
    params = call.params
    check_dimension(call, "ResourceIds")
    ids, dimension = params.get("ResourceIds"), params.get("ScalableDimension")
    found = [
        target
        for target in (call.region.scaling.targets.all(call.seen) if params["ServiceNamespace"] == NAMESPACE else ())
        if (not ids or target.resource in ids) and dimension in (None, target.dimension)
    ]
    page, token = cut(call, found, 50)
    return {"ScalableTargets": [_described(target) for target in page], "NextToken": token}


def _described(target: Target) -> dict[str, Any]:
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target.resource,
        "ScalableDimension": target.dimension,
        "MinCapacity": target.low,
        "MaxCapacity": target.high,
        "RoleARN": target.role,
        "CreationTime": round(target.created, 3),
        "SuspendedState": dict(target.suspended),
        "ScalableTargetARN": target.arn,
    }


def check_dimension(call: Call, member: str) -> None:
    """Refuse a dimension without a resource, which AWS's reference rules out; our wording."""
    if "ScalableDimension" in call.params and not call.params.get(member):
        raise errors.validation("If you specify a scalable dimension, you must also specify a resource ID.")


def cut(call: Call, items: list[Any], most: int) -> tuple[list[Any], str | None]:
    """A page of numbered items. ValidationException for a size outside of 1 to `most`, which is also the default."""
    size = call.params.get("MaxResults", most)
    if not 1 <= size <= most:
        bound = "greater than or equal to 1" if size < 1 else f"less than or equal to {most}"
        raise errors.validation(
            f"1 validation error detected: Value '{size}' at 'maxResults' failed to satisfy constraint: "
            f"Member must have value {bound}",
        )
    token = call.params.get("NextToken")
    if token:
        items = [item for item in items if item.number > _place(call, token)]
    page = items[:size]
    return page, encode_token(call.operation, page[-1].number) if len(items) > size else None


def _place(call: Call, token: str) -> int:
    try:
        return int(decode_token(call.operation, token))
    except (AwsError, TypeError, ValueError) as error:
        raise AwsError("InvalidNextTokenException", "The next token is not valid.") from error


def _tags(call: Call) -> dict[str, str]:
    arn = call.params["ResourceARN"]
    tags = call.region.scaling.tags.get(arn)
    if tags is None:
        raise errors.scaling_resource_not_found(arn)
    return tags


def tag(call: Call) -> dict[str, Any]:
    """TagResource: adds and overwrites tags of a scalable target."""
    tags = _tags(call)
    if len({*tags, *call.params["Tags"]}) > MOST_TAGS:
        raise AwsError("TooManyTagsException", f"A scalable target has at most {MOST_TAGS} tags.")
    tags.update(call.params["Tags"])
    return {}


def untag(call: Call) -> dict[str, Any]:
    """UntagResource; keys that are not there are no error."""
    tags = _tags(call)
    for key in call.params["TagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags(call: Call) -> dict[str, Any]:
    """ListTagsForResource."""
    return {"Tags": dict(_tags(call))}


OPERATIONS = {
    "RegisterScalableTarget": register,
    "DeregisterScalableTarget": deregister,
    "DescribeScalableTargets": describe_targets,
    "TagResource": tag,
    "UntagResource": untag,
    "ListTagsForResource": list_tags,
}
