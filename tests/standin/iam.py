"""IAM in small: what a policy allows, and what the services ask it for when they are called.

Only what identity policies of this project's own need: Allow statements, `*` and `?` in actions and resources, and
StringEquals. Which action asks for which resources and for which further actions is from AWS's Service Authorization
Reference; that Application Auto Scaling acts in the caller's name is from its user guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.standin.errors import partition

Statement = Mapping[str, Any]
LINKED = "sagemaker.application-autoscaling.amazonaws.com"
_SCALING = "application-autoscaling"

_TYPES = {
    "TrainingJob": "training-job",
    "ProcessingJob": "processing-job",
    "HyperParameterTuningJob": "hyper-parameter-tuning-job",
    "TransformJob": "transform-job",
    "Model": "model",
    "EndpointConfig": "endpoint-config",
    "Endpoint": "endpoint",
}
"""Resource types by the word in an operation; the member for the name is that word and `Name`."""
_LISTS_OF_ONE = "ListTrainingJobsForHyperParameterTuningJob"


@dataclass(frozen=True, slots=True)
class Demand:
    """What a call asks IAM for.

    Attributes:
        action: IAM action.
        resource: ARN, or `*` where the action knows no resources.
        context: condition keys and their values.
    """

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """An identity policy."""

    statements: tuple[Statement, ...]

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Policy:
        """From JSON. ValueError for what is not played here, so that nothing is allowed by mistake."""
        for statement in document["Statement"]:
            unknown = set(statement) - {"Sid", "Effect", "Action", "Resource", "Condition"}
            if unknown or statement["Effect"] != "Allow" or set(statement.get("Condition", ())) - {"StringEquals"}:
                raise ValueError(f"a statement that is not played: {statement}")
        return cls(tuple(document["Statement"]))

    def allows(self, demand: Demand) -> bool:
        """Whether a statement allows it."""
        return any(_fits(statement, demand) for statement in self.statements)


def _fits(statement: Statement, demand: Demand) -> bool:
    conditions = statement.get("Condition", {}).get("StringEquals", {})
    return (
        any(_matches(pattern, demand.action, re.IGNORECASE) for pattern in _each(statement["Action"]))
        and any(_matches(pattern, demand.resource) for pattern in _each(statement["Resource"]))
        and all(demand.context.get(key) in _each(values) for key, values in conditions.items())
    )


def _each(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def _matches(pattern: str, text: str, flags: int = 0) -> bool:
    """Whether a text fits a pattern of IAM's; `*` stands for any text, slashes and colons too."""
    regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(regex, text, flags | re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose resources they are."""

    account: str
    region: str

    def arn(self, service: str, rest: str) -> str:
        """An ARN of this account and region; IAM's have no region."""
        region = "" if service == "iam" else self.region
        return f"arn:{partition(self.region)}:{service}:{region}:{self.account}:{rest}"


def demands(caller: Caller, service: str, operation: str, params: Mapping[str, Any]) -> Iterator[Demand]:
    """What a call asks for: for itself, and for what is done in the caller's name on account of it."""
    if service == "sagemaker":
        yield from _of_sagemaker(caller, operation, params)
    elif service == _SCALING:
        yield from _of_scaling(caller, operation, params)
    elif service == "logs":
        group = f"log-group:{params.get('logGroupName', '')}"
        resource = f"{group}:log-stream:{params.get('logStreamName', '')}"
        yield Demand(f"logs:{operation}", "*" if operation == "DescribeLogGroups" else caller.arn("logs", resource))
    elif service == "sqs":
        # A batch asks for what its entries do.
        queue = str(params.get("QueueUrl") or params.get("QueueName") or "").rstrip("/").rpartition("/")[2]
        yield Demand(f"sqs:{operation.removesuffix('Batch')}", caller.arn("sqs", queue))
    elif service == "iam":
        yield Demand(f"iam:{operation}", caller.arn("iam", f"role/{params.get('RoleName', '')}"))


# --- SageMaker ---------------------------------------------------------------------------------------------------


def _of_sagemaker(caller: Caller, operation: str, params: Mapping[str, Any]) -> Iterator[Demand]:
    action = f"sagemaker:{operation}"
    if operation in ("AddTags", "ListTags", "DeleteTags"):
        yield Demand(action, str(params.get("ResourceArn", "")))
        return
    if operation.startswith("List") and operation != _LISTS_OF_ONE:
        yield Demand(action, "*")
        return
    word = max((word for word in _TYPES if operation.endswith(word)), key=len, default="")
    own = caller.arn("sagemaker", f"{_TYPES.get(word, '')}/{str(params.get(f'{word}Name', '')).lower()}")
    yield Demand(action, own)
    if operation in ("CreateEndpoint", "UpdateEndpoint"):
        yield Demand(action, caller.arn("sagemaker", f"endpoint-config/{params.get('EndpointConfigName', '')}".lower()))
    if params.get("Tags"):
        yield Demand("sagemaker:AddTags", own)
    for role in _roles(params):
        yield Demand("iam:PassRole", role, {"iam:PassedToService": "sagemaker.amazonaws.com"})
    for plan in _values(params, "TrainingPlanArn") if operation == "CreateTrainingJob" else ():
        yield Demand(action, plan)


def _roles(params: Mapping[str, Any]) -> set[str]:
    return {role for member in ("RoleArn", "ExecutionRoleArn") for role in _values(params, member)}


def _values(value: Any, member: str) -> Iterator[str]:
    """All texts of a member, at any depth."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == member and isinstance(inner, str):
                yield inner
            yield from _values(inner, member)
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner, member)


# --- Application Auto Scaling ------------------------------------------------------------------------------------


def deregistration(caller: Caller) -> Demand:
    """What a change of an endpoint asks for that takes a scalable target away."""
    return _change(caller, "DeregisterScalableTarget")


def _of_scaling(caller: Caller, operation: str, params: Mapping[str, Any]) -> Iterator[Demand]:
    if operation in ("TagResource", "UntagResource", "ListTagsForResource"):
        yield Demand(f"{_SCALING}:{operation}", str(params.get("ResourceARN", "")))
        return
    if operation.startswith("Describe"):
        yield Demand(f"{_SCALING}:{operation}", "*")
        return
    yield _change(caller, operation)
    if operation == "RegisterScalableTarget":
        yield from _registration(caller, params)
    if params.get("PolicyType") == "TargetTrackingScaling" or operation == "DeleteScalingPolicy":
        yield from _alarms(caller, str(params.get("ResourceId", "")), written=operation == "PutScalingPolicy")


def _change(caller: Caller, operation: str) -> Demand:
    target = caller.arn(_SCALING, "scalable-target/0123456789abcdef")
    return Demand(f"{_SCALING}:{operation}", target, {f"{_SCALING}:service-namespace": "sagemaker"})


def _registration(caller: Caller, params: Mapping[str, Any]) -> Iterator[Demand]:
    if params.get("Tags"):
        yield Demand(f"{_SCALING}:TagResource", caller.arn(_SCALING, "scalable-target/0123456789abcdef"))
    endpoint = str(params.get("ResourceId", "")).partition("endpoint/")[2].partition("/")[0]
    for operation in ("DescribeEndpoint", "UpdateEndpointWeightsAndCapacities"):
        yield Demand(f"sagemaker:{operation}", caller.arn("sagemaker", f"endpoint/{endpoint}"))
    yield Demand("sagemaker:DescribeEndpointConfig", caller.arn("sagemaker", "endpoint-config/of-the-endpoint"))
    role = f"role/aws-service-role/{LINKED}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    yield Demand("iam:CreateServiceLinkedRole", caller.arn("iam", role), {"iam:AWSServiceName": LINKED})


def _alarms(caller: Caller, resource: str, *, written: bool) -> Iterator[Demand]:
    """Alarms are called `TargetTracking-<resource>-AlarmHigh-<UUID>` and so on."""
    alarm = caller.arn("cloudwatch", f"alarm:TargetTracking-{resource}-AlarmHigh-0")
    yield Demand("cloudwatch:DescribeAlarms", "*")
    yield Demand("cloudwatch:PutMetricAlarm" if written else "cloudwatch:DeleteAlarms", alarm)
