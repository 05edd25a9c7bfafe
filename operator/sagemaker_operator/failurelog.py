"""The last log lines of a job or an endpoint that failed, for the Event that tells of it. Pure.

Log lines come from the user's own code and may hold anything: what looks like a secret is masked, and the text is
short. Where the logs cannot be read the Event comes without them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sagemaker_operator.facts import Facts, Found, Target
from sagemaker_operator.steps import Ask

STREAMS, TAIL = "logStreams", "logTail"
"""Keys of the answers."""
LINES = 10
"""Log lines that are read."""
LINE_LIMIT = 200
"""Length to which a line is cut, in characters."""
SEARCHED = 2000
"""Characters of a line that are searched for secrets: a line may have a million, and the search takes their square."""

_MASK = "***"
_SECRETS = (
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*"),
    re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]*){0,2}"),
    re.compile(r"\b(?:gh[pousr]|github_pat|glpat|hf|npm|sk|xox[abp])[_-][\w-]{16,}"),
    re.compile(r"\bAIza[\w-]{30,}"),
    re.compile(r"(?i)(?<=bearer )\S+"),
    re.compile(r"(?i)\bauthorization[\"']?\s*[=:]\s*[\"']?(?:(?:basic|token)\s+)?([^\s\"',;]+)"),
    re.compile(r"(?i)(?<!\S)--?[\w-]*(?:password|passwd|secret|token|api-?key)[\w-]*\s+([^\s\"',;-][^\s\"',;]*)"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
    re.compile(
        r"(?i)(?<![a-z])[\w-]*(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|signature|credential)[\w-]*"
        r"[\"']?\s*[=:]\s*[\"']?([^\s\"',;&]+)"
    ),
)


def step(f: Facts, job: Target) -> Ask | None:
    """The next call for the last lines; None when there is none to make (any more)."""
    if not f.kind.log_group:
        return None
    place = Target(job.name, job.region)
    # An endpoint has a group of its own, the jobs of a kind share one.
    shared = not f.kind.log_group.endswith("/")
    group: dict[str, Any] = {"logGroupName": f.kind.log_group if shared else f"{f.kind.log_group}{job.name}"}
    if STREAMS not in f.answers:
        query = {**group, **({"logStreamNamePrefix": f"{job.name}/"} if shared else {})}
        return Ask(STREAMS, place, "DescribeLogStreams", query, service="logs")
    stream = _newest(f)
    if stream and TAIL not in f.answers:
        query = {**group, "logStreamName": stream, "limit": LINES, "startFromHead": False}
        return Ask(TAIL, place, "GetLogEvents", query, service="logs")
    return None


def tail(f: Facts, room: int) -> str:
    """The last lines as one text, the newest last, in at most `room` characters; empty without any."""
    found = f.answers.get(TAIL)
    if not isinstance(found, Found):
        return ""
    opening = f"Last log lines of {_host(_newest(f))}: "
    events = found.description.get("events") or ()
    lines = [masked(str(event.get("message", "")).strip()[:SEARCHED])[:LINE_LIMIT] for event in events]
    kept: list[str] = []
    left = room - len(opening)
    for line in reversed([line for line in lines if line]):
        left -= len(line) + 3
        if left < 0:
            break
        kept.insert(0, line)
    return opening + " | ".join(kept) if kept else ""


def masked(line: str) -> str:
    """The line with what looks like a secret taken out."""
    for secret in _SECRETS:
        line = secret.sub(_hide, line)
    return line


def _hide(found: re.Match[str]) -> str:
    whole = found[0]
    return whole[: found.start(1) - found.start()] + _MASK if found.re.groups else _MASK


def _host(stream: str) -> str:
    """`algo-1` of `<job>/algo-1-<epoch>`; an instance's name as it is."""
    name = stream.rpartition("/")[2]
    host, _, number = name.rpartition("-")
    return host if host and number.isdigit() else name


def _newest(f: Facts) -> str:
    """Name of the stream that was written to last; of an endless number of streams the first page counts."""
    found = f.answers.get(STREAMS)
    if not isinstance(found, Found):
        return ""
    streams: list[Mapping[str, Any]] = [
        one for one in found.description.get("logStreams") or () if not str(one["logStreamName"]).endswith("/data-log")
    ]
    last = max(streams, key=lambda one: int(one.get("lastEventTimestamp") or 0), default=None)
    return str(last["logStreamName"]) if last else ""
