"""A registration in the words of a search: which part of the original, turned how, from when on, how fast."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from indelible.mark.informed.placing import Placing
from indelible.mark.informed.scan import Scan
from indelible.mark.informed.timeline import Match
from indelible.mark.sync.footage import ALL, Box
from indelible.mark.sync.found import Geometry
from indelible.mark.sync.pose import Pose
from indelible.mark.sync.timing import Timing

_WHOLE = 0.01  # of a side; bars thinner than this are none
_UNCHANGED = 0.003  # of a scale or a speed; less is a rounding error
_LEVEL_DEG = 0.05


def geometry_of(placing: Placing, matches: Sequence[Match], received: Scan, original: Scan) -> Geometry:
    """Describe what a registration has found."""
    content = _content(placing)
    return Geometry(_pose(placing, content, received.aspect, original.aspect), content, _timing(matches, received, original))


def _content(placing: Placing) -> Box:
    corners = placing.matrix @ np.array([[0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0], [1.0] * 4])
    (left, top), (right, bottom) = corners.min(axis=1).clip(0.0, 1.0), corners.max(axis=1).clip(0.0, 1.0)
    if max(left, top, 1.0 - right, 1.0 - bottom) < _WHOLE or right - left < _WHOLE or bottom - top < _WHOLE:
        return ALL
    return Box(float(left), float(top), float(right), float(bottom))


def _pose(placing: Placing, content: Box, received_aspect: float, original_aspect: float) -> Pose:
    inverse = placing.inverse()
    linear = np.diag([original_aspect, 1.0]) @ inverse[:, :2] @ np.diag([1.0 / received_aspect, 1.0])
    mirrored = bool(np.linalg.det(linear) < 0.0)
    upright = linear @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    quarters = 0
    while abs(_angle(upright)) > math.pi / 4 and quarters < 3:
        quarters += 1
        upright = upright @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    if mirrored and quarters % 2:  # mirrored after it was turned, so turned the other way
        quarters = 4 - quarters
    extent = np.array([(content.right - content.left) * received_aspect, content.bottom - content.top])
    wide, high = extent[::-1] if quarters % 2 else extent
    scales = np.linalg.norm(upright, axis=0) * np.array([wide, high])
    centre = inverse @ np.array([(content.left + content.right) / 2, (content.top + content.bottom) / 2, 1.0])
    angle = round(math.degrees(_angle(upright)), 2)
    return Pose(
        scale_x=_plain(float(scales[0] / original_aspect)),
        scale_y=_plain(float(scales[1])),
        centre_x=float(centre[0]),
        centre_y=float(centre[1]),
        angle_deg=angle if abs(angle) >= _LEVEL_DEG else 0.0,
        mirrored=mirrored,
        quarters=quarters,
    )


def _plain(ratio: float) -> float:
    return 1.0 if abs(ratio - 1.0) < _UNCHANGED else ratio


def _angle(linear: np.ndarray) -> float:
    """Return the angle, y down, of the rotation nearest to a matrix."""
    return math.atan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1])


def _timing(matches: Sequence[Match], received: Scan, original: Scan) -> Timing:
    """Return the line through the longest stretch without a cut."""
    runs = [match.run for match in matches]
    longest = [match for match in matches if match.run == max(set(runs), key=runs.count)]
    here = received.seconds[[match.received for match in longest]]
    places = np.array([match.first + match.share for match in longest])
    there = np.interp(places, np.arange(len(original.seconds)), original.seconds)
    if len(longest) < 8:
        return Timing(round(max(0.0, float(np.mean(there - here))), 3), 1.0)
    speed, start = np.polyfit(here, there, 1)
    return Timing(round(max(0.0, float(start)), 3), _plain(round(float(speed), 3)))
