"""Test vectors of fingerprint v1: what another implementation, or this one on another machine, must reproduce bit for bit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

import numpy as np

from indelible.fingerprint.code import Fingerprint
from indelible.fingerprint.make import make_fingerprint, make_key_frame_fingerprint
from indelible.frames import Frame

VECTORS = (
    ((90, 160, 10, 8), "3c4687144e644564b432c87f6eef7efcc313be4dbb5b19c2f9f7203ee291145f"),
    ((271, 483, 25, 8), "00f8202b9179d76200e9720f92a99d5b31065ba50cbc58805ddb5054814f4ce5"),
    ((720, 1280, 12, 10), "1b7e73c38effc4227a9ca4e262f13a3e15c5d6e1d7ef66e2524534bd8b29bd08"),
)
"""Height, width, frame rate and bit depth of a scene, and the SHA-256 of its fingerprint's arrays."""

KEY_FRAME_VECTOR = ((271, 483, 25, 8), "d9d605bca09501f4395b3cfe69450dc6eb90ae6b850838e80b7921a6b8880569")
"""Likewise, of every tenth frame as key frames."""


def run_fingerprint_vectors() -> list[str]:
    """Check every vector and return what failed, a sentence each; an empty list means that this installation is sound."""
    failures = []
    for scene, expected in VECTORS:
        digest = _digest(make_fingerprint(_scene(*scene)))
        if digest != expected:
            failures.append(f"the fingerprint of the test scene {scene} has the digest {digest}, not {expected}")
    scene, expected = KEY_FRAME_VECTOR
    digest = _digest(make_key_frame_fingerprint(islice(_scene(*scene), 0, None, 10)))
    if digest != expected:
        failures.append(f"the fingerprint of key frames of the test scene {scene} has the digest {digest}, not {expected}")
    return failures


def _digest(found: Fingerprint) -> str:
    arrays = (found.start_seconds.astype("<f8"), found.codes.astype("<u8"), found.weights, found.views, found.confirm)
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def _scene(height: int, width: int, rate: int, bit_depth: int) -> Iterator[Frame]:
    """Yield two seconds of a drifting pattern between bars, made of whole numbers alone."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.int64)
    bar = height // 8
    for index in range(2 * rate):
        x = columns * 640 // width + 7 * index // rate * 3
        y = rows * 360 // height
        pattern = 40 + ((x * x // 97 + y * (x // 11) // 3 + y * y // 53 + index) % 160)
        pattern[:bar] = pattern[height - bar :] = 16
        luma = pattern << (bit_depth - 8)
        yield Frame(
            y=luma.astype(np.uint8 if bit_depth == 8 else np.uint16),
            bit_depth=bit_depth,
            pixel_format="gray" if bit_depth == 8 else f"gray{bit_depth}le",
            pts=index,
            time_base=Fraction(1, rate),
            duration=1,
        )
