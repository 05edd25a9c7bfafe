"""Findings as text: a mark, the check, what was found, and on a line below how to mend it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kubectl_smlogs import safe
from kubectl_smlogs.color import painted
from kubectl_smlogs.doctor.findings import FAIL, OK, SKIP, WARN, Finding, counts

_COLORS = {OK: "\x1b[32m", WARN: "\x1b[33m", FAIL: "\x1b[1;31m", SKIP: "\x1b[2m"}
_MARK, _CHECK = 4, 15
"""Columns of the mark and of the name of the check."""
_WORDS: Mapping[str, tuple[str, str]] = {
    OK: ("ok", "ok"),
    WARN: ("warning", "warnings"),
    FAIL: ("failure", "failures"),
    SKIP: ("skipped", "skipped"),
}


def lines(findings: Iterable[Finding], *, colored: bool) -> str:
    """Findings, a line each, and a line more for each that can be mended."""
    return "".join(_lines(one, colored=colored) for one in findings)


def _lines(finding: Finding, *, colored: bool) -> str:
    mark = painted(f"{finding.outcome:<{_MARK}}", _COLORS[finding.outcome] if colored else "")
    line = f"{mark}  {finding.check:<{_CHECK}} {safe.line(finding.found)}\n"
    return f"{line}      fix: {safe.line(finding.fix)}\n" if finding.fix else line


def summary(findings: Sequence[Finding]) -> str:
    """How many there are of each outcome, in one line."""
    numbers = counts(findings)
    said = [f"{number} {_WORDS[outcome][number != 1]}" for outcome, number in numbers.items() if number]
    return f"{len(findings)} checks: {', '.join(said)}.\n"
