"""What the content allows and what it hides: local activity, the strength that follows it and the trust that a detector gives.

Both sides look at the same thing, the local standard deviation of the transform's coefficients (around a block and a frequency), and
neither knows the other's: the embedder sees the host's, the detector the received picture's, and a weak mark hardly changes it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.mark.carrier import band
from indelible.mark.grid import BLOCK, GRID, Picture, half_cycles

ACTIVITY_FLOOR = 0.6  # luma levels; below it lies what codecs and 8-bit rounding make, not the picture
ACTIVITY_CEILING = 30.0
MASKING_EXPONENT = 0.25  # how fast strength grows with activity
MOTION_EXPONENT = 0.3  # how fast strength grows where the picture moves, so that little of the host is left in the mean
FLAT_KNEE = 0.3  # luma levels; where there is less activity the picture is flat and hides nothing
ENVELOPE_EXPONENT = 0.5  # how fast strength grows with frequency
TRUST_EXPONENT = 0.5  # how fast the detector's weight falls with activity, beyond the division by it
RESOLUTION = 0.01  # luma levels; a coefficient below it is rounding error of a flat picture, not evidence
LIMIT = 1.0  # normalised coefficients above it count less and less


def local_activity(power: Picture) -> Picture:
    """Return the local standard deviation for squared coefficients, shape (256, 256), smoothed over blocks and over frequencies."""
    blocks = GRID // BLOCK
    by_block = power.reshape(blocks, BLOCK, blocks, BLOCK)
    over_rows = _smooth(by_block, block_axis=0, frequency_axis=1)
    return np.sqrt(np.maximum(_smooth(over_rows, block_axis=2, frequency_axis=3), 0.0)).reshape(GRID, GRID)


def _smooth(values: NDArray[np.float32], *, block_axis: int, frequency_axis: int) -> NDArray[np.float32]:
    """Smooth over neighbouring blocks by a Gaussian and over neighbouring frequencies by the mean of three."""
    moved = np.moveaxis(values, (block_axis, frequency_axis), (0, 1))
    rows = np.ascontiguousarray(moved).reshape(moved.shape[0], -1)
    filtered = cv2.sepFilter2D(rows, cv2.CV_32F, np.ones(1, np.float32), _BLOCK_KERNEL, borderType=cv2.BORDER_REPLICATE)
    stacked = np.asarray(filtered, np.float32).reshape(moved.shape)
    padded = np.concatenate([stacked[:, :1], stacked, stacked[:, -1:]], axis=1)
    mean = (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / np.float32(3.0)
    return np.moveaxis(mean, (0, 1), (block_axis, frequency_axis))


def strength(mean_power: Picture, frame_power: Picture) -> NDArray[np.float32]:
    """Return the relative strength of each chip, float32, shape (chips,).

    Args:
        mean_power: squared coefficients of the step's mean picture, shape (256, 256).
        frame_power: mean of the squared coefficients of single frames, shape (256, 256).
    """
    still = local_activity(mean_power).ravel()[band()]
    seen = local_activity(frame_power).ravel()[band()]
    masking = np.minimum(seen, ACTIVITY_CEILING) ** MASKING_EXPONENT * (seen**2 / (seen**2 + FLAT_KNEE**2))
    motion = np.minimum(1.0, (still + 0.2) / (seen + 0.2)) ** -MOTION_EXPONENT
    envelope = (half_cycles().ravel()[band()] / 60.0) ** ENVELOPE_EXPONENT
    return (masking * motion * envelope).astype(np.float32)


def evidence(coefficients: Picture) -> NDArray[np.float32]:
    """Return what each chip of a received picture says, weighted by how far it is to be trusted; float32, shape (chips,).

    A coefficient is divided by its local activity (whitening), limited because hosts have heavy tails (the locally optimum detector of a
    Laplacian host is its sign), and weighted by what a mark of such a strength would stand out by.
    """
    received = coefficients.ravel()[band()]
    activity = local_activity(coefficients**2).ravel()[band()] + np.float32(ACTIVITY_FLOOR)
    normalised = np.where(np.abs(received) < RESOLUTION, np.float32(0.0), received / activity)
    limited = normalised / (np.abs(normalised) + np.float32(LIMIT))
    weighted: NDArray[np.float32] = np.multiply(limited, activity**-TRUST_EXPONENT, dtype=np.float32)
    return weighted


def _gaussian(sigma: float) -> NDArray[np.float32]:
    taps = np.exp(-0.5 * (np.arange(-3, 4) / sigma) ** 2)
    return np.asarray(taps / taps.sum(), np.float32)


_BLOCK_KERNEL = _gaussian(0.6)
