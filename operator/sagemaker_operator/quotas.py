"""SageMaker's account quotas: which of them a job counts for, and who is to be tried when one ends. Pure.

Names are those of Service Quotas (AWS General Reference, "Amazon SageMaker AI endpoints and quotas").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from smkube import kinds

Spec = Mapping[str, Any]
Instances = Iterator[tuple[str, int]]


@dataclass(frozen=True, slots=True, order=True)
class Waiting:
    """An object whose job AWS refused to create since a quota is used up; the lesser of two comes first."""

    since: str
    """The object's creation, as Kubernetes writes it."""
    kind: str
    key: str
    region: str
    needs: tuple[tuple[str, int], ...]


def freed_for(region: str, freed: Mapping[str, int], waiting: Iterable[Waiting]) -> list[Waiting]:
    """Who is to be tried now that instances have become free: the oldest first, until what is free is used up.

    Whoever asks for more than that is tried all the same, as nobody knows what else there is, and nobody behind him:
    a large job is not to wait for ever behind small ones.

    Args:
        region: where.
        freed: instances by quota.
        waiting: all who wait, in any order.
    """
    left, found = dict(freed), []
    for one in sorted(waiting):
        shared = [(name, count) for name, count in one.needs if name in left]
        if one.region != region or not shared:
            continue
        if all(left[name] <= 0 for name, _count in shared):
            continue
        found.append(one)
        for name, count in shared:
            left[name] -= count
    return found


# --- what an object counts for -----------------------------------------------------------------------------------


def needs(kind: kinds.Kind, spec: Spec) -> dict[str, int]:
    """The quotas that what the spec asks for counts for, and for how many instances of each.

    Those by instance type come first, then that of all instances. Others, which only some requests count for (hosts
    of a single job, processing jobs of Debugger rules), are known from refusals alone.
    """
    count = _COUNTS.get(kind.name)
    if count is None:
        return {}
    usage, total, instances = count(spec)
    wanted: dict[str, int] = {}
    for instance_type, number in instances:
        name = f"{instance_type} for {usage} usage"
        wanted[name] = wanted.get(name, 0) + number
    return {**wanted, total: sum(wanted.values())} if wanted else {}


_Counted = tuple[str, str, Instances]


def _training(spec: Spec) -> _Counted:
    return (*_training_usage(spec), _cluster(_inner(spec, "resourceConfig")))


def _training_usage(spec: Spec) -> tuple[str, str]:
    spot = "spot " if spec.get("enableManagedSpotTraining") is True else ""
    return f"{spot}training job", f"Number of instances across all {spot}training jobs"


def _transform(spec: Spec) -> _Counted:
    total = "Number of instances across all transform jobs"
    return "transform job", total, _cluster(_inner(spec, "transformResources"))


def _processing(spec: Spec) -> _Counted:
    total = "Number of instances across all processing jobs"
    return "processing job", total, _cluster(_inner(_inner(spec, "processingResources"), "clusterConfig"))


def _tuning(spec: Spec) -> _Counted:
    """A tuning job is refused unless there is room for all training jobs that it runs side by side."""
    single = _inner(spec, "trainingJobDefinition")
    definitions = [single] if single else _list(spec, "trainingJobDefinitions")
    limits = _inner(_inner(spec, "hyperParameterTuningJobConfig"), "resourceLimits")
    side_by_side = _whole(limits.get("maxParallelTrainingJobs"))
    instances = (
        (instance_type, number * side_by_side)
        for definition in definitions
        for instance_type, number in _cluster(_inner(definition, "resourceConfig"))
    )
    return (*_training_usage(definitions[0] if definitions else {}), instances)


_COUNTS: dict[str, Callable[[Spec], _Counted]] = {
    kinds.TRAINING_JOB.name: _training,
    kinds.PROCESSING_JOB.name: _processing,
    kinds.TUNING_JOB.name: _tuning,
    kinds.BATCH_TRANSFORM_JOB.name: _transform,
}


def _cluster(config: Spec) -> Instances:
    """The instances of a job's hosts; a training job may have groups of different types."""
    for group in _list(config, "instanceGroups") or [config]:
        instance_type = group.get("instanceType")
        if isinstance(instance_type, str) and instance_type:
            yield instance_type, _whole(group.get("instanceCount"))


def _inner(value: Spec, name: str) -> Spec:
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def _list(value: Spec, name: str) -> list[Spec]:
    found = value.get(name)
    entries = found if isinstance(found, Sequence) and not isinstance(found, str) else ()
    return [one for one in entries if isinstance(one, Mapping)]


def _whole(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 1
