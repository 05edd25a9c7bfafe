"""Smallest valid requests of hosting and Application Auto Scaling, for tests; nothing is sent from here."""

from __future__ import annotations

from typing import Any

INSTANCES = "sagemaker:variant:DesiredInstanceCount"
CONCURRENCY = "sagemaker:variant:DesiredProvisionedConcurrency"


def variant(name: str = "AllTraffic", model: str = "model", count: int = 1, **more: Any) -> dict[str, Any]:
    """A production variant on instances."""
    return {
        "VariantName": name,
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": count,
        **more,
    }


def serverless_variant(name: str = "AllTraffic", model: str = "model", **config: int) -> dict[str, Any]:
    """A production variant without instances."""
    return {
        "VariantName": name,
        "ModelName": model,
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5, **config},
    }


def config_request(name: str, *variants: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A CreateEndpointConfig request; one variant on one instance if none is given."""
    return {"EndpointConfigName": name, "ProductionVariants": list(variants) or [variant()], **more}


def endpoint_request(name: str, config: str, **more: Any) -> dict[str, Any]:
    """A CreateEndpoint or UpdateEndpoint request."""
    return {"EndpointName": name, "EndpointConfigName": config, **more}


def target_id(endpoint: str, name: str = "AllTraffic", dimension: str = INSTANCES) -> dict[str, Any]:
    """The members that name a scalable target."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/{name}",
        "ScalableDimension": dimension,
    }


def tracking_policy(name: str, value: float = 70.0, metric: str = "SageMakerVariantInvocationsPerInstance") -> Any:
    """The members of a target tracking policy, without its target."""
    return {
        "PolicyName": name,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": value,
            "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
        },
    }
