"""One process of the operator over the simulated worlds: the real controllers, caches, queues, wakes and feeds.

Threads are what is simulated: workers, reflectors and feed streams take their turns when the history says so. Nothing
of the process outlives it; a new one starts over the same cluster and account, also while an older one still acts.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from sagemaker_operator.engine import feed, wakes
from sagemaker_operator.engine.backoff import Backoff
from sagemaker_operator.engine.cache import Cache
from sagemaker_operator.engine.controller import Controller
from sagemaker_operator.engine.reflector import Reflector
from sagemaker_operator.engine.workqueue import WorkQueue
from sagemaker_operator.facts import Target
from smkube import kinds
from smkube.aws.session import Address
from smkube.errors import AwsError
from smkube.kube import envelope
from tests.unit.histories.aws import Account
from tests.unit.histories.chance import Chance
from tests.unit.histories.front import Front
from tests.unit.histories.world import Cluster

WINDOW = 30.0
PAGE = 3
"""Objects on a page of a list."""
MOST_SKEW = 300.0
"""Seconds by which AWS lets a signature's time differ from its own (Signature Version 4)."""
PAUSE_OF_FEED = 6.0
"""Seconds between two polls of a stream at least."""


class _NoWait(threading.Event):
    """A stop event on which nobody waits: time stands still while a stream works."""

    def wait(self, timeout: float | None = None) -> bool:
        """No time passes."""
        del timeout
        return self.is_set()


@dataclass
class Feeds:
    """The change feed: the real streams, polled in turn instead of by a thread each."""

    process: Process
    streams: dict[tuple[str, str, str], feed.Stream] = field(default_factory=dict)
    due: dict[tuple[str, str, str], float] = field(default_factory=dict)

    def track(self, kind: kinds.Kind, job: Target, key: str, since: float) -> None:
        """Follow a job."""
        name = (kind.name, job.region, job.endpoint)
        if name not in self.streams:
            self.streams[name] = feed.Stream(
                self.process,  # type: ignore[arg-type]
                kind,
                job,
                self.process.on_news,
                _NoWait(),
                self.process.clock,
                _nobody,
                _nobody,
            )
            self.streams[name]._backoff = Backoff(1.0, 30.0, self.process.chance.rng)
        self.streams[name].track(job.name, key, since)

    def untrack(self, kind: kinds.Kind, job: Target) -> None:
        """Forget a job."""
        stream = self.streams.get((kind.name, job.region, job.endpoint))
        if stream is not None:
            stream.untrack(job.name)

    def view(self, kind: kinds.Kind, job: Target) -> feed.View:
        """What is known about a job."""
        stream = self.streams.get((kind.name, job.region, job.endpoint))
        return stream.view(job.name) if stream is not None else feed.View()

    def poll(self, rng: random.Random) -> None:
        """The streams whose time has come ask AWS."""
        now = self.process.clock()
        for name in sorted(self.streams):
            if self.due.get(name, 0.0) > now:
                continue
            stream = self.streams[name]
            if not stream._state.tracked:
                del self.streams[name]
                self.due.pop(name, None)
                continue
            self.due[name] = now + max(stream._step(), rng.uniform(1.0, PAUSE_OF_FEED))


@dataclass
class Process:
    """The operator's process.

    Args:
        cluster: Kubernetes.
        account: AWS.
        chance: what goes wrong.
        reconciled: the kinds that it reconciles.
        skew: seconds by which its clock is ahead of AWS's.
        page: objects on a page of a list.
        leads: whether it holds the lease.
        sending: a call to AWS is on its way that nothing can stop any more.
    """

    cluster: Cluster
    account: Account
    chance: Chance
    reconciled: tuple[kinds.Kind, ...]
    skew: float = 0.0
    page: int = PAGE
    PATIENCE: ClassVar[float] = 0.5
    passes: int = 0
    events: int = 0
    leads: bool = True
    sending: bool = False

    def __post_init__(self) -> None:
        self.feeds = Feeds(self)
        self.front = Front(self.cluster, self.chance, self.clock)
        self.request = self.front.request
        self.caches = {kind.name: Cache() for kind in self.reconciled}
        self.queues: dict[str, WorkQueue[str]] = {
            kind.name: WorkQueue(clock=self.clock, rng=self.chance.rng) for kind in self.reconciled
        }
        self.controllers = {kind.name: self._controller(kind) for kind in self.reconciled}
        for controller in self.controllers.values():
            controller._rng = self.chance.rng
        self.reflectors = {kind.name: self._reflector(kind) for kind in self.reconciled}
        self._due_again: dict[str, float] = {}
        self._reflecting: set[str] = set()

    def _controller(self, kind: kinds.Kind) -> Controller:
        return Controller(
            kind,
            client=self,  # type: ignore[arg-type]
            cloud=self,  # type: ignore[arg-type]
            feeds=self.feeds,  # type: ignore[arg-type]
            caches=self.caches,
            queue=self.queues[kind.name],
            recorder=self,  # type: ignore[arg-type]
            cluster="here",
            consistency_window=WINDOW,
            on_result=_nobody,
            on_write=lambda old, new: self._relay(kind, old, new),
            stop=threading.Event(),
            allowed=lambda: self.leads,
            clock=self.clock,
            now=lambda: datetime.fromtimestamp(self.clock() + self.skew, UTC),
        )

    def _reflector(self, kind: kinds.Kind) -> Reflector:
        def changed(_type: object, old: envelope.Object | None, new: envelope.Object | None) -> None:
            self.controllers[kind.name].on_change(old, new)
            self._relay(kind, old, new)

        return Reflector(
            self.front,  # type: ignore[arg-type]
            kinds.resource_path(kind, None),
            self.caches[kind.name],
            changed,
            name=kind.plural,
            stop=threading.Event(),
            clock=self.clock,
            rng=self.chance.rng,
            page_limit=self.page,
        )

    def clock(self) -> float:
        """Seconds that go on evenly, and stand still while anything happens."""
        return self.account.clock.now()

    # --- what the threads do -------------------------------------------------------------------------------------

    def deliver(self, limit: int) -> None:
        """Each reflector lists, if it has to, or takes in so many watch events at most."""
        for kind in self.reconciled:
            self._reflect(kind.name, limit)

    def deliver_some(self) -> None:
        """One reflector has news."""
        self._reflect(self.chance.rng.choice(self.reconciled).name, 1)

    def _reflect(self, kind: str, limit: int) -> None:
        """One step of a reflector's thread, unless it waits, out of its own will or for news."""
        reflector = self.reflectors[kind]
        if self.clock() < self._due_again.get(kind, 0.0) or kind in self._reflecting:
            return
        if not reflector._must_list and not (limit and self.front.has_news(kind, reflector._position)):
            return
        self.front.lines = limit
        self._reflecting.add(kind)
        try:
            delay = reflector._step()
        finally:
            self._reflecting.discard(kind)
        # A watch that goes on needs no new start.
        self._due_again[kind] = self.clock() + delay if reflector._failures else 0.0

    def run(self, passes: int) -> int:
        """Workers work on keys that are due; a Crash goes through. Returns how many passes there were."""
        for number in range(passes):
            found = next(self._due(), None)
            if found is None:
                return number
            name, key = found
            self.passes += 1
            self.chance.die()
            try:
                self.controllers[name].reconcile(key)
            finally:
                self.queues[name].done(key)
        return passes

    def _due(self) -> Iterator[tuple[str, str]]:
        # Workers wait for the caches of all kinds.
        if not all(reflector.synced.is_set() for reflector in self.reflectors.values()):
            return
        names = list(self.queues)
        self.chance.rng.shuffle(names)
        for name in names:
            key = self.queues[name].get(timeout=0)
            if key is not None:
                yield name, key

    def _relay(self, kind: kinds.Kind, old: envelope.Object | None, new: envelope.Object | None) -> None:
        """As the manager does it."""
        wakes.relay(self.controllers, self.caches, kind, old, new)

    def on_news(self, kind: kinds.Kind, key: str, look: bool) -> None:
        """The feed has news of an object."""
        self.controllers[kind.name].on_news(key, look)

    # --- the cloud -----------------------------------------------------------------------------------------------

    def address(self, region: str, endpoint: str, service: str = "sagemaker") -> Address:
        """Where calls go."""
        return Address(service, region, endpoint if service == "sagemaker" else "")

    def turn(self, _address: Address, _operation: str, _place: object = None, flow: object = None) -> int:
        """Nobody stands in line here."""
        del flow
        return 1

    def server_time(self, _address: Address) -> float:
        """AWS's time, in whole seconds as its answers tell it."""
        return float(int(self.clock()))

    def call(
        self,
        address: Address,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        place: object = None,
        patience: float = 0.5,
        flow: object = None,
    ) -> dict[str, Any]:
        """A call to AWS."""
        del flow
        if place not in (None, 1) or patience < self.PATIENCE:
            raise ValueError(f"no place {place} was given, or nobody waits {patience} s")
        self.sending = True
        self.chance.point()
        self.sending = False
        if abs(self.skew) > MOST_SKEW:
            raise AwsError(operation, "InvalidSignatureException", "Signature expired", status=403)
        answer = self.account.call(address, operation, parameters)
        self.chance.point()
        return answer

    # --- the recorder --------------------------------------------------------------------------------------------

    def event(self, obj: envelope.Object, _kind: kinds.Kind, type_: str, reason: str, note: str, action: str) -> None:
        """An Event: only its form is looked at here."""
        self.events += 1
        if not (obj.metadata.uid and reason and note and action) or type_ not in {"Normal", "Warning"}:
            raise ValueError(f"no Event: {type_} {reason} {note} {action}")


def _nobody(*_told: object) -> None:
    """For edges nobody listens to."""
