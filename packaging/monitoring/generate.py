"""Writes dashboard.json, a Grafana dashboard in the classic model, from the panels of panels.py.

`generate.py` writes the file; `generate.py --check` says whether it is current. Every query is for the operators of
the chosen namespaces; a Prometheus that puts no namespace on what it scrapes shows all.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parents[1] / "operator")]

from panels import ROWS, Panel  # noqa: E402 - found by the line above, also without an installation

from sagemaker_operator.crds import writing  # noqa: E402

FILE = Path(__file__).resolve().parent / "dashboard.json"
SCHEMA = 41
"""Of Grafana 12; newer ones migrate it when they load it."""
WIDTH, HEIGHT = 24, 8
"""Columns of the grid, and rows of a panel on it."""
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def dashboard() -> dict[str, Any]:
    """The dashboard, without what Grafana adds itself when it loads it."""
    return {
        "uid": "sagemaker-k8s-operator",
        "title": "SageMaker operator",
        "description": "Health, jobs, calls to AWS and queues of the SageMaker operator for Kubernetes.",
        "tags": ["sagemaker", "kubernetes"],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": []},
        "links": [],
        "templating": {"list": [_source(), _namespace()]},
        "panels": list(_panels()),
    }


def _source() -> dict[str, Any]:
    return {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "refresh": 1}


def _namespace() -> dict[str, Any]:
    query = "label_values(sagemaker_operator_build_info, namespace)"
    return {
        "name": "namespace",
        "label": "Operator in",
        "type": "query",
        "datasource": SOURCE,
        "definition": query,
        "query": {"query": query, "refId": "namespaces", "qryType": 1},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _panels() -> Iterator[dict[str, Any]]:
    number, top = 0, 0
    for title, panels in ROWS.items():
        number += 1
        place = {"x": 0, "y": top, "w": WIDTH, "h": 1}
        yield {"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}
        top, left, tallest = top + 1, 0, 0
        for panel in panels:
            number += 1
            height = HEIGHT if panel.kind == "timeseries" else HEIGHT // 2
            if left + panel.width > WIDTH:
                top, left, tallest = top + tallest, 0, 0
            yield _panel(panel, number, {"x": left, "y": top, "w": panel.width, "h": height})
            left, tallest = left + panel.width, max(tallest, height)
        top += tallest


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.text,
        "datasource": SOURCE,
        "gridPos": place,
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": SOURCE,
                "expr": query.replace("@", 'namespace=~"$namespace"'),
                "legendFormat": legend or "__auto",
                "instant": panel.kind == "stat",
                "range": panel.kind != "stat",
            }
            for index, (query, legend) in enumerate(panel.queries)
        ],
        "fieldConfig": {"defaults": {"unit": panel.unit, "custom": _drawing(panel)}, "overrides": []},
        "options": _options(panel),
    }


def _drawing(panel: Panel) -> dict[str, Any]:
    if panel.kind != "timeseries":
        return {}
    stacking = {"mode": "normal" if panel.stacked else "none", "group": "A"}
    return {"lineWidth": 1, "fillOpacity": 30 if panel.stacked else 0, "showPoints": "never", "stacking": stacking}


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "stat":
        reduced = {"calcs": ["lastNotNull"], "fields": "", "values": False}
        return {"reduceOptions": reduced, "colorMode": "none", "graphMode": "none", "textMode": "auto"}
    legend = {"displayMode": "list", "placement": "bottom", "showLegend": True}
    return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}


def main(arguments: Sequence[str]) -> int:
    """Write what is not current, or with `--check` only tell; returns the exit code."""
    parser = argparse.ArgumentParser(description="Writes the dashboard.")
    writing.add_check(parser)
    check = parser.parse_args(arguments).check
    text = json.dumps(dashboard(), indent=2, ensure_ascii=False) + "\n"
    return writing.write({FILE: text}, "python packaging/monitoring/generate.py", check=check)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
