"""The integration scenarios of the original operator's own project, row by row, as far as they need no AWS hardware.

The operator watches one namespace only, as in the scenario "namespace scope", which asks for the others to be played
there. So the module has a cluster and a stand-in of its own. All objects are created at once and wait together; each
test then looks at its own. The rows on IAM roles (19) and on network policies (half of 18) need what loopback lacks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from smkube.kinds import (
    ALL,
    AUTOSCALING_POLICY,
    BATCH_TRANSFORM_JOB,
    ENDPOINT_CONFIG,
    HOSTING_DEPLOYMENT,
    JOBS,
    MODEL,
    PROCESSING_JOB,
    TRAINING_JOB,
    TUNING_JOB,
    Kind,
)
from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.conformance import specs
from tests.conformance.operator_scene import SPAWN, Object, Scene, condition, generated, status
from tests.conformance.specs import IMAGE, ROLE
from tests.stack.clusters import Shared
from tests.stack.stack import Stack
from tests.stack.waiting import until
from tests.standin.process import StandInProcess

WATCHED, FOREIGN = "watched", "foreign"
REGION, CHINA = "us-west-2", "cn-northwest-1"
PHASES = (
    *("starting=0.2", "pending=0.2", "downloading=0.2", "training=1", "transforming=1", "processing=1"),
    *("uploading=0.2", "stopping=0.5", "creating=1", "updating=1.5", "rolling_back=0.5", "deleting=0.5"),
)
REASON = "ClientError: Cannot pull the image. It does not exist"
SHOWN: Mapping[str, str] = {SPAWN: "true"}
"""The training jobs of a tuning job are shown as objects, as the original did."""
TAGS = [{"key": "team", "value": "blue"}]
DIMENSIONS = [{"name": "EndpointName", "value": "named-3"}, {"name": "VariantName", "value": "all"}]


@dataclass(frozen=True)
class Canary:
    """An object of a row, and the word of its status at the end.

    Attributes:
        kind: its kind.
        word: what the row waits for.
        spec: what goes over a spec that SageMaker takes.
    """

    kind: Kind
    word: str
    spec: Object


def spot(**more: Any) -> Object:
    """Managed spot training with checkpoints."""
    return {
        "enableManagedSpotTraining": True,
        "checkpointConfig": {"s3Uri": "s3://bucket/checkpoints"},
        "stoppingCondition": {"maxRuntimeInSeconds": 3600, "maxWaitTimeInSeconds": 7200},
        **more,
    }


def tuned(**more: Any) -> Object:
    """A tuning job whose training jobs have further fields."""
    return {"trainingJobDefinition": {**specs.tuning(REGION)["trainingJobDefinition"], **more}}


def file_system(kind: str, mode: str = "ro") -> Object:
    """Training data from a file system in a VPC."""
    source = {
        "fileSystemId": "fs-0123456789abcdef0",
        "fileSystemType": kind,
        "fileSystemAccessMode": mode,
        "directoryPath": "/data/train",
    }
    channel = {"channelName": "train", "contentType": "text/csv", "compressionType": "None"}
    return {
        "inputDataConfig": [{**channel, "dataSource": {"fileSystemDataSource": source}}],
        "vpcConfig": {"securityGroupIds": ["sg-0123456789abcdef0"], "subnets": ["subnet-0123456789abcdef0"]},
    }


def container(hostname: str, **more: Any) -> Object:
    """A container of a model."""
    return {"containerHostname": hostname, "image": IMAGE, "modelDataUrl": "s3://bucket/model.tar.gz", **more}


def served(**entry: Any) -> list[Object]:
    """The models of a deployment with one model."""
    return [{"name": "m", "executionRoleArn": ROLE, **entry}]


DEBUGGER = {
    "debugHookConfig": {
        "s3OutputPath": "s3://bucket/tensors",
        "collectionConfigurations": [
            {"collectionName": "feature_importance", "collectionParameters": [{"name": "save_interval", "value": "5"}]}
        ],
    },
    "debugRuleConfigurations": [
        {
            "ruleConfigurationName": "LossNotDecreasing",
            "ruleEvaluatorImage": "503895931360.dkr.ecr.us-east-1.amazonaws.com/sagemaker-debugger-rules:latest",
            "ruleParameters": [{"name": "rule_to_invoke", "value": "LossNotDecreasing"}],
        }
    ],
}
MULTI_MODEL = {
    "models": served(
        primaryContainer="one",
        containers=[container("one", mode="MultiModel", environment=[{"name": "LEVEL", "value": "20"}])],
    ),
    "tags": TAGS,
}
CUSTOM_METRIC = {
    "policyName": "custom",
    "minCapacity": 1,
    "maxCapacity": 3,
    "suspendedState": {"dynamicScalingInSuspended": True},
    "targetTrackingScalingPolicyConfiguration": {
        "targetValue": 60,
        "scaleInCooldown": 700,
        "scaleOutCooldown": 300,
        "customizedMetricSpecification": {
            "metricName": "CPUUtilization",
            "namespace": "/aws/sagemaker/Endpoints",
            "dimensions": DIMENSIONS,
            "statistic": "Average",
            "unit": "Percent",
        },
    },
}


def resources(*endpoints: str) -> Object:
    """The resources of a policy: one variant of each endpoint."""
    return {"resourceId": [{"endpointName": endpoint, "variantName": "all"} for endpoint in endpoints]}


CANARIES: dict[str, Canary] = {
    "training": Canary(TRAINING_JOB, "Completed", {"tags": TAGS}),
    "processing": Canary(PROCESSING_JOB, "Completed", {"tags": TAGS}),
    "tuning": Canary(TUNING_JOB, "Completed", {"tags": TAGS}),
    "model": Canary(MODEL, "Created", {"tags": TAGS}),
    "hosting": Canary(HOSTING_DEPLOYMENT, "InService", MULTI_MODEL),
    "spot-training": Canary(TRAINING_JOB, "Completed", spot()),
    "spot-tuning": Canary(TUNING_JOB, "Completed", tuned(**spot())),
    "debugger": Canary(TRAINING_JOB, "Completed", DEBUGGER),
    "multi-container": Canary(
        HOSTING_DEPLOYMENT, "InService", {"models": served(containers=[container("one"), container("two")])}
    ),
    **{f"named-{n}": Canary(HOSTING_DEPLOYMENT, "InService", {"endpointName": f"named-{n}"}) for n in (1, 2, 3)},
    "predefined": Canary(AUTOSCALING_POLICY, "Created", {**resources("named-1", "named-2"), "maxCapacity": 2}),
    "custom": Canary(AUTOSCALING_POLICY, "Created", {**resources("named-3"), **CUSTOM_METRIC}),
    "failing-training": Canary(TRAINING_JOB, "Failed", {}),
    "failing-tuning": Canary(TUNING_JOB, "Failed", {}),
    "efs": Canary(TRAINING_JOB, "Completed", file_system("EFS")),
    "fsx": Canary(TRAINING_JOB, "Completed", file_system("FSxLustre")),
    "retain": Canary(
        HOSTING_DEPLOYMENT,
        "InService",
        {"endpointName": "retain", "productionVariants": [specs.variant("m", initialVariantWeight=2)]},
    ),
}


@dataclass
class Project:
    """The scenarios' cluster, and what is in it.

    Attributes:
        scene: the watched namespace.
        abroad: the same namespace, with jobs in China.
        foreign: a namespace that the operator does not watch.
        private: another SageMaker, behind an endpoint of its own.
    """

    scene: Scene
    abroad: Scene
    foreign: Scene
    private: StandInProcess

    def ended(self, name: str) -> Object:
        """A canary once it has the word that its row waits for."""
        canary = CANARIES[name]
        return self.scene.until(
            canary.kind,
            name,
            lambda obj: status(obj).get(canary.kind.status_word) == canary.word,
            f"{name} to be {canary.word}",
            seconds=40,
        )

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl in the watched namespace."""
        return self.scene.stack.kubectl(*arguments, "-n", WATCHED)


@pytest.fixture(scope="module")
def project(cluster_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """All canaries, just applied, under an operator that watches their namespace."""
    with (
        ControlPlane(tmp_path_factory.mktemp("project"), cluster_binaries) as plane,
        StandInProcess("--phase", *PHASES) as private,
    ):
        stack = Stack(
            tmp_path_factory.mktemp("stack"),
            Shared(plane, cluster_binaries.kubectl),
            standin_flags=["--phase", *PHASES],
            operator_flags=[f"--namespace={WATCHED}", "--consistency-window=2", "--log-level=debug"],
        )
        try:
            stack.start_standin()
            stack.install()
            for name in (WATCHED, FOREIGN):
                plane.admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
            stack.write_environment()
            stack.start_operator()
            watched, abroad, foreign = (Scene(stack, plane, *where) for where in _PLACES)
            made = Project(watched, abroad, foreign, private)
            for match, kind in (("failing-training*", "*"), ("failing-tuning*", "training")):
                made.scene.control.rule(match, kind=kind, fail={"reason": REASON, "after": 0.1})
            for name, canary in CANARIES.items():
                made.scene.create(canary.kind, name, annotations=SHOWN, **canary.spec)
            yield made
        finally:
            stack.stop()


_PLACES = ((WATCHED, REGION), (WATCHED, CHINA), (FOREIGN, REGION))


@pytest.mark.parametrize("name", ["training", "processing", "tuning"])
def test_rows_1_2_3_canaries_of_jobs(project: Project, name: str) -> None:
    """Training, processing and tuning run to Completed with one Create, and are Succeeded."""
    obj = project.ended(name)

    assert condition(obj, "Succeeded")["status"] == "True"
    kind = CANARIES[name].kind
    assert len(project.scene.requests(kind.api.create, generated(obj))) == 1
    assert project.scene.job(generated(obj))["tags"]["team"] == "blue"


def test_row_4_a_transform_with_the_model_that_kubectl_shows(project: Project) -> None:
    """Column 3 of `kubectl get model` is the SageMaker name, with which a transform job runs to Completed."""
    project.ended("model")
    header, line = project.kubectl("get", "model", "model").splitlines()
    name = line.split()[2]

    assert header.split()[:3] == ["NAME", "STATUS", "SAGE-MAKER-MODEL-NAME"]
    assert project.scene.hosted("models", name) is not None
    obj = project.scene.create(BATCH_TRANSFORM_JOB, "transform", modelName=name)
    project.scene.until_word(BATCH_TRANSFORM_JOB, "transform", "Completed")
    assert project.scene.job(generated(obj))["request"]["ModelName"] == name


def test_row_5_canary_of_hosting(project: Project) -> None:
    """A multi-model endpoint with environment and tags comes into service."""
    shown = status(project.ended("hosting"))

    (named,) = shown["modelNames"]
    model = project.scene.hosted("models", named["value"])
    assert model is not None
    assert model["request"]["PrimaryContainer"]["Mode"] == "MultiModel"
    assert model["request"]["PrimaryContainer"]["Environment"] == {"LEVEL": "20"}
    endpoint = project.scene.hosted("endpoints", shown["endpointName"])
    assert endpoint is not None
    assert endpoint["tags"]["team"] == "blue"
    assert shown["endpointUrl"] == (
        f"https://runtime.sagemaker.{REGION}.amazonaws.com/endpoints/{shown['endpointName']}/invocations"
    )


@pytest.mark.parametrize("name", ["spot-training", "spot-tuning"])
def test_row_6_spot(project: Project, name: str) -> None:
    """Spot training and spot tuning complete, and their checkpoints and longest wait arrive."""
    request = project.scene.job(generated(project.ended(name)))["request"]

    training = request.get("TrainingJobDefinition", request)
    assert training["EnableManagedSpotTraining"] is True
    assert training["CheckpointConfig"] == {"S3Uri": "s3://bucket/checkpoints"}
    assert training["StoppingCondition"]["MaxWaitTimeInSeconds"] == 7200


@pytest.mark.parametrize("kind", [TRAINING_JOB, TUNING_JOB], ids=lambda kind: kind.name)
def test_row_7_a_custom_endpoint(project: Project, kind: Kind) -> None:
    """A job with `sageMakerEndpoint` completes there, and the default endpoint never hears of it."""
    scene = project.scene
    obj = scene.create(kind, "custom-endpoint", annotations=SHOWN, sageMakerEndpoint=project.private.url)

    scene.until_word(kind, "custom-endpoint", "Completed")

    job = generated(obj)
    assert [one["status"] for one in project.private.control.jobs() if one["name"] == job] == ["Completed"]
    assert not [entry for entry in scene.control.record() if entry["name"].startswith(job)]


def test_row_9_hosting_of_several_containers(project: Project) -> None:
    """Two containers without a primary one become a pipeline in the given order, in service."""
    (named,) = status(project.ended("multi-container"))["modelNames"]

    model = project.scene.hosted("models", named["value"])
    assert model is not None
    assert [one["ContainerHostname"] for one in model["request"]["Containers"]] == ["one", "two"]
    assert "PrimaryContainer" not in model["request"]


def test_row_10_named_endpoints_and_autoscaling(project: Project) -> None:
    """Named endpoints are in service, a predefined policy on two of them and one with a custom metric on the third."""
    scene = project.scene
    for name in ("named-1", "named-2", "named-3"):
        assert status(project.ended(name))["endpointName"] == name

    shown = {name: status(project.ended(name)) for name in ("predefined", "custom")}

    first, second, third = (f"endpoint/named-{n}/variant/all" for n in (1, 2, 3))
    assert shown["predefined"]["resourceIDList"] == [first, second]
    assert shown["custom"]["resourceIDList"] == [third]
    policies = {policy["resource"]: policy for policy in scene.hosting("policies")}
    predefined = policies[second]["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"]
    assert predefined == {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    assert policies[third]["name"] == "custom"
    custom = policies[third]["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]
    assert custom["Dimensions"] == [{"Name": each["name"], "Value": each["value"]} for each in DIMENSIONS]
    targets = {target["resource"]: target for target in scene.hosting("targets")}
    assert targets[third]["suspended"]["DynamicScalingInSuspended"] is True


def test_row_11_retained_variant_properties(project: Project) -> None:
    """What autoscaling has changed stays over an update that retains it, but for what the update excludes."""
    scene, kind = project.scene, HOSTING_DEPLOYMENT
    project.ended("retain")
    scene.create(AUTOSCALING_POLICY, "retain", **resources("retain"), minCapacity=2, maxCapacity=2)
    scene.until_word(AUTOSCALING_POLICY, "retain", "Created")
    obj = scene.until(kind, "retain", lambda obj: variant_of(obj).get("currentInstanceCount") == 2, "two instances")
    assert variant_of(obj)["currentWeight"] == 2

    edited = scene.edit(
        kind,
        "retain",
        productionVariants=[specs.variant("m", initialVariantWeight=3)],
        retainAllVariantProperties=True,
        excludeRetainedVariantProperties=[{"variantPropertyType": "DesiredWeight"}],
    )

    variant = variant_of(scene.until_seen(kind, edited, "InService"))
    assert (variant["currentInstanceCount"], variant["currentWeight"]) == (2, 3)


def variant_of(obj: Object) -> Object:
    """The one variant of a deployment as its status shows it, empty while that has none."""
    return dict((status(obj).get("productionVariants") or [{}])[0])


def test_row_12_failures_are_reported(project: Project) -> None:
    """A failed training job, a failed tuning job and each of its training jobs say why in `additional`."""
    training, tuning = (status(project.ended(f"failing-{name}")) for name in ("training", "tuning"))
    job = tuning["sageMakerHyperParameterTuningJobName"]

    assert training["additional"] == REASON
    assert tuning["additional"].startswith("No training job succeeded after")

    def failed() -> list[Object]:
        shown = json.loads(project.kubectl("get", "trainingjob", "-o", "json"))["items"]
        spawned = [obj for obj in shown if obj["metadata"]["name"].startswith(f"{job}-")]
        over = [obj for obj in spawned if status(obj).get("trainingJobStatus") == "Failed"]
        return over if len(over) == 4 else []

    spawned = until(failed, "the spawned training jobs to be Failed")
    assert {status(obj)["additional"] for obj in spawned} == {REASON}


def test_row_13_deletion_while_running(project: Project) -> None:
    """A job whose object is deleted is stopped, and the object goes when it is over; so do a tuning job's children."""
    scene = project.scene
    scene.long("delete-me")
    jobs = {kind: generated(scene.create(kind, "delete-me", annotations=SHOWN)) for kind in JOBS}
    for kind in JOBS:
        assert scene.until_word(kind, "delete-me", "InProgress")[kind.status_name] == jobs[kind]

    for kind in JOBS:
        scene.delete(kind, "delete-me")

    for kind in JOBS:
        scene.until_gone(kind, "delete-me")
        assert scene.job(jobs[kind])["status"] == "Stopped"
    until(lambda: not named(scene, "delete-me-"), "the spawned training jobs to go")
    assert {job["status"] for job in scene.all_jobs() if job["name"].startswith("delete-me-")} == {"Stopped"}


def named(scene: Scene, prefix: str) -> list[str]:
    """Names of the TrainingJob objects that begin so."""
    names = [str(obj["metadata"]["name"]) for obj in scene.all(TRAINING_JOB)]
    return [name for name in names if name.startswith(prefix)]


def test_row_14_an_edited_policy(project: Project) -> None:
    """A policy that loses a resource and gets another maximum is Created again, and the lost one is given back."""
    scene = project.scene
    project.ended("predefined")

    edited = scene.edit(AUTOSCALING_POLICY, "predefined", **resources("named-2"), maxCapacity=3)

    shown = status(scene.until_seen(AUTOSCALING_POLICY, edited, "Created"))
    assert shown["resourceIDList"] == ["endpoint/named-2/variant/all"]
    targets = {target["resource"]: target["max"] for target in scene.hosting("targets")}
    assert targets["endpoint/named-2/variant/all"] == 3
    assert "endpoint/named-1/variant/all" not in targets


@pytest.mark.parametrize(("kind", "name"), [("trainingjob", "training"), ("batchtransformjob", "transform")])
def test_row_15_smlogs(project: Project, kind: str, name: str) -> None:
    """`kubectl smlogs` prints the log of a training job and of a transform job."""
    scene = project.scene
    if kind == "trainingjob":
        project.ended("training")
    elif scene.get(BATCH_TRANSFORM_JOB, name) is None:
        scene.create(BATCH_TRANSFORM_JOB, name)
    scene.until_word(TRAINING_JOB if kind == "trainingjob" else BATCH_TRANSFORM_JOB, name, "Completed")

    done = scene.stack.run(["kubectl", "smlogs", kind, name, "-n", WATCHED], seconds=30)

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 1


def test_row_16_namespace_scope(project: Project) -> None:
    """An object of any kind in another namespace is not touched while one in the own namespace is worked on."""
    for kind in ALL:
        project.foreign.create(kind, "elsewhere", **_chosen_abroad(kind))
    project.scene.create(TRAINING_JOB, "at-home")
    project.scene.until_word(TRAINING_JOB, "at-home", "Completed")

    for kind in ALL:
        (obj,) = project.foreign.all(kind)
        assert "finalizers" not in obj["metadata"]
        assert status(obj).get(kind.status_word, "") == ""
        assert "elsewhere" not in json.dumps([entry["name"] for entry in project.scene.control.record()])


def _chosen_abroad(kind: Kind) -> Object:
    """Names that would show in the record of requests."""
    return {kind.spec_name: "elsewhere"} if kind.spec_name else {}


def test_row_18_a_private_endpoint(project: Project) -> None:
    """With `sageMakerEndpoint` all of SageMaker is asked there, and nothing else; a job without it does not start."""
    scene, url = project.scene, project.private.url
    scene.control.fault("drop", "sagemaker.*", name="non-private*")
    scene.create(TRAINING_JOB, "private", sageMakerEndpoint=url)
    scene.create(TRAINING_JOB, "non-private")
    scene.create(HOSTING_DEPLOYMENT, "private", endpointName="private", sageMakerEndpoint=url)
    scene.create(AUTOSCALING_POLICY, "private", **resources("named-2"), policyName="private", sageMakerEndpoint=url,
                 **stepwise())  # fmt: skip

    scene.until_word(HOSTING_DEPLOYMENT, "private", "InService")
    assert scene.until_word(TRAINING_JOB, "private", "Completed")["sageMakerTrainingJobName"].startswith("private-")
    scene.until_word(AUTOSCALING_POLICY, "private", "Created")

    assert "sageMakerTrainingJobName" not in status(scene.get(TRAINING_JOB, "non-private"))
    here, there = scene.control.record(), project.private.control.record()
    assert {entry["service"] for entry in there} <= {"sagemaker", "logs"}
    assert "private" in {policy["name"] for policy in scene.hosting("policies")}
    asked = {entry["operation"] for entry in there if entry["service"] == "sagemaker"}
    assert asked >= {"CreateTrainingJob", "CreateModel", "CreateEndpointConfig", "CreateEndpoint"}
    assert "private" not in {entry["name"] for entry in here if entry["service"] == "sagemaker"}


def stepwise() -> Object:
    """A step scaling policy."""
    step = {"metricIntervalLowerBound": 0, "scalingAdjustment": 1}
    return {
        "policyType": "StepScaling",
        "targetTrackingScalingPolicyConfiguration": None,
        "stepScalingPolicyConfiguration": {"adjustmentType": "ChangeInCapacity", "stepAdjustments": [step]},
    }


def test_row_20_china(project: Project) -> None:
    """In the China partition training, tuning, model, transform and hosting work, and links have its domains."""
    scene = project.abroad
    kinds = (TRAINING_JOB, TUNING_JOB, PROCESSING_JOB, MODEL, HOSTING_DEPLOYMENT)
    role = ROLE.replace("arn:aws:", "arn:aws-cn:")
    training = {**specs.tuning(CHINA)["trainingJobDefinition"], "roleArn": role}
    roles = {"trainingJobDefinition": training}
    for kind in kinds:
        spec = roles if kind is TUNING_JOB else {} if kind is HOSTING_DEPLOYMENT else _role(kind, role)
        scene.create(kind, "china", annotations=SHOWN, **spec)
    model = scene.until_word(MODEL, "china", "Created")
    scene.create(BATCH_TRANSFORM_JOB, "china", modelName=model["sageMakerModelName"])
    shown = {kind: scene.until_word(kind, "china", "Completed") for kind in JOBS}
    endpoint = scene.until_word(HOSTING_DEPLOYMENT, "china", "InService")

    assert model["modelArn"].startswith(f"arn:aws-cn:sagemaker:{CHINA}:")
    assert all(one["sageMakerJobArn"].startswith(f"arn:aws-cn:sagemaker:{CHINA}:") for one in shown.values())
    for kind in (TRAINING_JOB, PROCESSING_JOB):
        assert shown[kind]["cloudWatchLogUrl"].startswith(f"https://{CHINA}.console.amazonaws.cn/cloudwatch/home?")
    assert endpoint["endpointUrl"].startswith(f"https://runtime.sagemaker.{CHINA}.amazonaws.com.cn/endpoints/")


def _role(kind: Kind, role: str) -> Object:
    return {"executionRoleArn": role} if kind is MODEL else {"roleArn": role}


@pytest.mark.parametrize(("name", "kind"), [("efs", "EFS"), ("fsx", "FSxLustre")])
def test_row_21_file_systems(project: Project, name: str, kind: str) -> None:
    """Training data from EFS and FSx for Lustre, with its VPC, arrives in the request."""
    request = project.scene.job(generated(project.ended(name)))["request"]

    assert request["InputDataConfig"][0]["DataSource"] == {
        "FileSystemDataSource": {
            "FileSystemId": "fs-0123456789abcdef0",
            "FileSystemType": kind,
            "FileSystemAccessMode": "ro",
            "DirectoryPath": "/data/train",
        }
    }
    assert request["VpcConfig"] == {
        "SecurityGroupIds": ["sg-0123456789abcdef0"],
        "Subnets": ["subnet-0123456789abcdef0"],
    }


def test_row_8_debugger(project: Project) -> None:
    """The rules of a completed training job are followed until they have found nothing."""
    project.ended("debugger")

    def found(obj: Object) -> bool:
        rules = status(obj).get("debugRuleEvaluationStatuses") or [{}]
        return bool(rules[0].get("ruleEvaluationStatus") == "NoIssuesFound")

    shown = status(project.scene.until(TRAINING_JOB, "debugger", found, "NoIssuesFound", seconds=50))

    (rule,) = shown["debugRuleEvaluationStatuses"]
    assert rule["ruleConfigurationName"] == "LossNotDecreasing"
    assert ":processing-job/" in rule["ruleEvaluationJobArn"]
    assert shown["trainingJobStatus"] == "Completed"


def test_every_kind_is_listed_and_every_object_told_about(project: Project) -> None:
    """`kubectl get sagemaker` lists objects of all kinds, and each canary has Events."""
    for name in CANARIES:
        project.ended(name)
    project.scene.create(ENDPOINT_CONFIG, "listed")
    project.scene.until_ready(ENDPOINT_CONFIG, "listed")

    lines = project.kubectl("get", "sagemaker", "-o", "name").split()

    assert {line.partition("/")[0] for line in lines} == {
        kind.resource.replace(kind.plural, kind.singular) for kind in ALL
    }
    for name in CANARIES:
        assert project.scene.until_noted(name), name


def test_row_17_cleanup_in_order(project: Project) -> None:
    """`kubectl delete --all` kind by kind leaves no object, no finalizer to strip, nothing that costs money."""
    for name in CANARIES:
        project.ended(name)
    # The job that must not start has to be let go on, to be stopped.
    project.scene.control.clear_faults()

    for kind in CLEANUP:
        there = {obj["metadata"]["uid"] for obj in project.scene.all(kind)}
        project.kubectl("delete", kind.resource, "--all", "--wait", "--timeout=60s")
        # A deployment that still lives makes another configuration for the one that was taken from it.
        assert not there & {obj["metadata"]["uid"] for obj in project.scene.all(kind)}

    assert [obj for kind in ALL for obj in project.scene.all(kind)] == []
    for control in (project.scene.control, project.private.control):
        left = control.hosting()
        assert (left["endpoints"], left["endpoint_configs"], left["targets"], left["policies"]) == ([], [], [], [])
        assert {one["status"] for one in control.jobs()} <= {"Completed", "Stopped", "Failed"}
        assert {model["name"] for model in left["models"]} <= {specs.MODEL}


CLEANUP = (
    *(TUNING_JOB, PROCESSING_JOB, BATCH_TRANSFORM_JOB, AUTOSCALING_POLICY),
    *(ENDPOINT_CONFIG, HOSTING_DEPLOYMENT, MODEL, TRAINING_JOB),
)
"""The order in which the original's project takes its objects away."""
