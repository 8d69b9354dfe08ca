"""Looking for a mark in a video that was cut, turned, framed, or that starts elsewhere than it did.

A hypothesis is a pose and a timing. Their shares of the error are fixed beforehand and multiply, so the p-value of the best hypothesis is
the smallest p / w: whatever is left out, or looked at only where it seems worth it, makes it larger, never wrong.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indelible.keys import SecretKey
from indelible.mark.carrier import WINDOW_SECONDS, grid_coefficients
from indelible.mark.clock import STEP_SECONDS
from indelible.mark.grid import synthesise
from indelible.mark.sync.correlate import Correlator
from indelible.mark.sync.family import AS_MARKED_SHARE, CUT, FAMILIES, FRAMED_SHARE, TURNED, TURNED_SHARE, Family
from indelible.mark.sync.footage import ALL, Box, Footage, Still
from indelible.mark.sync.found import Found, Geometry
from indelible.mark.sync.pose import AS_MARKED, Pose
from indelible.mark.sync.reading import read
from indelible.mark.sync.timing import IN_TIME, PHASES, SPEEDS, WINDOWS, best_timing, pilot_signs
from indelible.mark.tally import WEIGHTS, Evidence, Tally

Search = Literal["none", "fast", "full"]

_GLANCE = 8  # steps, to see whether a turned picture is worth a closer look
_WORTH_IT = -1.0  # log10 p of the glance
_LOOKED_AT = 3  # windows, in the search over places
_CLIMBED = 3  # candidates of each family
_FIRST_WINDOWS = 16  # of the original, in which parts of pictures at other times are looked for: two minutes


def search(footage: Footage, key: SecretKey, *, effort: Search, log10_enough: float, shares: int = 1) -> list[Found]:
    """Look for a key's mark under all poses and timings of an effort, but for the video as marked.

    Args:
        footage: the video.
        key: whose mark.
        effort: "fast" looks at turned and mirrored pictures, between bars and at other times, "full" also at parts of pictures.
        log10_enough: a p-value with which to stop.
        shares: into how many equal shares the error is divided, one of which is this key's.

    Returns:
        what was looked at closely.
    """
    found: list[Found] = []
    if footage.stills and effort != "none":
        for each in _looks(_Looker(footage, key, shares), effort):
            found.append(each)
            if each.log10_p <= log10_enough:
                break
    return found


def searched(effort: Search) -> int:
    """Return how many hypotheses an effort counts for each key."""
    if effort == "none":
        return len(WEIGHTS)
    poses = 2 + 2 * (len(TURNED) + (sum(family.points for family in FAMILIES) if effort == "full" else 0))
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
        if looker.at(pose, box, weight, few=True).log10_p < _WORTH_IT:
            yield looker.at(pose, box, weight)
    if effort == "full":
        for pose, box, weight in whole:
            if looker.elsewhen(pose, box, weight, few=True).log10_p < _WORTH_IT:
                yield looker.elsewhen(pose, box, weight)
        for family, box in itertools.product(FAMILIES, boxes):
            for pose in looker.parts(family, box):
                yield looker.at(pose, box, family.log10_weight + halved)
        for box in boxes:
            for pose in looker.parts(CUT, box, range(_FIRST_WINDOWS)):
                yield looker.elsewhen(pose, box, CUT.log10_weight + halved)


class _Looker:
    """Looks at one video for one key."""

    def __init__(self, footage: Footage, key: SecretKey, shares: int) -> None:
        self.content = footage.content()
        self._stills = footage.stills
        self._key = key
        self._shares = shares
        self._correlators: dict[tuple[bool, Box, int | None], Correlator] = {}
        self._evidence: dict[tuple[bool, Box], NDArray[np.float32]] = {}

    def at(self, pose: Pose, box: Box, log10_weight: float, *, few: bool = False) -> Found:
        """Return what a pose shows in time, in few steps or in all."""
        stills = self._some(few)
        return self._found(read(stills, box, pose), stills, Geometry(pose, box, IN_TIME), log10_weight)

    def elsewhen(self, pose: Pose, box: Box, log10_weight: float, *, few: bool = False) -> Found:
        """Return what a pose shows at the best of all times but its own."""
        stills = self._some(few)
        values = read(stills, box, pose)
        timing = best_timing(values, [still.step for still in stills], self._pilots)
        return self._found(values, stills, Geometry(pose, box, timing), log10_weight)

    def parts(self, family: Family, box: Box, windows: Sequence[int | None] = (None,)) -> Iterator[Pose]:
        """Yield the poses of a family at which the mark may be, the likeliest first: in time, or as if in some windows of the original."""
        candidates = [
            (candidate.z, window, candidate.pose)
            for shape, window in itertools.product(family.shapes(), windows)
            for candidate in [self._correlator(shape.mirrored, box, window).everywhere(shape, family)]
        ]
        for _, window, start in heapq.nlargest(_CLIMBED, candidates, key=lambda each: each[0]):
            pose = family.on_lattice(self._correlator(start.mirrored, box, window).climb(start, family))
            if pose is not None:
                yield pose

    @cached_property
    def _pilots(self) -> NDArray[np.int8]:
        return pilot_signs(self._key)

    def _some(self, few: bool) -> Sequence[Still]:
        return self._stills[:: max(1, math.ceil(len(self._stills) / _GLANCE))] if few else self._stills

    def _found(self, values: NDArray[np.float32], stills: Sequence[Still], geometry: Geometry, log10_weight: float) -> Found:
        timing = geometry.timing
        by_window: dict[int, list[int]] = {}
        for place, still in enumerate(stills):
            by_window.setdefault(timing.window(still.step), []).append(place)
        tally = Tally.start(self._key)
        for window, places in by_window.items():
            parts = [(stills[place].step, Evidence.of(values[place])) for place in places]
            tally = tally.with_window(window, Evidence.of(values[places].sum(axis=0)), parts)
        return Found.of(tally, geometry, log10_weight + timing.log10_weight, self._shares)

    def _correlator(self, mirrored: bool, box: Box, window: int | None) -> Correlator:
        """Return what compares the picture, or its mirror image, with the pilot: of its own windows, or its middle with that of one."""
        which = mirrored, box, window
        if which not in self._correlators:
            values = self._upright(mirrored, box)
            steps = np.array([still.step for still in self._stills])
            if window is None:
                own = np.array([IN_TIME.window(step) for step in steps])
                sums = {each: values[own == each].sum(axis=0) for each in np.unique(own).tolist()}
            else:
                sums = {window: values[np.abs(steps - np.median(steps)) * STEP_SECONDS <= WINDOW_SECONDS / 2].sum(axis=0)}
            strongest = heapq.nlargest(_LOOKED_AT, sums, key=lambda each: float(np.square(sums[each]).sum()))
            pictures = {each: synthesise(grid_coefficients(sums[each])) for each in strongest}
            height, width = box.cut(self._stills[0].picture).shape
            self._correlators[which] = Correlator(pictures, width / height, self._key)
        return self._correlators[which]

    def _upright(self, mirrored: bool, box: Box) -> NDArray[np.float32]:
        """Return the evidence of all steps on the received picture's own grid, shape (steps, chips)."""
        if (mirrored, box) not in self._evidence:
            self._evidence[mirrored, box] = read(self._stills, box, Pose(mirrored=mirrored))
        return self._evidence[mirrored, box]
