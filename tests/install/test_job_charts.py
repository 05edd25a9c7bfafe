"""The charts for jobs: what they render, that the API server takes it, and a job that is installed and uninstalled."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import smkube
from smkube.kinds import BATCH_TRANSFORM_JOB, BY_NAME, TRAINING_JOB, TUNING_JOB, resource_path
from tests.cluster.controlplane import ControlPlane
from tests.conformance.operator_scene import Scene, status
from tests.install.conftest import PACKAGING, Helm, Object, read
from tests.stack.stack import Stack
from tests.stack.waiting import until

CHARTS = PACKAGING / "charts"
KINDS = {
    "training-jobs": TRAINING_JOB,
    "batch-transform-jobs": BATCH_TRANSFORM_JOB,
    "hyperparameter-tuning-jobs": TUNING_JOB,
}
EXAMPLES = [path.relative_to(CHARTS) for chart in KINDS for path in sorted((CHARTS / chart).glob("examples/*.yaml"))]
EACH_CHART = pytest.mark.parametrize("chart", KINDS)
SHARED = "templates/_values.tpl"
RELEASE = "my-release"


def render(helm: Helm, chart: str, *arguments: str, values: str = "") -> Object:
    """The one object that a chart renders, with values over its own."""
    given = ("--values", "-") if values else ()
    ((_, rendered),) = read(helm("template", RELEASE, chart, *given, *arguments, stdin=values)).items()
    return rendered


@pytest.fixture
def scene(operator_stack: Stack, control_plane: ControlPlane, namespace: str, region: str) -> Scene:
    """A namespace and a region of the test's own, with the session's operator at work."""
    return Scene(operator_stack, control_plane, namespace, region)


# --- what a chart is ---------------------------------------------------------------------------------------------


def test_charts_are_those_of_this_release() -> None:
    """Names as in the original; the version of the program is ours."""
    read = {chart: yaml.safe_load((CHARTS / chart / "Chart.yaml").read_text(encoding="utf-8")) for chart in KINDS}

    assert {one["apiVersion"] for one in read.values()} == {"v2"}
    assert {one["appVersion"] for one in read.values()} == {smkube.__version__}
    assert [one["name"] for one in read.values()] == [
        "amazon-sagemaker-trainingjob",
        "amazon-sagemaker-batchtransformjob",
        "amazon-sagemaker-hyperparametertuningjob",
    ]


def test_charts_share_their_helpers() -> None:
    """A chart has to stand alone, so each has a copy; the copies are the same."""
    assert len({(CHARTS / chart / SHARED).read_text(encoding="utf-8") for chart in KINDS}) == 1


def test_helm_finds_no_fault(helm: Helm) -> None:
    """`helm lint --strict`, with the values that they come with."""
    assert "0 chart(s) failed" in helm("lint", "--strict", *KINDS)


def test_the_api_server_takes_what_they_render(helm: Helm, scene: Scene) -> None:
    """The defaults and each example, by strict validation: no unknown field, none twice, all rules kept."""
    rendered = [render(helm, chart) for chart in KINDS]
    rendered += [render(helm, path.parts[0], "--values", str(path)) for path in EXAMPLES]

    for obj in rendered:
        path = resource_path(BY_NAME[obj["kind"]], scene.namespace)
        body = {**obj, "metadata": {**obj["metadata"], "namespace": scene.namespace}}
        taken = scene.plane.admin.request("POST", f"{path}?dryRun=All&fieldValidation=Strict", body)
        assert _within(obj["spec"], taken["spec"])
    assert len(rendered) == 9


def _within(given: Any, taken: Any) -> bool:
    """Whether the API server kept everything that was given."""
    if isinstance(given, dict):
        return isinstance(taken, dict) and all(_within(value, taken.get(name)) for name, value in given.items())
    return bool(given == taken)


# --- values ------------------------------------------------------------------------------------------------------


def test_values_of_a_training_job(helm: Helm) -> None:
    """A values file as the original's users have it: numbers, tags, limits and file systems come out right."""
    obj = render(
        helm,
        "training-jobs",
        values="""
name: xgboost-mnist
spec:
  instanceCount: "2"
  maxRuntimeInSeconds: 86400
  stoppingCondition: {maxRuntime: 3600, maxWaitTime: 1000000}
  enableManagedSpotTraining: true
  hyperparameters: {max_depth: 5, eta: 0.2, steps: 1000000, tiny: 0.0000001, on: true, text: "1.0", layers: [1, "<a>"]}
  tags: {tagKey: tagValue, number: 1000000}
  vpcConfig: {securityGroupIDs: [sg-1], subnets: [subnet-1]}
  inputDataConfig:
    - channel: one
      fileSystem: {fileSystemType: FSxLustre, fileSystemID: fs-12345678, directoryPath: /fsx}
      compressionType: Gzip
    - channel: two
      s3: {s3Uri: "s3://bucket/a", s3DataType: ManifestFile, s3DataDistributionType: ShardedByS3Key}
      contentType: application/x-image
    - channel: three
      s3: {s3Uri: "s3://bucket/b"}
      contentType: ""
""",
    )
    spec = obj["spec"]

    assert obj["metadata"]["name"] == "xgboost-mnist"
    assert spec["resourceConfig"]["instanceCount"] == 2
    assert spec["stoppingCondition"] == {"maxRuntimeInSeconds": 3600, "maxWaitTimeInSeconds": 1000000}
    assert {pair["name"]: pair["value"] for pair in spec["hyperParameters"]} == {
        "max_depth": "5", "eta": "0.2", "steps": "1000000", "tiny": "1e-7", "true": "true", "text": "1.0",
        "layers": '[1,"<a>"]',
    }  # fmt: skip
    assert spec["tags"] == [{"key": "number", "value": "1000000"}, {"key": "tagKey", "value": "tagValue"}]
    assert spec["vpcConfig"] == {"securityGroupIds": ["sg-1"], "subnets": ["subnet-1"]}
    one, two, three = spec["inputDataConfig"]
    assert one["dataSource"]["fileSystemDataSource"] == {
        "fileSystemType": "FSxLustre",
        "fileSystemId": "fs-12345678",
        "directoryPath": "/fsx",
        "fileSystemAccessMode": "ro",
    }
    assert (one["contentType"], one["compressionType"]) == ("text/csv", "Gzip")
    source = {"s3Uri": "s3://bucket/a", "s3DataType": "ManifestFile", "s3DataDistributionType": "ShardedByS3Key"}
    assert (two["dataSource"], two["contentType"]) == ({"s3DataSource": source}, "application/x-image")
    assert "contentType" not in three


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        ("{}", {"maxRuntimeInSeconds": 86400}),
        ("{maxRuntimeInSeconds: 60}", {"maxRuntimeInSeconds": 60}),
        ("{maxRuntimeInSeconds: 60, stoppingCondition: {maxRuntime: 90}}", {"maxRuntimeInSeconds": 90}),
        (
            "{maxRuntimeInSeconds: 60, stoppingCondition: {maxWaitTime: 90}}",
            {"maxRuntimeInSeconds": 60, "maxWaitTimeInSeconds": 90},
        ),
        (
            "{maxRuntimeInSeconds: 60, enableManagedSpotTraining: true}",
            {"maxRuntimeInSeconds": 60, "maxWaitTimeInSeconds": 60},
        ),
    ],
)
def test_limits_are_merged(helm: Helm, values: str, limits: Object) -> None:
    """The original rendered `stoppingCondition` twice, and the second took the first one's limit away."""
    assert render(helm, "training-jobs", values=f"spec: {values}")["spec"]["stoppingCondition"] == limits


@pytest.mark.parametrize(
    ("values", "content"),
    [
        ("{}", "text/csv"),
        ("{inputDataConfig: {contentType: application/json}}", "application/json"),
        ("{contentType: application/json}", "application/json"),
        ("{contentType: a/b, inputDataConfig: {contentType: c/d}}", "c/d"),
        ('{inputDataConfig: {contentType: ""}}', None),
    ],
)
def test_content_type_of_a_transform_job(helm: Helm, values: str, content: str | None) -> None:
    """The original took text/csv whatever was said."""
    spec = render(helm, "batch-transform-jobs", values=f"spec: {values}")["spec"]

    assert spec["transformInput"].get("contentType") == content
    assert spec["transformInput"]["dataSource"]["s3DataSource"]["s3DataType"] == "S3Prefix"


INTEGERS = {"name": "depth", "minValue": "1", "maxValue": "1000000", "scalingType": "Auto"}


@pytest.mark.parametrize(
    "values",
    ["{name: depth, minValue: 1, maxValue: 1000000}", '[{name: depth, minValue: "1", maxValue: "1000000"}]'],
)
def test_one_range_or_a_list_of_them(helm: Helm, values: str) -> None:
    """The original took one range of integers, and no others."""
    config = f"{{integerParameterRanges: {values}, categoricalParameterRanges: {{name: kind, values: [a, 1.5]}}}}"
    spec = render(helm, "hyperparameter-tuning-jobs", values=f"spec: {{hyperparameterTuningJobConfig: {config}}}")[
        "spec"
    ]

    assert spec["hyperParameterTuningJobConfig"]["parameterRanges"] == {
        "integerParameterRanges": [INTEGERS],
        "categoricalParameterRanges": [{"name": "kind", "values": ["a", "1.5"]}],
    }
    assert spec["hyperParameterTuningJobConfig"]["trainingJobEarlyStoppingType"] == "Auto"


def test_values_of_a_tuning_job(helm: Helm) -> None:
    """Early stopping can be off, also as YAML reads the word; hyperparameters, channels and limits come out right."""
    spec = render(
        helm,
        "hyperparameter-tuning-jobs",
        values="""
spec:
  trainingInputMode: Pipe
  hyperparameterTuningJobConfig:
    trainingJobEarlyStoppingType: Off
    continuousParameterRanges: [{name: eta, minValue: 0.1, maxValue: 1, scalingType: Linear}]
  trainingJobConfig: {hyperparameters: {num_class: 10}}
  inputDataConfig:
    - {channel: one, s3: {s3Uri: "s3://bucket/a"}}
    - {channel: two, s3: {s3Uri: "s3://bucket/b"}, inputMode: File, recordWrapperType: RecordIO}
""",
    )["spec"]

    config, definition = spec["hyperParameterTuningJobConfig"], spec["trainingJobDefinition"]
    assert config["trainingJobEarlyStoppingType"] == "Off"
    assert config["resourceLimits"] == {"maxNumberOfTrainingJobs": 10, "maxParallelTrainingJobs": 2}
    ranges = [{"name": "eta", "minValue": "0.1", "maxValue": "1", "scalingType": "Linear"}]
    assert config["parameterRanges"] == {"continuousParameterRanges": ranges}
    assert definition["staticHyperParameters"] == [{"name": "num_class", "value": "10"}]
    modes = [(channel["inputMode"], channel["recordWrapperType"]) for channel in definition["inputDataConfig"]]
    assert modes == [("Pipe", "None"), ("File", "RecordIO")]


@EACH_CHART
def test_any_further_field(helm: Helm, chart: str) -> None:
    """`extraSpec` is merged over the rest: it adds, changes and takes away, also nothing, zero and false."""
    part = {"training-jobs": "resourceConfig", "batch-transform-jobs": "transformResources"}.get(chart)
    inner = f"{part}: {{instanceCount: 0, instanceType: null, volumeKmsKeyId: key}}" if part else (
        "trainingJobDefinition: {resourceConfig: {instanceCount: 0, instanceType: null, volumeKmsKeyId: key}}"
    )  # fmt: skip
    obj = render(helm, chart, values=f"annotations: {{a: 1, b: null}}\nextraSpec: {{new: false, {inner}}}")

    spec = obj["spec"]
    resources = spec[part] if part else spec["trainingJobDefinition"]["resourceConfig"]
    assert spec["new"] is False
    assert {**resources, "volumeSizeInGB": 5} == {"instanceCount": 0, "volumeKmsKeyId": "key", "volumeSizeInGB": 5}
    assert obj["metadata"]["annotations"] == {"a": "1"}


@EACH_CHART
def test_releases_do_not_collide(helm: Helm, chart: str) -> None:
    """An object is called as its release, in the release's namespace, unless a name is chosen."""
    metadata = render(helm, chart, "--namespace", "team-a")["metadata"]

    assert (metadata["name"], metadata["namespace"]) == (RELEASE, "team-a")
    assert metadata["labels"]["app.kubernetes.io/instance"] == RELEASE


@EACH_CHART
@pytest.mark.parametrize("slip", ["spec.instancecount=1", "spce.region=x", "spec.instanceCount=many"])
def test_a_slip_is_refused(helm: Helm, chart: str, slip: str) -> None:
    """The error names what was written, so that no value is ignored."""
    done = helm.run("template", RELEASE, chart, "--set", slip)

    assert done.returncode != 0
    written = slip.partition("=")[0].removeprefix("spec.").partition(".")[0]
    assert f"'{written}'" in done.stderr or f"/{written}'" in done.stderr


def test_a_number_that_cannot_be_kept_is_refused(helm: Helm) -> None:
    """Helm reads numbers as floats; one that would come out as another one is to be quoted."""
    values = "spec: {hyperparameters: {seed: 12345678901234567}}"
    done = helm.run("template", RELEASE, "training-jobs", "--values", "-", stdin=values)

    assert "put it in quotes" in done.stderr
    quoted = render(helm, "training-jobs", values=values.replace("12345678901234567", '"12345678901234567"'))
    assert quoted["spec"]["hyperParameters"] == [{"name": "seed", "value": "12345678901234567"}]


# --- notes, and the way of a job ---------------------------------------------------------------------------------


@EACH_CHART
def test_notes_say_what_is_missing(helm: Helm, chart: str) -> None:
    """With the values that a chart comes with, the user is told what SageMaker will refuse."""
    notes = helm("install", RELEASE, chart, "--dry-run=client").partition("NOTES:")[2]

    assert ("spec.roleArn is still the placeholder" in notes) == (chart != "batch-transform-jobs")
    assert ("no range of a hyperparameter" in notes) == (chart == "hyperparameter-tuning-jobs")
    assert f"kubectl smlogs {KINDS[chart].singular} {RELEASE} --namespace default" in notes


def test_a_job_is_installed_followed_and_uninstalled(helm_program: Path, scene: Scene, tmp_path: Path) -> None:
    """The commands of the notes work as they stand, and `helm uninstall` stops the job."""
    helm = Helm(helm_program, tmp_path, scene.plane.kubeconfig)
    release = scene.name("charted")
    scene.long(release)
    values = f"spec.region={scene.region},spec.roleArn=arn:aws:iam::123456789012:role/training"

    notes = helm("install", release, "training-jobs", "--namespace", scene.namespace, "--set", values)
    get, logs, describe, retain = re.findall(r"^  kubectl (.*)$", notes, re.MULTILINE)
    uninstall = re.findall(r"^  helm (.*)$", notes, re.MULTILINE)[0]
    scene.until(TRAINING_JOB, release, lambda obj: status(obj).get("secondaryStatus") == "Training", "training")

    # What goes on until the job is over is asked for once; its first lines take a moment.
    assert "InProgress" in scene.stack.kubectl(*get.removesuffix(" --watch").split())
    once = logs.removesuffix(" --follow").split()
    until(lambda: "step=0" in scene.stack.kubectl(*once, check=False), "the log", pause=0.5)
    assert "Training" in scene.stack.kubectl(*describe.split())
    assert "annotated" in scene.stack.kubectl(*retain.split(), "--dry-run=server")
    helm(*uninstall.split())

    scene.until_gone(TRAINING_JOB, release)
    (job,) = scene.jobs()
    assert job["status"] in {"Stopping", "Stopped"}
