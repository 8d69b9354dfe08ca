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


def write_strength_plot(path: str | os.PathLike[str], summary: Sequence[Mapping[str, Any]]) -> None:
    """Write an SVG file with the share of marked clips found against the Y-PSNR of the mark, a line for each detector and channel.

    Args:
        path: of the file.
        summary: rows of one family at several strengths, as ``lab compare`` writes them; rows without PSNR are left out.
    """
    lines: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in summary:
        if row["psnr_y_db"] is not None:
            lines.setdefault((row["channel"], row["detector"]), []).append(row)
    qualities = [row["psnr_y_db"]["mean"] for rows in lines.values() for row in rows]
    low, high = int(min(qualities, default=30.0)) - 1, int(max(qualities, default=50.0)) + 2
    series = [
        Series(
            f"{channel}, {detector}",
            tuple(
                Point(row["psnr_y_db"]["mean"], row["true_positives"]["k"] / row["n"], note=_strength_note(row))
                for row in sorted(rows, key=lambda row: row["psnr_y_db"]["mean"])
            ),
            color,
            dashed=color >= 6,
        )
        for color, ((channel, detector), rows) in enumerate(lines.items())
    ]
    chart = line_chart(
        series,
        x=Axis("Y-PSNR of the mark, dB", tuple((db, str(db)) for db in range(low, high + 1, 2)), low, high),
        y=Axis("share of marked clips found", tuple((tenth / 5, f"{tenth * 20} %") for tenth in range(6)), 0.0, 1.6),
        title="Marked clips found by the strength of the mark, at a threshold fitted on other sources",
        rules=(Rule(_WANTED, f"{_WANTED:.0%}"),),
    )
    write_whole(path, standalone(chart))


def _strength_note(row: Mapping[str, Any]) -> str:
    found, false = row["true_positives"], row["false_positives"]
    return f"{row['entrant']}: {found['k']} of {found['n']}, false {false['k']} of {false['n']}, separation {row['separation']:+.3f}"


def _area(cells: Mapping[int, Mapping[str, Any]]) -> float:
    return sum(float(row["area_under_roc"]) for row in cells.values())


def _point(crf: int, row: Mapping[str, Any]) -> Point:
    found, quality = row["true_positives"], row["psnr_y_db"]
    decibels = "" if quality is None else f", {quality['mean']:.1f} dB"
    return Point(crf, found["k"] / found["n"], note=f"{found['k']} of {found['n']} at CRF {crf}{decibels}")
