"""Log events as the lines that are printed: `<stream> <time> <message>`. Pure.

Times are in Go's format (`2019-11-26 15:41:13.45 -0800 PST`) in the local zone, as the original prints them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from kubectl_smlogs import safe

if TYPE_CHECKING:
    from smkube.logs.model import Event


class Formatter:
    """Turns events into text.

    Args:
        hide_stream: leave out the stream's name.
        local: from seconds since 1970 to the local time; an argument so that tests choose the zone.
    """

    def __init__(
        self, *, hide_stream: bool = False, local: Callable[[float], time.struct_time] = time.localtime
    ) -> None:
        self._hide_stream = hide_stream
        self._local = local
        self._second: int | None = None
        self._date = ""
        self._zone = ""

    def page(self, events: Iterable[Event]) -> str:
        """The lines of some events, each ended by a line feed, safe for a terminal."""
        moment, hide = self.moment, self._hide_stream
        return safe.text(
            "".join(
                f"{moment(event.timestamp)} {_body(event.message)}\n"
                if hide
                else f"{event.stream} {moment(event.timestamp)} {_body(event.message)}\n"
                for event in events
            )
        )

    def moment(self, timestamp: int) -> str:
        """Milliseconds since 1970 as Go's `time.Time` prints itself, without trailing zeros in the fraction."""
        second, millisecond = divmod(timestamp, 1000)
        if second != self._second:
            self._begin_second(second)
        fraction = f".{millisecond:03d}".rstrip("0") if millisecond else ""
        return f"{self._date}{fraction}{self._zone}"

    def _begin_second(self, second: int) -> None:
        # Most lines share their second with the one before.
        local = self._local(second)
        minutes = local.tm_gmtoff // 60
        sign = "-" if minutes < 0 else "+"
        offset = f"{sign}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"
        self._date = time.strftime("%Y-%m-%d %H:%M:%S", local)
        self._zone = f" {offset} {local.tm_zone}"
        self._second = second


def _body(message: str) -> str:
    """The message without the line break at its end, which is the line's own."""
    return message.removesuffix("\n").removesuffix("\r")
