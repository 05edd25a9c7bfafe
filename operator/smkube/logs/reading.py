"""What the reader of long logs asks of a service, as values and one protocol. No I/O here.

There are two ways to the same events. The way by STREAM reads one stream: half the bytes, a quota of its own, and by
far the larger one. The way by SEARCH reads many streams at once in one order, and is the only one that knows filter
patterns. LIST tells which streams there are.

Stops are exclusive here, whatever the service makes of them.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from smkube.logs.model import SourceError

if TYPE_CHECKING:
    from smkube.logs.model import Event


class Way(enum.Enum):
    """A kind of request; each has its own quota."""

    STREAM = "stream by stream"
    SEARCH = "by search"
    LIST = "list of streams"


class Throttled(SourceError):  # noqa: N818 - says what the service does
    """The service asks for fewer requests; its trouble is BUSY."""


class StreamGone(SourceError):  # noqa: N818 - says what is the matter
    """The stream, not the group, does not exist (any more); its trouble is MISSING."""


class Unsupported(SourceError):  # noqa: N818 - says what the service does
    """The service does not know how to do that, but will do other things; its trouble is FATAL."""


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What the list says of a stream; times in milliseconds since 1970.

    Attributes:
        name: the stream's.
        first: time of its oldest event, None where it is not known.
        last: time of its youngest event as it was some time ago (up to hours), None where it is not known.
    """

    name: str
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A part of the list of streams. `token` asks for the next part; empty when there is none."""

    streams: tuple[StreamFacts, ...]
    token: str = ""


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of an answer that stays undecoded until its lines are due: decoded it takes several times the memory.

    Attributes:
        first: time of the first event, None when there is no event.
        last: time of the last event, None when there is no event.
        size: bytes that the portion keeps in memory.
        token: asks for the next part; empty when there is none.
        blocks: decodes the events, some at a time, in the service's order.
        count: number of events, without decoding them.
    """

    first: int | None
    last: int | None
    size: int
    token: str
    blocks: Callable[[], Iterator[list[Event]]]
    count: Callable[[], int]


class HistorySource(Protocol):
    """Reads portions of one log group for many threads; `Selection` is known to it."""

    @property
    def only_search(self) -> bool:
        """Whether only the way by SEARCH gives the right events, because of a filter pattern."""

    def list(self, token: str) -> Listing:
        """A part of the list of streams that begin with the selection's prefix, accepted or not.

        Raises:
            SourceError: it could not be read.
        """

    def stream(self, name: str, start: int, stop: int, token: str = "", limit: int | None = None) -> Portion:
        """A part of one stream's events with start <= timestamp < stop, in order of time.

        Args:
            name: the stream's.
            start: earliest time in milliseconds since 1970.
            stop: the time behind the latest.
            token: empty for the first part.
            limit: most events of this part; None for what the service gives.

        Raises:
            StreamGone: there is no such stream.
            SourceError: the part could not be read.
        """

    def search(
        self, names: tuple[str, ...], start: int, stop: int, token: str = "", limit: int | None = None
    ) -> Portion:
        """A part of the accepted events of these streams, or of all the selection's streams where `names` is empty.

        Within a part events are in order of time; over parts the service promises it, but does not always keep it.

        Raises:
            StreamGone: there is no stream of one of these names.
            SourceError: the part could not be read.
        """

    def renew(self) -> bool:
        """Look for fresh credentials; False when none can come."""


class TailSource(HistorySource, Protocol):
    """Reads backwards too."""

    @property
    def back_since(self) -> int:
        """The earliest time that `search_back` brings, in milliseconds since 1970."""

    def search_back(self, start: int, stop: int, token: str = "", limit: int | None = None) -> Portion:
        """As `search` over the whole selection, but the latest first; within the portion, too.

        Raises:
            Unsupported: the service reads forwards only.
            SourceError: the part could not be read.
        """

    def stream_back(self, name: str, start: int, stop: int, token: str = "", limit: int | None = None) -> Portion:
        """As `stream`, but the latest part first; within the portion the earliest event is the first.

        Raises:
            StreamGone: there is no such stream.
            SourceError: the part could not be read.
        """
