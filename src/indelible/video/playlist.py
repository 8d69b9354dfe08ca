"""Media playlists of HLS, and what they name: files, all of them beside it; nothing else is ever followed."""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from indelible.errors import LimitError, MediaError, UnsupportedMediaError

__all__ = [
    "MOST_SEGMENTS",
    "PLAYLIST_SUFFIX",
    "SegmentList",
    "checked_file",
    "file_beside",
    "listed_segments",
    "playlist_attributes",
    "playlist_lines",
    "playlist_text",
    "segments_named",
]

PLAYLIST_SUFFIX = ".m3u8"
_LARGEST_PLAYLIST = 16_000_000  # bytes
MOST_SEGMENTS = 100_000

_REFUSED_TAGS = {
    "EXT-X-STREAM-INF": "is a master playlist, which names other playlists; give one of those",
    "EXT-X-I-FRAME-STREAM-INF": "is a master playlist, which names other playlists; give one of those",
    "EXT-X-MEDIA": "is a master playlist, which names other playlists; give one of those",
    "EXT-X-BYTERANGE": "names parts of files; write a file for each segment: ffmpeg -i FILE -c copy -f hls OUT.m3u8",
    "EXT-X-DISCONTINUITY": "joins videos whose times do not go on (EXT-X-DISCONTINUITY); split it there",
    "EXT-X-GAP": "has gaps (EXT-X-GAP)",
    "EXT-X-SKIP": "is a delta update (EXT-X-SKIP); give the whole playlist",
    "EXT-X-PART": "is of low-latency HLS (EXT-X-PART); give a playlist of whole segments",
}
_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)')


@dataclass(frozen=True, slots=True)
class SegmentList:
    """A video in segments.

    Args:
        folder: in which everything lies.
        playlist: the playlist or manifest that names them; None where a folder has none.
        header: the initialisation segment of fragmented MP4; None for MPEG-TS, and where each file has its own.
        segments: the others, in order.
        others: files that the manifest names besides, of sound and text.
    """

    folder: Path
    playlist: Path | None
    header: Path | None
    segments: tuple[Path, ...]
    others: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """All that is read, in order."""
        return self.segments if self.header is None else (self.header, *self.segments)


def playlist_text(playlist: Path) -> str:
    """Return what a playlist or manifest says.

    Raises:
        MediaError: if it cannot be opened.
        UnsupportedMediaError: if it is no regular file, or no text.
        LimitError: if it is too large.
    """
    try:
        if not stat.S_ISREG(playlist.stat().st_mode):
            raise UnsupportedMediaError(f"{playlist} is no regular file; give a playlist, or the folder of one")
        with playlist.open("rb") as file:
            raw = file.read(_LARGEST_PLAYLIST + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, MediaError):
            raise
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise MediaError(f"cannot open {playlist}: {reason}; check the name and the rights") from error
    if len(raw) > _LARGEST_PLAYLIST:
        raise LimitError(f"{playlist} is larger than {_LARGEST_PLAYLIST} bytes; is it a playlist?")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnsupportedMediaError(f"{playlist} is not UTF-8 text; is it a playlist?") from error


def playlist_lines(playlist: Path) -> list[str]:
    """Return the lines of a playlist of HLS, blanks around them removed.

    Raises:
        MediaError: if it cannot be opened.
        UnsupportedMediaError: if it is no playlist.
        LimitError: if it is too large.
    """
    return _lines(playlist, playlist_text(playlist))


def _lines(playlist: Path, text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    if not lines or lines[0] != "#EXTM3U":
        raise UnsupportedMediaError(f"{playlist} does not begin with #EXTM3U; is it a playlist of HLS?")
    return lines


def listed_segments(playlist: Path, text: str) -> SegmentList:
    """Return the segments that a media playlist of HLS names, as `indelible.video.segments.segment_list` does."""
    lines = _lines(playlist, text)
    names: list[str] = []
    headers: set[str] = set()
    for line in lines:
        tag, _, value = line.removeprefix("#").partition(":")
        if line and not line.startswith("#"):
            names.append(line)
        elif line.startswith("#EXT") and tag in _REFUSED_TAGS:
            raise UnsupportedMediaError(f"{playlist} {_REFUSED_TAGS[tag]}")
        elif tag == "EXT-X-KEY" and playlist_attributes(value).get("METHOD") != "NONE":
            raise UnsupportedMediaError(f"{playlist} is encrypted (EXT-X-KEY); decrypt it first: ffmpeg -i IN.m3u8 -c copy OUT.m3u8")
        elif tag == "EXT-X-MAP":
            attributes = playlist_attributes(value)
            if "BYTERANGE" in attributes:
                raise UnsupportedMediaError(f"{playlist} {_REFUSED_TAGS['EXT-X-BYTERANGE']}")
            headers.add(attributes.get("URI", ""))
    if len(headers) > 1:
        raise UnsupportedMediaError(f"{playlist} has {len(headers)} initialisation segments; split it where they change")
    return segments_named(playlist, next(iter(headers), None), names)


def segments_named(playlist: Path, header: str | None, names: Sequence[str]) -> SegmentList:
    """Return the segments of the names in a playlist or manifest, that of the initialisation segment first if there is one.

    Raises:
        MediaError: if there are none, or one cannot be opened.
        UnsupportedMediaError: if one lies elsewhere, or is named twice.
        LimitError: if they are too many.
    """
    if not names:
        raise MediaError(f"{playlist} names no segment; was it written completely?")
    if len(names) > MOST_SEGMENTS:
        raise LimitError(f"{playlist} names {len(names)} segments; at most {MOST_SEGMENTS} are allowed: split it")
    every = [*([] if header is None else [header]), *names]
    if len(set(every)) < len(every):
        raise UnsupportedMediaError(f"{playlist} names a file twice; each segment must be a file of its own")
    files = [file_beside(playlist, name) for name in every]
    return SegmentList(playlist.parent, playlist, None if header is None else files.pop(0), tuple(files))


def playlist_attributes(text: str) -> dict[str, str]:
    """Return the attributes that a tag lists, quotes removed."""
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(text)}


def file_beside(playlist: Path, name: str) -> Path:
    """Return the file of a name in a playlist, which must lie in the playlist's folder, or below.

    Raises:
        MediaError: if it does not, or cannot be opened, or is empty.
    """
    plain = unquote(name)
    if not plain or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", plain) or plain[0] in "/\\" or not plain.isprintable():
        raise UnsupportedMediaError(f"{playlist} names {name!r:.200}; only files beside it are read, never the network or an absolute name")
    file = playlist.parent / plain
    if ".." in Path(plain).parts or not file.resolve().is_relative_to(playlist.parent.resolve()):
        raise UnsupportedMediaError(f"{playlist} names {name!r:.200}, which lies outside of its folder; only files beside it are read")
    return checked_file(playlist, file)


def checked_file(owner: Path, file: Path) -> Path:
    """Return a file that a playlist names, or a folder holds, if it is one that can be read.

    Raises:
        MediaError: if it cannot.
    """
    try:
        status = file.stat()
    except OSError as error:
        raise MediaError(f"{owner} names {file.name}, which cannot be opened: {error.strerror}; is it complete?") from error
    if not stat.S_ISREG(status.st_mode):
        raise UnsupportedMediaError(f"{owner} names {file.name}, which is no regular file")
    if status.st_size == 0:
        raise MediaError(f"{owner} names {file.name}, which is empty; was it written or copied completely?")
    return file
