"""Each job's end told once: the one place that sees it, whoever brings the news.

A status write of ours, its watch event, and an object that is released each may be the first to show that a job has
ended. The status itself is what keeps a job of an earlier process from being told again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sagemaker_operator import facts, outcomes
from smkube import kinds

if TYPE_CHECKING:
    from smkube.kube import envelope

_WORDS = tuple(f'"{outcome}"'.encode() for outcome in outcomes.OUTCOMES)
"""One of these is in every status that tells of an end; most changes need not be decoded then."""
REMEMBERED = 20_000
"""Jobs that are known to have been told; far more than end between a write and its watch event."""


class Ledger:
    """Tells of jobs that ended.

    Args:
        tell: told of each, once.
        may_act: whether this process is the one that acts; others see the same and say nothing.
    """

    def __init__(self, tell: Callable[[outcomes.Ended], None], may_act: Callable[[], bool]) -> None:
        self._tell = tell
        self._may_act = may_act
        self._told: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def changed(self, kind: kinds.Kind, old: envelope.Object | None, new: envelope.Object | None) -> None:
        """An object was seen or made different."""
        if kind.family is not kinds.Family.JOB or old is None or new is None or old.status == new.status:
            return
        text = bytes(new.status)
        if not any(word in text for word in _WORDS):
            return
        self._note(new.metadata.uid, outcomes.ended(kind, old.status_dict(), new.status_dict()))

    def released(self, kind: kinds.Kind, obj: envelope.Object, description: Mapping[str, Any]) -> None:
        """An object was let go whose job SageMaker last described so."""
        status = obj.status_dict()
        job = facts.noted_job(facts.notes(status))
        if job is not None:
            self._note(obj.metadata.uid, outcomes.released(kind, status, job, description))

    def _note(self, uid: str, ended: outcomes.Ended | None) -> None:
        if ended is None or not self._may_act():
            return
        with self._lock:
            if uid in self._told:
                return
            self._told[uid] = None
            if len(self._told) > REMEMBERED:
                self._told.popitem(last=False)
        self._tell(ended)
