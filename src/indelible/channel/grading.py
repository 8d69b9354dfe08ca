"""Steps that falsify light and colour: what colourists and broken converters do, and what no honest encoder does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from indelible.channel.arguments import Integer, Number
from indelible.channel.planes import Lattice, layout_of, luma_levels, map_planes, neutral_chroma, to_codes
from indelible.channel.step import Step
from indelible.channel.tone import LumaCurve
from indelible.frames import Frame, Plane, VideoInfo


@dataclass(frozen=True, slots=True)
class Vignette(Step):
    """Darken towards the corners as a lens of this half angle does: light falls with the fourth power of its cosine."""

    name: ClassVar[str] = "vignette"
    shape: ClassVar[str] = "{angle}"
    angle_deg: Annotated[float, Number(0.0, 89.0)]

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        masks: dict[tuple[int, ...], NDArray[np.float32]] = {}

        def darkened(plane: Plane, lattice: Lattice) -> NDArray[Any]:
            if plane.shape not in masks:
                rows, columns = (np.linspace(-1.0, 1.0, length) for length in plane.shape)
                radius = np.sqrt((rows[:, None] ** 2 + columns**2) / 2.0)
                masks[plane.shape] = (np.cos(np.deg2rad(self.angle_deg) * radius) ** 4).astype(np.float32)
            dark: NDArray[Any] = np.rint(lattice.black + (plane.astype(np.float32) - lattice.black) * masks[plane.shape])
            return dark.astype(plane.dtype)

        for frame in frames:
            yield map_planes(frame, darkened)


@dataclass(frozen=True, slots=True)
class Negate(Step):
    """Turn light into dark and each colour into its complement."""

    name: ClassVar[str] = "negate"

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        for frame in frames:
            black, white = luma_levels(frame)
            middle = 2 * neutral_chroma(frame)
            chroma = tuple(to_codes(middle - plane.astype(np.int64), frame) for plane in frame.chroma)
            yield replace(frame, y=to_codes(black + white - frame.y.astype(np.int64), frame), chroma=chroma)


@dataclass(frozen=True, slots=True)
class SwapChroma(Step):
    """Exchange U and V; for videos with colour."""

    name: ClassVar[str] = "swapchroma"

    def applies_to(self, info: VideoInfo) -> bool:
        return bool(layout_of(info).chroma)

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        for frame in frames:
            yield replace(frame, chroma=frame.chroma[::-1])


@dataclass(frozen=True, slots=True)
class Levels(LumaCurve):
    """Show luma as a player does that is told the wrong range: ``expand`` limited taken for full, ``compress`` the other way round."""

    name: ClassVar[str] = "levels"
    shape: ClassVar[str] = "{way}"
    way: Literal["expand", "compress"]

    def curve(self, level: NDArray[np.float64]) -> NDArray[np.float64]:
        # Codes 16 and 235 of 255; levels count from 0 for the first to 1 for the second.
        low, span = 16 / 219, 255 / 219
        return (level * span - low) if self.way == "expand" else (level + low) / span


@dataclass(frozen=True, slots=True)
class Posterize(LumaCurve):
    """Round luma to so many levels."""

    name: ClassVar[str] = "posterize"
    shape: ClassVar[str] = "{levels}"
    levels: Annotated[int, Integer(2, 128)]

    def curve(self, level: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.rint(level * (self.levels - 1)) / (self.levels - 1)
