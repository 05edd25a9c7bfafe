"""What a message of an events queue says: that something changed of one job, and nothing else. Pure.

Anybody who may send to the queue can write anything into it, so a message is believed in one thing only: which change
feed to ask sooner. What it says of states, times and reasons is never read. Every input has an answer; none raises.

The events are those that SageMaker sends to EventBridge's default bus (Amazon SageMaker AI Developer Guide, "Events
that Amazon SageMaker AI sends to Amazon EventBridge"): `detail` has the job's name under the API's word for it.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Any

import msgspec

from smkube import kinds

SOURCE = "aws.sagemaker"
"""`source` of all events of SageMaker."""
MOST = 1 << 20
"""Characters that a body may have: SQS carries no more bytes (Amazon SQS quotas, message size)."""
KINDS = {
    "SageMaker Training Job State Change": kinds.TRAINING_JOB,
    "SageMaker Processing Job State Change": kinds.PROCESSING_JOB,
    "SageMaker Transform Job State Change": kinds.BATCH_TRANSFORM_JOB,
    "SageMaker HyperParameter Tuning Job State Change": kinds.TUNING_JOB,
    "SageMaker Endpoint State Change": kinds.HOSTING_DEPLOYMENT,
    "SageMaker Endpoint Deployment State Change": kinds.HOSTING_DEPLOYMENT,
}
"""`detail-type` of the events that tell of what a change feed follows."""

_URL = re.compile(r"https?://([^/?#\s]+)/(\d{12})/([A-Za-z0-9_-]{1,80}(?:\.fifo)?)/?")
_ARN = re.compile(r"arn:([a-z0-9-]+):sqs:([a-z0-9-]+):(\d{12}):([A-Za-z0-9_-]{1,80}(?:\.fifo)?)")
_HOSTS = (
    re.compile(r"sqs(?:-fips)?\.([a-z0-9-]+)\.[a-z0-9.-]+"),
    # An interface endpoint of a VPC.
    re.compile(r"vpce-[a-z0-9-]+\.sqs\.([a-z0-9-]+)\.vpce\.[a-z0-9.-]+"),
    # The names from before 2010, which old tools still print.
    re.compile(r"([a-z0-9-]+)\.queue\.amazonaws\.com(?:\.cn)?"),
)
_DOMAINS = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}
"""Domains of SQS by partition; a queue elsewhere is named by its URL."""


class Ignored(enum.Enum):
    """Why a message is of no use."""

    MALFORMED = "malformed"
    """Not an event of EventBridge's, or one without what it must have."""
    OTHER = "other"
    """An event about something that no change feed follows."""
    TOO_LARGE = "too_large"
    """Longer than SQS's messages are."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something changed of a job or an endpoint.

    Attributes:
        kind: the kind that stands for it.
        region: AWS region.
        job: its name at SageMaker.
    """

    kind: kinds.Kind
    region: str
    job: str


@dataclass(frozen=True, slots=True)
class Queue:
    """An SQS queue.

    Attributes:
        region: where it is; its events may be of other regions.
        account: whose it is.
        name: its name.
        url: what SQS's operations take.
    """

    region: str
    account: str
    name: str
    url: str


class _Event(msgspec.Struct, rename={"kind": "detail-type"}):
    """The part of an event that is read; everything else is passed over without being made into objects."""

    source: str
    kind: str
    region: str
    detail: msgspec.Raw


_EVENTS = msgspec.json.Decoder(_Event)
_NAMES = dict.fromkeys(kind.api.name for kind in KINDS.values())
_DETAILS = msgspec.json.Decoder(msgspec.defstruct("_Detail", [(name, Any, None) for name in _NAMES]))


def parse(body: object) -> Change | Ignored:
    """What a message's body says."""
    if not isinstance(body, str):
        return Ignored.MALFORMED
    if len(body) > MOST:
        return Ignored.TOO_LARGE
    try:
        event = _EVENTS.decode(body)
        kind = KINDS.get(event.kind) if event.source == SOURCE else None
        if kind is None:
            return Ignored.OTHER
        job = getattr(_DETAILS.decode(event.detail), kind.api.name)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        # Also a text that is no Unicode, and one that is nested too deeply to be read.
        return Ignored.MALFORMED
    if not isinstance(job, str) or not job or not event.region:
        return Ignored.MALFORMED
    return Change(kind, event.region, job)


def queue(text: str) -> Queue:
    """A queue by its URL or ARN.

    Raises:
        ValueError: it is neither, or does not tell the region; the text says so.
    """
    named = _ARN.fullmatch(text)
    if named:
        partition, region, account, name = named.groups()
        if partition not in _DOMAINS:
            raise ValueError(f"{text!r} is in partition {partition}; give the queue's URL instead of its ARN")
        return Queue(region, account, name, f"https://sqs.{region}.{_DOMAINS[partition]}/{account}/{name}")
    found = _URL.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is neither the URL nor the ARN of an SQS queue")
    host = found[1].partition(":")[0]
    region = next((match[1] for pattern in _HOSTS if (match := pattern.fullmatch(host))), "")
    if host == "queue.amazonaws.com":
        region = "us-east-1"
    if not region:
        raise ValueError(f"{text!r} does not tell the queue's region; give its ARN")
    return Queue(region, found[2], found[3], text.removesuffix("/"))
