"""A reel: parts of a corpus's largest clips at one size, one after the other, for measurements that want longer footage than a clip."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from indelible.channel import parse_channel
from indelible.errors import InputError
from indelible.frames import ColorTags, Frame, VideoInfo
from indelible.runs.corpus import Corpus, CorpusClip
from indelible.video import EncoderSettings, open_video, probe, write_video

FRAME_RATE = 30
PIXEL_FORMAT = "yuv420p"
MASTER = EncoderSettings("x264", crf=16, preset="veryfast")


@dataclass(frozen=True, slots=True)
class ReelSettings:
    """What a reel is made of.

    Args:
        width: of its pictures; clips are scaled to it, their shape is not kept.
        height: of its pictures.
        clips: how many, each of another source.
        frames: of each clip; fewer where it has fewer.
    """

    width: int = 1920
    height: int = 1080
    clips: int = 6
    frames: int = 60


def reel_clips(corpus: Corpus, count: int) -> tuple[CorpusClip, ...]:
    """Return the landscape clips with the most pixels, one a source.

    Raises:
        InputError: if the corpus has none.
    """
    by_pixels: list[tuple[int, str, CorpusClip]] = []
    for clip in corpus.clips:
        info = probe(clip.path)
        if info.width > info.height and info.pixel_format == PIXEL_FORMAT:
            by_pixels.append((-info.width * info.height, clip.name, clip))
    chosen: dict[str, CorpusClip] = {}
    for _, _, clip in sorted(by_pixels, key=lambda entry: entry[:2]):
        chosen.setdefault(clip.source, clip)
    if not chosen:
        raise InputError(f"the corpus has no landscape clip in {PIXEL_FORMAT}; add one")
    return tuple(chosen.values())[:count]


def make_reel(target: Path, clips: Sequence[CorpusClip], settings: ReelSettings) -> int:
    """Write a reel, with little loss, and return how many frames it has."""
    info = VideoInfo(
        width=settings.width,
        height=settings.height,
        pixel_format=PIXEL_FORMAT,
        codec="h264",
        container="mp4",
        frame_rate=Fraction(FRAME_RATE),
        time_base=Fraction(1, FRAME_RATE),
        duration_seconds=None,
        frames=None,
        bitrate_bps=None,
        rotation_deg=0,
        sample_aspect_ratio=Fraction(1),
        color=ColorTags(),
    )
    return write_video(target, _frames(clips, settings), MASTER, info=info).frames


def _frames(clips: Sequence[CorpusClip], settings: ReelSettings) -> Iterator[Frame]:
    channel = parse_channel(f"scale={settings.width}x{settings.height}")
    position = itertools.count()
    for clip in clips:
        with open_video(clip.path) as reader:
            for frame in channel.stream(itertools.islice(reader, settings.frames), reader.info).frames:
                yield replace(frame, pts=next(position), time_base=Fraction(1, FRAME_RATE), duration=1, color=ColorTags())
