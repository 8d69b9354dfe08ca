"""Test vectors of mark v1: what another implementation, or this one on another machine, must reproduce.

The keyed parts are compared bit for bit. Pictures pass through floating-point filters that may round differently elsewhere, so of them
only what is read is compared: the payload exactly, the statistic within a few per cent.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from fractions import Fraction

import numpy as np

from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark.carrier import band, chips, symbol_of_chip
from indelible.mark.detect import Detector
from indelible.mark.embed import Embedder
from indelible.mark.payload import Payload, encode_payload

KEY = SecretKey(bytes(range(32)))
KEY_ID = "63b63658d112f745"
CARRIER_SHA256 = "2950e128cace521dfa0bdfbf3650d5bfc6ad563cc567657b08158767c52ef8b3"
SYMBOLS_SHA256 = "b526abd0eb7e5c960fb86f380c336ef35f1c46ef5d6f8dd7424c7ce28cf99d10"
MESSAGE = Payload.from_text("vector 1")
STATISTIC = 41.41  # of the pattern below, marked as below


def run_vectors() -> list[str]:
    """Check every vector and return what failed, a sentence each; an empty list means that this installation is sound."""
    failures = []
    if KEY.key_id != KEY_ID:
        failures.append(f"the key's fingerprint is {KEY.key_id}, not {KEY_ID}")
    carrier = _sha256(chips(KEY, 3).tobytes(), symbol_of_chip().astype("<i2").tobytes(), band().astype("<i4").tobytes())
    if carrier != CARRIER_SHA256:
        failures.append(f"the carrier's digest is {carrier}, not {CARRIER_SHA256}")
    symbols = _sha256(*(encode_payload(payload, KEY).tobytes() for payload in (Payload(), MESSAGE, Payload(bytes(16)), Payload(bytes(32)))))
    if symbols != SYMBOLS_SHA256:
        failures.append(f"the payload symbols' digest is {symbols}, not {SYMBOLS_SHA256}")
    detector = Detector([KEY])
    for frame in Embedder(KEY, MESSAGE, quality_db=44.0).embed(_scene()):
        detector.add(frame)
    (found,) = detector.results()
    if found.payload != MESSAGE:
        failures.append("the payload of the marked test scene is not read")
    if abs(found.z / STATISTIC - 1.0) > 0.05:
        failures.append(f"the statistic of the marked test scene is {found.z:.2f}, not {STATISTIC:.2f}")
    return failures


def _scene() -> list[Frame]:
    """Return one second of a still picture, a sum of waves with whole-numbered parameters."""
    rows, columns = np.mgrid[0:180, 0:320]
    waves = sum(np.cos(0.05 * k * rows + 0.037 * k * k * columns + k) * 20.0 / k for k in range(1, 40))
    first = Frame(y=np.clip(np.rint(120.0 + waves), 0, 255).astype(np.uint8), pts=0, time_base=Fraction(1, 10), duration=1)
    return [replace(first, pts=index) for index in range(10)]


def _sha256(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()
