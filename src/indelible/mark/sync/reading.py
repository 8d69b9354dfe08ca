"""Reading steps under a pose: the detector's evidence, with what a pose hides counted for nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indelible.mark.carrier import band, chip_coverage
from indelible.mark.grid import analyse, without_local_mean
from indelible.mark.perception import evidence
from indelible.mark.sync.footage import ALL, Box, Still
from indelible.mark.sync.pose import AS_MARKED, Pose, coverage, on_grid


def read(stills: Sequence[Still], box: Box, pose: Pose) -> NDArray[np.float32]:
    """Return what each chip says in each step, weighted by the step's frames; float32, shape (steps, chips).

    It depends on no key, so whatever it is correlated with has an exact p-value.
    """
    if (pose, box) == (AS_MARKED, ALL):
        return np.stack([still.values for still in stills])
    values = np.empty((len(stills), band().size), np.float32)
    shown: NDArray[np.float32] | None = None
    for row, still in zip(values, stills, strict=True):
        picture = box.cut(still.picture)
        if shown is None:
            shown = chip_coverage(coverage(pose, height=picture.shape[0], width=picture.shape[1]))
        row[:] = evidence(analyse(without_local_mean(on_grid(picture, pose)))) * shown * np.float32(still.frames)
    return values
