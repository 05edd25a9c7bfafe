"""The change feed: one List stream per kind, region and endpoint in use, instead of a Describe per job.

A stream runs while objects follow jobs in it. It polls for changes, sweeps over all jobs page by page as a back-stop,
and tells the controller which objects to look at. It changes nothing at AWS.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sagemaker_operator import feedstate, reasons
from sagemaker_operator.engine.backoff import Backoff
from sagemaker_operator.engine.cloud import Busy, Cloud, refusal
from sagemaker_operator.engine.complaints import Complaints
from sagemaker_operator.facts import Summary, Target
from smkube import kinds
from smkube.errors import AwsError

log = logging.getLogger(__name__)

PAGE = 100
"""Summaries on a page: the most the API gives (its default is 10)."""
BLIND_EVERY = 30.0
"""Seconds between looks at each job where List is denied to us."""

EASE = 2.0
"""Pause after a poll of many pages, in times of what it took: a burst is not to be all reading of lists."""
MOST_THROTTLES = 6
"""Throttles in a row after which a walk is given up; the budget has adapted to AWS long before."""

OnNews = Callable[[kinds.Kind, str, bool], None]
"""(kind, object key, look): the object's job changed, or is to be described whatever its summary says."""

OnBeat = Callable[[str, float | None], None]
OnStream = Callable[[str, str, Callable[[], float] | None], None]


def _nobody(*_told: object) -> None:
    """For edges nobody listens to."""


@dataclass(frozen=True, slots=True)
class View:
    """What the feed knows about one job."""

    summary: Summary | None = None
    missing: bool = False


class Feeds:
    """All streams of the process.

    Args:
        cloud: calls to AWS.
        on_news: told which objects to look at; called from the streams' threads.
        stop: ends all streams.
        clock: monotonic seconds.
        beat: told by each stream, by name, within how many seconds it will be heard of again; None when it ends.
        watch: told when a stream starts, how to read its staleness, and None when it ends (metrics).
    """

    def __init__(
        self,
        cloud: Cloud,
        on_news: OnNews,
        *,
        stop: threading.Event,
        clock: Callable[[], float] = time.monotonic,
        beat: OnBeat = _nobody,
        watch: OnStream = _nobody,
    ) -> None:
        self._watch = watch
        self._cloud = cloud
        self._on_news = on_news
        self._stop = stop
        self._clock = clock
        self._beat = beat
        self._lock = threading.Lock()
        self._streams: dict[tuple[str, str, str], Stream] = {}

    def track(self, kind: kinds.Kind, job: Target, key: str, since: float) -> None:
        """Follow a job for an object; starts the stream if it is the first. Cheap to repeat."""
        with self._lock:
            name = (kind.name, job.region, job.endpoint)
            stream = self._streams.get(name)
            if stream is None or not stream.alive():
                stream = Stream(self._cloud, kind, job, self._on_news, self._stop, self._clock, self._beat, self._watch)
                self._streams[name] = stream
            stream.track(job.name, key, since)
            stream.start()

    def untrack(self, kind: kinds.Kind, job: Target) -> None:
        """Forget a job; a stream without jobs ends."""
        with self._lock:
            stream = self._streams.get((kind.name, job.region, job.endpoint))
        if stream is not None:
            stream.untrack(job.name)

    def view(self, kind: kinds.Kind, job: Target) -> View:
        """What the feed knows about a job."""
        with self._lock:
            stream = self._streams.get((kind.name, job.region, job.endpoint))
        return stream.view(job.name) if stream is not None else View()

    def nudge(self, kind: kinds.Kind, region: str, job: str) -> bool:
        """Something is said to have changed of a job: ask soon; returns whether the job is followed at all."""
        with self._lock:
            found = [stream for name, stream in self._streams.items() if name[:2] == (kind.name, region)]
        followed = [stream.nudge(job) for stream in found]
        return any(followed)


class Stream:
    """One List operation, asked again and again by one thread."""

    def __init__(
        self,
        cloud: Cloud,
        kind: kinds.Kind,
        job: Target,
        on_news: OnNews,
        stop: threading.Event,
        clock: Callable[[], float],
        beat: OnBeat,
        watch: OnStream,
    ) -> None:
        self._watch = watch
        self._region = job.region
        self._cloud = cloud
        self._kind = kind
        self._address = cloud.address(job.region, job.endpoint)
        self._on_news = on_news
        self._stop = stop
        self._clock = clock
        self._beat = beat
        self._name = f"feed-{kind.plural}-{job.region}"
        self._state = feedstate.FeedState(kind)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._complaints = Complaints(log, clock)
        self._backoff = Backoff(1.0, 30.0, random.Random())
        self._failures = 0
        self._fresh_at = clock()
        self._took = 0.0
        """Seconds of the last poll that went well."""
        self._sweep = _Sweep()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)

    def start(self) -> None:
        """Start the thread if it does not run yet."""
        if self._thread.ident is None:
            self._watch(self._kind.singular, self._region, self.staleness)
            self._thread.start()

    def alive(self) -> bool:
        """Whether the stream still asks; one that has ended is replaced by a new one."""
        return not self._ended

    def track(self, job: str, key: str, since: float) -> None:
        """Follow a job."""
        with self._lock:
            if self._state.track(job, key, since, self._clock()):
                self._wake.set()

    def untrack(self, job: str) -> None:
        """Forget a job."""
        with self._lock:
            self._state.untrack(job)

    def nudge(self, job: str) -> bool:
        """Poll at once, but never sooner after another poll than FAST, and quickly for a while: List may lag behind."""
        with self._lock:
            if job not in self._state.tracked:
                return False
            self._state.hurry()
        self._wake.set()
        return True

    def view(self, job: str) -> View:
        """What is known about a job."""
        with self._lock:
            entry = self._state.tracked.get(job)
            return View(entry.summary, entry.missing) if entry else View()

    def staleness(self) -> float:
        """Seconds since the last answer."""
        return self._clock() - self._fresh_at

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                # Decided under the lock, so that a job tracked at this moment finds a stream that still runs.
                self._ended = not self._state.tracked
            if self._ended:
                break
            pause = self._step()
            self._beat(self._name, pause + 60.0)
            self._rest(pause)
        self._ended = True
        self._beat(self._name, None)
        self._watch(self._kind.singular, self._region, None)

    def _rest(self, pause: float) -> None:
        """Wait for the next poll; a job that is new to the feed shortens the wait, but never below FAST and EASE.

        After a failure nothing shortens it: jobs that come one after the other would turn the back-off into a hot
        loop, and where List is denied, into a Describe of all jobs each time.
        """
        if self._failures:
            self._stop.wait(pause)
            self._wake.clear()
            return
        due = self._clock() + pause
        self._stop.wait(min(pause, max(feedstate.FAST, EASE * self._took)) * random.uniform(0.9, 1.0))
        while (left := due - self._clock()) > 0 and not self._stop.is_set():
            if self._wake.wait(min(left, 1.0)):
                break
        self._wake.clear()

    def _step(self) -> float:
        """One poll and what the sweep is due; returns the seconds to the next."""
        began = self._clock()
        try:
            self._poll()
            self._advance_sweep()
        except Busy:
            # The process ends.
            return 0.0
        except AwsError as error:
            return self._failed(error)
        except Exception as error:
            # Without this thread nobody would hear of any job of the kind.
            if self._complain(f"{type(error).__name__}: {error}"):
                log.exception("This should not have happened.")
            self._failures += 1
            return self._backoff.delay(self._failures)
        self._failures = 0
        self._fresh_at = self._clock()
        self._took = self._fresh_at - began
        self._complaints.resolved(f"The change feed of {self._kind.plural} in {self._address.region} works again.")
        with self._lock:
            return max(self._state.pause(), EASE * self._took)

    def _failed(self, error: AwsError) -> float:
        self._failures += 1
        reason = refusal(error).reason
        self._complain(f"{error.operation} failed with {error}")
        if reason in {reasons.ACCESS_DENIED, reasons.INVALID_SPEC}:
            return self._blind()
        return self._backoff.delay(self._failures)

    def _complain(self, why: str) -> bool:
        return self._complaints.complain(
            f"The change feed of {self._kind.plural} in {self._address.region} has no news: {why}"
        )

    def _blind(self) -> float:
        """List is not granted to us: each job is looked at by itself, slowly, so that none is forgotten."""
        with self._lock:
            keys = [entry.key for entry in self._state.tracked.values()]
        for key in keys:
            self._on_news(self._kind, key, True)
        return max(BLIND_EVERY, len(keys) / 5.0)

    def _poll(self) -> None:
        if not self._state.asked or not self._kind.api.lists_changes:
            return
        query = {"LastModifiedTimeAfter": datetime.fromtimestamp(self._state.poll_from(), UTC)}
        token = self._page(query, "")
        began = self._time_there()
        while token and not self._stop.is_set():
            token = self._page(query, token)
        if not token:
            self._state.polled(began)

    def _advance_sweep(self) -> None:
        """A sweep that somebody waits for runs through at once; one that is only a back-stop, page by page."""
        with self._lock:
            hurry = self._sweep.number == 0 or self._state.overdue(self._clock())
        while self._sweep.due(self._clock(), hurry=hurry) and not self._stop.is_set():
            self._sweep_page()
            hurry = hurry and self._sweep.running

    def _sweep_page(self) -> None:
        sweep = self._sweep
        if not sweep.running:
            with self._lock:
                self._state.begin_sweep()
                # A status may say anything of when its job began.
                sweep.begin(self._clock(), min(self._state.sweep_from(), self._time_there()))
        after = {"CreationTimeAfter": datetime.fromtimestamp(sweep.since, UTC)} if sweep.since > 0 else {}
        try:
            sweep.token = self._page(after, sweep.token)
        except AwsError:
            # A token may have expired: start over next time instead of asking with it for ever.
            sweep.abandon()
            raise
        sweep.last_page = self._clock()
        sweep.time_there = sweep.time_there or self._time_there()
        if not sweep.token:
            sweep.end()
            with self._lock:
                lost = self._state.end_sweep()
                if not self._state.asked:
                    # From the first sweep on, changes are what is asked for.
                    self._state.polled(sweep.time_there)
            for key in lost:
                self._on_news(self._kind, key, True)

    def _time_there(self) -> float:
        """AWS's time at its last answer, or a time that is surely not later."""
        return self._cloud.server_time(self._address) or time.time() - feedstate.UNSURE

    def _page(self, query: dict[str, Any], token: str) -> str:
        """Ask for one page and learn from it; returns the token of the next, empty at the end."""
        api = self._kind.api
        parameters = {**query, "MaxResults": PAGE, **({"NextToken": token} if token else {})}
        answer = self._ask(api.list, parameters)
        with self._lock:
            changed = self._state.take(answer.get(api.summaries) or ())
        for key in changed:
            self._on_news(self._kind, key, False)
        return str(answer.get("NextToken") or "")

    def _ask(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Call AWS; waits for its turn and out of throttles here, or a walk over many pages would never end.

        Raises:
            AwsError: AWS refused, did not answer, or throttled again and again.
            Busy: the process ends.
        """
        place, throttles = None, 0
        while True:
            try:
                return self._cloud.call(self._address, operation, parameters, place=place)
            except Busy as busy:
                place, pause = busy.place, busy.after
                if self._stop.is_set():
                    raise
            except AwsError as error:
                place, throttles = None, throttles + 1
                if refusal(error).reason != reasons.THROTTLED or throttles > MOST_THROTTLES:
                    raise
                pause = self._backoff.delay(throttles)
            self._beat(self._name, pause + 60.0)
            self._stop.wait(pause)


@dataclass(slots=True)
class _Sweep:
    """Where the walk over all jobs stands."""

    number: int = 0
    running: bool = False
    token: str = ""
    since: float = 0.0
    began: float = float("-inf")
    time_there: float = 0.0
    """AWS's time at the first page."""
    last_page: float = float("-inf")

    def due(self, now: float, *, hurry: bool) -> bool:
        if hurry:
            return True
        if self.running:
            return now - self.last_page >= feedstate.SWEEP_PAGE_EVERY
        return now - self.began >= feedstate.SWEEP_EVERY

    def begin(self, now: float, since: float) -> None:
        self.running, self.token, self.began, self.since, self.time_there = True, "", now, since, 0.0

    def end(self) -> None:
        self.running = False
        self.number += 1

    def abandon(self) -> None:
        self.running, self.token, self.began = False, "", float("-inf")
