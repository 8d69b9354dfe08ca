"""The codes that are searched, taken together from many videos."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.errors import StoreError
from indelible.fingerprint.code import WORDS, Codes

_MOST_CODES = 2**32 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Codes with evidence of some videos, one after another.

    Args:
        codes: uint64, shape (n, 4).
        rows: uint32, shape (n,): which rows they are in the fingerprints.
        videos: int64, shape (v,): numbers of the videos, increasing.
        firsts: int64, shape (v + 1,): where each video's codes begin; n at the end.
    """

    codes: Codes
    rows: NDArray[np.uint32]
    videos: NDArray[np.int64]
    firsts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.codes)

    def video_of(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the numbers of the videos that codes belong to."""
        return self.videos[np.searchsorted(self.firsts, places, side="right") - 1]


def gather(fingerprints: Iterable[tuple[int, Codes, NDArray[np.uint8]]], *, count: int) -> Gathered:
    """Return what is searched of (number, codes, weights) of videos, in increasing order of their numbers.

    Args:
        fingerprints: of the videos.
        count: at most so many rows are in all of them.

    Raises:
        StoreError: if there are more codes than one index can hold.
    """
    if count > _MOST_CODES:
        raise StoreError(f"{count} codes are more than one index can hold ({_MOST_CODES}); use a PostgreSQL store")
    codes, rows = np.empty((count, WORDS), np.uint64), np.empty(count, np.uint32)
    videos, firsts, total = [], [0], 0
    for number, own, weights in fingerprints:
        with_evidence = np.flatnonzero(weights)
        end = total + len(with_evidence)
        if end > count or len(own) != len(weights):
            raise StoreError(f"the store is damaged: video {number} has not the codes that it should; restore it from a backup")
        codes[total:end], rows[total:end] = own[with_evidence], with_evidence
        videos.append(number)
        firsts.append(end)
        total = end
    return Gathered(codes[:total], rows[:total], np.array(videos, np.int64), np.array(firsts, np.int64))
