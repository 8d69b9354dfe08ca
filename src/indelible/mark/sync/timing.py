"""Where in the original film a received video lies: its start, and its speed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.keys import SecretKey
from indelible.mark.carrier import PILOT, WINDOW_SECONDS, chips, symbol_of_chip
from indelible.mark.clock import STEP_SECONDS

WINDOWS = 2048  # searched, four and a half hours
PHASES = round(WINDOW_SECONDS / STEP_SECONDS)  # of a window, in which a video may start
SPEEDS = tuple(round(0.80 + 0.01 * place, 2) for place in range(46))
AT_SPEED = 0.5  # the share of the error for videos at their own speed
AS_MARKED_SHARE = 0.7  # and for those that also start where they did

_CHUNK = 128  # windows


@dataclass(frozen=True, slots=True)
class Timing:
    """Second t of the received video is second ``start_seconds + speed * t`` of the original."""

    start_seconds: float = 0.0
    speed: float = 1.0

    def window(self, step: int) -> int:
        """Return the window of the original in which the middle of a received step lies."""
        return int((self.start_seconds + self.speed * (step + 0.5) * STEP_SECONDS) / WINDOW_SECONDS)

    @property
    def log10_weight(self) -> float:
        """The share of the error that this timing has; all shares sum to at most 1."""
        if self == IN_TIME:
            return math.log10(AS_MARKED_SHARE)
        window = np.array([self.start_seconds / WINDOW_SECONDS]).astype(np.intp)
        return math.log10(1.0 - AS_MARKED_SHARE) + float(_log10_weights(window, self.speed)[0])


IN_TIME = Timing()


def _log10_weights(windows: NDArray[np.intp], speed: float) -> NDArray[np.float64]:
    """Return the shares of starts in some windows, of all timings but as marked: the sooner the likelier; sum 1 / (w + 1) (w + 2) is 1."""
    by_speed = AT_SPEED if speed == 1.0 else (1.0 - AT_SPEED) / (len(SPEEDS) - 1)
    weights: NDArray[np.float64] = math.log10(by_speed / PHASES) - np.log10((windows + 1.0) * (windows + 2.0))
    return weights


def pilot_signs(key: SecretKey) -> NDArray[np.int8]:
    """Return the pilot's signs in all windows that are searched, int8, shape (windows, pilots): 14 MB."""
    pilots = _pilots()
    return np.stack([chips(key, window)[pilots] for window in range(WINDOWS)])


def best_timing(values: NDArray[np.float32], steps: Sequence[int], signs: NDArray[np.int8]) -> Timing:
    """Return the timing, other than as marked, under which the pilot is most evident for its share of the error.

    Args:
        values: evidence of each step, shape (steps, chips).
        steps: their indices in the received video.
        signs: the pilot's, of all windows.
    """
    seen = np.ascontiguousarray(values[:, _pilots()])
    sums = np.concatenate([seen @ signs[first : first + _CHUNK].T.astype(np.float32) for first in range(0, WINDOWS, _CHUNK)], axis=1)
    gram = seen.astype(np.float64) @ seen.T.astype(np.float64)
    starts = np.arange(WINDOWS)
    best, most = IN_TIME, -math.inf
    for speed in SPEEDS:
        weights = _log10_weights(starts, speed)
        for phase in range(PHASES):
            window = np.array([Timing(phase * STEP_SECONDS, speed).window(step) for step in steps])
            total, power = np.zeros(WINDOWS), 0.0
            for late in np.unique(window):
                here = window == late
                power += float(gram[np.ix_(here, here)].sum())
                total[: WINDOWS - late] += sums[here].sum(axis=0)[late:]
            # Hoeffding's exponent is close enough to choose by.
            evident = np.maximum(total, 0.0) ** 2 / (2.0 * math.log(10.0) * max(power, 1e-30)) + weights
            if speed == 1.0 and phase == 0:
                evident[0] = -np.inf
            place = int(np.argmax(evident))
            if evident[place] > most:
                best, most = Timing(place * WINDOW_SECONDS + phase * STEP_SECONDS, speed), float(evident[place])
    return best


@lru_cache(maxsize=1)
def _pilots() -> NDArray[np.intp]:
    return np.flatnonzero(symbol_of_chip() == PILOT)
