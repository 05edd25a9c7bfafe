r"""Lines after the user's own pattern: text with `{field}` places. Pure.

A place may align and shorten as Python's format does (`{host:<10}`, `{message:.80}`), but reaches nothing beyond the
fields listed here: attributes, indexes, conversions and nested places are refused. `\n`, `\t` and `\\` are read as in
most tools, because shells make them hard to type. Each line ends with a line feed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from string import Formatter
from typing import TYPE_CHECKING

from kubectl_smlogs import moments
from kubectl_smlogs.badvalue import BadValue
from kubectl_smlogs.lines import body
from kubectl_smlogs.moments import Moments, Zone

if TYPE_CHECKING:
    from kubectl_smlogs.labels import Labels
    from kubectl_smlogs.origin import Origin
    from smkube.logs.model import Event

EXAMPLE = "{host:<10} {time} {message}"
FIELDS = {
    "message": "the line",
    "host": "host, such as algo-1",
    "label": "host and attempt as the default format shows them, such as algo-1#2",
    "attempt": "1, or more after a retry or a spot restart of the host",
    "time": "time of day with milliseconds",
    "timestamp": "time in RFC 3339",
    "timestampMs": "time in milliseconds since 1970",
    "ingestionTime": "when CloudWatch Logs received it, in milliseconds since 1970",
    "eventId": "CloudWatch's identifier, where it gives one",
    "stream": "CloudWatch log stream",
    "job": "SageMaker's name of the job or endpoint",
    "kind": "kind of the Kubernetes object",
    "namespace": "namespace of the Kubernetes object",
    "name": "name of the Kubernetes object",
    "region": "AWS region",
    "logGroup": "CloudWatch log group",
}
"""The places there are, with what stands in them."""

_NUMBERS = ("attempt", "timestampMs", "ingestionTime")
_BACKSLASH = {"n": "\n", "t": "\t", "\\": "\\"}
_LONG_NUMBER = re.compile(r"\d{5,}")

_Value = str | int


class Template:
    """A template that was found to be good.

    Args:
        text: as the user wrote it.

    Raises:
        BadValue: something in it is wrong; the text says what, and lists the fields.
    """

    def __init__(self, text: str) -> None:
        unescaped = re.sub(r"\\([nt\\])", lambda found: _BACKSLASH[found.group(1)], text)
        pattern: list[str] = []
        fields: list[str] = []
        try:
            for literal, field, spec, conversion in Formatter().parse(unescaped):
                pattern.append(literal.replace("{", "{{").replace("}", "}}"))
                if field is not None:
                    _check(text, field, spec or "", conversion)
                    pattern.append(f"{{{len(fields)}:{spec}}}" if spec else f"{{{len(fields)}}}")
                    fields.append(field)
        except ValueError as error:
            raise BadValue(f'Template "{text}" cannot be read ({error}). {_HELP}') from None
        if not fields:
            raise BadValue(f'Template "{text}" shows nothing of the log: it has no field. {_HELP}')
        self.fields = tuple(fields)
        """The fields in it, in order."""
        self.render: Callable[..., str] = "".join((*pattern, "\n")).format
        """From the fields' values to a line."""


class Templated:
    """Turns events into lines after a template.

    Args:
        template: the template.
        labels: names of hosts.
        zone: whose wall clock the times are.
    """

    def __init__(self, template: Template, labels: Labels, zone: Zone = moments.local) -> None:
        self._template = template
        self._labels = labels
        self._clock = Moments(zone, moments.as_clock)
        self._full = Moments(zone, moments.as_rfc3339)

    def text(self, origin: Origin, events: Sequence[Event]) -> str:
        """The lines of some events, each ended by a line feed; nothing is escaped."""
        fields, render, values = self._template.fields, self._template.render, self._values
        return "".join([render(*values(fields, origin, event)) for event in events])

    def _values(self, fields: Sequence[str], origin: Origin, event: Event) -> list[_Value]:
        return [self._value(field, origin, event) for field in fields]

    def _value(self, field: str, origin: Origin, event: Event) -> _Value:
        match field:
            case "message":
                return body(event.message)
            case "time":
                return self._clock.text(event.timestamp)
            case "timestamp":
                return self._full.text(event.timestamp)
            case "timestampMs":
                return event.timestamp
            case "ingestionTime":
                return event.ingested
            case "eventId":
                return event.id
            case "stream":
                return event.stream
        return self._of_stream(field, origin, event.stream)

    def _of_stream(self, field: str, origin: Origin, stream: str) -> _Value:
        label = self._labels.of(origin, stream)
        if field == "attempt":
            return label.attempt
        named = {"host": label.host, "label": label.short, "logGroup": origin.group}
        return named[field] if field in named else str(getattr(origin, field))


_HELP = f"Fields are {', '.join(FIELDS)}; write for example '{EXAMPLE}'."


def _check(text: str, field: str, spec: str, conversion: str | None) -> None:
    """Judge one place.

    Raises:
        BadValue: it is no plain field.
        ValueError: its alignment cannot be read.
    """
    if field not in FIELDS:
        raise BadValue(f'Template "{text}" has an unknown field "{field}". {_HELP}')
    if conversion or "{" in spec:
        raise BadValue(f'Template "{text}": field "{field}" takes an alignment as in {{{field}:<10}} and nothing else.')
    if _LONG_NUMBER.search(spec):
        raise BadValue(f'Template "{text}": the width of field "{field}" is too large.')
    format(0 if field in _NUMBERS else "", spec)
