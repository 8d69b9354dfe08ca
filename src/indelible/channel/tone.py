"""Steps that change light and colour, on the native planes: luma by a curve of its codes, chroma by a linear map of (U, V)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from indelible.channel.arguments import Number
from indelible.channel.planes import layout_of, luma_levels, neutral_chroma, to_codes
from indelible.channel.step import Step
from indelible.frames import Frame, Plane, VideoInfo

_Curve = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LumaCurve(Step):
    """Change luma by a curve on 0 (black) to 1 (white) of the nominal range; what lies outside of it is mapped as well."""

    @abstractmethod
    def curve(self, level: _Curve) -> _Curve:
        """Return the new levels."""

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        tables: dict[tuple[int, int, int], Plane] = {}
        for frame in frames:
            black, white = luma_levels(frame)
            key = (frame.bit_depth, black, white)
            if key not in tables:
                level = (np.arange(1 << frame.bit_depth) - black) / (white - black)
                tables[key] = to_codes(self.curve(level) * (white - black) + black, frame)
            yield frame.with_luma(tables[key][frame.y])


@dataclass(frozen=True, slots=True)
class Brightness(LumaCurve):
    """Add ``amount`` of the nominal range to luma."""

    name: ClassVar[str] = "brightness"
    shape: ClassVar[str] = "{amount}"
    amount: Annotated[float, Number(-1.0, 1.0)]

    def curve(self, level: _Curve) -> _Curve:
        return level + self.amount


@dataclass(frozen=True, slots=True)
class Contrast(LumaCurve):
    """Stretch luma by ``factor`` around the middle of the nominal range."""

    name: ClassVar[str] = "contrast"
    shape: ClassVar[str] = "{factor}"
    factor: Annotated[float, Number(0.0, 10.0)]

    def curve(self, level: _Curve) -> _Curve:
        return (level - 0.5) * self.factor + 0.5


@dataclass(frozen=True, slots=True)
class Gamma(LumaCurve):
    """Raise luma to the power 1 / ``gamma``: above 1 the middle gets brighter."""

    name: ClassVar[str] = "gamma"
    shape: ClassVar[str] = "{gamma}"
    gamma: Annotated[float, Number(0.1, 10.0)]

    def curve(self, level: _Curve) -> _Curve:
        # Footroom below black keeps its sign, so that gamma=1 changes nothing.
        return np.sign(level) * np.abs(level) ** (1.0 / self.gamma)


@dataclass(frozen=True, slots=True)
class ChromaMap(Step):
    """Change chroma by a linear map of (U, V) around grey; for videos with colour."""

    @abstractmethod
    def matrix(self) -> NDArray[np.float32]:
        """Return the (2, 2) matrix that takes (U, V) to the new (U, V)."""

    def applies_to(self, info: VideoInfo) -> bool:
        return bool(layout_of(info).chroma)

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        matrix = self.matrix()
        for frame in frames:
            neutral = neutral_chroma(frame)
            u, v = (plane.astype(np.float32) - neutral for plane in frame.chroma)
            mapped: list[NDArray[Any]] = [row[0] * u + row[1] * v + neutral for row in matrix]
            yield replace(frame, chroma=tuple(to_codes(plane, frame) for plane in mapped))


@dataclass(frozen=True, slots=True)
class Hue(ChromaMap):
    """Rotate (U, V) counter-clockwise by ``angle_deg``."""

    name: ClassVar[str] = "hue"
    shape: ClassVar[str] = "{angle}"
    angle_deg: Annotated[float, Number(-360.0, 360.0)]

    def matrix(self) -> NDArray[np.float32]:
        cosine, sine = np.cos(np.deg2rad(self.angle_deg)), np.sin(np.deg2rad(self.angle_deg))
        return np.array([[cosine, -sine], [sine, cosine]], np.float32)


@dataclass(frozen=True, slots=True)
class Saturation(ChromaMap):
    """Multiply (U, V) by ``factor``."""

    name: ClassVar[str] = "saturation"
    shape: ClassVar[str] = "{factor}"
    factor: Annotated[float, Number(0.0, 10.0)]

    def matrix(self) -> NDArray[np.float32]:
        return np.eye(2, dtype=np.float32) * np.float32(self.factor)


@dataclass(frozen=True, slots=True)
class Grey(ChromaMap):
    """Take the colour away and keep the pixel format."""

    name: ClassVar[str] = "grey"

    def matrix(self) -> NDArray[np.float32]:
        return np.zeros((2, 2), np.float32)
