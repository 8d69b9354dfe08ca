"""Decoded frames of a video, one after the other, with exact times and what went wrong on the way."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING

from indelible.errors import InputError, MediaError, UnsupportedMediaError
from indelible.frames import Frame, VideoInfo
from indelible.video._av import av, exact_fraction, media_errors
from indelible.video.claims import claimed_end_seconds
from indelible.video.interrupts import Interruptible
from indelible.video.key_frames import KeyFrames
from indelible.video.limits import DEFAULT_LIMITS, Limits
from indelible.video.patience import waiting_for
from indelible.video.planes import frame_from_picture
from indelible.video.presentation import Presentation, lost_with, presentation_of
from indelible.video.probe import video_info
from indelible.video.source import Source, main_video_stream, open_input, source_name

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

__all__ = ["VideoReader", "open_video"]

# A video that ends this much before its claimed end has lost its tail; containers themselves are a few frames inexact.
_TAIL_SECONDS = 0.5

# How much earlier than asked for a file is entered, so that no picture depends on one that was left out.
_SEEK_SECONDS = 3

# How often pictures are looked at for what will be lost with them.
_LOOK_SECONDS = 5


@contextmanager
def open_video(
    source: Source,
    *,
    threads: int = 0,
    only_referenced: bool = False,
    key_frames_seconds: float | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[VideoReader]:
    """Open a video for reading, from a path, ``-`` (standard input) or a binary file object.

    For example::

        with open_video("clip.mp4") as reader:
            for frame in reader:
                ...

    Args:
        source: what to read; a seekable file object is read from its start.
        threads: decoder threads; 0 takes all cores, and 1 decodes without delay (for clips in memory).
        only_referenced: leave out pictures from which no other is predicted, where the decoder can: they cost half of the decoding or
            more, and have the least bits.
        key_frames_seconds: decode nothing but key frames, and of these none that follows another so closely; None decodes all.
        limits: refuse what goes beyond: what a file says of itself before anything is decoded, and its length while it is read.

    Raises:
        MediaError: if the source is missing, empty, not a video, or if nothing in it can be decoded.
        UnsupportedMediaError: if it has no video stream, is no regular file, or its pictures have no luma plane.
        LimitError: if its pictures, its streams or its length are beyond the limits.
    """
    if threads < 0:
        raise InputError(f"threads is {threads}; it must be 0 (all cores) or more")
    name = source_name(source)
    with open_input(source, limits=limits) as container:
        stream = main_video_stream(container, name=name, limits=limits)
        stream.codec_context.options = {"max_pixels": str(limits.pixels)}
        stream.thread_count = threads
        # Frame threads are the fast ones, and delay the first picture by their number.
        stream.thread_type = "SLICE" if threads == 1 else "AUTO"
        if only_referenced:
            stream.codec_context.skip_frame = "NONREF"
        chosen = None if key_frames_seconds is None else KeyFrames(key_frames_seconds)
        yield VideoReader(container, stream, name, limits, chosen)


class VideoReader:
    """An open video: iterate once over its frames, in order of presentation.

    Frames are as coded: not rotated, not scaled, native planes (see :class:`Frame`), and their luma may be kept.
    """

    def __init__(
        self, container: InputContainer, stream: VideoStream, name: str, limits: Limits, key_frames: KeyFrames | None = None
    ) -> None:
        self._stream = stream
        self._key_frames = key_frames
        self._name = name
        self._limits = limits
        self._container = container
        self._warnings: list[str] = []
        self._damaged_packets = 0
        self._pictures = self._decode(container)
        # Decoded now, not at the first use: it alone knows colours and rotation, and a file without any picture fails here.
        self._first: VideoFrame | None = next(self._pictures, None)
        if self._first is None:
            because = f" ({self._warnings[0]})" if self._warnings else ""
            raise MediaError(f"cannot decode {name}: no picture in it could be decoded{because}; is the file damaged or cut?")
        self._info = video_info(container, stream, self._first)
        self._presentation = presentation_of(stream.codec_context, self._first)
        self._claimed_end = claimed_end_seconds(container, stream)
        self._lost = list(self._presentation.lost)

    @property
    def info(self) -> VideoInfo:
        """What the file says of this video."""
        return self._info

    @property
    def presentation(self) -> Presentation:
        """What its first picture says of how to show them all."""
        return self._presentation

    @property
    def lost(self) -> list[str]:
        """What the pictures so far carried that no encoder here can be given, in words, by a look every five seconds."""
        return list(self._lost)

    @property
    def warnings(self) -> list[str]:
        """What went wrong so far without ending the reading, a sentence each; complete after the last frame."""
        return list(self._warnings)

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames; a second call goes on where the first stopped."""
        time_base = self._info.time_base
        last: int | None = None
        start, count, look = 0, 0, Fraction(_LOOK_SECONDS)
        while (picture := self._next_picture()) is not None:
            if (picture.width, picture.height) != (self._info.width, self._info.height):
                raise UnsupportedMediaError(
                    f"{self._name}: pictures change from {self._info.width}x{self._info.height} to {picture.width}x{picture.height} "
                    f"after {_seconds(last, time_base)}; split or scale it first: ffmpeg -i FILE -vf scale=W:H out.mkv"
                )
            pts = self._increasing_pts(picture, last, time_base)
            start, count = pts if last is None else start, count + 1
            seconds = (pts - start) * time_base
            self._limits.check_progress(self._name, frames=count, seconds=float(seconds))
            if seconds >= look:
                look = seconds + _LOOK_SECONDS
                self._look(picture)
            yield frame_from_picture(picture, pts=pts, time_base=time_base, duration=picture.duration or 0)
            last = pts
        self._check_tail(last, time_base)

    @property
    def packets_end_seconds(self) -> float | None:
        """When the last picture of all packets so far ends, in the file's own time; None unless only key frames are decoded."""
        return None if self._key_frames is None else self._key_frames.end_seconds

    @property
    def start_pts(self) -> int:
        """Time of the first picture, in units of the time base; to be asked for before the first frame."""
        picture = self._first
        pts = None if picture is None else picture.pts if picture.pts is not None else picture.dts
        return pts or 0

    def skip_to(self, pts: int) -> bool:
        """Go on with the frame of a time, in units of the time base, without decoding all that lies before.

        Returns:
            whether there is such a frame where the file's index leads to; if not, the reader is of no further use.
        """
        time_base = self._info.time_base
        # Seeking is by the time of decoding, which is before that of presentation.
        early = max(self.start_pts, pts - round(_SEEK_SECONDS / time_base))
        try:
            with media_errors(self._name, task="seek in", advice="it will be read from its start"):
                self._container.seek(early, stream=self._stream)
        except MediaError:
            return False
        self._pictures, self._first = self._decode(self._container), None
        for picture in self._pictures:
            if picture.pts is None or picture.pts > pts:
                return False
            if picture.pts == pts:
                self._first = picture
                return True
        return False

    def _look(self, picture: VideoFrame) -> None:
        """Note what will be lost with a picture: captions may begin late."""
        # PyAV ties a picture whose side data were asked for into a circle, which would keep its memory; this frees the one before.
        gc.collect()
        self._lost += [words for words in lost_with(picture) if words not in self._lost]

    def _next_picture(self) -> VideoFrame | None:
        picture, self._first = self._first, None
        return picture or next(self._pictures, None)

    def _increasing_pts(self, picture: VideoFrame, last: int | None, time_base: Fraction) -> int:
        """Return the picture's own time, or one that follows ``last`` where it has none or goes back."""
        pts = picture.pts if picture.pts is not None else picture.dts
        if pts is not None and (last is None or pts > last):
            return pts
        if last is None:
            return 0
        if pts is not None:
            self._warn_once(f"times do not increase after {_seconds(last, time_base)}; they were moved by as little as possible")
            return last + 1
        rate = self._info.frame_rate
        return last + (picture.duration or (max(1, round(1 / (rate * time_base))) if rate else 1))

    def _decode(self, container: InputContainer) -> Iterator[VideoFrame]:
        """Yield what can be decoded: packets that cannot are skipped, and an error of the container ends the stream."""
        seen: VideoFrame | None = None
        packets = container.demux(self._stream)
        while True:
            try:
                with Interruptible(), media_errors(self._name, task="read", advice="what came before was used"):
                    packet = next(packets, None)
            except MediaError as error:
                self._warnings.append(f"damaged tail: decoding stopped at {_at(seen, self._stream)}: {error}")
                packet = None
            if packet is None:
                break
            if self._key_frames is not None and not self._key_frames.takes(packet):
                continue
            for picture in self._decode_packet(packet, seen):
                seen = picture
                yield picture
        if self._damaged_packets > 1:
            self._warnings.append(f"damaged data: {self._damaged_packets} packets in all could not be decoded")

    def _decode_packet(self, packet: Packet[VideoStream], seen: VideoFrame | None) -> list[VideoFrame]:
        try:
            with waiting_for(self._name), media_errors(self._name, task="decode", advice="the packet was skipped"):
                return packet.decode()
        except MediaError as error:
            if isinstance(error.__cause__, av.error.EOFError):  # the flush packet of a decoder that is already drained
                return []
            self._damaged_packets += 1
            if self._damaged_packets == 1:
                self._warnings.append(f"damaged data: a packet after {_at(seen, self._stream)} was skipped: {error}")
            return []

    def _check_tail(self, last: int | None, time_base: Fraction) -> None:
        """Warn where the file claims to go on after its last picture."""
        if last is None or self._claimed_end is None:
            return
        missing = self._claimed_end - (self.packets_end_seconds or float(last * time_base))
        if missing > _TAIL_SECONDS + 2 / float(self._info.frame_rate or 2):
            self._warn_once(f"damaged tail: the last picture is at {_seconds(last, time_base)}, {missing:.1f} s before the stated end")

    def _warn_once(self, sentence: str) -> None:
        if sentence.split(" after ")[0] not in {known.split(" after ")[0] for known in self._warnings}:
            self._warnings.append(sentence)


def _at(picture: VideoFrame | None, stream: VideoStream) -> str:
    time_base = exact_fraction(stream.time_base)
    return "the start" if picture is None or time_base is None else _seconds(picture.pts, time_base)


def _seconds(pts: int | None, time_base: Fraction) -> str:
    return "the start" if pts is None else f"{float(pts * time_base):.1f} s"
