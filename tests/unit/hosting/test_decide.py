"""The next step for a HostingDeployment, case by case: each row is a moment and what is right to do then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sagemaker_operator import controls, reasons
from sagemaker_operator.facts import Absent, Facts, Found
from sagemaker_operator.hosting import decide
from sagemaker_operator.steps import Ask, Claim, CreateObject, DeleteObject, Done, Release, Step, WriteStatus
from tests.unit.hosting.cases import (
    BEGUN,
    CONFIG,
    LISTED,
    NOW,
    OLD,
    TAKEN,
    UNSURE,
    case,
    children,
    found,
    refusal,
    related,
    settled,
    shown,
    state,
)
from tests.unit.hosting.world import spec

STEPS: list[tuple[str, Facts, Step | str]] = [
    ("no finalizer", case(finalizers=("other",)), Claim(None)),
    ("left by the original", case(shown(operatorState={})), "DescribeEndpoint"),
    ("intent of an earlier process", case(UNSURE, clean=False), "DescribeEndpoint"),
    ("a Create whose fate is open is not seen yet", case(UNSURE, clean=False, endpoint=Absent()), "announce"),
    ("just announced", case(UNSURE, intent_written=True), "CreateEndpoint"),
    (
        "the name is taken",
        case(UNSURE, answers={"created": refusal("CreateEndpoint", reasons.NAME_CONFLICT)}),
        "DescribeEndpoint",
    ),
    (
        "the name is taken, but nothing to be seen",
        case(UNSURE, answers={"created": refusal("CreateEndpoint", reasons.NAME_CONFLICT), "endpoint": Absent()}),
        Done(retry=reasons.NO_ANSWER),
    ),
    (
        "another region, and a Create may be under way",
        case(
            {**UNSURE, "operatorState": state(confirmed=False, ago=10)},
            spec=spec(region="eu-west-1"),
            clean=False,
            endpoint=Absent(),
        ),
        Done(after=20.0, look=True),
    ),
    ("not listed yet, just created", case(shown("Creating", config="")), Done(after=decide.FIRST_LOOK, look=True)),
    ("in service", case(shown()), Done()),
    ("in service, as listed", case(shown(), listed=LISTED), Done()),
    ("listed in another status", case(shown(), listed=replace(LISTED, status="Updating")), "DescribeEndpoint"),
    ("changed since, by a list", case(shown(), listed=replace(LISTED, modified=NOW.timestamp())), "DescribeEndpoint"),
    (
        "listed as it was before the last description",
        case(shown(), listed=replace(LISTED, status="Updating"), seen_modified=NOW.timestamp()),
        Done(),
    ),
    ("a full list without it", case(shown(), missing=True), "DescribeEndpoint"),
    ("somebody asks", case(shown(), look=True), "DescribeEndpoint"),
    ("edited", case(shown(), generation=2), "DescribeEndpoint"),
    (
        "not found, just created",
        case(shown(operatorState=state(ago=10)), endpoint=Absent()),
        Done(after=20.0, look=True),
    ),
    ("gone", case(shown(), endpoint=Absent()), "announce"),
    (
        "AWS does not answer",
        case(shown(), endpoint=refusal("DescribeEndpoint", reasons.NO_ANSWER)),
        Done(retry=reasons.NO_ANSWER, look=True),
    ),
    (
        "a description older than a list",
        case(shown(), endpoint=found(), listed=replace(LISTED, modified=NOW.timestamp())),
        Done(after=decide.LAG, look=True),
    ),
    *[
        (f"found {word}", case(shown(word), endpoint=found(word)), Done())
        for word in ("InService", "Creating", "Updating", "SystemUpdating", "RollingBack", "OutOfService", "Failed")
    ],
    ("found Deleting", case(shown("Deleting"), endpoint=found("Deleting")), Done(after=decide.GOING, look=True)),
    (
        "found in a word nobody knows",
        case(shown("Levitating"), endpoint=found("Levitating", OLD)),
        Done(after=decide.UNKNOWN, look=True),
    ),
    (
        "left between two revisions",
        case(shown("UpdateRollbackFailed"), endpoint=found("UpdateRollbackFailed")),
        "announce",
    ),
    ("another configuration, by the status", case(shown(config=OLD)), "DescribeEndpoint"),
    ("another configuration", case(shown(config=OLD), endpoint=found(config=OLD)), "announce"),
    (
        "another configuration, out of service",
        case(shown("OutOfService", OLD), endpoint=found("OutOfService", OLD)),
        "announce",
    ),
    ("an update is announced", case(shown(config=OLD, operatorState=BEGUN), intent_written=True), "UpdateEndpoint"),
    ("an update was announced by an earlier process", case(shown(config=OLD, operatorState=BEGUN)), "DescribeEndpoint"),
    (
        "an update that is not seen yet",
        case(shown(config=OLD, operatorState=BEGUN), endpoint=found(config=OLD)),
        Done(after=decide.LAG, look=True),
    ),
    (
        "an update that was taken and is not seen yet",
        case(shown("Updating", OLD, operatorState=TAKEN), endpoint=found(config=OLD)),
        Done(after=decide.LAG, look=True),
    ),
    ("listed as it was before the update", case(shown("Updating", OLD, operatorState=TAKEN), listed=LISTED), Done()),
    (
        "an update that never began",
        case(
            shown(config=OLD, operatorState={**BEGUN, "createAttempt": "2026-03-01T11:59:00Z"}),
            endpoint=found(config=OLD),
        ),
        "announce",
    ),
    (
        "an update that AWS refuses for the moment",
        case(
            shown(config=OLD, operatorState=BEGUN),
            answers={"updated": refusal("UpdateEndpoint", reasons.SERVICE_ERROR, leaves_doubt=True)},
        ),
        Done(retry=reasons.SERVICE_ERROR, look=True),
    ),
    (
        "an update of an endpoint that is gone",
        case(shown(config=OLD, operatorState=BEGUN), answers={"updated": Absent()}),
        Done(retry=reasons.SERVICE_ERROR, look=True),
    ),
    ("given up", case(shown(config=OLD, operatorState=state(rejected=CONFIG)), endpoint=found(config=OLD)), Done()),
    (
        "given up, and asked for now",
        case(shown(config=OLD, operatorState=state(rejected=CONFIG)), endpoint=found(config=OLD), forced=True),
        "announce",
    ),
    (
        "failed with what is asked for, and asked for now",
        case(shown("Failed"), endpoint=found("Failed"), forced=True),
        "announce",
    ),
    ("failed with something else", case(shown("Failed", OLD), endpoint=found("Failed", OLD)), "announce"),
    (
        "failed after an update to something else",
        case(shown("Failed", operatorState=state(rejected=OLD)), endpoint=found("Failed")),
        "announce",
    ),
    (
        "to be created anew",
        case(shown("Failed", operatorState=state(recreate=True)), intent_written=True),
        "DeleteEndpoint",
    ),
    (
        "to be created anew, and gone",
        case(shown("Deleting", operatorState=state(recreate=True)), endpoint=Absent()),
        "announce",
    ),
    ("a model is missing", case(shown(), related=related()), "CreateObject"),
    ("a model waits", case(shown(), related=children(model={})), Done(retry=reasons.DEPENDENCY_NOT_READY)),
    ("a configuration waits", case(shown(), related=children(config={})), Done(retry=reasons.DEPENDENCY_NOT_READY)),
]

ENDS: list[tuple[str, Facts, Step | str]] = [
    ("without our finalizer", case(shown(), finalizers=("other",)), Done()),
    ("never touched", case(related=related()), Release()),
    ("never touched, with children", case(status={"endpointStatus": "Deleted"}), "DeleteObject"),
    ("nothing was ever sent", case(UNSURE, related=related()), Release()),
    ("something may have been sent", case(UNSURE, clean=False), "DescribeEndpoint"),
    (
        "nobody can be asked",
        case(UNSURE, clean=False, related=related(), endpoint=refusal("CreateClient", reasons.INVALID_SPEC)),
        Release(),
    ),
    ("in service", case(shown()), "DescribeEndpoint"),
    *[
        (f"found {word}", case(shown(), endpoint=found(word)), "DeleteEndpoint")
        for word in (
            "InService",
            "Creating",
            "Updating",
            "SystemUpdating",
            "RollingBack",
            "OutOfService",
            "Failed",
            "UpdateRollbackFailed",
            "Levitating",
        )
    ],
    ("found on its way", case(shown(), endpoint=found("Deleting")), Done(after=10.0, look=True)),
    (
        "deletion accepted",
        case(shown(), answers={"endpoint": found(), "deleted": Found({})}),
        Done(after=10.0, look=True),
    ),
    (
        "SageMaker is at work",
        case(
            shown(),
            answers={"endpoint": found("Creating"), "deleted": refusal("DeleteEndpoint", reasons.SERVICE_ERROR)},
        ),
        Done(after=60.0, look=True),
    ),
    (
        "SageMaker is in trouble",
        case(shown(), answers={"endpoint": found(), "deleted": refusal("DeleteEndpoint", reasons.SERVICE_ERROR)}),
        Done(retry=reasons.SERVICE_ERROR, look=True),
    ),
    (
        "AWS does not answer",
        case(shown(), endpoint=refusal("DescribeEndpoint", reasons.NO_ANSWER)),
        Done(retry=reasons.NO_ANSWER, look=True),
    ),
    (
        "not found right after a Create",
        case(shown(operatorState=state(ago=10)), endpoint=Absent()),
        Done(after=20.0, look=True),
    ),
    ("gone, with children", case(shown(), endpoint=Absent()), "DeleteObject"),
    ("gone", case(shown(), endpoint=Absent(), related=related()), Release()),
    (
        "gone when it was to be deleted",
        case(shown(), related=related(), answers={"endpoint": found(), "deleted": Absent()}),
        Release(),
    ),
    ("retained", case(shown(), annotations={controls.DELETION_POLICY: "retain"}, related=related()), Release()),
]


def matches(step: Step, expected: Step | str) -> bool:
    """Whether a step is the expected one, or of the expected kind."""
    match step:
        case Ask():
            return step.operation == expected
        case WriteStatus():
            return step.intent and expected == "announce"
        case CreateObject() | DeleteObject():
            return type(step).__name__ == expected
    return step == expected


@pytest.mark.parametrize(("facts", "expected"), [row[1:] for row in STEPS], ids=[row[0] for row in STEPS])
def test_the_next_step_for_a_deployment_that_is_to_be(facts: Facts, expected: Step | str) -> None:
    """New, serving, changing, failed and inherited deployments: the step that the moment asks for, once all is told."""
    step = decide.decide(settled(facts))
    assert matches(step, expected), step


@pytest.mark.parametrize(("facts", "expected"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_the_next_step_for_a_deployment_that_is_to_go(facts: Facts, expected: Step | str) -> None:
    """A deletion ends what costs money, waits for it to be gone, then lets the children and the object go."""
    step = decide.decide(settled(replace(facts, deleting=True)))
    assert matches(step, expected), step
