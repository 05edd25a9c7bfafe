"""What a HostingAutoscalingPolicy asks of Application Auto Scaling, request by request. Pure.

One object stands for a scalable target, a scaling policy and scheduled actions at each of its resources. What the spec
leaves out has the original operator's defaults; nothing is written back into the spec.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_operator.mapping import request

Request = dict[str, Any]

KIND = "HostingAutoscalingPolicy"
NAMESPACE = "sagemaker"
INSTANCES = "sagemaker:variant:DesiredInstanceCount"
COPIES = "sagemaker:inference-component:DesiredCopyCount"
POLICY_NAME = "SageMakerEndpointInvocationScalingPolicy"
TARGET_TRACKING, STEP, PREDICTIVE = "TargetTrackingScaling", "StepScaling", "PredictiveScaling"

CONFIGURATIONS = {
    "targetTrackingScalingPolicyConfiguration": TARGET_TRACKING,
    "stepScalingPolicyConfiguration": STEP,
    "predictiveScalingPolicyConfiguration": PREDICTIVE,
}
"""Policy type of each field that configures a policy."""

_COMPONENT = "inference-component"
_FLAGS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


class ScalingError(ValueError):
    """The spec of a HostingAutoscalingPolicy cannot be carried out; the text is for the user."""


def resource_ids(spec: Mapping[str, Any]) -> list[str]:
    """Application Auto Scaling's names of the resources, each once and in the given order.

    `endpoint/<endpoint>/variant/<variant>` or `inference-component/<component>`.

    Raises:
        ScalingError: an entry of `resourceId` names neither a variant of an endpoint nor an inference component.
    """
    return list(dict.fromkeys(_resource_id(each) for each in spec.get("resourceId") or []))


def scalable_dimension(spec: Mapping[str, Any], resource_id: str) -> str:
    """What is scaled: the spec's dimension where it is one of such a resource, else the resource's usual one."""
    component = resource_id.startswith(f"{_COMPONENT}/")
    given = str(spec.get("scalableDimension") or "")
    fits = given and given.startswith(f"{NAMESPACE}:{_COMPONENT}:") == component
    return given if fits else COPIES if component else INSTANCES


def policy_name(spec: Mapping[str, Any]) -> str:
    """Name of the scaling policy."""
    return spec.get("policyName") or POLICY_NAME


def policy_type(spec: Mapping[str, Any]) -> str:
    """The type of the policy: the spec's word, else that of the one configuration given, else target tracking."""
    given = [of_type for name, of_type in CONFIGURATIONS.items() if spec.get(name)]
    return spec.get("policyType") or (given[0] if len(given) == 1 else TARGET_TRACKING)


def tags(spec: Mapping[str, Any]) -> dict[str, str]:
    """The spec's tags as the map that Application Auto Scaling takes; of equal keys the last counts."""
    return {tag.get("key") or "": tag.get("value") or "" for tag in spec.get("tags") or []}


def target_key(spec: Mapping[str, Any], resource_id: str) -> Request:
    """The three parameters by which every operation of Application Auto Scaling names a scalable target."""
    return {
        "ServiceNamespace": spec.get("serviceNamespace") or NAMESPACE,
        "ResourceId": resource_id,
        "ScalableDimension": scalable_dimension(spec, resource_id),
    }


def register_request(spec: Mapping[str, Any], resource_id: str, new_tags: Mapping[str, str] | None = None) -> Request:
    """The parameters of RegisterScalableTarget, as boto3 takes them.

    Args:
        spec: the policy's spec.
        resource_id: one of `resource_ids`.
        new_tags: tags for a target that does not exist yet; AWS takes them for such a one only.
    """
    parameters = request.some_members(KIND, spec, ("minCapacity", "maxCapacity", "roleARN", "suspendedState"))
    suspended = {**dict.fromkeys(_FLAGS, False), **parameters.get("SuspendedState", {})}
    tagged = {"Tags": dict(new_tags)} if new_tags else {}
    return {**target_key(spec, resource_id), **parameters, "SuspendedState": suspended, **tagged}


def put_policy_request(spec: Mapping[str, Any], resource_id: str) -> Request | None:
    """The parameters of PutScalingPolicy, as boto3 takes them; None when the spec has scheduled actions only.

    Args:
        spec: the policy's spec.
        resource_id: one of `resource_ids`.

    Raises:
        ScalingError: there is no configuration for the type of the policy, or one for another type.
    """
    given = {name: of_type for name, of_type in CONFIGURATIONS.items() if spec.get(name)}
    if not given and spec.get("scheduledActions"):
        return None
    wanted = policy_type(spec)
    if set(given.values()) != {wanted}:
        fields = [name for name, of_type in CONFIGURATIONS.items() if of_type == wanted]
        needed = f"{fields[0]}, and no other configuration" if fields else f"one of {', '.join(CONFIGURATIONS)}"
        raise ScalingError(f"a policy of type {wanted} needs {needed}")
    return {
        **target_key(spec, resource_id),
        "PolicyName": policy_name(spec),
        "PolicyType": wanted,
        **request.some_members(KIND, spec, tuple(given)),
    }


def scheduled_action_requests(spec: Mapping[str, Any], resource_id: str) -> list[Request]:
    """The parameters of PutScheduledAction for each scheduled action, as boto3 takes them; times are RFC 3339 texts.

    Args:
        spec: the policy's spec.
        resource_id: one of `resource_ids`.
    """
    actions = request.some_members(KIND, spec, ("scheduledActions",)).get("ScheduledActions", [])
    return [{**target_key(spec, resource_id), **action} for action in actions]


def check(spec: Mapping[str, Any]) -> None:
    """Everything that the functions above check, before anything is sent.

    Raises:
        ScalingError: as they do, or `resourceId` is empty.
    """
    found = resource_ids(spec)
    if not found:
        raise ScalingError("resourceId needs at least one entry")
    put_policy_request(spec, found[0])


def _resource_id(entry: Mapping[str, Any]) -> str:
    component = entry.get("inferenceComponentName")
    endpoint, variant = entry.get("endpointName"), entry.get("variantName")
    if component and not endpoint and not variant:
        return f"{_COMPONENT}/{component}"
    if endpoint and variant and not component:
        return f"endpoint/{endpoint}/variant/{variant}"
    raise ScalingError("each entry of resourceId needs endpointName and variantName, or inferenceComponentName alone")
