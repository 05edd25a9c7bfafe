"""Application Auto Scaling: targets, policies, scheduled actions, tags, and their effect on endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standin.hosting_requests import (
    CONCURRENCY,
    config_request,
    endpoint_request,
    serverless_variant,
    target_id,
    tracking_policy,
    variant,
)
from tests.unit.standin.hosting_world import Hosting

WORDS = (
    "service namespace: sagemaker, resource ID: endpoint/e/variant/AllTraffic, "
    "scalable dimension: sagemaker:variant:DesiredInstanceCount"
)
STEPS = {
    "PolicyType": "StepScaling",
    "StepScalingPolicyConfiguration": {
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    },
}
ACTION = {"ScheduledActionName": "night", "Schedule": "cron(0 22 * * ? *)", "ScalableTargetAction": {"MinCapacity": 1}}


@pytest.fixture
def hosting() -> Hosting:
    """A stand-in with endpoint `e` of one instance in service."""
    made = Hosting()
    made.endpoint("e", "c")
    return made


def _register(hosting: Hosting, low: int = 1, high: int = 4, **more: Any) -> str:
    answer = hosting.call("RegisterScalableTarget", **target_id("e"), MinCapacity=low, MaxCapacity=high, **more)
    return str(answer["ScalableTargetARN"])


def _targets(hosting: Hosting, **params: Any) -> list[dict[str, Any]]:
    answer = hosting.call("DescribeScalableTargets", ServiceNamespace="sagemaker", **params)
    found: list[dict[str, Any]] = answer["ScalableTargets"]
    return found


class TestTargets:
    """Register-, Deregister- and DescribeScalableTargets."""

    def test_registration(self, hosting: Hosting) -> None:
        """A registered target is shown with its limits, the service-linked role and nothing suspended."""
        arn = _register(hosting)
        assert arn.startswith("arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/")
        assert _targets(hosting) == [
            {
                **target_id("e"),
                "MinCapacity": 1,
                "MaxCapacity": 4,
                "RoleARN": (
                    "arn:aws:iam::123456789012:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
                    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
                ),
                "CreationTime": hosting.now,
                "SuspendedState": {
                    "DynamicScalingInSuspended": False,
                    "DynamicScalingOutSuspended": False,
                    "ScheduledScalingSuspended": False,
                },
                "ScalableTargetARN": arn,
            }
        ]
        assert hosting.status() == "InService"

    def test_registering_again_changes_what_is_named(self, hosting: Hosting) -> None:
        """A second registration keeps the ARN and what it doesn't name."""
        arn = _register(hosting)
        hosting.advance(5)
        state = {"DynamicScalingInSuspended": True}
        changed = hosting.call("RegisterScalableTarget", **target_id("e"), MaxCapacity=9, SuspendedState=state)
        assert changed["ScalableTargetARN"] == arn
        (target,) = _targets(hosting)
        assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 9)
        assert target["SuspendedState"]["DynamicScalingInSuspended"] is True
        assert target["CreationTime"] == hosting.now - 5

    @pytest.mark.parametrize(
        ("change", "text"),
        [
            ({"MinCapacity": 5}, "MinCapacity 5 must be less than or equal to MaxCapacity 4"),
            ({"MinCapacity": -1}, "greater than or equal to 0"),
            ({"ServiceNamespace": "ecs"}, "Unsupported service namespace, resource type or scalable dimension"),
            ({"ResourceId": "endpoint/e"}, "Unsupported service namespace, resource type or scalable dimension"),
            ({"ScalableDimension": "ecs:service:DesiredCount"}, "Unsupported service namespace"),
            ({"ScalableDimension": "nonsense"}, "Member must satisfy enum value set"),
            ({"ResourceId": "endpoint/e/variant/x"}, 'Could not find variant "x"'),
            ({"ScalableDimension": CONCURRENCY}, "can't be scaled by"),
            ({"MaxCapacity": None}, "MinCapacity and MaxCapacity are required"),
        ],
    )
    def test_registrations_that_make_no_sense(self, hosting: Hosting, change: dict[str, Any], text: str) -> None:
        """Wrong limits, namespaces, dimensions and variants are ValidationExceptions and register nothing."""
        asked = {**target_id("e"), "MinCapacity": 1, "MaxCapacity": 4, **change}
        code, found = hosting.refused("RegisterScalableTarget", **asked)
        assert code == "ValidationException"
        assert text in found
        assert _targets(hosting) == []

    def test_the_endpoint_must_be_in_service(self, hosting: Hosting) -> None:
        """A target of an endpoint that is missing or not in service is refused; the latter with AWS's words."""
        code, text = hosting.refused("RegisterScalableTarget", **target_id("x"), MinCapacity=1, MaxCapacity=1)
        assert (code, text) == (
            "ValidationException",
            'Could not find endpoint "arn:aws:sagemaker:us-east-1:123456789012:endpoint/x".',
        )
        hosting.call("CreateEndpoint", **endpoint_request("f", "c"))
        code, text = hosting.refused("RegisterScalableTarget", **target_id("f"), MinCapacity=1, MaxCapacity=1)
        assert code == "ValidationException"
        assert "The status should be in 'InService' to register it as a scalable target" in text

    @pytest.mark.parametrize(("low", "high", "count"), [(2, 4, 2), (1, 4, 1), (0, 0, 0)])
    def test_limits_move_the_endpoint(self, hosting: Hosting, low: int, high: int, count: int) -> None:
        """A count outside of the limits makes the endpoint update itself to the nearer limit."""
        _register(hosting, low, high)
        if count != 1:
            assert hosting.status() == "Updating"
            found = hosting.variant()
            assert (found["CurrentInstanceCount"], found["DesiredInstanceCount"]) == (1, count)
        hosting.advance(10)
        assert hosting.status() == "InService"
        assert hosting.variant()["CurrentInstanceCount"] == count

    def test_suspended_scaling_moves_nothing(self, hosting: Hosting) -> None:
        """While scaling out is suspended, a minimum above the count changes nothing."""
        _register(hosting, 3, 4, SuspendedState={"DynamicScalingOutSuspended": True})
        assert hosting.status() == "InService"
        hosting.call("RegisterScalableTarget", **target_id("e"), SuspendedState={"DynamicScalingOutSuspended": False})
        assert hosting.status() == "Updating"

    def test_failing_updates_are_for_users(self, hosting: Hosting) -> None:
        """A rule that fails the next update waits for one that a user asks for."""
        hosting.rule(fail={"phase": "updating", "count": 1})
        _register(hosting, 2, 2)
        hosting.advance(10)
        assert hosting.variant()["CurrentInstanceCount"] == 2
        hosting.call("UpdateEndpoint", **endpoint_request("e", "c"))
        hosting.advance(10)
        assert "FailureReason" in hosting.shown()

    def test_retained_count_after_scaling(self, hosting: Hosting) -> None:
        """What scaling made of the count survives an update that retains it, while an excluded weight changes."""
        _register(hosting, 2, 2)
        hosting.advance(10)
        hosting.config("heavier", variant(InitialVariantWeight=3))
        hosting.call(
            "UpdateEndpoint",
            **endpoint_request("e", "heavier"),
            RetainAllVariantProperties=True,
            ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredWeight"}],
        )
        hosting.advance(10)
        found = hosting.variant()
        assert (found["CurrentInstanceCount"], found["CurrentWeight"]) == (2, 3)

    def test_serverless(self, hosting: Hosting) -> None:
        """Provisioned concurrency of a serverless variant scales by its own dimension."""
        hosting.config("s", serverless_variant(ProvisionedConcurrency=1))
        hosting.endpoint("f", "s")
        hosting.call("RegisterScalableTarget", **target_id("f", dimension=CONCURRENCY), MinCapacity=2, MaxCapacity=5)
        hosting.advance(10)
        assert hosting.variant("f")["CurrentServerlessConfig"]["ProvisionedConcurrency"] == 2

    def test_inference_components(self, hosting: Hosting) -> None:
        """Copies of an inference component can be registered; the stand-in has none, so nothing is looked up."""
        asked = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": "inference-component/ic",
            "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
        }
        hosting.call("RegisterScalableTarget", **asked, MinCapacity=0, MaxCapacity=2)
        assert _targets(hosting)[0]["ResourceId"] == "inference-component/ic"

    def test_an_update_of_a_scaled_variant(self, hosting: Hosting) -> None:
        """Another instance type is refused for a scalable target; a variant that is removed takes its target along."""
        _register(hosting)
        hosting.config("bigger", {**variant(), "InstanceType": "ml.m5.xlarge"})
        code, text = hosting.refused("UpdateEndpoint", **endpoint_request("e", "bigger"))
        assert code == "ValidationException"
        assert "registered as a scalable target" in text
        hosting.config("renamed", variant("Other"))
        hosting.call("UpdateEndpoint", **endpoint_request("e", "renamed"))
        assert _targets(hosting) == []

    def test_deregistration(self, hosting: Hosting) -> None:
        """Deregistering takes policies, scheduled actions and tags along; a second time it is ObjectNotFound."""
        arn = _register(hosting, Tags={"k": "v"})
        hosting.call("PutScalingPolicy", **target_id("e"), **tracking_policy("p"))
        hosting.call("PutScheduledAction", **target_id("e"), **ACTION)
        hosting.call("DeregisterScalableTarget", **target_id("e"))
        found = hosting.control("GET", "hosting")
        assert (found["targets"], found["policies"], found["scheduled_actions"]) == ([], [], [])
        assert hosting.refused("ListTagsForResource", ResourceARN=arn)[0] == "ResourceNotFoundException"
        assert hosting.refused("DeregisterScalableTarget", **target_id("e")) == (
            "ObjectNotFoundException",
            f"No scalable target found for {WORDS}",
        )

    def test_pages_and_filters(self, hosting: Hosting) -> None:
        """Targets come in the order of registration, by pages of at most fifty, by resource and dimension."""
        hosting.call("CreateEndpointConfig", **config_request("many", *(variant(f"v{n}") for n in range(5))))
        hosting.endpoint("m", "many")
        for number in range(5):
            hosting.call("RegisterScalableTarget", **target_id("m", f"v{number}"), MinCapacity=1, MaxCapacity=1)
        first = hosting.call("DescribeScalableTargets", ServiceNamespace="sagemaker", MaxResults=3)
        second = hosting.call("DescribeScalableTargets", ServiceNamespace="sagemaker", NextToken=first["NextToken"])
        found = [*first["ScalableTargets"], *second["ScalableTargets"]]
        assert [target["ResourceId"][-2:] for target in found] == ["v0", "v1", "v2", "v3", "v4"]
        assert "NextToken" not in second
        assert len(_targets(hosting, ResourceIds=["endpoint/m/variant/v3", "endpoint/m/variant/none"])) == 1
        assert hosting.call("DescribeScalableTargets", ServiceNamespace="ecs")["ScalableTargets"] == []
        for size in (0, 51):
            asked = {"ServiceNamespace": "sagemaker", "MaxResults": size}
            assert hosting.refused("DescribeScalableTargets", **asked)[0] == "ValidationException"
        asked = {"ServiceNamespace": "sagemaker", "NextToken": "nonsense"}
        assert hosting.refused("DescribeScalableTargets", **asked)[0] == "InvalidNextTokenException"

    def test_stale_reads(self, hosting: Hosting) -> None:
        """While reads are late they show the limits of before, and a target that is gone."""
        _register(hosting)
        hosting.advance(60)
        hosting.control("POST", "faults", stale=5)
        _register(hosting, 1, 9)
        assert _targets(hosting)[0]["MaxCapacity"] == 4
        hosting.advance(6)
        hosting.call("DeregisterScalableTarget", **target_id("e"))
        assert _targets(hosting)[0]["MaxCapacity"] == 9
        hosting.advance(6)
        assert _targets(hosting) == []

    def test_regions_are_apart(self, hosting: Hosting) -> None:
        """A target of one region is not there in another."""
        _register(hosting)
        answer = hosting.call("DescribeScalableTargets", "eu-west-1", ServiceNamespace="sagemaker")
        assert answer["ScalableTargets"] == []

    def test_tags(self, hosting: Hosting) -> None:
        """Targets have tags that can be added, changed, removed and listed by ARN; fifty at most."""
        arn = _register(hosting, Tags={"a": "1", "b": "2"})
        hosting.call("TagResource", ResourceARN=arn, Tags={"b": "3", "c": "4"})
        hosting.call("UntagResource", ResourceARN=arn, TagKeys=["a", "never"])
        assert hosting.call("ListTagsForResource", ResourceARN=arn)["Tags"] == {"b": "3", "c": "4"}
        many = {f"t{number}": "" for number in range(49)}
        assert hosting.refused("TagResource", ResourceARN=arn, Tags=many)[0] == "TooManyTagsException"


class TestPolicies:
    """Put-, Describe- and DeleteScalingPolicy."""

    def test_target_tracking(self, hosting: Hosting) -> None:
        """A target tracking policy has an ARN and two alarms, and is shown as it was put."""
        _register(hosting)
        made = hosting.call("PutScalingPolicy", **target_id("e"), **tracking_policy("p"))
        prefix = "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:"
        assert made["PolicyARN"].startswith(prefix)
        assert made["PolicyARN"].endswith(":resource/sagemaker/endpoint/e/variant/AllTraffic:policyName/p")
        names = [alarm["AlarmName"] for alarm in made["Alarms"]]
        assert [name.split("-")[-6] for name in names] == ["AlarmHigh", "AlarmLow"]
        (policy,) = hosting.call("DescribeScalingPolicies", ServiceNamespace="sagemaker")["ScalingPolicies"]
        assert policy == {
            **target_id("e"),
            **tracking_policy("p"),
            "CreationTime": hosting.now,
            "PolicyARN": made["PolicyARN"],
            "Alarms": made["Alarms"],
        }

    def test_putting_again_replaces(self, hosting: Hosting) -> None:
        """A policy of the same name is replaced in place, also by one of another type."""
        _register(hosting)
        first = hosting.call("PutScalingPolicy", **target_id("e"), **tracking_policy("p"))
        again = hosting.call("PutScalingPolicy", **target_id("e"), **tracking_policy("p", 50.0))
        assert again == first
        stepped = hosting.call("PutScalingPolicy", **target_id("e"), PolicyName="p", **STEPS)
        assert stepped == {"PolicyARN": first["PolicyARN"], "Alarms": []}
        (policy,) = hosting.call("DescribeScalingPolicies", ServiceNamespace="sagemaker")["ScalingPolicies"]
        assert policy["PolicyType"] == "StepScaling"
        assert "TargetTrackingScalingPolicyConfiguration" not in policy

    def test_one_policy_for_a_metric(self, hosting: Hosting) -> None:
        """Two target tracking policies of a target for the same metric are refused with AWS's text."""
        _register(hosting)
        hosting.call("PutScalingPolicy", **target_id("e"), **tracking_policy("p"))
        assert hosting.refused("PutScalingPolicy", **target_id("e"), **tracking_policy("q", 10.0)) == (
            "ValidationException",
            "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
        )
        other = tracking_policy("q", metric="SageMakerVariantConcurrentRequestsPerModelHighResolution")
        hosting.call("PutScalingPolicy", **target_id("e"), **other)

    def test_not_without_a_target(self, hosting: Hosting) -> None:
        """Policies and scheduled actions need a registered target, and are ObjectNotFound otherwise."""
        missing = ("ObjectNotFoundException", f"No scalable target registered for {WORDS}")
        assert hosting.refused("PutScalingPolicy", **target_id("e"), **tracking_policy("p")) == missing
        assert hosting.refused("PutScheduledAction", **target_id("e"), **ACTION) == missing
        assert hosting.refused("DeleteScalingPolicy", **target_id("e"), PolicyName="p") == (
            "ObjectNotFoundException",
            f"No scaling policy found for {WORDS}, policy name: p",
        )
        assert hosting.refused("DeleteScheduledAction", **target_id("e"), ScheduledActionName="a") == (
            "ObjectNotFoundException",
            f"No scheduled action found for {WORDS}, scheduled action name: a",
        )

    @pytest.mark.parametrize(
        ("policy", "text"),
        [
            ({"PolicyName": "p"}, "PolicyType is required"),
            ({"PolicyName": "p", "PolicyType": "StepScaling"}, "needs StepScalingPolicyConfiguration"),
            ({**tracking_policy("p"), **STEPS}, "no other configuration"),
            (
                {**tracking_policy("p"), "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 1}},
                "Exactly one of PredefinedMetricSpecification",
            ),
        ],
    )
    def test_policies_that_make_no_sense(self, hosting: Hosting, policy: dict[str, Any], text: str) -> None:
        """A policy whose type and configuration don't fit is a ValidationException."""
        _register(hosting)
        code, found = hosting.refused("PutScalingPolicy", **target_id("e"), **policy)
        assert code == "ValidationException"
        assert text in found

    def test_pages_and_filters(self, hosting: Hosting) -> None:
        """Policies come ten on a page, by name, resource and dimension; a deleted one is gone."""
        _register(hosting)
        for number in range(12):
            hosting.call("PutScalingPolicy", **target_id("e"), PolicyName=f"p{number:02d}", **STEPS)
        first = hosting.call("DescribeScalingPolicies", ServiceNamespace="sagemaker")
        token = first["NextToken"]
        second = hosting.call("DescribeScalingPolicies", ServiceNamespace="sagemaker", NextToken=token)
        names = [p["PolicyName"] for p in (*first["ScalingPolicies"], *second["ScalingPolicies"])]
        assert names == [f"p{number:02d}" for number in range(12)]
        hosting.call("DeleteScalingPolicy", **target_id("e"), PolicyName="p03")

        def count(**params: Any) -> int:
            answer = hosting.call("DescribeScalingPolicies", ServiceNamespace="sagemaker", **params)
            return len(answer["ScalingPolicies"])

        assert count(PolicyNames=["p03", "p04"], ResourceId="endpoint/e/variant/AllTraffic") == 1
        assert count(ResourceId="endpoint/x/variant/AllTraffic") == 0
        asked = {"ServiceNamespace": "sagemaker", "MaxResults": 11}
        assert hosting.refused("DescribeScalingPolicies", **asked)[0] == "ValidationException"


class TestScheduledActions:
    """Put-, Describe- and DeleteScheduledAction."""

    def test_life(self, hosting: Hosting) -> None:
        """An action is put, changed in part, shown and deleted."""
        _register(hosting)
        hosting.call("PutScheduledAction", **target_id("e"), **ACTION)
        hosting.call(
            "PutScheduledAction",
            **target_id("e"),
            ScheduledActionName="night",
            ScalableTargetAction={"MinCapacity": 0, "MaxCapacity": 2},
        )
        (action,) = hosting.call("DescribeScheduledActions", ServiceNamespace="sagemaker")["ScheduledActions"]
        assert action["Schedule"] == ACTION["Schedule"]
        assert action["ScalableTargetAction"] == {"MinCapacity": 0, "MaxCapacity": 2}
        assert ":scheduledActionName/night" in action["ScheduledActionARN"]
        hosting.call("DeleteScheduledAction", **target_id("e"), ScheduledActionName="night")
        assert hosting.call("DescribeScheduledActions", ServiceNamespace="sagemaker")["ScheduledActions"] == []

    @pytest.mark.parametrize(
        "change",
        [
            {"Schedule": "tonight"},
            {"ScalableTargetAction": {}},
            {"ScalableTargetAction": {"MinCapacity": 3, "MaxCapacity": 2}},
        ],
    )
    def test_actions_that_make_no_sense(self, hosting: Hosting, change: dict[str, Any]) -> None:
        """A schedule or limits that can't be meant are a ValidationException."""
        _register(hosting)
        code, _ = hosting.refused("PutScheduledAction", **target_id("e"), **{**ACTION, **change})
        assert code == "ValidationException"


@pytest.mark.parametrize("code", ["ConcurrentUpdateException", "LimitExceededException"])
def test_refusals_by_faults(hosting: Hosting, code: str) -> None:
    """Refusals that depend on AWS's inside come by faults, with the code, text and status that are asked for."""
    fault = {"kind": "error_before", "operation": "RegisterScalableTarget", "code": code, "status": 400, "message": "m"}
    hosting.control("POST", "faults", add=[{**fault, "count": 1}])
    asked = {**target_id("e"), "MinCapacity": 1, "MaxCapacity": 1}
    assert hosting.refused("RegisterScalableTarget", **asked) == (code, "m")
    hosting.call("RegisterScalableTarget", **asked)
