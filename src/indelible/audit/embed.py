"""Embedding the training mark: a keyed filter on the spectrum of each picture, as strong as a wanted quality allows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.audit.bands import LINES, RINGS, STEPS_PER_RING, band_masks, ring_radius, training_signs
from indelible.errors import InputError
from indelible.frames import Frame, Plane
from indelible.keys import SecretKey
from indelible.mark.clock import Clock

__all__ = ["DEFAULT_QUALITY_DB", "QUALITY_RANGE_DB", "TrainingEmbedder", "TrainingReport", "shrunk_to"]

DEFAULT_QUALITY_DB = 42.5
QUALITY_RANGE_DB = (36.0, 60.0)
_HANDED, _EVEN = 0.38, 0.34  # share of a band's amplitude by which each coin changes it; both add up
_LEAST, _MOST = -0.75, 1.0  # what a filter may do to an amplitude where bands overlap
_MARGIN = 32  # samples mirrored around a picture, so that its edges do not meet
_CHROMA_ABOVE_DB = 1.5  # the eye forgives chroma, but what is made of it is less masked


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What embedding did: PSNR of all samples of luma and of chroma, scaled to 8 bit, infinity where nothing changed."""

    frames: int
    duration_seconds: float
    psnr_y_db: float
    psnr_chroma_db: float


class TrainingEmbedder:
    """Adds the training mark to a stream of frames, one by one.

    A band is changed in proportion to what the picture has there: nothing is added to what is flat, and there is no pattern to see or to
    average out of one place. Each plane's change keeps at least the wanted PSNR in every frame.

    Args:
        key: the secret whose coins turn the bands.
        quality_db: PSNR of luma that no frame goes below, 36 to 60 dB; most pictures stay above.

    Raises:
        InputError: if the quality is out of range.
    """

    def __init__(self, key: SecretKey, *, quality_db: float = DEFAULT_QUALITY_DB) -> None:
        low, high = QUALITY_RANGE_DB
        if not low <= quality_db <= high:
            raise InputError(f"a quality of {quality_db:g} dB is out of range; {low:g} to {high:g} dB are allowed")
        self._signs = training_signs(key)
        self._quality_db = quality_db
        self._filters: dict[tuple[int, int, int, float], NDArray[np.float32]] = {}
        self._clock = Clock()
        self._frames = 0
        self._seconds = 0.0
        self._squares = [0.0, 0.0]
        self._samples = [0, 0]

    @property
    def report(self) -> TrainingReport:
        """What has been done so far."""
        luma, chroma = (
            10.0 * math.log10(255.0**2 * samples / squares) if squares else math.inf
            for squares, samples in zip(self._squares, self._samples, strict=True)
        )
        return TrainingReport(self._frames, self._seconds, luma, chroma)

    def embed(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the frames with marked planes, in order; holds none, and writes to none."""
        for frame in frames:
            planes = (frame.y, *frame.chroma[: len(LINES) - 1])
            marked = [self._marked(plane, index, frame.bit_depth) for index, plane in enumerate(planes)]
            self._frames += 1
            self._seconds = self._clock.seconds(frame) + float(frame.duration * frame.time_base)
            yield replace(frame, y=marked[0], chroma=(*marked[1:], *frame.chroma[len(marked) - 1 :]))

    def _marked(self, plane: Plane, index: int, bit_depth: int) -> Plane:
        levels = np.float32(2.0 ** (bit_depth - 8))
        change = self._change(shrunk_to(plane, LINES[index]) / levels, index)
        aim_db = self._quality_db + (_CHROMA_ABOVE_DB if index else 0.0)
        allowed, actual = 255.0 * 10.0 ** (-aim_db / 20.0), float(np.sqrt(np.mean(np.square(change))))
        # Rounding to whole levels adds a twelfth of a level's square, which is the marker's doing too.
        allowed = math.sqrt(max(0.0, allowed**2 - 1.0 / 12.0 / float(levels) ** 2))
        factor = min(1.0, allowed / actual) if actual else 0.0
        enlarged = cv2.resize(change * np.float32(factor), (plane.shape[1], plane.shape[0]), interpolation=cv2.INTER_CUBIC)
        rounded = np.clip(np.rint(plane + levels * enlarged), 0, (1 << bit_depth) - 1)
        values: Plane = rounded.astype(np.uint8) if plane.dtype == np.uint8 else rounded.astype(np.uint16)
        self._squares[min(index, 1)] += float(cv2.norm(plane, values, cv2.NORM_L2SQR)) / float(levels) ** 2
        self._samples[min(index, 1)] += plane.size
        return values

    def _change(self, picture: NDArray[np.float32], index: int) -> NDArray[np.float32]:
        """Return what the filter adds to a picture at full strength, same shape."""
        height, width = picture.shape
        around = cv2.copyMakeBorder(
            picture - picture.mean(),
            _MARGIN,
            cv2.getOptimalDFTSize(height + 2 * _MARGIN) - height - _MARGIN,
            _MARGIN,
            cv2.getOptimalDFTSize(width + 2 * _MARGIN) - width - _MARGIN,
            cv2.BORDER_REFLECT,
        )
        gain = self._gain(around.shape[0], around.shape[1], index, LINES[index] / min(height, width))
        change = np.fft.irfft2(np.fft.rfft2(around) * gain, s=around.shape)
        return np.asarray(change[_MARGIN : _MARGIN + height, _MARGIN : _MARGIN + width], np.float32)

    def _gain(self, height: int, width: int, index: int, finer: float) -> NDArray[np.float32]:
        """Return by which share each frequency of a plane is changed; of a stream it is computed once."""
        at = (height, width, index, finer)
        if at not in self._filters:
            handed, even = self._signs[index] * np.array([_HANDED, _EVEN], np.float32)[:, None, None]
            gain = np.zeros((height, width // 2 + 1), np.float32)
            for ring in range(RINGS):  # one at a time: all bands of a large spectrum would not fit beside each other
                (masks,) = band_masks(height, width, (ring_radius(ring * STEPS_PER_RING) * finer,))
                gain += np.tensordot(np.stack([even[ring] + handed[ring], even[ring] - handed[ring]], axis=1), masks, 2)
            self._filters[at] = np.clip(gain, _LEAST, _MOST)
        return self._filters[at]


def shrunk_to(plane: Plane | NDArray[np.float32], lines: float) -> NDArray[np.float32]:
    """Return a plane averaged down so that its shorter side has so many lines, its aspect kept; a smaller one as it is; float32."""
    height, width = plane.shape
    share = lines / min(height, width)
    if share >= 1.0:
        return plane.astype(np.float32)
    size = max(1, round(width * share)), max(1, round(height * share))
    return np.asarray(cv2.resize(plane.astype(np.float32, copy=False), size, interpolation=cv2.INTER_AREA), np.float32)
