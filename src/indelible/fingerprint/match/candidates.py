"""Where candidates come from: anything that knows stored codes and finds all that are near to some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indelible.fingerprint.code import WORDS, Codes, Fingerprint, distances

_FIRST_WORDS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Pairs of codes that are near to each other; all arrays of shape (n,), int64.

    Args:
        query_rows: which of the codes that were asked for.
        videos: number of the video that holds the other.
        rows: which row of that video's fingerprint.
        distances: bits that differ.
    """

    query_rows: NDArray[np.int64]
    videos: NDArray[np.int64]
    rows: NDArray[np.int64]
    distances: NDArray[np.int64]


class CandidateSource(Protocol):
    """Stored fingerprints that can be searched. Rows of weight 0 count for nothing and are never found."""

    @property
    def code_count(self) -> int:
        """How many codes there are."""
        ...

    @property
    def video_count(self) -> int:
        """How many videos there are."""
        ...

    def near(self, codes: Codes, radius: int) -> Hits:
        """Return all stored codes that differ in at most ``radius`` bits from codes of shape (m, 4)."""
        ...

    def fingerprint(self, video: int) -> Fingerprint:
        """Return what is stored of a video, by the number that `near` gives."""
        ...

    def sample(self, count: int, *, rng: np.random.Generator) -> Codes:
        """Return stored codes at random, at most ``count``, each at most once: what unrelated videos look like."""
        ...


class MemorySource:
    """Fingerprints in memory, searched one by one: for small collections, tests and measurements.

    Args:
        fingerprints: of the videos, whose numbers are their places.
    """

    def __init__(self, fingerprints: Sequence[Fingerprint]) -> None:
        self._fingerprints = tuple(fingerprints)
        kept = [np.flatnonzero(each.weights > 0) for each in self._fingerprints]
        codes = [each.codes[rows] for each, rows in zip(self._fingerprints, kept, strict=True)]
        self._columns = np.ascontiguousarray(np.concatenate([*codes, np.zeros((0, WORDS), np.uint64)]).T)
        self._videos = np.repeat(np.arange(len(kept)), [len(rows) for rows in kept])
        self._rows = np.concatenate([*kept, np.zeros(0, np.int64)])

    @property
    def code_count(self) -> int:
        return int(self._columns.shape[1])

    @property
    def video_count(self) -> int:
        return len(self._fingerprints)

    def near(self, codes: Codes, radius: int) -> Hits:
        found: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        for code in codes:
            # Most codes are far already in their first half, so that the other half is looked at for few.
            first = np.bitwise_count(self._columns[:_FIRST_WORDS] ^ code[:_FIRST_WORDS, None]).sum(axis=0, dtype=np.uint8)
            places = np.flatnonzero(first <= radius)
            apart = distances(self._columns[:, places].T, code)
            found.append((places[apart <= radius], apart[apart <= radius]))
        places = np.concatenate([each for each, _ in found] or [np.zeros(0, np.int64)])
        return Hits(
            np.repeat(np.arange(len(found)), [len(each) for each, _ in found]),
            self._videos[places],
            self._rows[places],
            np.concatenate([apart for _, apart in found] or [np.zeros(0, np.int64)]),
        )

    def fingerprint(self, video: int) -> Fingerprint:
        return self._fingerprints[video]

    def sample(self, count: int, *, rng: np.random.Generator) -> Codes:
        total = self.code_count
        places = rng.choice(total, size=min(count, total), replace=False) if total else np.zeros(0, np.int64)
        return np.ascontiguousarray(self._columns[:, places].T)
