"""From a small picture to 256 bits: the signs of low frequencies of an integer cosine transform.

Without the mean and without what varies in one direction only, which light and horizons share. Turned left to right, each coefficient of
odd horizontal frequency changes its sign and no other changes, so the code of a mirrored picture is the code with fixed bits inverted.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.fingerprint.code import BITS, CONFIRM_BYTES, WORDS, Codes
from indelible.fingerprint.picture import LEVELS, Cells

CODE_SIDE = 64  # cells along each side of a picture that is transformed
CONFIRM_SIDE = 8
FREQUENCIES = 16  # along each side

_SCALE = 1024
_NOTHING = 0.04  # luma levels, the median amplitude of the coefficients; below, noise decides the signs
_WEIGHT_STEPS = 24  # steps of weight from one amplitude to the double
_CENTRE = 8


def codes_of(pictures: Cells) -> tuple[Codes, NDArray[np.uint8]]:
    """Return codes and weights of small pictures.

    Args:
        pictures: shape (n, 64, 64), in 1 / 16 of a luma level.

    Returns:
        codes, uint64, shape (n, 4), and weights, uint8, shape (n,); 0 where there is nothing to see.
    """
    # In floats because those multiply fast: all products and sums are whole numbers below 2**53, so nothing is rounded.
    basis = _basis()
    coefficients = (basis @ pictures.astype(np.float64) @ basis.T).reshape(len(pictures), BITS)
    bits = np.packbits(coefficients > 0.0, axis=1, bitorder="little")
    codes = bits.view("<u8").astype(np.uint64).reshape(-1, WORDS)
    amplitude = np.median(np.abs(coefficients), axis=1) / (LEVELS * (CODE_SIDE / 2 * _SCALE) ** 2)
    steps = np.floor(_WEIGHT_STEPS * np.log2(np.maximum(amplitude, _NOTHING) / _NOTHING))
    weights = np.where(amplitude > _NOTHING, np.clip(steps + 1, 1, 255), 0).astype(np.uint8)
    return codes, weights


def contrasts(weights: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return how strong the coefficients are that weights were made of, as a multiple of the least that counts."""
    return np.asarray(2.0 ** (weights / _WEIGHT_STEPS), np.float64)


def mirrored_codes(codes: Codes) -> Codes:
    """Return the codes of the same pictures turned left to right."""
    return codes ^ _mirror_mask()


def changes_of(difference: Cells) -> NDArray[np.uint8]:
    """Return the second feature: how the light changed from the first half of a moment to the second, in 8 x 8 parts of the picture.

    Args:
        difference: shape (8, 8), second half less first half, in 1 / 16 of a luma level.

    Returns:
        32 bytes of two parts each, the first in the low bits; a part is 8 for no change, 8 + k or 8 - k for one of k**2 / 4 levels or more.
    """
    root = np.minimum(np.floor(np.sqrt(np.abs(difference) * 4 // LEVELS)), _CENTRE - 1).astype(np.int64)
    parts = (_CENTRE + np.sign(difference) * root).astype(np.uint8).ravel()
    return np.asarray(parts[0::2] | (parts[1::2] << 4), np.uint8)


def changes(confirm: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the parts that `changes_of` packed, -7 to 7, shape (n, 8, 8), of shape (n, 32)."""
    parts = np.stack([confirm & 15, confirm >> 4], axis=-1).astype(np.int64) - _CENTRE
    return parts.reshape(-1, CONFIRM_SIDE, CONFIRM_SIDE)


def mirrored_confirm(confirm: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the second feature of the same pictures turned left to right, shape (n, 32)."""
    parts = np.stack([confirm & 15, confirm >> 4], axis=-1).reshape(-1, CONFIRM_SIDE, CONFIRM_SIDE)[:, :, ::-1]
    low, high = np.moveaxis(parts.reshape(-1, CONFIRM_BYTES, 2), -1, 0)
    return np.asarray(low | (high << 4), np.uint8)


@lru_cache(maxsize=1)
def _basis() -> NDArray[np.float64]:
    """Return the cosine transform's rows of frequency 1 to 16, rounded to whole numbers, shape (16, 64)."""
    frequency = np.arange(1, FREQUENCIES + 1)[:, None]
    half = np.rint(_SCALE * np.cos(np.pi / CODE_SIDE * frequency * (np.arange(CODE_SIDE // 2) + 0.5)))
    sign = np.where(frequency % 2, -1.0, 1.0)
    return np.hstack([half, sign * half[:, ::-1]])  # symmetric to the last bit, so that mirroring is exact


@lru_cache(maxsize=1)
def _mirror_mask() -> Codes:
    odd = np.tile(np.arange(1, FREQUENCIES + 1) % 2 == 1, FREQUENCIES)
    return np.packbits(odd, bitorder="little").view("<u8").astype(np.uint64)
