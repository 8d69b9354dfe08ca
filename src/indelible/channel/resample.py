"""Resizing one plane, with the anti-aliased kernels of real scalers.

A kernel that shrinks a picture is stretched by the factor, as swscale, Pillow and hardware scalers do; OpenCV's bilinear, cubic and
Lanczos are not, and alias. Both directions are separable, so that a resize is two products with a sparse matrix.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Scaler = Literal["area", "bilinear", "bicubic", "lanczos"]
_Kernel = Callable[[NDArray[np.float64]], NDArray[np.float64]]

# The sharpness of FFmpeg's default bicubic (libswscale: B = 0, C = 0.6).
_CUBIC_SHARPNESS = 0.6
_LANCZOS_LOBES = 3


def resample(plane: NDArray[Any], *, height: int, width: int, scaler: Scaler) -> NDArray[np.float32]:
    """Return ``plane`` resized to (height, width), not rounded and not clipped.

    Pixel centres are aligned (sample i covers [i, i + 1)); rows and columns beyond the border repeat the border.
    """
    down = _weights(plane.shape[0], height, scaler)
    across = _weights(plane.shape[1], width, scaler)
    columns = np.ascontiguousarray((down @ plane.astype(np.float32)).T)
    return np.ascontiguousarray((across @ columns).T)


@functools.lru_cache(maxsize=64)
def _weights(source: int, target: int, scaler: Scaler) -> sparse.csr_array:
    """Return the (target, source) matrix whose row i weighs the source samples under target sample i; rows add up to 1."""
    if scaler == "area":
        return _overlaps(source, target)
    kernel, radius = _KERNELS[scaler]
    stretch = max(source / target, 1.0)
    centres = (np.arange(target) + 0.5) * source / target - 0.5
    taps = np.arange(np.floor(-radius * stretch), np.ceil(radius * stretch) + 2)
    positions = np.floor(centres)[:, None] + taps
    weights = kernel((positions - centres[:, None]) / stretch)
    return _matrix(positions, weights, source)


def _overlaps(source: int, target: int) -> sparse.csr_array:
    """Return the weights of exact area averaging: how much of target pixel i lies over source pixel j."""
    size = source / target
    starts = np.arange(target) * size
    positions = np.floor(starts)[:, None] + np.arange(int(np.ceil(size)) + 1)
    overlap = np.minimum(positions + 1, (starts + size)[:, None]) - np.maximum(positions, starts[:, None])
    return _matrix(positions, np.maximum(overlap, 0.0), source)


def _matrix(positions: NDArray[np.float64], weights: NDArray[np.float64], source: int) -> sparse.csr_array:
    target, taps = positions.shape
    normalised = weights / weights.sum(axis=1, keepdims=True)
    rows = np.repeat(np.arange(target), taps)
    columns = np.clip(positions, 0, source - 1).astype(np.intp).ravel()
    matrix = sparse.csr_array((normalised.astype(np.float32).ravel(), (rows, columns)), shape=(target, source))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def _triangle(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(1.0 - np.abs(x), 0.0)


def _cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' interpolating cubic (IEEE TASSP 29(6), 1981, eq. 4), a = -``_CUBIC_SHARPNESS``."""
    a, d = -_CUBIC_SHARPNESS, np.abs(x)
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = a * (((d - 5) * d + 8) * d - 4)
    return np.where(d < 1, near, np.where(d < 2, far, 0.0))


def _lanczos(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.abs(x) < _LANCZOS_LOBES, np.sinc(x) * np.sinc(x / _LANCZOS_LOBES), 0.0)


_KERNELS: dict[str, tuple[_Kernel, float]] = {"bilinear": (_triangle, 1.0), "bicubic": (_cubic, 2.0), "lanczos": (_lanczos, 3.0)}
