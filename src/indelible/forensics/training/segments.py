"""Short squares of real footage: what twins are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from indelible.errors import InputError
from indelible.forensics.stack import Stack, stack_of
from indelible.frames import Frame

__all__ = ["FRAMES", "SIDE", "draw_segment"]

#: Pixels of a side and pictures of a segment.
SIDE, FRAMES = 192, 9
_LARGEST = 540  # lines that a picture is scaled to at most, before a square is cut out


def draw_segment(frames: Sequence[Frame], *, rng: np.random.Generator) -> Stack:
    """Return a random square of a random time: the picture is scaled to 192 to 540 lines, if it has more, and a square cut out.

    Args:
        frames: of one clip, 4:2:0 and of one size, at least `FRAMES`.
        rng: source of all that is random.

    Returns:
        uint8, shape (9, 192, 192, 3).

    Raises:
        InputError: if there are too few frames.
    """
    if len(frames) < FRAMES:
        raise InputError(f"{len(frames)} pictures; a segment has {FRAMES}")
    height, width = frames[0].height, frames[0].width
    short = min(height, width)
    lines = rng.uniform(SIDE, max(SIDE, min(short, _LARGEST)))
    side = min(short, round(SIDE * short / lines)) // 2 * 2
    start = int(rng.integers(len(frames) - FRAMES + 1))
    x, y = (int(rng.integers((length - side) // 2 + 1)) * 2 for length in (width, height))
    cut = [_cut(frame, x, y, side) for frame in frames[start : start + FRAMES]]
    stack = stack_of(cut)
    if side == SIDE:
        return stack
    interpolation = cv2.INTER_AREA if side > SIDE else cv2.INTER_CUBIC
    return np.stack([cv2.resize(picture, (SIDE, SIDE), interpolation=interpolation) for picture in stack])


def _cut(frame: Frame, x: int, y: int, side: int) -> Frame:
    half = side // 2
    chroma = tuple(plane[y // 2 : y // 2 + half, x // 2 : x // 2 + half] for plane in frame.chroma)
    return replace(frame, y=frame.y[y : y + side, x : x + side], chroma=chroma)
