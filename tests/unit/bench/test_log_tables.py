"""What the log benchmark says about its figures."""

from __future__ import annotations

import math

from tests.bench.logs import quotas, table
from tests.bench.logs.columns import PAGE_EVENTS
from tests.bench.logs.following import Follow
from tests.bench.logs.runs import Run, median
from tests.bench.logs.script import Tally

_WHOLE = Tally(lines=100, lost=0, doubled=0, damaged=0, disorder=0)


def a_run(wall: float, tally: Tally = _WHOLE, code: int = 0) -> Run:
    """A run that took so long."""
    return Run(wall=wall, cpu=wall / 2, peak=50.0, code=code, tally=tally, requests={"GetLogEvents": 3})


def test_a_run_that_lost_a_line_is_named_below_the_table() -> None:
    """A tool that did not get to the end is compared, and what is missing is said."""
    short = a_run(8.0, Tally(lines=60, lost=40, doubled=0, damaged=0, disorder=0), code=-9)

    text = table.history({"ours": a_run(2.0), "other": short}, 100)

    assert "| other | 4.00 s | 8.00 s | 50 MB | 3 GetLogEvents | 40 | 0 | 4.0 |" in text
    assert text.endswith("other ended with exit code -9 after 8 s, 60 of 100 lines.\n")


def test_the_worst_output_counts_among_several_runs() -> None:
    """Figures are medians, but a line lost once is a line lost."""
    lossy = Tally(lines=99, lost=1, doubled=0, damaged=0, disorder=0)

    found = median([a_run(1.0), a_run(9.0, lossy), a_run(2.0)])

    assert (found.wall, found.tally) == (2.0, lossy)


def test_refused_requests_stand_beside_the_answered_ones() -> None:
    """A throttled request is no answer, but it was sent."""
    counts = {"GetLogEvents": 5, "FilterLogEvents": 2, "GetLogEvents ThrottlingException": 3}

    assert table.requests(counts) == "2 FilterLogEvents, 5 GetLogEvents (+3 refused)"


def test_what_any_reader_needs_follows_from_the_regions_quotas() -> None:
    """Two looks, then pages at both quotas, of which a second's worth passes at once."""
    slow, fast = quotas.of_region("eu-central-1"), quotas.of_region("us-east-1")

    assert slow.least(30 * PAGE_EVENTS, 0.05) == 0.1 + 1.0
    assert fast.least(30 * PAGE_EVENTS, 0.05) == 0.1


def test_a_tool_that_showed_nothing_has_no_finite_delay() -> None:
    """Such a row must not look like a fast tool's."""
    silent = Follow("x", math.nan, (), Tally(0, 100, 0, 0, 0), 1, 0.0, {})

    assert "| x | ended | inf s | inf s | inf s | 100 | 0 |" in table.following([silent])
