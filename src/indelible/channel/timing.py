"""Steps that change when pictures are shown, or which ones are.

Times are exact fractions throughout: a change of speed changes the time base and leaves every pts as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass, replace
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.channel.arguments import PROBABILITY, Number, Ratio
from indelible.channel.planes import Lattice, map_planes
from indelible.channel.step import Step
from indelible.errors import InputError, SpecError
from indelible.frames import Frame, Plane, VideoInfo

_FRAME_RATE = Ratio(Fraction(1, 10), Fraction(1000))
_SAME_RATE = Fraction(1, 100)  # of it: 29.97 counts as 30, 24 is not 25
_ROOM = Fraction(7, 6)  # times the length of an excerpt, in which it can lie at random


def with_times(frames: Iterable[Frame], info: VideoInfo) -> Iterator[tuple[Frame, Fraction]]:
    """Yield (frame, its time in exact seconds); a frame without a pts is counted at the video's frame rate.

    Raises:
        InputError: if a frame has no pts and the rate is unknown.
    """
    for index, frame in enumerate(frames):
        if frame.pts is not None:
            yield frame, frame.pts * frame.time_base
        elif info.frame_rate:
            yield replace(frame, pts=index, time_base=1 / info.frame_rate, duration=1), index / info.frame_rate
        else:
            raise InputError("a frame has no pts and the frame rate is unknown; put the video into a container with timestamps first")


@dataclass(frozen=True, slots=True)
class FrameRate(Step):
    """Show pictures at a constant ``rate``: at each new time the nearest old picture, or the two around it blended by distance.

    New times are the multiples of 1 / ``rate`` from half a step before the first picture until before the end of the last one. With ``of``
    it is for videos of that rate only, give or take 1 %.
    """

    name: ClassVar[str] = "fps"
    shape: ClassVar[str] = "{rate}"
    rate: Annotated[Fraction, _FRAME_RATE]
    _: KW_ONLY
    by: Literal["nearest", "blend"] = "nearest"
    of: Annotated[Fraction | None, _FRAME_RATE] = None

    def applies_to(self, info: VideoInfo) -> bool:
        return self.of is None or (info.frame_rate is not None and abs(info.frame_rate / self.of - 1) <= _SAME_RATE)

    def info_after(self, info: VideoInfo) -> VideoInfo:
        frames = None if info.duration_seconds is None else round(info.duration_seconds * self.rate)
        return replace(info, frame_rate=self.rate, time_base=1 / self.rate, frames=frames)

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        timed = with_times(frames, info)
        first = next(timed, None)
        if first is None:
            return
        frame, time = first
        tick = math.ceil(time * self.rate - Fraction(1, 2))
        interval = 1 / info.frame_rate if info.frame_rate else frame.duration * frame.time_base
        for following, following_time in timed:
            interval = following_time - time
            reach = following_time if self.by == "blend" else (time + following_time) / 2
            while tick / self.rate <= reach:
                share = min(max((tick / self.rate - time) / interval, Fraction(0)), Fraction(1)) if self.by == "blend" else Fraction(0)
                yield self._shown(_blended(frame, following, float(share)), tick)
                tick += 1
            frame, time = following, following_time
        end = time + (frame.duration * frame.time_base or interval)
        while tick / self.rate < end:
            yield self._shown(frame, tick)
            tick += 1

    def _shown(self, frame: Frame, tick: int) -> Frame:
        return replace(frame, pts=tick, time_base=1 / self.rate, duration=1)


def _blended(before: Frame, after: Frame, share: float) -> Frame:
    """Return (1 - ``share``) of one picture and ``share`` of the other."""
    if share in (0.0, 1.0):
        return after if share else before
    others = iter((after.y, *after.chroma))

    def mix(plane: Plane, lattice: Lattice) -> NDArray[Any]:
        return cv2.addWeighted(plane, 1.0 - share, next(others), share, 0.0)

    return map_planes(before, mix)


@dataclass(frozen=True, slots=True)
class Speed(Step):
    """Play ``factor`` times as fast: the same pictures, closer together."""

    name: ClassVar[str] = "speed"
    shape: ClassVar[str] = "{factor}"
    keeps_timing: ClassVar[bool] = False
    factor: Annotated[Fraction, Ratio(Fraction(1, 10), Fraction(10))]

    def info_after(self, info: VideoInfo) -> VideoInfo:
        return replace(
            info,
            frame_rate=info.frame_rate and info.frame_rate * self.factor,
            time_base=info.time_base / self.factor,
            duration_seconds=info.duration_seconds and info.duration_seconds / float(self.factor),
        )

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        for frame in frames:
            yield replace(frame, time_base=frame.time_base / self.factor)


def _excerpt(frames: Iterable[Frame], info: VideoInfo, *, start: Fraction, end: Fraction) -> Iterator[Frame]:
    """Yield the pictures from ``start`` until before ``end``, seconds from the first, moved to where the first was."""
    origin: Fraction | None = None
    shift: int | None = None
    for frame, time in with_times(frames, info):
        origin = time if origin is None else origin
        if time - origin >= end:
            return
        if time - origin < start:
            continue
        shift = round((time - origin) / frame.time_base) if shift is None else shift
        yield replace(frame, pts=(frame.pts or 0) - shift)


@dataclass(frozen=True, slots=True)
class Trim(Step):
    """Keep the pictures from ``start_seconds`` until before ``end_seconds``, counted from the first; the cut starts when the video did."""

    name: ClassVar[str] = "trim"
    shape: ClassVar[str] = "{start}:{end}"
    keeps_timing: ClassVar[bool] = False
    start_seconds: Annotated[float, Number(0.0, 1e6)]
    end_seconds: Annotated[float, Number(0.0, 1e6)]

    def __post_init__(self) -> None:
        Step.__post_init__(self)
        if self.start_seconds >= self.end_seconds:
            raise SpecError(f"trim: start {self.start_seconds} is not before end {self.end_seconds}; write {self.usage()}, in seconds")

    def info_after(self, info: VideoInfo) -> VideoInfo:
        if info.duration_seconds is None:
            return replace(info, frames=None)
        kept = max(0.0, min(self.end_seconds, info.duration_seconds) - self.start_seconds)
        return replace(info, duration_seconds=kept, frames=None)

    def applies_to(self, info: VideoInfo) -> bool:
        return info.duration_seconds is None or self.start_seconds < info.duration_seconds

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        return _excerpt(frames, info, start=Fraction(str(self.start_seconds)), end=Fraction(str(self.end_seconds)))


@dataclass(frozen=True, slots=True)
class TrimRandom(Step):
    """Keep ``length_seconds`` from a random start, drawn once a clip; for videos known to be a sixth longer at least."""

    name: ClassVar[str] = "trim"
    shape: ClassVar[str] = "random:{length}"
    keeps_timing: ClassVar[bool] = False
    length_seconds: Annotated[float, Number(0.01, 1e6)]

    def info_after(self, info: VideoInfo) -> VideoInfo:
        return replace(info, duration_seconds=self.length_seconds, frames=None)

    def applies_to(self, info: VideoInfo) -> bool:
        return info.duration_seconds is not None and info.duration_seconds >= self.length_seconds * _ROOM

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        start = Fraction(rng.uniform(0.0, max(0.0, (info.duration_seconds or 0.0) - self.length_seconds)))
        return _excerpt(frames, info, start=start, end=start + Fraction(str(self.length_seconds)))


@dataclass(frozen=True, slots=True)
class Drop(Step):
    """Leave out each picture but the first with ``probability``; the others keep their times."""

    name: ClassVar[str] = "drop"
    shape: ClassVar[str] = "{probability}"
    probability: Annotated[float, PROBABILITY]

    def info_after(self, info: VideoInfo) -> VideoInfo:
        return replace(info, frames=None)

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        # Times first: counted afterwards, frames without a pts would close the gaps.
        for index, (frame, _) in enumerate(with_times(frames, info)):
            if rng.random() >= self.probability or index == 0:
                yield frame


@dataclass(frozen=True, slots=True)
class Duplicate(Step):
    """Show the last picture again in place of each next one with ``probability`` (a stutter); times stay."""

    name: ClassVar[str] = "duplicate"
    shape: ClassVar[str] = "{probability}"
    probability: Annotated[float, PROBABILITY]

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        shown: Frame | None = None
        for frame in frames:
            if rng.random() >= self.probability or shown is None:
                shown = frame
            yield replace(shown, pts=frame.pts, time_base=frame.time_base, duration=frame.duration)
