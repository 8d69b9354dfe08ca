"""What a received picture has that the original has not: evidence of a mark without its host."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.mark.carrier import chip_coverage
from indelible.mark.grid import GRID, Picture, analyse, without_local_mean
from indelible.mark.perception import BLOCK_SIGMA, by_block, evidence, filtered

_SHOWN = 0.5  # of a cell; what is shown less is filled in with the original, so that no edge leaks into what is seen
_NEIGHBOURS = 3  # frequencies a side
_QUIET = 1.0  # squared luma levels: an original below it explains nothing
_LARGEST_GAIN = 2.0


def residual_evidence(received: Picture, host: Picture, shown: Picture) -> NDArray[np.float32]:
    """Return what each chip says once the host is taken away, float32, shape (chips,).

    The host's part is fitted coefficient by coefficient over its neighbours in frequency and place, so that a change of brightness or
    contrast is followed, and detail that a codec has dropped is not missed. Where the host explains nothing, nothing is taken away: what
    is left is then what a blind detector sees. It depends on no key.

    Args:
        received: mean picture on the original's grid, shape (256, 256), in luma levels of 8 bit.
        host: the original's mean picture there.
        shown: the share of each cell that the received picture shows.
    """
    seen = np.asarray(np.where(shown > _SHOWN, received, host + _level(received, host, shown)), np.float32)
    ours, theirs = analyse(without_local_mean(seen)), analyse(without_local_mean(host))
    fitted = _around(ours * theirs) / (_around(theirs**2) + np.float32(_QUIET))
    gain = np.clip(fitted, np.float32(0.0), np.float32(_LARGEST_GAIN))
    return np.asarray(evidence(np.asarray(ours - gain * theirs, np.float32)) * chip_coverage(shown), np.float32)


def _level(received: Picture, host: Picture, shown: Picture) -> float:
    """Return by how much the received picture is brighter."""
    places = shown > _SHOWN
    return float(np.mean(received[places] - host[places])) if places.any() else 0.0


def _around(values: Picture) -> Picture:
    """Return the means over neighbouring frequencies of a block and the same frequency of neighbouring blocks."""
    frequencies = np.full(_NEIGHBOURS, 1.0 / _NEIGHBOURS, np.float32)
    places = np.asarray(cv2.getGaussianKernel(5, BLOCK_SIGMA), np.float32).ravel()
    around = by_block(values)
    for axis, kernel in ((1, frequencies), (3, frequencies), (0, places), (2, places)):
        around = filtered(around, kernel, axis=axis)
    return around.reshape(GRID, GRID)
