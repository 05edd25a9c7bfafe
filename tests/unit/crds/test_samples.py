"""The shipped samples cover every field set of the original's own samples and tests."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.unit.crds import schemas

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

FIELD_SETS: dict[str, set[str]] = {
    "trainingjob-own-image": _PLAIN,
    "trainingjob-efs": _FILES,
    "trainingjob-fsx": _FILES,
    "trainingjob-augmented-manifest": _PLAIN
    | {"inputDataConfig[].dataSource.s3DataSource.attributeNames[]", "inputDataConfig[].recordWrapperType"},
    "trainingjob-spot": _PLAIN
    | {"checkpointConfig.s3Uri", "enableManagedSpotTraining", "stoppingCondition.maxWaitTimeInSeconds"},
    "trainingjob-endpoint": _PLAIN | {"sageMakerEndpoint"},
    "trainingjob-debugger": _PLAIN | _DEBUGGER,
    "trainingjob": _PLAIN | _TAGS,
    "trainingjob-debugger-tags": _PLAIN | _DEBUGGER | _TAGS,
    "batchtransformjob": _TRANSFORM,
    "batchtransformjob-tags": _TRANSFORM | _TAGS,
}


def _sample(name: str) -> dict[str, Any]:
    sample: dict[str, Any] = yaml.safe_load((schemas.SAMPLE_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return sample


@pytest.mark.parametrize("name", sorted(FIELD_SETS))
def test_sample_has_the_field_set(name: str) -> None:
    """The sample uses exactly the fields of its row."""
    assert set(schemas.leaves(_sample(name)["spec"])) == FIELD_SETS[name]


@pytest.mark.parametrize("path", sorted(schemas.SAMPLE_FOLDER.glob("*job*.yaml")), ids=lambda path: path.stem)
def test_sample_uses_known_fields_only(path: Any) -> None:
    """Each field of a sample is in the definition, and each sample has a name of its own."""
    sample = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = {place for place, _ in schemas.walk(schemas.spec_schema(sample["kind"]))}
    assert set(schemas.leaves(sample["spec"])) <= known
    others = [each for each in schemas.SAMPLE_FOLDER.glob("*job*.yaml") if each != path]
    names = [yaml.safe_load(each.read_text(encoding="utf-8"))["metadata"]["name"] for each in others]
    assert sample["metadata"]["name"] not in names
