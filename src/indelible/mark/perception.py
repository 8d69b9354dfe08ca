"""What the content allows and what it hides: local activity, the strength that follows it and the trust that a detector gives.

Both sides look at the same thing, the local standard deviation of the transform's coefficients (in a block, around a frequency), and
neither knows the other's: the embedder sees the host's, the detector the received picture's, and a weak mark hardly changes it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.mark.carrier import band
from indelible.mark.grid import BLOCK, GRID, Picture, half_cycles
from indelible.mark.recipe import KNOTS, V1, Recipe

ACTIVITY_CEILING = 30.0
BLOCK_SIGMA = 0.6  # blocks; a mark may lean a little on what is beside it
LOCAL_MEAN_SIGMA = 8.0  # cells; what is slower than this hides nothing
FLAT_KNEE = 0.7  # luma levels; where there is less activity the picture is flat and hides nothing
REFERENCE_QUALITY_DB = 47.1  # of standard strength, for a picture of the next two
REFERENCE_PIXELS = 640 * 480
REFERENCE_ACTIVITY = 10.0  # luma levels
DB_PER_DECADE_OF_PIXELS = 7.0
DB_PER_DECADE_OF_ACTIVITY = 5.0
STANDARD_QUALITY_RANGE_DB = (42.6, 56.0)
RESOLUTION = 0.01  # luma levels; a coefficient below it is rounding error of a flat picture, not evidence


def local_activity(power: Picture) -> Picture:
    """Return the local standard deviation for squared coefficients, shape (256, 256): of the same block, 3 x 3 frequencies around."""
    return np.sqrt(filtered(filtered(by_block(power), _THREE, axis=1), _THREE, axis=3)).reshape(GRID, GRID)


def visible_activity(power: Picture) -> NDArray[np.float32]:
    """Return the activity that hides a mark at each chip, shape (chips,): `local_activity`, smoothed over neighbouring blocks."""
    local = np.square(by_block(local_activity(power)))
    gaussian = np.asarray(cv2.getGaussianKernel(5, BLOCK_SIGMA), np.float32).ravel()
    return np.asarray(np.sqrt(filtered(filtered(local, gaussian, axis=0), gaussian, axis=2).ravel()[band()]), np.float32)


_THREE = np.full(3, 1 / 3, np.float32)


def by_block(picture: Picture) -> NDArray[np.float32]:
    """Return a transform as [i, k, j, l]: block (i, j), frequency (k, l)."""
    return picture.reshape(GRID // BLOCK, BLOCK, GRID // BLOCK, BLOCK)


def filtered(values: NDArray[np.float32], kernel: NDArray[np.float32], *, axis: int) -> NDArray[np.float32]:
    """Return weighted means of each entry and its neighbours along an axis; at the ends an entry counts for its missing neighbours."""
    moved = np.moveaxis(values, axis, 0)
    reach = kernel.size // 2
    padded = np.concatenate([moved[:1]] * reach + [moved] + [moved[-1:]] * reach)
    filtered = sum(weight * padded[offset : offset + len(moved)] for offset, weight in enumerate(kernel))
    return np.moveaxis(np.asarray(filtered, np.float32), 0, axis)


def strength(host_power: Picture, frame_power: Picture, recipe: Recipe = V1) -> NDArray[np.float32]:
    """Return the relative strength of each chip, float32, shape (chips,).

    Args:
        host_power: squared coefficients of the step's mean picture, shape (256, 256).
        frame_power: mean of the squared coefficients of single frames, shape (256, 256).
        recipe: how strength follows what the picture shows.
    """
    still, seen = visible_activity(host_power), visible_activity(frame_power)
    masking = np.minimum(seen, ACTIVITY_CEILING) ** recipe.masking_exponent * (seen**2 / (seen**2 + FLAT_KNEE**2))
    motion = np.minimum(1.0, (still + 0.2) / (seen + 0.2)) ** -recipe.motion_exponent
    return np.asarray(masking * motion * _envelope(recipe), np.float32)


def _envelope(recipe: Recipe) -> NDArray[np.float32]:
    """Return how strength follows frequency, shape (chips,)."""
    frequency = half_cycles().ravel()[band()]
    raised = np.interp(np.log(frequency), np.log(KNOTS), recipe.band_db)
    return np.asarray((frequency / 60.0) ** recipe.envelope_exponent * np.float32(10.0) ** (raised / 20.0).astype(np.float32), np.float32)


def standard_quality_db(frame_power: Picture, *, height: int, width: int) -> float:
    """Return the Y-PSNR that a mark of standard strength has on such a picture, in dB.

    A cell of the grid is larger in a larger picture: the mark is then of lower frequency, easier to see, and survives better. In flat
    pictures it has little to hide behind and costs the most bits. So both get a weaker mark.

    Args:
        frame_power: mean of the squared coefficients of single frames, shape (256, 256).
        height: of the picture, pixels.
        width: of the picture, pixels.
    """
    seen = visible_activity(frame_power)
    typical = float(np.exp(np.mean(np.log(seen + 0.1))))
    by_size = DB_PER_DECADE_OF_PIXELS * np.log10(height * width / REFERENCE_PIXELS)
    by_activity = DB_PER_DECADE_OF_ACTIVITY * np.log10(REFERENCE_ACTIVITY / typical)
    return float(np.clip(REFERENCE_QUALITY_DB + by_size + by_activity, *STANDARD_QUALITY_RANGE_DB))


def evidence(coefficients: Picture, recipe: Recipe = V1) -> NDArray[np.float32]:
    """Return what each chip of a received picture says, weighted by how far it is to be trusted; float32, shape (chips,).

    A coefficient is divided by its local activity (whitening), limited because hosts have heavy tails (the locally optimum detector of a
    Laplacian host is its sign), and weighted by what a mark of such a strength would stand out by.
    """
    received = coefficients.ravel()[band()]
    activity = local_activity(coefficients**2).ravel()[band()] + np.float32(recipe.activity_floor)
    normalised = np.where(np.abs(received) < RESOLUTION, np.float32(0.0), received / activity)
    limited = normalised / (np.abs(normalised) + np.float32(recipe.limit))
    weighted: NDArray[np.float32] = np.multiply(limited, activity**-recipe.trust_exponent, dtype=np.float32)
    return weighted
