"""What an attacker who has read the source code can do without a key: read the evidence, and write any signs as the embedder would."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.frames import Frame
from indelible.mark.carrier import grid_coefficients
from indelible.mark.clock import steps
from indelible.mark.grid import analyse, averaged, from_grid, synthesise, to_grid, without_local_mean
from indelible.mark.perception import LOCAL_MEAN_SIGMA, evidence, standard_quality_db, strength

Signs = NDArray[np.float32]  # of each chip, or how sure one is of it: shape (chips,)


def read_signs(frames: Sequence[Frame]) -> Signs:
    """Return what the mean of frames says of each chip, which is all that the detector knows before it asks for the key."""
    return evidence(analyse(to_grid(mean_luma(frames))))


def mean_luma(frames: Sequence[Frame]) -> NDArray[np.float32]:
    """Return the mean luma in 8-bit levels."""
    total = np.zeros(frames[0].y.shape, np.float32)
    for frame in frames:
        cv2.accumulate(frame.y, total)
    return np.asarray(total * np.float32(2.0 ** (8 - frames[0].bit_depth) / len(frames)), np.float32)


def write_signs(frames: Sequence[Frame], signs: Signs, *, times: float) -> tuple[Frame, ...]:
    """Return frames with a pattern of these signs, shaped and as strong as a mark of standard strength, ``times`` its amplitude.

    A negative ``times`` takes the pattern away.
    """
    return tuple(marked for _, held in steps(frames) for marked in Shaped.of(held).write(held, signs, times=times))


@dataclass(frozen=True, slots=True, eq=False)
class Shaped:
    """How a mark would lie in some pictures: the strength of each chip, and the amplitude of the whole."""

    relative: NDArray[np.float32]
    rms: float

    @classmethod
    def of(cls, held: Sequence[Frame]) -> Shaped:
        """Measure pictures of one step, as `indelible.mark.Embedder` does."""
        sampled = [_power(mean_luma([frame])) for frame in held[:: max(1, len(held) // 4)]]
        frame_power = np.asarray(np.stack(sampled).mean(axis=0), np.float32)
        quality_db = standard_quality_db(frame_power, height=held[0].height, width=held[0].width)
        return cls(strength(_power(mean_luma(held)), frame_power), 255.0 * 10.0 ** (-quality_db / 20.0))

    def pattern(self, signs: Signs, *, height: int, width: int) -> NDArray[np.float32]:
        """Return the pattern of these signs, 8-bit luma levels."""
        values = from_grid(synthesise(grid_coefficients(signs * self.relative)), height=height, width=width)
        actual = cv2.norm(values) / math.sqrt(values.size)
        return values * np.float32(self.rms / actual if actual else 0.0)

    def write(self, held: Sequence[Frame], signs: Signs, *, times: float) -> list[Frame]:
        """Return the pictures with the pattern."""
        pattern = self.pattern(signs, height=held[0].height, width=held[0].width)
        return [with_levels(frame, frame.y + np.float32(times * 2.0 ** (frame.bit_depth - 8)) * pattern) for frame in held]


def with_levels(frame: Frame, luma: NDArray[np.floating[Any]]) -> Frame:
    """Return a frame with luma in its own sample type, rounded and limited."""
    limited = np.clip(np.rint(luma), 0, (1 << frame.bit_depth) - 1)
    return frame.with_luma(limited.astype(np.uint8) if frame.y.dtype == np.uint8 else limited.astype(np.uint16))


def _power(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    return analyse(without_local_mean(averaged(luma), local_mean_sigma=LOCAL_MEAN_SIGMA)) ** 2
