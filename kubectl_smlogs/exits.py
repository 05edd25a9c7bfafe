"""Exit codes, for scripts; the README's table tells users the same.

An enum would cost the start of `--help` two milliseconds; these are plain numbers.
"""

from __future__ import annotations

OK = 0
"""The log was shown; with --follow, the job was followed to its end and is Completed."""
ERROR = 1
"""Wrong usage, unusable configuration, or an error that has no code of its own."""
NOT_FOUND = 3
"""The object, its namespace or its kind does not exist, or without --follow there is no log yet."""
NO_PERMISSION = 4
"""Kubernetes or AWS refused: a right or valid credentials are missing."""
INCOMPLETE = 5
"""An error ended the output after it had begun; lines may be missing."""
UNSOUND = 6
"""With `doctor`: something is wrong with the installation, or with the object."""
JOB_FAILED = 10
"""With --follow: the job failed."""
JOB_STOPPED = 11
"""With --follow: the job was stopped, or its object was deleted."""
TIMED_OUT = 124
"""The time of --timeout or --wait was over (the code of coreutils' `timeout`)."""
INTERRUPTED = 130
"""Interrupted by Ctrl-C."""
BROKEN_PIPE = 141
"""Whoever read the output closed it."""
