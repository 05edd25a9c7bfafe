"""Training jobs of a tuning job as objects: whole lives played against a cluster and an AWS account in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sagemaker_operator import controls, decide, reasons, spawning
from sagemaker_operator.facts import Absent, Facts, Found, Refusal, Related, Target
from sagemaker_operator.notes import Note
from sagemaker_operator.spawning import objects
from sagemaker_operator.spawning.listing import OPERATION, Child
from sagemaker_operator.steps import (
    Ask,
    CreateObject,
    DeleteObject,
    Done,
    Find,
    PatchObject,
    Release,
    Step,
    WriteStatus,
)
from smkube import kinds
from tests.unit.operator.cases import NOW, UID, case

TUNING = kinds.TUNING_JOB
JOB = Target("0123456789abcdef0123456789abcdef", "eu-west-1", "https://vpce.example.org")
MOST_STEPS = 200
"""What the controller allows in one pass."""
OWNER = {
    "apiVersion": "sagemaker.aws.amazon.com/v1",
    "kind": "HyperparameterTuningJob",
    "name": "tune",
    "uid": UID,
    "controller": True,
}
DENIED = Refusal(OPERATION, reasons.ACCESS_DENIED, "AccessDeniedException: no\n\tstatus code: 400, request id: 1")
THROTTLED = Refusal(OPERATION, reasons.THROTTLED, "ThrottlingException: Rate exceeded")

Body = dict[str, Any]


class Crash(BaseException):
    """The process dies here."""


def child_name(number: int, job: str = JOB.name) -> str:
    """What SageMaker calls a training job of a tuning job."""
    return f"{job}-{number:03d}-{number:08x}"


def described(name: str) -> Body:
    """What DescribeTrainingJob answers about a training job of a tuning job."""
    return {
        "TrainingJobName": name,
        "TrainingJobArn": f"arn:aws:sagemaker:eu-west-1:123456789012:training-job/{name}",
        "TuningJobArn": f"arn:aws:sagemaker:eu-west-1:123456789012:hyper-parameter-tuning-job/{JOB.name}",
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Training",
        "HyperParameters": {"eta": "0.2", "_tuning_objective_metric": "validation:auc"},
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "RoleArn": "arn:aws:iam::123456789012:role/train",
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out", "KmsKeyId": ""},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "CreationTime": NOW,
        "LastModifiedTime": NOW,
    }


@dataclass
class Play:
    """A tuning job, its object, and the controller's part in both."""

    children: dict[str, datetime] = field(default_factory=dict)
    word: str = "InProgress"
    ended: datetime | None = None
    now: datetime = NOW
    status: Body = field(default_factory=lambda: {"operatorState": {"createConfirmed": True, "jobName": JOB.name}})
    annotations: dict[str, str] = field(default_factory=dict)
    finalizers: tuple[str, ...] = (kinds.FINALIZER,)
    objects: dict[str, Related] = field(default_factory=dict)
    owners: dict[str, Body] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    answer: Callable[[Ask], Refusal | Absent | None] = lambda _ask: None
    """An answer other than AWS's ordinary one."""
    hidden: int = 0
    """Training jobs that the counters know and the list does not show."""
    dies_after: int | None = None
    """Steps until the process dies."""
    spawn_limit: int = 500
    version: int = 0

    # --- the world -------------------------------------------------------------------------------------------------

    def launch(self, count: int, every: float = 1.0, name: Callable[[int], str] = child_name) -> None:
        """The tuning job starts more training jobs."""
        for _ in range(count):
            number = len(self.children) + 1
            self.children[name(number)] = NOW + timedelta(seconds=number * every)

    def put(self, name: str, **more: Any) -> None:
        """An object is there."""
        self.version += 1
        plain = Related(
            kind="TrainingJob",
            name=name.lower(),
            uid=f"uid-{name}",
            resource_version=str(self.version),
            generation=1,
            deleting=False,
            finalizers=(),
            labels={},
            annotations={},
            owner="",
            spec={"trainingJobName": name, "region": JOB.region},
            status={},
        )
        self.objects[name.lower()] = replace(plain, **more)

    def original(self, name: str, **more: Any) -> None:
        """The original operator made an object for a training job."""
        self.put(name, finalizers=(kinds.FINALIZER, kinds.TUNING_FINALIZER), **more)

    def describe(self) -> Body:
        """What DescribeHyperParameterTuningJob answers."""
        counters = {"Completed": 0, "InProgress": len(self.children) + self.hidden}
        ended = {"HyperParameterTuningEndTime": self.ended} if self.ended else {}
        return {
            "HyperParameterTuningJobStatus": self.word,
            "TrainingJobStatusCounters": counters,
            "LastModifiedTime": self.now,
            **ended,
        }

    # --- the controller --------------------------------------------------------------------------------------------

    def facts(self, **more: Any) -> Facts:
        """Facts at the start of a pass."""
        plain: Body = {
            "kind": TUNING,
            "namespace": "ns",
            "name": "tune",
            "uid": UID,
            "generation": 1,
            "deleting": False,
            "finalizers": self.finalizers,
            "spec": {"region": JOB.region},
            "status": self.status,
            "now": self.now,
            "annotations": self.annotations,
            "spawn_limit": self.spawn_limit,
        }
        return Facts(**{**plain, **more})

    def live(self) -> Done | None:
        """One pass over a living object, after its status was written."""
        f = self.facts()
        counters = self.describe()["TrainingJobStatusCounters"]
        self.status = {**self.status, "trainingJobStatusCounters": counters}
        return self._play(replace(f, status=self.status), lambda now: spawning.step(now, JOB, self.describe()))

    def rest(self, most: int = 60) -> Done | None:
        """Passes until nothing more is to be done at once."""
        for _ in range(most):
            done = self.live()
            if done is None or done.retry or (done.after or 0) > 10:
                return done
            self.now += timedelta(seconds=done.after or 0)
        raise AssertionError("no end of it")

    def release(self, most: int = 60, **more: Any) -> None:
        """Passes until the object may go."""
        for _ in range(most):
            f = self.facts(deleting=True, **more)
            if self._play(f, lambda now: spawning.release_step(now, JOB)) is None:
                return
        raise AssertionError("no end of it")

    def _play(self, f: Facts, decide: Callable[[Facts], Step | None]) -> Done | None:
        for _ in range(MOST_STEPS):
            step = decide(f)
            if step is None or isinstance(step, Done):
                return step
            if self.dies_after is not None:
                if self.dies_after == 0:
                    raise Crash
                self.dies_after -= 1
            f = self._carry_out(f, step)
        raise AssertionError(f"more steps than one pass allows: {step}")

    def _carry_out(self, f: Facts, step: Step) -> Facts:
        match step:
            case Ask():
                self.asked.append(step.operation)
                return replace(f, answers={**f.answers, step.key: self.answer(step) or self._answer(step)})
            case Find():
                return replace(f, related={**f.related, step.key: self._found(step)})
            case WriteStatus():
                assert step.status != f.status, "a write that changes nothing"
                self.status = step.status
                self.notes += step.notes
                return replace(f, status=step.status)
            case CreateObject() | PatchObject() | DeleteObject():
                self._write(step)
                return replace(f, related={}, written=f.written + 1)
        raise AssertionError(step)

    def _answer(self, ask: Ask) -> Found:
        if ask.operation == "DescribeTrainingJob":
            assert ask.target == Target(ask.parameters["TrainingJobName"], JOB.region, JOB.endpoint)
            return Found(described(ask.target.name))
        assert (ask.operation, ask.target) == (OPERATION, JOB)
        query = dict(ask.parameters)
        start = int(query.pop("NextToken", 0))
        assert query == {
            "HyperParameterTuningJobName": JOB.name,
            "MaxResults": 100,
            "SortBy": "CreationTime",
            "SortOrder": "Ascending",
        }
        names = sorted(self.children, key=lambda name: self.children[name])
        page: Body = {
            "TrainingJobSummaries": [
                {"TrainingJobName": name, "CreationTime": self.children[name]} for name in names[start : start + 100]
            ]
        }
        return Found({**page, "NextToken": str(start + 100)} if len(names) > start + 100 else page)

    def _found(self, step: Find) -> tuple[Related, ...]:
        assert step.kind == "TrainingJob"
        return tuple(
            each
            for name, each in sorted(self.objects.items())
            if (step.names is None or name in step.names) and (not step.owner or each.owner == step.owner)
        )

    def _write(self, step: CreateObject | PatchObject | DeleteObject) -> None:
        self.version += 1
        match step:
            case CreateObject():
                name = step.metadata["name"]
                assert name not in self.objects, "an object of the name exists"
                self.created.append(name)
                self.put(name, spec=step.spec, **_meta(step.metadata))
            case PatchObject():
                found = self.objects[step.related.name]
                assert found == step.related, "decided on an old object"
                changed = replace(found, resource_version=str(self.version), **_meta(step.body["metadata"]))
                self.objects[found.name] = changed
                if changed.deleting and not changed.finalizers:
                    del self.objects[found.name]
            case DeleteObject():
                found = self.objects[step.related.name]
                assert not found.deleting, "asked to go already"
                self.deleted.append(found.name)
                if found.finalizers:
                    self.objects[found.name] = replace(found, deleting=True, resource_version=str(self.version))
                else:
                    del self.objects[found.name]


def _meta(metadata: Mapping[str, Any]) -> Body:
    fields: Body = {key: metadata[key] for key in ("labels", "annotations") if key in metadata}
    if "finalizers" in metadata:
        fields["finalizers"] = tuple(metadata["finalizers"])
    if "ownerReferences" in metadata:
        assert metadata["ownerReferences"] == [OWNER]
        fields["owner"] = UID
    return fields


# --- living ----------------------------------------------------------------------------------------------------------


def test_a_training_job_becomes_a_labelled_and_owned_object_that_follows_it() -> None:
    """The object has name, place and spec of the training job, no finalizer of the original, and its owner."""
    play = Play()
    play.launch(1)

    assert play.rest() is None
    (shown,) = play.objects.values()
    assert (shown.name, shown.owner, shown.finalizers) == (child_name(1), UID, ())
    assert shown.labels == {"sagemaker.aws.amazon.com/tuning-job": "tune"}
    assert shown.spec == {
        "trainingJobName": child_name(1),
        "region": JOB.region,
        "sageMakerEndpoint": JOB.endpoint,
        "hyperParameters": [
            {"name": "_tuning_objective_metric", "value": "validation:auc"},
            {"name": "eta", "value": "0.2"},
        ],
        "algorithmSpecification": {"trainingImage": "image", "trainingInputMode": "File"},
        "roleArn": "arn:aws:iam::123456789012:role/train",
        "outputDataConfig": {"s3OutputPath": "s3://bucket/out"},
        "resourceConfig": {"instanceCount": 1, "instanceType": "ml.m5.large", "volumeSizeInGB": 5},
        "stoppingCondition": {"maxRuntimeInSeconds": 3600},
    }
    assert play.status["spawnedTrainingJobs"] == 1


def test_at_rest_nothing_is_asked() -> None:
    """As long as the counters tell of no more training jobs than were dealt with, nothing is asked or read."""
    play = Play()
    assert play.live() is None
    play.launch(3)
    play.rest()
    play.asked.clear()

    assert play.live() is None
    assert play.asked == []


def test_five_hundred_training_jobs_come_in_batches() -> None:
    """Pages of 100, twenty objects a pass at most, each training job described and created once."""
    play = Play()
    play.launch(500)
    passes = 0
    while True:
        before = len(play.created)
        done = play.live()
        passes += 1
        assert len(play.created) - before <= 20
        if done is None:
            break
        assert done.look
        assert done.after is not None
        assert 0 < done.after <= 2

    assert sorted(play.objects) == sorted(play.children)
    assert len(play.created) == 500 == play.asked.count("DescribeTrainingJob")
    assert passes <= 26
    assert play.asked.count(OPERATION) <= 80
    assert play.status["spawnedTrainingJobs"] == 500


def test_training_jobs_are_shown_as_they_are_started() -> None:
    """A tuning job that starts one after the other costs a list and a description for each."""
    play = Play()
    for number in range(1, 31):
        play.launch(1, every=40.0)
        assert play.rest() is None
        assert len(play.objects) == number

    assert play.asked.count("DescribeTrainingJob") == 30 == play.asked.count(OPERATION)


def test_an_object_that_the_user_deletes_does_not_come_back() -> None:
    """Each training job is dealt with once, the newest too, whatever is started afterwards."""
    play = Play()
    play.launch(5)
    play.rest()
    del play.objects[child_name(5)], play.objects[child_name(2)]
    play.launch(120)
    play.rest()

    assert sorted(set(play.children) - set(play.objects)) == [child_name(2), child_name(5)]
    assert len(play.created) == 125


def test_a_training_job_that_is_listed_late_is_shown_all_the_same() -> None:
    """A list may show an older training job after a newer one."""
    play = Play()
    play.launch(3)
    late = play.children.pop(child_name(2))
    play.hidden = 1
    assert play.rest() == Done(after=60.0, look=True)
    play.children[child_name(2)], play.hidden = late, 0

    assert play.rest() is None
    assert sorted(play.objects) == sorted(play.children)


@pytest.mark.parametrize("word", ["Completed", "Stopped", "DeleteFailed", "Unheard-of"])
def test_counters_that_never_agree_with_the_list_come_to_rest(word: str) -> None:
    """Once the tuning job has been over for a while, what the list does not show is given up."""
    play = Play(word=word, ended=NOW)
    play.launch(2)
    play.hidden = 3
    assert play.rest() == Done(after=60.0, look=True)
    play.now = NOW + timedelta(seconds=61)

    assert play.rest() is None
    assert not spawning.unfinished(play.facts())
    play.asked.clear()
    assert play.live() is None
    assert play.asked == []


def test_names_with_capitals_become_names_that_kubernetes_allows() -> None:
    """A user's tuning job name may have capitals: the object's name is in small letters, its job's is not."""
    play = Play()
    play.launch(2, name=lambda number: child_name(number, "MyTuning"))
    play.rest()

    assert sorted(play.objects) == [child_name(1, "mytuning"), child_name(2, "mytuning")]
    assert play.objects[child_name(1, "mytuning")].spec["trainingJobName"] == child_name(1, "MyTuning")


def test_a_long_name_is_cut_to_what_a_label_can_hold() -> None:
    """A label's value has 63 characters at most and ends with a letter or digit."""
    play = Play()
    play.launch(1)
    f = replace(play.facts(), name="a" * 62 + ".tail")
    (child,) = play.children
    step = objects.wanted(f, JOB, Child(child, play.children[child]), described(child))

    assert step.metadata["labels"] == {spawning.LABEL: "a" * 62}


def test_a_death_at_any_step_loses_and_doubles_nothing() -> None:
    """Wherever the process dies, the next one completes the work: one object for each training job."""
    deaths = 0
    while True:
        play = Play(dies_after=deaths)
        play.launch(25)
        play.original(child_name(3))
        try:
            play.rest()
        except Crash:
            play.dies_after = None
            play.rest()
        else:
            break
        assert sorted(play.objects) == sorted(play.children)
        assert len(play.created) == len(set(play.created)) == 24
        assert play.status["operatorState"]["spawned"] == 25
        deaths += 1
    assert deaths > 75


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "annotation", "shown"),
    [(30, None, 30), (30, "45", 45), (30, "true", 30), (30, "false", 0), (0, None, 0), (30, "0", 0), (0, "7", 7)],
)
def test_no_more_than_the_limit_are_shown(operator: int, annotation: str | None, shown: int) -> None:
    """The annotation counts before the operator's own limit; the first are shown, then nothing is asked."""
    play = Play(spawn_limit=operator, annotations={controls.SPAWN: annotation} if annotation else {})
    play.launch(250)
    assert play.rest() is None

    assert sorted(play.objects) == sorted(play.children)[:shown]
    assert play.asked.count("DescribeTrainingJob") == shown
    assert [note.reason for note in play.notes] == ([reasons.SPAWN_LIMIT] if shown else [])
    play.asked.clear()
    play.launch(1)
    assert play.rest() is None
    assert play.asked == []
    assert len(play.notes) == (1 if shown else 0)
    assert not spawning.unfinished(play.facts())


def test_a_limit_that_is_just_enough_is_not_told_of() -> None:
    """Nothing is hidden, so nothing is said."""
    play = Play(spawn_limit=40)
    play.launch(40)
    play.rest()

    assert (len(play.objects), play.notes) == (40, [])


def test_a_limit_that_is_raised_later_shows_the_rest() -> None:
    """The work goes on where it stopped, for a tuning job that is over, too."""
    play = Play(spawn_limit=10, word="Completed", ended=NOW)
    play.launch(25)
    play.rest()
    play.annotations = {controls.SPAWN: "500"}
    assert spawning.unfinished(play.facts())
    play.rest()

    assert sorted(play.objects) == sorted(play.children)
    assert play.status["spawnedTrainingJobs"] == 25


# --- adoption --------------------------------------------------------------------------------------------------------


def test_objects_of_the_original_are_labelled_and_owned() -> None:
    """They are patched, with what else they carry kept, and no training job is described or created."""
    play = Play(word="Completed", ended=NOW)
    play.launch(130)
    for name in play.children:
        play.original(name)

    assert play.rest() is None
    assert play.created == []
    assert "DescribeTrainingJob" not in play.asked
    assert {each.owner for each in play.objects.values()} == {UID}
    assert {each.finalizers for each in play.objects.values()} == {(kinds.FINALIZER, kinds.TUNING_FINALIZER)}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"finalizers": (kinds.FINALIZER,)},
        {"finalizers": (kinds.TUNING_FINALIZER,), "owner": "another"},
        {"finalizers": (kinds.TUNING_FINALIZER,), "deleting": True},
        {"finalizers": (kinds.TUNING_FINALIZER,), "spec": {"trainingJobName": "other"}},
    ],
    ids=["bare", "the user's own", "owned", "on its way", "of another job"],
)
def test_an_object_of_the_name_that_is_something_else_is_left_alone(more: Body) -> None:
    """Neither changed nor replaced, and the training job counts as dealt with."""
    play = Play()
    play.launch(1)
    play.put(child_name(1), **more)
    before = play.objects[child_name(1)]

    assert play.rest() is None
    assert play.objects == {child_name(1): before}
    assert play.created == []


# --- refusals --------------------------------------------------------------------------------------------------------


def test_a_refusal_is_told_once_and_does_not_hold_the_tuning_job() -> None:
    """The list is tried again after a while, without a back-off that would delay the tuning job's own status."""
    play = Play(answer=lambda ask: DENIED if ask.operation == OPERATION else None)
    play.launch(3)
    for _ in range(3):
        assert play.live() == Done(after=300.0, look=True)
    assert [(note.type, note.reason) for note in play.notes] == [("Warning", reasons.ACCESS_DENIED)]

    play.answer = lambda _ask: None
    assert play.rest() is None
    assert len(play.objects) == 3
    assert "spawnProblem" not in play.status["operatorState"]


def test_a_refusal_after_the_end_comes_to_rest() -> None:
    """Of a tuning job that is over, the list is asked for again only when something else wakes the object."""
    play = Play(word="Failed", ended=NOW - timedelta(hours=1), answer=lambda _ask: DENIED)
    play.launch(3)

    assert play.live() is None
    assert spawning.unfinished(play.facts())


def test_a_description_that_is_refused_keeps_what_was_done() -> None:
    """Training jobs before it have their object; it and the others get one later."""
    play = Play(answer=lambda ask: DENIED if ask.target.name == child_name(3) else None)
    play.launch(5)
    assert play.live() == Done(after=300.0, look=True)
    assert sorted(play.objects) == [child_name(1), child_name(2)]

    play.answer = lambda _ask: None
    assert play.rest() is None
    assert sorted(play.objects) == sorted(play.children)
    assert play.created == sorted(play.children)


def test_a_throttle_is_waited_for() -> None:
    """What passes by itself is no news, and has its own back-off."""
    play = Play(answer=lambda _ask: THROTTLED)
    play.launch(1)

    assert play.live() == Done(retry=reasons.THROTTLED, look=True)
    assert play.notes == []


def test_a_training_job_that_is_gone_gets_no_object() -> None:
    """Listed but deleted at SageMaker: nothing to show."""
    play = Play(answer=lambda ask: Absent() if ask.target.name == child_name(2) else None)
    play.launch(3)

    assert play.rest() is None
    assert sorted(play.objects) == [child_name(1), child_name(3)]
    assert play.status["spawnedTrainingJobs"] == 2


def test_a_tuning_job_that_vanishes_meanwhile_ends_the_work() -> None:
    """The list says that there is no such tuning job: the next description will tell."""
    play = Play(answer=lambda _ask: Absent())
    play.launch(1)

    assert play.live() is None


# --- the end ---------------------------------------------------------------------------------------------------------


def owned(play: Play, *, claimed: bool = True) -> None:
    """All training jobs have their objects."""
    play.rest()
    for name, each in play.objects.items():
        play.objects[name] = replace(each, finalizers=(kinds.FINALIZER,) if claimed else ())


@pytest.mark.parametrize("claimed", [True, False])
@pytest.mark.parametrize("count", [0, 3, 500])
def test_the_objects_go_with_the_tuning_job(count: int, claimed: bool) -> None:
    """Each is asked to go once, a batch in each pass, AWS is not asked, and nobody waits for their end."""
    play = Play(word="Completed", ended=NOW)
    play.launch(count)
    owned(play, claimed=claimed)
    play.put("by-hand", finalizers=(kinds.FINALIZER,))
    play.asked.clear()
    play.release()

    assert sorted(play.deleted) == sorted(play.children)
    assert not play.objects["by-hand"].deleting
    assert play.asked == ([] if count else [OPERATION])


@pytest.mark.parametrize("absent", [False, True])
def test_objects_of_the_original_go_too(absent: bool) -> None:
    """They are known by the finalizer that only the original set, whether or not AWS can name them."""
    play = Play(word="Completed", answer=lambda _ask: Absent() if absent else None)
    play.launch(150)
    for name in play.children:
        play.original(name)
    play.original(child_name(7), deleting=True)
    play.original(child_name(8), owner="another")
    play.put(child_name(9), finalizers=(kinds.FINALIZER, "example.org/mine"))
    play.original("other-tuning-001-0123abcd")
    play.release(sighting=Absent() if absent else Found(play.describe()))

    left = {name for name, each in play.objects.items() if not each.deleting}
    assert left == {child_name(8), child_name(9), "other-tuning-001-0123abcd"}
    assert child_name(7) not in play.deleted
    assert len(play.deleted) == 147


def test_an_object_of_the_original_that_is_on_its_way_is_not_stuck() -> None:
    """Its own deletion takes the original's finalizer off, even if nobody of ours ever worked on the object."""
    f = case(deleting=True, finalizers=(kinds.TUNING_FINALIZER,))

    assert decide.decide(f) == Release()


@pytest.mark.parametrize("refusal", [DENIED, THROTTLED])
def test_a_list_that_is_refused_does_not_hold_the_deletion(refusal: Refusal) -> None:
    """What the names tell is enough to go on."""
    play = Play(answer=lambda _ask: refusal)
    play.original(child_name(1))
    play.release()

    assert play.deleted == [child_name(1)]


def test_a_job_that_was_never_there_costs_no_call() -> None:
    """Nothing was created, so there is nothing to list."""
    play = Play(status={"operatorState": {"jobName": JOB.name}})
    play.release()

    assert play.asked == []


def test_retain_leaves_the_training_jobs_running() -> None:
    """The objects go, but are told first to leave their training jobs alone; a policy of their own stays."""
    play = Play(annotations={controls.DELETION_POLICY: "retain"})
    play.launch(2)
    owned(play)
    first, second = sorted(play.objects)
    assert play.objects[first].annotations == {controls.DELETION_POLICY: "retain"}
    play.objects[first] = replace(play.objects[first], annotations={})
    play.objects[second] = replace(play.objects[second], annotations={controls.DELETION_POLICY: "stop"})
    play.original(child_name(3))
    play.status = {
        "operatorState": {**play.status["operatorState"], "spawned": 0},
        "trainingJobStatusCounters": {"a": 1},
    }
    play.asked.clear()
    play.status["trainingJobStatusCounters"] = {"inProgress": 3}
    play.release()

    assert {name: each.annotations for name, each in play.objects.items()} == {
        first: {controls.DELETION_POLICY: "retain"},
        second: {controls.DELETION_POLICY: "stop"},
        child_name(3): {controls.DELETION_POLICY: "retain"},
    }
    assert all(each.deleting for each in play.objects.values())
    assert play.asked == []


def test_an_object_deleted_without_its_dependents_leaves_them() -> None:
    """`kubectl delete --cascade=orphan` says so by a finalizer."""
    play = Play()
    play.launch(2)
    owned(play)
    play.finalizers = (kinds.FINALIZER, "orphan")
    play.release()

    assert play.deleted == []


def test_a_death_at_any_step_of_the_end_forgets_no_object() -> None:
    """Wherever the process dies, the next one goes on: each object is asked to go once."""
    deaths = 0
    while True:
        play = Play(word="Completed", ended=NOW)
        play.launch(12)
        owned(play)
        for number in range(13, 25):
            play.children[child_name(number)] = NOW
            play.original(child_name(number))
        play.status = {**play.status, "trainingJobStatusCounters": {"completed": 24}}
        play.dies_after = deaths
        try:
            play.release()
        except Crash:
            play.dies_after = None
            play.release()
        else:
            break
        assert sorted(play.deleted) == sorted(play.children)
        deaths += 1
    assert deaths > 45


# --- the objects themselves ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "child"),
    [
        ({}, False),
        ({"owner_kind": "HyperparameterTuningJob"}, True),
        ({"owner_kind": "Workflow"}, False),
        ({"finalizers": (kinds.TUNING_FINALIZER,)}, True),
        ({"kind": TUNING, "owner_kind": "HyperparameterTuningJob"}, False),
    ],
)
def test_an_object_made_for_a_tuning_job_is_known(more: Body, child: bool) -> None:
    """By its owner, or by the finalizer that the original gave it."""
    assert spawning.is_child(Play().facts(**{"kind": kinds.TRAINING_JOB, **more})) is child
