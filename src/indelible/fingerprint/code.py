"""What a video looks like, moment by moment, in a few bytes: the words of fingerprints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError

ALGORITHM = "fingerprint_v1"
KEY_FRAMES = "fingerprint_v1_key_frames"  # of key frames alone, each by itself
BITS = 256
WORDS = BITS // 64
CONFIRM_BYTES = 32

WHOLE, MIDDLE = 0, 1
VIEWS = (WHOLE, MIDDLE)

Codes = NDArray[np.uint64]  # shape (n, WORDS): bit b of a code is bit b % 64 of word b // 64, little-endian


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """The codes of one video, in order of time. Rows of one moment, one for each view, follow each other.

    The arrays are read-only.

    Args:
        start_seconds: float64, shape (n,): when each row's moment begins, from the first picture on; not decreasing.
        codes: uint64, shape (n, 4).
        weights: uint8, shape (n,): how reliable each code is; 0 means that there is nothing to see, and such a row is never matched.
        views: uint8, shape (n,): what of the picture each code shows, `WHOLE` or `MIDDLE`.
        confirm: uint8, shape (n, 32): a second feature that is independent of the code, for what was found by codes.
        duration_seconds: of the video, 0 or more.
        algorithm: that made it; fingerprints of different algorithms cannot be compared.

    Raises:
        InputError: if an array has another type or shape, or times are not finite or decrease.
    """

    start_seconds: NDArray[np.float64]
    codes: Codes
    weights: NDArray[np.uint8]
    views: NDArray[np.uint8]
    confirm: NDArray[np.uint8]
    duration_seconds: float
    algorithm: str = ALGORITHM

    def __post_init__(self) -> None:
        n = len(self.start_seconds)
        _check("start_seconds", self.start_seconds, np.float64, (n,))
        _check("codes", self.codes, np.uint64, (n, WORDS))
        _check("weights", self.weights, np.uint8, (n,))
        _check("views", self.views, np.uint8, (n,))
        _check("confirm", self.confirm, np.uint8, (n, CONFIRM_BYTES))
        if not (np.isfinite(self.start_seconds).all() and (np.diff(self.start_seconds) >= 0.0).all()):
            raise InputError("start_seconds of a fingerprint must be finite and may not decrease")
        if not (np.isfinite(self.duration_seconds) and self.duration_seconds >= 0.0):
            raise InputError(f"duration_seconds of a fingerprint is {self.duration_seconds}; it must be 0 or more")
        if not np.isin(self.views, VIEWS).all():
            raise InputError(f"views of a fingerprint must be among {VIEWS}")
        for name in ("start_seconds", "codes", "weights", "views", "confirm"):
            view = getattr(self, name).view()  # the caller's own array stays as it is
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __len__(self) -> int:
        return len(self.start_seconds)

    @property
    def has_evidence(self) -> bool:
        """Whether any row can be matched at all: flat and black videos have nothing to match."""
        return bool((self.weights > 0).any())


def code_hex(code: Codes) -> str:
    """Return one code, shape (4,), as 64 hexadecimal digits: its 32 bytes in order, bit 0 the lowest of the first."""
    return np.ascontiguousarray(code, "<u8").tobytes().hex()


def codes_from_hex(texts: list[str]) -> Codes:
    """Invert `code_hex` for a list of codes; shape (n, 4).

    Raises:
        InputError: if a text is not 64 hexadecimal digits.
    """
    try:
        raw = [bytes.fromhex(text) for text in texts]
    except ValueError as error:
        raise InputError(f"a code is not hexadecimal: {error}") from error
    if any(len(each) != BITS // 8 for each in raw):
        raise InputError(f"a code has {BITS // 4} hexadecimal digits")
    return np.frombuffer(b"".join(raw), "<u8").reshape(-1, WORDS).astype(np.uint64)


def distances(left: Codes, right: Codes) -> NDArray[np.int64]:
    """Return how many bits differ; shapes (..., 4) broadcast against each other, as in NumPy."""
    return np.asarray(np.bitwise_count(left ^ right).sum(axis=-1, dtype=np.int64), np.int64)


def _check(name: str, array: NDArray[Any], dtype: type[np.generic], shape: tuple[int, ...]) -> None:
    if array.dtype != dtype or array.shape != shape:
        raise InputError(f"{name} of a fingerprint is {array.dtype} of shape {array.shape}; it must be {np.dtype(dtype)} of shape {shape}")
