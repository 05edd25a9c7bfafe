"""The last lines of every host, for the case that the job fails. Pure.

However long a log is, only so much of it is kept. Nothing here looks into a line: most jobs do not fail.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smkube.logs.model import Event

REMEMBERED = 200
"""Events of each host, as long as there are few hosts."""
_MANY_HOSTS = 64
REMEMBERED_OF_MANY = 40
"""The same where many hosts or many jobs are read."""
_MOST_HOSTS = 1000
_LONGEST = 8192
"""Characters kept of a message; CloudWatch Logs takes a megabyte."""


class Memory:
    """The last events of every host of one job.

    Args:
        size: events of each host, fewer where there are many hosts.
    """

    def __init__(self, size: int = REMEMBERED) -> None:
        self._size = size
        self.rings: dict[str, deque[Event]] = {}
        """Events by stream."""

    def note(self, events: Iterable[Event]) -> None:
        """Remember some events."""
        rings = self.rings
        for event in events:
            ring = rings.get(event[1])
            if ring is None:
                ring = self._ring(event[1])
            ring.append(event if len(event[2]) <= _LONGEST else event._replace(message=event[2][:_LONGEST]))

    def _ring(self, stream: str) -> deque[Event]:
        if len(self.rings) >= _MOST_HOSTS:
            # An endpoint that scales up and down for weeks; the one met first is most likely long gone.
            del self.rings[next(iter(self.rings))]
        size = self._size if len(self.rings) < _MANY_HOSTS else min(self._size, REMEMBERED_OF_MANY)
        ring = self.rings[stream] = deque(maxlen=size)
        return ring
