"""Codes made from a seed: evenly spread ones, and ones as unlike that as real ones are, only more so."""

from __future__ import annotations

import numpy as np

from indelible.fingerprint.code import ALGORITHM, BITS, CONFIRM_BYTES, WORDS, Codes, Fingerprint, distances


def packed(bits: np.ndarray) -> Codes:
    return np.packbits(bits.astype(np.uint8), axis=-1, bitorder="little").view("<u8").astype(np.uint64)


def even_codes(count: int, *, seed: int = 0) -> Codes:
    return np.random.default_rng(seed).integers(0, 2**64, (count, WORDS), np.uint64)


def crowded_codes(count: int, *, seed: int = 0) -> Codes:
    """Codes in families of near ones, with bits that are mostly set and bits that say what their neighbours say."""
    rng = np.random.default_rng(seed)
    smooth = rng.normal(size=(max(1, count // 20), BITS + 8))
    smooth = np.stack([np.convolve(row, np.ones(9), "valid") for row in smooth])
    family = (smooth + rng.normal(0.0, 2.0, BITS) > 0.0)[rng.integers(0, len(smooth), count)]
    return packed(family ^ (rng.random((count, BITS)) < rng.choice([0.0, 0.02, 0.1], (count, 1))))


def flipped(codes: Codes, bits: int, *, seed: int = 0) -> Codes:
    """Return codes that differ from these in exactly so many bits."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((len(codes), BITS), np.uint8)
    for row in masks:
        row[rng.choice(BITS, bits, replace=False)] = 1
    return codes ^ packed(masks)


def fingerprint_of(codes: Codes, *, weights: np.ndarray | None = None, algorithm: str = ALGORITHM, seed: int = 0) -> Fingerprint:
    """Return a fingerprint of these codes, whose other parts differ from row to row."""
    rng, count = np.random.default_rng(seed), len(codes)
    return Fingerprint(
        start_seconds=np.cumsum(rng.random(count)),
        codes=codes,
        weights=np.full(count, 9, np.uint8) if weights is None else weights.astype(np.uint8),
        views=(np.arange(count) % 2).astype(np.uint8),
        confirm=rng.integers(0, 256, (count, CONFIRM_BYTES), np.uint8),
        duration_seconds=count / 3,
        algorithm=algorithm,
    )


def near_pairs(queries: Codes, codes: Codes, radius: int) -> set[tuple[int, int, int]]:
    """Return (query row, row, distance) of all pairs within a radius, by comparing each with each."""
    apart = distances(queries[:, None], codes[None])
    return {(int(query), int(row), int(apart[query, row])) for query, row in np.argwhere(apart <= radius)}
