"""The threshold of whole clips: real footage, as it is and through real encoders, looked at as users' clips are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.channel import Channel, parse_channel
from indelible.errors import InputError
from indelible.forensics.inspection import instants_of, look
from indelible.forensics.model import Model
from indelible.runs.corpus import CorpusClip
from indelible.runs.footage import load_clip

__all__ = ["CHANNELS", "RealScores", "real_scores"]

#: What real clips go through before they are looked at.
CHANNELS = ("none", "x264:crf=23:preset=veryfast", "x264:crf=33:preset=veryfast")
_FRAMES, _INSTANTS = 24, 3
_SMALLER = "scale=short:384|format=yuv420p"


@dataclass(frozen=True, slots=True, eq=False)
class RealScores:
    """Scores of real clips after each channel, shape (clips, channels), and their names; too small or short ones are left out."""

    scores: NDArray[np.float64]
    clips: tuple[str, ...]


def real_scores(model: Model, clips: Sequence[CorpusClip], *, progress: Callable[[str], None]) -> RealScores:
    """Return how manipulated real clips look to a network.

    Raises:
        InputError: if no clip is large and long enough.
        MediaError: if a clip cannot be read.
    """
    found, names = [], []
    for place, clip in enumerate(clips, start=1):
        loaded = load_clip(clip.path, max_frames=_FRAMES)
        smaller = parse_channel(_SMALLER)
        if not smaller.applies_to(loaded.info):
            smaller = parse_channel("format=yuv420p")
        small = smaller.apply(loaded)
        try:
            row = []
            for text in CHANNELS:
                channel: Channel = parse_channel(text)
                frames = channel.apply(small).frames
                row.append(look(model, instants_of(frames, count=len(frames), wanted=_INSTANTS)).score)
        except InputError as error:
            progress(f"{clip.name} is left out: {error}")
            continue
        found.append(row)
        names.append(clip.name)
        progress(f"[{place}/{len(clips)}] {clip.name}: real, highest score {max(row):+.2f}")
    if not found:
        raise InputError("no real clip of the calibrating sources is large and long enough for a threshold")
    return RealScores(np.array(found), tuple(names))
