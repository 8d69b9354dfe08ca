"""Where candidates come from: anything that knows stored codes and finds all that are near to some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from indelible.fingerprint.code import Codes, Fingerprint
from indelible.fingerprint.index.building import build
from indelible.fingerprint.index.gathered import gather
from indelible.fingerprint.index.hits import Hits


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
    """Fingerprints in memory: for collections that need no store, tests and measurements.

    Args:
        fingerprints: of the videos, whose numbers are their places.
    """

    def __init__(self, fingerprints: Sequence[Fingerprint]) -> None:
        self._fingerprints = tuple(fingerprints)
        numbered = ((number, each.codes, each.weights) for number, each in enumerate(self._fingerprints))
        self._index = build(gather(numbered, count=sum(map(len, self._fingerprints))))

    @property
    def code_count(self) -> int:
        return len(self._index)

    @property
    def video_count(self) -> int:
        return len(self._fingerprints)

    def near(self, codes: Codes, radius: int) -> Hits:
        return self._index.near(codes, radius)

    def fingerprint(self, video: int) -> Fingerprint:
        return self._fingerprints[video]

    def sample(self, count: int, *, rng: np.random.Generator) -> Codes:
        total = self.code_count
        return self._index.gathered.codes[rng.choice(total, size=min(count, total), replace=False)]
