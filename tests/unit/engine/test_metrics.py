"""The metrics carry controller-runtime's names and the queue's real figures."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from sagemaker_operator.engine.metrics import Metrics
from sagemaker_operator.engine.workqueue import Lane, WorkQueue


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
    metrics.declare_controller("trainingjob")
    assert samples(metrics)["controller_runtime_reconcile_total{controller=trainingjob,result=error}"] == 0
    metrics.reconciled("trainingjob", "error", 0.2)
    metrics.reconciled("trainingjob", "success", 0.1)
    seen = samples(metrics)
    assert seen["controller_runtime_reconcile_total{controller=trainingjob,result=error}"] == 1
    assert seen["controller_runtime_reconcile_total{controller=trainingjob,result=success}"] == 1
    assert seen["controller_runtime_reconcile_errors_total{controller=trainingjob}"] == 1
    assert seen["controller_runtime_reconcile_time_seconds_count{controller=trainingjob}"] == 2


def test_own_metrics_are_read_at_the_scrape() -> None:
    """Gauges ask at each scrape; a feed that was ended is no longer shown."""
    metrics = Metrics()
    age = [1.0]
    metrics.watch_staleness("TrainingJob", lambda: age[0])
    metrics.watch_feed("TrainingJob", "eu-west-1", lambda: 7.0)
    metrics.watch_leader(lambda: True)
    metrics.kube_request("200", "GET", "127.0.0.1:6443")
    metrics.aws_request("sagemaker", "ListTrainingJobs", "eu-west-1", "success")
    metrics.event_dropped()
    age[0] = 9.0
    seen = samples(metrics)
    assert seen["sagemaker_operator_reflector_staleness_seconds{kind=TrainingJob}"] == 9
    assert seen["sagemaker_operator_feed_staleness_seconds{kind=TrainingJob,region=eu-west-1}"] == 7
    assert seen["sagemaker_operator_is_leader{}"] == 1
    assert seen["rest_client_requests_total{code=200,host=127.0.0.1:6443,method=GET}"] == 1
    assert (
        seen[
            "sagemaker_operator_aws_requests_total"
            "{operation=ListTrainingJobs,outcome=success,region=eu-west-1,service=sagemaker}"
        ]
        == 1
    )
    assert seen["sagemaker_operator_events_dropped_total{}"] == 1
    metrics.forget_feed("TrainingJob", "eu-west-1")
    assert "sagemaker_operator_feed_staleness_seconds{kind=TrainingJob,region=eu-west-1}" not in samples(metrics)


def test_scrape_has_process_figures_and_no_created_series() -> None:
    """Process figures are there as in the original; the `_created` series, which double the size, are not."""
    body = Metrics().render("")[1].decode()
    assert "process_resident_memory_bytes" in body
    assert "_created" not in body
