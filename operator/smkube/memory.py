"""Keeps the process small where many threads receive large answers."""

from __future__ import annotations

import contextlib

_M_ARENA_MAX = -8
"""glibc's malloc.h: the number of arenas, one for a few threads each by default."""


def share_one_arena() -> None:
    """Have all threads take memory from the same place.

    By default glibc gives threads arenas of their own, each of which keeps what was freed in it: with a dozen threads
    that is a third of the memory of reading a long log. Other C libraries have no such call, and no need for it.
    """
    import ctypes  # noqa: PLC0415 - takes milliseconds, and most commands do without

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
