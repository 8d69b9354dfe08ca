"""Videos in segments: what names them, and which files they are."""

from __future__ import annotations

import os
import re
from pathlib import Path

from indelible.errors import LimitError, MediaError, UnsupportedMediaError
from indelible.video.manifest import MANIFEST_SUFFIX, manifest_and_representation, manifest_segments
from indelible.video.playlist import MOST_SEGMENTS, PLAYLIST_SUFFIX, SegmentList, checked_file, listed_segments, playlist_text

__all__ = ["MP4_SUFFIXES", "is_segmented", "segment_list"]

_MPEGTS_SUFFIXES = (".ts",)
MP4_SUFFIXES = (".m4s", ".mp4", ".m4v", ".cmfv")


def is_segmented(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is a folder, a playlist or a manifest, by its name."""
    name = os.fspath(manifest_and_representation(path)[0]).lower()
    return name.endswith((PLAYLIST_SUFFIX, MANIFEST_SUFFIX)) or os.path.isdir(path)


def segment_list(path: str | os.PathLike[str]) -> SegmentList:
    """Return the segments that a playlist of HLS or a manifest of DASH names or, where a folder has none, those in it by their numbers.

    Args:
        path: of the playlist, the manifest (``film.mpd#ID`` for one of several representations of the pictures), or the folder of one.

    Raises:
        MediaError: if it, or a file that it names, is missing or empty.
        UnsupportedMediaError: if it names anything outside of its folder, or cannot be read as one video.
        LimitError: if it names too many files.
    """
    place = Path(path)
    if not place.is_dir():
        manifest, representation = manifest_and_representation(path)
        if manifest.suffix.lower() == MANIFEST_SUFFIX:
            return manifest_segments(manifest, representation)
        return listed_segments(place, playlist_text(place))
    # A master playlist beside the media playlists names nothing that they do not.
    texts = {each: playlist_text(each) for each in sorted(place.glob(f"*{PLAYLIST_SUFFIX}"))}
    media = [each for each, text in texts.items() if "#EXT-X-STREAM-INF" not in text]
    if len(media) == 1:
        return listed_segments(media[0], texts[media[0]])
    if media:
        raise UnsupportedMediaError(f"{place} holds {len(media)} playlists ({', '.join(each.name for each in media[:3])}, ...); give one")
    manifests = sorted(place.glob(f"*{MANIFEST_SUFFIX}"))
    return manifest_segments(manifests[0]) if len(manifests) == 1 else _of_folder(place)


def _of_folder(folder: Path) -> SegmentList:
    """Return the segments of a folder without a playlist: all files of one kind, in the order of the numbers in their names."""
    files = [each for each in folder.iterdir() if each.suffix.lower() in (*_MPEGTS_SUFFIXES, *MP4_SUFFIXES)]
    if not files:
        raise UnsupportedMediaError(
            f"{folder} is a folder without a playlist or segments ({PLAYLIST_SUFFIX}, {MANIFEST_SUFFIX}, "
            f"{', '.join((*_MPEGTS_SUFFIXES, *MP4_SUFFIXES))}); give a file, or - for standard input"
        )
    if len(files) > MOST_SEGMENTS:
        raise LimitError(f"{folder} holds {len(files)} segments; at most {MOST_SEGMENTS} are allowed: split it")
    files = sorted((checked_file(folder, each) for each in files), key=_numbers)
    if any(each.suffix.lower() not in _MPEGTS_SUFFIXES for each in files):
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
