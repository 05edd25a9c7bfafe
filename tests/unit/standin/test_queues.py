"""SQS's queues and the events in them, seen by real botocore clients, in a time that stands still until it is moved."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from tests.install.lives import policy
from tests.stack.waiting import until
from tests.standin.app import StandIn
from tests.standin.clients import ACCESS_KEY, client, refused, training_request, transform_request

URL = "https://sqs.us-east-1.amazonaws.com/123456789012/sagemaker-events"
CREATED = {"Starting", "Pending", "Downloading", "Training", "Uploading", "Completed"}


@pytest.fixture
def sqs(virtual_standin: StandIn) -> Any:
    """A client of SQS; the queue is there."""
    virtual_standin.queue("sagemaker-events")
    return client(virtual_standin.url, "sqs")


def received(sqs: Any) -> list[Any]:
    """All events that can be received now, in their order; they are hidden then for as long as SQS can."""
    found: list[Any] = []
    wanted = {"QueueUrl": URL, "MaxNumberOfMessages": 10, "VisibilityTimeout": 43200}
    while messages := sqs.receive_message(**wanted).get("Messages"):
        found += [json.loads(message["Body"]) for message in messages]
    return found


def test_a_jobs_life_is_told_in_events(virtual_standin: StandIn, virtual_sagemaker: Any, sqs: Any) -> None:
    """Each change of a job is an event of its moment, in EventBridge's form; what was before the queue is not told."""
    assert received(sqs) == []
    virtual_sagemaker.create_training_job(**training_request("One-Job"))
    virtual_standin.advance(60)
    events = received(sqs)

    assert {event["detail"]["SecondaryStatus"] for event in events} == CREATED
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)
    assert {event["detail-type"] for event in events} == {"SageMaker Training Job State Change"}
    last = events[-1]
    assert (last["source"], last["account"], last["region"]) == ("aws.sagemaker", "123456789012", "us-east-1")
    assert last["resources"] == ["arn:aws:sagemaker:us-east-1:123456789012:training-job/one-job"]
    assert last["detail"]["TrainingJobName"] == "One-Job"
    assert last["detail"]["TrainingJobStatus"] == "Completed"


def test_what_is_done_to_a_job_is_told_at_once(virtual_standin: StandIn, virtual_sagemaker: Any, sqs: Any) -> None:
    """A job that ends otherwise than planned is told of as it ended, once; also one from before the queue."""
    virtual_sagemaker.create_transform_job(**transform_request("t", "model"))
    virtual_standin.advance(1)
    received(sqs)
    virtual_standin.end_job("t", "Failed", reason="no")
    virtual_standin.advance(60)

    (event,) = received(sqs)

    assert event["detail-type"] == "SageMaker Transform Job State Change"
    assert (event["detail"]["TransformJobStatus"], event["detail"]["FailureReason"]) == ("Failed", "no")


def test_a_message_comes_again_until_it_is_deleted(virtual_standin: StandIn, sqs: Any) -> None:
    """A received message is hidden for its visibility timeout; a receipt deletes it for good, once or twice."""
    virtual_standin.queue("sagemaker-events", put=["a"])
    (first,) = sqs.receive_message(QueueUrl=URL)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=URL)
    virtual_standin.advance(31)
    (second,) = sqs.receive_message(QueueUrl=URL)["Messages"]
    assert first["MessageId"] == second["MessageId"]

    entries = [{"Id": "0", "ReceiptHandle": second["ReceiptHandle"]}, {"Id": "1", "ReceiptHandle": "none"}]
    for _ in range(2):
        answer = sqs.delete_message_batch(QueueUrl=URL, Entries=entries)
        assert [one["Id"] for one in answer["Successful"]] == ["0"]
        assert [one["Code"] for one in answer["Failed"]] == ["ReceiptHandleIsInvalid"]
    virtual_standin.advance(31)
    assert "Messages" not in sqs.receive_message(QueueUrl=URL)
    (report,) = virtual_standin.queues()
    assert (report["deleted"], report["waiting"], report["in_flight"]) == (1, 0, 0)


def test_messages_can_be_lost_doubled_and_late(virtual_standin: StandIn, virtual_sagemaker: Any, sqs: Any) -> None:
    """What goes wrong between a change and its message is set for each queue."""
    virtual_standin.queue("sagemaker-events", drop=1.0)
    virtual_sagemaker.create_training_job(**training_request("lost"))
    assert received(sqs) == []
    virtual_standin.queue("sagemaker-events", drop=0.0, double=1.0, delay=5)
    virtual_sagemaker.create_training_job(**training_request("twice"))
    assert received(sqs) == []
    virtual_standin.advance(5)

    found = [event["detail"]["TrainingJobName"] for event in received(sqs)]

    assert found.count("twice") == 2
    assert virtual_standin.queues()[0]["dropped"] == 1


def test_a_long_poll_ends_with_a_message(virtual_standin: StandIn, sqs: Any) -> None:
    """A request that waits holds up nobody, and is answered when a message comes."""
    found: list[Any] = []
    waiting = threading.Thread(
        target=lambda: found.extend(sqs.receive_message(QueueUrl=URL, WaitTimeSeconds=20)["Messages"])
    )
    waiting.start()
    until(lambda: virtual_standin.queues()[0]["listening"] == 1, "a long poll")
    virtual_standin.queue("sagemaker-events", put=["late"])
    waiting.join(5)

    assert [message["Body"] for message in found] == ["late"]


def test_a_queue_that_is_not_there(virtual_standin: StandIn, sqs: Any) -> None:
    """A missing queue is told in SQS's words, also one of another account or region."""
    missing = ("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
    elsewhere = client(virtual_standin.url, "sqs", region="eu-west-1")

    assert refused(sqs.receive_message, QueueUrl=f"{URL}-2") == missing
    assert refused(sqs.receive_message, QueueUrl=URL.replace("123456789012", "000000000000")) == missing
    assert refused(elsewhere.receive_message, QueueUrl=URL) == missing
    assert sqs.get_queue_url(QueueName="sagemaker-events")["QueueUrl"] == URL


def test_the_shipped_policy_is_what_listening_takes(virtual_standin: StandIn, sqs: Any) -> None:
    """The operator's policy for push lets it receive and delete in that queue, and nothing else."""
    virtual_standin.queue("sagemaker-events", put=["a"])
    virtual_standin.queue("others")
    virtual_standin.set_faults(policies={ACCESS_KEY: policy("operator-push")})

    (message,) = sqs.receive_message(QueueUrl=URL)["Messages"]
    entry = {"Id": "0", "ReceiptHandle": message["ReceiptHandle"]}
    assert sqs.delete_message_batch(QueueUrl=URL, Entries=[entry])["Successful"] == [{"Id": "0"}]
    assert refused(sqs.get_queue_url, QueueName="sagemaker-events")[0] == "AccessDenied"
    assert refused(sqs.receive_message, QueueUrl=URL.replace("sagemaker-events", "others"))[0] == "AccessDenied"
    actions = {action for statement in policy("operator-push")["Statement"] for action in statement["Action"]}
    assert actions == {"sqs:ReceiveMessage", "sqs:DeleteMessage"}
