"""How 256 bits are cut into chunks, by each of which codes are looked up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from indelible.fingerprint.code import BITS, Codes

MOST_FLIPS = 3  # bits by which a chunk may differ; with more, looking at every code is faster
_BLOCK = 16384
_NOTHING = BITS  # column of zeros that fills chunks up to 32 bits


@dataclass(frozen=True)
class Chunking:
    """A way to cut codes into ``count`` chunks of nearly the same width; bit b belongs to chunk b % count.

    Neighbouring bits of a code say similar things; in different chunks they keep each chunk's values evenly used.

    Args:
        count: of chunks, 8 to 32.
    """

    count: int

    @cached_property
    def widths(self) -> NDArray[np.int64]:
        """Bits of each chunk, shape (count,)."""
        return np.array([len(range(chunk, BITS, self.count)) for chunk in range(self.count)])

    @cached_property
    def masks(self) -> NDArray[np.uint32]:
        """What may be flipped in a chunk: nothing, each bit, each pair, each three; for the widest chunk, shape (k,)."""
        width = int(self.widths.max())
        return np.array(
            [sum(1 << bit for bit in bits) for flips in range(MOST_FLIPS + 1) for bits in combinations(range(width), flips)], np.uint32
        )

    @cached_property
    def flips(self) -> NDArray[np.int64]:
        """Bits that each mask flips, for each chunk, shape (count, k); out of reach where a mask flips what a chunk does not have."""
        flips = np.bitwise_count(self.masks).astype(np.int64)
        return np.where(self.masks[None, :] < (1 << self.widths)[:, None], flips[None, :], MOST_FLIPS + 1)

    def probes(self, flips: int) -> int:
        """Return how many masks of the widest chunk flip at most so many bits; they are the first ones."""
        return int((np.bitwise_count(self.masks) <= flips).sum())

    def values(self, codes: Codes) -> NDArray[np.uint32]:
        """Return the value of each chunk of each code, shape (n, count)."""
        layout = np.full((self.count, 32), _NOTHING)
        for chunk in range(self.count):
            own = range(chunk, BITS, self.count)
            layout[chunk, : len(own)] = own
        values = np.empty((len(codes), self.count), np.uint32)
        for first in range(0, len(codes), _BLOCK):
            block = np.ascontiguousarray(codes[first : first + _BLOCK], "<u8").view(np.uint8)
            bits = np.zeros((len(block), BITS + 1), np.uint8)
            bits[:, :BITS] = np.unpackbits(block, axis=1, bitorder="little")
            packed = np.packbits(np.take(bits, layout.ravel(), axis=1), axis=1, bitorder="little")
            values[first : first + _BLOCK] = packed.view("<u4")
        return values
