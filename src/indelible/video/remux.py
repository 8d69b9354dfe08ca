"""Everything of a source but its moving pictures, copied packet by packet: sound, subtitles, data, fonts, covers, chapters, tags."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING

from indelible.video._av import av, exact_fraction, media_errors
from indelible.video.source import NOT_MOVING, codec_name

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

__all__ = ["StreamCopier"]

# Written by the muxer for the new file, or true only of the old one.
_CONTAINER_TAGS = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder"})
_STATISTICS_TAGS = ("BPS", "DURATION", "NUMBER_OF_FRAMES", "NUMBER_OF_BYTES", "_STATISTICS", "SOURCE_ID", "ENCODER", "encoder", "vendor_id")

# MPEG-TS is the one container whose muxer takes anything and then marks it as private data that no player reads.
_MPEGTS_CODECS = frozenset(
    ["aac", "ac3", "dts", "dvb_subtitle", "dvb_teletext", "eac3", "klv", "mp2", "mp3", "opus", "scte_35", "timed_id3", "truehd"]
)


class StreamCopier:
    """Copies the other streams of an open source into an open output.

    Use: :meth:`add_streams` before the header is written; then :meth:`copy_until` before each encoded packet, which keeps the file
    interleaved and never holds more than one packet; :meth:`copy_until` without a time at the end.
    """

    def __init__(self, source: InputContainer, video: VideoStream, output: OutputContainer, *, name: str) -> None:
        self._source = source
        self._video = video
        self._output = output
        self._name = name
        self._copies: dict[int, Stream] = {}
        self._last_dts: dict[int, int] = {}
        self._packets: Iterator[Packet[Stream]] = iter(())
        self._waiting: Packet[Stream] | None = None
        self.warnings: list[str] = []

    def add_streams(self, add_video: Callable[[], VideoStream]) -> VideoStream:
        """Add all streams in the source's order, with ``add_video`` for the encoded one, chapters and tags; return the encoded one."""
        encoded: VideoStream | None = None
        for stream in self._source.streams:
            if stream is self._video or stream.index == self._video.index:
                encoded = add_video()
                encoded.metadata.update(_without_statistics(stream.metadata))
                encoded.disposition = stream.disposition
            elif not _is_a_copy_of_tags(stream):
                self._add_copy(stream)
        self._output.metadata.update({key: value for key, value in self._source.metadata.items() if key not in _CONTAINER_TAGS})
        self._output.set_chapters(self._source.chapters())
        # Not even read: the packets of the pictures are encoded anew.
        self._video.discard = av.stream.Discard.all
        self._packets = self._demux()
        self._waiting = next(self._packets, None)
        return encoded or add_video()

    def copy_until(self, seconds: Fraction | None) -> None:
        """Copy the packets up to a decoding time, or all that are left."""
        while self._waiting is not None and (seconds is None or _decoding_seconds(self._waiting) <= seconds):
            self._mux(self._waiting)
            self._waiting = next(self._packets, None)

    def _add_copy(self, stream: Stream) -> None:
        if not _accepts(self._output.format.name, stream):
            container = self._output.format.name
            advice = "" if container == "matroska" else "; .mkv may"
            what = f"stream {stream.index} ({stream.type}, {codec_name(stream)})"
            self.warnings.append(f"{what} was left out: {container} cannot hold it{advice}")
            return
        copy = self._output.add_stream_from_template(stream, opaque=True)
        copy.metadata.update(stream.metadata)
        copy.disposition = stream.disposition
        self._copies[stream.index] = copy
        if stream.type == "video" and not stream.disposition & NOT_MOVING:
            self.warnings.append(f"stream {stream.index} is another video and was copied as it is: only the first one was changed")

    def _demux(self) -> Iterator[Packet[Stream]]:
        wanted = [stream for stream in self._source.streams if stream.index in self._copies and stream.type != "attachment"]
        if not wanted:
            return
        with media_errors(self._name, task="copy the sound and other streams of", advice="mark it without them, or repair it first"):
            # The packets that end the iteration are empty. A packet without a dts is not: the first ones of a stream may have none.
            yield from (packet for packet in self._source.demux(wanted) if packet.size)

    def _mux(self, packet: Packet[Stream]) -> None:
        copy = self._copies[packet.stream_index]
        if packet.dts is None:
            packet.dts = packet.pts
        last = self._last_dts.get(copy.index)
        if packet.dts is not None:
            if last is not None and packet.dts <= last:  # muxers end the file on this, players do not mind
                packet.dts = last + 1
                packet.pts = None if packet.pts is None else max(packet.pts, packet.dts)
            if last is not None and not packet.duration and copy.type == "audio":
                # Matroska may say no durations. MP4 then ends the track where its last packet begins, and players leave that out.
                packet.duration = packet.dts - last
            self._last_dts[copy.index] = packet.dts
        packet.stream = copy
        self._output.mux(packet)


def _accepts(container: str, stream: Stream) -> bool:
    """Return whether a container can hold a stream, by writing a header with nothing else into memory."""
    if container == "mpegts" and codec_name(stream) not in _MPEGTS_CODECS:
        return False
    try:
        trial = av.open(io.BytesIO(), "w", format=container)
        try:
            trial.add_stream_from_template(stream, opaque=True)
            trial.start_encoding()
        finally:
            with suppress(av.error.FFmpegError):
                trial.close()
    except (ValueError, av.error.FFmpegError):
        return False
    return True


def _is_a_copy_of_tags(stream: Stream) -> bool:
    """Return whether a demuxer already gives a stream's content as chapters (it marks it to be skipped) or as a timecode tag."""
    return stream.discard == av.stream.Discard.all or (stream.type == "data" and "timecode" in stream.metadata)


def _decoding_seconds(packet: Packet[Stream]) -> Fraction:
    time = packet.dts if packet.dts is not None else packet.pts
    return Fraction(-1) if time is None else time * (exact_fraction(packet.time_base) or Fraction(1))


def _without_statistics(tags: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if not key.startswith(_STATISTICS_TAGS)}
