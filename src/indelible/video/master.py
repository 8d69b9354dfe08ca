"""What playlists of HLS declare: the variants of a master playlist, and the lengths of the segments of a media playlist."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from indelible.errors import MediaError, UnsupportedMediaError
from indelible.video.playlist import PLAYLIST_SUFFIX, file_beside, playlist_attributes, playlist_lines

__all__ = ["DeclaredSegments", "Variant", "declared_segments", "is_master", "master_variants"]

_MOST_VARIANTS = 200


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant that a master playlist declares.

    Args:
        playlist: its media playlist.
        name: the same as the master playlist writes it.
        attributes: of its EXT-X-STREAM-INF, quotes removed.
        separate_sound: whether its sound lies in segments of its own, whose bits its rates count too.
    """

    playlist: Path
    name: str
    attributes: dict[str, str]
    separate_sound: bool


@dataclass(frozen=True, slots=True)
class DeclaredSegments:
    """What a media playlist says of lengths: its EXT-X-TARGETDURATION (None without one), and the EXTINF of each segment."""

    target_seconds: float | None
    seconds: tuple[float | None, ...]


def is_master(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is a playlist that names other playlists.

    Raises:
        MediaError: if it looks like a playlist and cannot be read.
    """
    if not os.fspath(path).lower().endswith(PLAYLIST_SUFFIX):
        return False
    return any(line.startswith("#EXT-X-STREAM-INF") for line in playlist_lines(Path(path)))


def master_variants(path: str | os.PathLike[str]) -> tuple[Variant, ...]:
    """Return the variants of a master playlist, whose media playlists all lie beside or below it.

    Raises:
        MediaError: if it cannot be read, or names a playlist that is missing or lies elsewhere.
        UnsupportedMediaError: if it is no master playlist, or a tag in it cannot be understood.
    """
    master = Path(path)
    lines = playlist_lines(master)
    separate = {
        attributes.get("GROUP-ID")
        for line in lines
        if line.startswith("#EXT-X-MEDIA:") and (attributes := playlist_attributes(line)).get("TYPE") == "AUDIO" and "URI" in attributes
    }
    found: list[Variant] = []
    pending: dict[str, str] | None = None
    for line in lines:
        if line.startswith("#EXT-X-STREAM-INF:"):
            pending = playlist_attributes(line)
        elif line and not line.startswith("#") and pending is not None:
            sound = pending.get("AUDIO")
            found.append(Variant(file_beside(master, line), line, pending, sound is not None and sound in separate))
            pending = None
    if not found:
        raise UnsupportedMediaError(f"{master} names no variant (EXT-X-STREAM-INF); is it a master playlist?")
    if len(found) > _MOST_VARIANTS:
        raise UnsupportedMediaError(f"{master} names {len(found)} variants; at most {_MOST_VARIANTS} are allowed")
    return tuple(found)


def declared_segments(playlist: Path) -> DeclaredSegments:
    """Return what a media playlist says of the lengths of its segments.

    Raises:
        MediaError: if it cannot be read.
        UnsupportedMediaError: if a length in it is no number.
    """
    target: float | None = None
    lengths: list[float | None] = []
    pending: float | None = None
    for line in playlist_lines(playlist):
        if line.startswith("#EXT-X-TARGETDURATION:"):
            target = _seconds(playlist, line)
        elif line.startswith("#EXTINF:"):
            pending = _seconds(playlist, line)
        elif line and not line.startswith("#"):
            lengths.append(pending)
            pending = None
    if not lengths:
        raise MediaError(f"{playlist} names no segment; was it written completely?")
    return DeclaredSegments(target, tuple(lengths))


def _seconds(playlist: Path, line: str) -> float:
    number = re.fullmatch(r"#[A-Z-]+:\s*(\d{1,9}(?:\.\d{1,12})?)\s*(?:,.*)?", line)
    if number is None:
        raise UnsupportedMediaError(f"{playlist}: {line[:80]!r} says no length in seconds; correct it")
    return float(number[1])
