"""The containers that are written: their names, which encoders they hold, and what their muxers must be told."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from indelible.errors import InputError, OutputError
from indelible.video.y4m import Y4M

if TYPE_CHECKING:
    from av.container import InputContainer

__all__ = ["VIDEO_SUFFIXES", "check_container", "check_holds", "container_of_suffix", "muxer_options"]


VIDEO_SUFFIXES = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".nut", ".ts", ".webm", ".y4m"})
"""By which videos are known among the files of a folder; what else is one must be named."""


@dataclass(frozen=True, slots=True)
class _Container:
    suffixes: tuple[str, ...]
    codecs: tuple[str, ...]


# FFmpeg's own answer to what a container holds is too generous: MPEG-TS takes anything, as private data that no player reads.
_CONTAINERS = {
    "mp4": _Container((".mp4", ".m4v"), ("x264", "x265", "av1", "vp9")),
    "mov": _Container((".mov",), ("x264", "x265")),
    "matroska": _Container((".mkv",), ("x264", "x265", "av1", "vp9", "ffv1")),
    "webm": _Container((".webm",), ("av1", "vp9")),
    "nut": _Container((".nut",), ("x264", "x265", "av1", "vp9", "ffv1")),
    Y4M: _Container((".y4m",), ("raw",)),
    "mpegts": _Container((".ts", ".mts", ".m2ts"), ("x264", "x265")),
}

# Tags that MP4 keeps where players look. Any other key needs a form that FFmpeg and editors read, and most players do not.
_MP4_TAGS = frozenset(
    [
        "album",
        "album_artist",
        "artist",
        "comment",
        "compatible_brands",
        "composer",
        "copyright",
        "creation_time",
        "date",
        "description",
        "encoder",
        "episode_id",
        "genre",
        "grouping",
        "handler_name",
        "keywords",
        "language",
        "location",
        "location-eng",
        "lyrics",
        "major_brand",
        "minor_version",
        "network",
        "show",
        "synopsis",
        "timecode",
        "title",
    ]
)


def check_container(container: str) -> None:
    """Check FFmpeg's short name of a container."""
    if container not in _CONTAINERS:
        raise InputError(f"container is {container!r}; it must be one of {', '.join(_CONTAINERS)}")


def container_of_suffix(suffix: str) -> str:
    """Return the container of a file name's suffix (with its dot, in any case)."""
    for name, container in _CONTAINERS.items():
        if suffix.lower() in container.suffixes:
            return name
    known = ", ".join(suffix for container in _CONTAINERS.values() for suffix in container.suffixes)
    raise OutputError(f"{suffix or 'no suffix'} names no container that can be written; use one of {known}")


def check_holds(container: str, codec: str) -> None:
    """Check that a container holds what an encoder makes."""
    codecs = _CONTAINERS[container].codecs
    if codec not in codecs:
        raise InputError(f"{container} does not hold {codec} video; choose codec {' or '.join(codecs)}, or write to .mkv")


def muxer_options(container: str, time_base: Fraction, *, source: InputContainer | None, seekable: bool, in_file: bool) -> dict[str, str]:
    """Return the options that let a muxer keep times and tags exactly.

    Args:
        container: its name.
        time_base: of the frames.
        source: from which other streams and tags will be copied.
        seekable: whether the muxer may go back to complete its header.
        in_file: whether it may read again what it wrote.
    """
    if container == "nut":
        # It stores no decoding times, so that their lead over the first picture needs no shift. Sound does, whose first packet may be
        # presented before zero (a decoder's priming): then all streams shift alike.
        silent = source is None or not source.streams.audio
        return {"avoid_negative_ts": "disabled"} if silent else {}
    if container == Y4M:
        return {"strict": "-1"}  # more than 8 bits are an extension of the format, which everybody reads
    if container not in ("mp4", "mov"):
        return {}
    flags = []
    if not seekable:
        flags += ["frag_keyframe", "delay_moov", "default_base_moof"]
    elif in_file:
        flags.append("faststart")
    if source is not None and not _MP4_TAGS.issuperset(key.lower() for key in source.metadata):
        flags.append("use_metadata_tags")
    # Edit lists, which hold the starts of the streams, count in movie time; its default of 1/1000 s would shift them.
    contexts = [stream.codec_context for stream in source.streams.audio] if source is not None else []
    sample_rates = [context.sample_rate for context in contexts if context is not None]  # None: a codec that FFmpeg does not know
    movie_timescale = math.lcm(time_base.denominator, *(rate for rate in sample_rates if rate))
    if movie_timescale >= 2**31:
        movie_timescale = time_base.denominator
    return {"movie_timescale": str(movie_timescale)} | ({"movflags": "+" + "+".join(flags)} if flags else {})
