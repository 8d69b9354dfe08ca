"""What a first look keeps of a video: a tiny picture of each frame for its time, and a few small ones for its place."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.errors import LimitError
from indelible.frames import Frame
from indelible.mark.clock import Clock
from indelible.mark.grid import Picture, shrunk

THUMB = 48  # samples a side, 2.3 KB a frame
MOST_FRAMES = 250_000  # two hours and a quarter at 30 a second: 600 MB
KEYS_KEPT = 400  # pictures for placing, all frames of a short video; with more, each second one is let go
KEY_SAMPLES = 320 * 320


@dataclass(frozen=True, slots=True, eq=False)
class KeyPicture:
    """A frame at about 320 samples a side, uint8, and its index."""

    index: int
    picture: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """What was kept of a video.

    Args:
        seconds: of each frame, from the first one on.
        thumbs: uint8, shape (frames, 48, 48), each with its darkest sample at 0 and its brightest at 255.
        keys: pictures, evenly spread.
        aspect: width by height, in samples.
    """

    seconds: NDArray[np.float64]
    thumbs: NDArray[np.uint8]
    keys: tuple[KeyPicture, ...]
    aspect: float


class Scanner:
    """Takes the frames of a video once.

    Raises:
        LimitError: from `add`, if they are too many.
    """

    def __init__(self) -> None:
        self._clock = Clock()
        self._seconds: list[float] = []
        self._thumbs: list[NDArray[np.uint8]] = []
        self._keys: list[KeyPicture] = []
        self._key_stride = 1
        self._aspect = 1.0

    def add(self, frame: Frame) -> None:
        """Take the next frame."""
        index = len(self._seconds)
        if index >= MOST_FRAMES:
            raise LimitError(f"a video has more than {MOST_FRAMES} frames; with a reference it must be shorter: cut it into parts")
        self._seconds.append(self._clock.seconds(frame))
        self._aspect = frame.width / frame.height
        small = shrunk(frame.y, KEY_SAMPLES)
        thumb = cv2.resize(small, (THUMB, THUMB), interpolation=cv2.INTER_AREA)
        self._thumbs.append(_stretched(np.asarray(thumb, np.float32)))
        if index % self._key_stride == 0:
            self._keys.append(KeyPicture(index, _stretched(small)))
            if len(self._keys) > KEYS_KEPT:
                self._keys = self._keys[::2]
                self._key_stride *= 2

    def scan(self) -> Scan:
        """Return what was kept."""
        thumbs = np.stack(self._thumbs) if self._thumbs else np.zeros((0, THUMB, THUMB), np.uint8)
        return Scan(np.asarray(self._seconds), thumbs, tuple(self._keys), self._aspect)


def _stretched(picture: Picture) -> NDArray[np.uint8]:
    low, high = float(picture.min()), float(picture.max())
    return np.asarray(np.rint((picture - low) * (255.0 / max(high - low, 1e-3))), np.uint8)
