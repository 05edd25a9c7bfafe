"""Log events as the lines of the original plugin: `<stream> <time> <message>`. Pure.

Times are in Go's format (`2019-11-26 15:41:13.45 -0800 PST`). This is what scripts parse, so nothing is added to it:
no colour, no dividers, no other order than that of time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kubectl_smlogs import moments, safe
from kubectl_smlogs.moments import GO_FRACTIONS, Moments, Zone

if TYPE_CHECKING:
    from kubectl_smlogs.origin import Origin
    from smkube.logs.model import Event


class Classic:
    """Turns events into the original's lines.

    Args:
        hide_stream: leave out the stream's name.
        zone: whose wall clock the times are.
    """

    def __init__(self, *, hide_stream: bool = False, zone: Zone = moments.local) -> None:
        self._hide_stream = hide_stream
        self._moments = Moments(zone, moments.as_go)

    def page(self, origin: Origin | None, events: Sequence[Event]) -> bytes:
        """The lines of some events, each ended by a line feed, safe for a terminal."""
        return safe.page(self.text(origin, events))

    def text(self, _: Origin | None, events: Sequence[Event]) -> str:
        """The same lines before anything is escaped."""
        whole = self._joined(events)
        if whole.count("\n") != len(events) or ("\r" in whole and "\r\n" in whole):
            whole = self._joined([event._replace(message=body(event.message)) for event in events])
        return whole

    def _joined(self, events: Iterable[Event]) -> str:
        # The loop over every line of a log: nothing is called in it that can be avoided.
        around, fractions, hide = self._moments.around, GO_FRACTIONS, self._hide_stream
        known, base, before, after = None, 0, "", ""
        lines: list[str] = []
        append = lines.append
        for timestamp, stream, message, _, _ in events:
            second = timestamp // 1000
            if second != known:
                before, after = around(second)
                known, base = second, second * 1000
            if hide:
                append(f"{before}{fractions[timestamp - base]}{after} {message}\n")
            else:
                append(f"{stream} {before}{fractions[timestamp - base]}{after} {message}\n")
        return "".join(lines)


def body(message: str) -> str:
    """The message without the line break at its end, which is the line's own."""
    return message.removesuffix("\n").removesuffix("\r")
