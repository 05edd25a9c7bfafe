"""From ACK to this operator: its objects are turned into ours, which take over what is at AWS and run nothing twice.

ACK itself does not take part: what it would have made is made at the stand-in by somebody else than the operator.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from smkube.kinds import BATCH_TRANSFORM_JOB, HOSTING_DEPLOYMENT, TRAINING_JOB, TUNING_JOB, Kind
from tests.cluster.controlplane import ControlPlane
from tests.conformance.operator_scene import LONG, Object, Scene, condition, status
from tests.conformance.specs import IMAGE, ROLE
from tests.stack.stack import ROOT, Stack
from tests.stack.waiting import until

PROGRAM = ROOT / "packaging" / "migration" / "from_ack.py"
NAMESPACE, REGION = "from-ack", "us-ack-1"
VPC = {"securityGroupIDs": ["sg-0123456789abcdef0"], "subnets": ["subnet-0123456789abcdef0"]}


def program() -> ModuleType:
    """The program as a module; the folder is no package."""
    spec = importlib.util.spec_from_file_location("from_ack", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["from_ack"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FROM_ACK = program()


def ack(kind: str, name: str, spec: Object, **told: Any) -> Object:
    """An object of ACK's, as its controller leaves it."""
    return {
        "apiVersion": "sagemaker.services.k8s.aws/v1alpha1",
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "uid": "0b6b3a4e-1111-4c4f-8d38-6ff1bdb7d3a5",
            "finalizers": [f"finalizers.sagemaker.services.k8s.aws/{kind}"],
            "labels": {"team": "vision"},
        },
        "spec": spec,
        "status": {"ackResourceMetadata": {"region": REGION, "ownerAccountID": "123456789012"}, **told},
    }


TRAINING_SPEC: Object = {
    "trainingJobName": "ack-training",
    "roleARN": ROLE,
    "algorithmSpecification": {"trainingImage": "image:1", "trainingInputMode": "File"},
    "environment": {"MODE": "fast"},
    "hyperParameters": {"max_depth": "5", "eta": "0.2"},
    "inputDataConfig": [
        {
            "channelName": "train",
            "dataSource": {"s3DataSource": {"s3DataType": "S3Prefix", "s3URI": "s3://bucket/train"}},
        }
    ],
    "checkpointConfig": {"s3URI": "s3://bucket/checkpoints"},
    "outputDataConfig": {"s3OutputPath": "s3://bucket/models", "kmsKeyID": "alias/key"},
    "resourceConfig": {"instanceCount": 1, "instanceType": "ml.m5.large", "volumeSizeInGB": 5, "volumeKMSKeyID": "k"},
    "stoppingCondition": {"maxRuntimeInSeconds": 86400},
    "vpcConfig": VPC,
    "tags": [{"key": "team", "value": "vision"}],
}
TRAINING_REQUEST: Object = {
    "TrainingJobName": "ack-training",
    "RoleArn": ROLE,
    "AlgorithmSpecification": {"TrainingImage": "image:1", "TrainingInputMode": "File"},
    "Environment": {"MODE": "fast"},
    "HyperParameters": {"max_depth": "5", "eta": "0.2"},
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/train"}},
        }
    ],
    "CheckpointConfig": {"S3Uri": "s3://bucket/checkpoints"},
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/models", "KmsKeyId": "alias/key"},
    "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5, "VolumeKmsKeyId": "k"},
    "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
    "VpcConfig": {"SecurityGroupIds": VPC["securityGroupIDs"], "Subnets": VPC["subnets"]},
    "Tags": [{"Key": "team", "Value": "vision"}],
}
TRANSFORM_SPEC: Object = {
    "transformJobName": "ack-transform",
    "modelName": "model",
    "environment": {"MODE": "fast"},
    "transformInput": {"dataSource": {"s3DataSource": {"s3DataType": "S3Prefix", "s3URI": "s3://bucket/in"}}},
    "transformOutput": {"s3OutputPath": "s3://bucket/out"},
    "transformResources": {"instanceCount": 1, "instanceType": "ml.m5.large"},
}
TRANSFORM_REQUEST: Object = {
    "TransformJobName": "ack-transform",
    "ModelName": "model",
    "Environment": {"MODE": "fast"},
    "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in"}}},
    "TransformOutput": {"S3OutputPath": "s3://bucket/out"},
    "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.large"},
}
TUNING_SPEC: Object = {
    "hyperParameterTuningJobName": "ack-tuning",
    "hyperParameterTuningJobConfig": {
        "strategy": "Bayesian",
        "hyperParameterTuningJobObjective": {"type_": "Minimize", "metricName": "validation:error"},
        "resourceLimits": {"maxNumberOfTrainingJobs": 2, "maxParallelTrainingJobs": 2},
        "parameterRanges": {"integerParameterRanges": [{"name": "depth", "minValue": "1", "maxValue": "9"}]},
    },
    "trainingJobDefinition": {
        "roleARN": ROLE,
        "staticHyperParameters": {"eta": "0.2"},
        "algorithmSpecification": {"trainingImage": "image:1", "trainingInputMode": "File"},
        "outputDataConfig": {"s3OutputPath": "s3://bucket/models"},
        "resourceConfig": {"instanceCount": 1, "instanceType": "ml.m5.large", "volumeSizeInGB": 5},
        "stoppingCondition": {"maxRuntimeInSeconds": 86400},
    },
}
TUNING_REQUEST: Object = {
    "HyperParameterTuningJobName": "ack-tuning",
    "HyperParameterTuningJobConfig": {
        "Strategy": "Bayesian",
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:error"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": {"IntegerParameterRanges": [{"Name": "depth", "MinValue": "1", "MaxValue": "9"}]},
    },
    "TrainingJobDefinition": {
        "RoleArn": ROLE,
        "StaticHyperParameters": {"eta": "0.2"},
        "AlgorithmSpecification": {"TrainingImage": "image:1", "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/models"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
    },
}
MODEL_SPEC: Object = {
    "modelName": "ack-model",
    "executionRoleARN": ROLE,
    "primaryContainer": {"image": IMAGE, "modelDataURL": "s3://bucket/model.tar.gz", "environment": {"MODE": "fast"}},
}
VARIANT = {"variantName": "all", "modelName": "ack-model", "initialInstanceCount": 1, "instanceType": "ml.m5.large"}
CONFIG_SPEC: Object = {"endpointConfigName": "ack-config", "productionVariants": [VARIANT]}
ENDPOINT_SPEC: Object = {"endpointName": "ack-endpoint", "endpointConfigName": "ack-config"}
ENDPOINT = [
    ack("Endpoint", "served", ENDPOINT_SPEC, endpointStatus="InService"),
    ack("EndpointConfig", "config", CONFIG_SPEC),
    ack("Model", "model", MODEL_SPEC),
]


@dataclass(frozen=True)
class Case:
    """A job of ACK's that runs."""

    kind: Kind
    ack: Object
    create: str
    request: Object


JOBS = (
    Case(TRAINING_JOB, ack("TrainingJob", "training", TRAINING_SPEC), "create_training_job", TRAINING_REQUEST),
    Case(BATCH_TRANSFORM_JOB, ack("TransformJob", "transform", TRANSFORM_SPEC), "create_transform_job",
         TRANSFORM_REQUEST),
    Case(TUNING_JOB, ack("HyperParameterTuningJob", "tuning", TUNING_SPEC), "create_hyper_parameter_tuning_job",
         TUNING_REQUEST),
)  # fmt: skip


@pytest.fixture(scope="module")
def handed_over(operator_stack: Stack, control_plane: ControlPlane) -> Scene:
    """Jobs that run and an endpoint that serves, with the objects that ACK's were turned into just applied."""
    control_plane.admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    scene = Scene(operator_stack, control_plane, NAMESPACE, REGION)
    scene.control.rule("ack-*", phases=dict(LONG))
    aws = scene.sagemaker()
    for case in JOBS:
        getattr(aws, case.create)(**case.request)
    container = {"Image": IMAGE, "ModelDataUrl": "s3://bucket/model.tar.gz", "Environment": {"MODE": "fast"}}
    aws.create_model(ModelName="ack-model", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    variant = {key[0].upper() + key[1:]: value for key, value in VARIANT.items()}
    aws.create_endpoint_config(EndpointConfigName="ack-config", ProductionVariants=[variant])
    aws.create_endpoint(EndpointName="ack-endpoint", EndpointConfigName="ack-config")
    until(lambda: (scene.hosted("endpoints", "ack-endpoint") or {}).get("status") == "InService", "ACK's endpoint")
    made = FROM_ACK.convert([*(case.ack for case in JOBS), *ENDPOINT])
    assert made.refused == []
    operator_stack.kubectl(
        "apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": made.objects})
    )
    return scene


@pytest.mark.parametrize("case", JOBS, ids=lambda case: case.kind.name)
def test_a_running_job_is_taken_over(handed_over: Scene, case: Case) -> None:
    """The job that ACK created is followed by our object: there is no second one, and no difference is seen."""
    name = case.ack["metadata"]["name"]
    handed_over.until_noted(name, "Adopted")
    shown = handed_over.until_word(case.kind, name, "InProgress")

    assert shown[case.kind.status_name] == f"ack-{name}"
    assert (condition(shown, "Stalled")["status"], "additional" in shown) == ("False", False)
    assert handed_over.calls(case.kind.api.create) == [case.kind.api.create]
    assert handed_over.job(f"ack-{name}")["status"] == "InProgress"


def test_a_serving_endpoint_is_taken_over(handed_over: Scene) -> None:
    """The endpoint keeps its name and serves on, and is updated once, to what belongs to our object."""
    handed_over.until_noted("served", "Adopted")
    handed_over.until_ready(HOSTING_DEPLOYMENT, "served")
    endpoint = handed_over.hosted("endpoints", "ack-endpoint")

    assert endpoint is not None
    assert endpoint["status"] == "InService"
    assert endpoint["config"] != "ack-config"
    assert handed_over.calls("CreateEndpoint", "UpdateEndpoint") == ["CreateEndpoint", "UpdateEndpoint"]
    assert status(handed_over.get(HOSTING_DEPLOYMENT, "served"))["endpointName"] == "ack-endpoint"


def test_what_is_retained_runs_on_without_our_object(handed_over: Scene) -> None:
    """The way back: an object with our policy `retain` goes and leaves its job running."""
    (case,) = (case for case in JOBS if case.kind is BATCH_TRANSFORM_JOB)
    name = case.ack["metadata"]["name"]
    handed_over.until_noted(name, "Adopted")
    handed_over.annotate(case.kind, name, deletion_policy="retain")
    handed_over.delete(case.kind, name)
    handed_over.until_gone(case.kind, name)

    assert handed_over.job(f"ack-{name}")["status"] == "InProgress"


def test_fields_are_spelled_as_ours() -> None:
    """Abbreviations, the reserved word and maps come out in our form; nothing is left out."""
    (made,) = FROM_ACK.convert([JOBS[0].ack]).objects
    spec = made["spec"]

    assert made["metadata"] == {"name": "training", "namespace": NAMESPACE, "labels": {"team": "vision"}}
    assert spec["region"] == REGION
    assert spec["vpcConfig"]["securityGroupIds"] == VPC["securityGroupIDs"]
    assert spec["hyperParameters"] == [{"name": "max_depth", "value": "5"}, {"name": "eta", "value": "0.2"}]
    assert spec["resourceConfig"]["volumeKmsKeyId"] == "k"
    assert len(spec) == len(TRAINING_SPEC) + 1
    (tuned,) = FROM_ACK.convert([JOBS[2].ack]).objects
    assert tuned["spec"]["hyperParameterTuningJobConfig"]["hyperParameterTuningJobObjective"]["type"] == "Minimize"


def test_what_could_run_twice_is_not_turned() -> None:
    """Our processing jobs choose no name: one that runs stays with ACK; one that is over is turned, with a warning."""
    spec: Object = {"processingJobName": "p", "roleARN": ROLE, "appSpecification": {"imageURI": IMAGE}}
    running = FROM_ACK.convert([ack("ProcessingJob", "p", spec, processingJobStatus="InProgress")])
    over = FROM_ACK.convert([ack("ProcessingJob", "p", spec, processingJobStatus="Completed")])

    assert (running.objects, len(running.refused)) == ([], 1)
    assert "would run once more" in running.refused[0]
    assert over.objects[0]["spec"]["appSpecification"] == {"imageUri": IMAGE}
    assert "processingJobName" not in over.objects[0]["spec"]
    assert any("runs it again" in note for note in over.notes)


def test_an_endpoint_needs_its_parts() -> None:
    """Without its configuration or its model an endpoint is not turned into half a deployment."""
    assert FROM_ACK.convert(ENDPOINT[:1]).refused == [
        f"Endpoint {NAMESPACE}/served: its EndpointConfig is not among the objects."
    ]
    half = FROM_ACK.convert(ENDPOINT[:2])
    assert f"Endpoint {NAMESPACE}/served: its Model ack-model is not among the objects." in half.refused
    assert not any(one["kind"] == "HostingDeployment" for one in half.objects)


def test_the_program_tells_what_it_leaves_out() -> None:
    """JSON comes out for what has a counterpart, a line on standard error and exit code 1 for what has none."""
    items = [JOBS[0].ack, ack("NotebookInstance", "mine", {})]
    done = subprocess.run(
        [sys.executable, PROGRAM],
        input=json.dumps({"kind": "List", "items": items}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert [one["kind"] for one in json.loads(done.stdout)["items"]] == ["TrainingJob"]
    assert done.stderr == (
        f"NOT TURNED: NotebookInstance {NAMESPACE}/mine: there is no kind for it here; leave it with ACK.\n"
    )
