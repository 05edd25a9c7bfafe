"""From the command line to the one thing to do, without any library, so that help answers at once.

It finds the command and requests for help, and puts flags that stand before the command behind it. Values are not
judged here; that is `parse`'s work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kubectl_smlogs import commands, exits, helptext
from kubectl_smlogs.commands import Command
from kubectl_smlogs.flags import BOOL, EVERY_FLAG, Flag, by_name
from kubectl_smlogs.scan import is_flag, scan

COMPLETE = ("__complete", "__completeNoDesc")
"""Commands that shells ask for candidates with: as cobra's, since that is what kubectl's scripts expect."""


class Answer:
    """A text to print and how to exit. `error` sends the text to standard error."""

    __slots__ = ("code", "error", "text")

    def __init__(self, text: str, *, code: int = exits.OK, error: bool = False) -> None:
        self.text = text
        self.code = code
        self.error = error


class Run:
    """A command to run.

    Args:
        command: which one.
        kind: the kind as it was typed, for a command that is named after one; else empty.
        arguments: flags and operands.
    """

    __slots__ = ("arguments", "command", "kind")

    def __init__(self, command: Command, kind: str, arguments: list[str]) -> None:
        self.command = command
        self.kind = kind
        self.arguments = arguments


class Complete:
    """A shell asks how the last of these words may go on."""

    __slots__ = ("descriptions", "words")

    def __init__(self, words: list[str], *, descriptions: bool) -> None:
        self.words = words
        self.descriptions = descriptions


def decide(arguments: Sequence[str]) -> Answer | Run | Complete:
    """What the command line asks for.

    Args:
        arguments: the command line without the program's name.
    """
    if arguments and arguments[0] in COMPLETE:
        return Complete(list(arguments[1:]), descriptions=arguments[0] == COMPLETE[0])
    place, wants_help = _first_operand(arguments)
    if place is None:
        return _without_command(arguments, wants_help)
    word = arguments[place]
    command, kind = commands.meant(word)
    if command is None:
        return _without_command(arguments[:place], wants_help) if wants_help else _unknown(arguments[:place], word)
    rest = [*arguments[:place], *([word] if "/" in word else []), *arguments[place + 1 :]]
    if wants_help or _asks_for_help(rest):
        return Answer(helptext.subcommand(command))
    return Run(command, kind, rest) if command.kind or command.objects else _at_once(command, rest)


def _at_once(command: Command, rest: list[str]) -> Answer:
    from kubectl_smlogs import small

    try:
        return Answer(small.answer(command, rest))
    except small.Slip as slip:
        return Answer(f"{slip}\n", code=exits.ERROR, error=True)


def _without_command(arguments: Sequence[str], wants_help: bool) -> Answer:
    if "--version" in arguments:
        return _at_once(commands.VERSION, [])
    slip = None if wants_help else _unknown_flag(arguments)
    return Answer(helptext.root()) if slip is None else slip


def _unknown(before: Sequence[str], word: str) -> Answer:
    """About a word that is no command, unless it is the value of a flag that does not exist."""
    from kubectl_smlogs.slips import unknown_command

    return _unknown_flag(before) or _error(unknown_command(word))


def _unknown_flag(arguments: Sequence[str]) -> Answer | None:
    unknown = scan(arguments, by_name(EVERY_FLAG)).unknown
    if not unknown:
        return None
    from kubectl_smlogs.slips import unknown_flag

    return _error(unknown_flag(unknown[0]))


def _error(text: str) -> Answer:
    return Answer(f"Error: {text}\n", code=exits.ERROR, error=True)


def _first_operand(arguments: Sequence[str]) -> tuple[int | None, bool]:
    """Place of the first word that is neither a flag nor a flag's value; whether help was asked for before it."""
    wants_help = False
    for place, word, helps in _words(arguments):
        if word == "--":
            return (place + 1 if place + 1 < len(arguments) else None), wants_help
        if not is_flag(word):
            return place, wants_help
        wants_help = wants_help or helps
    return None, wants_help


def _asks_for_help(arguments: Sequence[str]) -> bool:
    return any(helps for _, _, helps in _words(arguments))


def _words(arguments: Sequence[str]) -> Iterator[tuple[int, str, bool]]:
    """Place and text of each word that is not a flag's value, up to `--`, and whether it asks for help."""
    known = by_name(EVERY_FLAG)
    place = 0
    while place < len(arguments):
        word = arguments[place]
        helps, takes_next = _read_flag(word, known) if is_flag(word) else (False, False)
        yield place, word, helps
        if word == "--":
            return
        place += 2 if takes_next else 1


def _read_flag(word: str, known: Mapping[str, Flag]) -> tuple[bool, bool]:
    """Whether a word of flags asks for help, and whether the next word is its value."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        flag = known.get(name)
        return name == "--help" and value != "false", flag is not None and flag.takes_next and not equals
    helps = False
    for place, letter in enumerate(word[1:], 2):
        flag = known.get(f"-{letter}")
        if flag is None or flag.kind != BOOL:
            return helps, flag is not None and place == len(word)
        helps = helps or letter == "h"
    return helps, False
