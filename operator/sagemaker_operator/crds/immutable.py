"""The transition rules by which the API server refuses edits of what AWS cannot change. Pure.

They stand at the root of the schema, where a rule sees the status beside the spec: before the operator has confirmed
that the thing exists at AWS, everything may be edited, and so while the spec differs from what exists (an edit came in
between, or something was taken over), so that it can be put right. There is one rule a field: the message names it.
"""

from __future__ import annotations

from collections.abc import Sequence

from smkube.kinds import Family, Kind

EDITABLE = frozenset({"tags"})
"""Fields of a job's spec that can be edited at any time: tags have calls of their own at AWS."""

_PLACE = ("region", "sageMakerEndpoint")
_EXISTS = (
    "has(oldSelf.status) && has(oldSelf.status.operatorState) && has(oldSelf.status.operatorState.createConfirmed)"
    " && oldSelf.status.operatorState.createConfirmed && !has(oldSelf.status.operatorState.specDiffers)"
)


def fields(kind: Kind, spec: Sequence[str]) -> list[str]:
    """Fields of a kind's spec that cannot change once what it stands for exists.

    Args:
        kind: the kind.
        spec: all fields of its spec.
    """
    if kind.family is Family.JOB:
        return [name for name in spec if name not in EDITABLE]
    wanted = {
        Family.RESOURCE: _PLACE,
        Family.ENDPOINT: (*_PLACE, kind.spec_name),
        Family.SCALING: ("region",),
    }[kind.family]
    return [name for name in spec if name in wanted]


def rules(kind: Kind, spec: Sequence[str]) -> list[dict[str, str]]:
    """The rules of a kind, in the order of its fields."""
    return [
        {
            "rule": _rule(kind, name),
            "message": _message(kind, name),
            # Without these two the refusal would speak of the whole object as an invalid value.
            "fieldPath": f".spec.{name}",
            "reason": "FieldValueForbidden",
        }
        for name in fields(kind, spec)
    ]


def _rule(kind: Kind, name: str) -> str:
    new, old = f"self.spec.{name}", f"oldSelf.spec.{name}"
    if kind.family is Family.JOB and name == kind.spec_name:
        # The operator writes the name that it made; what is not there stands for that name.
        kept = f"!(has(self.spec) && has({new}) && has(oldSelf.spec) && has({old})) || {new} == {old}"
    else:
        kept = (
            f"has(oldSelf.spec) && has({old}) ? has(self.spec) && has({new}) && {new} == {old}"
            f" : !(has(self.spec) && has({new}))"
        )
    return f"!({_EXISTS}) || ({kept})"


def _message(kind: Kind, name: str) -> str:
    article = "an" if kind.noun[0] in "aeiou" else "a"
    return (
        f"{name} of {article} {kind.noun} cannot be changed once it exists: delete the object and create a new one, "
        "or put the old value back"
    )
