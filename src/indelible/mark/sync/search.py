"""Looking for a mark in a video that was cut, turned, framed, or put together from other seconds than it was.

A hypothesis is a pose and a timing, or a montage in its place. Their shares of the error are fixed beforehand and multiply, so the p-value
of the best hypothesis is the smallest p / w: whatever is left out, or looked at only where it seems worth it, makes it larger, never wrong.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indelible.keys import SecretKey
from indelible.mark.carrier import WINDOW_SECONDS, grid_coefficients
from indelible.mark.clock import STEP_SECONDS
from indelible.mark.grid import synthesise
from indelible.mark.sync.correlate import Candidate, Correlator
from indelible.mark.sync.family import ALL_FAMILIES, AS_MARKED_SHARE, CUT, FAMILIES, FRAMED_SHARE, TURNED, TURNED_SHARE, Family
from indelible.mark.sync.footage import ALL, KEPT, Box, Footage, Still
from indelible.mark.sync.found import Found, Geometry
from indelible.mark.sync.montage import best_montage
from indelible.mark.sync.pilots import PHASES, WINDOWS, PilotSums, pilot_bits
from indelible.mark.sync.pose import AS_MARKED, Pose
from indelible.mark.sync.reading import read
from indelible.mark.sync.timing import IN_TIME, SPEEDS, best_timing
from indelible.mark.tally import WEIGHTS, Evidence, Scores, Tally

Search = Literal["none", "fast", "full"]

_WORTH_IT_Z = 2.5  # of a glance at a turned picture, with which it gets a closer look
_WORTH_SETTLING_Z = 4.0
_SETTLING = 10  # steps, by which a pose is settled on the lattice
_GLANCE_ELSEWHEN = 8  # steps, to see whether it is at other times
_WORTH_IT_LOG10_P = -1.0  # of that glance
_LOOKED_AT = 3  # windows, in the search over places
_CLIMBED = 3  # candidates of each family
_FIRST_WINDOWS = 16  # of the original, in which parts of pictures at other times are looked for: two minutes
_WORK_ELSEWHEN = 6  # of looking for a shape in all of these, as many times that of looking for it in time

Followed = Callable[[float, float], object]


def search(
    footage: Footage, key: SecretKey, *, effort: Search, log10_enough: float, shares: int = 1, progress: Followed | None = None
) -> list[Found]:
    """Look for a key's mark under all poses and timings of an effort, but for the video as marked.

    Args:
        footage: the video.
        key: whose mark.
        effort: "fast" looks at turned and mirrored pictures, between bars, at other times and for shots in another order; "full" at all
            of that together, and at parts of pictures.
        log10_enough: a p-value with which to stop.
        shares: into how many equal shares the error is divided, one of which is this key's.
        progress: told how much of the work of a full search is done, and how much there is at most.

    Returns:
        what was looked at closely.
    """
    found: list[Found] = []
    if footage.stills and effort != "none":
        for each in _looks(_Looker(footage, key, shares, progress), effort):
            found.append(each)
            if each.log10_p <= log10_enough:
                break
    return found


def elsewhen(footage: Footage, found: Found) -> Found:
    """Return what a pose that was found in time shows at the best of all other times, or in the best of all orders of its shots."""
    geometry = found.geometry
    looker = _Looker(footage, found.tally.key, found.shares, None)
    return looker.elsewhen(geometry.pose, geometry.content, found.log10_weight - geometry.timing.log10_weight)


def searched(effort: Search) -> int:
    """Return how many hypotheses an effort counts for each key: poses at timings. Montages, beyond number, pay by their share."""
    if effort == "none":
        return len(WEIGHTS)
    poses = 2 + 2 * (len(TURNED) + (sum(family.points for family in ALL_FAMILIES) if effort == "full" else 0))
    return len(WEIGHTS) * poses * (1 + WINDOWS * PHASES * len(SPEEDS))


def log10_share_as_marked(effort: Search) -> float:
    """Return the share of a key's error that the video as marked has."""
    return 0.0 if effort == "none" else math.log10(AS_MARKED_SHARE) + IN_TIME.log10_weight


def _looks(looker: _Looker, effort: Search) -> Iterator[Found]:
    """Yield closer looks, the cheap ones first: changes of one kind, then, with full effort, poses at other times and parts of pictures."""
    # What looks like a bar may be a dark part of the picture. Which it is does not depend on the key, so only what is looked at twice pays.
    boxes = (ALL,) if looker.content == ALL else (ALL, looker.content)
    halved = -math.log10(len(boxes))
    whole = [(AS_MARKED, box, math.log10(FRAMED_SHARE)) for box in boxes[1:]]
    whole += [(pose, box, math.log10(TURNED_SHARE / len(TURNED)) + halved) for pose, box in itertools.product(TURNED, boxes)]

    yield looker.elsewhen(AS_MARKED, ALL, math.log10(AS_MARKED_SHARE))
    for pose, box, weight in whole:
        if looker.glance(pose, box) > _WORTH_IT_Z:
            yield looker.at(pose, box, weight)
    if effort == "full":
        for pose, box, weight in whole:
            if looker.elsewhen(pose, box, weight, steps=_GLANCE_ELSEWHEN).log10_p < _WORTH_IT_LOG10_P:
                yield looker.elsewhen(pose, box, weight)
        looker.expect(boxes)
        for family, box in itertools.product(FAMILIES, boxes):
            for pose in looker.parts(family, box):
                weight = family.log10_weight + halved
                found = looker.settled(looker.at(pose, box, weight), family, weight)
                yield looker.specially(found, family.special, halved)
        for box in boxes:
            for pose in looker.parts(CUT, box, in_time=False):
                weight = CUT.log10_weight + halved
                yield looker.settled(looker.elsewhen(pose, box, weight), CUT, weight)


class _Looker:
    """Looks at one video for one key."""

    def __init__(self, footage: Footage, key: SecretKey, shares: int, progress: Followed | None) -> None:
        self.content = footage.content()
        self._stills = footage.stills
        self._key = key
        self._shares = shares
        self._progress = progress
        self._done = self._expected = 0
        self._correlators: dict[tuple[bool, Box, bool], Correlator] = {}
        self._evidence: dict[tuple[bool, Box], NDArray[np.float32]] = {}

    def at(self, pose: Pose, box: Box, log10_weight: float) -> Found:
        """Return what a pose shows in time."""
        return self._found(read(self._stills, box, pose), self._stills, Geometry(pose, box, IN_TIME), log10_weight)

    def glance(self, pose: Pose, box: Box) -> float:
        """Return the z that a pose has in one picture, the mean of all in the window with most of them."""
        return self._found(read([self._overview], box, pose), [self._overview], Geometry(pose, box, IN_TIME), 0.0).z

    def elsewhen(self, pose: Pose, box: Box, log10_weight: float, *, steps: int = KEPT) -> Found:
        """Return what a pose shows, in so many steps, at the best of all times but its own, or as the best of all montages."""
        stills = self._some(steps)
        values = read(stills, box, pose)
        pilots = PilotSums.of(values, [still.step for still in stills], self._pilots)
        found = [self._found(values, stills, Geometry(pose, box, best(pilots)), log10_weight) for best in (best_timing, best_montage)]
        return min(found, key=lambda each: each.log10_p)

    def settled(self, found: Found, family: Family, log10_weight: float) -> Found:
        """Return the best that is found around a pose of a family's lattice, if there is something there."""
        if found.z < _WORTH_SETTLING_Z:
            return found

        def shown(pose: Pose, stills: Sequence[Still]) -> Found:
            geometry = replace(found.geometry, pose=pose)
            return self._found(read(stills, geometry.content, pose), stills, geometry, log10_weight)

        some = self._some(_SETTLING)
        best, moved = shown(found.geometry.pose, some), True
        while moved:
            moved = False
            for other in (shown(pose, some) for pose in family.beside(best.geometry.pose)):
                if other.log10_p < best.log10_p:
                    best, moved = other, True
        return min(found, shown(best.geometry.pose, self._stills), key=lambda each: each.log10_p)

    def specially(self, found: Found, special: Family | None, log10_part: float) -> Found:
        """Return what is found nearby in a special part of the family, which has that part of its share, if that is more evident."""
        if special is None or found.z < _WORTH_SETTLING_Z:
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
    def _pilots(self) -> NDArray[np.uint8]:
        return pilot_bits(self._key)

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

    def _found(self, values: NDArray[np.float32], stills: Sequence[Still], geometry: Geometry, log10_weight: float) -> Found:
        timing = geometry.timing
        tally = Tally.start(self._key)
        by_window: dict[int, list[int]] = {}
        foreign: list[tuple[int, Scores]] = []
        for place, window in enumerate(timing.windows_of([still.step for still in stills])):
            if window is None:
                foreign.append((stills[place].step, Scores((0.0, 0.0))))
            else:
                by_window.setdefault(window, []).append(place)
        for window, places in by_window.items():
            parts = [(stills[place].step, Evidence.of(values[place])) for place in places]
            tally = tally.with_window(window, Evidence.of(values[places].sum(axis=0)), parts)
        return Found.of(replace(tally, steps=(*tally.steps, *foreign)), geometry, log10_weight + timing.log10_weight, self._shares)

    def _correlator(self, mirrored: bool, box: Box, in_time: bool) -> Correlator:
        """Return what compares the picture, or its mirror image, with the pilots of its own windows, or its middle with the first ones."""
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
        return Correlator([synthesise(grid_coefficients(each)) for each in received], guesses, width / height, self._key)

    def _upright(self, mirrored: bool, box: Box) -> NDArray[np.float32]:
        """Return the evidence of all steps on the received picture's own grid, shape (steps, chips)."""
        if (mirrored, box) not in self._evidence:
            self._evidence[mirrored, box] = read(self._stills, box, Pose(mirrored=mirrored))
        return self._evidence[mirrored, box]
