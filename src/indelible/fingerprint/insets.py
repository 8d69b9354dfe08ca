"""Where a smaller picture may lie within a picture: straight lines that stay while everything else moves."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indelible.fingerprint.picture import SIDE, UNIT, Cells, Window

MOST = 3
_PEAKS = 10  # lines on each side
_CENTRE = slice(SIDE * 3 // 10, SIDE * 7 // 10)  # every inset of 70 % covers it, wherever it lies
_NEARBY = 5  # cells
_MARGIN = 3  # cells; what is closer to the border is no inset
_LEAST = SIDE / 4
_SAME_SHAPE = 2.5  # cells; insets keep the shape of the picture
_SHARP, _FAINT = 1.5, 2.0  # how much a step on a line stands out from those nearby; in 1 / 16 of a luma level

Steps = NDArray[np.float64]


def insets(pictures: Sequence[Cells]) -> list[Window]:
    """Return up to `MOST` windows that may hold another picture, the most likely first.

    Args:
        pictures: of moments, each of shape (128, 128); at least one.
    """
    stack = np.stack(pictures).astype(np.float64)
    # What is there most of the time: what moves has edges too, but not always in the same place.
    down, across = (np.quantile(np.abs(np.diff(stack, axis=axis)), 0.25, axis=0) for axis in (1, 2))
    rows, columns = _line_strength(down[:, _CENTRE]), _line_strength(across[_CENTRE].T)
    sides = [_peaks(strength, part) for strength in (rows, columns) for part in (slice(0, SIDE // 2 - 1), slice(SIDE // 2, SIDE - 1))]
    sharp_down, sharp_across = _sharp(down), _sharp(across.T)
    found = []
    for top, bottom, left, right in itertools.product(*sides):
        height, width = bottom - top, right - left
        if abs(height - width) <= _SAME_SHAPE and min(height, width) > _LEAST:
            first, last, begin, end = (round(place) for place in (top, bottom, left, right))
            straight = (
                sharp_down[first - 1, begin:end].mean()
                + sharp_down[last - 1, begin:end].mean()
                + sharp_across[begin - 1, first:last].mean()
                + sharp_across[end - 1, first:last].mean()
            )
            found.append((float(straight) + height / SIDE, (top, bottom, left, right)))
    found.sort(key=lambda each: -each[0])
    return [Window(*(round(UNIT * place / SIDE) for place in box)) for _, box in found[:MOST]]


def _line_strength(steps: Steps) -> Steps:
    """Return how much of a line there is after each row: steps along most of it that are larger than those nearby."""
    along = np.quantile(steps, 0.25, axis=1) + 1.0
    size = 2 * _NEARBY + 1
    nearby = np.convolve(np.pad(along, _NEARBY, mode="edge"), np.ones(size) / size, mode="valid")
    return np.asarray(along / nearby * np.sqrt(along))


def _peaks(strength: Steps, part: slice) -> list[float]:
    """Return the places of the strongest lines, in cells; to a part of a cell, for a line within a cell shows in two steps."""
    found: list[float] = []
    for index in sorted(range(max(1, part.start), min(part.stop, SIDE - 2)), key=lambda i: -float(strength[i])):
        if not _MARGIN <= index < SIDE - 1 - _MARGIN or any(abs(index + 1 - other) < 2 for other in found):
            continue
        near = strength[index - 1 : index + 2]
        found.append(index + 1 + float((near[2] - near[0]) / near.sum()))
        if len(found) == _PEAKS:
            break
    return found


def _sharp(steps: Steps) -> NDArray[np.bool_]:
    """Return where a step down stands out from those a few cells away, a neighbour's step counting as its own; same shape."""
    padded = np.pad(steps, ((4, 4), (0, 0)), mode="edge")
    count = len(steps)
    own = np.max([padded[4 + shift : 4 + shift + count] for shift in (-1, 0, 1)], axis=0)
    away = np.mean([padded[4 + shift : 4 + shift + count] for shift in (-4, -3, 3, 4)], axis=0)
    return np.asarray(own > away * _SHARP + _FAINT)
