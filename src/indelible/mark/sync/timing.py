"""Where in the original film a received video lies: its start, and its speed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indelible.mark.carrier import WINDOW_SECONDS
from indelible.mark.clock import STEP_SECONDS
from indelible.mark.sync.pilots import PHASES, WINDOWS, PilotSums, log10_starts

SPEEDS = tuple(round(0.80 + 0.01 * place, 2) for place in range(46))
AS_MARKED_SHARE = 0.69  # of the error, for videos that start where they did
ELSEWHEN_SHARE = 0.28  # and for those that start elsewhere, or run at another speed
AT_SPEED = 0.5  # the part of that for videos at their own speed


@dataclass(frozen=True, slots=True)
class Timing:
    """Second t of the received video is second ``start_seconds + speed * t`` of the original."""

    start_seconds: float = 0.0
    speed: float = 1.0

    def window(self, step: int) -> int:
        """Return the window of the original in which the middle of a received step lies."""
        return int((self.start_seconds + self.speed * (step + 0.5) * STEP_SECONDS) / WINDOW_SECONDS)

    def windows_of(self, steps: Sequence[int]) -> list[int]:
        """Return the window of each of some steps."""
        return [self.window(step) for step in steps]

    def original_seconds(self, seconds: float) -> float:
        """Return which second of the original is shown at a second of the received video."""
        return self.start_seconds + self.speed * seconds

    @property
    def log10_weight(self) -> float:
        """The share of the error that this timing has; all shares sum to at most 1."""
        if self == IN_TIME:
            return math.log10(AS_MARKED_SHARE)
        return _log10_share(self.speed) + float(log10_starts()[int(self.start_seconds / WINDOW_SECONDS)])


IN_TIME = Timing()


def best_timing(pilots: PilotSums) -> Timing:
    """Return the timing, other than as marked, under which the pilot is most evident for its share of the error."""
    # Sums over consecutive steps are differences of these.
    sums = np.pad(np.cumsum(pilots.sums, axis=0, dtype=np.float64), ((1, 0), (0, 0)))
    gram = np.pad(np.cumsum(np.cumsum(pilots.gram, axis=0), axis=1), ((1, 0), (1, 0)))
    best, most = IN_TIME, -math.inf
    seen: set[tuple[int, ...]] = set()
    for speed in (1.0, *(speed for speed in SPEEDS if speed != 1.0)):
        weights = log10_starts() + _log10_share(speed)
        for phase in range(PHASES):
            late = tuple(Timing(phase * STEP_SECONDS, speed).windows_of(pilots.steps))
            if late in seen:  # the same with no larger share: the first speed has the largest, all others have the same
                continue
            seen.add(late)
            total, power = np.zeros(WINDOWS), 0.0
            end = 0
            for windows, group in itertools.groupby(late):
                start, end = end, end + len(list(group))
                if windows < WINDOWS:
                    power += float(gram[end, end] - gram[start, end] - gram[end, start] + gram[start, start])
                    total[: WINDOWS - windows] += sums[end, windows:] - sums[start, windows:]
            # Hoeffding's exponent is close enough to choose by.
            evident = np.maximum(total, 0.0) ** 2 / (2.0 * math.log(10.0) * max(power, 1e-30)) + weights
            if speed == 1.0 and phase == 0:
                evident[0] = -np.inf
            place = int(np.argmax(evident))
            if evident[place] > most:
                best, most = Timing(place * WINDOW_SECONDS + phase * STEP_SECONDS, speed), float(evident[place])
    return best


def _log10_share(speed: float) -> float:
    return math.log10(ELSEWHEN_SHARE * (AT_SPEED if speed == 1.0 else (1.0 - AT_SPEED) / (len(SPEEDS) - 1)))
