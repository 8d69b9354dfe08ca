"""What a clip shows, as vectors that hardly change under a codec: one for each stretch of time, one for all of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.forensics.inspection import even_picture
from indelible.forensics.model import THUMBNAIL, Model
from indelible.forensics.stack import stack_of
from indelible.frames import Frame

__all__ = ["Features", "extract_resilient_features"]

_BATCH = 32


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Embeddings, all of unit length.

    Args:
        clip: of the whole, the mean direction of the windows, float32, shape (512,).
        windows: of each window, likewise of its pictures, float32, shape (n, 512).
        start_seconds: when each begins, from the first picture, shape (n,).
    """

    clip: NDArray[np.float32]
    windows: NDArray[np.float32]
    start_seconds: NDArray[np.float64]


def extract_resilient_features(
    frames: Iterable[Frame], *, model: Model, window_seconds: float = 1.0, pictures_per_window: int = 2
) -> Features:
    """Return the embeddings of a clip.

    Args:
        frames: of one size, in order of presentation; without times, 25 a second are assumed.
        model: a trained network.
        window_seconds: length of a window, more than 0.
        pictures_per_window: that are looked at in each, at most, evenly spread; 1 or more.

    Raises:
        InputError: if there is no frame, or an argument is not allowed.
    """
    if window_seconds <= 0 or pictures_per_window < 1:
        raise InputError(f"window_seconds {window_seconds:g} must be more than 0, pictures_per_window {pictures_per_window} 1 or more")
    slots: dict[int, NDArray[np.uint8]] = {}
    start: float | None = None
    length = window_seconds / pictures_per_window
    for index, frame in enumerate(frames):
        seconds = index / 25 if frame.pts_seconds is None else frame.pts_seconds
        start = seconds if start is None else start
        slot = int((seconds - start) / length + 1e-6)
        if slot not in slots:  # kept small, so that memory does not grow with the pictures
            picture = stack_of([even_picture(frame)])[0]
            slots[slot] = np.asarray(cv2.resize(picture, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA), np.uint8)
    if not slots:
        raise InputError("a clip needs at least one picture to be embedded")
    numbers = sorted(slots)
    pictures = np.stack([slots[number] for number in numbers])
    vectors = np.concatenate([model.embed(pictures[first : first + _BATCH]) for first in range(0, len(pictures), _BATCH)])
    of_window = np.array(numbers) // pictures_per_window
    names = np.unique(of_window)
    windows = np.stack([_direction(vectors[of_window == name]) for name in names])
    return Features(_direction(windows), windows, names * window_seconds)


def _direction(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    total = vectors.sum(axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-12), np.float32)
