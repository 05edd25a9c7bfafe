"""From the spec of a custom resource to the parameters of an AWS Create operation. Pure.

The rules are the original operator's: names with their first letter in upper case, string maps written as
lists of {name, value}, absent and empty optional values not sent. Exceptions come from the field map.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sagemaker_operator.mapping import fields

if TYPE_CHECKING:
    from sagemaker_operator.mapping.fields import Node

TAGS = "Tags"


def to_request(
    kind_name: str, spec: Mapping[str, Any], job_name: str, tags: Sequence[Mapping[str, str]] = ()
) -> dict[str, Any]:
    """The parameters of the kind's Create operation, as boto3 takes them.

    What the API does not know is left out, `region` and `sageMakerEndpoint` among it. The arguments are not
    changed, and the answer shares no container with them.

    Args:
        kind_name: Kubernetes kind, for example `TrainingJob`.
        spec: the object's spec as JSON; it may break the schema, AWS then refuses what comes of it.
        job_name: name of the SageMaker job, whatever the spec says.
        tags: tags to add, in AWS's form {Key, Value}; a key that the spec sets keeps the spec's value.

    Raises:
        ValueError: the field map does not have the kind.
    """
    known = fields.of(kind_name)
    request = _structure(known.spec, spec)
    request[known.name_member] = job_name
    all_tags = with_tags(request.get(TAGS, []), tags)
    if all_tags:
        request[TAGS] = all_tags
    return request


def some_members(kind_name: str, spec: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Some fields of a spec as parameters, as boto3 takes them: for kinds that one operation does not cover.

    Args:
        kind_name: Kubernetes kind, for example `HostingDeployment`.
        spec: the object's spec as JSON.
        names: names of the fields, in the custom resource's spelling.

    Raises:
        ValueError: the field map does not have the kind.
    """
    known = fields.of(kind_name).spec
    return _structure(fields.Node("structure", tuple(each for each in known.fields if each.name in names)), spec)


def with_tags(own: Iterable[Mapping[str, str]], extra: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Both lists of tags in AWS's form; of the extra ones those whose key is not in the first."""
    tags = [dict(tag) for tag in own]
    taken = {tag.get("Key") for tag in tags}
    return tags + [dict(tag) for tag in extra if tag["Key"] not in taken]


def as_map(pairs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A list of {name, value} as the map that it stands for: the last of several equal names counts."""
    return {pair.get("name") or "": pair.get("value") or "" for pair in pairs}


def _structure(node: Node, spec: Mapping[str, Any]) -> dict[str, Any]:
    request: dict[str, Any] = {}
    for field in node.fields:
        given = field.of(spec)
        if given is None or (fields.empty(given) and not field.needed):
            if field.always:
                request[field.member] = "" if field.node.form == "string" else {}
        else:
            request[field.member] = _value(field.node, given)
    return request


def _value(node: Node, given: Any) -> Any:
    if node.form == "structure" and isinstance(given, Mapping):
        return _structure(node, given)
    if node.form == "list" and node.item is not None and isinstance(given, list | tuple):
        return [_value(node.item, each) for each in given]
    if node.form == "map" and isinstance(given, list | tuple):
        return as_map(given)
    if node.form == "integer" and isinstance(given, float) and given.is_integer():
        return int(given)
    if node.form == "number" and isinstance(given, int) and not isinstance(given, bool):
        return float(given)
    return upper_keys(given) if node.form == "any" else given


def upper_keys(given: Any) -> Any:
    """JSON with the general naming rule applied at every level."""
    if isinstance(given, Mapping):
        return {key[:1].upper() + key[1:]: upper_keys(each) for key, each in given.items()}
    if isinstance(given, list | tuple):
        return [upper_keys(each) for each in given]
    return given
