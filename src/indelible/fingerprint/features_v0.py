"""The historical hash of a whole video, kept as a baseline: it separates unrelated videos badly (docs/decisions/0011-fingerprints.md).

Edges, textures in four directions, saliency and a colour histogram of each frame, scaled to one and projected on 256 random directions; the
mean over the frames, each bit against the median. All features are positive, so that a large part of them is the same for all videos, and
with it most bits. Not defined to the last bit: floating-point filters decide.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.fingerprint.code import BITS, WORDS, Codes
from indelible.frames import Frame

MAX_FRAMES = 60
SAME_BITS = 30  # the largest distance that it called a match

_SEED = 42
_SIDE, _POOLED = 128, 32
_DIRECTIONS_DEG = (0, 45, 90, 135)
_COLOURS = 8  # bins of each of hue, saturation and value
_FEATURES = _POOLED**2 * (2 + len(_DIRECTIONS_DEG)) + _COLOURS**3

Picture = NDArray[np.uint8]


def features_v0(frames: Iterable[Frame], *, max_frames: int = MAX_FRAMES) -> Codes:
    """Return the hash of the first frames of a video, shape (4,).

    Args:
        frames: at least one.
        max_frames: of them, 1 or more.

    Raises:
        InputError: if there is no frame, or ``max_frames`` is below 1.
    """
    if max_frames < 1:
        raise InputError(f"max_frames is {max_frames}; it must be 1 or more")
    total, count = np.zeros(BITS), 0
    for frame in islice(frames, max_frames):
        features = _features(_colour_picture(frame))
        total += features / (np.linalg.norm(features) + 1e-8) @ _projection()
        count += 1
    if count == 0:
        raise InputError("a video without frames has no features")
    bits = np.packbits(total > np.median(total), bitorder="little")
    return bits.view("<u8").astype(np.uint64).reshape(WORDS)


def _features(picture: Picture) -> NDArray[np.float64]:
    """Return the features of a BGR picture, shape (128, 128, 3), one after the other."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    maps = [cv2.Canny(grey, 100, 200).astype(np.float64)]
    for direction in _DIRECTIONS_DEG:
        kernel = cv2.getGaborKernel((21, 21), 5.0, np.deg2rad(direction), 10.0, 0.5)
        maps.append(np.abs(cv2.filter2D(grey, cv2.CV_64F, kernel)))
    maps.append(np.abs(cv2.Laplacian(grey, cv2.CV_64F)))
    pooled = [cv2.resize(each, (_POOLED, _POOLED), interpolation=cv2.INTER_AREA).ravel() for each in maps]
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)
    histogram = cv2.calcHist([hsv], [0, 1, 2], None, [_COLOURS] * 3, [0, 180, 0, 256, 0, 256]).ravel()
    return np.concatenate([each / (np.linalg.norm(each) + 1e-8) for each in (*pooled, histogram)])


def _colour_picture(frame: Frame) -> Picture:
    """Return a frame as BGR, shape (128, 128, 3); that of a grey one is grey."""
    grey = np.full((1, 1), 128 << (frame.bit_depth - 8), frame.y.dtype)
    planes = [frame.y, *(frame.chroma[:2] if len(frame.chroma) >= 2 else (grey, grey))]
    scale = 2.0 ** (8 - frame.bit_depth)
    small = [cv2.resize(plane, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA) * scale for plane in planes]
    yuv = np.clip(np.rint(np.stack(small, axis=-1)), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(yuv, cv2.COLOR_YUV2BGR), np.uint8)


@lru_cache(maxsize=1)
def _projection() -> NDArray[np.float64]:
    return np.random.default_rng(_SEED).normal(size=(_FEATURES, BITS))
