"""Alerts, dashboard and ServiceMonitor: well formed, and about metrics, labels and ports that there really are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from sagemaker_operator import outcomes
from sagemaker_operator.engine.cache import Cache
from sagemaker_operator.engine.census import Census
from sagemaker_operator.engine.metrics import Metrics
from sagemaker_operator.engine.workqueue import WorkQueue
from smkube import kinds
from smkube.kube import envelope
from tests.install.conftest import installer, read, without_definitions

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "packaging" / "monitoring"
OF_PROMETHEUS = {"namespace", "instance", "le"}
"""Labels that Prometheus puts on, and the bound of a histogram's bucket."""
SEVERITIES = {"critical", "warning", "info"}

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_WORD = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABELS_OF = re.compile(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_SELECTOR = re.compile(r"([a-z_:][a-z0-9_:]*)\s*(?:\{([^}]*)\})?")
_FUNCTIONS = {
    *("sum", "max", "count", "topk", "rate", "increase", "absent", "histogram_quantile", "min_over_time"),
    *("and", "or", "unless"),
}
_OPENING = {")": "(", "]": "[", "}": "{"}


def load(name: str) -> Any:
    """A file of the folder."""
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


RULES = [rule for group in load("alerts.yaml")["spec"]["groups"] for rule in group["rules"]]
PANELS = [panel for panel in load("dashboard.json")["panels"] if panel["type"] != "row"]
QUERIES = {
    **{f"alert {rule['alert']}": str(rule["expr"]) for rule in RULES},
    **{
        f"panel {panel['title']} {target['refId']}": target["expr"].replace("$__rate_interval", "5m")
        for panel in PANELS
        for target in panel["targets"]
    },
}
EACH = pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)


def selectors(query: str) -> Iterator[tuple[str, set[str]]]:
    """The metrics that a query reads, with the labels it chooses by."""
    bare = _LABELS_OF.sub(" ", re.sub(r"\[[^\]]*\]", " ", query))
    for name, matchers in _SELECTOR.findall(_STRING.sub('""', bare)):
        if name not in _FUNCTIONS:
            yield name, {part.strip() for part in re.split(r'[=!~]+""\s*,?', matchers) if part.strip()}


def grouping(query: str) -> set[str]:
    """The labels that a query groups or joins by."""
    return {label for labels in _LABELS_OF.findall(query) for label in _WORD.findall(labels)}


@pytest.fixture(scope="module")
def exposed() -> dict[str, set[str]]:
    """The labels of each metric in a scrape of a process that has seen everything once."""
    metrics = Metrics()
    metrics.declare_process("0")
    cache = Cache()
    stalled = {"conditions": [{"type": "Stalled", "status": "True", "reason": "AccessDenied"}]}
    whole = {"metadata": {"name": "a", "namespace": "ns", "uid": "u", "resourceVersion": "1"}, "status": stalled}
    cache.apply(envelope.obj(json.dumps(whole).encode()))
    metrics.add(Census({kinds.TRAINING_JOB: cache}, lambda: True))
    queue: WorkQueue[str] = WorkQueue(metrics=metrics.queue("trainingjob"))
    queue.add("a")
    queue.done(queue.get(timeout=0) or "")
    queue.add_rate_limited("a")
    metrics.declare_controller("trainingjob", 8)
    metrics.declare_jobs("trainingjob")
    metrics.reconciled("trainingjob", "error", 1.0)
    metrics.job_ended(outcomes.Ended(kinds.TRAINING_JOB, "Failed", 1.0, 1.0))
    metrics.kube_request("403", "GET", "host")
    metrics.aws_request("sagemaker", "ListTrainingJobs", "eu-west-1", "ThrottlingException")
    metrics.watch_staleness("trainingjob", lambda: 0.0)
    metrics.watch_feed("trainingjob", "eu-west-1", lambda: 0.0)
    metrics.watch_leader(lambda: True, "lease")
    metrics.watch_ready(lambda: True)
    seen: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics.render("")[1].decode()):
        for sample in family.samples:
            seen.setdefault(sample.name, set()).update(sample.labels)
    return seen


@EACH
def test_queries_read_what_is_there(query: str, exposed: dict[str, set[str]]) -> None:
    """Every metric is exposed, and has every label that the query chooses, groups or joins by."""
    read = dict(selectors(query))
    assert read

    for name, chosen in read.items():
        assert name in exposed, name
        assert chosen - exposed[name] - OF_PROMETHEUS == set(), name
    every = set.union(*(exposed[name] for name in read))
    assert grouping(query) - every - OF_PROMETHEUS == set()


@EACH
def test_queries_are_well_formed(query: str) -> None:
    """Brackets close in order, strings end, and every aggregation has something in it."""
    bare, open_ = _STRING.sub("", query), []
    for char in bare:
        if char in _OPENING.values():
            open_.append(char)
        elif char in _OPENING:
            assert open_ and open_.pop() == _OPENING[char]  # noqa: PT018 - one fact: it closes what was opened last

    assert open_ == []
    assert '"' not in bare
    assert not re.search(r"\(\s*\)(?!\s*sagemaker_operator_build_info)", bare)


def test_queries_are_promql() -> None:
    """A real parser takes every query, where one is installed."""
    parser = pytest.importorskip("promql_parser")

    assert [str(parser.parse(query)) for query in QUERIES.values()]


def test_alerts_say_what_to_do() -> None:
    """Each has a name of its own, a severity, and what is wrong, what that means, and what to do about it."""
    assert len({rule["alert"] for rule in RULES}) == len(RULES) > 10
    for rule in RULES:
        assert re.match(r"^SageMaker[A-Za-z]+$", rule["alert"])
        assert rule["labels"]["severity"] in SEVERITIES
        assert {"summary", "description", "runbook"} == set(rule["annotations"])
        assert all(str(text).strip().endswith((".", "?", ").")) for text in rule["annotations"].values()), rule["alert"]


def test_alerts_speak_of_labels_that_they_have() -> None:
    """A label in a text is one that the query keeps; Prometheus would write nothing for another."""
    for rule in RULES:
        spoken_of = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
        assert spoken_of <= grouping(rule["expr"]), rule["alert"]


def test_panels_do_not_overlap() -> None:
    """Each panel has a place of its own within the grid's 24 columns, and its rows follow each other."""
    taken: set[tuple[int, int]] = set()
    for panel in load("dashboard.json")["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not taken & cells, panel["title"]
        taken |= cells
    ids = [panel["id"] for panel in load("dashboard.json")["panels"]]
    assert len(set(ids)) == len(ids)


def test_the_dashboard_is_current() -> None:
    """The file is what the table of panels makes."""
    done = subprocess.run(
        [sys.executable, str(FOLDER / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_service_monitor_finds_the_service() -> None:
    """It selects the installer's Service by labels that it has, and scrapes a port that it names."""
    monitor = load("servicemonitor.yaml")
    installed = read(without_definitions(installer("installer.yaml")))
    (service,) = (one for (kind, _), one in installed.items() if kind == "Service")
    (endpoint,) = monitor["spec"]["endpoints"]

    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["metadata"]["namespace"] == service["metadata"]["namespace"]
    assert [port["name"] for port in service["spec"]["ports"]] == [endpoint["port"]] == ["https"]
    (role,) = re.findall(r"--clusterrole=(\S+)", (FOLDER / "servicemonitor.yaml").read_text(encoding="utf-8"))
    assert installed["ClusterRole", role]["rules"] == [{"nonResourceURLs": [endpoint["path"]], "verbs": ["get"]}]
