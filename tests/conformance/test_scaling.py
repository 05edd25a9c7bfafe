"""HostingAutoscalingPolicy: what is in force at Application Auto Scaling, in which order it changes, and its end.

The endpoints are somebody else's and there from the start; the policies of a crowd are created at once, each on an
endpoint of its own, and each test goes on with its own.
"""

from __future__ import annotations

from typing import Any

import pytest

from smkube.kinds import AUTOSCALING_POLICY, HOSTING_DEPLOYMENT
from tests.cluster.controlplane import ControlPlane
from tests.conformance.operator_scene import Object, Scene, condition, request_of, status
from tests.stack.stack import Stack
from tests.stack.waiting import until
from tests.standin.hosting_requests import CONCURRENCY, config_request, endpoint_request, serverless_variant, variant

KIND = AUTOSCALING_POLICY
NAMESPACE, REGION = "scaling", "us-scaling-1"
DEFAULT_NAME = "SageMakerEndpointInvocationScalingPolicy"
WRITES = (
    *("RegisterScalableTarget", "PutScalingPolicy", "PutScheduledAction"),
    *("DeregisterScalableTarget", "DeleteScalingPolicy", "DeleteScheduledAction"),
)
REGISTERING = "Unable to apply HostingAutoscalingPolicy: Unable to Register Target: "
INVALID = "1 validation error detected: Value at 'maxCapacity' failed to satisfy constraint"
DENIED = "User: x is not authorized to perform: application-autoscaling:PutScalingPolicy"


def at(*places: str) -> Object:
    """The resources of a policy, each as `endpoint/variant`."""
    pairs = [place.partition("/") for place in places]
    return {"resourceId": [{"endpointName": endpoint, "variantName": name or "all"} for endpoint, _, name in pairs]}


def resource(place: str) -> str:
    """Application Auto Scaling's name of a variant."""
    endpoint, _, name = place.partition("/")
    return f"endpoint/{endpoint}/variant/{name or 'all'}"


def tracking(value: int = 60, **metric: Any) -> Object:
    """A target tracking policy on a predefined metric, or on another one."""
    metric = metric or {
        "predefinedMetricSpecification": {"predefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    }
    configuration = {"targetValue": value, "scaleInCooldown": 700, "scaleOutCooldown": 300, **metric}
    return {"targetTrackingScalingPolicyConfiguration": configuration}


def predefined(metric: str) -> Object:
    """One of AWS's metrics."""
    return {"predefinedMetricSpecification": {"predefinedMetricType": metric}}


def custom(name: str, *dimensions: str) -> Object:
    """A target tracking policy on a metric of the user's."""
    pairs = [{"name": each, "value": f"{each}-value"} for each in dimensions]
    return tracking(
        customizedMetricSpecification={
            "metricName": name,
            "namespace": "/aws/sagemaker/Endpoints",
            "statistic": "Average",
            "dimensions": pairs,
        }
    )


def other_metric(name: str) -> Object:
    """An edit that goes from one of AWS's metrics to one of the user's."""
    (configuration,) = custom(name).values()
    return {"targetTrackingScalingPolicyConfiguration": {**configuration, "predefinedMetricSpecification": None}}


STEPS: Object = {
    "policyName": "steps",
    "policyType": "StepScaling",
    "targetTrackingScalingPolicyConfiguration": None,
    "stepScalingPolicyConfiguration": {
        "adjustmentType": "ChangeInCapacity",
        "cooldown": 60,
        "stepAdjustments": [
            {"metricIntervalLowerBound": 0, "metricIntervalUpperBound": 15.5, "scalingAdjustment": 1},
            {"metricIntervalLowerBound": 15.5, "scalingAdjustment": 2},
        ],
    },
}
NIGHT: Object = {
    "scheduledActionName": "night",
    "schedule": "cron(0 20 * * ? *)",
    "timezone": "Europe/Berlin",
    "scalableTargetAction": {"minCapacity": 0, "maxCapacity": 1},
}
ENDPOINTS = (
    *("first", "second", "edited", "renamed", "stepped", "shared"),
    *("half", "healthy", "refused", "changed", "tagged"),
)
CROWD: dict[str, Object] = {
    "several": {
        **at("first", "first/other", "second"),
        **custom("CPUUtilization", "EndpointName", "VariantName"),
        "policyName": "cpu",
    },
    "edited": at("edited"),
    "renamed": {**at("renamed"), "policyName": "before"},
    "stepped": {**at("stepped"), **STEPS, "scheduledActions": [NIGHT]},
    "shared": at("shared"),
    "beside": {**at("shared"), **custom("Load"), "policyName": "beside"},
    "waiting": at("waiting", "healthy"),
    "absent": at("absent"),
    "half": at("half", "half/other"),
    "refused": at("refused"),
    "changed": at("changed"),
    "tagged": {
        **at("tagged"),
        "tags": [{"key": "team", "value": "blue"}],
        "suspendedState": {"scheduledScalingSuspended": True},
    },
    "serverless": {
        **at("serverless"),
        **tracking(**predefined("SageMakerVariantProvisionedConcurrencyUtilization")),
        "scalableDimension": CONCURRENCY,
    },
}
"""Specs of the crowd, as far as they matter."""


@pytest.fixture(scope="module")
def crowd(operator_stack: Stack, control_plane: ControlPlane) -> Scene:
    """All policies of the crowd, just created; the endpoint `waiting` is being created, `absent` is not there."""
    control_plane.admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    scene = Scene(operator_stack, control_plane, NAMESPACE, REGION)
    scene.control.rule("waiting", kind="endpoint", phases={"creating": 600})
    scene.control.fault("error_before", "PutScalingPolicy", name=resource("half/other"), code="AccessDeniedException",
                        message=DENIED)  # fmt: skip
    scene.control.fault("error_before", "RegisterScalableTarget", name=resource("refused"), code="ValidationException",
                        message=INVALID, count=1)  # fmt: skip
    client = scene.sagemaker()
    client.create_endpoint_config(**config_request("pair", variant("all"), variant("other")))
    client.create_endpoint_config(
        **config_request("lean", serverless_variant("all", MaxConcurrency=10, ProvisionedConcurrency=1))
    )
    for name in (*ENDPOINTS, "waiting"):
        client.create_endpoint(**endpoint_request(name, "pair"))
    client.create_endpoint(**endpoint_request("serverless", "lean"))
    for name in (*ENDPOINTS, "serverless"):
        scene.control.end_endpoint(name, region=REGION)
    for name, spec in CROWD.items():
        scene.create(KIND, name, **spec)
    return scene


def policies(scene: Scene, place: str) -> dict[str, Object]:
    """The policies that are in force for a variant, by name."""
    return {one["name"]: one for one in scene.hosting("policies") if one["resource"] == resource(place)}


def target(scene: Scene, place: str) -> Object | None:
    """The scalable target of a variant."""
    return next((one for one in scene.hosting("targets") if one["resource"] == resource(place)), None)


def writes(scene: Scene, *places: str) -> list[str]:
    """The changes so far at variants, in order."""
    named = {resource(place) for place in places}
    return [operation for operation, name in scene.changes() if name in named and operation in WRITES]


def test_several_endpoints_and_variants(crowd: Scene) -> None:
    """Every variant of every endpoint gets its target and its policy, and each policy all the dimensions."""
    shown = status(crowd.until_ready(KIND, "several"))

    places = ("first", "first/other", "second")
    assert shown["hostingAutoscalingPolicyStatus"] == "Created"
    assert shown["resourceIDList"] == sorted(resource(place) for place in places)
    assert shown["policyName"] == "cpu"
    for place in places:
        found = target(crowd, place)
        assert found is not None
        assert (found["min"], found["max"]) == (1, 2)
        configuration = policies(crowd, place)["cpu"]["TargetTrackingScalingPolicyConfiguration"]
        assert [one["Name"] for one in configuration["CustomizedMetricSpecification"]["Dimensions"]] == [
            *("EndpointName", "VariantName")
        ]
        assert (configuration["TargetValue"], configuration["ScaleInCooldown"]) == (60, 700)
        assert writes(crowd, place) == ["RegisterScalableTarget", "PutScalingPolicy"]
    crowd.until_noted("several", "Created")


def test_an_edit_leaves_no_window_without_a_policy(crowd: Scene) -> None:
    """An edit of policy and bounds writes over what is there: nothing is deleted, and only what differs is sent."""
    crowd.until_ready(KIND, "edited")
    before = len(writes(crowd, "edited"))

    crowd.until_seen(KIND, crowd.edit(KIND, "edited", **tracking(75)), "Created")
    assert writes(crowd, "edited")[before:] == ["PutScalingPolicy"]
    crowd.until_seen(KIND, crowd.edit(KIND, "edited", maxCapacity=4), "Created")

    assert writes(crowd, "edited")[before:] == ["PutScalingPolicy", "RegisterScalableTarget"]
    found = target(crowd, "edited")
    assert found is not None
    assert found["max"] == 4
    configuration = policies(crowd, "edited")[DEFAULT_NAME]["TargetTrackingScalingPolicyConfiguration"]
    assert configuration["TargetValue"] == 75
    crowd.until_noted("edited", "Created", "Updated")


def test_a_resource_that_is_added_and_one_that_is_dropped(crowd: Scene) -> None:
    """What is added is in force before what is dropped goes; the rest is not touched."""
    crowd.until_ready(KIND, "edited")
    before = len(writes(crowd, "edited", "edited/other"))

    crowd.until_seen(KIND, crowd.edit(KIND, "edited", **at("edited/other")), "Created")

    assert writes(crowd, "edited", "edited/other")[before:] == [
        *("RegisterScalableTarget", "PutScalingPolicy", "DeleteScalingPolicy", "DeregisterScalableTarget")
    ]
    assert target(crowd, "edited") is None


def test_a_renamed_policy_does_not_stay(crowd: Scene) -> None:
    """Under a new name and with a new metric the new policy is put first; then the old one goes."""
    crowd.until_ready(KIND, "renamed")
    before = len(writes(crowd, "renamed"))

    crowd.until_seen(KIND, crowd.edit(KIND, "renamed", policyName="after", **other_metric("Load")), "Created")

    assert writes(crowd, "renamed")[before:] == ["PutScalingPolicy", "DeleteScalingPolicy"]
    assert set(policies(crowd, "renamed")) == {"after"}


def test_step_and_scheduled_scaling(crowd: Scene) -> None:
    """A step scaling policy and a scheduled action are in force as written, and go when no longer asked for."""
    crowd.until_ready(KIND, "stepped")

    policy = policies(crowd, "stepped")["steps"]
    assert policy["PolicyType"] == "StepScaling"
    steps = policy["StepScalingPolicyConfiguration"]["StepAdjustments"]
    assert [(step["MetricIntervalLowerBound"], step["ScalingAdjustment"]) for step in steps] == [(0, 1), (15.5, 2)]
    (action,) = (one for one in crowd.hosting("scheduled_actions") if one["resource"] == resource("stepped"))
    assert action["name"] == "night"
    assert {name: action[name] for name in ("Schedule", "Timezone", "ScalableTargetAction")} == {
        name: value for name, value in request_of(NIGHT).items() if name != "ScheduledActionName"
    }
    crowd.until_seen(KIND, crowd.edit(KIND, "stepped", scheduledActions=None), "Created")
    assert crowd.hosting("scheduled_actions") == []
    assert set(policies(crowd, "stepped")) == {"steps"}


def test_tags_suspension_and_provisioned_concurrency(crowd: Scene) -> None:
    """Tags and the suspended state reach the scalable target; a serverless variant scales by its own dimension."""
    for name in ("tagged", "serverless"):
        crowd.until_ready(KIND, name)

    found, lean = target(crowd, "tagged"), target(crowd, "serverless")
    assert found is not None
    assert lean is not None
    assert found["tags"]["team"] == "blue"
    assert found["suspended"] == {
        "DynamicScalingInSuspended": False,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": True,
    }
    assert lean["dimension"] == CONCURRENCY
    before = writes(crowd, "tagged")
    crowd.until_seen(KIND, crowd.edit(KIND, "tagged", tags=[{"key": "team", "value": "red"}]), "Created")
    assert (target(crowd, "tagged") or {})["tags"]["team"] == "red"
    assert writes(crowd, "tagged") == before


def test_a_target_that_is_not_in_service_is_waited_for(crowd: Scene) -> None:
    """With AWS's text in sight the policy waits for the endpoint; what is ready is in force meanwhile."""
    waiting = crowd.until_reason(KIND, "waiting", "Reconciling", "DependencyNotReady")
    absent = crowd.until_reason(KIND, "absent", "Reconciling", "DependencyNotReady")
    assert waiting["hostingAutoscalingPolicyStatus"] == absent["hostingAutoscalingPolicyStatus"] == "Reconciling"
    assert waiting["additional"].startswith(f"{REGISTERING}ValidationException: ")
    assert "The status should be in 'InService' to register it as a scalable target" in waiting["additional"]
    assert condition(waiting, "Stalled")["status"] == "False"
    assert condition(waiting, "Ready")["status"] == "False"
    until(lambda: DEFAULT_NAME in policies(crowd, "healthy"), "the policy of the endpoint in service")

    crowd.control.end_endpoint("waiting", region=REGION)
    crowd.sagemaker().create_endpoint(**endpoint_request("absent", "pair"))

    for name in ("waiting", "absent"):
        assert "additional" not in status(crowd.until_ready(KIND, name))
        assert DEFAULT_NAME in policies(crowd, name)


def test_awss_own_error_is_shown_and_a_correction_is_tried(crowd: Scene) -> None:
    """A refusal shows AWS's words in `additional`, conditions and an Event; the next edit is tried at once."""
    shown = crowd.until_reason(KIND, "refused", "Stalled", "InvalidSpec")
    assert shown["hostingAutoscalingPolicyStatus"] == "Error"
    text = f"ValidationException: {INVALID}"
    assert shown["additional"].startswith(
        f"Unable to apply HostingAutoscalingPolicy: Unable to Register Target: {text}"
    )
    assert condition(shown, "Ready")["status"] == "False"
    assert ("Warning", "InvalidSpec", f"RegisterScalableTarget: {text}") in crowd.until_noted("refused", "InvalidSpec")

    crowd.edit(KIND, "refused", maxCapacity=1)

    assert "additional" not in status(crowd.until_ready(KIND, "refused"))


def test_what_was_half_applied_is_cleaned_up(crowd: Scene) -> None:
    """A target that was registered before a policy was refused does not stay when the object is deleted."""
    shown = crowd.until_reason(KIND, "half", "Stalled", "AccessDenied")
    assert f"Unable to Put Scaling Policy: AccessDeniedException: {DENIED}" in shown["additional"]
    assert target(crowd, "half") is not None
    assert target(crowd, "half/other") is not None

    crowd.delete(KIND, "half")

    crowd.until_gone(KIND, "half")
    assert (target(crowd, "half"), target(crowd, "half/other")) == (None, None)
    assert policies(crowd, "half") == {}


def test_two_policies_of_one_target(crowd: Scene) -> None:
    """Deleting one of two objects on a target takes its policy only; the target goes with the last."""
    for name in ("shared", "beside"):
        crowd.until_ready(KIND, name)
    assert set(policies(crowd, "shared")) == {DEFAULT_NAME, "beside"}

    crowd.delete(KIND, "shared")
    crowd.until_gone(KIND, "shared")
    assert set(policies(crowd, "shared")) == {"beside"}
    assert target(crowd, "shared") is not None
    crowd.delete(KIND, "beside")

    crowd.until_gone(KIND, "beside")
    assert target(crowd, "shared") is None


def test_what_somebody_else_changed_is_set_again(crowd: Scene) -> None:
    """A look finds a policy that was deleted and bounds that were changed, and sets both again."""
    crowd.until_ready(KIND, "changed")
    place = {"ServiceNamespace": "sagemaker", "ResourceId": resource("changed"),
             "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}  # fmt: skip
    crowd.scaling().delete_scaling_policy(**place, PolicyName=DEFAULT_NAME)
    crowd.scaling().register_scalable_target(**place, MinCapacity=1, MaxCapacity=9)

    crowd.annotate(KIND, "changed", reconcile_now="1")

    until(lambda: DEFAULT_NAME in policies(crowd, "changed"), "the policy to be there again")
    until(lambda: (target(crowd, "changed") or {}).get("max") == 2, "the bounds of the spec")
    crowd.until_ready(KIND, "changed")


def test_kubectl_waits_and_lists(crowd: Scene) -> None:
    """`kubectl wait --for=condition=Ready` works, and `kubectl get hap` has the original's columns."""
    kubectl = crowd.stack.kubectl
    kubectl("wait", "--for=condition=Ready", "--timeout=20s", f"{KIND.resource}/several", "-n", NAMESPACE)

    header, line = kubectl("get", "hap", "several", "-n", NAMESPACE).splitlines()

    assert header.split()[:3] == ["NAME", "STATUS", "CREATION-TIME"]
    shown = dict(zip(header.split(), line.split(), strict=True))
    assert (shown["STATUS"], shown["READY"]) == ("Created", "True")


def test_a_policy_waits_for_a_deployment_and_wakes_with_it(scene: Scene) -> None:
    """A policy that is created with its HostingDeployment is in force as soon as that is in service."""
    name = scene.name("together")
    scene.create(KIND, name, **at(name))
    scene.create(HOSTING_DEPLOYMENT, name, endpointName=name)

    scene.until_word(HOSTING_DEPLOYMENT, name, "InService")

    scene.until(KIND, name, lambda obj: condition(obj, "Ready").get("status") == "True", "the policy", seconds=6)
    assert DEFAULT_NAME in policies(scene, name)


@pytest.mark.parametrize("operation", ["RegisterScalableTarget", "PutScalingPolicy"])
def test_a_deletion_in_the_midst_of_it_leaves_nothing(scene: Scene, operation: str) -> None:
    """A policy deleted while one of its requests is under way goes, and leaves neither target nor policy."""
    name = scene.name("early")
    client = scene.sagemaker()
    client.create_endpoint_config(**config_request(name, variant("all")))
    client.create_endpoint(**endpoint_request(name, name))
    scene.control.end_endpoint(name, region=scene.region)
    scene.control.fault("hold_before", operation, name=resource(name), count=1)
    scene.create(KIND, name, **at(name))
    assert scene.control.held(at_least=1, timeout=10)

    scene.delete(KIND, name)
    scene.control.release()

    scene.until_gone(KIND, name)
    assert (target(scene, name), policies(scene, name)) == (None, {})


def test_an_endpoint_that_goes_and_comes_back(scene: Scene) -> None:
    """A policy whose endpoint was deleted and made anew is in force again once it is looked for."""
    name = scene.name("phoenix")
    client = scene.sagemaker()
    client.create_endpoint_config(**config_request(name, variant("all")))
    client.create_endpoint(**endpoint_request(name, name))
    scene.create(KIND, name, **at(name))
    scene.until_ready(KIND, name)
    client.delete_endpoint(EndpointName=name)
    until(lambda: scene.hosted("endpoints", name) is None, "the endpoint to be gone")
    assert target(scene, name) is None
    scene.annotate(KIND, name, reconcile_now="1")
    scene.until_reason(KIND, name, "Reconciling", "DependencyNotReady")

    client.create_endpoint(**endpoint_request(name, name))

    scene.until_ready(KIND, name)
    assert DEFAULT_NAME in policies(scene, name)
