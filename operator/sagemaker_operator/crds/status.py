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


def number(description: str) -> Schema:
    """A number."""
    return {"type": "number", "format": "double", "description": description}


def texts(description: str) -> Schema:
    """A list of texts."""
    return {"type": "array", "items": {"type": "string"}, "description": description}


def flag(description: str) -> Schema:
    """True or false."""
    return {"type": "boolean", "description": description}


def group(description: str, **properties: Schema) -> Schema:
    """An object."""
    return {"type": "object", "properties": properties, "description": description}


def several(description: str, **properties: Schema) -> Schema:
    """A list of objects."""
    return {"type": "array", "items": {"type": "object", "properties": properties}, "description": description}


def named_values(description: str) -> Schema:
    """A map from text to text in the original's shape."""
    return several(description, name=text("Name of the entry."), value=text("Value of the entry."))


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


def common(check_time: str) -> dict[str, Schema]:
    """Status fields of every kind.

    Args:
        check_time: name of the field for the time of the last look.
    """
    return {
        "additional": text("What went wrong, or what AWS says beyond the status; empty when all is well."),
        "conditions": conditions(),
        check_time: time("When the operator last compared the object with AWS and wrote the status."),
        "observedGeneration": whole("The metadata.generation that this status speaks of."),
        "operatorState": _state(),
    }


def job() -> dict[str, Schema]:
    """Status fields that all jobs have beside those."""
    return {
        "sageMakerJobArn": text("Amazon Resource Name of the SageMaker job."),
        "startTime": time("When SageMaker started the job."),
        "completionTime": time("When the job ended, whatever its outcome."),
    }


def _state() -> Schema:
    return group(
        "The operator's own notes about its work on the object. Internal: their form may change.",
        jobName=text("Name at AWS of what belongs to the object."),
        jobRegion=text("AWS Region in which that was created."),
        jobEndpoint=text("The sageMakerEndpoint that it was created through; empty for AWS's own."),
        createAttempt=text("When AWS was last about to be asked to create or change it; written before the call."),
        createConfirmed=flag("Whether it is known to exist or to have existed; a job is never created twice."),
        specDiffers=flag("Whether the spec differs from what exists; it can be edited then, to be put right."),
        tagHash=text("Digest of the tags that AWS has."),
        tagKeys=texts("Keys of the tags that were set from the spec."),
        reconcileNow=text("Value of the reconcile-now annotation that was last acted on."),
        contentHash=text("Digest of what AWS was last asked for, or was last found to have."),
        replacement=text("Name at AWS of what stands in while a resource is replaced."),
        modelObject=text("Name of the Model object that the spec's modelName stood for."),
        modelName=text("SageMaker's name of that model when the job was created."),
        updateTo=text("The endpoint configuration that the endpoint is being brought to."),
        updateFrom=text("State of the endpoint before that update."),
        rejected=text("The endpoint configuration whose update is under way or has failed."),
        recreate=flag("Whether the endpoint failed for good and is deleted to be created anew."),
        applied=several(
            "What Application Auto Scaling was given, resource by resource.",
            resourceId=text("The resource, as AWS names it."),
            scalableDimension=text("What is scaled of the resource."),
            policyName=text("Name of the scaling policy."),
            scheduledActions=texts("Names of the scheduled actions."),
        ),
        spawned=whole("Training jobs of a tuning job that were dealt with."),
        spawnedUntil=time("Creation time up to which they were."),
        spawnedNames=texts("Names of the last of them."),
        spawnLimit=whole("The limit of objects that was told of in an Event."),
        spawnProblem=text("Why training jobs could not be read last, as it was told in an Event."),
    )
