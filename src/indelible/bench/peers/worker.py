"""Talking to a peer, which runs in a process and an environment of its own: NumPy files and a line of JSON each way."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from indelible.bench.peers.pictures import Pictures
from indelible.errors import MediaError, MissingExtraError

Bits = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class PeerEnvironment:
    """Where the peers live.

    Args:
        python: interpreter of their environment.
        script: the worker, called with a peer's name.
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
                raise MissingExtraError(f"{file} does not exist; run, in a checkout of the source: make peers")


@dataclass(frozen=True, slots=True)
class PeerReading:
    """What a peer reads out of a video.

    Args:
        bits: that it decides for.
        soft: what it rests them on, as `indelible.bench.peers.scores.message_scores` takes it.
    """

    bits: Bits
    soft: NDArray[np.float64]


class PeerWorker:
    """One peer, ready to be asked; `started` makes one."""

    def __init__(self, process: subprocess.Popen[str], folder: Path, complaints: IO[bytes]) -> None:
        self._process = process
        self._folder = folder
        self._complaints = complaints

    def versions(self) -> dict[str, str]:
        """Return the versions of the packages behind the peer."""
        versions: dict[str, str] = self._ask(do="versions")["versions"]
        return versions

    def embed(self, pictures: Pictures, bits: Bits, *, key: int) -> Pictures:
        """Return the pictures with a payload in them."""
        marked = self._folder / "marked.npy"
        self._ask(do="embed", pictures=self._saved(pictures), bits="".join(map(str, bits)), key=key, to=str(marked))
        return np.asarray(np.load(marked), np.uint8)

    def read(self, pictures: Pictures, length: int, *, key: int) -> PeerReading:
        """Return what the peer reads out of pictures that may carry ``length`` bits."""
        soft = self._folder / "soft.npy"
        answer = self._ask(do="read", pictures=self._saved(pictures), length=length, key=key, to=str(soft))
        return PeerReading(np.array(list(map(int, answer["bits"])), np.uint8), np.asarray(np.load(soft), np.float64))

    def _saved(self, pictures: Pictures) -> str:
        file = self._folder / "pictures.npy"
        np.save(file, pictures)
        return str(file)

    def _ask(self, **request: Any) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            raise MediaError("the peer's worker was started without pipes")
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise MediaError(f"the peer's worker has ended (exit status {self._process.wait()}): {self._last_words()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise MediaError(f"the peer failed: {answer['error']}")
        return answer

    def _last_words(self) -> str:
        self._complaints.seek(0)
        return self._complaints.read().decode(errors="replace").strip()[-500:] or "no message"


@contextmanager
def started(environment: PeerEnvironment, name: str) -> Iterator[PeerWorker]:
    """Start the worker of a peer, and end it on leaving.

    Raises:
        MissingExtraError: if the peers' environment is not there.
    """
    environment.check()
    command = [str(environment.python), str(environment.script), name]
    with tempfile.TemporaryDirectory(prefix="indelible-peer-") as folder, tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints, text=True)
        try:
            yield PeerWorker(process, Path(folder), complaints)
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
