"""Which lines are shown: those in which an expression is found, or is not. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smkube.logs.model import Event


class Expressions:
    """Chooses among events by their messages.

    Args:
        include: a line needs one of these; none means that it needs nothing.
        exclude: a line must have none of these.
    """

    def __init__(self, include: Sequence[re.Pattern[str]] = (), exclude: Sequence[re.Pattern[str]] = ()) -> None:
        self._include = [pattern.search for pattern in include]
        self._exclude = [pattern.search for pattern in exclude]
        self.given = bool(include or exclude)
        """Whether there is anything to choose by."""

    def chosen(self, events: Sequence[Event]) -> Sequence[Event]:
        """The events to show, in their order."""
        for searches, wanted in ((self._include, True), (self._exclude, False)):
            if len(searches) == 1:
                (search,) = searches
                events = [event for event in events if (search(event[2]) is not None) is wanted]
            elif searches:
                events = [event for event in events if any(search(event[2]) for search in searches) is wanted]
        return events
