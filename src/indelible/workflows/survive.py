"""Making a mark as strong as a channel asks for, in those parts of a video that need it and in no others."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from indelible.channel import Channel, parse_channel
from indelible.errors import InputError
from indelible.frames import Frame, VideoInfo
from indelible.keys import SecretKey
from indelible.mark import Detector, Embedder, Payload, Raised
from indelible.mark.detect import ALPHA
from indelible.mark.embed import Strength
from indelible.video import EncoderSettings, Limits, Source, VideoReader, copy_settings, open_video, write_video
from indelible.video.limits import DEFAULT_LIMITS
from indelible.workflows.certificate import REQUIRED_MARGIN_DB
from indelible.workflows.parts import PartedVideo, hear
from indelible.workflows.progress import Progress, followed

__all__ = ["DEFAULT_FLOOR_DB", "Marking", "Trial", "raise_windows", "target_channel"]

DEFAULT_FLOOR_DB = 42.0
MOST_PASSES = 5
_SLACK_DB = 0.5  # beyond the margin that is required: a part of a video is encoded a little differently than within the whole
_SMALLEST_RAISE_DB, _LARGEST_RAISE_DB = 0.5, 4.0  # of one pass
# A decibel more of strength is nearly two of margin where an encoder drops what is weak; better raised twice than too far.
_RAISE_PER_DB = 0.6
_SMALLEST_ROOM_DB = 0.05  # above the floor
_SMALLEST_GROWTH_DB = 0.1  # of a pass: less says that the pictures are too flat for more mark


@dataclass(frozen=True, slots=True)
class Marking:
    """What a video will be marked with, and how it will be encoded then.

    Args:
        key: the secret.
        payload: what the mark says.
        strength: as `indelible.mark.Embedder` names it.
        quality_db: Y-PSNR to aim at instead.
        settings: of the encoder; None follows the source.
    """

    key: SecretKey
    payload: Payload
    strength: Strength
    quality_db: float | None
    settings: EncoderSettings | None


def target_channel(specification: str) -> Channel:
    """Return the channel that a mark is to survive.

    Raises:
        SpecError: if it cannot be understood.
        InputError: if it changes times: then nobody can say which window is which afterwards.
    """
    channel = parse_channel(specification)
    if not channel.keeps_timing:
        raise InputError(f"{channel} changes the times of pictures; what a mark is to survive must keep them, such as x264:crf=34")
    return channel


def raise_windows(
    source: Source,
    marking: Marking,
    channel: Channel,
    *,
    floor_db: float = DEFAULT_FLOOR_DB,
    alpha: float = ALPHA,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Raised:
    """Return by how much each window must be stronger for the payload to survive a channel with the margin that a certificate asks for.

    Each part of the video (eight seconds) is marked, encoded as the output will be, sent through the channel and listened to by itself.
    A part that falls short is raised by what it lacks and looked at again, until it holds, or its mark has reached ``floor_db`` or cannot
    grow. No more than one second of frames is held; a pass over the video costs a decode, and two encodes of the parts still in question.

    Raises:
        InputError: if the channel does not apply to this video.
        MediaError: if reading, encoding or writing fails.
    """
    raised = Raised({}, floor_db)
    pending: dict[int, Trial] | None = None
    for _ in range(MOST_PASSES):
        before = pending or {}
        pending = {
            trial.part: trial
            for trial in _trials(source, marking, channel, raised, pending, alpha=alpha, limits=limits, progress=progress)
            if trial.lacks_db > 0.0 and trial.can_grow(before.get(trial.part), floor_db)
        }
        if not pending:
            break
        more = {window: trial.next_raise_db(floor_db) for trial in pending.values() for window in trial.windows}
        raised = Raised({**raised.by_db, **{window: raised.by_db.get(window, 0.0) + db for window, db in more.items()}}, floor_db)
    return raised


@dataclass(frozen=True, slots=True)
class Trial:
    """How a part came through at one strength: how much margin it lacks, and the quality that its mark has."""

    part: int
    windows: tuple[int, ...]
    lacks_db: float
    psnr_y_db: float

    def next_raise_db(self, floor_db: float) -> float:
        """Return by how much to raise the part before it is looked at again: no further than the floor, so that what is said was done."""
        return min(self.psnr_y_db - floor_db, _LARGEST_RAISE_DB, max(_SMALLEST_RAISE_DB, _RAISE_PER_DB * self.lacks_db))

    def can_grow(self, before: Trial | None, floor_db: float) -> bool:
        """Return whether more strength would be more mark: not at the floor, nor in pictures too flat to hide what was asked for."""
        if not math.isfinite(self.psnr_y_db) or self.psnr_y_db <= floor_db + _SMALLEST_ROOM_DB:
            return False
        return before is None or self.psnr_y_db < before.psnr_y_db - _SMALLEST_GROWTH_DB


def _trials(
    source: Source,
    marking: Marking,
    channel: Channel,
    raised: Raised,
    wanted: dict[int, Trial] | None,
    *,
    alpha: float,
    limits: Limits,
    progress: Progress | None,
) -> Iterator[Trial]:
    """Yield how each wanted part comes through, all of them for None."""
    with open_video(source, limits=limits) as reader:
        settings = marking.settings or copy_settings(reader.info)
        for part in PartedVideo(followed(reader, progress), duration_seconds=reader.info.duration_seconds):
            if wanted is not None and part.index not in wanted:
                continue
            embedder = Embedder(marking.key, marking.payload, strength=marking.strength, quality_db=marking.quality_db, raised=raised)
            detector = Detector([marking.key], alpha=alpha, origin_seconds=part.origin_seconds)
            marked = embedder.embed(part.frames, origin_seconds=part.origin_seconds)
            with _as_output(marked, settings, reader, limits) as (frames, info):
                for frame in channel.stream(frames, info).frames:
                    detector.add(frame)
            heard = hear(detector, marking.key, marking.payload, alpha=alpha)
            had = heard.margin.db if heard.margin is not None else -math.inf
            lacks = REQUIRED_MARGIN_DB + _SLACK_DB - had
            yield Trial(part.index, part.windows, max(lacks, 0.0 if heard.payload_ok else _SMALLEST_RAISE_DB), embedder.report.psnr_y_db)


@contextmanager
def _as_output(
    frames: Iterable[Frame], settings: EncoderSettings, reader: VideoReader, limits: Limits
) -> Iterator[tuple[Iterable[Frame], VideoInfo]]:
    """Give frames as whoever gets the output will see them, after its encoder."""
    if settings.codec == "raw":
        yield frames, reader.info
        return
    with tempfile.TemporaryDirectory(prefix="indelible-survive-") as folder:
        file = Path(folder) / "part.nut"  # which keeps times exactly
        write_video(file, frames, settings, info=reader.info, presentation=reader.presentation)
        with open_video(file, limits=limits) as again:
            yield again, again.info
