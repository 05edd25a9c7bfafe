"""Entry point of `kubectl smlogs`.

Help, version, completion and slips in the command's name are answered before anything is imported that takes time, and
that includes `typing` and `contextlib`; a command that asks the cluster imports what it needs when it runs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from kubectl_smlogs import exits
from kubectl_smlogs.dispatch import Answer, Complete, decide
from smkube.leaving import leave_with


def main() -> int:
    """Run the command line, as the whole of this process; the exit code."""
    return leave_with(lambda: run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command line without the program's name; the exit code."""
    try:
        action = decide(arguments)
        if isinstance(action, Complete):
            return _answer(_completed(action))
        if isinstance(action, Answer):
            return _answer(action)
        from kubectl_smlogs import running

        return running.run(action)
    except KeyboardInterrupt:
        return exits.INTERRUPTED


def _completed(asked: Complete) -> Answer:
    from kubectl_smlogs.completing import complete

    found = complete(asked.words)
    if found.trouble:
        # Shells throw it away; people who try the command by hand see it.
        _write(f"[Error] {found.trouble}\n", error=True)
    return Answer(found.text(descriptions=asked.descriptions))


def _answer(answer: Answer) -> int:
    failed = _write(answer.text, error=answer.error)
    if failed is None:
        return answer.code
    from kubectl_smlogs.output import abandon_standard_output

    abandon_standard_output()
    return exits.BROKEN_PIPE if isinstance(failed, BrokenPipeError) else exits.ERROR


def _write(text: str, *, error: bool) -> OSError | None:
    """Write to a standard stream, unless the shell closed it (`>&-`); what went wrong."""
    stream = sys.stderr if error else sys.stdout
    if stream is not None:
        try:
            stream.write(text)
            stream.flush()
        except OSError as failed:
            return failed
    return None


if __name__ == "__main__":
    sys.exit(main())
