"""The metrics carry controller-runtime's names and the queue's real figures."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sagemaker_operator.engine.metrics import Metrics
from sagemaker_operator.engine.workqueue import Lane, WorkQueue
from sagemaker_operator.outcomes import Ended
from smkube import kinds


def samples(metrics: Metrics) -> dict[str, float]:
    """All samples of a scrape, as `name{label=value,...}`."""
    content_type, body = metrics.render("")
    assert content_type.startswith("text/plain")
    return {
        sample.name
        + "{"
        + ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
        + "}": sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def test_queue_reports_client_go_figures() -> None:
    """Depth, adds, retries, durations and unfinished work follow what happens in the queue."""
    moment = [100.0]
    metrics = Metrics()
    queue: WorkQueue[str] = WorkQueue(clock=lambda: moment[0], metrics=metrics.queue("trainingjob"))
    queue.add("a")
    queue.add("a", Lane.URGENT)
    queue.add("b")
    moment[0] += 2
    assert queue.get(timeout=0) == "a"
    queue.add("a")
    moment[0] += 3
    seen = samples(metrics)
    assert seen["workqueue_depth{name=trainingjob}"] == 1
    assert seen["workqueue_adds_total{name=trainingjob}"] == 3
    assert seen["workqueue_queue_duration_seconds_sum{name=trainingjob}"] == 2
    assert seen["workqueue_unfinished_work_seconds{name=trainingjob}"] == 3
    assert seen["workqueue_longest_running_processor_seconds{name=trainingjob}"] == 3
    assert seen["controller_runtime_active_workers{controller=trainingjob}"] == 1
    assert seen["sagemaker_operator_workqueue_lane_depth{lane=normal,name=trainingjob}"] == 1
    queue.done("a")
    queue.add_rate_limited("c")
    seen = samples(metrics)
    assert seen["workqueue_depth{name=trainingjob}"] == 2
    assert seen["workqueue_work_duration_seconds_sum{name=trainingjob}"] == 3
    assert seen["workqueue_retries_total{name=trainingjob}"] == 1
    assert seen["workqueue_unfinished_work_seconds{name=trainingjob}"] == 0


def test_reconciliations_are_counted_by_result() -> None:
    """Results start at zero when declared, and an error counts in both counters."""
    metrics = Metrics()
    metrics.declare_controller("trainingjob", 8)
    assert samples(metrics)["controller_runtime_reconcile_total{controller=trainingjob,result=error}"] == 0
    metrics.reconciled("trainingjob", "error", 0.2)
    metrics.reconciled("trainingjob", "success", 0.1)
    seen = samples(metrics)
    assert seen["controller_runtime_reconcile_total{controller=trainingjob,result=error}"] == 1
    assert seen["controller_runtime_reconcile_total{controller=trainingjob,result=success}"] == 1
    assert seen["controller_runtime_reconcile_errors_total{controller=trainingjob}"] == 1
    assert seen["controller_runtime_reconcile_time_seconds_count{controller=trainingjob}"] == 2
    assert seen["controller_runtime_max_concurrent_reconciles{controller=trainingjob}"] == 8


def test_own_metrics_are_read_at_the_scrape() -> None:
    """Gauges ask at each scrape; a feed that was ended is no longer shown."""
    metrics = Metrics()
    age = [1.0]
    metrics.watch_staleness("TrainingJob", lambda: age[0])
    metrics.watch_feed("TrainingJob", "eu-west-1", lambda: 7.0)
    metrics.watch_leader(lambda: True, "lease")
    metrics.watch_ready(lambda: False)
    metrics.declare_process("1.2.3")
    metrics.kube_request("200", "GET", "127.0.0.1:6443")
    metrics.aws_request("sagemaker", "ListTrainingJobs", "eu-west-1", "success")
    metrics.event_dropped()
    age[0] = 9.0
    seen = samples(metrics)
    assert seen["sagemaker_operator_reflector_staleness_seconds{kind=TrainingJob}"] == 9
    assert seen["sagemaker_operator_feed_staleness_seconds{kind=TrainingJob,region=eu-west-1}"] == 7
    assert seen["sagemaker_operator_is_leader{}"] == 1
    assert seen["leader_election_master_status{name=lease}"] == 1
    assert seen["sagemaker_operator_ready{}"] == 0
    assert seen["sagemaker_operator_build_info{version=1.2.3}"] == 1
    assert seen["rest_client_requests_total{code=200,host=127.0.0.1:6443,method=GET}"] == 1
    assert (
        seen[
            "sagemaker_operator_aws_requests_total"
            "{aws_service=sagemaker,operation=ListTrainingJobs,outcome=success,region=eu-west-1}"
        ]
        == 1
    )
    assert seen["sagemaker_operator_events_dropped_total{}"] == 1
    metrics.forget_feed("TrainingJob", "eu-west-1")
    assert "sagemaker_operator_feed_staleness_seconds{kind=TrainingJob,region=eu-west-1}" not in samples(metrics)


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("ThrottlingException", "Throttled"),
        ("AccessDeniedException", "AccessDenied"),
        ("NoCredentials", "CredentialsInvalid"),
        ("ResourceLimitExceeded", "QuotaExceeded"),
        ("ConnectionError", "NoAnswer"),
        ("InternalFailure", "ServiceError"),
        ("ValidationException", ""),
        ("ResourceNotFound", ""),
        ("success", ""),
    ],
)
def test_refusals_of_aws_are_counted_by_cause(code: str, cause: str) -> None:
    """What no spec can help is counted once more by its cause; an answer about the request itself is not."""
    metrics = Metrics()
    metrics.aws_request("sagemaker", "DescribeTrainingJob", "eu-west-1", code)
    seen = {name: value for name, value in samples(metrics).items() if "aws_refusals" in name}

    labels = f"aws_service=sagemaker,cause={cause},operation=DescribeTrainingJob,region=eu-west-1"
    assert seen == ({f"sagemaker_operator_aws_refusals_total{{{labels}}}": 1} if cause else {})


def test_jobs_are_counted_when_they_end() -> None:
    """Outcomes start at zero; duration and what is paid for are summed where SageMaker tells them."""
    metrics = Metrics()
    metrics.declare_jobs("trainingjob")
    assert samples(metrics)["sagemaker_operator_jobs_finished_total{kind=trainingjob,outcome=Failed}"] == 0
    metrics.job_ended(Ended(kinds.TRAINING_JOB, "Completed", 100.0, 80.0))
    metrics.job_ended(Ended(kinds.TRAINING_JOB, "Stopped", None, None))
    seen = samples(metrics)
    assert seen["sagemaker_operator_jobs_finished_total{kind=trainingjob,outcome=Completed}"] == 1
    assert seen["sagemaker_operator_jobs_finished_total{kind=trainingjob,outcome=Stopped}"] == 1
    assert seen["sagemaker_operator_job_duration_seconds_sum{kind=trainingjob,outcome=Completed}"] == 100
    assert "sagemaker_operator_job_duration_seconds_sum{kind=trainingjob,outcome=Stopped}" not in seen
    assert seen["sagemaker_operator_job_billable_seconds_total{kind=trainingjob}"] == 80


def test_scrape_has_process_figures_and_no_created_series() -> None:
    """Process figures are there as in the original; the `_created` series, which double the size, are not."""
    body = Metrics().render("")[1].decode()
    assert "process_resident_memory_bytes" in body
    assert "_created" not in body
