"""The commands that answer at once: help, options, version, completion. They read nothing and import no library."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from kubectl_smlogs import commands, helptext
from kubectl_smlogs.commands import Command
from kubectl_smlogs.flags import BOOL, CONNECTION_FLAGS, by_name
from kubectl_smlogs.scan import scan

SHELLS = ("bash", "zsh", "fish")


class Slip(Exception):  # noqa: N818 - it is the user's, and its text is the whole message
    """The command line is wrong; the text is what to print."""


def answer(command: Command, rest: Sequence[str], environ: Mapping[str, str] = os.environ) -> str:
    """What one of these commands prints.

    Args:
        command: which one.
        rest: its flags and operands.
        environ: the environment.

    Raises:
        Slip: the command line is wrong.
    """
    operands, given = _read(command, rest, environ)
    if command is commands.HELP:
        return _help(operands)
    if command is commands.COMPLETION:
        return _completion(operands, descriptions=_value(command, given, "no-descriptions") != "true")
    if operands:
        raise Slip(f"Error: smlogs {command.name} takes no names (got {' '.join(operands)})")
    return _options() if command is commands.OPTIONS else _version(_value(command, given, "output"))


_Given = dict[str, tuple[str, bool]]
"""Text of a flag, and whether it comes from the environment."""


def _read(command: Command, rest: Sequence[str], environ: Mapping[str, str]) -> tuple[list[str], _Given]:
    """Operands, and flags with their values."""
    found = scan(rest, by_name(command.flags))
    if found.unknown:
        from kubectl_smlogs.slips import unknown_flag

        raise Slip(f"Error: {unknown_flag(found.unknown[0], command)}")
    if found.pending is not None:
        raise Slip(f"Error: flag needs an argument: --{found.pending.name}")
    outside = {flag.name: (environ[flag.variable], True) for flag in command.flags if environ.get(flag.variable)}
    return found.operands, outside | {name: (texts[-1], False) for name, texts in found.texts().items()}


def _value(command: Command, given: _Given, name: str) -> str:
    """The value of a flag: one of its choices, `true` for a switch that is on, empty for what was not given."""
    if name not in given:
        return ""
    from kubectl_smlogs.values import Given, UsageError, Values

    text, variable = given[name]
    flag = by_name(command.flags)[f"--{name}"]
    values = Values({name: Given(flag, (text,), variable)})
    try:
        return str(values.switch(name)).lower() if flag.kind == BOOL else values.choice(name)
    except UsageError as error:
        raise Slip(f"Error: {error}") from error


def _help(operands: Sequence[str]) -> str:
    if not operands:
        return helptext.root()
    command, _ = commands.meant(operands[0])
    if command is None:
        raise Slip(f"Unknown help topic `{operands[0]}`\n{helptext.root().rstrip()}")
    return helptext.subcommand(command)


def _options() -> str:
    """The connection flags in the layout of `kubectl options`."""
    parts = ["The following options can be passed to the commands that ask the cluster:\n"]
    for flag in CONNECTION_FLAGS:
        short = f"-{flag.short}, " if flag.short else ""
        empty = {BOOL: "false", "stringArray": "[]"}.get(flag.kind, f"'{flag.default}'")
        parts.append(f"    {short}--{flag.name}={empty}:\n\t{flag.usage}\n")
    parts.append(
        "Each flag of each command may also be given as an environment variable: KUBECTL_SMLOGS_ and the flag's\n"
        "name in capitals, with _ for -, such as KUBECTL_SMLOGS_CONTEXT. The command line goes before it.\n"
    )
    return "\n".join(parts)


def _version(output: str) -> str:
    from smkube import __version__

    if not output:
        return f"kubectl-smlogs {__version__}\n"
    import json
    import platform

    facts = {"version": __version__, "python": platform.python_version(), "platform": platform.platform()}
    return json.dumps({"clientVersion": facts}, indent=2) + "\n"


def _completion(operands: Sequence[str], *, descriptions: bool) -> str:
    from kubectl_smlogs import completion

    if len(operands) != 1 or operands[0] not in SHELLS:
        got = ",".join(operands)
        raise Slip(
            f"Error: name one shell of {', '.join(SHELLS)} (got [{got}]), as in `kubectl smlogs completion bash`"
        )
    return completion.script(operands[0], descriptions=descriptions)
