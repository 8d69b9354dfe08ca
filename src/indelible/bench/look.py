"""What a detector says of footage that is marked, for each way in which it may be asked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from indelible.bench.cache import Record
from indelible.frames import Frame
from indelible.keys import SecretKey
from indelible.mark import Detection, Detector, Payload, Search
from indelible.mark.informed import Reading, Scan, Scanner, SecondLook, register
from indelible.mark.payload import encode_payload

#: How a detector is asked: as ``detect`` does it, with ``--search fast``, with ``--search full``, with ``--reference``.
Way = Literal["plain", "fast", "full", "reference"]
WAYS: tuple[Way, ...] = get_args(Way)
IN_WORDS: Mapping[str, str] = {
    "plain": "as it is",
    "fast": "searched (fast)",
    "full": "searched (full)",
    "reference": "with the original at hand",
}

#: Seconds of footage after which a plain detector is asked what it knows.
LOOK_AT_SECONDS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True)
class Original:
    """The unmarked footage, for detectors that may see it; looked at when the first one asks."""

    frames: Sequence[Frame]

    @cached_property
    def scan(self) -> Scan:
        """What is kept of a first look."""
        return _scan(self.frames)

    def reading(self, received: Sequence[Frame]) -> Reading | None:
        """Return what footage has besides the original, None if it does not show it."""
        alignment = register(_scan(received), self.scan)
        if alignment is None:
            return None
        second = SecondLook(alignment)
        for frame in self.frames:
            if second.original.add(frame):
                break
        for frame in received:
            second.received.add(frame)
        return second.reading()


def search_of(way: Way) -> Search:
    """Return how hard a detector that is asked in such a way looks by itself."""
    return "full" if way == "full" else "fast" if way == "fast" else "none"


def look(frames: Sequence[Frame], key: SecretKey, payload: Payload, *, alpha: float, way: Way, original: Original) -> Record:
    """Return what a detector finds in footage that carries ``payload`` under ``key``, and after how many seconds.

    ``presence_seconds`` and ``payload_seconds`` are the first of `LOOK_AT_SECONDS` (or the end) at which the mark was found and the
    payload read, None if never; only a plain detector, which costs nothing, is asked before the end. ``symbol_error_rate`` is that of the
    signs before any correction, of all frames; a symbol that is exactly zero counts half; None after a search, which keeps no signs of
    what it does not find. ``payload_exact`` is None for the mark without payload. ``geometry`` says where a detector that looked for
    that has seen the footage in the original.
    """
    detector = Detector([key], alpha=alpha, search=search_of(way), informed=way == "reference")
    wanted = {"presence_seconds", "payload_seconds"} if payload.bits else {"presence_seconds"}
    seen: dict[str, float] = {}

    def ask(at_seconds: float, reading: Reading | None = None) -> Detection:
        (detection,) = detector.results(reading)
        if detection.marked:
            seen.setdefault("presence_seconds", at_seconds)
        if payload.bits and detection.payload == payload:
            seen.setdefault("payload_seconds", at_seconds)
        return detection

    looks = iter(LOOK_AT_SECONDS if way == "plain" else ())
    due, start, end = next(looks, math.inf), None, 0.0
    for frame in frames:
        seconds = frame.pts_seconds or 0.0
        start = seconds if start is None else start
        while seconds - start >= due:
            if wanted - seen.keys():
                ask(due)
            due = next(looks, math.inf)
        detector.add(frame)
        end = round(seconds - start + float(frame.duration * frame.time_base), 3)
    reading = original.reading(frames) if way == "reference" else None
    detection = ask(end, reading)
    soft = detector.soft_symbols() if reading is None else reading.found(key, shares=1).tally.soft
    return {
        "frames": detection.frames_used,
        "seconds": end,
        "marked": detection.marked,
        "z": round(detection.z, 3),
        "log10_p": round(detection.log10_p, 3),
        "payload_exact": detection.payload == payload if payload.bits else None,
        "payload_wrong": detection.payload not in (None, payload),
        "symbol_error_rate": None if search_of(way) != "none" else _symbol_error_rate(soft, encode_payload(payload, key)),
        "presence_seconds": seen.get("presence_seconds"),
        "payload_seconds": seen.get("payload_seconds"),
    } | ({} if way == "plain" else {"geometry": asdict(detection.geometry)})


def _symbol_error_rate(soft: NDArray[np.float64], sent: NDArray[np.int8]) -> float:
    agreement = soft * sent
    return round(float(np.mean(np.where(agreement == 0.0, 0.5, agreement < 0.0))), 4)


def _scan(frames: Sequence[Frame]) -> Scan:
    scanner = Scanner()
    for frame in frames:
        scanner.add(frame)
    return scanner.scan()
