"""The next step for an object, case by case: each row is a moment of an object's life and what is right to do then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sagemaker_operator import decide, reasons, statuses, statusparts
from sagemaker_operator.facts import Absent, Facts, Found, Owner, Summary
from sagemaker_operator.steps import CheckOwner, Claim, Create, Describe, Done, Release, Step, Stop, WriteStatus
from smkube import conditions, kinds
from tests.unit.operator.cases import (
    JOB,
    NOW,
    OTHER,
    TARGET,
    Status,
    case,
    completed,
    described,
    found,
    refusal,
    running,
    spec,
    stamp,
    state,
    succeeded,
)

TRANSFORM = kinds.BATCH_TRANSFORM_JOB
FOREIGN = Found(described("InProgress", job=OTHER.name), Owner.FOREIGN, "Kind/ns/other (UID x)")
UNMARKED = Found(described("InProgress", job=OTHER.name), Owner.UNMARKED)
LISTED = Summary("InProgress", "Training", 100.0)
INTENT: Status = {"trainingJobStatus": statusparts.FIRST_WORD, "operatorState": state(), "observedGeneration": 1}
BY_HAND: dict[str, Any] = {"spec": spec(job=OTHER.name)}
RULES: Status = {"debugRuleEvaluationStatuses": [{"ruleEvaluationStatus": "InProgress"}]}

REFUSED = completed()
"""Over, then edited, and the look that followed was refused: by a process that may have ended since."""
REFUSED["conditions"] = conditions.merge(
    REFUSED["conditions"], [conditions.Wanted("Stalled", "True", reasons.CREDENTIALS_INVALID)], 1, stamp(30)
)


def young(ago: float) -> Status:
    """The status of an object whose job was created so many seconds ago and was not seen since."""
    return running(trainingJobStatus=statusparts.FIRST_WORD, operatorState=state(confirmed=True, ago=ago))


def left(word: str, kind: kinds.Kind = kinds.TRAINING_JOB, **more: Any) -> Status:
    """A status as the original operator left it."""
    return {kind.status_word: word, **more}


NEW: list[tuple[str, Facts, Step]] = [
    ("no finalizer, no name", case(finalizers=(), spec=spec(job="")), Claim(JOB)),
    ("no finalizer", case(finalizers=("other",)), Claim(None)),
    ("no name", case(spec=spec(job="")), Claim(JOB)),
    ("a dot in its name", case(name="a.b", spec=spec(job="")), Claim("a-b-0123456789abcdef0123456789abcdef")),
    ("intent just written", case(status=INTENT, intent_written=True), Create(TARGET, spec())),
    ("intent of an earlier process", case(status=INTENT, clean=False), Describe(TARGET)),
    ("name taken", case(status=INTENT, refusal=refusal(reasons.NAME_CONFLICT), clean=False), Describe(TARGET)),
    (
        "name taken, but nothing to be seen",
        case(status=INTENT, sighting=Absent(), refusal=refusal(reasons.NAME_CONFLICT), clean=False),
        Done(retry=reasons.NO_ANSWER),
    ),
    (
        "found under a name that anybody may have chosen",
        case(**BY_HAND, status={"operatorState": state(OTHER)}, sighting=UNMARKED.__class__(UNMARKED.description)),
        CheckOwner(OTHER, "arn"),
    ),
    (
        "another job is asked for, and a Create of the first may be under way",
        case(spec=spec(region="eu-west-1"), status={"operatorState": state(ago=10)}, sighting=Absent(), clean=False),
        Done(after=20.0, look=True),
    ),
]

LIVING: list[tuple[str, Facts, Step]] = [
    ("nothing listed yet", case(status=running()), Done()),
    ("listed as it is shown", case(status=running(), listed=LISTED), Done()),
    ("listed without a secondary status", case(status=running(), listed=replace(LISTED, secondary="")), Done()),
    ("the next secondary status", case(status=running(), listed=replace(LISTED, secondary="Up")), Describe(TARGET)),
    ("another status", case(status=running(), listed=replace(LISTED, status="Completed")), Describe(TARGET)),
    (
        "a list older than the last description",
        case(status=running(), listed=replace(LISTED, secondary="Pending"), seen_modified=200.0),
        Done(),
    ),
    ("a full list without it", case(status=running(), missing=True), Describe(TARGET)),
    ("somebody asks", case(status=running(), look=True), Describe(TARGET)),
    ("edited", case(status=running(), generation=2), Describe(TARGET)),
    ("not listed yet", case(status=young(5)), Done(after=decide.FIRST_LOOK, look=True)),
    ("not listed for long", case(status=young(25)), Describe(TARGET)),
    ("listed as over before it was seen", case(status=young(5), listed=Summary("Failed", "", 1.0)), Describe(TARGET)),
    (
        "not found right after the Create",
        case(status=running(operatorState=state(confirmed=True, ago=10)), sighting=Absent()),
        Done(after=20.0, look=True),
    ),
    (
        "a passing trouble",
        case(status=running(), refusal=refusal(reasons.THROTTLED, "DescribeTrainingJob")),
        Done(retry=reasons.THROTTLED, look=True),
    ),
    ("over", case(status=completed()), Done()),
    ("over, whatever is listed", case(status=completed(), listed=LISTED), Done()),
    ("over, then edited", case(status=completed(), generation=2), Describe(TARGET)),
    ("over, and the last look at it was refused", case(status=REFUSED), Describe(TARGET)),
    ("over, with a rule that runs", case(status=completed(**RULES)), Describe(TARGET)),
    ("the original began", case(status=left(statusparts.FIRST_WORD)), Describe(TARGET)),
    ("the original saw it run", case(status=left("InProgress")), Describe(TARGET)),
    ("the original saw it end", case(status=left("Completed")), Describe(TARGET)),
    ("the original's, by hand", case(**BY_HAND, status=left("InProgress"), sighting=found("Completed")),
     CheckOwner(OTHER, "arn")),
]  # fmt: skip

DELETED: list[tuple[str, Facts, Step]] = [
    ("without our finalizer", case(finalizers=("other",), status=running()), Done()),
    ("never touched", case(), Release()),
    ("without a region", case(spec=spec(region=""), status=left("Failed")), Release()),
    ("running", case(status=running()), Describe(TARGET)),
    ("found running", case(status=running(), sighting=found("InProgress")), Stop(TARGET)),
    ("found in a word nobody knows", case(status=running(), sighting=found("Levitating")), Stop(TARGET)),
    ("found over", case(status=running(), sighting=found("Stopped")), Release()),
    ("gone", case(status=running(), sighting=Absent()), Release()),
    ("perhaps created a moment ago", case(status={"operatorState": state(ago=10)}, sighting=Absent(), clean=False),
     Done(after=20.0, look=True)),
    ("perhaps created long ago", case(status={"operatorState": state(ago=40)}, sighting=Absent(), clean=False),
     Release()),
    ("another's job", case(**BY_HAND, status=left("InProgress"), sighting=FOREIGN), Release()),
    ("nobody's job", case(**BY_HAND, status=left("InProgress"), sighting=UNMARKED), Stop(OTHER)),
    ("perhaps another's job", case(**BY_HAND, status=left("InProgress"), sighting=found("InProgress")),
     CheckOwner(OTHER, "arn")),
    ("AWS does not answer", case(status=running(), refusal=refusal(reasons.NO_ANSWER, "DescribeTrainingJob")),
     Done(retry=reasons.NO_ANSWER, look=True)),
    # Every Create was refused for good: no job can be there, so AWS need not be asked.
    ("refused and never created", case(status=INTENT), Release()),
    # No client can be made for what the spec says, so no request was ever sent.
    (
        "nobody can be asked",
        case(status=INTENT, clean=False, refusal=refusal(reasons.INVALID_SPEC, "CreateClient")),
        Release(),
    ),
    # What is over needs no stop, and must not wait for AWS's leave to go.
    ("known to be over", case(status=completed()), Release()),
    (
        "said to be deleted outside of Kubernetes",
        case(status=completed(conditions=succeeded("True", reasons.DELETED_EXTERNALLY))),
        Describe(TARGET),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "step"), [row[1:] for row in NEW + LIVING], ids=[row[0] for row in NEW + LIVING])
def test_the_next_step_for_an_object_that_is_to_be(facts: Facts, step: Step) -> None:
    """New, running, finished and inherited objects: the step that the moment asks for."""
    assert decide.decide(facts) == step


@pytest.mark.parametrize(("facts", "step"), [row[1:] for row in DELETED], ids=[row[0] for row in DELETED])
def test_the_next_step_for_an_object_that_is_to_go(facts: Facts, step: Step) -> None:
    """A deletion stops what runs, waits for what may run, and lets go of all else at once."""
    assert decide.decide(replace(facts, deleting=True)) == step


def written(facts: Facts) -> WriteStatus:
    """The status that the next step writes, where no object bears the name of a transform job's model."""
    step = decide.decide(replace(facts, related={"model": ()}))
    assert isinstance(step, WriteStatus), step
    return step


def test_the_intent_is_written_before_the_create() -> None:
    """A named object announces job, region and endpoint, and says that it waits."""
    step = written(case(spec=spec(sageMakerEndpoint="http://vpc")))

    assert step.intent
    noted = step.status["operatorState"]
    assert (noted["jobName"], noted["jobRegion"], noted["jobEndpoint"]) == (JOB, "us-east-1", "http://vpc")
    assert noted["createConfirmed"] is False
    assert step.status["trainingJobStatus"] == "SynchronizingK8sJobWithSageMaker"


def test_a_name_in_the_status_that_can_be_none_is_not_taken() -> None:
    """Others may write statuses: what is too long for a name never goes into the spec."""
    facts = case(finalizers=(), spec=spec(job=""), status={"sageMakerTrainingJobName": "x" * 300})

    assert decide.decide(facts) == Claim(JOB)


def test_each_attempt_is_announced_anew() -> None:
    """No Create is sent on a status that was only read: it is written first, which fails for an object that went."""
    step = written(case(status=INTENT))

    assert step.intent
    assert statusparts.patch(INTENT, step.status) == {"operatorState": {"createAttempt": "2026-03-01T12:00:00Z"}}


def test_another_name_or_region_is_announced_when_nothing_can_be_there() -> None:
    """A corrected region or name replaces an intent that came to nothing."""
    step = written(case(spec=spec(region="eu-west-1"), status=INTENT))

    assert step.intent
    assert step.status["operatorState"]["jobRegion"] == "eu-west-1"


def test_another_name_after_a_conflict_is_announced() -> None:
    """Where the name turned out to be another's, the name that the spec says now is tried."""
    step = written(case(spec=spec(job="free"), status={"operatorState": state(OTHER)}, sighting=FOREIGN, clean=False))

    assert step.intent
    assert step.status["operatorState"]["jobName"] == "free"


def test_an_accepted_create_is_confirmed_and_told() -> None:
    """After the Create the object says that its job exists, and an Event that it was created."""
    step = written(case(status=INTENT, created=True, created_from=1))

    assert step.status["operatorState"]["createConfirmed"] is True
    assert [note.text for note in step.notes] == [f"Created SageMaker training job {JOB} in us-east-1."]


@pytest.mark.parametrize(("ago", "step"), [(0.5, Done(after=1.5)), (-30.0, None), (2.0, None)])
def test_a_moment_is_left_to_the_feed_before_a_create_is_written_down(ago: float, step: Step | None) -> None:
    """For two seconds after the Create the feed may show the job; a clock that was put back holds nothing up."""
    at = NOW - timedelta(seconds=ago)
    found = decide.decide(case(status=INTENT, created=True, created_from=1, attempted=at))

    assert found == step if step else isinstance(found, WriteStatus)


def test_one_write_tells_of_the_create_and_of_what_the_job_does() -> None:
    """Where the feed shows the new job in time, the first write has its word and its name too."""
    listed = Summary("InProgress", "Starting", NOW.timestamp())
    step = written(case(status=INTENT, created=True, created_from=1, attempted=NOW, listed=listed))

    assert step.status["operatorState"]["createConfirmed"] is True
    assert (step.status["trainingJobStatus"], step.status["secondaryStatus"]) == ("InProgress", "Starting")
    assert step.status["sageMakerTrainingJobName"] == JOB
    assert [note.reason for note in step.notes] == ["Created"]


def test_an_edit_after_the_create_is_not_taken_for_what_the_job_was_made_from() -> None:
    """What the status says after the Create is true of the generation that it was made from, tags included."""
    edited = spec(tags=[{"key": "team", "value": "b"}])
    listed = Summary("InProgress", "Starting", NOW.timestamp())
    step = written(case(status=INTENT, spec=edited, generation=3, created=True, created_from=2, listed=listed))

    assert step.status["observedGeneration"] == 2
    assert step.status["operatorState"]["tagHash"] == ""


@pytest.mark.parametrize("secondary", ["Starting", "Pending", "Downloading", "ANewOne"])
def test_until_it_trains_a_job_is_not_described(secondary: str) -> None:
    """A List answer has all there is to show of a job that is being prepared."""
    early = running(sageMakerJobArn=None, secondaryStatus="LaunchingMLInstances")
    step = written(case(status=early, listed=Summary("InProgress", secondary, NOW.timestamp())))

    assert step.status["secondaryStatus"] == secondary


@pytest.mark.parametrize(("ago", "step"), [(60.0, Done(after=120.0, look=True)), (180.0, Describe(TARGET))])
def test_a_job_that_does_not_come_to_train_is_described_once(ago: float, step: Step) -> None:
    """Only a description says why a job waits, so one is asked for after three minutes."""
    early = running(sageMakerJobArn=None, secondaryStatus="Pending", operatorState=state(confirmed=True, ago=ago))
    listed = Summary("InProgress", "Pending", NOW.timestamp())

    assert decide.decide(case(status=early, listed=listed)) == step
    assert decide.decide(case(status={**early, "sageMakerJobArn": "arn"}, listed=listed)) == Done()


@pytest.mark.parametrize("status", [left("InProgress"), {"operatorState": state(OTHER)}])
def test_a_foreign_job_is_a_conflict_that_is_told_once(status: Status) -> None:
    """A job of somebody else's is left alone, with a warning Event; the next look at the same changes nothing."""
    facts = case(**BY_HAND, status=status, sighting=FOREIGN)
    step = written(facts)

    assert "belongs to Kind/ns/other (UID x)" in step.status["additional"]
    assert [(note.type, note.reason, note.text) for note in step.notes] == [
        ("Warning", "NameConflict", step.status["additional"])
    ]
    assert decide.decide(replace(facts, status=step.status)) == Done(retry=reasons.NAME_CONFLICT)


@pytest.mark.parametrize(
    "status", [left("InProgress"), left("ReconcilingTrainingJob"), {"operatorState": state(OTHER)}]
)
def test_a_job_of_nobodys_is_adopted(status: Status) -> None:
    """A job without marks is followed from now on, and never created."""
    step = written(case(**BY_HAND, status=status, sighting=UNMARKED))

    assert step.status["operatorState"]["createConfirmed"] is True
    assert step.status["trainingJobStatus"] == "InProgress"
    assert [note.reason for note in step.notes] == ["Adopted"]


API_ERROR = "AccessDeniedException: no\n\tstatus code: 400, request id: 1"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (kinds.TRAINING_JOB, left("Completed")),
        (kinds.TRAINING_JOB, left("Stopped")),
        (kinds.TRAINING_JOB, left("InProgress")),
        (kinds.TRAINING_JOB, left("Failed", additional="AlgorithmError: no data")),
        # A failure reason may quote an AWS error: it is an outcome all the same.
        (kinds.TRAINING_JOB, left("Failed", additional="ClientError: Forbidden, status code: 403")),
        (TRANSFORM, left("Completed", TRANSFORM)),
        # The original never showed the reason of a failed transform job.
        (TRANSFORM, left("Failed", TRANSFORM)),
        (TRANSFORM, left("Failed", TRANSFORM, additional="Updates to v1.BatchTransformJob are not supported; ...")),
    ],
)
def test_what_ran_under_the_original_is_not_run_again(kind: kinds.Kind, status: Status) -> None:
    """An inherited object whose job ran and is gone is marked so, and no Create is announced."""
    step = written(case(kind, status=status, sighting=Absent()))

    assert not step.intent
    assert step.status["operatorState"]["createConfirmed"] is True
    assert conditions.find(step.status["conditions"], "Succeeded")["reason"] == "DeletedExternally"  # type: ignore[index]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (kinds.TRAINING_JOB, left(statusparts.FIRST_WORD)),
        (kinds.TRAINING_JOB, left("ReconcilingTrainingJob", additional=f"Unable to create training job: {API_ERROR}")),
        (kinds.TRAINING_JOB, left("Failed", additional="Unable to initialize operator: no region")),
        (TRANSFORM, left("Failed", TRANSFORM, additional=API_ERROR)),
        # Errors that came before an answer of AWS have no status code.
        (TRANSFORM, left("Failed", TRANSFORM, additional="NoCredentialProviders: no valid providers in chain")),
    ],
)
def test_what_the_original_never_got_to_run_is_created(kind: kinds.Kind, status: Status) -> None:
    """An inherited object that shows no outcome and has no job gets its job."""
    assert written(case(kind, status=status, sighting=Absent())).intent


@pytest.mark.parametrize("kind", kinds.JOBS)
@pytest.mark.parametrize("reason", [reasons.ACCESS_DENIED, reasons.CREDENTIALS_INVALID])
def test_a_refused_look_does_not_wipe_an_inherited_outcome(kind: kinds.Kind, reason: str) -> None:
    """Completed stays Completed while AWS cannot be asked: it is all that keeps the job from being run again."""
    facts = case(kind, status=left("Completed", kind), refusal=refusal(reason, kind.api.describe))
    status = written(facts).status

    assert status[kind.status_word] == "Completed"
    later = replace(facts, status=status, refusal=None, sighting=Absent())
    assert not written(later).intent


@pytest.mark.parametrize("kind", kinds.JOBS)
def test_a_look_refused_for_want_of_credentials_is_no_outcome(kind: kinds.Kind) -> None:
    """An inherited object that never ran is still created after a look that failed without an answer of AWS."""
    no = replace(refusal(reasons.CREDENTIALS_INVALID, kind.api.describe), text="NoCredentials: none found")
    facts = case(kind, status=left(statusparts.FIRST_WORD, kind), refusal=no)
    status = written(facts).status

    assert written(replace(facts, status=status, refusal=None, sighting=Absent())).intent


def test_a_vanished_job_is_not_run_again() -> None:
    """A confirmed job that AWS no longer knows is Failed, with the reason, and stays so."""
    facts = case(status=running(), sighting=Absent())
    step = written(facts)

    assert step.status["trainingJobStatus"] == "Failed"
    assert [note.reason for note in step.notes] == ["DeletedExternally"]
    after = case(status=step.status)
    assert decide.decide(after) == Done()
    assert decide.decide(replace(after, sighting=Absent(), look=True)) == Done()


BEHIND = datetime.fromtimestamp(50.0, UTC)


@pytest.mark.parametrize(
    ("kind", "listed", "more", "again"),
    [
        (kinds.TRAINING_JOB, Summary("Completed", "Completed", 100.0), {"LastModifiedTime": BEHIND}, True),
        (kinds.TRAINING_JOB, Summary("InProgress", "Uploading", 100.0), {"LastModifiedTime": BEHIND}, True),
        (kinds.TRAINING_JOB, Summary("InProgress", "Pending", 40.0), {"LastModifiedTime": BEHIND}, False),
        (TRANSFORM, Summary("Completed", "", 100.0), {}, True),
        (TRANSFORM, Summary("InProgress", "", 100.0), {}, False),
        (kinds.TRAINING_JOB, None, {"LastModifiedTime": BEHIND}, False),
    ],
)
def test_a_description_that_lags_behind_the_list_is_asked_for_again(
    kind: kinds.Kind, listed: Summary | None, more: Status, again: bool
) -> None:
    """The feed tells of a change once: an answer from before it must not be the last word."""
    secondary = {"SecondaryStatus": "Training"} if kind is kinds.TRAINING_JOB else {}
    sighting = found("InProgress", kind, **secondary, **more)
    shown = statuses.observed(case(kind, status=running(kind)), TARGET, sighting.description)
    facts = case(kind, status=shown, listed=listed, sighting=sighting)

    assert decide.decide(facts) == (Done(after=decide.LAG, look=True) if again else Done())


def test_a_stopped_job_of_a_deleted_object_is_followed() -> None:
    """The job of a deleted object counts as confirmed once it is stopped, so that the feed tells when it is over."""
    facts = case(deleting=True, status=left("InProgress"), sighting=found("Stopping"), stopped=True)
    step = written(facts)

    assert step.status["operatorState"]["createConfirmed"] is True
    assert decide.decide(replace(facts, status=step.status)) == Done(after=decide.LOOK_AGAIN, look=True)


@pytest.mark.parametrize("reason", sorted(reasons.RETRY))
@pytest.mark.parametrize("kind", kinds.JOBS)
def test_a_refusal_is_written_once_and_tried_again_later(kind: kinds.Kind, reason: str) -> None:
    """Whatever AWS's reason: it is written and told once, then waited with; a throttle is written, but not told."""
    operation = kind.api.create if reason != reasons.NAME_CONFLICT else kind.api.describe
    no = refusal(reason, operation)
    facts = case(kind, status={"operatorState": state()}, refusal=no)
    step = written(facts)

    assert [note.reason for note in step.notes] == ([] if reason == reasons.THROTTLED else [reason])
    again = replace(no, text=no.text.replace("request id: 1", "request id: 2"))
    later = replace(facts, status=step.status, refusal=again, now=NOW + timedelta(seconds=400))
    assert decide.decide(later) == Done(retry=reason)


def test_the_word_for_a_changed_spec_is_not_taken_for_the_outcome() -> None:
    """A transform job with a changed spec is shown as Failed; when it fails itself, that has still to be seen."""
    facts = case(TRANSFORM, status=running(TRANSFORM, transformJobStatus="Failed"), listed=Summary("Failed", "", 100.0))

    assert decide.decide(facts) == Describe(TARGET)
