"""What it costs to verify a ladder beside decoding it: ``python bench/verify_cost.py VIDEO``.

The first seconds of a video are made a source of 1920x1080 at 30 pictures a second, and five renditions of it, by x264. Then, some times
over, source and renditions are decoded, and the renditions are verified with a calibration made beforehand: nothing is encoded, which is
the way whose cost is fixed. Processor time of all threads, for other work on the machine counts less in it than in the time that passes.
Writes bench/results/verify-cost.json.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from indelible.runs.machine import commit, package_versions, processor_name  # noqa: E402
from indelible.runs.result_file import write_result  # noqa: E402
from indelible.verify.calibration import Calibrated, Calibration  # noqa: E402
from indelible.verify.families import STATISTICS  # noqa: E402
from indelible.video import open_video  # noqa: E402
from indelible.video.limits import DEFAULT_LIMITS  # noqa: E402
from indelible.workflows.channel import channel_file  # noqa: E402
from indelible.workflows.original import Original  # noqa: E402
from indelible.workflows.verify import verify_file  # noqa: E402

SOURCE = "scale=1920x1080|fps=30|trim=0:{seconds:g}|x264:crf=20:preset=veryfast"
RUNGS = (
    "x264:crf=24:preset=veryfast",
    *(f"scale=short:{short}|x264:crf=26:preset=veryfast" for short in (720, 480, 360, 240)),
)


def decode(files: Sequence[str]) -> int:
    """Decode all pictures and return how many there are."""
    count = 0
    for file in files:
        with open_video(file) as reader:
            count += sum(1 for _ in reader)
    return count


def verify(files: Sequence[str], calibration: Calibration) -> None:
    """Verify all but the first as renditions of the first."""
    source = Original(files[0], DEFAULT_LIMITS)
    for file in files[1:]:
        verify_file(source, file, calibration=calibration)


def seconds_of(work: Callable[[], object]) -> float:
    """Return the processor seconds of some work."""
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video")
    parser.add_argument("--seconds", type=float, default=2.0, help="of the video")
    parser.add_argument("--rounds", type=int, default=3, help="of each kind of work, after one that is not counted")
    parser.add_argument("--output", type=Path, default=ROOT / "bench" / "results" / "verify-cost.json")
    options = parser.parse_args()
    known = Calibration(tuple(Calibrated(str(number), "a", 360, (1.0,) * len(STATISTICS)) for number in range(99)))
    with tempfile.TemporaryDirectory() as folder:
        files = [f"{folder}/{number}.mp4" for number in range(len(RUNGS) + 1)]
        channel_file(options.video, files[0], SOURCE.format(seconds=options.seconds))
        for file, rung in zip(files[1:], RUNGS, strict=True):
            channel_file(files[0], file, rung)
        pictures = decode(files[:1])
        verify(files, known)
        rounds = [(seconds_of(lambda: decode(files)), seconds_of(lambda: verify(files, known))) for _ in range(options.rounds)]
    video = pictures / 30
    result: dict[str, Any] = {
        "schema": "indelible.verify-cost/1",
        "source": SOURCE.format(seconds=options.seconds),
        "rungs": RUNGS,
        "commit": commit(),
        "machine": {"processor": processor_name(), "cores": os.cpu_count()},
        "versions": package_versions(),
        "rounds": options.rounds,
        "decode_cpu_per_second": round(statistics.median(decoded for decoded, _ in rounds) / video, 3),
        "verify_cpu_per_second": round(statistics.median(verified for _, verified in rounds) / video, 3),
        "ratio": round(statistics.median(verified / decoded for decoded, verified in rounds), 2),
    }
    write_result(options.output, result)
    print({name: result[name] for name in ("decode_cpu_per_second", "verify_cpu_per_second", "ratio")})


if __name__ == "__main__":
    main()
