"""What to tell somebody who looks at an empty screen while a job has not written anything. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_smlogs.resources import ENDPOINT, TUNING

if TYPE_CHECKING:
    from kubectl_smlogs.target import Target

_BY_SECONDARY = {
    "Starting": "SageMaker is starting its instances, which often takes some minutes",
    "LaunchingMLInstances": "SageMaker is starting its instances, which often takes some minutes",
    "PreparingTrainingStack": "SageMaker is preparing its instances",
    "Pending": "SageMaker has not begun to start instances; a warm pool or capacity is waited for",
    "Downloading": "its input data is downloaded; the container begins after that",
    "DownloadingTrainingImage": "its image is downloaded; the container begins after that",
    "Training": "its container runs and has not written anything yet",
    "Uploading": "its results are uploaded; last lines may still come",
    "Interrupted": "its instances were taken away; it will be started again",
    "Restarting": "it is started again",
}
"""Secondary statuses of training jobs (API reference: DescribeTrainingJob) in words."""

LAST_LINES = "The job is over; waiting for its last lines."


def waiting_for_job(target: Target) -> str:
    """What an object waits for that has no SageMaker job yet."""
    return f"Waiting for {target.title} to get a SageMaker job: {target.state()}."


def waiting_for_lines(target: Target) -> str:
    """What is known of a job that has not written anything."""
    said = _BY_SECONDARY.get(target.secondary, "")
    if said:
        return f"Waiting for lines of {target.name}: {said}."
    if target.resource.sort == TUNING:
        return f"Waiting for lines of {target.name}: its first training jobs are starting."
    if target.resource.sort == ENDPOINT:
        return f"Waiting for lines of {target.name}, {target.state()}: its containers write when they are asked."
    return f"Waiting for lines of {target.name}, {target.state()}."
