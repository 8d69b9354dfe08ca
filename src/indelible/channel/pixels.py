"""The step that changes the pixel format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from indelible.channel.planes import Layout, convert
from indelible.channel.step import Step
from indelible.frames import Frame, VideoInfo


@dataclass(frozen=True, slots=True)
class PixelFormat(Step):
    """Convert to another subsampling or bit depth, as an upload to an 8-bit 4:2:0 service does."""

    name: ClassVar[str] = "format"
    shape: ClassVar[str] = "{format}"
    format: Literal["yuv420p", "yuv422p", "yuv444p", "gray", "yuv420p10le", "yuv422p10le", "yuv444p10le", "gray10le"]

    def info_after(self, info: VideoInfo) -> VideoInfo:
        return replace(info, pixel_format=self.format)

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        layout = Layout.of(self.format)
        for frame in frames:
            yield convert(frame, layout)
