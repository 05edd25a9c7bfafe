"""Application Auto Scaling: scaling policies and scheduled actions. They are kept and shown; they scale nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.standin import errors
from tests.standin.autoscaling import NAMESPACE, check_dimension, check_kind, cut, identity, key_of, words
from tests.standin.autoscaling_state import Part, PartKey

if TYPE_CHECKING:
    from tests.standin.autoscaling_state import Shelf
    from tests.standin.world import Call

CONFIGURATIONS = {
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
    "StepScaling": "StepScalingPolicyConfiguration",
    "PredictiveScaling": "PredictiveScalingPolicyConfiguration",
}
_METRICS = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
_ACTION_MEMBERS = ("Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction")
_SCHEDULE = re.compile(r"(?:at|rate|cron)\([^()]+\)")


def _check_target(call: Call) -> None:
    check_kind(call)
    if call.region.scaling.targets.get(key_of(call), call.now) is None:
        raise errors.object_not_found(f"No scalable target registered for {words(call)}")


def _key(call: Call, name_member: str) -> PartKey:
    return (*key_of(call), call.params[name_member])


def _arn(call: Call, kind: str, name_kind: str, name: str) -> str:
    region = call.region
    resource, dimension = key_of(call)
    number = identity(call, kind, resource, dimension, name)
    return (
        f"arn:{errors.partition(region.name)}:autoscaling:{region.name}:{region.account}:{kind}:{number}:"
        f"resource/{NAMESPACE}/{resource}:{name_kind}/{name}"
    )


def put_policy(call: Call) -> dict[str, Any]:
    """PutScalingPolicy: makes a policy or replaces one of the same name, also by another type."""
    params, shelf = call.params, call.region.scaling.policies
    _check_target(call)
    key = _key(call, "PolicyName")
    old = shelf.get(key, call.now)
    kind = params.get("PolicyType", old.values["PolicyType"] if old is not None else None)
    if kind is None:
        raise errors.validation("PolicyType is required when a scaling policy is created.")
    member = CONFIGURATIONS[kind]
    others = [name for name in CONFIGURATIONS.values() if name != member and name in params]
    if others or member not in params:
        raise errors.validation(f"A policy of type {kind} needs {member} and no other configuration.")
    if kind == "TargetTrackingScaling":
        _check_tracking(call, key, params[member])
    policy = _part(call, old, key, "scalingPolicy", "policyName")
    values = {"PolicyType": kind, member: params[member], "Alarms": _alarms(call, policy, kind)}
    policy = replace(policy, values=values)
    shelf.put(key, policy, call.now)
    return {"PolicyARN": policy.arn, "Alarms": policy.values["Alarms"]}


def _part(call: Call, old: Part | None, key: PartKey, kind: str, name_kind: str) -> Part:
    """The part that is there, or a new one."""
    if old is not None:
        return old
    number = call.region.scaling.next_number()
    return Part(*key, _arn(call, kind, name_kind, key[2]), number, call.now, {})


def _check_tracking(call: Call, key: PartKey, configuration: dict[str, Any]) -> None:
    """One metric, and no other policy of the target for the same one; the text of the latter is AWS's."""
    named = [member for member in _METRICS if member in configuration]
    if len(named) != 1:
        raise errors.validation(
            "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification is needed."
        )
    for policy in _of_target(call.region.scaling.policies, key, call.now):
        other = policy.values.get(CONFIGURATIONS["TargetTrackingScaling"])
        if policy.name != key[2] and other and other.get(named[0]) == configuration[named[0]]:
            raise errors.validation(
                "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
            )


def _of_target(shelf: Shelf[PartKey, Part], key: PartKey, now: float) -> list[Part]:
    found = (shelf.get(other, now) for other in shelf.keys(now) if other[:2] == key[:2])
    return [part for part in found if part is not None]


def _alarms(call: Call, policy: Part, kind: str) -> list[dict[str, str]]:
    """The alarms that AWS makes for target tracking: one each way. Of step scaling the user makes them."""
    if kind != "TargetTrackingScaling":
        return []
    if policy.values.get("Alarms"):
        made: list[dict[str, str]] = policy.values["Alarms"]
        return made
    region = call.region
    names = [
        f"TargetTracking-{policy.resource}-{way}-{identity(call, way, *policy.target, policy.name)}"
        for way in ("AlarmHigh", "AlarmLow")
    ]
    prefix = f"arn:{errors.partition(region.name)}:cloudwatch:{region.name}:{region.account}:alarm:"
    return [{"AlarmName": name, "AlarmARN": f"{prefix}{name}"} for name in names]


def describe_policies(call: Call) -> dict[str, Any]:
    """DescribeScalingPolicies, ten on a page at most, as AWS's reference says."""
    found = _described(call, call.region.scaling.policies, "PolicyNames")
    page, token = cut(call, found, 10)
    policies = [{**_head(part), "PolicyName": part.name, "PolicyARN": part.arn, **part.values} for part in page]
    return {"ScalingPolicies": policies, "NextToken": token}


def _described(call: Call, shelf: Shelf[PartKey, Part], names_member: str) -> list[Part]:
    """The parts that a Describe request asks for."""
    params = call.params
    check_dimension(call, "ResourceId")
    names = params.get(names_member)
    return [
        part
        for part in (shelf.all(call.seen) if params["ServiceNamespace"] == NAMESPACE else ())
        if (not names or part.name in names)
        and params.get("ResourceId") in (None, part.resource)
        and params.get("ScalableDimension") in (None, part.dimension)
    ]


def _head(part: Part) -> dict[str, Any]:
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": part.resource,
        "ScalableDimension": part.dimension,
        "CreationTime": round(part.created, 3),
    }


def delete_policy(call: Call) -> dict[str, Any]:
    """DeleteScalingPolicy."""
    _delete(call, call.region.scaling.policies, "PolicyName", "scaling policy", "policy name")
    return {}


def _delete(call: Call, shelf: Shelf[PartKey, Part], member: str, noun: str, name_noun: str) -> None:
    key = _key(call, member)
    if shelf.get(key, call.now) is None:
        raise errors.object_not_found(f"No {noun} found for {words(call)}, {name_noun}: {key[2]}")
    shelf.put(key, None, call.now)


def put_action(call: Call) -> dict[str, Any]:
    """PutScheduledAction: makes an action or changes one; members that are left out stay as they are."""
    params, shelf = call.params, call.region.scaling.actions
    _check_target(call)
    key = _key(call, "ScheduledActionName")
    old = shelf.get(key, call.now)
    action = _part(call, old, key, "scheduledAction", "scheduledActionName")
    values = {**action.values, **{name: params[name] for name in _ACTION_MEMBERS if name in params}}
    if not _SCHEDULE.fullmatch(values.get("Schedule", "")):
        raise errors.validation("A scheduled action needs a Schedule such as at(...), rate(...) or cron(...).")
    limits = values.get("ScalableTargetAction", {})
    if not limits:
        raise errors.validation("A scheduled action needs a MinCapacity or a MaxCapacity.")
    if limits.get("MinCapacity", 0) > limits.get("MaxCapacity", limits.get("MinCapacity", 0)):
        raise errors.validation("The MinCapacity of a scheduled action must not be greater than its MaxCapacity.")
    shelf.put(key, replace(action, values=values), call.now)
    return {}


def describe_actions(call: Call) -> dict[str, Any]:
    """DescribeScheduledActions."""
    found = _described(call, call.region.scaling.actions, "ScheduledActionNames")
    page, token = cut(call, found, 50)
    actions = [
        {**_head(part), "ScheduledActionName": part.name, "ScheduledActionARN": part.arn, **part.values}
        for part in page
    ]
    return {"ScheduledActions": actions, "NextToken": token}


def delete_action(call: Call) -> dict[str, Any]:
    """DeleteScheduledAction."""
    _delete(call, call.region.scaling.actions, "ScheduledActionName", "scheduled action", "scheduled action name")
    return {}


OPERATIONS = {
    "PutScalingPolicy": put_policy,
    "DescribeScalingPolicies": describe_policies,
    "DeleteScalingPolicy": delete_policy,
    "PutScheduledAction": put_action,
    "DescribeScheduledActions": describe_actions,
    "DeleteScheduledAction": delete_action,
}
