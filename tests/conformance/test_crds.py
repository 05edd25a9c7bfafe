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

from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError
from tests.unit.crds import schemas
from tests.unit.mapping.specs import specs

GROUP = "sagemaker.aws.amazon.com"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
KINDS = sorted(schemas.PLURALS)
SAMPLES = sorted(schemas.SAMPLE_FOLDER.glob("*job*.yaml"))


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


def test_transform_job_without_spec_stays_writable(served: ControlPlane, namespace: str) -> None:
    """The original stored such objects: they can be made and changed, so that they can be deleted."""
    manifest = {**_sample("batchtransformjob"), "metadata": {"name": "bare", "finalizers": ["example.com/held"]}}
    del manifest["spec"]
    served.admin.request("POST", _path(namespace, manifest), manifest)
    path = f"{_path(namespace, manifest)}/bare"
    patch = {"metadata": {"finalizers": None}}
    after = served.admin.request("PATCH", path, patch, content_type="application/merge-patch+json")
    assert "finalizers" not in after["metadata"]


def test_status_is_kept_whole_and_apart(served: ControlPlane, namespace: str) -> None:
    """The status subresource keeps every field of ours, and takes no write to the spec."""
    manifest = _sample("trainingjob")
    served.admin.request("POST", _path(namespace, manifest), manifest)
    status = {
        "trainingJobStatus": "Completed",
        "secondaryStatus": "Completed",
        "additional": "",
        "sageMakerTrainingJobName": "fashion-1",
        "cloudWatchLogUrl": "https://example.com",
        "modelPath": "s3://b/fashion-1/output/model.tar.gz",
        "lastCheckTime": "2026-01-01T00:00:00Z",
        "debugRuleEvaluationStatuses": [{"ruleConfigurationName": "r", "lastModifiedTime": "2026-01-01T00:00:00Z"}],
        "observedGeneration": 1,
        "conditions": [
            {
                "type": "Succeeded",
                "status": "True",
                "reason": "Completed",
                "message": "",
                "lastTransitionTime": "2026-01-01T00:00:00Z",
                "observedGeneration": 1,
            }
        ],
        "operatorState": {
            "jobName": "fashion-1",
            "jobRegion": "us-west-2",
            "jobEndpoint": "",
            "createAttempt": "a",
            "createConfirmed": True,
        },
        "sageMakerJobArn": "arn:aws:sagemaker:us-west-2:123456789012:training-job/fashion-1",
        "startTime": "2026-01-01T00:00:00Z",
        "completionTime": "2026-01-01T00:10:00Z",
        "trainingTimeInSeconds": 600,
        "billableTimeInSeconds": 540,
    }
    path = f"{_path(namespace, manifest)}/{manifest['metadata']['name']}"
    patch = {"status": status, "spec": {"region": "eu-west-1"}}
    served.admin.request("PATCH", f"{path}/status", patch, content_type="application/merge-patch+json")
    stored = served.admin.request("GET", path)
    assert stored["status"] == status
    assert stored["spec"] == manifest["spec"]
    assert stored["metadata"]["generation"] == 1
    properties = schemas.root_schema("TrainingJob")["properties"]["status"]["properties"]
    assert set(status) == set(properties)


def test_columns_short_names_and_category(served: ControlPlane, namespace: str) -> None:
    """`kubectl get` shows the original's columns and the outcome, by short name and by category."""
    for name in ("trainingjob", "batchtransformjob"):
        served.kubectl("apply", "-n", namespace, "-f", str(schemas.SAMPLE_FOLDER / f"{name}.yaml"))
    header = served.kubectl("get", "tj", "-n", namespace).stdout.splitlines()[0].split()
    assert header == ["NAME", "STATUS", "SECONDARY-STATUS", "CREATION-TIME", "SAGEMAKER-JOB-NAME", "SUCCEEDED"]
    header = served.kubectl("get", "btj", "-n", namespace).stdout.splitlines()[0].split()
    assert header == ["NAME", "STATUS", "CREATION-TIME", "SAGEMAKER-JOB-NAME", "SUCCEEDED"]
    everything = served.kubectl("get", "sagemaker", "-n", namespace, "-o", "name").stdout.split()
    assert everything == [f"batchtransformjob.{GROUP}/fashion-predictions", f"trainingjob.{GROUP}/fashion"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("trainingjob", "runs one training job in Amazon SageMaker"),
        ("trainingjob.spec.resourceConfig", "The ML compute instance type."),
        ("trainingjob.spec.inputDataConfig.dataSource.s3DataSource.s3Uri", "identifies either a key name prefix"),
        ("batchtransformjob.spec.dataProcessing.JoinSource", "join with the transformed data"),
        ("tj.status.operatorState", "Internal"),
    ],
)
def test_explain_shows_text(served: ControlPlane, path: str, text: str) -> None:
    """`kubectl explain` describes kinds and fields."""
    shown = " ".join(served.kubectl("explain", path).stdout.split())
    assert text in shown
    assert "<no description>" not in shown
