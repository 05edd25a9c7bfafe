"""What to say about a command, kind or flag that does not exist: in kubectl's words, with the nearest that does.

Imported only when there was a slip.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_smlogs import commands
from kubectl_smlogs.commands import Command


def unknown_command(word: str) -> str:
    """The text about a command that does not exist, in the layout of cobra, with a block of suggestions."""
    close = nearest(word, [command.name for command in commands.ALL])
    hint = "\n\nDid you mean this?\n" + "".join(f"\t{name}\n" for name in close) if close else ""
    return f'unknown command "{word}" for "smlogs"{hint}\nRun \'smlogs --help\' for usage.'


def unknown_flag(word: str, command: Command | None = None) -> str:
    """The text about a flag that does not exist.

    Args:
        word: the word of the command line; for a short flag in a group of letters, `x in -fx`.
        command: the command it was given to, None for none.
    """
    if not word.startswith("--"):
        return f"unknown shorthand flag: '{word[1:2]}' in {word}"
    name = word.partition("=")[0]
    others = [one.name for one in commands.ALL if any(flag.name == name[2:] for flag in one.flags)]
    if others and command is not None:
        return f"unknown flag: {name} (smlogs {command.name} does not take it; it is for smlogs {', '.join(others)})"
    flags = commands.LOGS.flags if command is None else command.flags
    close = nearest(name[2:], [flag.name for flag in flags])
    return f"unknown flag: {name}" + (f". Did you mean --{close[0]}?" if close else "")


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Those of the known words that a mistyped one may have meant: two slips away, or begun like it; nearest first."""
    lowered = word.lower()
    ranked = sorted((distance(lowered, one.lower()), place, one) for place, one in enumerate(known))
    return [one for away, _, one in ranked if away <= min(2, len(lowered) - 1) or _begun(lowered, one.lower())]


def _begun(beginning: str, word: str) -> bool:
    return bool(beginning) and word.startswith(beginning)


def distance(left: str, right: str) -> int:
    """Levenshtein distance: the fewest insertions, deletions and replacements that turn one word into the other."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]
