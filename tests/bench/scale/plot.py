"""Cost against the number of objects, as an SVG of small panels. Pure; written by hand, as it is a few lines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from tests.bench.scale import peers
from tests.bench.scale.bounds import Bound

WIDTH, HEIGHT = 300, 220
LEFT, RIGHT, TOP, BOTTOM = 50, 14, 34, 32
COLUMNS = 3
_STYLE = (
    "text{font:11px sans-serif;fill:#333}.title{font-weight:bold;font-size:12px}.axis{stroke:#999;stroke-width:1}"
    ".ours{stroke:#0b62a4;fill:none;stroke-width:2}.dot{fill:#0b62a4}.bound{stroke:#c0392b;stroke-dasharray:4 3}"
    ".bound-text{fill:#c0392b}.peer{fill:#777}.peer-text{fill:#777}"
)
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Panel:
    """One figure against the number of objects."""

    title: str
    figure: str
    others: tuple[tuple[str, float], ...] = ()
    """Names and values of the peers, at `peers.SIZE` objects."""


PANELS = (
    Panel(
        "until all are InProgress, s",
        "start.in_progress_s",
        tuple((peer.name, sum(peer.in_progress) / 2) for peer in peers.PEERS),
    ),
    Panel("at rest: CPU, s a minute", "rest.cpu_a_minute"),
    Panel(
        "at rest: memory, MB",
        "rest.memory_mb",
        tuple((peer.name, peer.memory) for peer in peers.PEERS if peer.memory is not None),
    ),
    Panel("at rest: List calls a minute", "rest.lists_a_minute"),
    Panel("changes shown within (p99), s", "changes.fresh_p99_s"),
    Panel("restart: steady after, s", "restart.steady_s"),
)


def draw(results: Sequence[Mapping[str, Any]], bounds: Sequence[Bound]) -> str:
    """The whole picture."""
    rows = math.ceil(len(PANELS) / COLUMNS)
    parts = []
    for number, panel in enumerate(PANELS):
        across, down = number % COLUMNS * WIDTH, number // COLUMNS * HEIGHT
        inside = "".join(_panel(panel, points(results, panel.figure), bounds))
        parts.append(f'<g transform="translate({across},{down})">{inside}</g>')
    size = f'width="{COLUMNS * WIDTH}" height="{rows * HEIGHT}"'
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<title>Cost against the number of objects</title>'
        f'\n<style>{_STYLE}</style>\n<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )


def points(results: Sequence[Mapping[str, Any]], figure: str) -> list[Point]:
    """What was measured of a figure, by number of objects."""
    phase, _, name = figure.partition(".")
    found = []
    for result in results:
        value = result.get(phase, {}).get(name)
        if isinstance(value, Mapping):
            value = max(value.values(), default=None)
        if value is not None:
            found.append((float(result["size"]), float(value)))
    return sorted(found)


def _panel(panel: Panel, found: Sequence[Point], bounds: Sequence[Bound]) -> list[str]:
    limits = [bound for bound in bounds if bound.figure == panel.figure]
    others = [(name, (float(peers.SIZE), float(value))) for name, value in panel.others]
    sizes = [size for size, _ in found] or [float(peers.SIZE)]
    values = [value for _, value in found] + [bound.at_most for bound in limits] + [value for _, (_, value) in others]
    scale = _Scale(min(sizes), max(sizes), max(values, default=1.0) or 1.0)
    parts = [_text(LEFT, 18, panel.title, "title"), *scale.axes(sizes)]
    for bound in limits:
        parts += _limit(bound, scale)
    for name, (size, value) in others:
        if scale.least <= size <= scale.most:
            x, y = scale.x(size), scale.y(value)
            parts += [f'<circle class="peer" cx="{x:.1f}" cy="{y:.1f}" r="3"/>', _beside(x, y + 4, name, "peer-text")]
    line = " ".join(f"{scale.x(size):.1f},{scale.y(value):.1f}" for size, value in found)
    parts.append(f'<polyline class="ours" points="{line}"/>')
    for size, value in found:
        x, y = scale.x(size), scale.y(value)
        parts.append(
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{size:,.0f}: {value:g}</title></circle>'
        )
    return parts


def _limit(bound: Bound, scale: _Scale) -> list[str]:
    """A bound for all sizes as a line, one for a single size as a short one there."""
    y = scale.y(bound.at_most)
    ends = (LEFT, WIDTH - RIGHT)
    if bound.size is not None:
        if not scale.least <= bound.size <= scale.most:
            return []
        ends = (round(scale.x(bound.size)) - 12, round(scale.x(bound.size)) + 12)
    return [
        f'<line class="bound" x1="{ends[0]}" x2="{ends[1]}" y1="{y:.1f}" y2="{y:.1f}"/>',
        _beside(ends[0] - 4, y - 3, f"at most {bound.at_most:g}", "bound-text"),
    ]


@dataclass(frozen=True, slots=True)
class _Scale:
    """From numbers to places: objects by their logarithm, values from zero."""

    least: float
    most: float
    highest: float

    def x(self, size: float) -> float:
        if self.most == self.least:
            return (LEFT + WIDTH - RIGHT) / 2
        share = math.log(size / self.least) / math.log(self.most / self.least)
        return LEFT + 10 + share * (WIDTH - LEFT - RIGHT - 20)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / (self.highest * 1.1) * (HEIGHT - TOP - BOTTOM)

    def axes(self, sizes: Sequence[float]) -> list[str]:
        """Both axes with their numbers."""
        bottom = HEIGHT - BOTTOM
        parts = [
            f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>',
            f'<line class="axis" x1="{LEFT}" x2="{LEFT}" y1="{TOP}" y2="{bottom}"/>',
            _text(LEFT - 6, bottom + 4, "0", anchor="end"),
            _text(LEFT - 6, self.y(self.highest) + 4, f"{self.highest:.3g}", anchor="end"),
        ]
        return parts + [_text(self.x(size), bottom + 16, f"{size:,.0f}", anchor="middle") for size in sizes]


def _beside(x: float, y: float, text: str, style: str) -> str:
    """Text to the right of a place, or to the left of one that is too near to the panel's edge."""
    return _text(x + 6, y, text, style) if x < WIDTH / 2 else _text(x - 6, y, text, style, anchor="end")


def _text(x: float, y: float, text: str, style: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{escape(text)}</text>'
