"""Two timelines, one over the other, with bands between the stretches that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indelible.report.charts import chart, time_ticks
from indelible.report.markup import Markup, element

_LEFT, _RIGHT = 12.0, 748.0
_BAR, _BETWEEN, _WORDS = 18.0, 74.0, 20.0
_COLOURS = 6


@dataclass(frozen=True, slots=True)
class Timeline:
    """A video as a bar: its name, and how long it is."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the upper video that is a stretch of the lower one; seconds from start to end of each, and its note."""

    upper: tuple[float, float]
    lower: tuple[float, float]
    note: str


def band_chart(upper: Timeline, lower: Timeline, bands: Sequence[Band], *, title: str) -> Markup:
    """Return the chart. Each timeline takes the whole width, however long it is; ``title`` is for those who cannot see it."""
    parts = [element("title", title)]
    first = 2 * _WORDS
    second = first + _BAR + _BETWEEN
    for timeline, top, names, ticks in ((upper, first, 14.0, first - 6), (lower, second, second + _BAR + 34, second + _BAR + 15)):
        parts.append(element("text", timeline.name, x=_LEFT, y=names, class_="label"))
        parts.append(element("rect", x=_LEFT, y=top, width=_RIGHT - _LEFT, height=_BAR, fill="var(--grid)"))
        parts += [
            element("text", f"{at:g} s", x=_across(timeline, at), y=ticks, text_anchor="start" if at == 0 else "middle")
            for at in time_ticks(timeline.seconds)
        ]
    for index, band in enumerate(bands):
        colour = f"var(--c{index % _COLOURS})"
        here, there = ([_across(timeline, at) for at in span] for timeline, span in ((upper, band.upper), (lower, band.lower)))
        for span, top in ((here, first), (there, second)):
            parts.append(element("rect", x=span[0], y=top, width=max(2.0, span[1] - span[0]), height=_BAR, fill=colour))
        corners = (
            (here[0], first + _BAR),
            (max(here[1], here[0] + 2), first + _BAR),
            (max(there[1], there[0] + 2), second),
            (there[0], second),
        )
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        parts.append(element("polygon", element("title", band.note), points=points, fill=colour, opacity=0.35))
    return chart(second + _BAR + 42, *parts)


def _across(timeline: Timeline, at: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * min(1.0, max(0.0, at / max(timeline.seconds, 1e-3)))
