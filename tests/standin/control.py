"""The control functions of a stand-in, the same for one in this process and one behind a URL.

`ControlMethods` builds the requests of the control endpoint; who carries them out is the subclass's affair. `Control`
does it over HTTP with the standard library only.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from typing import Any

DEFAULT_REGION = "us-east-1"


class ControlError(Exception):
    """The control endpoint refused a request; the text says why."""


class ControlMethods(ABC):
    """What a test can do to a stand-in. Every method raises ControlError if it is refused."""

    @abstractmethod
    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Carry out one request of the control endpoint; `path` begins with `/_standin/` and may have a query."""

    def health(self) -> dict[str, Any]:
        """`status`, `now`, `speed`, `account`."""
        return self.control("GET", "/_standin/health")

    def requests(self) -> dict[str, Any]:
        """`since`, `now`, `total` and `counts`: `{"sagemaker.CreateTrainingJob": {"OK": 3}}`."""
        return self.control("GET", "/_standin/requests")

    def count(self, operation: str, outcome: str | None = None) -> int:
        """How many requests of `service.Operation` there were, all or of one outcome (`OK` or an error code)."""
        outcomes: dict[str, int] = self.requests()["counts"].get(operation, {})
        return sum(outcomes.values()) if outcome is None else outcomes.get(outcome, 0)

    def wait_for(self, operation: str, at_least: int = 1, timeout: float = 20.0) -> int:
        """Wait for so many requests of `service.Operation` since the last reset. TimeoutError if they don't come."""
        query = f"wait={operation}&at_least={at_least}&timeout={timeout!r}"
        count = int(self.control("GET", f"/_standin/requests?{query}")["count"])
        if count < at_least:
            raise TimeoutError(f"{count} instead of {at_least} {operation} after {timeout:g} s")
        return count

    def record(self, after: float = 0.0) -> list[dict[str, Any]]:
        """The single requests later than a time: time, service, operation, outcome, region, access_key, name."""
        entries: list[dict[str, Any]] = self.control("GET", f"/_standin/requests?record=1&after={after!r}")["record"]
        return entries

    def reset(self, *what: str) -> None:
        """Begin anew: any of `state`, `requests`, `faults`, `rules`, `settings`; all of them if none is named."""
        self.control("POST", "/_standin/reset", {"what": list(what)})

    def fault(self, kind: str, operation: str = "*", **more: Any) -> None:
        """Put a fault of single calls in force; see `tests.standin.faults.Fault` for kinds and members."""
        self.control("POST", "/_standin/faults", {"add": [{"kind": kind, "operation": operation, **more}]})

    def clear_faults(self) -> None:
        """Take all faults of single calls back; rates, latency, staleness and credentials stay."""
        self.control("POST", "/_standin/faults", {"clear": True})

    def set_faults(self, **values: Any) -> dict[str, Any]:
        """Set `throttle`, `aws_limits`, `latency_ms`, `stale`, `credentials`, `deny`, `policies`; returns all."""
        return self.control("POST", "/_standin/faults", values)

    def throttle(self, **rates: float | str) -> None:
        """Limit operations: calls a second, or `"rate:burst"`; 0 takes a limit away."""
        self.set_faults(throttle=rates)

    def rule(self, match: str, **values: Any) -> None:
        """Say what is to become of jobs created from now on whose name matches; see `tests.standin.settings`.

        Of endpoints it counts what begins from now on: creations, updates, deletions.
        """
        self.control("POST", "/_standin/rules", {"add": [{"match": match, **values}]})

    def settings(self, **values: Any) -> dict[str, Any]:
        """Set `phases`, `logs`, `quotas`, `missing_roles`, `last_modified`, `omit`; returns what is in force."""
        return self.control("POST", "/_standin/rules", values)

    def advance(self, seconds: float) -> float:
        """Move the clock forward; returns the new time."""
        return float(self.control("POST", "/_standin/clock", {"advance": seconds})["now"])

    def set_speed(self, speed: float) -> float:
        """Set how fast time passes (0: it stands still); returns the time."""
        return float(self.control("POST", "/_standin/clock", {"speed": speed})["now"])

    def now(self) -> float:
        """The time of the stand-in, seconds since 1970."""
        return float(self.health()["now"])

    def put_logs(
        self,
        group: str,
        stream: str,
        events: list[dict[str, Any]],
        region: str = DEFAULT_REGION,
        **more: Any,
    ) -> int:
        """Put log events: `message`, `timestamp` (ms, or `offset` in s from now), `readable_in` (s). Returns how many.

        `more` may have `account`.
        """
        body = {"group": group, "stream": stream, "events": events, "region": region, **more}
        return int(self.control("POST", "/_standin/logs", body)["put"])

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs of all accounts and regions: kind, name, arn, region, account, status, secondary, tags, request."""
        found: list[dict[str, Any]] = self.control("GET", "/_standin/jobs")["jobs"]
        return found

    def end_job(
        self, name: str, status: str = "Completed", reason: str = "", region: str = DEFAULT_REGION, **more: str
    ) -> None:
        """Bring a running job to its end now. `more` may have `exit_message`, and `kind` where names are not enough."""
        body = {"end": name, "status": status, "reason": reason, "region": region, **more}
        self.control("POST", "/_standin/jobs", body)

    def show_job(self, name: str, status: str, secondary: str = "", region: str = DEFAULT_REGION, **more: str) -> None:
        """Let a running job stay in any status and secondary status, known or not, until it is ended or stopped.

        A tuning job may also be at its end (Deleting, DeleteFailed). `more` may have `reason`, `exit_message`, `kind`.
        """
        body = {"show": name, "status": status, "secondary": secondary, "region": region, **more}
        self.control("POST", "/_standin/jobs", body)

    def create_model(self, name: str, region: str = DEFAULT_REGION) -> None:
        """Make a model for transform jobs, if it is not there."""
        self.control("POST", "/_standin/models", {"name": name, "region": region})

    def hosting(self) -> dict[str, Any]:
        """All of hosting, of all accounts and regions.

        `endpoints`, `endpoint_configs`, `models`, `targets`, `policies`, `scheduled_actions`, and `in_use_deleted`: the
        configurations and models that were deleted while endpoints used them.
        """
        return self.control("GET", "/_standin/hosting")

    def end_endpoint(
        self, name: str, status: str = "InService", reason: str = "", region: str = DEFAULT_REGION
    ) -> None:
        """Bring what an endpoint is doing to its end now: InService, OutOfService, Failed or UpdateRollbackFailed."""
        body = {"end": name, "status": status, "reason": reason, "region": region}
        self.control("POST", "/_standin/endpoints", body)

    def show_endpoint(self, name: str, status: str, reason: str = "", region: str = DEFAULT_REGION) -> None:
        """Let an endpoint stay in any status, known or not, until it is ended, updated or deleted."""
        body = {"show": name, "status": status, "reason": reason, "region": region}
        self.control("POST", "/_standin/endpoints", body)

    def queue(self, name: str, region: str = DEFAULT_REGION, **values: Any) -> None:
        """Make an SQS queue that gets the region's events from now on, or change it.

        `drop` and `double` are probabilities, `delay` seconds or a range, `shuffle` whether order is lost, `visibility`
        the time-out in seconds; `put` is a list of bodies that are put in by hand. `more` may have `account`.
        """
        self.control("POST", "/_standin/queues", {"queue": name, "region": region, **values})

    def queues(self) -> list[dict[str, Any]]:
        """All queues: queue, region, sent, dropped, doubled, received, deleted, waiting, in_flight, listening."""
        found: list[dict[str, Any]] = self.control("GET", "/_standin/queues")["queues"]
        return found

    def held(self, at_least: int = 0, timeout: float = 0.0) -> list[str]:
        """The calls that are held, e.g. `after sagemaker.CreateTrainingJob x`; waits for so many at most so long."""
        path = f"/_standin/held?at_least={at_least}&timeout={timeout!r}"
        waiting: list[str] = self.control("GET", path)["held"]
        return waiting

    def release(self, *, drop: bool = False) -> int:
        """Let all held calls go on, or break their connections off (`drop`); returns how many there were.

        A call held before its work and dropped does nothing; one held after it has done it.
        """
        return int(self.control("POST", "/_standin/release", {"drop": drop})["released"])


class Control(ControlMethods):
    """The control functions of a stand-in behind a URL.

    Args:
        url: the stand-in's URL, as its program prints it.
        timeout: seconds to wait for an answer.
    """

    def __init__(self, url: str, timeout: float = 30.0) -> None:
        self.url = url.rstrip("/")
        self._timeout = timeout
        # A stand-in is on loopback; proxies of the environment are not for it.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Carry out one request. Raises ControlError if it is refused, OSError if nobody answers."""
        data = None if method == "GET" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                answer: dict[str, Any] = json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise ControlError(error.read().decode("utf-8", "replace")) from None
        return answer
