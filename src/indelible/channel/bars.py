"""Steps that put the picture between black bars."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Annotated, ClassVar

import numpy as np

from indelible.channel.arguments import SIZE, Integer
from indelible.channel.geometry import place
from indelible.channel.planes import Lattice, map_planes
from indelible.channel.step import Step
from indelible.frames import Frame, Plane, VideoInfo

_ASPECT_TERM = Integer(1, 10_000)


@dataclass(frozen=True, slots=True)
class Bars(Step):
    """Put the picture in the middle of a larger black one of even size."""

    @abstractmethod
    def size_after(self, info: VideoInfo) -> tuple[int, int]:
        """Return (width, height) with bars."""

    def info_after(self, info: VideoInfo) -> VideoInfo:
        width, height = self.size_after(info)
        return replace(info, width=width, height=height)

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        width, height = self.size_after(info)
        left, top = place("center", width - info.width, height - info.height, rng)

        def framed(plane: Plane, lattice: Lattice) -> Plane:
            canvas: Plane = np.full(lattice.shape(height, width), lattice.black, plane.dtype)
            y, x = top // lattice.down, left // lattice.across
            canvas[y : y + plane.shape[0], x : x + plane.shape[1]] = plane
            return canvas

        for frame in frames:
            yield map_planes(frame, framed)


@dataclass(frozen=True, slots=True)
class PadTo(Bars):
    """Bars up to a size; for pictures that are not larger."""

    name: ClassVar[str] = "pad"
    shape: ClassVar[str] = "{width}x{height}"
    width_px: Annotated[int, SIZE]
    height_px: Annotated[int, SIZE]

    def size_after(self, info: VideoInfo) -> tuple[int, int]:
        return self.width_px, self.height_px

    def applies_to(self, info: VideoInfo) -> bool:
        return info.width <= self.width_px and info.height <= self.height_px


@dataclass(frozen=True, slots=True)
class PadAspect(Bars):
    """Bars on the sides that need them until the picture, as displayed, is ``width`` to ``height``."""

    name: ClassVar[str] = "pad"
    shape: ClassVar[str] = "{width}:{height}"
    width: Annotated[int, _ASPECT_TERM]
    height: Annotated[int, _ASPECT_TERM]

    def size_after(self, info: VideoInfo) -> tuple[int, int]:
        aspect = self._aspect(info)
        return even_up(max(Fraction(info.width), info.height * aspect)), even_up(max(Fraction(info.height), info.width / aspect))

    def _aspect(self, info: VideoInfo) -> Fraction:
        """Return the wanted aspect in samples, which need not be square."""
        return Fraction(self.width, self.height) / info.sample_aspect_ratio


@dataclass(frozen=True, slots=True)
class Letterbox(PadAspect):
    """Bars above and below; for pictures that are wider than the aspect."""

    name: ClassVar[str] = "letterbox"

    def applies_to(self, info: VideoInfo) -> bool:
        return Fraction(info.width, info.height) > self._aspect(info)


@dataclass(frozen=True, slots=True)
class Pillarbox(PadAspect):
    """Bars left and right; for pictures that are narrower than the aspect."""

    name: ClassVar[str] = "pillarbox"

    def applies_to(self, info: VideoInfo) -> bool:
        return Fraction(info.width, info.height) < self._aspect(info)


def even_up(length: Fraction) -> int:
    """Return the smallest even whole number that is at least ``length``."""
    return 2 * math.ceil(length / 2)
