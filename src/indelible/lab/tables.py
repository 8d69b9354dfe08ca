"""Markdown tables of what the lab measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from indelible.runs.markdown import caption, interval, table


def validation_tables(result: Mapping[str, Any]) -> str:
    """Return the tables of a result of ``lab validate``."""
    summary, criteria = result["summary"], result["criteria"]
    signature = result["signature"]
    rows = [[f"`{row['channel']}`", row["detector"], *_cells(row)] for row in summary]
    lines = [
        [row["platform"], ", ".join(map(str, row["crf"])), row["detector"], _rate(row["true_positives"]), _rate(row["false_positives"])]
        for row in result["platforms"]
    ]
    verdicts = [f"{detector} {'meets' if met else 'does not meet'}" for detector, met in result["verdicts"].items()]
    wanted = (
        f"found > {criteria['true_positive_rate']:.0%}, false < {criteria['false_positive_rate']:.0%}, p < {criteria['p']:g}, "
        f"Y-PSNR >= {criteria['psnr_y_db']:g} dB"
    )
    return "\n".join(
        [
            caption(result),
            f"Signature {signature['digest']} of {signature['method']}, epsilon {signature['epsilon']:.3f}; "
            f"{len(result['left_out'])} clips of sources that it was trained on are left out.\n",
            table(["channel", "detector", *_HEADER], rows),
            table(["platform", "CRF", "detector", "found, at worst", "false, at worst"], lines) if lines else "",
            f"The criteria ({wanted}) at CRF 28: {'; '.join(verdicts) or 'not measured'}.\n",
        ]
    )


def comparison_tables(result: Mapping[str, Any]) -> str:
    """Return the tables of a result of ``lab compare``, one for each channel."""
    parts = [caption(result)]
    if result["left_out"]:
        parts.append(f"{len(result['left_out'])} clips of sources that a signature was trained on are left out.\n")
    for channel in dict.fromkeys(row["channel"] for row in result["summary"]):
        rows = [row for row in result["summary"] if row["channel"] == channel]
        parts.append(f"**`{channel}`**\n")
        parts.append(table(["method", "detector", *_HEADER], [[row["entrant"], row["detector"], *_cells(row)] for row in rows]))
    return "\n".join(parts)


def model_tables(result: Mapping[str, Any]) -> str:
    """Return the table of a result of ``lab model``."""
    rows = [
        [
            row["method"],
            *(str(row["training_clips"]), str(row["held_out_clips"])),
            *(f"{row['training']:+.2f}", f"{row['held_out']:+.2f}"),
            *(f"{row['p']:.2g}", f"{row['detector']:+.2f}"),
        ]
        for row in result["summary"]
    ]
    header = ["method", "clips trained on", "held out", "score trained on", "score held out", "p", "matched filter"]
    return caption(result) + "\n" + table(header, rows)


_HEADER = ("clips", "Y-PSNR", "lowest", "unmarked", "marked", "area", "found", "95 %", "false", "log10 p", "found by p", "false by p")


def _cells(row: Mapping[str, Any]) -> Sequence[str]:
    quality, by_p = row["psnr_y_db"], row.get("by_p")
    return [
        str(row["n"]),
        *(("-", "-") if quality is None else (f"{quality['mean']:.1f}", f"{quality['worst']:.1f}")),
        f"{row['clean']['mean']:+.3f}",
        f"{row['marked']['mean']:+.3f}",
        f"{row['area_under_roc']:.3f}",
        _rate(row["true_positives"]),
        interval(row["true_positives"]),
        _rate(row["false_positives"]),
        f"{row['log10_p_mann_whitney']:.1f}",
        *(("-", "-") if by_p is None else (_rate(by_p["marked"]), _rate(by_p["clean"]))),
    ]


def _rate(rate: Mapping[str, Any]) -> str:
    return f"{rate['k']}/{rate['n']}"
