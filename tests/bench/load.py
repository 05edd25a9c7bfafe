"""Many TrainingJobs at once, and when their statuses get where.

Only the standard library is used: the client under test is the operator.
"""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from tests.cluster.certs import Pki
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError

NAMESPACE = "default"
PATH = f"/apis/sagemaker.aws.amazon.com/v1/namespaces/{NAMESPACE}/trainingjobs"
WRITERS = 2
"""Connections that create objects."""


def training_job(name: str) -> dict[str, Any]:
    """A TrainingJob that SageMaker takes."""
    return {
        "apiVersion": "sagemaker.aws.amazon.com/v1",
        "kind": "TrainingJob",
        "metadata": {"name": name},
        "spec": {
            "region": "us-east-1",
            "roleArn": "arn:aws:iam::123456789012:role/bench",
            "algorithmSpecification": {
                "trainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/bench:1",
                "trainingInputMode": "File",
            },
            "hyperParameters": [{"name": "epochs", "value": "3"}],
            "outputDataConfig": {"s3OutputPath": "s3://bench-bucket/models"},
            "resourceConfig": {"instanceCount": 1, "instanceType": "ml.m5.xlarge", "volumeSizeInGB": 10},
            "stoppingCondition": {"maxRuntimeInSeconds": 86400},
        },
    }


def create(plane: ControlPlane, objects: int) -> None:
    """Create so many TrainingJobs, as fast as a few connections can.

    Raises:
        ApiError: the API server refused one.
    """
    names = iter([f"bench-{number}" for number in range(objects)])
    lock = threading.Lock()

    def next_name() -> str | None:
        with lock:
            return next(names, None)

    def write() -> None:
        connection = _connection(plane)
        while (name := next_name()) is not None:
            connection.request("POST", PATH, json.dumps(training_job(name)), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status != http.client.CREATED:
                raise ApiError(answer.status, text)
        connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        for done in [pool.submit(write) for _ in range(WRITERS)]:
            done.result()


def _connection(plane: ControlPlane) -> http.client.HTTPSConnection:
    pki = Pki(plane.data / "pki")
    context = ssl.create_default_context(cafile=str(pki.ca))
    context.load_cert_chain(pki.admin_cert, pki.admin_key)
    address = urlsplit(plane.url)
    return http.client.HTTPSConnection(str(address.hostname), address.port, context=context, timeout=60)


class Watcher:
    """Watches all TrainingJobs and notes when how many show a status.

    Args:
        plane: the control plane.
        objects: how many there are going to be.
    """

    def __init__(self, plane: ControlPlane, objects: int) -> None:
        self._objects = objects
        self._changed = threading.Condition()
        self._seen: dict[str, tuple[str, str]] = {}
        self._lines = plane.admin.lines(f"{PATH}?watch=1", timeout=600.0)
        self._thread = threading.Thread(target=self._follow, args=[self._lines], daemon=True)
        self._thread.start()

    def wait(self, status: str, secondary: str = "", *, seconds: float) -> float:
        """Wait until all objects show a status; returns the monotonic time.

        Raises:
            TimeoutError: they did not in time; the text says what they show instead.
        """

        def reached() -> bool:
            found = [shown for shown in self._seen.values() if shown[0] == status and secondary in ("", shown[1])]
            return len(found) == self._objects

        with self._changed:
            if not self._changed.wait_for(reached, seconds):
                raise TimeoutError(f"after {seconds:.0f} s not all are {status} {secondary}: {self._summary()}")
            return time.monotonic()

    def _follow(self, lines: Iterator[bytes]) -> None:
        for line in lines:
            obj = json.loads(line)["object"]
            status = obj.get("status", {})
            shown = (str(status.get("trainingJobStatus", "")), str(status.get("secondaryStatus", "")))
            with self._changed:
                self._seen[obj["metadata"]["name"]] = shown
                self._changed.notify_all()

    def _summary(self) -> str:
        numbers: dict[tuple[str, str], int] = {}
        for shown in self._seen.values():
            numbers[shown] = numbers.get(shown, 0) + 1
        return ", ".join(f"{number} {' '.join(shown)}".strip() for shown, number in numbers.items()) or "none is there"
