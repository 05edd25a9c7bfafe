"""One JSON object for each line, for programs. Pure.

The fields' names are part of the compatible surface; `docs/smlogs.md` lists them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from json.encoder import encode_basestring as quoted
from typing import TYPE_CHECKING, NoReturn

from kubectl_smlogs import moments, safe
from kubectl_smlogs.lines import body
from kubectl_smlogs.moments import FRACTIONS, Moments

if TYPE_CHECKING:
    from kubectl_smlogs.labels import Labels
    from kubectl_smlogs.origin import Origin
    from smkube.logs.model import Event


class Records:
    """Turns events into JSON objects, one a line.

    Args:
        labels: names of hosts.
        embed: a message that is a JSON object itself becomes one in the record, not a string.
    """

    def __init__(self, labels: Labels, *, embed: bool = False) -> None:
        self._labels = labels
        self._message: Callable[[str], str] = _embedded if embed else _quoted
        self._moments = Moments(moments.utc, moments.as_rfc3339)

    def page(self, origin: Origin, events: Sequence[Event]) -> bytes:
        """The records of some events, each ended by a line feed."""
        around, fractions, message_of = self._moments.around, FRACTIONS, self._message
        tails = {stream: self._tail(origin, stream) for stream in {event[1] for event in events}}
        known, base, before, after = None, 0, "", ""
        lines: list[str] = []
        append = lines.append
        for timestamp, stream, message, identity, ingested in events:
            second = timestamp // 1000
            if second != known:
                before, after = around(second)
                known, base = second, second * 1000
            append(
                f'{{"message":{message_of(message)},"timestamp":"{before}{fractions[timestamp - base]}{after}",'
                f'"timestampMs":{timestamp},"ingestionTime":{ingested}{_event_id(identity) if identity else ""}'
                f"{tails[stream]}\n"
            )
        return safe.json_page("".join(lines))

    def _tail(self, origin: Origin, stream: str) -> str:
        """What all records of a stream have in common."""
        label = self._labels.of(origin, stream)
        texts = {
            "stream": stream,
            "host": label.host,
            "attempt": label.attempt,
            "job": origin.job,
            "kind": origin.kind,
            "namespace": origin.namespace,
            "name": origin.name,
            "region": origin.region,
            "logGroup": origin.group,
        }
        return "," + json.dumps(texts, ensure_ascii=False, separators=(",", ":"))[1:]


FIELDS = (
    ("message", "the line"),
    ("timestamp", "when it was written: RFC 3339, UTC, milliseconds"),
    ("timestampMs", "the same in milliseconds since 1970"),
    ("ingestionTime", "when CloudWatch Logs received it, in milliseconds since 1970"),
    ("eventId", "CloudWatch's identifier, where it gives one"),
    ("stream", "CloudWatch log stream"),
    ("host", "host, such as algo-1"),
    ("attempt", "1, or more after a retry or a spot restart of the host"),
    ("job", "SageMaker's name of the job or endpoint"),
    ("kind", "kind of the Kubernetes object"),
    ("namespace", "namespace of the Kubernetes object"),
    ("name", "name of the Kubernetes object"),
    ("region", "AWS region"),
    ("logGroup", "CloudWatch log group"),
)
"""Members of a record, in order, with what they mean; for the documentation."""


def _embedded(message: str) -> str:
    """The message as a JSON value: itself where it is an object, else a string."""
    start = message.lstrip(" \t\r\n")[:1]
    if start != "{":
        return _quoted(message)
    try:
        value = json.loads(message, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return _quoted(message)
    # Its own text keeps numbers as they were written. A line break can only stand between its tokens.
    return (
        message.strip(" \t\r\n").replace("\r", " ").replace("\n", " ") if isinstance(value, dict) else quoted(message)
    )


def _event_id(identity: str) -> str:
    # CloudWatch's are numbers, which need no quoting character by character.
    return f',"eventId":"{identity}"' if identity.isdigit() else f',"eventId":{quoted(identity)}'


def _quoted(message: str) -> str:
    """The message as a JSON string, without the line break at its end."""
    text = quoted(message)
    # Looked for behind the quoting: hardly any message has one.
    return quoted(body(message)) if text.endswith(('\\n"', '\\r"')) else text


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
