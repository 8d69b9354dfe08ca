"""Compilations: excerpts of three seconds of twenty clips one after the other, each of which should be found where it is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from indelible.bench.fingerprint.trial import Original, copy_arrays, write_arrays
from indelible.channel import Clip, parse_channel
from indelible.fingerprint.match import Match
from indelible.frames import Frame, VideoInfo
from indelible.runs.corpus import CorpusClip
from indelible.runs.footage import load_clip

EXCERPT_SECONDS = 3.0
EXCERPTS = 20
_RATE = 12
_SHAPE = f"fps={_RATE}|format=yuv420p|scale=320x180"
_CODEC = "x264:crf=28:preset=veryfast"


@dataclass(frozen=True, slots=True)
class Compilation:
    """A compilation that is still to be made, and where its codes go.

    Args:
        clips: whose excerpts follow each other.
        starts_seconds: of each excerpt in its clip.
        folder: of all codes.
    """

    clips: tuple[CorpusClip, ...]
    starts_seconds: tuple[float, ...]
    folder: Path

    @property
    def file(self) -> Path:
        """Where its codes are kept."""
        text = "\n".join(f"{clip.sha256} {start}" for clip, start in zip(self.clips, self.starts_seconds, strict=True))
        return self.folder / f"compilation-{hashlib.sha256(text.encode()).hexdigest()[:16]}.npz"


def compilations(
    clips: Sequence[CorpusClip], originals: Sequence[Original], folder: Path, *, rng: np.random.Generator
) -> list[Compilation]:
    """Deal the clips that are long enough to compilations; those that are left over at the end make a shorter one."""
    lengths = {clip: original.fingerprint.duration_seconds for clip, original in zip(clips, originals, strict=True)}
    usable = [clip for clip in clips if lengths[clip] >= EXCERPT_SECONDS]
    order = [usable[index] for index in rng.permutation(len(usable))]
    starts = [round(float(rng.uniform(0.0, lengths[clip] - EXCERPT_SECONDS)), 2) for clip in order]
    return [
        Compilation(tuple(order[first : first + EXCERPTS]), tuple(starts[first : first + EXCERPTS]), folder)
        for first in range(0, len(order), EXCERPTS)
    ]


def make_compilation(task: Compilation) -> None:
    """Make the codes of a compilation into its file."""
    pictures: list[Frame] = []
    info: VideoInfo | None = None
    for clip, start in zip(task.clips, task.starts_seconds, strict=True):
        cut = parse_channel(f"trim={start}:{start + EXCERPT_SECONDS}|{_SHAPE}")
        part = cut.apply(load_clip(clip.path, max_seconds=start + EXCERPT_SECONDS))
        pictures += part.frames[: round(EXCERPT_SECONDS * _RATE)]
        # Where the clip ends early, its last picture stays, so that the next excerpt begins when it should.
        pictures += [part.frames[-1]] * (round(EXCERPT_SECONDS * _RATE) - len(part.frames))
        info = info or part.info
    if info is None:
        return
    whole = [replace(picture, pts=index, time_base=Fraction(1, _RATE), duration=1) for index, picture in enumerate(pictures)]
    seconds = len(whole) / _RATE
    info = replace(info, duration_seconds=seconds, frames=len(whole), time_base=Fraction(1, _RATE), frame_rate=Fraction(_RATE))
    write_arrays(task.file, copy_arrays(parse_channel(_CODEC).apply(Clip(tuple(whole), info))))


def judge_compilation(task: Compilation, found: Sequence[Match], clips: Sequence[CorpusClip]) -> list[dict[str, Any]]:
    """Return a record for each excerpt: whether its clip was found there, and how well in time (intersection over union)."""
    records = []
    for place, clip in enumerate(task.clips):
        start = place * EXCERPT_SECONDS
        ranges = [match.query_range_seconds for match in found if clips[match.video : match.video + 1] == (clip,)]
        overlap = max((_overlap(each, (start, start + EXCERPT_SECONDS)) for each in ranges), default=0.0)
        records.append({"clip": clip.name, "found": overlap > 0.0, "overlap": round(overlap, 3)})
    return records


def _overlap(left: tuple[float, float], right: tuple[float, float]) -> float:
    both = min(left[1], right[1]) - max(left[0], right[0])
    return max(0.0, both) / (max(left[1], right[1]) - min(left[0], right[0]))
