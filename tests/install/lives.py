"""The lives of all kinds, each in a region of its own, where the operator may do what its policy for that kind allows.

From creation to deletion, with an edit of tags, a failure with its log, and a job that is stopped: together every call
that the operator ever makes. The session's operator plays; its access key is bound in these regions only.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from smkube import kinds
from smkube.kinds import (
    AUTOSCALING_POLICY,
    ENDPOINT_CONFIG,
    HOSTING_DEPLOYMENT,
    MODEL,
    TRAINING_JOB,
    TUNING_JOB,
    Kind,
)
from tests.cluster.controlplane import ControlPlane
from tests.conformance import specs
from tests.conformance.hosting_scene import deployment, nudge
from tests.conformance.operator_scene import SPAWN, Object, Scene
from tests.stack.stack import ROOT, Stack
from tests.stack.waiting import until

NAMESPACE, ACCOUNT = "iam", "123456789012"
REASON = "AlgorithmError: it broke"
BLUE, RED = [{"key": "team", "value": "blue"}], [{"key": "owner", "value": "red"}]
ENDPOINT = "somebody-elses"
NIGHT: Object = {
    "scheduledActionName": "night",
    "schedule": "cron(0 20 * * ? *)",
    "scalableTargetAction": {"minCapacity": 1, "maxCapacity": 1},
}
LONG_LOG: Object = {"rate": 3000, "message": "{host} step={n} " + "x" * 4000}
"""A log of more than six pages of a megabyte, which the plugin then reads by streams."""
PLAN = "arn:aws:sagemaker:us-east-1:123456789012:training-plan/reserved"
SPECS: Mapping[str, Object] = {
    TRAINING_JOB.name: {"resourceConfig": {**specs.training("")["resourceConfig"], "trainingPlanArn": PLAN}},
    TUNING_JOB.name: {
        "hyperParameterTuningJobConfig": {
            **specs.tuning("")["hyperParameterTuningJobConfig"],
            "resourceLimits": {"maxNumberOfTrainingJobs": 1, "maxParallelTrainingJobs": 1},
        }
    },
}
"""Fields of the jobs' specs that matter."""
EDITS: Mapping[str, Object] = {
    HOSTING_DEPLOYMENT.name: {"productionVariants": [specs.variant("served", initialInstanceCount=2)]},
    AUTOSCALING_POLICY.name: {"scheduledActions": None},
}
DENIED = "AccessDeniedException"


def generator() -> ModuleType:
    """`packaging/iam/generate.py` as a module; the folder is no package."""
    if "iam_generate" not in sys.modules:
        spec = importlib.util.spec_from_file_location("iam_generate", ROOT / "packaging" / "iam" / "generate.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules["iam_generate"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["iam_generate"])
    return sys.modules["iam_generate"]


def policy(name: str, *chosen: Kind) -> Object:
    """A policy for some kinds, all if none is named, as the generator makes it."""
    made = generator()
    document: Object = made.POLICIES[name](made.Place(kinds=chosen or kinds.ALL, account=ACCOUNT))
    return document


@dataclass
class Lives:
    """What has been played.

    Attributes:
        scenes: where each kind has lived.
        access_key: the operator's.
    """

    scenes: dict[str, Scene]
    access_key: str
    demands: dict[str, set[tuple[str, str]]] = field(default_factory=dict)

    def denied(self, kind: Kind) -> list[tuple[str, str]]:
        """Calls of the operator about a kind that were refused for a missing right: operation and name."""
        scene = self.scenes[kind.name]
        return [
            (entry["operation"], entry["name"])
            for entry in scene.control.record()
            if (entry["region"], entry["access_key"], entry["outcome"]) == (scene.region, self.access_key, DENIED)
        ]

    def called(self) -> set[tuple[str, str]]:
        """Services and operations that the operator has called in any of the regions."""
        regions = {scene.region for scene in self.scenes.values()}
        record = next(iter(self.scenes.values())).control.record()
        return {
            (entry["service"], entry["operation"])
            for entry in record
            if entry["region"] in regions and entry["access_key"] == self.access_key
        }


def play(stack: Stack, plane: ControlPlane, region: Callable[[], str]) -> Lives:
    """Play all lives at once; returns when all of them are over.

    Args:
        stack: the operator and the stand-in.
        plane: the control plane.
        region: makes up regions that nobody uses.
    """
    plane.admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    access_key = stack.aws()["AWS_ACCESS_KEY_ID"]
    lives = Lives({kind.name: Scene(stack, plane, NAMESPACE, region()) for kind in kinds.ALL}, access_key)
    keys = {f"{access_key}@{lives.scenes[kind.name].region}": policy("operator", kind) for kind in kinds.ALL}
    stack.control.set_faults(policies=keys)
    _begin(lives)
    _edit(lives)
    _end(lives)
    demanded: Mapping[str, Any] = stack.control.set_faults()["demanded"]
    lives.demands = {
        kind.name: {tuple(one) for one in demanded[f"{access_key}@{lives.scenes[kind.name].region}"]}
        for kind in kinds.ALL
    }
    return lives


def name_of(kind: Kind, stem: str) -> str:
    """Name of an object; kinds share the namespace, and rules go by the name's beginning."""
    return f"{stem}-{kind.short_names[0]}"


# --- beginnings --------------------------------------------------------------------------------------------------


def _begin(lives: Lives) -> None:
    for kind in kinds.JOBS:
        scene = lives.scenes[kind.name]
        scene.long(name_of(kind, "stopped"))
        # The failure of a tuning job is that of its training jobs.
        logs = {"batch": 0.1, "delay": 0, **(LONG_LOG if kind is TRAINING_JOB else {"rate": 20})}
        scene.control.rule(f"{name_of(kind, 'failed')}*", fail=REASON, logs=logs)
        spec = SPECS.get(kind.name, {})
        scene.create(kind, name_of(kind, "done"), tags=BLUE, annotations={SPAWN: "true"}, **spec)
        scene.create(kind, name_of(kind, "stopped"), **spec)
        scene.create(kind, name_of(kind, "failed"), **spec)
    for kind in (MODEL, ENDPOINT_CONFIG):
        lives.scenes[kind.name].create(kind, name_of(kind, "part"), tags=BLUE)
    _begin_hosting(lives.scenes[HOSTING_DEPLOYMENT.name])
    _begin_scaling(lives.scenes[AUTOSCALING_POLICY.name])


def _begin_hosting(scene: Scene) -> None:
    scene.create(HOSTING_DEPLOYMENT, "served", endpointName="served", tags=BLUE, **deployment("served"))
    scene.control.rule("broken", kind="endpoint", fail={"reason": REASON})
    events = [{"message": "the model cannot be loaded"}]
    scene.control.put_logs(f"{HOSTING_DEPLOYMENT.log_group}broken", "all/i-1", events, region=scene.region)
    scene.create(HOSTING_DEPLOYMENT, "broken", endpointName="broken", **deployment("broken"))


def _begin_scaling(scene: Scene) -> None:
    variant = {"VariantName": "all", "ModelName": specs.MODEL, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    scene.sagemaker().create_endpoint_config(EndpointConfigName=ENDPOINT, ProductionVariants=[variant])
    scene.sagemaker().create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=ENDPOINT)
    until(lambda: (scene.hosted("endpoints", ENDPOINT) or {}).get("status") == "InService", "somebody else's endpoint")
    resource = [{"endpointName": ENDPOINT, "variantName": "all"}]
    scene.create(AUTOSCALING_POLICY, "scaled", resourceId=resource, tags=BLUE, scheduledActions=[NIGHT])


# --- in between --------------------------------------------------------------------------------------------------


def _edit(lives: Lives) -> None:
    for kind in kinds.JOBS:
        scene = lives.scenes[kind.name]
        scene.until_word(kind, name_of(kind, "stopped"), "InProgress")
        scene.until_word(kind, name_of(kind, "done"), "Completed")
        scene.until_noted(name_of(kind, "failed"), "Failed")
    for kind, name in _resources():
        scene = lives.scenes[kind.name]
        scene.until_ready(kind, name)
        scene.edit(kind, name, tags=RED, **EDITS.get(kind.name, {}))
    for kind in kinds.JOBS:
        lives.scenes[kind.name].edit(kind, name_of(kind, "done"), tags=RED)
    for kind in kinds.JOBS:
        until(lambda: lives.scenes[kind.name].calls("DeleteTags"), f"the tags of {kind.name}")  # noqa: B023 - called at once
    for kind, name in _resources():
        lives.scenes[kind.name].until_ready(kind, name)
    lives.scenes[HOSTING_DEPLOYMENT.name].until_noted("broken", "Failed")


def _resources() -> list[tuple[Kind, str]]:
    parts = [(kind, name_of(kind, "part")) for kind in (MODEL, ENDPOINT_CONFIG)]
    return [*parts, (HOSTING_DEPLOYMENT, "served"), (AUTOSCALING_POLICY, "scaled")]


# --- ends --------------------------------------------------------------------------------------------------------


def _end(lives: Lives) -> None:
    doomed = [(kind, name) for kind, name in _resources()]
    for kind in kinds.JOBS:
        scene, name = lives.scenes[kind.name], name_of(kind, "done")
        scene.annotate(kind, name, deletion_policy="delete")
        doomed += [(kind, name), (kind, name_of(kind, "stopped"))]
    for kind, name in doomed:
        lives.scenes[kind.name].delete(kind, name)
    hosting = lives.scenes[HOSTING_DEPLOYMENT.name]
    until(lambda: hosting.hosted("endpoints", "served") is None, "the endpoint to go")
    nudge(hosting, "served")
    for kind, name in doomed:
        lives.scenes[kind.name].until_gone(kind, name)
