"""A command line taken apart into flags and operands, as pflag does it, without judging anything.

For the commands that answer at once and for completion; whatever asks the cluster is read by `parse`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kubectl_smlogs.flags import BOOL, Flag


class Scanned:
    """What was found.

    Attributes:
        operands: words that are neither flags nor flags' values.
        given: each flag with its text, in the order of the command line; a switch without one has `true`.
        unknown: words that look like flags and are none.
        pending: a flag at the very end that still needs its value.
        dashes: there was a `--`: nothing behind it is a flag.
    """

    __slots__ = ("dashes", "given", "operands", "pending", "unknown")

    def __init__(self) -> None:
        self.operands: list[str] = []
        self.given: list[tuple[Flag, str]] = []
        self.unknown: list[str] = []
        self.pending: Flag | None = None
        self.dashes = False

    def texts(self) -> dict[str, tuple[str, ...]]:
        """All texts by the flags' names."""
        found: dict[str, tuple[str, ...]] = {}
        for flag, text in self.given:
            found[flag.name] = (*found.get(flag.name, ()), text)
        return found

    def add(self, flag: Flag, text: str | None) -> None:
        """Note a flag; without a text it may still get one from the next word."""
        if text is None and flag.takes_next:
            self.pending = flag
        else:
            self.given.append((flag, (flag.bare or "true") if text is None else text))


def scan(words: Sequence[str], known: Mapping[str, Flag]) -> Scanned:
    """Take a command line apart.

    Args:
        words: the command line.
        known: flags by every spelling.
    """
    found = Scanned()
    for word in words:
        if found.pending is not None:
            found.given.append((found.pending, word))
            found.pending = None
        elif found.dashes or not is_flag(word):
            found.operands.append(word)
        elif word == "--":
            found.dashes = True
        elif word.startswith("--"):
            _long(found, word, known)
        else:
            _letters(found, word, known)
    return found


def is_flag(word: str) -> bool:
    """Whether a word of the command line is a flag or several."""
    return word.startswith("-") and word != "-"


def _long(found: Scanned, word: str, known: Mapping[str, Flag]) -> None:
    name, equals, text = word.partition("=")
    flag = known.get(name)
    if flag is None:
        found.unknown.append(word)
    else:
        found.add(flag, text if equals else None)


def _letters(found: Scanned, word: str, known: Mapping[str, Flag]) -> None:
    """`-f`, `-fA`, `-nvalue`, `-n=value`, `-fn` with the value in the next word."""
    for place, letter in enumerate(word[1:], 2):
        flag = known.get(f"-{letter}")
        if flag is None:
            found.unknown.append(word)
            return
        rest = word[place:]
        if flag.kind != BOOL or rest.startswith("="):
            found.add(flag, rest.removeprefix("=") if rest else None)
            return
        found.add(flag, None)
