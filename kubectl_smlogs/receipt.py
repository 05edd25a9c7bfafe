"""The line that says what was shown of a log, and whether that is all. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smkube.logs.receipt import Receipt

_NOT_TO_THE_END = "the log was not read to its end"


def text(receipt: Receipt, *, shown: int | None = None, why: str = "") -> str:
    """`1,234 lines of 2 hosts, 3 late, no gaps`.

    Args:
        receipt: what was read, of all jobs together.
        shown: how many lines were shown where expressions chose among them; None where all were.
        why: what ended the reading early, for an incomplete log.
    """
    lines = f"{receipt.lines:,}" if shown is None else f"{shown:,} of {receipt.lines:,}"
    noun = "line" if receipt.lines == 1 else "lines"
    gaps = f"{receipt.gaps:,} {'gap' if receipt.gaps == 1 else 'gaps'}" if receipt.gaps else "no gaps"
    whole = f"{lines} {noun} of {receipt.hosts:,} {'host' if receipt.hosts == 1 else 'hosts'}"
    if receipt.lines:
        whole = f"{whole}, {f'{receipt.late:,}' if receipt.late else 'none'} late, {gaps}"
    elif receipt.gaps:
        whole = f"{whole}, {gaps}"
    return whole if receipt.complete else f"{whole}; incomplete: {why or _NOT_TO_THE_END}"
