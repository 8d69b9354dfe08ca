"""Steps that move the picture a little within its frame; its size stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.channel.arguments import Integer, Number
from indelible.channel.planes import Lattice, map_planes
from indelible.channel.step import Step
from indelible.frames import Frame, Plane, VideoInfo

_SHIFT = Integer(-512, 512)


@dataclass(frozen=True, slots=True)
class Shift(Step):
    """Move the picture to the right by ``x_px`` and down by ``y_px`` luma pixels; what comes in repeats the border."""

    name: ClassVar[str] = "shift"
    shape: ClassVar[str] = "{x}:{y}"
    x_px: Annotated[int, _SHIFT]
    y_px: Annotated[int, _SHIFT]

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        for frame in frames:
            yield map_planes(frame, lambda plane, lattice: _warped(plane, 1.0, self.x_px / lattice.across, self.y_px / lattice.down))


@dataclass(frozen=True, slots=True)
class Zoom(Step):
    """Enlarge the picture by ``factor`` around its middle and keep the size: above 1 a crop, below 1 the border repeats."""

    name: ClassVar[str] = "zoom"
    shape: ClassVar[str] = "{factor}"
    factor: Annotated[float, Number(0.5, 4.0)]

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        def zoomed(plane: Plane, lattice: Lattice) -> NDArray[Any]:
            rows, columns = plane.shape
            x, y = ((length - 1) / 2 * (1.0 - self.factor) for length in (columns, rows))
            return _warped(plane, self.factor, x, y)

        for frame in frames:
            yield map_planes(frame, zoomed)


@dataclass(frozen=True, slots=True)
class MirrorHalf(Step):
    """Replace one half by the mirror image of the other, which is the ``left`` or the ``top`` one."""

    name: ClassVar[str] = "mirrorhalf"
    shape: ClassVar[str] = "{of}"
    of: Literal["left", "top"]

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        axis = 1 if self.of == "left" else 0

        def mirrored(plane: Plane, lattice: Lattice) -> NDArray[Any]:
            half = plane.shape[axis] // 2
            changed = np.moveaxis(plane.copy(), axis, 0)
            changed[-half:] = changed[:half][::-1]
            return np.ascontiguousarray(np.moveaxis(changed, 0, axis))

        for frame in frames:
            yield map_planes(frame, mirrored)


def _warped(plane: Plane, factor: float, x: float, y: float) -> NDArray[Any]:
    matrix = np.array([[factor, 0.0, x], [0.0, factor, y]])
    size = (plane.shape[1], plane.shape[0])
    return cv2.warpAffine(np.ascontiguousarray(plane), matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
