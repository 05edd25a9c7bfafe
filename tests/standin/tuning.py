"""SageMaker hyperparameter tuning jobs: Create, Describe, Stop, Delete, List, and the list of their training jobs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from tests.standin import errors
from tests.standin.jobs import check_quota, check_role, list_jobs, modified, stop, summaries, tags_of
from tests.standin.lifecycle import TERMINAL, Interrupt, tuning_life
from tests.standin.listing import cut_page, decode_token, encode_token
from tests.standin.tuning_definitions import check, definitions_of, filled_in, limits_of, resources_of
from tests.standin.tuning_launch import launch
from tests.standin.tuning_run import NEVER, Child, Limits, TuningJob, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.standin.lifecycle import Plan
    from tests.standin.state import Job
    from tests.standin.world import Call

KIND = "tuning"


def not_found(name: str) -> errors.AwsError:
    """The answer for a tuning job that is not there."""
    text = f"Amazon SageMaker can't find a tuning job called {name}. Type another name."
    return errors.AwsError("ResourceNotFound", text)


def find(call: Call, at: float) -> TuningJob:
    """The tuning job that the request names. ResourceNotFound if there is none."""
    return _named(call, call.params["HyperParameterTuningJobName"], at)


def _named(call: Call, name: str, at: float) -> TuningJob:
    job = call.region.tuning.get(name, at)
    if not isinstance(job, TuningJob):
        raise not_found(name)
    return job


def create(call: Call) -> dict[str, Any]:
    """CreateHyperParameterTuningJob."""
    params, region = call.params, call.region
    name = params["HyperParameterTuningJobName"]
    if region.tuning.get(name, call.now) is not None:
        raise errors.in_use(
            f"A hyperparameter tuning job with the name, {name}, already exists. Choose a different name."
        )
    check(params)
    tags, limits = tags_of(params), limits_of(params)
    _check_account(call, limits)
    arn = errors.sagemaker_arn(region.name, region.account, "hyper-parameter-tuning-job", name)
    job = TuningJob(
        kind=KIND,
        name=name,
        arn=arn,
        number=region.tuning.next_number(),
        request=filled_in({key: value for key, value in params.items() if key != "Tags"}),
        plan=_plan(call, name),
        life_of=tuning_life,
        logs=call.world.settings.log_plan(KIND, name),
        hosts=(),
        instance_type="",
        limits=limits,
        make=partial(launch, call.world, region, call.access_key),
        agenda=region.agenda,
        inherited=_inherited(call),
    )
    region.tuning.add(job)
    region.set_tags(arn, tags)
    return {"HyperParameterTuningJobArn": arn}


def _check_account(call: Call, limits: Limits) -> None:
    """Refuse roles that can't be assumed and more instances at a time than the quota of training jobs allows."""
    for definition in definitions_of(call.params):
        check_role(call, definition["RoleArn"])
        resources = resources_of(definition)
        if "InstanceType" in resources:
            instances = resources["InstanceCount"] * min(limits.parallel, limits.most)
            check_quota(call, call.region.training, "training", resources["InstanceType"], instances)


def _plan(call: Call, name: str) -> Plan:
    """What is to become of the tuning job itself.

    A failure for jobs of all kinds is meant for its training jobs, whose names match the rule as well.
    """
    settings = call.world.settings
    rule = settings.rule_for(KIND, name)
    plan = settings.plan(KIND, name, call.now, NEVER)
    return plan if rule is not None and rule.kind == KIND else replace(plan, failure=None)


def _inherited(call: Call) -> Child | None:
    """The best training job of the parents. They must be there and at their end (the refusal of the latter is ours)."""
    start = call.params.get("WarmStartConfig", {})
    best: Child | None = None
    for parent in start.get("ParentHyperParameterTuningJobs", ()):
        job = _named(call, parent.get("HyperParameterTuningJobName", ""), call.now)
        status = job.at(call.now).status
        if status not in TERMINAL:
            raise errors.validation(f"The parent tuning job {job.name} is in status {status}.")
        found = job.overall_best(call.now)
        if start["WarmStartType"] == "IdenticalDataAndAlgorithm" and found is not None and found.better_than(best):
            best = found
    return best


def describe(call: Call) -> dict[str, Any]:
    """DescribeHyperParameterTuningJob."""
    job = find(call, call.seen)
    step, ended, view = job.at(call.seen), job.life.ended_at(call.seen), job.view(call.seen)
    answer = {
        **job.request,
        "HyperParameterTuningJobArn": job.arn,
        "HyperParameterTuningJobStatus": step.status,
        "CreationTime": job.created,
        "HyperParameterTuningEndTime": ended,
        "LastModifiedTime": modified(call, job),
        **_counters(view),
        "ConsumedResources": {"RuntimeInSeconds": round((ended or call.seen) - job.created)},
    }
    if view.tally.best is not None:
        answer["BestTrainingJob"] = _child_summary(call, view.tally.best)
    overall = job.overall_best(call.seen)
    if _is_warm_started(job) and overall is not None:
        answer["OverallBestTrainingJob"] = {**_child_summary(call, overall), "TuningJobName": overall.tuning}
    if "TuningJobCompletionCriteria" in job.request["HyperParameterTuningJobConfig"]:
        answer["TuningJobCompletionDetails"] = {"NumberOfTrainingJobsObjectiveNotImproving": view.tally.behind}
    if step.reason:
        answer["FailureReason"] = step.reason
    return answer


def _is_warm_started(job: TuningJob) -> bool:
    start: dict[str, Any] = job.request.get("WarmStartConfig", {})
    return start.get("WarmStartType") == "IdenticalDataAndAlgorithm"


def _counters(view: View) -> dict[str, Any]:
    tally = view.tally
    return {
        "TrainingJobStatusCounters": {
            "Completed": tally.completed,
            "InProgress": view.running,
            "RetryableError": tally.retryable,
            "NonRetryableError": tally.non_retryable,
            "Stopped": tally.stopped,
        },
        "ObjectiveStatusCounters": {
            "Succeeded": tally.completed,
            "Pending": view.running,
            "Failed": tally.failed + tally.stopped,
        },
    }


def _child_summary(call: Call, child: Child) -> dict[str, Any]:
    """A HyperParameterTrainingJobSummary. The objective's Type is given where there are several definitions."""
    job, seen = child.job, call.seen
    step, ended = job.at(seen), job.life.ended_at(seen)
    summary: dict[str, Any] = {
        "TrainingJobDefinitionName": child.definition or None,
        "TrainingJobName": job.name,
        "TrainingJobArn": job.arn,
        "CreationTime": job.created,
        "TrainingStartTime": job.life.running_since(seen),
        "TrainingEndTime": ended,
        "TrainingJobStatus": step.status,
        "TunedHyperParameters": child.tuned,
        "FailureReason": step.reason or None,
        "ObjectiveStatus": "Pending",
    }
    if ended is not None:
        completed = _has_objective(child, seen)
        summary["ObjectiveStatus"] = "Succeeded" if completed else "Failed"
        if completed:
            metric: dict[str, Any] = {"MetricName": child.metric, "Value": child.value}
            if child.definition:
                metric["Type"] = child.direction
            summary["FinalHyperParameterTuningJobObjectiveMetric"] = metric
    return summary


def _has_objective(child: Child, seen: float) -> bool:
    return child.end <= seen and child.job.at(child.end).status == "Completed"


def stop_job(call: Call) -> dict[str, Any]:
    """StopHyperParameterTuningJob: it and its training jobs stop."""
    return stop(call, find(call, call.now), "hyperparameter tuning")


def delete(call: Call) -> dict[str, Any]:
    """DeleteHyperParameterTuningJob: the entry is Deleting for a while; its training jobs stay. The refusal is ours."""
    job = find(call, call.now)
    status = job.at(call.now).status
    if status in ("InProgress", "Stopping"):
        raise errors.in_use(
            f"The hyperparameter tuning job {job.arn} is in status {status}. Only tuning jobs in status Completed, "
            "Failed or Stopped can be deleted.",
        )
    if job.life.gone_at is None:
        job.interrupt(Interrupt("delete", call.now))
        call.region.drop_tags(job.arn, call.now + job.plan.deleting)
    return {}


def list_tuning_jobs(call: Call) -> dict[str, Any]:
    """ListHyperParameterTuningJobs: by name and ascending unless asked otherwise, as AWS documents it."""
    page, token = list_jobs(call, call.region.tuning, "Ascending", "Name")
    return {"HyperParameterTuningJobSummaries": summaries(call, page, _summary), "NextToken": token}


def _summary(call: Call, job: Job) -> dict[str, Any]:
    if not isinstance(job, TuningJob):
        raise TypeError(f"{job.name} is a {job.kind} job")
    config = job.request["HyperParameterTuningJobConfig"]
    return {
        "HyperParameterTuningJobName": job.name,
        "HyperParameterTuningJobArn": job.arn,
        "HyperParameterTuningJobStatus": job.at(call.seen).status,
        "Strategy": config["Strategy"],
        "CreationTime": job.created,
        "HyperParameterTuningEndTime": job.life.ended_at(call.seen),
        "LastModifiedTime": modified(call, job),
        **_counters(job.view(call.seen)),
        "ResourceLimits": config["ResourceLimits"],
    }


def list_training_jobs(call: Call) -> dict[str, Any]:
    """ListTrainingJobsForHyperParameterTuningJob; the page is cut before it is filtered by status."""
    params, seen = call.params, call.seen
    job = find(call, seen)
    by = params.get("SortBy", "Name")
    descending = params.get("SortOrder", "Ascending") == "Descending"
    key = _KEYS[by]
    children = job.by_name
    if by == "FinalObjectiveMetricValue":
        children = [child for child in children if _has_objective(child, seen)]
    if by != "Name":
        children = sorted(children, key=lambda child: key(child, seen))
    start = 0
    token_for = f"{call.operation}/{job.arn}/{by}"
    ordered = children[::-1] if descending else children
    if params.get("NextToken"):
        place = decode_token(token_for, params["NextToken"])
        start = sum(1 for child in ordered if _is_before(key(child, seen), place, descending=descending))
    wanted = params.get("StatusEquals")
    page, last = cut_page(
        islice(ordered, start, None),
        params.get("MaxResults", 10),
        lambda child: child.job.exists(seen),
        lambda child: wanted is None or child.job.at(seen).status == wanted,
    )
    return {
        "TrainingJobSummaries": [_child_summary(call, child) for child in page],
        "NextToken": None if last is None else encode_token(token_for, key(last, seen)),
    }


def _is_before(key: list[Any], place: list[Any], *, descending: bool) -> bool:
    return key >= place if descending else key <= place


_KEYS: dict[str, Callable[[Child, float], list[Any]]] = {
    "Name": lambda child, _seen: [child.job.name],
    "CreationTime": lambda child, _seen: [child.job.number],
    "Status": lambda child, seen: [child.job.at(seen).status, child.job.number],
    "FinalObjectiveMetricValue": lambda child, _seen: [child.value, child.job.number],
}


OPERATIONS = {
    "CreateHyperParameterTuningJob": create,
    "DescribeHyperParameterTuningJob": describe,
    "StopHyperParameterTuningJob": stop_job,
    "DeleteHyperParameterTuningJob": delete,
    "ListHyperParameterTuningJobs": list_tuning_jobs,
    "ListTrainingJobsForHyperParameterTuningJob": list_training_jobs,
}
