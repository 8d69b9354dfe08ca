"""What a codec, or what stands for one, does to 8x8 DCT coefficients and to a mark on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.frames import Frame
from indelible.lab.dct8 import BAND, BLOCK, VALUES, signature_of
from indelible.lab.proxy import forward, whole_blocks
from indelible.lab.signature import Signature
from indelible.lab.template import course

#: Coefficients of at least this size, in 8-bit levels, are followed; smaller ones are not told from what rounding to codes makes.
LOUD = 4.0
_GONE = 1.0  # what is left of one that was zeroed, after rounding to codes
_MARK_EPSILON = 0.05
_FLOOR = 1.0 / 12.0  # squared error of rounding to codes; less is not told apart

Pictures = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Survival:
    """What became of the coefficients of a clip; all arrays are of shape (8, 8), one value for each frequency.

    Args:
        loud: how many coefficients were followed.
        kept: of them, how many came out with their sign and at least half of their size.
        zeroed: how many came out as nothing but rounding.
        sent: energy of all coefficients before, received: after.
        error: mean squared error of all coefficients.
    """

    loud: NDArray[np.float64]
    kept: NDArray[np.float64]
    zeroed: NDArray[np.float64]
    sent: NDArray[np.float64]
    received: NDArray[np.float64]
    error: NDArray[np.float64]

    @property
    def psnr_db(self) -> float:
        """PSNR of the whole blocks, infinity where nothing changed."""
        mean = float(self.error.mean())
        return 10.0 * math.log10(255.0**2 / mean) if mean > 0.0 else math.inf


def luma_of(frames: Sequence[Frame]) -> Pictures:
    """Return the luma of 8-bit frames, whole blocks only, shape (frames, height, width)."""
    return np.asarray(whole_blocks(np.stack([frame.y for frame in frames])), np.float32)


def as_codes(pictures: Pictures) -> Pictures:
    """Return pictures as 8-bit frames would have them."""
    return np.clip(np.rint(pictures), 0.0, 255.0)


def survival(sent: Pictures, received: Pictures) -> Survival:
    """Return what became of the coefficients of pictures, both of shape (frames, height, width)."""
    before, after = forward(sent, BLOCK), forward(received, BLOCK)
    loud = np.abs(before) >= LOUD

    def total(values: NDArray[np.generic]) -> NDArray[np.float64]:
        return np.asarray(values.sum(axis=(0, 1, 2), dtype=np.float64))

    return Survival(
        loud=total(loud),
        kept=total(loud & (after * np.sign(before) >= np.abs(before) / 2.0)),
        zeroed=total(loud & (np.abs(after) < _GONE)),
        sent=total(np.square(before)),
        received=total(np.square(after)),
        error=total(np.square(after - before)) / math.prod(before.shape[:3]),
    )


def survivals_together(parts: Sequence[Survival]) -> Survival:
    """Return what became of the coefficients of several clips: counts and energies added, errors averaged."""
    added = {name: np.sum([getattr(part, name) for part in parts], axis=0) for name in ("loud", "kept", "zeroed", "sent", "received")}
    return Survival(**added, error=np.mean([part.error for part in parts], axis=0))


def error_gap_db(one: Survival, other: Survival) -> NDArray[np.float64]:
    """Return by how many dB the error of ``one`` is larger at each frequency, shape (8, 8)."""
    return np.asarray(10.0 * np.log10(np.maximum(one.error, _FLOOR) / np.maximum(other.error, _FLOOR)), np.float64)


def probe(rng: np.random.Generator) -> Signature:
    """Return a signature that moves all eight coefficients of its band equally far."""
    return signature_of(rng.choice([-1.0, 1.0], VALUES), _MARK_EPSILON, phase=float(rng.random()))


def carried(unmarked: Pictures, marked: Pictures, signature: Signature) -> NDArray[np.float64]:
    """Return which share of a mark's movement of the mean block arrives, shape (8,): 1 for all, 0 for none.

    This is what a signed detector lives on, which averages over blocks.

    Args:
        unmarked: what was received of the clip itself, shape (frames, height, width).
        marked: the same of the clip with the mark of `probe`.
        signature: the probe.
    """
    moved = (forward(marked, BLOCK) - forward(unmarked, BLOCK)).mean(axis=(1, 2), dtype=np.float64)[:, :BAND, :BAND]
    weights = course(len(moved), signature.phase)
    projected = weights @ moved.reshape(len(moved), -1)[:, 1:] / float(weights @ weights)
    return np.asarray(projected / (255.0 * signature.epsilon * np.array(signature.values)), np.float64)
