"""Waiting for a condition, with a limit: the only place of the stack that sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from tests.stack.errors import StackError

T = TypeVar("T")


def until(look: Callable[[], T | None], what: str, *, seconds: float = 30.0, pause: float = 0.1) -> T:
    """Look until there is something to see.

    Args:
        look: returns what is waited for, or None; may raise StackError to give up at once.
        what: what is waited for, for the error.
        seconds: limit.
        pause: seconds between looks.

    Raises:
        StackError: it did not come in time.
    """
    give_up = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > give_up:
            raise StackError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(pause)
