"""Names of CloudWatch log streams: how SageMaker forms them, and how a job's are told from another's. Pure.

Source: Amazon SageMaker developer guide, "CloudWatch Logs for Amazon SageMaker AI".
"""

from __future__ import annotations

from dataclasses import dataclass


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
    """The parts of `<job>/<host>-<epoch>[/<part>]`.

    Attributes:
        job: SageMaker job name.
        host: `algo-<n>` for training, the instance id for batch transform.
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
    if dash and host and epoch.isascii() and epoch.isdecimal():
        return StreamName(job, host, int(epoch), part)
    return StreamName(job, middle, 0, part)
