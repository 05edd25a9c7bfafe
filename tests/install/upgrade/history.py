"""What happened at AWS: taken down at a stand-in, and brought about again in another one at the very same times.

Names, ARNs and times of everything are then the same as before, so that objects which tell of them stay true.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from smkube import kinds
from tests.standin.control import Control

Entry = dict[str, Any]
"""One thing that happened: `time`, and either `post` and `body` (control endpoint) or `call` and `parameters`."""

_TAKEN_DOWN = frozenset(f"/_standin/{name}" for name in ("rules", "jobs", "endpoints", "models"))
_SAGEMAKER, _SCALING = "SageMaker", "AnyScaleFrontendService"
_ENDED = ("Stop", "UpdateEndpoint", "DeleteEndpoint")
"""Beginnings of the operations that change something which was made before and is still there."""


class Recorder(Control):
    """A stand-in's control endpoint that takes down what is asked of it.

    Attributes:
        posts: what was asked, in order.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.posts: list[Entry] = []

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Carry out one request, while time stands still, so that its time is known."""
        if method != "POST" or path not in _TAKEN_DOWN:
            return super().control(method, path, body)
        self.set_speed(0.0)
        try:
            self.posts.append({"time": self.now(), "post": path, "body": body})
            return super().control(method, path, body)
        finally:
            self.set_speed(1.0)


def history(recorder: Recorder, region: str) -> list[Entry]:
    """Everything that led to what is there now, in order.

    Whatever is gone by now is left out, and so are refused calls and calls that read.
    """
    made = [*_jobs(recorder), *_hosting(recorder, region), *_changes(recorder), *_scaling(recorder)]
    return sorted([*recorder.posts, *made], key=lambda entry: float(entry["time"]))


def replay(url: str, region: str, entries: list[Entry], until: float) -> Control:
    """Bring it all about in a stand-in whose time stands still; then time passes there, from `until` on."""
    control, now = Control(url), 0.0
    for entry in entries:
        now = _move(control, now, float(entry["time"]))
        if "post" in entry:
            control.control("POST", entry["post"], entry["body"])
        else:
            _call(url, region, entry["call"], entry["parameters"])
    _move(control, now, until)
    control.reset("requests")
    control.set_speed(1.0)
    return control


def _move(control: Control, now: float, to: float) -> float:
    now = now or control.now()
    return control.advance(to - now) if to > now else now


def _call(url: str, region: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """One call of an AWS API: JSON over HTTP; the stand-in reads key and region from the signature and no more."""
    headers = {
        "X-Amz-Target": operation,
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": f"AWS4-HMAC-SHA256 Credential=AKIAEXAMPLEEXAMPLE00/20200101/{region}/any/aws4_request",
    }
    request = urllib.request.Request(url, json.dumps(parameters).encode(), headers, method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        answer.read()


def _entry(time: float, operation: str, parameters: Mapping[str, Any], service: str = _SAGEMAKER) -> Entry:
    return {"time": time, "call": f"{service}.{operation}", "parameters": dict(parameters)}


def _tags(of: Mapping[str, Any]) -> dict[str, Any]:
    tags = [{"Key": key, "Value": value} for key, value in of["tags"].items()]
    return {"Tags": tags} if tags else {}


def _jobs(recorder: Recorder) -> Iterator[Entry]:
    """Creations of jobs; the training jobs of a tuning job come by themselves."""
    creates = {kind.api.name: kind.api.create for kind in kinds.JOBS}
    for job in recorder.jobs():
        if "TuningJobArn" not in job["request"]:
            operation = next(create for name, create in creates.items() if name in job["request"])
            yield _entry(job["created"], operation, {**job["request"], **_tags(job)})


def _hosting(recorder: Recorder, region: str) -> Iterator[Entry]:
    """Creations of models, configurations and endpoints, apart from models of the control endpoint's."""
    given = {post["body"]["name"] for post in recorder.posts if post["post"].endswith("/models")}
    found = recorder.hosting()
    for part, operation in (("models", "CreateModel"), ("endpoint_configs", "CreateEndpointConfig")):
        for one in found[part]:
            if one["region"] == region and one["name"] not in given:
                yield _entry(one["created"], operation, {**one["request"], **_tags(one)})
    for one in found["endpoints"]:
        names = {"EndpointName": one["name"], "EndpointConfigName": one["config"]}
        yield _entry(one["created"], "CreateEndpoint", {**names, **_tags(one)})


def _changes(recorder: Recorder) -> Iterator[Entry]:
    """Stops, and changes of endpoints that are still under way."""
    found = recorder.hosting()["endpoints"]
    pending = {one["name"]: one["pending_config"] for one in found if one["pending_config"]}
    names = {kind.api.stop: kind.api.name for kind in kinds.JOBS}
    for call in recorder.record():
        operation, name = call["operation"], call["name"]
        if call["outcome"] != "OK" or not operation.startswith(_ENDED):
            continue
        if operation in names:
            yield _entry(call["time"], operation, {names[operation]: name})
        elif name in pending and operation == "UpdateEndpoint":
            yield _entry(call["time"], operation, {"EndpointName": name, "EndpointConfigName": pending[name]})
        elif operation == "DeleteEndpoint" and name in {one["name"] for one in found}:
            yield _entry(call["time"], operation, {"EndpointName": name})


def _scaling(recorder: Recorder) -> Iterator[Entry]:
    """Targets and policies, as they are by now, at the time at which they were last sent."""
    found = recorder.hosting()
    sent = {(call["operation"], call["name"]): call["time"] for call in recorder.record() if call["outcome"] == "OK"}
    for target in found["targets"]:
        parameters = {
            **_place(target),
            "MinCapacity": target["min"],
            "MaxCapacity": target["max"],
            "SuspendedState": target["suspended"],
            "Tags": target["tags"],
        }
        yield _entry(sent["RegisterScalableTarget", target["resource"]], "RegisterScalableTarget", parameters, _SCALING)
    for policy in found["policies"]:
        members = ("PolicyType", f"{policy['PolicyType']}PolicyConfiguration")
        chosen = {name: policy[name] for name in members}
        parameters = {**_place(policy), "PolicyName": policy["name"], **chosen}
        yield _entry(sent["PutScalingPolicy", policy["resource"]], "PutScalingPolicy", parameters, _SCALING)


def _place(of: Mapping[str, Any]) -> dict[str, Any]:
    return {"ServiceNamespace": "sagemaker", "ResourceId": of["resource"], "ScalableDimension": of["dimension"]}
