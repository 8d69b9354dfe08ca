"""How far a use case has come, for whoever wants to show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from indelible.frames import Frame
from indelible.video import VideoReader

__all__ = ["Progress", "followed"]

Progress = Callable[[float, float | None], object]
"""Called with the seconds of video done, and those in all, None where the file does not say."""


def followed(reader: VideoReader, progress: Progress | None) -> Iterator[Frame]:
    """Yield the frames of a video, telling ``progress`` of each."""
    if progress is None:
        yield from reader
        return
    start: float | None = None
    for frame in reader:
        now = frame.pts_seconds or 0.0
        start = now if start is None else start
        progress(now - start, reader.info.duration_seconds)
        yield frame
