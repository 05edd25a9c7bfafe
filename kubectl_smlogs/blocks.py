"""Keeps lines together that belong together, where hosts write at the same time. Pure.

A traceback or a dump of several lines is one event for each line with most agents, and with sixteen hosts the lines
of sixteen tracebacks come mixed. Within a batch a continuation line moves up to its host's line before it; nothing is
dropped, and the lines of a host keep their order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smkube.logs.model import Event

CLOSE = 1000
"""Milliseconds within which a continuation follows its line."""
LONGEST = 1000
"""Lines kept together at most: who indents everything must not be held against the others."""

_TRACEBACK = "Traceback (most recent call last)"
_EXCEPTION = re.compile(r"[\w.]+(?:Error|Exception|Interrupt|Exit|Warning|Timeout|Expired|Failure)\b")
_CHAINED = ("During handling of the above", "The above exception was", _TRACEBACK)


def may_help(messages: str) -> bool:
    """Whether a page has lines that could be continuations; quick, for whole pages.

    Args:
        messages: messages joined by line feeds.
    """
    return "\n " in messages or "\n\t" in messages or "\n#011" in messages


def regrouped(events: Sequence[Event]) -> list[Event]:
    """The same events with continuations next to their line."""
    groups: list[list[Event]] = []
    current: dict[str, _Block] = {}
    for event in events:
        block = current.get(event.stream)
        if block is not None and block.takes(event):
            block.add(event)
            continue
        block = _Block(event)
        groups.append(block.events)
        current[event.stream] = block
    return [event for group in groups for event in group]


class _Block:
    """The lines of one host that stay together."""

    def __init__(self, event: Event) -> None:
        self.events = [event]
        self._traceback = _TRACEBACK in event.message

    def takes(self, event: Event) -> bool:
        """Whether the event continues this block."""
        if event.timestamp - self.events[-1].timestamp > CLOSE or len(self.events) >= LONGEST:
            return False
        message = event.message
        if message[:1] in (" ", "\t") or message.startswith("#011"):
            return True
        if not self._traceback:
            return False
        # The exception ends a traceback, and so does anything else that is not indented; others may follow from it.
        return not message.strip() or message.startswith(_CHAINED) or _EXCEPTION.match(message) is not None

    def add(self, event: Event) -> None:
        """Take the event."""
        self.events.append(event)
        self._traceback = self._traceback or _TRACEBACK in event.message
