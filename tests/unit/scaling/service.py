"""Application Auto Scaling as far as the operator can tell: targets, policies and scheduled actions, written over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from smkube.errors import AwsError

Key = tuple[str, str]
Values = dict[str, Any]
_TRACKING = "TargetTrackingScalingPolicyConfiguration"


@dataclass
class Scaling:
    """One account.

    Args:
        in_service: resources that can be registered; None for all.
        refuses: texts of a request that are refused, with AWS's code and message.
        page: policies and actions on a page.
    """

    in_service: set[str] | None = None
    refuses: dict[str, tuple[str, str]] = field(default_factory=dict)
    page: int = 10
    targets: dict[Key, Values] = field(default_factory=dict)
    policies: dict[tuple[str, str, str], Values] = field(default_factory=dict)
    actions: dict[tuple[str, str, str], Values] = field(default_factory=dict)
    bare: list[Key] = field(default_factory=list)
    """Targets that were left without a policy at some moment, though still registered."""

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Values:
        """The answer of an operation."""
        assert parameters.get("ServiceNamespace", "sagemaker") == "sagemaker"
        text = f"{operation} {dict(parameters)}"
        for value, (code, message) in self.refuses.items():
            if value in text:
                raise AwsError(operation, code, message, status=400)
        if operation == "DescribeScalableTargets":
            ids = parameters["ResourceIds"]
            assert len(ids) <= 50
            return {"ScalableTargets": [self._shown(key) for key in self.targets if key[0] in ids]}
        if operation.endswith(("Tags", "TagResource", "TagsForResource", "UntagResource")):
            return self._tag(operation, parameters)
        key = (parameters["ResourceId"], parameters["ScalableDimension"])
        if operation.startswith("Describe"):
            return self._list(operation, key, parameters)
        if operation == "RegisterScalableTarget":
            return self._register(operation, key, parameters)
        if key not in self.targets:
            raise AwsError(operation, "ObjectNotFoundException", "No scalable target registered", status=400)
        return self._write(operation, key, parameters)

    def _shown(self, key: Key) -> Values:
        values = {name: value for name, value in self.targets[key].items() if name != "Tags"}
        return {"ResourceId": key[0], "ScalableDimension": key[1], "ScalableTargetARN": "/".join(key), **values}

    def _list(self, operation: str, key: Key, parameters: Mapping[str, Any]) -> Values:
        shelf, member, name = {
            "DescribeScalingPolicies": (self.policies, "ScalingPolicies", "PolicyName"),
            "DescribeScheduledActions": (self.actions, "ScheduledActions", "ScheduledActionName"),
        }[operation]
        found = [{name: one[2], **values} for one, values in shelf.items() if one[:2] == key]
        begin = int(parameters.get("NextToken", "0"))
        more = {"NextToken": str(begin + self.page)} if begin + self.page < len(found) else {}
        return {member: found[begin : begin + self.page], **more}

    def _register(self, operation: str, key: Key, parameters: Mapping[str, Any]) -> Values:
        if self.in_service is not None and key[0] not in self.in_service:
            text = "The endpoint is Creating. The status should be in 'InService' to register it as a scalable target"
            raise AwsError(operation, "ValidationException", text, status=400)
        given = {name: parameters[name] for name in ("MinCapacity", "MaxCapacity") if name in parameters}
        new = {"SuspendedState": parameters["SuspendedState"], "RoleARN": "service-linked", **given}
        if key not in self.targets:
            new["Tags"] = dict(parameters.get("Tags", {}))
        self.targets[key] = {**self.targets.get(key, {}), **new}
        return {"ScalableTargetARN": "/".join(key)}

    def _write(self, operation: str, key: Key, parameters: Mapping[str, Any]) -> Values:
        own = {"ServiceNamespace", "ResourceId", "ScalableDimension", "PolicyName", "ScheduledActionName"}
        values = {name: value for name, value in parameters.items() if name not in own}
        if operation == "PutScalingPolicy":
            self._put_policy((*key, parameters["PolicyName"]), values)
        elif operation == "PutScheduledAction":
            self.actions[(*key, parameters["ScheduledActionName"])] = values
        elif operation == "DeleteScalingPolicy":
            self._take(operation, self.policies, (*key, parameters["PolicyName"]))
            if not any(one[:2] == key for one in self.policies):
                self.bare.append(key)
        elif operation == "DeleteScheduledAction":
            self._take(operation, self.actions, (*key, parameters["ScheduledActionName"]))
        else:
            assert operation == "DeregisterScalableTarget"
            del self.targets[key]
            for shelf in (self.policies, self.actions):
                for one in [one for one in shelf if one[:2] == key]:
                    del shelf[one]
        return {}

    def _put_policy(self, key: tuple[str, str, str], values: Values) -> None:
        others = [other for one, other in self.policies.items() if one[:2] == key[:2] and one != key]
        if _TRACKING in values and any(_metric(other) == _metric(values) for other in others):
            text = "Only one TargetTrackingScaling policy for a given metric specification is allowed."
            raise AwsError("PutScalingPolicy", "ValidationException", text, status=400)
        self.policies[key] = values

    def _take(self, operation: str, shelf: dict[tuple[str, str, str], Values], key: tuple[str, str, str]) -> None:
        if shelf.pop(key, None) is None:
            raise AwsError(operation, "ObjectNotFoundException", "No such thing", status=400)

    def _tag(self, operation: str, parameters: Mapping[str, Any]) -> Values:
        resource, _, dimension = str(parameters["ResourceARN"]).rpartition("/")
        tags = self.targets[resource, dimension].setdefault("Tags", {})
        if operation == "TagResource":
            tags.update(parameters["Tags"])
        elif operation == "UntagResource":
            for name in parameters["TagKeys"]:
                tags.pop(name, None)
        return {"Tags": dict(tags)}


def _metric(values: Values) -> Any:
    return values.get(_TRACKING, {}).get("PredefinedMetricSpecification")
