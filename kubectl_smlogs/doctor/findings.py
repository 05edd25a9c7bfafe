"""What a check has found, and why something could not be looked at. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

OK, WARN, FAIL, SKIP = "ok", "warn", "fail", "skip"
OUTCOMES = (OK, WARN, FAIL, SKIP)
"""As it should be; may be meant so; is wrong; could not be looked at."""

DENIED, ABSENT, SILENT, FAILED = "denied", "absent", "silent", "failed"
"""Why there is no answer: a right is missing, there is no such thing, nobody answered, or anything else."""

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the result.

    Attributes:
        check: which check; stable, for scripts.
        outcome: one of OUTCOMES.
        found: what was found, one sentence.
        fix: how to mend it, a command where there is one; may be empty.
    """

    check: str
    outcome: str
    found: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """In place of an answer.

    Attributes:
        why: DENIED, ABSENT, SILENT or FAILED.
        text: what was said, one line.
        needs: the right that is missing, where one is: `list deployments.apps in all namespaces`, `iam:GetRole`.
    """

    why: str
    text: str
    needs: str = ""


Answer: TypeAlias = _Value | Refusal
"""What was asked for, or why there is none."""


def unknown(check: str, refusal: Refusal) -> Finding:
    """A check that cannot be made, because what it is about could not be read."""
    if refusal.why == DENIED:
        return Finding(check, SKIP, f"cannot be checked, needs {refusal.needs}")
    if refusal.why == SILENT:
        return Finding(check, SKIP, f"cannot be checked: {refusal.text}")
    return Finding(check, SKIP, f"cannot be checked, because of an error: {refusal.text}")


def skipped(check: str, because: str) -> Finding:
    """A check that another one stands in the way of."""
    return Finding(check, SKIP, f"skipped, because {because}")


def troubles(findings: Iterable[Finding]) -> list[Finding]:
    """Those that are not as they should be."""
    return [one for one in findings if one.outcome in (WARN, FAIL)]


def counts(findings: Sequence[Finding]) -> dict[str, int]:
    """How many there are of each outcome."""
    return {outcome: sum(one.outcome == outcome for one in findings) for outcome in OUTCOMES}


def document(findings: Sequence[Finding], shown: Sequence[Finding]) -> dict[str, Any]:
    """All of it for scripts.

    Args:
        findings: of all checks.
        shown: those to be listed.
    """
    listed = [{"check": one.check, "outcome": one.outcome, "found": one.found, "fix": one.fix} for one in shown]
    return {"summary": counts(findings), "checks": listed}
