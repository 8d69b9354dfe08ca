"""Charts as inline SVG. Colours come from `CHART_STYLE`, so that they follow a page from light to dark and onto paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from indelible.report.markup import Markup, element, join

Mark = Literal["full", "hollow", "cross", "none"]
Corner = Literal["top-left", "top-right"]

WIDTH, HEIGHT = 760.0, 400.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 74.0, 16.0, 14.0, 50.0

# Okabe and Ito's colours, which people with any kind of colour vision can tell apart; lighter ones on dark ground.
CHART_STYLE = """
:root { --ink: #1d2129; --soft: #667; --grid: #e3e6ec; --paper: #fff; --bad: #b3261e;
  --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b0568e; --c4: #a87400; --c5: #555b6e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7e9ee; --soft: #9aa1b0; --grid: #2d323d; --paper: #15181e; --bad: #ff8a80;
  --c0: #56b4e9; --c1: #f0883e; --c2: #3cc8a0; --c3: #e29bc6; --c4: #f2c14e; --c5: #a9afbd; } }
@media print { :root { --ink: #000; --soft: #444; --grid: #ddd; --paper: #fff; --bad: #b3261e;
  --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b0568e; --c4: #a87400; --c5: #555b6e; } }
svg.chart { display: block; width: 100%; height: auto; font: 13px system-ui, sans-serif; }
svg.chart text { fill: var(--soft); } svg.chart .label { fill: var(--ink); }
svg.chart .grid { stroke: var(--grid); } svg.chart .rule { stroke: var(--bad); stroke-dasharray: 5 4; }
svg.chart text.rule { fill: var(--bad); stroke: none; }
svg.chart .line { fill: none; stroke-width: 2; stroke-linejoin: round; } svg.chart .dashed { stroke-dasharray: 6 4; }
""" + "".join(
    f"svg.chart .s{i} {{ stroke: var(--c{i}); }} svg.chart .f{i} {{ fill: var(--c{i}); stroke: var(--c{i}); }} "
    f"svg.chart .h{i} {{ fill: var(--paper); stroke: var(--c{i}); stroke-width: 2; }}\n"
    for i in range(6)
)


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: what it says, which values it spans, and where it is labelled.

    Args:
        label: of the axis.
        ticks: (value, text) of the labels.
        low: value at the left or bottom end.
        high: value at the other end.
        scale: what is applied to values before they are laid out evenly, such as a logarithm; must increase or decrease throughout.
    """

    label: str
    ticks: tuple[tuple[float, str], ...]
    low: float
    high: float
    scale: Callable[[float], float] = float

    def share(self, value: float) -> float:
        """Return where a value lies, 0 at the low end and 1 at the high one; what lies beyond is put at the end."""
        low, high = self.scale(self.low), self.scale(self.high)
        return min(1.0, max(0.0, (self.scale(value) - low) / (high - low)))


@dataclass(frozen=True, slots=True)
class Point:
    """A place on a chart, how it is marked, and what is said when the pointer rests on it."""

    x: float
    y: float
    mark: Mark = "full"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """A line through points, in one of six colours."""

    name: str
    points: tuple[Point, ...]
    color: int = 0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line with a word, such as a threshold."""

    y: float
    text: str


def line_chart(
    series: Sequence[Series], *, x: Axis, y: Axis, title: str, rules: Sequence[Rule] = (), legend: Corner = "top-right"
) -> Markup:
    """Return a chart of lines with its legend; ``title`` is for those who cannot see it."""
    parts = [element("title", title), *_grid(x, y)]
    for rule in rules:
        at = _down(y, rule.y)
        parts.append(element("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=at, y2=at, class_="rule"))
        parts.append(element("text", rule.text, x=_LEFT + 6, y=at - 6, class_="rule"))
    for one in series:
        path = " ".join(f"{_across(x, point.x):.1f},{_down(y, point.y):.1f}" for point in one.points)
        parts.append(element("polyline", points=path, class_=f"line s{one.color % 6}" + (" dashed" if one.dashed else "")))
        parts += [_mark(_across(x, point.x), _down(y, point.y), one.color % 6, point) for point in one.points]
    parts += _legend(series, legend)
    return chart(HEIGHT, *parts)


@dataclass(frozen=True, slots=True)
class Cell:
    """A stretch of time in a strip: how strongly it is filled, 0 to 1, and its note."""

    start: float
    end: float
    strength: float
    note: str = ""


def strip_chart(strips: Sequence[tuple[str, Sequence[Cell]]], *, seconds: float, title: str) -> Markup:
    """Return one row for each strip, its cells along the time from 0 to ``seconds``."""
    row, left = 26.0, 190.0
    unit = (WIDTH - left - _RIGHT) / max(seconds, 1e-3)
    parts = [element("title", title)]
    for index, (name, cells) in enumerate(strips):
        top = 4 + index * row
        parts.append(element("text", name, x=left - 10, y=top + 16, class_="label", text_anchor="end"))
        parts.append(element("rect", x=left, y=top, width=unit * seconds, height=row - 5, fill="var(--grid)"))
        for cell in cells:
            note = (element("title", cell.note),) if cell.note else ()
            width = max(0.0, unit * (min(cell.end, seconds) - cell.start) - 1)
            parts.append(
                element(
                    "rect", *note, x=left + unit * cell.start, y=top, width=width, height=row - 5, fill="var(--c0)", opacity=cell.strength
                )
            )
    bottom = 4 + len(strips) * row
    for at in time_ticks(seconds):
        parts.append(element("text", f"{at:g} s", x=left + unit * at, y=bottom + 14, text_anchor="middle"))
    return chart(bottom + 22, *parts)


def time_ticks(seconds: float) -> list[float]:
    """Return where an axis of time from 0 on is labelled, at most 13 times."""
    step = next((step for step in (0.5, 1, 2, 5, 10, 30, 60, 300, 600, 3600) if seconds / step <= 12), 7200.0)
    return [tick * step for tick in range(int(seconds / step) + 1)]


@dataclass(frozen=True, slots=True)
class Grid:
    """Values from 0 to 1 in rows, each drawn as a square that is the fuller the larger it is, and the note of all."""

    values: Sequence[Sequence[float]]
    note: str = ""


def grid_chart(rows: Sequence[tuple[str, Sequence[Grid]]], *, columns: Sequence[str], title: str) -> Markup:
    """Return small grids in a table: a name and its grids in each row, as many as columns have names."""
    left, top, gap = 150.0, 24.0, 14.0
    side = min(110.0, (WIDTH - left - _RIGHT) / max(1, len(columns)) - gap)
    parts = [element("title", title)]
    for index, name in enumerate(columns):
        parts.append(element("text", name, x=left + index * (side + gap) + side / 2, y=top - 8, class_="label", text_anchor="middle"))
    for line, (name, grids) in enumerate(rows):
        down = top + line * (side + gap)
        parts.append(element("text", name, x=left - 10, y=down + side / 2, class_="label", text_anchor="end"))
        for index, grid in enumerate(grids):
            across = left + index * (side + gap)
            parts.append(element("rect", element("title", grid.note), x=across, y=down, width=side, height=side, fill="var(--grid)"))
            for place, values in enumerate(grid.values):
                cell, high = side / len(values), side / len(grid.values)
                parts += [
                    element(
                        "rect",
                        x=across + i * cell,
                        y=down + place * high,
                        width=cell - 0.5,
                        height=high - 0.5,
                        fill="var(--c0)",
                        opacity=value,
                    )
                    for i, value in enumerate(values)
                    if value > 0.0
                ]
    return chart(top + len(rows) * (side + gap), *parts)


def chart(height: float, *parts: str) -> Markup:
    """Return a drawing `WIDTH` wide and so high, in the style of charts."""
    return element("svg", *parts, class_="chart", viewBox=f"0 0 {WIDTH:g} {height:g}", role="img")


def standalone(chart: Markup) -> str:
    """Return a chart as an SVG file of its own."""
    styled = chart.replace("<title>", f"<style>{CHART_STYLE} svg.chart {{ background: var(--paper); }}</style><title>", 1)
    return styled.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def _across(x: Axis, value: float) -> float:
    return _LEFT + x.share(value) * (WIDTH - _LEFT - _RIGHT)


def _down(y: Axis, value: float) -> float:
    return HEIGHT - _BOTTOM - y.share(value) * (HEIGHT - _TOP - _BOTTOM)


def _grid(x: Axis, y: Axis) -> list[Markup]:
    parts = []
    for value, text in y.ticks:
        at = _down(y, value)
        parts.append(element("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=at, y2=at, class_="grid"))
        parts.append(element("text", text, x=_LEFT - 8, y=at + 4, text_anchor="end"))
    for value, text in x.ticks:
        at = _across(x, value)
        parts.append(element("line", x1=at, x2=at, y1=_TOP, y2=HEIGHT - _BOTTOM, class_="grid"))
        parts.append(element("text", text, x=at, y=HEIGHT - _BOTTOM + 18, text_anchor="middle"))
    middle = (_TOP + HEIGHT - _BOTTOM) / 2
    parts.append(element("text", x.label, x=(_LEFT + WIDTH - _RIGHT) / 2, y=HEIGHT - 10, class_="label", text_anchor="middle"))
    turn = f"rotate(-90 14 {middle:g})"
    parts.append(element("text", y.label, x=14, y=middle, class_="label", text_anchor="middle", transform=turn))
    return parts


def _mark(x: float, y: float, color: int, point: Point) -> Markup:
    note = (element("title", point.note),) if point.note else ()
    match point.mark:
        case "full":
            return element("circle", *note, cx=x, cy=y, r=5, class_=f"f{color}")
        case "hollow":
            return element("circle", *note, cx=x, cy=y, r=5, class_=f"h{color}")
        case "cross":
            arms = f"M{x - 5:.1f},{y - 5:.1f}l10,10m0,-10l-10,10"
            return element("path", *note, d=arms, class_=f"line s{color}")
        case "none":
            return join()


def _legend(series: Sequence[Series], corner: Corner) -> list[Markup]:
    parts = []
    width = 44 + 7.5 * max((len(one.name) for one in series), default=0)
    left = _LEFT + 14 if corner == "top-left" else WIDTH - _RIGHT - width
    for index, one in enumerate(series):
        at = _TOP + 18 + 20 * index
        parts.append(
            element("line", x1=left, x2=left + 24, y1=at, y2=at, class_=f"line s{one.color % 6}" + (" dashed" if one.dashed else ""))
        )
        parts.append(element("text", one.name, x=left + 32, y=at + 4, class_="label"))
    return parts
