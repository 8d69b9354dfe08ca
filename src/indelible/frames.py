"""The words for pictures: colour tags, frames and what is known of a video before it is decoded."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError

Plane = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class ColorTags:
    """Colour description by the code points of ITU-T H.273 (2 means unspecified; range: 0 unspecified, 1 limited, 2 full)."""

    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    range: int = 0

    @property
    def full_range(self) -> bool:
        """Whether luma spans all codes instead of 16..235 (scaled to the bit depth)."""
        return self.range == 2


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Frame:
    """One decoded picture, luma first, with its native planes and its exact time.

    Args:
        y: luma, uint8 or uint16, shape (height, width), native range (16..235 for limited 8 bit).
        chroma: the other planes as decoded, each (ceil(height / v), ceil(width / h)); empty for grey.
        pixel_format: FFmpeg's name, for example ``yuv420p`` or ``yuv420p10le``.
        bit_depth: significant bits of a sample, 8 to 16.
        pts: presentation time in units of ``time_base``; None where the file has none.
        time_base: seconds of one unit.
        duration: in units of ``time_base``; 0 where unknown.
        color: colour tags of the picture.

    Raises:
        InputError: if luma is not a non-empty two-dimensional array of uint8 or uint16.
    """

    y: Plane
    chroma: tuple[Plane, ...] = ()
    pixel_format: str = "gray"
    bit_depth: int = 8
    pts: int | None = None
    time_base: Fraction = Fraction(1, 1000)
    duration: int = 0
    color: ColorTags = field(default_factory=ColorTags)

    def __post_init__(self) -> None:
        if self.y.ndim != 2 or self.y.size == 0:
            raise InputError(f"luma has shape {self.y.shape}; a frame needs a non-empty (height, width) array")
        if self.y.dtype not in (np.uint8, np.uint16):
            raise InputError(f"luma has dtype {self.y.dtype}; uint8 and uint16 are allowed")

    def __repr__(self) -> str:
        return f"Frame({self.width}x{self.height}, {self.pixel_format}, pts={self.pts}, time_base={self.time_base})"

    @property
    def height(self) -> int:
        return int(self.y.shape[0])

    @property
    def width(self) -> int:
        return int(self.y.shape[1])

    @property
    def pts_seconds(self) -> float | None:
        """Presentation time in seconds, None where the file has none."""
        return None if self.pts is None else float(self.pts * self.time_base)

    def with_luma(self, y: Plane) -> Frame:
        """Return the same frame with another luma plane of the same shape and dtype."""
        if y.shape != self.y.shape or y.dtype != self.y.dtype:
            raise InputError(f"new luma is {y.shape} {y.dtype}; this frame needs {self.y.shape} {self.y.dtype}")
        return replace(self, y=y)


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a file says of its first video stream before anything is decoded.

    ``frame_rate`` is the average rate (None where unknown); ``duration_seconds`` and ``frames`` are the container's claims and may
    be None or wrong; ``rotation_deg`` is counter-clockwise, from the display matrix.
    """

    width: int
    height: int
    pixel_format: str
    codec: str
    container: str
    frame_rate: Fraction | None
    time_base: Fraction
    duration_seconds: float | None
    frames: int | None
    bitrate_bps: int | None
    rotation_deg: int
    sample_aspect_ratio: Fraction
    color: ColorTags
    streams: tuple[str, ...] = ()
