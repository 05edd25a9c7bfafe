"""How a process ends while some of its threads are still busy."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Sequence

_FAILED = 1
"""The interpreter's own exit code after an exception that nobody caught."""


def leave_with(run: Callable[[], int]) -> int:
    """Do the whole work of a process, and have it end with the exit code whatever its threads are doing then.

    A thread that waits for AWS or for an API server is not waited for. The interpreter would be taken apart under it,
    and OpenSSL with it, which ends in a segmentation fault now and then.

    Args:
        run: the work; returns the exit code, or raises SystemExit with it.
    """
    ending = [_FAILED]
    # Before everything else that is registered, so after everything else that is done: libraries remove their files.
    atexit.register(_end, ending)
    try:
        ending[0] = run()
    except SystemExit as leaving:
        # What the interpreter makes of it: nothing is success, and a text is a failure.
        ending[0] = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        raise
    return ending[0]


def _end(ending: Sequence[int]) -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except (OSError, ValueError):
                # Whoever wrote has flushed, and told what went wrong. What is left is what could not be written.
                continue
    os._exit(ending[0])
