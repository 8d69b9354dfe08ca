"""Where a smaller picture may lie within a picture: straight lines that stay while everything else moves."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indelible.fingerprint.picture import SIDE, UNIT, Cells, Window

MOST = 3
_PEAKS = 6  # lines on each side
_CENTRE = slice(SIDE * 3 // 10, SIDE * 7 // 10)  # every inset of 70 % covers it, wherever it lies
_NEARBY = 5  # cells
_MARGIN = 3  # cells; what is closer to the border is no inset
_SAME_SHAPE = 2.5  # cells; insets keep the shape of the picture


def insets(pictures: Sequence[Cells]) -> list[Window]:
    """Return up to `MOST` windows that may hold another picture, the most likely first.

    Args:
        pictures: of moments, each of shape (128, 128); at least one.
    """
    stack = np.stack(pictures).astype(np.float64)
    rows = _line_strength(np.abs(np.diff(stack, axis=1))[:, :, _CENTRE], axis=2)
    columns = _line_strength(np.abs(np.diff(stack, axis=2))[:, _CENTRE, :], axis=1)
    tops, bottoms = _peaks(rows[: SIDE // 2 - 1], 0), _peaks(rows[SIDE // 2 :], SIDE // 2)
    lefts, rights = _peaks(columns[: SIDE // 2 - 1], 0), _peaks(columns[SIDE // 2 :], SIDE // 2)
    found = []
    for top, bottom, left, right in itertools.product(tops, bottoms, lefts, rights):
        height, width = bottom[0] - top[0], right[0] - left[0]
        if abs(height - width) <= _SAME_SHAPE and min(height, width) > SIDE / 4:
            edges = tuple(round(UNIT * position / SIDE) for position, _ in (top, bottom, left, right))
            found.append((sum(math.log(strength) for _, strength in (top, bottom, left, right)), edges))
    found.sort(key=lambda each: -each[0])
    return [Window(*edges) for _, edges in found[:MOST]]


def _line_strength(steps: NDArray[np.float64], *, axis: int) -> NDArray[np.float64]:
    """Return how much of a line there is after each row (or column): steps that are there most of the time, along most of the way.

    Relative to the steps nearby: what a picture shows has edges too, but not all along a row, and they are less sharp.
    """
    along = np.quantile(np.quantile(steps, 0.25, axis=0), 0.25, axis=axis - 1)
    nearby = np.convolve(np.pad(along, _NEARBY, mode="edge"), np.ones(2 * _NEARBY + 1) / (2 * _NEARBY + 1), mode="valid")
    return np.asarray((along + 1.0) / (nearby + 1.0) * np.sqrt(along + 1.0))


def _peaks(strength: NDArray[np.float64], first: int) -> list[tuple[float, float]]:
    """Return place and strength of the strongest lines; the place to a part of a cell, for a line within a cell shows in two steps."""
    found = []
    inner = range(1, len(strength) - 1)
    for index in sorted(inner, key=lambda i: -float(strength[i])):
        place = first + index
        if not _MARGIN <= place < SIDE - 1 - _MARGIN or any(abs(place + 1 - other) < 2 for other, _ in found):
            continue
        near = strength[index - 1 : index + 2] + 1e-9
        found.append((place + 1 + float((near[2] - near[0]) / near.sum()), float(strength[index])))
        if len(found) == _PEAKS:
            break
    return found
