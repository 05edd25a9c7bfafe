"""The next step for a Model or EndpointConfig, case by case: each row is a moment of a life and what is right then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sagemaker_operator import reasons, statusparts, tagging
from sagemaker_operator.facts import Absent, Facts, Found, Refusal, Related, Target
from sagemaker_operator.resource import calls, content, decide, places, statuses
from sagemaker_operator.steps import Ask, Claim, Done, Find, Release, Step, WriteStatus
from smkube import conditions, kinds
from tests.unit.operator.cases import JOB, NOW, REGION, TARGET, UID, Status, case, refusal, state

MODEL = kinds.MODEL
SPEC = {"region": REGION, "executionRoleArn": "role", "primaryContainer": {"image": "one"}}
EDITED = {**SPEC, "primaryContainer": {"image": "two"}}
ABROAD = {**SPEC, "region": "eu-west-1"}
HAS = Found(
    {"ModelName": JOB, "ModelArn": "arn", "ExecutionRoleArn": "role", "PrimaryContainer": {"Image": "one"}},
)
STAND_IN = "job-R-0123456789abcdef0123456789abcdef"
READY = conditions.merge(
    [],
    [
        conditions.Wanted("Ready", "True", reasons.READY, "SageMaker has the model."),
        conditions.Wanted("Reconciling", "False", reasons.SETTLED),
        conditions.Wanted("Stalled", "False", reasons.SETTLED),
    ],
    1,
    "2026-03-01T11:00:00Z",
)


def moment(**more: Any) -> Facts:
    """Facts about a Model."""
    return case(MODEL, **{"spec": SPEC, **more})


def there(*, ago: float = 600.0, notes: Status | None = None, **more: Any) -> Status:
    """The status of an object whose model is at SageMaker."""
    made_from = content.digest(moment())
    return {
        "status": "Created",
        "sageMakerModelName": JOB,
        "modelArn": "arn",
        "operatorState": {**state(confirmed=True, ago=ago), content.NOTE: made_from, **(notes or {})},
        "conditions": READY,
        "observedGeneration": 1,
        **more,
    }


def intended(**more: Any) -> Status:
    """The status of an object whose Create is announced."""
    notes = {**state(**more), content.NOTE: content.digest(moment())}
    return {"status": statusparts.FIRST_WORD, "operatorState": notes, "observedGeneration": 1}


DESCRIBE = calls.describe(moment(), TARGET)
CREATE = calls.create(moment(), TARGET)
DELETE = calls.delete(moment(), TARGET)
DROP = calls.delete_stand_in(moment(), TARGET, STAND_IN)
SWAP = there(notes={"replacement": STAND_IN})
SWAPPING: dict[str, Any] = {"spec": EDITED, "generation": 2, "status": SWAP, "intent_written": True}
EDIT = moment(**SWAPPING)
TRY = calls.create_stand_in(EDIT, TARGET, STAND_IN)
TAKEN = refusal(reasons.NAME_CONFLICT, "CreateModel", leaves_doubt=True)

LIVING: list[tuple[str, Facts, Step]] = [
    ("no finalizer", moment(finalizers=("other",)), Claim(None)),
    ("intent just written", moment(status=intended(), intent_written=True), CREATE),
    ("intent of an earlier process", moment(status=intended(), clean=False), DESCRIBE),
    ("name taken", moment(status=intended(), clean=False, answers={calls.CREATED: TAKEN}), DESCRIBE),
    (
        "name taken, but nothing to be seen",
        moment(status=intended(), clean=False, answers={calls.CREATED: TAKEN, calls.MAIN: Absent()}),
        Done(retry=reasons.NO_ANSWER),
    ),
    (
        "another content is asked for, and a Create of the first may be under way",
        moment(spec=EDITED, status=intended(ago=10), clean=False, answers={calls.MAIN: Absent()}),
        Done(after=20.0, look=True),
    ),
    (
        "another region is asked for, and a Create in the first may be under way",
        moment(spec=ABROAD, status=intended(), clean=False),
        DELETE,
    ),
    ("at rest", moment(status=there()), Done()),
    ("somebody asks", moment(status=there(), look=True), DESCRIBE),
    ("a sweep has not seen it", moment(status=there(), missing=True), DESCRIBE),
    ("edited", moment(status=there(), generation=2), DESCRIBE),
    ("as it should be", moment(status=there(), answers={calls.MAIN: HAS}, look=True), Done()),
    (
        "not to be seen shortly after a Create",
        moment(status=there(ago=10), look=True, answers={calls.MAIN: Absent()}),
        Done(after=20.0, look=True),
    ),
    (
        "as it should be, but the answer may be an old one",
        moment(status=there(ago=10), look=True, answers={calls.MAIN: HAS}),
        Done(after=20.0, look=True),
    ),
    ("left by the original", moment(status={"status": "Created"}), DESCRIBE),
]

REPLACING: list[tuple[str, Facts, Step]] = [
    ("begun by an earlier process", replace(EDIT, intent_written=False), DESCRIBE),
    ("the old one is there", replace(EDIT, answers={calls.MAIN: HAS}), calls.describe_stand_in(EDIT, TARGET, STAND_IN)),
    ("no stand-in yet", replace(EDIT, answers={calls.MAIN: HAS, calls.STAND_IN: Absent()}), TRY),
    ("a stand-in of an earlier edit", replace(EDIT, answers={calls.MAIN: HAS, calls.STAND_IN: HAS}), DROP),
    ("accepted", replace(EDIT, answers={calls.MAIN: HAS, calls.STAND_IN_CREATED: Found({})}), DELETE),
    (
        "the old one is gone",
        replace(EDIT, answers={calls.DELETED: Found({}), calls.STAND_IN_CREATED: Found({})}),
        calls.create(EDIT, TARGET),
    ),
    ("the old one was gone before", replace(EDIT, answers={calls.MAIN: Absent()}), calls.create(EDIT, TARGET)),
    ("made", replace(EDIT, answers={calls.CREATED: Found({})}), DROP),
    ("name not free yet", replace(EDIT, answers={calls.CREATED: TAKEN}), Done(retry=reasons.NO_ANSWER, look=True)),
    (
        "stand-in's name not free yet",
        replace(EDIT, answers={calls.MAIN: HAS, calls.STAND_IN: Absent(), calls.STAND_IN_CREATED: TAKEN}),
        Done(retry=reasons.NO_ANSWER, look=True),
    ),
    ("reverted", moment(generation=3, status=SWAP, answers={calls.MAIN: HAS}), DROP),
    (
        "reverted, and a Create of the stand-in may be under way",
        moment(
            generation=3,
            status=there(ago=10, notes={"replacement": STAND_IN}),
            answers={calls.MAIN: HAS, calls.STAND_IN_DELETED: Absent()},
        ),
        Done(after=20.0, look=True),
    ),
]

DELETING: list[tuple[str, Facts, Step]] = [
    ("not ours to hold", moment(deleting=True, finalizers=("other",)), Done()),
    ("nothing was ever done", moment(deleting=True), Release()),
    ("AWS refused each Create", moment(deleting=True, status=intended()), Release()),
    ("a Create may have gone out", moment(deleting=True, status=intended(), clean=False), DELETE),
    ("there", moment(deleting=True, status=there()), DELETE),
    ("there, made by the original", moment(deleting=True, status={"status": "Error"}), DELETE),
    (
        "to be kept",
        moment(deleting=True, status=there(), annotations={"sagemaker.aws.amazon.com/deletion-policy": "retain"}),
        Release(),
    ),
    (
        "not found shortly after a Create",
        moment(deleting=True, status=there(ago=10), answers={calls.DELETED: Absent()}),
        Done(after=20.0, look=True),
    ),
    ("half-way replaced", moment(deleting=True, status=SWAP, answers={calls.DELETED: Found({})}), DROP),
    (
        "no such place",
        moment(
            deleting=True,
            status=intended(),
            clean=False,
            answers={calls.DELETED: refusal(reasons.INVALID_SPEC, "CreateClient")},
        ),
        Release(),
    ),
]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(facts, expected, id=f"{name}: {text}")
        for name, table in (("living", LIVING), ("replacing", REPLACING), ("deleting", DELETING))
        for text, facts, expected in table
    ],
)
def test_next_step(facts: Facts, expected: Step) -> None:
    """The one right step for each moment."""
    assert decide.decide(facts) == expected


def written(facts: Facts) -> WriteStatus:
    """The status that is to be written next."""
    step = decide.decide(facts)
    assert isinstance(step, WriteStatus)
    return step


def test_names_of_a_restored_status_are_not_believed() -> None:
    """What a backup says of another object's model is neither followed nor deleted."""
    facts = moment(status=there(notes={"jobName": "job-ffffffffffffffffffffffffffffffff"}))

    assert decide.followed(facts) is None
    assert written(facts).status["operatorState"]["jobName"] == JOB
    assert decide.decide(replace(facts, deleting=True)) == calls.delete(facts, places.main(facts))


def test_what_the_feed_follows() -> None:
    """A model that is known to exist, until its object is to go."""
    assert decide.followed(moment(status=intended())) is None
    assert decide.followed(moment(status=there())) == TARGET
    assert decide.followed(moment(status=there(), deleting=True)) is None


@pytest.mark.parametrize("name", ["a", "job", "x" * 28 + "-r", "x" * 63, "with.dot", "x" * 29 + ".y"])
def test_the_two_names_are_two(name: str) -> None:
    """The stand-in's name fits, holds the UID and is never the main one."""
    facts = moment(name=name)
    main = places.main(facts)
    stand_in = places.stand_in(facts, main)

    assert main.name != stand_in.name
    assert max(len(main.name), len(stand_in.name)) <= MODEL.name_limit
    assert UID.replace("-", "") in stand_in.name


@pytest.mark.parametrize("operation", ["CreateModel", "DescribeModel", "CreateClient"])
@pytest.mark.parametrize("reason", sorted(reasons.RETRY.keys() - {reasons.NAME_CONFLICT}))
def test_a_refusal_is_written_once_and_tried_again_later(reason: str, operation: str) -> None:
    """Whatever AWS refuses and why: it is written and told once, then waited with."""
    key = calls.CREATED if operation == "CreateModel" else calls.MAIN
    no = refusal(reason, operation)
    facts = moment(status=intended(), clean=False, answers={key: no})
    step = written(facts)

    assert [note.reason for note in step.notes] == ([] if reason == reasons.THROTTLED else [reason])
    again = replace(no, text=no.text.replace("request id: 1", "request id: 2"))
    later = decide.decide(replace(facts, status=step.status, answers={key: again}))
    assert later == Done(retry=reason)


@pytest.mark.parametrize("reason", sorted(reasons.PASSING))
def test_what_passes_leaves_a_confirmed_object_alone(reason: str) -> None:
    """Nothing is written about a trouble that says nothing about the object."""
    facts = moment(status=there(), look=True, answers={calls.MAIN: refusal(reason, "DescribeModel")})

    assert decide.decide(facts) == Done(retry=reason, look=True)


@pytest.mark.parametrize(
    ("operation", "kind", "prefix"),
    [
        ("CreateModel", MODEL, "Unable to create SageMaker model: Unable to create SageMaker Model: "),
        ("DescribeModel", MODEL, "Unable to get SageMaker Model description: "),
        ("DeleteModel", MODEL, "Unable to delete SageMaker model: Unable to delete SageMaker Model: "),
        ("CreateClient", MODEL, "Unable to initialize operator: "),
        (
            "CreateEndpointConfig",
            kinds.ENDPOINT_CONFIG,
            "Unable to create SageMaker endpointConfig: Unable to create SageMaker EndpointConfig: ",
        ),
    ],
)
def test_the_original_s_texts(operation: str, kind: kinds.Kind, prefix: str) -> None:
    """A refusal is shown by the original's words before AWS's own."""
    facts = replace(moment(status=intended()), kind=kind)
    new = statuses.refused(facts, refusal(reasons.INVALID_SPEC, operation))

    assert (new["status"], new["additional"].startswith(prefix)) == ("Error", True)


def test_tags_that_cannot_be_set_are_told() -> None:
    """A right that lacks for tags is shown, and the object is not at rest until they are right."""
    tagged = {**SPEC, "tags": [{"key": "team", "value": "a"}]}
    denied = refusal(reasons.ACCESS_DENIED, "ListTags")
    facts = moment(spec=tagged, generation=2, status=there(), answers={calls.MAIN: HAS, tagging.LISTED: denied})
    step = written(facts)

    assert (step.status["status"], step.status["observedGeneration"]) == ("Created", 1)
    assert "ListTags" in step.status["additional"]
    after = replace(facts, status=step.status)
    assert decide.decide(after) == Done(retry=reasons.ACCESS_DENIED, look=True)
    assert decide.decide(replace(after, answers={})) == DESCRIBE


def owner(**more: Any) -> Related:
    """The deployment that the object was made for."""
    fields: dict[str, Any] = {
        "kind": kinds.HOSTING_DEPLOYMENT.name,
        "name": "hd",
        "uid": "owner",
        "resource_version": "1",
        "generation": 1,
        "deleting": True,
        "finalizers": (kinds.FINALIZER,),
        "labels": {},
        "annotations": {},
        "owner": "",
        "spec": {},
        "status": {"endpointStatus": "Deleting"},
    }
    return Related(**{**fields, **more})


BY_LABELS: dict[str, Any] = {
    "labels": {"owner_HostingDeployment_namespace": "ns", "owner_HostingDeployment_name": "hd"},
}
BY_REFERENCE: dict[str, Any] = {"owner_kind": "HostingDeployment", "owner_name": "hd", "owner_uid": "owner"}


@pytest.mark.parametrize("bond", [BY_LABELS, BY_REFERENCE])
def test_a_child_waits_for_the_endpoint_s_end(bond: dict[str, Any]) -> None:
    """A foreground deletion does not take the model from under an endpoint that still runs."""
    facts = moment(deleting=True, status=there(), **bond)
    search = Find("owner", "HostingDeployment", names=frozenset({"hd"}))
    assert decide.decide(facts) == search

    waiting = replace(facts, related={"owner": (owner(),)})
    step = written(waiting)
    assert "Waits for the endpoint of the HostingDeployment ns/hd" in step.status["conditions"][0]["message"]
    assert decide.decide(replace(waiting, status=step.status)) == Done(retry=reasons.DEPENDENCY_NOT_READY)


@pytest.mark.parametrize(
    "found",
    [
        (),
        (owner(status={"endpointStatus": "Deleted"}),),
        (owner(deleting=False),),
        (owner(finalizers=()),),
        (owner(uid="another of that name"),),
    ],
)
def test_a_child_goes_when_nothing_needs_it(found: tuple[Related, ...]) -> None:
    """An endpoint that is gone, or a deployment that stays, holds nothing."""
    facts = moment(deleting=True, status=there(), **BY_REFERENCE, related={"owner": found})

    assert decide.decide(facts) == DELETE


def test_the_word_of_the_end() -> None:
    """When SageMaker has nothing any more the status says so, then the object goes."""
    facts = moment(deleting=True, status=there(), answers={calls.DELETED: Found({})})
    step = written(facts)

    assert (step.status["status"], "sageMakerModelName" in step.status) == ("Deleted", False)
    assert decide.decide(replace(facts, status=step.status)) == Release()


def test_a_spec_without_a_region_asks_nobody() -> None:
    """An object that the original's schema let pass is told what it lacks, once."""
    facts = moment(spec={})
    step = written(facts)

    assert step.status["status"] == "Error"
    assert decide.decide(replace(facts, status=step.status)) == Done()
    assert decide.decide(replace(facts, status=step.status, deleting=True)) == Release()


def test_a_model_abroad_that_vanished_is_made_at_the_new_place() -> None:
    """Once nothing is left in the old region, the edited one counts."""
    facts = moment(spec=ABROAD, generation=2, status=there(), missing=True)
    assert decide.decide(facts) == DESCRIBE

    step = written(replace(facts, answers={calls.MAIN: Absent()}))
    assert (step.intent, step.status["operatorState"]["jobRegion"]) == (True, "eu-west-1")
    assert [note.reason for note in step.notes] == [reasons.DELETED_EXTERNALLY]


def test_a_request_carries_tags_and_marks() -> None:
    """The user's tags and the operator's marks go with every Create, the stand-in's too."""
    facts = moment(spec={**SPEC, "tags": [{"key": "team", "value": "a"}]}, cluster="here")
    for ask in (calls.create(facts, TARGET), calls.create_stand_in(facts, TARGET, STAND_IN)):
        assert isinstance(ask, Ask)
        assert ask.creates
        keys = [tag["Key"] for tag in ask.parameters["Tags"]]
        assert keys == ["team", "sagemaker-operator/uid", "sagemaker-operator/object", "sagemaker-operator/cluster"]


def test_time_of_an_adopted_one_is_its_own() -> None:
    """The notes on a model that was found carry the time of its making, so that a sweep is wide enough to show it."""
    made = NOW.replace(year=2024)
    facts = moment(status={"status": "Created"}, answers={calls.MAIN: Found({**HAS.description, "CreationTime": made})})

    assert written(facts).status["operatorState"]["createAttempt"] == "2024-03-01T12:00:00Z"


def test_refusals_are_told_apart() -> None:
    """A refusal of a description is not one of a Create."""
    denied = Refusal("DescribeModel", reasons.ACCESS_DENIED, "no")
    facts = moment(status=there(), generation=2, answers={calls.MAIN: denied})
    step = written(facts)

    assert (step.status["observedGeneration"], step.status["sageMakerModelName"]) == (1, JOB)
    assert Target(JOB, REGION) == decide.followed(replace(facts, status=step.status))
