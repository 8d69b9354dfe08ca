"""How much margin a certificate must ask for: ours beside another build and other presets of the same encoder at the same CRF.

    python bench/certificate_margin.py CORPUS --only 'd05*' -o bench/results/certificate-margin.json

Each clip is marked as `indelible mark` does it, with 64 bits, and the output sent once through the channel that a certificate tries (PyAV's
encoders, one thread) and once through each preset of the ffmpeg program of the imageio-ffmpeg wheel (as many threads as it likes). What is
compared is the margin, and whether the payload was read. Prints Markdown, and writes every measurement.
A run goes on where an earlier one of the same output ended: only presets that are missing are measured. A clip that fails is named, the
others go on, and the exit code is 1.
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
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from indelible.channel import parse_channel, run_channel_file  # noqa: E402
from indelible.channel.chain import Channel  # noqa: E402
from indelible.errors import IndelibleError  # noqa: E402
from indelible.keys import SecretKey  # noqa: E402
from indelible.mark import Detector, Payload  # noqa: E402
from indelible.mark.detect import ALPHA  # noqa: E402
from indelible.runs.machine import commit, package_versions, processor_name  # noqa: E402
from indelible.runs.result_file import read_result, write_result  # noqa: E402
from indelible.runs.vmaf import ffmpeg_program  # noqa: E402
from indelible.stats.intervals import clopper_pearson  # noqa: E402
from indelible.video import open_video  # noqa: E402
from indelible.workflows.mark import mark_file  # noqa: E402
from indelible.workflows.parts import hear  # noqa: E402

X26_PRESETS = ("ultrafast", "veryfast", "fast", "slow")
# The program's options for each codec, before its preset and its CRF, and the presets that are tried unless others are named.
ENCODERS = {
    "x264": (("-c:v", "libx264", "-preset"), X26_PRESETS),
    "x265": (("-c:v", "libx265", "-x265-params", "log-level=error", "-preset"), X26_PRESETS),
    "av1": (("-c:v", "libsvtav1", "-preset"), ("6", "10", "12")),
    "vp9": (("-c:v", "libvpx-vp9", "-b:v", "0", "-row-mt", "1", "-deadline", "good", "-cpu-used"), ("1", "3", "5")),
}
REQUIREMENTS_DB = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)


def measure(clip: Path, *, codec: str, missing: Mapping[float, Sequence[str]], seconds: float) -> Iterator[dict[str, Any]]:
    """Yield a record for each CRF: the margin of our encode, and of each of its missing presets of theirs."""
    secret = hashlib.sha256(f"certificate-margin/{clip.name}".encode()).digest()
    key, payload = SecretKey(secret), Payload(hashlib.sha256(secret).digest()[:8])
    with tempfile.TemporaryDirectory(prefix="indelible-margin-") as name:
        folder = Path(name)
        short, marked, encoded = folder / "short.mkv", folder / "marked.mp4", folder / "encoded.mkv"
        run_channel_file(clip, short, f"trim=0:{seconds:g}")
        mark_file(short, marked, key, payload=payload)
        for crf, presets in missing.items():
            ours = listen(marked, key, payload, parse_channel(f"{codec}:crf={crf:g}"))
            theirs = {}
            for preset in presets:
                command = [ffmpeg_program(), "-nostdin", "-y", "-loglevel", "error", "-i", str(marked), "-an", *ENCODERS[codec][0]]
                subprocess.run([*command, preset, "-crf", f"{crf:g}", str(encoded)], check=True)
                theirs[preset] = listen(encoded, key, payload, Channel())
            yield {"clip": clip.name, "codec": codec, "crf": crf, "seconds": seconds, "ours": ours, "theirs": theirs}


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
    lines += [
        "",
        "| margin required, dB | clips certified | clip and CRF | their encodes of these | payload read | clips never lost |",
        "|---|---|---|---|---|---|",
    ]
    for required in REQUIREMENTS_DB:
        certified = [record for record in records if record["ours"]["read"] and record["ours"]["margin"] >= required]
        read = [their["read"] for record in certified for their in record["theirs"].values()]
        clips = {record["clip"] for record in certified}
        lost = {record["clip"] for record in certified if not all(their["read"] for their in record["theirs"].values())}
        share = f"{sum(read)} ({100 * sum(read) / len(read):.1f} %)" if read else "-"
        settings = {(record["clip"], record["codec"], record["crf"]) for record in certified}
        kept = _of_clips(len(clips - lost), len(clips))
        lines.append(f"| {required:g} | {len(clips)} | {len(settings)} | {len(read)} | {share} | {kept} |")
    return "\n".join(lines)


def _of_clips(k: int, n: int) -> str:
    # Encodes of one clip hang together, so an interval is of clips only.
    if n == 0:
        return "-"
    low, high = clopper_pearson(k, n)
    return f"{k} ({100 * low:.0f} to {100 * high:.0f} %)"


def measured_before(output: Path) -> dict[tuple[str, str, float, float], set[str]]:
    """Return the presets that are known already, for each clip, codec, CRF and length."""
    known: dict[tuple[str, str, float, float], set[str]] = {}
    for record in read_result(output)["records"] if output.exists() else []:
        known.setdefault((record["clip"], record["codec"], record["crf"], record["seconds"]), set()).update(record["theirs"])
    return known


def main() -> None:
    """Measure what is not measured yet, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--only", nargs="+", default=["*"], help="patterns of the clips' names")
    parser.add_argument("--codec", choices=list(ENCODERS), default="x264")
    parser.add_argument("--crf", nargs="+", type=float, default=[28.0, 34.0])
    parser.add_argument("--preset", nargs="+", help="of the ffmpeg program")
    parser.add_argument("--seconds", type=float, default=3.0)
    arguments = parser.parse_args()
    presets = arguments.preset or ENCODERS[arguments.codec][1]
    records = read_result(arguments.output)["records"] if arguments.output.exists() else []
    known = measured_before(arguments.output)
    failed = []
    for clip in sorted(set(itertools.chain.from_iterable(arguments.corpus.glob(f"{pattern}.mp4") for pattern in arguments.only))):
        missing = {}
        for crf in arguments.crf:
            have = known.get((clip.name, arguments.codec, crf, arguments.seconds), set())
            if lacking := [preset for preset in presets if preset not in have]:
                missing[crf] = lacking
        if not missing:
            continue
        try:
            for record in measure(clip, codec=arguments.codec, missing=missing, seconds=arguments.seconds):
                records.append(record)
                print(json.dumps(record), file=sys.stderr, flush=True)
                provenance = {"processor": processor_name(), "versions": package_versions(), "commit": commit()}
                result = {"schema": "indelible.bench-certificate-margin/1", "provenance": provenance, "records": records}
                write_result(arguments.output, result)
        except (IndelibleError, subprocess.CalledProcessError) as error:
            failed.append(clip.name)
            print(f"{clip.name}: {error}", file=sys.stderr, flush=True)
    print(tables(records))
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
