"""What IAM has to allow the operator, as one table: the calls it makes, and what AWS asks for on account of them.

The calls come from the kinds' table and from the modules that make them; what is named here beside that is held to the
source and to a recorded run by `tests/install/test_iam.py`. Pure: `packaging/iam/generate.py` writes policies of it.

Which resource types an action knows, and which further actions it asks for, is from AWS's Service Authorization
Reference (Amazon SageMaker, Application Auto Scaling, CloudWatch, CloudWatch Logs, IAM).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sagemaker_operator.scaling.calls import SERVICE as SCALING
from sagemaker_operator.spawning import listing
from smkube import kinds

EVERYTHING = "*"
"""The only resource of an action that knows none."""

_TYPES = {
    kinds.TRAINING_JOB.name: "training-job",
    kinds.PROCESSING_JOB.name: "processing-job",
    kinds.TUNING_JOB.name: "hyper-parameter-tuning-job",
    kinds.BATCH_TRANSFORM_JOB.name: "transform-job",
    kinds.MODEL.name: "model",
    kinds.ENDPOINT_CONFIG.name: "endpoint-config",
    kinds.HOSTING_DEPLOYMENT.name: "endpoint",
}
"""Resource types of the SageMaker kinds, as in their ARNs."""

_SPAWNED = {kinds.TUNING_JOB.name: (kinds.TRAINING_JOB,)}
"""Kinds of which the operator makes objects for what SageMaker has created: all is done for them but the creation."""
_CHILDREN = {kinds.HOSTING_DEPLOYMENT.name: (kinds.MODEL, kinds.ENDPOINT_CONFIG)}
"""Kinds of which the operator makes objects that it then creates at SageMaker."""

_PASSING = (kinds.TRAINING_JOB, kinds.PROCESSING_JOB, kinds.TUNING_JOB, kinds.MODEL, kinds.ENDPOINT_CONFIG)
"""Kinds whose Create hands a role over."""

LINKED_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
LINKED_ROLE = f"aws-service-role/{LINKED_SERVICE}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"

_REGISTERED = (
    *("RegisterScalableTarget", "DeregisterScalableTarget", "PutScalingPolicy", "DeleteScalingPolicy"),
    *("PutScheduledAction", "DeleteScheduledAction"),
)
"""Calls that change a scalable target; they know its namespace."""
_DESCRIBED = ("DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScheduledActions")
_TAGGED = ("TagResource", "UntagResource", "ListTagsForResource")


@dataclass(frozen=True, slots=True)
class Right:
    """One action on resources.

    Attributes:
        action: IAM action.
        resource: ARN with `{partition}`, `{region}` and `{account}` to be filled in, or EVERYTHING.
        key: condition key whose value has to be `value`; empty for no condition.
        value: see `key`.
        implied: why AWS asks for it although the operator does not call it; empty for a call of the operator's.
    """

    action: str
    resource: str
    key: str = ""
    value: str = ""
    implied: str = ""


def of_kinds(chosen: Iterable[kinds.Kind]) -> list[Right]:
    """The rights that some kinds take, each once, in a fixed order.

    What the operator makes further objects of is taken in: the training jobs of a tuning job, and a deployment's models
    and configurations.
    """
    given = set(chosen)
    wanted = given | {child for kind in given for child in _CHILDREN.get(kind.name, ())}
    followed = {child for kind in wanted for child in _SPAWNED.get(kind.name, ())} - wanted
    rights: dict[Right, None] = {}
    for kind in kinds.ALL:
        if kind in wanted:
            rights |= dict.fromkeys(_of_kind(kind))
        elif kind in followed:
            rights |= dict.fromkeys(right for right in _of_kind(kind) if not _creates(kind, right))
    return list(rights)


def _creates(kind: kinds.Kind, right: Right) -> bool:
    return right.action in (f"sagemaker:{kind.api.create}", "iam:PassRole")


def _of_kind(kind: kinds.Kind) -> Iterator[Right]:
    if kind.family is kinds.Family.SCALING:
        yield from _scaling()
        return
    own = _sagemaker(_TYPES[kind.name])
    api = kind.api
    for operation in (api.create, api.describe, api.update, api.stop, api.delete):
        if operation:
            yield Right(f"sagemaker:{operation}", own)
    for operation in ("AddTags", "ListTags", "DeleteTags"):
        yield Right(f"sagemaker:{operation}", own)
    yield Right(f"sagemaker:{api.list}", EVERYTHING)
    yield from _special(kind, own)
    if kind.log_group:
        yield from _logs(kind.log_group)
    if kind in _PASSING:
        yield pass_role("role/*")


def pass_role(roles: str) -> Right:
    """Handing a role over to SageMaker, and to nobody else.

    Args:
        roles: `role/<path and name>`, with `*` for any, or whole ARNs.
    """
    resource = roles if roles.startswith("arn:") else f"arn:{{partition}}:iam::{{account}}:{roles}"
    reason = "a job, a model or a configuration runs with the role that its spec names"
    return Right("iam:PassRole", resource, "iam:PassedToService", "sagemaker.amazonaws.com", implied=reason)


def _special(kind: kinds.Kind, own: str) -> Iterator[Right]:
    api = kind.api
    if kind is kinds.TRAINING_JOB:
        for type_ in ("training-plan", "reserved-capacity"):
            reason = "a spec may name a training plan, whose capacity the job then runs on"
            yield Right(f"sagemaker:{api.create}", _sagemaker(type_), implied=reason)
    if kind is kinds.TUNING_JOB:
        yield Right(f"sagemaker:{listing.OPERATION}", own)
    if kind is kinds.HOSTING_DEPLOYMENT:
        for operation in (api.create, api.update):
            yield Right(f"sagemaker:{operation}", _sagemaker(_TYPES[kinds.ENDPOINT_CONFIG.name]))
        reason = "SageMaker takes away the targets of an endpoint that is deleted, or loses a variant, in our name"
        yield _registered("DeregisterScalableTarget", implied=reason)


def _logs(group: str) -> Iterator[Right]:
    """The last lines of what has failed, for the Event; see `failurelog`."""
    for operation in ("DescribeLogStreams", "GetLogEvents"):
        yield Right(f"logs:{operation}", log_group(group))


def of_queue(name: str) -> list[Right]:
    """What listening to a queue of events takes; deleting many messages at once asks for the right to delete one."""
    queue = f"arn:{{partition}}:sqs:{{region}}:{{account}}:{name}"
    return [Right("sqs:ReceiveMessage", queue), Right("sqs:DeleteMessage", queue)]


def log_group(group: str) -> str:
    """ARN of a log group with its streams; of all groups with this beginning if it ends in a slash."""
    return f"arn:{{partition}}:logs:{{region}}:{{account}}:log-group:{group}{'*' if group.endswith('/') else ':*'}"


def _scaling() -> Iterator[Right]:
    for operation in _REGISTERED:
        yield _registered(operation)
    for operation in _TAGGED:
        yield Right(f"{SCALING}:{operation}", _TARGETS)
    for operation in _DESCRIBED:
        yield Right(f"{SCALING}:{operation}", EVERYTHING)
    reason = "Application Auto Scaling looks at the endpoint and changes it in our name"
    for operation, type_ in (
        ("DescribeEndpoint", "endpoint"),
        ("DescribeEndpointConfig", "endpoint-config"),
        ("UpdateEndpointWeightsAndCapacities", "endpoint"),
    ):
        yield Right(f"sagemaker:{operation}", _sagemaker(type_), implied=reason)
    reason = "a target tracking policy makes its alarms in our name"
    alarms = "arn:{partition}:cloudwatch:{region}:{account}:alarm:TargetTracking*"
    yield Right("cloudwatch:PutMetricAlarm", alarms, implied=reason)
    yield Right("cloudwatch:DeleteAlarms", alarms, implied=reason)
    yield Right("cloudwatch:DescribeAlarms", EVERYTHING, implied=reason)
    yield Right(
        "iam:CreateServiceLinkedRole",
        f"arn:{{partition}}:iam::{{account}}:role/{LINKED_ROLE}",
        "iam:AWSServiceName",
        LINKED_SERVICE,
        implied="the first scalable target of an account makes the role of Application Auto Scaling",
    )


_TARGETS = f"arn:{{partition}}:{SCALING}:{{region}}:{{account}}:scalable-target/*"


def _registered(operation: str, implied: str = "") -> Right:
    return Right(f"{SCALING}:{operation}", _TARGETS, f"{SCALING}:service-namespace", "sagemaker", implied)


def _sagemaker(type_: str) -> str:
    return f"arn:{{partition}}:sagemaker:{{region}}:{{account}}:{type_}/*"
