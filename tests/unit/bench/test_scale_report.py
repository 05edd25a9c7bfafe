"""The scale benchmark's tables and picture."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from tests.bench.scale import bounds, plot, report
from tests.bench.scale.figures import Figures

RESULTS: list[dict[str, object]] = [
    {
        "size": 200,
        "start": {"applied_s": 1.2, "in_progress_s": 4.0, "sagemaker": {"CreateTrainingJob": 1200}},
        "rest": {"lists_a_minute": {"us-east-1 ListTrainingJobs": 8.0}, "writes": 0, "memory_mb": 70},
    },
    {"size": 1000, "start": {"applied_s": 6, "in_progress_s": None}, "rest": {"problem": "OSError: gone"}},
    {"size": 60, "limits": {"failed": 0}},
]
ABLE: Figures = {"jobs": 1000, "creates_a_second": 5000, "describes_a_second": 9000, "quiet_lists_a_second": 1500}
SVG = "{http://www.w3.org/2000/svg}"


def test_a_row_has_a_cell_for_each_size() -> None:
    """Sizes that a phase was not measured at have an empty cell; what was not reached says so."""
    rows = report.table(RESULTS)

    assert rows[0] == ["applied at once", "200", "1,000", ""]
    assert ["  all InProgress after", "4.0 s", "not reached", ""] in rows
    assert ["  SageMaker requests", "1,200 CreateTrainingJob", "not reached", ""] in rows
    assert ["  1,000: OSError: gone"] in rows


def test_the_page_has_a_table_of_equal_rows_for_each_phase() -> None:
    """Every row of a Markdown table has as many cells as its head."""
    document = {
        "machine": "a machine",
        "latency_ms": 20.0,
        "lead_s": 10.0,
        "scrape_s": 30.0,
        "standin": ABLE,
        "results": RESULTS,
    }
    verdicts = bounds.check(bounds.read(), RESULTS)

    text = report.page(document, verdicts, "scale.svg")

    blocks = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert len(blocks) == 4
    for block in blocks:
        assert len({line.count("|") for line in block}) == 1
    assert "- MISSED: 1,000 TrainingJobs applied at once" in text
    assert "| Go operator | 206 s | 1,175 | 1,175 | 51 MB |" in text


def test_the_picture_shows_what_was_measured() -> None:
    """It is well-formed, with a panel for each figure, and a dot for each value."""
    root = ET.fromstring(plot.draw(RESULTS, bounds.read()))  # noqa: S314 - made a moment ago

    groups = root.findall(f"{SVG}g")
    assert len(groups) == len(plot.PANELS)
    dots = [len([one for one in group.iter(f"{SVG}circle") if one.get("class") == "dot"]) for group in groups]
    assert dots == [1, 0, 1, 1, 0, 0]


def test_larger_values_are_higher_up_and_larger_sizes_further_right() -> None:
    """The line runs as the values do, within its panel."""
    results = [{"size": size, "start": {"in_progress_s": size / 50}} for size in (200, 1000, 10000)]
    root = ET.fromstring(plot.draw(results, []))  # noqa: S314 - made a moment ago

    line = root.findall(f"{SVG}g")[0].find(f"{SVG}polyline")
    assert line is not None
    places = [tuple(map(float, point.split(","))) for point in str(line.get("points")).split()]
    assert places == sorted(places)
    assert [y for _, y in places] == sorted((y for _, y in places), reverse=True)
    assert all(0 <= x <= plot.WIDTH and 0 <= y <= plot.HEIGHT for x, y in places)
