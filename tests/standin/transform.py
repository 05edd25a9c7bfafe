"""SageMaker batch transform jobs: Create, Describe, Stop and ListTransformJobs."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from tests.standin import errors
from tests.standin.jobs import check_quota, list_jobs, modified, stop, summaries, tags_of
from tests.standin.lifecycle import transform_life
from tests.standin.logstream import GeneratedStream
from tests.standin.models import model_arn, not_found
from tests.standin.state import Job, LogGroup, Region

if TYPE_CHECKING:
    from tests.standin.settings import LogPlan
    from tests.standin.world import Call

LOG_GROUP = "/aws/sagemaker/TransformJobs"
NO_LIMIT = float("inf")


def transform_arn(call: Call, name: str) -> str:
    """The ARN of a transform job of that name in the caller's account and region."""
    return errors.sagemaker_arn(call.region.name, call.region.account, "transform-job", name)


def find(call: Call, at: float) -> Job:
    """The job that the request names. ValidationException if there is none."""
    name = call.params["TransformJobName"]
    job = call.region.transform.get(name, at)
    if job is None:
        raise errors.validation(f"Could not find requested job with name: {transform_arn(call, name)}")
    return job


def create(call: Call) -> dict[str, Any]:
    """CreateTransformJob."""
    params, table = call.params, call.region.transform
    name = params["TransformJobName"]
    arn = transform_arn(call, name)
    if table.get(name, call.now) is not None:
        raise errors.in_use(
            f"Job name must be unique within an AWS account and region, and a job with this name already exists ({arn})"
        )
    if call.region.models.get(params["ModelName"], call.now) is None:
        raise not_found(model_arn(call, params["ModelName"]))
    tags = tags_of(params)
    resources = params["TransformResources"]
    check_quota(call, table, "transform", resources["InstanceType"], resources["InstanceCount"])
    settings = call.world.settings
    job = Job(
        kind="transform",
        name=name,
        arn=arn,
        number=table.next_number(),
        request=_filled_in({key: value for key, value in params.items() if key != "Tags"}),
        plan=settings.plan("transform", name, call.now, NO_LIMIT),
        life_of=transform_life,
        logs=settings.log_plan("transform", name),
        hosts=tuple(_instance_id(arn, number) for number in range(resources["InstanceCount"])),
        instance_type=resources["InstanceType"],
    )
    table.add(job)
    call.region.tags[arn] = tags
    log_group(call.region).add_job(job)
    return {"TransformJobArn": arn}


def _instance_id(arn: str, number: int) -> str:
    return "i-" + hashlib.sha256(f"{arn}/{number}".encode()).hexdigest()[:17]


def _filled_in(request: dict[str, Any]) -> dict[str, Any]:
    """The request with the values that AWS adds when it describes a job."""
    return {
        **request,
        "TransformInput": {"CompressionType": "None", "SplitType": "None", **request["TransformInput"]},
        "TransformOutput": {"AssembleWith": "None", "KmsKeyId": "", **request["TransformOutput"]},
        "DataProcessing": {
            "InputFilter": "$",
            "OutputFilter": "$",
            "JoinSource": "None",
            **request.get("DataProcessing", {}),
        },
    }


def describe(call: Call) -> dict[str, Any]:
    """DescribeTransformJob."""
    job = find(call, call.seen)
    step = job.at(call.seen)
    answer = {
        **job.request,
        "TransformJobArn": job.arn,
        "TransformJobStatus": step.status,
        "CreationTime": job.created,
        "TransformStartTime": job.life.running_since(call.seen),
        "TransformEndTime": job.life.ended_at(call.seen),
    }
    if step.reason:
        answer["FailureReason"] = step.reason
    return answer


def stop_job(call: Call) -> dict[str, Any]:
    """StopTransformJob."""
    return stop(call, find(call, call.now), "transform")


def list_transform_jobs(call: Call) -> dict[str, Any]:
    """ListTransformJobs."""
    page, token = list_jobs(call, call.region.transform, "Descending")
    return {"TransformJobSummaries": summaries(call, page, _summary), "NextToken": token}


def _summary(call: Call, job: Job) -> dict[str, Any]:
    step = job.at(call.seen)
    return {
        "TransformJobName": job.name,
        "TransformJobArn": job.arn,
        "CreationTime": job.created,
        "TransformEndTime": job.life.ended_at(call.seen),
        "LastModifiedTime": modified(call, job),
        "TransformJobStatus": step.status,
        "FailureReason": step.reason or None,
    }


def log_group(region: Region) -> LogGroup:
    """The log group of transform jobs."""
    return region.groups.setdefault(LOG_GROUP, LogGroup(LOG_GROUP, streams))


def streams(job: Job) -> list[GeneratedStream]:
    """The log streams: `<job>/<instance>-<epoch ms>` of each container and `<job>/<instance>-<epoch>/data-log`."""
    made: list[GeneratedStream] = []
    for begin, end in job.life.windows("transforming"):
        first, last = round(begin * 1000), round(end * 1000)
        for number, host in enumerate(job.hosts, 1):
            late = round(job.logs.late_seconds * 1000) if number == job.logs.late_host else 0
            made.append(GeneratedStream(f"{job.name}/{host}-{first}", job.name, host, first, last, job.logs, late))
            made.append(
                GeneratedStream(
                    f"{job.name}/{host}-{int(begin)}/data-log",
                    job.name,
                    host,
                    first,
                    last,
                    _data_log(job),
                    late,
                ),
            )
    return made


def _data_log(job: Job) -> LogPlan:
    """The data log gets a tenth of the lines."""
    request = job.request
    text = (
        f"[sagemaker logs]: MaxConcurrentTransforms={request.get('MaxConcurrentTransforms', 1)}, "
        f"MaxPayloadInMB={request.get('MaxPayloadInMB', 6)}, "
        f"BatchStrategy={'SINGLE_RECORD' if request.get('BatchStrategy') == 'SingleRecord' else 'MULTI_RECORD'}"
    )
    return job.logs.changed({"rate": job.logs.rate / 10, "message": text})


OPERATIONS = {
    "CreateTransformJob": create,
    "DescribeTransformJob": describe,
    "StopTransformJob": stop_job,
    "ListTransformJobs": list_transform_jobs,
}
