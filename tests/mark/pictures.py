"""Frames with natural-looking content for the tests of the mark: a pan over a seeded picture with a 1/f spectrum."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from indelible.frames import Frame


def natural(height: int, width: int, *, seed: int = 0, contrast: float = 30.0) -> NDArray[np.float64]:
    """Return a picture with a 1/f amplitude spectrum around 128."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft2(rng.normal(size=(height, width)))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    picture = np.fft.irfft2(spectrum / np.maximum(frequency, 1.0 / max(height, width)), s=(height, width))
    return 128.0 + contrast * picture / picture.std()


def clip(
    count: int = 30, *, height: int = 180, width: int = 320, seed: int = 0, rate: int = 10, bit_depth: int = 8, speed: int = 1
) -> list[Frame]:
    """Return ``count`` frames of a pan of ``speed`` pixels a frame, 8 or more bits, with neutral chroma."""
    scene = natural(height, width + speed * count, seed=seed)
    dtype = np.uint8 if bit_depth == 8 else np.uint16
    scale = 1 << (bit_depth - 8)
    chroma = np.full((height // 2, width // 2), 128 * scale, dtype)
    return [
        Frame(
            y=np.clip(scene[:, speed * index : speed * index + width] * scale, 0, 256 * scale - 1).astype(dtype),
            chroma=(chroma, chroma),
            pixel_format="yuv420p" if bit_depth == 8 else f"yuv420p{bit_depth}le",
            bit_depth=bit_depth,
            pts=index,
            time_base=Fraction(1, rate),
            duration=1,
        )
        for index in range(count)
    ]


def flat(count: int = 10, *, level: int = 16, height: int = 180, width: int = 320, rate: int = 10, start: int = 0) -> list[Frame]:
    """Return frames of one luma level."""
    y = np.full((height, width), level, np.uint8)
    return [Frame(y=y, pts=start + index, time_base=Fraction(1, rate), duration=1) for index in range(count)]
