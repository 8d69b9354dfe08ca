"""Resident memory of ``mark`` and ``detect`` over time, on a long made video: ``python bench/memory.py --seconds 1200``.

Writes bench/results/memory.json: for each command MiB sampled every second, the peak, and the slope over the second half of the run, which
says whether it is flat. The video is 1080p30 and 8 bit unless another size is asked for.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

ROOT = Path(__file__).parents[1]
LIMIT_MIB = 700


def make_video(path: Path, *, seconds: int, width: int, height: int) -> None:
    """Encode a drifting texture of a long period, with a tone, at 30 pictures a second."""
    rng = np.random.default_rng(1)
    coarse = np.kron(rng.normal(size=(height // 8 + 40, width // 8 + 40)), np.ones((8, 8)))
    texture = np.clip(128 + 25 * coarse, 16, 235).astype(np.uint8)
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=30, width=width, height=height, options={"preset": "ultrafast", "crf": "23"})
        video.pix_fmt = "yuv420p"
        sound = output.add_stream("aac", rate=48_000)
        picture = av.VideoFrame(width, height, "yuv420p")
        for plane in picture.planes[1:]:
            np.frombuffer(plane, np.uint8)[:] = 128
        for index in range(30 * seconds):
            picture.make_writable()
            luma = np.frombuffer(picture.planes[0], np.uint8).reshape(height, -1)
            luma[:, :width] = texture[index % 256 : index % 256 + height, (3 * index) % 300 : (3 * index) % 300 + width]
            picture.pts, picture.time_base = index, Fraction(1, 30)
            output.mux(video.encode(picture))
            block = av.AudioFrame.from_ndarray(np.zeros((2, 1600), np.float32), format="fltp", layout="stereo")
            block.sample_rate, block.pts, block.time_base = 48_000, 1600 * index, Fraction(1, 48_000)
            output.mux(sound.encode(block))
        output.mux(video.encode(None))
        output.mux(sound.encode(None))


def watch(arguments: list[str]) -> dict[str, object]:
    """Run a command and return its resident memory over time."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    started, samples = time.monotonic(), []
    with subprocess.Popen([sys.executable, "-m", "indelible", *arguments], env=environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
            resident = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")]
            if resident:
                samples.append((round(time.monotonic() - started, 1), round(resident[0] / 1024, 1)))
            time.sleep(1.0)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{arguments[0]} ended with {process.returncode}")
    half = np.array(samples[len(samples) // 2 :])
    slope = float(np.polyfit(half[:, 0], half[:, 1], 1)[0]) if len(half) > 2 else 0.0
    peak = max(resident for _, resident in samples)
    return {
        "peak_mib": peak,
        "under_limit": peak < LIMIT_MIB,
        "mib_per_minute_in_second_half": round(60 * slope, 2),
        "exit_code": process.returncode,
        "seconds_and_mib": samples,
    }


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=1200)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--preset", default="medium")
    parser.add_argument("--output", type=Path, default=ROOT / "bench" / "results" / "memory.json")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    with tempfile.TemporaryDirectory(prefix="indelible-memory-") as name:
        folder = Path(name)
        make_video(folder / "long.mp4", seconds=options.seconds, width=width, height=height)
        key = folder / "a.key"
        key.touch(mode=0o600)
        key.write_text("indelible-key-v1:" + bytes(range(32)).hex() + "\n", encoding="ascii")
        result: dict[str, object] = {
            "schema": "indelible.memory/1",
            "seconds": options.seconds,
            "size": options.size,
            "preset": options.preset,
            "cores": os.cpu_count(),
            "versions": {"av": av.__version__, "ffmpeg": av.ffmpeg_version_info, "numpy": np.__version__},
        }
        marked = str(folder / "marked.mp4")
        result["mark"] = watch(["mark", str(folder / "long.mp4"), marked, "--key", str(key), "--preset", options.preset])
        result["detect"] = watch(["detect", marked, "--key", str(key)])
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(options.output)


if __name__ == "__main__":
    main()
