"""Other hashes of videos, measured on the same copies: what is kept of each video, and a distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from indelible.fingerprint.code import distances
from indelible.fingerprint.features_v0 import SAME_BITS, features_v0
from indelible.frames import Frame

Arrays = Mapping[str, NDArray[Any]]
"""What is kept of a video for its hashes, by names."""


class VideoHash(Protocol):
    """A hash that videos are compared by."""

    @property
    def name(self) -> str:
        """What tables call it."""

    @property
    def same(self) -> float | None:
        """The largest distance that its makers call a match; None where they leave that to the user."""

    def distance(self, left: Arrays, right: Arrays) -> float:
        """Return how different a query and a stored video are; less is nearer."""


class FeaturesV0:
    """The historical hash (`indelible.fingerprint.features_v0`)."""

    name = "features_v0"
    same = float(SAME_BITS)

    def of(self, frames: Sequence[Frame]) -> Arrays:
        """Return what is kept of a video."""
        return {self.name: features_v0(frames)}

    def distance(self, left: Arrays, right: Arrays) -> float:
        """Return how many bits differ."""
        return float(distances(left[self.name], right[self.name]))


HISTORICAL = FeaturesV0()


def unrelated_distances(kind: VideoHash, hashes: Sequence[Arrays], sources: Sequence[str]) -> NDArray[np.float64]:
    """Return the distances of all pairs of videos of different sources."""
    pairs = [(i, j) for i in range(len(hashes)) for j in range(i) if sources[i] != sources[j]]
    return np.array([kind.distance(hashes[i], hashes[j]) for i, j in pairs], np.float64)
