"""Compares a spec with what AWS says of the job that was made from it. Pure.

Only what the spec states is compared, so that values which AWS filled in never count as a difference; beside it only
such fields of models and endpoint configurations as AWS never fills in. Empty and absent are equal, and so are `None`
and no value in the enumerations that have it, an unset flag or number and a zero one, 1 and 1.0, numbers that are one
in AWS's single precision. What Describe does not give back (tags among it) is not compared.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sagemaker_operator.mapping import fields
from sagemaker_operator.mapping.description import as_told
from sagemaker_operator.mapping.request import as_map

if TYPE_CHECKING:
    from sagemaker_operator.mapping.fields import Field, Node

MAX_LINES = 20
"""Differences that the text shows one by one."""

MAX_VALUE = 160
"""Length to which the text cuts a value, in characters."""

_SINGLE = 2**-23
"""Distance of neighbouring numbers of single precision (IEEE 754), relative to their size."""

_METRICS, _OBJECTIVE = "metricDefinitions", "ObjectiveMetric"
"""SageMaker adds a definition of this name, which repeats the objective's, to those of a tuning job."""

_MARKED = 'will be marked as "Failed"'
_RUNS_ON = "runs on as it was created"


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where the spec and the SageMaker job disagree.

    `path` is in the words of the custom resource, as in `inputDataConfig[0].inputMode` or, for an entry of a
    name-and-value list, `environment[NAME]`. None stands for a value that is not there.
    """

    path: str
    wanted: Any
    actual: Any


def differences(kind_name: str, spec: Mapping[str, Any], description: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What the spec states and the described job does not have, in a fixed order.

    Args:
        kind_name: Kubernetes kind, for example `TrainingJob`.
        spec: the object's spec as JSON.
        description: answer of the kind's Describe operation.

    Raises:
        ValueError: the field map does not have the kind.
    """
    node = fields.of(kind_name).spec
    return tuple(_structure(node, "", spec, as_told(kind_name, description)))


def drift_text(kind_name: str, found: Sequence[Difference]) -> str:
    """The text for `additional`: the original operator's sentence, then a line for each difference.

    The original said this of transform jobs only and ignored edits of the others, whose status goes on telling how
    their job does.
    """
    marked = kind_name == "BatchTransformJob"
    opening = (
        f"Updates to v1.{kind_name} are not supported; the resource no longer matches the SageMaker resource. "
        f"The job {_MARKED if marked else _RUNS_ON} and no modifications to "
        "the existing SageMaker job will be made until the update is reverted. The differences "
        f"{'that prevent tracking of' if marked else 'to'} the SageMaker resource are:"
    )
    lines = [
        opening,
        *(
            f"  {each.path}: the object says {_shown(each.wanted)}, SageMaker has {_shown(each.actual)}"
            for each in found[:MAX_LINES]
        ),
    ]
    if len(found) > MAX_LINES:
        lines.append(f"  and {len(found) - MAX_LINES} more")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}..."


def _structure(node: Node, path: str, wanted: Mapping[str, Any], actual: Mapping[str, Any]) -> Iterator[Difference]:
    for field in node.fields:
        stated = field.of(wanted)
        if field.described and (field.removal_counts or not fields.empty(stated)):
            yield from _field(field, f"{path}.{field.name}".removeprefix("."), stated, actual.get(field.name))


def _field(field: Field, path: str, wanted: Any, actual: Any) -> Iterator[Difference]:
    if (field.only_if_both and actual is None) or (field.zero_is_empty and wanted == 0):
        return
    if field.none_is_empty:
        wanted, actual = (None if each == "None" else each for each in (wanted, actual))
    if field.name == _METRICS:
        actual = [each for each in actual or () if each.get("name") != _OBJECTIVE or each in (wanted or ())]
    if field.default:
        wanted, actual = wanted or field.default, actual or field.default
    yield from _value(field.node, path, wanted, actual)


def _value(node: Node, path: str, wanted: Any, actual: Any) -> Iterator[Difference]:
    if node.form == "structure" and isinstance(wanted, Mapping):
        yield from _structure(node, path, wanted, actual or {})
    elif node.form == "list" and isinstance(wanted, list | tuple):
        yield from _list(node, path, wanted, actual or [])
    elif node.form == "map" and isinstance(wanted or [], list | tuple):
        yield from _map(node, path, as_map(wanted or []), as_map(actual or []))
    elif node.form != "timestamp" and not _same(wanted or None, actual or None):
        yield Difference(path, wanted, actual)


def _same(wanted: Any, actual: Any) -> bool:
    if isinstance(wanted, float) or isinstance(actual, float):
        return isinstance(wanted, int | float) and isinstance(actual, int | float) and _near(wanted, actual)
    return bool(wanted == actual)


def _near(one: float, other: float) -> bool:
    """Whether two numbers are one in single precision, in which AWS keeps some of them."""
    return math.isclose(one, other, rel_tol=_SINGLE)


def _list(node: Node, path: str, wanted: Sequence[Any], actual: Sequence[Any]) -> Iterator[Difference]:
    if node.unordered:
        wanted, actual = sorted(wanted, key=str), sorted(actual, key=str)
    if node.item is None or len(wanted) != len(actual):
        yield Difference(path, list(wanted), list(actual) or None)
        return
    for index, (each, other) in enumerate(zip(wanted, actual, strict=True)):
        yield from _value(node.item, f"{path}[{index}]", each, other)


def _map(node: Node, path: str, wanted: Mapping[str, Any], actual: Mapping[str, Any]) -> Iterator[Difference]:
    extra = set(actual) - set(wanted) if node.complete else set()
    for name in sorted({*wanted, *extra}):
        if (wanted.get(name) or None) != (actual.get(name) or None):
            yield Difference(f"{path}[{name}]", wanted.get(name), actual.get(name))
