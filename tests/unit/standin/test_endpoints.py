"""Endpoints from creation to deletion: statuses, failures, updates, counts, lists, logs."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.standin import autoscaling, autoscaling_policies, endpoint_configs, endpoints
from tests.standin.endpoint_life import (
    AT_REST,
    Deployment,
    Endpoint,
    EndpointFailure,
    EndpointPlan,
    Variant,
    creation,
    forced,
    update,
)
from tests.standin.hosting_requests import (
    CONCURRENCY,
    INSTANCES,
    endpoint_request,
    serverless_variant,
    target_id,
    tracking_policy,
    variant,
)
from tests.standin.settings import JobRule, LogPlan, Settings
from tests.unit.standin.hosting_world import START, Hosting

ARN = "arn:aws:sagemaker:us-east-1:123456789012"
IN_PROGRESS = ("ValidationException", f'Cannot update in-progress endpoint "{ARN}:endpoint/e".')


@pytest.fixture
def hosting() -> Hosting:
    """A stand-in with a model and the endpoint configurations `c` and `d`."""
    made = Hosting()
    made.config("c")
    made.config("d", variant(count=3, InitialVariantWeight=4))
    return made


def _update(hosting: Hosting, config: str = "d", **more: Any) -> None:
    hosting.call("UpdateEndpoint", **endpoint_request("e", config, **more))


class TestCreation:
    """CreateEndpoint and what it comes to."""

    def test_creating_then_in_service(self, hosting: Hosting) -> None:
        """A new endpoint is shown as pending, then with its variant, image and counts."""
        made = hosting.call("CreateEndpoint", **endpoint_request("e", "c"))
        assert made == {"EndpointArn": f"{ARN}:endpoint/e"}
        shown = hosting.shown()
        assert shown["EndpointStatus"] == "Creating"
        assert "ProductionVariants" not in shown
        pending = shown["PendingDeploymentSummary"]
        assert (pending["EndpointConfigName"], pending["StartTime"]) == ("c", START)
        assert pending["ProductionVariants"][0]["VariantStatus"] == [{"Status": "Creating", "StartTime": START}]
        hosting.advance(5)
        shown = hosting.shown()
        assert (shown["EndpointStatus"], shown["EndpointConfigName"]) == ("InService", "c")
        assert (shown["CreationTime"], shown["LastModifiedTime"]) == (START, START + 5)
        assert "PendingDeploymentSummary" not in shown
        assert "FailureReason" not in shown
        assert "LastDeploymentConfig" not in shown
        (found,) = shown["ProductionVariants"]
        (image,) = found.pop("DeployedImages")
        assert image["SpecifiedImage"].endswith("/model:1")
        assert "/model@sha256:" in image["ResolvedImage"]
        assert image["ResolutionTime"] == START
        assert found == {
            "VariantName": "AllTraffic",
            "CurrentWeight": 1.0,
            "DesiredWeight": 1.0,
            "CurrentInstanceCount": 1,
            "DesiredInstanceCount": 1,
        }

    def test_texts_of_refusals(self, hosting: Hosting) -> None:
        """A name in use, a missing endpoint, configuration or model have AWS's texts."""
        hosting.call("CreateEndpoint", **endpoint_request("e", "c"))
        code = "ValidationException"
        assert hosting.refused("CreateEndpoint", **endpoint_request("e", "c")) == (
            code,
            f'Cannot create already existing endpoint "{ARN}:endpoint/e".',
        )
        assert hosting.refused("CreateEndpoint", **endpoint_request("f", "Nope")) == (
            code,
            f'Could not find endpoint configuration "{ARN}:endpoint-config/nope".',
        )
        for operation in ("DescribeEndpoint", "DeleteEndpoint"):
            assert hosting.refused(operation, EndpointName="Nope") == (
                code,
                f'Could not find endpoint "{ARN}:endpoint/nope".',
            )
        hosting.call("DeleteModel", ModelName="model")
        assert hosting.refused("CreateEndpoint", **endpoint_request("f", "c")) == (
            code,
            f'Could not find model "{ARN}:model/model".',
        )

    def test_failed_creation(self, hosting: Hosting) -> None:
        """A failing creation ends as Failed with a reason; after that only deletion is possible."""
        hosting.rule(fail=True)
        hosting.call("CreateEndpoint", **endpoint_request("e", "c"))
        hosting.advance(5)
        shown = hosting.shown()
        assert shown["EndpointStatus"] == "Failed"
        assert shown["FailureReason"].startswith("The primary container for production variant AllTraffic did not pass")
        assert shown["EndpointConfigName"] == "c"
        assert "ProductionVariants" not in shown
        assert hosting.refused("UpdateEndpoint", **endpoint_request("e", "d")) == (
            "ValidationException",
            f'Cannot update failed endpoint "{ARN}:endpoint/e".',
        )
        hosting.call("DeleteEndpoint", EndpointName="e")
        hosting.advance(2)
        assert hosting.refused("DescribeEndpoint", EndpointName="e")[0] == "ValidationException"

    def test_all_kinds_of_configuration_are_shown(self, hosting: Hosting) -> None:
        """Shadows, serverless, asynchronous and capture settings appear in the description as AWS shows them."""
        capture = {
            "EnableCapture": True,
            "InitialSamplingPercentage": 20,
            "DestinationS3Uri": "s3://bucket/c",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        }
        asynchronous = {"OutputConfig": {"S3OutputPath": "s3://bucket/out"}}
        hosting.config(
            "all",
            serverless_variant(),
            ShadowProductionVariants=[variant("shade", InitialVariantWeight=0.5)],
            DataCaptureConfig=capture,
            AsyncInferenceConfig=asynchronous,
        )
        hosting.endpoint("e", "all")
        shown = hosting.shown()
        assert shown["DataCaptureConfig"] == {
            "EnableCapture": True,
            "CaptureStatus": "Started",
            "CurrentSamplingPercentage": 20,
            "DestinationS3Uri": "s3://bucket/c",
            "KmsKeyId": "",
        }
        assert shown["AsyncInferenceConfig"] == asynchronous
        assert shown["ShadowProductionVariants"][0]["CurrentWeight"] == 0.5
        assert shown["ProductionVariants"][0]["CurrentServerlessConfig"] == {
            "MemorySizeInMB": 2048,
            "MaxConcurrency": 5,
        }
        assert shown["ProductionVariants"][0]["CurrentInstanceCount"] == 0

    def test_quota(self, hosting: Hosting) -> None:
        """Instances above the quota of endpoints are refused; a deleted endpoint frees its own."""
        hosting.control("POST", "rules", quotas={"ml.m5.large for endpoint usage": 3})
        hosting.endpoint("e", "c")
        code, text = hosting.refused("CreateEndpoint", **endpoint_request("f", "d"))
        assert code == "ResourceLimitExceeded"
        assert text.startswith(
            "The account-level service limit 'ml.m5.large for endpoint usage' is 3 Instances, with current utilization "
            "of 1 Instances and a request delta of 3 Instances."
        )
        _update(hosting, "d")
        weights = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 4}]
        hosting.advance(10)
        assert (
            hosting.refused(
                "UpdateEndpointWeightsAndCapacities", EndpointName="e", DesiredWeightsAndCapacities=weights
            )[0]
            == "ResourceLimitExceeded"
        )
        hosting.call("DeleteEndpoint", EndpointName="e")
        hosting.advance(2)
        hosting.endpoint("f", "d")


class TestUpdate:
    """UpdateEndpoint and its ends."""

    def test_pending_until_it_is_there(self, hosting: Hosting) -> None:
        """While it is updated an endpoint serves the old configuration and shows the new one as pending."""
        hosting.endpoint()
        policy = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]}}
        began = hosting.now
        _update(hosting, DeploymentConfig=policy)
        shown = hosting.shown()
        assert (shown["EndpointStatus"], shown["EndpointConfigName"]) == ("Updating", "c")
        assert shown["ProductionVariants"][0]["CurrentInstanceCount"] == 1
        pending = shown["PendingDeploymentSummary"]
        assert pending["EndpointConfigName"] == "d"
        assert pending["ProductionVariants"][0]["DesiredInstanceCount"] == 3
        hosting.advance(5)
        shown = hosting.shown()
        assert (shown["EndpointStatus"], shown["EndpointConfigName"]) == ("InService", "d")
        assert shown["LastModifiedTime"] == began + 5
        assert shown["LastDeploymentConfig"] == policy
        found = hosting.variant()
        assert (found["CurrentInstanceCount"], found["CurrentWeight"]) == (3, 4)
        _update(hosting, "c", RetainDeploymentConfig=True)
        hosting.advance(5)
        assert hosting.shown()["LastDeploymentConfig"] == policy

    def test_what_is_in_progress_is_left_alone(self, hosting: Hosting) -> None:
        """Update and deletion are refused while an endpoint is created, updated or deleted, with AWS's text."""
        hosting.call("CreateEndpoint", **endpoint_request("e", "c"))
        weights = {"EndpointName": "e", "DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic"}]}

        def refusals() -> set[tuple[str, str]]:
            return {
                hosting.refused("UpdateEndpoint", **endpoint_request("e", "d")),
                hosting.refused("UpdateEndpointWeightsAndCapacities", **weights),
                hosting.refused("DeleteEndpoint", EndpointName="e"),
            }

        assert refusals() == {IN_PROGRESS}
        hosting.advance(5)
        _update(hosting)
        assert refusals() == {IN_PROGRESS}
        hosting.advance(5)
        for status in ("SystemUpdating", "RollingBack", "Hibernating"):
            hosting.control("POST", "endpoints", show="e", status=status)
            assert hosting.status() == status
            assert refusals() == {IN_PROGRESS}
        hosting.control("POST", "endpoints", end="e")
        hosting.call("DeleteEndpoint", EndpointName="e")
        assert hosting.status() == "Deleting"
        assert refusals() == {IN_PROGRESS}

    @pytest.mark.parametrize(
        ("ends", "statuses"),
        [
            ("rollback", ["Updating", "RollingBack", "InService"]),
            ("rollback_failed", ["Updating", "RollingBack", "UpdateRollbackFailed"]),
            ("failed", ["Updating", "Failed"]),
        ],
    )
    def test_failed_updates(self, hosting: Hosting, ends: str, statuses: list[str]) -> None:
        """A failing update ends as the rule says, on the old configuration, with the reason."""
        hosting.endpoint()
        hosting.rule(fail={"reason": "no capacity", "phase": "updating", "after": 2, "ends": ends})
        _update(hosting)
        seen = []
        for _ in range(8):
            seen.append(hosting.status())
            hosting.advance(1)
        assert list(dict.fromkeys(seen)) == statuses
        shown = hosting.shown()
        assert (shown["EndpointConfigName"], shown["FailureReason"]) == ("c", "no capacity")
        assert shown["ProductionVariants"][0]["CurrentInstanceCount"] == 1
        assert "PendingDeploymentSummary" not in shown

    def test_only_the_next_update_fails(self, hosting: Hosting) -> None:
        """A failure with a count of one hits one update; the next one succeeds and clears the reason."""
        hosting.endpoint()
        hosting.rule(fail={"reason": "once", "phase": "updating", "count": 1})
        _update(hosting)
        hosting.advance(10)
        assert hosting.shown()["FailureReason"] == "once"
        _update(hosting)
        hosting.advance(10)
        assert hosting.shown()["EndpointConfigName"] == "d"
        assert "FailureReason" not in hosting.shown()
        assert hosting.control("GET", "rules")["rules"] == []

    def test_out_of_a_failed_rollback(self, hosting: Hosting) -> None:
        """An endpoint whose rollback failed can be updated and is in service again."""
        hosting.endpoint()
        hosting.rule(fail={"phase": "updating", "ends": "rollback_failed", "count": 1})
        _update(hosting)
        hosting.advance(10)
        assert hosting.status() == "UpdateRollbackFailed"
        _update(hosting)
        hosting.advance(10)
        assert (hosting.status(), hosting.shown()["EndpointConfigName"]) == ("InService", "d")

    @pytest.mark.parametrize(
        ("retain", "exclude", "expected"),
        [
            (False, [], (3, 4)),
            (False, ["DesiredWeight"], (3, 4)),
            (True, [], (2, 7)),
            (True, ["DesiredWeight"], (2, 4)),
            (True, ["DesiredInstanceCount"], (3, 7)),
            (True, ["DesiredInstanceCount", "DesiredWeight"], (3, 4)),
        ],
    )
    def test_retained_properties(
        self, hosting: Hosting, retain: bool, exclude: list[str], expected: tuple[int, float]
    ) -> None:
        """An update keeps count and weight if it is asked to, except what is excluded."""
        hosting.endpoint()
        weights = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 2, "DesiredWeight": 7}]
        hosting.call("UpdateEndpointWeightsAndCapacities", EndpointName="e", DesiredWeightsAndCapacities=weights)
        hosting.advance(10)
        more: dict[str, Any] = {"RetainAllVariantProperties": retain}
        if exclude:
            more["ExcludeRetainedVariantProperties"] = [{"VariantPropertyType": name} for name in exclude]
        _update(hosting, **more)
        hosting.advance(10)
        found = hosting.variant()
        assert (found["CurrentInstanceCount"], found["CurrentWeight"]) == expected

    def test_a_new_variant_has_nothing_to_retain(self, hosting: Hosting) -> None:
        """Retaining concerns variants of the same name; new ones come as configured, and old ones go."""
        hosting.endpoint()
        hosting.config("other", variant("New", count=2))
        _update(hosting, "other", RetainAllVariantProperties=True)
        hosting.advance(10)
        assert [(v["VariantName"], v["CurrentInstanceCount"]) for v in hosting.shown()["ProductionVariants"]] == [
            ("New", 2)
        ]

    def test_missing_parts(self, hosting: Hosting) -> None:
        """An update names the endpoint or the configuration that is missing, by AWS's texts."""
        assert hosting.refused("UpdateEndpoint", **endpoint_request("e", "c"))[1] == (
            f'Could not find endpoint "{ARN}:endpoint/e".'
        )
        hosting.endpoint()
        assert hosting.refused("UpdateEndpoint", **endpoint_request("e", "nope"))[1] == (
            f'Could not find endpoint configuration "{ARN}:endpoint-config/nope".'
        )


class TestWeights:
    """UpdateEndpointWeightsAndCapacities."""

    def test_desired_then_current(self, hosting: Hosting) -> None:
        """Counts and weights are desired at once and current when the update is through, without a deployment."""
        hosting.endpoint()
        weights = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 4, "DesiredWeight": 2.5}]
        hosting.call("UpdateEndpointWeightsAndCapacities", EndpointName="e", DesiredWeightsAndCapacities=weights)
        shown = hosting.shown()
        assert shown["EndpointStatus"] == "Updating"
        assert "PendingDeploymentSummary" not in shown
        found = shown["ProductionVariants"][0]
        assert (found["CurrentInstanceCount"], found["DesiredInstanceCount"]) == (1, 4)
        assert (found["CurrentWeight"], found["DesiredWeight"]) == (1, 2.5)
        assert found["VariantStatus"][0]["Status"] == "Updating"
        hosting.advance(5)
        found = hosting.variant()
        assert (found["CurrentInstanceCount"], found["DesiredInstanceCount"]) == (4, 4)
        assert "VariantStatus" not in found

    def test_serverless(self, hosting: Hosting) -> None:
        """Of a serverless variant the concurrency changes."""
        hosting.config("s", serverless_variant(ProvisionedConcurrency=1))
        hosting.endpoint("e", "s")
        weights = [{"VariantName": "AllTraffic", "ServerlessUpdateConfig": {"ProvisionedConcurrency": 3}}]
        hosting.call("UpdateEndpointWeightsAndCapacities", EndpointName="e", DesiredWeightsAndCapacities=weights)
        found = hosting.variant()
        assert found["CurrentServerlessConfig"]["ProvisionedConcurrency"] == 1
        assert found["DesiredServerlessConfig"]["ProvisionedConcurrency"] == 3

    def test_variants_that_are_not_there(self, hosting: Hosting) -> None:
        """Unknown and doubled variants are refused with AWS's texts."""
        hosting.endpoint()

        def refusal(*names: str) -> str:
            wanted = [{"VariantName": name} for name in names]
            return hosting.refused(
                "UpdateEndpointWeightsAndCapacities", EndpointName="e", DesiredWeightsAndCapacities=wanted
            )[1]

        assert refusal("x") == 'The variant name(s) "x" is/are not present within endpoint configuration "c".'
        assert refusal("AllTraffic", "AllTraffic") == (
            'The variant name "AllTraffic" was non-unique within the request.'
        )


class TestDeletion:
    """DeleteEndpoint."""

    def test_the_name_is_free_again(self, hosting: Hosting) -> None:
        """A deleted endpoint is Deleting for a while, keeps its tags until then, and frees its name."""
        hosting.endpoint(Tags=[{"Key": "k", "Value": "v"}])
        hosting.call("DeleteEndpoint", EndpointName="e")
        assert hosting.status() == "Deleting"
        assert hosting.call("ListTags", ResourceArn=f"{ARN}:endpoint/e")["Tags"] == [{"Key": "k", "Value": "v"}]
        assert hosting.refused("CreateEndpoint", **endpoint_request("e", "c"))[1].startswith("Cannot create already")
        hosting.advance(2)
        assert hosting.refused("ListTags", ResourceArn=f"{ARN}:endpoint/e")[0] == "ValidationException"
        hosting.endpoint()
        assert hosting.status() == "InService"
        assert hosting.call("ListTags", ResourceArn=f"{ARN}:endpoint/e")["Tags"] == []

    def test_scalable_targets_go_with_it(self, hosting: Hosting) -> None:
        """Deletion takes the scalable targets along, and is refused to who may not deregister them."""
        hosting.endpoint()
        hosting.call("RegisterScalableTarget", **target_id("e"), MinCapacity=1, MaxCapacity=2)
        hosting.control("POST", "faults", deny=["application-autoscaling:DeregisterScalableTarget"])
        code, text = hosting.refused("DeleteEndpoint", EndpointName="e")
        assert code == "ValidationException"
        assert "does not have application-autoscaling:DeregisterScalableTarget permission" in text
        hosting.control("POST", "faults", deny=[])
        hosting.call("DeleteEndpoint", EndpointName="e")
        assert hosting.control("GET", "hosting")["targets"] == []


class TestListsAndReads:
    """ListEndpoints, stale reads, regions."""

    def test_filters(self, hosting: Hosting) -> None:
        """Endpoints are found by name, times and status, newest first; pages are cut before the status counts."""
        for number in range(12):
            hosting.call("CreateEndpoint", **endpoint_request(f"e{number:02d}", "c"))
            hosting.advance(1)
        hosting.advance(20)
        hosting.call("UpdateEndpoint", **endpoint_request("e01", "d"))

        def names(**params: object) -> list[str]:
            return [entry["EndpointName"] for entry in hosting.call("ListEndpoints", **params)["Endpoints"]]

        first = hosting.call("ListEndpoints", StatusEquals="Updating")
        assert first["Endpoints"] == []
        assert names(StatusEquals="Updating", NextToken=first["NextToken"]) == ["e01"]
        assert names(StatusEquals="Updating", MaxResults=100) == ["e01"]
        assert names(LastModifiedTimeAfter=hosting.now - 1) == ["e01"]
        assert names(CreationTimeAfter=START + 10) == ["e11", "e10"]
        assert names(SortBy="Status", SortOrder="Descending", MaxResults=2) == ["e01", "e11"]
        assert names(NameContains="e1") == ["e11", "e10"]
        assert len(names()) == 10

    def test_stale_reads(self, hosting: Hosting) -> None:
        """While reads are late an update isn't seen yet, nor a creation, and a deleted endpoint is still there."""
        hosting.endpoint()
        hosting.advance(60)
        hosting.control("POST", "faults", stale=5)
        _update(hosting)
        assert hosting.status() == "InService"
        assert hosting.refused("DeleteEndpoint", EndpointName="e") == IN_PROGRESS
        hosting.advance(6)
        assert hosting.status() == "Updating"
        hosting.advance(10)
        hosting.call("DeleteEndpoint", EndpointName="e")
        hosting.advance(2)
        assert hosting.status() == "InService"
        assert hosting.refused("DeleteEndpoint", EndpointName="e")[1].startswith("Could not find endpoint")

    def test_regions_are_apart(self, hosting: Hosting) -> None:
        """An endpoint of one region is not there in another."""
        hosting.endpoint()
        assert hosting.call("ListEndpoints", "eu-west-1")["Endpoints"] == []
        assert [entry["region"] for entry in hosting.control("GET", "hosting")["endpoints"]] == ["us-east-1"]

    def test_names_for_faults(self, hosting: Hosting) -> None:
        """Faults find calls by the endpoint's name, and by that of the service."""
        hosting.control(
            "POST",
            "faults",
            add=[
                {"kind": "error_before", "operation": "sagemaker.CreateEndpoint", "name": "e", "count": 1},
                {"kind": "error_before", "operation": "application-autoscaling.*", "name": "endpoint/e/*"},
            ],
        )
        assert hosting.refused("CreateEndpoint", **endpoint_request("e", "c"))[0] == "InternalFailure"
        hosting.endpoint()
        asked = {**target_id("e"), "MinCapacity": 1, "MaxCapacity": 1}
        assert hosting.refused("RegisterScalableTarget", **asked)[0] == "InternalFailure"


class TestLogs:
    """Log groups of endpoints."""

    def _streams(self, hosting: Hosting) -> list[str]:
        answer = hosting.call("DescribeLogStreams", logGroupName="/aws/sagemaker/Endpoints/e")
        return [stream["logStreamName"] for stream in answer["logStreams"]]

    def test_a_stream_for_each_instance(self, hosting: Hosting) -> None:
        """Each instance of a variant has a stream; an update brings new instances, the old streams stay."""
        hosting.endpoint("e", "d")
        first = self._streams(hosting)
        assert len(first) == 3
        assert all(name.startswith("AllTraffic/i-") for name in first)
        _update(hosting, "c")
        hosting.advance(30)
        assert len(self._streams(hosting)) == 4
        events = hosting.call("FilterLogEvents", logGroupName="/aws/sagemaker/Endpoints/e", logStreamNames=[first[0]])
        last = events["events"][-1]["timestamp"] / 1000
        assert last <= START + 15
        hosting.call("DeleteEndpoint", EndpointName="e")
        hosting.advance(60)
        assert len(self._streams(hosting)) == 4

    def test_a_failing_container_writes_too(self, hosting: Hosting) -> None:
        """An endpoint that fails at its creation has the log of its container, and none before that."""
        hosting.rule(fail="no", logs={"message": "cannot load the model"})
        hosting.call("CreateEndpoint", **endpoint_request("e", "c"))
        refusal = hosting.refused("DescribeLogStreams", logGroupName="/aws/sagemaker/Endpoints/e")
        assert refusal[0] == "ResourceNotFoundException"
        hosting.advance(10)
        events = hosting.call("FilterLogEvents", logGroupName="/aws/sagemaker/Endpoints/e")["events"]
        assert {event["message"] for event in events} == {"cannot load the model"}
        assert max(event["timestamp"] for event in events) < (START + 5) * 1000


class TestControl:
    """Endpoints from the control endpoint."""

    def test_any_status_until_it_is_ended(self, hosting: Hosting) -> None:
        """An endpoint stays in a status that it is shown in, and ends in one where it can be used again."""
        hosting.call("CreateEndpoint", **endpoint_request("e", "c"))
        hosting.control("POST", "endpoints", show="e", status="Hibernating", reason="winter")
        hosting.advance(3600)
        assert (hosting.status(), hosting.shown()["FailureReason"]) == ("Hibernating", "winter")
        hosting.control("POST", "endpoints", end="e", status="OutOfService")
        assert hosting.status() == "OutOfService"
        _update(hosting)
        hosting.advance(10)
        assert hosting.shown()["EndpointConfigName"] == "d"

    @pytest.mark.parametrize("status", ["InService", "Failed"])
    def test_updates_can_be_ended(self, hosting: Hosting, status: str) -> None:
        """An update that is ended well has deployed the new configuration; one that is failed has not."""
        hosting.endpoint()
        _update(hosting)
        hosting.control("POST", "endpoints", end="e", status=status, reason="because")
        shown = hosting.shown()
        assert shown["EndpointStatus"] == status
        assert shown["EndpointConfigName"] == ("d" if status == "InService" else "c")

    def test_slips(self, hosting: Hosting) -> None:
        """Unknown endpoints and ends are refused with a sentence."""
        hosting.endpoint()
        with pytest.raises(ValueError, match="no endpoint 'x'"):
            hosting.control("POST", "endpoints", end="x")
        with pytest.raises(ValueError, match="an endpoint ends as"):
            hosting.control("POST", "endpoints", end="e", status="Creating")


@pytest.mark.parametrize(
    ("fail", "text"),
    [
        ({"phase": "training"}, "creating or updating"),
        ({"phase": "updating", "ends": "well"}, "ends as rollback"),
        ({"count": 0}, "counts from 1"),
    ],
)
def test_rules_that_make_no_sense(fail: dict[str, Any], text: str) -> None:
    """A rule for endpoints with an unknown phase, end or count is refused."""
    with pytest.raises(ValueError, match=text):
        JobRule.parse({"match": "x", "kind": "endpoint", "fail": fail})


def test_rules_of_jobs_do_not_fail_endpoints() -> None:
    """Phases of a rule of any kind hold for endpoints too, its failure does not."""
    made = Settings(rules=[JobRule.parse({"match": "*", "fail": "no", "phases": {"creating": 7}})])
    assert made.endpoint_plan("e", "creating", 0) == EndpointPlan(creating=7.0)
    assert made.plan("training", "j", 0.0, 1.0).failure is not None


spans = st.floats(0, 100)
failures = st.none() | st.builds(
    EndpointFailure,
    reason=st.just("r"),
    phase=st.sampled_from(["creating", "updating"]),
    after=st.none() | st.floats(0, 200),
    ends=st.sampled_from(["rollback", "rollback_failed", "failed"]),
)
plans = st.builds(EndpointPlan, creating=spans, updating=spans, rolling_back=spans, deleting=spans, failure=failures)


def _deployment(number: int) -> Deployment:
    return Deployment(number, {"EndpointConfigName": f"c{number}"}, (Variant("v", {}, (), 1.0, number),))


@settings(max_examples=200)
@given(st.lists(st.tuples(plans, st.floats(0, 300), st.sampled_from(["update", "show", "end"])), max_size=6), spans)
def test_every_life_comes_to_rest(turns: list[tuple[EndpointPlan, float, str]], look: float) -> None:
    """Whatever happens to an endpoint, its stages follow each other, and it rests on what it had or was given."""
    endpoint = Endpoint("e", "arn", 1, 0.0, LogPlan())
    endpoint.turn(0.0, creation(EndpointPlan(), _deployment(1), 0.0, "r"))
    now, given_numbers = 0.0, {1}
    for number, (plan, wait, kind) in enumerate(turns, 2):
        now += wait
        stage = endpoint.at(now)
        if kind == "update" and stage.at_rest and stage.status != "Failed":
            endpoint.turn(now, update(plan, stage, _deployment(number), now, "r"))
            given_numbers.add(number)
        elif kind == "show":
            endpoint.turn(now, forced(stage, "SystemUpdating", "", now))
        elif kind == "end":
            endpoint.turn(now, forced(stage, "InService", "", now))
    starts = [stage.start for stage in endpoint.stages]
    assert starts == sorted(starts)
    seen = endpoint.at(now + look)
    assert seen.present.number in given_numbers
    assert (seen.pending is None) or not seen.at_rest
    last = endpoint.at(1e9)
    assert last.status in AT_REST | {"SystemUpdating"}


def _mostly(*good: Any, bad: Any) -> st.SearchStrategy[Any]:
    """One of the good values, now and then a bad one."""
    return st.sampled_from([*good] * (8 // len(good)) + [bad])


RESOURCES = _mostly("endpoint/e/variant/AllTraffic", "endpoint/f/variant/AllTraffic", bad="endpoint/e/variant/x")
COUNTS = _mostly(1, 2, 3, 4, bad=0)
TRACKING = tracking_policy("p")["TargetTrackingScalingPolicyConfiguration"]
MEMBERS: dict[str, st.SearchStrategy[Any]] = {
    "EndpointName": st.sampled_from(["e", "f"]),
    "EndpointConfigName": _mostly("c", "d", bad="none"),
    "ProductionVariants": st.lists(
        st.builds(variant, _mostly("AllTraffic", bad="x"), count=COUNTS), min_size=1, max_size=2
    ),
    "DesiredWeightsAndCapacities": st.lists(
        st.fixed_dictionaries(
            {"VariantName": _mostly("AllTraffic", bad="x")},
            optional={"DesiredInstanceCount": COUNTS, "DesiredWeight": COUNTS},
        ),
        min_size=1,
        max_size=1,
    ),
    "RetainAllVariantProperties": st.booleans(),
    "ServiceNamespace": _mostly("sagemaker", bad="ecs"),
    "ResourceId": RESOURCES,
    "ResourceIds": st.lists(RESOURCES, max_size=2),
    "ScalableDimension": _mostly(INSTANCES, bad=CONCURRENCY),
    "MinCapacity": _mostly(0, 1, 2, bad=9),
    "MaxCapacity": _mostly(2, 3, bad=-1),
    "PolicyName": st.sampled_from(["p", "q"]),
    "PolicyType": _mostly("TargetTrackingScaling", bad="StepScaling"),
    "TargetTrackingScalingPolicyConfiguration": st.just(TRACKING),
    "ScheduledActionName": st.sampled_from(["a", "b"]),
    "Schedule": _mostly("rate(1 day)", bad="never"),
    "ScalableTargetAction": st.fixed_dictionaries({"MinCapacity": COUNTS}, optional={"MaxCapacity": COUNTS}),
    "StatusEquals": st.sampled_from(["InService", "Updating"]),
    "SortBy": st.sampled_from(["Name", "CreationTime"]),
    "MaxResults": _mostly(1, 5, bad=0),
    "NextToken": st.sampled_from(["x", "e30="]),
}
OPERATIONS = sorted(
    name
    for module in (autoscaling, autoscaling_policies, endpoint_configs, endpoints)
    for name in module.OPERATIONS
    if "tag" not in name.lower()
)


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, Any], float]:
    """An operation of hosting with most of the members it has, some of them wrong, and seconds until the next one."""
    operation = draw(st.sampled_from(OPERATIONS))
    service = "application-autoscaling" if "Scal" in operation or "Scheduled" in operation else "sagemaker"
    shape = botocore_model(service).operation_model(operation).input_shape
    params = {name: draw(values) for name, values in MEMBERS.items() if name in shape.members}
    dropped = draw(st.sets(st.sampled_from(sorted(MEMBERS)), max_size=2))
    if draw(st.integers(0, 9)):
        dropped.add("NextToken")
    kept = {name: value for name, value in params.items() if name in shape.required_members or name not in dropped}
    return operation, kept, draw(st.sampled_from([0, 1, 6]))


@cache
def botocore_model(service: str) -> Any:
    """The API's model."""
    return botocore.session.get_session().get_service_model(service)


@settings(max_examples=60, deadline=None)
@given(st.lists(calls(), min_size=10, max_size=40), st.sampled_from([0, 3]))
def test_any_history_is_answered(history: list[tuple[str, dict[str, Any], float]], stale: int) -> None:
    """Whatever is called in whatever order, each call gets an answer or a code, and nothing is left of what is gone."""
    hosting = Hosting()
    hosting.endpoint("e", "c")
    hosting.config("d", variant(count=2))
    hosting.call("RegisterScalableTarget", **target_id("e"), MinCapacity=1, MaxCapacity=3)
    hosting.call("PutScalingPolicy", **target_id("e"), **tracking_policy("p"))
    hosting.control("POST", "faults", stale=stale)
    for operation, params, wait in history:
        assert hosting.outcome(operation, **params) in OUTCOMES
        hosting.advance(wait)
        report = hosting.control("GET", "hosting")
        names = {endpoint["name"] for endpoint in report["endpoints"] if endpoint["status"] != "Deleting"}
        assert {target["resource"].split("/")[1] for target in report["targets"]} <= names
        targets = {(target["resource"], target["dimension"]) for target in report["targets"]}
        parts = [*report["policies"], *report["scheduled_actions"]]
        assert {(part["resource"], part["dimension"]) for part in parts} <= targets


OUTCOMES = {"OK", "ValidationException", "ObjectNotFoundException", "InvalidNextTokenException"}
