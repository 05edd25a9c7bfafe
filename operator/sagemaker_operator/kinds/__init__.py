"""What is special about each kind: small pure functions and texts, gathered in one table.

A new job kind is a row in `smkube.kinds` and a module here.
"""

from __future__ import annotations

from sagemaker_operator.kinds import processing, training, transform, tuning
from sagemaker_operator.kinds.special import Special

SPECIAL: dict[str, Special] = {
    "TrainingJob": training.SPECIAL,
    "ProcessingJob": processing.SPECIAL,
    "HyperparameterTuningJob": tuning.SPECIAL,
    "BatchTransformJob": transform.SPECIAL,
}

__all__ = ["SPECIAL", "Special"]
