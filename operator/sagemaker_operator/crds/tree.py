"""Walks the request of a Create operation, the overlay in hand, to a tree of named and described fields.

The tree is what both renderings start from: the schema of the custom resource and the field map of the
operator. Pure; works on any botocore service model.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from sagemaker_operator.crds import text
from sagemaker_operator.crds.entries import Entry

if TYPE_CHECKING:
    from botocore.model import Shape

Form = Literal["structure", "list", "map", "string", "integer", "number", "boolean", "timestamp", "any"]

_SCALARS: Mapping[str, Form] = MappingProxyType(
    {
        "string": "string",
        "blob": "string",
        "integer": "integer",
        "long": "integer",
        "float": "number",
        "double": "number",
        "boolean": "boolean",
        "timestamp": "timestamp",
    }
)


class TreeError(ValueError):
    """The service model has something at this place that the generator has no rule for."""


@dataclass(frozen=True, slots=True)
class Node:
    """One value of the request, with all that was said about it.

    `traits` are AWS's own constraints (`min`, `max`, `pattern`, `enum`); `keys` and `values` those of a string
    map. A shape that contains itself ends in the form `any`.
    """

    form: Form
    traits: Mapping[str, Any]
    entry: Entry
    fields: tuple[Field, ...] = ()
    item: Node | None = None
    keys: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Field:
    """One member of a structure.

    `needed` is AWS's word (the member must be sent), `required` that of the custom resource; `described` tells
    whether the Describe operation gives the member back.
    """

    name: str
    member: str
    node: Node
    needed: bool
    required: bool
    described: bool
    description: str


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk needs to know at every place."""

    shapes: Mapping[str, Entry]
    paths: Mapping[str, Entry]
    omitted: frozenset[str]
    documentation: Callable[[str], str]
    """AWS's documentation of a shape by its name, for members that have none of their own."""

    def entry(self, path: str, shape: Shape) -> Entry:
        """What the overlay says about a place."""
        return self.paths.get(path, Entry()).over(self.shapes.get(shape.name, Entry()))

    def node(self, shape: Shape, path: str, described: Shape | None, above: tuple[str, ...] = ()) -> Node:
        """The tree below a shape.

        Args:
            shape: the shape of the request.
            path: where it stands, in AWS's names.
            described: the shape at the same place of the Describe answer, if there is one.
            above: names of the structures it stands in.

        Raises:
            TreeError: a map of something else than text, a type without a rule, a field without description.
        """
        entry = self.entry(path, shape)
        if shape.name in above or getattr(shape, "is_document_type", False):
            return Node("any", {}, entry)
        if shape.type_name == "structure":
            fields = self._fields(shape, path, described, (*above, shape.name))
            return Node("structure", shape.metadata, entry, fields=fields)
        if shape.type_name == "list":
            inner = described.member if described is not None and described.type_name == "list" else None
            return Node("list", shape.metadata, entry, item=self.node(shape.member, f"{path}[]", inner, above))
        if shape.type_name == "map":
            if shape.key.type_name != "string" or shape.value.type_name != "string":
                raise TreeError(f"{path}: a map from {shape.key.type_name} to {shape.value.type_name}")
            return Node("map", shape.metadata, entry, keys=shape.key.metadata, values=shape.value.metadata)
        if shape.type_name not in _SCALARS:
            raise TreeError(f"{path}: no rule for the type {shape.type_name}")
        return Node(_SCALARS[shape.type_name], shape.metadata, entry)

    def members(
        self, shape: Shape, names: Collection[str], path: str, described: Shape | None = None
    ) -> tuple[Field, ...]:
        """Some members of a structure, as part of one that stands at `path`.

        Raises:
            TreeError: the structure lacks one of them.
        """
        unknown = set(names) - set(shape.members)
        if unknown:
            raise TreeError(f"{shape.name} has no {', '.join(sorted(unknown))}")
        return self._fields(shape, path, described, (), names)

    def made(self, member: str, path: str, fields: tuple[Field, ...]) -> Field:
        """A member that the model does not have: a list of objects with these fields, or a text without any.

        Raises:
            TreeError: the overlay does not describe it.
        """
        place = f"{path}.{member}".removeprefix(".")
        entry = self.paths.get(place, Entry())
        if not entry.description:
            raise TreeError(f"{place}: the overlay has to describe it")
        node = Node("string", {}, entry)
        if fields:
            item = Node("structure", {}, self.paths.get(f"{place}[]", Entry()), fields=by_name(fields))
            node = Node("list", {}, entry, item=item)
        required = bool(entry.required)
        return Field(
            lower_first(member), member, node, required, required, described=False, description=entry.description
        )

    def _fields(
        self,
        shape: Shape,
        path: str,
        described: Shape | None,
        above: tuple[str, ...],
        only: Collection[str] | None = None,
    ) -> tuple[Field, ...]:
        known = described.members if described is not None and described.type_name == "structure" else {}
        found = []
        for member, inner in shape.members.items():
            place = f"{path}.{member}".removeprefix(".")
            if place not in self.omitted and (only is None or member in only):
                needed = member in shape.required_members
                found.append(self._field(member, inner, place, needed, known.get(member), above))
        return by_name(found)

    def _field(
        self, member: str, shape: Shape, place: str, needed: bool, described: Shape | None, above: tuple[str, ...]
    ) -> Field:
        node = self.node(shape, place, described, above)
        entry = node.entry
        description = entry.description or text.plain(shape.documentation or self.documentation(shape.name))
        if not description:
            raise TreeError(f"{place}: AWS describes it nowhere; the overlay has to")
        return Field(
            name=entry.name or lower_first(member),
            member=member,
            node=node,
            needed=needed,
            required=needed if entry.required is None else entry.required,
            described=described is not None,
            description=description,
        )


def by_name(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Fields in the order in which they are written."""
    return tuple(sorted(fields, key=lambda each: each.name))


def lower_first(member: str) -> str:
    """The general naming rule: `S3Uri` becomes `s3Uri`."""
    return member[:1].lower() + member[1:]
