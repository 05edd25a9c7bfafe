"""Exit codes, for scripts.

An enum would cost the start of `--help` two milliseconds; these are plain numbers with a table of meanings.
"""

from __future__ import annotations

OK = 0
ERROR = 1
NOT_FOUND = 3
NO_PERMISSION = 4
INCOMPLETE = 5
JOB_FAILED = 10
JOB_STOPPED = 11
INTERRUPTED = 130
BROKEN_PIPE = 141

MEANINGS = {
    OK: "the log was shown; with --follow, the job was followed to its end and is Completed",
    ERROR: "wrong usage, unusable configuration, or an error that has no code of its own",
    NOT_FOUND: "the object, its namespace or its kind does not exist, or without --follow there is no log yet",
    NO_PERMISSION: "Kubernetes or AWS refused: a right or valid credentials are missing",
    INCOMPLETE: "an error ended the output after it had begun; lines may be missing",
    JOB_FAILED: "with --follow: the job failed",
    JOB_STOPPED: "with --follow: the job was stopped, or its object was deleted",
    INTERRUPTED: "interrupted by Ctrl-C",
    BROKEN_PIPE: "whoever read the output closed it",
}
"""What each code means; the documentation's table is made from this one."""
