"""Videos in segments: a playlist, or a folder, that names files, all of them beside it; nothing else is ever followed."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from indelible.errors import LimitError, MediaError, UnsupportedMediaError

__all__ = [
    "MPEGTS_SUFFIXES",
    "PLAYLIST_SUFFIX",
    "SegmentList",
    "file_beside",
    "is_segmented",
    "playlist_attributes",
    "playlist_lines",
    "segment_list",
]

PLAYLIST_SUFFIX = ".m3u8"
MPEGTS_SUFFIXES = (".ts",)
_MP4_SUFFIXES = (".m4s", ".mp4", ".m4v", ".cmfv")
_LARGEST_PLAYLIST = 16_000_000  # bytes
_MOST_SEGMENTS = 100_000

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
        playlist: the file that names them; None where a folder has none.
        header: the initialisation segment of fragmented MP4, None for MPEG-TS.
        segments: the others, in order.
    """

    folder: Path
    playlist: Path | None
    header: Path | None
    segments: tuple[Path, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """All that is read, in order."""
        return self.segments if self.header is None else (self.header, *self.segments)


def is_segmented(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is a folder or a playlist, by its name."""
    return os.fspath(path).lower().endswith(PLAYLIST_SUFFIX) or os.path.isdir(path)


def segment_list(path: str | os.PathLike[str]) -> SegmentList:
    """Return the segments that a media playlist of HLS names or, where a folder has no playlist, those in it by their numbers.

    Raises:
        MediaError: if it, or a file that it names, is missing or empty.
        UnsupportedMediaError: if it names anything outside of its folder, or cannot be read as one video.
        LimitError: if it names too many files.
    """
    place = Path(path)
    if not place.is_dir():
        return _of_playlist(place, _text(place))
    # A master playlist beside the media playlists names nothing that they do not.
    texts = {each: _text(each) for each in sorted(place.glob(f"*{PLAYLIST_SUFFIX}"))}
    media = [each for each, text in texts.items() if "#EXT-X-STREAM-INF" not in text]
    if len(media) == 1:
        return _of_playlist(media[0], texts[media[0]])
    if media:
        raise UnsupportedMediaError(f"{place} holds {len(media)} playlists ({', '.join(each.name for each in media[:3])}, ...); give one")
    return _of_folder(place)


def _text(playlist: Path) -> str:
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
    return _lines(playlist, _text(playlist))


def _lines(playlist: Path, text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    if not lines or lines[0] != "#EXTM3U":
        raise UnsupportedMediaError(f"{playlist} does not begin with #EXTM3U; is it a playlist of HLS?")
    return lines


def _of_playlist(playlist: Path, text: str) -> SegmentList:
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
    if not names:
        raise MediaError(f"{playlist} names no segment; was it written completely?")
    if len(names) > _MOST_SEGMENTS:
        raise LimitError(f"{playlist} names {len(names)} segments; at most {_MOST_SEGMENTS} are allowed: split it")
    if len(headers) > 1:
        raise UnsupportedMediaError(f"{playlist} has {len(headers)} initialisation segments; split it where they change")
    every = [*headers, *names]
    if len(set(every)) < len(every):
        raise UnsupportedMediaError(f"{playlist} names a file twice; each segment must be a file of its own")
    files = [file_beside(playlist, name) for name in every]
    header = files.pop(0) if headers else None
    return SegmentList(playlist.parent, playlist, header, tuple(files))


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
    return _checked(playlist, file)


def _of_folder(folder: Path) -> SegmentList:
    """Return the segments of a folder without a playlist: all files of one kind, in the order of the numbers in their names."""
    files = [each for each in folder.iterdir() if each.suffix.lower() in (*MPEGTS_SUFFIXES, *_MP4_SUFFIXES)]
    if not files:
        raise UnsupportedMediaError(
            f"{folder} is a folder without a playlist or segments ({PLAYLIST_SUFFIX}, {', '.join((*MPEGTS_SUFFIXES, *_MP4_SUFFIXES))}); "
            "give a file, or - for standard input"
        )
    if len(files) > _MOST_SEGMENTS:
        raise LimitError(f"{folder} holds {len(files)} segments; at most {_MOST_SEGMENTS} are allowed: split it")
    files = sorted((_checked(folder, each) for each in files), key=_numbers)
    if any(each.suffix.lower() not in MPEGTS_SUFFIXES for each in files):
        headers = sorted(each for each in files if _is_header(each))
        if len(headers) != 1:
            found = ", ".join(each.name for each in headers[:4]) or "none"
            raise UnsupportedMediaError(
                f"{folder} holds {len(headers)} initialisation segments ({found}) and no playlist; one video has one: give a folder "
                f"of one video, or a playlist ({PLAYLIST_SUFFIX})"
            )
        files.remove(headers[0])
        if not files:
            raise MediaError(f"{folder} holds an initialisation segment ({headers[0].name}) and nothing else; was it written completely?")
        return SegmentList(folder, None, headers[0], tuple(files))
    return SegmentList(folder, None, None, tuple(files))


def _checked(owner: Path, file: Path) -> Path:
    try:
        status = file.stat()
    except OSError as error:
        raise MediaError(f"{owner} names {file.name}, which cannot be opened: {error.strerror}; is it complete?") from error
    if not stat.S_ISREG(status.st_mode):
        raise UnsupportedMediaError(f"{owner} names {file.name}, which is no regular file")
    if status.st_size == 0:
        raise MediaError(f"{owner} names {file.name}, which is empty; was it written or copied completely?")
    return file


def _numbers(file: Path) -> list[tuple[int, str]]:
    """Return what sorts seg9 before seg10."""
    return [(int(digits or 0), other) for other, digits in re.findall(r"(\D*)(\d*)", file.name)]


def _is_header(file: Path) -> bool:
    """Return whether a file of MP4 describes a video and holds nothing of it: a box moov, and no mdat or moof."""
    kinds: list[bytes] = []
    with file.open("rb") as opened:
        while len(head := opened.read(8)) == 8 and len(kinds) < 16:
            size, kind = int.from_bytes(head[:4], "big"), head[4:]
            kinds.append(kind)
            if size < 8 or kind in (b"moof", b"mdat"):
                break
            opened.seek(size - 8, os.SEEK_CUR)
    return b"moov" in kinds and not {b"moof", b"mdat"} & set(kinds)
