"""A real API server takes the definitions, serves them, and enforces what they say."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator.mapping.description import from_description
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError
from tests.conformance import crd_scene
from tests.conformance.crd_scene import (
    CONFIRMED,
    DEFINITIONS,
    GROUP,
    KINDS,
    MERGE_PATCH,
    SAMPLES,
    path_of,
    place_of,
    sample_named,
    sample_with,
    store,
    try_create,
    why_refused,
    write_status,
)
from tests.unit.crds import schemas
from tests.unit.mapping import descriptions
from tests.unit.mapping.specs import EXAMPLES, specs

control_plane = crd_scene.control_plane
served = crd_scene.served


@pytest.mark.parametrize("kind", KINDS)
def test_definition_is_served(served: ControlPlane, kind: str) -> None:
    """The definition is established under its names and has a structural schema."""
    path = f"{DEFINITIONS}/{schemas.PLURALS[kind]}.{GROUP}"
    found = {each["type"]: each["status"] for each in served.admin.request("GET", path)["status"]["conditions"]}
    assert found["Established"] == "True"
    assert found["NamesAccepted"] == "True"
    assert found.get("NonStructuralSchema", "False") == "False"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_sample_applies(served: ControlPlane, namespace: str, sample: Any) -> None:
    """A shipped sample applies with strict validation and is stored as written."""
    served.kubectl("apply", "--validate=strict", "-n", namespace, "-f", str(sample))
    manifest = yaml.safe_load(sample.read_text(encoding="utf-8"))
    stored = served.admin.request("GET", f"{path_of(namespace, manifest)}/{manifest['metadata']['name']}")
    assert stored["spec"] == manifest["spec"]


def test_unknown_field_is_refused(served: ControlPlane, namespace: str) -> None:
    """A misspelt field is named instead of being dropped."""
    manifest = sample_with("trainingjob", "resourceConfig.instanceKind", "ml.m5.large")
    done = served.kubectl(
        "apply", "--validate=strict", "-n", namespace, "-f", "-", stdin=json.dumps(manifest), check=False
    )
    assert done.returncode == 1
    assert 'unknown field "spec.resourceConfig.instanceKind"' in done.stderr


@pytest.mark.parametrize(
    ("sample", "path", "value", "message"),
    [
        ("trainingjob", "region", None, "spec.region: Required value"),
        ("trainingjob", "roleArn", "{ROLE_ARN-to-be-replaced}", "spec.roleArn in body should match"),
        ("trainingjob", "trainingJobName", "-x", "spec.trainingJobName in body should match"),
        ("trainingjob", "trainingJobName", "x" * 64, "spec.trainingJobName: Too long"),
        ("trainingjob", "resourceConfig.instanceCount", 0, "should be greater than or equal to 1"),
        ("trainingjob", "resourceConfig.instanceCount", 1.5, "must be of type integer"),
        ("trainingjob", "algorithmSpecification.trainingInputMode", "Tape", 'supported values: "Pipe", "File"'),
        ("trainingjob", "outputDataConfig.s3OutputPath", "/data/out", "s3OutputPath in body should match"),
        ("trainingjob", "hyperParameters.0.value", "x" * 2501, "spec.hyperParameters[0].value: Too long"),
        ("trainingjob", "algorithmSpecification", None, "algorithmSpecification is required, except for a serverless"),
        ("trainingjob", "resourceConfig", None, "resourceConfig is required, except for a serverless job"),
        ("trainingjob", "resourceConfig.instanceType", None, "give instanceType and instanceCount, or instanceGroups"),
        ("trainingjob", "algorithmSpecification.algorithmName", "mine", "give either trainingImage"),
        ("trainingjob", "algorithmSpecification.trainingImage", None, "give either trainingImage"),
        ("trainingjob", "stoppingCondition.maxWaitTimeInSeconds", 60, "must be at least maxRuntimeInSeconds"),
        ("trainingjob", "inputDataConfig.0.dataSource", {}, "a channel reads from one place"),
        ("trainingjob", "inputDataConfig.1.channelName", "train", "needs a channelName of its own"),
        ("trainingjob", "tags.0.key", "aws:mine", "tag keys that begin with aws: are reserved"),
        (
            "trainingjob-debugger",
            "debugHookConfig",
            {"s3OutputPath": "s3://b", "ruleParameters": [], "hookParameters": []},
            "hookParameters is another spelling of ruleParameters",
        ),
        (
            "trainingjob",
            "resourceConfig.trainingPlanArn",
            "arn:aws:sagemaker:r:123456789012:training-plan/",
            "needs at least 50",
        ),
        ("processingjob", "processingInputs.0.s3Input", None, "an input is read from s3Input or datasetDefinition"),
        ("processingjob", "processingInputs.0.s3Input.localPath", None, "s3Input needs localPath, except where"),
        ("processingjob", "processingInputs.0.s3Input.s3InputMode", "Tape", 'supported values: "Pipe", "File"'),
        ("processingjob", "processingOutputConfig.outputs.0.s3Output", None, "an output goes to s3Output or"),
        (
            "processingjob",
            "processingResources.clusterConfig.instanceType",
            None,
            "give instanceType and instanceCount",
        ),
        ("processingjob", "appSpecification", None, "spec.appSpecification: Required value"),
        ("hyperparametertuningjob", "hyperParameterTuningJobName", "x" * 33, "hyperParameterTuningJobName: Too long"),
        ("hyperparametertuningjob", "trainingJobDefinition", None, "give either trainingJobDefinition or"),
        ("hyperparametertuningjob", "trainingJobDefinition.resourceConfig", None, "give resourceConfig, or"),
        (
            "hyperparametertuningjob",
            "trainingJobDefinition.algorithmSpecification.trainingImage",
            "",
            "give either trainingImage",
        ),
        ("model", "primaryContainer.mode", "Both", 'supported values: "SingleModel", "MultiModel"'),
        ("model", "primaryContainer.modelPackageName", "name-", "modelPackageName in body should match"),
        ("endpointconfig", "productionVariants.0.instanceType", None, "a variant needs instanceType"),
        ("endpointconfig", "productionVariants.0.initialInstanceCount", None, "needs initialInstanceCount"),
        ("endpointconfig", "productionVariants.0.modelName", "", "modelName in body should be at least 1 chars long"),
        ("endpointconfig", "productionVariants", [], "productionVariants in body should have at least 1 items"),
        ("hostingdeployment", "models.0.name", None, "spec.models[0].name: Required value"),
        ("hostingdeployment", "productionVariants.0.instanceType", None, "a variant needs instanceType"),
        (
            "hostingdeployment-retain",
            "excludeRetainedVariantProperties.0.variantPropertyType",
            "DesiredSize",
            'supported values: "DesiredInstanceCount", "DesiredWeight", "DataCaptureConfig"',
        ),
        (
            "hostingdeployment-more",
            "deploymentConfig.autoRollbackConfiguration.alarms.0.alarmName",
            "  ",
            "alarmName in body should match",
        ),
        ("hostingautoscalingpolicy", "resourceId.0.variantName", None, "give endpointName and variantName, or"),
        (
            "hostingautoscalingpolicy",
            "resourceId.0.inferenceComponentName",
            "c",
            "give endpointName and variantName, or",
        ),
        ("hostingautoscalingpolicy", "resourceId", [], "resourceId in body should have at least 1 items"),
        ("hostingautoscalingpolicy", "minCapacity", 5, "minCapacity can be at most maxCapacity"),
        ("hostingautoscalingpolicy", "stepScalingPolicyConfiguration", {}, "a policy has one configuration"),
        ("hostingautoscalingpolicy", "policyName", "x" * 257, "spec.policyName: Too long"),
        (
            "hostingautoscalingpolicy-scheduled",
            "scheduledActions.0.scheduledActionName",
            "a:b",
            "scheduledActionName in body should match",
        ),
        ("batchtransformjob", "modelName", "x" * 64 + "Y", "spec.modelName in body should match"),
        ("batchtransformjob", "modelName", None, "spec.modelName: Required value"),
        ("batchtransformjob", "modelName", "with space", "spec.modelName in body should match"),
        ("batchtransformjob", "maxPayloadInMB", 101, "maxPayloadInMB can be at most 100"),
        ("batchtransformjob-more", "maxConcurrentTransforms", 50, "times maxConcurrentTransforms can be at most 100"),
        ("batchtransformjob", "batchStrategy", "Some", 'supported values: "MultiRecord", "SingleRecord"'),
        ("batchtransformjob-more", "dataProcessing.joinSource", "None", "joinSource is another spelling of JoinSource"),
        ("batchtransformjob-more", "environment.0.name", "2X", "spec.environment[0].name in body should match"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value and len(value) < 60 else "",
)
def test_bad_value_is_refused(
    served: ControlPlane, namespace: str, sample: str, path: str, value: Any, message: str
) -> None:
    """A value that AWS is sure to refuse is refused at once, and the message says what is wrong."""
    with pytest.raises(ApiError) as refused:
        try_create(served, namespace, sample_with(sample, path, value))
    assert message in str(refused.value)
    assert refused.value.status == 422


@pytest.mark.parametrize("kind", KINDS)
@EXAMPLES
@given(data=st.data())
def test_only_rules_refuse_what_the_schema_allows(served: ControlPlane, kind: str, data: st.DataObject) -> None:
    """A spec made by the schema is taken, or refused by cross-field rules alone: every pattern works in Go."""
    name = {"name": "made-up"}
    manifest = {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": name, "spec": data.draw(specs(kind))}
    rules = [
        rule["message"]
        for _, schema in schemas.walk(schemas.spec_schema(kind))
        for rule in schema.get("x-kubernetes-validations", [])
    ]
    refusal = why_refused(served, "default", manifest)
    # The server asks the rules only where the schema itself is satisfied, and says so where it is not.
    assert not refusal or any(rule in refusal for rule in rules), refusal
    assert "were not checked" not in refusal


def test_whole_numbers_may_have_a_point(served: ControlPlane, namespace: str) -> None:
    """60.0 is a whole number for the server, as the original's manifests expect."""
    manifest = sample_with("trainingjob", "stoppingCondition.maxRuntimeInSeconds", 60.0)
    assert '"maxRuntimeInSeconds": 60.0' in json.dumps(manifest)
    assert try_create(served, namespace, manifest)["spec"]["stoppingCondition"]["maxRuntimeInSeconds"] == 60


def test_optional_values_may_be_empty(served: ControlPlane, namespace: str) -> None:
    """What the original let be empty may be empty: it counts as absent."""
    manifest = sample_named("trainingjob")
    manifest["spec"].update(
        trainingJobName="",
        sageMakerEndpoint="",
        tags=[],
        hyperParameters=[{}],
        debugRuleConfigurations=[],
        debugHookConfig={"s3OutputPath": "s3://b", "localPath": "", "ruleParameters": [{"name": 'save_interval"'}]},
        checkpointConfig={"s3Uri": "s3://b", "localPath": ""},
        stoppingCondition={},
    )
    manifest["spec"]["outputDataConfig"]["kmsKeyId"] = ""
    manifest["spec"]["resourceConfig"].update(volumeKmsKeyId="", trainingPlanArn="")
    manifest["spec"]["inputDataConfig"][0].update(contentType="", recordWrapperType="")
    assert try_create(served, namespace, manifest)["spec"] == manifest["spec"]
    transform = sample_named("batchtransformjob")
    transform["spec"].update(transformJobName="", batchStrategy="", environment=[], dataProcessing={"JoinSource": ""})
    transform["spec"]["transformInput"].update(splitType="", contentType="")
    transform["spec"]["transformOutput"].update(assembleWith="", accept="", kmsKeyId="")
    assert try_create(served, namespace, transform)["spec"] == transform["spec"]


def test_optional_values_of_hosting_may_be_empty(served: ControlPlane, namespace: str) -> None:
    """The same holds for models, variants and policies."""
    model = sample_named("model")
    model["spec"].update(region="", sageMakerEndpoint="", containers=[], tags=[])
    model["spec"]["primaryContainer"].update(modelPackageName="", image="", environment=[{"name": "A"}, {}])
    assert try_create(served, namespace, model)["spec"] == model["spec"]
    config = sample_named("endpointconfig")
    config["spec"].update(kmsKeyId="", sageMakerEndpoint="anything")
    config["spec"]["productionVariants"][0].update(acceleratorType="", initialVariantWeight=60.0)
    assert try_create(served, namespace, config)["spec"] == config["spec"]
    deployment = sample_named("hostingdeployment")
    deployment["spec"].update(endpointName="", kmsKeyId="", excludeRetainedVariantProperties=[])
    deployment["spec"]["models"][0].update(primaryContainer="", name="Any name: of one's own")
    assert try_create(served, namespace, deployment)["spec"] == deployment["spec"]
    policy = sample_named("hostingautoscalingpolicy-custom")
    policy["spec"].update(region="", policyType="", scalableDimension="", serviceNamespace="", policyName="")
    tracking = policy["spec"]["targetTrackingScalingPolicyConfiguration"]
    tracking["customizedMetricSpecification"].update(unit="", dimensions=[{"name": "A"}, {}])
    tracking["predefinedMetricSpecification"] = {"predefinedMetricType": ""}
    assert try_create(served, namespace, policy)["spec"] == policy["spec"]
    del policy["spec"]["resourceId"]
    del tracking["targetValue"]
    assert try_create(served, namespace, policy)["spec"] == policy["spec"]


def test_values_that_aws_has_gained_are_accepted(served: ControlPlane, namespace: str) -> None:
    """Instance types of tomorrow, fast file mode and jobs without resources of their own are accepted."""
    future = sample_with("trainingjob", "resourceConfig.instanceType", "ml.z99.metal")
    future["spec"]["inputDataConfig"][0]["inputMode"] = "FastFile"
    assert try_create(served, namespace, future)["spec"] == future["spec"]
    serverless = sample_named("trainingjob")
    for name in ("algorithmSpecification", "resourceConfig", "stoppingCondition"):
        del serverless["spec"][name]
    arn = "arn:aws:sagemaker:us-west-2:aws:hub-content/SageMakerPublicHub/Model/a-model/1.0.0"
    serverless["spec"]["serverlessJobConfig"] = {"baseModelArn": arn, "jobType": "FineTuning"}
    assert try_create(served, namespace, serverless)["spec"] == serverless["spec"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "required" not in schemas.root_schema(kind)])
def test_object_without_spec_stays_writable(served: ControlPlane, namespace: str, kind: str) -> None:
    """The original stored such objects: they can be made and changed, so that they can be deleted."""
    manifest = {**sample_named(kind.lower()), "metadata": {"name": "bare", "finalizers": ["example.com/held"]}}
    del manifest["spec"]
    store(served, namespace, manifest)
    write_status(served, namespace, manifest, {**CONFIRMED, "additional": "no spec"})
    patch = {"metadata": {"finalizers": None}}
    after = served.admin.request("PATCH", place_of(namespace, manifest), patch, content_type=MERGE_PATCH)
    assert "finalizers" not in after["metadata"]


def test_spec_from_a_description_is_accepted(served: ControlPlane, namespace: str) -> None:
    """A TrainingJob object for a training job of a tuning job passes strict validation."""
    spec = from_description("TrainingJob", descriptions.TUNING_CHILD)
    manifest = {**sample_named("trainingjob"), "spec": {**spec, "region": "us-west-2"}}
    assert try_create(served, namespace, manifest)["spec"] == manifest["spec"]


@pytest.mark.parametrize(
    "name", ["fashion-model", "Fashion-Model-9", "fashion.v2", f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 61}"]
)
def test_model_of_a_transform_job_is_an_object_or_sagemakers(served: ControlPlane, namespace: str, name: str) -> None:
    """What a Model object or a SageMaker model can be called is a model's name."""
    manifest = sample_with("batchtransformjob", "modelName", name)
    assert try_create(served, namespace, manifest)["spec"]["modelName"] == name


def _filled(schema: dict[str, Any]) -> Any:
    """A value with everything that the schema has."""
    if schema["type"] == "object":
        return {name: _filled(inner) for name, inner in schema["properties"].items()}
    if schema["type"] == "array":
        return [_filled(schema["items"])]
    if "enum" in schema:
        return schema["enum"][0]
    texts = {"date-time": "2026-01-01T00:00:00Z"}
    values = {"string": texts.get(schema.get("format", ""), "text"), "integer": 1, "number": 0.5, "boolean": True}
    return values[schema["type"]]


@pytest.mark.parametrize("kind", KINDS)
def test_status_is_kept_whole_and_apart(served: ControlPlane, namespace: str, kind: str) -> None:
    """The status subresource keeps every field of ours, and takes no write to the spec."""
    manifest = store(served, namespace, sample_named(kind.lower()))
    status = _filled(schemas.root_schema(kind)["properties"]["status"])
    patch = {"status": status, "spec": {"region": "eu-west-1"}}
    path = f"{place_of(namespace, manifest)}/status"
    served.admin.request("PATCH", path, patch, content_type=MERGE_PATCH)
    stored = served.admin.request("GET", place_of(namespace, manifest))
    assert stored["status"] == status
    assert stored["spec"] == manifest["spec"]
    assert stored["metadata"]["generation"] == 1


HEADERS = {
    "tj": "NAME STATUS SECONDARY-STATUS CREATION-TIME SAGEMAKER-JOB-NAME SUCCEEDED",
    "pj": "NAME STATUS CREATION-TIME SAGEMAKER-JOB-NAME SUCCEEDED",
    "htj": (
        "NAME STATUS CREATION-TIME COMPLETED INPROGRESS ERRORS STOPPED BEST-TRAINING-JOB SAGEMAKER-JOB-NAME SUCCEEDED"
    ),
    "btj": "NAME STATUS CREATION-TIME SAGEMAKER-JOB-NAME SUCCEEDED",
    "smm": "NAME STATUS SAGE-MAKER-MODEL-NAME READY",
    "epc": "NAME STATUS SAGE-MAKER-ENDPOINTCONFIG-NAME READY",
    "hd": "NAME STATUS SAGEMAKER-ENDPOINT-NAME READY",
    "hap": "NAME STATUS CREATION-TIME READY",
}


def test_columns_short_names_and_category(served: ControlPlane, namespace: str) -> None:
    """`kubectl get` shows the original's columns and the outcome, by short name and by category."""
    plain = [schemas.SAMPLE_FOLDER / f"{kind.lower()}.yaml" for kind in KINDS]
    served.kubectl("apply", "-n", namespace, *(part for path in plain for part in ("-f", str(path))))
    for short, header in HEADERS.items():
        assert served.kubectl("get", short, "-n", namespace).stdout.splitlines()[0].split() == header.split()
    everything = served.kubectl("get", "sagemaker", "-n", namespace, "-o", "name").stdout.split()
    assert {line.split(".")[0] for line in everything} == {kind.lower() for kind in KINDS}


def test_numbers_of_a_tuning_job_are_shown(served: ControlPlane, namespace: str) -> None:
    """The columns of a tuning job count its training jobs and name the best one."""
    manifest = store(served, namespace, sample_named("hyperparametertuningjob"))
    counters = {"completed": 5, "inProgress": 2, "totalError": 1, "stopped": 0}
    write_status(
        served,
        namespace,
        manifest,
        {"trainingJobStatusCounters": counters, "bestTrainingJob": {"trainingJobName": "b"}},
    )
    line = served.kubectl("get", "htj", "-n", namespace, "--no-headers").stdout.split()
    assert line[2:6] == ["5", "2", "1", "0"]
    assert "b" in line


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("trainingjob", "runs one training job in Amazon SageMaker"),
        ("trainingjob.spec.resourceConfig", "The ML compute instance type."),
        ("trainingjob.spec.inputDataConfig.dataSource.s3DataSource.s3Uri", "identifies either a key name prefix"),
        ("batchtransformjob.spec.dataProcessing.JoinSource", "join with the transformed data"),
        ("tj.status.operatorState", "Internal"),
        ("processingjob.spec.processingInputs.datasetDefinition", "Dataset Definition"),
        ("htj.spec.trainingJobDefinitions.environment", "environment variable"),
        ("htj.status.bestTrainingJob", "best objective metric"),
        ("models.sagemaker.aws.amazon.com.spec.primaryContainer.image", "The path where inference code is stored."),
        ("endpointconfig.spec.shadowProductionVariants", "shadow"),
        ("hd.spec.models", "The models that the variants refer to"),
        ("hd.spec.deploymentConfig", "deployment"),
        ("hap.spec.resourceId", "What is scaled"),
        ("hap.spec.scheduledActions.schedule", "The schedule for this action."),
    ],
)
def test_explain_shows_text(served: ControlPlane, path: str, text: str) -> None:
    """`kubectl explain` describes kinds and fields."""
    shown = " ".join(served.kubectl("explain", path).stdout.split())
    assert text in shown
    assert "<no description>" not in shown
