"""What the packets of a video are: counted, timed and weighed, without decoding more than the first picture."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from indelible.errors import MediaError
from indelible.video._av import av, exact_fraction, media_errors
from indelible.video.interrupts import Interruptible
from indelible.video.joined import JoinedFiles
from indelible.video.limits import DEFAULT_LIMITS, Limits
from indelible.video.patience import waiting_for
from indelible.video.planes import planar_format
from indelible.video.segments import is_segmented, segment_list
from indelible.video.source import NOT_MOVING, Source, main_video_stream, open_input, source_name

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

__all__ = ["SegmentSurvey", "Survey", "survey"]

# How FFmpeg counts levels: H.264 and VP9 ten to the level, HEVC thirty, AV1 by an index of four to the level from 2 on.
_LEVELS_TO_ONE = {"h264": 10, "vp9": 10, "hevc": 30}


@dataclass(frozen=True, slots=True)
class SegmentSurvey:
    """What lies in one segment of a video.

    Args:
        name: of its file.
        file_bytes: of the file, sound and container included.
        start_seconds: of its first picture, from the first of the video.
        duration_seconds: until the first picture of the next segment, or the end of the last picture.
        frames: pictures in it.
        opens_with_key: whether its first packet is a key frame.
        longest_gop_seconds: between key frames, or from one to the end, at most; the whole of it where it has none.
    """

    name: str
    file_bytes: int
    start_seconds: float
    duration_seconds: float
    frames: int
    opens_with_key: bool
    longest_gop_seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """The packets of a video in order of presentation, and what its first decoded picture says.

    Args:
        codec: FFmpeg's name, ``h264``.
        profile: FFmpeg's name as the decoder saw it, None where the codec has none.
        level: such as 3.1; None where the codec has none, or the bitstream does not say.
        width: of the pictures as coded.
        height: likewise.
        pixel_format: of the pictures.
        sample_aspect_ratio: width to height of a sample.
        frame_rate: pictures a second by their own times; None for one picture.
        times: seconds of each packet from the first, shape (n,), increasing.
        sizes: bytes of each packet, shape (n,).
        keys: whether each is a key frame, shape (n,).
        duration_seconds: until the end of the last picture.
        video_streams: of moving pictures in the file.
        segments: of a video in segments; empty for a file.
    """

    codec: str
    profile: str | None
    level: float | None
    width: int
    height: int
    pixel_format: str
    sample_aspect_ratio: Fraction
    frame_rate: float | None
    times: NDArray[np.float64]
    sizes: NDArray[np.int64]
    keys: NDArray[np.bool_]
    duration_seconds: float
    video_streams: int
    segments: tuple[SegmentSurvey, ...] = ()

    @property
    def frames(self) -> int:
        """How many pictures there are."""
        return int(self.times.size)

    @property
    def average_bps(self) -> float:
        """Bits of the pictures a second."""
        return 8.0 * float(self.sizes.sum()) / self.duration_seconds

    @property
    def longest_gop_seconds(self) -> float:
        """The longest time from the start or a key frame to the next key frame or the end."""
        return _longest_gop(self.times, self.keys, self.duration_seconds)

    def peak_bps(self, window_seconds: float = 1.0) -> float:
        """Return the bits a second of the heaviest stretch that begins with a picture and lasts this long (or all, if it is shorter)."""
        length = min(window_seconds, self.duration_seconds)
        ends = np.searchsorted(self.times, self.times + length - 1e-6)
        sums = np.concatenate([[0], np.cumsum(self.sizes)])
        # Stretches that would go on behind the end are left out: they would be lighter than they look.
        whole = self.times + length <= self.duration_seconds + 1e-6
        return 8.0 * float((sums[ends] - sums[:-1])[whole].max(initial=0)) / length


def survey(source: Source, *, limits: Limits = DEFAULT_LIMITS) -> Survey:
    """Read all packets of a video and decode one picture.

    Args:
        source: what to read; of a playlist or a folder, each segment is described too.
        limits: how much of it is read.

    Raises:
        MediaError: if it cannot be read, or no picture of it decoded.
        LimitError: if it is beyond the limits.
    """
    name = source_name(source)
    files: JoinedFiles | None = None
    opened: Source = source
    if isinstance(source, str | os.PathLike) and is_segmented(source):
        files = JoinedFiles(segment_list(source).files, name=name)
        opened = cast("BinaryIO", files)
    with open_input(opened, limits=limits) as container:
        stream = main_video_stream(container, name=name, limits=limits)
        reading = _Reading(files)
        reading.read(container, stream, name=name, limits=limits)
        if reading.picture is None or not reading.rows:
            raise MediaError(f"cannot decode {name}: no picture in it could be decoded; is the file damaged or cut?")
        return _survey_of(reading, container, stream)


class _Reading:
    """The packets so far."""

    def __init__(self, files: JoinedFiles | None) -> None:
        self.files = files
        self.rows: list[tuple[int, int, bool, int, int]] = []  # pts, bytes, key, duration, file
        self.picture: VideoFrame | None = None

    def read(self, container: InputContainer, stream: VideoStream, *, name: str, limits: Limits) -> None:
        """Take all packets; of a damaged end, what came before."""
        packets = container.demux(stream)
        file = 0
        start: int | None = None
        time_base = exact_fraction(stream.time_base) or Fraction(1, av.time_base)
        while True:
            try:
                with waiting_for(name), Interruptible(), media_errors(name, task="read", advice="what came before was used"):
                    packet = next(packets, None)
            except MediaError:
                packet = None
            if packet is None:
                return
            if self.picture is None:
                self.picture = _first_picture(packet)
            pts = packet.pts if packet.pts is not None else packet.dts
            if pts is None or not packet.size:
                continue
            if self.files is not None and packet.pos is not None and packet.pos >= 0:
                file = self.files.index_at(packet.pos)
            start = pts if start is None else start
            limits.check_progress(name, frames=len(self.rows), seconds=float((pts - start) * time_base))
            self.rows.append((pts, packet.size, packet.is_keyframe, packet.duration or 0, file))


def _first_picture(packet: Packet[VideoStream]) -> VideoFrame | None:
    try:
        return next(iter(packet.decode()), None)
    except av.error.FFmpegError:
        return None  # the next packets may be whole


def _survey_of(reading: _Reading, container: InputContainer, stream: VideoStream) -> Survey:
    picture = cast("VideoFrame", reading.picture)
    time_base = exact_fraction(stream.time_base) or Fraction(1, av.time_base)
    rows = sorted(reading.rows, key=lambda row: row[0])
    times = np.array([float((row[0] - rows[0][0]) * time_base) for row in rows])
    last = float(rows[-1][3] * time_base) or (float(np.median(np.diff(times))) if len(rows) > 1 else 0.0)
    duration = float(times[-1]) + last
    keys = np.array([row[2] for row in rows])
    context = stream.codec_context
    segments: tuple[SegmentSurvey, ...] = ()
    if reading.files is not None:
        segments = _segments(reading, rows, times, duration)
    return Survey(
        codec=context.codec.canonical_name,
        profile=context.profile,
        level=_level(context),
        width=picture.width,
        height=picture.height,
        pixel_format=planar_format(picture.format.name) or picture.format.name,
        sample_aspect_ratio=exact_fraction(stream.sample_aspect_ratio) or Fraction(1),
        frame_rate=(len(rows) - 1) / float(times[-1]) if len(rows) > 1 and times[-1] > 0 else None,
        times=times,
        sizes=np.array([row[1] for row in rows]),
        keys=keys,
        duration_seconds=max(duration, 1e-3),
        video_streams=sum(not other.disposition & NOT_MOVING for other in container.streams.video),
        segments=segments,
    )


def _segments(
    reading: _Reading, rows: list[tuple[int, int, bool, int, int]], times: NDArray[np.float64], duration: float
) -> tuple[SegmentSurvey, ...]:
    files = cast("JoinedFiles", reading.files)
    opens_with_key: dict[int, bool] = {}
    for row in reading.rows:  # in the order of the file, in which a segment opens
        opens_with_key.setdefault(row[4], row[2])
    places = np.array([row[4] for row in rows])
    keys = np.array([row[2] for row in rows])
    order = sorted(opens_with_key)
    starts = [float(times[places == place][0]) for place in order]
    found = []
    for place, start, end in zip(order, starts, [*starts[1:], duration], strict=True):
        inside = places == place
        found.append(
            SegmentSurvey(
                name=files.names[place],
                file_bytes=files.starts[place + 1] - files.starts[place],
                start_seconds=start,
                duration_seconds=end - start,
                frames=int(inside.sum()),
                opens_with_key=opens_with_key[place],
                longest_gop_seconds=_longest_gop(times[inside] - start, keys[inside], end - start),
            )
        )
    return tuple(found)


def _longest_gop(times: NDArray[np.float64], keys: NDArray[np.bool_], duration: float) -> float:
    edges = np.unique(np.concatenate([[0.0], times[keys], [duration]]))
    return float(np.diff(edges).max(initial=0.0))


def _level(context: VideoCodecContext) -> float | None:
    raw, codec = context.level, context.codec.canonical_name
    if raw is None or raw <= 0:
        return None
    if codec == "av1":
        return 2.0 + raw // 4 + raw % 4 / 10
    return None if codec not in _LEVELS_TO_ONE else raw / _LEVELS_TO_ONE[codec]
