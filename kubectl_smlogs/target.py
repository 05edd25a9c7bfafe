"""A job's custom resource as the plugin reads it: names, status words, and whether the job is over. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kubectl_smlogs import exits
from smkube.kinds import Kind

COMPLETED, FAILED, STOPPED = "Completed", "Failed", "Stopped"

_NAME_CONFLICT = "NameConflict"
"""Reason of the condition `Stalled` when the spec names a SageMaker job of somebody else."""

SETTLED_AFTER = 300.0
"""Seconds after its end when no more lines of a job are to be expected."""


@dataclass(frozen=True, slots=True)
class Target:
    """One read of the object.

    Attributes:
        job: name of the SageMaker job, empty as long as there is none.
        status: the status word, may be empty.
        secondary: the secondary status, may be empty.
        reason: what the status says about an error, may be empty.
        outcome: `Completed`, `Failed` or `Stopped` once the job is over, else empty.
        ended: when it ended, as far as the status tells.
    """

    kind: Kind
    namespace: str
    name: str
    uid: str
    version: str
    job: str
    region: str
    status: str
    secondary: str
    reason: str
    outcome: str
    ended: datetime | None

    @property
    def title(self) -> str:
        """`TrainingJob "x" in namespace "y"`."""
        return f'{self.kind.name} "{self.name}" in namespace "{self.namespace}"'

    def header(self) -> str:
        """The line about the job that precedes its log, as the original prints it."""
        noun = self.kind.api.name
        text = f'"{self.name}" has SageMaker {noun} "{self.job}" in region "{self.region}", status "{self.status}"'
        if self.kind.name == "TrainingJob":
            text = f'{text} and secondary status "{self.secondary}"'
        return text

    def state(self) -> str:
        """The status for a sentence: `status "X" (reason)`."""
        return f'status "{self.status}"' + (f" ({self.reason})" if self.reason else "")

    def settled(self, now: datetime) -> bool:
        """Whether the job ended so long ago that its log is complete."""
        return self.ended is not None and (now - self.ended).total_seconds() > SETTLED_AFTER

    def exit_code(self) -> int:
        """Exit code for the outcome; `ERROR` as long as there is none."""
        codes = {COMPLETED: exits.OK, FAILED: exits.JOB_FAILED, STOPPED: exits.JOB_STOPPED}
        return codes.get(self.outcome, exits.ERROR)


def read(kind: Kind, obj: Mapping[str, Any]) -> Target:
    """Read the object; whatever is missing in it counts as empty."""
    metadata, spec, status = _mapping(obj, "metadata"), _mapping(obj, "spec"), _mapping(obj, "status")
    conditions = _conditions(status)
    outcome = _outcome(conditions, _text(status, kind.status_word))
    return Target(
        kind=kind,
        namespace=_text(metadata, "namespace"),
        name=_text(metadata, "name"),
        uid=_text(metadata, "uid"),
        version=_text(metadata, "resourceVersion"),
        job=_job(kind, spec, status, conditions),
        region=_text(spec, "region"),
        status=_text(status, kind.status_word),
        secondary=_text(status, "secondaryStatus"),
        reason=_reason(conditions, status),
        outcome=outcome,
        ended=_ended(conditions, status) if outcome else None,
    )


def _job(
    kind: Kind, spec: Mapping[str, Any], status: Mapping[str, Any], conditions: Mapping[str, Mapping[str, Any]]
) -> str:
    """Name of the SageMaker job. One that belongs to another object is not this object's, whatever the spec says."""
    stalled = conditions.get("Stalled", {})
    if stalled.get("status") == "True" and stalled.get("reason") == _NAME_CONFLICT:
        return _text(status, kind.status_name)
    return _text(spec, kind.spec_name) or _text(status, kind.status_name)


def _outcome(conditions: Mapping[str, Mapping[str, Any]], word: str) -> str:
    """How the job ended; empty while it has not.

    The condition `Succeeded` decides where there is one: the status word also says `Failed` while a spec is refused
    that may yet be corrected. Objects of the original operator have no conditions.
    """
    succeeded = conditions.get("Succeeded")
    if succeeded is None:
        return word if word in (COMPLETED, FAILED, STOPPED) else ""
    if succeeded.get("status") == "True":
        return COMPLETED
    if succeeded.get("status") == "False":
        return STOPPED if word == STOPPED else FAILED
    return ""


def _reason(conditions: Mapping[str, Mapping[str, Any]], status: Mapping[str, Any]) -> str:
    additional = _text(status, "additional").strip()
    if additional:
        return additional
    stalled = conditions.get("Stalled", {})
    return _text(stalled, "message").strip() if stalled.get("status") == "True" else ""


def _ended(conditions: Mapping[str, Mapping[str, Any]], status: Mapping[str, Any]) -> datetime | None:
    stamp = _text(conditions.get("Succeeded", {}), "lastTransitionTime") or _text(status, "lastCheckTime")
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _conditions(status: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    listed = status.get("conditions")
    if not isinstance(listed, list):
        return {}
    return {str(one.get("type")): one for one in listed if isinstance(one, dict)}


def _mapping(obj: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = obj.get(key)
    return value if isinstance(value, dict) else {}


def _text(obj: Mapping[str, Any], key: str) -> str:
    value = obj.get(key)
    return value if isinstance(value, str) else ""
