"""Laying one picture onto another by an affine map."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.mark.grid import GRID, Picture

_FINE = 2  # samples of the warp along each side of a cell, which are then averaged


def laid(picture: Picture, matrix: NDArray[np.float64], side: int, *, border: int) -> Picture:
    """Sample a picture, shape (height, width), where a square's samples lie in it; float32, shape (side, side).

    Args:
        picture: what is sampled, bilinearly.
        matrix: takes (x, y, 1) of the square to (x, y) of the picture, both in shares of their sides; shape (2, 3).
        side: of the square, samples.
        border: a border mode of OpenCV, for what lies outside of the picture.
    """
    height, width = picture.shape
    linear = np.diag([width, height]) @ matrix[:, :2] / side
    # Both count from the centre of their first sample.
    shift = np.array([width, height]) * matrix[:, 2] + linear @ np.array([0.5, 0.5]) - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(picture, np.column_stack([linear, shift]), (side, side), flags=flags, borderMode=border), np.float32)


def laid_in_cells(picture: Picture, matrix: NDArray[np.float64], side: int = GRID, *, border: int) -> Picture:
    """Do the same with finer samples, averaged; float32, shape (side, side)."""
    fine = laid(picture, matrix, side * _FINE, border=border)
    return np.asarray(cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA), np.float32)
