"""What a HostingDeployment asks for: specs of its Model and EndpointConfig objects, and requests about its endpoint.

Pure. The names of the objects, and what SageMaker calls them, are the caller's to choose. The texts of the errors are
the original operator's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sagemaker_operator.mapping import fields, request

Spec = dict[str, Any]

KIND = "HostingDeployment"

_CLIENT = ("region", "sageMakerEndpoint", "tags")
"""What every child takes over from the deployment as it stands."""
_MODEL = ("executionRoleArn", "enableNetworkIsolation", "vpcConfig", "inferenceExecutionConfig")
_CONFIG = (
    "kmsKeyId",
    "dataCaptureConfig",
    "asyncInferenceConfig",
    "explainerConfig",
    "executionRoleArn",
    "vpcConfig",
    "enableNetworkIsolation",
    "metricsConfig",
    "crossRegionTrafficConfig",
)
_VARIANTS = ("productionVariants", "shadowProductionVariants")
_UPDATE = (
    "retainAllVariantProperties",
    "excludeRetainedVariantProperties",
    "deploymentConfig",
    "retainDeploymentConfig",
)


class HostingError(ValueError):
    """The spec of a HostingDeployment cannot be carried out; the text is for the user."""


class ModelError(HostingError):
    """Something about `models` of the spec."""


class VariantError(HostingError):
    """Something about the variants of the spec."""


def models(spec: Mapping[str, Any]) -> dict[str, Spec]:
    """The spec of a Model object for each entry of `models`, by the entry's name and in the given order.

    One container is the Model's `primaryContainer`, several are its `containers` in the given order. Region, endpoint
    URL and tags are the deployment's. The results share no container with the argument.

    Raises:
        ModelError: a name or a container's hostname is missing or not unique, or it is unclear which container counts.
    """
    entries = spec.get("models") or []
    names = [entry.get("name") or "" for entry in entries]
    if not all(names):
        raise ModelError("All models must have names")
    twice = _repeated(names)
    if twice is not None:
        raise ModelError(f"Model names must be unique. Found multiple models with name '{twice}'")
    return {name: _model(spec, entry) for name, entry in zip(names, entries, strict=True)}


def endpoint_config(spec: Mapping[str, Any], model_names: Mapping[str, str]) -> Spec:
    """The spec of the EndpointConfig object.

    Args:
        spec: the deployment's spec.
        model_names: SageMaker's name of each model, by the name that `models` of the spec gives it.

    Raises:
        VariantError: a variant has no name, no model where one is needed, or one that `model_names` does not have.
    """
    config = _picked(spec, (*_CLIENT, *_CONFIG))
    for field in _VARIANTS:
        given = spec.get(field) or []
        if given or field == "productionVariants":
            config[field] = [_variant(spec, each, model_names) for each in given]
    return config


def check(spec: Mapping[str, Any]) -> None:
    """Everything that `models` and `endpoint_config` check, before anything exists at SageMaker.

    Raises:
        HostingError: as those two do.
    """
    names = models(spec)
    endpoint_config(spec, {name: name for name in names})


def endpoint_create(
    spec: Mapping[str, Any], endpoint_name: str, config_name: str, tags: Sequence[Mapping[str, str]] = ()
) -> dict[str, Any]:
    """The parameters of CreateEndpoint, as boto3 takes them.

    Args:
        spec: the deployment's spec.
        endpoint_name: name of the endpoint, whatever the spec says.
        config_name: SageMaker's name of the endpoint configuration.
        tags: tags to add, in AWS's form {Key, Value}; a key that the spec sets keeps the spec's value.
    """
    parameters = request.some_members(KIND, spec, ("deploymentConfig", "tags"))
    all_tags = request.with_tags(parameters.pop(request.TAGS, []), tags)
    return {
        "EndpointName": endpoint_name,
        "EndpointConfigName": config_name,
        **parameters,
        **({request.TAGS: all_tags} if all_tags else {}),
    }


def endpoint_update(spec: Mapping[str, Any], endpoint_name: str, config_name: str) -> dict[str, Any]:
    """The parameters of UpdateEndpoint, as boto3 takes them.

    Args:
        spec: the deployment's spec.
        endpoint_name: name of the endpoint, whatever the spec says.
        config_name: SageMaker's name of the endpoint configuration to go to.
    """
    parameters = request.some_members(KIND, spec, _UPDATE)
    return {"EndpointName": endpoint_name, "EndpointConfigName": config_name, **parameters}


def _model(spec: Mapping[str, Any], entry: Mapping[str, Any]) -> Spec:
    containers = entry.get("containers") or []
    hostnames = [container.get("containerHostname") or "" for container in containers]
    if not all(hostnames):
        raise ModelError("All containers must have hostnames")
    twice = _repeated(hostnames)
    if twice is not None:
        raise ModelError(
            f"Model '{entry['name']}' container hostnames must be unique. "
            f"Found multiple containers with hostname '{twice}'"
        )
    model = {**_picked(spec, _CLIENT), **_picked(entry, _MODEL)}
    if len(containers) > 1:
        return {**model, "containers": _copy(containers)}
    return {**model, "primaryContainer": _copy(_primary(entry, dict(zip(hostnames, containers, strict=True))))}


def _primary(entry: Mapping[str, Any], containers: Mapping[str, Any]) -> Any:
    named = entry.get("primaryContainer")
    if named:
        if named not in containers:
            raise ModelError(f"Unknown primary container '{named}'")
        return containers[named]
    if len(containers) != 1:
        raise ModelError(
            f"Unable to determine primary container for model '{entry['name']}'. "
            "Either specify explicitly or provide only one container."
        )
    return next(iter(containers.values()))


def _variant(spec: Mapping[str, Any], given: Mapping[str, Any], model_names: Mapping[str, str]) -> Spec:
    name = given.get("variantName")
    if not name:
        raise VariantError("ProductionVariant has nil VariantName")
    variant: Spec = _copy(given)
    if given.get("modelName"):
        variant["modelName"] = _resolved(name, given["modelName"], model_names)
    elif not spec.get("executionRoleArn"):
        # Without a model the variant takes inference components, for which the configuration has the role
        # (SageMaker API: CreateEndpointConfig, ExecutionRoleArn).
        raise VariantError(f"ProductionVariant '{name}' has nil ModelName")
    for pool in variant.get("instancePools") or []:
        if pool.get("modelNameOverride"):
            pool["modelNameOverride"] = _resolved(name, pool["modelNameOverride"], model_names)
    return variant


def _resolved(variant: str, model: str, model_names: Mapping[str, str]) -> str:
    if model not in model_names:
        raise VariantError(f"ProductionVariant '{variant}' has the model '{model}', which is none of the models")
    return model_names[model]


def _repeated(names: Sequence[str]) -> str | None:
    return next((name for name, count in Counter(names).items() if count > 1), None)


def _picked(given: Mapping[str, Any], names: Sequence[str]) -> Spec:
    return {name: _copy(given[name]) for name in names if not fields.empty(given.get(name))}


def _copy(value: Any) -> Any:
    """A JSON value that shares no container with the given one."""
    if isinstance(value, Mapping):
        return {key: _copy(each) for key, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list | tuple) else value
