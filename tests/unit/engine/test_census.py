"""Objects are counted by state when somebody asks, and only by the process that acts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import prometheus_client as prom
import pytest

from sagemaker_operator.engine import census
from sagemaker_operator.engine.cache import Cache
from sagemaker_operator.engine.census import Census
from smkube import kinds
from smkube.kube import envelope

TRAINING, MODEL = kinds.TRAINING_JOB, kinds.MODEL
Read = Callable[[], dict[tuple[str, ...], float]]


def put(cache: Cache, name: str, version: int, word: str = "", stalled: str = "", namespace: str = "ns") -> None:
    """Have the cache hold an object in a state."""
    conditions = [{"type": "Stalled", "status": "True" if stalled else "False", "reason": stalled or "Settled"}]
    whole = {
        "metadata": {"name": name, "namespace": namespace, "uid": name, "resourceVersion": str(version)},
        "status": {"trainingJobStatus": word, "status": word, "conditions": conditions} if word else {},
    }
    cache.apply(envelope.obj(json.dumps(whole).encode()))


@pytest.fixture
def caches() -> dict[kinds.Kind, Cache]:
    """Training jobs and a model in several states and namespaces."""
    made = {TRAINING: Cache(), MODEL: Cache()}
    put(made[TRAINING], "a", 1, "InProgress")
    put(made[TRAINING], "b", 2, "InProgress")
    put(made[TRAINING], "c", 3, "Failed", "Failed")
    put(made[TRAINING], "d", 4, "ReconcilingTrainingJob", "AccessDenied", "other")
    put(made[TRAINING], "e", 5)
    put(made[MODEL], "a", 6, "Created")
    return made


def figures(counting: Census) -> dict[tuple[str, ...], float]:
    """The samples of a scrape, by kind, namespace and status or reason."""
    registry = prom.CollectorRegistry()
    registry.register(counting)
    return {tuple(sample.labels.values()): sample.value for family in registry.collect() for sample in family.samples}


def test_objects_are_counted_by_kind_namespace_and_state(caches: dict[kinds.Kind, Cache]) -> None:
    """By status word, new without one; by what stalls them, a job's own failure aside; and by each condition."""
    assert figures(Census(caches, lambda: True)) == {
        ("trainingjob", "ns", "InProgress"): 2,
        ("trainingjob", "ns", "Failed"): 1,
        ("trainingjob", "ns", "New"): 1,
        ("trainingjob", "other", "ReconcilingTrainingJob"): 1,
        ("model", "ns", "Created"): 1,
        ("trainingjob", "other", "AccessDenied"): 1,
        ("trainingjob", "Stalled", "False", "Settled"): 2,
        ("trainingjob", "Stalled", "True", "Failed"): 1,
        ("trainingjob", "Stalled", "True", "AccessDenied"): 1,
        ("model", "Stalled", "False", "Settled"): 1,
    }


def test_of_several_replicas_one_counts(caches: dict[kinds.Kind, Cache]) -> None:
    """A process that does not lead has the families and no figures, so that sums over all are right."""
    assert figures(Census(caches, lambda: False)) == {}


def test_only_what_changed_is_read_again(caches: dict[kinds.Kind, Cache], monkeypatch: pytest.MonkeyPatch) -> None:
    """A second scrape decodes the statuses of changed objects only, and forgets those that are gone."""
    counting = Census(caches, lambda: True)
    figures(counting)
    read: list[str] = []
    real = census._read

    def noted(kind: kinds.Kind, obj: envelope.Object) -> Any:
        read.append(obj.metadata.name)
        return real(kind, obj)

    monkeypatch.setattr(census, "_read", noted)
    put(caches[TRAINING], "a", 7, "Completed")
    gone = caches[TRAINING].get("ns/e")
    assert gone is not None
    caches[TRAINING].apply(gone, deleted=True)

    seen = figures(counting)

    assert read == ["a"]
    assert seen["trainingjob", "ns", "Completed"] == 1
    assert seen["trainingjob", "ns", "InProgress"] == 1
    assert ("trainingjob", "ns", "New") not in seen
