"""Reads several logs at the same time, each in a thread of its own, and hands what comes to one thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kubectl_smlogs.job import Job
    from kubectl_smlogs.stop import Stop
    from smkube.logs.model import Event

_WAITING = 64
"""Batches that wait to be shown; who reads faster than is shown has to wait."""
TURN = 0.5
"""Seconds after which the caller gets a turn even if nothing came."""


@dataclass(frozen=True, slots=True)
class News:
    """Something of one log: a batch of events, or its end.

    Attributes:
        events: what came, None at the end.
        error: why it ended, None if as it should.
    """

    job: Job
    events: list[Event] | None
    error: Exception | None = None


def read(jobs: Sequence[Job], stop: Stop) -> Iterator[News | None]:
    """News of all logs until each has ended or everything is to stop; None where nothing came for a while."""
    news: queue.Queue[News] = queue.Queue(_WAITING)
    for job in jobs:
        threading.Thread(target=_run, args=(job, news), name=f"log-{job.target.name}", daemon=True).start()
    open_logs = len(jobs)
    while open_logs and not stop():
        try:
            one = news.get(timeout=min(TURN, stop.left))
        except queue.Empty:
            yield None
            continue
        open_logs -= one.events is None
        yield one


def _run(job: Job, news: queue.Queue[News]) -> None:
    try:
        for events in job.batches():
            news.put(News(job, events))
    except Exception as error:  # noqa: BLE001 - raised again by whoever gets the news
        news.put(News(job, None, error))
    else:
        news.put(News(job, None))
