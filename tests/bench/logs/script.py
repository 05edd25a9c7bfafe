"""Which events a benchmark's log holds: when each is stamped, when it becomes readable, and in which stream. Pure.

Every line tells its number, so that what is lost, doubled or damaged can be counted in any tool's output. Numbers grow
with the stamps.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap

JOB = "bench-job-5f2b8c1e"
MESSAGE_BYTES = 100
TRANSIT = 300
"""Milliseconds from a host's upload until its events can be read."""
TOGETHER = 4
"""Events that share a millisecond: equal stamps are the normal case."""
_HOUR = 3_600_000
_TEXTS = tuple(
    f"step={number * 37 % 9973:05d} loss={number * 31 % 997 / 1000:.4f} samples/s={number * 7 % 4999:04d} "
    f"lr=0.00{number % 89:02d} the quick brown fox trains a model"[:87].ljust(87, ".")
    for number in range(997)
)
_BODIES = tuple(text.encode() for text in _TEXTS)
_LINE = re.compile(rb"seq=(\d{8}) (.{87})")


@dataclass(frozen=True, slots=True)
class Script:
    """All events of a log.

    Attributes:
        stamps: timestamp of each, in milliseconds since 1970, never falling.
        readable: from when on it can be read, likewise.
        places: the stream of each, as an index into `names`.
        names: full names of the streams.
    """

    stamps: array[int]
    readable: array[int]
    places: array[int]
    names: tuple[str, ...]


def message(number: int) -> str:
    """The text of an event: 100 ASCII characters that need no escaping in JSON."""
    return f"seq={number:08d} {_TEXTS[number % 997]}"


def history(events: int, streams: int, *, end: int, hours: float = 1.0) -> Script:
    """A log that is over: so many events spread over some hours before `end`, and at random over the streams."""
    span = round(hours * 3_600_000)
    start = end - span
    stamps = array("q", (start + number // TOGETHER * TOGETHER * span // events for number in range(events)))
    readable = array("q", (stamp + 2_000 for stamp in stamps))
    places = array("B", ((number * 2_654_435_761 >> 11) % streams for number in range(events)))
    return Script(stamps, readable, places, _names(streams, start))


@dataclass(frozen=True, slots=True)
class Writing:
    """How a log is being written.

    Attributes:
        hosts: how many; they upload one after the other, as agents that were started at different times do.
        rate: lines a second in all.
        seconds: for how long.
        upload: seconds between two uploads of a host.
        late: seconds by which all that one host uploads becomes readable later.
        ahead: whether one line is stamped an hour ahead.
    """

    hosts: int = 16
    rate: int = 200
    seconds: float = 60.0
    upload: float = 5.0
    late: float = 0.0
    ahead: bool = False


def live(start: int, writing: Writing) -> Script:
    """A log that is being written from `start` on, in milliseconds since 1970."""
    total = round(writing.rate * writing.seconds)
    every = round(writing.upload * 1000)
    events = []
    for number in range(total):
        stamp, host = start + number * 1000 // writing.rate, number % writing.hosts
        phase = start + host * every // writing.hosts
        arrival = phase + -((phase - stamp) // every) * every + TRANSIT
        late = round(writing.late * 1000) if host == writing.hosts - 1 else 0
        ahead = _HOUR if writing.ahead and number == total // 4 else 0
        events.append((stamp + ahead, arrival + late, host))
    events.sort()
    stamps, arrivals, places = zip(*events, strict=True)
    return Script(array("q", stamps), array("q", arrivals), array("B", places), _names(writing.hosts, start))


def _names(streams: int, start: int) -> tuple[str, ...]:
    return tuple(f"{JOB}/algo-{number}-{start // 1000 - 60 + number}" for number in range(1, streams + 1))


@dataclass(frozen=True, slots=True)
class Tally:
    """What a tool made of a log.

    Attributes:
        lines: lines shown.
        lost: events that were not shown.
        doubled: lines shown once too often.
        damaged: lines whose text is not what was written.
        disorder: lines stamped before the line above them.
    """

    lines: int
    lost: int
    doubled: int
    damaged: int
    disorder: int


def tally(output: bytes | mmap, stamps: array[int], *, seen: Callable[[int, int], None] | None = None) -> Tally:
    """Count the lines in a tool's output, whatever it prints around them.

    Args:
        output: all that it printed.
        stamps: the script's.
        seen: told the number of each line that is shown for the first time, and where in the output it ends.
    """
    shown = bytearray(len(stamps))
    lines = doubled = damaged = disorder = newest = 0
    for found in _LINE.finditer(output):
        number = int(found[1])
        lines += 1
        if number >= len(shown) or found[2] != _BODIES[number % 997]:
            damaged += 1
            continue
        if shown[number]:
            doubled += 1
        elif seen is not None:
            seen(number, found.end())
        shown[number] = 1
        stamp = stamps[number]
        disorder += stamp < newest
        newest = stamp
    return Tally(lines, shown.count(0), doubled, damaged, disorder)
