"""Watches all TrainingJobs and notes when they show what. It must not use the operator's Kubernetes code."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from tests.bench.scale.loader import PATH, Key
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError

IDLE = 3600.0
"""Seconds a watch may be silent."""


class _Meta(msgspec.Struct):
    name: str = ""
    namespace: str = ""
    resourceVersion: str = ""  # noqa: N815 - the API's name
    generation: int = 0
    deletionTimestamp: str = ""  # noqa: N815 - the API's name


class _Status(msgspec.Struct):
    trainingJobStatus: str = ""  # noqa: N815 - the API's name
    secondaryStatus: str = ""  # noqa: N815 - the API's name
    sageMakerTrainingJobName: str | None = None  # noqa: N815 - the API's name
    observedGeneration: int = 0  # noqa: N815 - the API's name


class _Object(msgspec.Struct):
    metadata: _Meta
    status: _Status = msgspec.field(default_factory=_Status)


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Shown:
    """What an object's status shows."""

    word: str = ""
    secondary: str = ""
    job: str = ""
    observed: int = 0
    gone: bool = False

    @property
    def runs(self) -> bool:
        """InProgress, with the job's name in the status."""
        return self.word == "InProgress" and bool(self.job)


@dataclass(slots=True)
class Expectation:
    """Something that an object is going to show; `seen` is the monotonic time when it did."""

    holds: Callable[[Shown], bool]
    since: float
    seen: float | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took; None if it was never seen."""
        return None if self.seen is None else self.seen - self.since


@dataclass(slots=True)
class Watcher:
    """A watch on all TrainingJobs of all namespaces, from `start` on."""

    plane: ControlPlane
    shown: dict[Key, Shown] = field(default_factory=dict)
    running: Counter[str] = field(default_factory=Counter)
    """By namespace, the objects that are InProgress with their job's name."""
    training: int = 0
    """Objects whose secondary status is Training."""
    problem: str = ""
    """Why the watch has ended, if it has."""
    _expected: dict[Key, list[Expectation]] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _version: str = ""

    def start(self) -> None:
        """Begin with what is there now."""
        found = self.plane.admin.request("GET", f"{PATH}/trainingjobs?limit=1")
        self._version = str(found["metadata"]["resourceVersion"])
        threading.Thread(target=self._run, name="bench-watch", daemon=True).start()

    def expect(self, key: Key, holds: Callable[[Shown], bool]) -> Expectation:
        """Note the time when an object shows something, from now on."""
        with self._changed:
            expected = Expectation(holds, time.monotonic())
            self._expected.setdefault(key, []).append(expected)
            return expected

    def wait(self, ready: Callable[[], bool], seconds: float) -> float | None:
        """Wait until something holds, asked at each change; the monotonic time then, or None after so many seconds."""
        with self._changed:
            held = self._changed.wait_for(lambda: bool(self.problem) or ready(), seconds)
            if self.problem:
                raise OSError(f"the benchmark's own watch has ended: {self.problem}")
            return time.monotonic() if held else None

    def words(self) -> Counter[str]:
        """How many objects show which status word."""
        with self._changed:
            return Counter(f"{one.word} {one.secondary}".strip() or "none" for one in self.shown.values())

    def _run(self) -> None:
        try:
            while True:
                query = f"watch=1&resourceVersion={self._version}&allowWatchBookmarks=true"
                for line in self.plane.admin.lines(f"{PATH}/trainingjobs?{query}", timeout=IDLE):
                    self._take(msgspec.json.decode(line, type=_Event))
        except (OSError, ApiError, ValueError) as error:
            with self._changed:
                self.problem = f"{type(error).__name__}: {error}"
                self._changed.notify_all()

    def _take(self, event: _Event) -> None:
        now = time.monotonic()
        if event.type == "ERROR":
            raise ValueError(bytes(event.object).decode())
        obj = msgspec.json.decode(event.object, type=_Object)
        with self._changed:
            self._version = obj.metadata.resourceVersion
            if event.type == "BOOKMARK":
                return
            key = (obj.metadata.namespace, obj.metadata.name)
            shown = _shown(obj.status, gone=event.type == "DELETED")
            self._count(key, shown)
            self._meet(key, shown, now)
            self._changed.notify_all()

    def _count(self, key: Key, shown: Shown) -> None:
        before = self.shown.get(key, Shown())
        self.shown[key] = shown
        self.running[key[0]] += (shown.runs and not shown.gone) - (before.runs and not before.gone)
        self.training += (shown.secondary == "Training") - (before.secondary == "Training")

    def _meet(self, key: Key, shown: Shown, now: float) -> None:
        for expected in self._expected.get(key, ()):
            if expected.seen is None and expected.holds(shown):
                expected.seen = now


def _shown(status: _Status, *, gone: bool) -> Shown:
    return Shown(
        status.trainingJobStatus,
        status.secondaryStatus,
        status.sageMakerTrainingJobName or "",
        status.observedGeneration,
        gone,
    )
