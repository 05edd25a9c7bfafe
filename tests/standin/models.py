"""SageMaker models: CreateModel, DescribeModel, DeleteModel, ListModels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.standin import errors
from tests.standin.jobs import check_role, tags_of
from tests.standin.listing import cut_page, decode_token, encode_token
from tests.standin.state import Model

if TYPE_CHECKING:
    from collections.abc import Callable

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
    call.region.tags[arn] = tags
    return {"ModelArn": arn}


def describe_model(call: Call) -> dict[str, Any]:
    """DescribeModel, with the values that AWS fills in."""
    model = find_model(call, call.seen)
    answer = {"EnableNetworkIsolation": False, **model.request}
    if "PrimaryContainer" in answer:
        answer["PrimaryContainer"] = {"Mode": "SingleModel", "Environment": {}, **answer["PrimaryContainer"]}
    return {**answer, "ModelArn": model.arn, "CreationTime": model.created}


def delete_model(call: Call) -> dict[str, Any]:
    """DeleteModel; the name is free at once."""
    model = find_model(call, call.now)
    call.region.models.remove(model.name)
    call.region.tags.pop(model.arn, None)
    return {}


def list_models(call: Call) -> dict[str, Any]:
    """ListModels."""
    params = call.params
    by_name = params.get("SortBy", "CreationTime") == "Name"
    descending = params.get("SortOrder", "Descending") == "Descending"
    key: Callable[[Model], Any] = (lambda m: m.name) if by_name else (lambda m: m.number)
    models = sorted(call.region.models.ordered, key=key, reverse=descending)
    if params.get("NextToken"):
        place = decode_token(call.operation, params["NextToken"])
        models = [m for m in models if (key(m) < place if descending else key(m) > place)]
    page, last = cut_page(
        models,
        params.get("MaxResults", 10),
        lambda m: _counts(call, m),
        lambda m: m.exists(call.seen),
    )
    summaries = [{"ModelName": m.name, "ModelArn": m.arn, "CreationTime": m.created} for m in page]
    return {"Models": summaries, "NextToken": None if last is None else encode_token(call.operation, key(last))}


def _counts(call: Call, model: Model) -> bool:
    params = call.params
    low, high = params.get("CreationTimeAfter", 0), params.get("CreationTimeBefore", float("inf"))
    return (
        model.exists(call.seen)
        and params.get("NameContains", "") in model.name
        and low <= round(model.created, 3) <= high
    )


OPERATIONS = {
    "CreateModel": create_model,
    "DescribeModel": describe_model,
    "DeleteModel": delete_model,
    "ListModels": list_models,
}
