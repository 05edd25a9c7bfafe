"""Schemas of what the operator writes: the status fields and the pieces they share. Only data.

Status fields carry no bounds beyond those of the Kubernetes API conventions: an operator must always be able
to say what it sees.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def text(description: str) -> Schema:
    """A text."""
    return {"type": "string", "description": description}


def time(description: str) -> Schema:
    """A point in time, RFC 3339."""
    return {"type": "string", "format": "date-time", "description": description}


def whole(description: str) -> Schema:
    """A whole number."""
    return {"type": "integer", "format": "int64", "description": description}


def flag(description: str) -> Schema:
    """True or false."""
    return {"type": "boolean", "description": description}


def group(description: str, **properties: Schema) -> Schema:
    """An object."""
    return {"type": "object", "properties": properties, "description": description}


def several(description: str, **properties: Schema) -> Schema:
    """A list of objects."""
    return {"type": "array", "items": {"type": "object", "properties": properties}, "description": description}


_CONDITION_TYPE = (
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
    r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
)


def conditions() -> Schema:
    """The list of conditions, in the shape of `metav1.Condition` (Kubernetes API conventions)."""
    return {
        "type": "array",
        "description": "What holds for the object now, in the words of the Kubernetes API conventions.",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
        "items": {
            "type": "object",
            "required": ["lastTransitionTime", "message", "reason", "status", "type"],
            "properties": {
                "type": {
                    **text("What the condition is about, for example Succeeded."),
                    "maxLength": 316,
                    "pattern": _CONDITION_TYPE,
                },
                "status": {
                    **text("Whether it holds: True, False or Unknown."),
                    "enum": ["True", "False", "Unknown"],
                },
                "reason": {
                    **text("The cause of the last transition as one stable word."),
                    "minLength": 1,
                    "maxLength": 1024,
                    "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
                },
                "message": {**text("The cause of the last transition, for people."), "maxLength": 32768},
                "lastTransitionTime": time("When the status of the condition last changed."),
                "observedGeneration": {
                    **whole("The metadata.generation that the condition was set for."),
                    "minimum": 0,
                },
            },
        },
    }


def common() -> dict[str, Schema]:
    """Status fields of every kind."""
    return {
        "additional": text("What went wrong, or what SageMaker says beyond the status; empty when all is well."),
        "conditions": conditions(),
        "lastCheckTime": time("When the operator last compared the object with SageMaker and wrote the status."),
        "observedGeneration": whole("The metadata.generation that this status speaks of."),
        "operatorState": group(
            "The operator's own notes about its work on the object. Internal: their form may change.",
            jobName=text("Name of the SageMaker job that belongs to the object."),
            jobRegion=text("AWS Region in which that job was created."),
            jobEndpoint=text("The sageMakerEndpoint that job was created through; empty for AWS's own."),
            createAttempt=text("When the job was last about to be created; written before AWS is called."),
            createConfirmed=flag("Whether the job is known to exist or to have existed; it is never created twice."),
        ),
        "sageMakerJobArn": text("Amazon Resource Name of the SageMaker job."),
        "startTime": time("When SageMaker started the job."),
        "completionTime": time("When the job ended, whatever its outcome."),
    }
