"""Tables for a terminal: they fit its width, and status words have colours."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kubectl_smlogs.terminal import Terminal

_STYLES = {
    **dict.fromkeys(("Completed", "InService", "Created", "True"), "green"),
    **dict.fromkeys(("Failed", "Error", "UpdateRollbackFailed", "OutOfService", "Warning"), "red"),
    **dict.fromkeys(("Stopped", "Stopping", "Deleting", "Deleted"), "dim"),
    **dict.fromkeys(("InProgress", "Creating", "Updating", "SystemUpdating", "RollingBack"), "cyan"),
}
"""Status words that say how things stand."""
_MAY_FOLD = ("NAME", "JOB", "REASON", "MESSAGE")
"""Columns that give way first where there is little room; nothing of them is left out."""


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], terminal: Terminal) -> str:
    """A table.

    Args:
        heads: of the columns.
        rows: their cells, safe for a terminal already.
        terminal: its width and colours.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in heads:
        made.add_column(head, overflow="fold", no_wrap=head not in _MAY_FOLD)
    for row in rows:
        made.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    console = Console(
        file=io.StringIO(),
        width=terminal.width,
        force_terminal=bool(terminal.colors),
        color_system=_colors(terminal),
        legacy_windows=False,
    )
    with console.capture() as captured:
        console.print(made)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _colors(terminal: Terminal) -> Literal["standard", "256"] | None:
    if not terminal.colors:
        return None
    return "256" if terminal.colors >= 256 else "standard"
