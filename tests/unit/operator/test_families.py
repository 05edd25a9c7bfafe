"""What annotations mean for any object, before its kind is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sagemaker_operator import controls, families, reasons
from sagemaker_operator.facts import Facts
from sagemaker_operator.steps import Claim, DeleteSelf, Describe, Done, Release, Stop, WriteStatus
from smkube import conditions, kinds
from tests.unit.operator.cases import NOW, TARGET, case, completed, found, running, stamp

FINISHED = "completionTime"


def annotated(f: Facts, **annotations: str) -> Facts:
    """The object with annotations, by the last part of their names."""
    named = {f"{kinds.GROUP}/{name.replace('_', '-')}": text for name, text in annotations.items()}
    return replace(f, annotations=named)


def written(f: Facts) -> Facts:
    """The object after the status write that it asks for."""
    step = families.next_step(f)
    assert isinstance(step, WriteStatus), step
    return replace(f, status=step.status)


def resting(**more: Any) -> Facts:
    """An object whose job is over."""
    return case(status=completed(**more))


# --- pause -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deleting", [False, True])
@pytest.mark.parametrize("status", [{}, running(), completed()], ids=["new", "running", "over"])
def test_a_paused_object_is_told_and_left_alone(status: dict[str, Any], deleting: bool) -> None:
    """One status write and one Event, then nothing: no claim, no call, no release."""
    f = annotated(case(status=status, deleting=deleting, look=True, missing=True), pause="true")

    told = families.next_step(f)

    assert isinstance(told, WriteStatus)
    assert [note.reason for note in told.notes] == [reasons.PAUSED]
    assert conditions.is_true(told.status["conditions"], "Paused")
    assert {key: told.status[key] for key in status if key != "conditions"} == {
        key: value for key, value in status.items() if key != "conditions"
    }
    assert families.next_step(replace(f, status=told.status)) == Done()


def test_a_paused_object_is_not_followed() -> None:
    """No list is read for its sake."""
    f = case(status=running())

    assert families.followed(f) == TARGET
    assert families.followed(annotated(f, pause="true")) is None


def test_an_object_without_our_finalizer_is_not_held_by_a_pause() -> None:
    """What others hold is their affair: nothing is written for an object that goes without us."""
    assert families.next_step(annotated(case(deleting=True, finalizers=()), pause="true")) == Done()


def test_after_a_pause_the_work_goes_on() -> None:
    """The condition goes, and the next step is the one that was due."""
    paused = written(annotated(case(status=running()), pause="true"))
    f = written(annotated(paused, pause="false"))

    assert conditions.find(f.status["conditions"], "Paused") is None
    assert families.next_step(annotated(replace(f, look=True))) == Describe(TARGET)


# --- annotations that cannot be understood -----------------------------------------------------------------------


def test_a_slip_is_told_once_and_does_not_keep_the_work() -> None:
    """A condition and a Warning name the annotation; the object is worked on as if it were not there."""
    f = annotated(case(finalizers=()), ttl_seconds_after_finished="1h")

    told = families.next_step(f)

    assert isinstance(told, WriteStatus)
    assert [(note.type, note.reason) for note in told.notes] == [("Warning", reasons.INVALID_ANNOTATION)]
    assert isinstance(families.next_step(replace(f, status=told.status)), Claim)


def test_a_deletion_with_an_unclear_policy_is_held() -> None:
    """Nothing is stopped or deleted on an instruction that cannot be understood; a clear one lets it go on."""
    f = written(annotated(case(status=running(), deleting=True), deletion_policy="keep"))

    assert families.next_step(f) == Done()
    clear = written(annotated(f, deletion_policy="stop"))
    assert conditions.find(clear.status["conditions"], "InvalidAnnotation") is None
    assert families.next_step(clear) == Describe(TARGET)


# --- deletion policies of jobs -----------------------------------------------------------------------------------


def test_retain_releases_without_touching_aws() -> None:
    """A running job runs on, and AWS is not even asked."""
    assert families.next_step(annotated(case(status=running(), deleting=True), deletion_policy="retain")) == Release()


@pytest.mark.parametrize("policy", ["", "stop", "delete"])
def test_a_running_job_is_stopped_first(policy: str) -> None:
    """By default, and before its record can be deleted."""
    f = case(status=running(), deleting=True, sighting=found("InProgress"))

    assert families.next_step(annotated(f, deletion_policy=policy)) == Stop(TARGET)


# --- reconcile now -----------------------------------------------------------------------------------------------


def test_reconcile_now_looks_once_for_each_new_text() -> None:
    """A Describe that nothing else asks for, then a note of the request; the same text again asks for nothing."""
    f = annotated(resting(), reconcile_now="one")
    assert families.next_step(f) == Describe(TARGET)

    looked = written(replace(f, sighting=found("Completed")))
    while isinstance(families.next_step(looked), WriteStatus):
        looked = written(looked)

    assert looked.state["reconcileNow"] == "one"
    assert looked.state["jobName"] == TARGET.name
    rested = case(status=looked.status)
    assert families.next_step(annotated(rested, reconcile_now="one")) == Done()
    assert families.next_step(annotated(rested, reconcile_now="two")) == Describe(TARGET)


# --- time to live ------------------------------------------------------------------------------------------------


def test_a_finished_object_goes_when_its_time_is_over() -> None:
    """Counted from the end that AWS tells; until then the object comes back at that time."""
    f = resting(**{FINISHED: stamp(100)})

    assert families.next_step(annotated(f, ttl_seconds_after_finished="130")) == Done(after=30.0)
    assert families.next_step(annotated(f, ttl_seconds_after_finished="100")) == DeleteSelf()
    assert families.next_step(annotated(f, ttl_seconds_after_finished="0")) == DeleteSelf()
    assert families.next_step(f) == Done()


def test_without_an_end_time_the_outcome_counts() -> None:
    """A job that was no longer to be found has no end at AWS: the moment when that was known stands for it."""
    f = resting()

    assert families.next_step(annotated(f, ttl_seconds_after_finished="90")) == Done(after=30.0)
    assert families.next_step(annotated(f, ttl_seconds_after_finished="60")) == DeleteSelf()


@pytest.mark.parametrize("status", [{}, running()], ids=["new", "running"])
def test_what_is_not_over_does_not_expire(status: dict[str, Any]) -> None:
    """Age alone is no end."""
    step = families.next_step(annotated(case(status=status), ttl_seconds_after_finished="0"))

    assert not isinstance(step, DeleteSelf)


def test_a_failed_job_expires_too() -> None:
    """The time to live counts from any end, as that of Kubernetes' own jobs."""
    failed = {
        **completed(),
        "conditions": conditions.merge([], [conditions.Wanted("Succeeded", "False", "Failed")], 1, stamp(9)),
    }

    assert families.next_step(annotated(case(status=failed), ttl_seconds_after_finished="5")) == DeleteSelf()


def test_an_object_that_goes_already_is_not_deleted_again() -> None:
    """The deletion goes its way."""
    f = replace(resting(**{FINISHED: stamp(100)}), deleting=True)

    assert families.next_step(annotated(f, ttl_seconds_after_finished="0")) == Release()


def test_a_later_look_at_rules_is_not_put_off() -> None:
    """Where the object is to be looked at before its time is over, that comes first."""
    rules = [{"ruleConfigurationName": "r", "ruleEvaluationStatus": "InProgress"}]
    f = resting(**{FINISHED: stamp(0), "debugRuleEvaluationStatuses": rules})
    f = replace(f, sighting=found("Completed", DebugRuleEvaluationStatuses=_rules(), TrainingEndTime=NOW))
    f = written(f) if isinstance(families.next_step(f), WriteStatus) else f

    step = families.next_step(annotated(f, ttl_seconds_after_finished="3600"))

    assert isinstance(step, Done)
    assert step.after is not None
    assert timedelta(seconds=step.after) < timedelta(seconds=60)
    assert step.look


def _rules() -> list[dict[str, Any]]:
    return [{"RuleConfigurationName": "r", "RuleEvaluationStatus": "InProgress"}]


def test_the_annotations_are_those_of_the_documents() -> None:
    """The names that users write."""
    names = [controls.PAUSE, controls.RECONCILE_NOW, controls.DELETION_POLICY, controls.TIME_TO_LIVE, controls.SPAWN]

    assert names == [
        "sagemaker.aws.amazon.com/pause",
        "sagemaker.aws.amazon.com/reconcile-now",
        "sagemaker.aws.amazon.com/deletion-policy",
        "sagemaker.aws.amazon.com/ttl-seconds-after-finished",
        "sagemaker.aws.amazon.com/spawn-training-jobs",
    ]
