"""What is known about an object, as data for scripts and in the words of tables. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kubectl_smlogs.target import Target

_SECOND, _MINUTE, _HOUR, _DAY, _YEAR = 1, 60, 3600, 86400, 365 * 86400


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago something was, as kubectl's column AGE has it: one unit, or two while they matter."""
    return span((now - moment).total_seconds()) if moment else ""


def span(seconds: float) -> str:
    """A span of time in kubectl's form (Kubernetes: apimachinery, HumanDuration)."""
    whole = max(0, int(seconds))
    if whole < 2 * _MINUTE:
        return f"{whole}s"
    for below, unit, size, lesser, lesser_size in (
        (10 * _MINUTE, "m", _MINUTE, "s", _SECOND),
        (3 * _HOUR, "m", _MINUTE, "", 0),
        (8 * _HOUR, "h", _HOUR, "m", _MINUTE),
        (2 * _DAY, "h", _HOUR, "", 0),
        (8 * _DAY, "d", _DAY, "h", _HOUR),
        (2 * _YEAR, "d", _DAY, "", 0),
        (8 * _YEAR, "y", _YEAR, "d", _DAY),
    ):
        if whole < below:
            rest = whole % size // lesser_size if lesser else 0
            return f"{whole // size}{unit}" + (f"{rest}{lesser}" if rest else "")
    return f"{whole // _YEAR}y"


def stamp(moment: datetime | None) -> str | None:
    """A time for scripts, RFC 3339."""
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def summary(target: Target) -> dict[str, Any]:
    """One object for scripts, without what is not known."""
    known = {
        "apiVersion": target.resource.api_version,
        "kind": target.resource.kind,
        "namespace": target.namespace,
        "name": target.name,
        "job": target.job,
        "region": target.region,
        "status": target.status,
        "secondaryStatus": target.secondary,
        "outcome": target.outcome,
        "reason": target.reason,
        "created": stamp(target.created),
        "started": stamp(target.started),
        "ended": stamp(target.ended),
        "deleting": target.deleting,
        "logGroup": target.group() if target.resource.has_log and target.job else "",
    }
    return {name: value for name, value in known.items() if value}
