"""CloudWatch Logs as far as history needs it, at the level of requests and answers as JSON, with troubles by chance.

Unlike `tests/standin` it has no server and no clock, so that thousands of histories can be read in seconds.
"""

from __future__ import annotations

import json
import random
import threading
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

from smkube.errors import AwsError

PAGE_BYTES = 1 << 20
OVERHEAD = 26
GROUP = "/aws/sagemaker/TrainingJobs"

Line = tuple[int, str]  # time, message


@dataclass
class Troubles:
    """How often requests fail or answers are odd: chances from 0 to 1, and what is never allowed."""

    throttle: float = 0.0
    busy: float = 0.0
    lost: float = 0.0
    broken: float = 0.0
    token: float = 0.0
    repeat: float = 0.0
    empty: float = 0.0
    expired: float = 0.0
    denied: frozenset[str] = frozenset()
    deny_after: int = 0
    renewable: bool = True


@dataclass
class Service:
    """One log group.

    Attributes:
        streams: name to lines in order of time.
        page: most events on a page.
        short: pages are made shorter by chance.
        stale: how far `lastEventTimestamp` lags behind; None leaves both times out.
        gone: streams that are listed but cannot be read.
    """

    streams: dict[str, list[Line]]
    page: int = 10_000
    short: bool = False
    stale: int | None = 0
    seed: int = 0
    troubles: Troubles = field(default_factory=Troubles)
    gone: frozenset[str] = frozenset()
    exists: bool = True

    def __post_init__(self) -> None:
        self.calls: dict[str, int] = {}
        self.renewals = 0
        self._random = random.Random(self.seed)
        self._lock = threading.Lock()
        self._valid = True
        self._times = {name: [time for time, _ in lines] for name, lines in self.streams.items()}
        self._all: dict[tuple[tuple[str, ...], str], tuple[list[tuple[int, str, str]], list[int]]] = {}

    def truth(self, accepts: Any = lambda _: True, low: int = 0, high: int = 1 << 60) -> list[tuple[int, str, str]]:
        """All accepted events in order."""
        found = [
            (time, name, text)
            for name in sorted(self.streams)
            if accepts(name) and name not in self.gone
            for time, text in self.streams[name]
            if low <= time <= high
        ]
        return sorted(found, key=lambda event: event[:2])

    def post(self, operation: str, body: bytes) -> bytes:
        """Answer a request; see Wire."""
        with self._lock:
            self.calls[operation] = number = self.calls.get(operation, 0) + 1
            self._fail(operation, number)
            answer = getattr(self, f"_{operation}")(json.loads(body))
            text = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
            return text[: len(text) // 2] if self._chance(self.troubles.broken) else text

    def renew(self) -> bool:
        """Fresh credentials."""
        with self._lock:
            self.renewals += 1
            self._valid = self._valid or self.troubles.renewable
            return self.troubles.renewable

    def _chance(self, chance: float) -> bool:
        return chance > 0 and self._random.random() < chance

    def _fail(self, operation: str, number: int) -> None:
        troubles = self.troubles
        if self._chance(troubles.expired):
            self._valid = False
        if not self._valid:
            raise AwsError(operation, "ExpiredTokenException", "The security token is expired", status=400)
        if operation in troubles.denied and number > troubles.deny_after:
            refused = f"not authorized to perform: logs:{operation}"
            raise AwsError(operation, "AccessDeniedException", refused, status=400)
        if not self.exists:
            missing = "The specified log group does not exist."
            raise AwsError(operation, "ResourceNotFoundException", missing, status=400)
        if self._chance(troubles.throttle):
            raise AwsError(operation, "ThrottlingException", "Rate exceeded", status=400)
        if self._chance(troubles.busy):
            raise AwsError(operation, "ServiceUnavailableException", "try later", status=503)
        if self._chance(troubles.lost):
            raise AwsError(operation, "ConnectionError", "Connection reset by peer")

    def _place(self, token: str) -> tuple[int, int]:
        if self._chance(self.troubles.token):
            raise AwsError("", "InvalidParameterException", "The specified nextToken is invalid.", status=400)
        place, _, nonce = token.partition("-")
        return int(place), int(nonce)

    def _count(self, request: dict[str, Any]) -> int:
        most = min(self.page, request.get("limit", 10_000))
        return self._random.randint(1, most) if self.short else most

    def _cut(self, events: list[tuple[int, str, str]], count: int) -> list[tuple[int, str, str]]:
        size = 0
        for number, event in enumerate(events[:count]):
            size += len(event[2]) + OVERHEAD
            if number and size > PAGE_BYTES:
                return events[:number]
        return events[:count]

    def _GetLogEvents(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - the operation's name
        name = request["logStreamName"]
        if name not in self.streams or name in self.gone:
            raise AwsError("", "ResourceNotFoundException", "The specified log stream does not exist.", status=400)
        times, lines = self._times[name], self.streams[name]
        low, high = bisect_left(times, request["startTime"]), bisect_left(times, request["endTime"])
        token = request.get("nextToken", "")
        forward = request["startFromHead"]
        place, nonce = self._place(token) if token else (low if forward else high, 0)
        empty = self._chance(self.troubles.empty)
        count = 0 if empty else self._count(request)
        if forward:
            events = self._cut([(t, name, m) for t, m in lines[place : min(high, place + count)]], count)
            following = place + len(events)
        else:
            events = self._cut([(t, name, m) for t, m in lines[max(low, place - count) : place]][::-1], count)[::-1]
            following = place - len(events)
        ahead = token if token and not events and not empty else f"{following}-{nonce + 1}"
        return {
            "events": [{"timestamp": t, "message": m, "ingestionTime": t + 5000} for t, _, m in events],
            "nextForwardToken" if forward else "nextBackwardToken": ahead,
            "nextBackwardToken" if forward else "nextForwardToken": "other",
        }

    def _FilterLogEvents(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - the operation's name
        names = request.get("logStreamNames")
        prefix = request.get("logStreamNamePrefix", "")
        for name in names or ():
            if name in self.gone or name not in self.streams:
                raise AwsError("", "ResourceNotFoundException", "The specified log stream does not exist.", status=400)
        wanted = tuple(sorted(names) if names else (n for n in sorted(self.streams) if n.startswith(prefix)))
        events = self._search(wanted, request.get("filterPattern", ""))
        times = events[1]
        low, high = bisect_left(times, request["startTime"]), bisect_left(times, request["endTime"] + 1)
        token = request.get("nextToken", "")
        forward = request.get("startFromHead", True)
        place, nonce = self._place(token) if token else (low if forward else high, 0)
        count = 0 if self._chance(self.troubles.empty) else self._count(request)
        if forward:
            page = self._cut(events[0][place : min(high, place + count)], count)
            following, rest = place + len(page), place + len(page) < high
        else:
            page = self._cut(events[0][max(low, place - count) : place][::-1], count)
            following, rest = place - len(page), place - len(page) > low
        answer: dict[str, Any] = {
            "events": [
                {"logStreamName": n, "timestamp": t, "message": m, "ingestionTime": t + 5000, "eventId": f"{n}{t}{m}"}
                for t, n, m in page
            ],
            "searchedLogStreams": [],
        }
        if rest or count == 0:
            answer["nextToken"] = token if token and self._chance(self.troubles.repeat) else f"{following}-{nonce + 1}"
        return answer

    def _search(self, names: tuple[str, ...], pattern: str) -> tuple[list[tuple[int, str, str]], list[int]]:
        if (names, pattern) not in self._all:
            found = [(t, n, m) for n in names if n not in self.gone for t, m in self.streams[n] if pattern in m]
            found.sort(key=lambda event: event[0])
            self._all[names, pattern] = (found, [event[0] for event in found])
        return self._all[names, pattern]

    def _DescribeLogStreams(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - the operation's name
        names = [name for name in sorted(self.streams) if name.startswith(request.get("logStreamNamePrefix", ""))]
        place = int(request.get("nextToken", "0"))
        answer: dict[str, Any] = {"logStreams": [self._facts(name) for name in names[place : place + 50]]}
        if place + 50 < len(names):
            answer["nextToken"] = str(place + 50)
        return answer

    def _facts(self, name: str) -> dict[str, Any]:
        times = self._times[name]
        facts: dict[str, Any] = {"logStreamName": name, "creationTime": 0, "storedBytes": 0}
        if times and self.stale is not None:
            facts |= {"firstEventTimestamp": times[0], "lastEventTimestamp": max(times[0], times[-1] - self.stale)}
        return facts
