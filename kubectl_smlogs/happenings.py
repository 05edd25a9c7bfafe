"""An object's Events, as `status` shows them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kubectl_smlogs.target import mapping, moment, text

_SHOWN = 10
"""The last so many are shown."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One of the object's Events; `count` is how often it happened."""

    last: datetime | None
    type: str
    reason: str
    message: str
    count: int


def happened(items: Sequence[Mapping[str, Any]]) -> tuple[Happening, ...]:
    """Events as the API server lists them (core/v1): the last ones, in the order of their time."""
    read = [_happening(item) for item in items]
    return tuple(sorted(read, key=lambda one: one.last.timestamp() if one.last else 0.0)[-_SHOWN:])


def _happening(item: Mapping[str, Any]) -> Happening:
    series = mapping(item, "series")
    times = (text(series, "lastObservedTime"), *(text(item, at) for at in ("lastTimestamp", "eventTime")))
    last = next((stamp for stamp in times if stamp), text(item, "firstTimestamp"))
    count = series.get("count") or item.get("count")
    return Happening(moment(last), text(item, "type"), text(item, "reason"), text(item, "message"), count or 1)
