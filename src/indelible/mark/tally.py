"""What received evidence says of one key: sums over windows, and the two statistics that they make."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.keys import SecretKey
from indelible.mark.carrier import PILOT, chips, symbol_of_chip
from indelible.mark.payload import SYMBOLS, Payload, encode_payload
from indelible.stats.tails import log10_rademacher_tail, log10_union, log10_weighted_min

WEIGHTS = (2 / 3, 1 / 3)  # of the two ways in which a mark may show: by its pilot, or as a whole (a mark without payload)


@dataclass(frozen=True, slots=True)
class Scores:
    """The two statistics, in standard deviations under the null: the pilot's and the whole pattern's without a payload.

    With v the evidence and c the keyed signs of the chips, a statistic is sum(c v) / ||v||: by the randomness of c alone it exceeds t
    with a probability that `log10_rademacher_tail` bounds, whatever v is.
    """

    z: tuple[float, float]

    @classmethod
    def of(cls, pilot: float, rest: float, pilot_power: float, rest_power: float) -> Scores:
        def normalised(total: float, power: float) -> float:
            return total / math.sqrt(power) if power > 0.0 else 0.0

        return cls((normalised(pilot, pilot_power), normalised(pilot + rest, pilot_power + rest_power)))

    def log10_p(self, shares: int = 1) -> tuple[float, int]:
        """Return the p-value corrected for both statistics and for the search, and which statistic gave it.

        ``shares`` says into how many equal shares all that is searched divides the error, one of which is this key's.
        """
        tails = [log10_rademacher_tail(z) for z in self.z]
        best = int(np.argmin([tail - math.log10(weight) for tail, weight in zip(tails, WEIGHTS, strict=True)]))
        return log10_union(log10_weighted_min(tails, WEIGHTS), shares), best


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What each chip says, shape (chips,), and the squared norms over the pilot's chips and over the others; no key is in it."""

    values: NDArray[np.float32]
    pilot_power: float
    rest_power: float

    @classmethod
    def of(cls, values: NDArray[np.float32]) -> Evidence:
        squares = np.square(values, dtype=np.float64)
        pilot_power = float(squares[symbol_of_chip() == PILOT].sum())
        return cls(values, pilot_power, float(squares.sum()) - pilot_power)

    def correlate(self, signs: NDArray[np.int8]) -> tuple[float, NDArray[np.float64]]:
        """Return the sum over the pilot's chips and, shape (1024,), over those of each symbol."""
        sums = np.bincount(symbol_of_chip() + 1, weights=self.values * signs, minlength=SYMBOLS + 1).astype(np.float64)
        return float(sums[0]), sums[1:]


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What one key has gathered: sums over windows, and the scores of each step by itself."""

    key: SecretKey
    empty: NDArray[np.int8]  # the symbols of a mark without payload
    pilot: float
    soft: NDArray[np.float64]
    pilot_power: float
    rest_power: float
    steps: tuple[tuple[int, Scores], ...]

    @classmethod
    def start(cls, key: SecretKey) -> Tally:
        return cls(key, encode_payload(Payload(), key), 0.0, np.zeros(SYMBOLS), 0.0, 0.0, ())

    @property
    def scores(self) -> Scores:
        return Scores.of(self.pilot, float(self.empty @ self.soft), self.pilot_power, self.rest_power)

    def with_window(self, index: int, whole: Evidence, steps: Sequence[tuple[int, Evidence]]) -> Tally:
        """Return the tally with a window counted in, and with those of its steps that are to be shown."""
        signs = chips(self.key, index)
        pilot, soft = whole.correlate(signs)
        return Tally(
            self.key,
            self.empty,
            self.pilot + pilot,
            self.soft + soft,
            self.pilot_power + whole.pilot_power,
            self.rest_power + whole.rest_power,
            (*self.steps, *((step, self._step_scores(part, signs)) for step, part in steps)),
        )

    def _step_scores(self, part: Evidence, signs: NDArray[np.int8]) -> Scores:
        pilot, soft = part.correlate(signs)
        return Scores.of(pilot, float(self.empty @ soft), part.pilot_power, part.rest_power)
