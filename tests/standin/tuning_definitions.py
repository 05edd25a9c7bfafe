"""The requests of tuning jobs: what AWS refuses about them, what it fills in, and what a training job is made of.

Works on requests only; it keeps nothing and knows no time.
"""

from __future__ import annotations

from typing import Any

from tests.standin import errors
from tests.standin.tuning_run import NEVER, Limits
from tests.standin.tuning_space import bad_range, grid_size

# SageMaker's quota of training jobs per tuning job, which counts where a request sets no limit of its own.
MOST_TRAINING_JOBS = 750
# The static hyperparameter by which SageMaker tells its own algorithms what is tuned.
OBJECTIVE_PARAMETER = "_tuning_objective_metric"
# The name under which SageMaker repeats the definition of the tuned metric.
OBJECTIVE_METRIC = "ObjectiveMetric"
_SHARED = (
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "RetryStrategy",
    "Environment",
)


def definitions_of(request: dict[str, Any]) -> list[dict[str, Any]]:
    """The definitions of training jobs in a request: the only one, or several."""
    several: list[dict[str, Any]] = request.get("TrainingJobDefinitions", [])
    return several or [request["TrainingJobDefinition"]]


def objective_of(request: dict[str, Any], definition: dict[str, Any]) -> dict[str, str]:
    """`Type` and `MetricName` of what a definition's training jobs are judged by; empty if nothing is."""
    shared = request["HyperParameterTuningJobConfig"].get("HyperParameterTuningJobObjective", {})
    found: dict[str, str] = definition.get("TuningObjective", shared)
    return found


def ranges_of(request: dict[str, Any], definition: dict[str, Any]) -> dict[str, Any]:
    """The ranges of a definition's hyperparameters."""
    shared = request["HyperParameterTuningJobConfig"].get("ParameterRanges", {})
    found: dict[str, Any] = definition.get("HyperParameterRanges", shared)
    return found


def resources_of(definition: dict[str, Any]) -> dict[str, Any]:
    """The ResourceConfig of a definition's training jobs; the first of several instance types."""
    if "ResourceConfig" in definition:
        found: dict[str, Any] = definition["ResourceConfig"]
        return found
    tuning: dict[str, Any] = definition.get("HyperParameterTuningResourceConfig", {})
    chosen = {**tuning, **tuning.get("InstanceConfigs", [{}])[0]}
    names = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")
    return {name: chosen[name] for name in names if name in chosen}


def check(request: dict[str, Any]) -> None:
    """Refuse what SageMaker refuses beyond its model. Raises AwsError.

    The wording about a missing metric is AWS's, the rest is ours. That a metric must be defined is only checked where
    any is: the stand-in can't tell the images of SageMaker's own algorithms, which need no definitions.
    """
    if ("TrainingJobDefinition" in request) == bool(request.get("TrainingJobDefinitions")):
        raise errors.validation("Specify either TrainingJobDefinition or TrainingJobDefinitions.")
    names = [definition.get("DefinitionName") for definition in request.get("TrainingJobDefinitions", ())]
    if None in names or len(set(names)) < len(names):
        raise errors.validation("Each of several training job definitions must have a DefinitionName of its own.")
    for definition in definitions_of(request):
        _check_definition(request, definition)


def _check_definition(request: dict[str, Any], definition: dict[str, Any]) -> None:
    objective = objective_of(request, definition)
    metrics = [metric["Name"] for metric in definition["AlgorithmSpecification"].get("MetricDefinitions", ())]
    if not objective or (metrics and objective["MetricName"] not in metrics):
        raise errors.validation(
            "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric "
            "definitions.",
        )
    resources = resources_of(definition)
    if "InstanceGroups" not in resources and ("InstanceType" not in resources or not resources.get("InstanceCount")):
        raise errors.validation("ResourceConfig must have InstanceType and an InstanceCount of at least 1.")
    wrong = bad_range(ranges_of(request, definition))
    if wrong is not None:
        raise errors.validation(wrong)


def filled_in(request: dict[str, Any]) -> dict[str, Any]:
    """The request with the values that AWS adds when it describes a tuning job."""
    config = request["HyperParameterTuningJobConfig"]
    filled = {**request, "HyperParameterTuningJobConfig": {"TrainingJobEarlyStoppingType": "Off", **config}}
    if "ParameterRanges" in config:
        filled["HyperParameterTuningJobConfig"]["ParameterRanges"] = _filled_ranges(config["ParameterRanges"])
    if "TrainingJobDefinition" in request:
        filled["TrainingJobDefinition"] = _filled_definition(request, request["TrainingJobDefinition"])
    if "TrainingJobDefinitions" in request:
        filled["TrainingJobDefinitions"] = [
            _filled_definition(request, definition) for definition in request["TrainingJobDefinitions"]
        ]
    return filled


def _filled_ranges(ranges: dict[str, Any]) -> dict[str, Any]:
    scaled = ("IntegerParameterRanges", "ContinuousParameterRanges")
    return {
        kind: [{"ScalingType": "Auto", **one} for one in listed] if kind in scaled else listed
        for kind, listed in ranges.items()
    }


def _filled_definition(request: dict[str, Any], definition: dict[str, Any]) -> dict[str, Any]:
    objective = objective_of(request, definition)
    algorithm = dict(definition["AlgorithmSpecification"])
    tuned = [one for one in algorithm.get("MetricDefinitions", ()) if one["Name"] == objective["MetricName"]]
    if tuned:
        again = {"Name": OBJECTIVE_METRIC, "Regex": tuned[0]["Regex"]}
        algorithm["MetricDefinitions"] = [*algorithm["MetricDefinitions"], again]
    filled = {
        "EnableNetworkIsolation": False,
        "EnableInterContainerTrafficEncryption": False,
        "EnableManagedSpotTraining": False,
        **definition,
        "AlgorithmSpecification": algorithm,
        "StaticHyperParameters": {
            **definition.get("StaticHyperParameters", {}),
            OBJECTIVE_PARAMETER: objective["MetricName"],
        },
    }
    if "HyperParameterRanges" in definition:
        filled["HyperParameterRanges"] = _filled_ranges(definition["HyperParameterRanges"])
    return filled


def limits_of(request: dict[str, Any]) -> Limits:
    """When the tuning job of a request has had enough."""
    config = request["HyperParameterTuningJobConfig"]
    asked, criteria = config["ResourceLimits"], config.get("TuningJobCompletionCriteria", {})
    most = asked.get("MaxNumberOfTrainingJobs", MOST_TRAINING_JOBS)
    if config["Strategy"] == "Grid":
        most = min(most, sum(grid_size(ranges_of(request, definition)) for definition in definitions_of(request)))
    return Limits(
        most=most,
        parallel=asked["MaxParallelTrainingJobs"],
        runtime=asked.get("MaxRuntimeInSeconds", NEVER),
        target=criteria.get("TargetObjectiveMetricValue"),
        patience=criteria.get("BestObjectiveNotImproving", {}).get("MaxNumberOfTrainingJobsNotImproving"),
    )


def training_request(definition: dict[str, Any], name: str, tuned: dict[str, str]) -> dict[str, Any]:
    """The CreateTrainingJob request by which a (filled in) definition is carried out with some hyperparameters."""
    request = {member: definition[member] for member in _SHARED if member in definition}
    return {
        **request,
        "TrainingJobName": name,
        "ResourceConfig": resources_of(definition),
        "HyperParameters": {**definition["StaticHyperParameters"], **tuned},
    }
