"""The job commands: find the job of an object, and show its log once or until the job is over."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kubectl_smlogs import exits, failures
from kubectl_smlogs.failures import Failure, Place
from kubectl_smlogs.lines import Formatter
from kubectl_smlogs.target import Target, read
from kubectl_smlogs.watching import ObjectWatch
from smkube import __version__
from smkube.aws.logs import FilterSource, Preparation
from smkube.errors import AwsError, KubeError
from smkube.kinds import BY_NAME, Kind, resource_path
from smkube.kube.client import Client
from smkube.kube.connection import connect
from smkube.logs import streams
from smkube.logs.cursor import Cursor
from smkube.logs.follow import Incomplete, Reader
from smkube.logs.model import Event, SourceError

if TYPE_CHECKING:
    from kubectl_smlogs.output import Messages, Output
    from kubectl_smlogs.parse import Options

USER_AGENT = f"kubectl-smlogs/{__version__}"


def show(kind_name: str, options: Options, output: Output, messages: Messages) -> int:
    """Run a job command; the exit code.

    Raises:
        Failure: it ends with an error.
        OutputClosed: nobody reads the output any more.
    """
    preparation = Preparation()
    kind = BY_NAME[kind_name]
    connection = connect(options.connection)
    client = Client(connection, user_agent=USER_AGENT, pool_size=2)
    place = Place(kind, connection.namespace, options.name, connection.context)
    target = _get(client, place)
    watch = ObjectWatch(client, target, messages.say) if options.follow else None
    if watch is not None:
        watch.start()
        if not target.job:
            target = _await_job(watch, messages)
            # That may have taken hours: credentials are to be those of now.
            preparation = Preparation()
    _check(target)
    messages.say(target.header())
    log = _Log(kind, target, options, preparation)
    if watch is None:
        return _show_history(log, target, output, messages)
    return _show_following(log, watch, output, messages)


class _Log:
    """One job's log: a source and a cursor, and how it is printed."""

    def __init__(self, kind: Kind, target: Target, options: Options, preparation: Preparation) -> None:
        self.group = kind.log_group
        self.region = target.region
        prefix = streams.prefix(target.job, options.search_prefix)
        self.prefix = prefix
        self.cursor = Cursor(prefix)
        self._formatter = Formatter(hide_stream=options.hide_stream)
        try:
            self.source = FilterSource(
                preparation.session(),
                region=target.region,
                group=self.group,
                prefix=prefix,
                user_agent=USER_AGENT,
            )
        except AwsError as error:
            raise failures.of_aws(error, group=self.group, region=self.region) from error

    def print(self, batches: Iterator[list[Event]], output: Output) -> None:
        """Print what comes.

        Raises:
            Failure: reading ended with an error.
        """
        try:
            for events in batches:
                output.write(self._formatter.page(events))
        except SourceError as error:
            begun = self.cursor.lines > 0
            raise failures.of_log(error, group=self.group, region=self.region, begun=begun) from error
        except AwsError as error:
            raise failures.of_aws(error, group=self.group, region=self.region) from error
        except Incomplete as error:
            raise Failure(str(error), exits.INCOMPLETE) from error


class _World:
    """The engine's surroundings: real time, and the object's watch for the end of the job."""

    def __init__(self, over: Callable[[], bool], wait: Callable[[float], None], notice: Callable[[str], None]) -> None:
        self.over = over
        self.notice = notice
        self.pause = wait

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    def chance(self) -> float:
        return random.random()


def _get(client: Client, place: Place) -> Target:
    try:
        return read(place.kind, client.get(resource_path(place.kind, place.namespace, place.name)))
    except KubeError as error:
        raise failures.of_get(error, place, client) from error


def _await_job(watch: ObjectWatch, messages: Messages) -> Target:
    """Wait until the object has a SageMaker job; say what it is waiting for, whenever that changes."""
    said = ""
    while not watch.latest.job:
        target = watch.latest
        if watch.deleted:
            raise Failure(f"{target.title} was deleted before it had a SageMaker job.", exits.JOB_STOPPED)
        if target.outcome:
            raise Failure(f"{target.title} ended without a SageMaker job: {target.state()}.", target.exit_code())
        text = f"Waiting for {target.title} to get a SageMaker job: {target.state()}."
        if text != said:
            messages.say(text)
            said = text
        watch.wait_for_change(target, 3600.0)
    return watch.latest


def _check(target: Target) -> None:
    noun = "training" if target.kind.name == "TrainingJob" else "BatchTransform"
    if not target.job:
        raise Failure(
            f"SageMaker {noun} job's spec does not have name: {target.title} has no SageMaker job (yet), "
            f"{target.state()}. Use -f to wait for it; `kubectl describe {target.kind.name} {target.name} "
            f"-n {target.namespace}` shows more."
        )
    if not target.region:
        raise Failure(f"SageMaker {noun} job's spec does not have region: set spec.region of {target.title}.")


def _show_history(log: _Log, target: Target, output: Output, messages: Messages) -> int:
    world = _World(lambda: bool(target.outcome), time.sleep, messages.say)
    try:
        log.print(Reader(log.source, log.cursor, world).history(), output)
    except Failure as failure:
        if failure.code != exits.NOT_FOUND or not target.reason:
            raise
        # Why there is nothing is the object's to tell: a job that was refused never writes a line.
        raise Failure(f"{target.title} has no log, {target.state()}. {failure}", failure.code) from failure
    if log.cursor.lines:
        return exits.OK
    hint = "It ended without any." if target.outcome else "Use -f to wait for them."
    raise Failure(
        f'No log lines of streams "{log.prefix}*" in log group "{log.group}" in region "{log.region}" for '
        f"{target.title}, {target.state()}. {hint}",
        exits.NOT_FOUND,
    )


def _show_following(log: _Log, watch: ObjectWatch, output: Output, messages: Messages) -> int:
    def pause(seconds: float) -> None:
        if watch.over:
            time.sleep(seconds)
        else:
            watch.wait(lambda: watch.over, seconds)
        output.check()

    world = _World(lambda: watch.over, pause, messages.say)
    settled = watch.latest.settled(datetime.now(UTC))
    log.print(Reader(log.source, log.cursor, world).follow(settled=settled), output)
    return _outcome(watch, messages)


def _outcome(watch: ObjectWatch, messages: Messages) -> int:
    """Say how the job ended."""
    target = watch.latest
    if target.outcome:
        messages.say(f"{target.title} ended with {target.state()}.")
        return target.exit_code()
    messages.say(f"{target.title} was deleted while its log was followed; its last status was {target.state()}.")
    return exits.JOB_STOPPED
