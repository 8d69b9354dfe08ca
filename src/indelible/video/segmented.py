"""Segments of a video, read for where they begin, and written again beside a copy of their playlist."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from indelible.errors import InputError, MediaError, UnsupportedMediaError
from indelible.video._av import exact_fraction
from indelible.video.containers import check_holds
from indelible.video.join import join_into
from indelible.video.joined import JoinedFiles
from indelible.video.limits import DEFAULT_LIMITS, Limits
from indelible.video.manifest import MANIFEST_SUFFIX
from indelible.video.playlist import SegmentList
from indelible.video.segments import MP4_SUFFIXES
from indelible.video.source import Source, main_video_stream, open_input
from indelible.video.split import FragmentFiles, SegmentFiles, TransportFiles
from indelible.video.target import Target
from indelible.video.write import WriteSummary

if TYPE_CHECKING:
    from av.container import InputContainer

__all__ = ["check_segments_hold", "segment_starts", "write_segments"]


def check_segments_hold(segments: SegmentList, codec: str) -> None:
    """Check that segments of the same kind as these hold what an encoder makes.

    Raises:
        InputError: if they do not, or there is a single file with a header of its own, whose parts a manifest may name by their places.
    """
    if segments.header is None and segments.segments[0].suffix.lower() in MP4_SUFFIXES:
        whole = segments.segments[0]
        raise InputError(f"{segments.playlist or segments.folder} has no initialisation segment; mark its file by itself: {whole}")
    check_holds(_container(segments), codec)


def segment_starts(segments: SegmentList, *, name: str, limits: Limits = DEFAULT_LIMITS) -> tuple[int, ...]:
    """Return the time of the first picture of each segment, in units of the video's time base; reads all of them, and decodes none.

    Args:
        segments: of the video.
        name: what messages call it.
        limits: how much of it is read.

    Raises:
        UnsupportedMediaError: if one holds no picture, or begins before the one before it.
    """
    files = JoinedFiles(segments.files, name=name)
    first = len(segments.files) - len(segments.segments)
    starts: dict[int, int] = {}
    with open_input(cast("BinaryIO", files), limits=limits) as container:
        for packet in container.demux(main_video_stream(container, name=name, limits=limits)):
            if packet.pts is not None and packet.pos is not None and packet.pos >= 0:
                starts.setdefault(files.index_at(packet.pos) - first, packet.pts)
    for index, file in enumerate(segments.segments):
        if index not in starts:
            raise UnsupportedMediaError(f"{name}: no picture begins in {file.name}; each segment must hold one")
        if index and starts[index] <= starts[index - 1]:
            raise UnsupportedMediaError(
                f"{name}: {file.name} begins before the segment before it; make times go on: ffmpeg -i PLAYLIST -f hls OUT.m3u8"
            )
    return tuple(starts[index] for index in range(len(segments.segments)))


def write_segments(
    folder: Path, segments: SegmentList, pieces: Iterable[Source], *, copy_from: Source, limits: Limits = DEFAULT_LIMITS
) -> WriteSummary:
    """Write a video again in segments of the same names and times, each from one piece, with the same playlist.

    Sound and other streams are copied; their packets lie in the segments where they are to be decoded. Times are those of the source.

    Args:
        folder: an empty one.
        segments: of the source.
        pieces: one for each segment, as for `indelible.video.join.join_video`.
        copy_from: the source.
        limits: of the source.

    Raises:
        MediaError: if the pieces are too few or do not fit together, or reading or writing fails.
    """
    written = [folder / file.relative_to(segments.folder) for file in segments.files]
    for file in written:
        file.parent.mkdir(parents=True, exist_ok=True)
    header = written.pop(0) if segments.header is not None else None
    container = _container(segments)
    sink: SegmentFiles = (TransportFiles if header is None else FragmentFiles)(written, header=header)
    with sink:
        summary = join_into(
            Target(cast("BinaryIO", sink), container, str(folder), seekable=False),
            pieces,
            copy_from=copy_from,
            limits=limits,
            options=_transport_options if header is None else _fragment_options,
            begin_with=sink.begin_with,
            earliest_dts=0,  # neither kind of segment can say less
        )
    for file in (*written, *([] if header is None else [header])):
        if not file.exists():
            raise MediaError(f"no picture of {file.name} could be decoded; is it damaged?")
    listed = [segments.playlist] if segments.playlist is not None else sorted(segments.folder.glob(f"*{MANIFEST_SUFFIX}"))
    for file in (*listed, *segments.others):
        place = folder / file.relative_to(segments.folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    return summary


def _container(segments: SegmentList) -> str:
    return "mpegts" if segments.header is None else "mp4"


def _transport_options(source: InputContainer) -> dict[str, str]:
    """Return what keeps the times of a source in MPEG-TS, whose muxer would begin at a time of its own."""
    return {"mpegts_copyts": "1", "avoid_negative_ts": "disabled", "max_delay": "0"}


def _fragment_options(source: InputContainer) -> dict[str, str]:
    """Return what makes a fragment for each key frame, with the times of a source."""
    flags = "frag_keyframe+delay_moov+default_base_moof"
    if _start_seconds(source) < 0:
        return {"movflags": f"+{flags}"}  # sound before zero needs an edit list, which moves all to zero
    # As if fragments had come before: times of decoding say the source's, without an edit list, which few players heed in segments.
    return {"movflags": f"+{flags}+frag_discont", "use_editlist": "0", "avoid_negative_ts": "disabled"}


def _start_seconds(source: InputContainer) -> Fraction:
    """Return when the earliest stream begins."""
    starts = [
        stream.start_time * (exact_fraction(stream.time_base) or Fraction(0)) for stream in source.streams if stream.start_time is not None
    ]
    return min(starts, default=Fraction(0))
