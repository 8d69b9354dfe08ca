"""Looking for a mark in a video that was cut, turned, framed, or that starts elsewhere than it did."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indelible.keys import SecretKey
from indelible.mark.carrier import grid_coefficients
from indelible.mark.grid import Picture, synthesise
from indelible.mark.sync.correlate import Candidate, Correlator
from indelible.mark.sync.family import AS_MARKED_SHARE, FAMILIES, FRAMED_SHARE, TURNED, TURNED_SHARE, Family
from indelible.mark.sync.footage import Box, Footage, Still
from indelible.mark.sync.pose import AS_MARKED, Pose
from indelible.mark.sync.reading import read
from indelible.mark.sync.timing import IN_TIME, PHASES, SPEEDS, WINDOWS, Timing, best_timings, pilot_signs
from indelible.mark.tally import WEIGHTS, Evidence, Tally

Search = Literal["none", "fast", "full"]

_GLANCE = 16  # steps, to see whether a turned picture is worth a closer look
_LOOKED_AT = 4  # windows, in the search over places
_CLIMBED = 3  # candidates of each family


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The best of all hypotheses that were searched."""

    log10_p: float  # after correction
    log10_correction: float
    pose: Pose
    box: Box
    timing: Timing
    tally: Tally
    searched: int


def search(footage: Footage, key: SecretKey, *, effort: Search, log10_enough: float, shares: int = 1) -> Found | None:
    """Look for a key's mark under all poses and timings of an effort, but as marked.

    Args:
        footage: the video.
        key: whose mark.
        effort: "fast" looks at turned and mirrored pictures, between bars and at other times, "full" also at parts of pictures.
        log10_enough: where to stop: a p-value as small as this.
        shares: into how many equal shares the error is divided, one of which is this key's.

    Returns:
        the best, None if there is nothing to look at.
    """
    best: Found | None = None
    for found in _looks(_Looker(footage, key, shares, log10_enough), effort):
        if best is None or found.log10_p < best.log10_p:
            best = found
        if best.log10_p <= log10_enough:
            break
    return best


def searched(effort: Search) -> int:
    """Return how many hypotheses an effort counts for each key."""
    poses = 2 + len(TURNED) + (sum(family.points for family in FAMILIES) if effort == "full" else 0)
    return len(WEIGHTS) * (1 if effort == "none" else poses * (1 + WINDOWS * PHASES * len(SPEEDS)))


def log10_share_as_marked(effort: Search) -> float:
    """Return the share of the error that a video as marked has."""
    return 0.0 if effort == "none" else math.log10(AS_MARKED_SHARE) + IN_TIME.log10_weight


def _looks(looker: _Looker, effort: Search) -> Iterator[Found]:
    content = looker.content
    if not looker.stills:
        return
    yield looker.at(AS_MARKED, Box(), math.log10(AS_MARKED_SHARE), timings=(), elsewhere=True)
    if content != Box():
        yield looker.at(AS_MARKED, content, math.log10(FRAMED_SHARE), elsewhere=True)
    weight = math.log10(TURNED_SHARE / len(TURNED))
    for pose in TURNED:
        glanced = looker.at(pose, content, weight, elsewhere=True, few=True)
        if glanced.log10_p < -1.0:
            yield looker.at(pose, content, weight, elsewhere=True)
    if effort == "full":
        for family in FAMILIES:
            for pose in looker.parts(family):
                yield looker.at(pose, content, family.log10_weight, elsewhere=True)


class _Looker:
    """Looks at one video for one key."""

    def __init__(self, footage: Footage, key: SecretKey, shares: int, log10_enough: float) -> None:
        self.stills = footage.stills
        self.content = footage.content()
        self._key = key
        self._shares = shares
        self._log10_enough = log10_enough
        self._pilots = pilot_signs(key)

    def at(
        self,
        pose: Pose,
        box: Box,
        log10_weight: float,
        *,
        timings: Sequence[Timing] = (IN_TIME,),
        elsewhere: bool = False,
        few: bool = False,
    ) -> Found:
        """Return the best timing of a pose among some, and, if asked to, among all others."""
        stills = self.stills[:: max(1, -(-len(self.stills) // _GLANCE))] if few else self.stills
        values = read(stills, box, pose)
        steps = [still.step for still in stills]
        found = [self._weighed(values, stills, pose, box, timing, log10_weight) for timing in timings]
        if elsewhere and (not found or found[0].log10_p > self._log10_enough):
            others = best_timings(values, steps, self._pilots)
            found += [self._weighed(values, stills, pose, box, timing, log10_weight) for timing in others]
        return min(found, key=lambda each: each.log10_p)

    def parts(self, family: Family) -> Iterator[Pose]:
        """Yield the poses of a family at which the mark may be, the likeliest first."""
        correlators = {mirrored: self._correlator(mirrored) for mirrored in (False, True)}
        candidates = [correlators[shape.mirrored].everywhere(shape, family) for shape in family.shapes()]
        for candidate in heapq.nlargest(_CLIMBED, candidates, key=lambda each: each.z):
            pose = family.on_lattice(correlators[candidate.pose.mirrored].climb(candidate.pose, family))
            if pose is not None:
                yield pose

    def _correlator(self, mirrored: bool) -> Correlator:
        upright = Pose(mirrored=mirrored)
        pictures: dict[int, NDArray[np.float32]] = {}
        for still, values in zip(self.stills, read(self.stills, self.content, upright), strict=True):
            window = IN_TIME.window(still.step)
            pictures[window] = pictures.get(window, 0.0) + values
        strongest = heapq.nlargest(_LOOKED_AT, pictures, key=lambda window: float(np.square(pictures[window]).sum()))
        height, width = self.content.cut(self.stills[0].picture).shape
        return Correlator({window: synthesise(grid_coefficients(pictures[window])) for window in strongest}, width / height, self._key)

    def _weighed(
        self, values: NDArray[np.float32], stills: Sequence[Still], pose: Pose, box: Box, timing: Timing, log10_weight: float
    ) -> Found:
        by_window: dict[int, list[int]] = {}
        for place, still in enumerate(stills):
            by_window.setdefault(timing.window(still.step), []).append(place)
        tally = Tally.start(self._key)
        for window, places in by_window.items():
            parts = [(stills[place].step, Evidence.of(values[place])) for place in places]
            tally = tally.with_window(window, Evidence.of(values[places].sum(axis=0)), parts)
        log10_p, best = tally.scores.log10_p(self._shares)
        weight = log10_weight + timing.log10_weight
        correction = math.log10(self._shares / WEIGHTS[best]) - weight
        return Found(min(0.0, log10_p - weight), correction, pose, box, timing, tally, 0)


_ = (Candidate, Picture)
