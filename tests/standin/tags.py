"""SageMaker tags: AddTags, ListTags, DeleteTags on whatever has tags here."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from tests.standin import errors
from tests.standin.jobs import tags_of
from tests.standin.listing import decode_token, encode_token

if TYPE_CHECKING:
    from tests.standin.world import Call

MOST_TAGS = 50


def _tags(call: Call) -> dict[str, str]:
    """The tags of the resource that the request names. ValidationException if there is none of that ARN."""
    arn = call.params["ResourceArn"]
    key = arn.lower() if arn.lower() in call.region.tags else arn
    tags = call.region.tags.get(key)
    if tags is None or call.region.tags_until.get(key, call.now + 1.0) <= call.now:
        raise errors.validation(f"Could not find resource with ARN: {arn}")
    return tags


def _as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def add_tags(call: Call) -> dict[str, Any]:
    """AddTags: adds and overwrites."""
    tags, new = _tags(call), tags_of(call.params)
    if len({*tags, *new}) > MOST_TAGS:
        raise AwsTooManyTags(call.params["ResourceArn"])
    tags.update(new)
    return {"Tags": _as_list(tags)}


class AwsTooManyTags(errors.AwsError):
    """More tags than a resource may have."""

    def __init__(self, arn: str) -> None:
        super().__init__("ResourceLimitExceeded", f"The number of tags of {arn} would exceed {MOST_TAGS}.")


def list_tags(call: Call) -> dict[str, Any]:
    """ListTags, in pages."""
    tags = _as_list(_tags(call))
    token = call.params.get("NextToken")
    start = decode_token(call.operation, token) if token else 0
    end = start + call.params.get("MaxResults", MOST_TAGS)
    page = list(islice(tags, start, end))
    return {"Tags": page, "NextToken": encode_token(call.operation, end) if end < len(tags) else None}


def delete_tags(call: Call) -> dict[str, Any]:
    """DeleteTags; keys that are not there are no error."""
    tags = _tags(call)
    for key in call.params["TagKeys"]:
        tags.pop(key, None)
    return {}


OPERATIONS = {"AddTags": add_tags, "ListTags": list_tags, "DeleteTags": delete_tags}
