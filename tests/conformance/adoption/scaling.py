"""What the Go operator leaves of scaling policies: objects with its defaults in their specs, and what is registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from smkube.kinds import AUTOSCALING_POLICY, FINALIZER
from tests.conformance import specs
from tests.conformance.adoption.estate import Estate
from tests.conformance.operator_scene import request_of
from tests.stack.waiting import until

NAME = "SageMakerEndpointInvocationScalingPolicy"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
NOT_APPLIED = (
    "Unable to apply HostingAutoscalingPolicy: hosting autoscaling policy was not applied, description is empty"
)
DEFAULTS: Mapping[str, Any] = {
    "policyName": NAME,
    "policyType": "TargetTrackingScaling",
    "serviceNamespace": "sagemaker",
    "scalableDimension": DIMENSION,
    "suspendedState": {
        "dynamicScalingInSuspended": False,
        "dynamicScalingOutSuspended": False,
        "scheduledScalingSuspended": False,
    },
}
"""What the Go operator wrote into the spec."""
_CUSTOM = {
    "targetValue": 60,
    "customizedMetricSpecification": {
        "metricName": "CPUUtilization",
        "namespace": "/aws/sagemaker/Endpoints",
        "statistic": "Average",
        "unit": "Percent",
        "dimensions": [{"name": "EndpointName", "value": "any"}, {"name": "VariantName", "value": "one"}],
    },
}


@dataclass(frozen=True)
class Scaled:
    """A HostingAutoscalingPolicy as the Go operator leaves it, and what is to become of it.

    Attributes:
        word: its status word.
        asked: how many variants its spec names.
        listed: how many its status names.
        targets: how many are registered.
        policies: how many of those have a policy.
        custom: its metric is the user's own.
        additional: its text.
        deleted: the user has deleted it.
        ends: the status word that it comes to; empty when it goes.
        calls: what the operator changes at AWS for it.
    """

    word: str
    asked: int = 1
    listed: int = 1
    targets: int = 1
    policies: int = 1
    custom: bool = False
    additional: str = ""
    deleted: bool = False
    ends: str = "Created"
    calls: tuple[str, ...] = ()


_APPLY, _DROP = ("RegisterScalableTarget", "PutScalingPolicy"), ("DeleteScalingPolicy", "DeregisterScalableTarget")

POLICIES: dict[str, Scaled] = {
    "applied": Scaled("Created"),
    "applied-two": Scaled("Created", 2, 2, 2, 2),
    "applied-custom": Scaled("Created", custom=True),
    "applied-unlisted": Scaled("Reconciling", listed=0),
    "troubled": Scaled("Error", listed=0, additional=NOT_APPLIED),
    "begun": Scaled("Reconciling", 1, 0, 0, 0, calls=_APPLY),
    "half": Scaled("Error", 1, 0, 1, 0, additional=NOT_APPLIED, calls=("PutScalingPolicy",)),
    "vanished": Scaled("Created", 1, 1, 0, 0, calls=_APPLY),
    "narrowed": Scaled("Created", 1, 2, 2, 2, calls=_DROP),
    "widened": Scaled("Created", 2, 1, 1, 1, calls=_APPLY),
    "deleted-applied": Scaled("Created", deleted=True, ends="", calls=_DROP),
    "deleted-two": Scaled("Created", 2, 2, 2, 2, deleted=True, ends="", calls=(*_DROP, *_DROP)),
    "deleted-begun": Scaled("Reconciling", 1, 0, 0, 0, deleted=True, ends=""),
    "deleted-half": Scaled("Error", 1, 0, 1, 0, deleted=True, ends="", additional=NOT_APPLIED, calls=_DROP[1:]),
    "deleted-gone": Scaled("Created", 1, 1, 0, 0, deleted=True, ends=""),
}


VARIANTS = ("one", "two")


def endpoint(name: str) -> str:
    """The endpoint of a policy, which somebody else looks after."""
    return f"scaled-{name}"


def resources(name: str) -> list[str]:
    """The variants of that endpoint as Application Auto Scaling calls them."""
    return [f"endpoint/{endpoint(name)}/variant/{variant}" for variant in VARIANTS]


def _serve(made: Estate, name: str) -> None:
    """Make the endpoint and wait until it serves."""
    client, own = made.scene.sagemaker(), endpoint(name)
    variant = {"ModelName": specs.MODEL, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    variants = [{**variant, "VariantName": each} for each in VARIANTS]
    client.create_endpoint_config(EndpointConfigName=own, ProductionVariants=variants)
    client.create_endpoint(EndpointName=own, EndpointConfigName=own)
    until(lambda: (made.scene.hosted("endpoints", own) or {}).get("status") == "InService", f"{own} in service")


def leave_policy(made: Estate, name: str, left: Scaled) -> None:
    """Write a policy, and register what it is to have registered."""
    scene = made.scene
    _serve(made, name)
    asked = [{"endpointName": endpoint(name), "variantName": variant} for variant in VARIANTS[: left.asked]]
    spec = specs.scaling(scene.region, resourceId=asked)
    if left.custom:
        spec["targetTrackingScalingPolicyConfiguration"] = _CUSTOM
    scene.apply(AUTOSCALING_POLICY, name, {**spec, **DEFAULTS}, finalizers=[FINALIZER])
    _register(made, resources(name), left, spec)
    shown = {
        "hostingAutoscalingPolicyStatus": left.word,
        "additional": left.additional,
        "policyName": NAME,
        "resourceIDList": resources(name)[: left.listed],
    }
    scene.patch(AUTOSCALING_POLICY, name, {"status": shown}, "status")
    if left.deleted:
        scene.delete(AUTOSCALING_POLICY, name)


def _register(made: Estate, names: Sequence[str], left: Scaled, spec: Mapping[str, Any]) -> None:
    client = made.scene.scaling()
    place = {"ServiceNamespace": "sagemaker", "ScalableDimension": DIMENSION}
    suspended = request_of(DEFAULTS["suspendedState"])
    for name in names[: left.targets]:
        client.register_scalable_target(
            **place,
            ResourceId=name,
            MinCapacity=spec["minCapacity"],
            MaxCapacity=spec["maxCapacity"],
            SuspendedState=suspended,
        )
    for name in names[: left.policies]:
        client.put_scaling_policy(
            **place,
            ResourceId=name,
            PolicyName=NAME,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=_tracking(spec["targetTrackingScalingPolicyConfiguration"]),
        )


def _tracking(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration as a request; dimensions stay a list there."""
    made: dict[str, Any] = dict(request_of(dict(configuration)))
    custom = configuration.get("customizedMetricSpecification")
    if custom:
        dimensions = [{"Name": one["name"], "Value": one["value"]} for one in custom["dimensions"]]
        made["CustomizedMetricSpecification"] = {**made["CustomizedMetricSpecification"], "Dimensions": dimensions}
    return made
