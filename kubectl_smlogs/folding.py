r"""Progress bars and colours that were meant for a terminal which was not there. Pure.

SageMaker's log agent writes a carriage return as `#015`, TAB as `#011` and ESC as `#033`; other agents send the
characters themselves. A bar that rewrites its line becomes one long message: `#015 10%|# |#015 20%|## |...`, or one
event for each state. Shown is what a terminal would show in the end: the last state.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_CODES = (("#015", "\r"), ("#011", "\t"), ("#033", "\x1b"))
_WORTHLESS = re.compile(r"\x1b\[(?:[0-9;:]*[mKA]|\?25[hl])")
"""Colours, erasing to the line's end, going up a line, hiding the cursor: they carry no text."""
_BAR = re.compile(r"\d\s?%|\d+(?:\.\d+)?/\d")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s?%")
_FRACTION = re.compile(r"(?<![\d./])(\d+)/(\d+)(?![\d./])")


class Piece(NamedTuple):
    """One line of a message.

    Attributes:
        text: what a terminal would show.
        bar: it was rewritten, as progress bars are.
        open: it is the message's last line and may yet be rewritten by the next message.
    """

    text: str
    bar: bool = False
    open: bool = False


def has_controls(text: str) -> bool:
    """Whether there is anything in it that `pieces` would treat; quick, for whole pages."""
    return "#0" in text or "\r" in text or "\x1b" in text


def decoded(message: str) -> str:
    """The message with the agent's codes as characters and without what only makes sense to a terminal."""
    if "#0" in message:
        for code, character in _CODES:
            message = message.replace(code, character)
    return _WORTHLESS.sub("", message) if "\x1b" in message else message


def pieces(message: str) -> list[Piece]:
    """The lines of a message, without the line break at its end."""
    text = decoded(message)
    if "\r" not in text:
        return [Piece(line) for line in text.removesuffix("\n").split("\n")]
    lines = text.removesuffix("\n").split("\n")
    last = len(lines) - 1
    return [_piece(line, last=number == last) for number, line in enumerate(lines)]


def is_complete(state: str) -> bool:
    """Whether a bar has reached its end.

    Where it has percentages they decide, because of `Epoch 5/5: 10%`, and all of them must have come to a hundred.
    """
    percentages = _PERCENT.findall(state)
    if percentages:
        return all(float(percentage) == 100 for percentage in percentages)
    fractions = _FRACTION.findall(state)
    return bool(fractions) and all(done == whole for done, whole in fractions)


def _piece(line: str, *, last: bool) -> Piece:
    whole = line.rstrip("\r")
    if "\r" not in whole and not (whole != line and _BAR.search(whole)):
        # A carriage return at the end alone is how some systems end every line.
        return Piece(whole)
    states = [state for state in whole.split("\r") if state.strip()]
    state = states[-1].strip() if states else ""
    return Piece(state, bar=True, open=last and not is_complete(state))
