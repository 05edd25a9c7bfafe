"""What is said about a job that failed."""

from __future__ import annotations

import pytest

from kubectl_smlogs import postmortem, tracebacks
from kubectl_smlogs.memory import REMEMBERED, Memory
from kubectl_smlogs.options import Showing
from smkube.logs.model import Event
from tests.unit.smlogs.samples import BEGAN, ORIGIN, SCREEN, Shown, Status, event

_TRACEBACK = """Traceback (most recent call last):
  File "/opt/ml/code/train.py", line {line}, in <module>
    main()
ValueError: rank {rank} has no data at 0x7f{rank}a"""
_FAILED = Status(outcome="Failed", reason="AlgorithmError: ExecuteUserScriptError:\nExitCode 1")


def _memory(*events: Event) -> Memory:
    memory = Memory()
    memory.note(events)
    return memory


def _first(*events: Event) -> str:
    found = postmortem.first_to_fail(_memory(*events).rings)
    return "" if found is None else f"{found.stream.partition('/')[2].rpartition('-')[0]}: {found.line}"


def test_first_to_fail_is_the_earliest() -> None:
    """The host whose exception is the oldest is named, with the exception."""
    assert _first(
        event("fine", 0, "algo-3"),
        event(_TRACEBACK.format(line=3, rank=1), 20, "algo-1"),
        event(_TRACEBACK.format(line=3, rank=2), 10, "algo-2"),
    ) == ("algo-2: ValueError: rank 2 has no data at 0x7f2a")


@pytest.mark.parametrize(
    "line",
    [
        "Traceback (most recent call last):",
        "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB",
        "Killed",
        "Segmentation fault (core dumped)",
        "process 3 exited with code 137",
        "ExitCode 1",
        "sagemaker_training.errors.ExecuteUserScriptError:",
        "Signal: SIGSEGV",
        "KeyError",
    ],
)
def test_strong_evidence_counts_first(line: str) -> None:
    """What ends a process counts before what is merely called an error, even if that came first."""
    assert _first(event("ERROR: retrying", 0, "algo-1"), event(line, 5, "algo-2")) == f"algo-2: {line}"


@pytest.mark.parametrize("line", ["all good", "exit code 0", "exited with code: 0", "0 errors", "no Errors here: fine"])
def test_no_evidence(line: str) -> None:
    """Lines about success are no evidence."""
    assert _first(event(line)) == ""


def test_weak_and_old_evidence() -> None:
    """Without anything better an error line will do, unless it is long past."""
    assert _first(event("[ERROR] bad"), event("x", 1000)) == "algo-1: [ERROR] bad"
    assert _first(event("[ERROR] bad"), event("x", postmortem.RECENT + 1)) == ""
    assert _first() == ""


def test_memory_is_bounded() -> None:
    """Only the last lines of a host are kept, not whole giants, and not every host of a long life."""
    memory = _memory(*[event("x" * 10_000, number) for number in range(1000)])
    (ring,) = memory.rings.values()
    assert len(ring) == REMEMBERED
    assert {len(one.message) for one in ring} == {8192}
    assert ring[-1].timestamp == BEGAN + 999
    memory.note(event("y", 0, f"i-{number}") for number in range(3000))
    assert len(memory.rings) == 1000


def test_tracebacks_of_ranks_and_hosts_are_one() -> None:
    """The same traceback on every rank, line by line and with the launcher's prefix, is found once."""
    events = [
        event(f"[rank{rank}]: {line}", number, f"algo-{host}")
        for number, line in enumerate(_TRACEBACK.split("\n"))
        for host in (1, 2)
        for rank in (0, 1)
        for line in [line.format(line=7, rank=rank)]
    ]
    shared = postmortem.shared_tracebacks(_memory(*events).rings)
    assert [(len(one.streams), one.times) for one in shared] == [(2, 4)]
    assert shared[0].traceback.lines == _TRACEBACK.format(line=7, rank=0).split("\n")


def test_chained_tracebacks_are_one() -> None:
    """An exception while another was handled belongs to the same traceback; what follows does not."""
    lines = [
        *_TRACEBACK.split("\n"),
        "",
        "During handling of the above exception, another exception occurred:",
        "",
        *_TRACEBACK.split("\n"),
        "next line",
        "Traceback (most recent call last):",
        "  cut off",
    ]
    found = tracebacks.found(enumerate(lines))
    assert [(one.at, len(one.lines)) for one in found] == [(0, 11), (12, 2)]
    assert found[0].exception.startswith("ValueError")
    assert found[1].exception == ""


def test_long_tracebacks_are_bounded() -> None:
    """A recursion of a thousand lines is not kept whole."""
    lines = ["Traceback (most recent call last):", *["  again"] * 1000, "RecursionError"]
    (found,) = tracebacks.found(enumerate(lines))
    assert len(found.lines) == 400


def test_whole_report() -> None:
    """Reason, first host, its last lines without running bars, and the traceback with its number of hosts."""
    shown = Shown(where=SCREEN)
    shown.show(
        event("hello \x1b[31mred\x1b[0m"),
        event("#015 1%", 1),
        event("#015 2%", 2),
        *[event(_TRACEBACK.format(line=3, rank=host), 20 - host, f"algo-{host}") for host in (1, 2)],
        event("evil \x1b]0;x", 21, "algo-2"),
    )
    shown.presenter.finish()
    shown.presenter.postmortem(ORIGIN, _FAILED)
    assert (
        shown.error
        == """-- TrainingJob "train" in namespace "ns": Failed --
Reason: AlgorithmError: ExecuteUserScriptError: ExitCode 1
First to fail: algo-2 at 23:41:13.467: ValueError: rank 2 has no data at 0x7f2a
Its last lines:
  | 23:41:13.470 evil \\x1b]0;x
Traceback of algo-2 and others, the same (x2 hosts):
  | Traceback (most recent call last):
  |   File "/opt/ml/code/train.py", line 3, in <module>
  |     main()
  | ValueError: rank 2 has no data at 0x7f2a
"""
    )


def test_report_without_lines() -> None:
    """A job that failed before its first line has its reason told and nothing made up."""
    shown = Shown()
    shown.presenter.postmortem(ORIGIN, _FAILED)
    assert shown.error == (
        '-- TrainingJob "train" in namespace "ns": Failed --\n'
        "Reason: AlgorithmError: ExecuteUserScriptError: ExitCode 1\n"
    )


def test_many_different_and_long_tracebacks() -> None:
    """Of many different tracebacks the first are shown, and of long ones both ends."""
    long = "\n".join(["Traceback (most recent call last):", *[f"  frame {'x' * n}" for n in range(50)], "E: last"])
    shown = Shown()
    shown.show(*[event(long.replace("frame", name), after) for after, name in enumerate(["a", "b", "c", "d", "e"])])
    shown.presenter.postmortem(ORIGIN, _FAILED)
    report = shown.error
    assert report.count("Traceback of algo-1:") == 3
    assert "  | ... 22 lines ...\n" in report
    assert report.endswith("... and 2 other tracebacks.\n")


def test_filtered_lines_are_evidence_too() -> None:
    """What the user's expressions hide is still looked at."""
    import re

    shown = Shown(Showing(include=(re.compile("loss"),)))
    shown.show(event("KeyError: 1"))
    shown.presenter.postmortem(ORIGIN, _FAILED)
    assert "First to fail: algo-1" in shown.error
