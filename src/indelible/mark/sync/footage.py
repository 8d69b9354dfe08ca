"""What a search keeps of a received video: some mean pictures, small, and where they have bars."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.mark.grid import Picture, shrunk

KEPT = 64  # steps; with more, each second one is let go, so that memory is bounded
SAMPLES = 512 * 512  # of a kept picture; enough for a narrow picture between two wide bars
PLAIN_RANGE = 12.0  # luma levels within a row or column of a bar, over all the video
LARGEST_BAR = 0.4  # of a side

_SAMPLED = 4  # each so manieth sample tells whether a row or column is plain


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """The mean picture of a step: float32, at most `SAMPLES` large; and what each chip says in it as received, shape (chips,)."""

    step: int
    frames: int
    picture: Picture
    values: NDArray[np.float32]


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
        if self == ALL:
            return picture
        wide, high = (self.right - self.left) * width, (self.bottom - self.top) * height
        size = (max(1, round(wide)), max(1, round(high)))
        linear = np.diag([wide / size[0], high / size[1]])
        shift = np.array([self.left * width, self.top * height]) + linear @ np.array([0.5, 0.5]) - 0.5
        warped = cv2.warpAffine(
            picture, np.column_stack([linear, shift]), size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(warped, np.float32)


ALL = Box()


@dataclass(frozen=True, slots=True, eq=False)
class Extremes:
    """The darkest and the brightest sample that each row, or column, has ever had."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]

    @classmethod
    def of(cls, mean: NDArray[np.float32], axis: int) -> Extremes:
        """Return those of a picture's rows (axis 0) or columns, from each fourth sample in them."""
        mean = np.ascontiguousarray(mean[:, ::_SAMPLED] if axis == 0 else mean[::_SAMPLED])
        low, high = (np.asarray(cv2.reduce(mean, 1 - axis, how), np.float32).ravel() for how in (cv2.REDUCE_MIN, cv2.REDUCE_MAX))
        return cls(low, high)

    def plus(self, other: Extremes) -> Extremes:
        return Extremes(np.minimum(self.low, other.low), np.maximum(self.high, other.high))

    def lively(self) -> tuple[float, float]:
        """Return where the picture begins and ends along the axis, in shares of it."""
        places = np.flatnonzero(self.high - self.low > PLAIN_RANGE)
        if places.size == 0:
            return 0.0, 1.0
        begin, end = int(places[0]) / self.low.size, (int(places[-1]) + 1) / self.low.size
        return (begin, end) if begin <= LARGEST_BAR and end >= 1.0 - LARGEST_BAR else (0.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Footage:
    """The mean pictures of the steps of one video so far, `KEPT` of them at most, evenly spread.

    Where pictures change their size only those of the last size are kept.
    """

    stills: tuple[Still, ...] = ()
    stride: int = 1
    seen: int = 0
    shape: tuple[int, ...] = ()
    extremes: tuple[Extremes, ...] = ()  # of rows and of columns

    def plus(self, step: int, mean: NDArray[np.float32], frames: int, values: NDArray[np.float32]) -> Footage:
        """Return the same with another step.

        Args:
            step: its index.
            mean: its mean picture, shape (height, width), in luma levels of 8 bit.
            frames: of the step.
            values: what each chip says in it as received, weighted by the frames, shape (chips,).
        """
        extremes = tuple(Extremes.of(mean, axis) for axis in (0, 1))
        if self.shape != mean.shape:
            return Footage((Still(step, frames, shrunk(mean, SAMPLES), values),), 1, 1, mean.shape, extremes)
        stills, stride = self.stills, self.stride
        if self.seen % stride == 0:
            stills = (*stills, Still(step, frames, shrunk(mean, SAMPLES), values))
        if len(stills) > KEPT:
            stills, stride = stills[::2], 2 * stride
        together = tuple(mine.plus(other) for mine, other in zip(self.extremes, extremes, strict=True))
        return Footage(stills, stride, self.seen + 1, self.shape, together)

    def content(self) -> Box:
        """Return what lies between bars of any plain colour; all of the picture where there are none."""
        if not self.extremes:
            return ALL
        (top, bottom), (left, right) = (extremes.lively() for extremes in self.extremes)
        return Box(left, top, right, bottom)
