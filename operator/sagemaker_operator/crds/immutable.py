"""The transition rules by which the API server refuses edits of what AWS cannot change. Pure.

They stand at the root of the schema, where a rule sees the status beside the spec: before the operator has confirmed
that the thing exists at AWS, everything may be edited, and so while the spec differs from what exists (an edit came in
between, or something was taken over), so that it can be put right. The message names the field.
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

_SAME = "(has(self.spec) && has(oldSelf.spec) && self.spec == oldSelf.spec)"


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
    """The one rule of a kind; the message names the first field that differs.

    One rule rather than one a field: the API server evaluates it with every write of the status too, and twenty-nine
    rules made up a third of what such a write cost it.
    """
    kept = {name: _kept(kind, name) for name in fields(kind, spec)}
    text = f"'{_message(kind, 'spec')}'"
    for name in reversed(kept):
        # Whole texts: the server cannot bound the cost of putting strings together.
        text = f"!({kept[name]}) ? '{_message(kind, name)}' : {text}"
    return [
        {
            # Most writes leave the whole spec as it is, and are told so by the first comparison.
            "rule": f"!({_EXISTS}) || {_SAME} || ({' && '.join(f'({each})' for each in kept.values())})",
            "message": _message(kind, "spec"),
            "messageExpression": text,
            # Without these two the refusal would speak of the whole object as an invalid value.
            "fieldPath": ".spec",
            "reason": "FieldValueForbidden",
        }
    ]


def _kept(kind: Kind, name: str) -> str:
    """A field is as it was."""
    new, old = f"self.spec.{name}", f"oldSelf.spec.{name}"
    if kind.family is Family.JOB and name == kind.spec_name:
        # The operator writes the name that it made; what is not there stands for that name.
        return f"!(has(self.spec) && has({new}) && has(oldSelf.spec) && has({old})) || {new} == {old}"
    return (
        f"has(oldSelf.spec) && has({old}) ? has(self.spec) && has({new}) && {new} == {old}"
        f" : !(has(self.spec) && has({new}))"
    )


def _message(kind: Kind, name: str) -> str:
    article = "an" if kind.noun[0] in "aeiou" else "a"
    return (
        f"{name} of {article} {kind.noun} cannot be changed once it exists: delete the object and create a new one, "
        "or put the old value back"
    )
