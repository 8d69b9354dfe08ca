"""Hashes of others on the same copies, made in a process and an environment of their own, and how each compares two videos."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.bench.fingerprint.hashes import Arrays
from indelible.bench.worker import Worker
from indelible.channel import Clip
from indelible.report.pictures import to_bgr

RATE = 5.0  # frames a second that are shown to them: ISCC's own; the hashes of pictures take one a second of these
_VPDQ_BITS, _VPDQ_QUALITY, _VPDQ_SHARE = 31, 50, 0.8  # vPDQ's defaults


@dataclass(frozen=True, slots=True)
class PeerHash:
    """A hash of others; see `indelible.bench.fingerprint.hashes.VideoHash`.

    Args:
        name: what tables call it.
        array: which of the worker's arrays it is.
        same: the largest distance that its makers call a match; None where they leave that to the user.
        compare: a query's array and a stored video's to their distance.
    """

    name: str
    array: str
    same: float | None
    compare: Callable[[NDArray[Any], NDArray[Any]], float]

    def distance(self, left: Arrays, right: Arrays) -> float:
        """Return how different two videos are; less is nearer."""
        return self.compare(left[self.array], right[self.array])


def vpdq_distance(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> float:
    """Return the share of a query's distinct good frames that have no mate within 31 bits; 1 where it has none. Shapes (n, 33)."""
    left, right = (np.unique(each[each[:, -1] >= _VPDQ_QUALITY, :-1], axis=0) for each in (left, right))
    if not len(left) or not len(right):
        return 1.0
    return 1.0 - float((_bits(left, right).min(axis=1) <= _VPDQ_BITS).mean())


def nearest_frames(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> float:
    """Return the median over a query's frames of the bits to the nearest stored one; shapes (n, bytes), (m, bytes)."""
    return float(np.median(_bits(left, right).min(axis=1)))


def nearest_signatures(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> float:
    """Return the median over a query's frames of the sum of differences to the nearest stored one; shapes (n, 380), (m, 380)."""
    apart = [np.abs(right.astype(np.int64) - row).sum(axis=1).min() for row in left.astype(np.int64)]
    return float(np.median(apart)) if apart else 760.0


def _bits(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.asarray(np.bitwise_count(left[:, None] ^ right[None]).sum(axis=-1, dtype=np.int64), np.int64)


def _whole(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> float:
    return float(_bits(left[None], right[None])[0, 0])


PEER_HASHES = (
    PeerHash("PDQ, vPDQ's rule", "pdq", 1.0 - _VPDQ_SHARE, vpdq_distance),
    PeerHash("PDQ, nearest frames", "pdq", None, lambda left, right: nearest_frames(left[:, :-1], right[:, :-1])),
    PeerHash("pHash 16x16", "phash", None, nearest_frames),
    PeerHash("dHash 16x16", "dhash", None, nearest_frames),
    PeerHash("MPEG-7 signature", "signature", 116.0, nearest_signatures),
    PeerHash("ISCC video", "iscc", 64.0, _whole),
    PeerHash("videohash", "videohash", 10.0, _whole),
)


def hashes_of_others(worker: Worker, clip: Clip) -> Arrays:
    """Return the arrays of all hashes of a clip.

    Raises:
        MediaError: if the worker fails.
    """
    pictures, target = worker.folder / "pictures.npy", worker.folder / "hashes.npz"
    np.save(pictures, _pictures(clip))
    worker.ask(do="hashes", pictures=str(pictures), rate=RATE, to=str(target))
    with np.load(target) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _pictures(clip: Clip) -> NDArray[np.uint8]:
    """Return the pictures that are shown at each fifth of a second, BGR."""
    times = np.array([frame.pts_seconds or 0.0 for frame in clip.frames])
    wanted = np.arange(0.0, float(times[-1] - times[0]) + 1e-6, 1.0 / RATE) + times[0]
    shown = np.searchsorted(times, wanted + 1e-6, side="right") - 1
    return np.stack([to_bgr(clip.frames[int(place)]) for place in shown])
