"""The reasons that conditions and Events give: one stable list, for people to read and for scripts to match.

`RETRY` says after how many seconds the operator tries again on its own, first and at most; a change of the spec is
tried at once whatever the reason.
"""

from __future__ import annotations

from dataclasses import dataclass

PENDING = "Pending"
IN_PROGRESS = "InProgress"
STOPPING = "Stopping"
COMPLETED = "Completed"
FAILED = "Failed"
STOPPED = "Stopped"
DELETED_EXTERNALLY = "DeletedExternally"
SPEC_CHANGED = "SpecChanged"
NAME_CONFLICT = "NameConflict"
INVALID_SPEC = "InvalidSpec"
ACCESS_DENIED = "AccessDenied"
CREDENTIALS_INVALID = "CredentialsInvalid"
QUOTA_EXCEEDED = "QuotaExceeded"
THROTTLED = "Throttled"
SERVICE_ERROR = "ServiceError"
NO_ANSWER = "NoAnswer"
CREATED = "Created"
ADOPTED = "Adopted"
SETTLED = "Settled"
IN_SERVICE = "InService"
"""An endpoint serves what the spec asks for."""
UPDATING = "Updating"
UPDATE_FAILED = "UpdateFailed"
"""An update was rolled back or failed; the endpoint serves what it did before, if it serves."""
READY = "Ready"
"""A model, configuration or policy is at AWS as the spec asks for."""
REPLACED = "Replaced"
UPDATED = "Updated"
DELETING = "Deleting"
DEPENDENCY_NOT_READY = "DependencyNotReady"
"""Something else has to be there, or to be in service, first."""
PAUSED = "Paused"
INVALID_ANNOTATION = "InvalidAnnotation"
SPAWN_LIMIT = "SpawnLimit"
EXPIRED = "TimeToLiveOver"


@dataclass(frozen=True, slots=True)
class Retry:
    """How soon to try again: from `first` seconds, doubling up to `most`."""

    first: float
    most: float
    stalled: bool
    """Whether waiting alone is not expected to help (the condition `Stalled`)."""


PASSING = frozenset({THROTTLED, SERVICE_ERROR, NO_ANSWER})
"""Reasons that say nothing about the object and pass by themselves."""

RETRY: dict[str, Retry] = {
    INVALID_SPEC: Retry(300, 960, stalled=True),
    NAME_CONFLICT: Retry(300, 960, stalled=True),
    ACCESS_DENIED: Retry(30, 300, stalled=True),
    CREDENTIALS_INVALID: Retry(15, 300, stalled=True),
    QUOTA_EXCEEDED: Retry(30, 300, stalled=False),
    DEPENDENCY_NOT_READY: Retry(2, 30, stalled=False),
    THROTTLED: Retry(1, 30, stalled=False),
    SERVICE_ERROR: Retry(1, 120, stalled=False),
    NO_ANSWER: Retry(1, 120, stalled=False),
}
