"""Facts for tests of the decision about a HostingDeployment: an object, its children and what AWS says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sagemaker_operator.facts import Facts, Found, Refusal, Related, Summary
from sagemaker_operator.hosting import decide
from sagemaker_operator.steps import WriteStatus
from smkube import kinds
from tests.unit.hosting.world import ARN, HEX, NAME, REGION, UID, child, spec

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
THEN = NOW - timedelta(hours=1)
CONFIG = "sm-config"

Status = dict[str, Any]


def children(*, model: Status | None = None, config: Status | None = None) -> dict[str, tuple[Related, ...]]:
    """The answers of the searches for children: a revision that is there, or has the given statuses."""
    ready = {"status": "Created", "sageMakerModelName": "sm-model"}
    there = {"status": "Created", "sageMakerEndpointConfigName": CONFIG}
    content = spec()["models"][0]
    of_model = {
        "region": REGION,
        "executionRoleArn": content["executionRoleArn"],
        "primaryContainer": content["containers"][0],
    }
    of_config = {"region": REGION, "productionVariants": [{**spec()["productionVariants"][0], "modelName": "sm-model"}]}
    one = child("Model", f"digits-1-{HEX}", of_model, "m", owner=UID, status=ready if model is None else model)
    two = child(
        "EndpointConfig", f"site-1-{HEX}", of_config, "c", owner=UID, status=there if config is None else config
    )
    return related((one,), (two,))


def related(models: tuple[Related, ...] = (), configs: tuple[Related, ...] = ()) -> dict[str, tuple[Related, ...]]:
    """The answers of all searches."""
    found = {kinds.MODEL.name: models, kinds.ENDPOINT_CONFIG.name: configs}
    return {f"{way}{kind}": those for kind, those in found.items() for way in ("owned", "labelled", "named")}


def state(*, confirmed: bool = True, ago: float = 600.0, **more: Any) -> Status:
    """The operator's notes."""
    sent = (NOW - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    noted = {"jobName": NAME, "jobRegion": REGION, "jobEndpoint": "", "createAttempt": sent}
    return {**noted, "createConfirmed": confirmed, **more}


def shown(word: str = "InService", config: str = CONFIG, **more: Any) -> Status:
    """A status that speaks of an endpoint."""
    return {
        "endpointStatus": word,
        "endpointName": NAME,
        "endpointArn": ARN,
        "endpointConfigName": config,
        "endpointUrl": f"https://runtime.sagemaker.{REGION}.amazonaws.com/endpoints/{NAME}/invocations",
        "lastModifiedTime": "2026-03-01T11:00:00Z",
        "observedGeneration": 1,
        "operatorState": state(),
        **more,
    }


def found(word: str = "InService", config: str = CONFIG, *, modified: datetime = THEN, **more: Any) -> Found:
    """SageMaker's description."""
    described = {
        "EndpointName": NAME,
        "EndpointArn": ARN,
        "EndpointConfigName": config,
        "EndpointStatus": word,
        "CreationTime": THEN,
        "LastModifiedTime": modified,
    }
    return Found({**described, **more})


def case(status: Status | None = None, *, endpoint: Any = None, **more: Any) -> Facts:
    """Facts about a deployment with our finalizer, whose children are there."""
    defaults: Status = {
        "kind": kinds.HOSTING_DEPLOYMENT,
        "namespace": "ns",
        "name": "site",
        "uid": UID,
        "generation": 1,
        "deleting": False,
        "finalizers": (kinds.FINALIZER,),
        "spec": spec(),
        "status": status or {},
        "now": NOW,
        "clean": True,
        "related": children(),
        "answers": {"endpoint": endpoint} if endpoint is not None else {},
    }
    return Facts(**{**defaults, **more})


def settled(f: Facts) -> Facts:
    """The facts once the status says what there is to say."""
    for _ in range(3):
        step = decide.decide(f)
        if not isinstance(step, WriteStatus) or step.intent:
            return f
        f = replace(f, status=step.status)
    raise AssertionError(f"the status does not settle: {f.status}")


def refusal(operation: str, reason: str, **more: bool) -> Refusal:
    """AWS's no."""
    return Refusal(operation, reason, "Code: message\n\tstatus code: 400, request id: 1", **more)


UNSURE = shown("ReconcilingEndpoint", operatorState=state(confirmed=False))
BEGUN = state(updateTo=CONFIG, updateFrom="2026-03-01T11:00:00.000Z", ago=10)
TAKEN = {**BEGUN, "rejected": CONFIG}
OLD = "sm-old"
LISTED = Summary("InService", "", THEN.timestamp())
