"""How much video ``mark - -`` holds back: ``python bench/latency.py``.

A made video goes into the command picture by picture, each when the command waits for more and does nothing, so that what it still holds it
holds on purpose, however slow the machine is; the pictures that come out are counted. Linux only.
Writes bench/results/latency.json after each run: for each, the seconds of video that had gone in when the first picture came out, and the
most that were ever inside, from the start on and in the second half.
"""

from __future__ import annotations

import argparse
import array
import fcntl
import os
import subprocess
import sys
import tempfile
import termios
import threading
import time
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from indelible.runs.machine import commit, package_versions, processor_name  # noqa: E402
from indelible.runs.result_file import write_result  # noqa: E402

SIZE = 256, 144
KEY = "indelible-key-v1:" + bytes(range(32)).hex() + "\n"
CALM_LOOKS, LOOK_SECONDS = 4, 0.005
RUNS = (
    ("x264", 25, []),
    ("x264 --lookahead 0", 25, ["--lookahead", "0"]),
    ("x264 --preset veryslow", 25, ["--preset", "veryslow"]),
    ("x264", 5, []),
    ("av1", 25, ["--codec", "av1"]),
    ("vp9", 25, ["--codec", "vp9"]),
    ("x265", 25, ["--codec", "x265"]),
)


class Feed:
    """Pictures on their way into a command, each sent when it has nothing left to do with those before."""

    def __init__(self, *, rate: int, seconds: float) -> None:
        self._rate, self._frames = rate, round(rate * seconds)
        self.sent = 0

    def send(self, process: subprocess.Popen[bytes]) -> None:
        """Encode a drifting texture without delay into the standard input of a process, and close that at the end."""
        width, height = SIZE
        texture = np.kron(np.random.default_rng(1).integers(60, 200, (height // 4, width // 4), np.uint8), np.ones((4, 4), np.uint8))
        pipe: Any = process.stdin
        with av.open(pipe, "w", format="nut") as output:
            video = output.add_stream("libx264", rate=self._rate, width=width, height=height)
            video.pix_fmt, video.options = "yuv420p", {"preset": "ultrafast", "tune": "zerolatency"}
            for index in range(self._frames):
                picture = av.VideoFrame(width, height, "yuv420p")
                for plane in picture.planes[1:]:
                    np.frombuffer(plane, np.uint8)[:] = 128
                rows = np.frombuffer(picture.planes[0], np.uint8).reshape(height, -1)
                rows[:, :width] = np.roll(texture, index // 4, axis=1)
                picture.pts, picture.time_base = index, Fraction(1, self._rate)
                self.sent += 1
                output.mux(video.encode(picture))
                wait_until_idle(process)
        pipe.close()


def wait_until_idle(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has read all that was written to it, and each of its threads waits for something."""
    calm = 0
    while calm < CALM_LOOKS and process.poll() is None:
        time.sleep(LOOK_SECONDS)
        unread = array.array("i", [0])
        fcntl.ioctl(process.stdin, termios.FIONREAD, unread)
        calm = 0 if unread[0] or _busy(process.pid) else calm + 1


def _busy(process: int) -> bool:
    """Return whether a thread of a process runs, wants to, or waits for the disk."""
    for thread in Path(f"/proc/{process}/task").glob("*/stat"):
        with suppress(OSError):  # a thread that has ended meanwhile
            if thread.read_text(encoding="utf-8").rpartition(") ")[2][0] in "RD":
                return True
    return False


def watch(options: list[str], *, rate: int, seconds: float) -> dict[str, float]:
    """Mark a feed from a pipe to a pipe and return how much of it was held back.

    Args:
        options: of the command.
        rate: pictures a second.
        seconds: of video.
    """
    feed, gone_in = Feed(rate=rate, seconds=seconds), []
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "a.key"
        key.touch(0o600)
        key.write_text(KEY, encoding="ascii")
        command = [sys.executable, "-m", "indelible", "mark", "-", "-", "--key", str(key), *options]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(command, env=environment, bufsize=0, **pipes) as process:
            sender = threading.Thread(target=feed.send, args=(process,))
            sender.start()
            # Nothing may be looked at before it is counted.
            with av.open(process.stdout, container_options={"probesize": "32", "analyzeduration": "0", "fpsprobesize": "0"}) as received:
                for packet in received.demux(video=0):
                    if packet.size:
                        gone_in.append(feed.sent)
            sender.join()
    if len(gone_in) != feed.sent:
        raise SystemExit(f"{feed.sent} pictures went in and {len(gone_in)} came out")
    inside = (np.array(gone_in) - np.arange(len(gone_in))) / rate
    begun = int(np.searchsorted(gone_in, feed.sent // 2))
    return {"first_seconds": gone_in[0] / rate, "most_seconds": float(inside.max()), "later_seconds": float(inside[begun:].max())}


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of video in each run, at least")
    parser.add_argument("--output", type=Path, default=ROOT / "bench" / "results" / "latency.json")
    options = parser.parse_args()
    result: dict[str, Any] = {
        "schema": "indelible.latency/1",
        "video": f"{options.seconds:g} s, or 100 pictures, of {SIZE[0]}x{SIZE[1]}, 8 bit",
        "commit": commit(),
        "machine": {"processor": processor_name(), "cores": os.cpu_count()},
        "versions": package_versions() | {"ffmpeg": av.ffmpeg_version_info},
        "runs": [],
    }
    for name, rate, chosen in RUNS:
        run = {"name": name, "rate": rate} | watch(chosen, rate=rate, seconds=max(options.seconds, 100 / rate))
        print(f"{name}, {rate} a second: first after {run['first_seconds']:.2f} s, at most {run['most_seconds']:.2f} s", file=sys.stderr)
        result["runs"].append(run)
        write_result(options.output, result)
    print(options.output)


if __name__ == "__main__":
    main()
