"""The values of the log engine and what it asks of a reader. No I/O and no AWS words beyond the event's own members."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Event(NamedTuple):
    """One log event, as CloudWatch Logs returns it (API reference: FilteredLogEvent).

    A NamedTuple rather than a dataclass: millions of them are made.

    Attributes:
        timestamp: when the line was written, in milliseconds since 1970 on the host's clock.
        stream: full name of its log stream.
        message: the text, as it was sent.
        id: identifier that is unique within the log group; empty where the reader has none (GetLogEvents), which is
            enough for what is read once and not for following.
        ingested: when CloudWatch Logs received it, in milliseconds since 1970 on AWS's clock.
    """

    timestamp: int
    stream: str
    message: str
    id: str
    ingested: int

    @property
    def true_time(self) -> int:
        """The timestamp, but never later than the event's arrival: a host's clock may run ahead."""
        return min(self.timestamp, self.ingested)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of timestamps in milliseconds since 1970, both ends included."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Page:
    """A part of an answer. `token` asks for the next part; empty when there is none."""

    events: Sequence[Event]
    token: str = ""


class Trouble(enum.Enum):
    """What a failed read means for the reader's caller."""

    MISSING = "the log group or stream does not exist (yet)"
    BUSY = "throttled, or no proper answer: the same request may succeed later"
    TOKEN = "the page token is no longer valid: read again from the start"  # noqa: S105 - a page token is no secret
    CREDENTIALS = "credentials are missing, expired or refused"
    DENIED = "the credentials lack a right"
    FATAL = "the request will never succeed"


class SourceError(Exception):
    """A read failed; the cause is chained.

    Args:
        trouble: what to do about it.
        text: the service's own words, or the network's.
    """

    def __init__(self, trouble: Trouble, text: str) -> None:
        super().__init__(text)
        self.trouble = trouble
        self.text = text


class LogSource(Protocol):
    """Reads the events of one job, page by page and with their ids."""

    def page(self, window: Window, token: str) -> Page:
        """One page of the events in `window`, in order of their timestamps; `token` is empty for the first.

        Raises:
            SourceError: the page could not be read.
        """

    def renew(self) -> bool:
        """Look for fresh credentials; False when none can come (they stand in the environment)."""
