"""The next step for a HostingAutoscalingPolicy, case by case, and the pieces that decide it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sagemaker_operator import reasons
from sagemaker_operator.facts import Absent, Facts, Found
from sagemaker_operator.scaling import calls, compare, decide, holdings, statuses
from sagemaker_operator.scaling.bring import Outcome
from sagemaker_operator.scaling.holdings import Held
from sagemaker_operator.steps import Ask, Claim, Done, Find, Release, Step, WriteStatus
from smkube import conditions, kinds
from tests.unit.operator.cases import REGION, Status, case, refusal, stamp
from tests.unit.scaling.test_life import DEFAULT, DIMENSION, ONE, REST, TWO, spec

KIND = kinds.AUTOSCALING_POLICY
KEY = (ONE, DIMENSION)
PLACE = calls.place(spec())
APPLIED = [{"resourceId": ONE, "scalableDimension": DIMENSION, "policyName": DEFAULT, "scheduledActions": []}]


def moment(**more: Any) -> Facts:
    """Facts about a policy of one resource."""
    return case(KIND, **{"spec": spec(), **more})


def in_force(*, confirmed: bool = True, ago: float = 600.0, **more: Any) -> Status:
    """The status of an object whose policy is in force."""
    ready = [conditions.Wanted("Ready", "True", reasons.READY)]
    return {
        "hostingAutoscalingPolicyStatus": "Created",
        "policyName": DEFAULT,
        "resourceIDList": [ONE],
        "targets": [{"resourceId": ONE, "ready": True}],
        "operatorState": {
            "jobName": DEFAULT,
            "jobRegion": REGION,
            "createAttempt": stamp(ago),
            "createConfirmed": confirmed,
            "applied": APPLIED,
            "contentHash": statuses.digest(moment()),
        },
        "conditions": conditions.merge([], ready, 1, stamp(60)),
        "observedGeneration": 1,
        **more,
    }


TARGETS = calls.ask(PLACE, "DescribeScalableTargets", {"ServiceNamespace": "sagemaker", "ResourceIds": [ONE]}, ONE, "0")
POLICIES = calls.ask(PLACE, "DescribeScalingPolicies", calls.of(KEY), *KEY, "0")
NOT_THERE: dict[str, Any] = {TARGETS.key: Found({}), POLICIES.key: Found({})}
DELETE = calls.ask(PLACE, "DeleteScalingPolicy", {**calls.of(KEY), "PolicyName": DEFAULT}, *KEY, DEFAULT)
ACTIONS = calls.ask(PLACE, "DescribeScheduledActions", calls.of(KEY), *KEY, "0")
DEREGISTER = calls.ask(PLACE, "DeregisterScalableTarget", calls.of(KEY), *KEY)
GOING: dict[str, Any] = {"deleting": True, "status": in_force(), "related": {"others": ()}}
UNSURE: dict[str, Any] = {"deleting": True, "status": in_force(confirmed=False, ago=10), "related": {"others": ()}}
GONE: dict[str, Any] = {
    DELETE.key: Absent(),
    POLICIES.key: Found({}),
    ACTIONS.key: Found({}),
    DEREGISTER.key: Absent(),
}
RETAIN = {"sagemaker.aws.amazon.com/deletion-policy": "retain"}

CASES: list[tuple[str, Facts, Step]] = [
    ("no finalizer", moment(finalizers=()), Claim(None)),
    ("at rest", moment(status=in_force()), REST),
    ("time for a look", moment(status=in_force(), look=True), TARGETS),
    ("left by the original", moment(status={"hostingAutoscalingPolicyStatus": "Created"}), TARGETS),
    (
        "intent just written",
        moment(status=in_force(confirmed=False, targets=[]), intent_written=True),
        TARGETS,
    ),
    ("nothing was ever done", moment(deleting=True), Release()),
    ("not ours to hold", moment(deleting=True, finalizers=("other",)), Done()),
    ("to be kept", moment(**GOING, annotations=RETAIN), Release()),
    ("who else", moment(deleting=True, status=in_force()), Find("others", KIND.name)),
    ("policy first", moment(**GOING), DELETE),
    ("any other policy", moment(**GOING, answers={DELETE.key: Absent()}), POLICIES),
    ("any other schedule", moment(**GOING, answers={DELETE.key: Absent(), POLICIES.key: Found({})}), ACTIONS),
    ("nobody else", moment(**GOING, answers={key: GONE[key] for key in list(GONE)[:3]}), DEREGISTER),
    ("a Put may be under way", moment(**UNSURE, clean=False, answers=GONE), Done(after=20.0, look=True)),
    ("AWS took nothing", moment(**{**UNSURE, "status": {**UNSURE["status"], "resourceIDList": []}}), Release()),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(facts, step, id=name) for name, facts, step in CASES])
def test_next_step(facts: Facts, expected: Step) -> None:
    """The one right step for each moment."""
    assert decide.decide(facts) == expected


def test_the_notes_are_widened_before_anything_is_sent() -> None:
    """Old and new resources are on file before the first Register, and nothing is written to AWS before that."""
    facts = moment(spec=spec("two"), generation=2, status=in_force())
    step = decide.decide(facts)

    assert isinstance(step, WriteStatus)
    assert step.intent
    assert [entry["resourceId"] for entry in step.status["operatorState"]["applied"]] == [ONE, TWO]
    assert step.status["hostingAutoscalingPolicyStatus"] == "Created"


def test_a_new_object_says_that_it_waits() -> None:
    """The first word is the original's; name and conditions are there from the beginning."""
    step = decide.decide(moment())

    assert isinstance(step, WriteStatus)
    assert step.status["hostingAutoscalingPolicyStatus"] == "Reconciling"
    assert step.status["policyName"] == DEFAULT
    assert {one["type"]: one["status"] for one in step.status["conditions"]} == {
        "Ready": "Unknown",
        "Reconciling": "True",
        "Stalled": "False",
    }


def test_register_comes_before_put() -> None:
    """The target is registered with the spec's bounds, then the policy is put."""
    facts = moment(status=in_force(confirmed=False, targets=[]), intent_written=True, answers=NOT_THERE)
    register = decide.decide(facts)
    assert isinstance(register, Ask)
    assert (register.operation, register.creates, register.service) == (
        "RegisterScalableTarget",
        True,
        "application-autoscaling",
    )
    put = decide.decide(replace(facts, answers={**NOT_THERE, register.key: Found({})}))

    assert isinstance(put, Ask)
    assert put.operation == "PutScalingPolicy"


@pytest.mark.parametrize("reason", sorted(reasons.PASSING))
def test_what_passes_leaves_a_policy_in_force_alone(reason: str) -> None:
    """A look that AWS does not answer is done again, and nothing is written."""
    answers = {TARGETS.key: refusal(reason, "DescribeScalableTargets")}

    assert decide.decide(moment(status=in_force(), look=True, answers=answers)) == Done(retry=reason, look=True)


@pytest.mark.parametrize(
    ("actual", "stated", "covers", "same"),
    [
        ({"a": 1, "b": 2}, {"a": 1.0}, True, False),
        ({"a": 1}, {"a": 1, "b": False, "c": "", "d": []}, True, True),
        ({"a": False}, {}, True, True),
        ({"a": [1, 2]}, {"a": [2, 1]}, False, False),
        (
            {"d": [{"Name": "x", "Value": "1"}, {"Name": "a", "Value": "2"}]},
            {"d": [{"Name": "a", "Value": "2"}, {"Name": "x", "Value": "1"}]},
            True,
            True,
        ),
        ({"t": datetime(2026, 3, 1, 12, tzinfo=UTC)}, {"t": "2026-03-01T13:00:00+01:00"}, True, True),
        ({"t": datetime(2026, 3, 1, 12, tzinfo=UTC)}, {"t": "2026-03-01T13:00:00Z"}, False, False),
        ({}, {"a": {"b": 1}}, False, False),
        ({"a": 0}, {"a": 1}, False, False),
    ],
)
def test_comparison(actual: Status, stated: Status, covers: bool, same: bool) -> None:
    """What AWS filled in is no difference, unless it has to be."""
    assert (compare.covers(actual, stated), compare.same(actual, stated)) == (covers, same)


def test_notes_of_holdings_are_read_as_they_were_written() -> None:
    """Several policies and schedules of one target survive the way through the status."""
    held: holdings.Holdings = {
        (ONE, DIMENSION): Held(frozenset({"a", "b"}), frozenset({"night"})),
        (TWO, DIMENSION): Held(frozenset(), frozenset({"day"})),
    }

    assert holdings.noted({"operatorState": {"applied": holdings.notes(held)}}) == held


def test_the_original_s_list_is_read() -> None:
    """Without notes of ours the original's list and name tell what there is."""
    status = {"resourceIDList": [ONE, "inference-component/c"], "policyName": "mine"}

    assert holdings.noted(status) == {
        (ONE, DIMENSION): Held(frozenset({"mine"})),
        ("inference-component/c", "sagemaker:inference-component:DesiredCopyCount"): Held(frozenset({"mine"})),
    }


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        ("RegisterScalableTarget", "Unable to apply HostingAutoscalingPolicy: Unable to Register Target: "),
        ("PutScalingPolicy", "Unable to apply HostingAutoscalingPolicy: Unable to Put Scaling Policy: "),
        ("DeleteScalingPolicy", "Unable to apply HostingAutoscalingPolicy: Unable to DeleteScalingPolicy: "),
        ("DescribeScalingPolicies", "Unable to describe HostingAutoscalingPolicy.: "),
        ("CreateClient", "Unable to initialize operator: "),
    ],
)
def test_the_original_s_texts(operation: str, text: str) -> None:
    """A refusal is shown by the original's words before AWS's own; while the object goes, as one of its deletion."""
    no = refusal(reasons.ACCESS_DENIED, operation)
    facts = moment(status=in_force())
    assert statuses.refused(facts, no)["additional"].startswith(text)

    ending = statuses.refused(replace(facts, deleting=True), no)["additional"]
    assert ending.startswith(text.replace("Unable to apply", "Unable to delete"))


def test_the_worst_is_told_and_the_soonest_tried() -> None:
    """One endpoint to wait for does not hide a refusal, and a refusal does not delay what is waited for."""
    no = refusal(reasons.ACCESS_DENIED, "PutScalingPolicy")
    wait = refusal(reasons.DEPENDENCY_NOT_READY, "RegisterScalableTarget")
    new = statuses.partial(
        moment(spec=spec("one", "two")), [Outcome(KEY, no), Outcome((TWO, DIMENSION), wait)], {}, [wait, no]
    )

    assert new["hostingAutoscalingPolicyStatus"] == "Error"
    assert [line["ready"] for line in new["targets"]] == [False, False]
    assert statuses.soonest([no, wait]) == reasons.DEPENDENCY_NOT_READY
