"""The plot of a null test: how often which p-value came up, beside how often it may."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

from indelible.drafts import write_whole
from indelible.report.charts import Axis, Point, Series, line_chart, standalone


def write_null_plot(path: str | os.PathLike[str], summary: Sequence[Mapping[str, Any]]) -> None:
    """Write an SVG file with the empirical distribution of p for each row of a summary that `indelible.bench.null` wrote.

    A valid p-value stays on or below the dashed line.
    """
    fewest = min((1 / row["n"] for row in summary), default=1e-6)
    decades = range(math.floor(math.log10(fewest)), 1)
    ticks = tuple((10.0**decade, "1" if decade == 0 else f"1e{decade}") for decade in decades)
    low = 10.0 ** decades[0]
    series = [Series("p-values as they may be", (Point(low, low, "none"), Point(1.0, 1.0, "none")), color=5, dashed=True)]
    for color, row in enumerate(summary):
        seen = ((10.0**log10_p, count / row["n"]) for log10_p, count in row["distribution"] if count)
        points = tuple(Point(p, share, "none") for p, share in seen if p >= low)
        series.append(Series(row["footage"], points, color=color))
    chart = line_chart(
        series,
        x=Axis("p-value", ticks, low, 1.0, math.log10),
        y=Axis("share of (clip, key) pairs at or below it", ticks, low, 1.0, math.log10),
        title="Empirical distribution of p-values of keys that are not there",
        legend="top-left",
    )
    write_whole(path, standalone(chart))
