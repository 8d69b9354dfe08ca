"""What a file says of its video: size, codec, rates, colours, rotation, streams."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from indelible.errors import MediaError
from indelible.frames import VideoInfo
from indelible.video._av import av, exact_fraction, media_errors
from indelible.video.patience import waiting_for
from indelible.video.planes import color_tags, planar_format
from indelible.video.presentation import Presentation, presentation_of
from indelible.video.source import DEFAULT_MAX_PIXELS, Source, main_video_stream, open_input, source_name

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

__all__ = ["claimed_end_seconds", "presentation", "probe", "video_info"]

_MATROSKA_DURATION = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


def probe(source: Source, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> VideoInfo:
    """Return what ``source`` says of its first moving-picture stream; one picture is decoded, for its colours and rotation.

    A pipe is read by this and cannot be read again; use ``open_video(...).info`` for one.

    Raises:
        MediaError: if the source is missing, empty, damaged from the start or not a video.
        UnsupportedMediaError: if it has no video stream, or is no regular file.
        LimitError: if its pictures or streams are beyond the limits.
    """
    name = source_name(source)
    with open_input(source, max_pixels=max_pixels) as container:
        stream = main_video_stream(container, name=name, max_pixels=max_pixels)
        return video_info(container, stream, _first_picture(container, stream, name=name))


def video_info(container: InputContainer, stream: VideoStream, picture: VideoFrame) -> VideoInfo:
    """Return the description of an open container whose first decoded picture is ``picture``."""
    time_base = exact_fraction(stream.time_base) or Fraction(1, av.time_base)
    return VideoInfo(
        width=picture.width,
        height=picture.height,
        pixel_format=planar_format(picture.format.name) or picture.format.name,
        codec=stream.codec_context.codec.canonical_name,
        container=container.format.name,
        frame_rate=exact_fraction(stream.average_rate) or exact_fraction(stream.guessed_rate),
        time_base=time_base,
        duration_seconds=_duration_seconds(container, stream, time_base),
        frames=stream.frames or None,
        bitrate_bps=_bitrate_bps(container, stream),
        rotation_deg=picture.rotation,
        sample_aspect_ratio=exact_fraction(stream.sample_aspect_ratio) or Fraction(1),
        color=color_tags(picture),
        streams=tuple(f"{other.type}:{_codec_name(other)}" for other in container.streams),
    )


def presentation(source: Source, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Presentation:
    """Return what a source says of how to show its pictures: turned, in fields, on which screen."""
    name = source_name(source)
    with open_input(source, max_pixels=max_pixels) as container:
        stream = main_video_stream(container, name=name, max_pixels=max_pixels)
        return presentation_of(stream.codec_context, _first_picture(container, stream, name=name))


def _first_picture(container: InputContainer, stream: VideoStream, *, name: str) -> VideoFrame:
    with waiting_for(name), media_errors(name, task="decode", advice="no picture could be decoded; is the file damaged?"):
        for picture in container.decode(stream):
            return picture
    raise MediaError(f"cannot decode {name}: its video stream holds no picture; was it written or copied completely?")


def _codec_name(stream: Stream) -> str:
    return stream.codec_context.codec.canonical_name if stream.codec_context is not None else stream.name or "unknown"


def claimed_end_seconds(container: InputContainer, stream: VideoStream) -> float | None:
    """Return when a file says that its video ends, in its own time; None where it does not say, or only for all streams together."""
    time_base = exact_fraction(stream.time_base)
    if stream.duration and time_base:
        return float(((stream.start_time or 0) + stream.duration) * time_base)
    if match := _MATROSKA_DURATION.match(stream.metadata.get("DURATION", "")):
        return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])
    return container.duration / av.time_base if container.duration and len(container.streams) == 1 else None


def _duration_seconds(container: InputContainer, stream: VideoStream, time_base: Fraction) -> float | None:
    if stream.duration:
        return float(stream.duration * time_base)
    claimed = claimed_end_seconds(container, stream)
    if claimed is not None:
        return max(0.0, claimed - float((stream.start_time or 0) * time_base))
    return container.duration / av.time_base if container.duration else None


def _bitrate_bps(container: InputContainer, stream: VideoStream) -> int | None:
    """Return the stream's own rate or, where the container keeps none (Matroska), the file's without the other streams."""
    if stream.codec_context.bit_rate:
        return int(stream.codec_context.bit_rate)
    others = sum(
        other.codec_context.bit_rate or 0 for other in container.streams if other is not stream and other.codec_context is not None
    )
    rate = (container.bit_rate or 0) - others
    return rate if rate > 0 else None
