"""Asks many things side by side, and is back in time: what has no answer by then counts as without one.

Threads are daemons: one that waits for a server that says nothing is left behind when the process ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

from kubectl_smlogs.doctor.findings import SILENT, Answer, Refusal

_AT_ONCE = 8

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Deadline:
    """A time by which to be back.

    Args:
        seconds: from now on.
        clock: monotonic seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds = seconds
        self._end = clock() + seconds

    @property
    def left(self) -> float:
        """Seconds until then, never less than 0."""
        return max(0.0, self._end - self._clock())

    def silence(self, whom: str) -> Refusal:
        """What to say of somebody who has not answered by then."""
        return Refusal(SILENT, f"{whom} has not answered within {self._seconds:.0f} seconds")


class Pending(Generic[_Value]):
    """An answer that is on its way.

    Args:
        ask: gets it, in a thread of its own.
        whom: is asked, for whoever waits in vain.
        gate: limits how many ask at the same time.
    """

    def __init__(self, ask: Callable[[], _Value], whom: str, gate: threading.Semaphore | None = None) -> None:
        self._whom = whom
        self._gate = gate
        self._value: list[_Value] = []
        self._error: BaseException | None = None
        self._done = threading.Event()
        threading.Thread(target=self._run, args=(ask,), name=f"doctor-{whom}", daemon=True).start()

    def answer(self, deadline: Deadline) -> Answer[_Value]:
        """The answer, or that there was none in time.

        Raises:
            Exception: what went wrong in the thread, if it was not foreseen there.
        """
        if not self._done.wait(deadline.left):
            return deadline.silence(self._whom)
        if self._error is not None:
            raise self._error
        return self._value[0]

    def _run(self, ask: Callable[[], _Value]) -> None:
        try:
            if self._gate is None:
                self._value.append(ask())
            else:
                with self._gate:
                    self._value.append(ask())
        except Exception as error:  # noqa: BLE001 - raised again by whoever waits for the answer
            self._error = error
        finally:
            self._done.set()


def side_by_side(
    asks: Mapping[_Key, Callable[[], Answer[_Value]]], whom: str, deadline: Deadline
) -> dict[_Key, Answer[_Value]]:
    """The answers to several questions, some at a time.

    Args:
        asks: by a key of the caller's.
        whom: is asked.
        deadline: what is not answered by then is refused.
    """
    gate = threading.Semaphore(_AT_ONCE)
    pending = {key: Pending(ask, whom, gate) for key, ask in asks.items()}
    return {key: one.answer(deadline) for key, one in pending.items()}
