"""From a picture of any size to what the two-stream networks read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.forensics.degrade.artefacts import Picture, check_picture
from indelible.forensics.degrade.severity import Degrade

__all__ = ["PreprocessingPipeline"]


@dataclass(frozen=True, slots=True)
class PreprocessingPipeline:
    """Scale to a square, degrade if asked to, and bring to -1 to 1, which is also what the autoencoder gives back.

    Args:
        image_size: pixels of a side, 8 or more.
        augment: whether pictures are degraded at all, by a severity drawn for each.
        rng: source of all that is random; by default, one from seed 0.

    Raises:
        InputError: if the size is not allowed.
    """

    image_size: int = 224
    augment: bool = True
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0), kw_only=True)

    def __post_init__(self) -> None:
        if self.image_size < 8:
            raise InputError(f"image_size is {self.image_size}; allowed is 8 or more")

    def preprocess(self, image: Picture, apply_compression: bool = True) -> NDArray[np.float32]:
        """Return a picture as a float32 array, shape (3, image_size, image_size), -1 to 1.

        Args:
            image: uint8, (height, width, 3), RGB.
            apply_compression: whether to degrade it, if this pipeline does that.

        Raises:
            InputError: if it is no such picture.
        """
        check_picture(image)
        smaller = min(image.shape[:2]) > self.image_size
        interpolation = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        square = np.asarray(cv2.resize(image, (self.image_size, self.image_size), interpolation=interpolation), np.uint8)
        if apply_compression and self.augment:
            square = Degrade()(square, rng=self.rng)
        return np.ascontiguousarray(square.transpose(2, 0, 1).astype(np.float32) / 127.5 - 1.0)

    def preprocess_batch(self, images: Sequence[Picture], apply_compression: bool = True) -> NDArray[np.float32]:
        """Return pictures of any sizes as one array, shape (n, 3, image_size, image_size).

        Raises:
            InputError: if there is none, or one is no picture.
        """
        if not images:
            raise InputError("a batch needs at least one picture")
        return np.stack([self.preprocess(image, apply_compression) for image in images])
