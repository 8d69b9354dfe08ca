"""What the bands of pictures say, before any key is asked: contrasts of mean logarithms of power, at every scale that is searched.

Everything here is a function of the pictures alone. So whatever a host looks like, under the null the coins of a key are independent of
it, and a sum of contrasts with keyed signs has an exact p-value.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.audit.bands import (
    ANGLES,
    HIGHEST_CYCLES,
    KINDS,
    LINES,
    PLANES,
    RINGS,
    STEPS_PER_RING,
    band_masks,
    ring_radius,
)
from indelible.audit.embed import shrunk_to
from indelible.errors import InputError
from indelible.frames import Plane

__all__ = ["SCALE_STEPS", "SMALLEST_SIDE", "Spectrum"]

SCALE_STEPS = range(-8, 5)
"""Steps of the raster by which bands may be shifted: pictures cut down to half of their lines, or reduced inside a frame to 0.7."""

SMALLEST_SIDE = 16  # samples of a plane below which it has no bands to speak of
_BLOCK = 128
_NOISE_POWER = 8.0  # squared 8-bit levels: what codecs and rounding make; where there is less, a contrast fades
_FIRST = SCALE_STEPS.start
_RASTER = tuple(range(_FIRST, (RINGS - 1) * STEPS_PER_RING + SCALE_STEPS.stop))


class Spectrum:
    """Collects pictures.

    Args:
        lines: on the shorter side of the whole pictures of which those to come show a part at the same scale (patches); None takes each
            picture for a whole one.

    Raises:
        InputError: if ``lines`` is less than 1.
    """

    def __init__(self, *, lines: float | None = None) -> None:
        if lines is not None and lines < 1:
            raise InputError(
                f"pictures of {lines:g} lines are not possible; give the shorter side of what the model was trained on, in pixels"
            )
        self._lines = lines
        self._sums = np.zeros((PLANES, KINDS, len(_RASTER), ANGLES))
        self._seen = np.zeros((PLANES, len(_RASTER)))
        self.pictures = 0

    def add(self, planes: tuple[Plane | NDArray[np.float32], ...], *, bit_depth: int = 8) -> None:
        """Look at the planes of a picture: luma, and chroma where there is any. A plane smaller than `SMALLEST_SIDE` says nothing."""
        self.pictures += 1
        height = planes[0].shape[0]
        for index, plane in enumerate(planes[:PLANES]):
            lines = min(planes[0].shape) if self._lines is None else self._lines
            self._add_plane(plane, index, lines * plane.shape[0] / height, np.float32(2.0 ** (8 - bit_depth)))

    def contrasts(self, step: int) -> NDArray[np.float64]:
        """Return the contrasts of all cells, shape (PLANES, KINDS, RINGS, ANGLES), for bands shifted by so many steps.

        Each is the cell's own value less the mean of those around it, of the same ring and the next: what a picture has more of in one
        direction, or at one scale, changes slowly from cell to cell, and the mark does not. 0 where pictures have no such band.
        """
        places = [_RASTER.index(ring * STEPS_PER_RING + step) for ring in range(RINGS)]
        seen = self._seen[:, places]
        means = self._sums[:, :, places] / np.maximum(seen, 1.0)[:, None, :, None]
        return np.stack([[_without_surroundings(means[plane, kind], seen[plane] > 0) for kind in range(KINDS)] for plane in range(PLANES)])

    def _add_plane(self, plane: Plane | NDArray[np.float32], index: int, lines: float, level: np.float32) -> None:
        share = min(1.0, LINES[index] / lines)
        picture = shrunk_to(plane, min(plane.shape) * share) * level
        side = min(_BLOCK, min(picture.shape) // 2 * 2)
        if side < SMALLEST_SIDE:
            return
        finer = LINES[index] / (lines * share)
        radii = tuple(ring_radius(step) * finer for step in _RASTER)
        bands = (_power(picture, side) @ _averages(side, radii)).reshape(-1, len(_RASTER), ANGLES, 2)
        logs = np.log(bands + _NOISE_POWER).mean(axis=0)
        there = (np.array(radii) <= HIGHEST_CYCLES).astype(np.float64)
        self._sums[index, 0] += (logs[..., 0] - logs[..., 1]) * there[:, None]
        self._sums[index, 1] += logs.mean(axis=-1) * there[:, None]
        self._seen[index] += there


@lru_cache(maxsize=4)
def _averages(side: int, radii: tuple[float, ...]) -> NDArray[np.float32]:
    """Return the matrix that makes of power spectra the mean power of each band, shape (side * (side // 2 + 1), bands)."""
    masks = band_masks(side, side, radii).reshape(len(radii) * ANGLES * 2, -1)
    return np.ascontiguousarray((masks / np.maximum(masks.sum(axis=1, keepdims=True), 1e-6)).T)


def _power(picture: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Return the power spectra of overlapping square blocks, shape (blocks, side * (side // 2 + 1)), in squared levels of white noise."""
    window = np.hanning(side + 1)[:-1].astype(np.float32)
    window = np.outer(window, window)
    height, width = picture.shape
    downs, acrosses = (_starts(extent, side) for extent in (height, width))
    blocks = np.stack([picture[down : down + side, across : across + side] for down in downs for across in acrosses])
    blocks = (blocks - blocks.mean(axis=(1, 2), keepdims=True)) * window
    spectra = np.fft.rfft2(blocks)
    power = (spectra.real**2 + spectra.imag**2) / np.sum(window**2)
    return np.asarray(power.reshape(len(blocks), -1), np.float32)


def _starts(extent: int, side: int) -> list[int]:
    """Return where blocks begin that cover an extent, overlapping by half or a little more."""
    gaps = -(-(extent - side) // (side // 2))
    return [round(place * (extent - side) / gaps) for place in range(gaps + 1)] if gaps else [0]


def _without_surroundings(cells: NDArray[np.float64], there: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return each cell, shape (RINGS, ANGLES), less the mean of the up to eight around it; 0 in rings that are not there."""
    known = np.repeat(there[:, None].astype(np.float64), cells.shape[1], axis=1)
    around = np.ones((3, 3))
    around[1, 1] = 0.0
    total = cv2.filter2D(cells * known, -1, around, borderType=cv2.BORDER_CONSTANT)
    count = cv2.filter2D(known, -1, around, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(np.where(known > 0.0, cells - total / np.maximum(count, 1.0), 0.0))
