"""What a file says of its own length, in the places where the containers keep it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from indelible.video._av import av, exact_fraction

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

__all__ = ["claimed_end_seconds", "claimed_seconds"]

_MATROSKA_DURATION = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


def claimed_end_seconds(container: InputContainer, stream: VideoStream) -> float | None:
    """Return when a file says that its video ends, in its own time; None where it does not say, or only for all streams together."""
    time_base = exact_fraction(stream.time_base)
    if stream.duration and time_base:
        return float(((stream.start_time or 0) + _ticks(container, stream)) * time_base)
    if match := _MATROSKA_DURATION.match(stream.metadata.get("DURATION", "")):
        return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])
    return container.duration / av.time_base if container.duration and len(container.streams) == 1 else None


def claimed_seconds(container: InputContainer, stream: VideoStream) -> float | None:
    """Return how long a file says that its video is, or all of it where it says no more; None where it does not say."""
    time_base = exact_fraction(stream.time_base)
    if stream.duration and time_base:
        return float(_ticks(container, stream) * time_base)
    claimed = claimed_end_seconds(container, stream)
    if claimed is not None:
        return max(0.0, claimed - float((stream.start_time or 0) * (time_base or 0)))
    return container.duration / av.time_base if container.duration else None


def _ticks(container: InputContainer, stream: VideoStream) -> int:
    """Return the stated length. Of MP4 in fragments FFmpeg knows when they end and takes that for it, whenever they begin."""
    duration, start = stream.duration or 0, stream.start_time or 0
    in_fragments = container.format.name.startswith("mov") and not stream.frames
    return duration - start if in_fragments and duration > start else duration
