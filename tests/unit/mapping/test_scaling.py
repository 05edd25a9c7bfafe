"""What a HostingAutoscalingPolicy asks of Application Auto Scaling."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator.crds import model
from sagemaker_operator.mapping import scaling
from tests.unit.crds import schemas
from tests.unit.mapping.specs import EXAMPLES, specs

SAMPLES = sorted(schemas.SAMPLE_FOLDER.glob("hostingautoscalingpolicy*.yaml"))
ENDPOINT = "endpoint/e/variant/v"
COMPONENT = "inference-component/c"
_NEEDS_TRACKING = (
    "a policy of type TargetTrackingScaling needs targetTrackingScalingPolicyConfiguration, and no other configuration"
)
TARGET = {"ServiceNamespace": "sagemaker", "ResourceId": ENDPOINT, "ScalableDimension": scaling.INSTANCES}
COPIES = {"ServiceNamespace": "sagemaker", "ResourceId": COMPONENT, "ScalableDimension": scaling.COPIES}


def _spec(**changes: Any) -> dict[str, Any]:
    return {
        "region": "us-west-2",
        "resourceId": [{"endpointName": "e", "variantName": "v"}],
        "minCapacity": 1,
        "maxCapacity": 2.0,
        "targetTrackingScalingPolicyConfiguration": {
            "targetValue": 60,
            "predefinedMetricSpecification": {"predefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        },
        **changes,
    }


def _problems(operation: str, parameters: dict[str, Any]) -> str:
    shape = model.service("application-autoscaling").operation_model(operation).input_shape
    report: str = ParamValidator().validate(parameters, shape).generate_report()
    return report


def test_resources_are_named_once_and_in_order() -> None:
    """Variants and inference components have the names that AWS gives them; a repeated one counts once."""
    entries = [
        {"endpointName": "e", "variantName": "w"},
        {"inferenceComponentName": "c"},
        {"endpointName": "e", "variantName": "w"},
    ]
    assert scaling.resource_ids(_spec(resourceId=entries)) == ["endpoint/e/variant/w", COMPONENT]


@pytest.mark.parametrize(
    "entry", [{}, {"endpointName": "e"}, {"endpointName": "e", "variantName": "v", "inferenceComponentName": "c"}]
)
def test_resource_that_cannot_be(entry: dict[str, str]) -> None:
    """An entry that names half a resource, or two, is refused."""
    with pytest.raises(scaling.ScalingError, match="needs endpointName and variantName, or inferenceComponentName"):
        scaling.check(_spec(resourceId=[entry]))


def test_no_resource_is_refused() -> None:
    """A policy for nothing is told so."""
    with pytest.raises(scaling.ScalingError, match="at least one entry"):
        scaling.check(_spec(resourceId=[]))


def test_defaults() -> None:
    """What is left out has the original's defaults; numbers are of AWS's types."""
    register = scaling.register_request(_spec(), ENDPOINT)
    suspended = dict.fromkeys(
        ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), False
    )
    assert register == {**TARGET, "MinCapacity": 1, "MaxCapacity": 2, "SuspendedState": suspended}
    assert isinstance(register["MaxCapacity"], int)
    put = scaling.put_policy_request(_spec(), ENDPOINT)
    assert put is not None
    assert put == {
        **TARGET,
        "PolicyName": "SageMakerEndpointInvocationScalingPolicy",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 60.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        },
    }
    assert isinstance(put["TargetTrackingScalingPolicyConfiguration"]["TargetValue"], float)


def test_stated_values_count() -> None:
    """Names, flags, role and tags of the spec are what is sent."""
    spec = _spec(
        policyName="mine",
        roleARN="role",
        suspendedState={"dynamicScalingInSuspended": True},
        serviceNamespace="sagemaker",
    )
    register = scaling.register_request(spec, ENDPOINT, {"a": "b"})
    assert register["RoleARN"] == "role"
    assert register["Tags"] == {"a": "b"}
    assert register["SuspendedState"]["DynamicScalingInSuspended"] is True
    assert register["SuspendedState"]["ScheduledScalingSuspended"] is False
    put = scaling.put_policy_request(spec, ENDPOINT)
    assert put is not None
    assert put["PolicyName"] == "mine"


def test_tags_become_a_map() -> None:
    """Application Auto Scaling takes tags as a map."""
    assert scaling.tags({"tags": [{"key": "a", "value": "1"}, {"key": "b", "value": ""}]}) == {"a": "1", "b": ""}


@pytest.mark.parametrize(
    ("given", "resource", "dimension"),
    [
        ("", ENDPOINT, "sagemaker:variant:DesiredInstanceCount"),
        ("", COMPONENT, "sagemaker:inference-component:DesiredCopyCount"),
        (
            "sagemaker:variant:DesiredProvisionedConcurrency",
            ENDPOINT,
            "sagemaker:variant:DesiredProvisionedConcurrency",
        ),
        ("sagemaker:variant:DesiredInstanceCount", COMPONENT, "sagemaker:inference-component:DesiredCopyCount"),
        ("sagemaker:inference-component:DesiredCopyCount", ENDPOINT, "sagemaker:variant:DesiredInstanceCount"),
    ],
)
def test_dimension_fits_the_resource(given: str, resource: str, dimension: str) -> None:
    """The spec's dimension counts for the resources that have it; others have their usual one."""
    assert scaling.scalable_dimension({"scalableDimension": given}, resource) == dimension


def test_custom_metric_has_its_dimensions_for_every_resource() -> None:
    """Dimensions of a metric are sent with the policy of each resource, and a missing value as an empty text."""
    pairs = [{"name": "EndpointName", "value": "e"}, {"name": "Empty"}]
    metric = {"metricName": "CPUUtilization", "namespace": "n", "statistic": "Average", "dimensions": pairs}
    config = {"targetValue": 1.5, "customizedMetricSpecification": metric}
    spec = _spec(
        resourceId=[{"endpointName": "e", "variantName": each} for each in "vw"],
        targetTrackingScalingPolicyConfiguration=config,
    )
    for resource in scaling.resource_ids(spec):
        put = scaling.put_policy_request(spec, resource)
        assert put is not None
        sent = put["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]
        assert sent["Dimensions"] == [{"Name": "EndpointName", "Value": "e"}, {"Name": "Empty", "Value": ""}]
        assert _problems("PutScalingPolicy", put) == ""


@pytest.mark.parametrize(
    ("field", "of_type"),
    [("stepScalingPolicyConfiguration", "StepScaling"), ("predictiveScalingPolicyConfiguration", "PredictiveScaling")],
)
def test_type_follows_from_the_configuration(field: str, of_type: str) -> None:
    """A policy without a type has that of its configuration."""
    spec = {**_spec(), "targetTrackingScalingPolicyConfiguration": None, field: {"mode": "ForecastOnly"}}
    put = scaling.put_policy_request(spec, ENDPOINT)
    assert put is not None
    assert put["PolicyType"] == of_type


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"policyType": "StepScaling"},
            "a policy of type StepScaling needs stepScalingPolicyConfiguration, and no other configuration",
        ),
        ({"targetTrackingScalingPolicyConfiguration": None}, _NEEDS_TRACKING),
        ({"stepScalingPolicyConfiguration": {"adjustmentType": "ExactCapacity"}}, _NEEDS_TRACKING),
        ({"policyType": "Odd"}, f"a policy of type Odd needs one of {', '.join(scaling.CONFIGURATIONS)}"),
    ],
)
def test_configuration_that_does_not_fit(changes: dict[str, Any], text: str) -> None:
    """A policy without a configuration of its type, or with one of another type, is told what it needs."""
    with pytest.raises(scaling.ScalingError) as error:
        scaling.check(_spec(**changes))
    assert str(error.value) == text


def test_scheduled_actions_alone() -> None:
    """A schedule needs no policy: nothing is put then but the actions."""
    action = {
        "scheduledActionName": "day",
        "schedule": "cron(0 7 * * ? *)",
        "scalableTargetAction": {"minCapacity": 3.0},
    }
    spec = _spec(
        targetTrackingScalingPolicyConfiguration=None,
        resourceId=[{"inferenceComponentName": "c"}],
        scheduledActions=[action],
    )
    scaling.check(spec)
    assert scaling.put_policy_request(spec, COMPONENT) is None
    requests = scaling.scheduled_action_requests(spec, COMPONENT)
    assert requests == [
        {
            **COPIES,
            "ScheduledActionName": "day",
            "Schedule": "cron(0 7 * * ? *)",
            "ScalableTargetAction": {"MinCapacity": 3},
        }
    ]
    assert _problems("PutScheduledAction", requests[0]) == ""


def test_no_scheduled_actions() -> None:
    """A policy without a schedule has no such requests."""
    assert scaling.scheduled_action_requests(_spec(), ENDPOINT) == []


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_make_valid_requests(path: Any) -> None:
    """All requests of each sample pass botocore's own checks."""
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
    scaling.check(spec)
    for resource in scaling.resource_ids(spec):
        assert _problems("RegisterScalableTarget", scaling.register_request(spec, resource, {"a": "b"})) == ""
        put = scaling.put_policy_request(spec, resource)
        assert put is not None
        assert _problems("PutScalingPolicy", put) == ""
        for action in scaling.scheduled_action_requests(spec, resource):
            assert _problems("PutScheduledAction", action) == ""


@EXAMPLES
@given(spec=st.deferred(lambda: specs("HostingAutoscalingPolicy")))
def test_requests_pass_the_service_model(spec: dict[str, Any]) -> None:
    """Whatever the schema allows makes requests that botocore passes, or is refused with a reason."""
    register = scaling.register_request(spec, ENDPOINT)
    assert _problems("RegisterScalableTarget", {**register, "ServiceNamespace": "sagemaker"}) == ""
    for action in scaling.scheduled_action_requests(spec, ENDPOINT):
        assert _problems("PutScheduledAction", action) == ""
    try:
        put = scaling.put_policy_request(spec, ENDPOINT)
    except scaling.ScalingError:
        return
    assert put is None or _problems("PutScalingPolicy", put) == ""
