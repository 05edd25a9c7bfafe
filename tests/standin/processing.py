"""SageMaker processing jobs: Create, Describe, Stop, Delete and ListProcessingJobs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.standin import errors
from tests.standin.jobs import check_quota, check_role, list_jobs, modified, stop, summaries, tags_of
from tests.standin.lifecycle import TERMINAL, Interrupt, processing_life
from tests.standin.logstream import GeneratedStream
from tests.standin.state import Job, LogGroup, Region

if TYPE_CHECKING:
    from tests.standin.world import Call

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
DEFAULT_MAX_RUNTIME = 86400
_S3_DEFAULTS = {"S3DataDistributionType": "FullyReplicated", "S3CompressionType": "None"}


def processing_arn(call: Call, name: str) -> str:
    """The ARN of a processing job of that name in the caller's account and region."""
    return errors.sagemaker_arn(call.region.name, call.region.account, "processing-job", name)


def find(call: Call, at: float) -> Job:
    """The job that the request names. ValidationException if there is none."""
    name = call.params["ProcessingJobName"]
    job = call.region.processing.get(name, at)
    if job is None:
        raise errors.validation(f"Could not find requested job with name: {processing_arn(call, name)}")
    return job


def create(call: Call) -> dict[str, Any]:
    """CreateProcessingJob."""
    params, table = call.params, call.region.processing
    name = params["ProcessingJobName"]
    arn = processing_arn(call, name)
    if table.get(name, call.now) is not None:
        raise errors.in_use(
            f"Job name must be unique within an AWS account and region, and a job with this name already exists ({arn})"
        )
    check_role(call, params["RoleArn"])
    instance_type, count = _instances(params["ProcessingResources"]["ClusterConfig"])
    _check_names(params)
    tags = tags_of(params)
    check_quota(call, table, "processing", instance_type, count)
    settings = call.world.settings
    request = _filled_in({key: value for key, value in params.items() if key != "Tags"})
    plan = settings.plan("processing", name, call.now, request["StoppingCondition"]["MaxRuntimeInSeconds"])
    job = Job(
        kind="processing",
        name=name,
        arn=arn,
        number=table.next_number(),
        request=request,
        # Processing jobs know no status Deleting: they are gone at once.
        plan=replace(plan, deleting=0.0),
        life_of=processing_life,
        logs=settings.log_plan("processing", name),
        hosts=tuple(f"algo-{number}" for number in range(1, count + 1)),
        instance_type=instance_type,
    )
    table.add(job)
    call.region.set_tags(arn, tags)
    log_group(call.region).add_job(job)
    return {"ProcessingJobArn": arn}


def _instances(cluster: dict[str, Any]) -> tuple[str, int]:
    """Instance type and count, or the first preference. ValidationException (our wording) if neither is there."""
    chosen = {**cluster.get("InstancePreferences", [{}])[0], **cluster}
    if "InstanceType" not in chosen or "InstanceCount" not in chosen:
        raise errors.validation("ClusterConfig must have InstanceType and InstanceCount.")
    return chosen["InstanceType"], chosen["InstanceCount"]


def _check_names(params: dict[str, Any]) -> None:
    """Refuse two inputs or outputs of one name (our wording)."""
    inputs = [one["InputName"] for one in params.get("ProcessingInputs", ())]
    outputs = [one["OutputName"] for one in params.get("ProcessingOutputConfig", {}).get("Outputs", ())]
    if len(set(inputs)) < len(inputs):
        raise errors.validation("Input names in ProcessingInputs must be unique.")
    if len(set(outputs)) < len(outputs):
        raise errors.validation("Output names in ProcessingOutputConfig must be unique.")


def _filled_in(request: dict[str, Any]) -> dict[str, Any]:
    """The request with the values that AWS adds when it describes a job."""
    filled = {"StoppingCondition": {"MaxRuntimeInSeconds": DEFAULT_MAX_RUNTIME}, **request}
    if request.get("ProcessingInputs"):
        filled["ProcessingInputs"] = [_filled_input(one) for one in request["ProcessingInputs"]]
    config = request.get("ProcessingOutputConfig")
    if config is not None:
        outputs = [{"AppManaged": False, **one} for one in config["Outputs"]]
        filled["ProcessingOutputConfig"] = {**config, "Outputs": outputs}
    return filled


def _filled_input(one: dict[str, Any]) -> dict[str, Any]:
    filled = {"AppManaged": False, **one}
    if "S3Input" in one:
        filled["S3Input"] = {**_S3_DEFAULTS, **one["S3Input"]}
    return filled


def describe(call: Call) -> dict[str, Any]:
    """DescribeProcessingJob."""
    job = find(call, call.seen)
    step = job.at(call.seen)
    return {
        **job.request,
        "ProcessingJobArn": job.arn,
        "ProcessingJobStatus": step.status,
        "CreationTime": job.created,
        "LastModifiedTime": modified(call, job),
        "ProcessingStartTime": job.life.running_since(call.seen),
        "ProcessingEndTime": job.life.ended_at(call.seen),
        "FailureReason": step.reason or None,
        "ExitMessage": step.exit_message or None,
    }


def stop_job(call: Call) -> dict[str, Any]:
    """StopProcessingJob."""
    return stop(call, find(call, call.now), "processing")


def delete(call: Call) -> dict[str, Any]:
    """DeleteProcessingJob: only of jobs at their end, whose names are free at once (the refusal's wording is ours)."""
    job = find(call, call.now)
    status = job.at(call.now).status
    if status not in TERMINAL:
        raise errors.in_use(
            f"The processing job {job.arn} is in status {status}. Only processing jobs in status Completed, Failed or "
            "Stopped can be deleted.",
        )
    job.interrupt(Interrupt("delete", call.now))
    call.region.drop_tags(job.arn, call.now)
    return {}


def list_processing_jobs(call: Call) -> dict[str, Any]:
    """ListProcessingJobs."""
    page, token = list_jobs(call, call.region.processing, "Ascending")
    return {"ProcessingJobSummaries": summaries(call, page, _summary), "NextToken": token}


def _summary(call: Call, job: Job) -> dict[str, Any]:
    step = job.at(call.seen)
    return {
        "ProcessingJobName": job.name,
        "ProcessingJobArn": job.arn,
        "CreationTime": job.created,
        "ProcessingEndTime": job.life.ended_at(call.seen),
        "LastModifiedTime": modified(call, job),
        "ProcessingJobStatus": step.status,
        "FailureReason": step.reason or None,
        "ExitMessage": step.exit_message or None,
    }


def log_group(region: Region) -> LogGroup:
    """The log group of processing jobs."""
    return region.groups.setdefault(LOG_GROUP, LogGroup(LOG_GROUP, streams))


def streams(job: Job) -> list[GeneratedStream]:
    """The log streams of a job: `<job>/algo-<n>-<epoch>`, one per host."""
    made: list[GeneratedStream] = []
    for begin, end in job.life.windows("processing"):
        for number, host in enumerate(job.hosts, 1):
            late = round(job.logs.late_seconds * 1000) if number == job.logs.late_host else 0
            name = f"{job.name}/{host}-{int(begin)}"
            made.append(GeneratedStream(name, job.name, host, round(begin * 1000), round(end * 1000), job.logs, late))
    return made


OPERATIONS = {
    "CreateProcessingJob": create,
    "DescribeProcessingJob": describe,
    "StopProcessingJob": stop_job,
    "DeleteProcessingJob": delete,
    "ListProcessingJobs": list_processing_jobs,
}
