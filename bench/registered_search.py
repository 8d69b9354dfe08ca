"""Registered copies in changed videos: ``python bench/registered_search.py CLIP... -o bench/results/registered-search.json``.

Each clip (its first four seconds) is marked as one of 1, 10 and 1000 registered copies, sent through each channel and searched for all of
them; so is the clip with somebody else's mark, for which everything is tried. For each: who was named, the z of the best and its p after
correction for everything, and the processor time of the search alone, one thread, beside that of a search for a single key's own mark,
which is not there.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import sys
import time
from pathlib import Path
from typing import Any

import cv2

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from indelible.channel import Clip, parse_channel  # noqa: E402
from indelible.keys import NONCE_BYTES, SecretKey  # noqa: E402
from indelible.mark import Detector, Embedder, KnownMark, Lineup, Payload  # noqa: E402
from indelible.mark.detect import ALPHA  # noqa: E402
from indelible.runs.footage import load_clip  # noqa: E402
from indelible.runs.machine import commit, package_versions, processor_name  # noqa: E402
from indelible.runs.result_file import write_result  # noqa: E402

OWNER = SecretKey(hashlib.sha256(b"indelible/bench/registered-search").digest())
SECONDS = 4.0
COPIES = (1, 10, 1000)
CHANNELS = ("x264:crf=28", "flip=h|x264:crf=28", "crop=area:0.7:at=random|x264:crf=28", "rotate=3|x264:crf=28", "trim=1:4|x264:crf=28")


def lineup(copies: int, seconds: float) -> Lineup:
    """Return so many registered copies; the first ones are the same for any number."""
    nonces = (hashlib.sha256(f"copy {number}".encode()).digest()[:NONCE_BYTES] for number in range(copies))
    return Lineup([KnownMark(OWNER.subkey(nonce), Payload(nonce), seconds) for nonce in nonces])


def measure(path: Path, channel: str, copies: int, effort: Any, *, stranger: bool = False) -> dict[str, Any]:
    """Mark a clip as the first copy, or as a stranger, send it through a channel, and search it for all copies."""
    clip = load_clip(path, max_seconds=SECONDS)
    known = lineup(copies, SECONDS)
    first = KnownMark(OWNER.subkey(bytes(NONCE_BYTES)), Payload()) if stranger else known.marks[0]
    marked = Clip(tuple(Embedder(first.key, payload=first.payload).embed(clip.frames)), clip.info)
    detector = Detector([OWNER], lineup=known, search=effort)
    for frame in parse_channel(channel).apply(marked).frames:
        detector.add(frame)
    started = time.process_time()
    results = detector.lineup_results()
    searched = time.process_time()
    detector.results()
    own = time.process_time() - searched
    place, best = results[0]
    return {
        "clip": path.stem,
        "channel": channel,
        "marked_as": "a stranger" if stranger else "copy 0",
        "copies": copies,
        "search": effort,
        "named": [number for number, found in results if found.marked],
        "best": place,
        "z": round(best.z, 2),
        "log10_p": round(best.log10_p, 2),
        "payload_right": best.payload == first.payload,
        "cpu_seconds": round(searched - started, 3),
        "cpu_seconds_for_the_key_itself": round(own, 3),
    }


def main() -> None:
    """Measure all, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", metavar="CLIP", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench" / "results" / "registered-search.json")
    parser.add_argument("--copies", type=int, nargs="+", default=COPIES)
    parser.add_argument("--channel", nargs="+", default=CHANNELS)
    parser.add_argument("--search", choices=("fast", "full"), default="full")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    where = {"commit": commit(), "processor": processor_name(), "packages": package_versions(), "alpha": ALPHA, "seconds": SECONDS}
    rows = []
    for path, copies in itertools.product(arguments.clips, arguments.copies):
        for channel, stranger in [(arguments.channel[0], True), *((channel, False) for channel in arguments.channel)]:
            rows.append(measure(path, channel, copies, arguments.search, stranger=stranger))
            print(rows[-1], flush=True)
    write_result(arguments.output, {"schema": "indelible.bench.registered-search/1", "provenance": where, "rows": rows})


if __name__ == "__main__":
    main()
