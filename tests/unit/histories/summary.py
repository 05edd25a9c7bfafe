"""The figures of a run for people, and the line at the end of a test session that tells what was tried.

A pytest plug-in: the figures travel with the tests' reports, so that those of all workers come together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.unit.histories.play import Figures

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

PROPERTY = "histories"
"""Name of the property of a test's report."""


def packed(seeds: Sequence[int], figures: Figures) -> dict[str, Any]:
    """Figures in a form in which they can travel."""
    return {"seeds": list(seeds), "counts": dict(figures.counts), "calls": dict(figures.calls)}


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Tell how many histories were tried, and which."""
    found = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == PROPERTY and getattr(report, "when", "") == "call"
    ]
    seeds = sorted(seed for value in found for seed in value["seeds"])
    if not seeds:
        return
    counts: Counter[str] = Counter()
    for value in found:
        counts.update(value["counts"])
    told = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    terminalreporter.write_line(f"{len(seeds)} histories, seeds {ranges(seeds)}: {told}")


def ranges(numbers: Sequence[int]) -> str:
    """Numbers in order, written short: `0-4, 7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
