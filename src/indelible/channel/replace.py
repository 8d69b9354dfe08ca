"""Steps that put something else in place of the picture, or of a part of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.channel.arguments import COVER, Anchor
from indelible.channel.geometry import place
from indelible.channel.planes import Lattice, luma_levels, map_planes, neutral_chroma, to_codes
from indelible.channel.resample import resample
from indelible.channel.step import Step
from indelible.frames import Frame, Plane, VideoInfo

_BLOCKS = 6  # a pixelated box is so many blocks wide and high
_INPAINT_RADIUS = 4
# 75 % colour bars (SMPTE EG 1), as shares of the nominal luma range and of half the chroma range, for U and V.
_BARS = (
    *((0.75, 0.0, 0.0), (0.67, -0.44, 0.08), (0.55, 0.15, -0.52), (0.47, -0.29, -0.44)),
    *((0.28, 0.29, 0.44), (0.20, -0.15, 0.52), (0.08, 0.44, -0.08)),
)


@dataclass(frozen=True, slots=True)
class Fill(Step):
    """Show a slate instead of the picture: ``black``, ``white``, ``grey``, colour ``bars``, or ``noise``, new for every frame."""

    name: ClassVar[str] = "fill"
    shape: ClassVar[str] = "{kind}"
    kind: Literal["black", "white", "grey", "bars", "noise"]

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        for frame in frames:
            black, white = luma_levels(frame)
            columns = np.arange(frame.width) * len(_BARS) // frame.width
            if self.kind == "noise":
                level = rng.random(frame.y.shape, np.float32)
            elif self.kind == "bars":
                level = np.tile(np.array([bar[0] for bar in _BARS], np.float32)[columns], (frame.height, 1))
            else:
                level = np.full(frame.y.shape, {"black": 0.0, "white": 1.0, "grey": 0.5}[self.kind], np.float32)
            chroma = tuple(self._chroma(plane, frame, which) for which, plane in enumerate(frame.chroma, start=1))
            yield replace(frame, y=to_codes(black + (white - black) * level, frame), chroma=chroma)

    def _chroma(self, plane: Plane, frame: Frame, which: int) -> Plane:
        neutral = neutral_chroma(frame)
        if self.kind != "bars":
            return to_codes(np.full(plane.shape, neutral), frame)
        columns = np.arange(plane.shape[1]) * len(_BARS) // plane.shape[1]
        row = np.array([bar[which] for bar in _BARS])[columns] * 0.875 * neutral + neutral
        return to_codes(np.tile(row, (plane.shape[0], 1)), frame)


@dataclass(frozen=True, slots=True)
class Erase(Step):
    """Make a box unreadable, a share of the area or of each side: ``blur``, ``pixelate``, a ``black`` bar, or ``inpaint`` from around."""

    name: ClassVar[str] = "erase"
    shape: ClassVar[str] = "{way}:{kind}:{share}"
    way: Literal["blur", "pixelate", "black", "inpaint"]
    kind: Literal["area", "side"]
    share: Annotated[float, COVER]
    _: KW_ONLY
    at: Anchor = "center"

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        side = math.sqrt(self.share) if self.kind == "area" else self.share
        width, height = max(4, round(info.width * side)), max(4, round(info.height * side))
        x, y = place(self.at, max(0, info.width - width), max(0, info.height - height), rng)

        def erased(plane: Plane, lattice: Lattice, *, frame: Frame) -> Plane:
            box = np.s_[y // lattice.down : -(-(y + height) // lattice.down), x // lattice.across : -(-(x + width) // lattice.across)]
            changed = plane.copy()
            changed[box] = self._inside(plane, box, lattice, frame)
            return changed

        for frame in frames:
            yield map_planes(frame, lambda plane, lattice, frame=frame: erased(plane, lattice, frame=frame))  # type: ignore[misc]

    def _inside(self, plane: Plane, box: tuple[slice, slice], lattice: Lattice, frame: Frame) -> NDArray[Any]:
        part = plane[box]
        rows, columns = part.shape
        match self.way:
            case "black":
                return np.full(part.shape, lattice.black, plane.dtype)
            case "blur":
                return cv2.GaussianBlur(part, (0, 0), max(rows, columns) / 6, borderType=cv2.BORDER_REPLICATE)
            case "pixelate":
                blocks = resample(part, height=min(rows, _BLOCKS), width=min(columns, _BLOCKS), scaler="area")
                return to_codes(cv2.resize(blocks, (columns, rows), interpolation=cv2.INTER_NEAREST), frame)
            case "inpaint":
                hole = np.zeros(plane.shape, np.uint8)
                hole[box] = 255
                return cv2.inpaint(np.ascontiguousarray(plane), hole, _INPAINT_RADIUS, cv2.INPAINT_TELEA)[box]
