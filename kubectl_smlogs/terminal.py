"""What the program's standard streams are connected to, as a value, and whether colour is wanted.

The rules about colour are those of no-color.org, bixense.com/clicolors and force-color.org; the flag comes first.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TextIO

_DEFAULT_WIDTH = 80
_BASIC, _MANY = 16, 256


@dataclass(frozen=True, slots=True)
class Terminal:
    """The surroundings of one run.

    Attributes:
        stdout: standard output is a terminal.
        stderr: standard error is a terminal.
        width: columns of the terminal.
        colors: how many colours to use on standard output: 0, 16 or 256.
        stderr_colors: the same for standard error.
        paged: standard output goes to a terminal through a pager, so nothing on it can be rewritten.
    """

    stdout: bool = False
    stderr: bool = False
    width: int = _DEFAULT_WIDTH
    colors: int = 0
    stderr_colors: int = 0
    paged: bool = False

    def through_pager(self) -> Terminal:
        """The same, with a pager between the program and the terminal."""
        return replace(self, paged=True)

    @property
    def rewritable(self) -> bool:
        """Whether a line on standard output can be written over."""
        return self.stdout and not self.paged


def of_environment(
    environment: Mapping[str, str], *, color: str = "auto", stdout: bool, stderr: bool, width: int = 0
) -> Terminal:
    """The value for an environment. Pure.

    Args:
        environment: variables.
        color: `auto`, `always` or `never`, as the flag says.
        stdout: whether standard output is a terminal.
        stderr: whether standard error is one.
        width: columns, 0 for unknown.
    """
    dumb = environment.get("TERM", "") == "dumb"
    return Terminal(
        stdout=stdout,
        stderr=stderr and not dumb,
        width=width or _DEFAULT_WIDTH,
        colors=_colors(environment, color, terminal=stdout),
        stderr_colors=_colors(environment, color, terminal=stderr),
        paged=dumb,
    )


def here(color: str = "auto") -> Terminal:
    """The value for this process."""
    return of_environment(
        os.environ, color=color, stdout=is_terminal(sys.stdout), stderr=is_terminal(sys.stderr), width=columns()
    )


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a standard stream is a terminal; one that the shell closed is not."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def columns() -> int:
    """The terminal's present width, 0 where none is connected."""
    for number in (1, 2):
        try:
            return os.get_terminal_size(number).columns
        except OSError:
            continue
    return 0


def _colors(environment: Mapping[str, str], color: str, *, terminal: bool) -> int:
    if not _wanted(environment, color, terminal=terminal):
        return 0
    rich = "256color" in environment.get("TERM", "") or environment.get("COLORTERM", "") in ("truecolor", "24bit")
    return _MANY if rich else _BASIC


def _wanted(environment: Mapping[str, str], color: str, *, terminal: bool) -> bool:
    if color in ("always", "never"):
        return color == "always"
    if environment.get("NO_COLOR"):
        return False
    if any(environment.get(name, "") not in ("", "0") for name in ("CLICOLOR_FORCE", "FORCE_COLOR")):
        return True
    refused = environment.get("TERM", "") == "dumb" or "0" in (
        environment.get("CLICOLOR", ""),
        environment.get("FORCE_COLOR", ""),
    )
    return terminal and not refused
