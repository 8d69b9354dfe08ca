"""Which FFmpeg and which encoders are inside, for reports of faults, benchmarks and certificates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from indelible.video._av import av

__all__ = ["encoder_libraries", "ffmpeg_version"]

_LIBRARIES = {"x264": "x264", "x265": "x265", "av1": "svtav1enc", "vp9": "vpx"}


def ffmpeg_version() -> str:
    """Return the version of the FFmpeg that PyAV was built with, for example ``8.1.2``."""
    return str(getattr(av, "ffmpeg_version_info", "unknown"))


def encoder_libraries(codecs: Sequence[str]) -> dict[str, str]:
    """Return the library that encodes each codec, by its file's name, which holds its version and, in wheels of PyAV, a digest of it.

    FFmpeg's own encoders, and those of a PyAV that was built otherwise, go by FFmpeg's version.
    """
    folders = (Path(av.__file__).parents[1] / "av.libs", Path(av.__file__).parent / ".dylibs")
    files = sorted(file.name for folder in folders if folder.is_dir() for file in folder.iterdir())
    found = {codec: next((name for name in files if _LIBRARIES.get(codec, "/") in name.lower()), None) for codec in codecs}
    return {codec: name or f"FFmpeg {ffmpeg_version()}" for codec, name in found.items()}
