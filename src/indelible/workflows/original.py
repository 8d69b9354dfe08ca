"""A video that is looked at once and encoded again and again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from indelible.errors import MediaError
from indelible.frames import Frame
from indelible.verify.descriptor import look_at, shown_aspect
from indelible.video import Limits, open_video
from indelible.video.playlist import is_segmented, segment_list
from indelible.workflows.certificate import sha256_of

__all__ = ["Original", "digest_of"]

_HELD_BYTES = 600_000_000


class Original:
    """A source held in memory, or read anew each time where it is too large.

    Args:
        path: of a file, a playlist or a folder of segments.
        limits: how much of it is read.

    Raises:
        MediaError: if it cannot be read.
    """

    def __init__(self, path: str, limits: Limits) -> None:
        self.path, self._limits = path, limits
        self._held: list[Frame] | None = []
        with open_video(path, limits=limits) as reader:
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
        with open_video(self.path, limits=self._limits) as reader:
            yield from reader


def digest_of(path: str) -> str:
    """Return the SHA-256 of a file or, of a video in segments, of all its segments one after the other; hexadecimal.

    Raises:
        MediaError: if it cannot be read.
    """
    if not is_segmented(path):
        return sha256_of(path)
    running = hashlib.sha256()
    for part in segment_list(path).files:
        try:
            with part.open("rb") as file:
                hashlib.file_digest(file, lambda: running)
        except OSError as error:
            raise MediaError(f"cannot read {part}: {error.strerror or error}") from error
    return running.hexdigest()
