"""Listens to queues of EventBridge events, and has the change feed ask at once for what they are about.

A fast path and nothing more: List stays the truth, and a message that is lost, doubled, late or forged changes when AWS
is asked, never what is believed. Where a queue cannot be read the feed goes on in its own rhythm.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from sagemaker_operator import pushes
from sagemaker_operator.engine.backoff import Backoff
from sagemaker_operator.engine.cloud import Busy, Cloud
from sagemaker_operator.engine.complaints import Complaints
from smkube import kinds
from smkube.errors import AwsError

log = logging.getLogger(__name__)

SERVICE = "sqs"
RECEIVE, DELETE = "ReceiveMessage", "DeleteMessageBatch"
LONGEST_POLL = 20
"""Seconds that SQS waits for a message: its most, so that an empty queue costs three requests a minute."""
BATCH = 10
"""Messages of one answer: the most that SQS gives."""
PACE = 0.1
"""Seconds from one request for messages to the next while there are any: a flood must not cost us a processor."""
NO_HURRY = 1.0
"""The same while there are none, should somebody between SQS and us answer without waiting."""
SLOWEST_ROUND = 60.0
"""Seconds from one sign of life to the next: a long poll or a deletion, up to its time-out."""
REPEAT = 600.0
"""Seconds after which a queue that still cannot be read is complained about again."""
NUDGED, UNTRACKED = "nudged", "untracked"
"""Outcomes of messages that are understood: a change feed was woken, or none follows what the message is about."""
OUTCOMES = (NUDGED, UNTRACKED, *(why.value for why in pushes.Ignored))

Nudge = Callable[[kinds.Kind, str, str], bool]
"""(kind, region, job's name): ask sooner about it; returns whether it is followed at all."""


class Observer(Protocol):
    """Is told what becomes of messages (metrics)."""

    def message(self, queue: pushes.Queue, outcome: str) -> None:
        """A message was dealt with; `outcome` is one of OUTCOMES."""

    def watch(self, queue: pushes.Queue, staleness: Callable[[], float]) -> None:
        """A queue is listened to from now on; `staleness` tells the seconds since it last answered."""


class Listener:
    """One thread that listens to one queue.

    Args:
        cloud: calls to AWS.
        queue: the queue.
        nudge: see Nudge; called from this thread.
        observer: is told of each message.
        leading: set when this process may act for the first time; nothing is received before.
        allowed: whether this process may act now. Who may not leaves the messages to who may.
        stop: ends the thread; one that waits for SQS then is left behind, as it holds nothing.
        beat: told by name within how many seconds it will be heard of again; None when it ends.
        clock: monotonic seconds.
    """

    def __init__(  # noqa: PLR0913 - the edges of the thread, each handed in so that tests can hold it
        self,
        cloud: Cloud,
        queue: pushes.Queue,
        nudge: Nudge,
        *,
        observer: Observer,
        leading: threading.Event,
        allowed: Callable[[], bool],
        stop: threading.Event,
        beat: Callable[[str, float | None], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cloud = cloud
        self._queue = queue
        self._nudge = nudge
        self._observer = observer
        self._leading = leading
        self._allowed = allowed
        self._stop = stop
        self._beat = beat
        self._clock = clock
        self._address = cloud.address(queue.region, "", SERVICE)
        self._backoff = Backoff(1.0, 60.0, random.Random())
        self._complaints = Complaints(log, clock, REPEAT)
        self._failures = 0
        self._answered_at = clock()
        self.name = f"events-{queue.region}-{queue.name}"
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    def start(self) -> None:
        """Start the thread; once only."""
        self._thread.start()

    def staleness(self) -> float:
        """Seconds since the queue last answered."""
        return self._clock() - self._answered_at

    def _run(self) -> None:
        while not self._leading.wait(1.0):
            if self._stop.is_set():
                return
        log.info("Listens to the queue %s in %s for events.", self._queue.name, self._queue.region)
        self._answered_at = self._clock()
        self._observer.watch(self._queue, self.staleness)
        while not self._stop.is_set():
            self._beat(self.name, SLOWEST_ROUND)
            pause = self.round()
            self._beat(self.name, pause + SLOWEST_ROUND)
            self._stop.wait(pause)
        self._beat(self.name, None)

    def round(self) -> float:
        """Wait for messages, act on them and delete them; returns the seconds until the next round."""
        if not self._allowed():
            return NO_HURRY
        began = self._clock()
        try:
            messages = self._receive()
            for message in messages:
                self._observer.message(self._queue, self._take(message.get("Body")))
            if messages:
                self._delete(messages)
        except Busy:
            # The process ends.
            return 0.0
        except AwsError as error:
            return self._failed(error)
        except Exception:
            # What is wrong with one answer must not end what the next could do.
            log.exception("A round of the queue %s failed.", self._queue.name)
            return self._again()
        self._failures = 0
        self._complaints.resolved(f"The queue {self._queue.name} in {self._queue.region} can be read again.")
        return max(0.0, (PACE if messages else NO_HURRY) - (self._clock() - began))

    def _receive(self) -> Sequence[Mapping[str, Any]]:
        wanted = {"QueueUrl": self._queue.url, "MaxNumberOfMessages": BATCH, "WaitTimeSeconds": LONGEST_POLL}
        found: Sequence[Mapping[str, Any]] = self._ask(RECEIVE, wanted).get("Messages") or ()
        self._answered_at = self._clock()
        return found

    def _take(self, body: object) -> str:
        """Act on a message; returns its outcome."""
        told = pushes.parse(body)
        if isinstance(told, pushes.Ignored):
            log.debug("The queue %s has a message that is %s.", self._queue.name, told.value)
            return told.value
        return NUDGED if self._nudge(told.kind, told.region, told.job) else UNTRACKED

    def _delete(self, messages: Iterable[Mapping[str, Any]]) -> None:
        """Delete messages, whatever they were; those that stay come again, which does no harm."""
        entries = [
            {"Id": str(number), "ReceiptHandle": message.get("ReceiptHandle", "")}
            for number, message in enumerate(messages)
        ]
        answer = self._ask(DELETE, {"QueueUrl": self._queue.url, "Entries": entries})
        for left in answer.get("Failed") or ():
            raise AwsError(DELETE, str(left.get("Code")), str(left.get("Message")), status=400)

    def _ask(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Call SQS, within the budget that all calls have.

        Raises:
            AwsError: SQS refused, or did not answer.
            Busy: the process ends.
        """
        place = None
        while True:
            try:
                return self._cloud.call(self._address, operation, parameters, place=place)
            except Busy as busy:
                self._beat(self.name, busy.after + SLOWEST_ROUND)
                if self._stop.wait(busy.after):
                    raise
                place = busy.place

    def _failed(self, error: AwsError) -> float:
        self._complaints.complain(
            f"The queue {self._queue.name} in {self._queue.region} gives no events, so that changes are shown a few "
            f"seconds later: {error.operation} failed with {error}"
        )
        return self._again()

    def _again(self) -> float:
        self._failures += 1
        return self._backoff.delay(self._failures - 1)
