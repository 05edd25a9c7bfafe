"""SageMaker endpoint configurations: Create-, Describe-, Delete- and ListEndpointConfig(s)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.standin import errors
from tests.standin.jobs import check_role, tags_of
from tests.standin.models import model_arn
from tests.standin.models import not_found as model_not_found
from tests.standin.resources import list_page, note_deletion
from tests.standin.state import EndpointConfig

if TYPE_CHECKING:
    from tests.standin.world import Call

VARIANT_LISTS = ("ProductionVariants", "ShadowProductionVariants")


def config_arn(call: Call, name: str) -> str:
    """The ARN of an endpoint configuration of that name in the caller's account and region."""
    return errors.sagemaker_arn(call.region.name, call.region.account, "endpoint-config", name)


def find_config(call: Call, at: float) -> EndpointConfig:
    """The configuration that the request names. ValidationException if there is none."""
    name = call.params["EndpointConfigName"]
    config = call.region.endpoint_configs.get(name, at)
    if config is None:
        raise errors.validation(f'Could not find endpoint configuration "{config_arn(call, name)}".')
    return config


def create(call: Call) -> dict[str, Any]:
    """CreateEndpointConfig."""
    params, table = call.params, call.region.endpoint_configs
    name = params["EndpointConfigName"]
    arn = config_arn(call, name)
    if table.get(name, call.now) is not None:
        raise errors.validation(f'Cannot create already existing endpoint configuration "{arn}".')
    _check(call)
    tags = tags_of(params)
    request = _filled_in({key: value for key, value in params.items() if key != "Tags"})
    table.add(EndpointConfig(name, arn, table.next_number(), request, call.now))
    call.region.set_tags(arn, tags)
    return {"EndpointConfigArn": arn}


def _check(call: Call) -> None:
    """What SageMaker refuses beyond the model. The text of a missing model is AWS's, the others are ours."""
    params = call.params
    variants = [variant for member in VARIANT_LISTS for variant in params.get(member, ())]
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) < len(names):
        raise errors.validation("The names of the variants of an endpoint configuration must be unique.")
    if "ExecutionRoleArn" in params:
        check_role(call, params["ExecutionRoleArn"])
    for variant in variants:
        _check_variant(call, variant)


def _check_variant(call: Call, variant: dict[str, Any]) -> None:
    name = variant["VariantName"]
    kinds = [member for member in ("InstanceType", "InstancePools", "ServerlessConfig") if member in variant]
    if len(kinds) != 1:
        raise errors.validation(
            f"Variant {name} needs exactly one of InstanceType, InstancePools and ServerlessConfig."
        )
    if kinds == ["InstanceType"] and "InitialInstanceCount" not in variant:
        raise errors.validation(f"Variant {name} needs an InitialInstanceCount.")
    if "ModelName" not in variant:
        if "ExecutionRoleArn" not in call.params:
            raise errors.validation(f"Variant {name} has no model, so the configuration needs an ExecutionRoleArn.")
    elif call.region.models.get(variant["ModelName"], call.now) is None:
        raise model_not_found(model_arn(call, variant["ModelName"]))


def _filled_in(request: dict[str, Any]) -> dict[str, Any]:
    """The request with the values that AWS adds when it describes a configuration."""
    filled = {"EnableNetworkIsolation": False, **request}
    for member in VARIANT_LISTS:
        if member in request:
            filled[member] = [{"InitialVariantWeight": 1.0, **variant} for variant in request[member]]
    if "DataCaptureConfig" in request:
        filled["DataCaptureConfig"] = {"EnableCapture": False, **request["DataCaptureConfig"]}
    return filled


def describe(call: Call) -> dict[str, Any]:
    """DescribeEndpointConfig, with the values that AWS fills in."""
    config = find_config(call, call.seen)
    return {**config.request, "EndpointConfigArn": config.arn, "CreationTime": config.created}


def delete(call: Call) -> dict[str, Any]:
    """DeleteEndpointConfig; the name is free at once. One that an endpoint uses can be deleted, which is recorded."""
    config = find_config(call, call.now)
    note_deletion(call, "endpoint-config", config.name, lambda deployment: deployment.config_name == config.name)
    config.gone_at = call.now
    call.region.drop_tags(config.arn, call.now)
    return {}


def list_configs(call: Call) -> dict[str, Any]:
    """ListEndpointConfigs."""
    page, token = list_page(call, call.region.endpoint_configs)
    summaries = [
        {"EndpointConfigName": config.name, "EndpointConfigArn": config.arn, "CreationTime": config.created}
        for config in page
    ]
    return {"EndpointConfigs": summaries, "NextToken": token}


OPERATIONS = {
    "CreateEndpointConfig": create,
    "DescribeEndpointConfig": describe,
    "DeleteEndpointConfig": delete,
    "ListEndpointConfigs": list_configs,
}
