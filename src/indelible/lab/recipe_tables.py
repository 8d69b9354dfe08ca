"""Markdown tables of what recipes of our own mark are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from indelible.runs.markdown import caption, table


def ablation_tables(result: Mapping[str, Any]) -> str:
    """Return the tables of a result of ``lab ablate``: what each recipe costs, and what is left of it behind each channel."""
    summary = result["summary"]
    parts = [caption(result), "**Price** (dB before encoding; VMAF at `x264:crf=28` against the unmarked encode)\n", _price(summary)]
    for place, row in enumerate(summary[0]["channels"]):
        parts += [f"**`{row['channel']}`**\n", _left(summary, place)]
    return "\n".join(parts)


def tuning_tables(result: Mapping[str, Any]) -> str:
    """Return the tables of a result of ``lab tune``: those of its comparison, and the course of the search."""
    search = result["search"]
    changes = ", ".join(f"{name} {value}" for name, value in result["differs"].items())
    course = [[str(place), f"{entry['best']:+.2f}", f"{entry['mean']:+.2f}"] for place, entry in enumerate(search["course"], start=1)]
    return "\n".join(
        [
            ablation_tables(result),
            "**The search**\n",
            f"{search['generations']} generations of {search['population']} on {len(search['clips'])} clips of other sources: fitness "
            f"{search['fitness_reached']:+.2f} dB, mark v1 {search['fitness_of_v1']:+.2f} dB. Best: {changes or 'mark v1'}.\n",
            table(["generation", "best, dB", "mean, dB"], course),
        ]
    )


def _price(summary: Sequence[Mapping[str, Any]]) -> str:
    header = ["way", "clips", "Y-PSNR", "beside v1", "VMAF loss", "beside v1 (95 %)"]
    rows = [
        [
            row["way"],
            str(row["n"]),
            f"{row['psnr_y_db']:.2f}",
            f"{row['psnr_y_db_beside_v1']['value']:+.2f}",
            f"{row['vmaf_loss']:.2f}",
            _spread(row["vmaf_loss_beside_v1"], "{:+.2f}"),
        ]
        for row in summary
    ]
    return table(header, rows)


def _left(summary: Sequence[Mapping[str, Any]], place: int) -> str:
    header = ["way", "median z", "beside flat band (95 %)", "beside v1 (95 %)", "worst decile, dB", "present", "payload"]
    rows = []
    for row in summary:
        cell = row["channels"][place]
        rows.append(
            [
                row["way"],
                f"{cell['median_z']:.1f}",
                _spread(cell["beside_flat_band"], "{:.2f}"),
                _spread(cell["beside_v1"], "{:.2f}"),
                f"{cell['worst_decile_margin_db']:+.1f}",
                f"{cell['present']['k']}/{cell['present']['n']}",
                "-" if cell["readable"] is None else f"{cell['readable']['k']}/{cell['readable']['n']}",
            ]
        )
    return table(header, rows)


def _spread(estimate: Mapping[str, Any], form: str) -> str:
    low, high = (form.format(bound) for bound in estimate["interval"])
    return f"{form.format(estimate['value'])} ({low} to {high})"
