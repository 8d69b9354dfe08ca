"""Frames into a file: encoded with their exact times, sizes and colours, beside everything else of the source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from indelible.errors import InputError
from indelible.frames import ColorTags, Frame, VideoInfo
from indelible.video._av import av, exact_fraction, media_errors
from indelible.video.containers import check_holds, muxer_options
from indelible.video.encoders import EncoderSettings, encoder_name, encoder_options, encoder_pixel_format
from indelible.video.limits import DEFAULT_LIMITS
from indelible.video.planes import picture_from_frame
from indelible.video.presentation import TOP_FIRST, FieldMarker, Presentation, check_fields, encode_fields, mastering_parameters
from indelible.video.probe import presentation as presentation_in
from indelible.video.remux import StreamCopier
from indelible.video.scheduling import unchanged_scheduling
from indelible.video.source import Source, is_pipe, main_video_stream, open_input, source_name
from indelible.video.target import Target, open_target
from indelible.video.y4m import Y4M, at_one_rate, left_behind

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

__all__ = ["WriteSummary", "open_output", "write_video"]


@dataclass(frozen=True, slots=True)
class WriteSummary:
    """What was written: frames, seconds from the first picture to the end of the last, bytes of the video stream.

    ``warnings`` names what the container could not take over from the source.
    """

    frames: int
    duration_seconds: float
    video_bytes: int
    warnings: tuple[str, ...] = ()


# Some files claim their clock (1000 or 90000 a second) for a frame rate, which SVT-AV1 and the rate controls do not bear.
_MAX_ENCODER_RATE = 240

# x265 fills decoding times from the third frame on, and leaves rubbish in them if there is none. Two frames cannot be out of order.
_FRAMES_WITHOUT_DTS = 2


def write_video(
    target: Source,
    frames: Iterable[Frame],
    settings: EncoderSettings,
    *,
    info: VideoInfo,
    copy_from: Source | None = None,
    presentation: Presentation | None = None,
    container: str | None = None,
    overwrite: bool = False,
) -> WriteSummary:
    """Encode frames into a new video.

    Times are those of the frames, variable rate included, as exactly as the container can say them (Matroska and WebM: to 1 ms).
    Sizes, format and colour tags are those of the first frame, and all others must agree. Nothing is scaled, rotated, padded or
    converted; a grey frame gets neutral chroma where the codec has no grey.

    Args:
        target: a path, written under a temporary name and renamed when it is whole; ``-`` for standard output; or a binary file
            object (``io.BytesIO``), which needs ``container``.
        frames: in order of presentation, times increasing; consumed one at a time.
        settings: the encoder.
        info: of the source: frame rate, aspect ratio of the pixels, rotation, and colours where the frames have no tags.
        copy_from: a source that can be opened again, whose other streams, chapters and tags are carried over untouched.
        presentation: how the pictures are to be shown (rotation, fields, HDR10); None takes it from ``copy_from``.
        container: ``mp4``, ``mov``, ``matroska``, ``webm``, ``nut``, ``mpegts`` or ``yuv4mpegpipe`` (y4m: pictures at one rate and nothing
            else, with a warning); None takes it from the suffix (``nut`` for ``-``).
        overwrite: whether an existing file may be replaced.

    Raises:
        OutputError: if the target exists, is ``copy_from``, or cannot be created.
        InputError: if the frames are none, change their size, or cannot be encoded with these settings or held by this container;
            interlaced ones are encoded as such by x264, ffv1 and raw only; y4m holds only frames at one rate.
        MediaError: if encoding, copying or writing fails.
    """
    if copy_from is not None and is_pipe(copy_from):
        raise InputError("copy_from is a pipe, which can be read only once; give a file whose other streams can be copied")
    with ExitStack() as stack:
        place = stack.enter_context(open_target(target, container=container, overwrite=overwrite, source=copy_from))
        check_holds(place.container, settings.codec)
        remaining = iter(frames if place.container != Y4M else at_one_rate(frames, info.frame_rate))
        first = next(remaining, None)
        if first is None:
            raise InputError("there are no frames to write; is the source empty or its range outside the video?")
        pictures_only = place.container == Y4M
        limits = DEFAULT_LIMITS.admitting(info)  # what is beyond was let in by whoever read it
        if presentation is None:
            presentation = Presentation() if copy_from is None else presentation_in(copy_from, limits=limits)
        shown = presentation
        source = None if copy_from is None or pictures_only else stack.enter_context(open_input(copy_from, limits=limits))
        stack.enter_context(media_errors(place.name, task="write", advice="check the free space, and whether the source is damaged"))
        output = stack.enter_context(
            open_output(
                place, muxer_options(place.container, first.time_base, source=source, seekable=place.seekable, in_file=place.in_file)
            )
        )

        def add_video() -> VideoStream:
            return _add_video_stream(output, first, settings, info, shown)

        copier = None
        if source is None or copy_from is None:
            stream = add_video()
        else:
            name = source_name(copy_from)
            copier = StreamCopier(source, main_video_stream(source, name=name, limits=limits), output, name=name)
            stream = copier.add_streams(add_video)
        task = f"encode {first.width}x{first.height} pictures with {settings.codec} for"
        with unchanged_scheduling(), media_errors(place.name, task=task, advice="choose another size, or another codec"):
            output.start_encoding()
        encoding = _Encoding(stream, output, copier, like=first, shown=shown)
        encoding.write(first)
        for frame in remaining:
            encoding.write(frame)
        color = _color(first, info)
        turned = shown.matrix is not None or info.rotation_deg != 0
        gone = left_behind(info, color, turned=turned) if pictures_only else ()
        return encoding.finish((*gone, *_not_written(shown, settings)))


class _Encoding:
    """The frames on their way through one encoder, and what came out so far."""

    def __init__(self, stream: VideoStream, output: OutputContainer, copier: StreamCopier | None, like: Frame, shown: Presentation) -> None:
        self._stream = stream
        self._output = output
        self._copier = copier
        self._like = like
        self._fields = FieldMarker(shown.field_order) if shown.field_order else None
        self._frames = 0
        self._video_bytes = 0
        self._start: int | None = None
        self._last = 0
        self._end = 0
        self._durations: dict[int, int] = {}  # of the frames inside the encoder, by pts
        self._held: Packet[VideoStream] | None = None
        self._first_dts = 0

    def write(self, frame: Frame) -> None:
        self._check_alike(frame)
        pts = self._end if frame.pts is None else frame.pts
        if self._start is None:
            self._start = pts
        elif pts <= self._last:
            raise InputError(f"frame {self._frames} has pts {pts}, not after the {self._last} before it; frames must be in order of time")
        self._durations[pts] = frame.duration or self._usual_duration(pts)
        self._end = pts + self._durations[pts]
        self._last = pts
        picture = picture_from_frame(frame, pixel_format=self._stream.pix_fmt or "", pts=pts)
        self._take(self._stream.encode(picture if self._fields is None else self._fields.mark(picture)))
        self._frames += 1

    def finish(self, warnings: tuple[str, ...]) -> WriteSummary:
        """Empty the encoder, copy what is left of the other streams, and sum up."""
        packets = self._stream.encode(None)
        if self._frames <= _FRAMES_WITHOUT_DTS:
            for packet in packets:
                packet.dts = packet.pts
        self._take(packets)
        if self._held is not None and self._start is not None and self._held.dts is not None:
            # MP4 adds up the steps between decoding times; the last packet closes the gap to the end of the presentation.
            self._held.duration = max(1, self._end - self._start - (self._held.dts - self._first_dts))
            self._mux(self._held)
        if self._copier is not None:
            self._copier.copy_until(None)
        return WriteSummary(
            frames=self._frames,
            duration_seconds=float((self._end - (self._start or 0)) * self._like.time_base),
            video_bytes=self._video_bytes,
            warnings=(*(self._copier.warnings if self._copier is not None else ()), *warnings),
        )

    def _check_alike(self, frame: Frame) -> None:
        like = self._like
        if (frame.width, frame.height, frame.pixel_format) != (like.width, like.height, like.pixel_format):
            raise InputError(f"frame {self._frames} is {frame!r}; all must be alike, and the first is {like!r}")
        if frame.time_base != like.time_base:
            raise InputError(f"frame {self._frames} has time base {frame.time_base}; all must have {like.time_base} like the first")

    def _usual_duration(self, pts: int) -> int:
        """Return the step from the frame before or, for the first one, of the frame rate."""
        if self._frames:
            return pts - self._last
        rate = exact_fraction(self._stream.codec_context.framerate) or Fraction(25)
        return max(1, round(1 / (rate * self._like.time_base)))

    def _take(self, packets: list[Packet[VideoStream]]) -> None:
        """Take packets from the encoder, and let all but the newest go on."""
        for packet in packets:
            if packet.pts is not None:
                packet.duration = self._durations.pop(packet.pts, 0)
            if self._held is None:
                self._first_dts = packet.dts or 0
            else:
                self._mux(self._held)
            self._held = packet

    def _mux(self, packet: Packet[VideoStream]) -> None:
        self._video_bytes += packet.size
        if self._copier is not None and packet.dts is not None:
            self._copier.copy_until(packet.dts * (exact_fraction(packet.time_base) or self._like.time_base))
        self._output.mux(packet)


def _add_video_stream(
    output: OutputContainer, first: Frame, settings: EncoderSettings, info: VideoInfo, shown: Presentation
) -> VideoStream:
    """Add the encoded stream, described completely: what is left out here FFmpeg replaces by guesses (640x480, 24 fps, BT.601)."""
    pixel_format = encoder_pixel_format(settings, first.pixel_format, width=first.width, height=first.height)
    check_fields(shown, settings.codec, height=first.height, pixel_format=pixel_format)
    options = encoder_options(settings)
    name, said = mastering_parameters(settings.codec, shown.mastering)
    if shown.field_order and settings.codec == "x264":
        # Told of the order only with the pictures, x264 would take it from the second one on.
        name, said = "x264-params", [*said, "tff=1" if shown.field_order == TOP_FIRST else "bff=1"]
    if said:
        options[name] = ":".join([*filter(None, [options.get(name)]), *said])
    stream = cast(
        "VideoStream",
        output.add_stream(
            encoder_name(settings),
            rate=_encoder_rate(info, first),
            options=options,
            width=first.width,
            height=first.height,
            time_base=first.time_base,
        ),
    )
    context = stream.codec_context
    context.pix_fmt = pixel_format
    context.sample_aspect_ratio = info.sample_aspect_ratio
    color = _color(first, info)
    context.color_primaries, context.color_trc = color.primaries, color.transfer
    context.colorspace, context.color_range = color.matrix, color.range
    if settings.codec == "x265" and output.format.name in ("mp4", "mov"):
        context.codec_tag = "hvc1"  # parameter sets in the header only, the one kind that Apple's players take
    if shown.field_order:
        encode_fields(context, shown.field_order)
    if shown.matrix is not None:
        stream.set_display_matrix(shown.matrix)
    elif info.rotation_deg:
        stream.set_display_rotation(info.rotation_deg)
    return stream


def _color(first: Frame, info: VideoInfo) -> ColorTags:
    return info.color if first.color == ColorTags() else first.color


def _not_written(shown: Presentation, settings: EncoderSettings) -> tuple[str, ...]:
    """Return a warning for each thing of the pictures that is lost."""
    lost = list(shown.lost)
    if shown.mastering is not None and not mastering_parameters(settings.codec, shown.mastering)[1]:
        lost.append(f"HDR10 mastering metadata (which {settings.codec} cannot be given; x264, x265 and av1 can)")
    return tuple(f"not carried over: {words}" for words in lost)


def _encoder_rate(info: VideoInfo, first: Frame) -> Fraction:
    """Return the frame rate that the encoder plans with; times are the frames' own."""
    rate = info.frame_rate or (1 / (first.duration * first.time_base) if first.duration else Fraction(25))
    return min(rate, Fraction(_MAX_ENCODER_RATE)).limit_denominator(60_000)


@contextmanager
def open_output(place: Target, options: dict[str, str]) -> Iterator[OutputContainer]:
    """Open a muxer with its options, and finish its file after the block."""
    output = av.open(place.file, "w", format=place.container, container_options=options, metadata_errors="surrogateescape")
    try:
        yield output
    except BaseException:
        with suppress(av.error.FFmpegError):  # the first error is the one to tell
            output.close()
        raise
    output.close()
