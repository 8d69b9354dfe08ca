"""The original at hand: looking at it twice, beside each video that is compared with it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from indelible.errors import InputError
from indelible.mark.informed import Reading, Scan, Scanner, SecondLook, register
from indelible.video import Limits, Source, open_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.video.source import is_pipe, source_name
from indelible.workflows.progress import Progress, followed

__all__ = ["Reference", "check_readable_twice"]

_LITTLE = 0.5  # of a received video; with less of the original in it, that is worth saying


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """An unmarked original that was looked at once, for any number of videos to be compared with.

    Args:
        source: where it is.
        limits: how much of it is read.
        scan: what was kept of it.
        warnings: what was wrong with it, a sentence each.
    """

    source: Source
    limits: Limits
    scan: Scan
    warnings: tuple[str, ...]

    @classmethod
    def load(cls, source: Source, *, limits: Limits = DEFAULT_LIMITS, progress: Progress | None = None) -> Reference:
        """Look at an original.

        Raises:
            InputError: if it can be read only once.
            MediaError: if it cannot be read.
            LimitError: if it is beyond the limits, or has too many frames.
        """
        check_readable_twice(source)
        scanner = Scanner()
        with open_video(source, limits=limits) as reader:
            for frame in followed(reader, progress):
                scanner.add(frame)
            warnings = tuple(f"reference {source_name(source)}: {sentence}" for sentence in reader.warnings)
        return cls(source, limits, scanner.scan(), warnings)

    def read(
        self, source: Source, scan: Scan, *, limits: Limits, progress: Progress | None = None
    ) -> tuple[Reading | None, tuple[str, ...]]:
        """Return what a video has besides the original, and what is to be said of that; None if it does not show the original.

        Args:
            source: the video, of which ``scan`` was kept.
            scan: that.
            limits: how much of it is read.
            progress: told of each frame of the second look.
        """
        alignment = register(scan, self.scan)
        if alignment is None:
            return None, ("it does not show the reference, so it was looked at without it",)
        look = SecondLook(alignment)
        with open_video(self.source, limits=self.limits) as original:
            for frame in original:
                if look.original.add(frame):
                    break
        with open_video(source, limits=limits) as received:
            for frame in followed(received, progress):
                look.received.add(frame)
        share = alignment.share
        little = (f"only {share:.0%} of its frames are the reference's; the others count for nothing",)
        return look.reading(), little if share < _LITTLE else ()


def check_readable_twice(source: Source) -> None:
    """Raise an error for a source that can be read only once.

    Raises:
        InputError: for a pipe.
    """
    if isinstance(source, str | os.PathLike) and os.fspath(source) != "-":
        return
    if is_pipe(source):
        raise InputError(f"{source_name(source)} is a pipe, and with a reference both videos are read twice; write it to a file first")
