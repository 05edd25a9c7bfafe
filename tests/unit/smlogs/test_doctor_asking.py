"""How `doctor` asks: side by side, back in time, and errors of servers turned into answers."""

from __future__ import annotations

import threading

import pytest

from kubectl_smlogs.doctor.asking import refusal
from kubectl_smlogs.doctor.crew import Deadline, Pending, side_by_side
from kubectl_smlogs.doctor.findings import ABSENT, DENIED, FAILED, SILENT, Refusal
from smkube.errors import KubeError


def test_who_says_nothing_is_not_waited_for() -> None:
    """What has no answer in time is told so; the others have theirs."""
    never = threading.Event()
    try:
        told = side_by_side({"quick": lambda: 1, "never": never.wait}, "the server", Deadline(0.05))
    finally:
        never.set()
    assert told["quick"] == 1
    assert told["never"] == Refusal(SILENT, "the server has not answered within 0 seconds")


def test_what_was_not_foreseen_is_raised() -> None:
    """A slip in the program is no finding."""

    def slip() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Pending(slip, "nobody").answer(Deadline(5))


def test_deadline() -> None:
    """Time passes, and never becomes negative."""
    times = iter([10.0, 11.0, 20.0])
    deadline = Deadline(3, lambda: next(times))
    assert (deadline.left, deadline.left) == (2.0, 0.0)


@pytest.mark.parametrize(
    ("status", "why"), [(401, DENIED), (403, DENIED), (404, ABSENT), (0, SILENT), (500, FAILED), (429, FAILED)]
)
def test_errors_of_the_server(status: int, why: str) -> None:
    """Each status has its meaning, and a missing right its name."""
    found = refusal(KubeError(status, "", "message"), "get pods")
    assert (found.why, found.text) == (why, "message")
    assert found.needs == ("get pods" if why == DENIED else "")
