"""The index beside the exact ones of faiss, on codes whose bits are independent. Needs: pip install faiss-cpu.

::

    OMP_NUM_THREADS=1 python bench/index_beside_faiss.py --codes 1000000
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import faiss
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from indelible.fingerprint.code import WORDS, Codes
from indelible.fingerprint.index.building import build
from indelible.fingerprint.index.gathered import gather

QUERIES, ROUNDS, ROWS = 64, 3, 50
RADII = (31, 40)


def main() -> None:
    """Print build times, and processor time a code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--codes", type=int, default=1_000_000)
    count = parser.parse_args().codes
    faiss.omp_set_num_threads(1)
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 2**64, (count, WORDS), np.uint64)
    # Half of what is looked for is stored, but for 20 bits.
    queries = rng.integers(0, 2**64, (QUERIES, WORDS), np.uint64)
    flips = np.argsort(rng.random((QUERIES // 2, 256)), axis=1) < 20
    queries[::2] = codes[rng.integers(0, count, QUERIES // 2)] ^ np.packbits(flips, axis=1).view(np.uint64)
    for name, made, searched in systems(codes):
        started = time.process_time()
        index = made()
        print(f"{name:<24} made in {time.process_time() - started:5.1f} s", end="", flush=True)
        for radius in RADII:
            print(f", {milliseconds(partial(searched, index, queries, radius)):.2f} ms at {radius}", end="", flush=True)
        print()


def systems(codes: Codes) -> Iterator[tuple[str, Callable[[], Any], Callable[[Any, Codes, int], object]]]:
    """Yield name, how it is made and how it is searched."""
    rows = np.ones(ROWS, np.uint8)
    videos = ((first // ROWS + 1, codes[first : first + ROWS], rows[: len(codes) - first]) for first in range(0, len(codes), ROWS))
    yield "ours", lambda: build(gather(videos, count=len(codes))), lambda index, queries, radius: index.near(queries, radius)

    def flat() -> Any:
        index = faiss.IndexBinaryFlat(256)
        index.add(raw(codes))
        return index

    yield "IndexBinaryFlat", flat, near_by_faiss
    for chunks, width, flips in ((16, 16, 1), (11, 23, 2)):

        def hashed(chunks: int = chunks, width: int = width, flips: int = flips) -> Any:
            index = faiss.IndexBinaryMultiHash(256, chunks, width)
            index.add(raw(codes))
            index.nflip = flips
            return index

        yield f"MultiHash {chunks}x{width}, {flips} flips", hashed, near_by_faiss


def near_by_faiss(index: Any, queries: Codes, radius: int) -> object:
    """Look up codes; faiss leaves out the radius itself."""
    return index.range_search(raw(queries), radius + 1)


def raw(codes: Codes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return codes as bytes, shape (n, 32)."""
    return np.ascontiguousarray(codes).view(np.uint8).reshape(len(codes), 32)


def milliseconds(work: Callable[[], object]) -> float:
    """Return the processor time of a query, the least of a few rounds."""
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return 1e3 * min(times) / QUERIES


if __name__ == "__main__":
    main()
