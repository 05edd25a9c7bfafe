"""The shipped samples cover every field set of the original's own samples and tests."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.unit.crds import schemas

SAMPLES = sorted(schemas.SAMPLE_FOLDER.glob("*.yaml"))

_HYPER = {"hyperParameters[].name", "hyperParameters[].value"}
_CHANNEL = {f"inputDataConfig[].{each}" for each in ("channelName", "compressionType", "contentType")}
_S3 = {
    f"inputDataConfig[].dataSource.s3DataSource.{each}" for each in ("s3DataDistributionType", "s3DataType", "s3Uri")
}
_FILE_SYSTEM = {
    f"inputDataConfig[].dataSource.fileSystemDataSource.{each}"
    for each in ("directoryPath", "fileSystemAccessMode", "fileSystemId", "fileSystemType")
}
_REST = {
    "algorithmSpecification.trainingImage",
    "algorithmSpecification.trainingInputMode",
    "outputDataConfig.s3OutputPath",
    "region",
    "resourceConfig.instanceCount",
    "resourceConfig.instanceType",
    "resourceConfig.volumeSizeInGB",
    "roleArn",
    "stoppingCondition.maxRuntimeInSeconds",
}
_DEBUGGER = {
    "debugHookConfig.collectionConfigurations[].collectionName",
    "debugHookConfig.collectionConfigurations[].collectionParameters[].name",
    "debugHookConfig.collectionConfigurations[].collectionParameters[].value",
    "debugHookConfig.s3OutputPath",
    "debugRuleConfigurations[].ruleConfigurationName",
    "debugRuleConfigurations[].ruleEvaluatorImage",
    "debugRuleConfigurations[].ruleParameters[].name",
    "debugRuleConfigurations[].ruleParameters[].value",
}
_TAGS = {"tags[].key", "tags[].value"}
_PLAIN = _HYPER | _CHANNEL | _S3 | _REST
_FILES = _HYPER | _CHANNEL | _FILE_SYSTEM | _REST | {"vpcConfig.securityGroupIds[]", "vpcConfig.subnets[]"}
_TRANSFORM = {
    "modelName",
    "region",
    "transformInput.contentType",
    "transformInput.dataSource.s3DataSource.s3DataType",
    "transformInput.dataSource.s3DataSource.s3Uri",
    "transformOutput.s3OutputPath",
    "transformResources.instanceCount",
    "transformResources.instanceType",
}

_PROCESSING = {
    "appSpecification.containerEntrypoint[]",
    "appSpecification.imageUri",
    "environment[].name",
    "environment[].value",
    "networkConfig.enableNetworkIsolation",
    "processingInputs[].inputName",
    *(
        f"processingInputs[].s3Input.{each}"
        for each in ("localPath", "s3CompressionType", "s3DataType", "s3InputMode", "s3Uri")
    ),
    "processingOutputConfig.outputs[].outputName",
    *(f"processingOutputConfig.outputs[].s3Output.{each}" for each in ("localPath", "s3UploadMode", "s3Uri")),
    *(f"processingResources.clusterConfig.{each}" for each in ("instanceCount", "instanceType", "volumeSizeInGB")),
    "region",
    "roleArn",
}
_TUNING_CONFIG = {
    f"hyperParameterTuningJobConfig.{each}"
    for each in (
        "hyperParameterTuningJobObjective.metricName",
        "hyperParameterTuningJobObjective.type",
        "parameterRanges.integerParameterRanges[].maxValue",
        "parameterRanges.integerParameterRanges[].minValue",
        "parameterRanges.integerParameterRanges[].name",
        "parameterRanges.integerParameterRanges[].scalingType",
        "resourceLimits.maxNumberOfTrainingJobs",
        "resourceLimits.maxParallelTrainingJobs",
        "strategy",
    )
}
_TUNING = (
    _TUNING_CONFIG
    | {"region"}
    | {f"trainingJobDefinition.{each}" for each in _CHANNEL | _S3 | _REST - {"region"}}
    | {
        f"trainingJobDefinition.{each}"
        for each in (
            "enableInterContainerTrafficEncryption",
            "enableNetworkIsolation",
            "inputDataConfig[].inputMode",
            "inputDataConfig[].recordWrapperType",
            "staticHyperParameters[].name",
            "staticHyperParameters[].value",
        )
    }
)
_EARLY = {"hyperParameterTuningJobConfig.trainingJobEarlyStoppingType"}
_SPOT = {"checkpointConfig.s3Uri", "enableManagedSpotTraining", "stoppingCondition.maxWaitTimeInSeconds"}
_METRICS = {f"trainingJobDefinition.algorithmSpecification.metricDefinitions[].{each}" for each in ("name", "regex")}
_HOSTING = {
    *(f"models[].containers[].{each}" for each in ("containerHostname", "image", "modelDataUrl")),
    "models[].executionRoleArn",
    "models[].name",
    *(
        f"productionVariants[].{each}"
        for each in ("initialInstanceCount", "initialVariantWeight", "instanceType", "modelName", "variantName")
    ),
    "region",
}
_MODE = {"models[].containers[].mode"}
_ENVIRONMENT = {"models[].containers[].environment[].name", "models[].containers[].environment[].value"}
_NAMED = _HOSTING | _ENVIRONMENT | _TAGS | {"endpointName", "models[].primaryContainer"}
_TRACKING = "targetTrackingScalingPolicyConfiguration"
_BOUNDS = {
    "maxCapacity",
    "minCapacity",
    "policyName",
    "policyType",
    "region",
    "resourceId[].endpointName",
    "resourceId[].variantName",
    *(f"{_TRACKING}.{each}" for each in ("scaleInCooldown", "scaleOutCooldown", "targetValue")),
}
_PREDEFINED = _BOUNDS | {
    f"{_TRACKING}.disableScaleIn",
    f"{_TRACKING}.predefinedMetricSpecification.predefinedMetricType",
}
_CUSTOM = _BOUNDS | {
    "suspendedState.dynamicScalingInSuspended",
    *(
        f"{_TRACKING}.customizedMetricSpecification.{each}"
        for each in ("dimensions[].name", "dimensions[].value", "metricName", "namespace", "statistic", "unit")
    ),
}

FIELD_SETS: dict[str, set[str]] = {
    "trainingjob-own-image": _PLAIN,
    "trainingjob-efs": _FILES,
    "trainingjob-fsx": _FILES,
    "trainingjob-augmented-manifest": _PLAIN
    | {"inputDataConfig[].dataSource.s3DataSource.attributeNames[]", "inputDataConfig[].recordWrapperType"},
    "trainingjob-spot": _PLAIN | _SPOT,
    "trainingjob-endpoint": _PLAIN | {"sageMakerEndpoint"},
    "trainingjob-debugger": _PLAIN | _DEBUGGER,
    "trainingjob": _PLAIN | _TAGS,
    "trainingjob-china": _PLAIN | _TAGS,
    "trainingjob-debugger-tags": _PLAIN | _DEBUGGER | _TAGS,
    "batchtransformjob": _TRANSFORM,
    "batchtransformjob-tags": _TRANSFORM | _TAGS,
    "processingjob": _PROCESSING | _TAGS | {"stoppingCondition.maxRuntimeInSeconds"},
    "processingjob-no-limit": _PROCESSING | _TAGS,
    "hyperparametertuningjob-spot": _TUNING | {f"trainingJobDefinition.{each}" for each in _SPOT},
    "hyperparametertuningjob-endpoint": _TUNING | _EARLY | {"sageMakerEndpoint"},
    "hyperparametertuningjob": _TUNING | _EARLY | _TAGS,
    "hyperparametertuningjob-metrics": _TUNING | _EARLY | _TAGS | _METRICS,
    "hostingdeployment": _HOSTING,
    "hostingdeployment-multi-model": _HOSTING | _MODE,
    "hostingdeployment-multi-container": _HOSTING | _MODE,
    "hostingdeployment-retain": _NAMED
    | {"excludeRetainedVariantProperties[].variantPropertyType", "retainAllVariantProperties"},
    "hostingdeployment-named": _NAMED,
    "hostingdeployment-tags": _NAMED - {"endpointName"} | _MODE,
    "hostingautoscalingpolicy": _PREDEFINED,
    "hostingautoscalingpolicy-endpoints": _PREDEFINED,
    "hostingautoscalingpolicy-fixed": _PREDEFINED,
    "hostingautoscalingpolicy-custom": _CUSTOM,
    "model": _TAGS
    | {f"primaryContainer.{each}" for each in ("containerHostname", "image", "modelDataUrl")}
    | {"executionRoleArn", "region"},
}


def _sample(name: str) -> dict[str, Any]:
    sample: dict[str, Any] = yaml.safe_load((schemas.SAMPLE_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return sample


@pytest.mark.parametrize("name", sorted(FIELD_SETS))
def test_sample_has_the_field_set(name: str) -> None:
    """The sample uses exactly the fields of its row."""
    assert set(schemas.leaves(_sample(name)["spec"])) == FIELD_SETS[name]


def test_empty_lists_are_written_out() -> None:
    """A tuning job names the kinds of ranges that it has none of, as the original's own samples do."""
    ranges = _sample("hyperparametertuningjob")["spec"]["hyperParameterTuningJobConfig"]["parameterRanges"]
    assert ranges["continuousParameterRanges"] == ranges["categoricalParameterRanges"] == []


def test_every_kind_has_samples() -> None:
    """Each kind has a plain sample under its own name, and one that shows what the original did not have."""
    kinds = {path: yaml.safe_load(path.read_text(encoding="utf-8"))["kind"] for path in SAMPLES}
    for kind in schemas.PLURALS:
        names = {path.stem for path, of_kind in kinds.items() if of_kind == kind}
        assert kind.lower() in names
        assert names - set(FIELD_SETS)
        assert all(name.split("-")[0] == kind.lower() for name in names)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_sample_uses_known_fields_only(path: Any) -> None:
    """Each field of a sample is in the definition, and each sample has a name of its own."""
    sample = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = {place for place, _ in schemas.walk(schemas.spec_schema(sample["kind"]))}
    assert set(schemas.leaves(sample["spec"])) <= known
    others = [each for each in SAMPLES if each != path]
    names = [yaml.safe_load(each.read_text(encoding="utf-8"))["metadata"]["name"] for each in others]
    assert sample["metadata"]["name"] not in names
