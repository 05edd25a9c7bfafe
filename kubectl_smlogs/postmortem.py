"""What to look at first after a job failed: its reason, the first host to fail, its last lines, the tracebacks.

Evidence is looked for when the job has failed, in the lines that `memory` kept. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Protocol

from kubectl_smlogs import color, folding, safe, tracebacks
from kubectl_smlogs.tracebacks import Traceback

if TYPE_CHECKING:
    from kubectl_smlogs.labels import Labels
    from kubectl_smlogs.memory import Memory
    from kubectl_smlogs.moments import Moments
    from kubectl_smlogs.origin import Origin
    from smkube.logs.model import Event

RECENT = 900_000
"""Milliseconds before the log's last line within which evidence counts: what was survived long ago is none."""
LAST_LINES = 10
_TRACEBACKS = 3
_TRACEBACK_HEAD, _TRACEBACK_TAIL = 4, 26

_STRONG = re.compile(
    r"Traceback \(most recent call last\)|ExecuteUserScriptError|(?:^|\s)[A-Za-z_][\w.]*(?:Error|Exception)(?::|$)"
    r"|\bexit(?:ed with)? ?(?:code|status)[:= ]+(?!0\b)-?\d|\bExit ?Code[:= ]+(?!0\b)-?\d"
    r"|\bout of memory\b|\bOOM|Segmentation fault|core dumped|\bSIG(?:KILL|SEGV|ABRT|BUS)\b|(?:^|\s)Killed\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_WEAK = re.compile(r"\b(?:ERROR|FATAL|CRITICAL|PANIC)\b|\berror:", re.MULTILINE)


class Failed(Protocol):
    """What a failed job's object says; `target.Target` is one."""

    @property
    def title(self) -> str:
        """What it is, for a sentence."""

    @property
    def outcome(self) -> str:
        """How it ended."""

    @property
    def reason(self) -> str:
        """Why, may be empty."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The line by which a host's failure is first seen."""

    stream: str
    at: int
    line: str


def first_to_fail(rings: Mapping[str, Sequence[Event]]) -> Evidence | None:
    """The host whose failure was seen first; None where no line looks like one.

    A traceback, an exception or an exit code anywhere counts before any line that is merely called an error.
    """
    newest = max((ring[-1].timestamp for ring in rings.values() if ring), default=0)
    for pattern in (_STRONG, _WEAK):
        seen = [
            event
            for ring in rings.values()
            for event in ring
            if event.timestamp >= newest - RECENT and pattern.search(event.message)
        ]
        if seen:
            first = min(seen, key=itemgetter(0))
            return Evidence(first.stream, first.timestamp, _telling_line(first, rings[first.stream]))
    return None


@dataclass(frozen=True, slots=True)
class Shared:
    """A traceback, the streams that have it, the earliest first, and how often it is there."""

    traceback: Traceback
    streams: tuple[str, ...]
    times: int


def shared_tracebacks(rings: Mapping[str, Sequence[Event]]) -> list[Shared]:
    """The different tracebacks of all hosts, the earliest first."""
    groups: dict[str, list[tuple[str, Traceback]]] = {}
    for stream, ring in rings.items():
        for traceback in tracebacks.found(_lines(ring)):
            groups.setdefault(traceback.key, []).append((stream, traceback))
    for group in groups.values():
        group.sort(key=lambda one: one[1].at)
    shared = [
        Shared(group[0][1], tuple(dict.fromkeys(stream for stream, _ in group)), len(group))
        for group in groups.values()
    ]
    return sorted(shared, key=lambda one: one.traceback.at)


class Report:
    """Puts the findings into words.

    Args:
        labels: names of hosts.
        moments: texts of times.
        colors: 0, 16 or 256.
    """

    def __init__(self, labels: Labels, moments: Moments, colors: int) -> None:
        self._labels = labels
        self._moments = moments
        self._colors = colors

    def text(self, origin: Origin, target: Failed, memory: Memory) -> str:
        """Several lines, safe for a terminal."""
        rings = memory.rings
        parts = [self._head(f"-- {safe.line(target.title)}: {safe.line(target.outcome)} --")]
        if target.reason:
            parts.append(f"Reason: {safe.line(target.reason)}")
        evidence, shared = first_to_fail(rings), shared_tracebacks(rings)
        if evidence is not None:
            host, moment = self._host(origin, evidence.stream), self._moments.text(evidence.at)
            parts.append(f"First to fail: {host} at {moment}: {safe.line(evidence.line)}")
            parts += self._last_lines(rings[evidence.stream], shared[:_TRACEBACKS])
        parts += self._tracebacks(origin, shared)
        return "\n".join(parts)

    def _last_lines(self, ring: Sequence[Event], told: Sequence[Shared]) -> list[str]:
        """The last lines of a host, without those of the tracebacks that are shown anyway."""
        known = {tracebacks.alike(line) for one in told for line in one.traceback.lines}
        lines = [
            f"{self._moments.text(at)} {line}"
            for at, line in _lines(ring, bars=False)
            if line.strip() and tracebacks.alike(line) not in known
        ]
        return ["Its last lines:", *_quoted(lines[-LAST_LINES:])] if lines else []

    def _tracebacks(self, origin: Origin, shared: Sequence[Shared]) -> list[str]:
        parts: list[str] = []
        for one in shared[:_TRACEBACKS]:
            parts.append(f"Traceback of {self._owners(origin, one)}:")
            lines, most = one.traceback.lines, _TRACEBACK_HEAD + _TRACEBACK_TAIL
            if len(lines) > most:
                left_out = f"... {len(lines) - most} lines ..."
                lines = [*lines[:_TRACEBACK_HEAD], left_out, *lines[-_TRACEBACK_TAIL:]]
            parts += _quoted(lines)
        if len(shared) > _TRACEBACKS:
            parts.append(f"... and {len(shared) - _TRACEBACKS} other tracebacks.")
        return parts

    def _owners(self, origin: Origin, one: Shared) -> str:
        first = self._host(origin, one.streams[0])
        hosts = len(one.streams)
        if hosts > 1:
            times = f", {one.times} times" if one.times > hosts else ""
            return f"{first} and others, the same (x{hosts} hosts{times})"
        return f"{first} (x{one.times})" if one.times > 1 else first

    def _host(self, origin: Origin, stream: str) -> str:
        short = self._labels.of(origin, stream).short
        return color.painted(short, color.of_name(short.partition("#")[0], self._colors))

    def _head(self, text: str) -> str:
        return color.painted(text, color.BOLD if self._colors else "")


def _telling_line(evidence: Event, ring: Sequence[Event]) -> str:
    """The line that tells most: of a traceback the exception, else the first one."""
    for traceback in tracebacks.found(_lines(ring)):
        if traceback.at == evidence.timestamp and traceback.exception:
            return traceback.exception
    lines = [piece.text for piece in folding.pieces(evidence.message) if piece.text.strip()]
    return next((line for line in lines if _STRONG.search(line)), lines[0] if lines else "")


def _lines(ring: Iterable[Event], *, bars: bool = True) -> Iterable[tuple[int, str]]:
    """The lines of some events with their timestamps.

    Args:
        ring: events.
        bars: also the states of progress bars that went on afterwards.
    """
    return (
        (event.timestamp, piece.text)
        for event in ring
        for piece in folding.pieces(event.message)
        if bars or not piece.open
    )


def _quoted(lines: Iterable[str]) -> list[str]:
    return [f"  | {safe.text(line)}" for line in lines]
