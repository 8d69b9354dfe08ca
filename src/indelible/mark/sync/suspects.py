"""What is looked for in a video: all known marks of a line-up at once, whose number hardly adds to the work.

Each mark is a hypothesis beside each pose and timing, and all are paid for. But where a pose is read, it is read once and held against all
marks; and in the search for poses several marks are looked for together, by the sum of their patterns: of *n* marks, each stands out by one
part in sqrt(n) less. All signs of a known mark are known, where of a key's only the pilot's are, so that is made up for to *n* = 2.5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from indelible.mark.carrier import WINDOW_SECONDS
from indelible.mark.clock import STEP_SECONDS
from indelible.mark.grid import Picture
from indelible.mark.lineup import Lineup
from indelible.mark.sync.correlate import Pattern, pattern_picture
from indelible.mark.sync.found import Geometry
from indelible.mark.sync.montage import Montage, best_montage
from indelible.mark.sync.pilots import PHASES, WINDOWS, PilotSums
from indelible.mark.sync.timing import Timing, best_timing
from indelible.stats.tails import log10_rademacher_tail, log10_union

GROUPS = 16  # of marks that are looked for together, unless they get larger than this
LARGEST_GROUP = 16
GUESSES = 256  # groups by windows, in excerpts of which only a part is shown

_TIMED = 2  # marks whose timing is looked for
_HELD_BYTES = 64_000_000  # of signs


@dataclass(frozen=True, slots=True)
class Suspect:
    """What the most evident mark of a line-up shows under one hypothesis.

    Args:
        place: of the mark, in the line-up.
        marks: of the whole line-up.
        asked: how many of them were looked for.
        geometry: the hypothesis.
        log10_weight: which share of a mark's error it has.
        z: the mark's statistic, standard deviations.
    """

    place: int
    marks: int
    asked: int
    geometry: Geometry
    log10_weight: float
    z: float

    @property
    def log10_p(self) -> float:
        """After correction."""
        return log10_p_of(self.z, self.marks, self.log10_weight)

    @property
    def z_of_one(self) -> float:
        """What is left of z when the largest of so many, by chance, is taken away."""
        return math.copysign(math.sqrt(max(0.0, self.z**2 - 2.0 * math.log(self.asked))), self.z)


def log10_p_of(z: float, marks: int, log10_weight: float) -> float:
    """Return the p-value of a known mark: the line-up has one half of the error, and a hypothesis a share of each mark's part of it."""
    return min(0.0, log10_union(log10_rademacher_tail(z), 2 * marks) - log10_weight)


class LineupTarget:
    """The known marks of a line-up.

    Args:
        lineup: of them.
        most_windows: how many windows of the original, those of all marks together, are looked at for other times.
        places: which of the marks, all of them by default.
    """

    def __init__(self, lineup: Lineup, *, most_windows: int, places: Sequence[int] | None = None) -> None:
        self._lineup = lineup
        self._places = range(len(lineup.marks)) if places is None else places
        self._most_windows = most_windows
        self._signs: dict[int, NDArray[np.uint8]] = {}

    def found(self, values: NDArray[np.float32], steps: Sequence[int], geometry: Geometry, log10_weight: float) -> Suspect:
        sums, power = np.zeros(len(self._places)), 0.0
        for window, places in geometry.windows(steps).items():
            shown = values[places].sum(axis=0)
            power += float(np.sum(np.square(shown, dtype=np.float64)))
            sums += self._against(window, shown[None])[:, 0]
        best = int(np.argmax(sums))
        z = float(sums[best]) / math.sqrt(power) if power > 0.0 else 0.0
        weight = log10_weight + geometry.timing.log10_weight
        return Suspect(self._places[best], len(self._lineup.marks), len(self._places), geometry, weight, z)

    def timings(self, values: NDArray[np.float32], steps: Sequence[int]) -> Sequence[Timing | Montage]:
        windows = self._windows
        sums = np.stack([self._against(window, values) for window in range(windows)], axis=2)  # (marks, steps, windows)
        exact = values.astype(np.float64)
        gram = exact @ exact.T
        found: list[Timing | Montage] = []
        for place in np.argsort(-_standing_out(sums, gram, steps))[:_TIMED].tolist():
            everywhen = np.zeros((len(steps), WINDOWS), np.float32)
            everywhen[:, :windows] = sums[place]
            signs = PilotSums(tuple(steps), everywhen, gram)
            found += [best_timing(signs), best_montage(signs)]
        return found

    def patterns(self, guesses: Sequence[Sequence[int]]) -> Sequence[Pattern]:
        size = min(LARGEST_GROUP, math.ceil(len(self._places) / GROUPS))
        groups = [self._places[first : first + size] for first in range(0, len(self._places), size)]
        # A single guess is made for all; of several, windows beyond the end of all marks are none.
        some = guesses[: max(1, min(self._windows, GUESSES // len(groups)))]
        return [partial(self._pictures, group, windows) for group in groups for windows in some]

    def narrowed(self, found: Suspect) -> LineupTarget:
        return LineupTarget(self._lineup, most_windows=self._most_windows, places=[found.place])

    @property
    def _windows(self) -> int:
        """How many windows of each mark's original are looked at."""
        seconds = [self._lineup.marks[place].seconds for place in self._places]
        longest = max(WINDOWS if each is None else math.ceil(min(WINDOWS, max(0.0, each / WINDOW_SECONDS))) for each in seconds)
        return max(1, min(longest, self._most_windows // len(self._places)))

    def _pictures(self, group: Sequence[int], windows: Sequence[int]) -> Sequence[Picture]:
        return [
            pattern_picture(np.sum([1.0 - 2.0 * self._lineup.negative(place, window) for place in group], axis=0)) for window in windows
        ]

    def _against(self, window: int, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the sum of each mark's signs in a window times some evidence, shape (steps, chips): shape (marks, steps)."""
        signs = self._signs.get(window)
        if signs is None:
            signs = np.stack([np.packbits(self._lineup.negative(place, window)) for place in self._places])
            if (len(self._signs) + 1) * signs.nbytes <= _HELD_BYTES:
                self._signs[window] = signs
        return self._lineup.sums(signs, values)


def _standing_out(sums: NDArray[np.float32], gram: NDArray[np.float64], steps: Sequence[int]) -> NDArray[np.float64]:
    """Return how far each mark stands out at the best time of its original, shape (marks,): as one stretch at its own speed, or by a step.

    Args:
        sums: of its signs in each window times the evidence of each step, shape (marks, steps, windows).
        gram: products of the steps' evidence with each other.
        steps: their indices.
    """
    marks, _, windows = sums.shape
    power = np.sqrt(np.maximum(np.diag(gram), 1e-30))
    best = np.asarray((sums.max(axis=2) / power).max(axis=1), np.float64)
    for phase in range(PHASES):
        total, power_of_all = np.zeros((marks, windows)), 0.0
        for later, places in Geometry(timing=Timing(phase * STEP_SECONDS)).windows(steps).items():
            if later < windows:
                total[:, : windows - later] += sums[:, places, later:].sum(axis=1)
                power_of_all += float(gram[np.ix_(places, places)].sum())
        best = np.maximum(best, total.max(axis=1) / math.sqrt(max(power_of_all, 1e-30)))
    return best
