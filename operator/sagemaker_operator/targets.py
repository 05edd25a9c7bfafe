"""What an object stands for at AWS: by its name, region and endpoint. Pure."""

from __future__ import annotations

import re

from sagemaker_operator.facts import Facts, Target
from smkube import names

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
"""A job's name (SageMaker API: TrainingJobName)."""


def wanted(f: Facts) -> Target:
    """What the spec asks for."""
    name = f.spec.get(f.kind.spec_name) or _noted_name(f) or generated_name(f)
    return Target(str(name), str(f.spec.get("region", "")), str(f.spec.get("sageMakerEndpoint") or ""))


def _noted_name(f: Facts) -> str:
    """The name in the status, unless it can be none: others may write statuses too, and it may go into the spec."""
    name = str(f.status.get(f.kind.status_name) or "")
    if f.kind.writes_name and not _NAME.fullmatch(name):
        return ""
    return name if len(name) <= f.kind.name_limit else ""


def known(f: Facts) -> Target | None:
    """What the object stands for, as far as that can be known: the intent, or what the original left behind."""
    job = f.intent or (wanted(f) if f.word else None)
    # Without a region nothing can ever have been created.
    return job if job is not None and job.region else None


def generated_name(f: Facts) -> str:
    """The name for an object that chooses none."""
    return names.sagemaker_safe(names.generated(f.name, f.uid, f.kind.name_limit))


def is_own_by_name(f: Facts, job: Target) -> bool:
    """The name holds the object's UID: nobody else can have made what is called so."""
    return names.uid_hex(f.uid) in job.name


def doubt(f: Facts) -> float:
    """Seconds for which "no such thing" cannot be believed yet, since a Create was sent a short while ago."""
    if f.clean and not f.confirmed:
        return 0.0
    # What this process remembers goes by a clock that nobody sets; a note may be of another machine's clock.
    sent = f.attempted or f.announced
    if sent is None:
        return 0.0
    return max(0.0, f.consistency_window - max(0.0, (f.now - sent).total_seconds()))
