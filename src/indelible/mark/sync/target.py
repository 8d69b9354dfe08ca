"""What is looked for in a video, and what a look shows: the mark of a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from indelible.keys import SecretKey
from indelible.mark.carrier import PILOT, chips, symbol_of_chip
from indelible.mark.grid import Picture
from indelible.mark.sync.correlate import Pattern, pattern_picture
from indelible.mark.sync.found import Found, Geometry
from indelible.mark.sync.montage import Montage, best_montage
from indelible.mark.sync.pilots import PilotSums, pilot_bits
from indelible.mark.sync.timing import Timing, best_timing
from indelible.mark.tally import Evidence, Scores, Tally


class Outcome(Protocol):
    """What a look under one hypothesis shows."""

    @property
    def geometry(self) -> Geometry:
        """The hypothesis."""

    @property
    def log10_p(self) -> float:
        """After correction."""

    @property
    def z_of_one(self) -> float:
        """The better statistic in standard deviations, as if only one mark had been looked for."""


Seen = TypeVar("Seen", bound=Outcome)


class Target(Protocol[Seen]):
    """One mark, or many at once, to be looked for under any hypothesis."""

    def found(self, values: NDArray[np.float32], steps: Sequence[int], geometry: Geometry, log10_weight: float) -> Seen:
        """Return what evidence shows.

        Args:
            values: of the steps, read under the geometry's pose; shape (steps, chips).
            steps: their indices.
            geometry: the hypothesis.
            log10_weight: the share of its pose; that of its timing comes on top.
        """

    def timings(self, values: NDArray[np.float32], steps: Sequence[int]) -> Sequence[Timing | Montage]:
        """Return the timings, other than as marked, that are worth a closer look."""

    def patterns(self, guesses: Sequence[Sequence[int]]) -> Sequence[Pattern]:
        """Return what may show in received pictures, if they are from one of some guesses of their windows."""

    def narrowed(self, found: Seen) -> Target[Seen]:
        """Return what looks for the mark that was found, and no other."""


class KeyTarget:
    """The mark of a key: its pilot, or all of it where it has no payload.

    Args:
        key: whose.
        shares: into how many equal shares the error is divided, one of which is this key's.
    """

    def __init__(self, key: SecretKey, shares: int) -> None:
        self._key, self._shares = key, shares

    def found(self, values: NDArray[np.float32], steps: Sequence[int], geometry: Geometry, log10_weight: float) -> Found:
        tally = Tally.start(self._key)
        by_window = geometry.windows(steps)
        for window, places in by_window.items():
            parts = [(steps[place], Evidence.of(values[place])) for place in places]
            tally = tally.with_window(window, Evidence.of(values[places].sum(axis=0)), parts)
        shown = {place for places in by_window.values() for place in places}
        foreign = [(step, Scores((0.0, 0.0))) for place, step in enumerate(steps) if place not in shown]
        tally = replace(tally, steps=(*tally.steps, *foreign))
        return Found.of(tally, geometry, log10_weight + geometry.timing.log10_weight, self._shares)

    def timings(self, values: NDArray[np.float32], steps: Sequence[int]) -> Sequence[Timing | Montage]:
        pilots = PilotSums.of(values, steps, self._pilots)
        return best_timing(pilots), best_montage(pilots)

    def patterns(self, guesses: Sequence[Sequence[int]]) -> Sequence[Pattern]:
        return [partial(self._pictures, windows) for windows in guesses]

    def narrowed(self, found: Found) -> KeyTarget:
        return self

    def _pictures(self, windows: Sequence[int]) -> Sequence[Picture]:
        return [pattern_picture(chips(self._key, window) * (symbol_of_chip() == PILOT)) for window in windows]

    @cached_property
    def _pilots(self) -> NDArray[np.uint8]:
        return pilot_bits(self._key)
