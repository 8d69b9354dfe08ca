"""Six things that go wrong with a picture: each a value that says how much, called with a picture.

Pictures are uint8, shape (height, width, 3), RGB; nothing is changed in place. Only noise uses the random numbers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError

__all__ = ["Artefact", "BlockMeans", "ColourShift", "DownUp", "GaussianBlur", "GaussianNoise", "Jpeg", "Picture", "check_picture"]

Picture = NDArray[np.uint8]


def check_picture(picture: Picture) -> None:
    """Check that an array is a picture as this module means it.

    Raises:
        InputError: if it is not.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or not picture.size:
        raise InputError(f"a picture has shape {picture.shape} and dtype {picture.dtype}; allowed is uint8, (height, width, 3)")


@dataclass(frozen=True, slots=True)
class Artefact(ABC):
    """One thing that goes wrong.

    Raises:
        InputError: when one is made with a value that is not allowed, or called with what is no picture.
    """

    def __call__(self, picture: Picture, *, rng: np.random.Generator) -> Picture:
        """Return the picture with the artefact, of the same shape."""
        check_picture(picture)
        return self._changed(picture, rng)

    @abstractmethod
    def _changed(self, picture: Picture, rng: np.random.Generator) -> Picture: ...


@dataclass(frozen=True, slots=True)
class Jpeg(Artefact):
    """Encode as JPEG with 4:2:0 chroma and decode: ``quality`` 1 to 100."""

    quality: int

    def __post_init__(self) -> None:
        _check("quality of a JPEG", self.quality, 1, 100)

    def _changed(self, picture: Picture, rng: np.random.Generator) -> Picture:
        _, encoded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, self.quality])
        decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
        return np.ascontiguousarray(decoded[..., ::-1])


@dataclass(frozen=True, slots=True)
class GaussianBlur(Artefact):
    """Blur with a Gaussian cut off at ``size`` x ``size`` pixels, odd, 3 to 31; its deviation is OpenCV's for that size."""

    size: int

    def __post_init__(self) -> None:
        _check("size of a blur", self.size, 3, 31)
        if self.size % 2 == 0:
            raise InputError(f"size of a blur is {self.size}; it must be odd")

    def _changed(self, picture: Picture, rng: np.random.Generator) -> Picture:
        return np.asarray(cv2.GaussianBlur(picture, (self.size, self.size), 0, borderType=cv2.BORDER_REPLICATE), np.uint8)


@dataclass(frozen=True, slots=True)
class DownUp(Artefact):
    """Scale both sides down to ``factor``, over 0 and up to 1, by area, and back up, linearly."""

    factor: float

    def __post_init__(self) -> None:
        _check("factor of a scaling", self.factor, 0.01, 1.0)

    def _changed(self, picture: Picture, rng: np.random.Generator) -> Picture:
        height, width = picture.shape[:2]
        size = (max(1, round(width * self.factor)), max(1, round(height * self.factor)))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


@dataclass(frozen=True, slots=True)
class ColourShift(Artefact):
    """Add a number of codes, -255 to 255, to red, green and blue."""

    red: int
    green: int
    blue: int

    def __post_init__(self) -> None:
        for name, codes in (("red", self.red), ("green", self.green), ("blue", self.blue)):
            _check(f"shift of {name}", codes, -255, 255)

    def _changed(self, picture: Picture, rng: np.random.Generator) -> Picture:
        shifted = picture.astype(np.int16) + np.array([self.red, self.green, self.blue], np.int16)
        return np.clip(shifted, 0, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class GaussianNoise(Artefact):
    """Add white noise of deviation ``sigma`` codes, 0 to 128, to every sample."""

    sigma: float

    def __post_init__(self) -> None:
        _check("sigma of noise", self.sigma, 0.0, 128.0)

    def _changed(self, picture: Picture, rng: np.random.Generator) -> Picture:
        noise = self.sigma * rng.standard_normal(picture.shape, np.float32)
        return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class BlockMeans(Artefact):
    """Take ``share``, 0 to 1, of the detail out of blocks of 8 x 8: with 1 their means are left. What the border cuts off counts too."""

    share: float

    def __post_init__(self) -> None:
        _check("share of block means", self.share, 0.0, 1.0)

    def _changed(self, picture: Picture, rng: np.random.Generator) -> Picture:
        height, width = picture.shape[:2]
        rows, columns = np.arange(0, height, 8), np.arange(0, width, 8)
        sums = np.add.reduceat(np.add.reduceat(picture.astype(np.float32), rows, axis=0), columns, axis=1)
        sizes = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))[..., None]
        means = (sums / sizes).repeat(8, axis=0).repeat(8, axis=1)[:height, :width]
        return np.asarray(np.rint(picture + self.share * (means - picture)), np.uint8)


def _check(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise InputError(f"{name} is {value}; allowed is {least} to {most}")
