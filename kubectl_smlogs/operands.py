"""Which objects the words behind a command mean: kind and names, `KIND/NAME`, labels, all namespaces. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_smlogs import commands, resources, slips
from kubectl_smlogs.commands import Command
from kubectl_smlogs.options import Where
from kubectl_smlogs.values import UsageError, Values
from smkube.kube.kubeconfig import Overrides


def where(command: Command, kind: str, words: Sequence[str], values: Values, connection: Overrides) -> Where:
    """The objects that are meant.

    Args:
        command: which command.
        kind: the kind as it was typed, where the command is named after one; else it is among the words.
        words: the command's operands.
        values: the command's flags.
        connection: connection flags.

    Raises:
        UsageError: it is unclear which they are.
    """
    kind, names = (kind or command.kind, list(words)) if kind or command.kind else _kind_and_names(command, words)
    selector, everywhere = values.text("selector"), values.switch("all-namespaces")
    if names:
        selector, everywhere = _beside_names(values, selector, everywhere=everywhere)
    elif not (command is commands.LIST or (command is commands.DOCTOR and not kind) or selector or everywhere):
        raise UsageError(_none(command, kind))
    _check_names(command, kind, names)
    if command is commands.DOCTOR and len(names) > 1:
        raise UsageError(f"smlogs doctor takes one object at most (got [{','.join(names)}])")
    return Where(
        kind=kind,
        names=tuple(names),
        selector=selector,
        all_namespaces=everywhere,
        children=_children(kind, names, values),
        variant=_variant(kind, names, values),
        connection=connection,
    )


def _kind_and_names(command: Command, words: Sequence[str]) -> tuple[str, list[str]]:
    if not words:
        return "", []
    if any("/" in word for word in words):
        for word in words:
            head, slash, _ = word.partition("/")
            if not slash:
                raise UsageError(
                    f'"{word}" has no kind; write either KIND NAME NAME..., or KIND/NAME for each object, as in '
                    f"smlogs {command.name} trainingjob/first trainingjob/second"
                )
            _check_kind(head)
        return "", list(words)
    _check_kind(words[0])
    if command is commands.LIST and len(words) > 1:
        raise UsageError(
            f"smlogs list takes one kind at most (got [{','.join(words)}]), as in smlogs list trainingjobs"
        )
    return words[0], list(words[1:])


def _check_kind(word: str) -> None:
    if resources.find(word) is None:
        known = [one.kind for one in resources.OURS]
        close = slips.nearest(word, known)
        hint = f"Did you mean {close[0]}?" if close else f"Kinds are {', '.join(known)}."
        raise UsageError(f'unknown kind "{word}". {hint}')


def _beside_names(values: Values, selector: str, *, everywhere: bool) -> tuple[str, bool]:
    """Names are of one namespace and need no labels. What only the environment says gives way to them."""
    if selector and not values.given["selector"].variable:
        raise UsageError("names and --selector exclude each other; leave one of them out")
    if everywhere and not values.given["all-namespaces"].variable:
        raise UsageError("a resource cannot be retrieved by name across all namespaces; use -n NAMESPACE instead of -A")
    return "", False


def _none(command: Command, kind: str) -> str:
    if kind:
        shown = _shown(command, kind)
        return (
            "Exactly one Kubernetes resource name must be specified (got []). "
            f"Use `kubectl get {shown}` to list resource names."
        )
    return (
        f"smlogs {command.name} needs a kind and a name, as in `kubectl smlogs {command.name} trainingjob NAME`. "
        "Use `kubectl smlogs list` to see what there is."
    )


def _check_names(command: Command, kind: str, names: Sequence[str]) -> None:
    for name in names:
        if not name or name.endswith("/"):
            shown = _shown(command, kind or name.partition("/")[0])
            raise UsageError(f"Must specify Kubernetes job name. Use `kubectl get {shown}` to list resource names.")
        if kind and "/" in name:
            raise UsageError(f'"{name}" names a kind, which was named already; write {kind} NAME or KIND/NAME')


def _shown(command: Command, kind: str) -> str:
    """The kind in a hint: as the original calls it, where it does."""
    resource = resources.find(kind)
    return command.kind or (resource.label if resource else kind)


def _children(kind: str, names: Sequence[str], values: Values) -> str:
    return _only_for(resources.TUNING, kind, names, values, "children") or "all"


def _variant(kind: str, names: Sequence[str], values: Values) -> str:
    return _only_for(resources.ENDPOINT, kind, names, values, "variant")


def _only_for(sort: str, kind: str, names: Sequence[str], values: Values, flag: str) -> str:
    """The text of a flag that is about one sort of object. The environment may speak of what is not asked for."""
    given = values.given.get(flag)
    found = [resources.find(word) for word in ([kind] if kind else [name.partition("/")[0] for name in names])]
    if given is None or any(one is not None and one.sort == sort for one in found):
        return values.text(flag)
    if given.variable:
        return ""
    what = "tuning jobs" if sort == resources.TUNING else "endpoints"
    raise UsageError(f"--{flag} is about {what}, and none is named")
