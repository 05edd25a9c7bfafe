"""Waits for objects that are not there yet (`--wait`): watches for them, or asks again."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from smkube.errors import KubeError
from smkube.kube.client import watch_seconds
from smkube.logs.retry import backoff

if TYPE_CHECKING:
    from smkube.kube.client import Client

POLL = 2.0
"""Seconds between two questions where nothing can be watched."""
_TURN = 2.0
"""Seconds for which one kind is watched where two may have the object."""


class Patience:
    """How long to wait in all, for whatever number of objects.

    Args:
        seconds: as long as this; infinity for without limit.
        notice: tells the user what is waited for.
        monotonic: a clock, in seconds.
        pause: waits so many seconds.
    """

    def __init__(
        self,
        seconds: float,
        notice: Callable[[str], None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._notice = notice
        self._monotonic = monotonic
        self._pause = pause
        self._deadline = monotonic() + seconds
        self._may_watch = True
        self._turn = 0
        self._failures = 0
        self._said = ""

    @property
    def waiting(self) -> bool:
        """Whether something has been waited for already."""
        return bool(self._said)

    @property
    def left(self) -> float:
        """Seconds that are left; none is 0."""
        return max(0.0, self._deadline - self._monotonic())

    def wait(self, client: Client, paths: Sequence[str], query: Mapping[str, str], what: str) -> bool:
        """Wait until it is worth to look again.

        Args:
            client: the API server.
            paths: collections that may get the object; none where the server does not know the kind.
            query: which of their objects is meant.
            what: for a sentence, `TrainingJob "x" in namespace "y"`.

        Returns:
            False when there is no time left.
        """
        if not self.left:
            return False
        if what != self._said:
            self._notice(f"Waiting for {what}.")
            self._said = what
        began = self._monotonic()
        if paths and self._may_watch:
            try:
                if self._watch(client, paths, query):
                    return True
            except (KubeError, ValueError) as error:
                return self.bears(error)
            self._failures = 0
        self._rest(POLL - (self._monotonic() - began))
        return True

    def bears(self, error: Exception) -> bool:
        """Rest after an error that may pass; False when there is no time left, or it will not pass."""
        if isinstance(error, KubeError) and 400 <= error.status < 500 and error.status not in (403, 404, 410, 429):
            return False
        if isinstance(error, KubeError) and error.status == 403:
            self._may_watch = False
        self._failures += 1
        self._rest(max(POLL, backoff(self._failures, random.random())))
        return self.left > 0

    def _watch(self, client: Client, paths: Sequence[str], query: Mapping[str, str]) -> bool:
        """Whether one of them came."""
        path = paths[self._turn % len(paths)]
        self._turn += 1
        longest = float(watch_seconds()) if len(paths) == 1 else _TURN
        # Without a resourceVersion a watch begins with what is there already, so nothing is missed in between.
        with client.stream(path, query, seconds=max(1, math.ceil(min(self.left, longest)))) as stream:
            return any(json.loads(line).get("type") in ("ADDED", "MODIFIED") for line in stream)

    def _rest(self, seconds: float) -> None:
        if seconds > 0:
            self._pause(min(seconds * random.uniform(0.7, 1.0), self.left))
