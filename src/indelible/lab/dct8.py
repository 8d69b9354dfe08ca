"""Method 2: a signature on the low frequencies of every 8x8 block of luma, the same in all blocks, waxing and waning in time.

With B the orthonormal 8x8 DCT (Ahmed, Natarajan and Rao 1974), s the signature (eight values, the coefficients [0:3, 0:3] without DC, unit
length), and w(t) the course of `indelible.lab.template`, block b of frame t becomes

    X'(t, b) = X(t, b) + epsilon * 255 * w(t) * s.

The DCT is linear, so marking is the addition of one tile of 8x8 pixels to the whole picture. Mean squared error (255 epsilon)^2 / 128
before rounding: 47.1 dB at epsilon 0.05, 41.0 at 0.1, 35.0 at 0.2.

Detectors:

- ``published``: the mean over all blocks and frames of |cos| between a block's 63 AC coefficients and s. It throws away the sign, hence
  cannot average: footage of low frequencies, which is most footage, scores 0.2 to 0.4 unmarked. Known results: clean 0.029, marked 0.590
  uncompressed, above 0.50 at CRF 18 to 23, 0.064 at CRF 28, later 40 % false positives.
- ``matched``: all blocks carry the same pattern, so their mean holds all of the mark and, of the host, what does not average out. The
  correlation of the mean over time with w s, see `indelible.lab.template`; the null is that of the direction of s.
- ``whitened``: the same mark. Coefficients are limited before the mean is taken, because they are far from normal: most are quiet and
  tell much, few are loud and drown them. Then what changes slowly in time, as hosts do, is taken out of the mean's course and of the
  template.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from indelible.channel.planes import to_codes
from indelible.errors import InputError
from indelible.frames import Frame
from indelible.lab.method import MATCHED, PUBLISHED, WHITENED, Score
from indelible.lab.signature import Signature, software_versions
from indelible.lab.template import course, template_score

NAME = "dct8"
BLOCK, BAND = 8, 3
VALUES = BAND * BAND - 1
EPSILON = 0.05
LARGEST_EPSILON = 1.0
_LIMIT = 0.5  # of the usual size of a coefficient
_FRAMES_PER_DEGREE, _HIGHEST_DEGREE = 20, 3  # of the trend: slow beside a cycle of 30 frames
FEWEST_FRAMES = 8

Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class BlockEvidence:
    """What blocks say, whatever the signature.

    Args:
        cosines: each block's coefficients of the band over the length of all its AC coefficients, shape (frames * blocks, 8).
        mean: over the blocks, shape (frames, 8).
        limited: the same of limited coefficients, shape (frames, 8).
    """

    cosines: Values
    mean: NDArray[np.float64]
    limited: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dct8:
    """The method; it has no state."""

    name: ClassVar[str] = NAME
    detectors: ClassVar[tuple[str, ...]] = (MATCHED, WHITENED, PUBLISHED)

    def draw(self, rng: np.random.Generator) -> Signature:
        """Return a signature of random direction at the published strength, in a random phase."""
        return signature_of(rng.standard_normal(VALUES), EPSILON, phase=float(rng.random()))

    def mark(self, frames: Iterable[Frame], signature: Signature) -> Iterator[Frame]:
        direction = _direction(signature)
        if signature.epsilon > LARGEST_EPSILON:
            raise InputError(f"epsilon is {signature.epsilon}; that of {NAME} is a share of 255, at most {LARGEST_EPSILON:g}")
        tile = _tile(direction) * (255.0 * signature.epsilon)
        for index, frame in enumerate(frames):
            height, width = frame.y.shape
            weight = float(course(1, signature.phase, first=index)[0])
            pattern = np.tile(tile, (-(-height // BLOCK), -(-width // BLOCK)))[:height, :width]
            marked = frame.y.astype(np.float32) + pattern * np.float32(weight * 2.0 ** (frame.bit_depth - 8))
            yield frame.with_luma(to_codes(marked, frame))

    def read(self, frames: Iterable[Frame]) -> BlockEvidence:
        coefficients, lengths = [], []
        for frame in frames:
            band, length = _analyse(frame)
            coefficients.append(band)
            lengths.append(length)
        if len(coefficients) < FEWEST_FRAMES:
            raise InputError(f"{len(coefficients)} frames; {NAME} needs {FEWEST_FRAMES} or more to see anything wax and wane")
        if len({len(band) for band in coefficients}) > 1:
            raise InputError("the frames differ in size; all of a video must have the same")
        blocks = np.stack(coefficients)
        cosines = np.asarray(blocks / np.maximum(np.stack(lengths), np.float32(1e-3))[..., None], np.float32)
        return BlockEvidence(cosines.reshape(-1, VALUES), blocks.mean(axis=1, dtype=np.float64), _limited(blocks))

    def scores(self, evidence: BlockEvidence, signature: Signature) -> Mapping[str, Score]:
        direction = _direction(signature)
        trend = min(_HIGHEST_DEGREE, len(evidence.limited) // _FRAMES_PER_DEGREE)
        published = float(np.abs(evidence.cosines @ direction.astype(np.float32)).mean())
        return {
            MATCHED: template_score(evidence.mean, direction, signature),
            WHITENED: template_score(evidence.limited, direction, signature, trend=trend),
            PUBLISHED: Score(published, None, published),
        }


def signature_of(
    values: NDArray[np.float64], epsilon: float, *, phase: float = 0.0, training: Mapping[str, object] | None = None
) -> Signature:
    """Return the signature in the direction of ``values``, shape (8,), of any length but zero.

    Raises:
        InputError: if the values have no direction.
    """
    length = float(np.linalg.norm(values))
    if not 0.0 < length < np.inf:
        raise InputError(f"the values {values} have no direction")
    unit = tuple(float(value) for value in values / length)
    return Signature(NAME, unit, epsilon, phase, training=training, versions=software_versions())


def coefficient_names() -> tuple[str, ...]:
    """Return the place of each value in a block, ``[row,column]`` of its frequencies."""
    return tuple(f"[{row},{column}]" for row in range(BAND) for column in range(BAND) if row or column)


def _direction(signature: Signature) -> NDArray[np.float64]:
    if signature.method != NAME or len(signature.values) != VALUES:
        raise InputError(
            f"this signature is of {signature.method} and has {len(signature.values)} values; {NAME} wants its own, of {VALUES}"
        )
    values = np.array(signature.values)
    length = float(np.linalg.norm(values))
    if length == 0.0:
        raise InputError("all values of the signature are 0; it says nothing")
    return np.asarray(values / length, np.float64)


@lru_cache(maxsize=1)
def _low_rows() -> Values:
    """Return the first rows of the orthonormal DCT-II, shape (3, 8)."""
    frequency, place = np.arange(BAND)[:, None], np.arange(BLOCK)[None, :]
    rows = np.sqrt(2.0 / BLOCK) * np.cos(np.pi * (2 * place + 1) * frequency / (2 * BLOCK))
    rows[0] /= np.sqrt(2.0)
    return np.asarray(rows, np.float32)


def _tile(direction: NDArray[np.float64]) -> Values:
    """Return the pixels of a block whose coefficients are the direction, shape (8, 8), of unit energy."""
    low = np.zeros(BAND * BAND)
    low[1:] = direction
    return np.asarray(_low_rows().T @ low.reshape(BAND, BAND) @ _low_rows(), np.float32)


def _analyse(frame: Frame) -> tuple[Values, Values]:
    """Return of each whole block the band's coefficients, shape (blocks, 8), and the length of all AC coefficients, in 8-bit levels."""
    rows, columns = frame.height // BLOCK, frame.width // BLOCK
    if not (rows and columns):
        raise InputError(f"the picture is {frame.width}x{frame.height}; {NAME} needs {BLOCK}x{BLOCK} or more")
    luma = frame.y[: rows * BLOCK, : columns * BLOCK].astype(np.float32) * np.float32(2.0 ** (8 - frame.bit_depth))
    low = _low_rows()
    along = np.matmul(low, luma.reshape(rows, BLOCK, columns * BLOCK))  # (rows, 3, width)
    band = np.matmul(along.reshape(rows, BAND, columns, BLOCK), low.T)  # (rows, 3, columns, 3)
    band = band.transpose(0, 2, 1, 3).reshape(rows * columns, BAND * BAND)
    # Orthonormal: what is not DC is the block's energy less that of its mean.
    energy = np.square(luma).reshape(rows, BLOCK, columns, BLOCK).sum(axis=(1, 3)).ravel()
    return band[:, 1:], np.sqrt(np.maximum(energy - np.square(band[:, 0]), 0.0))


def _limited(blocks: Values) -> NDArray[np.float64]:
    """Return the mean over blocks of limited coefficients, shape (frames, 8), for blocks of shape (frames, blocks, 8)."""
    usual = np.maximum(np.median(np.abs(blocks), axis=(0, 1)), np.float32(1.0)) * np.float32(_LIMIT)
    return np.asarray((blocks / np.hypot(blocks, usual)).mean(axis=1, dtype=np.float64))
