"""What a copy shows, very small: enough to see that a mark was carried into another video, not enough to recognise anybody.

A mark says nothing of the picture that it lies in, so whoever has a marked file can copy its mark elsewhere. A registry therefore keeps of
each copy a picture of 16 x 16 points for each window, without what is slow in it, against which a video that carries the mark is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.errors import RegistryError
from indelible.frames import Frame
from indelible.mark.clock import Clock, step_of, window_of
from indelible.mark.sync import Footage, Geometry
from indelible.mark.sync.pose import coverage, on_grid

SIDE = 16
SLOW_SIGMA = 2.0  # points; light and vignettes, which many pictures share, are slower
FLAT = 1.0  # luma levels of what is left; a flatter picture is like any other
ENOUGH = 128  # pixels along a side
EVERY = 3  # frames; one in three says the same
ALL_WINDOWS, LATER_EVERY = 32, 8  # each window of the first four minutes, then one in eight: 36 KB for two hours
_ALL_SHOWN = 0.99
SAME = 0.6  # likeness at which a video shows what the copy shows: see docs/decisions/0008-security.md

_FORMAT = b"likeness/1\0"
_RECORD = np.dtype([("window", "<u4"), ("points", "i1", (SIDE, SIDE))])

Points = NDArray[np.float32]


class Likeness:
    """Small pictures of the windows of a video, taken while its frames go by."""

    def __init__(self) -> None:
        self._clock = Clock()
        self._frames = 0
        self._sums: dict[int, Points] = {}
        self._taken: dict[int, int] = {}

    def add(self, frame: Frame) -> None:
        """Take the next frame."""
        window = window_of(step_of(self._clock.seconds(frame)))
        self._frames += 1
        if (self._frames - 1) % EVERY or (window >= ALL_WINDOWS and window % LATER_EVERY):
            return
        # Of large pictures not every pixel: a point is the mean of hundreds anyway, and looking at all would cost as much as detecting.
        stride = max(1, min(frame.y.shape) // ENOUGH)
        pixels = frame.y[::stride, ::stride].copy()
        small = np.asarray(cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32) * np.float32(
            2.0 ** (8 - frame.bit_depth)
        )
        self._sums[window] = self._sums.get(window, np.zeros((SIDE, SIDE), np.float32)) + small
        self._taken[window] = self._taken.get(window, 0) + 1

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the frames as they are, each taken in."""
        for frame in frames:
            self.add(frame)
            yield frame

    @property
    def windows(self) -> dict[int, Points]:
        """The small picture of each window that is not flat, its mean square 1."""
        pictures = {}
        for window, total in self._sums.items():
            picture = _quick(total / np.float32(self._taken[window]), np.ones((SIDE, SIDE), np.bool_))
            if picture is not None:
                pictures[window] = picture
        return pictures

    def to_bytes(self) -> bytes:
        """Return what a registry keeps."""
        records = np.array(
            [(window, np.clip(np.rint(points * 32.0), -127, 127)) for window, points in sorted(self.windows.items())], dtype=_RECORD
        )
        return _FORMAT + records.tobytes()


def laid_likeness(footage: Footage, geometry: Geometry) -> dict[int, Points]:
    """Return the small picture of each window of the original that a video shows under a geometry, NaN where its picture shows nothing."""
    pictures = {}
    for window, places in geometry.windows([still.step for still in footage.stills]).items():
        stills = [footage.stills[place] for place in places]
        frames = sum(still.frames for still in stills)
        mean = np.sum([still.picture * np.float32(still.frames / frames) for still in stills], axis=0)
        received = geometry.content.cut(np.asarray(mean, np.float32))
        height, width = received.shape
        laid, shown = (
            cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
            for picture in (on_grid(received, geometry.pose), coverage(geometry.pose, height=height, width=width))
        )
        picture = _quick(np.asarray(laid, np.float32), shown > _ALL_SHOWN)
        if picture is not None:
            pictures[window] = picture
    return pictures


def _quick(picture: Points, shown: NDArray[np.bool_]) -> Points | None:
    """Return what is quick in a small picture, its mean square 1, NaN where nothing is shown; None if it is flat."""
    weights = shown.astype(np.float32)
    slow, there = (cv2.GaussianBlur(each, (0, 0), SLOW_SIGMA, borderType=cv2.BORDER_REFLECT) for each in (picture * weights, weights))
    quick = np.asarray(picture - slow / np.maximum(there, 1e-3), np.float32)
    level = float(np.sqrt(np.mean(quick[shown] ** 2))) if shown.any() else 0.0
    if level <= FLAT:
        return None
    return np.asarray(np.where(shown, quick / np.float32(level), np.float32(np.nan)), np.float32)


def read_likeness(data: bytes) -> dict[int, Points]:
    """Return the small pictures that `Likeness.to_bytes` wrote.

    Raises:
        RegistryError: if these are other bytes.
    """
    body = data.removeprefix(_FORMAT)
    if len(body) == len(data) or len(body) % _RECORD.itemsize:
        raise RegistryError("what a registry keeps of a copy's pictures is damaged; restore it from a backup")
    return {int(window): points.astype(np.float32) for window, points in np.frombuffer(body, _RECORD)}


def likeness(seen: Mapping[int, Points], kept: Mapping[int, Points], weights: Mapping[int, float]) -> float | None:
    """Return how like two videos are, the weighted mean of their windows' correlations, -1 to 1; None if there is nothing to compare.

    Args:
        seen: small pictures of one video, NaN in points that it does not show.
        kept: and of the other.
        weights: 0 or more, of each window.
    """
    values, counted = [], []
    for window in seen.keys() & kept.keys():
        shown = ~np.isnan(seen[window])
        ours, theirs = seen[window][shown], kept[window][shown]
        if weights.get(window, 0.0) > 0.0 and ours.size > 1 and ours.std() > 0.0 and theirs.std() > 0.0:
            values.append(float(np.corrcoef(ours, theirs)[0, 1]))
            counted.append(weights[window])
    return float(np.average(values, weights=counted)) if values else None
