"""Which part of a log is meant: training jobs of a tuning job (`--children`), a variant of an endpoint (`--variant`).

Training jobs are named by SageMaker after their tuning job, `<tuning job>-<number>-<8 hex digits>`, so most choices
need no look anywhere. Which ones failed, the cluster's TrainingJob objects tell; those that have none (a spawn limit,
an opt-out, ACK), SageMaker does.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_smlogs import exits
from kubectl_smlogs.awsfailures import of_sagemaker
from kubectl_smlogs.failures import Failure
from kubectl_smlogs.finding import get, listed
from kubectl_smlogs.resources import ENDPOINT, GROUP, TRAINING_JOB, TUNING
from kubectl_smlogs.target import FAILED, TRIAL, Part, Target, beginning
from smkube.aws import errors
from smkube.aws.errors import Cause
from smkube.errors import AwsError, KubeError
from smkube.logs.retry import backoff

if TYPE_CHECKING:
    from kubectl_smlogs.options import Where
    from smkube.kube.client import Client

OPERATION = "ListTrainingJobsForHyperParameterTuningJob"
LABEL = f"{GROUP}/tuning-job"
"""Label of the objects of a tuning job's training jobs: the name of its object, as far as a label can hold it."""
_LABEL_LIMIT = 63
_PAGE = 100
_MOST_PAGES = 200
"""A tuning job has at most 10,000 training jobs (SageMaker quotas), and a filtered page may be empty."""
_ATTEMPTS = 5

Post = Callable[[str, bytes], bytes]
"""`smkube.aws.wire.Wire.post` of a wire to SageMaker."""


@dataclass(frozen=True, slots=True)
class Means:
    """Whom to ask.

    Attributes:
        client: the API server.
        sagemaker: makes a way to SageMaker in a region; called only if it is needed.
        notice: tells the user something.
        pause: waits so many seconds.
        profile: the AWS profile, for hints.
    """

    client: Client
    sagemaker: Callable[[str], Post]
    notice: Callable[[str], None]
    pause: Callable[[float], None] = time.sleep
    profile: str = ""


def part(target: Target, where: Where, means: Means, *, region: str = "") -> Part:
    """Which part of the target's log is meant.

    Args:
        target: with its SageMaker name known.
        where: `children` and `variant`.
        means: whom to ask.
        region: where to ask SageMaker instead of in the object's region.

    Raises:
        Failure: there is no such part, or it cannot be found out.
    """
    if target.resource.sort == ENDPOINT and where.variant:
        return variant(target, where.variant)
    if target.resource.sort != TUNING or where.children in ("", "all"):
        return target.whole()
    chosen: list[Part] = []
    for word in where.children.split(","):
        chosen += _chosen(target, word.strip(), means, region or target.region)
    return union(chosen)


def variant(target: Target, name: str) -> Part:
    """The log streams of a production variant.

    Raises:
        Failure: the endpoint is known not to have it.
    """
    names = [one.name for one in target.variants]
    if names and name not in names:
        raise Failure(
            f'{target.title} has no variant "{name}"; it has {", ".join(names)}.',
            exits.NOT_FOUND,
        )
    return Part(f"{name}/")


def union(parts: Sequence[Part]) -> Part:
    """Several parts as one: what their prefixes share, and any of their owners."""
    if len(set(parts)) == 1:
        return parts[0]
    return Part(beginning(one.prefix for one in parts).partition("/")[0], "|".join(dict.fromkeys(map(_owner, parts))))


def named(job: str) -> Part:
    """The log streams of one training job."""
    return Part(f"{job}/")


def numbered(tuning_job: str, number: int) -> Part:
    """The log streams of a tuning job's training job of a number, from 1 on."""
    prefix = f"{tuning_job}-{number:03d}-"
    return Part(prefix, f"{re.escape(prefix)}[0-9a-f]{{8}}")


def own_name(tuning_job: str, word: str) -> str:
    """The SageMaker name that a word is, in SageMaker's own capitals; empty if it is none of this tuning job's.

    Objects are named like their training jobs, but in lower case, because Kubernetes has no other.
    """
    if re.fullmatch(re.escape(tuning_job) + TRIAL, word, re.IGNORECASE) is None:
        return ""
    return tuning_job + word[len(tuning_job) :].lower()


def _owner(one: Part) -> str:
    return one.owner or re.escape(one.prefix.rstrip("/"))


def _chosen(target: Target, word: str, means: Means, region: str) -> list[Part]:
    if word == "all":
        return [target.whole()]
    if word == "best":
        return [_best(target)]
    if word == "failed":
        return [named(job) for job in failed(target, means, region)]
    if word.isascii() and word.isdecimal() and int(word) > 0:
        return [numbered(target.job, int(word))]
    name = own_name(target.job, word)
    return [named(name or _of_object(target, word, means.client))]


def _best(target: Target) -> Part:
    if target.best:
        return named(target.best)
    raise Failure(
        f"{target.title} has no best training job yet, {target.state()}. Use --children all, or try again later.",
        exits.NOT_FOUND,
    )


def _of_object(target: Target, word: str, client: Client) -> str:
    """The training job of a TrainingJob object with a name of its own."""
    try:
        found = get(client, TRAINING_JOB, target.namespace, word)
    except KubeError as error:
        if not error.not_found and error.status != 403:
            raise
    else:
        name = own_name(target.job, found.job)
        if name:
            return name
    raise Failure(
        f'{target.title} has no training job "{word}". Write all, best, failed, the number of one (such as 003), '
        f"or its name (such as {target.job}-003-1a2b3c4d); `kubectl get TrainingJob -n {target.namespace} "
        f"-l {LABEL}={_label(target)}` lists those that have objects.",
        exits.NOT_FOUND,
    )


# --- those that failed -------------------------------------------------------------------------------------------


def failed(target: Target, means: Means, region: str) -> list[str]:
    """SageMaker names of the training jobs that have failed so far.

    Raises:
        Failure: none has, or it cannot be found out.
    """
    counted = dict(target.counters)
    expected = counted.get("totalError", counted.get("nonRetryableError", 0) + counted.get("retryableError", 0))
    known: list[str] = []
    # Objects of the original operator have no label.
    for selector in (f"{LABEL}={_label(target)}", "") if target.resource.ours else ():
        if not counted or len(known) < expected:
            known = _failed_objects(target, means.client, selector)
    if not counted or len(known) < expected:
        known = _completed(target, known, means, region)
    if known:
        return known
    raise Failure(
        f"No training job of {target.title} has failed so far, {target.state()}.",
        exits.NOT_FOUND,
    )


def _completed(target: Target, known: list[str], means: Means, region: str) -> list[str]:
    """Those that the cluster knows with those that only SageMaker does."""
    try:
        listed_there = list(_listed_by_sagemaker(target.job, means, region))
    except AwsError as error:
        failure = of_sagemaker(error, what=f'tuning job "{target.job}"', region=region, profile=means.profile)
        if not known:
            raise failure from error
        means.notice(f"There may be more failed training jobs than the {len(known)} with objects: {failure.text}")
        return known
    return list(dict.fromkeys((*known, *listed_there)))


def _failed_objects(target: Target, client: Client, selector: str) -> list[str]:
    try:
        found = listed(client, TRAINING_JOB, target.namespace, selector)
    except KubeError as error:
        if error.status not in (403, 404):
            raise
        return []
    names = (own_name(target.job, one.job) for one in found if one.outcome == FAILED)
    return sorted(name for name in names if name)


def _label(target: Target) -> str:
    return target.name[:_LABEL_LIMIT].rstrip("-._")


def _listed_by_sagemaker(job: str, means: Means, region: str) -> Iterator[str]:
    """Names of the failed training jobs, all pages of them.

    Raises:
        AwsError: SageMaker refused, or could not be reached.
    """
    post = means.sagemaker(region)
    query = {"HyperParameterTuningJobName": job, "MaxResults": _PAGE, "StatusEquals": FAILED}
    for _ in range(_MOST_PAGES):
        page = json.loads(_persistent(post, query, means.pause))
        for summary in page.get("TrainingJobSummaries") or ():
            yield str(summary.get("TrainingJobName", ""))
        token = page.get("NextToken")
        # A page is cut before it is filtered: an empty one is no end.
        if not token:
            return
        query["NextToken"] = token


def _persistent(post: Post, query: dict[str, object], pause: Callable[[float], None]) -> bytes:
    body = json.dumps(query).encode()
    for attempt in range(1, _ATTEMPTS):
        try:
            return post(OPERATION, body)
        except AwsError as error:
            if errors.cause(error) not in (Cause.THROTTLED, Cause.SERVICE, Cause.NO_ANSWER):
                raise
            pause(backoff(attempt, random.random()))
    return post(OPERATION, body)
