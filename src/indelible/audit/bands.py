"""Where the bands of the training mark lie (public, `PROTOCOL`), and which way each is turned (secret, from the key).

Bands are Gaussians on a log-polar raster of the two-dimensional spectrum. A *cell* is a radius and an angle to the horizontal; it has two
bands, one on each side of the axis, mirror images of each other. Two coins decide a cell: the *handed* one makes one of its bands stronger
and the other weaker, and changes sides in a mirrored picture; the *even* one makes both stronger or both weaker against the cells
around, and survives a training set that is mirrored at random. Each plane (luma, blue and red difference) has coins of its own.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from indelible.keys import SecretKey

__all__ = [
    "ANGLES",
    "HIGHEST_CYCLES",
    "KINDS",
    "LINES",
    "PLANES",
    "PROTOCOL",
    "RINGS",
    "STEPS_PER_OCTAVE",
    "STEPS_PER_RING",
    "band_masks",
    "commitment",
    "ring_radius",
    "training_signs",
]

PROTOCOL = "indelible-audit-v1"

PLANES, KINDS, RINGS, ANGLES = 3, 2, 8, 8
LINES = (360, 180, 180)
"""Lines on the shorter side of the picture for which the radii hold; larger planes are averaged down to it before they are looked at."""

STEPS_PER_OCTAVE = 8  # of the raster on which a detector looks for another scale
STEPS_PER_RING = 2
HIGHEST_CYCLES = 0.46  # per sample; beyond it a picture has no such band
_INNERMOST = 0.085  # cycles per sample at so many lines
_RADIAL_SIGMA = 0.075  # of the logarithm of the radius
_ANGULAR_SIGMA = np.deg2rad(3.8)
_ANGLES = np.deg2rad(np.linspace(13.0, 77.0, ANGLES))  # away from the axes, along which the world is built


def ring_radius(step: float) -> float:
    """Return the radius of a step of the raster in cycles per sample at `LINES` lines; ring k of the mark is at step 2 k."""
    return float(_INNERMOST * 2.0 ** (step / STEPS_PER_OCTAVE))


def band_masks(height: int, width: int, radii: tuple[float, ...]) -> NDArray[np.float32]:
    """Return the bands on the spectrum that ``numpy.fft.rfft2`` makes of (height, width) samples.

    Args:
        height: samples.
        width: samples.
        radii: cycles per sample.

    Returns:
        float32, shape (radii, ANGLES, 2, height, width // 2 + 1), between 0 and 1. Zero for radii beyond `HIGHEST_CYCLES`.
    """
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    radius, angle = np.log(np.hypot(down, across) + 1e-9), np.arctan2(down, across)
    masks = np.zeros((len(radii), ANGLES, 2, height, width // 2 + 1), np.float32)
    for ring, wanted in enumerate(radii):
        if wanted > HIGHEST_CYCLES:
            continue
        radial = np.exp(-0.5 * ((radius - np.log(wanted)) / _RADIAL_SIGMA) ** 2)
        for place, turned in enumerate(_ANGLES):
            for side, towards in enumerate((turned, -turned)):
                masks[ring, place, side] = radial * np.exp(-0.5 * ((angle - towards) / _ANGULAR_SIGMA) ** 2)
    return masks


def training_signs(key: SecretKey) -> NDArray[np.int8]:
    """Return the coins of a key, +1 or -1, int8, shape (PLANES, KINDS, RINGS, ANGLES): kind 0 is handed, kind 1 even."""
    shape = PLANES, KINDS, RINGS, ANGLES
    coins = key.bits("audit/v1/signs", 0, int(np.prod(shape)))
    return (1 - 2 * coins.astype(np.int8)).reshape(shape)


def commitment(key: SecretKey, *, alpha: float) -> str:
    """Return the SHA-256, hexadecimal, that binds a key, the protocol and the level of a test before anything is trained.

    Published or time-stamped early, it shows later that none of them was chosen after the fact. The key has 256 random bits, so it tells
    nothing of it.
    """
    text = f"indelible/audit/commitment\0{PROTOCOL}\0{alpha!r}\0".encode()
    return hashlib.sha256(text + key.secret).hexdigest()
