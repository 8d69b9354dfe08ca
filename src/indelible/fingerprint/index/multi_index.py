"""Exact multi-index hashing: codes are looked up by parts of them, and only those found so are compared.

A code is cut into m chunks. If two codes differ in at most r bits, then for any t_1 ... t_m with sum(t_i + 1) > r there is a chunk i in
which they differ in at most t_i bits: otherwise they differed in sum(t_i + 1) bits. So it is enough to look, for each chunk, at the codes
whose chunk lies within t_i flips of the query's; t_i = -1 leaves a chunk out. Where a chunk's value is a common one, another chunk is
looked at more widely instead: each query takes the t_i that cost it least. (Norouzi, Punjani and Fleet 2014; Qin et al. 2018 for the
unequal t_i.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.fingerprint.code import Codes
from indelible.fingerprint.index.chunks import MOST_FLIPS, Chunking
from indelible.fingerprint.index.gathered import Gathered
from indelible.fingerprint.index.hits import Hits, merged_hits, no_hits
from indelible.fingerprint.index.scan import scan

# Of a value looked up, of a code compared on the way, of a code compared in a scan; as measured, relative to each other.
_PROBE_COST, _CANDIDATE_COST, _SCAN_COST = 0.25, 1.0, 0.03
_UNEVEN = 2.0  # times the candidates of evenly used values, from where on the best t_i are searched for
_QUERIES = 32  # looked up at a time
_CANDIDATES = 1 << 18  # compared at a time


@dataclass(frozen=True, slots=True, eq=False)
class MultiIndex:
    """Codes, and for each chunk which of them have each of its values.

    Args:
        gathered: the codes.
        chunking: of the codes.
        offsets: uint32, flat: for each chunk one after another, where the codes of each value begin in ``postings``, and n.
        postings: uint32, shape (m, n): places of codes, ordered by the value of each chunk.
    """

    gathered: Gathered
    chunking: Chunking
    offsets: NDArray[np.uint32]
    postings: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.gathered)

    def near(self, queries: Codes, radius: int) -> Hits:
        """Return all codes within ``radius`` bits of the ``queries``, shape (m, 4)."""
        parts = [self._within(queries[first : first + _QUERIES], radius, first) for first in range(0, len(queries), _QUERIES)]
        return merged_hits(parts) if parts else no_hits()

    def _within(self, queries: Codes, radius: int, first_query: int) -> Hits:
        found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
        flips = _even_flips(self.chunking, radius)
        by_scan = np.ones(len(queries), bool)
        if flips <= MOST_FLIPS and len(self):
            lookup = _Lookup(self, queries, radius, flips)
            by_scan = lookup.costs > _SCAN_COST * len(self)
            for number, place in lookup.candidates(~by_scan):
                near = np.bitwise_count(self.gathered.codes[place] ^ queries[number]).sum(axis=1, dtype=np.uint16)
                hit = np.flatnonzero(near <= radius)
                found.append((number[hit], place[hit].astype(np.int64), near[hit].astype(np.int64)))
        if by_scan.any():
            which = np.flatnonzero(by_scan)
            scanned, seen, apart = scan(self.gathered.codes, queries[which], radius)
            found.append((which[scanned].astype(np.int64), seen, apart))
        if not found:
            return no_hits()
        numbers, places, distances = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        _, once = np.unique(numbers * len(self) + places, return_index=True)  # several chunks may lead to the same code
        numbers, places, distances = numbers[once], places[once], distances[once]
        return Hits(numbers + first_query, self.gathered.video_of(places), self.gathered.rows[places].astype(np.int64), distances)


def expected_cost(chunking: Chunking, codes: int, radius: int) -> float:
    """Return what a query costs if all values of chunks are equally frequent, in codes compared; infinite where a scan has to do it."""
    flips = _even_flips(chunking, radius)
    if flips > MOST_FLIPS:
        return math.inf
    spare = chunking.count * (flips + 1) - (radius + 1)
    shares = [
        [(chunking.flips[chunk] <= most).sum() / 2.0**width for most in (flips - 1, flips)] for chunk, width in enumerate(chunking.widths)
    ]
    candidates = codes * (sum(fewer for fewer, _ in shares[:spare]) + sum(all_ for _, all_ in shares[spare:]))
    return float(_CANDIDATE_COST * candidates + _PROBE_COST * chunking.count * chunking.probes(flips))


def _even_flips(chunking: Chunking, radius: int) -> int:
    """Return how many flips of each chunk are enough."""
    return -(-(radius + 1) // chunking.count) - 1


@dataclass(frozen=True, slots=True)
class _Spans:
    """Parts of the flat postings that some queries may look at; arrays of shape (queries, chunks, masks).

    Args:
        queries: rows of the queries.
        starts: of the parts.
        lengths: of the parts, in codes.
        chosen: whether they are looked at.
    """

    queries: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    chosen: NDArray[np.bool_]


class _Lookup:
    """Which values of which chunks some queries look at."""

    def __init__(self, index: MultiIndex, queries: Codes, radius: int, flips: int) -> None:
        self._index = index
        self._values = index.chunking.values(queries).astype(np.int64)
        count, need = index.chunking.count, radius + 1
        everything = np.arange(len(queries))
        starts, lengths = self._look_up(everything, flips)
        # The same everywhere, but one less where most would be looked at, in as many chunks as can do with less.
        even = np.full((len(queries), count), flips)
        spare = count * (flips + 1) - need
        if spare:
            crowded = np.argsort(-lengths.sum(axis=2), axis=1, kind="stable")[:, :spare]
            np.put_along_axis(even, crowded, flips - 1, axis=1)
        chosen = self._flips(flips)[None] <= even[:, :, None]
        self.costs = _cost(lengths, chosen)
        self._groups = [_Spans(everything, starts, lengths, chosen)]
        uneven = np.flatnonzero(self.costs > _UNEVEN * expected_cost(index.chunking, len(index), radius))
        if uneven.size:
            chosen[uneven] = False
            self._groups.append(self._cheapest(uneven, min(flips + 1, MOST_FLIPS), need))
            self.costs[uneven] = _cost(self._groups[-1].lengths, self._groups[-1].chosen)

    def candidates(self, which: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint32]]]:
        """Yield (query row, place of a code) of what these queries look at, a number of them at a time."""
        numbers, starts, lengths = [], [], []
        for group in self._groups:
            query, chunk, mask = np.nonzero(group.chosen & (group.lengths > 0) & which[group.queries][:, None, None])
            numbers.append(group.queries[query])
            starts.append(group.starts[query, chunk, mask])
            lengths.append(group.lengths[query, chunk, mask])
        number, start, length = np.concatenate(numbers), np.concatenate(starts), np.concatenate(lengths)
        ends = np.cumsum(length)
        postings = self._index.postings.ravel()
        cuts = np.searchsorted(ends, np.arange(_CANDIDATES, ends[-1] if ends.size else 0, _CANDIDATES), side="right")
        for part in np.split(np.arange(len(ends)), cuts):
            total = int(length[part].sum())
            if total:
                before = np.cumsum(length[part]) - length[part]
                places = np.arange(total) + np.repeat(start[part] - before, length[part])
                yield np.repeat(number[part], length[part]), postings[places]

    def _flips(self, most: int) -> NDArray[np.int64]:
        """Return the flips of the masks up to ``most``, shape (chunks, masks)."""
        return self._index.chunking.flips[:, : self._index.chunking.probes(most)]

    def _look_up(self, which: NDArray[np.int64], most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return start and length in the flat postings of each value up to ``most`` flips away, shape (queries, chunks, masks)."""
        index = self._index
        bases = np.concatenate(([0], np.cumsum((1 << index.chunking.widths) + 1)[:-1]))
        flips = self._flips(most)
        masks = np.where(flips <= MOST_FLIPS, index.chunking.masks[: flips.shape[1]].astype(np.int64), 0)
        places = (self._values[which][:, :, None] ^ masks[None]) + bases[None, :, None]
        starts = index.offsets[places].astype(np.int64)
        lengths = index.offsets[places + 1] - starts
        return starts + len(index) * np.arange(index.chunking.count)[None, :, None], lengths

    def _cheapest(self, which: NDArray[np.int64], most: int, need: int) -> _Spans:
        """Find the cheapest flips for each chunk, by dynamic programming from the last chunk to the first."""
        starts, lengths = self._look_up(which, most)
        flips = self._flips(most)
        # costs[:, i, k]: of looking in chunk i at what lies up to k - 1 flips away, which covers k of the radius + 1.
        costs = np.stack([_cost(lengths, (flips < k)[None], axis=2) for k in range(most + 2)], axis=2)
        still = np.arange(need + 1)
        rest = np.where(still == 0, 0.0, np.inf)[None].repeat(len(which), axis=0)  # cheapest way to cover what is still needed
        taken = np.empty((len(flips), len(which), need + 1), np.int64)
        for chunk in reversed(range(len(flips))):
            options = np.stack([costs[:, chunk, k, None] + rest[:, np.maximum(still - k, 0)] for k in range(most + 2)])
            taken[chunk], rest = options.argmin(axis=0), options.min(axis=0)
        chosen = np.empty(lengths.shape, bool)
        left = np.full(len(which), need)
        for chunk in range(len(flips)):
            k = taken[chunk, np.arange(len(which)), left]
            chosen[:, chunk] = flips[chunk][None] < k[:, None]
            left = np.maximum(left - k, 0)
        return _Spans(which, starts, lengths, chosen)


def _cost(lengths: NDArray[np.int64], chosen: NDArray[np.bool_], axis: int | tuple[int, int] = (1, 2)) -> NDArray[np.float64]:
    costs: NDArray[np.float64] = ((_CANDIDATE_COST * lengths + _PROBE_COST) * chosen).sum(axis=axis)
    return costs
