"""The events that SageMaker sends to EventBridge when a job or an endpoint changes, in their real form.

Names and members are those of the SageMaker Developer Guide ("Events that Amazon SageMaker AI sends to Amazon
EventBridge"); times in `detail` are milliseconds, and endpoints have status words of their own there, such as
IN_SERVICE. That each secondary status makes an event of its own is what users report; the guide does not say.
"""

from __future__ import annotations

import heapq
import json
import re
import uuid
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.standin.endpoint_life import Endpoint

if TYPE_CHECKING:
    from tests.standin.queues import Queue
    from tests.standin.state import Job, Region

_WORDS = {
    "training": ("SageMaker Training Job State Change", "TrainingJob"),
    "transform": ("SageMaker Transform Job State Change", "TransformJob"),
    "processing": ("SageMaker Processing Job State Change", "ProcessingJob"),
    "tuning": ("SageMaker HyperParameter Tuning Job State Change", "HyperParameterTuningJob"),
}
"""`detail-type`, and the word that the members of `detail` begin with, by kind of job."""


@dataclass(slots=True)
class Bus:
    """The default event bus of an account in a region, with a rule that sends every event to all its queues.

    Costs nothing while it has no queue. What is due is sent when somebody asks for messages, as of its own moment.
    """

    queues: dict[str, Queue] = field(default_factory=dict)
    _due: list[tuple[float, int, Job | Endpoint]] = field(default_factory=list)
    _sent: dict[str, float] = field(default_factory=dict)
    """By ARN, the moment of the last change that was told."""
    _count: int = 0

    def add(self, region: Region, queue: Queue, now: float) -> None:
        """Have a queue get the events of a region from now on."""
        if not self.queues:
            for table in (region.training, region.transform, region.processing, region.tuning):
                table.on_add = self._added
                for job in table.ordered:
                    self._follow(job, now)
            region.endpoints.on_add = self._added
            for endpoint in region.endpoints.ordered:
                self._follow(endpoint, now)
        self.queues[queue.name] = queue

    def advance(self, region: Region, now: float) -> None:
        """Send what is due up to a moment."""
        while self._due and self._due[0][0] <= now:
            at, _, item = heapq.heappop(self._due)
            turns = _turns(item)
            place = bisect_left(turns, at)
            if place == len(turns) or turns[place] != at or self._sent.get(item.arn, -1.0) >= at:
                # It went another way meanwhile, or was told of already.
                continue
            self._sent[item.arn] = at
            body = event(region, item, at)
            for queue in self.queues.values():
                queue.send(body, at)
            self._note(item, bisect_right(turns, at))

    def _added(self, item: Job | Endpoint) -> None:
        self._follow(item, item.created)

    def _follow(self, item: Job | Endpoint, since: float) -> None:
        item.on_turn = self._turned
        self._turned(item, since)

    def _turned(self, item: Job | Endpoint, at: float) -> None:
        self._note(item, bisect_left(_turns(item), at))

    def _note(self, item: Job | Endpoint, place: int) -> None:
        turns = _turns(item)
        if place < len(turns):
            self._count += 1
            heapq.heappush(self._due, (turns[place], self._count, item))


def _turns(item: Job | Endpoint) -> Sequence[float]:
    """The moments at which it shows something new."""
    return [stage.start for stage in item.stages] if isinstance(item, Endpoint) else item.life.starts


def event(region: Region, item: Job | Endpoint, at: float) -> str:
    """The event about a change, as JSON."""
    kind, detail = _endpoint(item, at) if isinstance(item, Endpoint) else _job(item, at)
    whole = {
        "version": "0",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{item.arn}/{at}")),
        "detail-type": kind,
        "source": "aws.sagemaker",
        "account": region.account,
        "time": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region.name,
        "resources": [item.arn],
        "detail": detail,
    }
    return json.dumps(whole, separators=(",", ":"))


def _job(job: Job, at: float) -> tuple[str, dict[str, Any]]:
    kind, word = _WORDS[job.kind]
    step = job.at(at)
    detail: dict[str, Any] = {
        f"{word}Name": job.name,
        f"{word}Arn": job.arn,
        f"{word}Status": step.status,
        "CreationTime": round(job.created * 1000),
        "LastModifiedTime": round(at * 1000),
        "Tags": {},
    }
    if job.kind == "training":
        detail["SecondaryStatus"] = step.secondary
    if step.reason:
        detail["FailureReason"] = step.reason
    return kind, detail


def _endpoint(endpoint: Endpoint, at: float) -> tuple[str, dict[str, Any]]:
    stage = endpoint.at(at)
    detail = {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": stage.present.config_name,
        "EndpointStatus": re.sub(r"(?<=[a-z])(?=[A-Z])", "_", stage.status).upper(),
        "CreationTime": round(endpoint.created * 1000),
        "LastModifiedTime": round(at * 1000),
        "Tags": {},
    }
    return "SageMaker Endpoint State Change", detail
