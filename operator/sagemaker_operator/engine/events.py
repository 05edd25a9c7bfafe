"""Kubernetes Events (events.k8s.io/v1) for users: one per happening, repetitions counted, never in the way.

Recording returns at once and never raises. One thread talks to the API server; when that is slow or refuses, Events
are dropped and counted, because the work they tell of matters more. What is worth an Event is not decided here.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import heapq
import itertools
import logging
import queue
import random
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from sagemaker_operator.engine.backoff import Backoff
from sagemaker_operator.engine.lease import micro_time
from smkube import kinds
from smkube.errors import ConfigError, KubeError

if TYPE_CHECKING:
    from smkube.kube import envelope
    from smkube.kube.client import Client

log = logging.getLogger(__name__)

EventType = Literal["Normal", "Warning"]

NOTE_LIMIT = 1024
"""Greatest length of a note, in bytes of UTF-8 (validation of events.k8s.io/v1)."""
WORD_LIMIT = 128
"""Greatest length of reason, action and reportingInstance, in bytes."""
SERIES_PERIOD = 300.0
"""Least time between two updates of the same Event's series, in seconds."""
QUEUE_LIMIT = 1000
"""Events that wait to be sent; further ones are dropped."""
REMEMBERED = 4096
"""Events whose repetitions are recognised without asking the API server."""
TRIES = 3
"""How often an Event is sent before it is dropped, where trying again can help."""
TELL_PERIOD = 60.0
"""Least time between two log lines about dropped Events, in seconds."""
IDLE = 20.0
"""Seconds after which the thread shows that it lives when there is nothing to send."""
LONGEST_TRY = 180.0
"""Seconds that one try to send an Event may take: up to two requests with their time-outs, and the wait after it."""

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that happened to an object, once."""

    regarding: Mapping[str, str]
    type: EventType
    reason: str
    note: str
    action: str
    at: datetime

    @property
    def key(self) -> Key:
        """Occurrences with the same key are repetitions of one Event."""
        return self.regarding.get("uid", ""), self.reason, self.note

    @property
    def namespace(self) -> str:
        """Where the Event belongs: with its object, and in `default` for objects without a namespace."""
        return self.regarding.get("namespace") or "default"

    @property
    def name(self) -> str:
        """The same for the same key, so that repetitions are recognised after a restart too."""
        digest = hashlib.sha256("\0".join(self.key).encode()).hexdigest()[:16]
        return f"{self.regarding['name'][:200].rstrip('.-')}.{digest}"


@dataclass(slots=True)
class _Series:
    """An Event at the API server, and how far it is behind."""

    last: Occurrence
    count: int = 1
    pending: bool = False
    patched_at: float = float("-inf")


class Recorder:
    """Sends Events from one thread.

    Args:
        client: requests to the API server.
        component: reportingController, who tells.
        instance: reportingInstance, which of its processes; the host's name (a pod's) when empty.
        clock: monotonic seconds.
        now: the time of day that Events carry.
        rng: source of jitter.
        on_drop: told of each Event that could not be recorded (metrics).
        beat: told, at each step, within how many seconds the next step is due (liveness).
    """

    def __init__(
        self,
        client: Client,
        component: str = "sagemaker-operator",
        instance: str = "",
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        rng: random.Random | None = None,
        on_drop: Callable[[], None] | None = None,
        beat: Callable[[float], None] = lambda _within: None,
    ) -> None:
        self._client = client
        self._component = component
        self._instance = fit(instance or socket.gethostname(), WORD_LIMIT)
        self._clock = clock
        self._now = now
        self._backoff = Backoff(0.5, 5.0, rng)
        self._on_drop = on_drop
        self._beat = beat
        self._queue: queue.Queue[Occurrence | None] = queue.Queue(QUEUE_LIMIT)
        self._known: OrderedDict[Key, _Series] = OrderedDict()
        self._due: list[tuple[float, int, Key]] = []
        self._sequence = itertools.count()
        self._stop = threading.Event()
        self._finish_by = float("inf")
        self._lock = threading.Lock()
        self._dropped = 0
        self._told_dropped = 0
        self._told_at = float("-inf")
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)

    def start(self) -> None:
        """Start the thread; once only."""
        self._thread.start()

    def event(
        self, obj: envelope.Object, kind: kinds.Kind, type_: EventType, reason: str, note: str, action: str
    ) -> None:
        """Record that something happened; returns at once.

        Args:
            obj: what it happened to.
            kind: the object's kind.
            type_: `Warning` when somebody should look at it.
            reason: one word in UpperCamelCase, from a stable list.
            note: a sentence for people; cut to NOTE_LIMIT, control characters become blanks.
            action: what we did, one word in UpperCamelCase.
        """
        regarding = {
            "apiVersion": kinds.API_VERSION,
            "kind": kind.name,
            "name": obj.metadata.name,
            "namespace": obj.metadata.namespace,
            "uid": obj.metadata.uid,
            "resourceVersion": obj.metadata.resource_version,
        }
        self.about(regarding, type_, reason, note, action)

    def about(self, regarding: Mapping[str, str], type_: EventType, reason: str, note: str, action: str) -> None:
        """Record that something happened to an object of any kind; returns at once.

        Args:
            regarding: the object's `apiVersion`, `kind`, `name`, `namespace`, and `uid` as far as it is known.
            type_: as for `event`, like the rest.
            reason: one word.
            note: a sentence.
            action: one word.
        """
        occurrence = Occurrence(
            regarding=regarding,
            type=type_,
            reason=fit(reason, WORD_LIMIT),
            note=fit(note, NOTE_LIMIT),
            action=fit(action or reason, WORD_LIMIT),
            at=self._now(),
        )
        try:
            self._queue.put_nowait(occurrence)
        except queue.Full:
            self._drop("too many are waiting for the API server")

    @property
    def dropped(self) -> int:
        """Events that could not be recorded so far."""
        with self._lock:
            return self._dropped

    def stop(self, timeout: float = 3.0) -> None:
        """Send what is waiting, counts of repetitions included, for at most `timeout` seconds; then end."""
        self._finish_by = self._clock() + timeout
        self._stop.set()
        # Wakes the thread; when the queue is full it is awake.
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(None)
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while not (self._stop.is_set() and self._queue.empty()) and self._clock() < self._finish_by:
            self._beat(LONGEST_TRY)
            try:
                occurrence = self._queue.get(timeout=self._until_due())
            except queue.Empty:
                occurrence = None
            if occurrence is not None:
                self._record(occurrence)
            self._patch_due(self._clock())
        self._patch_due(float("inf"))

    def _until_due(self) -> float:
        return min(IDLE, max(0.0, self._due[0][0] - self._clock())) if self._due else IDLE

    def _record(self, occurrence: Occurrence) -> None:
        series = self._known.get(occurrence.key)
        if series is None:
            series = self._send(functools.partial(self._create, occurrence))
            if series is None:
                return
            self._known[occurrence.key] = series
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
            if series.count == 1:
                return
        else:
            series.last = occurrence
            series.count += 1
        self._known.move_to_end(occurrence.key)
        if not series.pending:
            series.pending = True
            due = max(self._clock(), series.patched_at + SERIES_PERIOD)
            heapq.heappush(self._due, (due, next(self._sequence), occurrence.key))

    def _patch_due(self, until: float) -> None:
        while self._due and self._due[0][0] <= until and self._clock() < self._finish_by:
            key = heapq.heappop(self._due)[2]
            series = self._known.get(key)
            if series is not None:
                series.pending = False
                series.patched_at = self._clock()
                if self._send(functools.partial(self._patch, series)) is None:
                    self._known.pop(key, None)

    def _create(self, occurrence: Occurrence) -> _Series:
        try:
            self._client.post(self._path(occurrence), self._body(occurrence))
        except KubeError as error:
            if not (error.conflict and error.reason == "AlreadyExists"):
                raise
            # Recorded before this process started, or by an attempt whose answer was lost.
            stored = self._client.get(f"{self._path(occurrence)}/{occurrence.name}")
            if str(stored.get("eventTime")) == micro_time(occurrence.at):
                return _Series(last=occurrence)
            count = int((stored.get("series") or {}).get("count") or 1)
            return _Series(last=occurrence, count=count + 1)
        return _Series(last=occurrence)

    def _patch(self, series: _Series) -> _Series:
        body = {"series": {"count": series.count, "lastObservedTime": micro_time(series.last.at)}}
        try:
            self._client.merge_patch(f"{self._path(series.last)}/{series.last.name}", body)
        except KubeError as error:
            if not error.not_found:
                raise
            # The API server forgets Events, after an hour by default.
            self._client.post(self._path(series.last), self._body(series.last))
            series.count = 1
        return series

    def _send(self, call: Callable[[], _Series]) -> _Series | None:
        """Run a call, again where that can help; None when the Event had to be dropped."""
        for attempt in range(TRIES):
            self._beat(LONGEST_TRY)
            try:
                return call()
            except (KubeError, ConfigError) as error:
                passing = isinstance(error, KubeError) and (error.status in (0, 409, 429) or error.status >= 500)
                if not passing or attempt == TRIES - 1 or self._stop.is_set():
                    self._drop(_explain(error))
                    return None
                retry_after = min((isinstance(error, KubeError) and error.retry_after) or 0.0, 10.0)
            self._stop.wait(retry_after + self._backoff.delay(attempt))
        return None

    def _drop(self, reason: str) -> None:
        if self._on_drop is not None:
            self._on_drop()
        with self._lock:
            self._dropped += 1
            now = self._clock()
            if now - self._told_at < TELL_PERIOD:
                return
            count = self._dropped - self._told_dropped
            self._told_at, self._told_dropped = now, self._dropped
        log.warning("%d Events could not be recorded, the last because: %s", count, reason)

    def _path(self, occurrence: Occurrence) -> str:
        return f"/apis/events.k8s.io/v1/namespaces/{occurrence.namespace}/events"

    def _body(self, occurrence: Occurrence) -> dict[str, Any]:
        return {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": occurrence.name, "namespace": occurrence.namespace},
            "eventTime": micro_time(occurrence.at),
            "reportingController": self._component,
            "reportingInstance": self._instance,
            "action": occurrence.action,
            "reason": occurrence.reason,
            "type": occurrence.type,
            "note": occurrence.note,
            "regarding": dict(occurrence.regarding),
        }


def fit(text: str, limit: int) -> str:
    """A text on one line without control characters, cut to so many bytes of UTF-8."""
    clean = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    data = clean.encode("utf-8", "replace")
    if len(data) <= limit:
        return data.decode()
    return data[: limit - 3].decode("utf-8", "ignore") + "..."


def _explain(error: Exception) -> str:
    if isinstance(error, KubeError) and error.status == 403:
        return (
            'not allowed; give the operator\'s ServiceAccount the verbs "create", "get" and "patch" on resource '
            f'"events" of API group "events.k8s.io": {error}'
        )
    return str(error)
