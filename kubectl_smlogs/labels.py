"""What a log stream is called on the screen and in records: its host, and which attempt of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_smlogs import safe
from kubectl_smlogs.origin import Origin
from smkube.logs.streams import Attempts, parse

_REMEMBERED = 5000
"""Streams whose label is kept; an endpoint that is followed for weeks meets ever new ones."""


@dataclass(frozen=True, slots=True)
class Label:
    """Names of one stream.

    Attributes:
        host: the host alone, `algo-1`.
        attempt: 1 for the first stream of the host, 2 for the one after a restart.
        short: the host for people, `algo-1#2`; with the trial of a tuning job or the variant of an endpoint, and the
            part where the stream is one of several of a host.
    """

    host: str
    attempt: int
    short: str


class Labels:
    """The labels of streams, worked out once for each."""

    def __init__(self) -> None:
        self._attempts: dict[tuple[str, str], Attempts] = {}
        self._known: dict[tuple[str, str, str], Label] = {}

    def of(self, origin: Origin, stream: str) -> Label:
        """The label of a stream."""
        key = (origin.group, origin.job, stream)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[key] = self._made(origin, stream)
        return known

    def _made(self, origin: Origin, stream: str) -> Label:
        name = parse(stream)
        attempts = self._attempts.setdefault((origin.group, origin.job), Attempts())
        attempt = attempts.of(stream) if name.epoch else 1
        short = name.host or stream
        if name.job not in (origin.job, stream):
            owner = name.job.removeprefix(f"{origin.job}-")
            short = f"{owner}/{short}"
        if attempt > 1:
            short = f"{short}#{attempt}"
        if name.part:
            short = f"{short}/{name.part}"
        return Label(host=name.host or stream, attempt=attempt, short=safe.line(short))
