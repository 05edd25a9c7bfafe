"""What is known about a job or endpoint, for people and for scripts. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kubectl_smlogs import about, console, safe
from kubectl_smlogs.advice import advice
from kubectl_smlogs.console import Links
from kubectl_smlogs.happenings import Happening
from kubectl_smlogs.listing import columns
from kubectl_smlogs.target import LogPlace, Target

if TYPE_CHECKING:
    from kubectl_smlogs.options import Reading
    from kubectl_smlogs.terminal import Terminal

_LABEL = 11
"""Columns of the labels at the left."""


@dataclass(frozen=True, slots=True)
class View:
    """All that is shown of one object.

    Attributes:
        place: where its log is; None where it has none (yet).
        events: the last ones, the oldest first; None where they may not be read.
    """

    target: Target
    place: LogPlace | None
    links: Links
    events: tuple[Happening, ...] | None = ()


def view(target: Target, reading: Reading, happenings: tuple[Happening, ...] | None = ()) -> View:
    """What is shown of an object."""
    has_log = target.resource.has_log and target.job and (reading.region or target.region)
    place = target.logs(reading) if has_log else None
    return View(target, place, console.links(target, place), happenings)


def document(one: View) -> dict[str, Any]:
    """All that is known about an object, as data."""
    target, place = one.target, one.place
    further = {
        "conditions": [
            {**_some(condition, "type", "status", "reason", "message"), "since": about.stamp(condition.since)}
            for condition in target.conditions
        ],
        "bestTrainingJob": target.best,
        "trainingJobStatusCounters": dict(target.counters),
        "variants": [_some(variant, "name", "instances", "desired", "weight") for variant in target.variants],
        "events": [
            {**_some(event, "type", "reason", "message", "count"), "last": about.stamp(event.last)}
            for event in one.events or ()
        ],
        "log": {"region": place.region, "group": place.group, "streamPrefix": place.selection.prefix} if place else {},
        "links": one.links.document(),
        "next": list(advice(target)),
    }
    return {**about.summary(target), **{name: value for name, value in further.items() if value}}


def _some(value: object, *names: str) -> dict[str, Any]:
    """Some attributes of a value, without those that are not known."""
    found = {name: getattr(value, name) for name in names}
    return {name: each for name, each in found.items() if each not in ("", None)}


def shown(one: View, terminal: Terminal, now: datetime) -> str:
    """All that is known about an object, for people."""
    target = one.target
    parts = [f"{safe.line(target.title)}\n", "".join(_fact(label, value) for label, value in _facts(one, now) if value)]
    for title, heads, rows in _tables(one, now):
        if rows:
            parts.append(f"\n{title}:\n" + _indented(_table(heads, rows, terminal)))
    if one.events is None:
        parts.append("\nEvents: they may not be read with your rights.\n")
    parts.append("\nNext:\n" + "".join(f"  {safe.line(line)}\n" for line in advice(target)))
    return "".join(parts)


def _facts(one: View, now: datetime) -> Iterator[tuple[str, str]]:
    target = one.target
    yield "Job", f"{target.job} ({target.resource.aws.noun})" if target.job else "none yet"
    yield "Region", one.place.region if one.place else target.region
    yield "Status", _status(target, now)
    yield "Reason", target.reason
    yield "Created", _when(target.created, now)
    yield "Started", _when(target.started, now)
    yield "Ended", _when(target.ended, now)
    yield "Deleting", "yes, it waits for its finalizers" if target.deleting else ""
    yield "Best", target.best
    yield "Trials", ", ".join(f"{count} {name}" for name, count in target.counters if count)
    yield "Log group", one.place.group if one.place else ""
    yield "Streams", f"{one.place.selection.prefix}*" if one.place else ""
    yield "SageMaker", one.links.sagemaker
    yield "CloudWatch", one.links.logs


def _status(target: Target, now: datetime) -> str:
    """The status words, and for how long they have been so as far as the object tells."""
    words = ", ".join(word for word in (target.status, target.secondary) if word) or "none yet"
    since = max((one.since for one in target.conditions if one.since), default=None)
    return f"{words} (for {about.age(since, now)})" if since and not target.ended else words


def _tables(one: View, now: datetime) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    target = one.target
    yield (
        "Variants",
        ["NAME", "INSTANCES", "DESIRED", "WEIGHT"],
        [[each.name, _number(each.instances), _number(each.desired), _number(each.weight)] for each in target.variants],
    )
    yield (
        "Conditions",
        ["TYPE", "STATUS", "REASON", "AGE", "MESSAGE"],
        [[each.type, each.status, each.reason, about.age(each.since, now), each.message] for each in target.conditions],
    )
    yield (
        "Events",
        ["LAST SEEN", "TYPE", "REASON", "COUNT", "MESSAGE"],
        [
            [about.age(each.last, now), each.type, each.reason, str(each.count), each.message]
            for each in one.events or ()
        ],
    )


def _table(heads: list[str], rows: list[list[str]], terminal: Terminal) -> str:
    rows = [[safe.line(cell) for cell in row] for row in rows]
    if not terminal.stdout:
        return columns(heads, rows)
    from kubectl_smlogs.tables import table

    return table(heads, rows, replace(terminal, width=max(20, terminal.width - 2)))


def link_lines(one: View, *, named: bool) -> str:
    """The links, one a line, under the name of what they lead to where there are several."""
    title = f"{safe.line(one.target.title)}\n" if named else ""
    lines = (("SageMaker", one.links.sagemaker), ("CloudWatch", one.links.logs))
    return title + "".join(f"{label + ':':<{_LABEL}} {safe.line(link)}\n" for label, link in lines if link)


def _when(when: datetime | None, now: datetime) -> str:
    return f"{about.stamp(when)} ({about.age(when, now)} ago)" if when else ""


def _fact(label: str, value: str) -> str:
    return f"  {label + ':':<{_LABEL}} {safe.line(value)}\n"


def _indented(block: str) -> str:
    return "".join(f"  {line}\n" for line in block.splitlines())


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
