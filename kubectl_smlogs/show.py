"""The log commands: find the objects, show their logs once or until the jobs are over, and say how that ended."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kubectl_smlogs import exits, terminal, together
from kubectl_smlogs.agent import USER_AGENT
from kubectl_smlogs.awaiting import Patience
from kubectl_smlogs.failures import Failure
from kubectl_smlogs.finding import Cluster, find
from kubectl_smlogs.job import Job
from kubectl_smlogs.present import LimitReached, Presenter
from kubectl_smlogs.requests import Requests
from kubectl_smlogs.resources import TUNING
from kubectl_smlogs.session import Session
from kubectl_smlogs.stop import Stop
from smkube.logs import receipt as receipts

if TYPE_CHECKING:
    from kubectl_smlogs.options import Options
    from kubectl_smlogs.output import Messages, Output
    from kubectl_smlogs.target import Target
    from kubectl_smlogs.terminal import Terminal

_NEW_OBJECTS = 100_000
"""Objects that are made before garbage is looked for."""
_WORST_FIRST = (
    exits.ERROR,
    exits.NO_PERMISSION,
    exits.INCOMPLETE,
    exits.NOT_FOUND,
    exits.TIMED_OUT,
    exits.JOB_FAILED,
    exits.JOB_STOPPED,
)


def show(options: Options, output: Output, messages: Messages) -> int:
    """Run a log command; the exit code.

    Raises:
        Failure: it ends with an error.
        OutputClosed: nobody reads the output any more.
        OutputFailed: the output is not taken.
        SmkubeError: the configuration cannot be used.
    """
    where = terminal.here(options.showing.color)
    messages.configure(quiet=options.showing.quiet, verbose=options.showing.verbose, live=where.stderr)
    requests = Requests(options.reading.aws_profile, USER_AGENT)
    stop = Stop(options.reading.timeout)
    if not (options.showing.pager and where.stdout):
        return _run(options, where, output, messages, requests, stop)
    from kubectl_smlogs.pager import paging

    codes = [exits.OK]  # Quitting the pager ends the block, and is no failure.
    with paging(messages) as paged:
        codes.append(_run(options, where.through_pager(), paged, messages, requests, stop))
    return codes[-1]


def _run(options: Options, where: Terminal, output: Output, messages: Messages, requests: Requests, stop: Stop) -> int:
    cluster = Cluster.of(options.where, user_agent=USER_AGENT)
    cluster.client.prepare()
    # Botocore is loaded while the API server answers: before that the two would only wait for one another.
    requests.start()
    wait = min(options.reading.wait, stop.left)
    patience = Patience(wait, messages.notice, pause=stop.pause) if options.reading.wait > 0 else None
    with _in_time(patience):
        found = find(cluster, options.where, patience=patience)
    _check_number(options, found.targets)
    session = Session(
        options=options,
        cluster=cluster,
        requests=requests,
        output=output,
        messages=messages,
        presenter=Presenter(
            options.showing,
            where,
            output,
            messages,
            many=len(found.targets) > 1 or found.targets[0].resource.sort == TUNING,
            limit_bytes=options.reading.limit_bytes,
        ),
        stop=stop,
        patience=patience,
    )
    alone = len(found.targets) == 1
    gc.freeze()
    # Lines come by the million and hold no cycles: looking through them every 700 would cost a tenth of the time.
    gc.set_threshold(_NEW_OBJECTS)
    gc.enable()
    return _Run(session, [Job(session, target, alone=alone) for target in found.targets]).run(found.failures)


@contextlib.contextmanager
def _in_time(patience: Patience | None) -> Iterator[None]:
    """What is missing after the time of --wait: a script wants to know that the time was over."""
    try:
        yield
    except Failure as failure:
        if patience is None or patience.left > 0 or failure.code != exits.NOT_FOUND:
            raise
        raise Failure(failure.text, exits.TIMED_OUT, also=failure.also) from failure


def _check_number(options: Options, targets: Sequence[Target]) -> None:
    most = options.reading.max_log_requests
    if options.reading.follow and len(targets) > most:
        raise Failure(
            f"you are attempting to follow {len(targets)} log streams, but maximum allowed concurrency is {most}, "
            "use --max-log-requests to increase the limit"
        )


class _Run:
    """Shows the logs of some jobs.

    Args:
        session: what is shared.
        jobs: whose logs.
    """

    def __init__(self, session: Session, jobs: Sequence[Job]) -> None:
        self._session = session
        self._jobs = jobs
        self._codes: list[int] = []
        self._trouble = ""

    def run(self, missing: Sequence[Failure]) -> int:
        """Show them; the exit code.

        Args:
            missing: about objects that were not found.
        """
        session = self._session
        for failure in missing:
            self._note(failure)
        complete = False
        try:
            self._begin_saving()
            with _in_time(session.patience):
                self._read()
            session.presenter.finish()
            complete = not session.stop() and not self._trouble
        except LimitReached:
            # As with kubectl, a limit that was asked for is no failure.
            self._trouble = "the limit of --limit-bytes was reached"
        except KeyboardInterrupt:
            self._trouble = "interrupted"
            self._tell(complete=False, always=True)
            raise
        except Failure:
            self._tell(complete=False)
            raise
        finally:
            session.stop.set()
            session.presenter.close(complete=complete)
        return self._end(complete=complete)

    def _begin_saving(self) -> None:
        """A folder is checked before anything is read, and that needs the names of all jobs."""
        if not self._session.options.showing.save:
            return
        for job in self._jobs:
            job.prepare()
        self._session.presenter.begin([job.origin for job in self._jobs])

    def _read(self) -> None:
        if len(self._jobs) == 1:
            self._show(self._jobs[0])
        elif self._session.options.reading.follow:
            self._read_together()
        else:
            self._read_in_turn()

    def _show(self, job: Job) -> None:
        for events in job.batches():
            self._session.presenter.events(job.origin, events)
        self._codes.append(job.code())

    def _read_in_turn(self) -> None:
        for job in self._jobs:
            if self._session.stop():
                return
            try:
                self._show(job)
            except Failure as failure:
                self._note(failure)

    def _read_together(self) -> None:
        for news in together.read(self._jobs, self._session.stop):
            if news is None:
                self._session.output.check()
            elif news.events is not None:
                self._session.presenter.events(news.job.origin, news.events)
            elif isinstance(news.error, Failure):
                self._note(news.error)
            elif news.error is not None:
                raise news.error
            else:
                self._codes.append(news.job.code())

    def _note(self, failure: Failure) -> None:
        self._session.messages.say(f"Error: {failure.text}")
        self._codes.append(failure.code)

    def _end(self, *, complete: bool) -> int:
        if self._session.stop.timed_out:
            self._trouble = "the time of --timeout was over"
            self._codes.append(exits.TIMED_OUT)
        self._tell(complete=complete)
        return next((code for code in _WORST_FIRST if code in self._codes), exits.OK)

    def _tell(self, *, complete: bool, always: bool = False) -> None:
        """Say what was shown. Of a log that could not be read at all, its error says enough."""
        session = self._session
        receipts_ = [receipt for job in self._jobs if (receipt := job.receipt()) is not None]
        total = receipts.total(receipts_)
        if always or total.lines or complete:
            session.presenter.receipt(replace(total, complete=total.complete and not self._trouble), self._trouble)
        session.messages.detail(f"Requests to AWS: {session.requests.told()}.")
