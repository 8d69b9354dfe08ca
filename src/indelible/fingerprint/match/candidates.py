"""Where candidates come from: anything that knows stored codes and finds all that are near to some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from indelible.fingerprint.code import WORDS, Codes, Fingerprint
from indelible.fingerprint.index.hits import Hits
from indelible.fingerprint.index.scan import scan


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
        self._codes = np.concatenate([*codes, np.zeros((0, WORDS), np.uint64)])
        self._videos = np.repeat(np.arange(len(kept)), [len(rows) for rows in kept])
        self._rows = np.concatenate([*kept, np.zeros(0, np.int64)])

    @property
    def code_count(self) -> int:
        return len(self._codes)

    @property
    def video_count(self) -> int:
        return len(self._fingerprints)

    def near(self, codes: Codes, radius: int) -> Hits:
        queries, places, apart = scan(self._codes, codes, radius)
        return Hits(queries, self._videos[places], self._rows[places], apart)

    def fingerprint(self, video: int) -> Fingerprint:
        return self._fingerprints[video]

    def sample(self, count: int, *, rng: np.random.Generator) -> Codes:
        total = self.code_count
        places = rng.choice(total, size=min(count, total), replace=False) if total else np.zeros(0, np.int64)
        return self._codes[places]
