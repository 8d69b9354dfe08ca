"""What a pixel format says of its planes, and moving between formats plane by plane, never through RGB."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.channel.resample import resample
from indelible.errors import InputError
from indelible.frames import Frame, Plane, VideoInfo

_YUV = re.compile(r"yuv(420|422|440|444)p(\d*)(?:le)?")
_GREY = re.compile(r"gray(\d*)(?:le)?")
#: Luma samples a chroma sample spans, across and down.
_SUBSAMPLING = {"444": (1, 1), "422": (2, 1), "420": (2, 2), "440": (1, 2)}


@dataclass(frozen=True, slots=True)
class Layout:
    """The planes of a pixel format.

    Args:
        chroma: ``420``, ``422``, ``440`` or ``444``; empty for grey.
        bit_depth: significant bits of a sample.
    """

    chroma: str
    bit_depth: int = 8

    @classmethod
    @functools.cache
    def of(cls, pixel_format: str) -> Layout:
        """Return the layout of FFmpeg's ``pixel_format``.

        Raises:
            InputError: if it is not planar YUV or grey, which is all that channels handle.
        """
        if match := _YUV.fullmatch(pixel_format):
            return cls(match[1], int(match[2] or 8))
        if match := _GREY.fullmatch(pixel_format):
            return cls("", int(match[1] or 8))
        raise InputError(f"pixel format is {pixel_format!r}; channels handle planar YUV and grey, such as yuv420p, yuv420p10le or gray")

    @property
    def pixel_format(self) -> str:
        """FFmpeg's name of this layout."""
        stem = f"yuv{self.chroma}p" if self.chroma else "gray"
        return stem if self.bit_depth == 8 else f"{stem}{self.bit_depth}le"

    @property
    def subsampling(self) -> tuple[int, int]:
        """Luma samples that a chroma sample spans, (across, down); (1, 1) for grey."""
        return _SUBSAMPLING.get(self.chroma, (1, 1))

    def transposed(self) -> Layout:
        """Return the layout with rows and columns exchanged."""
        return replace(self, chroma={"422": "440", "440": "422"}.get(self.chroma, self.chroma))

    def chroma_shape(self, height: int, width: int) -> tuple[int, int]:
        """Return (rows, columns) of a chroma plane next to ``height`` by ``width`` luma."""
        across, down = self.subsampling
        return -(-height // down), -(-width // across)


def layout_of(media: Frame | VideoInfo) -> Layout:
    """Return the layout of a frame, or of the frames that an info describes."""
    return Layout.of(media.pixel_format)


def luma_levels(frame: Frame) -> tuple[int, int]:
    """Return the codes of (black, white) for the range and bit depth of ``frame``; unspecified range counts as limited."""
    if frame.color.full_range:
        return 0, (1 << frame.bit_depth) - 1
    return 16 << (frame.bit_depth - 8), 235 << (frame.bit_depth - 8)


def neutral_chroma(frame: Frame) -> int:
    """Return the chroma code of grey."""
    return 1 << (frame.bit_depth - 1)


def to_codes(values: NDArray[Any], like: Frame) -> Plane:
    """Round ``values`` to sample codes: clipped to the bit depth of ``like`` and of its dtype."""
    codes: Plane = np.clip(np.rint(values), 0, (1 << like.bit_depth) - 1).astype(like.y.dtype)
    return codes


@dataclass(frozen=True, slots=True)
class Lattice:
    """Where the samples of one plane lie on the picture, and what they are where it is black.

    Args:
        across: luma columns that a sample spans.
        down: luma rows that a sample spans.
        black: the code of a black picture in this plane.
        is_luma: whether this is the first plane.
    """

    across: int
    down: int
    black: int
    is_luma: bool

    def shape(self, height: int, width: int) -> tuple[int, int]:
        """Return (rows, columns) of this plane in a picture of ``height`` by ``width``."""
        return -(-height // self.down), -(-width // self.across)


def map_planes(frame: Frame, change: Callable[[Plane, Lattice], NDArray[Any]]) -> Frame:
    """Return ``frame`` with every plane replaced by ``change(plane, lattice)``, of the same dtype."""
    across, down = layout_of(frame).subsampling
    luma, coarse = Lattice(1, 1, luma_levels(frame)[0], is_luma=True), Lattice(across, down, neutral_chroma(frame), is_luma=False)
    return replace(frame, y=change(frame.y, luma), chroma=tuple(change(plane, coarse) for plane in frame.chroma))


def convert(frame: Frame, target: Layout) -> Frame:
    """Return ``frame`` in another layout: chroma resampled, made neutral or left out, codes scaled to the bit depth and rounded."""
    source = layout_of(frame)
    if source == target:
        return frame
    chroma: list[NDArray[Any]] = list(frame.chroma)
    shape = target.chroma_shape(frame.height, frame.width)
    if not target.chroma:
        chroma = []
    elif not source.chroma:
        chroma = [np.full(shape, neutral_chroma(frame), frame.y.dtype)] * 2
    elif source.chroma != target.chroma:
        chroma = [to_codes(resample(plane, height=shape[0], width=shape[1], scaler="bilinear"), frame) for plane in chroma]
    shift = target.bit_depth - source.bit_depth
    return replace(
        frame,
        y=_with_depth(frame.y, shift, target.bit_depth),
        chroma=tuple(_with_depth(plane, shift, target.bit_depth) for plane in chroma),
        pixel_format=target.pixel_format,
        bit_depth=target.bit_depth,
    )


def _with_depth(plane: NDArray[Any], shift: int, bit_depth: int) -> NDArray[Any]:
    wide = plane.astype(np.uint32)
    if shift >= 0:
        wide <<= shift
    else:
        wide = np.minimum((wide + (1 << (-shift - 1))) >> -shift, np.uint32((1 << bit_depth) - 1))
    return wide.astype(np.uint8 if bit_depth == 8 else np.uint16)
