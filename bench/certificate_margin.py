"""How much margin a certificate must ask for: ours beside another build and other presets of the same encoder at the same CRF.

    python bench/certificate_margin.py /work/corpus --only 'd05*' -o bench/results/certificate-margin.json

Each clip is marked as `indelible mark` does it, with 64 bits, and the output sent once through the channel that a certificate tries (PyAV's
x264 or x265, preset medium) and once through each preset of the ffmpeg program of the imageio-ffmpeg wheel. What is compared is the margin,
and whether the payload was read. Prints Markdown, and writes every measurement.
A run goes on where an earlier one of the same output ended.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from indelible.bench.machine import commit, package_versions, processor_name  # noqa: E402
from indelible.bench.result_file import write_result  # noqa: E402
from indelible.bench.vmaf import ffmpeg_program  # noqa: E402
from indelible.channel import parse_channel, run_channel_file  # noqa: E402
from indelible.channel.chain import Channel  # noqa: E402
from indelible.keys import SecretKey  # noqa: E402
from indelible.mark import Detector, Payload  # noqa: E402
from indelible.mark.detect import ALPHA  # noqa: E402
from indelible.video import open_video  # noqa: E402
from indelible.workflows.mark import mark_file  # noqa: E402
from indelible.workflows.parts import hear  # noqa: E402

PRESETS = ("ultrafast", "veryfast", "fast", "slow")
REQUIREMENTS_DB = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)


def measure(clip: Path, *, codec: str, crfs: Sequence[float], presets: Sequence[str], seconds: float) -> Iterator[dict[str, Any]]:
    """Yield a record for each CRF: the margin of our encode, and of each preset of theirs."""
    secret = hashlib.sha256(f"certificate-margin/{clip.name}".encode()).digest()
    key, payload = SecretKey(secret), Payload(hashlib.sha256(secret).digest()[:8])
    with tempfile.TemporaryDirectory(prefix="indelible-margin-") as name:
        folder = Path(name)
        short, marked, encoded = folder / "short.mkv", folder / "marked.mp4", folder / "encoded.mkv"
        run_channel_file(clip, short, f"trim=0:{seconds:g}")
        mark_file(short, marked, key, payload=payload)
        for crf in crfs:
            ours = listen(marked, key, payload, parse_channel(f"{codec}:crf={crf:g}"))
            theirs = {}
            for preset in presets:
                command = [ffmpeg_program(), "-nostdin", "-y", "-loglevel", "error", "-i", str(marked), "-an", "-c:v", f"lib{codec}"]
                subprocess.run([*command, "-preset", preset, "-crf", f"{crf:g}", str(encoded)], check=True)
                theirs[preset] = listen(encoded, key, payload, Channel())
            yield {"clip": clip.name, "codec": codec, "crf": crf, "ours": ours, "theirs": theirs}


def listen(video: Path, key: SecretKey, payload: Payload, channel: Channel) -> dict[str, Any]:
    """Return what a detector hears of a mark after a channel."""
    detector = Detector([key])
    with open_video(video, threads=1) as reader:
        for frame in channel.stream(reader, reader.info).frames:
            detector.add(frame)
    heard = hear(detector, key, payload, alpha=ALPHA)
    if heard.margin is None:
        raise RuntimeError("the payload is known, so there is a margin")
    margin = round(max(heard.margin.db, -99.0), 3)
    return {
        "margin": margin,
        "read": heard.payload_ok,
        "z": round(heard.detection.z, 2),
        "errors": round(heard.margin.symbol_error_rate, 4),
    }


def tables(records: Sequence[dict[str, Any]]) -> str:
    """Return two Markdown tables: the differences of each preset, and what a required margin would have certified."""
    lines = ["| encoder | n | mean difference, dB | standard deviation | smallest |", "|---|---|---|---|---|"]
    # Only where ours still has something: far below the edge both are noise.
    near = [record for record in records if record["ours"]["margin"] > -3.0]
    for codec, preset in dict.fromkeys((record["codec"], preset) for record in near for preset in record["theirs"]):
        gaps = [
            record["theirs"][preset]["margin"] - record["ours"]["margin"]
            for record in near
            if record["codec"] == codec and preset in record["theirs"]
        ]
        spread = f"{statistics.stdev(gaps):.2f}" if len(gaps) > 1 else "-"
        lines.append(f"| {codec} {preset} | {len(gaps)} | {statistics.mean(gaps):+.2f} | {spread} | {min(gaps):+.2f} |")
    lines += ["", "| margin required, dB | certified (clip, CRF) | their encodes of these | payload read |", "|---|---|---|---|"]
    for required in REQUIREMENTS_DB:
        certified = [record for record in records if record["ours"]["read"] and record["ours"]["margin"] >= required]
        outcomes = [their["read"] for record in certified for their in record["theirs"].values()]
        share = f"{sum(outcomes)} ({100 * sum(outcomes) / len(outcomes):.1f} %)" if outcomes else "-"
        lines.append(f"| {required:g} | {len(certified)} | {len(outcomes)} | {share} |")
    return "\n".join(lines)


def main() -> None:
    """Measure what is not measured yet, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--only", nargs="+", default=["*"], help="patterns of the clips' names")
    parser.add_argument("--codec", choices=["x264", "x265"], default="x264")
    parser.add_argument("--crf", nargs="+", type=float, default=[28.0, 34.0])
    parser.add_argument("--preset", nargs="+", default=list(PRESETS))
    parser.add_argument("--seconds", type=float, default=3.0)
    arguments = parser.parse_args()
    records = json.loads(arguments.output.read_text(encoding="utf-8"))["records"] if arguments.output.exists() else []
    known = {(record["clip"], record["codec"], record["crf"]) for record in records}
    for clip in sorted(set(itertools.chain.from_iterable(arguments.corpus.glob(f"{pattern}.mp4") for pattern in arguments.only))):
        crfs = [crf for crf in arguments.crf if (clip.name, arguments.codec, crf) not in known]
        if not crfs:
            continue
        for record in measure(clip, codec=arguments.codec, crfs=crfs, presets=arguments.preset, seconds=arguments.seconds):
            records.append(record)
            print(json.dumps(record), file=sys.stderr, flush=True)
            provenance = {"processor": processor_name(), "versions": package_versions(), "commit": commit()}
            write_result(arguments.output, {"schema": "indelible.bench-certificate-margin/1", "provenance": provenance, "records": records})
    print(tables(records))


if __name__ == "__main__":
    main()
