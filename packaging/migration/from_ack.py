"""Turns objects of ACK's SageMaker controller into objects of this project's, for a hand-over.

    kubectl get trainingjobs.sagemaker.services.k8s.aws NAME -o json > ack.json
    python packaging/migration/from_ack.py < ack.json > ours.json

JSON in (an object, or a List as kubectl prints it) and JSON out, for `kubectl apply -f`. Nothing is applied here. What
has no counterpart, and what could run a second time, is told on standard error; with anything that cannot be turned the
exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

GROUP, VERSION = "sagemaker.services.k8s.aws", "sagemaker.aws.amazon.com/v1"

Object = dict[str, Any]

_SPELLED = (
    ("KMS", "Kms"),
    ("AMI", "Ami"),
    ("ARN", "Arn"),
    ("URI", "Uri"),
    ("URL", "Url"),
    ("IDs", "Ids"),
    ("ID", "Id"),
)
"""Abbreviations in field names, as ACK and as we spell them."""
_ABBREVIATION = re.compile("|".join(f"(?<=[a-z0-9]){ack}(?=$|[A-Z])" for ack, _ in _SPELLED))
_MAPS = {
    *("hyperParameters", "staticHyperParameters", "environment", "ruleParameters", "collectionParameters"),
    *("hookParameters", "profilingParameters"),
}
"""Fields that are maps in ACK's objects, and lists of names and values in ours."""
_MADE_UP = {"ProcessingJob": "processingJobName", "Model": "modelName", "EndpointConfig": "endpointConfigName"}
"""ACK's fields for names that our objects cannot choose."""
_KINDS = {
    "TrainingJob": "TrainingJob",
    "ProcessingJob": "ProcessingJob",
    "HyperParameterTuningJob": "HyperparameterTuningJob",
    "TransformJob": "BatchTransformJob",
    "Model": "Model",
    "EndpointConfig": "EndpointConfig",
}
_WORDS = {
    "TrainingJob": "trainingJobStatus",
    "ProcessingJob": "processingJobStatus",
    "HyperParameterTuningJob": "hyperParameterTuningJobStatus",
    "TransformJob": "transformJobStatus",
}
"""Where ACK's jobs have SageMaker's status word."""
_OVER = {"Completed", "Failed", "Stopped"}
_CARRIED = ("name", "namespace", "labels")
_OF_DEPLOYMENT = ("deploymentConfig", "tags")
_OF_CONFIG = (
    *("productionVariants", "kmsKeyId", "dataCaptureConfig", "asyncInferenceConfig", "executionRoleArn", "vpcConfig"),
    "enableNetworkIsolation",
)
_OF_MODEL = ("executionRoleArn", "enableNetworkIsolation", "vpcConfig", "inferenceExecutionConfig")


@dataclass
class Turned:
    """What came of it.

    Attributes:
        objects: ours.
        notes: what somebody should know.
        refused: what could not be turned, and why.
    """

    objects: list[Object] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def spelled(name: str) -> str:
    """A field's name as our objects spell it."""
    return _ABBREVIATION.sub(lambda found: dict(_SPELLED)[found[0]], name.removesuffix("_"))


def turned(value: Any, name: str = "") -> Any:
    """A value of a spec in our form."""
    if isinstance(value, Mapping):
        if name in _MAPS:
            return [{"name": key, "value": text} for key, text in value.items()]
        return {spelled(key): turned(inner, key) for key, inner in value.items()}
    return [turned(inner, name) for inner in value] if isinstance(value, list) else value


def convert(objects: Sequence[Object], region: str = "") -> Turned:
    """Turn ACK's objects into ours.

    Args:
        objects: ACK's; those of an endpoint together with its configuration and models.
        region: for objects whose status does not tell it.
    """
    result, used = Turned(), set[str]()
    for endpoint in (one for one in objects if one.get("kind") == "Endpoint"):
        used |= _endpoint(endpoint, objects, region, result)
    for one in objects:
        if one.get("kind") != "Endpoint" and _title(one) not in used:
            _plain(one, region, result)
    return result


def _plain(one: Object, region: str, result: Turned) -> None:
    kind = _KINDS.get(str(one.get("kind")), "")
    if not kind or not str(one.get("apiVersion", "")).startswith(f"{GROUP}/"):
        result.refused.append(f"{_title(one)}: there is no kind for it here; leave it with ACK.")
        return
    where = _region(one, region)
    if not where:
        result.refused.append(f"{_title(one)}: its status has no region; give one with --region.")
        return
    spec = turned(one.get("spec") or {})
    lost = _MADE_UP.get(kind, "")
    name = spec.pop(lost, "") if lost else ""
    over = (one.get("status") or {}).get(_WORDS.get(str(one.get("kind")), "")) in _OVER
    if kind == "ProcessingJob" and not over:
        result.refused.append(f"{_title(one)}: it may be running, and would run once more; wait for its end with ACK.")
        return
    if over:
        result.notes.append(f"{_title(one)}: it is over; ours runs it again unless SageMaker still has it by its name.")
    if name:
        result.notes.append(f"{_title(one)}: ours gets a name of its own at SageMaker, {name} stays with ACK.")
    result.objects.append(_object(kind, one, {"region": where, **spec}))


def _endpoint(endpoint: Object, objects: Sequence[Object], region: str, result: Turned) -> set[str]:
    """A deployment out of an endpoint, its configuration and models; returns which of those went into it."""
    title, where = _title(endpoint), _region(endpoint, region)
    config = _named(objects, "EndpointConfig", "endpointConfigName", endpoint["spec"].get("endpointConfigName"))
    if config is None or not where:
        missing = "its EndpointConfig is not among the objects" if config is None else "its status has no region"
        result.refused.append(f"{title}: {missing}.")
        return set()
    spec, parts = turned(config["spec"]), [config]
    models = []
    for name in dict.fromkeys(str(variant["modelName"]) for variant in spec["productionVariants"]):
        model = _named(objects, "Model", "modelName", name)
        if model is None:
            result.refused.append(f"{title}: its Model {name} is not among the objects.")
            return set()
        parts.append(model)
        models.append(_model(name, turned(model["spec"])))
    own = turned(endpoint["spec"])
    whole = {
        "region": where,
        "endpointName": own["endpointName"],
        "models": models,
        **{key: spec[key] for key in _OF_CONFIG if key in spec},
        **{key: own[key] for key in _OF_DEPLOYMENT if key in own},
    }
    result.objects.append(_object("HostingDeployment", endpoint, whole))
    result.notes.append(f"{title}: the endpoint is updated once, to a configuration and models of our own.")
    return {_title(part) for part in parts}


def _model(name: str, spec: Object) -> Object:
    """An entry of a deployment's models; each of its containers needs a hostname."""
    containers = spec.get("containers") or [spec["primaryContainer"]]
    hosts = [
        {**one, "containerHostname": one.get("containerHostname") or f"container-{number}"}
        for number, one in enumerate(containers, start=1)
    ]
    return {"name": name, **{key: spec[key] for key in _OF_MODEL if key in spec}, "containers": hosts}


def _named(objects: Sequence[Object], kind: str, member: str, name: object) -> Object | None:
    return next((one for one in objects if one.get("kind") == kind and one["spec"].get(member) == name), None)


def _object(kind: str, ack: Object, spec: Object) -> Object:
    metadata = {key: ack["metadata"][key] for key in _CARRIED if key in ack["metadata"]}
    return {"apiVersion": VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def _region(one: Object, region: str) -> str:
    placed = (one.get("status") or {}).get("ackResourceMetadata") or {}
    return str(placed.get("region") or region)


def _title(one: Object) -> str:
    metadata = one.get("metadata") or {}
    return f"{one.get('kind')} {metadata.get('namespace', 'default')}/{metadata.get('name')}"


def _read(text: str) -> Iterator[Object]:
    document = json.loads(text)
    yield from document.get("items", ()) if document.get("kind") == "List" else [document]


def main(arguments: Sequence[str], read: Callable[[], str], tell: Callable[[str], object]) -> int:
    """Turn what is read into what is printed; the exit code.

    Args:
        arguments: of the command line.
        read: returns the input.
        tell: takes a line for standard error.
    """
    parser = argparse.ArgumentParser(description="Turns objects of ACK's SageMaker controller into ours (JSON).")
    parser.add_argument("--region", default="", help="for objects whose status does not tell their region")
    region = parser.parse_args(arguments).region
    result = convert(list(_read(read())), region)
    for line in (*result.notes, *(f"NOT TURNED: {line}" for line in result.refused)):
        tell(line + "\n")
    json.dump({"apiVersion": "v1", "kind": "List", "items": result.objects}, sys.stdout, indent=2)
    sys.stdout.write("\n")
    return 1 if result.refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdin.read, sys.stderr.write))
