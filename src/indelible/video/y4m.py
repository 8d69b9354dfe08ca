"""YUV4MPEG2, the pipe that encoders and players agree on: raw pictures at one rate, and hardly anything said of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from indelible.errors import InputError
from indelible.frames import ColorTags, Frame, VideoInfo

__all__ = ["Y4M", "at_one_rate", "left_behind"]

Y4M = "yuv4mpegpipe"
"""FFmpeg's name of the container."""

_SQUARE = Fraction(1)


def at_one_rate(frames: Iterable[Frame], rate: Fraction | None) -> Iterator[Frame]:
    """Yield frames that count in units of their rate from zero, which is all that y4m can say of time.

    Times may be rounded or jitter by up to a frame; a mark and the sound of a video with a variable rate would lose their place.

    Raises:
        InputError: if a frame is further than that from its place.
    """
    start: Fraction | None = None
    for index, frame in enumerate(frames):
        if rate is None:
            rate = 1 / (frame.duration * frame.time_base) if frame.duration else Fraction(25)
        if frame.pts is not None:
            now = frame.pts * frame.time_base
            start = now if start is None else start
            if abs((now - start) * rate - index) > 1:
                raise InputError(
                    f"frame {index} comes after {float(now - start):.3f} s, not its place at {float(rate):g} frames a second: y4m has one "
                    "rate; choose nut or matroska for a pipe, or make the rate constant first: ffmpeg -i FILE -vf fps=N out.mkv"
                )
        yield replace(frame, pts=index, time_base=1 / rate, duration=1)


def left_behind(info: VideoInfo, color: ColorTags, *, turned: bool) -> tuple[str, ...]:
    """Return a warning of all that y4m cannot say of a video, none if there is nothing."""
    others = list(info.streams)
    if (own := f"video:{info.codec}") in others:
        others.remove(own)
    missing = []
    if others:
        missing.append(f"the other streams ({', '.join(others)})")
    if {color.primaries, color.transfer, color.matrix} - {2}:
        missing.append("colour tags")
    if info.sample_aspect_ratio != _SQUARE:
        missing.append("the aspect ratio of the pixels")
    if turned:
        missing.append("the rotation")
    return (f"y4m holds pictures and nothing else; not carried over: {', '.join(missing)}",) if missing else ()
