"""Reading steps under a pose: the detector's evidence, with what a pose hides counted for nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indelible.mark.carrier import band
from indelible.mark.grid import BLOCK, GRID, Picture, analyse, without_local_mean
from indelible.mark.perception import evidence
from indelible.mark.sync.footage import Box, Still
from indelible.mark.sync.pose import Pose, coverage, on_grid


def read(stills: Sequence[Still], box: Box, pose: Pose) -> NDArray[np.float32]:
    """Return what each chip says in each step, weighted by the step's frames; float32, shape (steps, chips).

    It depends on no key, so whatever it is correlated with has an exact p-value.
    """
    values = np.empty((len(stills), band().size), np.float32)
    shown: NDArray[np.float32] | None = None
    for row, still in zip(values, stills, strict=True):
        picture = box.cut(still.picture)
        if shown is None:
            shown = _shown(coverage(pose, height=picture.shape[0], width=picture.shape[1]))
        row[:] = evidence(analyse(without_local_mean(on_grid(picture, pose)))) * shown * np.float32(still.frames)
    return values


def _shown(cells: Picture) -> NDArray[np.float32]:
    """Return the share of each chip's block that is in the picture, shape (chips,)."""
    blocks = cells.reshape(GRID // BLOCK, BLOCK, GRID // BLOCK, BLOCK).mean(axis=(1, 3))
    return np.asarray(np.kron(blocks, np.ones((BLOCK, BLOCK))).ravel()[band()], np.float32)
