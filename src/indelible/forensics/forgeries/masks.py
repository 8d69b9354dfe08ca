"""Where a manipulation is: random shapes with soft edges that stand still or drift."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["draw_mask"]

Mask = NDArray[np.float32]
_STANDING = 0.5  # of masks stand still
_SOFT = (0.6, 5.0)  # pixels, deviation of the edge
_TRIES = 4


def draw_mask(frames: int, height: int, width: int, *, area: float, rng: np.random.Generator) -> Mask:
    """Return how much of each pixel is manipulated, float32, shape (frames, height, width), 0 to 1.

    Args:
        frames: how many.
        height: of a picture.
        width: likewise.
        area: share of the picture that the shape has before its edges are softened, about.
        rng: source of all that is random: ellipse, box, polygon or blob, where it is, how soft, and whether it drifts.
    """
    hard = _shape(height, width, area, rng)
    deviation = float(np.exp(rng.uniform(*np.log(_SOFT))))
    drift = np.zeros(2) if rng.random() < _STANDING else rng.uniform(-1.2, 1.2, size=2)
    mask = np.empty((frames, height, width), np.float32)
    for index in range(frames):
        moved = np.array([[1, 0, drift[0] * index], [0, 1, drift[1] * index]], np.float64)
        shifted = hard if not drift.any() else cv2.warpAffine(hard, moved, (width, height))
        mask[index] = cv2.GaussianBlur(shifted, (0, 0), deviation)
    return mask


def _shape(height: int, width: int, area: float, rng: np.random.Generator) -> Mask:
    kind = rng.choice(["ellipse", "box", "polygon", "blob"])
    wanted = area * height * width
    hard = np.zeros((height, width), np.float32)
    if kind == "blob":
        noise = cv2.GaussianBlur(rng.standard_normal((height, width), np.float32), (0, 0), np.sqrt(wanted) / 3)
        x, y = int(rng.integers(width // 4, 3 * width // 4)), int(rng.integers(height // 4, 3 * height // 4))
        rows, columns = np.mgrid[:height, :width]
        near = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * wanted)).astype(np.float32)
        score = near + 0.5 * noise / max(float(noise.std()), 1e-6) * near
        hard[score >= np.quantile(score, 1.0 - area)] = 1.0
        return hard
    stretch = float(np.exp(rng.uniform(-0.6, 0.6)))
    for _ in range(_TRIES):  # what the border cuts off is missing; another place may have room
        half_width, half_height = 0.5 * np.sqrt(wanted * stretch), 0.5 * np.sqrt(wanted / stretch)
        x, y = (
            int(rng.uniform(min(half, side / 2), max(side - half, side / 2))) for half, side in ((half_width, width), (half_height, height))
        )
        hard[:] = 0.0
        if kind == "box":
            low, high = (round(x - half_width), round(y - half_height)), (round(x + half_width), round(y + half_height))
            cv2.rectangle(hard, low, high, 1.0, -1)
        elif kind == "ellipse":
            axes = (round(half_width * 1.13), round(half_height * 1.13))  # an ellipse has pi / 4 of its box
            cv2.ellipse(hard, (x, y), axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
        else:
            angles = np.sort(rng.uniform(0, 2 * np.pi, size=9))
            reach = rng.uniform(0.9, 1.5, size=9)
            points = np.stack([x + half_width * reach * np.cos(angles), y + half_height * reach * np.sin(angles)], axis=1)
            cv2.fillPoly(hard, [np.rint(points).astype(np.int32)], 1.0)
        if hard.sum() > 0.6 * wanted:
            break
    return hard
