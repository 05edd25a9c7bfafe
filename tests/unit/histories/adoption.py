"""What is there before the operator's first start: others' resources at AWS, and objects the original operator left.

Such an object has the original's finalizer, names and status words, and nothing of ours; what it stands for was made
without our marks.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from sagemaker_operator import marks
from sagemaker_operator.mapping import request, scaling
from smkube import kinds, names
from tests.unit.histories.acts import User
from tests.unit.histories.aws import Account
from tests.unit.histories.specs import FOREIGN, GOOD_ROLE, MODEL, POOL, UNMARKED, Spec
from tests.unit.histories.truth import DEFAULT_POLICY, VARIANT_DIMENSION
from tests.unit.histories.world import NAMESPACE, Stored

OTHERS = {"Key": marks.UID, "Value": "00000000-0000-0000-0000-000000000000"}
Tags = list[dict[str, str]]
_OWNED: tuple[tuple[str, Tags], ...] = ((FOREIGN, [OTHERS]), (UNMARKED, []))
_OWNED_MODELS: tuple[tuple[str, Tags], ...] = ((MODEL, []), (FOREIGN, [OTHERS]))
_FIRST_WORD = "SynchronizingK8sJobWithSageMaker"


def furnish(account: Account) -> None:
    """What others have in the account: a model for everybody, and of each kind one that is not ours to touch."""
    for name, tags in _OWNED_MODELS:
        container = {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"}
        account.act(
            "CreateModel",
            {"ModelName": name, "ExecutionRoleArn": GOOD_ROLE, "PrimaryContainer": container, "Tags": tags},
        )
    for name, tags in _OWNED:
        account.act(
            "CreateTrainingJob",
            {
                "TrainingJobName": name,
                "RoleArn": GOOD_ROLE,
                "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
                "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
                "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
                "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
                "Tags": tags,
            },
        )
    for name, tags in _OWNED:
        variant = {
            "VariantName": "main",
            "ModelName": FOREIGN,
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
        }
        account.act("CreateEndpointConfig", {"EndpointConfigName": name, "ProductionVariants": [variant], "Tags": tags})
        account.act("CreateEndpoint", {"EndpointName": name, "EndpointConfigName": name, "Tags": tags})


def leave_behind(user: User) -> dict[str, str]:
    """Some objects of the original; returns the UIDs of those that stand for a job at AWS, with their kind."""
    adopted: dict[str, str] = {}
    for kind in (one for one in _LEFT if one.name in user.kinds):
        name = user.rng.choice(list(POOL[kind.name]))
        if name != "named" and user.rng.random() < (0.5 if kind is kinds.AUTOSCALING_POLICY else 0.15):
            left = _LEFT[kind](user, kind, name)
            if left is None:
                continue
            stored, exists = left
            user.cluster.put(kind.name, stored)
            if exists and kind.family is kinds.Family.JOB:
                adopted[stored["metadata"]["uid"]] = kind.name
    return adopted


def _object(user: User, name: str, spec: Spec) -> Stored:
    identity = str(uuid.UUID(int=user.rng.getrandbits(128), version=4))
    return {
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "uid": identity,
            "generation": 2,
            "creationTimestamp": "2026-11-01T00:00:00Z",
            "finalizers": [kinds.FINALIZER],
        },
        "spec": {key: value for key, value in spec.items() if value is not None},
        "status": {},
    }


def _job(user: User, kind: kinds.Kind, name: str) -> tuple[Stored, bool]:
    """A job in one of the states in which the original leaves it."""
    stored = _object(user, name, _adoptable(POOL[kind.name][name](user.rng)))
    job = names.sagemaker_safe(names.generated(name, stored["metadata"]["uid"], kind.name_limit))
    spec = stored["spec"]
    if kind.writes_name:
        spec[kind.spec_name] = job
    # Created just before the original ended, or not created at all.
    exists, word = user.rng.random() < 0.85, _FIRST_WORD
    if exists:
        user.account.act(kind.api.create, request.to_request(kind.name, spec, job, ()), spec["region"])
        user.account.clock.advance(user.rng.choice([1.0, 60.0, 400.0]))
        shown = user.account.act(kind.api.describe, {kind.api.name: job}, spec["region"])[kind.api.status]
        # The original has seen that, or an earlier state.
        word = user.rng.choice([shown, shown, "InProgress", _FIRST_WORD])
    stored["status"] = {kind.status_word: word, kind.status_name: job, "lastCheckTime": "2026-11-01T00:00:00Z"}
    return stored, exists


def _adoptable(spec: dict[str, Any]) -> Spec:
    role = {"roleArn": GOOD_ROLE} if "roleArn" in spec else {}
    model = {"modelName": MODEL} if "modelName" in spec else {}
    if "trainingJobDefinition" in spec:
        spec["trainingJobDefinition"]["roleArn"] = GOOD_ROLE
    return {**spec, **role, **model}


def _resource(user: User, kind: kinds.Kind, name: str) -> tuple[Stored, bool]:
    """A Model or an EndpointConfig."""
    spec = POOL[kind.name][name](user.rng)
    if kind is kinds.MODEL:
        spec["executionRoleArn"] = GOOD_ROLE
        spec["primaryContainer"]["mode"] = "SingleModel"
    else:
        spec["productionVariants"][0]["modelName"] = MODEL
    stored = _object(user, name, spec)
    _make_resource(user, kind, stored)
    return stored, True


def _make_resource(user: User, kind: kinds.Kind, stored: Stored) -> str:
    """What a Model or an EndpointConfig stands for, and the status that tells of it; returns SageMaker's name."""
    called = names.sagemaker_safe(
        names.generated(stored["metadata"]["name"], stored["metadata"]["uid"], kind.name_limit)
    )
    answer = user.account.act(kind.api.create, request.to_request(kind.name, stored["spec"], called, ()))
    arn = "modelArn" if kind is kinds.MODEL else "endpointConfigArn"
    stored["status"] = {
        kind.status_word: "Created",
        kind.status_name: called,
        arn: answer[kind.api.arn],
        "lastUpdateTime": "2026-11-01T00:00:00Z",
    }
    return called


def _deployment(user: User, kind: kinds.Kind, name: str) -> tuple[Stored, bool]:
    """A HostingDeployment with its children, whose names follow from the generation that the original last saw."""
    spec = _replaced_role(POOL[kind.name][name](user.rng))
    if spec.get("endpointName") in {FOREIGN, UNMARKED}:
        del spec["endpointName"]
    stored = _object(user, name, spec)
    meta = stored["metadata"]
    models = {
        one["name"]: _child(user, kinds.MODEL, stored, one["name"], _model_spec(spec, one)) for one in spec["models"]
    }
    variants = [{**one, "modelName": models[one["modelName"]]} for one in spec["productionVariants"]]
    config_spec = {"region": spec["region"], "tags": spec["tags"], "productionVariants": variants}
    config = _child(user, kinds.ENDPOINT_CONFIG, stored, name, config_spec)
    endpoint = spec.get("endpointName") or names.sagemaker_safe(names.generated(name, meta["uid"], kind.name_limit))
    tags = [{"Key": tag["key"], "Value": tag["value"]} for tag in spec["tags"] or ()]
    user.account.act("CreateEndpoint", {"EndpointName": endpoint, "EndpointConfigName": config, "Tags": tags})
    user.account.clock.advance(user.rng.choice([1.0, 200.0]))
    word = user.account.act("DescribeEndpoint", {"EndpointName": endpoint})["EndpointStatus"]
    stored["status"] = {
        "endpointStatus": word,
        "endpointName": endpoint,
        "endpointConfigName": config,
        "modelNames": [{"name": key, "value": value} for key, value in models.items()],
        "lastCheckTime": "2026-11-01T00:00:00Z",
    }
    return stored, True


def _replaced_role(spec: Spec) -> Spec:
    return {**spec, "models": [{**one, "executionRoleArn": GOOD_ROLE} for one in spec["models"]]}


def _model_spec(spec: Spec, one: Spec) -> Spec:
    """The Model child of an entry; its own controller has filled in the mode."""
    container = {**one["containers"][0], "mode": "SingleModel"}
    return {
        "region": spec["region"],
        "tags": spec["tags"],
        "executionRoleArn": one["executionRoleArn"],
        "primaryContainer": container,
    }


def _child(user: User, kind: kinds.Kind, parent: Stored, part: str, spec: Spec) -> str:
    meta = parent["metadata"]
    uid = meta["uid"].replace("-", "")
    stored = _object(user, f"{part}-{meta['generation']}-{uid}", spec)
    stored["metadata"]["labels"] = {
        "owner_HostingDeployment_namespace": NAMESPACE,
        "owner_HostingDeployment_name": meta["name"],
    }
    called = _make_resource(user, kind, stored)
    user.cluster.put(kind.name, stored)
    return called


def _policy(user: User, kind: kinds.Kind, name: str) -> tuple[Stored, bool] | None:
    """A HostingAutoscalingPolicy in force, with the defaults that the original writes into the spec."""
    spec = POOL[kind.name][name](user.rng)
    now, endpoints = user.account.clock.now(), user.account.region().endpoints
    resources = [
        one
        for one in spec["resourceId"]
        if (endpoint := endpoints.get(one["endpointName"], now)) is not None
        and endpoint.at(now).status == "InService"
        and endpoint.at(now).present.variant(one["variantName"]) is not None
    ]
    if not resources or spec["policyType"] == "StepScaling":
        return None
    defaults = {
        "policyName": spec["policyName"] or DEFAULT_POLICY,
        "policyType": "TargetTrackingScaling",
        "serviceNamespace": "sagemaker",
        "scalableDimension": VARIANT_DIMENSION,
        "suspendedState": dict.fromkeys(
            ("dynamicScalingInSuspended", "dynamicScalingOutSuspended", "scheduledScalingSuspended"), False
        ),
        "scheduledActions": None,
    }
    stored = _object(user, name, {**spec, **defaults, "resourceId": resources})
    spec, service = stored["spec"], "application-autoscaling"
    ids = scaling.resource_ids(spec)
    for one in ids:
        user.account.act("RegisterScalableTarget", scaling.register_request(spec, one), service=service)
        user.account.act("PutScalingPolicy", scaling.put_policy_request(spec, one) or {}, service=service)
    stored["status"] = {
        kind.status_word: "Created",
        kind.status_name: spec["policyName"],
        "resourceIDList": ids,
    }
    return stored, True


_LEFT: dict[kinds.Kind, Callable[[User, kinds.Kind, str], tuple[Stored, bool] | None]] = {
    kinds.TRAINING_JOB: _job,
    kinds.PROCESSING_JOB: _job,
    kinds.BATCH_TRANSFORM_JOB: _job,
    kinds.TUNING_JOB: _job,
    kinds.MODEL: _resource,
    kinds.ENDPOINT_CONFIG: _resource,
    kinds.HOSTING_DEPLOYMENT: _deployment,
    kinds.AUTOSCALING_POLICY: _policy,
}
