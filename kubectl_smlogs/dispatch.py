"""From the command line to the one thing to do, without any library, so that help answers at once.

It finds the command and requests for help, and puts flags that stand before the command behind it. Values are not
judged here; that is `parse`'s work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kubectl_smlogs import commands, exits, helptext
from kubectl_smlogs.commands import Command
from kubectl_smlogs.flags import BOOL, JOB_FLAGS, Flag, by_name


class Answer:
    """A text to print and how to exit. `error` sends the text to standard error."""

    __slots__ = ("code", "error", "text")

    def __init__(self, text: str, *, code: int = exits.OK, error: bool = False) -> None:
        self.text = text
        self.code = code
        self.error = error


class Run:
    """A job command to run, with its flags and operands."""

    __slots__ = ("arguments", "command")

    def __init__(self, command: Command, arguments: list[str]) -> None:
        self.command = command
        self.arguments = arguments


def decide(arguments: Sequence[str]) -> Answer | Run:
    """What the command line asks for.

    Args:
        arguments: the command line without the program's name.
    """
    place, wants_help = _first_operand(arguments)
    if place is None:
        return _without_command(arguments, wants_help)
    word = arguments[place]
    command = commands.find(word)
    if command is None:
        return Answer(helptext.root()) if wants_help else _unknown_command(word)
    rest = [*arguments[:place], *arguments[place + 1 :]]
    if wants_help or _asks_for_help(rest):
        return Answer(helptext.subcommand(command))
    return _with_command(command, rest)


def _with_command(command: Command, rest: list[str]) -> Answer | Run:
    if command is commands.HELP:
        return _help_about(rest)
    if command is commands.VERSION:
        from smkube import __version__

        return Answer(f"kubectl-smlogs {__version__}\n")
    if command is commands.TUNING_JOB:
        return _error(
            "For HPO logs, Refer to the the Spawned Training Jobs. "
            "Use `kubectl get TrainingJob` to list resource names."
        )
    return Run(command, rest)


def _without_command(arguments: Sequence[str], wants_help: bool) -> Answer:
    known = by_name(JOB_FLAGS)
    for _, word, _ in _words(arguments):
        spelled = word.partition("=")[0] if word.startswith("--") else word[:2]
        if not wants_help and word != "--" and spelled not in known:
            return _error(unknown_flag(word))
    return Answer(helptext.root())


def unknown_flag(word: str) -> str:
    """What to say about a flag that does not exist, in the words of kubectl's flag library."""
    if word.startswith("--"):
        return f"unknown flag: {word.partition('=')[0]}"
    return f"unknown shorthand flag: '{word[1:2]}' in {word}"


def _help_about(rest: list[str]) -> Answer:
    if not rest:
        return Answer(helptext.root())
    command = commands.find(rest[0])
    if command is None:
        return Answer(f"Unknown help topic `{rest[0]}`\n{helptext.root()}", code=exits.ERROR, error=True)
    return Answer(helptext.subcommand(command))


def _unknown_command(word: str) -> Answer:
    close = commands.suggestions(word)
    hint = "\n\nDid you mean this?\n" + "".join(f"\t{name}\n" for name in close) if close else ""
    return _error(f'unknown command "{word}" for "smlogs"{hint}\nRun \'smlogs --help\' for usage.')


def _error(text: str) -> Answer:
    return Answer(f"Error: {text}\n", code=exits.ERROR, error=True)


def _first_operand(arguments: Sequence[str]) -> tuple[int | None, bool]:
    """Place of the first word that is neither a flag nor a flag's value; whether help was asked for before it."""
    wants_help = False
    for place, word, helps in _words(arguments):
        if word == "--":
            return (place + 1 if place + 1 < len(arguments) else None), wants_help
        if not _is_flag(word):
            return place, wants_help
        wants_help = wants_help or helps
    return None, wants_help


def _asks_for_help(arguments: Sequence[str]) -> bool:
    return any(helps for _, _, helps in _words(arguments))


def _words(arguments: Sequence[str]) -> Iterator[tuple[int, str, bool]]:
    """Place and text of each word that is not a flag's value, up to `--`, and whether it asks for help."""
    known = by_name(JOB_FLAGS)
    place = 0
    while place < len(arguments):
        word = arguments[place]
        helps, takes_next = _read_flag(word, known) if _is_flag(word) else (False, False)
        yield place, word, helps
        if word == "--":
            return
        place += 2 if takes_next else 1


def _read_flag(word: str, known: Mapping[str, Flag]) -> tuple[bool, bool]:
    """Whether a word of flags asks for help, and whether the next word is its value."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        flag = known.get(name)
        return name == "--help" and value != "false", flag is not None and flag.kind != BOOL and not equals
    helps = False
    for place, letter in enumerate(word[1:], 2):
        flag = known.get(f"-{letter}")
        if flag is None or flag.kind != BOOL:
            return helps, flag is not None and place == len(word)
        helps = helps or letter == "h"
    return helps, False


def _is_flag(word: str) -> bool:
    return word.startswith("-") and word != "-"
