"""How pictures are to be shown, besides their times and colours: turned, in fields, mastered for which screen."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from indelible.errors import InputError
from indelible.video._av import av

if TYPE_CHECKING:
    from av.sidedata.sidedata import SideData
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

__all__ = [
    "TOP_FIRST",
    "FieldMarker",
    "Mastering",
    "Presentation",
    "check_fields",
    "encode_fields",
    "lost_with",
    "mastering_parameters",
    "presentation_of",
]

# FFmpeg's AVFieldOrder: both fields' order in the stream and on the screen. What counts here is the screen.
TOP_FIRST, _BOTTOM_FIRST = 2, 3
_SHOWN_FIRST = {2: TOP_FIRST, 3: _BOTTOM_FIRST, 4: _BOTTOM_FIRST, 5: TOP_FIRST}
_IN_WORDS = {TOP_FIRST: "top field first", _BOTTOM_FIRST: "bottom field first"}
_KEEPS_FIELDS = ("x264", "ffv1", "raw")

# What the pictures of some sources carry and no encoder here can be given.
_LOST = {
    "A53_CC": "closed captions inside the pictures (CEA-608/708)",
    "DYNAMIC_HDR_PLUS": "HDR10+ dynamic metadata",
    "DYNAMIC_HDR_VIVID": "HDR Vivid dynamic metadata",
    "DOVI_METADATA": "Dolby Vision metadata",
    "DOVI_RPU_BUFFER": "Dolby Vision metadata",
    "ICC_PROFILE": "an ICC colour profile",
    "SPHERICAL": "the projection of a 360-degree video",
    "STEREO3D": "the arrangement of a 3D video",
}


@dataclass(frozen=True, slots=True)
class Mastering:
    """The screen a video was mastered on (SMPTE ST 2086) and its brightest pictures (CTA-861.3).

    ``primaries`` are x and y of red, green, blue and the white point; ``luminance`` is least and most in candela per square metre;
    ``light`` is the maximum of a pixel and of a picture's average. What is not said is None.
    """

    primaries: tuple[tuple[Fraction, Fraction], ...] | None = None
    luminance: tuple[Fraction, Fraction] | None = None
    light: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Presentation:
    """What is said of how to show the pictures of a video.

    Args:
        matrix: the nine numbers of a display matrix: rotation and mirroring.
        field_order: 2 for interlaced pictures with the top field first, 3 for the bottom one, 0 for whole pictures.
        mastering: of HDR10.
        lost: what else there is, in words, and cannot be written.
    """

    matrix: tuple[int, ...] | None = None
    field_order: int = 0
    mastering: Mastering | None = None
    lost: tuple[str, ...] = ()


def presentation_of(context: VideoCodecContext, picture: VideoFrame) -> Presentation:
    """Return what an open decoder and its first picture say."""
    found = {data.type.name: bytes(data) for data in cast("list[SideData]", list(picture.side_data))}
    matrix = found.get("DISPLAYMATRIX")
    return Presentation(
        matrix=None if matrix is None else struct.unpack("=9i", matrix),
        field_order=_SHOWN_FIRST.get(int(context.field_order), TOP_FIRST) if picture.interlaced_frame else 0,
        mastering=_mastering(found.get("MASTERING_DISPLAY_METADATA"), found.get("CONTENT_LIGHT_LEVEL")),
        lost=lost_with(picture),
    )


def lost_with(picture: VideoFrame) -> tuple[str, ...]:
    """Return, in words, what a picture carries that no encoder here can be given."""
    found = {data.type.name for data in cast("list[SideData]", list(picture.side_data))}
    return tuple(dict.fromkeys(words for kind, words in _LOST.items() if kind in found))


def _mastering(display: bytes | None, light: bytes | None) -> Mastering | None:
    """Read AVMasteringDisplayMetadata (ten rationals, two flags) and AVContentLightMetadata."""
    primaries = luminance = None
    if display is not None and len(display) >= 88:
        numbers = struct.unpack_from("=22i", display)
        pairs = [Fraction(*numbers[at : at + 2]) if numbers[at + 1] else Fraction(0) for at in range(0, 20, 2)]
        if numbers[20]:
            primaries = tuple((pairs[at], pairs[at + 1]) for at in range(0, 8, 2))
        if numbers[21]:
            luminance = (pairs[8], pairs[9])
    levels = struct.unpack_from("=2I", light) if light is not None and len(light) >= 8 else None
    if primaries is None and luminance is None and levels is None:
        return None
    return Mastering(primaries, luminance, levels)


def mastering_parameters(codec: str, mastering: Mastering | None) -> tuple[str, list[str]]:
    """Return the option of an encoder that takes its own parameters, and those that say the mastering; none where it cannot.

    Primaries and luminance are written only together, as all three encoders want them.
    """
    option = {"x264": "x264-params", "x265": "x265-params", "av1": "svtav1-params"}.get(codec, "")
    if mastering is None or not option:
        return "", []
    name_display, name_light = {"x264": ("mastering-display", "cll"), "x265": ("master-display", "max-cll")}.get(
        codec, ("mastering-display", "content-light")
    )
    said = []
    if mastering.primaries is not None and mastering.luminance is not None:

        def as_text(value: Fraction, unit: int) -> str:
            # The bitstreams count in 1/50000 and 1/10000; SVT-AV1 is told the numbers themselves.
            return f"{float(value):.6g}" if codec == "av1" else str(round(value * unit))

        corners = dict(zip(("R", "G", "B", "WP"), mastering.primaries, strict=True))
        order = ("G", "B", "R", "WP")
        points = "".join(f"{name}({as_text(corners[name][0], 50_000)},{as_text(corners[name][1], 50_000)})" for name in order)
        least, most = mastering.luminance
        said.append(f"{name_display}={points}L({as_text(most, 10_000)},{as_text(least, 10_000)})")
    if mastering.light is not None:
        said.append(f"{name_light}={mastering.light[0]},{mastering.light[1]}")
    return option, said


def check_fields(presentation: Presentation, codec: str, *, height: int, pixel_format: str) -> None:
    """Check that an encoder keeps the fields of interlaced pictures.

    Raises:
        InputError: if it does not; fields that are encoded as if they were whole pictures come out torn.
    """
    if not presentation.field_order:
        return
    order = _IN_WORDS[presentation.field_order]
    way_out = "or deinterlace first: ffmpeg -i FILE -vf bwdif -c:a copy out.mkv"
    if codec not in _KEEPS_FIELDS:
        raise InputError(
            f"the video is interlaced ({order}), which {codec} cannot keep; choose codec {' or '.join(_KEEPS_FIELDS[:2])}, {way_out}"
        )
    step = 4 if "420p" in pixel_format else 2
    if codec == "x264" and height % step:
        raise InputError(f"the video is interlaced ({order}) and {height} rows high; x264 needs a multiple of {step}: crop it, {way_out}")


def encode_fields(context: VideoCodecContext, order: int) -> None:
    """Tell an encoder, before it is opened, that its pictures are interlaced."""
    context.flags |= int(av.codec.context.Flags.interlaced_dct | av.codec.context.Flags.interlaced_me)
    context.field_order = order


class FieldMarker:
    """Says of each picture that it is interlaced; a picture of PyAV can be told so only by a filter."""

    def __init__(self, order: int) -> None:
        self._mode = "tff" if order == TOP_FIRST else "bff"
        self._graph: av.filter.Graph | None = None

    def mark(self, picture: VideoFrame) -> VideoFrame:
        """Return the same picture, marked; its samples are shared."""
        if self._graph is None:
            self._graph = av.filter.Graph()
            source = self._graph.add_buffer(width=picture.width, height=picture.height, format=picture.format, time_base=picture.time_base)
            self._graph.link_nodes(source, self._graph.add("setfield", f"mode={self._mode}"), self._graph.add("buffersink")).configure()
        self._graph.push(picture)
        return cast("VideoFrame", self._graph.pull())
