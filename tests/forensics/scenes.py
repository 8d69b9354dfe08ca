"""Small moving stacks for tests of forgeries and training."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.photographs import still


def moving_stack(name: str = "china.jpg", *, frames: int = 9, side: int = 96) -> NDArray[np.uint8]:
    """Return a pan over a photograph as Y, U and V, uint8, shape (frames, side, side, 3)."""
    picture = cv2.cvtColor(still(name, width=2 * side, height=2 * side), cv2.COLOR_RGB2YCrCb)[..., [0, 2, 1]]
    return np.stack([picture[index : index + side, 3 * index : 3 * index + side] for index in range(frames)])
