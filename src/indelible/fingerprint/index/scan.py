"""Looking at every code: exact at any radius, and the fastest for few codes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.fingerprint.code import WORDS, Codes

_BLOCK = 8192  # codes, which with what is computed of them fit the innermost caches


def scan(codes: Codes, queries: Codes, radius: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return (query row, code row, distance) of all pairs within ``radius``, in no particular order.

    Args:
        codes: uint64, shape (n, 4).
        queries: uint64, shape (m, 4).
        radius: 0 to 256.
    """
    found_queries, found_rows, found_distances = [], [], []
    for first in range(0, len(codes), _BLOCK):
        columns = np.ascontiguousarray(codes[first : first + _BLOCK].T)
        for number, query in enumerate(queries):
            distances = _distances(columns, query)
            rows = np.flatnonzero(distances <= radius)
            if rows.size:
                found_queries.append(np.full(rows.size, number, np.int64))
                found_rows.append(rows + first)
                found_distances.append(distances[rows].astype(np.int64))
    if not found_rows:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing, nothing
    return np.concatenate(found_queries), np.concatenate(found_rows), np.concatenate(found_distances)


def _distances(columns: Codes, query: Codes) -> NDArray[np.uint16]:
    # A word differs in 64 bits at most, so two of them fit a byte; all four do not.
    counts = [np.bitwise_count(columns[word] ^ query[word]) for word in range(WORDS)]
    distances: NDArray[np.uint16] = np.add(counts[0] + counts[1], counts[2] + counts[3], dtype=np.uint16)
    return distances
