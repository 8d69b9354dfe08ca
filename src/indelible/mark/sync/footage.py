"""What a search keeps of a received video: some mean pictures, small, and where they have bars."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.mark.grid import Picture

KEPT = 64  # steps; with more, each second one is let go, so that memory is bounded
SAMPLES = 512 * 512  # of a kept picture; enough for a narrow picture between two wide bars
PLAIN_RANGE = 12.0  # luma levels within a row or column of a bar, over all the video
LARGEST_BAR = 0.4  # of a side


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """The mean picture of a step: float32, at most `SAMPLES` large."""

    step: int
    frames: int
    picture: Picture


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a received picture, in shares of its sides."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    def cut(self, picture: Picture) -> Picture:
        """Return that part of a picture, resampled so that its edges need not lie between two samples."""
        height, width = picture.shape
        if self == Box():
            return picture
        wide, high = (self.right - self.left) * width, (self.bottom - self.top) * height
        size = (max(1, round(wide)), max(1, round(high)))
        linear = np.diag([wide / size[0], high / size[1]])
        shift = np.array([self.left * width, self.top * height]) + linear @ np.array([0.5, 0.5]) - 0.5
        return cv2.warpAffine(
            picture, np.column_stack([linear, shift]), size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
        )


class Footage:
    """Collects the mean pictures of the steps of one video."""

    def __init__(self) -> None:
        self._stills: list[Still] = []
        self._stride = 1
        self._seen = 0
        self._edges: _Edges | None = None

    @property
    def stills(self) -> tuple[Still, ...]:
        """Those kept, evenly spread over the video."""
        return tuple(self._stills)

    def add(self, step: int, mean: NDArray[np.float32], frames: int) -> None:
        """Take the mean picture of the next step, shape (height, width), luma levels of 8 bit."""
        if self._edges is None or self._edges.shape != mean.shape:
            self._stills, self._stride, self._seen = [], 1, 0  # a search is for one size: the last one
            self._edges = _Edges(mean.shape)
        self._edges.add(mean)
        if self._seen % self._stride == 0:
            self._stills.append(Still(step, frames, _small(mean)))
        self._seen += 1
        if len(self._stills) > KEPT:
            self._stills = self._stills[::2]
            self._stride *= 2

    def content(self) -> Box:
        """Return what lies between the bars; all of the picture where there are none."""
        return Box() if self._edges is None else self._edges.content()


class _Edges:
    """The darkest and the brightest sample that each row and column has ever had."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._low = [np.full(size, np.inf, np.float32) for size in shape]
        self._high = [np.full(size, -np.inf, np.float32) for size in shape]

    def add(self, mean: NDArray[np.float32]) -> None:
        for axis in (0, 1):
            low = cv2.reduce(mean, 1 - axis, cv2.REDUCE_MIN).ravel()
            high = cv2.reduce(mean, 1 - axis, cv2.REDUCE_MAX).ravel()
            np.minimum(self._low[axis], low, out=self._low[axis])
            np.maximum(self._high[axis], high, out=self._high[axis])

    def content(self) -> Box:
        (top, bottom), (left, right) = self._between(0), self._between(1)
        return Box(left, top, right, bottom)

    def _between(self, axis: int) -> tuple[float, float]:
        """Return where the picture begins and ends along an axis, in shares of it."""
        lively = np.flatnonzero(self._high[axis] - self._low[axis] > PLAIN_RANGE)
        size = self.shape[axis]
        if lively.size == 0:
            return 0.0, 1.0
        begin, end = int(lively[0]) / size, (int(lively[-1]) + 1) / size
        return (begin, end) if begin <= LARGEST_BAR and end >= 1.0 - LARGEST_BAR else (0.0, 1.0)


def _small(mean: NDArray[np.float32]) -> Picture:
    shrink = math.sqrt(SAMPLES / mean.size)
    if shrink >= 1.0:
        return mean.copy()
    height, width = (max(1, round(side * shrink)) for side in mean.shape)
    return np.asarray(cv2.resize(mean, (width, height), interpolation=cv2.INTER_AREA), np.float32)
