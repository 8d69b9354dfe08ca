"""The picture of a mismatch: which DCT coefficients survive a codec and what stands for it, as grids of 8 by 8."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from indelible.drafts import write_whole
from indelible.report.charts import Grid, grid_chart, standalone


def write_mismatch_plot(path: str | os.PathLike[str], summary: Sequence[Mapping[str, Any]]) -> None:
    """Write an SVG file with a grid for each codec and CRF: the share of coefficients kept at each frequency, the lowest at the top left.

    Args:
        path: of the file.
        summary: rows as ``lab mismatch`` writes them.
    """
    crfs = sorted({row["crf"] for row in summary})
    codecs = list(dict.fromkeys(row["codec"] for row in summary))
    cells = {(row["codec"], row["crf"]): row for row in summary}
    rows = [(codec, [_grid(cells[codec, crf]) for crf in crfs]) for codec in codecs]
    chart = grid_chart(rows, columns=[f"CRF {crf}" for crf in crfs], title="Share of DCT coefficients that come out, by frequency")
    write_whole(path, standalone(chart))


def _grid(row: Mapping[str, Any]) -> Grid:
    return Grid(row["kept"], f"{row['codec']}, CRF {row['crf']}: {row['psnr_y_db']:.1f} dB")
