"""Frames of a street where something always moves, and what is done to them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np

from indelible.frames import Frame, Plane
from indelible.mark.informed import Scan, Scanner
from tests.mark.pictures import natural

RATE = 12


def scene(count: int = 36, *, height: int = 180, width: int = 320, seed: int = 0) -> list[Frame]:
    """Return frames of a camera that shakes in front of a natural picture, through which another one moves."""
    still, moving = natural(height + 32, width + 32, seed=seed), natural(60, 80, seed=seed + 1, contrast=40.0)
    rng = np.random.default_rng(seed)
    frames = []
    for index in range(count):
        x, y = 16 + 6 * np.sin(index / 5) + rng.normal(), 16 + 4 * np.cos(index / 7)
        view = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
        picture = cv2.warpAffine(still, view, (width, height), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
        left = 10 + 5 * index
        picture[70:130, left : left + 80] = moving[:, : max(0, width - left)]
        frames.append(Frame(np.clip(picture, 0, 255).astype(np.uint8), pts=index, time_base=Fraction(1, RATE), duration=1))
    return frames


def scan_of(frames: Sequence[Frame]) -> Scan:
    scanner = Scanner()
    for frame in frames:
        scanner.add(frame)
    return scanner.scan()


def changed(frames: Sequence[Frame], change: Callable[[Plane], Plane]) -> list[Frame]:
    return [replace(frame, y=np.ascontiguousarray(change(frame.y))) for frame in frames]


def retimed(frames: Sequence[Frame], *, rate: int = RATE) -> list[Frame]:
    """Show frames one after the other at a rate."""
    return [replace(frame, pts=index, time_base=Fraction(1, rate)) for index, frame in enumerate(frames)]
