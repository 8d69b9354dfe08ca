"""How much an attack changes before any encoder: without that, a logo on a picture of its own colour counts as missed."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.channel.chain import Clip
from indelible.channel.planes import luma_levels
from indelible.frames import Frame

_COLUMNS, _ROWS = 64, 36
VISIBLE_LEVELS = 4.0


@dataclass(frozen=True, slots=True)
class Effect:
    """The difference of two videos, each picture of the first with what the other shows at its time, as means over 64 x 36 blocks.

    Args:
        levels: largest change of a block, in codes of 8 bit of the nominal range, of luma or of a chroma plane.
        frames_share: of the pictures, in which a block changes by `VISIBLE_LEVELS` or more.
        area_share: of the blocks of those pictures that do.
        seconds: by which the length changes.
    """

    levels: float
    frames_share: float
    area_share: float
    seconds: float

    @property
    def visible(self) -> bool:
        """Whether there is anything to catch: a block, or more than a tenth of a second."""
        return self.levels >= VISIBLE_LEVELS or abs(self.seconds) > 0.1


def effect_of(source: Clip, changed: Clip) -> Effect:
    """Return how much ``changed`` differs from ``source``, times from the first picture of each."""
    times, other_times = _times(source), _times(changed)
    largest, blocks = 0.0, []
    for time, frame in zip(times, source.frames, strict=True):
        # What a player shows is the last picture that has begun; times in different units differ by less than a millisecond.
        shown = max(0, int(np.searchsorted(other_times, time + 1e-3)) - 1)
        difference = np.abs(_blocks(frame) - _blocks(changed.frames[shown])).max(axis=0)
        largest = max(largest, float(difference.max()))
        blocks.append(float((difference >= VISIBLE_LEVELS).mean()))
    seen = [share for share in blocks if share > 0.0]
    return Effect(
        levels=largest,
        frames_share=len(seen) / len(blocks),
        area_share=float(np.mean(seen)) if seen else 0.0,
        seconds=float(other_times[-1] - times[-1]),
    )


def _times(clip: Clip) -> NDArray[np.float64]:
    times = np.array([frame.pts_seconds or 0.0 for frame in clip.frames])
    from_first: NDArray[np.float64] = times - times[0]
    return from_first


def _blocks(frame: Frame) -> NDArray[np.float32]:
    """Return the means of luma, U and V over blocks, shape (3, rows, columns), 0 to 255 nominal; grey has neutral chroma."""
    black, white = luma_levels(frame)
    planes = [(_mean(frame.y) - black) * (255.0 / (white - black))]
    planes += [_mean(plane) * (255.0 / ((1 << frame.bit_depth) - 1)) for plane in frame.chroma[:2]]
    while len(planes) < 3:
        planes.append(np.full((_ROWS, _COLUMNS), 128.0, np.float32))
    return np.stack(planes).astype(np.float32)


def _mean(plane: NDArray[np.generic]) -> NDArray[np.float32]:
    return cv2.resize(np.ascontiguousarray(plane), (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA).astype(np.float32)
