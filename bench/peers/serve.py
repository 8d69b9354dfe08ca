"""The peers' side of `indelible.bench.peers.worker`: answers one JSON line on standard output for each on standard input.

::

    {"do": "versions"}                                            -> {"ok": true, "versions": {package: version}}
    {"do": "embed", "pictures": P, "bits": "0110..", "key": K, "to": Q}  -> {"ok": true}
    {"do": "read", "pictures": P, "length": N, "key": K, "to": Q}        -> {"ok": true, "bits": "0110.."}

P and Q are .npy files: pictures are uint8, (frames, height, width, 3), BGR; what was read is either the soft bits, (N,), or what each of
2^k symbols scores in each of N / k stretches of the video, (N / k, 2^k). Something that fails answers ``{"error": "..."}``.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Protocol

import numpy as np


class Peer(Protocol):
    """A watermark of somebody else, each frame or stretch of frames used as its authors mean it."""

    def versions(self) -> dict[str, str]:
        """Return the versions of the packages that decide what it does."""

    def embed(self, pictures: np.ndarray, bits: np.ndarray, key: int) -> np.ndarray:
        """Return marked pictures of the shape and type given."""

    def read(self, pictures: np.ndarray, length: int, key: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the bits it decides for, uint8, and what it rests them on, soft bits or scores of symbols."""


def serve(peer: Peer) -> None:
    """Answer until standard input ends."""
    # What the packages print must not get between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            answer = _answer(peer, json.loads(line))
        except Exception as error:  # the caller decides what a failure means
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


def _answer(peer: Peer, request: dict[str, Any]) -> dict[str, Any]:
    if request["do"] == "versions":
        return {"ok": True, "versions": peer.versions()}
    pictures = np.load(request["pictures"])
    if request["do"] == "embed":
        bits = np.array([int(bit) for bit in request["bits"]], np.uint8)
        np.save(request["to"], np.asarray(peer.embed(pictures, bits, request["key"]), np.uint8))
        return {"ok": True}
    bits, soft = peer.read(pictures, request["length"], request["key"])
    np.save(request["to"], np.asarray(soft, np.float64))
    return {"ok": True, "bits": "".join("1" if bit else "0" for bit in bits)}
