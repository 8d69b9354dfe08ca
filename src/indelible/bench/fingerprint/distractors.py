"""Codes of videos that do not exist, statistically like those of a corpus: as unbalanced, and as dependent on each other and in time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indelible.fingerprint.code import BITS, CONFIRM_BYTES, VIEWS, WORDS, Codes, Fingerprint

_NO_CHANGE = 0x88  # in the second feature
_WEIGHT = 128
_SECONDS = 300  # of a video
_AT_ONCE = 40  # videos, for the sake of memory


def bits_of(codes: Codes) -> NDArray[np.float64]:
    """Return the bits of codes, shape (n, 4), as -1 and 1, shape (n, 256)."""
    raw = np.ascontiguousarray(codes, "<u8").view(np.uint8)
    return np.unpackbits(raw, axis=1, bitorder="little").astype(np.float64) * 2.0 - 1.0


class Imitation:
    """A random process of codes that was fitted to some videos: the signs of correlated Gaussians that change slowly.

    Args:
        videos: codes of one view of each video, shape (n, 4), in order of time; at least two videos.
    """

    def __init__(self, videos: Sequence[Codes]) -> None:
        means = np.stack([bits_of(codes).mean(axis=0) for codes in videos])
        picked = np.stack([bits_of(codes)[len(codes) // 2] for codes in videos])
        count = len(videos)
        # Of so few videos even independent bits seem to depend on each other. As much as that is taken away again.
        observed = picked.T @ picked / count - np.outer(picked.mean(axis=0), picked.mean(axis=0))
        off = observed - np.diag(np.diag(observed))
        energy = float((off**2).sum()) / (BITS * (BITS - 1))
        share = np.sqrt(max(0.0, 1.0 - (1.0 / max(1, count - 1)) / energy)) if energy else 0.0
        correlation = np.sin(np.pi / 2 * (share * off + np.eye(BITS)))  # of Gaussians whose signs have that correlation
        values, vectors = np.linalg.eigh(correlation)
        root = vectors * np.sqrt(values.clip(0.0))
        self._root = (root / np.linalg.norm(root, axis=1, keepdims=True)).T
        bias = means.mean(axis=0)
        noise = means.var(axis=0).mean() / count
        self._threshold = bias * np.sqrt(max(0.0, 1.0 - noise / max(float((bias**2).mean()), 1e-12))) * np.sqrt(np.pi / 2)
        neighbours = [float((bits_of(codes[:-1]) * bits_of(codes[1:])).mean()) for codes in videos if len(codes) > 1]
        self._memory = float(np.sin(np.pi / 2 * np.clip(np.median(neighbours) if neighbours else 0.0, 0.0, 0.999)))

    def codes(self, videos: int, moments: int, *, rng: np.random.Generator) -> Codes:
        """Return codes of so many videos of so many moments, shape (videos, moments, 4)."""
        made = np.empty((videos, moments, WORDS), np.uint64)
        state = rng.standard_normal((videos, BITS), np.float32)
        root = self._root.astype(np.float32)
        for moment in range(moments):
            bits = np.packbits(state @ root + self._threshold > 0.0, axis=1, bitorder="little")
            made[:, moment] = bits.view("<u8")
            state = self._memory * state + np.sqrt(1.0 - self._memory**2) * rng.standard_normal(state.shape, np.float32)
        return made


def distractors(originals: Sequence[Fingerprint], count: int, *, rng: np.random.Generator) -> list[Fingerprint]:
    """Return fingerprints of five minutes each that hold at least ``count`` codes together, fitted to those of a corpus."""
    usable = [[each.codes[(each.views == view) & (each.weights > 0)] for each in originals] for view in VIEWS]
    imitations = [Imitation([codes for codes in of_view if len(codes)]) for of_view in usable]
    videos = -(-count // (_SECONDS * len(VIEWS)))
    made: list[Fingerprint] = []
    while len(made) < videos:
        some = min(_AT_ONCE, videos - len(made))
        of_views = np.stack([imitation.codes(some, _SECONDS, rng=rng) for imitation in imitations], axis=2)
        made += [_fingerprint(codes.reshape(-1, WORDS)) for codes in of_views]
    return made


def _fingerprint(codes: Codes) -> Fingerprint:
    rows = len(codes)
    return Fingerprint(
        start_seconds=np.repeat(np.arange(_SECONDS, dtype=np.float64), len(VIEWS)),
        codes=codes,
        weights=np.full(rows, _WEIGHT, np.uint8),
        views=np.tile(np.array(VIEWS, np.uint8), _SECONDS),
        confirm=np.full((rows, CONFIRM_BYTES), _NO_CHANGE, np.uint8),
        duration_seconds=float(_SECONDS),
    )
