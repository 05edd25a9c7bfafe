"""Help in the layout of cobra, the Go library behind kubectl: to the byte what the user guide shows."""

from __future__ import annotations

from kubectl_smlogs import commands
from kubectl_smlogs.commands import Command
from kubectl_smlogs.flags import INT, ROOT_FLAGS, Flag

_LEAST_PADDING = 11


def root() -> str:
    """What bare `kubectl smlogs` prints."""
    padding = max(_LEAST_PADDING, *(len(command.name) for command in commands.ALL))
    listed = "".join(f"  {command.name:<{padding}} {command.short}\n" for command in commands.ALL)
    return (
        f"{commands.SHORT}\n\n"
        f"Usage:\n  {commands.PROGRAM} [command]\n\n"
        f"Aliases:\n  {', '.join((commands.PROGRAM, *commands.ALIASES))}\n\n"
        f"Available Commands:\n{listed}\n"
        f"Flags:\n{_flag_lines(ROOT_FLAGS, commands.PROGRAM)}\n"
        f'Use "{commands.PROGRAM} [command] --help" for more information about a command.\n'
    )


def subcommand(command: Command) -> str:
    """Help of one command."""
    use = f"{commands.PROGRAM} {command.name}"
    if command.operand:
        use = f"{use} {command.operand}"
    parts = [f"{command.long}\n\nUsage:\n  {use} [flags]\n"]
    if command.aliases:
        parts.append(f"Aliases:\n  {', '.join((command.name, *command.aliases))}\n")
    if command.example:
        parts.append("Examples:\n" + "".join(f"\t{line}\n" for line in command.example))
    parts.append(f"Flags:\n{_flag_lines(command.flags, command.name)}")
    return "\n".join(parts)


def _flag_lines(flags: tuple[Flag, ...], command: str) -> str:
    heads = [_head(flag) for flag in flags]
    width = max(map(len, heads)) + 3
    return "".join(
        f"{head:<{width}}{flag.usage.replace('{command}', command)}{_default(flag)}\n"
        for head, flag in zip(heads, flags, strict=True)
    )


def _head(flag: Flag) -> str:
    dash = f"  -{flag.short}, " if flag.short else "      "
    return f"{dash}--{flag.name}{' ' + flag.value if flag.value else ''}"


def _default(flag: Flag) -> str:
    if not flag.default:
        return ""
    return f" (default {flag.default})" if flag.kind == INT else f' (default "{flag.default}")'
