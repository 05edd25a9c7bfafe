"""Start a program that is killed when the process that asked for it dies; stdlib only, run as a script.

Usage: ``python -I -S launch.py PARENT-PID PROGRAM [ARGUMENT...]``. It asks the kernel for SIGKILL at the death of
the parent (prctl(2), PR_SET_PDEATHSIG, which stays in force across execve) and becomes the program. A script
of its own, and not code between fork and exec, because the latter is unsafe in a process with threads.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Become `command`; leave at once when `parent` is gone already."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    # The parent may have died before the call above, and then no signal would ever come.
    if os.getppid() != parent:
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - replacing ourselves is what this script is for


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
