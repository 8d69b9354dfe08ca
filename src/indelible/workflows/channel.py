"""Sending a video file through a channel: what compression, resizing and the rest of the world would do to it."""

from __future__ import annotations

from dataclasses import dataclass

from indelible.channel import ChannelFileResult, run_channel_file
from indelible.video import Limits, Source
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.document import Document, document, label

__all__ = ["ChannelResult", "channel_file"]


@dataclass(frozen=True, slots=True)
class ChannelResult:
    """What a channel made of a file.

    Args:
        output: where the result is.
        run: the channel in its canonical words, what was written, and what each codec step made.
        seed: of all that was random.
    """

    output: str
    run: ChannelFileResult
    seed: int

    def to_json(self) -> Document:
        """Return the document ``indelible.channel/1``."""
        run = self.run
        return document(
            "channel",
            output=self.output,
            channel=run.channel,
            seed=self.seed,
            width=run.info.width,
            height=run.info.height,
            frames=run.frames,
            duration_seconds=run.duration_seconds,
            encodings=[{"step": each.step, "size_bytes": each.size_bytes, "bitrate_bps": each.bitrate_bps} for each in run.encodings],
            streams_copied=run.copied_streams,
        )


def channel_file(
    source: Source,
    target: Source,
    specification: str,
    *,
    seed: int = 0,
    container: str | None = None,
    overwrite: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> ChannelResult:
    """Send a video through a channel, for example ``scale=640x360|x264:crf=28``.

    Args:
        source: what to read: a path, ``-`` or a binary file object.
        target: what to write; a file appears whole or not at all.
        specification: the steps, see ``docs/reference/channels.md``.
        seed: of all that is random in the channel; the same seed gives the same result.
        container: of the target; None takes it from the suffix.
        overwrite: whether an existing file may be replaced.
        limits: how much of a source is read.

    Raises:
        SpecError: if the specification cannot be understood.
        InputError: if a step does not apply to this video.
        OutputError: if the target exists, is the source, or cannot be created.
        MediaError: if reading, encoding or writing fails.
    """
    run = run_channel_file(source, target, specification, seed=seed, container=container, overwrite=overwrite, limits=limits)
    return ChannelResult(label(target), run, seed)
