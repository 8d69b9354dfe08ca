"""What a file says of its video: size, codec, rates, colours, rotation, streams."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from indelible.errors import MediaError
from indelible.frames import VideoInfo
from indelible.video._av import av, exact_fraction, media_errors
from indelible.video.claims import claimed_seconds
from indelible.video.interrupts import Interruptible
from indelible.video.limits import DEFAULT_LIMITS, Limits
from indelible.video.patience import waiting_for
from indelible.video.planes import color_tags, planar_format
from indelible.video.presentation import Presentation, presentation_of
from indelible.video.source import Source, codec_name, main_video_stream, open_input, source_name

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

__all__ = ["presentation", "probe", "video_info"]


def probe(source: Source, *, limits: Limits = DEFAULT_LIMITS) -> VideoInfo:
    """Return what ``source`` says of its first moving-picture stream; one picture is decoded, for its colours and rotation.

    A pipe is read by this and cannot be read again; use ``open_video(...).info`` for one.

    Raises:
        MediaError: if the source is missing, empty, damaged from the start or not a video.
        UnsupportedMediaError: if it has no video stream, or is no regular file.
        LimitError: if its pictures, streams or claimed length are beyond the limits.
    """
    name = source_name(source)
    with open_input(source, limits=limits) as container:
        stream = main_video_stream(container, name=name, limits=limits)
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
        duration_seconds=claimed_seconds(container, stream),
        frames=stream.frames or None,
        bitrate_bps=_bitrate_bps(container, stream),
        rotation_deg=picture.rotation,
        sample_aspect_ratio=exact_fraction(stream.sample_aspect_ratio) or Fraction(1),
        color=color_tags(picture),
        streams=tuple(f"{other.type}:{codec_name(other)}" for other in container.streams),
    )


def presentation(source: Source, *, limits: Limits = DEFAULT_LIMITS) -> Presentation:
    """Return what a source says of how to show its pictures: turned, in fields, on which screen."""
    name = source_name(source)
    with open_input(source, limits=limits) as container:
        stream = main_video_stream(container, name=name, limits=limits)
        return presentation_of(stream.codec_context, _first_picture(container, stream, name=name))


def _first_picture(container: InputContainer, stream: VideoStream, *, name: str) -> VideoFrame:
    with waiting_for(name), Interruptible(), media_errors(name, task="decode", advice="no picture could be decoded; is the file damaged?"):
        for picture in container.decode(stream):
            return picture
    raise MediaError(f"cannot decode {name}: its video stream holds no picture; was it written or copied completely?")


def _bitrate_bps(container: InputContainer, stream: VideoStream) -> int | None:
    """Return the stream's own rate or, where the container keeps none (Matroska), the file's without the other streams."""
    if stream.codec_context.bit_rate:
        return int(stream.codec_context.bit_rate)
    others = sum(
        other.codec_context.bit_rate or 0 for other in container.streams if other is not stream and other.codec_context is not None
    )
    rate = (container.bit_rate or 0) - others
    return rate if rate > 0 else None
