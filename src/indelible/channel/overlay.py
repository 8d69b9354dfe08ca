"""Steps that put something on top of the picture: a logo, or captions that change as they are spoken.

What is drawn is a stencil in luma pixels: how much of each pixel is covered, and how bright the cover is. Covers are grey, so that chroma
goes towards neutral where they lie.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Annotated, ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.channel.arguments import COVER, Anchor, Number
from indelible.channel.geometry import place
from indelible.channel.planes import Lattice, layout_of, luma_levels, map_planes, to_codes
from indelible.channel.resample import resample
from indelible.channel.step import Step
from indelible.channel.timing import with_times
from indelible.frames import Frame, Plane, VideoInfo

_OPACITY = Number(0.0, 1.0)
_FONT = cv2.FONT_HERSHEY_DUPLEX
_CAPTION_SECONDS = 2
_WORDS = tuple(re.findall(r"\w+", "then we walked down to the river, where nobody had been before; look, light came over the water again"))


@dataclass(frozen=True, slots=True, eq=False)
class Stencil:
    """A cover for pictures of one size.

    Args:
        coverage: float32, (height, width), 0 (nothing) to 1 (opaque).
        level: float32, (height, width), 0 (black) to 1 (white).
        chroma_coverage: ``coverage`` on the lattice of chroma.
    """

    coverage: NDArray[np.float32]
    level: NDArray[np.float32]
    chroma_coverage: NDArray[np.float32]

    @classmethod
    def drawn(cls, coverage: NDArray[np.float32], level: NDArray[np.float32], info: VideoInfo) -> Stencil:
        """Return the stencil for the pictures that ``info`` describes."""
        rows, columns = layout_of(info).chroma_shape(info.height, info.width)
        return cls(coverage, level, resample(coverage, height=rows, width=columns, scaler="area"))

    def laid_over(self, frame: Frame) -> Frame:
        """Return ``frame`` under this stencil."""
        black, white = luma_levels(frame)

        def cover(plane: Plane, lattice: Lattice) -> Plane:
            if lattice.is_luma:
                return to_codes(plane + self.coverage * (black + (white - black) * self.level - plane), frame)
            return to_codes(plane + self.chroma_coverage * (np.float32(lattice.black) - plane), frame)

        return map_planes(frame, cover)


@dataclass(frozen=True, slots=True)
class Logo(Step):
    """Lay a station logo, a bright ring and letters on a dark badge, over a share of the area or of each side; letters by the seed."""

    name: ClassVar[str] = "logo"
    shape: ClassVar[str] = "{kind}:{share}"
    kind: Literal["area", "side"]
    share: Annotated[float, COVER]
    _: KW_ONLY
    at: Anchor = "top-right"
    opacity: Annotated[float, _OPACITY] = 1.0

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        stencil = self._stencil(info, rng)
        for frame in frames:
            yield stencil.laid_over(frame)

    def _stencil(self, info: VideoInfo, rng: np.random.Generator) -> Stencil:
        side = math.sqrt(self.share) if self.kind == "area" else self.share
        width, height = max(1, round(info.width * side)), max(1, round(info.height * side))
        x, y = place(self.at, info.width - width, info.height - height, rng)
        letters = "".join(rng.choice(list("ABCDEFGHKLMNPRSTUVXYZ"), 2))
        badge = np.full((height, width), 32, np.uint8)
        radius, stroke = 0.42 * min(width, height), max(1, min(width, height) // 12)
        cv2.circle(badge, (width // 2, height // 2), max(1, round(radius)), 230, stroke, cv2.LINE_AA)
        _write(badge, letters, height_px=radius, centre=(width / 2, height / 2), shade=250, stroke=stroke)
        coverage, level = np.zeros((2, info.height, info.width), np.float32)
        box = np.s_[y : y + height, x : x + width]
        coverage[box], level[box] = self.opacity, badge / np.float32(255)
        return Stencil.drawn(coverage, level, info)


@dataclass(frozen=True, slots=True)
class Captions(Step):
    """Burn in a line of white words with a dark outline, a new one every two seconds, by the seed; ``size`` is a share of the height."""

    name: ClassVar[str] = "captions"
    _: KW_ONLY
    size: Annotated[float, Number(0.02, 0.5)] = 0.06
    at: Literal["bottom", "top"] = "bottom"
    opacity: Annotated[float, _OPACITY] = 1.0

    def transform(self, frames: Iterable[Frame], info: VideoInfo, *, rng: np.random.Generator) -> Iterator[Frame]:
        shown = -1
        stencil: Stencil | None = None
        for frame, time in with_times(frames, info):
            wanted = max(0, int(time // _CAPTION_SECONDS))
            while shown < wanted:  # a line for every two seconds that pass, so that a gap in the pictures changes no words
                words, shown = " ".join(rng.choice(_WORDS, int(rng.integers(4, 8)), replace=False)), shown + 1
                stencil = None
            stencil = stencil or self._stencil(words, info)
            yield stencil.laid_over(frame)

    def _stencil(self, words: str, info: VideoInfo) -> Stencil:
        height_px = self.size * info.height
        centre = (info.width / 2, 2.0 * height_px if self.at == "top" else info.height - 2.0 * height_px)
        stroke = max(1, round(height_px / 12))
        fill = np.zeros((info.height, info.width), np.uint8)
        _write(fill, words, height_px=height_px, centre=centre, shade=255, stroke=stroke)
        # Not a thicker text: what a stroke wider than 1 looks like differs between OpenCV 4 and 5.
        outline = cv2.dilate(fill, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * stroke + 1, 2 * stroke + 1)))
        coverage = outline.astype(np.float32) * np.float32(self.opacity / 255)
        return Stencil.drawn(coverage, fill.astype(np.float32) / np.float32(255), info)


def _write(canvas: NDArray[np.uint8], text: str, *, height_px: float, centre: tuple[float, float], shade: int, stroke: int) -> None:
    """Write ``text`` into ``canvas`` around ``centre``, ``height_px`` high, or less where it would be wider than the canvas."""
    (width, height), _ = cv2.getTextSize(text, _FONT, 1.0, 1)
    scale = min(height_px / height, 0.95 * canvas.shape[1] / width)
    origin = (round(centre[0] - scale * width / 2), round(centre[1] + scale * height / 2))
    cv2.putText(canvas, text, origin, _FONT, scale, shade, stroke, cv2.LINE_AA)
