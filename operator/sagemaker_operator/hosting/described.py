"""The status fields that a description of an endpoint fills in. Pure.

Source: SageMaker API, DescribeEndpoint. Only fields that the custom resource has: the API server drops others, and a
status that never becomes what was written would be written for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sagemaker_operator import facts

Fields = dict[str, Any]


def fields(description: Mapping[str, Any]) -> Fields:
    """The fields; None for one that is to go, nothing at all without a description."""
    if not description:
        return {}
    return {
        "endpointArn": description.get("EndpointArn"),
        "endpointConfigName": description.get("EndpointConfigName"),
        "failureReason": description.get("FailureReason") or None,
        "creationTime": _time(description.get("CreationTime")),
        "lastModifiedTime": _time(description.get("LastModifiedTime")),
        "productionVariants": _variants(description.get("ProductionVariants")),
        "shadowProductionVariants": _variants(description.get("ShadowProductionVariants")),
    }


def present(given: Fields) -> Fields:
    """The fields that have a value."""
    return {key: value for key, value in given.items() if value is not None}


def _variants(given: Any) -> list[Fields] | None:
    return [_variant(each) for each in given or ()] or None


def _variant(variant: Mapping[str, Any]) -> Fields:
    return present(
        {
            "variantName": variant.get("VariantName"),
            "currentWeight": variant.get("CurrentWeight"),
            "desiredWeight": variant.get("DesiredWeight"),
            "currentInstanceCount": variant.get("CurrentInstanceCount"),
            "desiredInstanceCount": variant.get("DesiredInstanceCount"),
            "currentServerlessConfig": _serverless(variant.get("CurrentServerlessConfig")),
            "desiredServerlessConfig": _serverless(variant.get("DesiredServerlessConfig")),
            "deployedImages": [_image(each) for each in variant.get("DeployedImages") or ()] or None,
            "variantStatus": [_status(each) for each in variant.get("VariantStatus") or ()] or None,
        }
    )


def _serverless(given: Mapping[str, Any] | None) -> Fields | None:
    if not given:
        return None
    return present(
        {
            "memorySizeInMB": given.get("MemorySizeInMB"),
            "maxConcurrency": given.get("MaxConcurrency"),
            "provisionedConcurrency": given.get("ProvisionedConcurrency"),
        }
    )


def _image(image: Mapping[str, Any]) -> Fields:
    return present(
        {
            "specifiedImage": image.get("SpecifiedImage"),
            "resolvedImage": image.get("ResolvedImage"),
            "resolutionTime": _time(image.get("ResolutionTime")),
        }
    )


def _status(given: Mapping[str, Any]) -> Fields:
    return present(
        {
            "status": given.get("Status"),
            "statusMessage": given.get("StatusMessage"),
            "startTime": _time(given.get("StartTime")),
        }
    )


def _time(moment: Any) -> str | None:
    return facts.rfc3339(moment) if isinstance(moment, datetime) else None
