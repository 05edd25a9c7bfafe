"""SageMaker training jobs: Create, Describe, Stop, Delete and ListTrainingJobs."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tests.standin import errors
from tests.standin.jobs import check_quota, check_role, list_jobs, modified, stop, summaries, tags_of
from tests.standin.lifecycle import DELETING, TERMINAL, Interrupt, training_life, transitions
from tests.standin.logstream import GeneratedStream
from tests.standin.state import Job, LogGroup, Region

if TYPE_CHECKING:
    from tests.standin.world import Call

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
DEFAULT_MAX_RUNTIME = 86400
RULE_SECONDS = 1.0
"""Seconds from the end of a job until its Debugger and Profiler rules have looked at its last tensors."""
_RULES = {
    "DebugRuleConfigurations": "DebugRuleEvaluationStatuses",
    "ProfilerRuleConfigurations": "ProfilerRuleEvaluationStatuses",
}


def not_found() -> errors.AwsError:
    """The answer for a training job that is not there."""
    return errors.validation("Requested resource not found.")


def find(call: Call, at: float) -> Job:
    """The job that the request names. ValidationException if there is none."""
    job = call.region.training.get(call.params["TrainingJobName"], at)
    if job is None:
        raise not_found()
    return job


def create(call: Call) -> dict[str, Any]:
    """CreateTrainingJob."""
    params, table = call.params, call.region.training
    name = params["TrainingJobName"]
    arn = errors.sagemaker_arn(call.region.name, call.region.account, "training-job", name)
    if table.get(name, call.now) is not None:
        raise errors.in_use(
            "Training job names must be unique within an AWS account and region, and a training job with this name "
            f"already exists ({arn})",
        )
    _check(call)
    tags = tags_of(params)
    instance_type, count = _instances(params.get("ResourceConfig", {}))
    check_quota(call, table, "training", instance_type, count)
    settings = call.world.settings
    limit = params.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME)
    job = Job(
        kind="training",
        name=name,
        arn=arn,
        number=table.next_number(),
        request=_filled_in({key: value for key, value in params.items() if key != "Tags"}),
        plan=settings.plan("training", name, call.now, limit),
        life_of=training_life,
        logs=settings.log_plan("training", name),
        hosts=tuple(f"algo-{number}" for number in range(1, count + 1)),
        instance_type=instance_type,
    )
    table.add(job)
    call.region.tags[arn] = tags
    log_group(call.region).add_job(job)
    return {"TrainingJobArn": arn}


def _check(call: Call) -> None:
    """What SageMaker refuses beyond the model. Wording as far as known; of the required structures it is ours."""
    params = call.params
    check_role(call, params["RoleArn"])
    _check_resources(params)
    algorithm = params.get("AlgorithmSpecification", {})
    if "AlgorithmSpecification" in params and ("TrainingImage" in algorithm) == ("AlgorithmName" in algorithm):
        raise errors.validation("Exactly one of TrainingImage and AlgorithmName must be specified.")
    condition = params.get("StoppingCondition", {})
    if params.get("EnableManagedSpotTraining"):
        longest = condition.get("MaxWaitTimeInSeconds", 0)
        if longest < condition.get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME):
            raise errors.validation(
                "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds",
            )
    elif "MaxWaitTimeInSeconds" in condition:
        raise errors.validation("MaxWaitTimeInSeconds can only be set when EnableManagedSpotTraining is true.")
    channels = [channel["ChannelName"] for channel in params.get("InputDataConfig", ())]
    if len(set(channels)) < len(channels):
        raise errors.validation("Channel names in InputDataConfig must be unique.")


def _check_resources(params: dict[str, Any]) -> None:
    if "ServerlessJobConfig" in params:
        return
    for name in ("AlgorithmSpecification", "ResourceConfig"):
        if name not in params:
            raise errors.validation(f"{name} is required.")
    resources = params["ResourceConfig"]
    if "InstanceGroups" not in resources and ("InstanceType" not in resources or not resources.get("InstanceCount")):
        raise errors.validation("ResourceConfig must have InstanceType and an InstanceCount of at least 1.")


def _instances(resources: dict[str, Any]) -> tuple[str, int]:
    """Instance type and count; of several instance groups the first type and the sum."""
    groups = resources.get("InstanceGroups")
    if groups:
        return groups[0]["InstanceType"], sum(group["InstanceCount"] for group in groups)
    return resources.get("InstanceType", "ml.m5.large"), resources.get("InstanceCount", 1)


def _filled_in(request: dict[str, Any]) -> dict[str, Any]:
    """The request with the values that AWS adds when it describes a job."""
    algorithm = {"EnableSageMakerMetricsTimeSeries": False, **request.get("AlgorithmSpecification", {})}
    channels = [
        {"CompressionType": "None", "RecordWrapperType": "None", **c} for c in request.get("InputDataConfig", ())
    ]
    filled = {
        "EnableNetworkIsolation": False,
        "EnableInterContainerTrafficEncryption": False,
        "EnableManagedSpotTraining": False,
        "ProfilingStatus": "Disabled",
        **request,
        "OutputDataConfig": {"KmsKeyId": "", "CompressionType": "GZIP", **request["OutputDataConfig"]},
        "StoppingCondition": {"MaxRuntimeInSeconds": DEFAULT_MAX_RUNTIME, **request.get("StoppingCondition", {})},
    }
    if "AlgorithmSpecification" in request:
        filled["AlgorithmSpecification"] = algorithm
    if channels:
        filled["InputDataConfig"] = channels
    return filled


def describe(call: Call) -> dict[str, Any]:
    """DescribeTrainingJob."""
    job = find(call, call.seen)
    step, life = job.at(call.seen), job.life
    answer = {
        **job.request,
        "TrainingJobArn": job.arn,
        "TrainingJobStatus": step.status,
        "SecondaryStatus": step.secondary,
        "CreationTime": job.created,
        "LastModifiedTime": modified(call, job),
        "SecondaryStatusTransitions": transitions(life, call.seen),
        "TrainingStartTime": life.running_since(call.seen),
        **_times(job, call.seen),
        **_rules(job, call.seen),
    }
    if step.reason:
        answer["FailureReason"] = step.reason
    if step.status in ("Completed", "Stopped") and life.running_since(call.seen) is not None:
        answer["ModelArtifacts"] = {"S3ModelArtifacts": _artifacts(job)}
    return answer


def _times(job: Job, seen: float) -> dict[str, Any]:
    """End, training time and billable seconds (at least 1; instances are not multiplied, as in the real API)."""
    began, ended = job.life.running_since(seen), job.life.ended_at(seen)
    if ended is None:
        return {}
    times: dict[str, Any] = {"TrainingEndTime": ended}
    if began is not None:
        seconds = max(1, round(ended - began))
        times.update(TrainingTimeInSeconds=seconds, BillableTimeInSeconds=seconds)
    return times


def _rules(job: Job, seen: float) -> dict[str, Any]:
    """What has become of the rules that watch the job: each runs as a processing job a little longer than the job."""
    ended = job.life.ended_at(seen)
    over = ended is not None and ended + RULE_SECONDS <= seen
    done = "Stopped" if job.at(seen).status == "Stopped" else "NoIssuesFound"
    return {
        shown: [
            {
                "RuleConfigurationName": rule["RuleConfigurationName"],
                "RuleEvaluationJobArn": _rule_arn(job, rule["RuleConfigurationName"]),
                "RuleEvaluationStatus": done if over else "InProgress",
                "LastModifiedTime": ended + RULE_SECONDS if over and ended is not None else job.created,
            }
            for rule in job.request[given]
        ]
        for given, shown in _RULES.items()
        if job.request.get(given)
    }


def _rule_arn(job: Job, rule: str) -> str:
    """The ARN of a rule's processing job: the beginnings of both names and eight digits, as SageMaker has them."""
    digits = uuid.uuid5(uuid.NAMESPACE_URL, f"{job.arn}/{rule}").hex[:8]
    base, _, _ = job.arn.rpartition(":training-job/")
    return f"{base}:processing-job/{job.name[:26]}-{rule[:26]}-{digits}".lower()


def _artifacts(job: Job) -> str:
    return f"{job.request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{job.name}/output/model.tar.gz"


def stop_job(call: Call) -> dict[str, Any]:
    """StopTrainingJob."""
    return stop(call, find(call, call.now), "training")


def delete(call: Call) -> dict[str, Any]:
    """DeleteTrainingJob: the job is Deleting for a while, then its name is free."""
    job = find(call, call.now)
    status = job.at(call.now).status
    if status == DELETING:
        return {}
    if status not in TERMINAL:
        raise errors.in_use(
            f"The training job {job.arn} is in status {status}. Only training jobs in status Completed, Failed or "
            "Stopped can be deleted.",
        )
    job.interrupt(Interrupt("delete", call.now))
    return {}


def list_training_jobs(call: Call) -> dict[str, Any]:
    """ListTrainingJobs."""
    page, token = list_jobs(call, call.region.training, "Ascending")
    return {"TrainingJobSummaries": summaries(call, page, _summary), "NextToken": token}


def _summary(call: Call, job: Job) -> dict[str, Any]:
    step = job.at(call.seen)
    return {
        "TrainingJobName": job.name,
        "TrainingJobArn": job.arn,
        "CreationTime": job.created,
        "TrainingEndTime": job.life.ended_at(call.seen),
        "LastModifiedTime": modified(call, job),
        "TrainingJobStatus": step.status,
        "SecondaryStatus": step.secondary,
    }


def log_group(region: Region) -> LogGroup:
    """The log group of training jobs."""
    return region.groups.setdefault(LOG_GROUP, LogGroup(LOG_GROUP, streams))


def streams(job: Job) -> list[GeneratedStream]:
    """The log streams of a job: `<job>/algo-<n>-<epoch>`, one per host and try."""
    made: list[GeneratedStream] = []
    for begin, end in job.life.windows("training"):
        for number, host in enumerate(job.hosts, 1):
            late = round(job.logs.late_seconds * 1000) if number == job.logs.late_host else 0
            name = f"{job.name}/{host}-{int(begin)}"
            made.append(GeneratedStream(name, job.name, host, round(begin * 1000), round(end * 1000), job.logs, late))
    return made


OPERATIONS = {
    "CreateTrainingJob": create,
    "DescribeTrainingJob": describe,
    "StopTrainingJob": stop_job,
    "DeleteTrainingJob": delete,
    "ListTrainingJobs": list_training_jobs,
}
