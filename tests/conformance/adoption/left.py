"""What the Go operator leaves in etcd and at AWS: jobs of all kinds in every status of its state machines.

Words, texts and fields are those of release 1.2.2. What depends on the live UID (names, log links) is filled in by
`estate`. Only data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from smkube import kinds

FIRST_WORD = "SynchronizingK8sJobWithSageMaker"
SUFFIX = "\n\tstatus code: 400, request id: 8d0b4e9e-1c83-4c8c-a9bb-6e1f0f7d0001"
THROTTLED = f"ThrottlingException: Rate exceeded{SUFFIX}"
DENIED = f"AccessDeniedException: User is not authorized to perform this{SUFFIX}"
NO_ROLE = f"ValidationException: Could not assume role{SUFFIX}"
NO_CLIENT = "Unable to initialize operator: Unable to create AWS config: MissingRegion: could not find region"
REASON = "AlgorithmError: it broke"


@dataclass(frozen=True)
class Left:
    """A job's object as the Go operator leaves it, and what is to become of it.

    Attributes:
        word: its status word.
        job: the status of its SageMaker job; empty when there is none.
        additional: its text.
        deleted: the user has deleted it, and the finalizer holds it.
        ends: the status word that it comes to; empty when it goes.
        reason: the reason of its condition `Succeeded` then.
        calls: what the operator changes at AWS for it: create, stop.
        only: the kinds that can be left so; all without.
    """

    word: str
    job: str = ""
    additional: str = ""
    deleted: bool = False
    ends: str = ""
    reason: str = ""
    calls: tuple[str, ...] = ()
    only: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Words:
    """The Go operator's words of a kind for its own troubles, and texts before the causes."""

    describing: str
    creating: str
    stopping: str
    trouble: str
    passing: str
    """Its word for a trouble that it took for a passing one."""


WORDS: Mapping[str, Words] = {
    kinds.TRAINING_JOB.name: Words(
        "Unable to describe SageMaker training job: ",
        "Unable to create training job: Unable to create Training Job: ",
        "Unable to delete training job: ",
        "ReconcilingTrainingJob",
        "ReconcilingTrainingJob",
    ),
    kinds.TUNING_JOB.name: Words(
        "Unable to describe SageMaker hyperparameter tuning job: ",
        "Unable to create hyperparameter tuning job: Unable to create HyperParameter Tuning Job: ",
        "Unable to delete hyperparameter tuning job: ",
        "ReconcilingTuningJob",
        "ReconcilingTuningJob",
    ),
    kinds.PROCESSING_JOB.name: Words(
        "Unable to describe SageMaker processing job: ",
        "Unable to create processing job: Unable to create Processing Job: ",
        "Unable to delete processing job: ",
        "Error",
        "Reconciling",
    ),
    # This kind showed AWS's text alone, and one word for everything.
    kinds.BATCH_TRANSFORM_JOB.name: Words("", "", "", "Failed", "Failed"),
}
_CLIENTS = (kinds.TRAINING_JOB.name, kinds.TUNING_JOB.name)
"""Kinds that showed `Failed` where no AWS client could be made."""


def jobs(kind: kinds.Kind) -> dict[str, Left]:
    """Everything that can be left of a kind of job, by the object's name."""
    words = WORDS[kind.name]
    every = {**_living(words), **_deleted(words)}
    return {name: left for name, left in every.items() if not left.only or kind.name in left.only}


def _living(words: Words) -> dict[str, Left]:
    created: dict[str, Any] = {"ends": "InProgress", "reason": "InProgress"}
    run: dict[str, Any] = {"ends": "Completed", "reason": "Completed", "calls": ("create",)}
    gone: dict[str, Any] = {"reason": "DeletedExternally"}
    return {
        # The job was never created: it is, once.
        "begun": Left(FIRST_WORD, **run),
        "refused": Left(words.trouble, additional=words.creating + NO_ROLE, **run),
        "without-client": Left("Failed", additional=NO_CLIENT, only=_CLIENTS, **run),
        # The job exists, whatever the status says.
        "begun-created": Left(FIRST_WORD, "InProgress", **created),
        "throttled": Left(words.passing, "InProgress", words.describing + THROTTLED, **created),
        "denied": Left(words.trouble, "InProgress", words.describing + DENIED, **created),
        "client-lost": Left("Failed", "InProgress", NO_CLIENT, only=_CLIENTS, **created),
        "running": Left("InProgress", "InProgress", **created),
        "begun-completed": Left(FIRST_WORD, "Completed", ends="Completed", reason="Completed"),
        "ended-meanwhile": Left("InProgress", "Completed", ends="Completed", reason="Completed"),
        "failed-meanwhile": Left("InProgress", "Failed", ends="Failed", reason="Failed"),
        "stopping": Left("Stopping", "Stopping", ends="Stopped", reason="Stopped"),
        "completed": Left("Completed", "Completed", ends="Completed", reason="Completed"),
        "failed": Left("Failed", "Failed", REASON, ends="Failed", reason="Failed"),
        "stopped": Left("Stopped", "Stopped", ends="Stopped", reason="Stopped"),
        # It ran, and somebody has deleted its record: it is not run again.
        "vanished": Left("InProgress", ends="Failed", **gone),
        "completed-gone": Left("Completed", ends="Completed", **gone),
        "failed-gone": Left("Failed", additional=REASON, ends="Failed", only=_TELLING, **gone),
        "stopped-gone": Left("Stopped", ends="Stopped", **gone),
    }


_TELLING = (kinds.TRAINING_JOB.name, kinds.TUNING_JOB.name, kinds.PROCESSING_JOB.name)
"""Kinds that showed SageMaker's reason for a failure."""


def _deleted(words: Words) -> dict[str, Left]:
    stop = ("stop",)
    return {
        "deleted-begun": Left(FIRST_WORD, deleted=True),
        "deleted-begun-created": Left(FIRST_WORD, "InProgress", deleted=True, calls=stop),
        "deleted-refused": Left(words.trouble, additional=words.creating + NO_ROLE, deleted=True),
        "deleted-throttled": Left(words.passing, "InProgress", words.stopping + THROTTLED, deleted=True, calls=stop),
        "deleted-running": Left("InProgress", "InProgress", deleted=True, calls=stop),
        "deleted-stopping": Left("Stopping", "Stopping", deleted=True),
        "deleted-stopped": Left("Stopping", "Stopped", deleted=True),
        "deleted-completed": Left("Completed", "Completed", deleted=True),
        "deleted-gone": Left("InProgress", deleted=True),
        "deleted-completed-gone": Left("Completed", deleted=True),
    }
