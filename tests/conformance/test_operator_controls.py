"""The controls that every kind has as annotations: pause, reconcile now, deletion policy, time to live; and tag edits.

The kinds share each test, so that what they wait for is waited for once.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from smkube.kinds import (
    ALL,
    AUTOSCALING_POLICY,
    BATCH_TRANSFORM_JOB,
    ENDPOINT_CONFIG,
    GROUP,
    HOSTING_DEPLOYMENT,
    JOBS,
    MODEL,
    TRAINING_JOB,
    Family,
    Kind,
)
from tests.conformance import specs
from tests.conformance.operator_scene import Object, Scene, at_rest, condition, generated, status
from tests.stack.waiting import until

PAUSE, POLICY, TIME_TO_LIVE = (f"{GROUP}/{name}" for name in ("pause", "deletion-policy", "ttl-seconds-after-finished"))
UID, OBJECT = "sagemaker-operator/uid", "sagemaker-operator/object"
ENDPOINT = "endpoint"
"""An endpoint of somebody else, for policies."""
OTHERS = {("CreateEndpointConfig", ENDPOINT), ("CreateEndpoint", ENDPOINT)}
HOSTED = {MODEL.name: "models", ENDPOINT_CONFIG.name: "endpoint_configs", HOSTING_DEPLOYMENT.name: "endpoints"}
TAGGED = tuple(kind for kind in ALL if kind is not AUTOSCALING_POLICY)
"""Kinds whose AWS side has tags."""


def at_goal(kind: Kind, obj: Object) -> bool:
    """A job runs; anything else is as its spec asks."""
    return status(obj).get(kind.status_word) == "InProgress" if kind.family is Family.JOB else at_rest(obj)


def until_goal(scene: Scene, kind: Kind, name: str) -> Object:
    """Wait for that."""
    return scene.until(kind, name, lambda obj: at_goal(kind, obj), f"{kind.name} {name} at its goal", seconds=30)


def aws_name(scene: Scene, kind: Kind, name: str) -> str:
    """What the object is called at AWS, by its status."""
    return str(status(scene.get(kind, name))[kind.status_name])


def there(scene: Scene, kind: Kind, aws: str) -> bool:
    """Whether AWS has it, at work."""
    if kind.family is Family.JOB:
        return any(job["name"] == aws and job["status"] in {"InProgress", "Completed"} for job in scene.all_jobs())
    if kind is AUTOSCALING_POLICY:
        return any(policy["name"] == aws for policy in scene.hosting("policies"))
    found = scene.hosted(HOSTED[kind.name], aws)
    return found is not None and found.get("status") != "Deleting"


def furnish(scene: Scene, *names: str, kinds: Sequence[Kind] = ALL) -> None:
    """Make what objects of these names and kinds need: jobs that last, an endpoint in service."""
    for name in names:
        scene.long(name)
    if AUTOSCALING_POLICY not in kinds:
        return
    variant = {"VariantName": "all", "ModelName": specs.MODEL, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    scene.sagemaker().create_endpoint_config(EndpointConfigName=ENDPOINT, ProductionVariants=[variant])
    scene.sagemaker().create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=ENDPOINT)
    until(lambda: (scene.hosted("endpoints", ENDPOINT) or {}).get("status") == "InService", "the endpoint")


def changes(scene: Scene) -> list[tuple[str, str]]:
    """What the operator changed at AWS: everything but what `furnish` did."""
    return [change for change in scene.changes() if change not in OTHERS]


# --- pause -------------------------------------------------------------------------------------------------------


def test_a_paused_object_waits_for_its_user(scene: Scene) -> None:
    """Nothing is done for a new object that is paused, not even the finalizer; all of it is once the pause is over."""
    name = scene.name("paused")
    furnish(scene, name)
    for kind in ALL:
        scene.create(kind, name, annotations={PAUSE: "true"})

    for kind in ALL:
        obj = scene.until(kind, name, lambda obj: condition(obj, "Paused").get("status") == "True", "the pause")
        assert "finalizers" not in obj["metadata"]
    assert changes(scene) == []
    assert {note[:2] for note in scene.until_noted(name, "Paused")} == {("Normal", "Paused")}

    for kind in ALL:
        scene.annotate(kind, name, pause=None)
    for kind in ALL:
        assert condition(until_goal(scene, kind, name), "Paused") == {}


def test_a_pause_holds_a_deletion(scene: Scene) -> None:
    """A paused object that is deleted stays, and so does what it stands for; after the pause both go."""
    name, sibling = scene.name("held"), scene.name("sibling")
    furnish(scene, name, sibling)
    for kind in ALL:
        scene.create(kind, name)
    known = {}
    for kind in ALL:
        until_goal(scene, kind, name)
        known[kind] = aws_name(scene, kind, name)
        scene.annotate(kind, name, pause="true")
        scene.until(kind, name, lambda obj: condition(obj, "Paused").get("status") == "True", "the pause")

    for kind in ALL:
        scene.delete(kind, name)
    # A later deletion that went all the way: the earlier one had its chance.
    scene.create(TRAINING_JOB, sibling)
    until_goal(scene, TRAINING_JOB, sibling)
    scene.delete(TRAINING_JOB, sibling)
    scene.until_gone(TRAINING_JOB, sibling)

    for kind in ALL:
        obj = scene.get(kind, name)
        assert obj is not None
        assert "deletionTimestamp" in obj["metadata"]
        assert there(scene, kind, known[kind])
    for kind in ALL:
        scene.annotate(kind, name, pause="false")
    for kind in ALL:
        scene.until_gone(kind, name, seconds=30)
        assert not there(scene, kind, known[kind])


# --- reconcile now -----------------------------------------------------------------------------------------------


def test_reconcile_now_tries_again_what_was_given_up(scene: Scene) -> None:
    """A refused object waits for minutes; a new text in the annotation tries at once, and only once."""
    name = scene.name("again")
    furnish(scene, name)
    creates = {kind: "CreateModel" if kind is HOSTING_DEPLOYMENT else kind.api.create for kind in ALL}
    for operation in set(creates.values()):
        scene.control.fault("error_before", operation, code="AccessDeniedException", message="not authorized")
    try:
        for kind in ALL:
            scene.create(kind, name)
        for kind in ALL:
            scene.until_reason(kind, name, "Stalled", "AccessDenied")
    finally:
        scene.control.clear_faults()

    for kind in ALL:
        scene.annotate(kind, name, reconcile_now="first")
        if kind is HOSTING_DEPLOYMENT:
            for child in scene.all(MODEL):
                scene.annotate(MODEL, child["metadata"]["name"], reconcile_now="first")

    for kind in ALL:
        obj = until_goal(scene, kind, name)
        seen = scene.until(kind, name, lambda obj: _noted(obj) == "first", "a note of the request")
        assert obj["metadata"]["uid"] == seen["metadata"]["uid"]


def test_reconcile_now_looks_at_what_is_at_rest(scene: Scene) -> None:
    """One look at AWS for each request, and none without."""
    name = scene.name("look")
    furnish(scene, name, kinds=JOBS)
    for kind in JOBS:
        scene.create(kind, name)
    for kind in JOBS:
        until_goal(scene, kind, name)
        before = len(scene.requests(kind.api.describe, aws_name(scene, kind, name)))

        scene.annotate(kind, name, reconcile_now="please")

        scene.until(kind, name, lambda obj: _noted(obj) == "please", "a note of the request")
        assert len(scene.requests(kind.api.describe, aws_name(scene, kind, name))) == before + 1


def _noted(obj: Object) -> str:
    return str((status(obj).get("operatorState") or {}).get("reconcileNow", ""))


# --- deletion policy ---------------------------------------------------------------------------------------------


def test_retain_leaves_aws_alone(scene: Scene) -> None:
    """With `retain` the object goes at once, and what it stood for goes on."""
    name = scene.name("retained")
    furnish(scene, name)
    for kind in ALL:
        scene.create(kind, name, annotations={POLICY: "retain"})
    known = {}
    for kind in ALL:
        until_goal(scene, kind, name)
        known[kind] = aws_name(scene, kind, name)
    before = changes(scene)

    for kind in ALL:
        scene.delete(kind, name)

    for kind in ALL:
        scene.until_gone(kind, name)
        assert there(scene, kind, known[kind])
    assert changes(scene) == before


def test_stop_and_delete_end_jobs(scene: Scene) -> None:
    """`stop`, the default, leaves the record of the job; `delete` takes it away where SageMaker's API can."""
    names = {policy: scene.name(policy or "default") for policy in ("", "stop", "delete")}
    furnish(scene, *names.values(), kinds=JOBS)
    for kind in JOBS:
        for policy, name in names.items():
            scene.create(kind, name, annotations={POLICY: policy} if policy else {})
    known: dict[tuple[Kind, str], str] = {}
    for kind in JOBS:
        for policy, name in names.items():
            until_goal(scene, kind, name)
            known[kind, policy] = aws_name(scene, kind, name)
            scene.delete(kind, name)

    for kind in JOBS:
        for name in names.values():
            scene.until_gone(kind, name)
    for (kind, policy), job in known.items():
        erased = policy == "delete" and kind is not BATCH_TRANSFORM_JOB
        _until_record(scene, job, gone=erased)
        assert len(scene.requests(kind.api.stop, job)) == 1
        if kind.api.delete:
            assert len(scene.requests(kind.api.delete, job)) == int(erased)


def _until_record(scene: Scene, job: str, *, gone: bool) -> None:
    """A job's record is `Stopped`, or goes (SageMaker takes a moment for that)."""

    def look() -> bool:
        words = [one["status"] for one in scene.all_jobs() if one["name"] == job]
        return not words if gone else words == ["Stopped"]

    until(look, f"the record of {job} to be {'gone' if gone else 'Stopped'}")


def test_delete_erases_what_is_over(scene: Scene) -> None:
    """The record of a job that has ended goes with its object under `delete`, without a Stop."""
    name = scene.name("over")
    job = generated(scene.create(TRAINING_JOB, name, annotations={POLICY: "delete"}))
    scene.until_word(TRAINING_JOB, name, "Completed")

    scene.delete(TRAINING_JOB, name)

    scene.until_gone(TRAINING_JOB, name)
    _until_record(scene, job, gone=True)
    assert scene.requests("StopTrainingJob", job) == []


def test_a_misspelt_policy_holds_the_deletion(scene: Scene) -> None:
    """Nothing is stopped or deleted on a guess: the slip is told, and a correction lets the deletion go on."""
    name = scene.name("misspelt")
    furnish(scene, name)
    for kind in ALL:
        scene.create(kind, name, annotations={POLICY: "retian"})
    known = {}
    for kind in ALL:
        until_goal(scene, kind, name)
        known[kind] = aws_name(scene, kind, name)
        told = condition(scene.get(kind, name), "InvalidAnnotation")
        assert told["status"] == "True"
        assert told["message"] == f"{POLICY} is 'retian'; write stop, delete or retain."
    notes = scene.until_noted(name, "InvalidAnnotation")
    assert ("Warning", "InvalidAnnotation", f"{POLICY} is 'retian'; write stop, delete or retain.") in notes
    before = changes(scene)

    for kind in ALL:
        scene.delete(kind, name)

    sibling = scene.name("sibling")
    scene.create(MODEL if MODEL in ALL else TRAINING_JOB, sibling, annotations={POLICY: "retain"})
    first = MODEL if MODEL in ALL else TRAINING_JOB
    until_goal(scene, first, sibling)
    scene.delete(first, sibling)
    scene.until_gone(first, sibling)
    assert [change for change in changes(scene) if sibling not in change[1]] == before
    for kind in ALL:
        assert there(scene, kind, known[kind])
        scene.annotate(kind, name, deletion_policy="retain")
    for kind in ALL:
        scene.until_gone(kind, name)
        assert there(scene, kind, known[kind])


# --- time to live ------------------------------------------------------------------------------------------------


def test_a_finished_job_goes_when_its_time_is_over(scene: Scene) -> None:
    """So many seconds after the end of the job, failed or not; AWS's record stays, and an Event tells of it."""
    name, broken, kept = scene.name("expires"), scene.name("expires-failed"), scene.name("outlasts")
    scene.control.rule(f"{broken}*", fail="AlgorithmError: no")
    made = {}
    for kind in JOBS:
        for each in (name, broken):
            made[kind, each] = generated(scene.create(kind, each, annotations={TIME_TO_LIVE: "1"}))
        scene.create(kind, kept, annotations={TIME_TO_LIVE: "3600"})

    for kind in JOBS:
        for each in (name, broken):
            scene.until_gone(kind, each)
        scene.until_word(kind, kept, "Completed")
    ended = {(kind.name, each): scene.job(job)["status"] for (kind, each), job in made.items()}
    assert set(ended.values()) == {"Completed", "Failed"}
    assert {ended[kind.name, name] for kind in JOBS} == {"Completed"}
    assert [scene.requests(kind.api.stop) for kind in JOBS] == [[] for _ in JOBS]
    assert ("Normal", "TimeToLiveOver") in {note[:2] for note in scene.until_noted(name, "TimeToLiveOver")}


# --- tags --------------------------------------------------------------------------------------------------------


def test_tags_can_be_edited_after_creation(scene: Scene) -> None:
    """What the spec says is added, changed and taken away; the operator's marks and others' tags stay."""
    name = scene.name("tags")
    furnish(scene, name)
    for kind in TAGGED:
        scene.create(kind, name, tags=_tags(team="blue", old="1"))
    arns, uids = {}, {}
    for kind in TAGGED:
        obj = until_goal(scene, kind, name)
        arns[kind], uids[kind] = _arn(scene, kind, obj), obj["metadata"]["uid"]
        scene.sagemaker().add_tags(ResourceArn=arns[kind], Tags=[{"Key": "theirs", "Value": "x"}])
    created = {kind: len(scene.requests(kind.api.create)) for kind in TAGGED}

    for kind in TAGGED:
        scene.edit(kind, name, tags=_tags(team="green", new=""))

    for kind in TAGGED:
        wanted = {"team": "green", "new": "", "theirs": "x"}
        until(lambda: _user_tags(scene, arns[kind]) == wanted, f"the tags of {kind.name}")  # noqa: B023 - called at once
        marks = _all_tags(scene, arns[kind])
        assert marks[UID] == uids[kind]
        assert marks[OBJECT] == f"{kind.name}/{scene.namespace}/{name}"
    for kind in TAGGED:
        scene.edit(kind, name, tags=None)
        until(lambda: _user_tags(scene, arns[kind]) == {"theirs": "x"}, f"the tags of {kind.name} to go")  # noqa: B023 - called at once
    assert {kind: len(scene.requests(kind.api.create)) for kind in TAGGED} == created
    assert scene.requests("UpdateEndpoint") == []


def test_a_refused_tag_edit_is_shown_and_tried_again(scene: Scene) -> None:
    """AWS's no to AddTags is told, does not touch the job, and is tried again on the user's word."""
    name = scene.name("untaggable")
    furnish(scene, name, kinds=[TRAINING_JOB])
    scene.create(TRAINING_JOB, name)
    obj = until_goal(scene, TRAINING_JOB, name)
    arn = _arn(scene, TRAINING_JOB, obj)
    scene.control.fault(
        "error_before", "AddTags", name=f"*{name}*", code="AccessDeniedException", message="not authorized: AddTags"
    )

    scene.edit(TRAINING_JOB, name, tags=_tags(a="1"))

    shown = scene.until_reason(TRAINING_JOB, name, "Stalled", "AccessDenied")
    assert shown["trainingJobStatus"] == "InProgress"
    assert "not authorized: AddTags" in shown["additional"]
    scene.control.clear_faults()
    scene.annotate(TRAINING_JOB, name, reconcile_now="again")
    until(lambda: _user_tags(scene, arn) == {"a": "1"}, "the tag")
    after = scene.until_reason(TRAINING_JOB, name, "Stalled", "Settled")
    assert "additional" not in after


def _tags(**tags: str) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _all_tags(scene: Scene, arn: str) -> dict[str, str]:
    listed = scene.sagemaker().list_tags(ResourceArn=arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in listed}


def _user_tags(scene: Scene, arn: str) -> dict[str, str]:
    return {key: value for key, value in _all_tags(scene, arn).items() if key not in {UID, OBJECT}}


def _arn(scene: Scene, kind: Kind, obj: Object) -> str:
    fields = ("sageMakerJobArn", "modelArn", "endpointConfigArn", "endpointArn")
    found = [status(obj)[name] for name in fields if name in status(obj)]
    return str(found[0]) if found else str(scene.job(aws_name(scene, kind, obj["metadata"]["name"]))["arn"])


# --- the Event of a failure --------------------------------------------------------------------------------------


@pytest.mark.parametrize("denied", [False, True], ids=["readable", "denied"])
def test_the_event_of_a_failure_has_the_last_lines_masked(scene: Scene, *, denied: bool) -> None:
    """The reason and the last log lines without secrets, in one Event; without the right to read logs, the reason."""
    name = scene.name("leaks")
    logging = {"rate": 20, "batch": 0.1, "delay": 0, "message": "step {n} db_password=hunter2 " + "x" * 300}
    scene.control.rule(f"{name}*", fail="AlgorithmError: it broke", logs=logging)
    if denied:
        scene.control.fault("error_before", "DescribeLogStreams", code="AccessDeniedException", message="no")
    kinds = [kind for kind in JOBS if kind.log_group]
    try:
        for kind in kinds:
            scene.create(kind, name)
        for kind in kinds:
            assert condition(scene.until_word(kind, name, "Failed"), "Succeeded")["status"] == "False"
    finally:
        scene.control.clear_faults()

    for note in until(lambda: _failures(scene, name, len(kinds)), "the Events of all failures"):
        assert "AlgorithmError: it broke" in note
        assert "hunter2" not in note
        assert len(note.encode()) <= 1024
        assert ("db_password=***" in note) is not denied


def _failures(scene: Scene, name: str, count: int) -> list[str] | None:
    notes = [note for type_, reason, note in scene.notes(name) if (type_, reason) == ("Warning", "Failed")]
    return notes if len(notes) >= count else None
