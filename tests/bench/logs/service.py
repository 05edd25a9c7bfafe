"""CloudWatch Logs for benchmarks: three operations of JSON 1.1 over bodies that were made beforehand.

It checks neither signatures nor most parameters. FilterLogEvents includes endTime, GetLogEvents does not; both have
pages of 10,000 events or 1 MB; GetLogEvents ends by returning the token it was given.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.bench.logs.columns import PAGE_EVENTS, Column, filtered, gotten
from tests.bench.logs.script import Script
from tests.standin.faults import Bucket

GROUP = "/aws/sagemaker/TrainingJobs"
FAR = 1 << 62
_MISSING_STREAM = "The specified log stream does not exist."
_MISSING_GROUP = "The specified log group does not exist."
_BAD_TOKEN = "The specified nextToken is invalid."


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service behaves.

    Attributes:
        delay: seconds before each answer.
        quotas: calls a second, by operation; others have none.
    """

    delay: float = 0.0
    quotas: Mapping[str, float] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - an answer like another
    """An error answer, status 400."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


Pieces = list[memoryview | bytes]


class Service:
    """One log group.

    Args:
        script: its events.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        self._numbers: list[list[int]] = [[] for _ in script.names]
        for number, place in enumerate(script.places):
            self._numbers[place].append(number)
        self._streams = {
            name: Column(script, numbers, gotten) for name, numbers in zip(script.names, self._numbers, strict=True)
        }
        self._filtered: dict[tuple[str, ...], Column] = {}
        self._lock = threading.Lock()
        self._operations: dict[str, Callable[[dict[str, Any]], Pieces]] = {
            "FilterLogEvents": self._filter_log_events,
            "GetLogEvents": self._get_log_events,
            "DescribeLogStreams": self._describe_log_streams,
        }
        self.counts: Counter[str] = Counter()
        self.settings = Settings()
        self._buckets: dict[str, Bucket] = {}
        for chosen in [script.names, *((name,) for name in script.names)]:
            self._column(chosen)

    def configure(self, settings: Settings) -> None:
        """Behave differently from now on, and count anew."""
        with self._lock:
            self.settings = settings
            now = time.monotonic()
            self._buckets = {name: Bucket(rate, max(rate, 1.0), now) for name, rate in settings.quotas.items()}
            self.counts = Counter()

    def answer(self, operation: str, body: bytes) -> tuple[int, Pieces]:
        """HTTP status and body of an answer, after the delay that is set."""
        delay = self.settings.delay
        if delay:
            time.sleep(delay)
        try:
            self._admit(operation)
            return 200, self._operations[operation](json.loads(body or b"{}"))
        except Refusal as refusal:
            self._count(f"{operation} {refusal.code}")
            return 400, [json.dumps({"__type": refusal.code, "message": refusal.text}).encode()]

    def _admit(self, operation: str) -> None:
        if operation not in self._operations:
            raise Refusal("UnknownOperationException", f"Unknown operation {operation}".rstrip())
        with self._lock:
            bucket = self._buckets.get(operation)
            admitted = bucket is None or bucket.take(time.monotonic())
            self.counts[operation] += admitted
        if not admitted:
            raise Refusal("ThrottlingException", "Rate exceeded")

    def _count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def _column(self, streams: tuple[str, ...]) -> Column:
        """The events of some streams as FilterLogEvents has them; made when first asked for, then kept."""
        with self._lock:
            if streams not in self._filtered:
                places = [self._script.names.index(name) for name in streams]
                numbers = sorted(number for place in places for number in self._numbers[place])
                self._filtered[streams] = Column(self._script, numbers, filtered)
            return self._filtered[streams]

    def _filter_log_events(self, params: dict[str, Any]) -> Pieces:
        _check_group(params)
        if params.get("filterPattern"):
            raise Refusal("InvalidParameterException", "Filter patterns are not part of this stand-in.")
        column = self._column(self._chosen(params))
        now, limit = _now(), _limit(params)
        low, high = column.place(params.get("startTime", 0)), column.place(params.get("endTime", FAR - 1) + 1)
        token = params.get("nextToken", "")
        if token.startswith("n/") or not (token or params.get("startFromHead", True)):
            high = _index(token) if token else high
            _, found = column.backward(low, high, limit, now)
            rest = found[-1] if len(found) == limit else low
            return _filter_answer(column.newest_first(found), f"n/{rest:056d}" if rest > low else "")
        part = column.forward(max(low, _index(token)) if token else low, high, limit, now)
        return _filter_answer(part.data, f"h/{part.after:056d}" if part.more else "")

    def _chosen(self, params: dict[str, Any]) -> tuple[str, ...]:
        names = params.get("logStreamNames")
        if names is None:
            prefix = params.get("logStreamNamePrefix", "")
            return tuple(name for name in self._script.names if name.startswith(prefix))
        if any(name not in self._streams for name in names):
            raise Refusal("ResourceNotFoundException", _MISSING_STREAM)
        return tuple(name for name in self._script.names if name in names)

    def _get_log_events(self, params: dict[str, Any]) -> Pieces:
        _check_group(params)
        column = self._streams.get(params["logStreamName"])
        if column is None:
            raise Refusal("ResourceNotFoundException", _MISSING_STREAM)
        now, limit = _now(), _limit(params)
        low, high = column.place(params.get("startTime", 0)), column.place(params.get("endTime", FAR))
        token = params.get("nextToken", "")
        if token.startswith("b/") or not (token or params.get("startFromHead", False)):
            part, _ = column.backward(low, max(low, min(high, _index(token))) if token else high, limit, now)
        else:
            part = column.forward(max(low, _index(token)) if token else low, high, limit, now)
        tail = f'],"nextForwardToken":"f/{part.after:056d}/s","nextBackwardToken":"b/{part.first:056d}/s"}}'
        return [b'{"events":[', part.data, tail.encode()]

    def _describe_log_streams(self, params: dict[str, Any]) -> Pieces:
        _check_group(params)
        names = [name for name in self._script.names if name.startswith(params.get("logStreamNamePrefix", ""))]
        now, answers = _now(), []
        for name in sorted(names):
            span = self._streams[name].span(now)
            if span is not None:
                answers.append(_stream(name, span))
        if params.get("orderBy") == "LastEventTime":
            answers.sort(key=lambda stream: int(stream["lastEventTimestamp"]))
        if params.get("descending"):
            answers.reverse()
        first = int(params.get("nextToken", "0"))
        after = first + params.get("limit", 50)
        token = {"nextToken": str(after)} if after < len(answers) else {}
        return [json.dumps({"logStreams": answers[first:after], **token}).encode()]


def _stream(name: str, span: tuple[int, int, int]) -> dict[str, Any]:
    first, last, arrival = span
    return {
        "logStreamName": name,
        "creationTime": first,
        "firstEventTimestamp": first,
        "lastEventTimestamp": last,
        "lastIngestionTime": arrival,
        "arn": f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}:log-stream:{name}",
        "storedBytes": 0,
    }


def _filter_answer(events: memoryview | bytes, token: str) -> Pieces:
    tail = f'],"nextToken":"{token}","searchedLogStreams":[]}}' if token else '],"searchedLogStreams":[]}'
    return [b'{"events":[', events, tail.encode()]


def _check_group(params: dict[str, Any]) -> None:
    if GROUP not in {params.get("logGroupName"), *str(params.get("logGroupIdentifier", "")).split(":")}:
        raise Refusal("ResourceNotFoundException", _MISSING_GROUP)


def _limit(params: dict[str, Any]) -> int:
    return min(PAGE_EVENTS, int(params.get("limit", PAGE_EVENTS)))


def _index(token: str) -> int:
    digits = token[2:58]
    if not digits.isdigit():
        raise Refusal("InvalidParameterException", _BAD_TOKEN)
    return int(digits)


def _now() -> int:
    return time.time_ns() // 1_000_000
