"""Pieces of a video, encoded one by one, as one: their packets through one muxer, beside everything else of the source."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack
from fractions import Fraction
from typing import TYPE_CHECKING

from indelible.errors import InputError, MediaError
from indelible.video._av import av, exact_fraction, media_errors
from indelible.video.containers import check_holds, muxer_options
from indelible.video.limits import DEFAULT_LIMITS, Limits
from indelible.video.remux import StreamCopier
from indelible.video.source import Source, main_video_stream, open_input, source_name
from indelible.video.target import Target, open_target
from indelible.video.write import WriteSummary, open_output

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

__all__ = ["PIECE_CODECS", "PIECE_CONTAINER", "join_into", "join_video"]

PIECE_CONTAINER, PIECE_CODECS = "mp4", ("x264", "x265", "av1", "vp9")
"""Pieces are kept in the container that says all times, of presentation and of decoding, to the tick, and how pictures are to be turned."""


def join_video(
    target: Source,
    pieces: Iterable[Source],
    codec: str,
    *,
    copy_from: Source,
    container: str | None = None,
    overwrite: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> WriteSummary:
    """Join pieces of a video without encoding them again; sound and all else is copied from its source.

    Args:
        target: a path, written as `write_video` does.
        pieces: files of the pictures only, in order, in `PIECE_CONTAINER`, each beginning with a key frame, with their
            times in the whole; opened one after the other.
        codec: of the pieces, as `EncoderSettings` names it.
        copy_from: the source of the whole.
        container: of the target; None takes it from the suffix.
        overwrite: whether an existing file may be replaced.
        limits: of the source.

    Raises:
        OutputError: if the target exists, is ``copy_from``, or cannot be created.
        InputError: if there is no piece, or the container does not hold the codec.
        MediaError: if they do not fit together, or reading or writing fails.
    """
    with open_target(target, container=container, overwrite=overwrite, source=copy_from) as place:
        check_holds(place.container, codec)
        return join_into(place, pieces, copy_from=copy_from, limits=limits)


def join_into(
    place: Target,
    pieces: Iterable[Source],
    *,
    copy_from: Source,
    limits: Limits = DEFAULT_LIMITS,
    options: Callable[[InputContainer], dict[str, str]] | None = None,
    begin_with: Callable[[int], None] | None = None,
    earliest_dts: int | None = None,
) -> WriteSummary:
    """Join pieces, as `join_video` does, into a target that is open.

    Args:
        place: what is written to.
        pieces: as there.
        copy_from: as there.
        limits: as there.
        options: of the muxer, by the open source; None takes those of an ordinary file.
        begin_with: told, before each piece, how many key frames of video have come before it.
        earliest_dts: a decoding time, in units of the pieces' time base, below which the container can say none.
    """
    with ExitStack() as stack:
        remaining = _opened(pieces, limits)
        stack.callback(remaining.close)
        first = next(remaining, None)
        if first is None:
            raise InputError("there are no pieces to join; is the source empty?")
        source = stack.enter_context(open_input(copy_from, limits=limits))
        name = source_name(copy_from)
        like = first.streams.video[0]
        time_base = exact_fraction(like.time_base) or Fraction(1, av.time_base)
        chosen = (
            muxer_options(place.container, time_base, source=source, seekable=place.seekable, in_file=place.in_file)
            if options is None
            else options(source)
        )
        stack.enter_context(media_errors(place.name, task="write", advice="check the free space, and whether the source is damaged"))
        output = stack.enter_context(open_output(place, chosen))
        copier = StreamCopier(source, main_video_stream(source, name=name, limits=limits), output, name=name)
        stream = copier.add_streams(lambda: _add_like(output, like))
        output.start_encoding()
        joining = _Joining(output, copier, stream, like, earliest_dts)
        piece: InputContainer | None = first
        while piece is not None:
            if begin_with is not None:
                begin_with(joining.key_frames)
            joining.add(piece)
            piece = next(remaining, None)
        return joining.finish()


class _Joining:
    """The packets on their way into one output."""

    def __init__(
        self, output: OutputContainer, copier: StreamCopier, stream: VideoStream, like: VideoStream, earliest_dts: int | None
    ) -> None:
        self._output = output
        self._copier = copier
        self._stream = stream
        self._described = bytes(like.codec_context.extradata or b"")
        self._time_base = exact_fraction(like.time_base) or Fraction(1, av.time_base)
        self._last_dts = None if earliest_dts is None else earliest_dts - 1
        self._held: Packet[VideoStream] | None = None
        self._first_dts = self._first_pts = 0
        self._end = Fraction(0)
        self._packets = self._bytes = 0
        self.key_frames = 0

    def add(self, piece: InputContainer) -> None:
        """Let the packets of a piece go on."""
        stream = piece.streams.video[0]
        if bytes(stream.codec_context.extradata or b"") != self._described or exact_fraction(stream.time_base) != self._time_base:
            raise MediaError(
                f"cannot join {piece.name or 'the pieces'}: it was encoded in another way than those before; start anew without them"
            )
        for packet in piece.demux(stream):
            if packet.size:
                self._take(packet)
        self._end = ((stream.start_time or 0) + (stream.duration or 0)) * self._time_base

    def finish(self) -> WriteSummary:
        """Write what is left, and sum up."""
        if self._held is not None:
            # MP4 adds up the steps between decoding times; the last packet closes the gap to the end of the presentation.
            end = round(self._end / self._time_base)
            self._held.duration = max(1, end - self._first_pts - ((self._held.dts or 0) - self._first_dts))
            self._mux(self._held)
        self._copier.copy_until(None)
        return WriteSummary(
            frames=self._packets,
            duration_seconds=float(self._end - self._first_pts * self._time_base),
            video_bytes=self._bytes,
            warnings=tuple(self._copier.warnings),
        )

    def _take(self, packet: Packet[VideoStream]) -> None:
        if packet.dts is None:
            packet.dts = packet.pts
        if packet.dts is not None:
            # Where the rate varies, a piece may begin to be decoded before the one before it ends.
            if self._last_dts is not None and packet.dts <= self._last_dts:
                packet.dts = self._last_dts + 1
            self._last_dts = packet.dts
        if self._held is None:
            self._first_dts, self._first_pts = packet.dts or 0, packet.pts or 0
        else:
            self._mux(self._held)
        self._held = packet
        self._packets += 1
        self.key_frames += packet.is_keyframe

    def _mux(self, packet: Packet[VideoStream]) -> None:
        self._bytes += packet.size
        if packet.dts is not None:
            self._copier.copy_until(packet.dts * self._time_base)
        packet.stream = self._stream
        self._output.mux(packet)


def _opened(pieces: Iterable[Source], limits: Limits) -> Generator[InputContainer]:
    """Open one piece after the other."""
    for piece in pieces:
        with open_input(piece, limits=limits) as container:
            yield container


def _add_like(output: OutputContainer, like: VideoStream) -> VideoStream:
    stream = output.add_stream_from_template(like, opaque=True)
    if like.codec_context.name == "hevc" and output.format.name in ("mp4", "mov"):
        stream.codec_context.codec_tag = "hvc1"  # as `write_video` does, for Apple's players
    return stream
