"""Puts the parts of the process together, starts them in order and stops them in order.

A process whose role is still the installers' placeholder starts none of what works: it stays, says what to do, and is
not ready, so that the pod shows that something is missing instead of crashing again and again.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import FrameType

from sagemaker_operator import identity, selection
from sagemaker_operator.budgets import Budgets
from sagemaker_operator.engine import health, wakes
from sagemaker_operator.engine.census import Census
from sagemaker_operator.engine.cloud import Cloud
from sagemaker_operator.engine.controller import Controller
from sagemaker_operator.engine.events import Recorder
from sagemaker_operator.engine.feed import Feeds
from sagemaker_operator.engine.lease import Elector
from sagemaker_operator.engine.ledger import Ledger
from sagemaker_operator.engine.metrics import Metrics
from sagemaker_operator.engine.mirrors import Mirrors
from sagemaker_operator.engine.push import Listener
from sagemaker_operator.engine.pushmetrics import PushMetrics
from sagemaker_operator.engine.signs import Signs
from sagemaker_operator.engine.spending import Spending
from sagemaker_operator.engine.workqueue import WorkQueue
from sagemaker_operator.facts import Target
from sagemaker_operator.settings import Settings
from smkube import __version__, kinds
from smkube.aws.session import Clients
from smkube.kube import connection, envelope
from smkube.kube.client import Client

log = logging.getLogger(__name__)

LAST_WORDS = 1.0
"""Seconds that Events and the lease have at the end, each, once the workers' time is over."""
SLOWEST_PASS = 180.0
"""Seconds one pass may take when AWS hangs: a few calls, each with its time-outs."""
REMIND_EVERY = 1200.0
"""Seconds after which a process that cannot work says so again; Events are kept for an hour by default."""


@dataclass(frozen=True, slots=True)
class Part:
    """What works on one kind."""

    controller: Controller
    workers: tuple[threading.Thread, ...]


class Manager:
    """One operator process.

    Args:
        settings: how it is to run.
        link: the connection to Kubernetes.
        environ: the environment, which tells who we are at AWS and in which pod (POD_NAME, POD_NAMESPACE, POD_UID).
    """

    def __init__(self, settings: Settings, link: connection.Connection, environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._environ = environ
        self._home = environ.get("POD_NAMESPACE") or connection.pod_namespace()
        self._hindrance = identity.hindrance(environ, self._home)
        self._stop = threading.Event()
        self._leading = threading.Event()
        self._beats = health.Heartbeats()
        self._metrics = Metrics()
        self._signs = Signs(self._metrics, self._beats)
        self._client = Client(
            link,
            user_agent=f"sagemaker-operator/{__version__}",
            pool_size=settings.workers * len(settings.kinds) + 8 * max(1, len(settings.namespaces)),
            on_answer=self._signs.kube_answer,
        )
        self._recorder = Recorder(
            self._client,
            on_drop=self._metrics.event_dropped,
            beat=lambda within: self._beats.beat("events", within),
        )
        budgets = Budgets(time.monotonic)
        self._cloud = Cloud(
            Clients(
                user_agent=f"sagemaker-on-kubernetes/{__version__}",
                pool_size=settings.workers * 2,
                on_call=self._signs.aws_took,
            ),
            budgets,
            default_endpoint=settings.default_endpoint,
            observer=self._signs,
            stop=self._stop,
        )
        self._feeds = Feeds(
            self._cloud, self._on_news, stop=self._stop, beat=self._signs.feed, watch=self._signs.watch_feed
        )
        self._lease = settings.lease_namespace or self._home or next(iter(settings.namespaces), link.namespace)
        name = settings.lease_name or selection.lease_name(settings.kinds, settings.namespaces, self._lease)
        self._elector = self._candidate(name) if settings.enable_leader_election else None
        self._mirrors = Mirrors(
            self._client,
            selection.watched(settings.kinds),
            settings.namespaces,
            self._on_change,
            stop=self._stop,
            beat=lambda name, within: self._beats.beat(name, within + health.BEAT_WITHIN),
        )
        self._caches = self._mirrors.caches
        self._controllers: dict[str, Controller] = {}
        self._ledger = Ledger(self._metrics.job_ended, self._leads)
        self._parts = {kind.name: self._part(kind) for kind in settings.kinds}
        self._servers = health.servers(
            settings.metrics_addr,
            settings.health_addr,
            live=self._beats.late,
            ready=self._unready,
            metrics=self._metrics.render,
        )
        self._metrics.declare_process(__version__)
        self._metrics.add(Spending(budgets.use))
        self._metrics.add(Census({kind: self._caches[kind.name] for kind in settings.kinds}, self._leads))
        self._metrics.watch_leader(self._leads, name if self._elector else "")
        self._metrics.watch_ready(lambda: not self._unready())

    def run(self) -> int:
        """Run until SIGTERM or SIGINT; returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        log.info("Starting manager in the namespace: %s", ", ".join(self._settings.namespaces))
        for server in self._servers:
            server.start()
        self._recorder.start()
        if self._hindrance:
            self._remind()
        else:
            self._start()
        self._until_stopped()
        self._end()
        return 0

    # --- start and end ---------------------------------------------------------------------------------------

    def _start(self) -> None:
        warning = identity.no_credentials(self._environ, _is_there)
        if warning:
            log.warning("%s", warning)
        if self._settings.kinds != kinds.ALL:
            own, watched = ([kind.plural for kind in table] for table in (self._settings.kinds, self._mirrors.kinds))
            log.info("Works on %s; watches %s.", ", ".join(own), ", ".join(watched))
        for kind in self._mirrors.kinds:
            self._metrics.watch_staleness(kind.singular, partial(self._mirrors.staleness, kind))
        self._mirrors.start()
        for listener in self._listeners():
            listener.start()
        for part in self._parts.values():
            for worker in part.workers:
                worker.start()
        if self._elector is None:
            self._leading.set()
        else:
            self._beats.beat("lease")
            self._elector.start()

    def _until_stopped(self) -> None:
        # In short waits, between which a signal's handler runs.
        due = time.monotonic() + REMIND_EVERY
        while not self._stop.wait(1.0):
            if self._hindrance and time.monotonic() >= due:
                due += REMIND_EVERY
                self._remind()

    def _remind(self) -> None:
        """Say what keeps this process from working, in the log and beside its Pod."""
        log.error("%s", self._hindrance)
        pod = identity.pod(self._environ, self._home)
        if pod:
            self._recorder.about(pod, "Warning", identity.ROLE_NOT_SET, self._hindrance, "Start")

    def _end(self) -> None:
        log.info("Stopping: objects in work are finished, nothing new is begun.")
        give_up = time.monotonic() + self._settings.shutdown_timeout
        for part in self._parts.values():
            part.controller.queue.shut_down()
        self._mirrors.stop()
        workers = [worker for part in self._parts.values() for worker in part.workers if worker.ident is not None]
        for worker in workers:
            worker.join(max(0.0, give_up - time.monotonic()))
        busy = sum(worker.is_alive() for worker in workers)
        if busy:
            log.warning("%d workers still wait for an answer; the next process looks what became of it.", busy)
        self._recorder.stop(LAST_WORDS)
        if self._elector is not None:
            # While anything may still be done here, the lease has to run out by itself.
            self._elector.stop(LAST_WORDS, give_back=not busy)
        for server in self._servers:
            server.stop()
        log.info("Stopped.")

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        # Only what is safe in a signal handler: the main thread does the rest.
        self._stop.set()
        self._leading.set()
        if number == signal.SIGINT:
            # A second Ctrl-C ends the process at once, which is safe at any moment.
            signal.signal(signal.SIGINT, signal.SIG_DFL)

    # --- parts -----------------------------------------------------------------------------------------------

    def _listeners(self) -> list[Listener]:
        """Who listens to queues of events; without queues nothing of it is there, no metric either."""
        queues = self._settings.events_queues
        observer = PushMetrics(self._metrics.registry) if queues else None
        return [
            Listener(
                self._cloud,
                queue,
                self._feeds.nudge,
                observer=observer,
                leading=self._leading,
                allowed=self._leads,
                stop=self._stop,
                beat=self._signs.feed,
            )
            for queue in queues
            if observer is not None
        ]

    def _part(self, kind: kinds.Kind) -> Part:
        queue: WorkQueue[str] = WorkQueue(metrics=self._metrics.queue(kind.singular), group=_namespace)
        self._metrics.declare_controller(kind.singular, self._settings.workers)
        if kind in kinds.JOBS:
            self._metrics.declare_jobs(kind.singular)
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
            on_release=lambda obj, description: self._ledger.released(kind, obj, description),
            on_shown=lambda job, modified: self._shown(kind, job, modified),
            spawn_limit=self._settings.spawn_limit,
            stop=self._stop,
            allowed=self._leads,
        )
        self._controllers[kind.name] = controller
        names = [f"worker-{kind.plural}-{number}" for number in range(self._settings.workers)]
        workers = (
            threading.Thread(target=self._work, args=(controller, name), name=name, daemon=True) for name in names
        )
        return Part(controller, tuple(workers))

    def _work(self, controller: Controller, name: str) -> None:
        """A worker's life: wait for the caches and for the lead, then work until the end.

        For all caches: who finds no owner in one that is still empty would take what it owns for abandoned.
        """
        for needed in (*self._mirrors.synced(), self._leading):
            while not needed.wait(1.0):
                if self._stop.is_set():
                    return
        controller.work(lambda: self._beats.beat(name, SLOWEST_PASS))
        self._beats.remove(name)

    def _on_change(self, kind: kinds.Kind, old: envelope.Object | None, new: envelope.Object | None) -> None:
        if kind.name in self._controllers:
            self._controllers[kind.name].on_change(old, new)
        self._relay(kind, old, new)

    def _relay(self, kind: kinds.Kind, old: envelope.Object | None, new: envelope.Object | None) -> None:
        if kind.name in self._controllers:
            self._ledger.changed(kind, old, new)
        wakes.relay(self._controllers, self._caches, kind, old, new)

    def _shown(self, kind: kinds.Kind, job: Target, modified: float) -> None:
        """A status shows since just now what happened to a job at this time of AWS's."""
        there = self._cloud.time_there(self._cloud.address(job.region, job.endpoint))
        if there is not None:
            self._metrics.shown(kind.singular, there - modified)

    def _on_news(self, kind: kinds.Kind, key: str, look: bool) -> None:
        self._controllers[kind.name].on_news(key, look)

    def _unready(self) -> list[str]:
        if self._hindrance:
            return [self._hindrance]
        return [f"the cache of {what} is not filled yet" for what in self._mirrors.unfilled()]

    # --- leadership ------------------------------------------------------------------------------------------

    def _candidate(self, name: str) -> Elector:
        return Elector(
            self._client,
            self._lease,
            name,
            f"{self._environ.get('POD_NAME') or socket.gethostname()}_{uuid.uuid4()}",
            on_started=self._leading.set,
            on_stopped=self._lost,
            beat=lambda within: self._beats.beat("lease", within + health.BEAT_WITHIN),
        )

    def _leads(self) -> bool:
        return not self._hindrance and (self._elector is None or self._elector.is_leader())

    def _lost(self) -> None:
        """Another replica may act from now on: whatever is under way here ends at once."""
        log.error("Leadership was lost; this process ends so that two never act.")
        logging.shutdown()
        os._exit(1)


def _namespace(key: str) -> str:
    return key.partition("/")[0]


def _is_there(path: str) -> bool:
    """Whether a file of the user's is there; a pod's user may have no home."""
    return os.path.exists(os.path.expanduser(path))  # noqa: PTH110, PTH111 - pathlib raises where there is no home
