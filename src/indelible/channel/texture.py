"""Steps that add noise to luma, soften it or sharpen it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Annotated, Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.channel.arguments import Number
from indelible.channel.planes import Lattice, map_planes, to_codes
from indelible.channel.step import Step
from indelible.frames import Frame, Plane, VideoInfo

_RADIUS = Number(0.1, 50.0)


@dataclass(frozen=True, slots=True)
class Noise(Step):
    """Add white Gaussian noise to luma, new for every frame; ``sigma`` in codes of 8 bit (scaled for more)."""

    name: ClassVar[str] = "noise"
    shape: ClassVar[str] = "{sigma}"
    sigma: Annotated[float, Number(0.0, 128.0)]

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        for frame in frames:
            sigma = self.sigma * (1 << (frame.bit_depth - 8))
            yield frame.with_luma(to_codes(frame.y + sigma * rng.standard_normal(frame.y.shape, np.float32), frame))


@dataclass(frozen=True, slots=True)
class Blur(Step):
    """Blur all planes with a Gaussian whose deviation is ``sigma`` luma pixels."""

    name: ClassVar[str] = "blur"
    shape: ClassVar[str] = "{sigma}"
    sigma: Annotated[float, _RADIUS]

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        def blur(plane: Plane, lattice: Lattice) -> NDArray[Any]:
            sigma_x, sigma_y = self.sigma / lattice.across, self.sigma / lattice.down
            return cv2.GaussianBlur(plane, (0, 0), sigma_x, sigmaY=sigma_y, borderType=cv2.BORDER_REPLICATE)

        for frame in frames:
            yield map_planes(frame, blur)


@dataclass(frozen=True, slots=True)
class Sharpen(Step):
    """Add ``amount`` of what a Gaussian blur of deviation ``sigma`` takes away from luma (unsharp masking)."""

    name: ClassVar[str] = "sharpen"
    shape: ClassVar[str] = "{amount}"
    amount: Annotated[float, Number(0.0, 10.0)]
    _: KW_ONLY
    sigma: Annotated[float, _RADIUS] = 1.0

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        for frame in frames:
            luma = frame.y.astype(np.float32)
            blurred = cv2.GaussianBlur(luma, (0, 0), self.sigma, borderType=cv2.BORDER_REPLICATE)
            yield frame.with_luma(to_codes(luma + self.amount * (luma - blurred), frame))
