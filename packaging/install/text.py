"""Objects as YAML that people read and edit; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from variants import ROLE_ANNOTATION

Object = dict[str, Any]

COMMAND = "python packaging/install/generate.py"
_ROLE_LINE = re.compile(rf"^( *)({re.escape(ROLE_ANNOTATION)}: )", re.MULTILINE)
_METADATA = re.compile(r"^metadata:\n  name: .*\n", re.MULTILINE)


class _Dumper(yaml.SafeDumper):
    """Lists indented below their key; nothing by reference."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - never indentless
        """Open a block."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - whatever it is
        """Never by reference: equal parts are written out."""
        return True


def document(one: Object) -> str:
    """An object as YAML, its keys in the order in which they were put in."""
    return yaml.dump(one, Dumper=_Dumper, sort_keys=False, width=120)


def documents(many: Iterable[str]) -> str:
    """Several documents as one stream."""
    return "---\n".join(many)


def with_role_comment(text: str, role: str) -> str:
    """A line above the role's annotation that says that it is the one thing to edit.

    Args:
        text: YAML with the ServiceAccount.
        role: what a role looks like there.
    """
    comment = f"The one thing to edit in this file: your IAM role, as in {role}"
    return _ROLE_LINE.sub(rf"\1# {comment}\n\1\2", text)


def without_comment(definition: str) -> str:
    """A CustomResourceDefinition's file without the comment at its top."""
    return re.sub(r"\A(#.*\n)+", "", definition)


def labelled(definition: str, labels: Mapping[str, str]) -> str:
    """A CustomResourceDefinition's text with labels; the rest of it stays as it is, letter by letter."""
    block = document({"labels": dict(labels)})
    return in_metadata(definition, "".join(f"  {line}\n" for line in block.splitlines()))


def in_metadata(definition: str, lines: str) -> str:
    """A CustomResourceDefinition's text with some lines after the name in its metadata.

    Raises:
        ValueError: it does not look as its generator makes it.
    """
    made, count = _METADATA.subn(lambda found: found[0] + lines, definition, count=1)
    if not count:
        raise ValueError("a definition without metadata")
    return made
