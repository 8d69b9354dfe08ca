"""The index beside the binary ones of faiss, on codes whose bits are independent. Needs: pip install faiss-cpu.

::

    OMP_NUM_THREADS=1 python bench/index_beside_faiss.py

Writes bench/results/index-beside-faiss.json: processor seconds to make each index, and for each radius processor milliseconds a code and
how many pairs were found, of those that comparing each with each finds.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from indelible.fingerprint.code import WORDS, Codes  # noqa: E402
from indelible.fingerprint.index.building import build  # noqa: E402
from indelible.fingerprint.index.gathered import gather  # noqa: E402
from indelible.fingerprint.index.scan import scan  # noqa: E402
from indelible.runs.machine import commit, package_versions, processor_name  # noqa: E402
from indelible.runs.result_file import write_result  # noqa: E402

QUERIES, ROUNDS, ROWS = 64, 3, 50
RADII = (31, 40)
BITS_APART = (20, 38)  # of what is stored and asked for, one half each

Search = Callable[[Any, Codes, int], int]


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--codes", type=int, default=1_000_000)
    parser.add_argument("--output", type=Path, default=ROOT / "bench" / "results" / "index-beside-faiss.json")
    options = parser.parse_args()
    faiss.omp_set_num_threads(1)
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 2**64, (options.codes, WORDS), np.uint64)
    queries = asked(codes, rng)
    result: dict[str, Any] = {
        "schema": "indelible.index-beside-faiss/1",
        "commit": commit(),
        "machine": {"processor": processor_name(), "cores": os.cpu_count()},
        "versions": package_versions() | {"faiss": faiss.__version__},
        "codes": options.codes,
        "queries": len(queries),
        "pairs": {str(radius): len(scan(codes, queries, radius)[0]) for radius in RADII},
        "systems": [],
    }
    for name, made, searched in systems(codes):
        started = time.process_time()
        index = made()
        row: dict[str, Any] = {"name": name, "made_in_seconds": round(time.process_time() - started, 2)}
        for radius in RADII:
            milliseconds, found = timed(searched, index, queries, radius)
            row[f"milliseconds_at_{radius}"], row[f"found_at_{radius}"] = round(milliseconds, 3), found
        print(row, file=sys.stderr, flush=True)
        result["systems"].append(row)
        write_result(options.output, result)
    print(options.output)


def asked(codes: Codes, rng: np.random.Generator) -> Codes:
    """Return codes to look for: half of them are stored, but for some bits."""
    queries = rng.integers(0, 2**64, (QUERIES, WORDS), np.uint64)
    apart = np.repeat(BITS_APART, QUERIES // 2 // len(BITS_APART))[:, None]
    flips = np.argsort(rng.random((QUERIES // 2, 256)), axis=1) < apart
    queries[::2] = codes[rng.integers(0, len(codes), QUERIES // 2)] ^ np.packbits(flips, axis=1).view(np.uint64)
    return queries


def systems(codes: Codes) -> Iterator[tuple[str, Callable[[], Any], Search]]:
    """Yield name, how it is made and how it is searched."""
    rows = np.ones(ROWS, np.uint8)
    videos = ((first // ROWS + 1, codes[first : first + ROWS], rows[: len(codes) - first]) for first in range(0, len(codes), ROWS))
    yield "ours", lambda: build(gather(videos, count=len(codes))), lambda index, queries, radius: len(index.near(queries, radius))

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


def near_by_faiss(index: Any, queries: Codes, radius: int) -> int:
    """Look up codes and return how many pairs there are; faiss leaves out the radius itself."""
    limits, _, _ = index.range_search(raw(queries), radius + 1)
    return int(limits[-1])


def raw(codes: Codes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return codes as bytes, shape (n, 32)."""
    return np.ascontiguousarray(codes).view(np.uint8).reshape(len(codes), 32)


def timed(searched: Search, index: Any, queries: Codes, radius: int) -> tuple[float, int]:
    """Return the processor time of a query in milliseconds, the least of a few rounds, and how many pairs were found."""
    times, found = [], 0
    for _ in range(ROUNDS):
        started = time.process_time()
        found = searched(index, queries, radius)
        times.append(time.process_time() - started)
    return 1e3 * min(times) / QUERIES, found


if __name__ == "__main__":
    main()
