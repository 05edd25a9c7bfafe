"""Which lanes a history is read in. Pure.

A lane per stream costs at least two requests for each stream and memory for one part each, but uses the larger quota
and half the bytes. A search over all streams at once costs neither, and is the only way where streams must not be
listed or read, or where a filter pattern is given. With hundreds of streams (a tuning job) the search wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smkube.logs.reading import StreamFacts, Way
from smkube.logs.slices import FULL, SLACK, Lane

if TYPE_CHECKING:
    from smkube.logs.reading import Portion

RATES = {Way.STREAM: 25.0, Way.SEARCH: 10.0, Way.LIST: 5.0}
"""Requests per second that CloudWatch Logs grants in most regions."""
NAMES = 100
"""Streams that one search may name (API reference: FilterLogEvents, logStreamNames)."""

_DEPTH = 3
_FEW = 6
"""Parts of a search that are few."""
_PATTERN_SLICES = 32
_STALE = 2 * 3600 * 1000
"""Milliseconds for which the list may not know of a stream's last events, with room to spare."""
_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known before a history is read.

    Attributes:
        span: start and, not included, stop in milliseconds since 1970.
        now: the clock, in milliseconds since 1970.
        listed: all streams with the selection's prefix; None where they could not be listed.
        accepted: those of them that the selection accepts.
        probe: the first part of a search over the span, None where there is none.
        ways: how events may be read.
        memory: bytes of undecoded portions to hold.
        rates: requests per second that the service grants, by way.
    """

    span: tuple[int, int]
    now: int
    listed: tuple[StreamFacts, ...] | None
    accepted: tuple[StreamFacts, ...]
    probe: Portion | None
    ways: frozenset[Way]
    memory: int
    rates: Mapping[Way, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """Lanes, in the order of their streams' names, and how many of them have events at the same time."""

    lanes: tuple[Lane, ...]
    together: int


def lay_out(survey: Survey, start: int) -> Layout:
    """The lanes for what comes from `start` on.

    Args:
        survey: what is known.
        start: everything before is known already.
    """
    if Way.SEARCH not in survey.ways or (Way.STREAM in survey.ways and _streams_win(survey)):
        return _by_stream(survey, start)
    return _by_search(survey, start)


def overlap(streams: tuple[StreamFacts, ...]) -> int:
    """How many streams have events at the same time at most."""
    moments = [(stream.first or 0, 1) for stream in streams]
    moments += [((stream.last or stream.first or 0) + 1, -1) for stream in streams]
    most = count = 0
    for _, change in sorted(moments):
        count += change
        most = max(most, count)
    return most


def _by_stream(survey: Survey, start: int) -> Layout:
    lanes = [
        Lane(
            (stream.name,),
            survey.ways,
            (start, survey.span[1]),
            first=stream.first,
            last=stream.last,
            length=_length(survey, together=max(1, _active(survey))),
            depth=_DEPTH,
        )
        for stream in sorted(survey.accepted, key=lambda stream: stream.name)
    ]
    return Layout(tuple(lanes), overlap(survey.accepted))


def _by_search(survey: Survey, start: int) -> Layout:
    names = sorted(stream.name for stream in survey.accepted)
    everything = survey.listed is None or len(survey.listed) == len(names)
    groups = [()] if everything else [tuple(names[i : i + NAMES]) for i in range(0, len(names), NAMES)]
    firsts = [stream.first for stream in survey.accepted if stream.first is not None]
    first = min(firsts) if len(firsts) == len(names) and names else None
    lanes = [
        Lane(
            group,
            frozenset({Way.SEARCH}),
            (start, survey.span[1]),
            first=first,
            last=_extent(survey),
            length=_search_length(survey, first),
            depth=_DEPTH,
        )
        for group in groups
    ]
    return Layout(tuple(lanes), len(lanes))


def _extent(survey: Survey) -> int:
    """Up to where a search is cut into slices: some more of them do no harm, one that is too long does."""
    lasts = [stream.last for stream in survey.accepted if stream.last is not None]
    last = max(lasts, default=None)
    if last is None or survey.now - last < _STALE:
        return min(survey.now, survey.span[1])
    return min(last, survey.span[1])


def _search_length(survey: Survey, first: int | None) -> int | None:
    if Way.STREAM in survey.ways or survey.probe is None or survey.probe.last is not None:
        return _length(survey, together=1)
    begin = max(survey.span[0], first or 0)
    return max(1, (_extent(survey) - begin) // _PATTERN_SLICES) if begin else None


def _length(survey: Survey, *, together: int) -> int | None:
    """Milliseconds of the first slices, by the density of the first part of a search."""
    probe = survey.probe
    if probe is None or probe.first is None or probe.last is None or probe.last <= probe.first:
        return None
    parts = 1.0 if probe.size * 3 > FULL[Way.SEARCH] else probe.size / FULL[Way.SEARCH]
    return max(1, int((probe.last - probe.first) * together * (_DEPTH - SLACK) / parts))


def _active(survey: Survey) -> int:
    """Streams with events in the time of the probe."""
    probe = survey.probe
    if probe is None or probe.first is None or probe.last is None:
        return 0
    low, high = probe.first, probe.last
    return sum(1 for stream in survey.accepted if _milliseconds((stream,), low, high + 1))


def _milliseconds(streams: tuple[StreamFacts, ...], low: int, high: int) -> int:
    """The time that these streams have events in, added up."""
    total = 0
    for stream in streams:
        if stream.first is not None and stream.last is not None:
            total += max(0, min(stream.last + 1, high) - max(stream.first, low))
    return total


def _streams_win(survey: Survey) -> bool:
    """Whether a lane per stream takes less time than one search over all of them."""
    if survey.listed is None:
        return False
    together = overlap(survey.accepted)
    probe, streams = survey.probe, len(survey.accepted)
    if probe is None or probe.first is None or probe.last is None:
        return streams <= NAMES
    covered = _milliseconds(survey.listed, probe.first, probe.last + 1)
    low, high = survey.span
    wanted = _milliseconds(survey.accepted, low, high) / covered if covered else float(streams)
    if wanted <= _FEW:
        # A short log is read whole before many requests at once could pay.
        return False
    crowding = max(1.0, together * FULL[Way.STREAM] / (survey.memory * _SHARE))
    by_stream = (wanted * crowding + 2 * streams) / (survey.rates[Way.STREAM] + survey.rates[Way.SEARCH])
    by_search = (wanted + streams / NAMES) / survey.rates[Way.SEARCH]
    return by_stream <= by_search
