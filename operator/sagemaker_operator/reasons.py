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
    THROTTLED: Retry(1, 30, stalled=False),
    SERVICE_ERROR: Retry(1, 120, stalled=False),
    NO_ANSWER: Retry(1, 120, stalled=False),
}
