"""The prototype that our own mark grew from, written again from its description, to be measured beside what became of it.

A picture is averaged to 320 x 180 cells. Keyed signs sit on the cosine transform of the whole of it, at the same strength from 30 to 150
half-cycles per picture height, and the pattern is scaled by local activity and is the same in all frames. The detector takes away each
frame's local mean, divides by its local deviation, averages the frames, and correlates with the signs.

What the description leaves open was set here: local is a Gaussian of `_LOCAL` cells (of 2, 4, 8 and 16 the one that keeps most of the
mark), `_FLOOR` luma levels are added to a deviation that divides, and there is one pattern for the whole clip. No payload, and no rejection
of the host, which serves a payload.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.lab.trial import psnr_y_db
from indelible.mark import Embedder, Payload
from indelible.runs.cache import Record

_HEIGHT, _WIDTH = 180, 320  # cells
_BAND = (30.0, 150.0)  # half-cycles per picture height
_LOCAL = 2.0
_FLOOR = 1.0
_ROUNDS = 6

Cells = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Prototype:
    """The prototype as a way to mark and read, see `indelible.lab.recipes.Way`; it has no state."""

    @property
    def maker(self) -> Prototype:
        return self

    @property
    def record(self) -> Record:
        return {"prototype": "320x180"}

    def marked(self, frames: Sequence[Frame], key: SecretKey, payload: Payload) -> tuple[Frame, ...]:
        """Return marked 8-bit frames of one size, with the Y-PSNR that mark v1 has there."""
        ordinary = tuple(Embedder(key, payload).embed(frames))
        return write_pattern(frames, key, quality_db=psnr_y_db(frames, ordinary))

    def read(self, frames: Sequence[Frame], key: SecretKey, payload: Payload) -> tuple[float, None]:
        """Return z of the key's pattern: sum(c v) / ||v||, standard deviations under random keys."""
        return statistic(frames, key), None


def write_pattern(frames: Sequence[Frame], key: SecretKey, *, quality_db: float) -> tuple[Frame, ...]:
    """Return 8-bit frames of one size with the key's pattern, at such a Y-PSNR; infinity leaves them as they are."""
    host = np.asarray(np.stack([_cells(frame) for frame in frames]).mean(axis=0), np.float32)
    coefficients = np.zeros((_HEIGHT, _WIDTH), np.float32)
    coefficients[_band()] = _signs(key)
    height, width = frames[0].y.shape
    pattern = cv2.resize(cv2.idct(coefficients) * _deviation(host), (width, height), interpolation=cv2.INTER_CUBIC)
    wanted = 255.0 * 10.0 ** (-quality_db / 20.0) * math.sqrt(pattern.size)  # of the norm
    factor = wanted / max(cv2.norm(pattern), 1e-6)
    for _ in range(_ROUNDS):  # rounding to whole levels changes the norm, the more the weaker the mark
        factor *= wanted / max(cv2.norm(np.rint(pattern * factor)), 1e-6) if wanted else 0.0
    rounded = np.rint(pattern * factor)
    return tuple(frame.with_luma(np.clip(frame.y + rounded, 0, 255).astype(np.uint8)) for frame in frames)


def statistic(frames: Sequence[Frame], key: SecretKey) -> float:
    """Return z of the key's pattern in frames."""
    total = np.zeros((_HEIGHT, _WIDTH), np.float32)
    for frame in frames:
        cells = _cells(frame)
        total += (cells - _local_mean(cells)) / (_deviation(cells) + np.float32(_FLOOR))
    evidence = cv2.dct(total)[_band()]
    norm = float(np.linalg.norm(evidence))
    return float(evidence @ _signs(key)) / norm if norm else 0.0


def _cells(frame: Frame) -> Cells:
    return np.asarray(cv2.resize(frame.y.astype(np.float32), (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA), np.float32)


def _local_mean(cells: Cells) -> Cells:
    return np.asarray(cv2.GaussianBlur(cells, (0, 0), _LOCAL, borderType=cv2.BORDER_REFLECT), np.float32)


def _deviation(cells: Cells) -> Cells:
    return np.asarray(np.sqrt(np.maximum(_local_mean(np.square(cells - _local_mean(cells))), 0.0)), np.float32)


@lru_cache(maxsize=1)
def _band() -> NDArray[np.bool_]:
    """Return which coefficients carry signs, shape (180, 320)."""
    down, across = np.arange(_HEIGHT)[:, None], np.arange(_WIDTH)[None, :] * (_HEIGHT / _WIDTH)
    frequency = np.hypot(down, across)
    return np.asarray((frequency >= _BAND[0]) & (frequency <= _BAND[1]))


def _signs(key: SecretKey) -> Cells:
    bits = key.bits("lab/prototype/chips", 0, int(_band().sum()))
    return np.asarray(1.0 - 2.0 * bits, np.float32)
