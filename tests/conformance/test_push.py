"""Events by SQS make changes visible sooner, and nothing else: whatever becomes of messages, the result is AWS's."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from smkube.kinds import HOSTING_DEPLOYMENT, TRAINING_JOB, Kind
from tests.cluster.progress import Progress
from tests.conformance.operator_scene import Object, Scene, status
from tests.stack.clusters import Local
from tests.stack.stack import OPERATOR, Stack
from tests.stack.waiting import until

REGION, ACCOUNT, QUEUE = "us-east-1", "123456789012", "sagemaker-events"
SOON = 3.0
"""Seconds within which a change is shown with push."""
REST = 6.0
"""Seconds between two polls of a feed at rest, nearly: after one, nothing else would ask before this."""


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A cluster of its own, with an operator that listens to a queue of events."""
    folder = tmp_path_factory.mktemp("push")
    cluster = Local(folder, Progress(sys.stderr), detach=False, audit=False)
    stack = Stack(
        folder,
        cluster,
        standin_flags=["--phase", "starting=0.5", "pending=0.5", "downloading=0.5", "training=2", "uploading=0.5",
                       "creating=1", "updating=2"],
        operator_flags=[f"--events-queue=arn:aws:sqs:{REGION}:{ACCOUNT}:{QUEUE}"],
    )  # fmt: skip
    try:
        cluster.start()
        stack.start_standin()
        stack.control.queue(QUEUE)
        stack.install()
        stack.start_operator()
        yield Scene(stack, cluster.plane, "default", REGION)
    finally:
        stack.stop()


def at_rest_just_polled(scene: Scene, *kinds: Kind) -> None:
    """Wait until each kind's feed has polled after a pause as long as at rest, the last of them a moment ago."""

    def look() -> bool:
        now = scene.control.now()
        for kind in kinds:
            times = [entry["time"] for entry in scene.requests(kind.api.list)][-2:]
            if len(times) < 2 or times[1] - times[0] < REST or now - times[1] > REST - SOON:
                return False
        return True

    until(look, "feeds at rest", seconds=40)


def seconds_until(scene: Scene, kind: Kind, name: str, ready: Callable[[Object], bool]) -> float:
    """How long something takes to be shown from now on."""
    began = time.monotonic()
    scene.until(kind, name, lambda obj: ready(status(obj)), f"{name} to change")
    return time.monotonic() - began


def outcomes(scene: Scene) -> dict[str, int]:
    """The operator's count of messages."""
    found = re.findall(r"^sagemaker_operator_push_messages_total\{(.*)\} (\S+)$", scene.stack.metrics(), re.MULTILINE)
    return {re.findall('outcome="([a-z_]+)"', labels)[0]: int(float(value)) for labels, value in found}


def test_changes_at_rest_are_shown_at_once(pushed: Scene) -> None:
    """A training job's and an endpoint's change are shown in three seconds, while the feeds poll every seven."""
    pushed.long("resting")
    pushed.create(TRAINING_JOB, "resting")
    pushed.create(HOSTING_DEPLOYMENT, "served")
    job = pushed.until_word(TRAINING_JOB, "resting", "InProgress")["sageMakerTrainingJobName"]
    endpoint = pushed.until_word(HOSTING_DEPLOYMENT, "served", "InService")["endpointName"]
    at_rest_just_polled(pushed, TRAINING_JOB, HOSTING_DEPLOYMENT)

    pushed.control.show_job(job, "InProgress", "Uploading")
    of_job = seconds_until(pushed, TRAINING_JOB, "resting", lambda shown: shown["secondaryStatus"] == "Uploading")
    pushed.control.show_endpoint(endpoint, "Updating")
    of_endpoint = seconds_until(
        pushed, HOSTING_DEPLOYMENT, "served", lambda shown: shown["endpointStatus"] == "Updating"
    )

    assert max(of_job, of_endpoint) < SOON
    assert outcomes(pushed)["nudged"] >= 2


def test_lost_doubled_late_and_forged_messages_change_nothing(pushed: Scene) -> None:
    """Each object ends as its job did at AWS, with one Create, whatever became of the messages about it."""
    pushed.control.queue(QUEUE, drop=0.3, double=0.5, delay=[0, 2], shuffle=True)
    forged = (
        '{"source":"aws.sagemaker","detail-type":"SageMaker Training Job State Change","region":"us-east-1",'
        '"detail":{"TrainingJobName":"%s","TrainingJobStatus":"Failed","FailureReason":"forged"}}'
    )
    names = [f"ends-{number}" for number in range(6)]
    for name in names:
        pushed.create(TRAINING_JOB, name)
    jobs = {name: pushed.until_word(TRAINING_JOB, name, "InProgress")["sageMakerTrainingJobName"] for name in names}
    pushed.control.queue(
        QUEUE, put=["", "{", "[" * 100_000, "\u0000", '{"a": 1}', *(forged % job for job in jobs.values())]
    )
    shown = {name: pushed.until_word(TRAINING_JOB, name, "Completed") for name in names}

    for name, job in jobs.items():
        truth = pushed.sagemaker().describe_training_job(TrainingJobName=job)
        assert shown[name]["secondaryStatus"] == truth["SecondaryStatus"]
        assert shown[name]["completionTime"] == truth["TrainingEndTime"].strftime("%Y-%m-%dT%H:%M:%SZ")
        assert not shown[name].get("additional")
        assert len(pushed.requests("CreateTrainingJob", job)) == 1
    until(lambda: pushed.control.queues()[0]["waiting"] == 0, "the queue to be empty")
    assert outcomes(pushed)["malformed"] >= 5
    assert pushed.control.queues()[0]["dropped"] > 0


def test_a_long_poll_does_not_hold_the_end(pushed: Scene) -> None:
    """SIGTERM ends the operator in a few seconds, though its question to SQS would be open for twenty."""
    until(lambda: pushed.control.queues()[0]["listening"] == 1, "a long poll to be open")
    began = time.monotonic()

    pushed.stack.processes.stop(OPERATOR)

    assert time.monotonic() - began < 5
    assert "Stopped." in pushed.stack.processes.tail(OPERATOR, 5)
