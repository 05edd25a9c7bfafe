"""What jobs of all kinds have in common: finding, listing, stopping, quotas, roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.standin import errors
from tests.standin.lifecycle import TERMINAL, Interrupt
from tests.standin.listing import cut_page, decode_token, encode_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.standin.state import Job, Table
    from tests.standin.world import Call


def check_role(call: Call, role: str) -> None:
    """Refuse an execution role that is set up as not assumable."""
    if call.world.settings.role_missing(role):
        raise errors.role_not_assumable(role)


def check_quota(call: Call, table: Table[Job], usage: str, instance_type: str, instances: int) -> None:
    """Refuse instances above the account's quota for `<instance type> for <usage> job usage`."""
    resource = f"{instance_type} for {usage} job usage"
    limit = call.world.settings.quotas.get(resource, call.world.settings.quotas.get(instance_type))
    if limit is None:
        return
    used = sum(
        len(job.hosts)
        for job in table.ordered
        if job.instance_type == instance_type and job.at(call.now).status not in TERMINAL and job.exists(call.now)
    )
    if used + instances > limit:
        raise errors.limit_exceeded(resource, limit, used, instances)


def stop(call: Call, job: Job, noun: str) -> dict[str, Any]:
    """Stop a job; one that is stopping already is left alone, one at its end is refused."""
    status = job.at(call.now).status
    if status in TERMINAL:
        raise errors.validation(f"The request was rejected because the {noun} job is in status {status}.")
    if status == "InProgress":
        job.interrupt(Interrupt("stop", call.now))
    return {}


def modified(call: Call, job: Job) -> float:
    """LastModifiedTime of a job as the caller sees it."""
    return job.modified_at(call.seen, call.world.settings.modified_primary_only)


def tags_of(params: dict[str, Any]) -> dict[str, str]:
    """The tags of a Create request by key. ValidationException for reserved or doubled keys."""
    tags: dict[str, str] = {}
    for tag in params.get("Tags", ()):
        if tag["Key"].lower().startswith("aws:"):
            raise errors.validation("aws: prefixed tag key names are not allowed for external use.")
        if tag["Key"] in tags:
            raise errors.validation(f"Duplicate tag keys found: {tag['Key']}")
        tags[tag["Key"]] = tag["Value"]
    return tags


def summaries(call: Call, jobs: list[Job], summary: Callable[[Call, Job], dict[str, Any]]) -> list[dict[str, Any]]:
    """The summaries of jobs, without the members that are set to be left out."""
    omit = call.world.settings.omit
    made = [summary(call, job) for job in jobs]
    return [{name: value for name, value in one.items() if name not in omit} for one in made] if omit else made


def list_jobs(
    call: Call, table: Table[Job], default_order: str, default_by: str = "CreationTime"
) -> tuple[list[Job], str | None]:
    """A page of jobs by the request's filters, and the token of the next."""
    params = call.params
    place = decode_token(call.operation, params["NextToken"]) if params.get("NextToken") else None
    descending = params.get("SortOrder", default_order) == "Descending"
    by = params.get("SortBy", default_by)
    items = _ordered(table, by, place, call.seen, descending=descending)
    wanted = params.get("StatusEquals")
    page, last = cut_page(
        items,
        params.get("MaxResults", 10),
        lambda job: _counts(call, job),
        lambda job: wanted is None or job.at(call.seen).status == wanted,
    )
    token = None if last is None else encode_token(call.operation, _sort_key(last, by, call.seen))
    return page, token


def _counts(call: Call, job: Job) -> bool:
    params = call.params
    if not job.exists(call.seen) or params.get("NameContains", "") not in job.name:
        return False
    created = round(job.created, 3)
    if not params.get("CreationTimeAfter", 0) <= created <= params.get("CreationTimeBefore", float("inf")):
        return False
    low, high = params.get("LastModifiedTimeAfter"), params.get("LastModifiedTimeBefore")
    if low is None and high is None:
        return True
    at = round(modified(call, job), 3)
    return (low is None or at >= low) and (high is None or at <= high)


def _sort_key(job: Job, by: str, now: float) -> list[Any]:
    if by == "Name":
        return [job.name]
    return [job.number] if by == "CreationTime" else [job.at(now).status, job.number]


def _ordered(table: Table[Job], by: str, place: list[Any] | None, now: float, *, descending: bool) -> Iterator[Job]:
    """The jobs behind a place, in order. Creation order needs no sorting: a first page costs what is on it."""
    if by == "CreationTime":
        jobs = table.ordered
    elif by == "Name":
        jobs = [table.by_name[name] for name in table.names]
    else:
        jobs = sorted(table.ordered, key=lambda job: _sort_key(job, by, now))
    low, high = 0, len(jobs)
    while place is not None and low < high:
        middle = (low + high) // 2
        key = _sort_key(jobs[middle], by, now)
        if key < place or (key == place and not descending):
            low = middle + 1
        else:
            high = middle
    if descending:
        end = len(jobs) if place is None else low
        return (jobs[number] for number in range(end - 1, -1, -1))
    return (jobs[number] for number in range(low if place is not None else 0, len(jobs)))
