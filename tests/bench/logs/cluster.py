"""The one object that the plugin reads, as an API server shows it: a GET, a list, and a watch that tells its end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.bench.logs.script import JOB

NAME = "bench"
_COLLECTION = "/apis/sagemaker.aws.amazon.com/v1/namespaces/default/trainingjobs"


class Cluster:
    """The API server's side.

    Args:
        start: when the job began, in milliseconds since 1970.
        end: when it ended; None while it runs.
        region: where it runs.
    """

    def __init__(self, start: int, end: int | None, region: str) -> None:
        self._start = start
        self._region = region
        self._end = end
        self._changed = threading.Condition()

    def finish(self, end: int) -> None:
        """The job has ended: whoever watches is told."""
        with self._changed:
            self._end = end
            self._changed.notify_all()

    def get(self, target: str) -> tuple[int, bytes]:
        """HTTP status and body for a GET that is no watch."""
        path = urlsplit(target).path
        if path == f"{_COLLECTION}/{NAME}":
            return 200, json.dumps(self._object()).encode()
        if path == _COLLECTION:
            items = [self._object()]
            found = {"kind": "TrainingJobList", "apiVersion": "sagemaker.aws.amazon.com/v1", "items": items}
            return 200, json.dumps({**found, "metadata": {"resourceVersion": self._version()}}).encode()
        problem = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
        return 404, json.dumps({**problem, "message": "the server could not find the requested resource"}).encode()

    def watch(self, target: str) -> Iterator[bytes] | None:
        """The lines of a watch, if the request is for one; it ends when its time is over."""
        query = parse_qs(urlsplit(target).query)
        if urlsplit(target).path != _COLLECTION or query.get("watch", ["false"])[0] not in {"true", "1"}:
            return None
        known = query.get("resourceVersion", [""])[0]
        return self._lines(known, float(query.get("timeoutSeconds", ["300"])[0]))

    def _lines(self, known: str, seconds: float) -> Iterator[bytes]:
        with self._changed:
            self._changed.wait_for(lambda: self._version() != known, seconds)
            changed = self._version() != known
        if changed:
            yield json.dumps({"type": "MODIFIED", "object": self._object()}).encode() + b"\n"
            threading.Event().wait(seconds)

    def _version(self) -> str:
        return "1001" if self._end is None else "1002"

    def _object(self) -> dict[str, Any]:
        began = _iso(self._start - 90_000)
        over = self._end is not None
        status: dict[str, Any] = {
            "trainingJobStatus": "Completed" if over else "InProgress",
            "secondaryStatus": "Completed" if over else "Training",
            "sageMakerTrainingJobName": JOB,
            "cloudWatchLogUrl": "",
            "lastCheckTime": began if self._end is None else _iso(self._end),
        }
        if self._end is not None:
            condition = {"type": "Succeeded", "status": "True", "reason": "Completed", "message": ""}
            status["conditions"] = [{**condition, "lastTransitionTime": _iso(self._end)}]
        return {
            "apiVersion": "sagemaker.aws.amazon.com/v1",
            "kind": "TrainingJob",
            "metadata": {
                "name": NAME,
                "namespace": "default",
                "uid": "5f2b8c1e-0000-4000-8000-000000000001",
                "resourceVersion": self._version(),
                "creationTimestamp": began,
            },
            "spec": {"trainingJobName": JOB, "region": self._region, "roleArn": "arn:aws:iam::123456789012:role/bench"},
            "status": status,
        }


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
