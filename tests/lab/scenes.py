"""Small scenes for the lab: textures that stand still or drift, and what is done to them."""

import numpy as np

from indelible.frames import Frame


def drifting(count: int = 36, *, width: int = 96, height: int = 64, speed: float = 0.5, noise: float = 1.0, seed: int = 0) -> list[Frame]:
    """Return frames of a smooth texture that moves to the left, with a little noise, 4:2:0."""
    import cv2

    rng = np.random.default_rng(seed)
    coarse = rng.normal(size=(height // 4 + 2, (width + int(speed * count)) // 4 + 4)).astype(np.float32)
    surface = cv2.resize(coarse, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)[:height] * 25.0 + 120.0
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    frames = []
    for index in range(count):
        luma = cv2.remap(surface, columns + np.float32(speed * index), rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        luma = np.clip(np.rint(luma + noise * rng.normal(size=luma.shape)), 16, 235).astype(np.uint8)
        grey = np.full((height // 2, width // 2), 128, np.uint8)
        frames.append(Frame(y=luma, chroma=(grey, grey), pixel_format="yuv420p", pts=index))
    return frames
