"""The shape of a kind's special part, and helpers its modules share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sagemaker_operator import facts
from sagemaker_operator.steps import Step
from smkube import kinds

Fields = dict[str, Any]


def failure_reason(description: Mapping[str, Any]) -> str:
    """Why a job failed, in SageMaker's words; empty while it did not."""
    return str(description.get("FailureReason") or "")


def _nothing(*_told: object) -> None:
    """For kinds that have nothing more to do."""


def _never(_facts: facts.Facts) -> bool:
    """For kinds that do nothing behind the end of their job."""
    return False


@dataclass(frozen=True, slots=True)
class Special:
    """What the one loop must be told about a kind.

    Args:
        refused_word: status word of an object whose request AWS refused (the original operator's word).
        changed_word: status word of an object whose spec was changed after its job was created; empty where the
            job's own word stays.
        prefixes: text before AWS's own in `additional`, by operation; the original operator's.
        fields: status fields that a description fills in, `None` for a field that is to go.
        secondary: the secondary status of a description or a summary, empty for kinds without.
        failed_job: whether `Failed` with this text in `additional` tells of a job that failed, in a status that the
            original operator left; it also wrote that word about errors of its own.
        explanation: what a description says about the outcome, for `additional`.
        further: once the status is true to a description: the next step of what else the kind does, None at the end.
        before_release: once the job is over or gone: the next step before the object may go, None at the end.
        unfinished: by the status there is something left for `further`, whatever the job's word is.
    """

    refused_word: str
    changed_word: str
    prefixes: Mapping[str, str]
    fields: Callable[[facts.Target, Mapping[str, Any]], Fields]
    secondary: Callable[[Mapping[str, Any]], str]
    failed_job: Callable[[str], bool]
    explanation: Callable[[Mapping[str, Any]], str] = failure_reason
    further: Callable[[facts.Facts, facts.Target, Mapping[str, Any]], Step | None] = _nothing
    before_release: Callable[[facts.Facts, facts.Target], Step | None] = _nothing
    unfinished: Callable[[facts.Facts], bool] = _never


def time_field(description: Mapping[str, Any], member: str) -> str | None:
    """A time of a description as Kubernetes writes it, or None when AWS gives none."""
    moment = description.get(member)
    return facts.rfc3339(moment) if isinstance(moment, datetime) else None


def log_url(kind: kinds.Kind, target: facts.Target) -> str:
    """Link to the job's log streams in the CloudWatch console (form kept from the original operator)."""
    domain = "console.amazonaws.cn" if target.region.startswith("cn-") else "console.aws.amazon.com"
    return (
        f"https://{target.region}.{domain}/cloudwatch/home?region={target.region}"
        f"#logStream:group={kind.log_group};prefix={target.name};streamFilter=typeLogStreamPrefix"
    )


def no_secondary(_description: Mapping[str, Any]) -> str:
    """For kinds without a secondary status."""
    return ""
