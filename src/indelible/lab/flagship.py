"""The mark of this project, in the words of the lab, so that it stands in the same tables.

The values of its signature are the 32 bytes of a key. Its strength is that of `indelible.mark.Embedder`, whose quality is said as
epsilon: the root mean square of the mark as a share of 255, hence a Y-PSNR of -20 log10(epsilon) dB; 0 is the standard strength.

Its correlation is that of the keyed signs with what the detector reads, before any correction: with n chips, z / sqrt(n). Its p-value is
exact by the randomness of the key, whatever the video.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from indelible.errors import InputError
from indelible.frames import Frame
from indelible.keys import KEY_BYTES, SecretKey
from indelible.lab.method import MATCHED, Score
from indelible.lab.signature import Signature, software_versions
from indelible.mark import Detector, Embedder
from indelible.mark.carrier import chips

NAME = "indelible"


@dataclass(frozen=True, slots=True)
class Flagship:
    """The method; it has no state."""

    name: ClassVar[str] = NAME
    detectors: ClassVar[tuple[str, ...]] = (MATCHED,)

    def draw(self, rng: np.random.Generator) -> Signature:
        """Return a random key at the standard strength."""
        return Signature(NAME, tuple(map(float, rng.bytes(KEY_BYTES))), 0.0, versions=software_versions())

    def mark(self, frames: Iterable[Frame], signature: Signature) -> Iterator[Frame]:
        quality_db = -20.0 * math.log10(signature.epsilon) if signature.epsilon else None
        return Embedder(_key(signature), quality_db=quality_db).embed(frames)

    def read(self, frames: Iterable[Frame]) -> Sequence[Frame]:
        """Return the frames: the detector needs its key to read."""
        return tuple(frames)

    def scores(self, evidence: Sequence[Frame], signature: Signature) -> Mapping[str, Score]:
        key = _key(signature)
        detector = Detector([key])
        for frame in evidence:
            detector.add(frame)
        (scores,) = detector.scores()
        value = scores.z[1] / math.sqrt(chips(key, 0).size)
        return {MATCHED: Score(value, scores.log10_p()[0], value)}


def _key(signature: Signature) -> SecretKey:
    if signature.method != NAME or len(signature.values) != KEY_BYTES or not all(value in range(256) for value in signature.values):
        raise InputError(f"this signature is of {signature.method}; {NAME} wants its own, the {KEY_BYTES} bytes of a key")
    return SecretKey(bytes(map(int, signature.values)))
