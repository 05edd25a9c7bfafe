"""Entry point of `kubectl smlogs`.

Help, version and slips in the command's name are answered before anything is imported that takes time; a job command
imports what it needs when it runs.
"""

from __future__ import annotations

import sys
import warnings

from kubectl_smlogs import exits
from kubectl_smlogs.dispatch import Answer, Run, decide


def main() -> int:
    """Run the command line; the exit code."""
    try:
        action = decide(sys.argv[1:])
        return _answer(action) if isinstance(action, Answer) else _run(action)
    except KeyboardInterrupt:
        return exits.INTERRUPTED


def _answer(answer: Answer) -> int:
    stream = sys.stderr if answer.error else sys.stdout
    if stream is None:  # The shell closed it (`>&-`).
        return answer.code
    try:
        stream.write(answer.text)
        stream.flush()
    except BrokenPipeError:
        return _abandoned(exits.BROKEN_PIPE)
    except OSError:
        return _abandoned(exits.ERROR)
    return answer.code


def _run(action: Run) -> int:
    from kubectl_smlogs.output import Messages, Output, OutputClosed, OutputFailed
    from kubectl_smlogs.parse import UsageError, parse

    if not sys.warnoptions:
        # Warnings are for programmers. Set before there are threads: libraries restore the filters they found.
        warnings.simplefilter("ignore")
    messages = Messages()
    try:
        options = parse(action.command, action.arguments)
    except UsageError as error:
        messages.say(f"Error: {error}")
        return exits.ERROR
    from kubectl_smlogs.failures import Failure, of_core
    from kubectl_smlogs.show import show
    from smkube.errors import SmkubeError

    try:
        return show(action.command.name, options, Output.standard(), messages)
    except Failure as failure:
        messages.say(f"Error: {failure.text}")
        return failure.code
    except SmkubeError as error:
        messages.say(f"Error: {of_core(error).text}")
        return of_core(error).code
    except OutputClosed:
        return _abandoned(exits.BROKEN_PIPE)
    except OutputFailed as error:
        messages.say(f"Error: {error}")
        return _abandoned(exits.INCOMPLETE)


def _abandoned(code: int) -> int:
    """Standard output cannot be written to any more: see to it that nobody tries."""
    from kubectl_smlogs.output import abandon_standard_output

    abandon_standard_output()
    return code


if __name__ == "__main__":
    sys.exit(main())
