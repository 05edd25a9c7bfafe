"""Hosting and Application Auto Scaling of the stand-in through real botocore clients."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectionClosedError, WaiterError

from tests.standin.clients import ROLE, client, refused
from tests.standin.control import Control, ControlError
from tests.standin.fixtures import VIRTUAL_START
from tests.standin.hosting_requests import config_request, endpoint_request, target_id, tracking_policy, variant

if TYPE_CHECKING:
    from tests.standin.app import StandIn

ARN = "arn:aws:sagemaker:us-east-1:123456789012"


@pytest.fixture
def scaling(virtual_standin: StandIn) -> Any:
    """A client of Application Auto Scaling."""
    return client(virtual_standin.url, "application-autoscaling")


@pytest.fixture
def serving(virtual_standin: StandIn, virtual_sagemaker: Any) -> Any:
    """A SageMaker client; endpoint `e` is in service on configuration `c`."""
    virtual_sagemaker.create_endpoint_config(**config_request("c"))
    virtual_sagemaker.create_endpoint(**endpoint_request("e", "c"))
    virtual_standin.advance(10)
    return virtual_sagemaker


class TestLife:
    """An endpoint as botocore's own waiters and paginators see it."""

    def test_from_model_to_deletion(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Model, configuration and endpoint are made, described with real times, and deleted in order."""
        virtual_sagemaker.create_model(
            ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "repo/image:2", "ModelDataUrl": "s3://b/m"}
        )
        virtual_sagemaker.create_endpoint_config(**config_request("c", variant(model="m", count=2)))
        made = virtual_sagemaker.create_endpoint(**endpoint_request("e", "c", Tags=[{"Key": "k", "Value": "v"}]))
        assert made["EndpointArn"] == f"{ARN}:endpoint/e"
        shown = virtual_sagemaker.describe_endpoint(EndpointName="e")
        assert (shown["EndpointStatus"], shown["CreationTime"]) == (
            "Creating",
            datetime.fromtimestamp(VIRTUAL_START, UTC),
        )
        virtual_standin.advance(10)
        virtual_sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig={"MaxAttempts": 1})
        shown = virtual_sagemaker.describe_endpoint(EndpointName="e")
        image = shown["ProductionVariants"][0]["DeployedImages"][0]
        assert image["ResolvedImage"].startswith("repo/image@sha256:")
        assert image["ResolutionTime"] == datetime.fromtimestamp(VIRTUAL_START, UTC)
        assert virtual_sagemaker.list_tags(ResourceArn=made["EndpointArn"])["Tags"] == [{"Key": "k", "Value": "v"}]
        virtual_sagemaker.delete_endpoint(EndpointName="e")
        virtual_standin.advance(2)
        virtual_sagemaker.delete_endpoint_config(EndpointConfigName="c")
        virtual_sagemaker.delete_model(ModelName="m")
        report = virtual_standin.hosting()
        assert (report["endpoints"], report["endpoint_configs"], report["in_use_deleted"]) == ([], [], [])
        assert [model["name"] for model in report["models"]] == ["model"]

    def test_a_waiter_sees_a_failure(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Botocore's waiter ends with a failed endpoint."""
        virtual_standin.rule("e", kind="endpoint", fail="no capacity")
        virtual_sagemaker.create_endpoint_config(**config_request("c"))
        virtual_sagemaker.create_endpoint(**endpoint_request("e", "c"))
        virtual_standin.advance(10)
        waiter = virtual_sagemaker.get_waiter("endpoint_in_service")
        with pytest.raises(WaiterError, match="terminal failure state"):
            waiter.wait(EndpointName="e", WaiterConfig={"MaxAttempts": 1})

    def test_paginators(self, virtual_sagemaker: Any) -> None:
        """Botocore's paginators find everything once."""
        virtual_sagemaker.create_endpoint_config(**config_request("c"))
        for number in range(12):
            virtual_sagemaker.create_endpoint(**endpoint_request(f"e{number}", "c"))
        pages = list(virtual_sagemaker.get_paginator("list_endpoints").paginate())
        assert [len(page["Endpoints"]) for page in pages] == [10, 2]
        configs = virtual_sagemaker.get_paginator("list_endpoint_configs").paginate()
        assert [len(page["EndpointConfigs"]) for page in configs] == [1]

    def test_texts(self, serving: Any) -> None:
        """Refusals arrive as ValidationException with AWS's texts."""
        assert refused(serving.create_endpoint, **endpoint_request("e", "c")) == (
            "ValidationException",
            f'Cannot create already existing endpoint "{ARN}:endpoint/e".',
        )
        serving.update_endpoint(**endpoint_request("e", "c"))
        assert refused(serving.delete_endpoint, EndpointName="e") == (
            "ValidationException",
            f'Cannot update in-progress endpoint "{ARN}:endpoint/e".',
        )


class TestScaling:
    """Application Auto Scaling over the wire."""

    def test_retained_variant_properties(self, virtual_standin: StandIn, serving: Any, scaling: Any) -> None:
        """Scaling to a minimum makes the endpoint Updating; an update that retains the count may change the weight."""
        scaling.register_scalable_target(**target_id("e"), MinCapacity=2, MaxCapacity=2)
        scaling.put_scaling_policy(**target_id("e"), **tracking_policy("p"))
        assert serving.describe_endpoint(EndpointName="e")["EndpointStatus"] == "Updating"
        virtual_standin.advance(10)
        serving.create_endpoint_config(**config_request("heavy", variant(InitialVariantWeight=3)))
        serving.update_endpoint(
            **endpoint_request("e", "heavy"),
            RetainAllVariantProperties=True,
            ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredWeight"}],
        )
        virtual_standin.advance(10)
        found = serving.describe_endpoint(EndpointName="e")["ProductionVariants"][0]
        assert (found["CurrentInstanceCount"], found["CurrentWeight"]) == (2, 3)

    def test_errors_have_their_text(self, virtual_standin: StandIn, serving: Any, scaling: Any) -> None:
        """Errors of this service arrive with code and text, also those whose text is spelt `Message`."""
        serving.update_endpoint(**endpoint_request("e", "c"))
        code, text = refused(scaling.register_scalable_target, **target_id("e"), MinCapacity=1, MaxCapacity=1)
        assert code == "ValidationException"
        assert "The status should be in 'InService' to register it as a scalable target" in text
        code, text = refused(scaling.deregister_scalable_target, **target_id("e"))
        assert code == "ObjectNotFoundException"
        assert text.startswith("No scalable target found for service namespace: sagemaker, resource ID: endpoint/e/")
        virtual_standin.set_faults(deny=["application-autoscaling:Put*"])
        code, text = refused(scaling.put_scaling_policy, **target_id("e"), **tracking_policy("p"))
        assert code == "AccessDeniedException"
        assert "application-autoscaling:PutScalingPolicy" in text

    def test_paginators_and_exceptions(self, virtual_standin: StandIn, serving: Any, scaling: Any) -> None:
        """Botocore's paginators and modelled exceptions work."""
        scaling.register_scalable_target(**target_id("e"), MinCapacity=1, MaxCapacity=3)
        for number in range(12):
            scaling.put_scaling_policy(
                **target_id("e"),
                PolicyName=f"p{number}",
                PolicyType="StepScaling",
                StepScalingPolicyConfiguration={
                    "AdjustmentType": "ExactCapacity",
                    "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 2}],
                },
            )
        pages = scaling.get_paginator("describe_scaling_policies").paginate(ServiceNamespace="sagemaker")
        assert [len(page["ScalingPolicies"]) for page in pages] == [10, 2]
        with pytest.raises(scaling.exceptions.ObjectNotFoundException):
            scaling.delete_scaling_policy(**target_id("e"), PolicyName="none")
        serving.delete_endpoint(EndpointName="e")
        assert virtual_standin.hosting()["policies"] == []

    def test_scheduled_actions(self, serving: Any, scaling: Any) -> None:
        """Times of scheduled actions survive the way to the stand-in and back."""
        assert serving.describe_endpoint(EndpointName="e")["EndpointStatus"] == "InService"
        scaling.register_scalable_target(**target_id("e"), MinCapacity=1, MaxCapacity=3)
        until = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
        scaling.put_scheduled_action(
            **target_id("e"),
            ScheduledActionName="night",
            Schedule="rate(1 day)",
            Timezone="Europe/Berlin",
            EndTime=until,
            ScalableTargetAction={"MaxCapacity": 1},
        )
        (action,) = scaling.describe_scheduled_actions(ServiceNamespace="sagemaker")["ScheduledActions"]
        assert (action["EndTime"], action["Timezone"]) == (until, "Europe/Berlin")

    def test_lost_answers(self, virtual_standin: StandIn, serving: Any, scaling: Any) -> None:
        """A lost answer of this service has done its work, and counts under the service's name."""
        assert serving.describe_endpoint(EndpointName="e")["EndpointStatus"] == "InService"
        virtual_standin.fault("lose_answer", "application-autoscaling.Register*", name="endpoint/e/*", count=1)
        with pytest.raises(ConnectionClosedError):
            scaling.register_scalable_target(**target_id("e"), MinCapacity=1, MaxCapacity=3)
        assert [target["max"] for target in virtual_standin.hosting()["targets"]] == [3]
        assert virtual_standin.count("application-autoscaling.RegisterScalableTarget", "LostAnswer") == 1

    def test_throttles(self, virtual_standin: StandIn, serving: Any, scaling: Any) -> None:
        """Rates hold for this service's operations too."""
        virtual_standin.throttle(RegisterScalableTarget=1, UpdateEndpoint=1)
        scaling.register_scalable_target(**target_id("e"), MinCapacity=1, MaxCapacity=3)
        code, _ = refused(scaling.register_scalable_target, **target_id("e"), MaxCapacity=4)
        assert code == "ThrottlingException"
        serving.update_endpoint(**endpoint_request("e", "c"))
        assert refused(serving.update_endpoint, **endpoint_request("e", "c"))[0] == "ThrottlingException"


class TestControl:
    """Hosting by the control endpoint, over HTTP and in this process."""

    def test_both_ways(self, virtual_standin: StandIn, serving: Any) -> None:
        """An endpoint is shown in any status and ended by either way; reports are the same."""
        for control in (virtual_standin, Control(virtual_standin.url)):
            control.show_endpoint("e", "SystemUpdating")
            assert serving.describe_endpoint(EndpointName="e")["EndpointStatus"] == "SystemUpdating"
            control.end_endpoint("e")
            (endpoint,) = control.hosting()["endpoints"]
            assert (endpoint["name"], endpoint["status"], endpoint["config"]) == ("e", "InService", "c")
            assert endpoint["variants"][0]["count"] == 1
            with pytest.raises(ControlError, match="an endpoint ends as"):
                control.end_endpoint("e", "Creating")
            with pytest.raises(ControlError, match="no endpoint 'f'"):
                control.show_endpoint("f", "InService")

    def test_reset_forgets_hosting(self, virtual_standin: StandIn, serving: Any, scaling: Any) -> None:
        """A reset of the state leaves no endpoint, configuration or target."""
        assert serving.describe_endpoint(EndpointName="e")["EndpointStatus"] == "InService"
        scaling.register_scalable_target(**target_id("e"), MinCapacity=1, MaxCapacity=3)
        virtual_standin.reset("state")
        assert not any(virtual_standin.hosting().values())
        assert refused(serving.describe_endpoint, EndpointName="e")[0] == "ValidationException"

    def test_logs(self, virtual_standin: StandIn, serving: Any, virtual_logs: Any) -> None:
        """An endpoint's log can be read by its group's name, by prefix of the variant."""
        assert serving.describe_endpoint(EndpointName="e")["EndpointStatus"] == "InService"
        virtual_standin.advance(10)
        group = "/aws/sagemaker/Endpoints/e"
        groups = virtual_logs.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/Endpoints")["logGroups"]
        assert [entry["logGroupName"] for entry in groups] == [group]
        events = virtual_logs.filter_log_events(logGroupName=group, logStreamNamePrefix="AllTraffic/")["events"]
        assert len(events) > 10
        assert len({event["logStreamName"] for event in events}) == 1
