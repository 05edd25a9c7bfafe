"""The objects that a command line names, each with the resources that it may be. Pure.

`operands` has seen to it that the words go together; here they become paths at the API server.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_smlogs import resources
from kubectl_smlogs.failures import Failure, without_log
from kubectl_smlogs.options import Where
from kubectl_smlogs.resources import Resource


@dataclass(frozen=True, slots=True)
class Wanted:
    """One object by its name, or all that a selector matches where the name is empty.

    Attributes:
        candidates: what it may be, to be tried in this order.
    """

    candidates: tuple[Resource, ...]
    name: str = ""


def wanted(where: Where, *, log: bool) -> list[Wanted]:
    """What is asked for, in the order of the command line, each once.

    Args:
        where: the command line.
        log: the log is wanted, so what has none is refused.

    Raises:
        Failure: a kind is unknown or has no log, or a name cannot be one.
    """
    found = list(dict.fromkeys(_each(where)))
    for one in found:
        if log and not one.candidates[0].has_log:
            raise without_log(one.candidates[0])
    return found


def kind(word: str) -> tuple[Resource, ...]:
    """The resources that a kind's word may mean.

    Raises:
        Failure: none.
    """
    found = resources.candidates(word)
    if not found:
        raise Failure(f'unknown kind "{word}". Kinds are {", ".join(one.kind for one in resources.OURS)}.')
    return found


def _each(where: Where) -> Iterator[Wanted]:
    if not where.names:
        yield Wanted(kind(where.kind))
    for word in where.names:
        own, name = ("", word) if where.kind else resources.split(word)
        _check_name(name)
        yield Wanted(kind(own or where.kind), name)


def _check_name(name: str) -> None:
    """A name becomes part of a URL path (Kubernetes: path segment names)."""
    if name in ("", ".", ".."):
        raise Failure(f"invalid resource name \"{name}\": [may not be '{name}']")
    for character in "/%":
        if character in name:
            raise Failure(f"invalid resource name \"{name}\": [may not contain '{character}']")
