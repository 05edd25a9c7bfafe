"""HostingDeployment: put together of what CreateModel, CreateEndpointConfig, CreateEndpoint and UpdateEndpoint take.

Only data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_operator.crds import status
from sagemaker_operator.crds.entries import Column, Definition, Entry, Made, Taken
from sagemaker_operator.crds.overlay.common import CLIENT, READY
from smkube import kinds

if TYPE_CHECKING:
    from sagemaker_operator.crds.status import Schema

_MODEL_OF_VARIANT = Entry(
    keywords={"minLength": 1, "maxLength": None, "pattern": None},
    description="Which of the deployment's models is meant: the name of an entry of `models`.",
)
_OVERRIDE = Entry(
    keywords={"maxLength": None, "pattern": None},
    description="Another of the deployment's models for this instance type: the name of an entry of `models`.",
)


def _serverless(description: str) -> Schema:
    return status.group(
        description,
        memorySizeInMB=status.whole("Memory, in MB."),
        maxConcurrency=status.whole("Invocations that can be under way at a time."),
        provisionedConcurrency=status.whole("Invocations for which capacity is kept ready."),
    )


def _variants(description: str) -> Schema:
    variants = status.several(
        description,
        variantName=status.text("Name of the variant."),
        currentWeight=status.number("The variant's weight in the distribution of requests."),
        desiredWeight=status.number("The weight that the variant is being brought to."),
        currentInstanceCount=status.whole("Instances that the variant has."),
        desiredInstanceCount=status.whole("Instances that the variant is being brought to."),
        currentServerlessConfig=_serverless("The capacity that a serverless variant has."),
        desiredServerlessConfig=_serverless("The capacity that a serverless variant is being brought to."),
        deployedImages=status.several(
            "The container images that the variant runs.",
            resolutionTime=status.time("When the path of the image was resolved to its digest."),
            resolvedImage=status.text("The image with its digest."),
            specifiedImage=status.text("The image as the model names it."),
        ),
        variantStatus=status.several(
            "What SageMaker does with the variant just now.",
            status=status.text("SageMaker's word."),
            statusMessage=status.text("What SageMaker says about it."),
            startTime=status.time("Since when."),
        ),
    )
    variants["items"]["required"] = ["variantName"]
    return variants


HOSTING_DEPLOYMENT = Definition(
    kind=kinds.HOSTING_DEPLOYMENT,
    description=(
        "A HostingDeployment serves models at one endpoint in Amazon SageMaker. It makes the Model and EndpointConfig "
        "objects that it needs, and brings the endpoint to the spec without interruption."
    ),
    spec_required=False,
    columns=(
        Column("Status", ".status.endpointStatus"),
        Column("Sagemaker-endpoint-name", ".status.endpointName"),
        READY,
    ),
    parts=(
        Taken("CreateEndpoint", ("EndpointName", "Tags", "DeploymentConfig")),
        Taken(
            "UpdateEndpoint",
            ("RetainAllVariantProperties", "ExcludeRetainedVariantProperties", "RetainDeploymentConfig"),
        ),
        Taken(
            "CreateEndpointConfig",
            (
                "ProductionVariants",
                "ShadowProductionVariants",
                "KmsKeyId",
                "DataCaptureConfig",
                "AsyncInferenceConfig",
                "ExplainerConfig",
                "ExecutionRoleArn",
                "VpcConfig",
                "EnableNetworkIsolation",
                "MetricsConfig",
                "CrossRegionTrafficConfig",
            ),
        ),
        Made(
            "Models",
            (
                Made("Name"),
                Made("PrimaryContainer"),
                Taken(
                    "CreateModel",
                    (
                        "Containers",
                        "ExecutionRoleArn",
                        "EnableNetworkIsolation",
                        "VpcConfig",
                        "InferenceExecutionConfig",
                    ),
                ),
            ),
        ),
    ),
    paths={
        "EndpointName": Entry(
            required=False,
            description=(
                "Name of the endpoint in SageMaker. Without it the operator makes one from the object's name and UID. "
                "An endpoint of this name that exists already is taken over, and deleted with the object."
            ),
        ),
        "Models": Entry(
            required=True,
            description=(
                "The models that the variants refer to. The list may be empty where all variants take inference "
                "components."
            ),
        ),
        "Models[].Name": Entry(
            required=True, description="Name of the model within this object; variants refer to it by their modelName."
        ),
        "Models[].PrimaryContainer": Entry(
            description=(
                "The containerHostname of the model's only container. It need not be given; with several containers "
                "all of them are used, in their order."
            )
        ),
        "ProductionVariants[].ModelName": _MODEL_OF_VARIANT,
        "ShadowProductionVariants[].ModelName": _MODEL_OF_VARIANT,
        "ProductionVariants[].InstancePools[].ModelNameOverride": _OVERRIDE,
        "ShadowProductionVariants[].InstancePools[].ModelNameOverride": _OVERRIDE,
        "ExecutionRoleArn": Entry(
            description=(
                "Role of the endpoint configuration. Needed where variants take inference components; otherwise each "
                "model has a role of its own."
            )
        ),
        "VpcConfig": Entry(
            description="Network of the endpoint configuration, for inference components; models have their own."
        ),
        "EnableNetworkIsolation": Entry(
            description=(
                "Network isolation of the endpoint configuration, for inference components; models have their own."
            )
        ),
    },
    client=CLIENT,
    status={
        "endpointStatus": status.text("SageMaker's status of the endpoint, or a word of the operator's before that."),
        "endpointName": status.text("Name of the endpoint in SageMaker."),
        "endpointArn": status.text("Amazon Resource Name of the endpoint."),
        "endpointConfigName": status.text("Name of the endpoint configuration that the endpoint has."),
        "endpointUrl": status.text("URL at which the endpoint is invoked."),
        "failureReason": status.text("Why the endpoint, or its last update, failed."),
        "creationTime": status.time("When the endpoint was created."),
        "lastModifiedTime": status.time("When the endpoint last changed."),
        "modelNames": status.named_values(
            "The models: `name` is that in the spec, `value` that in SageMaker.",
        ),
        "productionVariants": _variants("The variants as SageMaker reports them."),
        "shadowProductionVariants": _variants("The shadow variants as SageMaker reports them."),
    },
)
