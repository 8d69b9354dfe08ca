"""Resident memory of ``mark`` and ``detect`` over time, on a long made video: ``python bench/memory.py --seconds 1200``.

Writes bench/results/memory.json after each command, and memory.svg beside it: for each command MiB over time, the peak as the kernel
counted it, and the slope over the second half of the run, which says whether memory is flat. The video is 1080p30 and 8 bit unless
something else is asked for. It is made as it is encoded, in a temporary folder (``--folder``): about 1.5 GB for twenty minutes of it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from indelible.drafts import write_whole  # noqa: E402
from indelible.report.charts import Axis, Point, Rule, Series, line_chart, standalone  # noqa: E402
from indelible.runs.machine import commit, package_versions, processor_name  # noqa: E402
from indelible.runs.result_file import write_result  # noqa: E402

LIMIT_MIB = 700
RATE = 30
KEPT_SAMPLES = 600


def make_video(path: Path, *, seconds: int, width: int, height: int, bits: int) -> None:
    """Encode a drifting texture of a long period, with a tone, at 30 pictures a second."""
    rng = np.random.default_rng(1)
    coarse = np.kron(rng.normal(size=(height // 8 + 40, width // 8 + 40)), np.ones((8, 8)))
    dtype = np.uint8 if bits == 8 else np.uint16
    texture = np.clip(128 + 25 * coarse, 16, 235).astype(dtype) << (bits - 8)
    pixel_format = "yuv420p" if bits == 8 else "yuv420p10le"
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=RATE, width=width, height=height, options={"preset": "ultrafast", "crf": "23"})
        video.pix_fmt = pixel_format
        sound = output.add_stream("aac", rate=48_000)
        picture = av.VideoFrame(width, height, pixel_format)
        for plane in picture.planes[1:]:
            np.frombuffer(plane, dtype)[:] = 1 << (bits - 1)
        for index in range(RATE * seconds):
            picture.make_writable()
            luma = np.frombuffer(picture.planes[0], dtype).reshape(height, -1)
            luma[:, :width] = texture[index % 256 : index % 256 + height, (3 * index) % 300 : (3 * index) % 300 + width]
            picture.pts, picture.time_base = index, Fraction(1, RATE)
            output.mux(video.encode(picture))
            block = av.AudioFrame.from_ndarray(np.zeros((2, 1600), np.float32), format="fltp", layout="stereo")
            block.sample_rate, block.pts, block.time_base = 48_000, 1600 * index, Fraction(1, 48_000)
            output.mux(sound.encode(block))
        output.mux(video.encode(None))
        output.mux(sound.encode(None))


def watch(arguments: list[str]) -> dict[str, Any]:
    """Run a command and return its resident memory over time."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    started, samples, peak = time.monotonic(), [], 0.0
    command = [sys.executable, "-m", "indelible", *arguments]
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=errors) as process:
            while process.poll() is None:
                resident, highest = _resident_mib(process.pid)
                if resident:
                    samples.append((round(time.monotonic() - started, 1), resident))
                    peak = max(peak, highest)
                time.sleep(0.5 if len(samples) < 60 else 1.0)
        errors.seek(0)
        if process.returncode not in (0, 1):
            raise SystemExit(f"{arguments[0]} ended with {process.returncode}: {errors.read().decode(errors='replace')}")
    half = np.array(samples[len(samples) // 2 :])
    slope = float(np.polyfit(half[:, 0], half[:, 1], 1)[0]) if len(half) > 2 else 0.0
    return {
        "command": arguments[0],
        "peak_mib": peak,
        "under_limit": peak < LIMIT_MIB,
        "mib_per_minute_in_second_half": round(60 * slope, 2),
        "seconds": samples[-1][0],
        "exit_code": process.returncode,
        "seconds_and_mib": list(_thinned(samples)),
    }


def _resident_mib(process: int) -> tuple[float, float]:
    """Return a process's resident memory now, and the most it ever was; zeros at its end."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0, 0.0
    fields = dict(line.split(":", 1) for line in status.splitlines())
    now, highest = (round(int(fields.get(name, "0 kB").split()[0]) / 1024, 1) for name in ("VmRSS", "VmHWM"))
    return now, highest


def _thinned(samples: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield the highest sample of each stretch, so that hours fit into a result."""
    step = -(-len(samples) // KEPT_SAMPLES)
    for at in range(0, len(samples), step):
        yield max(samples[at : at + step], key=lambda sample: sample[1])


def plot(runs: list[dict[str, Any]], *, title: str) -> str:
    """Return an SVG file with memory over the share of each run that is done."""
    series = []
    for color, run in enumerate(runs):
        points = tuple(Point(100 * seconds / run["seconds"], mib, "none") for seconds, mib in run["seconds_and_mib"])
        series.append(Series(f"{run['command']}, peak {run['peak_mib']:.0f} MiB", points, color=color))
    top = max(LIMIT_MIB * 1.3, 1.2 * max(run["peak_mib"] for run in runs))
    step = next(step for step in (200, 500, 1000, 2000, 5000, 10_000) if top / step <= 8 or step == 10_000)
    ticks = tuple((float(mib), str(mib)) for mib in range(0, int(top) + 1, step))
    share = tuple((float(percent), f"{percent} %") for percent in range(0, 101, 20))
    x, y = Axis("share of the run", share, 0.0, 100.0), Axis("resident memory, MiB", ticks, 0.0, top)
    return standalone(line_chart(series, x=x, y=y, title=title, rules=(Rule(LIMIT_MIB, f"{LIMIT_MIB} MiB"),)))


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=1200, help="of the video")
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--bits", type=int, choices=(8, 10), default=8)
    parser.add_argument("--preset", default="medium", help="of x264, for the marked copy")
    parser.add_argument("--output", type=Path, default=ROOT / "bench" / "results" / "memory.json")
    parser.add_argument("--folder", type=Path, help="where the videos are made; the system's temporary folder unless given")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    result: dict[str, Any] = {
        "schema": "indelible.memory/2",
        "video": f"{options.seconds} s of {options.size} at {RATE} a second, {options.bits} bit",
        "preset": options.preset,
        "limit_mib": LIMIT_MIB,
        "commit": commit(),
        "machine": {"processor": processor_name(), "cores": os.cpu_count()},
        "versions": package_versions() | {"ffmpeg": av.ffmpeg_version_info},
        "runs": [],
    }
    with tempfile.TemporaryDirectory(prefix="indelible-memory-", dir=options.folder) as name:
        source, marked, key = (str(Path(name) / file) for file in ("long.mp4", "marked.mp4", "a.key"))
        _say(f"making {result['video']}")
        make_video(Path(source), seconds=options.seconds, width=width, height=height, bits=options.bits)
        with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
            file.write("indelible-key-v1:" + bytes(range(32)).hex() + "\n")
        for arguments in (["mark", source, marked, "--key", key, "--preset", options.preset], ["detect", marked, "--key", key]):
            _say(f"{arguments[0]}: {os.path.getsize(arguments[1]) / 1e6:.0f} MB to read")
            run = watch(arguments)
            _say(f"{arguments[0]}: peak {run['peak_mib']:.0f} MiB, {run['mib_per_minute_in_second_half']:+.2f} MiB a minute")
            result["runs"].append(run)
            write_result(options.output, result)
            write_whole(options.output.with_suffix(".svg"), plot(result["runs"], title=f"Memory of mark and detect: {result['video']}"))
    print(options.output)


def _say(sentence: str) -> None:
    print(time.strftime("%H:%M:%S"), sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
