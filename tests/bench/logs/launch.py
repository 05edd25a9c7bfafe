"""Runs one command with its output in files and writes down what it used, as JSON in a third.

A program of its own, run without site packages: the peak that Linux reports for a child is at least the size of the
process that started it, so that one has to be small. Usage: launch.py SECONDS REPORT OUTPUT ERRORS COMMAND...
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

CREATE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def main(arguments: list[str]) -> int:
    """Run it; returns the exit code, always 0: the command's own is in the report."""
    limit, report, output, errors, *command = arguments
    began = time.monotonic()
    files = [(os.POSIX_SPAWN_OPEN, 1, output, CREATE, 0o600), (os.POSIX_SPAWN_OPEN, 2, errors, CREATE, 0o600)]
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=files)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, float(limit))
    _, status, used = os.wait4(pid, 0)
    found = {
        "wall": time.monotonic() - began,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss / 1024,
        "code": os.waitstatus_to_exitcode(status),
    }
    with open(report, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib would make this process bigger
        json.dump(found, file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
