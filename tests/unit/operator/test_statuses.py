"""What a status says in each state: words, texts, conditions and notes, and what counts as a change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sagemaker_operator import reasons, statuses, statusparts
from sagemaker_operator.facts import Summary
from smkube import kinds
from tests.unit.operator.cases import JOB, TARGET, Status, case, completed, described, refusal, running, spec, state

TRANSFORM = kinds.BATCH_TRANSFORM_JOB
REFUSED = {
    "TrainingJob": ("ReconcilingTrainingJob", "Unable to create training job: Unable to create Training Job: "),
    "ProcessingJob": ("Error", "Unable to create processing job: Unable to create Processing Job: "),
    "HyperparameterTuningJob": (
        "ReconcilingTuningJob",
        "Unable to create hyperparameter tuning job: Unable to create HyperParameter Tuning Job: ",
    ),
    "BatchTransformJob": ("Failed", ""),
}
"""The original operator's word and text for a Create that AWS refused."""
NOON = "2026-03-01T12:00:00Z"
LOG_URL = (
    "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logStream:"
    f"group=/aws/sagemaker/TrainingJobs;prefix={JOB};streamFilter=typeLogStreamPrefix"
)


def said(status: Status) -> dict[str, tuple[str, str, str]]:
    """The conditions of a status: status, reason and message by type."""
    return {one["type"]: (one["status"], one["reason"], one["message"]) for one in status["conditions"]}


def test_a_first_status_says_that_it_waits() -> None:
    """Before the Create: the original's first word, no job name, and conditions that are open."""
    assert statuses.first(case(generation=3), TARGET) == {
        "trainingJobStatus": "SynchronizingK8sJobWithSageMaker",
        "operatorState": {
            "jobName": JOB,
            "jobRegion": "us-east-1",
            "jobEndpoint": "",
            "createAttempt": NOON,
            "createConfirmed": False,
        },
        "conditions": [
            {"type": type_, "status": status, "reason": "Pending", "message": message, "observedGeneration": 3,
             "lastTransitionTime": NOON}
            for type_, status, message in (
                ("Succeeded", "Unknown", "Waiting for SageMaker to create the job."),
                ("Stalled", "False", ""),
                ("Reconciling", "True", "Waiting for SageMaker to create the job."),
            )
        ],
        "observedGeneration": 3,
        "lastCheckTime": NOON,
    }  # fmt: skip


def test_a_confirmed_job_has_name_and_log_link() -> None:
    """Once AWS has taken the job, its name is shown, and for a training job where its log will be."""
    shown = statuses.confirmed(case(status={"operatorState": state(), "additional": "old trouble"}), TARGET)

    assert shown["sageMakerTrainingJobName"] == JOB
    assert shown["cloudWatchLogUrl"] == LOG_URL
    assert "additional" not in shown
    assert said(shown)["Reconciling"] == ("True", "Pending", "SageMaker has accepted the job.")


@pytest.mark.parametrize(
    ("word", "more", "succeeded", "reconciling", "secondary"),
    [
        ("InProgress", {"SecondaryStatus": "Training"}, ("Unknown", "InProgress", "Training"), "True", "Training"),
        ("InProgress", {}, ("Unknown", "InProgress", "InProgress"), "True", None),
        ("Stopping", {"SecondaryStatus": "Stopping"}, ("Unknown", "Stopping", "Stopping"), "True", None),
        ("Deleting", {"SecondaryStatus": "Training"}, ("Unknown", "InProgress", "Training"), "True", "Training"),
        ("Levitating", {}, ("Unknown", "InProgress", "Levitating"), "True", None),
        (
            "Completed",
            {"SecondaryStatus": "Completed"},
            ("True", "Completed", "The SageMaker training job is Completed."),
            "False",
            "Completed",
        ),
        ("Stopped", {"SecondaryStatus": "MaxRuntimeExceeded"},
         ("False", "Stopped", "The SageMaker training job is Stopped."), "False", "MaxRuntimeExceeded"),
        ("Failed", {"SecondaryStatus": "Failed", "FailureReason": "AlgorithmError: x"},
         ("False", "Failed", "AlgorithmError: x"), "False", "Failed"),
    ],
)  # fmt: skip
def test_a_training_job_is_shown_as_it_is_described(
    word: str, more: Status, succeeded: tuple[str, str, str], reconciling: str, secondary: str | None
) -> None:
    """Word, secondary status (hidden while stopping), outcome and reason follow the description."""
    f = case(status=running(additional="old trouble"))
    shown = statuses.observed(f, TARGET, described(word, **more))

    assert shown["trainingJobStatus"] == word
    assert shown.get("secondaryStatus") == secondary
    assert said(shown)["Succeeded"] == succeeded
    assert said(shown)["Reconciling"][0] == reconciling
    # Waiting does not help a job that ended without success.
    stalled = ("True", word, succeeded[2]) if succeeded[0] == "False" else ("False", "Settled", "")
    assert said(shown)["Stalled"] == stalled
    assert shown.get("additional") == more.get("FailureReason")


@pytest.mark.parametrize(("word", "path"), [("Completed", "s3://b/model"), ("Stopped", None), ("InProgress", None)])
def test_the_model_path_is_the_models(word: str, path: str | None) -> None:
    """`modelPath` is what SageMaker says, and only of a completed job."""
    artifacts: Status = {"ModelArtifacts": {"S3ModelArtifacts": "s3://b/model"}}

    assert statuses.observed(case(), TARGET, described(word, **artifacts)).get("modelPath") == path


@pytest.mark.parametrize(
    ("region", "host"),
    [("eu-west-1", "eu-west-1.console.aws.amazon.com"), ("cn-north-1", "cn-north-1.console.amazonaws.cn")],
)
def test_the_log_link_leads_to_the_regions_console(region: str, host: str) -> None:
    """The console of the China regions has a host of its own."""
    target = TARGET.__class__(JOB, region)

    assert statuses.confirmed(case(), target)["cloudWatchLogUrl"].startswith(f"https://{host}/cloudwatch/home?region=")


def test_times_and_seconds_are_shown() -> None:
    """Start, end, and the seconds trained and billed come from the description."""
    moment = datetime(2026, 3, 1, 11, 0, 0, tzinfo=UTC)
    times: Status = {"TrainingStartTime": moment, "TrainingEndTime": moment.replace(minute=5)}
    seconds: Status = {"TrainingTimeInSeconds": 300, "BillableTimeInSeconds": 90}
    shown = statuses.observed(case(), TARGET, described("Completed", **times, **seconds))

    assert (shown["startTime"], shown["completionTime"]) == ("2026-03-01T11:00:00Z", "2026-03-01T11:05:00Z")
    assert (shown["trainingTimeInSeconds"], shown["billableTimeInSeconds"]) == (300, 90)


def test_debugger_rules_are_shown() -> None:
    """Rule evaluations appear with the original's field names."""
    rule = {"RuleConfigurationName": "r", "RuleEvaluationJobArn": "a", "RuleEvaluationStatus": "IssuesFound",
            "StatusDetails": "d", "LastModifiedTime": datetime(2026, 3, 1, tzinfo=UTC)}  # fmt: skip
    shown = statuses.observed(case(), TARGET, described("Completed", DebugRuleEvaluationStatuses=[rule]))

    assert shown["debugRuleEvaluationStatuses"] == [
        {
            "lastModifiedTime": "2026-03-01T00:00:00Z",
            "ruleConfigurationName": "r",
            "ruleEvaluationJobArn": "a",
            "ruleEvaluationStatus": "IssuesFound",
            "statusDetail": "d",
        }
    ]


DRIFT = (
    "Updates to v1.BatchTransformJob are not supported; the resource no longer matches the SageMaker resource. The job "
    'will be marked as "Failed" and no modifications to the existing SageMaker job will be made until the update is '
    "reverted. The differences that prevent tracking of the SageMaker resource are:\n"
    '  modelName: the object says "other", SageMaker has "model"'
)


def test_an_edited_transform_job_is_failed_until_the_edit_is_taken_back() -> None:
    """The original's text in `additional`, its word Failed, and Stalled; the job itself is still open."""
    f = case(TRANSFORM, generation=2, spec=spec(TRANSFORM, modelName="other"), status=running(TRANSFORM))
    shown = statuses.observed(f, TARGET, described("InProgress", TRANSFORM))

    assert shown["transformJobStatus"] == "Failed"
    assert shown["additional"] == DRIFT
    assert said(shown)["Stalled"] == ("True", "SpecChanged", DRIFT)
    assert said(shown)["Succeeded"][0] == "Unknown"
    reverted = case(TRANSFORM, generation=3, status=shown)
    back = statuses.observed(reverted, TARGET, described("InProgress", TRANSFORM))
    assert back["transformJobStatus"] == "InProgress"
    assert "additional" not in back
    assert said(back)["Stalled"] == ("False", "Settled", "")


@pytest.mark.parametrize(
    "field",
    [
        {"roleArn": "other"},
        {"region": "eu-west-1"},
        {"sageMakerEndpoint": "http://vpc"},
        {"trainingJobName": "other"},
    ],
)
def test_an_edited_training_job_keeps_its_word(field: Status) -> None:
    """The original ignored edits of a training job: its word stays, and the condition says what is ignored."""
    f = case(generation=2, spec={**spec(), **field}, status=running())
    shown = statuses.observed(f, TARGET, described("InProgress", SecondaryStatus="Training"))

    assert shown["trainingJobStatus"] == "InProgress"
    assert said(shown)["Stalled"][:2] == ("True", "SpecChanged")
    assert f"{next(iter(field))}: the object says " in said(shown)["Stalled"][2]
    assert shown["sageMakerTrainingJobName"] == JOB


@pytest.mark.parametrize(
    ("reason", "shown", "stalled"),
    [
        (reasons.INVALID_SPEC, True, "True"),
        (reasons.NAME_CONFLICT, True, "True"),
        (reasons.ACCESS_DENIED, True, "True"),
        (reasons.CREDENTIALS_INVALID, True, "True"),
        (reasons.QUOTA_EXCEEDED, True, "False"),
        (reasons.THROTTLED, False, "False"),
        (reasons.SERVICE_ERROR, False, "False"),
        (reasons.NO_ANSWER, False, "False"),
    ],
)
@pytest.mark.parametrize("kind", kinds.JOBS)
def test_a_refused_create(kind: kinds.Kind, reason: str, shown: bool, stalled: str) -> None:
    """What lasts is shown in word and `additional` as the original did; what passes only in the conditions."""
    f = case(kind, status=statuses.first(case(kind), TARGET))
    status = statuses.refused(f, refusal(reason, kind.api.create, "Code"))
    word, prefix = REFUSED[kind.name]

    assert status[kind.status_word] == (word if shown else statusparts.FIRST_WORD)
    text = f"{prefix}Code: message\n\tstatus code: 400, request id: 1"
    assert status.get("additional") == (text if shown else None)
    assert said(status)["Stalled"] == (stalled, reason, "Code: message")
    # kstatus would take both at once for progress.
    assert said(status)["Reconciling"] == ("False" if stalled == "True" else "True", reason, "Code: message")
    assert said(status)["Succeeded"] == ("Unknown", reason, "Code: message")


def test_a_refused_look_at_a_running_job_keeps_its_word() -> None:
    """A denied Describe is told beside the job's own word, and says nothing about the spec of now."""
    f = case(status=running(), generation=2)
    status = statuses.refused(f, refusal(reasons.ACCESS_DENIED, "DescribeTrainingJob"))

    assert status["trainingJobStatus"] == "InProgress"
    assert status["additional"].startswith("Unable to describe SageMaker training job: Code: message")
    assert status["observedGeneration"] == 1
    assert said(status)["Succeeded"][:2] == ("Unknown", "InProgress")


def test_a_conflict_names_the_owner_and_the_way_out() -> None:
    """The text says whose the job is and what can be done."""
    status = statuses.name_conflict(case(), TARGET, "TrainingJob/a/b (UID u)")

    assert status["additional"] == (
        f"A SageMaker training job named {JOB} exists in us-east-1 and belongs to TrainingJob/a/b (UID u). It is left "
        "alone; choose another spec.trainingJobName, or delete this object."
    )
    assert status["trainingJobStatus"] == "ReconcilingTrainingJob"
    assert said(status)["Stalled"][:2] == ("True", "NameConflict")


@pytest.mark.parametrize(
    ("before", "word", "additional", "succeeded"),
    [
        (running(), "Failed", True, "False"),
        (completed(), "Completed", False, "True"),
        (completed(trainingJobStatus="Stopped"), "Stopped", False, "False"),
    ],
)
def test_a_job_deleted_behind_our_back(before: Status, word: str, additional: bool, succeeded: str) -> None:
    """A known outcome stays; a job that vanished before its end has failed, and the text says how."""
    status = statuses.deleted_externally(case(status=before), TARGET)
    text = (
        f"The SageMaker training job {JOB} no longer exists in us-east-1: it was deleted outside of Kubernetes. It is "
        "not run again; create a new object for that."
    )

    assert status["trainingJobStatus"] == word
    assert status.get("additional") == (text if additional else None)
    assert said(status)["Succeeded"] == (succeeded, "DeletedExternally", text)
    assert status["operatorState"]["createConfirmed"] is True


@pytest.mark.parametrize(
    ("listed", "agrees"),
    [
        (Summary("InProgress", "Training", 1.0), True),
        (Summary("InProgress", "", 1.0), True),
        (Summary("InProgress", "Uploading", 1.0), False),
        (Summary("Completed", "Completed", 1.0), False),
        (Summary("Stopping", "Stopping", 1.0), False),
    ],
)
def test_a_summary_agrees_or_not(listed: Summary, agrees: bool) -> None:
    """A summary without a secondary status agrees with any; a different word never does."""
    assert statuses.agrees(case(status=running()), listed) is agrees


def test_a_stopping_job_agrees_with_its_summary() -> None:
    """The secondary status that is hidden while stopping is no difference."""
    status = running(trainingJobStatus="Stopping")
    del status["secondaryStatus"]

    assert statuses.agrees(case(status=status), Summary("Stopping", "Stopping", 1.0))


@pytest.mark.parametrize(
    ("old", "new", "patch", "differs"),
    [
        ({"a": 1}, {"a": 1}, {}, False),
        ({"a": 1, "b": 2}, {"a": 1}, {"b": None}, True),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": None}}, True),
        ({"a": [1]}, {"a": [1, 2]}, {"a": [1, 2]}, True),
        ({}, {"a": {"b": 1}}, {"a": {"b": 1}}, True),
        ({"lastCheckTime": "x", "a": 1}, {"lastCheckTime": "y", "a": 1}, {"lastCheckTime": "y"}, False),
    ],
)
def test_the_patch_between_two_statuses(old: Status, new: Status, patch: Status, differs: bool) -> None:
    """Only what differs is sent, removals as null; the time of the last check alone is no reason to write."""
    assert statusparts.patch(old, new) == patch
    assert statusparts.differs(old, new) is differs


STEPS = [
    {"Status": "Starting", "StatusMessage": "Starting the training job"},
    {"Status": "Downloading", "StatusMessage": "Downloading input data"},
    {"Status": "Training", "StatusMessage": "Training in progress."},
]
STOPPED = [
    {"Status": "Stopping", "StatusMessage": "Stopping the training job"},
    {"Status": "Stopped", "StatusMessage": "Training job stopped"},
]


def notes(before: Status, description: Status) -> list[tuple[str, str, str]]:
    """What is told when the status becomes what the description says."""
    f = case(status=before)
    new = statuses.observed(f, TARGET, description)
    return [(note.type, note.reason, note.text) for note in statuses.transition_notes(f, new, description)]


def steps(word: str, transitions: list[dict[str, str]], **more: Any) -> Status:
    """A description with transitions."""
    last = transitions[-1]["Status"]
    return described(word, SecondaryStatus=last, SecondaryStatusTransitions=transitions, **more)


def test_only_transitions_since_the_last_one_are_told() -> None:
    """Each secondary status is told once, with AWS's message."""
    before = running(secondaryStatus="Downloading")

    assert notes(before, steps("InProgress", STEPS)) == [("Normal", "Training", "Training in progress.")]
    assert notes(running(), steps("InProgress", STEPS)) == []


def test_a_status_known_from_a_list_only_had_no_message() -> None:
    """The first Describe tells the transitions that a List answer showed without AWS's message."""
    before = running(secondaryStatus="Starting")
    del before["sageMakerJobArn"]

    told = [reason for _, reason, _ in notes(before, steps("InProgress", STEPS))]

    assert told == ["Starting", "Downloading", "Training"]


def test_the_end_of_a_stopped_job_does_not_tell_the_whole_story_again() -> None:
    """While a job is stopping its secondary status is hidden; what was told before is not told again."""
    before = running(trainingJobStatus="Stopping")
    del before["secondaryStatus"]

    assert notes(before, steps("Stopped", STEPS + STOPPED)) == [
        ("Normal", "Stopped", "The SageMaker training job is Stopped.")
    ]


def test_the_last_of_equal_transitions_counts() -> None:
    """A job that was restarted passes through the same statuses again."""
    again = [*STEPS, {"Status": "Restarting", "StatusMessage": "r"}, *STEPS[1:]]

    assert notes(running(secondaryStatus="Downloading"), steps("InProgress", again)) == [
        ("Normal", "Training", "Training in progress.")
    ]


def test_a_failure_is_a_warning_with_its_reason() -> None:
    """The Event of a failed job carries the FailureReason, cut to what an Event holds."""
    ((type_, reason, text),) = notes(running(), described("Failed", FailureReason="x" * 2000))

    assert (type_, reason) == ("Warning", "Failed")
    assert text.startswith("The SageMaker training job is Failed. xxx")
    assert len(text) <= 1024


def test_the_text_of_a_refusal_is_kept_while_only_the_request_id_differs() -> None:
    """A retry that fails alike is no change, although AWS numbers its answers."""
    first = statuses.refused(case(), refusal(reasons.INVALID_SPEC))
    again = refusal(reasons.INVALID_SPEC).__class__(
        "CreateTrainingJob", reasons.INVALID_SPEC, "Code: message\n\tstatus code: 400, request id: 2"
    )

    assert not statusparts.differs(first, statuses.refused(case(status=first), again))
