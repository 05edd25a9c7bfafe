"""The results as text: a table for the terminal, a page with its picture for the documents. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench.scale import peers
from tests.bench.scale.bounds import Verdict
from tests.bench.scale.figures import Figures

ROWS = (
    ("start", "applied after", "applied_s", "s"),
    ("start", "all InProgress after", "in_progress_s", "s"),
    ("start", "operator CPU", "cpu_s", "s"),
    ("start", "SageMaker requests", "sagemaker", ""),
    ("start", "API server requests", "api_server", ""),
    ("start", "requests in the stand-in's busiest second", "standin_peak_a_second", ""),
    ("rest", "List requests a minute", "lists_a_minute", ""),
    ("rest", "SageMaker requests but List", "other_requests", ""),
    ("rest", "writes to the API server but the lease", "writes", ""),
    ("rest", "operator CPU a minute", "cpu_a_minute", "s"),
    ("rest", "memory", "memory_mb", "MB"),
    ("changes", "shown after, median", "fresh_p50_s", "s"),
    ("changes", "shown after, 99 %", "fresh_p99_s", "s"),
    ("changes", "shown after, longest", "fresh_max_s", "s"),
    ("changes", "never shown", "never_shown", ""),
    ("changes", "Describe requests in a job's life", "describes_a_life", ""),
    ("changes", "the most in one life", "describes_most", ""),
    ("push", "shown after, median", "fresh_p50_s", "s"),
    ("push", "shown after, 99 %", "fresh_p99_s", "s"),
    ("push", "shown after, longest", "fresh_max_s", "s"),
    ("push", "List requests a minute", "lists_a_minute", ""),
    ("restart", "stopped after", "stopped_s", "s"),
    ("restart", "ready after", "ready_s", "s"),
    ("restart", "each object looked at after", "looked_at_all_s", "s"),
    ("restart", "a round of the change feed after", "feed_round_s", "s"),
    ("restart", "what changed meanwhile shown after", "change_shown_s", "s"),
    ("restart", "Create requests", "creates", ""),
    ("restart", "Describe requests", "describes", ""),
    ("failover", "a new object runs after", "create_s", "s"),
    ("failover", "an edit is carried out after", "edit_s", "s"),
    ("failover", "a deletion is under way after", "delete_s", "s"),
    ("failover", "each object looked at after", "looked_at_all_s", "s"),
    ("limits", "objects that failed", "failed", ""),
    ("limits", "share of calls that were throttled", "throttled_share", ""),
    ("limits", "Creates a second", "creates_a_second", ""),
    ("limits", "the small namespace is served after", "small_namespace_s", "s"),
    ("limits", "an edit is carried out after", "edit_s", "s"),
    ("limits", "a deletion is under way after", "delete_s", "s"),
    ("limits", "an object in line is gone after", "delete_waiting_s", "s"),
    ("limits", "followed for", "followed_s", "s"),
    ("shards", "all InProgress after", "in_progress_s", "s"),
    ("shards", "operator CPU until then", "cpu_s", ""),
    ("shards", "jobs begun twice", "twice", ""),
    ("shards", "at rest: List requests a minute of both", "lists_a_minute", ""),
    ("shards", "at rest: operator CPU a minute, s", "rest_cpu_a_minute", ""),
    ("shards", "memory, MB", "memory_mb", ""),
    ("shards_limits", "objects that failed", "failed", ""),
    ("shards_limits", "share of calls that were throttled", "throttled_share", ""),
    ("shards_limits", "Creates a second of both", "creates_a_second", ""),
    ("shards_limits", "InProgress when half of all are", "at_half", ""),
    ("shards_limits", "the slower shard's part of the faster one's", "evenness", ""),
    ("shards_limits", "followed for", "followed_s", "s"),
)
TITLES = {
    "start": "applied at once",
    "rest": "merely running",
    "changes": "steady changes",
    "push": "changes now and then, told by events",
    "restart": "restart",
    "failover": "the leader is killed",
    "limits": "AWS's limits on",
    "shards": "two operators, a namespace each",
    "shards_limits": "two operators, AWS's limits on",
}

_PAGE = """\
# Cost against the number of objects

This page is written by `python -m tests.bench.scale --write`; nothing in it is typed by hand. A real API server, etcd,
an AWS stand-in and the operator ran as processes of one machine: {machine}. Each AWS call takes {latency:g} ms.

![Cost against the number of objects]({picture})

{table}
CPU and memory are those of the operator's process, with its metrics scraped every {scrape:g} s. A job is Starting, then
Pending, then Downloading for {lead:g} s each. The stand-in by itself, asked without latency while {jobs:,} jobs run,
serves {creates:,} Creates, {describes:,} Describes or {lists:,} List requests a second.

## Bounds

{verdicts}

## Others

Quoted, not measured here: with {peer_size:,} TrainingJobs and a SageMaker without latency, on two busy cores.

{others}"""


def cell(value: Any, unit: str = "") -> str:
    """A figure in a table."""
    if value is None:
        return "not reached"
    if isinstance(value, Mapping):
        return ", ".join(f"{number:,} {name}" for name, number in value.items()) or "none"
    return f"{value:,} {unit}".strip()


def table(results: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Rows of cells: a phase's title alone, or a figure for each size."""
    rows: list[list[str]] = []
    for phase, title in TITLES.items():
        measured = [result for result in results if phase in result]
        if not measured:
            continue
        rows.append([title, *(f"{result['size']:,}" if phase in result else "" for result in results)])
        for where, name, figure, unit in ROWS:
            if where == phase and any(figure in result[phase] for result in measured):
                cells = (result[phase].get(figure) if phase in result else "" for result in results)
                rows.append([f"  {name}", *(cell(value, unit) if value != "" else "" for value in cells)])
        rows += [
            [f"  {result['size']:,}: {problem}"] for result in measured if (problem := result[phase].get("problem"))
        ]
    return rows


def text(results: Sequence[Mapping[str, Any]]) -> str:
    """The table for a terminal; one block for each size, as some cells are long."""
    blocks = []
    for result in results:
        blocks += [f"{row[0]:<44}{' '.join(row[1:])}" for row in table([result])]
    return "\n".join(blocks)


def page(document: Mapping[str, Any], verdicts: Sequence[Verdict], picture: str) -> str:
    """The page for the documents."""
    able: Figures = document["standin"]
    return _PAGE.format(
        machine=document["machine"],
        latency=document["latency_ms"],
        lead=document["lead_s"],
        scrape=document["scrape_s"],
        picture=picture,
        table=_markdown(document["results"]),
        jobs=able["jobs"],
        creates=able["creates_a_second"],
        describes=able["describes_a_second"],
        lists=able["quiet_lists_a_second"],
        verdicts="\n".join(f"- {verdict}" for verdict in verdicts),
        peer_size=peers.SIZE,
        others=_others(),
    )


def _markdown(results: Sequence[Mapping[str, Any]]) -> str:
    """A table for each phase."""
    parts: list[str] = []
    for phase, title in TITLES.items():
        measured = [result for result in results if phase in result]
        if not measured:
            continue
        head, *rows = table([{"size": result["size"], phase: result[phase]} for result in measured])
        lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * len(measured)}"]
        lines += [f"| {' | '.join([row[0].strip(), *row[1:]])} |" for row in rows if len(row) > 1]
        problems = [row[0].strip() for row in rows if len(row) == 1]
        parts += [f"## {title[0].upper()}{title[1:]}\n", *lines, "", *problems]
    return "\n".join(parts)


def _others() -> str:
    lines = ["| | all InProgress | reads a minute | status writes a minute | memory |", "|---|---:|---:|---:|---:|"]
    for peer in peers.PEERS:
        least, most = peer.in_progress
        times = f"{least:g} s" if least == most else f"{least:g}-{most:g} s"
        memory = "" if peer.memory is None else f"{peer.memory} MB"
        lines.append(f"| {peer.name} | {times} | {peer.reads:,} | {peer.writes:,} | {memory} |")
    return "\n".join(lines) + "\n"
