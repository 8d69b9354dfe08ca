"""The carrier of mark v1: which coefficients carry the mark, what each is for, and its keyed signs.

Every coefficient of a band of the grid's transform holds one chip, a sign drawn from the key. A fixed public share of them, the pilot,
is always there and says "marked"; the others are dealt to the 1024 symbols of the payload. Only the signs are secret: they are what the
p-value is computed over. A pattern holds for one window of the video and is drawn anew for the next.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.keys import SecretKey
from indelible.mark.grid import BLOCK, GRID, half_cycles
from indelible.mark.payload import SYMBOLS

WINDOW_SECONDS = 8.0
BAND_HALF_CYCLES = (16.0, 150.0)
PILOT_SHARE = 0.4
PILOT = -1  # the "symbol" of a pilot chip

_PURPOSE = "mark/v1/chips"


@lru_cache(maxsize=1)
def band() -> NDArray[np.intp]:
    """Return the flat indices into the (256, 256) transform of the coefficients that carry chips, shape (chips,)."""
    frequency = half_cycles()
    return np.flatnonzero((frequency >= BAND_HALF_CYCLES[0]) & (frequency <= BAND_HALF_CYCLES[1]))


@lru_cache(maxsize=1)
def symbol_of_chip() -> NDArray[np.int16]:
    """Return for each chip the index of the payload symbol that it carries, or `PILOT`; int16, shape (chips,).

    The deal is a fixed public shuffle, so that each symbol has chips all over the picture and the band and none is lost with a corner.
    """
    count = band().size
    draws = np.frombuffer(hashlib.shake_256(b"indelible/mark/v1/deal").digest(8 * count), dtype="<u8")
    deal = np.empty(count, np.int16)
    pilots = round(PILOT_SHARE * count)
    order = np.argsort(draws, kind="stable")
    deal[order[:pilots]] = PILOT
    deal[order[pilots:]] = np.arange(count - pilots) % SYMBOLS
    return deal


def chips(key: SecretKey, window: int) -> NDArray[np.int8]:
    """Return the keyed signs of a window, +-1, int8, shape (chips,)."""
    return 1 - 2 * chip_bits(key, window).astype(np.int8)


def chip_bits(key: SecretKey, window: int) -> NDArray[np.uint8]:
    """Return the same as bits, 1 for -1, uint8, shape (chips,): half the work, where thousands of keys are looked for."""
    return key.bits(_PURPOSE, window, band().size)


def modulation(symbols: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return what each chip is multiplied by: +1 for the pilot, its payload symbol for the others; int8, shape (chips,)."""
    deal = symbol_of_chip()
    return np.where(deal == PILOT, np.int8(1), symbols[deal])


def chip_coverage(shown: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the share of each chip's block that a picture shows, shape (chips,), from that of each cell, shape (256, 256)."""
    blocks = shown.reshape(GRID // BLOCK, BLOCK, GRID // BLOCK, BLOCK).mean(axis=(1, 3))
    return np.asarray(np.kron(blocks, np.ones((BLOCK, BLOCK))).ravel()[band()], np.float32)


def grid_coefficients(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lay values of the chips, shape (chips,), into an otherwise empty transform, shape (256, 256)."""
    coefficients = np.zeros(GRID * GRID, np.float32)
    coefficients[band()] = values
    return coefficients.reshape(GRID, GRID)
