"""Entries by AWS shape: they hold wherever a request has the shape. Only data."""

from __future__ import annotations

from collections.abc import Mapping

from sagemaker_operator.crds.entries import Entry, Rule
from sagemaker_operator.crds.overlay.common import SOME, VARIANT

_NAME = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
_ARN = r"(arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:[a-z\-]*\/)?"
_CONTROL = r"\x00-\x1f\x7f-\x9f"

SAGEMAKER: dict[str, Entry] = {
    # Closed sets: those that the original enforced, with AWS's values of today, and a few that cannot grow.
    "TrainingInputMode": Entry(enforced=True),
    "CompressionType": Entry(enforced=True),
    "S3DataType": Entry(enforced=True),
    "S3DataDistribution": Entry(enforced=True),
    "FileSystemAccessMode": Entry(enforced=True),
    "RecordWrapper": Entry(enforced=True, empty_value=True),
    "SplitType": Entry(enforced=True, empty_value=True),
    "AssemblyType": Entry(enforced=True, empty_value=True),
    "BatchStrategy": Entry(enforced=True, empty_value=True),
    "JoinSource": Entry(enforced=True, empty_value=True),
    "ProcessingS3DataType": Entry(enforced=True),
    "ProcessingS3InputMode": Entry(enforced=True),
    "ProcessingS3DataDistributionType": Entry(enforced=True),
    "ProcessingS3CompressionType": Entry(enforced=True),
    "ProcessingS3UploadMode": Entry(enforced=True),
    "ContainerMode": Entry(enforced=True, default="SingleModel", removal_counts=True),
    "VariantPropertyType": Entry(enforced=True),
    # Sets that AWS models as lists.
    "VpcSecurityGroupIds": Entry(unordered=True),
    "Subnets": Entry(unordered=True),
    "InstanceGroupNames": Entry(unordered=True),
    "TagKey": Entry(
        rules=(Rule("!self.startsWith('aws:')", "tag keys that begin with aws: are reserved for AWS's own use"),)
    ),
    # AWS's expressions look ahead or behind here; these say the same.
    "ArnOrName": Entry(keywords={"minLength": 1, "pattern": f"^(?:{_ARN}{_NAME})$"}),
    "VersionedArnOrName": Entry(keywords={"pattern": rf"^(?:{_ARN}{_NAME}(\/[0-9]{{1,9}})?)?$"}),
    "MetricsEndpointPath": Entry(keywords={"pattern": r"^/(?:\.|\.?(?:[a-zA-Z0-9/_\-]\.?)+)$"}),
    "AlarmName": Entry(keywords={"pattern": r"^(?:.*\S.*)?$"}),
    "TrainingEnvironmentMap": Entry(complete=True),
    "TransformEnvironmentMap": Entry(complete=True),
    "ProcessingEnvironmentMap": Entry(complete=True),
    "EnvironmentMap": Entry(complete=True, removal_counts=True),
    "DataSource": Entry(
        rules=(
            Rule(
                "[has(self.s3DataSource), has(self.fileSystemDataSource), has(self.datasetSource)]"
                ".exists_one(given, given)",
                "a channel reads from one place: give exactly one of s3DataSource, fileSystemDataSource "
                "and datasetSource",
            ),
        )
    ),
    "StoppingCondition": Entry(
        rules=(
            Rule(
                "!has(self.maxWaitTimeInSeconds) || !has(self.maxRuntimeInSeconds)"
                " || self.maxWaitTimeInSeconds >= self.maxRuntimeInSeconds",
                "maxWaitTimeInSeconds covers waiting for capacity and running: it must be at least maxRuntimeInSeconds",
            ),
        )
    ),
    "AlgorithmSpecification": Entry(
        rules=(
            Rule(
                "has(self.trainingImage) != has(self.algorithmName)",
                "give either trainingImage (a container image) or algorithmName (an algorithm resource), not both",
            ),
        )
    ),
    "ResourceConfig": Entry(
        rules=(
            Rule(
                "has(self.instanceGroups) || has(self.instancePreferences)"
                " || (has(self.instanceType) && has(self.instanceCount))",
                "give instanceType and instanceCount, or instanceGroups, or instancePreferences",
            ),
        )
    ),
    "ProductionVariant": VARIANT,
    "VariantName": SOME,
}

SCALING: dict[str, Entry] = {
    "ScheduledActionName": Entry(
        keywords={"pattern": f"^[^ :/|{_CONTROL}](?:[^:/|{_CONTROL}]*[^ :/|{_CONTROL}])?$"},
        description="Name of the scheduled action; no two of one resource may have the same.",
    ),
}

SHAPES: Mapping[str, Mapping[str, Entry]] = {"sagemaker": SAGEMAKER, "application-autoscaling": SCALING}
"""Entries of each service's shapes."""
