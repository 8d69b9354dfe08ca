"""Steps that resize, cut, turn or mirror the picture.

Luma and chroma move together: a chroma plane is the same picture on a coarser lattice, and every step works in luma pixels. Chroma counts
as sited at the centre of the luma samples it spans; the quarter-pixel siting of MPEG-2 style 4:2:0 is not modelled. Coded pictures are
what is transformed; a display rotation in the file's metadata stays metadata.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass, replace
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.channel.arguments import OFFSET, SHARE, SIZE, Anchor, Number
from indelible.channel.planes import Lattice, layout_of, map_planes, to_codes
from indelible.channel.resample import Scaler, resample
from indelible.channel.step import Step
from indelible.frames import Frame, Plane, VideoInfo


def even(length: float) -> int:
    """Return the even whole number nearest to ``length``, at least 2."""
    return max(2, 2 * round(length / 2))


def place(anchor: Anchor, slack_x: int, slack_y: int, rng: np.random.Generator) -> tuple[int, int]:
    """Return where a box goes that may move by ``slack_x`` and ``slack_y`` pixels: (x, y), both even."""
    if anchor == "random":
        x, y = int(rng.integers(slack_x + 1)), int(rng.integers(slack_y + 1))
    elif anchor == "center":
        x, y = slack_x // 2, slack_y // 2
    else:
        x, y = slack_x * anchor.endswith("right"), slack_y * anchor.startswith("bottom")
    return x // 2 * 2, y // 2 * 2


@dataclass(frozen=True, slots=True)
class Resize(Step):
    """Resize to even sizes. The sample aspect ratio stays, so that a size of another aspect changes the shape of the picture."""

    name: ClassVar[str] = "scale"
    _: KW_ONLY
    scaler: Scaler = "bicubic"

    @abstractmethod
    def size_after(self, width: int, height: int) -> tuple[int, int]:
        """Return (width, height) after this step."""

    def info_after(self, info: VideoInfo) -> VideoInfo:
        width, height = self.size_after(info.width, info.height)
        return replace(info, width=width, height=height)

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        width, height = self.size_after(info.width, info.height)
        for frame in frames:
            yield map_planes(frame, partial(self._resized, frame=frame, height=height, width=width))

    def _resized(self, plane: Plane, lattice: Lattice, *, frame: Frame, height: int, width: int) -> Plane:
        rows, columns = lattice.shape(height, width)
        return to_codes(resample(plane, height=rows, width=columns, scaler=self.scaler), frame)


@dataclass(frozen=True, slots=True)
class ScaleTo(Resize):
    """Resize to a size."""

    shape: ClassVar[str] = "{width}x{height}"
    width_px: Annotated[int, SIZE]
    height_px: Annotated[int, SIZE]

    def size_after(self, width: int, height: int) -> tuple[int, int]:
        return self.width_px, self.height_px


@dataclass(frozen=True, slots=True)
class ScaleShort(Resize):
    """Resize the shorter side to ``short_px`` and keep the aspect; for larger pictures only."""

    shape: ClassVar[str] = "short:{short}"
    short_px: Annotated[int, SIZE]

    def size_after(self, width: int, height: int) -> tuple[int, int]:
        factor = self.short_px / min(width, height)
        return even(width * factor), even(height * factor)

    def applies_to(self, info: VideoInfo) -> bool:
        return min(info.width, info.height) > self.short_px


@dataclass(frozen=True, slots=True)
class ScaleWidth(Resize):
    """Resize the width to ``width_px`` and keep the aspect; for wider pictures only."""

    shape: ClassVar[str] = "width:{width}"
    width_px: Annotated[int, SIZE]

    def size_after(self, width: int, height: int) -> tuple[int, int]:
        return self.width_px, even(height * self.width_px / width)

    def applies_to(self, info: VideoInfo) -> bool:
        return info.width > self.width_px


@dataclass(frozen=True, slots=True)
class ScaleBy(Resize):
    """Resize each side by a factor."""

    shape: ClassVar[str] = "{factor}"
    factor: Annotated[float, Number(0.02, 8.0)]

    def size_after(self, width: int, height: int) -> tuple[int, int]:
        return even(width * self.factor), even(height * self.factor)


@dataclass(frozen=True, slots=True)
class Stretch(Resize):
    """Resize the width by a factor and keep the height."""

    name: ClassVar[str] = "stretch"
    shape: ClassVar[str] = "{factor}"
    factor: Annotated[float, Number(0.02, 8.0)]

    def size_after(self, width: int, height: int) -> tuple[int, int]:
        return even(width * self.factor), even(height)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of luma pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Crop(Step):
    """Cut a box out of every picture; sizes and positions are even, so that chroma stays aligned."""

    name: ClassVar[str] = "crop"

    @abstractmethod
    def box(self, info: VideoInfo, rng: np.random.Generator) -> Box:
        """Return the box to keep, the same for the whole clip; its size depends on nothing random."""

    def info_after(self, info: VideoInfo) -> VideoInfo:
        box = self.box(info, np.random.default_rng(0))
        return replace(info, width=box.width, height=box.height)

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        box = self.box(info, rng)

        def cut(plane: Plane, lattice: Lattice) -> Plane:
            top, left = box.y // lattice.down, box.x // lattice.across
            rows, columns = lattice.shape(box.height, box.width)
            return plane[top : top + rows, left : left + columns].copy()

        for frame in frames:
            yield map_planes(frame, cut)


@dataclass(frozen=True, slots=True)
class CropShare(Crop):
    """Keep a share of the area or of each side, anchored, or placed at random once a clip."""

    shape: ClassVar[str] = "{kind}:{share}"
    kind: Literal["area", "side"]
    share: Annotated[float, SHARE]
    _: KW_ONLY
    at: Anchor = "center"

    def box(self, info: VideoInfo, rng: np.random.Generator) -> Box:
        side = math.sqrt(self.share) if self.kind == "area" else self.share
        width, height = min(even(info.width * side), info.width // 2 * 2), min(even(info.height * side), info.height // 2 * 2)
        x, y = place(self.at, info.width - width, info.height - height, rng)
        return Box(x, y, width, height)


@dataclass(frozen=True, slots=True)
class CropBox(Crop):
    """Keep the box of ``width_px`` by ``height_px`` whose top left corner is at (``x_px``, ``y_px``); for pictures that hold it."""

    shape: ClassVar[str] = "{width}:{height}:{x}:{y}"
    width_px: Annotated[int, SIZE]
    height_px: Annotated[int, SIZE]
    x_px: Annotated[int, OFFSET]
    y_px: Annotated[int, OFFSET]

    def applies_to(self, info: VideoInfo) -> bool:
        return self.x_px + self.width_px <= info.width and self.y_px + self.height_px <= info.height

    def box(self, info: VideoInfo, rng: np.random.Generator) -> Box:
        return Box(self.x_px, self.y_px, self.width_px, self.height_px)


@dataclass(frozen=True, slots=True)
class Rotate(Step):
    """Rotate counter-clockwise. A multiple of 90 moves samples without loss; another angle keeps the size and fills corners with black."""

    name: ClassVar[str] = "rotate"
    shape: ClassVar[str] = "{angle}"
    angle_deg: Annotated[float, Number(-360.0, 360.0)]

    @property
    def _quarters(self) -> int | None:
        """How many quarter turns this is, None for another angle."""
        return int(self.angle_deg // 90) % 4 if self.angle_deg % 90 == 0 else None

    def info_after(self, info: VideoInfo) -> VideoInfo:
        if self._quarters in (None, 0, 2):
            return info
        return replace(
            info,
            width=info.height,
            height=info.width,
            pixel_format=layout_of(info).transposed().pixel_format,
            sample_aspect_ratio=1 / info.sample_aspect_ratio,
        )

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        quarters, pixel_format = self._quarters, self.info_after(info).pixel_format
        for frame in frames:
            if quarters is None:
                yield _turned(frame, self.angle_deg)
            else:
                turned = map_planes(frame, lambda plane, _: np.ascontiguousarray(np.rot90(plane, quarters)))
                yield replace(turned, pixel_format=pixel_format)


def _turned(frame: Frame, angle_deg: float) -> Frame:
    centre = ((frame.width - 1) / 2, (frame.height - 1) / 2)
    turn = np.vstack([cv2.getRotationMatrix2D(centre, angle_deg, 1.0), [0.0, 0.0, 1.0]])

    def warp(plane: Plane, lattice: Lattice) -> NDArray[Any]:
        # Sample i of a coarse plane lies at luma position across * i + (across - 1) / 2: go there, turn, and come back.
        across, down = lattice.across, lattice.down
        to_luma = np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1]])
        matrix = (np.linalg.inv(to_luma) @ turn @ to_luma)[:2]
        return cv2.warpAffine(plane, matrix, plane.shape[::-1], flags=cv2.INTER_LINEAR, borderValue=lattice.black)

    return map_planes(frame, warp)


@dataclass(frozen=True, slots=True)
class Flip(Step):
    """Mirror: ``h`` exchanges left and right, ``v`` top and bottom."""

    name: ClassVar[str] = "flip"
    shape: ClassVar[str] = "{axis}"
    axis: Literal["h", "v"]

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        axis = 1 if self.axis == "h" else 0
        for frame in frames:
            yield map_planes(frame, lambda plane, _: np.ascontiguousarray(np.flip(plane, axis)))
