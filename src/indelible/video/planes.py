"""Between FFmpeg's pictures and :class:`Frame`: native planes both ways, luma never recomputed, never through RGB."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from indelible.errors import InputError, UnsupportedMediaError
from indelible.frames import ColorTags, Frame, Plane
from indelible.video._av import av

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.plane import VideoPlane

__all__ = ["color_tags", "frame_from_picture", "picture_from_frame", "planar_format"]

# FFmpeg's planar formats: yuvj420p is the old name of full-range yuv420p, yuva420p has an alpha plane after the others.
_PLANAR = re.compile(r"(?:yuv(?P<full>j?)(?P<alpha>a?)(?P<layout>4[0-4]\dp)|gray)(?P<bits>9|1[0-6])?(?:le)?")


class _Packed(NamedTuple):
    """How the samples of a semi-planar or packed format become planes.

    ``chroma`` says for U and V: plane, first sample, step. ``shift`` drops unused low bits.
    """

    planar: str
    luma_first: int
    luma_step: int
    chroma: tuple[tuple[int, int, int], tuple[int, int, int]]
    shift: int = 0


_UV, _VU = ((1, 0, 2), (1, 1, 2)), ((1, 1, 2), (1, 0, 2))
_PACKED = {
    "nv12": _Packed("yuv420p", 0, 1, _UV),
    "nv21": _Packed("yuv420p", 0, 1, _VU),
    "nv16": _Packed("yuv422p", 0, 1, _UV),
    "nv24": _Packed("yuv444p", 0, 1, _UV),
    "nv42": _Packed("yuv444p", 0, 1, _VU),
    "p010le": _Packed("yuv420p10le", 0, 1, _UV, 6),
    "p012le": _Packed("yuv420p12le", 0, 1, _UV, 4),
    "p016le": _Packed("yuv420p16le", 0, 1, _UV),
    "p210le": _Packed("yuv422p10le", 0, 1, _UV, 6),
    "p410le": _Packed("yuv444p10le", 0, 1, _UV, 6),
    "yuyv422": _Packed("yuv422p", 0, 2, ((0, 1, 4), (0, 3, 4))),
    "yvyu422": _Packed("yuv422p", 0, 2, ((0, 3, 4), (0, 1, 4))),
    "uyvy422": _Packed("yuv422p", 1, 2, ((0, 0, 4), (0, 2, 4))),
}


def planar_format(native: str) -> str | None:
    """Return the planar name that frames of FFmpeg's format ``native`` get, None where the format is not handled.

    Examples: ``yuvj420p`` -> ``yuv420p`` (full range is in the colour tags), ``nv12`` -> ``yuv420p``, ``p010le`` -> ``yuv420p10le``.
    """
    if native in _PACKED:
        return _PACKED[native].planar
    if (match := _PLANAR.fullmatch(native)) is None:
        return None
    name = f"yuv{match['layout']}" if match["layout"] else "gray"
    return f"{name}{match['bits']}le" if match["bits"] else name


def color_tags(picture: VideoFrame) -> ColorTags:
    """Return the colour tags of a decoded picture."""
    full = picture.format.name.startswith("yuvj")
    return ColorTags(
        primaries=int(picture.color_primaries),
        transfer=int(picture.color_trc),
        matrix=int(picture.colorspace),
        range=2 if full else int(picture.color_range),
    )


def frame_from_picture(picture: VideoFrame, *, pts: int | None, time_base: Fraction, duration: int = 0) -> Frame:
    """Return a decoded picture as a :class:`Frame` whose planes are read-only views of the decoder's own memory.

    The views keep the picture alive, and FFmpeg does not write again into a picture that somebody holds; a frame is therefore good
    for as long as it is kept, and costs its memory (with alignment) for as long. Read-only because the decoder predicts the next
    pictures from this one. The rows of a plane may lie further apart than they are long. Only 10- to 16-bit semi-planar formats
    (``p010le``) are copied, to shift their samples down.

    Raises:
        UnsupportedMediaError: for a format without luma of 8 to 16 bits (RGB, palettes, float).
    """
    native = picture.format.name
    name = planar_format(native)
    if name is None:
        raise UnsupportedMediaError(
            f"pictures are {native}, which has no luma plane that could be used; convert first: ffmpeg -i FILE -pix_fmt yuv444p out.mkv"
        )
    bits = picture.format.components[0].bits
    y, chroma = _packed_planes(picture, _PACKED[native]) if native in _PACKED else _planar_planes(picture, gray=name.startswith("gray"))
    return Frame(
        y=y,
        chroma=chroma,
        pixel_format=name,
        bit_depth=bits,
        pts=pts,
        time_base=time_base,
        duration=duration,
        color=color_tags(picture),
    )


def picture_from_frame(frame: Frame, *, pixel_format: str, pts: int) -> VideoFrame:
    """Return a new picture for an encoder, with copies of the planes of ``frame``.

    ``pixel_format`` is the frame's own or, for a grey frame, a 4:2:0 format of the same depth: its chroma becomes neutral.

    Raises:
        InputError: if a plane does not have the shape that the format asks for.
    """
    picture = av.VideoFrame(frame.width, frame.height, pixel_format)
    bits = picture.format.components[0].bits
    for index, plane in enumerate(picture.planes):
        rows = _memory(plane, bits)[:, : plane.width]
        if index and not frame.chroma:
            rows[:] = 1 << (bits - 1)
            continue
        samples = frame.chroma[index - 1] if index else frame.y
        if samples.shape != rows.shape or samples.dtype != rows.dtype:
            raise InputError(
                f"plane {index} of a {pixel_format} frame of {frame.width}x{frame.height} is {samples.shape} {samples.dtype}; "
                f"it must be {rows.shape} {rows.dtype}"
            )
        rows[:] = samples
    picture.pts = pts
    picture.time_base = frame.time_base
    picture.duration = frame.duration
    return picture


def _planar_planes(picture: VideoFrame, *, gray: bool) -> tuple[Plane, tuple[Plane, ...]]:
    """Return luma and chroma of a planar picture; an alpha plane stays out."""
    bits = picture.format.components[0].bits
    y, *chroma = (_rows(plane, bits)[:, : plane.width] for plane in picture.planes[: 1 if gray else 3])
    return y, tuple(chroma)


def _packed_planes(picture: VideoFrame, layout: _Packed) -> tuple[Plane, tuple[Plane, ...]]:
    """Return luma and chroma of a semi-planar or packed picture."""
    bits = picture.format.components[0].bits
    memory = [_rows(plane, bits) for plane in picture.planes]
    planar = av.VideoFormat(layout.planar, picture.width, picture.height).components
    planes: list[Plane] = []
    for component, (plane, first, step) in zip(planar, ((0, layout.luma_first, layout.luma_step), *layout.chroma), strict=True):
        samples = memory[plane][:, first::step][:, : component.width]
        planes.append(np.right_shift(samples, layout.shift, dtype=samples.dtype) if layout.shift else samples)
    return planes[0], tuple(planes[1:])


def _rows(plane: VideoPlane, bits: int) -> Plane:
    """Return all samples of a plane, padding at the end of the rows included, as a read-only view, first row on top."""
    rows = _memory(plane, bits)
    rows.flags.writeable = False
    return rows if plane.line_size > 0 else rows[::-1]


def _memory(plane: VideoPlane, bits: int) -> Plane:
    """Return the memory of a plane, in the order of its addresses."""
    dtype: type[np.uint8 | np.uint16] = np.uint16 if bits > 8 else np.uint8
    return cast("Plane", np.frombuffer(memoryview(plane), dtype).reshape(plane.height, -1))
