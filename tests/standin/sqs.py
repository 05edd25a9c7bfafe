"""SQS as far as somebody who listens needs it: ReceiveMessage, DeleteMessage, DeleteMessageBatch, GetQueueUrl.

Queues are made by the control endpoint, and get the events of their region. A long poll gives the world back while it
waits, and ends with the stand-in.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.standin.errors import AwsError, partition
from tests.standin.queues import Message, Queue, digest

if TYPE_CHECKING:
    from tests.standin.world import Call

TICK = 0.05
"""Seconds after which a long poll looks again, as nobody tells it that time has passed."""
MISSING = AwsError("QueueDoesNotExist", "The specified queue does not exist.")
QUERY_CODES = {
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    "AccessDeniedException": "AccessDenied",
    "EmptyBatchRequest": "AWS.SimpleQueueService.EmptyBatchRequest",
    "TooManyEntriesInBatchRequest": "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    "BatchEntryIdsNotDistinct": "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
}
"""The codes of SQS's former protocol, which it still tells in a header, and which botocore shows."""


def _queue(call: Call) -> Queue:
    """The queue of the request's URL. AwsError if there is none, or it is somebody else's."""
    account, _, name = call.params["QueueUrl"].rstrip("/").rpartition("/")
    found = call.region.bus.queues.get(name)
    if found is None or account.rpartition("/")[2] != call.region.account:
        raise MISSING
    return found


def receive(call: Call) -> dict[str, Any]:
    """ReceiveMessage."""
    queue = _queue(call)
    queue.listening += 1
    try:
        return _received(call, queue)
    finally:
        queue.listening -= 1


def _received(call: Call, queue: Queue) -> dict[str, Any]:
    params = call.params
    until = time.monotonic() + params.get("WaitTimeSeconds", 0)
    while True:
        now = call.world.clock.now()
        call.region.agenda.advance(now)
        call.region.bus.advance(call.region, now)
        found = queue.receive(now, params.get("MaxNumberOfMessages", 1), params.get("VisibilityTimeout"))
        left = until - time.monotonic()
        if found or left <= 0 or call.world.ended.is_set():
            return {"Messages": [_shown(message) for message in found]} if found else {}
        call.world.changed.wait(min(left, TICK))


def _shown(message: Message) -> dict[str, Any]:
    return {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": digest(message.body),
        "Body": message.body,
    }


def delete(call: Call) -> dict[str, Any]:
    """DeleteMessage."""
    if not _queue(call).delete(call.params["ReceiptHandle"]):
        raise AwsError("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
    return {}


def delete_batch(call: Call) -> dict[str, Any]:
    """DeleteMessageBatch."""
    queue, entries = _queue(call), call.params["Entries"]
    if not entries:
        raise AwsError("EmptyBatchRequest", "There should be at least one entry in the request.")
    if len(entries) > 10:
        raise AwsError("TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10.")
    if len({entry["Id"] for entry in entries}) < len(entries):
        raise AwsError("BatchEntryIdsNotDistinct", "Id is repeated.")
    done, failed = [], []
    for entry in entries:
        if queue.delete(entry["ReceiptHandle"]):
            done.append({"Id": entry["Id"]})
        else:
            text = "The input receipt handle is invalid."
            failed.append({"Id": entry["Id"], "SenderFault": True, "Code": "ReceiptHandleIsInvalid", "Message": text})
    return {"Successful": done, "Failed": failed}


def url(call: Call) -> dict[str, Any]:
    """GetQueueUrl."""
    name = call.params["QueueName"]
    if name not in call.region.bus.queues:
        raise MISSING
    domain = "amazonaws.com.cn" if partition(call.region.name) == "aws-cn" else "amazonaws.com"
    return {"QueueUrl": f"https://sqs.{call.region.name}.{domain}/{call.region.account}/{name}"}


OPERATIONS = {
    "ReceiveMessage": receive,
    "DeleteMessage": delete,
    "DeleteMessageBatch": delete_batch,
    "GetQueueUrl": url,
}
