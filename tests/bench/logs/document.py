"""docs/benchmarks.md: the tables with what a reader needs to judge them. Pure."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from tests.bench.logs.columns import PAGE_EVENTS
from tests.bench.logs.script import Writing

_HEAD = """\
# Benchmarks of `kubectl smlogs`

This page is written by `make bench-logs`; nothing in it is typed by hand. All tools ran one after the other in one run
on one machine against one stand-in of CloudWatch Logs: {machine}. {peers}

CPU and memory are those of the tool's own process (wait4), medians of several runs. Output goes to a file in memory and
is checked afterwards: every line tells its number, so lost, doubled and damaged ones are counted.
"""


def whole(machine: str, versions: Mapping[str, str], sections: Mapping[str, str]) -> str:
    """The document."""
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    head = _HEAD.format(machine=machine, peers=f"The others: {listed}." if listed else "")
    return "\n".join([head, *sections.values()])


def history(events: int, options: argparse.Namespace, figures: str, able: str) -> str:
    """The section about a log that is over."""
    return f"""\
## {events:,} lines of 100 bytes, {options.streams[0]} streams, no delay

{figures}
The stand-in by itself, read by a client that throws everything away (pages of FilterLogEvents, {PAGE_EVENTS:,} events):

{able}"""


def delayed(options: argparse.Namespace, figures: str) -> str:
    """The section about a log that is far away."""
    return f"""\
## The same {options.events:,} lines, {options.delay:.0f} ms before each answer, AWS's quotas

The quotas are per account and region (AWS General Reference, Amazon CloudWatch Logs endpoints and quotas); the stand-in
lets a second's worth of requests pass at once and refuses what is above it with ThrottlingException. "One chain" is
boto3's paginator of FilterLogEvents, which cannot ask for a page before it has the one before. "Least possible" is what
any reader needs: only full pages, and both quotas used up from the first moment on.

{figures}"""


def following(options: argparse.Namespace, found: Sequence[tuple[Writing, str]]) -> str:
    """The section about a log that is being written."""
    writing = found[0][0]
    tables = "\n".join(f"{_trouble(each)}:\n\n{figures}" for each, figures in found)
    return f"""\
## Following {writing.rate} lines a second of {writing.hosts} hosts for {writing.seconds:.0f} s

Each host uploads every {writing.upload:.0f} s; {options.follow_delay:.0f} ms before each answer. Delays are from the
moment when a line can be read to the moment when it is printed. `aws logs` and `awslogs` do not
notice the end of a job and are interrupted some seconds after it.

{tables}"""


def _trouble(writing: Writing) -> str:
    if not writing.late:
        return "All hosts alike"
    return f"One host's lines come {writing.late:.0f} s late, and one line is stamped an hour ahead"


def start(lines: int, figures: str, details: Mapping[str, str]) -> str:
    """The section about starting."""
    blocks = "\n".join(f"{name}:\n\n```\n{text.rstrip()}\n```\n" for name, text in details.items())
    return f"""\
## Start

A log of {lines} lines, to the end:

{figures}
`kubectl smlogs` in detail (medians; a real API server):

{blocks}"""
