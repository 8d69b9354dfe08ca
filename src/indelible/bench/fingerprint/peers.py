"""Hashes of others on the same copies, made in a process and an environment of their own, and how each compares two videos."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible.bench.fingerprint.hashes import Arrays
from indelible.channel import Clip
from indelible.errors import MediaError, MissingExtraError
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


@dataclass(frozen=True, slots=True)
class HashEnvironment:
    """Where the hashes of others live.

    Args:
        python: interpreter of their environment.
        script: the worker.
    """

    python: Path
    script: Path

    def check(self) -> None:
        """Raise unless both are there.

        Raises:
            MissingExtraError: if one is not.
        """
        for file in (self.python, self.script):
            if not file.exists():
                raise MissingExtraError(f"{file} does not exist; run, in a checkout of the source: make hashes")


class HashWorker:
    """The worker, ready to be asked; `started` makes one."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._folder = folder

    def hashes(self, clip: Clip) -> Mapping[str, NDArray[Any]]:
        """Return the arrays of all hashes of a clip.

        Raises:
            MediaError: if the worker fails.
        """
        pictures, target = self._folder / "pictures.npy", self._folder / "hashes.npz"
        np.save(pictures, _pictures(clip))
        answer = self._ask(pictures=str(pictures), rate=RATE, to=str(target))
        if "error" in answer:
            raise MediaError(f"a hash of others failed: {answer['error']}")
        with np.load(target) as arrays:
            return {name: arrays[name] for name in arrays.files}

    def _ask(self, **request: Any) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            raise MediaError("the worker of hashes was started without pipes")
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise MediaError(f"the worker of hashes has ended (exit status {self._process.wait()})")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def started(environment: HashEnvironment) -> Iterator[HashWorker]:
    """Start the worker, and end it on leaving.

    Raises:
        MissingExtraError: if the environment is not there.
    """
    environment.check()
    command = [str(environment.python), str(environment.script)]
    with tempfile.TemporaryDirectory(prefix="indelible-hashes-") as folder:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            yield HashWorker(process, Path(folder))
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _pictures(clip: Clip) -> NDArray[np.uint8]:
    """Return the pictures that are shown at each fifth of a second, BGR."""
    times = np.array([frame.pts_seconds or 0.0 for frame in clip.frames])
    wanted = np.arange(0.0, float(times[-1] - times[0]) + 1e-6, 1.0 / RATE) + times[0]
    shown = np.searchsorted(times, wanted + 1e-6, side="right") - 1
    return np.stack([to_bgr(clip.frames[int(place)]) for place in shown])
