"""Names of CloudWatch log streams: how SageMaker forms them, and how a job's are told from another's. Pure.

Source: Amazon SageMaker developer guide, "CloudWatch Logs for Amazon SageMaker AI".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_REMEMBERED = 20_000
"""Streams whose answer a Selection keeps; a group of endpoints or transform jobs can have any number."""

_EPOCH_DIGITS = 13
"""Seconds or milliseconds since 1970; the ids of instances are longer and may consist of digits only."""


def prefix(job: str, search_prefix: str = "") -> str:
    """The beginning that the names of exactly this job's streams share.

    The slash belongs to it: without, the job `x` would show the lines of `x-2`.

    Args:
        job: SageMaker job name.
        search_prefix: further narrows it to hosts whose name begins so, such as `algo-4`.
    """
    return f"{job}/{search_prefix}"


@dataclass(frozen=True, slots=True)
class StreamName:
    """The parts of `<job>/<host>-<epoch>[/<part>]`, or of an endpoint's `<variant>/<instance>`.

    Attributes:
        job: SageMaker job name; the production variant of an endpoint.
        host: `algo-<n>` for training, the instance id for batch transform and endpoints.
        epoch: the number after the host, when the stream was begun; 0 when there is none.
        part: what follows, such as `data-log`; empty for a host's main stream.
    """

    job: str
    host: str
    epoch: int
    part: str


def parse(name: str) -> StreamName:
    """Take a stream name apart; a name of another shape becomes the host as a whole."""
    job, _, rest = name.partition("/")
    middle, _, part = rest.partition("/")
    host, dash, epoch = middle.rpartition("-")
    if dash and host and len(epoch) <= _EPOCH_DIGITS and epoch.isascii() and epoch.isdecimal():
        return StreamName(job, host, int(epoch), part)
    return StreamName(job, middle, 0, part)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which streams of a log group are meant.

    Attributes:
        prefix: `logStreamNamePrefix` of the requests, may be empty.
        owner: regular expression that the part before the first `/` matches as a whole; empty where the prefix says
            it all.
        hosts: only these hosts; empty for all.
        search_prefix: what follows the first `/` begins so; for a job it is better made part of `prefix`.
    """

    prefix: str
    owner: str = ""
    hosts: frozenset[str] = frozenset()
    search_prefix: str = ""
    _answers: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def accepts(self, stream: str) -> bool:
        """Whether a stream belongs to it. Answers are remembered: this is asked for every event."""
        known = self._answers.get(stream)
        if known is None:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            known = self._answers[stream] = self._judge(stream)
        return known

    def _judge(self, stream: str) -> bool:
        if not stream.startswith(self.prefix):
            return False
        owner, _, rest = stream.partition("/")
        if self.owner and re.fullmatch(self.owner, owner) is None:
            return False
        return rest.startswith(self.search_prefix) and (not self.hosts or parse(stream).host in self.hosts)


class Attempts:
    """Which attempt of its host a stream is.

    A retry of a job and its restart after a spot interruption go on under the same host's name in a stream with a new
    epoch. The earliest epoch of a host is attempt 1. Streams are met in the order of their lines, so one that is met
    late may raise the number of others; what was told before is not taken back.
    """

    def __init__(self) -> None:
        self._epochs: dict[tuple[str, str], list[int]] = {}
        self._answers: dict[str, int] = {}

    def of(self, stream: str) -> int:
        """The number of the attempt, from 1 on. Asking makes the stream known."""
        known = self._answers.get(stream)
        return self._learn(stream) if known is None else known

    def count(self, stream: str) -> int:
        """How many attempts of this stream's host are known."""
        self.of(stream)
        name = parse(stream)
        return len(self._epochs[name.job, name.host])

    def _learn(self, stream: str) -> int:
        if len(self._answers) >= _REMEMBERED:
            self._answers.clear()
        name = parse(stream)
        epochs = self._epochs.setdefault((name.job, name.host), [])
        if name.epoch not in epochs:
            epochs.append(name.epoch)
            epochs.sort()
            if epochs[-1] != name.epoch:
                # Met out of order: the answers for this host's later streams are stale.
                self._answers.clear()
        answer = self._answers[stream] = epochs.index(name.epoch) + 1
        return answer
