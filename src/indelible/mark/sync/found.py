"""A hypothesis about where a video lies, and what is found there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from indelible.mark.sync.footage import ALL, Box
from indelible.mark.sync.montage import Montage, Shot
from indelible.mark.sync.pose import AS_MARKED, Pose
from indelible.mark.sync.timing import IN_TIME, Timing
from indelible.mark.tally import WEIGHTS, Scores, Tally


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where in the original a received video lies.

    Args:
        pose: how what the picture shows lies in the original picture.
        content: the part of the received picture that shows it, between bars.
        timing: where in the original film it lies, or which seconds of it its shots are.
    """

    pose: Pose = AS_MARKED
    content: Box = ALL
    timing: Timing | Montage = IN_TIME

    def windows(self, steps: Sequence[int]) -> Mapping[int, list[int]]:
        """Return which of some received steps, as places in the list, each window of the original is shown in."""
        by_window: dict[int, list[int]] = {}
        for place, window in enumerate(self.timing.windows_of(steps)):
            if window is not None:
                by_window.setdefault(window, []).append(place)
        return by_window

    @property
    def shots(self) -> tuple[Shot, ...]:
        """The stretches of the video that were found each for itself; none where it lies in one piece."""
        return self.timing.shots if isinstance(self.timing, Montage) else ()


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What one key shows under one hypothesis, with what the search costs counted in.

    Args:
        tally: the evidence.
        geometry: the hypothesis.
        log10_weight: which share of the key's error the hypothesis has.
        shares: into how many equal shares the whole error is divided, one of which is the key's.
        log10_p: after correction.
        log10_correction: decades between that and the p-value of the better statistic by itself.
        z: that statistic, in standard deviations.
    """

    tally: Tally
    geometry: Geometry
    log10_weight: float
    shares: int
    log10_p: float
    log10_correction: float
    z: float

    @classmethod
    def of(cls, tally: Tally, geometry: Geometry, log10_weight: float, shares: int) -> Found:
        log10_p, best = tally.scores.log10_p(shares)
        correction = math.log10(shares / WEIGHTS[best]) - log10_weight
        return cls(tally, geometry, log10_weight, shares, min(0.0, log10_p - log10_weight), correction, tally.scores.z[best])

    @property
    def z_of_one(self) -> float:
        """The better statistic, of the one key that was looked for."""
        return self.z

    def log10_p_of(self, scores: Scores) -> float:
        """Return the p-value of a part of the video under the same hypothesis."""
        return min(0.0, scores.log10_p(self.shares)[0] - self.log10_weight)
