"""Asking a peer, which runs in a process and an environment of its own, to mark and to read pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.bench import worker
from indelible.bench.peers.pictures import Pictures
from indelible.bench.worker import Worker, WorkerEnvironment

Bits = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class PeerReading:
    """What a peer reads out of a video.

    Args:
        bits: that it decides for.
        soft: what it rests them on, as `indelible.bench.peers.scores.message_scores` takes it.
    """

    bits: Bits
    soft: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PeerWorker:
    """One peer, ready to be asked; `started` makes one. What fails over there raises MediaError here."""

    worker: Worker

    def versions(self) -> dict[str, str]:
        """Return the versions of the packages behind the peer."""
        versions: dict[str, str] = self.worker.ask(do="versions")["versions"]
        return versions

    def embed(self, pictures: Pictures, bits: Bits, *, key: int) -> Pictures:
        """Return the pictures with a payload in them."""
        marked = self.worker.folder / "marked.npy"
        self.worker.ask(do="embed", pictures=self._saved(pictures), bits="".join(map(str, bits)), key=key, to=str(marked))
        return np.asarray(np.load(marked), np.uint8)

    def read(self, pictures: Pictures, length: int, *, key: int) -> PeerReading:
        """Return what the peer reads out of pictures that may carry ``length`` bits."""
        soft = self.worker.folder / "soft.npy"
        answer = self.worker.ask(do="read", pictures=self._saved(pictures), length=length, key=key, to=str(soft))
        return PeerReading(np.array(list(map(int, answer["bits"])), np.uint8), np.asarray(np.load(soft), np.float64))

    def _saved(self, pictures: Pictures) -> str:
        file = self.worker.folder / "pictures.npy"
        np.save(file, pictures)
        return str(file)


@contextmanager
def started(environment: WorkerEnvironment, name: str) -> Iterator[PeerWorker]:
    """Start the worker of a peer, and end it on leaving.

    Raises:
        MissingExtraError: if the peers' environment is not there.
    """
    with worker.started(environment, name) as running:
        yield PeerWorker(running)
