"""The figures as Markdown. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.logs.capacity import Capacity
from tests.bench.logs.following import Follow
from tests.bench.logs.quotas import Quota
from tests.bench.logs.runs import Run


def rows(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table; all columns but the first are right-aligned."""
    rule = ["---", *("--:" for _ in head[1:])]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [head, rule, *lines])


def history(found: Mapping[str, Run], events: int) -> str:
    """What reading everything cost, by tool; the first is ours."""
    ours = next(iter(found.values()))
    head = ("", "CPU", "wall clock", "peak memory", "requests", "lost", "doubled", "times our wall clock")
    return rows(head, ((name, *_cells(one), _ratio(one, ours)) for name, one in found.items())) + _partial(
        found, events
    )


def short(found: Mapping[str, Run]) -> str:
    """What reading next to nothing cost, by tool."""
    head = ("", "CPU", "wall clock", "peak memory")
    return rows(head, ((name, *_cells(one)[:3]) for name, one in found.items()))


def _cells(one: Run) -> tuple[str, ...]:
    return (
        f"{one.cpu:.2f} s",
        f"{one.wall:.2f} s",
        f"{one.peak:.0f} MB",
        requests(one.requests),
        f"{one.tally.lost + one.tally.damaged:,}",
        f"{one.tally.doubled:,}",
    )


def _ratio(one: Run, ours: Run) -> str:
    return "1" if one is ours else f"{one.wall / ours.wall:.1f}"


def _partial(found: Mapping[str, Run], events: int) -> str:
    """What is to be said about those that did not get to the end."""
    return "".join(
        f"\n{name} ended with exit code {one.code} after {one.wall:.0f} s, {one.tally.lines:,} of {events:,} lines.\n"
        for name, one in found.items()
        if not one.whole
    )


def requests(counts: Mapping[str, int]) -> str:
    """Answers by operation; refused ones in brackets behind them."""
    asked = {name: number for name, number in counts.items() if " " not in name}
    refused = {name.partition(" ")[0]: number for name, number in counts.items() if " " in name}
    return ", ".join(
        f"{number} {name}" + (f" (+{refused[name]} refused)" if refused.get(name) else "")
        for name, number in sorted(asked.items())
        if number
    )


@dataclass(frozen=True, slots=True)
class Far:
    """The same log read by us and by one chain of tokens, under a region's quotas; `least` is what any reader needs."""

    region: str
    streams: int
    quota: Quota
    ours: Run
    chain: Run
    least: float


def far(found: Sequence[Far]) -> str:
    """How much sooner than one chain of tokens we are at the end."""
    ours = ("our requests", "our CPU", "our memory", "ours")
    head = (
        "region",
        "streams",
        "Get/s",
        "Filter/s",
        *ours,
        "one chain",
        "times faster",
        "least possible",
        "lost",
        "doubled",
    )
    return rows(head, (_far_cells(one) for one in found))


def _far_cells(one: Far) -> tuple[str, ...]:
    return (
        one.region,
        str(one.streams),
        f"{one.quota.gets:g}",
        f"{one.quota.filters:g}",
        requests(one.ours.requests),
        f"{one.ours.cpu:.2f} s",
        f"{one.ours.peak:.0f} MB",
        f"{one.ours.wall:.2f} s",
        f"{one.chain.wall:.2f} s",
        f"{one.chain.wall / one.ours.wall:.1f}",
        f"{one.least:.2f} s",
        f"{one.ours.tally.lost + one.ours.tally.damaged}",
        f"{one.ours.tally.doubled}",
    )


def following(found: Sequence[Follow]) -> str:
    """How the tools followed."""
    head = ("", "share of a core", "median", "99 %", "longest", "lost", "doubled", "ended after the job")
    return rows(
        head,
        (
            (
                one.name,
                "ended" if math.isnan(one.share) else f"{one.share * 100:.1f} %",
                f"{one.percentile(50):.2f} s",
                f"{one.percentile(99):.2f} s",
                f"{max(one.delays, default=math.inf):.2f} s",
                f"{one.tally.lost + one.tally.damaged:,}",
                f"{one.tally.doubled:,}",
                f"{one.ended:.0f} s" if one.code >= 0 else "",
            )
            for one in found
        ),
    )


def capacity(found: Sequence[Capacity]) -> str:
    """What the stand-in can do by itself."""
    head = ("connections", "pages a second", "MB a second")
    return rows(head, ((str(one.connections), f"{one.pages:,.0f}", f"{one.megabytes:,.0f}") for one in found))
