"""PyAV, imported once and kept quiet, and its errors in the words of this package.

Every other file of this folder takes ``av`` from here. The process-wide logging of FFmpeg is left as it is: PyAV keeps it off, and
switching it on slows or blocks threads that encode.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

# SVT-AV1 prints a banner for each encoder and reads this once, when it is loaded. 1 lets errors through; a caller's own choice stays.
os.environ.setdefault("SVT_LOG", "1")

import av
import av.error

from indelible.errors import MediaError, UnsupportedMediaError

__all__ = ["av", "exact_fraction", "media_errors"]

_UNSUPPORTED = (
    av.error.LookupError,  # no decoder, encoder, demuxer, muxer, protocol, filter or option of that name
    av.error.PatchWelcomeError,
    av.error.ExperimentalError,
    av.error.NotImplementedError,
)


@contextmanager
def media_errors(name: str, *, task: str, advice: str) -> Iterator[None]:
    """Turn FFmpeg's errors into :class:`MediaError` while ``task`` ("read", "encode", ...) is done to the file ``name``.

    Args:
        name: what the user calls the file.
        task: a verb that completes "cannot".
        advice: what the user can do about it.

    Raises:
        UnsupportedMediaError: for something that this build of FFmpeg does not have.
        MediaError: for every other error of FFmpeg.
    """
    try:
        yield
    except av.error.FFmpegError as error:
        kind = UnsupportedMediaError if isinstance(error, _UNSUPPORTED) else MediaError
        reason = (error.strerror or type(error).__name__).rstrip(".")
        raise kind(f"cannot {task} {name}: {reason[:1].lower()}{reason[1:]}; {advice}") from error


def exact_fraction(value: object) -> Fraction | None:
    """Return a rational of PyAV as a Fraction, None where it is unset (``None`` in PyAV 18, 0/0 or 0/1 in PyAV 19)."""
    numerator, denominator = getattr(value, "numerator", 0), getattr(value, "denominator", 0)
    return Fraction(numerator, denominator) if numerator and denominator else None
