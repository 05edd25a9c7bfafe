"""The threads that send requests, and what they do about errors.

Every request is tried again while that may help: with growing, jittered pauses and an end to it. Threads end with the
request they are at; nobody waits for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from smkube.logs.model import SourceError, Trouble
from smkube.logs.reading import HistorySource, Portion, StreamGone, Throttled, Way
from smkube.logs.retry import backoff
from smkube.logs.weave import END

if TYPE_CHECKING:
    from smkube.logs.board import Board, Request
    from smkube.logs.pace import Pace

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long failing is borne.

    Attributes:
        attempts: tries of one request.
        throttles: the same where the service only asks for fewer requests.
        renewals: tries with fresh credentials.
        scale: what the pauses of `retry.backoff` are multiplied with.
    """

    attempts: int = 8
    throttles: int = 40
    renewals: int = 3
    scale: float = 1.0


class Stopped(Exception):  # noqa: N818 - nothing is wrong: nobody wants the answer any more
    """The work was called off."""


class Caller:
    """Sends one request until it is answered, for many threads.

    Args:
        source: whose credentials are renewed.
        paces: the rate of each way.
        clock: seconds on a clock that nobody sets.
        chance: a random number from 0 to 1.
        notice: tells the user what is not part of the log; may be called from any thread.
        patience: when to give up.
    """

    def __init__(
        self,
        source: HistorySource,
        paces: Mapping[Way, Pace],
        *,
        clock: Callable[[], float],
        chance: Callable[[], float],
        notice: Callable[[str], None],
        patience: Patience,
    ) -> None:
        self.lock = threading.Lock()
        """Guards the paces, and whatever else goes with them."""
        self.paces = paces
        self.clock = clock
        self._source = source
        self._chance = chance
        self._notice = notice
        self._patience = patience
        self._stop = threading.Event()
        self._renewal = threading.Lock()
        self._renewed = 0
        self._told = False

    @property
    def stopped(self) -> bool:
        """Whether the work was called off."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Call the work off: pauses end at once."""
        self._stop.set()

    def call(self, way: Way, request: Callable[[], _Answer], *, taken: bool = False) -> _Answer:
        """The answer to a request.

        Args:
            way: whose quota it uses.
            request: sends it once.
            taken: the pace allowed the first try already.

        Raises:
            SourceError: it is not to be had.
            Stopped: see there.
        """
        failures = {Trouble.BUSY: 0, Trouble.CREDENTIALS: 0, Throttled: 0}
        while True:
            if not taken:
                self._await_turn(way)
            taken, renewed, sent = False, self._renewed, self.clock()
            try:
                answer = request()
            except Throttled as error:
                with self.lock:
                    self.paces[way].throttled(self.clock(), sent)
                self._bear(error, failures, Throttled, self._patience.throttles)
            except SourceError as error:
                if error.trouble is Trouble.CREDENTIALS:
                    self._renew(renewed, error)
                    self._count(error, failures, error.trouble, self._patience.renewals)
                elif error.trouble is Trouble.BUSY:
                    self._bear(error, failures, error.trouble, self._patience.attempts)
                else:
                    raise
            else:
                with self.lock:
                    self.paces[way].succeeded()
                return answer

    def pause(self, seconds: float) -> None:
        """Wait.

        Raises:
            Stopped: see there.
        """
        if self._stop.wait(seconds):
            raise Stopped

    def _await_turn(self, way: Way) -> None:
        while True:
            with self.lock:
                now = self.clock()
                delay = self.paces[way].delay(now)
                if delay <= 0:
                    self.paces[way].take(now)
                    return
            self.pause(delay)

    def _bear(self, error: SourceError, failures: dict[object, int], kind: object, most: int) -> None:
        count = self._count(error, failures, kind, most)
        if count == 3 and kind is not Throttled and not self._told:
            self._told = True
            self._notice(f"Reading the log fails, trying again: {error.text}")
        self.pause(backoff(count, self._chance()) * self._patience.scale)

    def _count(self, error: SourceError, failures: dict[object, int], kind: object, most: int) -> int:
        failures[kind] += 1
        if failures[kind] >= most:
            raise error
        return failures[kind]

    def _renew(self, renewed: int, error: SourceError) -> None:
        """Fresh credentials, unless another thread got them since the request was sent."""
        with self._renewal:
            if self._renewed == renewed:
                if not self._source.renew():
                    raise error
                self._renewed += 1


class Crew:
    """Threads that work on a board until it is done.

    Args:
        board: what to do; guarded by the caller's lock.
        source: reads.
        caller: sends requests.
        workers: threads at most; they are begun as there is work for them.
    """

    def __init__(self, board: Board, source: HistorySource, caller: Caller, workers: int) -> None:
        self.lock = caller.lock
        self.failure: Exception | None = None
        """Why work ended before it was done."""
        self.refused: Way | None = None
        """The way that turned out not to be allowed, if that is why."""
        self.bound = 0
        """The time up to which everything is known; kept by whoever takes the portions."""
        self._board = board
        self._source = source
        self._caller = caller
        self._workers = workers
        self._threads = 0
        self._idle = 0
        self._ended = False
        self._work = threading.Condition(self.lock)
        self._news = threading.Condition(self.lock)

    def start(self) -> None:
        """Begin to work."""
        with self.lock:
            self._call_worker()

    def stop(self) -> None:
        """End after the requests that are under way."""
        with self.lock:
            self._ended = True
            self._work.notify_all()

    def await_news(self) -> None:
        """Wait until something was received, or a little while. The lock is held, and given up for the time."""
        self._news.wait(1.0)

    def taken(self, bound: int, freed: int, *, moved: bool) -> None:
        """Note that the timeline got on, which may allow for another request. The lock is held.

        Args:
            bound: the time up to which everything is known.
            freed: bytes of memory given back.
            moved: portions or slices were taken.
        """
        if moved or freed or bound != self.bound:
            self.bound = bound
            self._board.freed(freed)
            self._call_worker()

    def _call_worker(self) -> None:
        """Have one more thread look for work: a waiting one, else a new one."""
        if self._idle:
            self._work.notify()
        elif self._threads < self._workers and not self._ended:
            self._threads += 1
            threading.Thread(target=self._run, name=f"history-{self._threads}", daemon=True).start()

    def _run(self) -> None:
        try:
            while True:
                request = self._next()
                if request is None:
                    return
                self._serve(request)
        except Stopped:
            return
        except Exception as error:  # noqa: BLE001 - raised again where the lines are taken, in the caller's thread
            self._fail(error)

    def _next(self) -> Request | None:
        """The next request; None when the work is over."""
        with self.lock:
            while not (self._ended or self._caller.stopped or self.bound >= END):
                picked = self._board.pick(self._caller.clock(), self.bound)
                if not isinstance(picked, float):
                    self._call_worker()
                    return picked
                self._idle += 1
                self._work.wait(picked)
                self._idle -= 1
            return None

    def _serve(self, request: Request) -> None:
        try:
            portion = self._caller.call(request.way, lambda: self._send(request), taken=True)
        except SourceError as error:
            with self.lock:
                self._board.failed(request)
                self._settle(request, error)
                self._news.notify()
        else:
            with self.lock:
                self._board.received(request, portion)
                self._news.notify()

    def _send(self, request: Request) -> Portion:
        lane, piece = request.lane, request.piece
        if request.way is Way.STREAM:
            return self._source.stream(lane.single, piece.start, piece.until, piece.token, piece.limit)
        return self._source.search(lane.names, piece.start, piece.until, piece.token, piece.limit)

    def _settle(self, request: Request, error: SourceError) -> None:
        """What an error that trying again does not help against means for a slice; the lock is held."""
        lane, piece = request.lane, request.piece
        if error.trouble is Trouble.TOKEN:
            lane.restart(piece, error.text)
        elif isinstance(error, StreamGone):
            if not lane.single:
                # Which of them is not told.
                raise error
            piece.busy = False
            lane.abandon()
        else:
            if error.trouble is Trouble.DENIED:
                self.refused = request.way
            raise error

    def _fail(self, error: Exception) -> None:
        with self.lock:
            self.failure = self.failure or error
            self._ended = True
            self._work.notify_all()
            self._news.notify()
