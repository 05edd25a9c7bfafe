"""A real API server takes the definitions, serves them, and enforces what they say."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sagemaker_operator.crds import overlay
from sagemaker_operator.mapping.description import from_description
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError
from tests.unit.crds import schemas
from tests.unit.mapping import descriptions
from tests.unit.mapping.specs import specs

GROUP = "sagemaker.aws.amazon.com"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
KINDS = sorted(schemas.PLURALS)
SAMPLES = sorted(schemas.SAMPLE_FOLDER.glob("*.yaml"))


def _wait_established(plane: ControlPlane, name: str) -> None:
    """Watches a definition until it is served (`kubectl wait` fails while it has no conditions at all)."""
    watch = f"{DEFINITIONS}?watch=1&fieldSelector=metadata.name={name}&timeoutSeconds=30"
    for line in plane.admin.lines(watch):
        conditions = json.loads(line)["object"].get("status", {}).get("conditions") or []
        if any(each["type"] == "Established" and each["status"] == "True" for each in conditions):
            return
    pytest.fail(f"{name} was not established within 30 s")


def _wait_documented(plane: ControlPlane) -> None:
    """Waits until the server has published the schemas that `kubectl explain` reads; it has no watch for that."""
    deadline = time.monotonic() + 30
    while not set(KINDS) <= _documented(plane):
        assert time.monotonic() < deadline, "the schemas were not published within 30 s"
        time.sleep(0.05)


def _documented(plane: ControlPlane) -> set[str]:
    """The last parts of the names of our group's published schemas."""
    # The server calls this list plain text.
    place = json.loads(plane.admin.request("GET", "/openapi/v3"))["paths"].get(f"apis/{GROUP}/v1")
    if place is None:
        return set()
    published = plane.admin.request("GET", place["serverRelativeURL"])["components"]["schemas"]
    return {name.rpartition(".")[2] for name in published}


@pytest.fixture(scope="module")
def served(control_plane: ControlPlane) -> ControlPlane:
    """The control plane with our definitions, applied as a user would and ready to be used."""
    applied = control_plane.kubectl("apply", "--validate=strict", "-f", str(schemas.CRD_FOLDER))
    assert "Warning" not in applied.stderr
    for plural in schemas.PLURALS.values():
        _wait_established(control_plane, f"{plural}.{GROUP}")
    _wait_documented(control_plane)
    return control_plane


def _sample(name: str) -> dict[str, Any]:
    sample: dict[str, Any] = yaml.safe_load((schemas.SAMPLE_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return sample


def _path(namespace: str, manifest: dict[str, Any], query: str = "") -> str:
    return f"/apis/{GROUP}/v1/namespaces/{namespace}/{schemas.PLURALS[manifest['kind']]}{query}"


def _changed(name: str, path: str, value: Any) -> dict[str, Any]:
    """A sample with one field of its spec set, or taken away when the value is None."""
    manifest = copy.deepcopy(_sample(name))
    place = manifest["spec"]
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
    for part in parents:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return manifest


def _try(plane: ControlPlane, namespace: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """What the server answers to a create that is checked and not stored."""
    answer: dict[str, Any] = plane.admin.request(
        "POST", _path(namespace, manifest, "?dryRun=All&fieldValidation=Strict"), manifest
    )
    return answer


def _refusal(plane: ControlPlane, namespace: str, manifest: dict[str, Any]) -> str:
    """Why the server refuses a create; empty when it does not."""
    try:
        _try(plane, namespace, manifest)
    except ApiError as refused:
        return str(refused)
    return ""


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
    stored = served.admin.request("GET", f"{_path(namespace, manifest)}/{manifest['metadata']['name']}")
    assert stored["spec"] == manifest["spec"]


def test_unknown_field_is_refused(served: ControlPlane, namespace: str) -> None:
    """A misspelt field is named instead of being dropped."""
    manifest = _changed("trainingjob", "resourceConfig.instanceKind", "ml.m5.large")
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
        _try(served, namespace, _changed(sample, path, value))
    assert message in str(refused.value)
    assert refused.value.status == 422


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
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
    refusal = _refusal(served, "default", manifest)
    # The server asks the rules only where the schema itself is satisfied, and says so where it is not.
    assert not refusal or any(rule in refusal for rule in rules), refusal
    assert "were not checked" not in refusal


def test_whole_numbers_may_have_a_point(served: ControlPlane, namespace: str) -> None:
    """60.0 is a whole number for the server, as the original's manifests expect."""
    manifest = _changed("trainingjob", "stoppingCondition.maxRuntimeInSeconds", 60.0)
    assert '"maxRuntimeInSeconds": 60.0' in json.dumps(manifest)
    assert _try(served, namespace, manifest)["spec"]["stoppingCondition"]["maxRuntimeInSeconds"] == 60


def test_optional_values_may_be_empty(served: ControlPlane, namespace: str) -> None:
    """What the original let be empty may be empty: it counts as absent."""
    manifest = _sample("trainingjob")
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
    assert _try(served, namespace, manifest)["spec"] == manifest["spec"]
    transform = _sample("batchtransformjob")
    transform["spec"].update(transformJobName="", batchStrategy="", environment=[], dataProcessing={"JoinSource": ""})
    transform["spec"]["transformInput"].update(splitType="", contentType="")
    transform["spec"]["transformOutput"].update(assembleWith="", accept="", kmsKeyId="")
    assert _try(served, namespace, transform)["spec"] == transform["spec"]


def test_optional_values_of_hosting_may_be_empty(served: ControlPlane, namespace: str) -> None:
    """The same holds for models, variants and policies."""
    model = _sample("model")
    model["spec"].update(region="", sageMakerEndpoint="", containers=[], tags=[])
    model["spec"]["primaryContainer"].update(modelPackageName="", image="", environment=[{"name": "A"}, {}])
    assert _try(served, namespace, model)["spec"] == model["spec"]
    config = _sample("endpointconfig")
    config["spec"].update(kmsKeyId="", sageMakerEndpoint="anything")
    config["spec"]["productionVariants"][0].update(acceleratorType="", initialVariantWeight=60.0)
    assert _try(served, namespace, config)["spec"] == config["spec"]
    deployment = _sample("hostingdeployment")
    deployment["spec"].update(endpointName="", kmsKeyId="", excludeRetainedVariantProperties=[])
    deployment["spec"]["models"][0].update(primaryContainer="", name="Any name: of one's own")
    assert _try(served, namespace, deployment)["spec"] == deployment["spec"]
    policy = _sample("hostingautoscalingpolicy-custom")
    policy["spec"].update(region="", policyType="", scalableDimension="", serviceNamespace="", policyName="")
    tracking = policy["spec"]["targetTrackingScalingPolicyConfiguration"]
    tracking["customizedMetricSpecification"].update(unit="", dimensions=[{"name": "A"}, {}])
    tracking["predefinedMetricSpecification"] = {"predefinedMetricType": ""}
    assert _try(served, namespace, policy)["spec"] == policy["spec"]
    del policy["spec"]["resourceId"]
    del tracking["targetValue"]
    assert _try(served, namespace, policy)["spec"] == policy["spec"]


def test_values_that_aws_has_gained_are_accepted(served: ControlPlane, namespace: str) -> None:
    """Instance types of tomorrow, fast file mode and jobs without resources of their own are accepted."""
    future = _changed("trainingjob", "resourceConfig.instanceType", "ml.z99.metal")
    future["spec"]["inputDataConfig"][0]["inputMode"] = "FastFile"
    assert _try(served, namespace, future)["spec"] == future["spec"]
    serverless = _sample("trainingjob")
    for name in ("algorithmSpecification", "resourceConfig", "stoppingCondition"):
        del serverless["spec"][name]
    arn = "arn:aws:sagemaker:us-west-2:aws:hub-content/SageMakerPublicHub/Model/a-model/1.0.0"
    serverless["spec"]["serverlessJobConfig"] = {"baseModelArn": arn, "jobType": "FineTuning"}
    assert _try(served, namespace, serverless)["spec"] == serverless["spec"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "required" not in schemas.root_schema(kind)])
def test_object_without_spec_stays_writable(served: ControlPlane, namespace: str, kind: str) -> None:
    """The original stored such objects: they can be made and changed, so that they can be deleted."""
    manifest = {**_sample(kind.lower()), "metadata": {"name": "bare", "finalizers": ["example.com/held"]}}
    del manifest["spec"]
    _stored(served, namespace, manifest)
    _write_status(served, namespace, manifest, {**CONFIRMED, "additional": "no spec"})
    patch = {"metadata": {"finalizers": None}}
    after = served.admin.request(
        "PATCH", _place(namespace, manifest), patch, content_type="application/merge-patch+json"
    )
    assert "finalizers" not in after["metadata"]


def test_spec_from_a_description_is_accepted(served: ControlPlane, namespace: str) -> None:
    """A TrainingJob object for a training job of a tuning job passes strict validation."""
    spec = from_description("TrainingJob", descriptions.TUNING_CHILD)
    manifest = {**_sample("trainingjob"), "spec": {**spec, "region": "us-west-2"}}
    assert _try(served, namespace, manifest)["spec"] == manifest["spec"]


@pytest.mark.parametrize(
    "name", ["fashion-model", "Fashion-Model-9", "fashion.v2", f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 61}"]
)
def test_model_of_a_transform_job_is_an_object_or_sagemakers(served: ControlPlane, namespace: str, name: str) -> None:
    """What a Model object or a SageMaker model can be called is a model's name."""
    manifest = _changed("batchtransformjob", "modelName", name)
    assert _try(served, namespace, manifest)["spec"]["modelName"] == name


CONFIRMED = {"operatorState": {"createConfirmed": True}}


def _stored(plane: ControlPlane, namespace: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """The object as the server stored it."""
    stored: dict[str, Any] = plane.admin.request("POST", _path(namespace, manifest), manifest)
    return stored


def _place(namespace: str, manifest: dict[str, Any]) -> str:
    return f"{_path(namespace, manifest)}/{manifest['metadata']['name']}"


def _write_status(plane: ControlPlane, namespace: str, manifest: dict[str, Any], status: dict[str, Any]) -> None:
    path = f"{_place(namespace, manifest)}/status"
    plane.admin.request("PATCH", path, {"status": status}, content_type="application/merge-patch+json")


def _edit(plane: ControlPlane, namespace: str, manifest: dict[str, Any], spec: dict[str, Any] | None) -> str:
    """Why the server refuses a merge patch of the spec; empty when it does not. Nothing is stored."""
    path = f"{_place(namespace, manifest)}?dryRun=All&fieldValidation=Strict"
    try:
        plane.admin.request("PATCH", path, {"spec": spec}, content_type="application/merge-patch+json")
    except ApiError as refused:
        return str(refused)
    return ""


def _other(value: Any, schema: dict[str, Any]) -> Any:
    """A value close to the given one that the schema takes; of an object or a list the first leaf is another."""
    if isinstance(value, dict):
        name = min(value)
        return {**value, name: _other(value[name], schema["properties"][name])}
    if isinstance(value, list):
        return [_other(value[0], schema["items"]), *value[1:]]
    if isinstance(value, bool):
        return not value
    if "enum" in schema:
        return next(each for each in schema["enum"] if each != value)
    return f"{value}0" if isinstance(value, str) else value + 1


@pytest.mark.parametrize("sample", [path.stem for path in SAMPLES if "job" in path.stem.split("-")[0]])
def test_what_a_job_was_made_from_cannot_change(served: ControlPlane, namespace: str, sample: str) -> None:
    """Before a job is known to exist each field can be edited; afterwards none but the tags, and the message tells."""
    manifest = _stored(served, namespace, _sample(sample))
    fields = sorted(set(manifest["spec"]) - {"tags"})
    properties = schemas.spec_schema(manifest["kind"])["properties"]
    tried = {name: {name: _other(manifest["spec"][name], properties[name])} for name in fields}
    for edit in tried.values():
        assert "cannot be changed once it exists" not in _edit(served, namespace, manifest, edit)
    _write_status(served, namespace, manifest, CONFIRMED)
    for name, edit in tried.items():
        refusal = _edit(served, namespace, manifest, edit)
        assert f"spec.{name}: Forbidden: {name} of a" in refusal, refusal
        assert "cannot be changed once it exists: delete the object and create a new one" in refusal
    optional = set(fields) - set(schemas.spec_schema(manifest["kind"])["required"])
    for name in optional - {"hyperParameterTuningJobName"}:
        assert f"{name} of a" in _edit(served, namespace, manifest, {name: None})
    assert _edit(served, namespace, manifest, {"tags": [{"key": "new", "value": "tag"}]}) == ""
    assert _edit(served, namespace, manifest, {"tags": None}) == ""


@pytest.mark.parametrize("kind", ["TrainingJob", "HyperparameterTuningJob", "BatchTransformJob"])
def test_name_of_a_job_may_come_and_go(served: ControlPlane, namespace: str, kind: str) -> None:
    """The operator writes the name that it made; a name may be left out again, but never become another."""
    manifest = _stored(served, namespace, _sample(kind.lower()))
    _write_status(served, namespace, manifest, CONFIRMED)
    name = next(each.kind.spec_name for each in overlay.ALL if each.kind.name == kind)
    assert _edit(served, namespace, manifest, {name: "made-up"}) == ""
    served.admin.request(
        "PATCH",
        _place(namespace, manifest),
        {"spec": {name: "made-up"}},
        content_type="application/merge-patch+json",
    )
    assert f"{name} of a" in _edit(served, namespace, manifest, {name: "another"})
    assert _edit(served, namespace, manifest, {name: None}) == ""


@pytest.mark.parametrize("kind", ["ProcessingJob", "HyperparameterTuningJob", "BatchTransformJob"])
def test_spec_of_a_job_cannot_go(served: ControlPlane, namespace: str, kind: str) -> None:
    """Where an object may be without a spec, one that made a job keeps it."""
    manifest = _stored(served, namespace, _sample(kind.lower()))
    assert _edit(served, namespace, manifest, None) == ""
    _write_status(served, namespace, manifest, CONFIRMED)
    assert "region of a" in _edit(served, namespace, manifest, None)


@pytest.mark.parametrize(
    ("sample", "fixed", "free"),
    [
        (
            "hostingdeployment-named",
            {"region": "eu-west-1", "endpointName": "other", "sageMakerEndpoint": "https://example.com"},
            {"kmsKeyId": "alias/other", "tags": None, "retainAllVariantProperties": True},
        ),
        (
            "model-more",
            {"region": "eu-west-1", "sageMakerEndpoint": None},
            {"enableNetworkIsolation": False, "tags": [{"key": "a", "value": "b"}]},
        ),
        (
            "endpointconfig",
            {"region": "eu-west-1", "sageMakerEndpoint": "https://example.com"},
            {"kmsKeyId": "alias/other", "tags": None},
        ),
        (
            "hostingautoscalingpolicy",
            {"region": "eu-west-1"},
            {
                "sageMakerEndpoint": "https://example.com",
                "policyName": "other",
                "maxCapacity": 9,
                "scalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency",
                "serviceNamespace": "sagemaker",
                "resourceId": [{"endpointName": "e", "variantName": "v"}],
            },
        ),
    ],
)
def test_where_a_resource_is_cannot_change(
    served: ControlPlane, namespace: str, sample: str, fixed: dict[str, Any], free: dict[str, Any]
) -> None:
    """What hosting kinds stand for is replaced or updated after an edit, but stays where it is."""
    manifest = _stored(served, namespace, _sample(sample))
    assert not any("cannot be changed" in _edit(served, namespace, manifest, {name: fixed[name]}) for name in fixed)
    _write_status(served, namespace, manifest, CONFIRMED)
    for name, value in fixed.items():
        assert f"{name} of a" in _edit(served, namespace, manifest, {name: value})
    for name, value in free.items():
        assert _edit(served, namespace, manifest, {name: value}) == ""


def test_large_object_is_within_the_budget_of_the_rules(served: ControlPlane, namespace: str) -> None:
    """A confirmed job with a megabyte of hyperparameters can be edited, and its status and metadata written."""
    manifest = _sample("trainingjob")
    manifest["spec"]["hyperParameters"] = [{"name": f"p{number}", "value": "x" * 2500} for number in range(400)]
    _stored(served, namespace, manifest)
    _write_status(served, namespace, manifest, {**CONFIRMED, "trainingJobStatus": "InProgress"})
    _write_status(served, namespace, manifest, {"trainingJobStatus": "Completed"})
    assert _edit(served, namespace, manifest, {"tags": [{"key": "new", "value": "tag"}]}) == ""
    patch = {"metadata": {"annotations": {"a": "b"}, "finalizers": ["example.com/held"]}}
    served.admin.request("PATCH", _place(namespace, manifest), patch, content_type="application/merge-patch+json")
    manifest["spec"]["hyperParameters"][399]["value"] = "y" * 2500
    refusal = _edit(served, namespace, manifest, {"hyperParameters": manifest["spec"]["hyperParameters"]})
    assert "hyperParameters of a training job cannot be changed" in refusal


@pytest.mark.parametrize("kind", KINDS)
def test_status_and_metadata_are_written_whatever_the_object_is(
    served: ControlPlane, namespace: str, kind: str
) -> None:
    """The rules never stand in the way of the operator's writes: not of a status, a finalizer or a first note."""
    manifest = _stored(served, namespace, _sample(kind.lower()))
    place = _place(namespace, manifest)
    statuses: list[dict[str, Any]] = [
        {},
        {"operatorState": {}},
        {"operatorState": {"createConfirmed": False}},
        CONFIRMED,
        CONFIRMED,
    ]
    for status in statuses:
        _write_status(served, namespace, manifest, status)
        patch: dict[str, Any] = {"metadata": {"annotations": {"step": str(status)}, "finalizers": ["example.com/held"]}}
        served.admin.request("PATCH", place, patch, content_type="application/merge-patch+json")
    served.admin.request("DELETE", place)
    _write_status(served, namespace, manifest, {"additional": "on its way"})
    patch = {"metadata": {"finalizers": None}}
    served.admin.request("PATCH", place, patch, content_type="application/merge-patch+json")


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
    manifest = _stored(served, namespace, _sample(kind.lower()))
    status = _filled(schemas.root_schema(kind)["properties"]["status"])
    patch = {"status": status, "spec": {"region": "eu-west-1"}}
    path = f"{_place(namespace, manifest)}/status"
    served.admin.request("PATCH", path, patch, content_type="application/merge-patch+json")
    stored = served.admin.request("GET", _place(namespace, manifest))
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
    manifest = _stored(served, namespace, _sample("hyperparametertuningjob"))
    counters = {"completed": 5, "inProgress": 2, "totalError": 1, "stopped": 0}
    _write_status(
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
