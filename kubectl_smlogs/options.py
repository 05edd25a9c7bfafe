"""What a command was asked to do, as plain values: `parse` makes them, everything else reads them.

Nothing is imported here that takes time; patterns are compiled and times are absolute already, so that nobody behind
`parse` has to judge a flag's value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from smkube.kube.kubeconfig import Overrides

FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Where:
    """Which objects, in which cluster.

    Attributes:
        kind: the kind as it was typed, empty where each of `names` carries its own (`kind/name`).
        names: names or `kind/name`, as typed.
        selector: label selector, empty for none.
        all_namespaces: look into every namespace.
        children: which training jobs of a tuning job: `all`, `best`, `failed`, or one's name.
        variant: production variant of an endpoint, empty for all.
        connection: kubectl's connection flags.
    """

    kind: str = ""
    names: tuple[str, ...] = ()
    selector: str = ""
    all_namespaces: bool = False
    children: str = "all"
    variant: str = ""
    connection: Overrides = field(default_factory=Overrides)


@dataclass(frozen=True, slots=True)
class Reading:
    """Which part of the log, and for how long.

    Attributes:
        follow: go on until the job is over.
        start: first timestamp in milliseconds since 1970, 0 for the beginning.
        end: last timestamp in milliseconds since 1970, None for no end.
        tail: only the last so many lines, None for all.
        limit_bytes: stop after so many bytes of output, None for no limit.
        wait: seconds to wait for the object, its job and its first line; 0 for not at all, FOREVER without limit.
        timeout: seconds after which the command gives up, FOREVER for never.
        search_prefix: only hosts whose name begins so.
        hosts: only these hosts; empty for all.
        filter_pattern: CloudWatch Logs filter pattern, applied by the service; empty for none.
        max_log_requests: jobs read at once at most.
        aws_profile: AWS profile, empty for the environment's.
        region: where to look instead of in the object's region, empty for that one.
    """

    follow: bool = False
    start: int = 0
    end: int | None = None
    tail: int | None = None
    limit_bytes: int | None = None
    wait: float = 0.0
    timeout: float = FOREVER
    search_prefix: str = ""
    hosts: tuple[str, ...] = ()
    filter_pattern: str = ""
    max_log_requests: int = 10
    aws_profile: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Showing:
    """How lines are printed.

    Attributes:
        output: `classic`, `default`, `raw`, `json`, `extjson`, `template`, or for tables also `wide` and `name`; empty
            where the user did not say (`default` on a terminal, else `classic`).
        template: text with `{field}` places, for `output` `template`.
        timestamps: a full time on every line.
        timezone: name of a zone, `Local` or `UTC`; empty for the local one.
        color: `auto`, `always` or `never`.
        hide_stream: lines without stream or host.
        include: a line is shown if one of these is found in it; none means every line.
        exclude: a line is not shown if one of these is found in it.
        highlight: what is found is marked on a terminal.
        save: folder to write files into, empty for none.
        pager: show through the user's pager.
        quiet: nothing on standard error but errors.
        verbose: more about what is done on standard error.
    """

    output: str = ""
    template: str = ""
    timestamps: bool = False
    timezone: str = ""
    color: str = "auto"
    hide_stream: bool = False
    include: tuple[re.Pattern[str], ...] = ()
    exclude: tuple[re.Pattern[str], ...] = ()
    highlight: tuple[re.Pattern[str], ...] = ()
    save: str = ""
    pager: bool = False
    quiet: bool = False
    verbose: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """One command line."""

    where: Where
    reading: Reading = field(default_factory=Reading)
    showing: Showing = field(default_factory=Showing)
