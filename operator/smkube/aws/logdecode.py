"""Decodes the answers of CloudWatch Logs, straight from bytes into typed structures, when their lines are due.

An answer is looked through once when it arrives: that it is JSON, its token, its first and last time. Its events stay
bytes until they are asked for, some ten kilobytes at a time, since decoded they take several times the memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec

from smkube.logs.model import Event

BLOCK = 64 * 1024
"""Bytes that are decoded together."""

_TIME = b'"timestamp":'
_NUMBER = re.compile(rb'"timestamp":(\d+)[,}]')
_BETWEEN = b'},{"'
_TRIES = 8

Keep = Callable[[str], bool]
Decode = Callable[[bytes], list[Event]]


class _Line(msgspec.Struct, gc=False, rename="camel"):
    """An event of one stream, without its stream's name (API reference: OutputLogEvent)."""

    timestamp: int = 0
    message: str = ""
    ingestion_time: int = 0


class _Found(msgspec.Struct, gc=False, rename="camel"):
    """An event that a search found (API reference: FilteredLogEvent)."""

    timestamp: int = 0
    log_stream_name: str = ""
    message: str = ""
    event_id: str = ""
    ingestion_time: int = 0


class Answer(msgspec.Struct, rename="camel"):
    """What GetLogEvents and FilterLogEvents answer."""

    events: msgspec.Raw = msgspec.Raw(b"[]")
    next_token: str | None = None
    next_forward_token: str | None = None
    next_backward_token: str | None = None


class Stream(msgspec.Struct, rename="camel"):
    """A log stream in a list (API reference: LogStream)."""

    log_stream_name: str = ""
    first_event_timestamp: int | None = None
    last_event_timestamp: int | None = None


class Streams(msgspec.Struct, rename="camel"):
    """What DescribeLogStreams answers."""

    log_streams: list[Stream] = []
    next_token: str | None = None


answer: Callable[[bytes], Answer] = msgspec.json.Decoder(Answer).decode
streams: Callable[[bytes], Streams] = msgspec.json.Decoder(Streams).decode
_lines: Callable[[bytes], list[_Line]] = msgspec.json.Decoder(list[_Line]).decode
_found: Callable[[bytes], list[_Found]] = msgspec.json.Decoder(list[_Found]).decode

_new: Callable[[type[Event], tuple[int, str, str, str, int]], Event] = tuple.__new__
"""Makes an event from its members, in half the time of its own constructor: millions of them are made."""


class _Names(dict[str, str]):
    """One string per stream, empty for those that are not wanted."""

    def __init__(self, keep: Keep) -> None:
        super().__init__()
        self._keep = keep

    def __missing__(self, name: str) -> str:
        kept = self[name] = name if self._keep(name) else ""
        return kept


def of_stream(events: bytes, stream: str) -> list[Event]:
    """The events of one stream from a JSON array."""
    return [
        _new(Event, (e.timestamp, stream, e.message, "", e.ingestion_time or e.timestamp)) for e in _read_lines(events)
    ]


def of_search(events: bytes, keep: Keep) -> list[Event]:
    """The events of a search from a JSON array, without those whose streams are not kept."""
    names = _Names(keep)
    return [
        _new(Event, (e.timestamp, name, e.message, e.event_id, e.ingestion_time or e.timestamp))
        for e in _read_found(events)
        if (name := names[e.log_stream_name])
    ]


def bounds(events: bytes) -> tuple[int | None, int | None]:
    """The times of the first and the last event of a JSON array that is in order of time; None where it is empty."""
    first, last = events.find(_TIME), events.rfind(_TIME)
    if first >= 0:
        # An unescaped quote before the colon: this is a member's name, never a part of a message.
        begin, end = _NUMBER.match(events, first), _NUMBER.match(events, last)
        if begin is not None and end is not None:
            return int(begin[1]), int(end[1])
    times = [line.timestamp for line in _read_lines(events)]
    return (min(times), max(times)) if times else (None, None)


def count(events: bytes) -> int:
    """How many events there are in a JSON array, about."""
    return events.count(_TIME)


def blocks(events: bytes, decode: Decode) -> Iterator[list[Event]]:
    """Decode a JSON array of objects block by block.

    Where it is cut, the bytes could also stand in a message. Then what is before them is no JSON, and another place is
    looked for.

    Args:
        events: the array.
        decode: makes events of an array.
    """
    start = 1
    while len(events) - start > 2 * BLOCK:
        block, start = _block(events, start, decode)
        if block is None:
            break
        yield block
    yield decode(events if start == 1 else b"[" + events[start:])


def _block(events: bytes, start: int, decode: Decode) -> tuple[list[Event] | None, int]:
    """A block from `start` on, and where the next begins; None where no place to cut was found."""
    place = start + BLOCK
    for _ in range(_TRIES):
        place = events.find(_BETWEEN, place)
        if place < 0:
            break
        try:
            return decode(b"[" + events[start : place + 1] + b"]"), place + 2
        except ValueError:
            place += 1
    return None, start


def _read_lines(events: bytes) -> list[_Line]:
    try:
        return _lines(events)
    except msgspec.DecodeError:
        return [msgspec.convert(raw, _Line, strict=False) for raw in _lenient(events)]


def _read_found(events: bytes) -> list[_Found]:
    try:
        return _found(events)
    except msgspec.DecodeError:
        return [msgspec.convert(raw, _Found, strict=False) for raw in _lenient(events)]


def _lenient(events: bytes) -> list[dict[str, Any]]:
    """Events with text that is no proper Unicode, such as half a character at the end of a cut line."""
    found: list[dict[str, Any]] = json.loads(events.decode("utf-8", "replace"))
    return found


def search_decoder(keep: Keep) -> Decode:
    """Decodes arrays of a search."""
    return partial(of_search, keep=keep)


def stream_decoder(stream: str) -> Decode:
    """Decodes arrays of a stream."""
    return partial(of_stream, stream=stream)
