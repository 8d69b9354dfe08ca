"""Which FFmpeg is inside, for reports of faults and of benchmarks."""

from __future__ import annotations

from indelible.video._av import av

__all__ = ["ffmpeg_version"]


def ffmpeg_version() -> str:
    """Return the version of the FFmpeg that PyAV was built with, for example ``8.1.2``."""
    return str(getattr(av, "ffmpeg_version_info", "unknown"))
