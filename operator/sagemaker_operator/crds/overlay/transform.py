"""BatchTransformJob. Only data."""

from __future__ import annotations

from sagemaker_operator.crds import status
from sagemaker_operator.crds.entries import Column, Definition, Entry, Rule
from sagemaker_operator.crds.overlay.common import CLIENT, CREATION_TIME, SOME, SUCCEEDED, job_name
from smkube import kinds

_MODEL_NAME = r"[a-zA-Z0-9](?:[\-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?"
"""What SageMaker calls a model (SageMaker API: CreateModel)."""
_LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_OBJECT_NAME = rf"{_LABEL}(?:\.{_LABEL})*"
"""What Kubernetes calls an object (DNS subdomain names)."""

BATCH_TRANSFORM_JOB = Definition(
    kind=kinds.BATCH_TRANSFORM_JOB,
    description="A BatchTransformJob runs one batch transform job in Amazon SageMaker and shows how it goes.",
    spec_required=False,
    columns=(
        Column("Status", ".status.transformJobStatus"),
        CREATION_TIME,
        Column("Sagemaker-Job-Name", ".status.sageMakerTransformJobName"),
        SUCCEEDED,
    ),
    paths={
        "": Entry(
            rules=(
                Rule(
                    "!has(self.maxPayloadInMB) || self.maxPayloadInMB <= 100",
                    "maxPayloadInMB can be at most 100; 0 stands for a payload of any size in chunks",
                ),
                Rule(
                    "!has(self.maxPayloadInMB) || !has(self.maxConcurrentTransforms)"
                    " || self.maxPayloadInMB * self.maxConcurrentTransforms <= 100",
                    "maxPayloadInMB times maxConcurrentTransforms can be at most 100",
                ),
            )
        ),
        "TransformJobName": job_name("transform job"),
        "ModelName": Entry(
            keywords={"maxLength": 253, "pattern": f"^(?:{_MODEL_NAME}|{_OBJECT_NAME})$"},
            description=(
                "Name of the model: of a Model object in the same namespace, or of a model in SageMaker. "
                "If there are both, the object counts."
            ),
        ),
        "TransformResources.InstanceType": SOME,
        "MaxConcurrentTransforms": Entry(zero_is_empty=True),
        "DataProcessing": Entry(only_if_both=True),
        "DataProcessing.JoinSource": Entry(name="JoinSource", alias="joinSource"),
        "DataProcessing.OutputFilter": Entry(name="OutputFilter", alias="outputFilter"),
    },
    client=CLIENT,
    status={
        **status.job(),
        "transformJobStatus": status.text("SageMaker's status of the job, or a word of the operator's before that."),
        "sageMakerTransformJobName": status.text("Name of the transform job in SageMaker."),
    },
)
