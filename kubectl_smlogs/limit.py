"""The end of output after so many bytes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kubectl_smlogs import safe

if TYPE_CHECKING:
    from smkube.logs.model import Event


class LimitReached(Exception):  # noqa: N818 - what the user asked for
    """As much was printed as the user wants to see."""


class Limit:
    """Counts bytes down.

    Args:
        room: bytes that may be written, None for any number.
    """

    def __init__(self, room: int | None) -> None:
        self._room = room

    def fitting(self, lines: bytes) -> bytes:
        """The whole lines that still fit, which are then taken as written."""
        if self._room is None:
            return lines
        if len(lines) > self._room:
            lines = lines[: lines.rfind(b"\n", 0, self._room) + 1]
            self._room = 0
        else:
            self._room -= len(lines)
        return lines

    def fitting_messages(self, events: Sequence[Event]) -> Sequence[Event]:
        """The events whose messages, a line each, still fit, which are then taken as written."""
        if self._room is None:
            return events
        for number, event in enumerate(events):
            size = len(safe.encode(event.message.removesuffix("\n"))) + 1
            if size > self._room:
                self._room = 0
                return events[:number]
            self._room -= size
        return events

    @property
    def reached(self) -> bool:
        """Whether nothing more fits."""
        return self._room is not None and self._room <= 0
