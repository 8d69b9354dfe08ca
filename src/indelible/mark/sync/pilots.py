"""What the pilots of all windows of the original say in each step of a received video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.keys import SecretKey
from indelible.mark.carrier import PILOT, WINDOW_SECONDS, chip_bits, symbol_of_chip
from indelible.mark.clock import STEP_SECONDS

WINDOWS = 2048  # searched, four and a half hours
PHASES = round(WINDOW_SECONDS / STEP_SECONDS)  # of a window, in which a shot may start

_CHIPS_AT_ONCE = 256
_SMALL = 250_000  # multiplications; OpenBLAS shares larger products out among threads, whose waiting costs several times the product


@lru_cache(maxsize=1)
def log10_starts() -> NDArray[np.float64]:
    """Return the shares of starts at one of the seconds of each window, shape (windows,): the sooner the likelier.

    They sum to less than 1, as the sum of 1 / (w + 1) (w + 2) over all w is 1.
    """
    windows = np.arange(WINDOWS, dtype=np.float64)
    shares: NDArray[np.float64] = -np.log10(PHASES * (windows + 1.0) * (windows + 2.0))
    return shares


def pilot_bits(key: SecretKey) -> NDArray[np.uint8]:
    """Return the pilot's signs in all windows that are searched as bits, 1 for -1, uint8, shape (windows, pilots and some zeros): 15 MB."""
    pilots = _pilots()
    bits = np.zeros((WINDOWS, -(-pilots.size // _CHIPS_AT_ONCE) * _CHIPS_AT_ONCE), np.uint8)
    for window, row in enumerate(bits):
        np.take(chip_bits(key, window), pilots, out=row[: pilots.size], mode="clip")  # the other mode copies once more
    return bits


@dataclass(frozen=True, slots=True, eq=False)
class PilotSums:
    """The steps of a received video against the pilots of all windows.

    Args:
        steps: their indices in the received video.
        sums: of each step's evidence times each window's pilot, shape (steps, windows).
        gram: products of the steps' evidence with each other, over the pilot's chips, shape (steps, steps).
    """

    steps: tuple[int, ...]
    sums: NDArray[np.float32]
    gram: NDArray[np.float64]

    @classmethod
    def of(cls, values: NDArray[np.float32], steps: Sequence[int], bits: NDArray[np.uint8]) -> PilotSums:
        """Compare evidence, shape (steps, chips), with `pilot_bits`."""
        seen = np.zeros((len(values), bits.shape[1]), np.float32)
        seen[:, : _pilots().size] = values[:, _pilots()]
        parts = seen.reshape(len(seen), -1, _CHIPS_AT_ONCE).transpose(1, 0, 2)
        sums = np.empty((len(seen), len(bits)), np.float32)
        at_once = max(1, _SMALL // (len(seen) * _CHIPS_AT_ONCE))
        for first in range(0, len(bits), at_once):
            some = bits[first : first + at_once].astype(np.float32)
            negative = parts @ some.reshape(len(some), -1, _CHIPS_AT_ONCE).transpose(1, 2, 0)
            sums[:, first : first + at_once] = negative.sum(axis=0)
        sums *= -2.0
        sums += seen.sum(axis=1, keepdims=True)
        exact = seen.astype(np.float64)
        return cls(tuple(steps), sums, np.einsum("ic,jc->ij", exact, exact))


@lru_cache(maxsize=1)
def _pilots() -> NDArray[np.intp]:
    return np.flatnonzero(symbol_of_chip() == PILOT)
