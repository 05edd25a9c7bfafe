"""The overlay: every place where a custom resource departs from AWS's service model. Only data, a module per subject.

Sources: the original operator's definitions for names, shapes and required fields; the field descriptions of the
SageMaker and Application Auto Scaling API references for the CEL rules. A rule stands here only where AWS is sure to
refuse the request otherwise, for what the original accepted must be accepted still.
"""

from __future__ import annotations

from sagemaker_operator.crds.overlay.endpointconfig import ENDPOINT_CONFIG
from sagemaker_operator.crds.overlay.hosting import HOSTING_DEPLOYMENT
from sagemaker_operator.crds.overlay.model import MODEL
from sagemaker_operator.crds.overlay.processing import PROCESSING_JOB
from sagemaker_operator.crds.overlay.scaling import AUTOSCALING_POLICY
from sagemaker_operator.crds.overlay.shapes import SHAPES
from sagemaker_operator.crds.overlay.training import TRAINING_JOB
from sagemaker_operator.crds.overlay.transform import BATCH_TRANSFORM_JOB
from sagemaker_operator.crds.overlay.tuning import TUNING_JOB

ALL = (
    TRAINING_JOB,
    PROCESSING_JOB,
    TUNING_JOB,
    BATCH_TRANSFORM_JOB,
    MODEL,
    ENDPOINT_CONFIG,
    HOSTING_DEPLOYMENT,
    AUTOSCALING_POLICY,
)

__all__ = [
    "ALL",
    "AUTOSCALING_POLICY",
    "BATCH_TRANSFORM_JOB",
    "ENDPOINT_CONFIG",
    "HOSTING_DEPLOYMENT",
    "MODEL",
    "PROCESSING_JOB",
    "SHAPES",
    "TRAINING_JOB",
    "TUNING_JOB",
]
