"""Looking for the known marks of a line-up in a video that was cut, turned, framed, or put together from other seconds than it was."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.mark.clock import STEP_SECONDS
from indelible.mark.lineup import Lineup, LineupTally, Shown
from indelible.mark.sync.footage import Footage
from indelible.mark.sync.found import Geometry
from indelible.mark.sync.looker import Followed, Looker
from indelible.mark.sync.reading import read
from indelible.mark.sync.search import Search, closely
from indelible.mark.sync.suspects import LineupTarget, Suspect, log10_p_of

MOST_WINDOWS: dict[Search, int] = {"fast": 5_000, "full": 20_000}  # of all known marks together, in which they are looked for


@dataclass(frozen=True, slots=True, eq=False)
class LineupFound:
    """What all known marks show under one hypothesis.

    Args:
        tally: the evidence.
        geometry: the hypothesis.
        log10_weight: which share of each mark's error it has.
    """

    tally: LineupTally
    geometry: Geometry
    log10_weight: float

    @property
    def log10_p(self) -> float:
        """Of the most evident mark, after correction."""
        return self.log10_p_of(float(self.tally.z().max()))

    @property
    def log10_correction(self) -> float:
        """Decades between that and the p-value of the statistic by itself."""
        return math.log10(2 * len(self.tally.lineup.marks)) - self.log10_weight

    def log10_p_of(self, z: float) -> float:
        """Return the p-value of a mark's statistic, after correction."""
        return log10_p_of(z, len(self.tally.lineup.marks), self.log10_weight)


def search_lineup(
    footage: Footage, lineup: Lineup, *, effort: Search, log10_enough: float, progress: Followed | None = None
) -> LineupFound | None:
    """Look for known marks under all poses and timings of an effort, but for the video as marked.

    Args:
        footage: the video.
        lineup: the marks. Their half of the error is dealt to them in equal parts, and each part to the poses and timings.
        effort: as for `indelible.mark.sync.search.search`; the work grows far slower than the number of marks.
        log10_enough: a p-value with which to stop.
        progress: told how much of the work of a full search is done, and how much there is at most.

    Returns:
        what all of them show where one is most evident; None if there was nothing to look at.
    """
    if effort == "none":
        return None
    suspects = closely(footage, LineupTarget(lineup, most_windows=MOST_WINDOWS[effort]), effort, log10_enough, progress)
    return _all_under(min(suspects, key=lambda each: each.log10_p), lineup, footage) if suspects else None


def lineup_once_more(footage: Footage, found: LineupFound, log10_more: float) -> LineupFound:
    """Return what known marks show where a search has found one in an earlier part of the video, at the same price and some decades."""
    lineup, geometry = found.tally.lineup, found.geometry
    looker = Looker(footage, LineupTarget(lineup, most_windows=MOST_WINDOWS["full"]), None)
    log10_weight = found.log10_weight - geometry.timing.log10_weight - log10_more
    return _all_under(looker.again(geometry, log10_weight), lineup, footage)


def _all_under(best: Suspect, lineup: Lineup, footage: Footage) -> LineupFound:
    """Return what all known marks show where one is most evident."""
    steps = [still.step for still in footage.stills]
    values = read(footage.stills, best.geometry.content, best.geometry.pose)
    return LineupFound(_line_up(lineup, values, steps, best.geometry), best.geometry, best.log10_weight)


def _line_up(lineup: Lineup, values: NDArray[np.float32], steps: Sequence[int], geometry: Geometry) -> LineupTally:
    """Return what all known marks show under a hypothesis, given evidence that was read under its pose, shape (steps, chips)."""
    tally = LineupTally.start(lineup)
    for window, places in geometry.windows(steps).items():
        stretches = np.split(np.array(places), np.flatnonzero(np.diff(places) > 1) + 1)
        shown = [_shown(values[stretch].sum(axis=0), steps[stretch[0]], steps[stretch[-1]], geometry) for stretch in stretches]
        tally = tally.with_window(window, values[places].sum(axis=0), shown)
    return tally


def _shown(values: NDArray[np.float32], first: int, last: int, geometry: Geometry) -> Shown:
    start = first * STEP_SECONDS
    return Shown(start, (last + 1) * STEP_SECONDS, geometry.timing.original_seconds(start), values)
