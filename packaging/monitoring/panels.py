"""The panels of the Grafana dashboard: what each shows, as PromQL. Data, and functions that write queries.

`@` in a query stands for the label matcher that chooses the operator.
"""

from __future__ import annotations

from dataclasses import dataclass

OWN, AWS, RUN = "sagemaker_operator_", "sagemaker_operator_aws_", "controller_runtime_"
RECENT = "$__rate_interval"
"""Grafana's shortest time over which a rate can be told."""

Query = tuple[str, str]
"""PromQL, and the legend of its series."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel.

    Attributes:
        title: what it shows.
        queries: what it asks for.
        unit: of the values, in Grafana's words.
        kind: Grafana's type of panel.
        stacked: whether series are shown on top of each other.
        width: columns of the grid.
        text: what to make of it, for the panel's hint.
    """

    title: str
    queries: tuple[Query, ...]
    unit: str = "short"
    kind: str = "timeseries"
    stacked: bool = False
    width: int = 8
    text: str = ""


def _by(*labels: str) -> str:
    return f" by ({', '.join(labels)}) " if labels else ""


def _legend(*labels: str) -> str:
    return " ".join(f"{{{{{label}}}}}" for label in labels)


def total(metric: str, *labels: str, how: str = "sum") -> Query:
    """A gauge, summed."""
    return f"{how}{_by(*labels)}({metric}{{@}})", _legend(*labels)


def rate(metric: str, *labels: str, where: str = "", over: str = RECENT) -> Query:
    """A counter's growth per second."""
    return f"sum{_by(*labels)}(rate({metric}{{@{where}}}[{over}]))", _legend(*labels)


def growth(metric: str, over: str, *labels: str, where: str = "") -> Query:
    """A counter's growth within a time."""
    return f"sum{_by(*labels)}(increase({metric}{{@{where}}}[{over}]))", _legend(*labels)


def share(part: Query, whole: Query) -> Query:
    """One of the other."""
    return f"{part[0]} / {whole[0]}", part[1]


def quantile(part: float, histogram: str, label: str, over: str = RECENT) -> Query:
    """The value below which this part of what was observed lies."""
    buckets, _ = rate(f"{histogram}_bucket", label, "le", over=over)
    return f"histogram_quantile({part}, {buckets})", f"{_legend(label)} {part:.0%}"


def of_operator(metric: str, legend: str, factor: str = "") -> Query:
    """A metric that every process has, of the operators' alone."""
    return f"sum({metric} * on (instance) group_left () sagemaker_operator_build_info){factor}", legend


_HEALTH = (
    Panel(
        "Version",
        (total(f"{OWN}build_info", "version", how="count"),),
        kind="stat",
        width=4,
        text="Processes by version; two versions only during an update.",
    ),
    Panel(
        "Ready",
        (total(f"{OWN}ready"),),
        kind="stat",
        width=4,
        text="Processes that are ready: caches filled, role set.",
    ),
    Panel(
        "Leading",
        (total("leader_election_master_status", "name"),),
        kind="stat",
        width=4,
        text="One for each Lease; 0 means that nothing is worked on.",
    ),
    Panel(
        "Objects that need help",
        (total(f"{OWN}objects_stalled", "kind", "object_namespace", "reason"),),
        kind="stat",
        width=12,
        text="Objects whose condition Stalled is true, jobs that ran and failed aside.",
    ),
    Panel(
        "Age of the caches",
        (total(f"{OWN}reflector_staleness_seconds", "kind", how="max"),),
        "s",
        text="Since the API server last showed that nothing is missed; up to five minutes are normal at rest.",
    ),
    Panel(
        "Age of the news from SageMaker",
        (total(f"{OWN}feed_staleness_seconds", "kind", "region", how="max"),),
        "s",
        text="Since SageMaker's List was last read to its end.",
    ),
    Panel(
        "Memory and CPU",
        (
            of_operator("process_resident_memory_bytes{@}", "memory"),
            of_operator(f"rate(process_cpu_seconds_total{{@}}[{RECENT}])", "CPU, one core as 1 GB", " * 1000000000"),
        ),
        "decbytes",
    ),
)
_ENDED, _DURATION = f"{OWN}jobs_finished_total", f"{OWN}job_duration_seconds"
_JOBS = (
    Panel("Objects by state", (total(f"{OWN}objects", "kind", "status"),), stacked=True, width=12),
    Panel("Jobs that ended, by hour", (growth(_ENDED, "1h", "kind", "outcome"),), stacked=True, width=12),
    Panel(
        "Duration of jobs",
        (quantile(0.5, _DURATION, "kind", "6h"), quantile(0.9, _DURATION, "kind", "6h")),
        "s",
        text="Half and nine in ten of the jobs that ended within six hours were not longer.",
    ),
    Panel(
        "Share of jobs that failed",
        (share(growth(_ENDED, "6h", "kind", where=', outcome="Failed"'), growth(_ENDED, "6h", "kind")),),
        "percentunit",
        text="Of the jobs that ended within six hours.",
    ),
    Panel(
        "Training that is paid for, by day",
        (growth(f"{OWN}job_billable_seconds_total", "1d", "kind"),),
        "s",
        text="Billable time of training jobs that ended, for each of a job's instances.",
    ),
)
_AWS = (
    Panel("Calls", (rate(f"{AWS}requests_total", "operation"),), "reqps", stacked=True),
    Panel(
        "Refused by AWS",
        (rate(f"{AWS}refusals_total", "cause", "operation"),),
        "reqps",
        text="By cause, where it is not the request's own fault.",
    ),
    Panel(
        "Errors of AWS by code",
        (rate(f"{AWS}requests_total", "outcome", "aws_service", "region", where=', outcome!="success"'),),
        "reqps",
    ),
)
_QUEUES = (
    Panel(
        "Objects that wait for a worker",
        (total("workqueue_depth", "name"),),
        text="Ready to be worked on at this moment; those that wait for their time are not counted.",
    ),
    Panel("Waiting by lane", (total(f"{OWN}workqueue_lane_depth", "lane"),), stacked=True),
    Panel(
        "Workers in use",
        (
            share(
                total(f"{RUN}active_workers", "controller"),
                total(f"{RUN}max_concurrent_reconciles", "controller"),
            ),
        ),
        "percentunit",
    ),
    Panel("Wait for a worker", (quantile(0.99, "workqueue_queue_duration_seconds", "name"),), "s"),
    Panel("Length of a pass", (quantile(0.99, f"{RUN}reconcile_time_seconds", "controller"),), "s"),
    Panel(
        "Oldest work that is going on", (total("workqueue_longest_running_processor_seconds", "name", how="max"),), "s"
    ),
    Panel("Passes by result", (rate(f"{RUN}reconcile_total", "controller", "result"),), "ops", stacked=True),
    Panel("Repetitions", (rate("workqueue_retries_total", "name"),), "ops"),
    Panel(
        "Requests to the Kubernetes API", (rate("rest_client_requests_total", "method", "code"),), "reqps", stacked=True
    ),
)
ROWS = {"Health": _HEALTH, "Jobs": _JOBS, "AWS": _AWS, "Queues": _QUEUES}
