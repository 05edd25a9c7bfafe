"""Prometheus metrics, under the names that controller-runtime gives them where it has the same thing.

No label of ours is called as one that Prometheus puts on by itself (job, instance, namespace, pod, service, endpoint,
container): it would be renamed. Each Metrics object has a registry of its own. What is measured is told from outside;
nothing here asks anybody but for gauges, which are read at a scrape. Values of labels that come from a spec or from AWS
are bounded in number (`Bounded`), so that nobody can fill Prometheus by writing objects.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import prometheus_client as prom
from prometheus_client.exposition import choose_encoder

from sagemaker_operator import outcomes
from sagemaker_operator.engine.bounded import Bounded
from sagemaker_operator.engine.workqueue import Lane
from smkube.aws.errors import Cause, cause
from smkube.errors import AwsError

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

    from sagemaker_operator.engine.workqueue import QueueGauges

_QUEUE_BUCKETS = [10.0**exponent for exponent in range(-8, 4)]
"""client-go's buckets of queue and work durations."""
_RECONCILE_BUCKETS = [
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
    *(1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 15.0, 20.0, 25.0, 30.0),
    *(40.0, 50.0, 60.0),
]
"""controller-runtime's buckets of reconcile times."""
RESULTS = ("success", "error", "requeue", "requeue_after")
"""Values of the label `result` of controller_runtime_reconcile_total."""
_JOB_BUCKETS = [
    *(60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0, 43200.0, 86400.0),
    *(172800.0, 432000.0, 2419200.0),
]
"""From a minute to the 28 days that a training job may run (SageMaker API: MaxRuntimeInSeconds)."""
_FRESHNESS_BUCKETS = [
    *(0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.5, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 900.0),
    *(3600.0, 14400.0),
]
"""Finest around the few seconds that a change takes at rest; hours for what happened while no operator ran."""
_CALL_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0]
"""Up to the time-outs of a call (session.CONNECT_TIMEOUT and READ_TIMEOUT)."""
REFUSALS = (Cause.THROTTLED, Cause.QUOTA, Cause.DENIED, Cause.CREDENTIALS, Cause.SERVICE, Cause.NO_ANSWER)
"""Causes that are nobody's spec at fault: values of the label `cause` of sagemaker_operator_aws_refusals_total."""


class Metrics:
    """All metrics of one operator process."""

    def __init__(self) -> None:
        prom.disable_created_metrics()  # type: ignore[no-untyped-call] # annotated without a result
        self.registry = prom.CollectorRegistry()
        self._regions = Bounded(most=64)
        self._codes = Bounded(most=128)
        prom.ProcessCollector(registry=self.registry)
        prom.PlatformCollector(registry=self.registry)
        prom.GCCollector(registry=self.registry)
        self._reconciles = self._counter(
            "controller_runtime_reconcile_total", "Reconciliations per controller", "controller", "result"
        )
        self._reconcile_errors = self._counter(
            "controller_runtime_reconcile_errors_total", "Reconciliation errors per controller", "controller"
        )
        self._reconcile_time = prom.Histogram(
            "controller_runtime_reconcile_time_seconds",
            "Length of time per reconciliation per controller",
            ["controller"],
            registry=self.registry,
            buckets=_RECONCILE_BUCKETS,
        )
        self._queues = _QueueFamilies(self.registry)
        self._rest = self._counter(
            "rest_client_requests_total", "Requests to the Kubernetes API", "code", "method", "host"
        )
        self._aws = self._counter(
            "sagemaker_operator_aws_requests_total",
            "Requests to AWS (one per call, not per attempt)",
            *("aws_service", "operation", "region", "outcome"),
        )
        self._refusals = self._counter(
            "sagemaker_operator_aws_refusals_total",
            "Requests to AWS that came to nothing, where it was not the request's own fault",
            *("aws_service", "operation", "region", "cause"),
        )
        self._calls = prom.Histogram(
            "sagemaker_operator_aws_request_duration_seconds",
            "How long AWS takes to answer, or a call to fail",
            ["aws_service", "operation"],
            registry=self.registry,
            buckets=_CALL_BUCKETS,
        )
        self._freshness = prom.Histogram(
            "sagemaker_operator_status_freshness_seconds",
            "Time from a change at AWS (its LastModifiedTime, by AWS's clock) to the status write that shows it",
            ["kind"],
            registry=self.registry,
            buckets=_FRESHNESS_BUCKETS,
        )
        self._staleness = self._gauge(
            "sagemaker_operator_reflector_staleness_seconds",
            "Time since the cache of a kind was last known to be as new as the API server",
            "kind",
        )
        self._feed_staleness = self._gauge(
            "sagemaker_operator_feed_staleness_seconds",
            "Time since a change feed last read all of AWS's answers",
            *("kind", "region"),
        )
        self._leader = self._gauge("sagemaker_operator_is_leader", "1 while this process may act, else 0")
        self._master = self._gauge(
            "leader_election_master_status", "1 while this process holds the Lease of this name, else 0", "name"
        )
        self._ready = self._gauge("sagemaker_operator_ready", "1 while /readyz says so, else 0")
        self._workers = self._gauge(
            "controller_runtime_max_concurrent_reconciles", "Objects worked on at once at most", "controller"
        )
        self._jobs = _JobFamilies(self.registry)
        self._events_dropped = self._counter(
            "sagemaker_operator_events_dropped_total", "Kubernetes Events that could not be recorded"
        )

    def declare_process(self, version: str) -> None:
        """Say which program this is."""
        self._gauge("sagemaker_operator_build_info", "1, with the version as label", "version").labels(version).set(1)

    def declare_controller(self, controller: str, workers: int) -> None:
        """Have a controller's counters start at zero, so that a first error is seen as an increase."""
        for result in RESULTS:
            self._reconciles.labels(controller, result)
        self._reconcile_errors.labels(controller)
        self._workers.labels(controller).set(workers)

    def declare_jobs(self, kind: str) -> None:
        """Have the counters of a kind of jobs start at zero."""
        self._freshness.labels(kind)
        for outcome in outcomes.OUTCOMES:
            self._jobs.finished.labels(kind, outcome)

    def job_ended(self, told: outcomes.Ended) -> None:
        """Count a job that has just ended."""
        kind = told.kind.singular
        self._jobs.finished.labels(kind, told.outcome).inc()
        if told.seconds is not None:
            self._jobs.duration.labels(kind, told.outcome).observe(told.seconds)
        if told.billable is not None:
            self._jobs.billable.labels(kind).inc(told.billable)

    def add(self, collector: Collector) -> None:
        """Ask a collector for further metrics at each scrape."""
        self.registry.register(collector)

    def reconciled(self, controller: str, result: str, seconds: float) -> None:
        """Count a reconciliation; `result` is one of RESULTS."""
        self._reconciles.labels(controller, result).inc()
        self._reconcile_time.labels(controller).observe(seconds)
        if result == "error":
            self._reconcile_errors.labels(controller).inc()

    def queue(self, name: str) -> Queue:
        """The metrics of a work queue, to be given to it."""
        return Queue(self._queues, name)

    def kube_request(self, code: str, method: str, host: str) -> None:
        """Count a request to the API server; `code` is the HTTP status or `<error>`, as client-go has it."""
        self._rest.labels(code, method, host).inc()

    def aws_request(self, service: str, operation: str, region: str, outcome: str) -> None:
        """Count a request to AWS; `outcome` is `success` or AWS's error code."""
        region = self._regions(region)
        self._aws.labels(service, operation, region, self._codes(outcome)).inc()
        why = cause(AwsError(operation, outcome, "")) if outcome != "success" else None
        if why in REFUSALS:
            self._refusals.labels(service, operation, region, why.value).inc()

    def aws_took(self, service: str, operation: str, seconds: float) -> None:
        """Note how long a request to AWS took."""
        self._calls.labels(service, operation).observe(seconds)

    def shown(self, kind: str, seconds: float) -> None:
        """Note how old a change at AWS was when a status first showed it."""
        self._freshness.labels(kind).observe(max(0.0, seconds))

    def watch_staleness(self, kind: str, read: Callable[[], float]) -> None:
        """Read a reflector's staleness at each scrape."""
        self._staleness.labels(kind).set_function(read)

    def watch_feed(self, kind: str, region: str, read: Callable[[], float]) -> None:
        """Read a feed's staleness, in seconds, at each scrape."""
        self._feed_staleness.labels(kind, self._regions(region)).set_function(read)

    def forget_feed(self, kind: str, region: str) -> None:
        """Show a feed no longer; one that was ended on purpose is not stale."""
        with contextlib.suppress(KeyError):
            # Another endpoint's feed of the region, which shares the series, may have ended before.
            self._feed_staleness.remove(kind, self._regions(region))

    def watch_leader(self, read: Callable[[], bool], lease: str = "") -> None:
        """Read at each scrape whether this process may act, and so holds the Lease, if there is one."""
        self._leader.set_function(lambda: float(read()))
        if lease:
            self._master.labels(lease).set_function(lambda: float(read()))

    def watch_ready(self, read: Callable[[], bool]) -> None:
        """Read at each scrape whether the process is ready."""
        self._ready.set_function(lambda: float(read()))

    def event_dropped(self) -> None:
        """Count a Kubernetes Event that could not be recorded."""
        self._events_dropped.inc()

    def render(self, accept: str) -> tuple[str, bytes]:
        """Content type and body for a scrape with this Accept header."""
        encode, content_type = choose_encoder(accept)
        return content_type, encode(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> prom.Counter:
        return prom.Counter(name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> prom.Gauge:
        return prom.Gauge(name, text, labels, registry=self.registry)


class _JobFamilies:
    """What became of jobs; told once for each when its end is first seen."""

    def __init__(self, registry: prom.CollectorRegistry) -> None:
        self.finished = prom.Counter(
            "sagemaker_operator_jobs_finished_total", "Jobs that ended", ["kind", "outcome"], registry=registry
        )
        self.duration = prom.Histogram(
            "sagemaker_operator_job_duration_seconds",
            "Time from a job's start to its end, by SageMaker's clock",
            ["kind", "outcome"],
            registry=registry,
            buckets=_JOB_BUCKETS,
        )
        self.billable = prom.Counter(
            "sagemaker_operator_job_billable_seconds_total",
            "Seconds of ended training jobs that are paid for, for each of a job's instances",
            ["kind"],
            registry=registry,
        )


class _QueueFamilies:
    """client-go's workqueue metrics, shared by all queues."""

    def __init__(self, registry: prom.CollectorRegistry) -> None:
        def gauge(name: str, text: str, *labels: str) -> prom.Gauge:
            return prom.Gauge(name, text, ["name", *labels], registry=registry)

        def histogram(name: str, text: str) -> prom.Histogram:
            return prom.Histogram(name, text, ["name"], registry=registry, buckets=_QUEUE_BUCKETS)

        self.depth = gauge("workqueue_depth", "Keys that are ready")
        self.lane_depth = gauge("sagemaker_operator_workqueue_lane_depth", "Keys that are ready, by lane", "lane")
        self.adds = prom.Counter("workqueue_adds_total", "Adds handled by the queue", ["name"], registry=registry)
        self.retries = prom.Counter("workqueue_retries_total", "Rate-limited adds", ["name"], registry=registry)
        self.waited = histogram("workqueue_queue_duration_seconds", "How long a key stays ready before it is taken")
        self.worked = histogram("workqueue_work_duration_seconds", "How long a key is in work")
        self.unfinished = gauge("workqueue_unfinished_work_seconds", "Sum of the ages of all work that is going on")
        self.longest = gauge("workqueue_longest_running_processor_seconds", "Age of the oldest work that is going on")
        self.active = prom.Gauge(
            "controller_runtime_active_workers", "Objects in work at this moment", ["controller"], registry=registry
        )


class Queue:
    """The metrics of one work queue; implements workqueue.QueueMetrics."""

    def __init__(self, families: _QueueFamilies, name: str) -> None:
        self._families = families
        self._name = name
        self._adds = families.adds.labels(name)
        self._retries = families.retries.labels(name)
        self._waited = families.waited.labels(name)
        self._worked = families.worked.labels(name)

    def bind(self, queue: QueueGauges) -> None:
        """Ask this queue for its gauges at each scrape."""
        self._families.depth.labels(self._name).set_function(lambda: len(queue))
        self._families.unfinished.labels(self._name).set_function(lambda: sum(queue.work_ages()))
        self._families.active.labels(self._name).set_function(lambda: len(queue.work_ages()))
        self._families.longest.labels(self._name).set_function(lambda: max(queue.work_ages(), default=0.0))
        for lane in Lane:
            gauge = self._families.lane_depth.labels(self._name, lane.name.lower())
            gauge.set_function(_LaneDepth(queue, lane))

    def added(self) -> None:
        """A key was put into a lane (again)."""
        self._adds.inc()

    def taken(self, waited: float) -> None:
        """A worker took a key that was ready for so many seconds."""
        self._waited.observe(waited)

    def finished(self, worked: float) -> None:
        """A worker is done with a key after so many seconds."""
        self._worked.observe(worked)

    def retried(self) -> None:
        """A rate-limited repetition was scheduled."""
        self._retries.inc()


class _LaneDepth:
    def __init__(self, queue: QueueGauges, lane: Lane) -> None:
        self._queue = queue
        self._lane = lane

    def __call__(self) -> float:
        return self._queue.depth(self._lane)
