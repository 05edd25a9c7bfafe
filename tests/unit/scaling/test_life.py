"""Whole lives of HostingAutoscalingPolicy objects, against a service in memory, with mishaps at every place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sagemaker_operator import reasons
from sagemaker_operator.facts import Related
from sagemaker_operator.scaling import decide
from sagemaker_operator.steps import Done
from smkube import kinds
from tests.unit.operator.cases import REGION
from tests.unit.resource.driver import LOST_AFTER, LOST_BEFORE, Life
from tests.unit.scaling.service import Scaling

KIND = kinds.AUTOSCALING_POLICY
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
DEFAULT = "SageMakerEndpointInvocationScalingPolicy"
ONE, TWO = "endpoint/one/variant/v", "endpoint/two/variant/v"
TRACKING = {
    "targetValue": 60,
    "predefinedMetricSpecification": {"predefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
}
REST = Done(after=600.0, look=True)
History = Callable[[Life, Scaling], None]
Spec = dict[str, Any]


def resources(*endpoints: str) -> list[Spec]:
    """Entries of `resourceId`."""
    return [{"endpointName": name, "variantName": "v"} for name in endpoints]


def spec(*endpoints: str, **more: Any) -> Spec:
    """A policy for endpoints."""
    made: Spec = {
        "region": REGION,
        "resourceId": resources(*(endpoints or ("one",))),
        "minCapacity": 1,
        "maxCapacity": 4,
        "targetTrackingScalingPolicyConfiguration": TRACKING,
    }
    return {**made, **more}


def begin(*endpoints: str, account: Scaling | None = None, **more: Any) -> tuple[Life, Scaling]:
    """A new object and an account."""
    account = account or Scaling()
    given = {"spec": spec(*endpoints), **more}
    return Life(KIND, decide.decide, account.call, **given), account


def action(name: str, hour: int = 22) -> Spec:
    """A scheduled action."""
    return {
        "scheduledActionName": name,
        "schedule": f"cron(0 {hour} * * ? *)",
        "scalableTargetAction": {"minCapacity": 2},
    }


def writing(life: Life) -> list[str]:
    """The calls that changed something."""
    return [one for one in life.operations() if not one.startswith(("Describe", "List"))]


def test_a_policy_comes_into_force_and_rests() -> None:
    """Targets and policies of all resources; then nothing, but a look every ten minutes that writes nothing."""
    life, account = begin("one", "two")
    assert life.run() == REST

    assert set(account.policies) == {(ONE, DIMENSION, DEFAULT), (TWO, DIMENSION, DEFAULT)}
    assert account.targets[ONE, DIMENSION]["SuspendedState"] == {
        "DynamicScalingInSuspended": False,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": False,
    }
    assert life.status["hostingAutoscalingPolicyStatus"] == "Created"
    assert (life.status["policyName"], life.status["resourceIDList"]) == (DEFAULT, [ONE, TWO])
    assert life.status["targets"] == [{"resourceId": one, "ready": True} for one in (ONE, TWO)]
    assert (life.condition("Ready")[0], life.events()) == ("True", ["Created"])
    made, writes = len(writing(life)), life.writes
    calls = len(life.calls)
    assert life.run() == REST
    assert len(life.calls) == calls
    life.seconds += 600
    assert life.run(look=True) == REST
    assert (len(writing(life)), life.writes) == (made, writes)


def test_an_edit_is_an_upsert() -> None:
    """New values are written over the old ones; there is no moment without a policy."""
    life, account = begin("one", "two")
    life.run()
    life.edit(maxCapacity=8, targetTrackingScalingPolicyConfiguration={**TRACKING, "targetValue": 70})
    assert life.run() == REST

    assert account.targets[ONE, DIMENSION]["MaxCapacity"] == 8
    assert account.policies[TWO, DIMENSION, DEFAULT]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 70
    assert not any(operation.startswith(("Delete", "Deregister")) for operation in life.operations())
    assert life.events() == ["Created", "Updated"]


def test_an_edit_that_takes_something_out_counts() -> None:
    """What AWS has beyond the spec after an edit is written over."""
    life, account = begin(
        spec=spec(targetTrackingScalingPolicyConfiguration={**TRACKING, "disableScaleIn": True}),
    )
    life.run()
    life.edit(targetTrackingScalingPolicyConfiguration=TRACKING)
    life.run()

    made = account.policies[ONE, DIMENSION, DEFAULT]["TargetTrackingScalingPolicyConfiguration"]
    assert "DisableScaleIn" not in made


def test_an_edit_without_effect_calls_nothing() -> None:
    """The SageMaker URL means nothing to Application Auto Scaling."""
    life, _account = begin()
    life.run()
    calls = len(life.calls)
    life.edit(sageMakerEndpoint="https://vpce.example")
    assert life.run() == REST

    assert (len(life.calls), life.status["observedGeneration"]) == (calls, 2)


def test_other_resources_replace_those_before() -> None:
    """The new resource comes before the old one goes, and the old one goes with its target."""
    life, account = begin("one")
    life.run()
    life.edit(resourceId=resources("two"))
    life.run()

    assert set(account.targets) == {(TWO, DIMENSION)}
    order = writing(life)[2:]
    assert order == [
        "RegisterScalableTarget",
        "PutScalingPolicy",
        "DeleteScalingPolicy",
        "DeregisterScalableTarget",
    ]
    assert [entry["resourceId"] for entry in life.state["applied"]] == [TWO]


def test_another_name_for_the_same_metric_takes_the_place_of_the_old() -> None:
    """AWS takes no second policy for a metric: the old one goes right before the new one comes."""
    life, account = begin()
    life.run()
    life.edit(policyName="mine")
    life.run()

    assert set(account.policies) == {(ONE, DIMENSION, "mine")}
    assert writing(life)[-2:] == ["DeleteScalingPolicy", "PutScalingPolicy"]
    assert life.status["policyName"] == "mine"


def test_a_refused_new_name_gives_the_old_policy_back() -> None:
    """When AWS will not have the new policy, the old one is put back."""
    life, account = begin()
    life.run()
    account.refuses = {"'mine'": ("ValidationException", "no such thing")}
    life.edit(policyName="mine")
    life.run()

    assert set(account.policies) == {(ONE, DIMENSION, DEFAULT)}
    assert life.status["hostingAutoscalingPolicyStatus"] == "Error"
    account.refuses = {}
    life.run()
    assert set(account.policies) == {(ONE, DIMENSION, "mine")}


def test_another_type_comes_before_the_old_goes() -> None:
    """A step policy of another name is put beside the old policy, which goes then."""
    life, account = begin()
    life.run()
    steps = {"adjustmentType": "ChangeInCapacity", "stepAdjustments": [{"scalingAdjustment": 1}]}
    life.edit(policyName="steps", stepScalingPolicyConfiguration=steps, targetTrackingScalingPolicyConfiguration=None)
    life.run()

    assert set(account.policies) == {(ONE, DIMENSION, "steps")}
    assert not account.bare


def test_scheduled_actions_come_and_go() -> None:
    """Actions are put, written over and deleted with the spec; a schedule may be all there is."""
    life, account = begin(spec=spec(scheduledActions=[action("night"), action("day", 6)]))
    life.run()
    assert {key[2] for key in account.actions} == {"night", "day"}
    life.edit(scheduledActions=[action("night", 23)], targetTrackingScalingPolicyConfiguration=None)
    life.run()

    assert [values["Schedule"] for values in account.actions.values()] == ["cron(0 23 * * ? *)"]
    assert not account.policies
    life.deleting = True
    life.run()
    assert (account.actions, account.targets, life.released) == ({}, {}, True)


def test_one_that_is_not_ready_keeps_no_other_back() -> None:
    """The endpoint that is in service is scaled, the other is waited for by its own line."""
    life, account = begin("one", "two", account=Scaling(in_service={TWO}))
    assert life.run() == Done(retry=reasons.DEPENDENCY_NOT_READY, look=True)

    assert set(account.policies) == {(TWO, DIMENSION, DEFAULT)}
    assert life.status["hostingAutoscalingPolicyStatus"] == "Reconciling"
    assert life.status["resourceIDList"] == [TWO]
    first, second = life.status["targets"]
    assert (first["ready"], second["ready"]) == (False, True)
    assert "The status should be in 'InService'" in first["message"]
    assert life.condition("Stalled") == ("False", reasons.DEPENDENCY_NOT_READY)
    calls = len(life.calls)
    life.run()
    assert all(TWO not in str(values.get("ResourceId")) for _operation, values in life.calls[calls:])
    account.in_service = {ONE, TWO}
    assert life.run() == REST
    assert (len(account.policies), life.condition("Ready")[0]) == (2, "True")


@pytest.mark.parametrize(
    ("code", "word", "reason"),
    [
        ("InternalServiceException", "Reconciling", reasons.SERVICE_ERROR),
        ("ConcurrentUpdateException", "Reconciling", reasons.SERVICE_ERROR),
        ("ValidationException", "Error", reasons.INVALID_SPEC),
        ("AccessDeniedException", "Error", reasons.ACCESS_DENIED),
        ("ResourceLimitExceeded", "Error", reasons.QUOTA_EXCEEDED),
    ],
)
def test_aws_s_own_text_is_shown(code: str, word: str, reason: str) -> None:
    """A refused Put shows the original's prefix and AWS's words, and the reason decides the word."""
    life, account = begin()
    account.refuses = {"PutScalingPolicy": (code, "words of AWS")}
    end = life.one_pass()

    assert end == Done(retry=reason, look=True)
    assert life.status["hostingAutoscalingPolicyStatus"] == word
    prefix = "Unable to apply HostingAutoscalingPolicy: Unable to Put Scaling Policy: "
    assert life.status["additional"].startswith(f"{prefix}{code}: words of AWS")
    assert (life.condition("Ready"), life.events()) == (("False", reason), [reason])
    writes = life.writes
    assert life.one_pass() == end
    assert (life.writes, life.events()) == (writes + 1, [reason]), "a further try only announces itself"


def test_a_spec_that_makes_no_sense_asks_nobody() -> None:
    """No configuration of a policy, or no resource: the object says so and rests."""
    life, account = begin(spec={"region": REGION, "resourceId": resources("one")})
    assert life.run() == Done()
    assert life.run() == Done()

    assert not life.calls
    assert life.status["hostingAutoscalingPolicyStatus"] == "Error"
    assert (life.condition("Stalled"), life.events()) == (("True", reasons.INVALID_SPEC), [reasons.INVALID_SPEC])
    life.edit(targetTrackingScalingPolicyConfiguration=TRACKING, minCapacity=1, maxCapacity=2)
    assert life.run() == REST
    assert account.policies


def test_what_somebody_changed_is_set_again() -> None:
    """The look every ten minutes finds other bounds and a lost policy, and tells of it."""
    life, account = begin("one", "two")
    life.run()
    account.targets[ONE, DIMENSION]["MaxCapacity"] = 99
    del account.policies[TWO, DIMENSION, DEFAULT]
    life.seconds += 600
    assert life.run(look=True) == REST

    assert account.targets[ONE, DIMENSION]["MaxCapacity"] == 4
    assert (TWO, DIMENSION, DEFAULT) in account.policies
    assert (life.events(), life.notes[-1].type) == (["Created", "Updated"], "Warning")
    assert life.condition("Ready")[0] == "True"


def test_what_aws_filled_in_is_no_difference() -> None:
    """Values that AWS added are left alone by a look."""
    life, account = begin()
    life.run()
    account.policies[ONE, DIMENSION, DEFAULT]["TargetTrackingScalingPolicyConfiguration"]["ScaleInCooldown"] = 300
    made = len(writing(life))
    life.seconds += 600
    life.run(look=True)

    assert len(writing(life)) == made


def test_tags_of_a_target_can_be_edited() -> None:
    """Tags go with a new target, are changed by calls of their own, and others' tags stay."""
    life, account = begin(spec=spec(tags=[{"key": "team", "value": "a"}]))
    life.run()
    account.targets[ONE, DIMENSION]["Tags"]["theirs"] = "x"
    life.edit(tags=[{"key": "cost", "value": "b"}])
    assert life.run() == REST

    assert account.targets[ONE, DIMENSION]["Tags"] == {"cost": "b", "theirs": "x"}
    calls = len(life.calls)
    life.run()
    assert len(life.calls) == calls


def adopted(word: str = "Created", **more: Any) -> tuple[Life, Scaling]:
    """An object as the original operator leaves it, with what it made."""
    donor, account = begin()
    donor.run()
    status = {"hostingAutoscalingPolicyStatus": word, "policyName": DEFAULT, "resourceIDList": [ONE]}
    life, _account = begin(account=account, status=status, finalizers=(kinds.FINALIZER,), **more)
    return life, account


@pytest.mark.parametrize("word", ["Created", "Reconciling", "Error"])
def test_what_the_original_left_is_taken_over(word: str) -> None:
    """What is in force as the spec asks is looked at and nothing is written to AWS."""
    life, _account = adopted(word)
    assert life.run() == REST

    assert writing(life) == []
    assert (life.events(), life.condition("Ready")[0]) == (["Adopted"], "True")


def test_what_the_original_had_elsewhere_goes() -> None:
    """The list that the original kept tells what an edit it has not seen leaves over."""
    life, account = adopted(spec=spec("two"))
    life.run()

    assert set(account.targets) == {(TWO, DIMENSION)}


def test_what_the_original_applied_half_way_goes_with_its_object() -> None:
    """The original lists resources only when all is done: an object in error may have registered its spec's."""
    life, account = adopted("Error")
    life.status["resourceIDList"] = []
    life.deleting = True
    life.run()

    assert (account.targets, life.released) == ({}, True)


def _other(name: str, account: Scaling, **more: Any) -> Related:
    other, _account = begin(account=account, spec=spec(policyName=name))
    steps = {"adjustmentType": "ChangeInCapacity", "stepAdjustments": [{"scalingAdjustment": 1}]}
    other.edit(stepScalingPolicyConfiguration=steps, targetTrackingScalingPolicyConfiguration=None)
    other.run()
    fields: dict[str, Any] = {
        "kind": KIND.name,
        "name": name,
        "uid": name,
        "resource_version": "1",
        "generation": 1,
        "deleting": False,
        "finalizers": (kinds.FINALIZER,),
        "labels": {},
        "annotations": {},
        "owner": "",
        "spec": other.spec,
        "status": other.status,
    }
    return Related(**{**fields, **more})


def test_a_target_that_another_object_uses_stays() -> None:
    """Of two objects for one variant the first to go takes only its own policy."""
    life, account = begin()
    life.run()
    life.others = [_other("theirs", account)]
    life.deleting = True
    life.run()

    assert life.released
    assert set(account.policies) == {(ONE, DIMENSION, "theirs")}


def test_a_target_that_aws_has_others_policies_on_stays() -> None:
    """A policy that nobody in the namespace tells of keeps the target registered too."""
    life, account = begin()
    life.run()
    account.policies[ONE, DIMENSION, "by-hand"] = {"PolicyType": "StepScaling"}
    life.deleting = True
    life.run()

    assert set(account.policies) == {(ONE, DIMENSION, "by-hand")}


def test_objects_that_go_together_leave_nothing() -> None:
    """Another object that is on its way out does not keep the target."""
    life, account = begin()
    life.run()
    life.others = [_other("theirs", account, deleting=True)]
    del account.policies[ONE, DIMENSION, "theirs"]
    life.deleting = True
    life.run()

    assert not account.targets


def test_the_retain_policy_touches_nothing() -> None:
    """With the deletion policy `retain` the object goes and everything stays."""
    life, account = begin(annotations={"sagemaker.aws.amazon.com/deletion-policy": "retain"})
    life.run()
    calls = len(life.calls)
    life.deleting = True
    life.run()

    assert (life.released, len(life.calls), len(account.policies)) == (True, calls, 1)


def test_an_object_that_was_never_more_than_refused_goes_at_once() -> None:
    """When AWS took none of the requests there is nothing to delete, and nobody is asked."""
    life, _account = begin(account=Scaling(in_service=set()))
    life.run()
    calls = len(life.calls)
    life.deleting = True
    life.run()

    assert (life.released, len(life.calls)) == (True, calls)


def test_without_the_right_to_ask_for_schedules_a_deletion_ends() -> None:
    """The original needed no right for scheduled actions, so none is needed to go."""
    life, account = begin()
    account.refuses = {"DescribeScheduledActions": ("AccessDeniedException", "not authorized")}
    life.run()
    life.deleting = True
    life.run()

    assert (account.targets, life.released) == ({}, True)


def test_another_region_is_refused_once_the_policy_is_in_force() -> None:
    """What is in force stays where it is, and goes from there when the object does."""
    life, account = begin()
    life.run()
    calls = len(life.calls)
    life.edit(region="eu-west-1")
    assert life.run() == Done()
    assert (len(life.calls), life.condition("Stalled")) == (calls, ("True", reasons.SPEC_CHANGED))
    life.deleting = True
    life.run()

    assert (account.targets, life.released) == ({}, True)


def test_another_region_is_fine_before_that() -> None:
    """What never came into force is cleaned up where it was tried, and made in the new place."""
    life, account = begin(account=Scaling(in_service=set()))
    life.run()
    account.in_service = None
    life.restart()
    life.edit(region="eu-west-1")
    assert life.run() == REST

    assert (life.state["jobRegion"], len(account.policies)) == ("eu-west-1", 1)


def test_very_many_resources_are_done_in_several_passes() -> None:
    """No pass is endless: what one does not reach the next one does, without asking again about what is done."""
    names = [f"e{number}" for number in range(64)]
    life, account = begin(*names)
    assert life.run() == REST
    assert len(account.policies) == len(names)

    assert writing(life).count("PutScalingPolicy") == len(names)
    life.seconds += 600
    assert life.run(look=True) == REST
    life.deleting = True
    life.run()
    assert (account.targets, life.released) == ({}, True)


def test_lists_are_read_to_their_end() -> None:
    """A policy on the second page is seen."""
    life, account = begin(account=Scaling(page=1))
    life.run()
    for name in ("a", "b", "c"):
        account.policies = {(ONE, DIMENSION, name): {"PolicyType": "StepScaling"}, **account.policies}
    made = len(writing(life))
    life.seconds += 600
    life.run(look=True)

    assert len(writing(life)) == made


# --- mishaps -------------------------------------------------------------------------------------------------------


def _changed(life: Life, account: Scaling) -> None:
    life.spec = spec("one", "two", scheduledActions=[action("night")])
    life.run()
    life.edit(resourceId=resources("two"), policyName="mine", scheduledActions=[action("day")], maxCapacity=8)
    life.run()
    assert set(account.targets) == {(TWO, DIMENSION)}
    assert set(account.policies) == {(TWO, DIMENSION, "mine")}
    assert {key[2] for key in account.actions} == {"day"}
    assert life.status["resourceIDList"] == [TWO]
    assert life.condition("Ready")[0] == "True"


def _changed_midway(life: Life, account: Scaling) -> None:
    life.spec = spec("one", scheduledActions=[action("night")])
    life.one_pass_or_crash()
    life.edit(resourceId=resources("two"), scheduledActions=None)
    life.run()
    assert set(account.targets) == {(TWO, DIMENSION)}
    assert not account.actions
    assert life.condition("Ready")[0] == "True"


def _deleted_midway(life: Life, account: Scaling) -> None:
    life.spec = spec("one", "two", scheduledActions=[action("night")])
    life.one_pass_or_crash()
    life.deleting = True
    life.run()
    assert life.released
    assert (account.targets, account.policies, account.actions) == ({}, {}, {})


HISTORIES: list[History] = [_changed, _changed_midway, _deleted_midway]


@pytest.mark.parametrize("history", HISTORIES)
def test_a_process_may_end_anywhere(history: History) -> None:
    """Before whichever step the process ends, the next one brings the object to the same rest."""
    tried = 0
    for at in range(1, 80):
        life, account = begin(crash_at=at)
        history(life, account)
        tried += life.crash_at < 0
    assert tried > 10


@pytest.mark.parametrize("lost", [LOST_BEFORE, LOST_AFTER])
@pytest.mark.parametrize("history", HISTORIES)
def test_any_call_may_get_lost(history: History, lost: str) -> None:
    """A call that never arrives, or whose answer does not, changes nothing about the end."""
    for number in range(40):
        life, account = begin(lose=(number, lost))
        history(life, account)
