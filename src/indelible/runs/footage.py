"""The beginning of a video, held in memory to be marked and sent through channels again and again."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path

from indelible.channel import Clip
from indelible.errors import InputError
from indelible.video import open_video


def load_clip(path: Path, *, max_seconds: float = math.inf, max_frames: int | None = None) -> Clip:
    """Return the first seconds of a video, decoded, with what is known of them.

    Args:
        path: of the video.
        max_seconds: what is shown later than this after the first picture is left out.
        max_frames: at most so many pictures; None for no limit.

    Raises:
        InputError: if ``max_frames`` is less than 1.
        MediaError: if the video cannot be read.
    """
    if max_frames is not None and max_frames < 1:
        raise InputError(f"max_frames is {max_frames}; a clip needs at least one")
    with open_video(path, threads=1) as reader:
        first = next(iter(reader))
        start = first.pts_seconds or 0.0
        rest = itertools.takewhile(lambda frame: (frame.pts_seconds or 0.0) - start < max_seconds, reader)
        frames = (first, *itertools.islice(rest, None if max_frames is None else max_frames - 1))
        whole = reader.info.duration_seconds
        kept = None if whole is None or len(frames) == max_frames else min(whole, max_seconds)
        return Clip(frames, replace(reader.info, duration_seconds=kept, frames=len(frames)))
