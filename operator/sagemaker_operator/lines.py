"""The line before an AWS operation: who waits, and in which order they are served. Pure.

Whoever waits belongs to a flow, which is a namespace and whether a user waits for it. Flows are served in turn, as in
self-clocked fair queueing: a namespace with thousands of objects does not hold up one with ten, and what a user has
edited or deleted does not stand behind a burst of new objects.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from typing import NamedTuple

URGENT_SHARE = 8.0
"""Turns of what a user waits for, for each turn of a namespace's other work."""


class Flow(NamedTuple):
    """Whose work it is: flows of one line share it evenly, but for what is urgent."""

    namespace: str = ""
    urgent: bool = False
    """A user waits for it: an edit or a deletion."""


class Place(NamedTuple):
    """A place in a line; the lesser of two is served first."""

    tag: float
    number: int
    flow: Flow


@dataclass(slots=True)
class Line:
    """Places that wait, and the order in which they come up."""

    waiting: list[Place] = field(default_factory=list)
    """In the order in which they are served."""
    _clock: float = 0.0
    """The tag of the place that was served last."""
    _ends: dict[Flow, float] = field(default_factory=dict)
    """The tag of each flow's last place."""
    _number: int = 0

    def join(self, flow: Flow) -> Place:
        """Take a place."""
        self._number += 1
        tag = max(self._clock, self._ends.get(flow, 0.0)) + (1 / URGENT_SHARE if flow.urgent else 1.0)
        self._ends[flow] = tag
        place = Place(tag, self._number, flow)
        bisect.insort(self.waiting, place)
        return place

    def ahead(self, place: Place) -> int | None:
        """How many are served before a place; None once its turn has come."""
        index = bisect.bisect_left(self.waiting, place)
        return index if index < len(self.waiting) and self.waiting[index] == place else None

    def serve(self, count: int) -> None:
        """The turn of so many has come."""
        if count <= 0:
            return
        served = self.waiting[:count]
        del self.waiting[:count]
        if served:
            self._clock = served[-1].tag
        if not self.waiting or len(self._ends) > 2 * len(self.waiting) + 64:
            # A flow whose last place was served long ago stands where a new one does.
            self._ends = {flow: tag for flow, tag in self._ends.items() if tag > self._clock}
