"""What the TrainingJob objects of a tuning job look like, and how to tell them from others. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sagemaker_operator import controls
from sagemaker_operator.facts import Facts, Related, Target
from sagemaker_operator.mapping.description import from_description
from sagemaker_operator.spawning.listing import Child
from sagemaker_operator.steps import CreateObject, PatchObject
from smkube import kinds

LABEL = f"{kinds.GROUP}/tuning-job"
"""Label of such objects: the name of their HyperparameterTuningJob object, as far as a label's value can hold it."""
LABEL_LIMIT = 63
"""Greatest length of a label's value (Kubernetes: labels and selectors)."""


def is_child(f: Facts) -> bool:
    """The object shows a training job that a tuning job started; the original operator told so by a finalizer.

    It has nothing to create. Whose its training job is need not be asked, and the tags would not tell: SageMaker gives
    each training job those of the tuning job (SageMaker API: CreateHyperParameterTuningJob, Tags).
    """
    return f.kind is kinds.TRAINING_JOB and (f.owner_kind == kinds.TUNING_JOB.name or f.has_tuning_finalizer)


def wanted(f: Facts, job: Target, child: Child, description: Mapping[str, Any]) -> CreateObject:
    """The object for a training job.

    Args:
        f: facts about the tuning job.
        job: the tuning job: its training jobs live where it does.
        child: the training job.
        description: the answer of DescribeTrainingJob.
    """
    spec = from_description(kinds.TRAINING_JOB.name, description)
    spec |= {kinds.TRAINING_JOB.spec_name: child.name, "region": job.region}
    if job.endpoint:
        spec["sageMakerEndpoint"] = job.endpoint
    metadata: dict[str, Any] = {"name": child.object_name, **_belonging(f)}
    if retained(f):
        metadata["annotations"] = {controls.DELETION_POLICY: "retain"}
    return CreateObject(kinds.TRAINING_JOB.name, metadata, spec, tolerant=True)


def adopted(f: Facts, child: Child, found: Related) -> PatchObject | None:
    """How an object that the original operator made for a training job becomes ours; None for others and ours.

    A user's own object of that name is not touched.
    """
    if not spawned_by_original(found) or found.deleting or job_name(found) != child.name:
        return None
    return PatchObject(found, {"metadata": _belonging(f)})


def spawned_by_original(found: Related) -> bool:
    """The original operator made the object, and nobody owns it."""
    return kinds.TUNING_FINALIZER in found.finalizers and not found.owner


def named_after(job: Target, found: Related) -> bool:
    """The object's training job is called as SageMaker calls those of this tuning job: `<name>-<number>-<hex>`."""
    return re.fullmatch(rf"{re.escape(job.name)}-\d{{3,}}-[0-9a-f]{{8}}", job_name(found), re.IGNORECASE) is not None


def job_name(found: Related) -> str:
    """Name of the training job that an object shows."""
    return str(found.spec.get(kinds.TRAINING_JOB.spec_name) or "")


def retained(f: Facts) -> bool:
    """Nothing at AWS is to be touched when the tuning job's object goes, its training jobs included."""
    return controls.read(f.annotations).deletion == "retain"


def _belonging(f: Facts) -> dict[str, Any]:
    return {
        "labels": {LABEL: f.name[:LABEL_LIMIT].rstrip("-._")},
        "ownerReferences": [
            {
                "apiVersion": kinds.API_VERSION,
                "kind": kinds.TUNING_JOB.name,
                "name": f.name,
                "uid": f.uid,
                "controller": True,
            }
        ],
    }
