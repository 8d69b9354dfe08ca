"""The tables of the benchmark of the training mark on files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from indelible.runs.markdown import caption, interval, table

_PRICES = {
    "psnr_y_db": "PSNR of luma, dB",
    "psnr_chroma_db": "PSNR of chroma, dB",
    "vmaf": "VMAF of the training mark",
    "vmaf_both": "VMAF of both marks",
    "payload_z_kept": "z of the payload mark kept beside the training mark",
    "training_z_kept": "deviation of the training mark kept beside the payload mark",
}


def audit_tables(result: Mapping[str, Any]) -> str:
    """Return the tables: found after each channel, wrong keys, price."""
    found = [
        [
            f"`{row['channel']}`",
            f"{row['required_p']:g}",
            f"{row['found']['k']} of {row['found']['n']}",
            interval(row["found"]),
            f"{row['median_log10_p']:.1f}",
            f"{row['worst_log10_p']:.1f} ({row['worst'][:4]})",
        ]
        for row in result["summary"]
    ]
    null = [
        [
            row["footage"] + ("" if row["valid"] else " **not valid**"),
            f"{row['n']:,}",
            *(f"{level['k']} ({level['rate']:.1e})" for level in row["levels"]),
            f"{row['excess']:+.4f}",
            f"{row['band']:.4f}",
        ]
        for row in result["null"]
    ]
    levels = [f"p <= {level['nominal']:g}" for level in result["null"][0]["levels"]]
    price = [
        [name, str(values["n"]), f"{values['mean']:.2f}", f"{values['median']:.2f}", f"{values['worst']:.2f}"]
        for column, name in _PRICES.items()
        if (values := result["price"].get(column)) is not None
    ]
    return "\n".join(
        [
            caption(result),
            "**Found in a file**\n",
            table(["channel", "p at most", "found", "95 %", "median log10 p", "worst (clip)"], found),
            "**Wrong keys** (one-sided band at 0.999)\n",
            table(["footage", "keys", *levels, "max(F(p) - p)", "band"], null),
            "**Price, and both marks on one clip** (the last two after `x264:crf=28`)\n",
            table(["what", "clips", "mean", "median", "lowest"], price),
        ]
    )
