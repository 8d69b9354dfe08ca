"""Clips as one array: what forgeries are made on, and what the network reads.

A stack is uint8, shape (n, height, width, 3): Y, U and V of n pictures at full size, in the codes of the file. RGB is never gone through.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.channel import Clip
from indelible.channel.planes import Layout, convert
from indelible.errors import InputError
from indelible.frames import Frame, VideoInfo

__all__ = ["Stack", "clip_of", "stack_of", "triplet"]

Stack = NDArray[np.uint8]
_LAYOUT = Layout("420", 8)


def stack_of(frames: Sequence[Frame]) -> Stack:
    """Return frames of one even size as a stack; what is not 8-bit 4:2:0 is made so first.

    Raises:
        InputError: if there is no frame, or the size is odd or changes.
    """
    if not frames:
        raise InputError("a stack needs at least one frame")
    height, width = frames[0].height, frames[0].width
    if height % 2 or width % 2 or any(frame.y.shape != (height, width) for frame in frames):
        raise InputError(f"frames of {width}x{height} cannot be stacked; all must have one size, and even sides")
    stack = np.empty((len(frames), height, width, 3), np.uint8)
    for picture, frame in zip(stack, frames, strict=True):
        even = convert(frame, _LAYOUT)
        picture[..., 0] = even.y
        for place, plane in enumerate(even.chroma, start=1):
            picture[..., place] = cv2.resize(np.ascontiguousarray(plane), (width, height), interpolation=cv2.INTER_LINEAR)
    return stack


def clip_of(stack: Stack, *, frame_rate: Fraction) -> Clip:
    """Return a stack of even sides as a clip of 8-bit 4:2:0; chroma is averaged over 2 x 2."""
    count, height, width = stack.shape[:3]
    frames = tuple(
        Frame(
            y=np.ascontiguousarray(picture[..., 0]),
            chroma=tuple(_halved(picture[..., place]) for place in (1, 2)),
            pixel_format=_LAYOUT.pixel_format,
            pts=index,
            time_base=1 / frame_rate,
            duration=1,
        )
        for index, picture in enumerate(stack)
    )
    info = VideoInfo(
        width=width,
        height=height,
        pixel_format=_LAYOUT.pixel_format,
        codec="rawvideo",
        container="memory",
        frame_rate=frame_rate,
        time_base=1 / frame_rate,
        duration_seconds=float(count / frame_rate),
        frames=count,
        bitrate_bps=None,
        rotation_deg=0,
        sample_aspect_ratio=Fraction(1),
        color=frames[0].color,
    )
    return Clip(frames, info)


def _halved(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = plane.shape
    return np.asarray(cv2.resize(np.ascontiguousarray(plane), (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)


def triplet(before: Stack, picture: Stack, after: Stack) -> NDArray[np.uint8]:
    """Return what the network reads of one instant: Y, U, V of a picture, Y before and Y after it.

    Args:
        before: shape (..., height, width, 3), as the other two.
        picture: the one that is judged.
        after: the next one.

    Returns:
        uint8, shape (..., 5, height, width); the network takes it divided by 255.
    """
    return np.stack([picture[..., 0], picture[..., 1], picture[..., 2], before[..., 0], after[..., 0]], axis=-3)
