"""SageMaker models: CreateModel, DescribeModel, DeleteModel, ListModels. Knows nothing of how models are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.standin import errors
from tests.standin.jobs import check_role, tags_of
from tests.standin.resources import list_page, note_deletion
from tests.standin.state import Model

if TYPE_CHECKING:
    from tests.standin.world import Call


def not_found(arn: str) -> errors.AwsError:
    """The answer for a model that is not there."""
    return errors.validation(f'Could not find model "{arn}".')


def model_arn(call: Call, name: str) -> str:
    """The ARN of a model of that name in the caller's account and region."""
    return errors.sagemaker_arn(call.region.name, call.region.account, "model", name)


def find_model(call: Call, at: float) -> Model:
    """The model that the request names. ValidationException if there is none."""
    name = call.params["ModelName"]
    model = call.region.models.get(name, at)
    if model is None:
        raise not_found(model_arn(call, name))
    return model


def create_model(call: Call) -> dict[str, Any]:
    """CreateModel. The real one also looks at image and data in S3; this one takes them as given."""
    params = call.params
    name = params["ModelName"]
    arn = model_arn(call, name)
    if call.region.models.get(name, call.now) is not None:
        raise errors.validation(f'Cannot create already existing model "{arn}".')
    if "ExecutionRoleArn" in params:
        check_role(call, params["ExecutionRoleArn"])
    if "PrimaryContainer" in params and "Containers" in params:
        raise errors.validation("Cannot specify both PrimaryContainer and Containers.")
    tags = tags_of(params)
    request = {key: value for key, value in params.items() if key != "Tags"}
    table = call.region.models
    table.add(Model(name, arn, table.next_number(), request, call.now))
    call.region.set_tags(arn, tags)
    return {"ModelArn": arn}


def describe_model(call: Call) -> dict[str, Any]:
    """DescribeModel, with the values that AWS fills in."""
    model = find_model(call, call.seen)
    answer = {"EnableNetworkIsolation": False, **model.request}
    if "PrimaryContainer" in answer:
        answer["PrimaryContainer"] = _filled_in(answer["PrimaryContainer"])
    if "Containers" in answer:
        answer["Containers"] = [_filled_in(container) for container in answer["Containers"]]
    return {**answer, "ModelArn": model.arn, "CreationTime": model.created}


def _filled_in(container: dict[str, Any]) -> dict[str, Any]:
    """A container with the values that AWS adds when it describes a model."""
    return {"Mode": "SingleModel", "Environment": {}, **container}


def images_of(model: Model) -> tuple[str, ...]:
    """The images of a model's containers; those of model packages are not known."""
    request = model.request
    containers = [request["PrimaryContainer"]] if "PrimaryContainer" in request else request.get("Containers", [])
    return tuple(container["Image"] for container in containers if "Image" in container)


def delete_model(call: Call) -> dict[str, Any]:
    """DeleteModel; the name is free at once. One that an endpoint uses can be deleted, which is recorded."""
    model = find_model(call, call.now)
    note_deletion(
        call,
        "model",
        model.name,
        lambda deployment: any(v.config.get("ModelName") == model.name for v in deployment.all_variants),
    )
    model.gone_at = call.now
    call.region.drop_tags(model.arn, call.now)
    return {}


def list_models(call: Call) -> dict[str, Any]:
    """ListModels."""
    page, token = list_page(call, call.region.models)
    summaries = [{"ModelName": m.name, "ModelArn": m.arn, "CreationTime": m.created} for m in page]
    return {"Models": summaries, "NextToken": token}


OPERATIONS = {
    "CreateModel": create_model,
    "DescribeModel": describe_model,
    "DeleteModel": delete_model,
    "ListModels": list_models,
}
