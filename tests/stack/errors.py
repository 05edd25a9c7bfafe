"""What the stack reports on purpose."""

from __future__ import annotations


class StackError(Exception):
    """A step is not as it should be; the text says which, why, and what to do."""
