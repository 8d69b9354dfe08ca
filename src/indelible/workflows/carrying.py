"""What a marked video can take over of its source besides the pictures."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator

from indelible.video import EncoderSettings, Source, VideoReader
from indelible.video.source import is_pipe

__all__ = ["left_behind", "opens_twice"]


def opens_twice(source: Source) -> bool:
    """Return whether the pictures and all else can be read side by side. An open file has one cursor (bytes in memory are shared)."""
    return isinstance(source, str | os.PathLike | io.BytesIO) and not is_pipe(source)


def left_behind(reader: VideoReader, again: Source | None, settings: EncoderSettings) -> Iterator[str]:
    """Yield a warning if nothing but pictures can come along."""
    # Of raw pictures the writer has already said that they go alone.
    if again is None and len(reader.info.streams) > 1 and settings.codec != "raw":
        yield "an open file or pipe is read once, for its pictures; sound and all else were not carried over: give a path to keep them"
