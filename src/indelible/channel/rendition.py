"""A channel from file to file, in memory that does not grow with the length of the video."""

from __future__ import annotations

from dataclasses import dataclass

from indelible.channel.chain import Channel
from indelible.channel.codecs import Codec, Encoding
from indelible.channel.spec import parse_channel
from indelible.frames import VideoInfo
from indelible.video import EncoderSettings, Limits, Source, open_video, write_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.video.source import is_pipe

_LOSSLESS = EncoderSettings(codec="ffv1", threads=1)


@dataclass(frozen=True, slots=True)
class ChannelFileResult:
    """What a channel made of a file.

    Args:
        channel: canonical specification.
        info: of the video that was written.
        frames: pictures written.
        duration_seconds: of the video that was written.
        encodings: what each codec step wrote, in order; the last may be the target itself.
        copied_streams: whether sound and everything else was carried over from the source.
        warnings: what could not be carried over, a sentence each.
    """

    channel: str
    info: VideoInfo
    frames: int
    duration_seconds: float
    encodings: tuple[Encoding, ...]
    copied_streams: bool
    warnings: tuple[str, ...]


def run_channel_file(
    source: Source,
    target: Source,
    channel: Channel | str,
    *,
    seed: int = 0,
    container: str | None = None,
    overwrite: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> ChannelFileResult:
    """Apply a channel to a video file.

    The bitstream of a codec step at the end is the target's. A channel that ends otherwise is written without loss (FFV1), which .mkv and
    .nut hold. Sound and everything else is copied from the source unless the channel changes times or the source is a pipe.

    Args:
        source: what to read.
        target: what to write; a file appears whole or not at all.
        channel: a channel or its specification.
        seed: of all that is random in the channel, 0 or more.
        container: of the target; None takes it from the suffix.
        overwrite: whether an existing file may be replaced.
        limits: how much of a source is read.

    Raises:
        SpecError: if the specification cannot be understood.
        InputError: if a step does not apply to this video, or nothing of it is left.
        OutputError: if the target exists, is the source, or cannot be created.
        MediaError: if reading, encoding or writing fails.
    """
    chosen = parse_channel(channel) if isinstance(channel, str) else channel
    final = last if chosen.steps and isinstance(last := chosen.steps[-1], Codec) else None
    copied = chosen.keeps_timing and not is_pipe(source)
    with open_video(source, limits=limits) as reader:
        if final is None:
            stream = chosen.stream(reader, reader.info, seed=seed)
            frames, info, settings = stream.frames, stream.info, _LOSSLESS
        else:
            stream = Channel(chosen.steps[:-1]).stream(reader, reader.info, seed=seed)
            frames, info, settings = final.prepare(stream.frames, stream.info), final.info_after(stream.info), final.settings()
        summary = write_video(
            target, frames, settings, info=info, copy_from=source if copied else None, container=container, overwrite=overwrite
        )
    encodings = tuple(stream.encodings)
    if final is not None:
        encodings += (Encoding(str(final), summary.video_bytes, summary.duration_seconds),)
    return ChannelFileResult(str(chosen), info, summary.frames, summary.duration_seconds, encodings, copied, summary.warnings)
