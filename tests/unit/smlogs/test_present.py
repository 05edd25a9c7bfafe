"""What is shown besides lines: dividers, hints, progress, receipt, limits."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from itertools import count

import pytest

from kubectl_smlogs import dividers, progress, receipt
from kubectl_smlogs.limit import LimitReached
from kubectl_smlogs.options import Showing
from kubectl_smlogs.origin import Origin
from kubectl_smlogs.terminal import Terminal
from smkube.logs.receipt import Receipt
from tests.unit.smlogs.samples import ORIGIN, SCREEN, Shown, Status, event

_DOWNLOADING, _TRAINING = Status("InProgress", "Downloading"), Status("InProgress", "Training")
_LINE = len("job/algo-1-1574811611 2019-11-26 23:41:13.449 +0000 UTC xxx\n")


def test_expressions_choose_lines() -> None:
    """Only lines that are asked for are shown and counted, and the receipt tells both numbers."""
    shown = Shown(Showing(include=(re.compile("a"),), exclude=(re.compile("b"),)))
    assert [line[-2:] for line in shown.show(event("xa"), event("ab"), event("xx")).splitlines()] == ["xa"]
    assert shown.show(event("none")) == ""
    shown.presenter.receipt(Receipt(lines=4, hosts=1))
    assert shown.error == "1 of 4 lines of 1 host, none late, no gaps\n"


@pytest.mark.parametrize(
    ("total", "why", "text"),
    [
        (Receipt(1234, 2, 3, 0), "", "1,234 lines of 2 hosts, 3 late, no gaps"),
        (Receipt(1, 1, 0, 1), "", "1 line of 1 host, none late, 1 gap"),
        (Receipt(), "", "0 lines of 0 hosts"),
        (Receipt(gaps=2), "", "0 lines of 0 hosts, 2 gaps"),
        (
            Receipt(5, 1, complete=False),
            "",
            "5 lines of 1 host, none late, no gaps; incomplete: the log was not read to its end",
        ),
        (
            Receipt(5, 1, complete=False),
            "interrupted",
            "5 lines of 1 host, none late, no gaps; incomplete: interrupted",
        ),
    ],
)
def test_receipts(total: Receipt, why: str, text: str) -> None:
    """The receipt is one line that says how much there was and whether it is all."""
    assert receipt.text(total, why=why) == text


def test_quiet() -> None:
    """With -q standard error stays empty and standard output has lines only."""
    shown = Shown(Showing(quiet=True), SCREEN)
    presenter = shown.presenter
    presenter.waiting(ORIGIN, "Waiting.")
    presenter.change(ORIGIN, _DOWNLOADING, _TRAINING, 0.0)
    presenter.progress(0.5, 10)
    presenter.receipt(Receipt(1, 1))
    presenter.postmortem(ORIGIN, Status(outcome="Failed", reason="x"))
    presenter.finish()
    presenter.close(complete=True)
    assert (shown.out, shown.error) == ("", "")


def test_dividers_on_a_terminal() -> None:
    """A change of status stands between the lines, with how long the last status lasted once that is known."""
    shown = Shown(where=SCREEN)
    shown.presenter.change(ORIGIN, Status("InProgress", "Starting"), _DOWNLOADING, 100.0)
    shown.presenter.change(ORIGIN, _DOWNLOADING, _DOWNLOADING, 120.0)
    shown.presenter.change(ORIGIN, _DOWNLOADING, _TRAINING, 172.0)
    assert shown.out == "-- Starting -> Downloading --\n-- Downloading -> Training after 1m 12s --\n"
    assert shown.error == ""


def test_dividers_elsewhere() -> None:
    """Formats for programs gain no lines: dividers go to standard error, and only if that is a terminal."""
    for showing, where, error in (
        (Showing(), Terminal(stderr=True), "-- Downloading -> Training --\n"),
        (Showing(output="json"), SCREEN, "-- Downloading -> Training --\n"),
        (Showing(), Terminal(), ""),
        (Showing(output="default"), Terminal(), ""),
    ):
        shown = Shown(showing, where)
        shown.presenter.change(ORIGIN, _DOWNLOADING, _TRAINING, 0.0)
        assert (shown.out, shown.error) == ("", error)


def test_divider_texts() -> None:
    """The secondary status is told where there is one; foreign text is made safe; no change is no line."""
    assert (
        dividers.text(Status("InProgress"), Status("Completed"), 5, name="x")
        == "-- x: InProgress -> Completed after 5s --"
    )
    assert dividers.text(Status(), Status("In\x1bProgress"), 5) == "-- In\\x1bProgress --"
    assert dividers.text(_TRAINING, _TRAINING, 5) == ""
    assert dividers.text(_TRAINING, Status(), 5) == ""
    assert dividers.text(_TRAINING, Status("Failed", "Failed"), None) == "-- Training -> Failed --"


def test_waiting_on_a_terminal() -> None:
    """A hint is rewritten with the time it takes, and gone with the first line."""
    seconds = count(0, 5)
    shown = Shown(where=SCREEN, clock=lambda: float(next(seconds)))
    shown.presenter.waiting(ORIGIN, "Waiting for a job.")
    shown.presenter.waiting(ORIGIN, "Waiting for a job.")
    assert shown.error == "\r\x1b[KWaiting for a job.\r\x1b[KWaiting for a job. (5s)"
    assert shown.show(event("x")) == "algo-1 23:41:13.449 x\n"
    assert shown.error.endswith("(5s)\r\x1b[K")


def test_long_hints_keep_their_time() -> None:
    """On a narrow terminal the sentence is cut, not the time."""
    seconds = count(0, 75)
    shown = Shown(where=replace(SCREEN, width=20), clock=lambda: float(next(seconds)))
    for _ in range(2):
        shown.presenter.waiting(ORIGIN, "Waiting for a job that has a long name.")
    assert shown.error.endswith("\r\x1b[KWaiting f… (1m 15s)")


def test_waiting_elsewhere() -> None:
    """Without a terminal each hint is one line."""
    shown = Shown()
    for text in ("Waiting for a job.", "Waiting for a job.", "Waiting for lines."):
        shown.presenter.waiting(ORIGIN, text)
    assert shown.error == "Waiting for a job.\nWaiting for lines.\n"


def test_progress() -> None:
    """Progress is shown on a terminal once reading takes long, now and then."""
    seconds = iter([0.0, 0.5, 3.0, 3.1, 4.0])
    shown = Shown(where=SCREEN, clock=lambda: next(seconds))
    for done in (0.1, 0.25, 0.3, 0.5):
        shown.presenter.progress(done, 1_000_000)
    assert shown.error == (
        "\r\x1b[KReading the log: 25 %, 1,000,000 lines, about 9s left"
        "\r\x1b[KReading the log: 50 %, 1,000,000 lines, about 4s left"
    )
    shown.presenter.finish()
    assert shown.error.endswith("left\r\x1b[K")
    piped = Shown()
    piped.presenter.progress(0.5, 10)
    assert piped.error == ""


def test_progress_without_figures() -> None:
    """Nothing is promised before there is anything to go by."""
    estimate = progress.Estimate(0.0)
    assert estimate.text(0.0, 0, 10.0) == "Reading the log: 0 %, 0 lines"
    assert estimate.text(1.5, 7, 20.0) == "Reading the log: 100 %, 7 lines, about 0s left"


@pytest.mark.parametrize(
    ("room", "lines"), [(0, 0), (_LINE - 1, 0), (_LINE, 1), (_LINE + 1, 1), (2 * _LINE, 2), (3 * _LINE - 1, 2)]
)
def test_limit(room: int, lines: int) -> None:
    """As many whole lines as fit are shown, whether they come at once or one by one."""
    at_once = Shown(limit_bytes=room)
    with pytest.raises(LimitReached):
        at_once.show(*[event("xxx")] * 3)
    one_by_one = Shown(limit_bytes=room)
    for _ in range(lines - 1):
        one_by_one.show(event("xxx"))
    if room % _LINE or not room:
        if lines:
            one_by_one.show(event("xxx"))
        with pytest.raises(LimitReached):
            one_by_one.show(event("xxx"))
    else:
        with pytest.raises(LimitReached):
            one_by_one.show(event("xxx"))
    assert at_once.out == one_by_one.out
    assert at_once.out.count("\n") == lines
    assert len(at_once.out) <= room


def test_limit_that_is_not_reached() -> None:
    """What fits is shown, and nothing is raised."""
    assert len(Shown(limit_bytes=2 * _LINE).show(event("xxx"))) == _LINE


def test_what_was_waited_for_does_not_come_back() -> None:
    """A live line is taken away when the command ends."""
    shown = Shown(where=replace(SCREEN, stdout=False))
    shown.presenter.waiting(ORIGIN, "Waiting.")
    shown.presenter.close(complete=True)
    assert shown.error == "\r\x1b[KWaiting.\r\x1b[K"


def test_several_jobs_at_once() -> None:
    """Threads that show different jobs, say things and show bars at the same time keep every line whole, each once."""
    shown = Shown(where=SCREEN, many=True)
    origins = [replace(ORIGIN, name=f"train-{number}", job=f"job-{number}") for number in range(4)]

    def show(origin: Origin) -> None:
        for number in range(100):
            line = event(f"line {number} of {origin.name}", number, job=origin.job)
            shown.presenter.events(origin, [event(f"#015 {number % 99}%", number, job=origin.job), line])
            shown.messages.notice(f"notice {number}")

    threads = [threading.Thread(target=show, args=(origin,)) for origin in origins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shown.presenter.finish()
    lines = re.sub("\r\x1b\\[K", "", shown.out).splitlines()
    for origin in origins:
        own = [line.partition(" line ")[2] for line in lines if line.endswith(f" of {origin.name}")]
        assert own == [f"{number} of {origin.name}" for number in range(100)]
    assert shown.error.count("\n") == 400
