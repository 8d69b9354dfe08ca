"""The canonical grid on which a mark lives, and the lapped transform of it.

Every picture, whatever its size, is averaged onto a grid of 256 x 256 cells, so that a rendition of another size shows the same mark in
the same place. The grid is cut into 16 x 16 blocks of an orthonormal lapped transform: a coefficient is local both in the picture and in
frequency, which lets strength and trust follow the content, and its atoms fade out over the neighbouring block, so no block edge shows.
"""

from __future__ import annotations

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
    """Average a luma picture, shape (height, width), onto the grid and take away its local mean.

    The slow part of a picture is far stronger than the rest, carries no mark, and would leak into the coefficients that do.

    Args:
        luma: the picture.
        local_mean_sigma: width of the Gaussian that makes the local mean, cells.

    Returns:
        float32, shape (256, 256), in the units of the input, around 0.
    """
    cells = cv2.resize(luma.astype(np.float32, copy=False), (GRID, GRID), interpolation=cv2.INTER_AREA)
    return np.asarray(cells - cv2.GaussianBlur(cells, (0, 0), local_mean_sigma, borderType=cv2.BORDER_REFLECT), np.float32)


def from_grid(cells: Picture, *, height: int, width: int) -> Picture:
    """Interpolate a grid picture to ``height`` x ``width`` (bicubic), float32."""
    return np.asarray(cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def analyse(cells: Picture) -> Picture:
    """Return the lapped transform of a grid picture, shape (256, 256): block (i, j), frequency (k, l) at [16 i + k, 16 j + l]."""
    basis = lapped_basis()
    return np.asarray(basis @ cells @ basis.T, np.float32)


def synthesise(coefficients: Picture) -> Picture:
    """Invert `analyse`."""
    basis = lapped_basis()
    return np.asarray(basis.T @ coefficients @ basis, np.float32)


def half_cycles() -> NDArray[np.float32]:
    """Return the radial frequency of each coefficient, in half-cycles per picture side, shape (256, 256)."""
    along = (np.arange(GRID) % BLOCK + 0.5) * (GRID / BLOCK)
    radial: Picture = np.hypot(along[:, None], along[None, :]).astype(np.float32)
    return radial


@lru_cache(maxsize=1)
def lapped_basis() -> Picture:
    """Return the one-dimensional transform, an orthonormal (256, 256) matrix whose rows are the atoms.

    The modified discrete cosine transform with a sine window (Princen, Johnson and Bradley 1987), written as a rotation of the samples
    across each block edge followed by a DCT-IV of each block (Malvar 1992, chapter 5); the two outer edges of the picture are not lapped.
    """
    half = BLOCK // 2
    fold = np.eye(GRID)
    for edge in range(BLOCK, GRID, BLOCK):
        for distance in range(half):
            angle = np.pi * (half + distance + 0.5) / (2 * BLOCK)
            left, right = fold[edge - 1 - distance].copy(), fold[edge + distance].copy()
            fold[edge - 1 - distance] = np.sin(angle) * left - np.cos(angle) * right
            fold[edge + distance] = np.sin(angle) * right + np.cos(angle) * left
    index = np.arange(BLOCK) + 0.5
    cosines = np.sqrt(2 / BLOCK) * np.cos(np.pi / BLOCK * np.outer(index, index))
    return np.asarray(np.kron(np.eye(GRID // BLOCK), cosines) @ fold, np.float32)
