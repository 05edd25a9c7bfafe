"""Which training jobs a tuning job has started: page by page, the oldest first. Pure.

The operation cannot be asked for what is new, but the order by creation time keeps new ones at the end: whoever shows
only the first hundred never reads further.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sagemaker_operator.facts import Absent, Answer, Facts, Found, Refusal, Target
from sagemaker_operator.steps import Ask
from smkube import kinds

OPERATION = "ListTrainingJobsForHyperParameterTuningJob"
PAGE = 100
"""Training jobs a page can hold (SageMaker API; the default is 10)."""
MOST_PAGES = 100
"""Pages that are read in one pass: as many training jobs as a tuning job can have (10,000)."""


@dataclass(frozen=True, slots=True)
class Child:
    """A training job that a tuning job has started."""

    name: str
    created: datetime

    @property
    def object_name(self) -> str:
        """Name of the object that shows it.

        SageMaker begins the name with that of the tuning job, which may have capitals; Kubernetes allows none. To
        SageMaker names that differ in that only are the same (SageMaker API: HyperParameterTuningJobName).
        """
        return self.name.lower()


def next_page(f: Facts, job: Target) -> Ask | None:
    """The call for the first page that was not read in this pass; None when there is none, or AWS refused one."""
    pages = _pages(f)
    if not pages:
        return _ask(job, 0, "")
    last = pages[-1]
    token = str(last.description.get("NextToken") or "") if isinstance(last, Found) else ""
    return _ask(job, len(pages), token) if token and len(pages) < MOST_PAGES else None


def children(f: Facts) -> list[Child]:
    """The training jobs on the pages read so far, each once, the oldest first."""
    found: dict[str, Child] = {}
    for page in _pages(f):
        if isinstance(page, Found):
            for summary in page.description.get("TrainingJobSummaries") or ():
                name, created = summary.get(kinds.TRAINING_JOB.api.name), summary.get("CreationTime")
                if name and isinstance(created, datetime):
                    found.setdefault(str(name), Child(str(name), created))
    return sorted(found.values(), key=lambda child: (child.created, child.name))


def refusal(f: Facts) -> Refusal | None:
    """AWS's no to one of the pages, if any."""
    return next((page for page in _pages(f) if isinstance(page, Refusal)), None)


def gone(f: Facts) -> bool:
    """AWS knows no such tuning job (any more)."""
    return any(isinstance(page, Absent) for page in _pages(f))


def _key(index: int) -> str:
    return f"children{index}"


def _pages(f: Facts) -> list[Answer]:
    pages: list[Answer] = []
    while (page := f.answers.get(_key(len(pages)))) is not None:
        pages.append(page)
    return pages


def _ask(job: Target, index: int, token: str) -> Ask:
    query: dict[str, Any] = {
        kinds.TUNING_JOB.api.name: job.name,
        "MaxResults": PAGE,
        "SortBy": "CreationTime",
        "SortOrder": "Ascending",
    }
    if token:
        query["NextToken"] = token
    return Ask(_key(index), job, OPERATION, query)
