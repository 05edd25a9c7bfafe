"""Which quotas a job counts for, and who is tried when instances become free."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator import quotas
from sagemaker_operator.quotas import Waiting
from smkube import kinds
from tests.conformance import specs

TYPE, ALL = "ml.p3.2xlarge for training job usage", "Number of instances across all training jobs"


def _config(count: int, **more: Any) -> dict[str, Any]:
    return {"resourceConfig": {"instanceType": "ml.p3.2xlarge", "instanceCount": count, "volumeSizeInGB": 1}, **more}


@pytest.mark.parametrize(
    ("kind", "spec", "needs"),
    [
        (kinds.TRAINING_JOB, _config(2), {TYPE: 2, ALL: 2}),
        (
            kinds.TRAINING_JOB,
            _config(1, enableManagedSpotTraining=True),
            {
                "ml.p3.2xlarge for spot training job usage": 1,
                "Number of instances across all spot training jobs": 1,
            },
        ),
        (
            kinds.TRAINING_JOB,
            {"resourceConfig": {"instanceGroups": [{"instanceType": "a", "instanceCount": 1}] * 2}},
            {"a for training job usage": 2, ALL: 2},
        ),
        (
            kinds.TUNING_JOB,
            {
                "trainingJobDefinition": _config(2),
                "hyperParameterTuningJobConfig": {"resourceLimits": {"maxParallelTrainingJobs": 3}},
            },
            {TYPE: 6, ALL: 6},
        ),
        (
            kinds.BATCH_TRANSFORM_JOB,
            {"transformResources": {"instanceType": "ml.m5.large", "instanceCount": 1}},
            {"ml.m5.large for transform job usage": 1, "Number of instances across all transform jobs": 1},
        ),
        (kinds.TRAINING_JOB, {"resourceConfig": "nonsense"}, {}),
        (kinds.MODEL, {}, {}),
    ],
)
def test_what_a_job_counts_for(kind: kinds.Kind, spec: dict[str, Any], needs: dict[str, int]) -> None:
    """By the instances of its hosts, their type, and whether they are spot."""
    assert quotas.needs(kind, spec) == needs


@pytest.mark.parametrize("kind", kinds.JOBS, ids=lambda kind: kind.name)
def test_every_kind_of_jobs_counts_for_something(kind: kinds.Kind) -> None:
    """The usual spec of each kind counts for its instance type and for the total."""
    assert len(quotas.needs(kind, specs.SPECS[kind.name]("us-east-1"))) == 2


def _waiting(number: int, count: int, region: str = "here", name: str = TYPE) -> Waiting:
    return Waiting(f"2026-01-01T00:00:{number:02}Z", "TrainingJob", f"ns/{number}", region, ((name, count),))


def test_the_oldest_come_first_until_what_is_free_is_used_up() -> None:
    """Two instances are free: the two oldest that need one are tried, whatever their order here."""
    line = [_waiting(number, 1) for number in (3, 1, 2)]

    assert [one.key for one in quotas.freed_for("here", {TYPE: 2}, line)] == ["ns/1", "ns/2"]


def test_nobody_passes_a_large_job() -> None:
    """Whoever asks for more than is free is tried alone; the small one behind waits."""
    found = quotas.freed_for("here", {TYPE: 1}, [_waiting(1, 4), _waiting(2, 1)])

    assert [one.key for one in found] == ["ns/1"]


def test_other_quotas_and_regions_are_left_alone() -> None:
    """What waits for something else is not tried."""
    others = [_waiting(1, 1, region="there"), _waiting(2, 1, name="ml.m5.large for training job usage")]

    assert quotas.freed_for("here", {TYPE: 1}, others) == []


@given(st.lists(st.integers(1, 4), max_size=8), st.integers(1, 8))
def test_somebody_is_tried_and_not_too_many(needs: list[int], free: int) -> None:
    """Whoever is oldest is always tried, and no more than one beyond what is free."""
    line = [_waiting(number, count) for number, count in enumerate(needs)]
    found = quotas.freed_for("here", {TYPE: free}, line)

    assert found == line[: len(found)]
    assert bool(found) == bool(line)
    assert sum(count for one in found[:-1] for _name, count in one.needs) < free
