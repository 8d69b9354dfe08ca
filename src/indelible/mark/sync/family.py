"""The poses that are searched, and which share of the error each has.

A pose is looked for on a lattice that is laid down beforehand, as fine as a mark needs. By the union bound the best of all its points has
a p-value of min p / w, if the shares w of all points sum to at most 1. So what people do most has the largest share.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from indelible.mark.sync.pose import Pose

AS_MARKED_SHARE = 0.72
FRAMED_SHARE = 0.02  # as marked, between bars
TURNED_SHARE = 0.08
TURNED = tuple(Pose(mirrored=mirrored, quarters=quarters) for mirrored in (False, True) for quarters in range(4))[1:]

SCALES_PER_SIDE = 320  # of the lattice: an error of 1/640 moves the edge of the picture by a fifth of a cell
CENTRES_PER_SIDE = 512  # half a cell
ANGLES_PER_DEGREE = 8


@dataclass(frozen=True, slots=True)
class Range:
    """Values from ``first`` to ``last``, looked at coarsely in steps."""

    first: float
    last: float
    step: float = 1.0

    def __iter__(self) -> Iterator[float]:
        return (self.first + place * self.step for place in range(round((self.last - self.first) / self.step) + 1))

    def lattice(self, per_unit: int) -> Iterator[float]:
        """Yield the points of a lattice in the range."""
        return (place / per_unit for place in range(round(self.first * per_unit), round(self.last * per_unit) + 1))

    def holds(self, value: float) -> bool:
        """Return whether a value lies in the range, give or take a rounding error."""
        return self.first - 1e-9 <= value <= self.last + 1e-9


@dataclass(frozen=True)
class Family:
    """Poses that one thing leads to, which people do, mirrored or not.

    Args:
        share: of the error.
        scales_x: how much of the original's width is left.
        scales_y: how much of its height; None for as much as of the width.
        angles_deg: how far the picture is turned.
        slack: how far, in shares of a side, the part may stick out of the original.
        off_centre: how far from the middle, in shares of a side, it may be at most.
        special: the part of the family that is likelier than the rest, with a share of its own.
    """

    share: float
    scales_x: Range
    scales_y: Range | None = None
    angles_deg: Range = Range(0.0, 0.0)
    slack: float = 0.0
    off_centre: float = 1.0
    special: Family | None = None

    def shapes(self) -> Iterator[Pose]:
        """Yield the poses to look at coarsely, all in the middle: their places are all looked at at once."""
        for scale_x, angle, mirrored in itertools.product(self.scales_x, self.angles_deg, (False, True)):
            for scale_y in (scale_x,) if self.scales_y is None else self.scales_y:
                yield Pose(scale_x=scale_x, scale_y=scale_y, angle_deg=angle, mirrored=mirrored)

    def reach(self, scale: float) -> float:
        """Return how far from the middle the centre of a part of such a scale may be, in shares of the side."""
        return min(self.off_centre, max(0.0, 1.0 - scale) / 2.0 + self.slack)

    def about(self, pose: Pose) -> bool:
        """Return whether a pose's scales are in the family, give or take a coarse step."""
        allowed = ((pose.scale_x, self.scales_x), (pose.scale_y, self.scales_y or self.scales_x))
        return all(scales.first - scales.step <= scale <= scales.last + scales.step for scale, scales in allowed)

    def drawn_in(self, pose: Pose) -> Pose:
        """Return the nearest pose whose scale, if both sides have one, and place are the family's."""
        scale = min(max(pose.scale_x, self.scales_x.first), self.scales_x.last)
        reach = self.reach(scale)
        centre_x, centre_y = (min(max(centre, 0.5 - reach), 0.5 + reach) for centre in (pose.centre_x, pose.centre_y))
        return replace(pose, scale_x=scale, scale_y=scale, centre_x=centre_x, centre_y=centre_y)

    def on_lattice(self, pose: Pose) -> Pose | None:
        """Return the nearest point of the lattice, None if it is outside of the family."""

        def nearest(value: float, per_unit: int) -> float:
            return round(value * per_unit) / per_unit

        point = replace(
            pose,
            scale_x=nearest(pose.scale_x, SCALES_PER_SIDE),
            scale_y=nearest(pose.scale_y, SCALES_PER_SIDE),
            centre_x=nearest(pose.centre_x, CENTRES_PER_SIDE),
            centre_y=nearest(pose.centre_y, CENTRES_PER_SIDE),
            angle_deg=nearest(pose.angle_deg, ANGLES_PER_DEGREE),
        )
        inside = (
            self.scales_x.holds(point.scale_x)
            and (point.scale_y == point.scale_x if self.scales_y is None else self.scales_y.holds(point.scale_y))
            and self.angles_deg.holds(point.angle_deg)
            and abs(point.centre_x - 0.5) <= self.reach(point.scale_x) + 1e-9
            and abs(point.centre_y - 0.5) <= self.reach(point.scale_y) + 1e-9
        )
        return point if inside else None

    def beside(self, pose: Pose) -> Iterator[Pose]:
        """Yield the points of the lattice that lie one step from one of it."""
        steps = {"centre_x": CENTRES_PER_SIDE, "centre_y": CENTRES_PER_SIDE, "angle_deg": ANGLES_PER_DEGREE, "scale_x": SCALES_PER_SIDE}
        if self.scales_y is not None:
            steps["scale_y"] = SCALES_PER_SIDE
        for name, sign in itertools.product(steps, (-1, 1)):
            moved = replace(pose, **{name: getattr(pose, name) + sign / steps[name]})
            if self.scales_y is None:
                moved = replace(moved, scale_y=moved.scale_x)
            point = self.on_lattice(moved)
            if point is not None:
                yield point

    @cached_property
    def points(self) -> int:
        """How many points the lattice has."""
        angles = len(list(self.angles_deg.lattice(ANGLES_PER_DEGREE)))
        scales_x = list(self.scales_x.lattice(SCALES_PER_SIDE))
        if self.scales_y is None:
            places = sum(self._centres(scale) ** 2 for scale in scales_x)
        else:
            places = sum(map(self._centres, scales_x)) * sum(map(self._centres, self.scales_y.lattice(SCALES_PER_SIDE)))
        return 2 * angles * places

    def _centres(self, scale: float) -> int:
        return 2 * math.floor(self.reach(scale) * CENTRES_PER_SIDE + 1e-6) + 1

    @property
    def log10_weight(self) -> float:
        """The share of each point."""
        return math.log10(self.share / self.points)


_CENTRED = 1 / CENTRES_PER_SIDE
CENTRED = Family(0.02, scales_x=Range(0.6, 0.9875, 1 / 80), off_centre=_CENTRED)
CUT = Family(0.04, scales_x=Range(0.6, 0.9875, 1 / 80), special=CENTRED)  # all around, the aspect kept
TILTED = Family(0.02, scales_x=Range(1.0, 1.0), angles_deg=Range(-10.0, 10.0, 0.5), slack=1 / 64, off_centre=_CENTRED)
FAMILIES = (
    CUT,
    Family(0.03, scales_x=Range(0.3, 0.9875, 1 / 80), scales_y=Range(1.0, 1.0)),  # cut left and right
    Family(0.03, scales_x=Range(1.0, 1.0), scales_y=Range(0.3, 0.9875, 1 / 80)),  # cut above and below
    Family(0.04, scales_x=Range(0.7, 1.0, 1 / 40), angles_deg=Range(-10.0, 10.0, 0.5), slack=1 / 64, special=TILTED),  # turned, and cut
)
ALL_FAMILIES = (*FAMILIES, CENTRED, TILTED)
