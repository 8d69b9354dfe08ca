"""What a search finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError
from indelible.fingerprint.code import BITS, WORDS, Codes


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Stored codes near given ones, ordered by query, then video, then row. All arrays are int64, of shape (n,).

    Args:
        query_rows: which of the given codes.
        videos: numbers of the stored videos.
        rows: rows in their fingerprints.
        distances: in bits.
    """

    query_rows: NDArray[np.int64]
    videos: NDArray[np.int64]
    rows: NDArray[np.int64]
    distances: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.query_rows)

    def without(self, videos: NDArray[np.int64]) -> Hits:
        """Return those in other videos than these."""
        return self._taken(~np.isin(self.videos, videos)) if len(videos) and len(self) else self

    def _taken(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Hits:
        return Hits(self.query_rows[which], self.videos[which], self.rows[which], self.distances[which])


def no_hits() -> Hits:
    """Return hits of a search that found nothing."""
    nothing = np.zeros(0, np.int64)
    return Hits(nothing, nothing, nothing, nothing)


def merged_hits(parts: Sequence[Hits]) -> Hits:
    """Return all hits of several searches, in order."""
    whole = Hits(
        np.concatenate([part.query_rows for part in parts]),
        np.concatenate([part.videos for part in parts]),
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.distances for part in parts]),
    )
    return whole._taken(np.lexsort((whole.rows, whole.videos, whole.query_rows)))


def check_query(codes: Codes, radius: int) -> None:
    """Raise InputError unless these are codes, uint64 of shape (m, 4), and a radius from 0 to 256."""
    if codes.dtype != np.uint64 or codes.ndim != 2 or codes.shape[1] != WORDS:
        raise InputError(f"codes to search for are {codes.dtype} of shape {codes.shape}; they must be uint64 of shape (m, {WORDS})")
    if not 0 <= radius <= BITS:
        raise InputError(f"radius is {radius}; it must be 0 to {BITS}")
