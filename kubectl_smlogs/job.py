"""One object whose log is shown: from its first look to its outcome."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubectl_smlogs import exits, failures, hints
from kubectl_smlogs.children import Means, part
from kubectl_smlogs.failures import Failure
from kubectl_smlogs.joblog import JobLog
from kubectl_smlogs.options import FOREVER
from kubectl_smlogs.output import OutputClosed, OutputFailed
from kubectl_smlogs.target import FAILED, Target
from kubectl_smlogs.watching import ObjectWatch
from smkube.logs.follow import NO_LINES_YET

if TYPE_CHECKING:
    from kubectl_smlogs.origin import Origin
    from kubectl_smlogs.session import Session
    from smkube.logs.history import Progress
    from smkube.logs.model import Event
    from smkube.logs.receipt import Receipt

_LOOK_AGAIN = 5.0
"""Seconds between two looks for the first line, where the log is not followed."""
_LONGEST_WAIT = 3600.0


class Job:
    """One object's log; its methods are called by one thread.

    Args:
        session: what is shared.
        target: the object as it was found.
        alone: no other log is shown.
    """

    def __init__(self, session: Session, target: Target, *, alone: bool) -> None:
        self._session = session
        self._found = target
        self._alone = alone
        self._follow = session.options.reading.follow
        self._watch: ObjectWatch | None = None
        self._log: JobLog | None = None
        self.ended = False
        """Its log was read to the end that was asked for."""

    @property
    def target(self) -> Target:
        """The object as it was last seen."""
        return self._watch.latest if self._watch is not None else self._found

    @property
    def origin(self) -> Origin:
        """Whose log it is. Asked for with every batch, so it is made once the log's place is known."""
        if self._log is not None:
            return self._log.origin
        return self.target.origin(self._session.options.reading.region)

    def receipt(self) -> Receipt | None:
        """What was read so far; None where reading never began."""
        return self._log.receipt() if self._log is not None else None

    def prepare(self) -> None:
        """Find out where the log is; wait for the job if it has none yet and that was asked for.

        Raises:
            Failure: there is no job, or no such part of it.
        """
        if self._log is not None:
            return
        session, reading = self._session, self._session.options.reading
        if self._follow or session.patience is not None:
            self._start_watching()
        if self._watch is not None and not self._watch.latest.job:
            self._await_job(self._watch)
        target = self.target
        if not target.job:
            raise failures.without_job(target)
        if not (target.region or reading.region):
            raise failures.without_region(target)
        means = Means(
            session.cluster.client,
            lambda region: session.requests.sagemaker(region).post,
            session.messages.notice,
            session.stop.pause,
            reading.aws_profile,
        )
        chosen = part(target, session.options.where, means, region=reading.region)
        session.messages.notice(target.header())
        place = target.logs(reading, chosen)
        session.messages.detail(
            f'Reading log group "{place.group}" in region "{place.region}", streams "{place.selection.prefix}*".'
        )
        self._log = JobLog(
            target,
            place,
            session.requests.logs(place.region),
            reading,
            stop=session.stop,
            notice=self._notice,
            progress=self._progress,
            idle=self._idle,
        )

    def batches(self) -> Iterator[list[Event]]:
        """The log.

        Raises:
            Failure: it cannot be read, or not to its end; or there is none.
        """
        self.prepare()
        assert self._log is not None  # noqa: S101 - for the type checker: made by prepare
        if self._follow and self._watch is not None:
            yield from self._log.follow(self._watch)
        else:
            yield from self._once(self._log)
        self.ended = not self._session.stop()

    def code(self) -> int:
        """Exit code for a log that was read; says how a followed job ended."""
        target = self.target
        if not self.ended:
            return exits.OK
        if target.outcome == FAILED and (self._follow or self._session.messages.has_live_line):
            self._session.presenter.postmortem(self.origin, target)
        if not self._follow or self._session.options.reading.end is not None:
            return exits.OK
        say = self._session.messages.notice
        if target.outcome:
            say(f"{target.title} ended with {target.state()}.")
            return target.exit_code()
        say(f"{target.title} was deleted while its log was followed; its last status was {target.state()}.")
        return exits.JOB_STOPPED

    def _once(self, log: JobLog) -> Iterator[list[Event]]:
        while True:
            try:
                yield from log.once()
            except Failure as failure:
                if failure.code != exits.NOT_FOUND or not self._time_to_wait():
                    raise self._without_log(failure) from failure
            if log.lines or self._session.stop() or self._may_be_empty():
                return
            left = self._time_to_wait()
            if not left:
                raise self._no_lines(log)
            self._session.presenter.waiting(self.origin, hints.waiting_for_lines(self.target))
            self._session.stop.pause(min(left, _LOOK_AGAIN * random.uniform(0.8, 1.2)))

    def _time_to_wait(self) -> float:
        """Seconds to wait for a first line; 0 where that was not asked for, or none can come."""
        patience = self._session.patience
        return 0.0 if patience is None or self.target.outcome else patience.left

    def _may_be_empty(self) -> bool:
        """Only a part of the log was asked for, and that it is empty is an answer."""
        reading = self._session.options.reading
        narrowed = reading.start > 0 or reading.end is not None or bool(reading.filter_pattern) or reading.tail == 0
        return narrowed and self._session.patience is None

    def _without_log(self, failure: Failure) -> Failure:
        """Why there is nothing is the object's to tell: a job that was refused never writes a line."""
        target = self.target
        if failure.code != exits.NOT_FOUND or not target.reason:
            return failure
        return Failure(f"{target.title} has no log, {target.state()}. {failure}", failure.code)

    def _no_lines(self, log: JobLog) -> Failure:
        target, place = self.target, log.place
        hint = "It ended without any." if target.outcome else "Use -f to wait for them."
        hosts = f" of {', '.join(sorted(place.selection.hosts))}" if place.selection.hosts else ""
        return Failure(
            f'No log lines{hosts} of streams "{place.selection.prefix}*" in log group "{place.group}" in region '
            f'"{place.region}" for {target.title}, {target.state()}. {hint}',
            exits.NOT_FOUND,
        )

    def _start_watching(self) -> None:
        session = self._session
        self._watch = ObjectWatch(session.cluster.client, self._found, session.messages.notice, change=self._changed)
        session.stop.wakes(self._watch.wake)
        self._watch.start()

    def _await_job(self, watch: ObjectWatch) -> None:
        """Wait until the object has a SageMaker job; say what it is waiting for, whenever that changes.

        Raises:
            Failure: it will not get one, or the time is over.
        """
        patience = self._session.patience
        while not watch.latest.job:
            target = watch.latest
            if watch.deleted:
                raise Failure(f"{target.title} was deleted before it had a SageMaker job.", exits.JOB_STOPPED)
            if target.outcome:
                raise Failure(f"{target.title} ended without a SageMaker job: {target.state()}.", target.exit_code())
            left = min(self._session.stop.left, patience.left if patience is not None else FOREVER)
            if left <= 0 or self._session.stop():
                raise Failure(f"{target.title} got no SageMaker job in time: {target.state()}.", exits.TIMED_OUT)
            self._session.presenter.waiting(self.origin, hints.waiting_for_job(target))
            watch.wait_for_change(target, min(left, _LONGEST_WAIT))
        self._session.messages.clear()
        # That may have taken hours: credentials are to be those of now.
        self._session.requests.forget()

    def _notice(self, text: str) -> None:
        if text == NO_LINES_YET and self._session.messages.has_live_line:
            self._idle()
        else:
            self._session.messages.notice(text)

    def _idle(self) -> None:
        session, log = self._session, self._log
        if self._alone:
            session.output.check()
        if log is None or not session.messages.has_live_line:
            return
        if not log.lines:
            session.presenter.waiting(self.origin, hints.waiting_for_lines(self.target))
        elif self._watch is not None and self._watch.over and self._alone:
            session.presenter.waiting(self.origin, hints.LAST_LINES)

    def _progress(self, progress: Progress) -> None:
        self._session.presenter.progress(progress.fraction, progress.lines)

    def _changed(self, before: Target, after: Target) -> None:
        """Tell of a change; that nobody reads standard output any more is found out by whoever prints lines."""
        with contextlib.suppress(OutputClosed, OutputFailed):
            self._session.presenter.change(self.origin, before, after, time.monotonic())
