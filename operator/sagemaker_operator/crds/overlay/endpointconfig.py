"""EndpointConfig. Only data."""

from __future__ import annotations

from sagemaker_operator.crds import status
from sagemaker_operator.crds.entries import Column, Definition, Entry
from sagemaker_operator.crds.overlay.common import CLIENT_UNCHECKED, READY
from smkube import kinds

_COUNTS = Entry(removal_counts=True)

_OF_VARIANT = ("AcceleratorType", "ServerlessConfig", "CoreDumpConfig", "InstancePools", "EnableSSMAccess")
_VARIANTS = {
    f"{variants}[].{member}": _COUNTS
    for variants in ("ProductionVariants", "ShadowProductionVariants")
    for member in _OF_VARIANT
}

ENDPOINT_CONFIG = Definition(
    kind=kinds.ENDPOINT_CONFIG,
    description=(
        "An EndpointConfig keeps one endpoint configuration in Amazon SageMaker: which models an endpoint serves, and "
        "on what."
    ),
    spec_required=False,
    columns=(
        Column("Status", ".status.status"),
        Column("Sage-Maker-EndpointConfig-Name", ".status.sageMakerEndpointConfigName"),
        READY,
    ),
    paths={
        "KmsKeyId": _COUNTS,
        "DataCaptureConfig": _COUNTS,
        "AsyncInferenceConfig": _COUNTS,
        "ExplainerConfig": _COUNTS,
        "ShadowProductionVariants": _COUNTS,
        "ExecutionRoleArn": _COUNTS,
        "VpcConfig": _COUNTS,
        "EnableNetworkIsolation": _COUNTS,
        "CrossRegionTrafficConfig": _COUNTS,
        **_VARIANTS,
        "ProductionVariants[].ModelName": Entry(keywords={"minLength": 1}),
    },
    omitted=frozenset({"EndpointConfigName"}),
    client=CLIENT_UNCHECKED,
    status={
        "status": status.text("Created, Deleted, Error, or what the operator is about to do."),
        "sageMakerEndpointConfigName": status.text("Name of the endpoint configuration in SageMaker."),
        "endpointConfigArn": status.text("Amazon Resource Name of the endpoint configuration."),
    },
)
