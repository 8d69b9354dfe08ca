"""The canonical grid on which a mark lives, and the lapped transform of it.

Every picture, whatever its size, is averaged onto a grid of 256 x 256 cells, so that a rendition of another size shows the same mark in
the same place. The grid is cut into 16 x 16 blocks of an orthonormal lapped transform: a coefficient is local both in the picture and in
frequency, which lets strength and trust follow the content, and its atoms fade out over the neighbouring block, so no block edge shows.
"""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.frames import Plane

GRID = 256
BLOCK = 16
LOCAL_MEAN_SIGMA = 2.5  # cells; what detects best after real codecs

Picture = NDArray[np.float32]  # on the grid, or of its transform: shape (GRID, GRID)


def to_grid(luma: NDArray[np.float32] | Plane, *, local_mean_sigma: float = LOCAL_MEAN_SIGMA) -> Picture:
    """Average a luma picture, shape (height, width), onto the grid and take away its local mean, as the next two do.

    Returns:
        float32, shape (256, 256), in the units of the input, around 0.
    """
    return without_local_mean(averaged(luma), local_mean_sigma=local_mean_sigma)


def averaged(luma: NDArray[np.float32] | Plane) -> Picture:
    """Average a luma picture, shape (height, width), onto the grid; float32, shape (256, 256), in the units of the input."""
    return np.asarray(cv2.resize(luma.astype(np.float32, copy=False), (GRID, GRID), interpolation=cv2.INTER_AREA), np.float32)


def shrunk(luma: NDArray[np.float32] | Plane, samples: int) -> Picture:
    """Return a picture, shape (height, width), averaged down to about so many samples, its aspect kept; a smaller one as it is; float32."""
    height, width = luma.shape
    shrink = math.sqrt(samples / luma.size)
    if shrink >= 1.0:
        return luma.astype(np.float32)
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.float32)


def without_local_mean(cells: Picture, *, local_mean_sigma: float = LOCAL_MEAN_SIGMA) -> Picture:
    """Take away a grid picture's slow part, which is far stronger than the rest, carries no mark, and would leak into what does.

    Args:
        cells: the picture, shape (256, 256).
        local_mean_sigma: width of the Gaussian that makes the local mean, cells.
    """
    return cells - cv2.GaussianBlur(cells, (0, 0), local_mean_sigma, borderType=cv2.BORDER_REFLECT)


def from_grid(cells: Picture, *, height: int, width: int) -> Picture:
    """Interpolate a grid picture to ``height`` x ``width`` (bicubic), float32."""
    return np.asarray(cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def analyse(cells: Picture) -> Picture:
    """Return the lapped transform of a grid picture, shape (256, 256): block (i, j), frequency (k, l) at [16 i + k, 16 j + l].

    In each direction the modified discrete cosine transform with a sine window (Princen, Johnson and Bradley 1987), done as a rotation of
    the samples across each block edge followed by a DCT-IV of each block (Malvar 1992, chapter 5); the outer edges are not lapped.
    """
    return _lap(_lap(cells).T).T


def synthesise(coefficients: Picture) -> Picture:
    """Invert `analyse`."""
    return _unlap(_unlap(coefficients).T).T


def half_cycles() -> NDArray[np.float32]:
    """Return the radial frequency of each coefficient, in half-cycles per picture side, shape (256, 256)."""
    along = (np.arange(GRID) % BLOCK + 0.5) * (GRID / BLOCK)
    radial: Picture = np.hypot(along[:, None], along[None, :]).astype(np.float32)
    return radial


def _lap(cells: Picture) -> Picture:
    """Transform along the first axis."""
    blocks = cells.reshape(GRID // BLOCK, BLOCK, -1).copy()
    before, after = blocks[:-1, : BLOCK // 2 - 1 : -1], blocks[1:, : BLOCK // 2]  # both outwards from each edge
    sines, cosines = _rotation()
    rotated = sines * before - cosines * after, sines * after + cosines * before
    before[:], after[:] = rotated
    return np.asarray(np.matmul(_dct(), blocks).reshape(cells.shape), np.float32)


def _unlap(coefficients: Picture) -> Picture:
    """Invert `_lap`: the DCT-IV is its own inverse, a rotation's is its transpose."""
    blocks = np.matmul(_dct(), coefficients.reshape(GRID // BLOCK, BLOCK, -1))
    before, after = blocks[:-1, : BLOCK // 2 - 1 : -1], blocks[1:, : BLOCK // 2]
    sines, cosines = _rotation()
    rotated = sines * before + cosines * after, sines * after - cosines * before
    before[:], after[:] = rotated
    return np.asarray(blocks.reshape(coefficients.shape), np.float32)


@lru_cache(maxsize=1)
def _rotation() -> tuple[Picture, Picture]:
    """Return sine and cosine of the rotation across a block edge by the distance from it, each of shape (8, 1)."""
    angle = np.pi * (BLOCK // 2 + np.arange(BLOCK // 2)[:, None] + 0.5) / (2 * BLOCK)
    return np.sin(angle).astype(np.float32), np.cos(angle).astype(np.float32)


@lru_cache(maxsize=1)
def _dct() -> Picture:
    """Return the orthonormal DCT-IV of a block, shape (16, 16)."""
    index = np.arange(BLOCK) + 0.5
    return np.asarray(np.sqrt(2 / BLOCK) * np.cos(np.pi / BLOCK * np.outer(index, index)), np.float32)
