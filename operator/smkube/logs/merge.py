"""The order in which lines are shown. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smkube.logs.model import Event

_ORDER = itemgetter(0, 1)
"""Timestamp, then stream: equal milliseconds are the normal case, and a host's lines stay together."""


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events by time and stream; those of one stream in one millisecond keep the order they came in."""
    return sorted(events, key=_ORDER)


def merged(streams: Iterable[Iterable[Event]]) -> Iterator[Event]:
    """One timeline from several, each of which is already in order."""
    return heapq.merge(*streams, key=_ORDER)
