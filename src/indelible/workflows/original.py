"""A video that is looked at once and encoded again and again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from typing import BinaryIO, cast

from indelible.errors import MediaError
from indelible.frames import Frame
from indelible.verify.descriptor import look_at, shown_aspect
from indelible.video import Limits, Source, open_video
from indelible.video.joined import JoinedFiles
from indelible.video.segments import is_segmented, segment_list
from indelible.video.source import source_name
from indelible.workflows.certificate import sha256_of

__all__ = ["Original", "digest_of"]

_HELD_BYTES = 600_000_000
_BLOCK_BYTES = 1 << 20


class Original:
    """A source held in memory, or read anew each time where it is too large.

    Args:
        source: a path, also of a playlist or a folder of segments, or a file object that can be read from its start again.
        limits: how much of it is read.

    Raises:
        MediaError: if it cannot be read.
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        self.source, self._limits = source, limits
        self._held: list[Frame] | None = []
        with open_video(source, limits=limits) as reader:
            self.info = reader.info
            self.wide = shown_aspect(reader.info) >= 1.0
            self.look = look_at(self._keeping(reader), reader.info, wide=self.wide)
            self.warnings = tuple(reader.warnings)

    def _keeping(self, frames: Iterable[Frame]) -> Iterable[Frame]:
        size = 0
        for frame in frames:
            size += frame.y.nbytes + sum(plane.nbytes for plane in frame.chroma)
            if size > _HELD_BYTES:
                self._held = None
            elif self._held is not None:
                self._held.append(frame)
            yield frame

    def frames(self) -> Iterable[Frame]:
        """Give all frames from the start."""
        if self._held is not None:
            yield from self._held
            return
        with open_video(self.source, limits=self._limits) as reader:
            yield from reader


def digest_of(source: Source) -> str:
    """Return the SHA-256 of a file or, of a video in segments, of all its segments one after the other; hexadecimal.

    Args:
        source: a path, or a binary file object that can be read from its start again.

    Raises:
        MediaError: if it cannot be read.
    """
    if isinstance(source, str | os.PathLike):
        if not is_segmented(source):
            return sha256_of(source)
        source = cast("BinaryIO", JoinedFiles(segment_list(source).files, name=os.fspath(source)))
    running = hashlib.sha256()
    try:
        source.seek(0)
        while data := source.read(_BLOCK_BYTES):
            running.update(data)
    except OSError as error:
        raise MediaError(f"cannot read {source_name(source)}: {error.strerror or error}") from error
    return running.hexdigest()
