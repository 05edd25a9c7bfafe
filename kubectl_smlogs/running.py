"""Runs a command that asks the cluster, and turns every way in which it may end into an exit code."""

from __future__ import annotations

import gc
import sys
import warnings
from typing import TYPE_CHECKING

from kubectl_smlogs import exits
from kubectl_smlogs.badvalue import BadValue
from kubectl_smlogs.output import Messages, Output, OutputClosed, OutputFailed, abandon_standard_output
from kubectl_smlogs.parse import parse
from kubectl_smlogs.values import UsageError

if TYPE_CHECKING:
    from kubectl_smlogs.dispatch import Run
    from kubectl_smlogs.options import Options


def run(action: Run) -> int:
    """Run a command; the exit code."""
    # What is imported stays to the end: looking through it for garbage again and again, and once more at the
    # interpreter's exit, would be a fifth of the time to the first line.
    gc.disable()
    try:
        return _run(action)
    finally:
        gc.freeze()


def _run(action: Run) -> int:
    if not sys.warnoptions:
        # Warnings are for programmers. Set before there are threads: libraries restore the filters they found.
        warnings.simplefilter("ignore")
    messages = Messages()
    try:
        options = parse(action.command, action.arguments, kind=action.kind)
    except UsageError as error:
        messages.say(f"Error: {error}")
        return exits.ERROR
    from kubectl_smlogs.failures import Failure, of_core
    from smkube.errors import SmkubeError

    try:
        return _carry_out(action.command.name, options, Output.standard(), messages)
    except BadValue as error:
        messages.say(f"Error: {error}")
        return exits.ERROR
    except Failure as failure:
        for one in (failure, *failure.also):
            messages.say(f"Error: {one.text}")
        return failure.code
    except SmkubeError as error:
        messages.say(f"Error: {of_core(error).text}")
        return of_core(error).code
    except OutputClosed:
        abandon_standard_output()
        return exits.BROKEN_PIPE
    except OutputFailed as error:
        messages.say(f"Error: {error}")
        abandon_standard_output()
        return exits.INCOMPLETE


def _carry_out(command: str, options: Options, output: Output, messages: Messages) -> int:
    if command in ("doctor", "list", "status", "url"):
        from kubectl_smlogs.verbs import run

        return run(command, options, output, messages)
    from kubectl_smlogs.show import show

    return show(options, output, messages)
