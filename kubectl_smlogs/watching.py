"""Keeps an eye on an object in a thread of its own while the log is read.

It watches where that is allowed (one connection, news at once) and asks every few seconds where only `get` is. An API
server that is away is no reason to stop a log; it is waited for, with a notice.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from typing import Any

from kubectl_smlogs.target import Target, read
from smkube.errors import KubeError, SmkubeError
from smkube.kube.client import Client, watch_seconds
from smkube.logs.retry import backoff

POLL = 2.0
"""Seconds between two GETs where watching is not allowed, and the least time between two watches."""
_NOTICE_AFTER = 4
_LONGEST_PAUSE = 5.0
"""Seconds between two tries while the API server is away: the end of the job is to be noticed soon after."""


class ObjectWatch:
    """The latest state of one object.

    Args:
        client: the API server.
        target: the object as it was read first.
        notice: tells the user something.
        change: told of each change that a user may want to know (see `differs`), with the object before and after;
            called by the thread that watches, in order, and never by two at a time.
        poll: seconds, see POLL.
    """

    def __init__(
        self,
        client: Client,
        target: Target,
        notice: Callable[[str], None],
        *,
        change: Callable[[Target, Target], None] | None = None,
        poll: float = POLL,
    ) -> None:
        self._client = client
        self._notice = notice
        self._change = change
        self._poll = poll
        self._changed = threading.Condition()
        self._latest = target
        self._deleted = False
        self._may_watch = True
        self._thread = threading.Thread(target=self._run, name="object-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch. The thread ends with the object or with the process."""
        self._thread.start()

    @property
    def latest(self) -> Target:
        """The object as it was last seen."""
        with self._changed:
            return self._latest

    @property
    def deleted(self) -> bool:
        """Whether the object is gone."""
        with self._changed:
            return self._deleted

    @property
    def over(self) -> bool:
        """Whether nothing more will become of the job: it ended, or its object is gone."""
        with self._changed:
            return self._deleted or bool(self._latest.outcome)

    def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """Wait until something is true of this watch, at most so long; whether it is."""
        with self._changed:
            return self._changed.wait_for(until, seconds)

    def wait_for_change(self, known: Target, seconds: float) -> None:
        """Wait until the object differs from what the caller knows, or is gone; at most so long."""
        self.wait(lambda: self._deleted or self._latest != known, seconds)

    def wake(self) -> None:
        """Have everybody look again who waits."""
        with self._changed:
            self._changed.notify_all()

    def _run(self) -> None:
        failures = 0
        fresh = True
        while not self.deleted:
            try:
                if not fresh:
                    self._get()
                fresh = False
                if self._may_watch and not self.deleted:
                    self._watch()
                failures = 0
            except (SmkubeError, ValueError) as error:
                failures += 1
                if failures == _NOTICE_AFTER:
                    self._notice(f"The state of {self._latest.title} cannot be read, trying again: {error}")
            pause = min(_LONGEST_PAUSE, backoff(failures, 1.0)) if failures else self._poll
            self.wait(lambda: self._deleted, pause * random.uniform(0.7, 1.0))

    def _get(self) -> None:
        latest = self._latest
        try:
            self._see(self._client.get(latest.resource.path(latest.namespace, latest.name)))
        except KubeError as error:
            if not error.not_found:
                raise
            self._gone()

    def _watch(self) -> None:
        latest = self._latest
        query = {"fieldSelector": f"metadata.name={latest.name}", "resourceVersion": latest.version}
        try:
            stream = self._client.stream(latest.resource.path(latest.namespace), query, seconds=watch_seconds())
        except KubeError as error:
            if error.status != 403:
                raise
            self._may_watch = False
            return
        with stream:
            for line in stream:
                event = json.loads(line)
                if event.get("type") == "ERROR":
                    return
                self._see(event.get("object") or {})
                if event.get("type") == "DELETED":
                    self._gone()
                    return

    def _see(self, obj: dict[str, Any]) -> None:
        before = self._latest
        target = read(before.resource, obj)
        if target.uid != before.uid:
            # Deleted and made anew under the same name: another job's log.
            self._gone()
            return
        with self._changed:
            self._latest = target
            self._changed.notify_all()
        if self._change is not None and differs(before, target):
            self._change(before, target)

    def _gone(self) -> None:
        with self._changed:
            self._deleted = True
            self._changed.notify_all()


def differs(before: Target, after: Target) -> bool:
    """Whether a change is worth a word: the status, its reason, the job's name, or that it is being deleted."""
    return any(
        getattr(before, name) != getattr(after, name)
        for name in ("status", "secondary", "reason", "outcome", "job", "deleting", "best")
    )
