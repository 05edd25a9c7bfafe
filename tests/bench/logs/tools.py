"""The command lines that are compared, and the surroundings they run in."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench.logs.cluster import NAME
from tests.bench.logs.script import JOB
from tests.bench.logs.service import GROUP

OURS = "kubectl smlogs"
CHAIN = "boto3 paginator"
"""One chain of tokens: each page is asked for with the token of the one before."""
_KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: bench
contexts: [{{name: bench, context: {{cluster: bench, user: bench}}}}]
clusters: [{{name: bench, cluster: {{server: "{url}"}}}}]
users: [{{name: bench, user: {{}}}}]
"""


@dataclass(frozen=True, slots=True)
class Tool:
    """One way to read the log.

    Attributes:
        name: for the table.
        history: command line that prints all there is.
        follow: command line that goes on printing; empty for a tool that cannot.
        ends: whether it ends with the job.
        limit: seconds that it may take for the history.
    """

    name: str
    history: tuple[str, ...]
    follow: tuple[str, ...] = ()
    ends: bool = False
    limit: float = 900.0


@dataclass(frozen=True, slots=True)
class Places:
    """Where the programs are.

    Attributes:
        ours: a built `kubectl-smlogs`; empty for the one of this checkout.
        peers: folder of the peers' programs; None to leave them out.
        second: AWS CLI of version 2; empty where there is none.
    """

    ours: str = ""
    peers: Path | None = None
    second: str = ""


def tools(places: Places, url: str) -> list[Tool]:
    """All tools there are, ours first."""
    program = [places.ours] if places.ours else [sys.executable, "-m", "kubectl_smlogs"]
    ours = (*program, "TrainingJob", NAME)
    paginator = str(Path(__file__).parent / "paginator.py")
    python = sys.executable if places.peers is None else str(places.peers / "python")
    found = [
        Tool(OURS, ours, (*ours, "--follow"), ends=True),
        Tool(CHAIN, (python, paginator, url, GROUP, f"{JOB}/")),
    ]
    if places.peers is not None:
        found += _peers(places.peers, url)
    if places.second:
        tail = (places.second, "--endpoint-url", url, "logs", "tail", GROUP, "--log-stream-name-prefix", f"{JOB}/")
        found.append(Tool("aws logs tail (v2)", (*tail, "--since", "1d"), (*tail, "--since", "1m", "--follow")))
    return found


def _peers(folder: Path, url: str) -> list[Tool]:
    filtering = (str(folder / "aws"), "logs", "filter-log-events", "--log-group-name", GROUP)
    awslogs = (str(folder / "awslogs"), "get", GROUP, "ALL", "--aws-endpoint-url", url, "--color", "never")
    return [
        Tool("aws logs filter-log-events (v1)", (*filtering, "--output", "text", "--endpoint-url", url)),
        Tool("awslogs", (*awslogs, "--start", "1d"), (*awslogs, "--start", "1m", "--watch"), limit=120.0),
    ]


def surroundings(home: Path, url: str) -> dict[str, str]:
    """Environment for every tool: nothing of the caller's but PATH, credentials that need no look-up, our endpoints."""
    kubeconfig = home / "kubeconfig"
    kubeconfig.write_text(_KUBECONFIG.format(url=url), encoding="utf-8")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "KUBECONFIG": str(kubeconfig),
        "AWS_ACCESS_KEY_ID": "AKIABENCH00000000000",
        "AWS_SECRET_ACCESS_KEY": "bench-secret-access-key",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }
