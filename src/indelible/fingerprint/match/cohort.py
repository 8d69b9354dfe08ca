"""What codes of unrelated videos look like from a query's codes: the scale on which a distance is small or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.fingerprint.code import BITS, Codes, distances

UNRELATED_MEAN = BITS / 2
UNRELATED_SD = 8.6  # bits, of the distance of unrelated codes: docs/decisions/0011-fingerprints.md
COHORT_CODES = 1000
_ENOUGH = 200  # codes; fewer say little of the tails


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """How unrelated codes are spread around each of a query's codes; shapes (n,), bits."""

    mean: NDArray[np.float64]
    sd: NDArray[np.float64]

    def scores(self, bits: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how many standard deviations nearer than unrelated codes; ``bits`` of shape (n, ...)."""
        shape = (-1, *[1] * (bits.ndim - 1))
        return np.asarray((self.mean.reshape(shape) - bits) / self.sd.reshape(shape), np.float64)


def scale_of(codes: Codes, cohort: Codes) -> Scale:
    """Measure the scale of codes, shape (n, 4), against a cohort of stored codes, shape (m, 4).

    A code that is nearer to the cohort than it should be, such as that of a frequent kind of picture, needs smaller distances. The cohort
    may hold codes of the video that is looked for, so that the middle of the distances is taken and not the mean; it never makes a match
    easier than the distances of unrelated codes do that were measured once.
    """
    if len(cohort) < _ENOUGH:
        return Scale(np.full(len(codes), UNRELATED_MEAN), np.full(len(codes), UNRELATED_SD))
    apart = np.stack([distances(cohort, code) for code in codes]) if len(codes) else np.zeros((0, len(cohort)))
    low, middle = np.quantile(apart, [0.1587, 0.5], axis=1)
    return Scale(np.minimum(middle, UNRELATED_MEAN), np.maximum(middle - low, UNRELATED_SD))
