"""Puts the parts of the process together, starts them in order and stops them in order."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from sagemaker_operator.budgets import Budgets
from sagemaker_operator.engine import health, wakes
from sagemaker_operator.engine.cache import Cache
from sagemaker_operator.engine.cloud import Cloud
from sagemaker_operator.engine.controller import Controller
from sagemaker_operator.engine.events import Recorder
from sagemaker_operator.engine.feed import Feeds
from sagemaker_operator.engine.lease import Elector
from sagemaker_operator.engine.metrics import Metrics
from sagemaker_operator.engine.reflector import Reflector
from sagemaker_operator.engine.workqueue import WorkQueue
from sagemaker_operator.settings import Settings
from smkube import __version__, kinds
from smkube.aws.session import Clients
from smkube.kube import connection, envelope
from smkube.kube.client import Client

log = logging.getLogger(__name__)

LEASE = "sagemaker-k8s-operator"
"""Name of the leader election Lease."""
GRACE = 8.0
"""Seconds that workers have to finish their object at the end; the original's pods are killed after 10."""


SLOWEST_PASS = 180.0
"""Seconds one pass may take when AWS hangs: a few calls, each with its time-outs."""


@dataclass(frozen=True, slots=True)
class Part:
    """What runs for one kind."""

    controller: Controller
    reflector: Reflector
    workers: tuple[threading.Thread, ...]


class Manager:
    """One operator process.

    Args:
        settings: how it is to run.
        link: the connection to Kubernetes.
    """

    def __init__(self, settings: Settings, link: connection.Connection) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._leading = threading.Event()
        self._beats = health.Heartbeats()
        self._metrics = Metrics()
        self._client = Client(
            link,
            user_agent=f"sagemaker-operator/{__version__}",
            pool_size=settings.workers * len(kinds.ALL) + 8,
            on_answer=self._metrics.kube_request,
        )
        self._recorder = Recorder(self._client, on_drop=self._metrics.event_dropped)
        self._cloud = Cloud(
            Clients(user_agent=f"sagemaker-on-kubernetes/{__version__}", pool_size=settings.workers * 2),
            Budgets(time.monotonic),
            default_endpoint=settings.default_endpoint,
            observer=self._metrics,
            stop=self._stop,
        )
        self._feeds = Feeds(self._cloud, self._on_news, stop=self._stop, beat=self._feed_beat, watch=self._feed_watch)
        self._elector = self._candidate(link) if settings.enable_leader_election else None
        self._caches = {kind.name: Cache() for kind in kinds.ALL}
        self._controllers: dict[str, Controller] = {}
        self._parts = {kind.name: self._part(kind) for kind in kinds.ALL}
        address = health.parse_address(settings.metrics_addr)
        self._health = address and health.HealthServer(
            address, live=self._beats.late, ready=self._unready, metrics=self._metrics.render
        )
        self._metrics.watch_leader(self._leads)

    def run(self) -> int:
        """Run until SIGTERM or SIGINT; returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        log.info("Starting manager in the namespace: %s", self._settings.namespace)
        self._start()
        while not self._stop.wait(1.0):
            pass
        self._end()
        return 0

    # --- start and end ---------------------------------------------------------------------------------------

    def _start(self) -> None:
        if self._health:
            self._health.start()
            log.info("Serving /metrics, /healthz and /readyz on port %d.", self._health.port)
        self._recorder.start()
        for part in self._parts.values():
            part.reflector.start()
            for worker in part.workers:
                worker.start()
        if self._elector is None:
            self._leading.set()
        else:
            self._elector.start()

    def _end(self) -> None:
        log.info("Stopping: objects in work are finished, nothing new is begun.")
        give_up = time.monotonic() + GRACE
        for part in self._parts.values():
            part.controller.queue.shut_down()
            part.reflector.stop()
        for part in self._parts.values():
            for worker in part.workers:
                worker.join(max(0.1, give_up - time.monotonic()))
        if self._elector is not None:
            self._elector.stop()
        self._recorder.stop(1.0)
        if self._health:
            self._health.stop()
        log.info("Stopped.")

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        # Only what is safe in a signal handler: the main thread does the rest.
        self._stop.set()
        self._leading.set()
        if number == signal.SIGINT:
            # A second Ctrl-C ends the process at once, which is safe at any moment.
            signal.signal(signal.SIGINT, signal.SIG_DFL)

    # --- parts -----------------------------------------------------------------------------------------------

    def _part(self, kind: kinds.Kind) -> Part:
        queue: WorkQueue[str] = WorkQueue(metrics=self._metrics.queue(kind.singular))
        self._metrics.declare_controller(kind.singular)
        controller = Controller(
            kind,
            client=self._client,
            cloud=self._cloud,
            feeds=self._feeds,
            caches=self._caches,
            queue=queue,
            recorder=self._recorder,
            cluster=self._settings.cluster_name,
            consistency_window=self._settings.consistency_window,
            on_result=self._metrics.reconciled,
            on_write=lambda old, new: self._relay(kind, old, new),
            spawn_limit=self._settings.spawn_limit,
            stop=self._stop,
            allowed=self._leads,
        )
        self._controllers[kind.name] = controller

        name = f"reflector-{kind.plural}"
        reflector = Reflector(
            self._client,
            kinds.resource_path(kind, self._settings.namespace or None),
            self._caches[kind.name],
            lambda _change, old, new: self._on_change(kind, old, new),
            name=kind.plural,
            stop=self._stop,
            beat=lambda within: self._beats.beat(name, within + health.BEAT_WITHIN),
        )
        self._metrics.watch_staleness(kind.singular, reflector.staleness)
        workers = tuple(
            threading.Thread(
                target=self._work,
                args=(controller, f"{kind.plural}-{number}"),
                name=kind.plural,
                daemon=True,
            )
            for number in range(self._settings.workers)
        )
        return Part(controller, reflector, workers)

    def _work(self, controller: Controller, name: str) -> None:
        """A worker's life: wait for the caches and for the lead, then work until the end.

        For all caches: who finds no owner in one that is still empty would take what it owns for abandoned.
        """
        for needed in (*(part.reflector.synced for part in self._parts.values()), self._leading):
            while not needed.wait(1.0):
                if self._stop.is_set():
                    return
        controller.work(lambda: self._beats.beat(f"worker-{name}", SLOWEST_PASS))
        self._beats.remove(f"worker-{name}")

    def _on_change(self, kind: kinds.Kind, old: envelope.Object | None, new: envelope.Object | None) -> None:
        self._parts[kind.name].controller.on_change(old, new)
        self._relay(kind, old, new)

    def _relay(self, kind: kinds.Kind, old: envelope.Object | None, new: envelope.Object | None) -> None:
        wakes.relay(self._controllers, self._caches, kind, old, new)

    def _on_news(self, kind: kinds.Kind, key: str, look: bool) -> None:
        self._parts[kind.name].controller.on_news(key, look)

    def _feed_beat(self, name: str, within: float | None) -> None:
        if within is None:
            self._beats.remove(name)
        else:
            self._beats.beat(name, within)

    def _feed_watch(self, kind: str, region: str, read: Callable[[], float] | None) -> None:
        if read is None:
            self._metrics.forget_feed(kind, region)
        else:
            self._metrics.watch_feed(kind, region, read)

    def _unready(self) -> list[str]:
        return [
            f"the cache of {kinds.BY_NAME[name].plural} is not filled yet"
            for name, part in self._parts.items()
            if not part.reflector.synced.is_set()
        ]

    # --- leadership ------------------------------------------------------------------------------------------

    def _candidate(self, link: connection.Connection) -> Elector:
        namespace = self._settings.lease_namespace or connection.pod_namespace() or self._settings.namespace
        return Elector(
            self._client,
            namespace or link.namespace,
            LEASE,
            f"{socket.gethostname()}_{uuid.uuid4()}",
            on_started=self._leading.set,
            on_stopped=self._lost,
            beat=lambda within: self._beats.beat("lease", within + health.BEAT_WITHIN),
        )

    def _leads(self) -> bool:
        return self._elector is None or self._elector.is_leader()

    def _lost(self) -> None:
        """Another replica may act from now on: whatever is under way here ends at once."""
        log.error("Leadership was lost; this process ends so that two never act.")
        logging.shutdown()
        os._exit(1)
