"""What is special about tuning jobs: counters and the best training job, in the original's form."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator import decide
from sagemaker_operator.facts import Absent, Facts, Found, Target
from sagemaker_operator.kinds import SPECIAL, tuning
from sagemaker_operator.steps import Ask, Done, Find, Release, WriteStatus
from smkube import conditions, kinds
from tests.unit.operator.cases import NOW, UID, state

JOB = Target("tune", "us-west-2")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BEST: dict[str, Any] = {
    "TrainingJobDefinitionName": "big",
    "TrainingJobName": "tune-002-0f0444b1",
    "TrainingJobArn": "arn:best",
    "TuningJobName": "tune",
    "CreationTime": NOON,
    "TrainingStartTime": NOON.replace(minute=1),
    "TrainingEndTime": NOON.replace(minute=9),
    "TrainingJobStatus": "Completed",
    "TunedHyperParameters": {"min_child_weight": "3", "eta": "0.21"},
    "FinalHyperParameterTuningJobObjectiveMetric": {"Type": "Maximize", "MetricName": "validation:auc", "Value": 0.93},
    "ObjectiveStatus": "Succeeded",
}


def test_a_description_fills_in_all_fields() -> None:
    """Counters with the sum of both kinds of error, best jobs, ARN and times."""
    description = {
        "HyperParameterTuningJobArn": "arn",
        "CreationTime": NOON,
        "HyperParameterTuningEndTime": NOON.replace(hour=14),
        "TrainingJobStatusCounters": {
            "Completed": 5,
            "InProgress": 4,
            "RetryableError": 2,
            "NonRetryableError": 1,
            "Stopped": 3,
        },
        "BestTrainingJob": BEST,
        "OverallBestTrainingJob": {"TrainingJobName": "parent-001-00000001", "TuningJobName": "parent"},
    }

    assert tuning.fields(JOB, description) == {
        "trainingJobStatusCounters": {
            "completed": 5,
            "inProgress": 4,
            "nonRetryableError": 1,
            "retryableError": 2,
            "stopped": 3,
            "totalError": 3,
        },
        "bestTrainingJob": {
            "trainingJobName": "tune-002-0f0444b1",
            "trainingJobArn": "arn:best",
            "trainingJobDefinitionName": "big",
            "tuningJobName": "tune",
            "trainingJobStatus": "Completed",
            "objectiveStatus": "Succeeded",
            "creationTime": "2026-03-01T12:00:00Z",
            "trainingStartTime": "2026-03-01T12:01:00Z",
            "trainingEndTime": "2026-03-01T12:09:00Z",
            "tunedHyperParameters": [{"name": "eta", "value": "0.21"}, {"name": "min_child_weight", "value": "3"}],
            "finalHyperParameterTuningJobObjectiveMetric": {
                "metricName": "validation:auc",
                "type": "Maximize",
                "value": "0.93",
            },
        },
        "overallBestTrainingJob": {"trainingJobName": "parent-001-00000001", "tuningJobName": "parent"},
        "sageMakerJobArn": "arn",
        "startTime": "2026-03-01T12:00:00Z",
        "completionTime": "2026-03-01T14:00:00Z",
    }


def test_before_the_first_description_the_counters_are_empty() -> None:
    """As the original: an empty object, and no best training job."""
    known = tuning.fields(JOB, {"BestTrainingJob": {}})

    assert {name: value for name, value in known.items() if value is not None} == {"trainingJobStatusCounters": {}}


def test_counters_that_aws_leaves_out_are_zero() -> None:
    """Printer columns show a number for each."""
    assert tuning.counters({"TrainingJobStatusCounters": {"InProgress": 1}}) == {
        "completed": 0,
        "inProgress": 1,
        "nonRetryableError": 0,
        "retryableError": 0,
        "stopped": 0,
        "totalError": 0,
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (0.10000000149011612, "0.1"),
        (0.9846850037574768, "0.984685"),
        (0.1 + 0.2, "0.30000000000000004"),
        (-2.5, "-2.5"),
        (0, "0.0"),
        (1e-05, "1e-05"),
        (1e300, "1e+300"),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_an_objective_is_told_without_the_noise_of_its_precision(value: float, text: str) -> None:
    """AWS widens single precision to double; what is no number has a word too."""
    assert tuning.number(value) == text


@given(st.floats(width=32, allow_nan=False))
def test_a_number_of_single_precision_survives(value: float) -> None:
    """Whoever reads the text back in single precision has AWS's number."""
    assert struct.pack("<f", float(tuning.number(value))) == struct.pack("<f", value)


@given(st.floats(allow_nan=False))
def test_a_number_of_double_precision_survives(value: float) -> None:
    """Any other number keeps all its digits, up to those that single precision does not have."""
    read = float(tuning.number(value))
    assert read == value or struct.pack("<f", read) == struct.pack("<f", value)


@pytest.fixture
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SPECIAL, kinds.TUNING_JOB.name, tuning.SPECIAL)


def following(word: str, **more: Any) -> Facts:
    """A tuning job that was followed before and is described now."""
    status = {"hyperParameterTuningJobStatus": "InProgress", "operatorState": state(JOB, confirmed=True)}
    return Facts(
        kind=kinds.TUNING_JOB,
        namespace="ns",
        name="tune",
        uid=UID,
        generation=1,
        deleting=False,
        finalizers=(kinds.FINALIZER,),
        spec={"region": JOB.region, "hyperParameterTuningJobName": JOB.name},
        status={**status, "observedGeneration": 1},
        now=NOW,
        sighting=Found({"HyperParameterTuningJobStatus": word, **more}),
    )


@pytest.mark.usefixtures("_registered")
@pytest.mark.parametrize("word", ["Deleting", "DeleteFailed", "Unheard-of"])
def test_words_of_a_deletion_are_no_outcome(word: str) -> None:
    """A tuning job that somebody deletes at SageMaker is shown with SageMaker's word, and its outcome stays open."""
    f = following(word)
    step = decide.decide(f)

    assert isinstance(step, WriteStatus)
    assert step.status["hyperParameterTuningJobStatus"] == word
    succeeded = conditions.find(step.status["conditions"], "Succeeded")
    assert succeeded is not None
    assert succeeded["status"] == "Unknown"
    assert decide.decide(replace(f, status=step.status)) == Done()


@pytest.mark.usefixtures("_registered")
def test_the_status_is_written_before_training_jobs_are_looked_for() -> None:
    """Whatever comes of the training jobs, the tuning job's own status is true first."""
    f = following("InProgress", TrainingJobStatusCounters={"InProgress": 2})
    first = decide.decide(f)
    assert isinstance(first, WriteStatus)
    assert first.status["trainingJobStatusCounters"]["inProgress"] == 2
    second = decide.decide(replace(f, status=first.status))

    assert isinstance(second, Ask)
    assert second.operation == "ListTrainingJobsForHyperParameterTuningJob"


@pytest.mark.usefixtures("_registered")
def test_an_object_goes_only_after_those_of_its_training_jobs() -> None:
    """The end of the tuning job is followed by a look for what it owns."""
    f = replace(following("Stopped"), deleting=True)
    step = decide.decide(f)

    assert step == Find("owned", "TrainingJob", owner=UID)
    f = replace(f, related={"owned": (), "originals": ()}, answers={"children0": Absent()})
    assert decide.decide(f) == Release()


@pytest.mark.parametrize(
    ("additional", "failed"),
    [
        ("", True),
        ("All training jobs failed.", True),
        ("Unable to initialize operator: no credentials", False),
    ],
)
def test_a_failure_of_the_original_is_told_from_one_of_the_job(additional: str, failed: bool) -> None:
    """It wrote `Failed` where it could not make an AWS client, too."""
    assert tuning.SPECIAL.failed_job(additional) is failed
    assert tuning.SPECIAL.refused_word == "ReconcilingTuningJob"
