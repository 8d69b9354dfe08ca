"""The plot of a comparison of the lab: how often each method is found behind ever harder encoders."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from indelible.drafts import write_whole
from indelible.report.charts import Axis, Point, Rule, Series, line_chart, standalone

_CRF = re.compile(r"x264:crf=(\d+)")
_WANTED = 0.8


def write_comparison_plot(path: str | os.PathLike[str], summary: Sequence[Mapping[str, Any]]) -> None:
    """Write an SVG file with the share of marked clips found against the CRF of x264, a line for each entrant's best detector.

    Args:
        path: of the file.
        summary: rows as ``lab compare`` writes them; channels other than ``x264:crf=N`` are left out.
    """
    lines: dict[tuple[str, str], dict[int, Mapping[str, Any]]] = {}
    for row in summary:
        if match := _CRF.fullmatch(row["channel"]):
            lines.setdefault((row["entrant"], row["detector"]), {})[int(match[1])] = row
    best: dict[str, tuple[str, dict[int, Mapping[str, Any]]]] = {}
    for (entrant, detector), cells in lines.items():
        if entrant not in best or _area(cells) > _area(best[entrant][1]):
            best[entrant] = detector, cells
    qualities = sorted({crf for cells in lines.values() for crf in cells})
    low, high = (qualities[0], qualities[-1]) if qualities else (18, 34)
    series = [
        Series(f"{entrant} ({detector})", tuple(_point(crf, row) for crf, row in sorted(cells.items())), color, dashed=color >= 6)
        for color, (entrant, (detector, cells)) in enumerate(best.items())
    ]
    chart = line_chart(
        series,
        x=Axis("CRF of x264", tuple((crf, str(crf)) for crf in qualities), low - 1, high + 1),
        y=Axis("share of marked clips found", tuple((tenth / 5, f"{tenth * 20} %") for tenth in range(6)), 0.0, 1.6),
        title="Marked clips found, at a threshold fitted on other sources",
        rules=(Rule(_WANTED, f"{_WANTED:.0%}"),),
    )
    write_whole(path, standalone(chart))


def _area(cells: Mapping[int, Mapping[str, Any]]) -> float:
    return sum(float(row["area_under_roc"]) for row in cells.values())


def _point(crf: int, row: Mapping[str, Any]) -> Point:
    found, quality = row["true_positives"], row["psnr_y_db"]
    decibels = "" if quality is None else f", {quality['mean']:.1f} dB"
    return Point(crf, found["k"] / found["n"], note=f"{found['k']} of {found['n']} at CRF {crf}{decibels}")
