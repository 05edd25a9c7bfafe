"""How an endpoint is shown: the answer of DescribeEndpoint from its stage. Changes nothing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.standin.endpoint_life import Deployment, Endpoint, Stage, Variant

# Members of an endpoint configuration, and of a variant in it, that a description of the endpoint repeats.
_CONFIG_MEMBERS = ("AsyncInferenceConfig", "ExplainerConfig", "MetricsConfig", "CrossRegionTrafficConfig")
_VARIANT_MEMBERS = ("ManagedInstanceScaling", "RoutingConfig")
_PENDING_STATUS = {"Creating": "Creating", "Updating": "Creating", "RollingBack": "Deleting"}


def description(endpoint: Endpoint, stage: Stage) -> dict[str, Any]:
    """The answer of DescribeEndpoint. Variants are shown once they are deployed, before that as pending."""
    present = stage.present
    answer: dict[str, Any] = {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": present.config_name,
        "EndpointStatus": stage.status,
        "FailureReason": stage.reason or None,
        "CreationTime": endpoint.created,
        "LastModifiedTime": stage.start,
        "LastDeploymentConfig": present.policy,
        "DataCaptureConfig": _capture(present, stage),
        **{name: present.config[name] for name in _CONFIG_MEMBERS if name in present.config},
    }
    if stage.deployed is not None:
        answer["ProductionVariants"] = [_deployed(variant, stage) for variant in stage.deployed.variants]
        answer["ShadowProductionVariants"] = [_deployed(v, stage) for v in stage.deployed.shadows] or None
    if stage.pending is not None:
        answer["PendingDeploymentSummary"] = _pending(stage.pending, stage)
    return answer


def _filled(**values: Any) -> dict[str, Any]:
    """The values that are there."""
    return {name: value for name, value in values.items() if value is not None}


def _deployed(variant: Variant, stage: Stage) -> dict[str, Any]:
    """A variant that serves requests, and what it is being changed to where that is no new configuration."""
    present = stage.present
    target = stage.target if stage.pending is None and stage.target is not None else present
    wanted = target.variant(variant.name) or variant
    status = "Deleting" if stage.status == "Deleting" else "Updating" if wanted != variant else ""
    return _filled(
        VariantName=variant.name,
        DeployedImages=_images(variant, present.resolved),
        CurrentWeight=variant.weight,
        DesiredWeight=wanted.weight,
        CurrentInstanceCount=variant.count or 0,
        DesiredInstanceCount=wanted.count,
        CurrentServerlessConfig=variant.serverless,
        DesiredServerlessConfig=wanted.serverless if wanted != variant else None,
        VariantStatus=[{"Status": status, "StartTime": round(stage.start, 3)}] if status else None,
        **{name: variant.config[name] for name in _VARIANT_MEMBERS if name in variant.config},
    )


def _pending(deployment: Deployment, stage: Stage) -> dict[str, Any]:
    """PendingDeploymentSummary."""

    def summary(variant: Variant) -> dict[str, Any]:
        status = _PENDING_STATUS.get(stage.status)
        return _filled(
            VariantName=variant.name,
            DeployedImages=_images(variant, deployment.resolved),
            CurrentWeight=variant.weight,
            DesiredWeight=variant.weight,
            CurrentInstanceCount=0,
            DesiredInstanceCount=variant.count,
            InstanceType=variant.instance_type or None,
            CurrentServerlessConfig=variant.serverless,
            VariantStatus=[{"Status": status, "StartTime": round(stage.start, 3)}] if status else None,
            **{name: variant.config[name] for name in _VARIANT_MEMBERS if name in variant.config},
        )

    return _filled(
        EndpointConfigName=deployment.config_name,
        ProductionVariants=[summary(variant) for variant in deployment.variants],
        ShadowProductionVariants=[summary(variant) for variant in deployment.shadows] or None,
        StartTime=round(deployment.resolved, 3),
    )


def _images(variant: Variant, resolved: float) -> list[dict[str, Any]]:
    return [
        {"SpecifiedImage": image, "ResolvedImage": _resolved(image), "ResolutionTime": round(resolved, 3)}
        for image in variant.images
    ]


def _resolved(image: str) -> str:
    """An image by digest, the same for the same image."""
    repository = image.partition("@")[0]
    head, slash, tail = repository.rpartition("/")
    return f"{head}{slash}{tail.partition(':')[0]}@sha256:{hashlib.sha256(image.encode()).hexdigest()}"


def _capture(present: Deployment, stage: Stage) -> dict[str, Any] | None:
    """DataCaptureConfig of a description, which has other members than that of a configuration."""
    capture = present.capture
    if capture is None:
        return None
    on = bool(capture.get("EnableCapture"))
    return {
        "EnableCapture": on,
        "CaptureStatus": "Started" if on and stage.deployed is not None else "Stopped",
        "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
        "DestinationS3Uri": capture["DestinationS3Uri"],
        "KmsKeyId": capture.get("KmsKeyId", ""),
    }
