"""The API server as one process of the operator reaches it: requests, lists and watches, and what goes wrong with them.

Lists and watches are answered in JSON, so that the real reflectors and caches do their work: pages, positions, expired
histories, streams that break off. A watch brings what has happened so far and then ends, as one that ran out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from smkube.errors import KubeError
from tests.unit.histories.chance import Chance
from tests.unit.histories.world import ALL_KINDS, Cluster

_BY_PLURAL = {kind.plural: kind.name for kind in ALL_KINDS}
_EXPIRED = "The resourceVersion for the provided watch is too old."

TROUBLES: dict[str, Callable[[], KubeError]] = {
    "refused": lambda: KubeError(0, "Unreachable", "The Kubernetes API server cannot be reached: Connection refused"),
    "reset": lambda: KubeError(
        0, "Unreachable", "The Kubernetes API server cannot be reached: Connection reset by peer"
    ),
    "busy": lambda: KubeError(429, "TooManyRequests", "Too many requests, please try again later.", retry_after=1.0),
    "etcd": lambda: KubeError(500, "", "etcdserver: request timed out"),
    "ending": lambda: KubeError(503, "ServiceUnavailable", "apiserver is shutting down", retry_after=5.0),
    "slow": lambda: KubeError(
        504, "Timeout", "Timeout: request did not complete within requested timeout - context deadline exceeded"
    ),
}
"""What an API server in trouble says, or what is said for one that does not answer."""
DOUBTFUL = frozenset({"reset", "etcd", "slow"})
"""After these a write may have taken effect all the same."""


@dataclass
class Front:
    """The way of one process to the API server.

    Args:
        cluster: what is behind it.
        chance: what goes wrong.
        clock: seconds.
        lines: how many events a watch brings at most before it ends.
        away_until: until when requests come to nothing.
        troubles: how they do, by name.
        silent_until: until when the watches of a kind bring nothing.
        broken: kinds whose watch breaks off.
    """

    cluster: Cluster
    chance: Chance
    clock: Callable[[], float]
    lines: int = 1000
    away_until: float = float("-inf")
    troubles: tuple[str, ...] = ("refused",)
    silent_until: dict[str, float] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def go_away(self, seconds: float, troubles: tuple[str, ...]) -> None:
        """The API server is in trouble for so long; open watches break off."""
        self.away_until, self.troubles = self.clock() + seconds, troubles
        self.broken = set(self.cluster.events)

    def come_back(self) -> None:
        """All is well from now on."""
        self.away_until = float("-inf")
        self.silent_until.clear()

    def has_news(self, kind: str, position: str) -> bool:
        """Whether an open watch would bring or notice anything."""
        if self.clock() < self.silent_until.get(kind, 0.0):
            return False
        return kind in self.broken or self.cluster.latest[kind] > int(position or 0)

    # --- what the client offers ----------------------------------------------------------------------------------

    def request(
        self, method: str, path: str, *, body: Mapping[str, Any], content_type: str = "application/json"
    ) -> bytes:
        """A write."""
        patches = content_type == "application/merge-patch+json"
        if patches != (method == "PATCH"):
            raise ValueError(f"{method} with {content_type}")
        self.chance.point()
        trouble = self._trouble(2)
        if trouble and not (trouble in DOUBTFUL and self.chance.hits(0.3)):
            self.chance.counts["requests failed"] += 1
            raise _said(trouble)
        answer = self.cluster.request(method, path, body)
        trouble = trouble or ("reset" if self.chance.hits(self.chance.faults / 4) else "")
        if trouble:
            self.chance.counts["answers lost"] += 1
            raise _said(trouble)
        self.chance.point()
        return answer

    def pages(self, path: str, _query: Mapping[str, Any], *, limit: int) -> Iterator[bytes]:
        """A list as of one moment, in pages; it expires when the history is compacted between two of them."""
        kind, version = _kind(path), 0
        items: list[Any] = []
        begin = 0
        while True:
            self.chance.point()
            self._reach("list")
            if not version:
                version, items = self.cluster.version, [dict(stored) for stored in self.cluster.of(kind)]
            elif self.cluster.compacted > version:
                self.chance.counts["lists expired"] += 1
                raise KubeError(410, "Expired", "The provided continue parameter is too old.")
            end = begin + limit if limit else len(items)
            token = str(end) if end < len(items) else ""
            yield _json({"metadata": {"resourceVersion": str(version), "continue": token}, "items": items[begin:end]})
            if not token:
                return
            begin = end

    def stream(self, path: str, query: Mapping[str, Any], *, seconds: int) -> Lines:
        """A watch."""
        del seconds
        kind, position = _kind(path), int(query["resourceVersion"] or 0)
        self.broken.discard(kind)
        self.chance.point()
        self._reach("watch")
        if position < self.cluster.compacted and self.cluster.latest[kind] > position:
            self.chance.counts["watches expired"] += 1
            if self.chance.hits(0.5):
                raise KubeError(410, "Expired", _EXPIRED)
            return Lines(iter([_error(410, "Expired", _EXPIRED)]))
        return Lines(self._follow(kind, position))

    def _follow(self, kind: str, position: int) -> Iterator[bytes]:
        found = [event for event in self.cluster.events[kind] if event.version > position]
        for event in found[: self.lines]:
            if self.chance.hits(self.chance.faults / 6):
                self.chance.counts["watches broken"] += 1
                if self.chance.hits(0.3):
                    yield _error(500, "InternalError", "etcdserver: no leader")
                raise KubeError(0, "ConnectionLost", "The watch connection broke: Connection reset by peer")
            yield event.line
            position = event.version
        known = self.cluster.version if len(found) <= self.lines else position
        if not found[: self.lines] or self.chance.hits(0.2):
            yield _json({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(known)}}})

    # --- trouble -------------------------------------------------------------------------------------------------

    def _trouble(self, divisor: float) -> str:
        """The name of what comes between, or nothing."""
        if self.clock() < self.away_until:
            return self.chance.rng.choice(self.troubles)
        return self.chance.rng.choice(list(TROUBLES)) if self.chance.hits(self.chance.faults / divisor) else ""

    def _reach(self, verb: str) -> None:
        trouble = self._trouble(6)
        if trouble:
            self.chance.counts[f"{verb}s refused"] += 1
            raise _said(trouble)


class Lines:
    """An open watch."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines

    def __iter__(self) -> Iterator[bytes]:
        """What it brings."""
        return self._lines

    def close(self) -> None:
        """End it."""


def _said(trouble: str) -> KubeError:
    return TROUBLES[trouble]()


def _kind(path: str) -> str:
    return _BY_PLURAL[path.rsplit("/", 1)[1]]


def _error(code: int, reason: str, message: str) -> bytes:
    return _json({"type": "ERROR", "object": {"kind": "Status", "code": code, "reason": reason, "message": message}})


_json = msgspec.json.encode
