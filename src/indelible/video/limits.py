"""How much of a video is read: limits that are checked against what a file claims before anything is decoded, and against what comes."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from indelible.errors import InputError, LimitError
from indelible.frames import VideoInfo

__all__ = ["DEFAULT_LIMITS", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a video may hold. The defaults let through what people and studios make, and stop what is made to exhaust a machine.

    Args:
        pixels: of a picture.
        streams: of a file.
        frames: of the video.
        seconds: from the first picture to the last.

    Raises:
        InputError: if one is not above zero.
    """

    pixels: int = 8192 * 8192
    streams: int = 64
    frames: int = 10_000_000
    seconds: float = 86_400

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise InputError(f"the limit of {field.name} is {value}; it must be above 0")

    def admitting(self, info: VideoInfo) -> Limits:
        """Return limits that also let through a video which somebody has already let in."""
        return Limits(
            pixels=max(self.pixels, info.width * info.height),
            streams=max(self.streams, len(info.streams)),
            frames=max(self.frames, info.frames or 0),
            seconds=max(self.seconds, math.ceil(info.duration_seconds or 0)),
        )

    def check_streams(self, name: str, streams: int) -> None:
        """Check the number of streams of the file ``name``."""
        if streams > self.streams:
            raise LimitError(
                f"{name} has more than {self.streams} streams; keep the ones that matter with: ffmpeg -i FILE -c copy out.mkv, "
                f"or {_allow('streams')}"
            )

    def check_size(self, name: str, width: int, height: int) -> None:
        """Check the size of the pictures."""
        if width * height > self.pixels:
            raise LimitError(
                f"{name} has pictures of {width}x{height}, {width * height} pixels; at most {self.pixels} are allowed: {_allow('pixels')}"
            )

    def check_claims(self, name: str, *, frames: int | None, seconds: float | None) -> None:
        """Check what a file says of its length; None where it says nothing."""
        if frames is not None and frames > self.frames:
            raise LimitError(f"{name} says that it holds {frames} frames; at most {self.frames} are allowed: {_shorten('frames')}")
        if seconds is not None and seconds > self.seconds:
            raise LimitError(f"{name} says that it lasts {seconds:.0f} s; at most {self.seconds:g} s are allowed: {_shorten('seconds')}")

    def check_progress(self, name: str, *, frames: int, seconds: float) -> None:
        """Check how much has come, whatever the file said."""
        if frames > self.frames:
            raise LimitError(f"{name} goes on after {self.frames} frames, the most that are allowed: {_shorten('frames')}")
        if seconds > self.seconds:
            raise LimitError(f"{name} goes on to {seconds:.0f} s; at most {self.seconds:g} s are allowed: {_shorten('seconds')}")


def _shorten(limit: str) -> str:
    return f"cut it with ffmpeg -i FILE -t SECONDS -c copy out.mkv, or {_allow(limit)}"


def _allow(limit: str) -> str:
    return f"allow more (Limits({limit}=N), --limit {limit}=N)"


DEFAULT_LIMITS = Limits()
