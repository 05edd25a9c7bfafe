"""The vocabulary of the overlay: what can be said about a place of the service model.

Only data; `overlay` holds the entries themselves, `tree`, `schema` and `fieldmap` act on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smkube.kinds import Kind


@dataclass(frozen=True, slots=True)
class Rule:
    """A CEL rule of the API server; the message says what to write instead."""

    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What one place of the model departs in from the general rules; everything left out follows them.

    Entries are kept per AWS shape and per path of a request; a path's word counts more than a shape's.
    """

    name: str = ""
    """Name in the custom resource, where it is not the AWS name with its first letter in lower case."""
    alias: str = ""
    """A second name that is accepted in place of `name`."""
    required: bool | None = None
    """Whether the custom resource demands the field, where AWS's own answer does not fit."""
    enforced: bool = False
    """For an enumeration: its values are a closed set, the API server is to refuse others."""
    empty_value: bool = False
    """For an enforced enumeration: the empty text stands for the absent value."""
    keywords: Mapping[str, Any] = field(default_factory=dict)
    """Schema keywords put in place of the generated ones; None takes one away."""
    rules: tuple[Rule, ...] = ()
    description: str = ""
    always_sent: bool = False
    """For a string map or a text: sent even when it is empty."""
    complete: bool = False
    """For a string map: AWS adds no names of its own, so one that only AWS knows is a difference."""
    unordered: bool = False
    """For a list: the order of its items means nothing."""
    only_if_both: bool = False
    """Compared with a description only where both sides have it."""
    zero_is_empty: bool = False
    """For a number: zero leaves the choice to AWS, as an absent value does."""
    default: str = ""
    """For a text: what AWS takes and reports where there is none."""
    removal_counts: bool = False
    """AWS fills nothing in here, so a value that only AWS has is one that was taken out of the spec."""

    def over(self, other: Entry) -> Entry:
        """This entry where it says something, the other where it does not; keywords and rules add up."""
        return Entry(
            name=self.name or other.name,
            alias=self.alias or other.alias,
            required=other.required if self.required is None else self.required,
            enforced=self.enforced or other.enforced,
            empty_value=self.empty_value or other.empty_value,
            keywords={**other.keywords, **self.keywords},
            rules=other.rules + self.rules,
            description=self.description or other.description,
            always_sent=self.always_sent or other.always_sent,
            complete=self.complete or other.complete,
            unordered=self.unordered or other.unordered,
            only_if_both=self.only_if_both or other.only_if_both,
            zero_is_empty=self.zero_is_empty or other.zero_is_empty,
            default=self.default or other.default,
            removal_counts=self.removal_counts or other.removal_counts,
        )


@dataclass(frozen=True, slots=True)
class Column:
    """A printer column of `kubectl get`."""

    name: str
    path: str
    type: str = "string"
    format: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """Members of one operation's request, for a spec that is put together of several."""

    operation: str
    members: tuple[str, ...]
    service: str = ""
    """Service of the operation, where it is not that of the definition."""


@dataclass(frozen=True, slots=True)
class Made:
    """A member that no operation has: a text, or a list of objects that are put together in the same way.

    Whether it is required, and what it is, the overlay says at its path.
    """

    member: str
    parts: tuple[Taken | Made, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """One custom resource: its row, and where it departs from the service model.

    The spec is the request of the kind's Create operation, or put together of `parts`. Paths are written in AWS's names
    with `[]` behind a list, as in `InputDataConfig[].ChannelName`; the empty path is the spec itself.
    """

    kind: Kind
    description: str
    spec_required: bool
    columns: tuple[Column, ...]
    paths: Mapping[str, Entry]
    client: Mapping[str, dict[str, Any]]
    """Schemas of the spec fields that set up the AWS client and never reach AWS; the Region is required."""
    status: Mapping[str, Mapping[str, Any]]
    """Schemas of the status fields beside those of every kind."""
    parts: tuple[Taken | Made, ...] = ()
    omitted: frozenset[str] = frozenset()
    """Paths that AWS lists in the request but does not accept there."""
    service: str = "sagemaker"

    @property
    def file_name(self) -> str:
        """Name of the generated file."""
        return f"{self.kind.resource}.yaml"
