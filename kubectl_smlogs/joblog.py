"""The log of one object as batches of events: once, or until its job is over."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kubectl_smlogs import awsfailures, exits
from kubectl_smlogs.failures import Failure
from smkube.aws.logs import FilterSource, GroupReader
from smkube.errors import AwsError
from smkube.logs.cursor import AHEAD, FAR, Cursor
from smkube.logs.follow import Incomplete, Reader
from smkube.logs.model import Event, SourceError, Trouble, Window
from smkube.logs.receipt import Receipt, Tally

if TYPE_CHECKING:
    from kubectl_smlogs.options import Reading
    from kubectl_smlogs.stop import Stop
    from kubectl_smlogs.target import LogPlace, Target
    from kubectl_smlogs.watching import ObjectWatch
    from smkube.aws.logs import Poster
    from smkube.logs.history import Progress

Batches = Iterator[list[Event]]


class JobLog:
    """Reads one log; belongs to one thread.

    Args:
        target: the object.
        place: where its log is.
        wire: CloudWatch Logs of that region.
        reading: which part of it.
        stop: ends reading early.
        notice: tells the user something.
        progress: told how far a long history is.
        idle: called whenever there is nothing to do but wait.
    """

    def __init__(
        self,
        target: Target,
        place: LogPlace,
        wire: Poster,
        reading: Reading,
        *,
        stop: Stop,
        notice: Callable[[str], None],
        progress: Callable[[Progress], None],
        idle: Callable[[], None],
    ) -> None:
        self.target = target
        self.place = place
        self.origin = target.origin(place.region)
        self._wire = wire
        self._reading = reading
        self._stop = stop
        self._notice = notice
        self._progress = progress
        self._idle = idle
        self._tally = Tally()
        self._reader: Reader | None = None
        self._complete = False

    @property
    def lines(self) -> int:
        """Events read so far."""
        return self._tally.lines

    def receipt(self) -> Receipt:
        """What was read so far."""
        if self._reader is not None:
            return self._reader.receipt()
        return self._tally.receipt(complete=self._complete)

    def once(self) -> Batches:
        """What there is now.

        Raises:
            Failure: it cannot be read, or not to its end.
        """
        with_failures = self._telling(self._counted(self._stored(self._whole_span())))
        yield from with_failures
        self._complete = not self._stop()

    def follow(self, watch: ObjectWatch) -> Batches:
        """What there is, and what comes, until the job is over and its log is quiet.

        Raises:
            Failure: it cannot be read, or not to its end.
        """
        yield from self._telling(self._following(watch))

    def _following(self, watch: ObjectWatch) -> Batches:
        span, now = self._whole_span(), _now()
        begin, shown = span.start, list[Event]()
        if self._reading.tail is not None:
            shown = [event for batch in self._unless_missing(self._stored(span)) for event in batch]
            begin = self._behind(shown, now)
        elif begin < now - FAR and (begin > 0 or self._is_older_than(now - FAR)):
            begin = now - FAR
            yield from self._counted(self._unless_missing(self._stored(Window(span.start, min(begin - 1, span.end)))))
        cursor = Cursor(self.place.selection, start=begin, end=self._reading.end, tally=self._tally)
        if shown:
            cursor.shown(shown)
            yield shown
        self._reader = Reader(
            FilterSource(
                self._wire,
                group=self.place.group,
                selection=self.place.selection,
                filter_pattern=self._reading.filter_pattern,
            ),
            cursor,
            _World(watch, self._stop, self._notice, self._idle),
            stopped=self._stop,
        )
        yield from self._reader.follow(settled=watch.latest.settled(datetime.now(UTC)))

    def _behind(self, tail: list[Event], now: int) -> int:
        """Where following begins behind the last lines."""
        if not tail:
            return now if self._reading.tail == 0 else self._reading.start
        # Lines of the very millisecond of the first that are not among the last ones stay out. Without ids there is
        # no telling which lines were shown.
        return (tail[0] if all(event.id for event in tail) else tail[-1]).timestamp + 1

    def _unless_missing(self, batches: Batches) -> Batches:
        """The batches; a log group that does not exist yet will be waited for."""
        try:
            yield from batches
        except SourceError as error:
            if error.trouble is not Trouble.MISSING:
                raise

    def _stored(self, span: Window) -> Batches:
        """What CloudWatch Logs has of a span, or its last lines."""
        from smkube.aws.quotas import rates
        from smkube.logs.history import History, Limits
        from smkube.logs.tail import Tail

        limits = Limits(rates=rates(self.place.region))
        source = GroupReader(
            self._wire,
            group=self.place.group,
            selection=self.place.selection,
            filter_pattern=self._reading.filter_pattern,
        )
        if self._reading.tail is not None:
            yield from Tail(
                source, self.place.selection, span, self._reading.tail, now=_now(), notice=self._notice, limits=limits
            ).batches()
            return
        history = History(source, self.place.selection, span, now=_now(), notice=self._notice, limits=limits)
        for batch in history.batches():
            yield batch
            self._progress(history.progress)
            if self._stop():
                return

    def _counted(self, batches: Batches) -> Batches:
        for batch in batches:
            self._tally.add(batch)
            yield batch

    def _telling(self, batches: Batches) -> Batches:
        """The batches, with errors in the words of a failure."""
        group, region, profile = self.place.group, self.place.region, self._reading.aws_profile
        try:
            yield from batches
        except SourceError as error:
            raise awsfailures.of_log(
                error, group=group, region=region, begun=self.lines > 0, profile=profile
            ) from error
        except AwsError as error:
            raise awsfailures.of_aws(error, group=group, region=region, profile=profile) from error
        except Incomplete as error:
            raise Failure(str(error), exits.INCOMPLETE) from error

    def _whole_span(self) -> Window:
        end = self._reading.end
        return Window(self._reading.start, _now() + AHEAD if end is None else end)

    def _is_older_than(self, moment: int) -> bool:
        created = self.target.started or self.target.created
        return created is None or created.timestamp() * 1000 < moment


class _World:
    """The engine's surroundings: real time, and the object's watch for the end of the job."""

    def __init__(self, watch: ObjectWatch, stop: Stop, notice: Callable[[str], None], idle: Callable[[], None]) -> None:
        self.notice = notice
        self._watch = watch
        self._stop = stop
        self._idle = idle

    def now(self) -> int:
        return _now()

    def monotonic(self) -> float:
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Wait; the end of the job is no reason to go on waiting for it, but its last lines take their time."""
        seconds = min(seconds, self._stop.left)
        if self._watch.over:
            self._stop.pause(seconds)
        else:
            self._watch.wait(lambda: self._watch.over or self._stop(), seconds)
        self._idle()

    def over(self) -> bool:
        return self._watch.over

    def chance(self) -> float:
        return random.random()


def _now() -> int:
    return time.time_ns() // 1_000_000
