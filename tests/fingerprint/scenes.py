"""Videos that exist only in memory: a natural-looking picture that is moved about, as frames of any size, rate and depth."""

from fractions import Fraction

import cv2
import numpy as np

from indelible.frames import Frame
from tests.mark.pictures import natural


def moving(seconds=4.0, *, seed=0, rate=10, height=180, width=320, drift=24.0, change=lambda picture: picture):
    """Return frames of two pictures that move against each other; ``change`` is applied to each, float32, shape (height, width)."""
    behind, before = (natural(360, 1024, seed=1000 * seed + layer).astype(np.float32) for layer in (1, 2))
    frames = []
    for index in range(round(seconds * rate)):
        shift = drift * index / rate
        views = [
            cv2.getRectSubPix(layer, (640, 360), (400.0 + direction * shift, 180.0)) for layer, direction in ((behind, 1), (before, -1))
        ]
        picture = cv2.resize(0.5 * views[0] + 0.5 * views[1], (width, height), interpolation=cv2.INTER_AREA)
        luma = np.clip(np.rint(change(picture)), 0, 255).astype(np.uint8)
        frames.append(Frame(y=luma, pts=index, time_base=Fraction(1, rate), duration=1))
    return frames


def flat(seconds=4.0, *, level=16, rate=10):
    """Return frames of one level."""
    y = np.full((180, 320), level, np.uint8)
    return [Frame(y=y, pts=index, time_base=Fraction(1, rate), duration=1) for index in range(round(seconds * rate))]
