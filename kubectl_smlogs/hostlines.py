"""Lines for people: host in its colour, time of day, message. No I/O.

Beyond what the other formats do: codes of the log agent are decoded, progress bars folded to their last state, several
lines of one message stand behind a gutter, and a host's continuation lines stay together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_smlogs import blocks, color, folding, moments, safe
from kubectl_smlogs.columns import cut, width
from kubectl_smlogs.folding import Piece
from kubectl_smlogs.moments import FRACTIONS, Moments, Zone

if TYPE_CHECKING:
    from kubectl_smlogs.labels import Labels
    from kubectl_smlogs.origin import Origin
    from smkube.logs.model import Event

_GUTTER = "│"
_WIDEST = 40
"""Columns that labels are aligned to at most; a longer one pushes its own line only."""
_REMEMBERED = 5000
"""Streams whose beginning of a line is kept."""


@dataclass(frozen=True, slots=True)
class Style:
    """How the lines look.

    Attributes:
        colors: 0, 16 or 256.
        hide_stream: no host.
        full_time: date and zone as well.
        with_name: the object's name before the host, because several are shown.
        highlight: what is marked.
        zone: whose wall clock.
    """

    colors: int = 0
    hide_stream: bool = False
    full_time: bool = False
    with_name: bool = False
    highlight: tuple[re.Pattern[str], ...] = ()
    zone: Zone = moments.local


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands before the time on the lines of one stream."""

    text: str
    columns: int
    color: str


class HostLines:
    """Turns events into lines for people.

    Args:
        labels: names of hosts.
        style: how they look.
    """

    def __init__(self, labels: Labels, style: Style) -> None:
        self._labels = labels
        self._style = style
        self._moments = Moments(style.zone, moments.as_rfc3339 if style.full_time else moments.as_clock)
        self._marks = style.highlight
        self._dim, self._reset = (color.DIM, color.RESET) if style.colors else ("", "")
        self._heads: dict[tuple[Origin, str], _Head] = {}
        self._column = 0
        self._bars: dict[tuple[Origin, str], tuple[int, str]] = {}

    def page(self, origin: Origin, events: Sequence[Event]) -> bytes:
        """The lines of some events, each ended by a line feed. Bars that still run are kept back."""
        messages = "\n".join([event[2] for event in events])
        if blocks.may_help(messages):
            events = blocks.regrouped(events)
        if self._is_plain(messages, len(events)):
            return safe.encode(self._quick(origin, events))
        return safe.encode("".join([self._event(origin, event) for event in events]))

    def live(self, columns: int) -> bytes:
        """The bar that moved last, as a line without its end that fits into so many columns; empty if none runs."""
        if not self._bars:
            return b""
        (origin, stream), (timestamp, state) = next(reversed(self._bars.items()))
        head = self._head(origin, stream)
        before, used = self._before(head, timestamp)
        if used >= columns:
            return safe.encode(cut(state, columns))
        return safe.encode(before + cut(state, columns - used))

    def ending(self, origin: Origin | None = None) -> bytes:
        """The last states of the bars that never came to an end, each once; of one origin or of all."""
        ended = [key for key in self._bars if origin in (None, key[0])]
        return safe.encode("".join([self._bar_line(*key, *self._bars.pop(key)) for key in ended]))

    def _is_plain(self, messages: str, count: int) -> bool:
        """Whether every message is one harmless line that nothing has to be done to."""
        return not (
            self._bars
            or self._marks
            or messages.count("\n") != count - 1
            or folding.has_controls(messages)
            or not safe.is_harmless(safe.encode(messages))
        )

    def _quick(self, origin: Origin, events: Sequence[Event]) -> str:
        # As _event does it for plain messages: the loop over every line of a long log.
        around, fractions, dim, reset = self._moments.around, FRACTIONS, self._dim, self._reset
        for stream in {event[1] for event in events}:
            self._head(origin, stream)  # All are known before the first is used: they share a column.
        heads = {stream: self._head(origin, stream).text for stream in {event[1] for event in events}}
        known, base, before, after = None, 0, "", ""
        lines: list[str] = []
        append = lines.append
        for timestamp, stream, message, _, _ in events:
            second = timestamp // 1000
            if second != known:
                before, after = around(second)
                known, base = second, second * 1000
            append(f"{heads[stream]}{dim}{before}{fractions[timestamp - base]}{after}{reset} {message}\n")
        return "".join(lines)

    def _event(self, origin: Origin, event: Event) -> str:
        """The lines of one event."""
        key, message = (origin, event.stream), event.message
        if message.isprintable() and "#0" not in message and key not in self._bars:
            # Most lines, also of a page that has others: one harmless line.
            text = color.marked(message, self._marks) if self._marks else message
            return f"{self._before(self._head(*key), event.timestamp)[0]}{text}\n"
        pieces = folding.pieces(message)
        earlier = ""
        if not pieces[0].bar and key in self._bars:
            # A line of its own ends the bar before it; its last state stays on the screen, once.
            earlier = self._bar_line(*key, *self._bars.pop(key))
        elif pieces[0].bar:
            self._bars.pop(key, None)
        if pieces[-1].open:
            state = safe.text(pieces[-1].text)
            if state:
                self._bars[key] = (event.timestamp, state)
            pieces = pieces[:-1]
        return earlier + self._lines(self._head(*key), event.timestamp, pieces)

    def _lines(self, head: _Head, timestamp: int, pieces: Sequence[Piece]) -> str:
        if not pieces:
            return ""
        before, used = self._before(head, timestamp)
        texts = [self._shown(piece.text) for piece in pieces]
        gutter = f"\n{' ' * max(used - 2, 0)}{color.painted(_GUTTER, head.color)} "
        return f"{before}{gutter.join(texts)}\n"

    def _bar_line(self, origin: Origin, stream: str, timestamp: int, state: str) -> str:
        return self._lines(self._head(origin, stream), timestamp, [Piece(state)])

    def _shown(self, text: str) -> str:
        harmless = safe.text(text)
        return color.marked(harmless, self._marks) if self._marks else harmless

    def _before(self, head: _Head, timestamp: int) -> tuple[str, int]:
        """Host and time, and how many columns they take with the blank after them."""
        moment = self._moments.text(timestamp)
        return f"{head.text}{self._dim}{moment}{self._reset} ", head.columns + len(moment) + 1

    def _head(self, origin: Origin, stream: str) -> _Head:
        known = self._heads.get((origin, stream))
        return known or self._new_head(origin, stream)

    def _new_head(self, origin: Origin, stream: str) -> _Head:
        style = self._style
        if style.hide_stream:
            return _Head("", 0, color.of_name(self._labels.of(origin, stream).host, style.colors))
        label = self._labels.of(origin, stream)
        name = f"{safe.line(origin.name)} " if style.with_name else ""
        columns = width(name) + width(label.short)
        if self._column < columns <= _WIDEST:
            self._column = columns
            self._heads.clear()
        elif len(self._heads) >= _REMEMBERED:
            self._heads.clear()
        paint = color.of_name(label.short.partition("#")[0], style.colors)
        padding = " " * max(self._column - columns, 0)
        name = color.painted(name, color.of_name(origin.name, style.colors))
        text = f"{name}{color.painted(label.short, paint)}{padding} "
        head = self._heads[origin, stream] = _Head(text, columns + len(padding) + 1, paint)
        return head
