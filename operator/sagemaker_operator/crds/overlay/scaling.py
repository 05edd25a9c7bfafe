"""HostingAutoscalingPolicy: put together of what RegisterScalableTarget, PutScalingPolicy and PutScheduledAction take.

Only data.
"""

from __future__ import annotations

from sagemaker_operator.crds import status
from sagemaker_operator.crds.entries import Column, Definition, Entry, Made, Rule, Taken
from sagemaker_operator.crds.overlay.common import CLIENT_SCALING, CREATION_TIME, OPTIONAL, READY
from smkube import kinds

_MAY_BE_EMPTY = Entry(required=False, always_sent=True)
_TRACKING = "TargetTrackingScalingPolicyConfiguration"

AUTOSCALING_POLICY = Definition(
    kind=kinds.AUTOSCALING_POLICY,
    description=(
        "A HostingAutoscalingPolicy scales variants of endpoints, or inference components, with Application Auto "
        "Scaling: within bounds, by a policy, on a schedule."
    ),
    spec_required=True,
    columns=(Column("Status", ".status.hostingAutoscalingPolicyStatus"), CREATION_TIME, READY),
    parts=(
        Taken(
            "RegisterScalableTarget",
            ("MinCapacity", "MaxCapacity", "RoleARN", "SuspendedState", "ScalableDimension", "ServiceNamespace"),
        ),
        Taken(
            "PutScalingPolicy",
            (
                "PolicyName",
                "PolicyType",
                _TRACKING,
                "StepScalingPolicyConfiguration",
                "PredictiveScalingPolicyConfiguration",
            ),
        ),
        Made(
            "ResourceId",
            (
                Taken(
                    "CreateInferenceComponent",
                    ("EndpointName", "VariantName", "InferenceComponentName"),
                    service="sagemaker",
                ),
            ),
        ),
        Made(
            "ScheduledActions",
            (
                Taken(
                    "PutScheduledAction",
                    ("ScheduledActionName", "Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction"),
                ),
            ),
        ),
        Taken("CreateEndpoint", ("Tags",), service="sagemaker"),
    ),
    paths={
        "": Entry(
            rules=(
                Rule(
                    "[has(self.targetTrackingScalingPolicyConfiguration), has(self.stepScalingPolicyConfiguration), "
                    "has(self.predictiveScalingPolicyConfiguration)].filter(given, given).size() <= 1",
                    "a policy has one configuration: for target tracking, step scaling or predictive scaling",
                ),
                Rule(
                    "!has(self.minCapacity) || !has(self.maxCapacity) || self.minCapacity <= self.maxCapacity",
                    "minCapacity can be at most maxCapacity",
                ),
            )
        ),
        "ResourceId": Entry(
            required=False,
            keywords={"minItems": 1},
            description="What is scaled: variants of endpoints, or inference components.",
        ),
        "ResourceId[]": Entry(
            rules=(
                Rule(
                    "has(self.inferenceComponentName) ? !has(self.endpointName) && !has(self.variantName)"
                    " : has(self.endpointName) && has(self.variantName)",
                    "give endpointName and variantName, or inferenceComponentName alone",
                ),
            )
        ),
        "ResourceId[].EndpointName": Entry(
            required=False, keywords={"minLength": 1}, description="Name of the endpoint in SageMaker."
        ),
        "ResourceId[].VariantName": Entry(description="Name of the endpoint's variant.", required=False),
        "ResourceId[].InferenceComponentName": Entry(
            required=False,
            keywords={"minLength": 1},
            description="Name of an inference component in SageMaker, in place of endpoint and variant.",
        ),
        "ServiceNamespace": Entry(
            required=False, description="Namespace of the service whose resource is scaled: sagemaker if left out."
        ),
        "ScalableDimension": Entry(
            required=False,
            description=(
                "What is scaled of the resource. If left out: sagemaker:variant:DesiredInstanceCount, for inference "
                "components sagemaker:inference-component:DesiredCopyCount. For a serverless variant write "
                "sagemaker:variant:DesiredProvisionedConcurrency."
            ),
        ),
        "RoleARN": Entry(description="Role for Application Auto Scaling; AWS uses a role of its own for SageMaker."),
        "MinCapacity": Entry(description="The number of instances, or copies, that is scaled in to at the most."),
        "MaxCapacity": Entry(description="The number of instances, or copies, that is scaled out to at the most."),
        "PolicyName": Entry(
            required=False,
            description="Name of the scaling policy: SageMakerEndpointInvocationScalingPolicy if left out.",
        ),
        "PolicyType": Entry(
            description="Type of the scaling policy; if left out, the one that the given configuration is for.",
        ),
        f"{_TRACKING}.TargetValue": OPTIONAL,
        f"{_TRACKING}.PredefinedMetricSpecification.PredefinedMetricType": Entry(
            required=False,
            description=(
                "The metric. For variants: SageMakerVariantInvocationsPerInstance, for serverless ones "
                "SageMakerVariantProvisionedConcurrencyUtilization. For inference components: "
                "SageMakerInferenceComponentInvocationsPerCopy or "
                "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution. AWS has further ones."
            ),
        ),
        f"{_TRACKING}.PredefinedMetricSpecification.ResourceLabel": Entry(
            description="Which resource the metric is of, for metrics that ask for one; SageMaker's do not."
        ),
        f"{_TRACKING}.CustomizedMetricSpecification.MetricName": Entry(keywords={"minLength": 1}),
        f"{_TRACKING}.CustomizedMetricSpecification.Namespace": Entry(keywords={"minLength": 1}),
        f"{_TRACKING}.CustomizedMetricSpecification.Statistic": Entry(keywords={"minLength": 1}),
        f"{_TRACKING}.CustomizedMetricSpecification.Dimensions[].Name": _MAY_BE_EMPTY,
        f"{_TRACKING}.CustomizedMetricSpecification.Dimensions[].Value": _MAY_BE_EMPTY,
        "ScheduledActions": Entry(
            description="Changes of the bounds at set times, for each of the resources.",
        ),
        "Tags": Entry(description="Tags of the scalable targets."),
    },
    client=CLIENT_SCALING,
    status={
        "hostingAutoscalingPolicyStatus": status.text("Created, Reconciling, Error or Deleted."),
        "policyName": status.text("Name of the scaling policy."),
        "resourceIDList": status.texts("The resources for which the policy is in force, as AWS names them."),
        "targets": status.several(
            "How it stands with each resource.",
            resourceId=status.text("The resource, as AWS names it."),
            ready=status.flag("Whether bounds, policy and scheduled actions are in force for it."),
            message=status.text("Why not; empty when they are."),
        ),
    },
    service="application-autoscaling",
)
