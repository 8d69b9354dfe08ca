"""Other hashes of whole videos, measured on the same copies: each is one value a video, and a distance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from indelible.fingerprint.code import distances
from indelible.fingerprint.features_v0 import SAME_BITS, features_v0
from indelible.frames import Frame


class VideoHash(Protocol):
    """A hash that videos are compared by. What it returns is kept in a file, and compared later."""

    @property
    def name(self) -> str:
        """What tables call it."""

    @property
    def same(self) -> float:
        """The largest distance that its makers call a match."""

    def of(self, frames: Sequence[Frame]) -> NDArray[Any]:
        """Return the hash of a video, any array."""

    def distance(self, left: NDArray[Any], right: NDArray[Any]) -> float:
        """Return how different two videos are; less is nearer."""


class FeaturesV0:
    """The historical hash (`indelible.fingerprint.features_v0`)."""

    name = "features_v0"
    same = float(SAME_BITS)

    def of(self, frames: Sequence[Frame]) -> NDArray[Any]:
        return features_v0(frames)

    def distance(self, left: NDArray[Any], right: NDArray[Any]) -> float:
        return float(distances(left, right))


HASHES: tuple[VideoHash, ...] = (FeaturesV0(),)


def unrelated_distances(kind: VideoHash, hashes: Sequence[NDArray[Any]], sources: Sequence[str]) -> NDArray[np.float64]:
    """Return the distances of all pairs of videos of different sources."""
    pairs = [(i, j) for i in range(len(hashes)) for j in range(i) if sources[i] != sources[j]]
    return np.array([kind.distance(hashes[i], hashes[j]) for i, j in pairs], np.float64)
