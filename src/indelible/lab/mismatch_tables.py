"""Markdown tables of what ``lab mismatch`` measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from indelible.lab.dct8 import BAND, coefficient_names
from indelible.runs.markdown import caption, table

_HEADER = (
    *("codec", "CRF", "Y-PSNR", "chroma PSNR", "apart, PSNR", "apart, errors", "apart, carried"),
    *("carried", "kept, low", "zeroed, low", "energy, low", "energy, high"),
)


def mismatch_tables(result: Mapping[str, Any]) -> str:
    """Return the tables: what each codec does and how far that is from x264, what of a mark arrives, and the course of one block."""
    summary, fit = result["summary"], result["fit"]
    parts = [caption(result), f"{summary[0]['clips']} clips measured, at most {result['settings']['footage']['frames']} frames of each.\n"]
    if fit is not None:
        said = ", ".join(f"{name} {fit['parameters'][name]:.3f}" for name in ("qp_offset", "tilt", "motion", "offset"))
        parts.append(f"Fitted on {len(fit['trained_on'])} clips of other sources, {fit['tried']} tried: {said}.\n")
    parts.append(table(_HEADER, [_row(row) for row in summary]))
    parts.append("**Share of a mark's movement that arrives, by coefficient**\n")
    shares = [[row["codec"], str(row["crf"]), *(f"{share:+.2f}" for share in row["carried"])] for row in summary]
    parts.append(table(["codec", "CRF", *coefficient_names()], shares))
    parts.append("**One block: coefficient -> result (step)**\n")
    parts.append(_trace(result["trace"]))
    return "\n".join(parts)


def _row(row: Mapping[str, Any]) -> list[str]:
    carried = row["carried"]
    return [
        *(row["codec"], str(row["crf"]), f"{row['psnr_y_db']:.1f}", f"{row['psnr_chroma_db']:.1f}"),
        *(f"{row['psnr_gap_db']:.1f}", f"{row['error_gap_db']:.1f}", f"{row['carried_gap']:.2f}", f"{sum(carried) / len(carried):+.2f}"),
        *(f"{_low(row[name]):.2f}" for name in ("kept", "zeroed", "energy")),
        f"{row['energy'][-1][-1]:.2f}",
    ]


def _low(grid: Sequence[Sequence[float]]) -> float:
    """Return the mean over the band that marks use."""
    values = [grid[row][column] for row in range(BAND) for column in range(BAND) if row or column]
    return sum(values) / len(values)


def _trace(trace: Sequence[Mapping[str, Any]]) -> str:
    places = [f"[{row},{column}]" for row in range(BAND) for column in range(BAND)]
    lines = []
    for crf, codec in dict.fromkeys((step["crf"], step["codec"]) for step in trace):
        steps = [step for step in trace if (step["crf"], step["codec"]) == (crf, codec)]
        cells = [
            f"{step['coefficient']:.1f} -> {step['result']:.1f}"
            + ("" if step["step"] is None else f" ({step['step']:.1f})")
            + f" {step['fate']}"
            for step in steps
        ]
        lines.append([codec, str(crf), *cells])
    return table(["codec", "CRF", *places], lines)
