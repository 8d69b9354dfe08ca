"""Looking closely at single hypotheses, and proposing those that are worth it."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from indelible.mark.carrier import WINDOW_SECONDS
from indelible.mark.clock import STEP_SECONDS
from indelible.mark.sync.correlate import Candidate, Correlator, pattern_picture
from indelible.mark.sync.family import CUT, FAMILIES, Family
from indelible.mark.sync.footage import KEPT, Box, Footage, Still
from indelible.mark.sync.found import Geometry
from indelible.mark.sync.montage import Montage
from indelible.mark.sync.pose import Pose
from indelible.mark.sync.reading import read
from indelible.mark.sync.target import Seen, Target
from indelible.mark.sync.timing import IN_TIME

_WORTH_SETTLING_Z = 4.0
_SETTLING = 10  # steps, by which a pose is settled on the lattice
_LOOKED_AT = 3  # windows, in the search over places
_CLIMBED = 3  # candidates of each family
_FIRST_WINDOWS = 16  # of the original, in which parts of pictures at other times are looked for: two minutes
_WORK_ELSEWHEN = 6  # of looking for a shape in all of these, as many times that of looking for it in time

Followed = Callable[[float, float], object]
"""Told how much of some work is done, and how much there is."""


class Looker(Generic[Seen]):
    """Looks at one video for one target.

    Args:
        footage: the video.
        target: what is looked for.
        progress: told how much of `expect` is done, and how much there is.
    """

    def __init__(self, footage: Footage, target: Target[Seen], progress: Followed | None) -> None:
        self.content = footage.content()
        self._stills = footage.stills
        self._target = target
        self._progress = progress
        self._done = self._expected = 0
        self._correlators: dict[tuple[bool, Box, bool], Correlator] = {}
        self._evidence: dict[tuple[bool, Box], NDArray[np.float32]] = {}

    def at(self, pose: Pose, box: Box, log10_weight: float) -> Seen:
        """Return what a pose shows in time."""
        return self.under(Geometry(pose, box, IN_TIME), log10_weight)

    def under(self, geometry: Geometry, log10_weight: float) -> Seen:
        """Return what a hypothesis shows; the weight is that of its pose."""
        return self._shown(self._target, self._stills, geometry, log10_weight)

    def again(self, geometry: Geometry, log10_weight: float) -> Seen:
        """Return what a hypothesis shows that was found before there were so many frames; a montage goes on in any way."""
        if isinstance(geometry.timing, Montage):
            return self.elsewhen(geometry.pose, geometry.content, log10_weight)
        return self.under(geometry, log10_weight)

    def glance(self, pose: Pose, box: Box) -> float:
        """Return the z that a pose has in one picture, the mean of all in the window with most of them."""
        return self._shown(self._target, [self._overview], Geometry(pose, box, IN_TIME), 0.0).z_of_one

    def elsewhen(self, pose: Pose, box: Box, log10_weight: float, *, steps: int = KEPT) -> Seen:
        """Return what a pose shows, in so many steps, at the best of all times but its own, or as the best of all montages."""
        stills = self._some(steps)
        values, shown = read(stills, box, pose), [still.step for still in stills]
        timings = self._target.timings(values, shown)
        found = [self._target.found(values, shown, Geometry(pose, box, timing), log10_weight) for timing in timings]
        return min(found, key=lambda each: each.log10_p)

    def settled(self, found: Seen, family: Family, log10_weight: float) -> Seen:
        """Return the best that is found around a pose of a family's lattice, if there is something there."""
        if found.z_of_one < _WORTH_SETTLING_Z:
            return found
        target = self._target.narrowed(found)

        def shown(pose: Pose, stills: Sequence[Still]) -> Seen:
            return self._shown(target, stills, replace(found.geometry, pose=pose), log10_weight)

        some = self._some(_SETTLING)
        best, moved = shown(found.geometry.pose, some), True
        while moved:
            moved = False
            for other in (shown(pose, some) for pose in family.beside(best.geometry.pose)):
                if other.log10_p < best.log10_p:
                    best, moved = other, True
        return min(found, shown(best.geometry.pose, self._stills), key=lambda each: each.log10_p)

    def specially(self, found: Seen, special: Family | None, log10_part: float) -> Seen:
        """Return what is found nearby in a special part of the family, which has that part of its share, if that is more evident."""
        if special is None or found.z_of_one < _WORTH_SETTLING_Z:
            return found
        pose = special.on_lattice(special.drawn_in(found.geometry.pose))
        if pose is None:
            return found
        weight = special.log10_weight + log10_part
        other = self.settled(self.at(pose, found.geometry.content, weight), special, weight)
        return min(found, other, key=lambda each: each.log10_p)

    def expect(self, boxes: Sequence[Box]) -> None:
        """Count the work of `parts`, for the progress."""
        in_time, later = (sum(len(list(family.shapes())) for family in families) for families in (FAMILIES, [CUT]))
        self._expected = len(boxes) * (in_time + later * _WORK_ELSEWHEN)

    def parts(self, family: Family, box: Box, *, in_time: bool = True) -> Iterator[Pose]:
        """Yield the poses of a family at which the mark may be, the likeliest first: in time, or as if in some window of the original."""
        correlators = {mirrored: self._correlator(mirrored, box, in_time) for mirrored in (False, True)}
        candidates: list[Candidate] = []
        for shape in family.shapes():
            candidates += correlators[shape.mirrored].everywhere(shape, family)
            self._done += 1 if in_time else _WORK_ELSEWHEN
            if self._progress is not None:
                self._progress(self._done, self._expected)
        for start in heapq.nlargest(_CLIMBED, candidates, key=lambda each: each.z):
            pose = family.on_lattice(correlators[start.pose.mirrored].climb(start, family))
            if pose is not None:
                yield pose

    @cached_property
    def _overview(self) -> Still:
        windows = IN_TIME.windows_of([still.step for still in self._stills])
        most = max(windows, key=windows.count)
        stills = [still for still, window in zip(self._stills, windows, strict=True) if window == most]
        frames = sum(still.frames for still in stills)
        mean = np.sum([still.picture * np.float32(still.frames / frames) for still in stills], axis=0)
        return Still(stills[0].step, frames, mean, np.sum([still.values for still in stills], axis=0))

    def _some(self, steps: int) -> Sequence[Still]:
        return self._stills[:: math.ceil(len(self._stills) / steps)]

    def _shown(self, target: Target[Seen], stills: Sequence[Still], geometry: Geometry, log10_weight: float) -> Seen:
        values = read(stills, geometry.content, geometry.pose)
        return target.found(values, [still.step for still in stills], geometry, log10_weight)

    def _correlator(self, mirrored: bool, box: Box, in_time: bool) -> Correlator:
        """Return what compares the picture, or its mirror image, with its own windows' patterns, or its middle with the first ones."""
        which = mirrored, box, in_time
        if which not in self._correlators:
            self._correlators[which] = self._compared(mirrored, box, in_time)
        return self._correlators[which]

    def _compared(self, mirrored: bool, box: Box, in_time: bool) -> Correlator:
        values = self._upright(mirrored, box)
        steps = np.array([still.step for still in self._stills])
        if in_time:
            own = np.array(IN_TIME.windows_of(steps.tolist()))
            sums = {window: values[own == window].sum(axis=0) for window in np.unique(own).tolist()}
            strongest = heapq.nlargest(_LOOKED_AT, sums, key=lambda window: float(np.square(sums[window]).sum()))
            received, guesses = [sums[window] for window in strongest], [strongest]
        else:
            middle = np.abs(steps - np.median(steps)) * STEP_SECONDS <= WINDOW_SECONDS / 2
            received, guesses = [values[middle].sum(axis=0)], [[window] for window in range(_FIRST_WINDOWS)]
        height, width = box.cut(self._stills[0].picture).shape
        return Correlator([pattern_picture(each) for each in received], self._target.patterns(guesses), width / height)

    def _upright(self, mirrored: bool, box: Box) -> NDArray[np.float32]:
        """Return the evidence of all steps on the received picture's own grid, shape (steps, chips)."""
        if (mirrored, box) not in self._evidence:
            self._evidence[mirrored, box] = read(self._stills, box, Pose(mirrored=mirrored))
        return self._evidence[mirrored, box]
