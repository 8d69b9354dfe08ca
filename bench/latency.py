"""How much video ``mark - -`` holds back: ``python bench/latency.py``.

A made video goes into the command as a camera would send it, picture by picture in real time, and the pictures that come out are counted.
Writes bench/results/latency.json after each run: for each, the seconds of video that had gone in when the first picture came out, and the
most that were ever inside, start included.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from indelible.bench.machine import commit, package_versions, processor_name  # noqa: E402
from indelible.bench.result_file import write_result  # noqa: E402

SIZE = 256, 144
KEY = "indelible-key-v1:" + bytes(range(32)).hex() + "\n"
RUNS = (
    ("x264", 25, []),
    ("x264", 60, []),
    ("x264", 5, []),
    ("x264, --preset veryslow", 25, ["--preset", "veryslow"]),
    ("x264, --lookahead 0", 25, ["--lookahead", "0"]),
    ("x264, --pipe matroska", 25, ["--pipe", "matroska"]),
    ("x265", 25, ["--codec", "x265"]),
    ("av1", 25, ["--codec", "av1"]),
    ("av1, --lookahead 4", 25, ["--codec", "av1", "--lookahead", "4"]),
    ("vp9", 25, ["--codec", "vp9"]),
)


class Feed:
    """Pictures on their way into a command, and when each went in (seconds of a monotonic clock)."""

    def __init__(self, *, rate: int, seconds: float, speed: float) -> None:
        self._rate, self._frames, self._speed = rate, round(rate * seconds), speed
        self.times: list[float] = []

    def send(self, pipe: Any) -> None:
        """Encode a drifting texture without delay, and write each picture when its time has come; close the pipe at the end."""
        width, height = SIZE
        texture = np.kron(np.random.default_rng(1).integers(60, 200, (height // 4, width // 4), np.uint8), np.ones((4, 4), np.uint8))
        with av.open(pipe, "w", format="nut") as output:
            video = output.add_stream("libx264", rate=self._rate, width=width, height=height)
            video.pix_fmt, video.options = "yuv420p", {"preset": "ultrafast", "tune": "zerolatency"}
            begin = time.monotonic()
            for index in range(self._frames):
                picture = av.VideoFrame(width, height, "yuv420p")
                for plane in picture.planes[1:]:
                    np.frombuffer(plane, np.uint8)[:] = 128
                rows = np.frombuffer(picture.planes[0], np.uint8).reshape(height, -1)
                rows[:, :width] = np.roll(texture, index // 4, axis=1)
                picture.pts, picture.time_base = index, Fraction(1, self._rate)
                time.sleep(max(0.0, begin + index / (self._rate * self._speed) - time.monotonic()))
                self.times.append(time.monotonic())
                output.mux(video.encode(picture))
        pipe.close()


def watch(options: list[str], *, rate: int, seconds: float = 8.0, speed: float = 1.0) -> dict[str, float]:
    """Mark a feed from a pipe to a pipe and return how much of it was held back.

    Args:
        options: of the command.
        rate: pictures a second.
        seconds: of video.
        speed: how many seconds of it go in a second.
    """
    feed, out = Feed(rate=rate, seconds=seconds, speed=speed), []
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "a.key"
        key.touch(0o600)
        key.write_text(KEY, encoding="ascii")
        command = [sys.executable, "-m", "indelible", "mark", "-", "-", "--key", str(key), *options]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(command, env=environment, bufsize=0, **pipes) as process:
            sender = threading.Thread(target=feed.send, args=(process.stdin,))
            sender.start()
            # Nothing may be looked at before it is counted.
            with av.open(process.stdout, container_options={"probesize": "32", "analyzeduration": "0", "fpsprobesize": "0"}) as received:
                for packet in received.demux(video=0):
                    if packet.size:
                        out.append(time.monotonic())
            sender.join()
    if len(out) != len(feed.times):
        raise SystemExit(f"{len(feed.times)} pictures went in and {len(out)} came out")
    gone_in = np.searchsorted(feed.times, out, side="right")
    return {"first_seconds": float(gone_in[0]) / rate, "most_seconds": float(np.max(gone_in - np.arange(len(out)))) / rate}


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=12.0, help="of video in each run")
    parser.add_argument("--output", type=Path, default=ROOT / "bench" / "results" / "latency.json")
    options = parser.parse_args()
    result: dict[str, Any] = {
        "schema": "indelible.latency/1",
        "video": f"{options.seconds:g} s of {SIZE[0]}x{SIZE[1]}, 8 bit, in real time",
        "commit": commit(),
        "machine": {"processor": processor_name(), "cores": os.cpu_count()},
        "versions": package_versions() | {"ffmpeg": av.ffmpeg_version_info},
        "runs": [],
    }
    for name, rate, chosen in RUNS:
        run = {"name": name, "rate": rate} | watch(chosen, rate=rate, seconds=options.seconds)
        print(f"{name}, {rate} a second: first after {run['first_seconds']:.2f} s, at most {run['most_seconds']:.2f} s", file=sys.stderr)
        result["runs"].append(run)
        write_result(options.output, result)
    print(options.output)


if __name__ == "__main__":
    main()
