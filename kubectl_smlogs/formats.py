"""The formats of log lines by name. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from kubectl_smlogs import color, moments, safe
from kubectl_smlogs.badvalue import BadValue
from kubectl_smlogs.labels import Labels
from kubectl_smlogs.lines import Classic, body
from kubectl_smlogs.moments import Moments, Zone

if TYPE_CHECKING:
    import re

    from kubectl_smlogs.options import Showing
    from kubectl_smlogs.origin import Origin
    from kubectl_smlogs.terminal import Terminal
    from smkube.logs.model import Event

NAMES = {
    "classic": "stream, full time and message, as the original plugin prints them; where output is no terminal",
    "default": "host, time of day and message, for people; where output is a terminal",
    "raw": "the message and nothing else",
    "json": "one JSON object for each line",
    "extjson": "as json, with messages that are JSON objects embedded as such",
    "template": "lines after --template or -o template=TEXT",
}
"""Formats of log lines, with what they are."""


class Format(Protocol):
    """Turns events into what is written."""

    def page(self, origin: Origin, events: Sequence[Event]) -> bytes:
        """The lines of some events of one origin, in their order, each ended by a line feed."""


def name_of(showing: Showing, terminal: Terminal) -> str:
    """The format that is meant.

    Raises:
        BadValue: there is none of that name.
    """
    if not showing.output:
        if showing.template:
            return "template"
        return "default" if terminal.stdout else "classic"
    if showing.output not in NAMES:
        raise BadValue(f'Output format "{showing.output}" is none of log lines: use {", ".join(NAMES)}.')
    return showing.output


def make(showing: Showing, terminal: Terminal, *, many: bool) -> Format:
    """The format that is meant.

    Args:
        showing: what the user wants.
        terminal: where lines go.
        many: lines of several objects are shown.

    Raises:
        BadValue: a format, time zone or template that cannot be used.
    """
    name, zone, labels = name_of(showing, terminal), moments.zone(showing.timezone), Labels()
    marks = showing.highlight if terminal.colors else ()
    if name == "classic":
        classic = Classic(hide_stream=showing.hide_stream, zone=zone)
        return Marked(classic.text, marks) if marks else classic
    if name in ("json", "extjson"):
        from kubectl_smlogs.records import Records

        return Records(labels, embed=name == "extjson")
    if name == "template":
        from kubectl_smlogs.template import Template, Templated

        return Plain(Templated(Template(showing.template), labels, zone).text, escape=True)
    if name == "raw":
        raw = Raw(zone, timestamps=showing.timestamps)
        return Marked(raw.text, marks) if marks else Plain(raw.text, escape=terminal.stdout)
    from kubectl_smlogs.hostlines import HostLines, Style

    return HostLines(
        labels,
        Style(
            colors=terminal.colors,
            hide_stream=showing.hide_stream,
            full_time=showing.timestamps,
            with_name=many,
            highlight=marks,
            zone=zone,
        ),
    )


def check(showing: Showing) -> None:
    """Judge format, time zone and template, for whoever reads the command line.

    Raises:
        BadValue: one cannot be used.
    """
    moments.zone(showing.timezone)
    if showing.output == "template" or showing.template:
        from kubectl_smlogs.template import Template

        Template(showing.template)


class Raw:
    """Messages as they are.

    Args:
        zone: whose wall clock.
        timestamps: a full time before each.
    """

    def __init__(self, zone: Zone, *, timestamps: bool) -> None:
        self._moments = Moments(zone, moments.as_rfc3339) if timestamps else None

    def text(self, _: Origin, events: Sequence[Event]) -> str:
        """The lines of some events, each ended by a line feed; nothing is escaped."""
        if self._moments is not None:
            moment = self._moments.text
            return "".join([f"{moment(event[0])} {body(event[2])}\n" for event in events])
        whole = "\n".join([event[2] for event in events]) + "\n" if events else ""
        if whole.count("\n") == len(events) and "\r" not in whole:
            return whole
        return "".join([f"{body(event[2])}\n" for event in events])


class Plain:
    """Text of another's making, encoded.

    Args:
        text: makes the lines.
        escape: make them safe for a terminal.
    """

    def __init__(self, text: Callable[[Origin, Sequence[Event]], str], *, escape: bool) -> None:
        self._text = text
        self._encode = safe.page if escape else safe.encode

    def page(self, origin: Origin, events: Sequence[Event]) -> bytes:
        """The lines of some events."""
        return self._encode(self._text(origin, events))


class Marked:
    """Text of another's making whose messages have been made safe, with what expressions find in them marked.

    Args:
        text: makes the lines.
        patterns: the expressions.
    """

    def __init__(self, text: Callable[[Origin, Sequence[Event]], str], patterns: Sequence[re.Pattern[str]]) -> None:
        self._text = text
        self._patterns = patterns

    def page(self, origin: Origin, events: Sequence[Event]) -> bytes:
        """The lines of some events."""
        return safe.encode(self._text(origin, [self._marked(event) for event in events]))

    def _marked(self, event: Event) -> Event:
        message = color.marked(safe.text(body(event.message)), self._patterns)
        return event._replace(stream=safe.text(event.stream), message=message)
