"""Shows the log through the user's pager, as git does."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO, cast

from kubectl_smlogs.badvalue import BadValue
from kubectl_smlogs.output import Output, OutputClosed

if TYPE_CHECKING:
    from kubectl_smlogs.output import Messages

VARIABLES = ("KUBECTL_SMLOGS_PAGER", "PAGER")
"""Where the pager's command line is looked for."""
_DEFAULT = ("less", "-FRX")


def command(environment: Mapping[str, str]) -> tuple[list[str], str]:
    """The pager's command line, and the variable that it comes from; no shell reads it. Pure.

    Raises:
        BadValue: its quotes do not match.
    """
    for variable in VARIABLES:
        value = environment.get(variable, "")
        if value.strip():
            try:
                return shlex.split(value), variable
            except ValueError as error:
                raise BadValue(
                    f"{variable}={value} is no command line: {error}. Write for example less -FRX."
                ) from None
    return list(_DEFAULT), ""


@contextlib.contextmanager
def paging(messages: Messages, environment: Mapping[str, str] = os.environ) -> Iterator[Output]:
    """Start the pager; what is written into the output is shown by it.

    Nothing reaches standard error meanwhile, for the screen is the pager's. When it is quit, the block ends silently.

    Raises:
        BadValue: the pager cannot be started.
    """
    words, variable = command(environment)
    # Without these, a pager that was set without options would show colours as escapes.
    surroundings = {"LESS": "FRX", "LV": "-c", **environment}
    try:
        process = subprocess.Popen(words, stdin=subprocess.PIPE, env=surroundings)  # noqa: S603 - the user's own choice
    except OSError as error:
        source = f"of the variable {variable}" if variable else "by default"
        raise BadValue(
            f'The pager "{words[0]}" ({source}) cannot be started: {error.strerror}. '
            f"Set {VARIABLES[0]} to a pager that is installed, or leave out --pager."
        ) from None
    messages.hold()
    try:
        with contextlib.suppress(OutputClosed):
            yield Output(_input(process))
    finally:
        _end(process)
        messages.release()


def _input(process: subprocess.Popen[bytes]) -> BinaryIO:
    return cast("BinaryIO", process.stdin)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait until the user has seen enough. Ctrl-C is the pager's own business meanwhile."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with contextlib.suppress(OSError):
            _input(process).close()
        process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
