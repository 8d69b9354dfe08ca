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


@lru_cache(maxsize=1)
def log10_starts() -> NDArray[np.float64]:
    """Return the shares of starts at one of the seconds of each window, shape (windows,): the sooner the likelier.

    They sum to less than 1, as the sum of 1 / (w + 1) (w + 2) over all w is 1.
    """
    windows = np.arange(WINDOWS, dtype=np.float64)
    shares: NDArray[np.float64] = -np.log10(PHASES * (windows + 1.0) * (windows + 2.0))
    return shares


def pilot_signs(key: SecretKey) -> NDArray[np.float32]:
    """Return the pilot's signs in all windows that are searched, float32, shape (windows, pilots): 57 MB."""
    pilots = _pilots()
    signs = np.empty((WINDOWS, pilots.size), np.float32)
    for window, row in enumerate(signs):
        row[:] = chip_bits(key, window)[pilots]
    signs *= -2.0
    signs += 1.0
    return signs


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
    def of(cls, values: NDArray[np.float32], steps: Sequence[int], signs: NDArray[np.float32]) -> PilotSums:
        """Compare evidence, shape (steps, chips), with `pilot_signs`."""
        seen = np.ascontiguousarray(values[:, _pilots()])
        return cls(tuple(steps), seen @ signs.T, seen.astype(np.float64) @ seen.T.astype(np.float64))


@lru_cache(maxsize=1)
def _pilots() -> NDArray[np.intp]:
    return np.flatnonzero(symbol_of_chip() == PILOT)
